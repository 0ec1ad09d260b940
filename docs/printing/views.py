"""``views.md``: the public SQL views and their columns."""

from __future__ import annotations

from serviceflow.store.views import DOCUMENTED, View

from printing.markdown import code, page, table

KINDS = {
    "text": "text",
    "id": "integer key",
    "number": "integer",
    "money": "integer, minor units",
    "instant": "instant, UTC",
    "day": "date",
    "yes_no": "yes or no",
    "json": "JSON as text",
}


def print_page() -> str:
    """Return the page."""
    return page(
        "SQL views",
        "For Datasette, Excel, BI tools and your own queries; reading commands use the same ones. They are the same on"
        " SQLite and PostgreSQL and are made anew by every upgrade. Columns may be added in any version; one is renamed"
        " or removed only with a note in the changelog. Phones, e-mails and addresses are masked. Instants are UTC:"
        " text `YYYY-MM-DD HH:MM:SS` on SQLite, `timestamptz` on PostgreSQL. Yes or no is 1 or 0 on SQLite.",
        table(("View", "One row is"), [(f"[{v.name}](#{v.name})", v.help) for v in DOCUMENTED]),
        *(_view(view) for view in DOCUMENTED),
    )


def _view(view: View) -> str:
    rows = [(code(c.name), KINDS[c.kind], c.help) for c in view.columns]
    return f"## {view.name}\n\n{view.help}\n\n{table(('Column', 'Kind', 'Holds'), rows)}"
