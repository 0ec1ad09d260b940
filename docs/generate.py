"""Prints ``docs/reference`` from the code: ``python docs/generate.py``. A test holds the pages to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

os.environ["COLUMNS"] = "100"
REFERENCE = Path(__file__).parent / "reference"


def pages() -> Mapping[str, Callable[[], str]]:
    """Return the printer of each page by its file name."""
    from serviceflow.texts import speak

    speak("en")  # before commands are imported: the help of options is made then
    from printing import answers, api, commands, errors, exits, flows, hooks, settings, trades, views

    return {
        "commands.md": commands.print_page,
        "settings.md": settings.print_page,
        "hooks.md": hooks.print_page,
        "views.md": views.print_page,
        "exit-codes.md": exits.print_page,
        "errors.md": errors.print_page,
        **api.pages(),
        **{f"json/{name}.json": shape.page for name, shape in answers.published().items()},
        **{f"flows-{trade.key}.md": partial(flows.print_page, trade) for trade in trades.built_in()},
    }


def main() -> None:
    """Write every page that is not as the code says; with ``--check`` only name them and fail."""
    check = "--check" in sys.argv[1:]
    stale = []
    for name, printed in pages().items():
        file, text = REFERENCE / name, printed()
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not check:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
    print(f"{'not as the code says' if check else 'printed'}: {', '.join(stale) or 'none'}")
    sys.exit(1 if check and stale else 0)


if __name__ == "__main__":
    main()
