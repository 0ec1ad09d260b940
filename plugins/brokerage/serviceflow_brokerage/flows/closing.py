"""Closing an account: never an obstacle; the talk is offered once and times out for the client. Source: 4.5."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from serviceflow.api import (
    ANY,
    NOW,
    OWNER,
    START,
    Action,
    Case,
    Choose,
    Do,
    Flow,
    Form,
    Guard,
    Issue,
    Message,
    Order,
    Step,
    T,
    Task,
    Verdict,
    bdays,
    choice,
    day,
    days,
    listed,
    table_of,
    text,
    yes_no,
)

from serviceflow_brokerage.closing import close_account
from serviceflow_brokerage.flows import common
from serviceflow_brokerage.flows.common import Stopped, Summary
from serviceflow_brokerage.flows.retention import KEY as RETENTION
from serviceflow_brokerage.flows.retention import open_retention
from serviceflow_brokerage.limits import limit, task
from serviceflow_brokerage.people import account_by_no, segment_of, tail
from serviceflow_brokerage.refusals import refuse
from serviceflow_brokerage.roles import AG, BM, OP, SM
from serviceflow_brokerage.tables.clients import BrokerAccount
from serviceflow_brokerage.tables.products import BrokerClosing
from serviceflow_brokerage.talking import POINTS

KEY: Final = "broker.account-closing"
KINDS: Final = {"close": T("close", zh="销户"), "transfer": T("transfer", zh="转出")}
CONDITIONS: Final = {
    "identity_ok": T("identity", zh="身份"),
    "holdings_zero": T("holdings", zh="持仓"),
    "unsettled_zero": T("unsettled trades", zh="未交收"),
    "debt_zero": T("margin debt", zh="融资负债"),
    "not_frozen": T("account frozen", zh="账户冻结"),
}


class Request(Form):
    account: str = text(T("Account", zh="资金账号"))
    kind: str = choice(T("Kind", zh="类型"), KINDS)
    reason: str = text(T("Reason", zh="原因"))
    channel: str = choice(T("Channel", zh="渠道"), common.CHANNELS)


class Conditions(Form):
    identity_ok: bool = yes_no(T("Identity confirmed", zh="身份核实"))
    holdings_zero: bool = yes_no(T("No holdings", zh="持仓为零"))
    unsettled_zero: bool = yes_no(T("Nothing unsettled", zh="无未交收"))
    debt_zero: bool = yes_no(T("No debt", zh="无负债"))
    not_frozen: bool = yes_no(T("Not frozen", zh="未冻结"))


class Note(Form):
    note: str = text(T("Note", zh="说明"))


class Closed(Form):
    closed_on: date = day(T("Closed on", zh="销户日期"))


def _account(case: Case) -> BrokerAccount:
    return case.tx.need(BrokerAccount, case.own(BrokerClosing).account_id)


def _open_account(case: Case, form: Request) -> Verdict:
    account = account_by_no(case.tx, form.account)
    if account is None or account.customer_id != case.order.customer_id or account.status == "closed":
        return refuse("account-not-open")
    return None


def _only_one(case: Case, form: Request) -> Verdict:
    account = account_by_no(case.tx, form.account)
    assert account is not None
    rows, orders = table_of(BrokerClosing), table_of(Order)
    mine = [r.order_id for r in case.tx.all(BrokerClosing, rows.c.account_id == account.id)]
    other = case.tx.one(Order, orders.c.id.in_(mine), orders.c.closed_at.is_(None))
    return refuse("close-duplicate", no=other.number) if other is not None else None


def _closed_day(case: Case, form: Closed) -> Verdict:
    asked = case.day(case.order.opened_at)
    if asked <= form.closed_on <= case.today:
        return None
    way = T("Give a day from {first} to {last}.", zh="请填写 {first} 至 {last} 之间的日期。")
    return refuse("row-bad-date", way.of(first=asked, last=case.today))


def _begin(case: Case, form: Request) -> None:
    account = account_by_no(case.tx, form.account)
    assert account is not None
    assert account.id is not None
    case.tx.add(
        BrokerClosing(
            order_id=case.order_id,
            customer_id=account.customer_id,
            account_id=account.id,
            kind=form.kind,
            reason=form.reason,
            channel=form.channel,
        )
    )


def still_open(case: Case, form: Conditions) -> list[str]:
    """Return the conditions that are not met; a transfer may leave holdings."""
    needed = [n for n in CONDITIONS if n != "holdings_zero" or case.own(BrokerClosing).kind == "close"]
    return [name for name in needed if not getattr(form, name)]


def _where(case: Case, form: Conditions) -> str:
    row = case.own(BrokerClosing)
    if still_open(case, form):
        return "blocked"
    asked = segment_of(case.tx, row.customer_id) in case.setting("broker.talk_segments") and not row.talked
    return "talk" if asked else "processing"


def _checked(case: Case, form: Conditions) -> None:
    row = case.own(BrokerClosing)
    case.tx.change(row, open_items=still_open(case, form), talked=row.talked or case.order.step == "talk")


def _stays(case: Case, form: Summary) -> None:
    if open_retention(case) is not None:
        return
    made = case.open_other(RETENTION, case.order.customer_id, {"trigger": "manual"})
    retention = case.again(order=made)
    for action, values in (
        ("take", {}),
        ("reached", {"channel": "phone", "summary": form.summary}),
        ("set-reason", {"reason": "other"}),
        ("offer-accepted", {"remedies": ["other"]}),
    ):
        retention.act(action, values)


def _close(case: Case, form: Closed) -> None:
    close_account(case.shop, case.tx, _account(case), form.closed_on, case.notes, but=case.order_id)


def _facts(case: Case) -> dict[str, Any]:
    row = case.tx.get(BrokerClosing, case.order_id)
    if row is None:
        return common.base_facts(case)
    account = case.tx.need(BrokerAccount, row.account_id)
    items = [CONDITIONS[name] for name in row.open_items]
    return {
        **common.base_facts(case),
        "account_tail": tail(account.account_no),
        "items": listed(items),
        "date": account.closed_on or "-",
    }


FLOW = Flow(
    key=KEY,
    version=1,
    title=T("Account closing", zh="销户"),
    series="XH{n:05}",
    facts=_facts,
    steps=(
        Step(
            "requested",
            T("Requested", zh="受理"),
            OP,
            limit("account-closing.requested"),
            (
                Task(
                    "check-conditions", T("Check the conditions", zh="核查条件"), OP, task("account-closing.requested")
                ),
            ),
            on_path=True,
        ),
        Step(
            "blocked",
            T("Blocked", zh="待处理事项"),
            OP,
            days("broker.closing_blocked_days", at="core.day_end"),
            (Message("closing-blocked", NOW),),
        ),
        Step(
            "talk",
            T("Talk", zh="挽留沟通"),
            SM,
            bdays("broker.closing_talk_bd", at="core.day_end"),
            (Task("closing-talk", T("Talk with the client", zh="与客户沟通"), SM, task("account-closing.talk")),),
            hint=POINTS["closing"],
            on_path=True,
        ),
        Step(
            "processing",
            T("Processing", zh="办理中"),
            OP,
            bdays("broker.closing_process_bd", at="core.day_end"),
            (
                Task(
                    "close-account",
                    T("Close", zh="办理销户"),
                    OP,
                    bdays("broker.closing_process_bd", at="core.day_end"),
                ),
            ),
            on_path=True,
        ),
        Step(
            "closed",
            T("Closed", zh="已销户"),
            final=True,
            entry=(Message("closing-done", NOW, stays=True),),
            on_path=True,
        ),
        Step("withdrawn", T("Withdrawn", zh="撤回"), final=True),
        Step("lapsed", T("Lapsed", zh="失效"), final=True),
    ),
    actions=(
        Action(
            "open",
            T("Receive", zh="受理"),
            START,
            "requested",
            by=(OP, SM, AG),
            form=Request,
            guards=(Guard("broker.account-not-open", _open_account), Guard("broker.close-duplicate", _only_one)),
            effects=(
                Do(_begin, before=True),
                Task(
                    "client-asks-to-close",
                    T("Client asks to close", zh="客户要求销户"),
                    OWNER,
                    bdays(0, after="now", at="core.day_end"),
                ),
                Message("closing-received", NOW, stays=True),
                Issue("closing-form"),
            ),
        ),
        Action(
            "check",
            T("Check", zh="条件核查"),
            ("requested",),
            Choose(_where, ("blocked", "talk", "processing")),
            by=(OP,),
            form=Conditions,
            effects=(Do(_checked, before=True),),
        ),
        Action("resolved", T("Resolved", zh="已处理"), ("blocked",), "requested", by=(OP,), form=Note),
        Action("talk-done", T("Talk done", zh="沟通完"), ("talk",), "processing", by=(SM,), form=Summary),
        Action(
            "client-stays",
            T("Client stays", zh="客户留下"),
            ("talk",),
            "withdrawn",
            by=(SM,),
            form=Summary,
            effects=(Do(_stays),),
            outcome="stays",
        ),
        Action("talk-over", T("Talk timed out", zh="沟通超时"), ("talk",), "processing", over="step"),
        Action(
            "confirm-closed",
            T("Confirm closed", zh="确认销户"),
            ("processing",),
            "closed",
            by=(OP,),
            form=Closed,
            guards=(Guard("broker.closed-on", _closed_day),),
            effects=(Do(_close, before=True), Issue("closing-form")),
            outcome="closed",
        ),
        Action(
            "processing-late",
            T("Closing is late", zh="办理超期"),
            ("processing",),
            over="step",
            effects=(
                Task(
                    "closing-late",
                    T("Closing is late", zh="销户办理超期"),
                    BM,
                    bdays(0, after="now", at="core.day_end"),
                    stays=True,
                ),
            ),
        ),
        Action("withdraw", T("Withdraw", zh="撤回"), ANY, "withdrawn", by=(OP,), form=Stopped, outcome="withdrawn"),
        Action("timeout", T("Timeout", zh="超时"), ("blocked",), "lapsed", over="step", outcome="lapsed"),
    ),
)
