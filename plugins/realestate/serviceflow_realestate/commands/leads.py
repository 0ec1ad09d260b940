"""Calls, follow-ups, subscriptions, nurture, daily registers."""

from __future__ import annotations

from typing import Annotated

import typer
from serviceflow.api import Shop, T, act, open_order
from serviceflow_cli.api import Answer, Column, answer, customer_id, label, out, told, writing_shop

from serviceflow_realestate import registers
from serviceflow_realestate.commands.rota import known_or_new
from serviceflow_realestate.flows.lead import lead_of, live_lead
from serviceflow_realestate.reception import project_here

daily = typer.Typer()
CustomerArgument = Annotated[str, typer.Argument(metavar="CUSTOMER", help=label("Name or phone", zh="姓名或电话"))]


def call(
    phone: Annotated[str, typer.Argument(metavar="PHONE", help=label("Phone", zh="电话"))],
    name: Annotated[str, typer.Option(help=label("Name", zh="姓名"))] = "",
    heard: Annotated[str, typer.Option("--from", help=label("Heard of us from", zh="得知途径"))] = "",
    wants: Annotated[str, typer.Option(help=label("Wants", zh="需求"))] = "",
    grade: Annotated[str, typer.Option(help=label("A, B, C or D", zh="A、B、C、D"))] = "",
    project: Annotated[str, typer.Option("--project", help=label("Project", zh="项目"))] = "",
) -> None:
    """Log a call."""

    def work(shop: Shop) -> Answer:
        with known_or_new(shop, phone, name) as (customer, called):
            with shop.reading() as tx:
                lead = live_lead(tx, customer)
                code = project_here(tx, project).code
            given = {"heard_from": heard or "-", "wants": wants, "grade": grade, "project": code}
            fields = {k: v for k, v in given.items() if v}
            if lead is not None and lead.id is not None and lead.closed_at is None:
                done = act(shop, lead.id, "call-again", fields)
            else:
                done = open_order(shop, "re-lead", customer, fields, start="log-call")
        return told(shop, done, called, opened=lead is None)

    answer(work)


def follow(
    customer: CustomerArgument,
    by: Annotated[str, typer.Option(help=label("phone, wechat, sms, visit", zh="phone wechat sms visit"))],
    grade: Annotated[str, typer.Option(help=label("A, B, C or D", zh="A、B、C、D"))],
    note: Annotated[str, typer.Option(help=label("What was said", zh="摘要"))],
    not_reached: Annotated[bool, typer.Option("--not-reached", help=label("Nobody answered", zh="未接通"))] = False,
) -> None:
    """Log a follow-up."""
    who = customer_id(customer)

    def work(shop: Shop) -> Answer:
        fields = {"channel": by, "grade": grade, "summary": note, "effective": "no" if not_reached else "yes"}
        return told(shop, act(shop, lead_of(shop, who), "follow-up", fields), customer)

    answer(work)


def subscribe(
    unit: Annotated[str, typer.Argument(metavar="NO", help=label("Unit", zh="房号"))],
    customer: Annotated[str, typer.Option(help=label("Customer", zh="客户"))],
) -> None:
    """Subscribe a unit for a customer, over the lead where there is one in follow-up."""
    who = customer_id(customer)

    def work(shop: Shop) -> Answer:
        with shop.reading() as tx:
            lead = live_lead(tx, who)
        if lead is not None and lead.id is not None and lead.step in ("receiving", "following"):
            return told(shop, act(shop, lead.id, "choose-unit", {"unit": unit}), customer)
        return told(shop, open_order(shop, "re-subscription", who, {"unit": unit}), customer, opened=True)

    answer(work)


TOUCH = [
    Column("order", T("Order", zh="单号"), null=False, whole=True),
    Column("customer", T("Customer", zh="客户"), null=False),
    Column("step", T("Touch", zh="触点"), null=False, shown=False),
    Column("step_title", T("Touch", zh="触点"), null=False),
    Column("next", T("Next", zh="下一触点"), "instant"),
    Column("agent", T("Agent", zh="置业顾问"), give=1),
]


def touch(
    due: Annotated[bool, typer.Option("--due", help=label("Only those due within a week", zh="只看一周内"))] = False,
) -> None:
    """List the customers in the nurture cadence."""
    with writing_shop() as shop, shop.reading() as tx:
        rows = registers.touches(shop, tx, due=due)
    out.rows("touches", TOUCH, rows, empty=T("Nobody is nurtured.", zh="没有养护客户。"))


@daily.command("submit")
def submit() -> None:
    """Hand in your registers of today: they cannot be changed any more."""

    def work(shop: Shop) -> Answer:
        with shop.write("re daily submit") as tx:
            calls, visits = registers.submit(shop, tx)
            said = T("{a} calls and {b} visits handed in", zh="已提交来电 {a}、来访 {b}").of(a=calls, b=visits)
            tx.summary = said
        return Answer(said, operation=tx.operation, data={"calls": calls, "visits": visits})

    answer(work)


DAY = [
    Column("agent", T("Agent", zh="置业顾问"), null=False),
    Column("calls", T("Calls", zh="来电"), "number", null=False),
    Column("visits", T("Visits", zh="来访"), "number", null=False),
    Column("first", T("First visits", zh="首访"), "number", null=False),
    Column("own", T("Return visits", zh="回访"), "number", null=False),
    Column("void", T("Void", zh="作废"), "number", null=False),
    Column("submitted", T("Handed in", zh="已提交"), "yes_no", null=False),
]


@daily.command("report")
def report(day: Annotated[str, typer.Option("--date", help=label("Date", zh="日期"))] = "") -> None:
    """Total the registers of a day, by agent."""
    with writing_shop() as shop, shop.reading() as tx:
        now = shop.clock.now()
        when = shop.parse_day(day, now) if day else shop.local_day(now)
        rows = registers.totals(shop, tx, when)
    out.rows("agents", DAY, rows, empty=T("Nothing was logged.", zh="没有登记。"), facts={"date": when})
