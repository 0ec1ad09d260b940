"""A partner's settlement of one calendar month. Source: brokerage.md section 4.7."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from serviceflow.api import (
    NOW,
    START,
    Action,
    Ask,
    Case,
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
    day,
    table_of,
    text,
)

from serviceflow_brokerage.amounts import yuan
from serviceflow_brokerage.flows import common
from serviceflow_brokerage.flows.common import Reason
from serviceflow_brokerage.limits import limit, task
from serviceflow_brokerage.refusals import refuse
from serviceflow_brokerage.roles import BM, CO, OP, PM, signed
from serviceflow_brokerage.statements import fill, month_end
from serviceflow_brokerage.tables.partners import BrokerStatement

KEY: Final = "broker.partner-settlement"


class Month(Form):
    month: date = day(T("A day of the month", zh="月份(其中一天)"))


class Confirmed(Form):
    partner_ref: str = text(T("Partner's reference", zh="渠道确认编号"))


class Dispute(Form):
    client: str = text(T("Client", zh="客户"))
    text: str = text(T("Words", zh="说明"))


class Note(Form):
    note: str = text(T("Note", zh="说明"))


class Paid(Form):
    paid_on: date = day(T("Paid on", zh="付款日"))
    reference: str = text(T("Reference", zh="付款编号"))


def _month_over(case: Case, form: Month) -> Verdict:
    return None if month_end(form.month.replace(day=1)) < case.today else refuse("month-not-over")


def _none_yet(case: Case, form: Month) -> Verdict:
    table = table_of(BrokerStatement)
    other = case.tx.one(
        BrokerStatement,
        table.c.customer_id == case.order.customer_id,
        table.c.month == form.month.replace(day=1),
        table.c.state != "void",
    )
    return None if other is None else refuse("statement-exists", no=case.tx.need(Order, other.order_id).number)


def _begin(case: Case, form: Month) -> None:
    assert case.order.customer_id is not None
    made = case.tx.add(
        BrokerStatement(order_id=case.order_id, customer_id=case.order.customer_id, month=form.month.replace(day=1))
    )
    fill(case.tx, made, case.setting)


def _set(**columns: Any) -> Do:
    return Do(lambda case, form: _change(case, columns), before=True)


def _change(case: Case, columns: dict[str, Any]) -> None:
    case.tx.change(case.own(BrokerStatement), **columns)


def _recalculate(case: Case, form: Any) -> None:
    fill(case.tx, case.own(BrokerStatement), case.setting)


def _paid(case: Case, form: Paid) -> None:
    _change(case, {"state": "paid", "reference": form.reference})


def _facts(case: Case) -> dict[str, Any]:
    row = case.tx.get(BrokerStatement, case.order_id)
    month = row.month.isoformat()[:7] if row is not None else ""
    return {**common.base_facts(case), "month": month, "amount": yuan(row.payable if row is not None else 0)}


ROUTE = signed("broker-settlement", (BM, CO), rejected="rejected")

FLOW = Flow(
    key=KEY,
    version=1,
    title=T("Partner settlement", zh="渠道结算"),
    series="JS{n:05}",
    facts=_facts,
    steps=(
        Step(
            "drafted",
            T("Drafted", zh="草稿"),
            PM,
            limit("partner-settlement.drafted"),
            (Task("check-lines", T("Check the lines", zh="核对明细"), PM, task("partner-settlement.drafted")),),
            on_path=True,
        ),
        Step(
            "sent",
            T("Sent", zh="已发对账"),
            PM,
            limit("partner-settlement.sent"),
            (
                Task("remind-partner", T("Remind the partner", zh="提醒渠道"), PM, task("partner-settlement.sent")),
                Message("statement", NOW),
            ),
            on_path=True,
        ),
        Step(
            "disputed",
            T("Disputed", zh="有异议"),
            PM,
            limit("partner-settlement.disputed"),
            (Task("clarify", T("Clarify", zh="澄清"), PM, task("partner-settlement.disputed")),),
        ),
        Step(
            "approval",
            T("Approval", zh="审批"),
            BM,
            limit("partner-settlement.approval"),
            (Ask("approved", ROUTE, T("A partner's settlement", zh="渠道结算")),),
            on_path=True,
        ),
        Step(
            "payable",
            T("Payable", zh="待付"),
            OP,
            limit("partner-settlement.payable"),
            (Task("pay-partner", T("Pay", zh="付款"), OP, task("partner-settlement.payable")),),
            on_path=True,
        ),
        Step("paid", T("Paid", zh="已付"), final=True, on_path=True),
        Step("void", T("Void", zh="作废"), final=True),
    ),
    actions=(
        Action(
            "open",
            T("Draft", zh="起草"),
            START,
            "drafted",
            by=(PM,),
            form=Month,
            guards=(Guard("broker.month-not-over", _month_over), Guard("broker.statement-exists", _none_yet)),
            effects=(Do(_begin, before=True),),
        ),
        Action(
            "send",
            T("Send", zh="发出"),
            ("drafted",),
            "sent",
            by=(PM,),
            effects=(_set(state="sent"), Issue("partner-statement")),
        ),
        Action(
            "void", T("Void", zh="作废"), ("drafted",), "void", by=(PM,), form=Reason, effects=(_set(state="void"),)
        ),
        Action(
            "confirmed",
            T("Confirmed", zh="确认"),
            ("sent",),
            "approval",
            by=(PM,),
            form=Confirmed,
            effects=(_set(state="approval", frozen=True),),
        ),
        Action(
            "dispute",
            T("Dispute", zh="异议"),
            ("sent",),
            "disputed",
            by=(PM,),
            form=Dispute,
            effects=(_set(state="disputed"),),
        ),
        Action(
            "recalculate",
            T("Recalculate", zh="重算"),
            ("disputed",),
            "drafted",
            by=(PM,),
            form=Note,
            effects=(Do(_recalculate), _set(state="drafted")),
        ),
        Action(
            "approved",
            T("Approved", zh="同意"),
            ("approval",),
            "payable",
            by=(BM, CO),
            form=common.Opinion,
            effects=(_set(state="payable"),),
        ),
        Action(
            "rejected",
            T("Rejected", zh="驳回"),
            ("approval",),
            "drafted",
            by=(BM, CO),
            form=common.Opinion,
            effects=(_set(state="drafted", frozen=False),),
        ),
        Action(
            "pay",
            T("Pay", zh="付款"),
            ("payable",),
            "paid",
            by=(OP,),
            form=Paid,
            effects=(Do(_paid, before=True),),
            outcome="paid",
        ),
        Action(
            "carry",
            T("Carried to the next month", zh="结转下月"),
            ("payable",),
            "paid",
            auto=True,
            when=lambda case: case.own(BrokerStatement).payable == 0,
            effects=(_set(state="paid", reference="carried"),),
            outcome="carried",
        ),
    ),
)
