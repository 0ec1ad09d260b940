"""`mfg-complaint` (客诉): received, analysed by a department, answered. Source: manufacturing.md 4.9."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from serviceflow.api import (
    START,
    STAY,
    Action,
    Case,
    Do,
    Flow,
    Form,
    Guard,
    Need,
    Order,
    Persons,
    Step,
    T,
    Task,
    Verdict,
    day,
    format_money,
    half_up,
    money,
    plain,
    table_of,
    text,
)

from serviceflow_manufacturing import customers, desk, moments, roles
from serviceflow_manufacturing.flows import accounts, closing, goods
from serviceflow_manufacturing.forms import (
    NOT_FUTURE,
    NOT_PAST,
    POSITIVE,
    WORKDAY,
    Because,
    Dated,
    item_list,
    one_of,
    optional,
    shipment_lines,
)
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules.quoting import RATE
from serviceflow_manufacturing.tables import MfgComplaint, MfgContract, MfgReceivable

KINDS = {
    "quality": T("Quality", zh="质量"),
    "quantity": T("Quantity", zh="数量"),
    "delay": T("Delay", zh="延期"),
    "papers": T("Papers", zh="单证"),
    "service": T("Service", zh="服务"),
}
DEPARTMENTS = {r.key: r.title for r in roles.ROLES
               if r.key in (roles.QUALITY, roles.TECH, roles.PRODUCTION, roles.WAREHOUSE, roles.DESK)}  # fmt: skip
REMEDIES = {
    "replace": T("Replacement", zh="补货"),
    "credit": T("Credit", zh="赔付"),
    "rework": T("Rework", zh="返工"),
    "explain": T("Explanation", zh="说明"),
}


class Register(Form):
    region: str | None = customers.region_field()
    order: str | None = optional(T("Order", zh="订单号"), 60)
    kind: str = one_of(T("Kind", zh="类别"), KINDS)
    text: str = text(T("Text", zh="内容"), longest=4000)
    disputed: list[str] | None = item_list(T("Receivables in dispute", zh="争议应收编号"), required=False)


class PassOn(Form):
    department: str = one_of(T("Department", zh="部门"), DEPARTMENTS)


class ReportCause(Form):
    cause: str = text(T("Cause", zh="原因"), longest=2000)
    measure: str = text(T("Measure", zh="措施"), longest=2000)
    remedy: str = one_of(T("Remedy", zh="处理"), REMEDIES)
    amount: int | None = money(T("Amount", zh="金额"), required=lambda v: v.get("remedy") == "credit")


class Accepted(Dated):
    not_future = ("accepted_on",)
    accepted_on: date = day(T("Accepted on", zh="接受日"))


class Replace(Dated):
    not_past = ("planned_on",)
    workday = ("planned_on",)
    lines: list[dict[str, Any]] = shipment_lines()
    planned_on: date = day(T("Planned on", zh="计划出货日"))


def about(case: Case) -> Case | None:
    """Return the case of the contract the complaint is about."""
    row = case.own(MfgComplaint)
    return case.again(order=case.tx.need(Order, row.about_id)) if row.about_id is not None else None


def _department(case: Case) -> list[int]:
    return case.staff_with(case.own(MfgComplaint).department)


DEPARTMENT = Persons("department", T("the department named", zh="指定部门"), _department)


# -- guards ----------------------------------------------------------------------------------------------------


def _order_known(case: Case, form: Register) -> Verdict:
    if not form.order:
        return None
    found = _order(case, form.order)
    how = plain("flow find {name}").of(name=case.customer.name)
    words = T("order {no} of this customer", zh="该客户的订单{no}").of(no=form.order)
    return refuse("fields_missing", fields=words, how=how) if found is None else None


def _disputed_known(case: Case, form: Register) -> Verdict:
    """Refuse a receivable in dispute that is not this customer's, or not of the order named."""
    for typed in form.disputed or ():
        row = case.tx.get(MfgReceivable, int(typed)) if typed.isdigit() else None
        order = case.tx.need(Order, row.order_id) if row is not None else None
        other = order is None or order.customer_id != case.order.customer_id
        if other or (form.order and order is not None and order.number != form.order):
            words = accounts.RECEIVABLE.of(n=typed)
            return refuse("fields_missing", fields=words, how=plain("flow mfg ar"))
    return None


