"""``route show``, ``route test``: the tables that decide class and route, and a table of cases held against them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from serviceflow.api import BadInput, Refused, Shop, T, format_money, parse_money, plain
from serviceflow_cli.api import Column, label, out, read_text, writing_shop

from serviceflow_manufacturing.rules import classes
from serviceflow_manufacturing.settings import read_route

HELP = label("Who signs which contract", zh="合同由谁签")
NAMES = ("form", "amount", "contracting_line", "change", "foreign", "class", "route", "stages")
"""Columns of a table of cases; ``class``, ``route`` and ``stages`` are what is expected, where given."""

ROUTES = [
    Column("order", T("Rule", zh="序"), "number", null=False),
    Column("when", T("When", zh="条件"), null=False, give=1),
    Column("class", T("Class", zh="类别"), null=False),
    Column("route", T("Route", zh="路线"), null=False),
    Column("stages", T("Who signs: + at once, > one after the other", zh="签字: + 并行, > 依次"), null=False, give=2),
]


def show() -> None:
    """Show the rules in the order they are asked, with the stages of each route."""
    with writing_shop() as shop:
        rows = list(_rules(shop))
    out.rows("routes", ROUTES, rows)


def _rules(shop: Shop) -> Iterator[dict[str, Any]]:
    major = format_money(shop.setting("mfg.class.major_amount"))
    words = [
        (1, T("contracting line, or {major} CNY and more", zh="承包线, 或{major}元及以上").of(major=major), "D"),
        (2, T("a line changed, new, or not regular", zh="有改动、新品或非常规产品"), "C"),
        (3, T("by word of mouth or phone", zh="口头或电话"), "A"),
        (4, T("everything else", zh="其他"), "B"),
    ]
    for number, when, letter in words:
        route = classes.route(letter, foreign=False)
        yield {"order": number, "when": str(when), "class": letter, "route": route, "stages": _stages(shop, route)}
    foreign = T("any class of a foreign customer", zh="涉外客户的任何类别")
    yield {"order": 5, "when": str(foreign), "class": "A-D", "route": "meeting", "stages": _stages(shop, "meeting")}


def _stages(shop: Shop, route: str) -> str:
    stages = read_route(shop.setting(f"mfg.review.route.{route}"))
    if route == "meeting":
        stages[0] = list(dict.fromkeys([*stages[0], *shop.setting("mfg.review.invite")]))
    return " > ".join("+".join(stage) for stage in stages)


RESULT = [
    Column("line", T("Line", zh="行"), "number", null=False),
    Column("case", T("Case", zh="情形"), null=False, give=1),
    Column("expected", T("Expected", zh="应为"), null=False),
    Column("found", T("Found", zh="实为"), null=False),
    Column("rule", T("Rule", zh="规则"), "number", null=False),
    Column("ok", T("Right", zh="相符"), "yes_no", null=False),
]


def test(
    file: Annotated[str, typer.Argument(metavar="FILE.csv", help=label("Cases, one a line", zh="每行一个情形"))],
) -> None:
    """Run a table of cases against the routes and fail on a difference.

    Columns: form, amount, contracting_line, change, foreign; expected: class, route, stages.
    """
    with writing_shop() as shop:
        rows = [_case(shop, number, row) for number, row in _read(file)]
    out.rows("cases", RESULT, rows)
    wrong = [row["line"] for row in rows if not row["ok"]]
    if wrong:
        raise Refused(
            T("{n} of {m} cases differ: lines {lines}.", zh="{m} 个情形中 {n} 个不符: 第 {lines} 行。").of(
                n=len(wrong), m=len(rows), lines=", ".join(map(str, wrong))
            ),
            plain("flow manufacturing route show"),
            ref="mfg.route_differs",
        )


def _read(file: str) -> list[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(read_text(file).splitlines())
    unknown = [name for name in reader.fieldnames or () if name.strip() not in NAMES]
    if unknown or not reader.fieldnames:
        raise BadInput(
            T("Unknown columns: {names}.", zh="未知列: {names}。").of(names=", ".join(unknown) or "-"),
            T("There are: {names}", zh="可用: {names}").of(names=", ".join(NAMES)),
            ref="mfg.route_columns",
        )
    found = [(reader.line_num, {k.strip(): (v or "").strip() for k, v in row.items() if k}) for row in reader]
    if not found:
        raise BadInput(T("The table is empty.", zh="表格为空。"), plain(", ".join(NAMES)), ref="mfg.route_empty")
    return found


def _case(shop: Shop, number: int, row: dict[str, str]) -> dict[str, Any]:
    change = row.get("change", "") or "none"
    facts = classes.Facts(
        form=row.get("form", "") or "written",
        amount_cny=parse_money(row.get("amount", "") or "0"),
        major=shop.setting("mfg.class.major_amount"),
        contracting_line=row.get("contracting_line", ""),
        special=() if change == "none" else ((1, change),),
        foreign=row.get("foreign", "").casefold() in ("yes", "y", "1", "true", "是"),
    )
    decided = classes.classify(facts)
    found = {"class": decided.letter, "route": decided.route, "stages": _stages(shop, decided.route)}
    expected = {key: row[key] for key in found if row.get(key)}
    return {
        "line": number,
        "case": ", ".join(f"{k}={v}" for k, v in row.items() if v and k not in found),
        "expected": " ".join(expected.values()) or "-",
        "found": " ".join(found[key] for key in expected) or decided.shown,
        "rule": decided.rule,
        "ok": all(found[key].replace(" ", "") == value.replace(" ", "") for key, value in expected.items()),
    }
