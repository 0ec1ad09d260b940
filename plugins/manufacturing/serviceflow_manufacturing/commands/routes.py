"""``route show``, ``rules``, ``test``: what decides class and route, who signs what, and cases held against it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from serviceflow.api import BadInput, Refused, Route, Shop, T, format_money, parse_money, plain
from serviceflow_cli.api import Column, label, out, read_text, writing_shop

from serviceflow_manufacturing import roles
from serviceflow_manufacturing.forms import CHANGES, FORMS
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


RULES = [
    Column("rule", T("Rule", zh="规则"), null=False, give=1),
    Column("value", T("Now", zh="现为"), null=False),
    Column("setting", T("Setting", zh="设置"), whole=True, give=2),
]
FIXED = (
    (T("Nobody signs what he asked for or owns", zh="不签自己提交或负责的"), T("always", zh="始终")),
    (T("A rejection ends the round; the next has all slots open", zh="一人否决即结束本轮，下轮全部重签"),
     T("always", zh="始终")),
    (T("A changed content is reviewed again, its points open", zh="内容有变须重评，要点重开"), T("always", zh="始终")),
    (T("An amendment is reviewed in the higher class of old and new", zh="变更按新旧较高类别评审"),
     T("always", zh="始终")),
)  # fmt: skip
OTHERS = (
    (T("A quotation", zh="报价"), roles.BY_MARKETING_GM),
    (T("Declining an order", zh="谢绝订单"), roles.BY_MARKETING_GM),
    (T("Cancelling a contract", zh="取消合同"), roles.BY_MARKETING_GM),
    (T("Cancelling a contract of route meeting", zh="取消会议路线的合同"), roles.BOTH_GMS),
    (T("Releasing an unpaid shipment", zh="未收款放行"), roles.FINANCE_THEN_GM),
    (T("Writing off a receivable", zh="核销应收"), roles.BY_MARKETING_GM),
    (T("A credit up to the limit", zh="限额内赔付"), roles.BY_SALES_MANAGER),
    (T("A credit above it", zh="超限额赔付"), roles.BY_MARKETING_GM),
)
SET = (
    "class.major_amount", "class.split_d", "review.limit_w.phone", "review.limit_w.general",
    "review.limit_w.meeting", "review.invite", "review.absent_max", "review.quorum_after_w", "review.must_sign",
    "review.one_slot_per", "review.own_delegate", "review.opinion_min", "review.valid_d", "review.alert_rounds",
    "delegation.max_d", "amend.large_percent", "complaint.credit_manager_max",
)  # fmt: skip


def rules() -> None:
    """Show what else holds for signatures: own requests, deputies, quorum, limits, and who signs outside reviews."""
    with writing_shop() as shop:
        rows = [{"rule": str(rule), "value": str(value), "setting": None} for rule, value in FIXED]
        rows += [_setting(shop, f"mfg.{key}") for key in SET]
        rows += [{"rule": str(what), "value": _signers(route), "setting": None} for what, route in OTHERS]
    out.rows("rules", RULES, rows)


def _setting(shop: Shop, key: str) -> dict[str, Any]:
    declared, value = shop.settings.one(key), shop.setting(key)
    if declared.kind == "money":
        value = format_money(value)
    elif declared.kind == "bool":
        value = T("yes", zh="是") if value else T("no", zh="否")
    elif isinstance(value, list):
        value = ", ".join(value) or "-"
    return {"rule": str(declared.title), "value": str(value), "setting": key}


def _signers(route: Route) -> str:
    return " > ".join("+".join(str(who) for who in stage.who) for stage in route.stages)


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
        read = _read(file)
        _check(read)
        rows = [_case(shop, number, row) for number, row in read]
    out.rows("cases", RESULT, rows)
    wrong = [row["line"] for row in rows if not row["ok"]]
    if wrong:
        raise Refused(
            T("{n} of {m} cases differ: lines {lines}.", zh="{m} 个情形中 {n} 个不符: 第 {lines} 行。").of(
                n=len(wrong), m=len(rows), lines=", ".join(map(str, wrong))
            ),
            plain("flow mfg route show"),
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


YES, NO = ("yes", "y", "1", "true", "是"), ("", "no", "n", "0", "false", "否")
CHANGE_WORDS = ("", *CHANGES, "not regular")


def _check(cases: list[tuple[int, dict[str, str]]]) -> None:
    """Raise `BadInput` naming every cell that means nothing: a typing error must not pass as a case."""
    allowed = {"form": ("", *FORMS), "change": CHANGE_WORDS, "foreign": (*YES, *NO), "class": ("", *classes.CLASSES),
               "route": ("", *classes.ROUTES)}  # fmt: skip
    wrong = [f"{number}: {name}={row[name]}" for number, row in cases for name, known in allowed.items()
             if row.get(name, "") not in known]  # fmt: skip
    wrong += [f"{number}: amount={row['amount']}" for number, row in cases if not _is_amount(row.get("amount", ""))]
    if wrong:
        raise BadInput(
            T("Cells that mean nothing: {cells}.", zh="无法识别的单元格: {cells}。").of(cells="; ".join(wrong)),
            T("form: {forms}; change: {changes}; class: A-D; route: {routes}; foreign: yes or no",
              zh="form: {forms}; change: {changes}; class: A-D; route: {routes}; foreign: yes 或 no").of(
                forms=", ".join(FORMS), changes=", ".join(w for w in CHANGE_WORDS if w),
                routes=", ".join(classes.ROUTES)),
            ref="mfg.route_cells",
        )  # fmt: skip


def _is_amount(typed: str) -> bool:
    try:
        parse_money(typed or "0")
    except BadInput:
        return False
    return True


def _case(shop: Shop, number: int, row: dict[str, str]) -> dict[str, Any]:
    change = row.get("change", "") or "none"
    facts = classes.Facts(
        form=row.get("form", "") or "written",
        amount_cny=parse_money(row.get("amount", "") or "0"),
        major=shop.setting("mfg.class.major_amount"),
        contracting_line=row.get("contracting_line", ""),
        special=() if change == "none" else ((1, change),),
        foreign=row.get("foreign", "") in YES,
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