def _order(case: Case, number: str) -> Order | None:
    table = table_of(Order)
    return case.tx.one(Order, table.c.number == number, table.c.flow == "mfg-order",
                       table.c.customer_id == case.order.customer_id)  # fmt: skip


def _credit_signed(case: Case, form: ReportCause) -> Verdict:
    if form.remedy != "credit" or not form.amount:
        return None
    main = about(case)
    rate = main.own(MfgContract).draft["rate"] if main is not None else RATE
    in_cny = half_up(form.amount * rate, RATE)
    small = in_cny <= case.setting("mfg.complaint.credit_manager_max")
    why = T("credit {amount}", zh="赔付{amount}").of(amount=format_money(form.amount))
    return Need(roles.BY_SALES_MANAGER if small else roles.BY_MARKETING_GM, why)


def _replaced(case: Case, form: Any) -> Verdict:
    row = case.own(MfgComplaint)
    return refuse("replacement_missing") if row.remedy == "replace" and row.replacement_id is None else None


def _has_order(case: Case, form: Any) -> Verdict:
    if case.own(MfgComplaint).about_id is not None:
        return None
    how = plain(f"flow do {case.order.number} close-unfounded reason=…")
    return refuse("fields_missing", fields=Register.fields["order"].title, how=how)


# -- effects ---------------------------------------------------------------------------------------------------


def _register(case: Case, form: Register) -> None:
    found = _order(case, form.order) if form.order else None
    numbers = [int(n) for n in form.disputed or ()]
    case.tx.add(MfgComplaint(order_id=case.order_id, about_id=found.id if found is not None else None,
                             kind=form.kind, text=form.text, disputed=numbers))  # fmt: skip
    for row in _disputed(case, numbers):
        case.tx.change(row, disputed=True)
        accounts.silence(case.again(order=case.tx.need(Order, row.order_id)), row, T("disputed", zh="有争议"))


def _disputed(case: Case, numbers: list[int]) -> list[MfgReceivable]:
    found = [case.tx.get(MfgReceivable, n) for n in numbers]
    return [row for row in found if row is not None]


def _end_dispute(case: Case) -> None:
    for row in _disputed(case, case.own(MfgComplaint).disputed):
        case.tx.change(row, disputed=False)


def _pass(case: Case, form: PassOn) -> None:
    case.tx.change(case.own(MfgComplaint), department=form.department)


def _cause(case: Case, form: ReportCause) -> None:
    case.tx.change(case.own(MfgComplaint), cause=form.cause, measure=form.measure, remedy=form.remedy,
                   amount=form.amount or 0)  # fmt: skip


def _accepted(case: Case, form: Accepted) -> None:
    _end_dispute(case)
    row, main = case.own(MfgComplaint), about(case)
    if row.remedy != "credit" or not row.amount:
        return
    if main is not None:
        accounts.credit(main, row.amount)
    else:
        accounts.refund(case, row.amount, "CNY")


def _close_order(case: Case, form: Any) -> None:
    main = about(case)
    if main is not None:
        closing.try_close(main)


def _rejected(case: Case, form: Because) -> None:
    if case.times_done("answer-rejected") >= 2:
        words = T("Complaint {no}: the answer was rejected again", zh="客诉{no}：答复再次被拒")
        desk.alert(case, "answer-rejected", words.of(no=case.order.number), roles.MARKETING_GM)


def _replace(case: Case, form: Replace) -> None:
    main = about(case)
    assert main is not None
    made = goods.open_shipment(main, "replacement", form.lines, form.planned_on)
    case.tx.change(case.own(MfgComplaint), replacement_id=made)


def _unfounded(case: Case, form: Any) -> None:
    _end_dispute(case)


