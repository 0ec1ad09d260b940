"""How figures of the branch look on the screen, and how far a long run is."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from serviceflow.api import T
from serviceflow_cli.api import current

from serviceflow_brokerage.alerts import known_fields
from serviceflow_brokerage.flows.common import yuan
from serviceflow_brokerage.segment.fields import SCORES


def shown_fields(values: Mapping[str, Any]) -> Iterator[str]:
    """Return each field with its value: money as yuan, shares as they are."""
    kinds = {**known_fields(list(values)), **SCORES}
    for name, value in values.items():
        yield f"{name} {shown(value, kinds[name].kind if name in kinds else 'text')}"


def shown(value: Any, kind: str) -> str:
    """Return a value of a kind of field for eyes; missing ones say so."""
    if value is None:
        return str(T("missing", zh="缺失"))
    if isinstance(value, bool):
        return "true" if value else "false"
    return yuan(value) if kind == "money" else str(value)


class Progress:
    """A line on a terminal that says what a long run is doing, and for how long it has been."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.width = 0

    def __enter__(self) -> Self:
        return self

    def __call__(self, doing: T) -> None:
        self._put(f"{time.monotonic() - self.began:5.0f} s  {doing}")

    def rows(self, phase: str, done: int) -> None:
        """Say how many rows of a file were read."""
        self(T("{n} rows read", zh="已读 {n} 行").of(n=f"{done:,}"))

    def _put(self, words: str) -> None:
        if sys.stderr.isatty() and current().format == "text":
            sys.stderr.write(f"\r{words}".ljust(self.width + 1))
            sys.stderr.flush()
            self.width = len(words) * 2

    def __exit__(self, kind: type[BaseException] | None, cause: BaseException | None, at: TracebackType | None) -> None:
        if self.width:
            sys.stderr.write("\r" + " " * self.width + "\r")
            sys.stderr.flush()
