"""Bars of text, and the same rows as a page that prints: no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from serviceflow.texts import T, language

from serviceflow_cli.out import Column


def bar(value: int, most: int, width: int) -> str:
    """Return a bar of at most ``width`` cells; whatever is above 0 shows."""
    if value <= 0 or most <= 0:
        return ""
    return "█" * round(value * width / most) or "▏"


_STYLE = """body{font:14px/1.5 sans-serif;margin:2em auto;max-width:50em;color:#222}h1{font-size:1.3em}
table{border-collapse:collapse;width:100%}thead{display:table-header-group}tr{break-inside:avoid}
td,th{padding:.25em .6em;border-bottom:1px solid #ddd;text-align:left}td.n,th.n{text-align:right}
td.b{width:40%}td.b div{background:#4477aa;height:1em;print-color-adjust:exact;-webkit-print-color-adjust:exact}
@page{size:A4;margin:15mm}"""


def bar_page(
    title: T, columns: Sequence[Column], rows: Sequence[dict[str, Any]], remarks: Sequence[T | str], count: str
) -> str:
    """Return rows as an HTML page with a bar beside each.

    Args:
        count: Key of the column the bars show.
    """
    shown = [column for column in columns if column.shown and column.key != "bar"]
    most = max((row[count] for row in rows), default=0)
    head = "".join(f"<th{_right(column)}>{escape(str(column.title))}</th>" for column in shown)
    body = "".join(
        "<tr>"
        + "".join(f"<td{_right(column)}>{escape(column.text(row.get(column.key)))}</td>" for column in shown)
        + f'<td class="b"><div style="width:{100 * row[count] // most if most else 0}%"></div></td></tr>'
        for row in rows
    )
    said = "".join(f"<p>{escape(str(remark))}</p>" for remark in remarks)
    return (
        f'<!doctype html>\n<html lang="{language()}"><head><meta charset="utf-8"><title>{escape(str(title))}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(str(title))}</h1>"
        f"<table><thead><tr>{head}<th></th></tr></thead><tbody>{body}</tbody></table>{said}</body></html>\n"
    )


def _right(column: Column) -> str:
    return ' class="n"' if column.right() else ""
