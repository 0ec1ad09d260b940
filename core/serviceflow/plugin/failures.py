"""The last failure of each plugin, kept beside the shop so that `flow plugin doctor` can show where it raised.

Lines of source only: no value, no name of a customer.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from traceback import format_exception_only

from serviceflow.plugin.unusable import frames_of

FOLDER = "plugin-failures"


def traceback_of(cause: BaseException) -> list[str]:
    """Return where an exception came through, and what it says."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}: {frame.line}" for frame in frames_of(cause)]
    return [*frames, *(line.rstrip() for line in format_exception_only(cause))]


def keep_failure(shop_folder: Path, key: str, cause: BaseException) -> None:
    """Keep where a plugin raised, in place of the time before; a folder that cannot be written keeps nothing."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    with contextlib.suppress(OSError):
        (shop_folder / FOLDER).mkdir(parents=True, exist_ok=True)
        (shop_folder / FOLDER / f"{key}.txt").write_text("\n".join([at, *traceback_of(cause)]) + "\n", encoding="utf-8")


def last_failure(shop_folder: Path, key: str) -> tuple[datetime, list[str]] | None:
    """Return when a plugin raised last, and where; ``None`` when it never did."""
    try:
        at, *lines = (shop_folder / FOLDER / f"{key}.txt").read_text(encoding="utf-8").splitlines()
        return datetime.fromisoformat(at), lines
    except (OSError, ValueError):
        return None