def _facts(case: Case) -> Mapping[str, Any]:
    row = case.tx.get(MfgComplaint, case.order_id)
    if row is None:
        return {"cause": "", "measure": "", "remedy": ""}
    remedy = REMEDIES.get(row.remedy, T("-", zh="-"))
    return {"cause": row.cause, "measure": row.measure, "remedy": remedy}


COMPLAINT = Flow(
    key="mfg-complaint",
    version=1,
    title=T("Complaint", zh="客诉"),
    series="KS{year}-{n:04}",
    facts=desk.facts_of(_facts),
    steps=(
        Step("received", T("Received", zh="收到客诉"), roles.SERVICE, moments.limit("received"),
             (Task("pass-complaint", T("Pass the complaint on", zh="转客诉"), roles.SERVICE,
                   moments.task("pass-complaint"), closed_by=("pass-complaint",)),
              desk.at_once("complaint-received", stays=True)), on_path=True),
        Step("analysing", T("Cause analysis", zh="原因分析"), None, moments.limit("analysing"),
             (Task("report-cause", T("Report cause and measure", zh="报告原因与措施"), DEPARTMENT,
                   moments.task("report-cause"), closed_by=("report-cause",)),), on_path=True),
        Step("answering", T("Answer the customer", zh="答复客户"), roles.SALES, moments.limit("answering"),
             (Task("answer-accepted", T("Get the answer accepted", zh="取得客户认可"), roles.SALES,
                   moments.task("answer-accepted"), closed_by=("answer-accepted",)),
              desk.at_once("complaint-answer")), on_path=True),
        Step("answered", T("Settled", zh="已了结"), final=True, on_path=True,
             entry=(Task("call-back", T("Call the customer back", zh="回访客户"), roles.SALES,
                         moments.task("complaint-call-back", after="now"), stays=True),)),
        Step("unfounded", T("Not founded", zh="不成立"), final=True),
    ),
    actions=(
        Action("register-complaint", T("Register", zh="登记"), START, "received",
               by=(roles.SERVICE, *roles.BY_SALES), form=Register,
               guards=(customers.PROFILE_KNOWN, Guard("order_known", _order_known),
                       Guard("disputed_known", _disputed_known)),
               effects=(customers.ENTER_PROFILE, Do(_register, before=True))),
        Action("pass-complaint", T("Pass on", zh="转部门"), ("received",), "analysing", by=(roles.SERVICE,),
               form=PassOn, effects=(Do(_pass, before=True),)),
        Action("report-cause", T("Cause and measure", zh="原因与措施"), ("analysing",), "answering",
               by=(DEPARTMENT,), form=ReportCause,
               guards=(Guard("credit_signed", _credit_signed, needs=(roles.BY_SALES_MANAGER, roles.BY_MARKETING_GM)),),
               effects=(Do(_cause, before=True),)),
        Action("answer-accepted", T("Accepted", zh="客户接受"), ("answering",), "answered", by=roles.BY_SALES,
               form=Accepted, guards=(NOT_FUTURE, Guard("replacement_missing", _replaced, early=True)),
               effects=(Do(_accepted), Do(_close_order)), outcome="settled"),
        Action("answer-rejected", T("Not accepted", zh="客户不接受"), ("answering",), "analysing",
               by=roles.BY_SALES, form=Because, effects=(Do(_rejected),)),
        Action("replace", T("Replacement", zh="补货"), ("answering",), STAY, by=roles.BY_SALES, form=Replace,
               guards=(Guard("complaint_order", _has_order, early=True), NOT_PAST, WORKDAY, POSITIVE),
               effects=(Do(_replace),)),
        Action("close-unfounded", T("Not founded", zh="不成立"), ("received", "analysing"), "unfounded",
               by=roles.BY_MANAGER, form=Because, effects=(Do(_unfounded), Do(_close_order)), outcome="unfounded"),
        desk.overdue("received", "analysing", "answering"),
    ),
)  # fmt: skip
