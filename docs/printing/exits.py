"""``exit-codes.md``: the one table of exit codes."""

from __future__ import annotations

from serviceflow.errors import EXIT_MEANING, Exit

from printing.errors import codes_of_classes
from printing.markdown import code, page, table


def print_page() -> str:
    """Return the page."""
    classes = codes_of_classes()
    rows = [
        (str(int(e)), EXIT_MEANING[e].to("en"), EXIT_MEANING[e].to("zh"), " ".join(map(code, classes.get(e, []))))
        for e in Exit
    ]
    return page(
        "Exit codes",
        "One table for the whole program. What is refused or wrong is said in two lines on stderr; stdout carries"
        " data only.",
        table(("Code", "Meaning", "含义", "Error class"), rows),
    )
