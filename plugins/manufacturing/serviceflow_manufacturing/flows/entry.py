"""`mfg-entry` (日常录单发货): stock orders paid to the carrier, strict limits, two persons. Source: 4.8, 5.10."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from serviceflow.api import (
    START,
    STAY,
    Action,
    Case,
    Choose,
    Do,
    Flow,
    Form,
    Guard,
    Moment,
    Staff,
    Step,
    T,
    Task,
    Verdict,
    day,
    format_money,
    is_open,
    moment,
    money,
    now_default,
    number,
    phone,
    row_list,
    table_of,
    text,
    yes_no,
)

from serviceflow_manufacturing import customers, desk, moments, roles
from serviceflow_manufacturing.forms import NOT_FUTURE, PRODUCT, REASON, Because, Dated, one_of, optional, scaled
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules import quoting, workdays
from serviceflow_manufacturing.tables import MfgEntry, MfgEntryDay, MfgError, MfgProduct, MfgProfile

KINDS = {"missing": T("Missing", zh="漏"), "wrong": T("Wrong", zh="错")}
ALL_KINDS = {**KINDS, "mis-shipped": T("Mis-shipped", zh="发错")}


def _lines(*, required: bool) -> Any:
    return row_list(
        T("Lines", zh="明细"),
        {
            "product": text(PRODUCT, longest=60),
            "qty": number(T("Quantity", zh="数量"), least=1, most=10**6),
            "price": scaled(T("Price", zh="单价")),
        },
        required=required,
    )


class Enter(Form):
    source_ref: str = text(T("Source", zh="来源单号"), longest=60)
    received_at: datetime = moment(T("Received at", zh="接单时间"), default=now_default)
    lines: list[dict[str, Any]] = _lines(required=True)
    consignee: str = text(T("Consignee", zh="收货人"), longest=200)
    phone: str = phone(T("Phone", zh="电话"))
    address: str = text(T("Address", zh="地址"), longest=500)
    cod_amount: int = money(T("Amount to collect", zh="代收款"))
    region: str | None = customers.region_field()
    replaces: int | None = number(T("Replaces", zh="补发原单"), required=False, most=10**9)


class EntryWrong(Form):
    kind: str = one_of(T("Kind", zh="类别"), KINDS)
    text: str = text(T("Text", zh="说明"), longest=1000)
    lines: list[dict[str, Any]] | None = _lines(required=False)
    consignee: str | None = optional(T("Consignee", zh="收货人"), 200)
    phone: str | None = phone(T("Phone", zh="电话"), required=False)
    address: str | None = optional(T("Address", zh="地址"), 500)
    cod_amount: int | None = money(T("Amount to collect", zh="代收款"), required=False)

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> list[Any]:
        from serviceflow.api import Fault

        corrected = ("lines", "consignee", "phone", "address", "cod_amount")
        if any(values.get(name) is not None for name in corrected):
            return []
        return [Fault("lines", T("give the corrected fields", zh="请填写更正内容"))]


class SendOut(Form):
    carrier: str = text(T("Carrier", zh="快递"), longest=100)
    waybill: str = text(T("Waybill", zh="运单号"), longest=100)


class Remit(Dated):
    not_future = ("on",)
    amount: int = money(T("Amount", zh="金额"))
    on: date = day(T("Date", zh="日期"))


class RefusedBy(Dated):
    not_future = ("returned_on",)
    reason: str = text(REASON)
    returned_on: date = day(T("Returned on", zh="退回日"))


class ErrorFound(Form):
    kind: str = one_of(T("Kind", zh="类别"), ALL_KINDS)
    person: str = text(T("Person", zh="责任人"), longest=100)
    cost: int = money(T("Cost", zh="损失"))
    replacement: bool = yes_no(T("Replacement", zh="补发"), required=False, default=False)


# -- rules -----------------------------------------------------------------------------------------------------


def dispatch_day(case: Case, received_at: datetime) -> date:
    """Return the day an order received then is sent: that workday until the cut-off, else the next one."""
    local = received_at.astimezone(case.zone)
    cutoff = time.fromisoformat(case.setting("mfg.entry.cutoff"))
    factory = moments.factory(case)
    if is_open(factory, local.date()) and local.time().replace(microsecond=0) <= cutoff:
        return local.date()
    return workdays.plus(factory, local.date(), 1)


def value(lines: list[dict[str, Any]]) -> int:
    """Return what lines are worth in fen."""
    return sum(quoting.line_amount(row["qty"], row["price"]) for row in lines)


def _duplicate(case: Case, form: Enter) -> Verdict:
    table = table_of(MfgEntry)
    known = case.tx.one(MfgEntry, table.c.source_ref == form.source_ref,
                        table.c.received_day == case.day(form.received_at))  # fmt: skip
    if known is None:
        return None
    from serviceflow.api import Order

    return refuse("duplicate_source", ref=form.source_ref, no=case.tx.need(Order, known.order_id).number)


def _closed(case: Case, form: Enter) -> Verdict:
    on = case.day(form.received_at)
    return refuse("entry_closed", date=on) if case.tx.get(MfgEntryDay, on) is not None else None


def _allowed(case: Case, form: Enter) -> Verdict:
    major = case.setting("mfg.class.major_amount")
    profile = case.tx.get(MfgProfile, case.order.customer_id)
    region = form.region or (profile.region if profile is not None else "")
    products = [case.tx.get(MfgProduct, row["product"]) for row in form.lines]
    regular = all(p is not None and p.regular for p in products)
    home = not desk.foreign_region(region, case.setting("mfg.home_regions"))
    good = regular and home and value(form.lines) < major
    return None if good else refuse("entry_not_allowed", major=format_money(major))


def _cod(case: Case, form: Any) -> Verdict:
    lines = form.lines if form.lines is not None else case.own(MfgEntry).lines
    said = form.cod_amount if form.cod_amount is not None else case.own(MfgEntry).cod_amount
    replaced = getattr(form, "replaces", None)
    wanted = 0 if replaced else value(lines)
    return refuse("cod_mismatch", a=format_money(said), b=format_money(wanted)) if said != wanted else None


def _other(case: Case, form: Any) -> Verdict:
    row = case.own(MfgEntry)
    me = case.actor.id if case.actor is not None else None
    return refuse("same_person", name=desk.name_of(case.tx, me)) if me == row.enterer_id else None


def _over(case: Case, form: Remit) -> Verdict:
    row = case.own(MfgEntry)
    total = row.remitted + form.amount
    if total <= row.cod_amount:
        return None
    return refuse("over_remit", sum=format_money(total), cod=format_money(row.cod_amount))


def _nothing_remitted(case: Case, form: Any) -> Verdict:
    return refuse("already_remitted") if case.own(MfgEntry).remitted else None


OTHER = Guard("same_person", _other, early=True)


# -- effects ---------------------------------------------------------------------------------------------------


def _enter(case: Case, form: Enter) -> None:
    case.tx.add(
        MfgEntry(
            order_id=case.order_id,
            source_ref=form.source_ref,
            received_at=form.received_at,
            received_day=case.day(form.received_at),
            lines=form.lines,
            consignee=form.consignee,
            phone=form.phone,
            address=form.address,
            cod_amount=form.cod_amount,
            enterer_id=case.tx.staff_id,
            replaces_id=form.replaces,
        )
    )
    case.change(amount=value(form.lines))
    case.set_anchor("dispatch_day", dispatch_day(case, form.received_at))


def _wrong(case: Case, form: EntryWrong) -> None:
    row = case.own(MfgEntry)
    case.tx.add(MfgError(order_id=case.order_id, kind=form.kind, person_id=row.enterer_id, note=form.text,
                         at=case.now))  # fmt: skip
    corrected = {name: v for name in ("lines", "consignee", "phone", "address", "cod_amount")
                 if (v := getattr(form, name)) is not None}  # fmt: skip
    case.tx.change(row, enterer_id=case.actor.id if case.actor else None, **corrected)
    case.change(amount=value(row.lines))


def _checked(case: Case, form: Any) -> None:
    case.tx.change(case.own(MfgEntry), checker_id=case.actor.id if case.actor else None)


def _send(case: Case, form: SendOut) -> None:
    case.tx.change(case.own(MfgEntry), carrier=form.carrier, waybill=form.waybill, sent_on=case.today)


def _remit(case: Case, form: Remit) -> None:
    row = case.own(MfgEntry)
    total = row.remitted + form.amount
    case.tx.change(row, remitted=total, remitted_on=form.on)
    case.close_tasks("chase-carrier", result=format_money(total))
    if total < row.cod_amount:
        words = T("Chase the carrier for {left} of {no}", zh="向快递催收{no}差额{left}")
        said = words.of(left=format_money(row.cod_amount - total), no=case.order.number)
        desk.task(case, "chase-carrier", said, roles.FINANCE)


def _paid_over(case: Case, form: Remit) -> str:
    row = case.own(MfgEntry)
    return "remitted" if row.remitted + form.amount == row.cod_amount else STAY


def _refused(case: Case, form: RefusedBy) -> None:
    words = T("Call {name} back: the goods were refused", zh="回访{name}：客户拒收").of(name=case.customer.name)
    desk.task(case, "call-back", words, roles.SALES, stays=True)


def _error(case: Case, form: ErrorFound) -> None:
    table = table_of(Staff)
    person = case.tx.one(Staff, (table.c.login == form.person) | (table.c.name == form.person))
    case.tx.add(MfgError(order_id=case.order_id, kind=form.kind, person_id=person.id if person else None,
                         cost=form.cost, note=form.person if person is None else "", at=case.now))  # fmt: skip
    if form.replacement:
        row = case.own(MfgEntry)
        case.open_other("mfg-entry", case.order.customer_id, {
            "source_ref": f"{row.source_ref}-R", "received_at": case.now, "lines": row.lines,
            "consignee": row.consignee, "phone": row.phone, "address": row.address, "cod_amount": 0,
            "replaces": case.order_id,
        })  # fmt: skip


def _facts(case: Case) -> Mapping[str, Any]:
    row = case.tx.get(MfgEntry, case.order_id)
    if row is None:
        return {"date": "", "carrier": "", "waybill": "", "packages": ""}
    return {"date": row.sent_on.isoformat() if row.sent_on else "", "carrier": row.carrier, "waybill": row.waybill,
            "packages": 1}  # fmt: skip


REMIT_DUE = Moment("days", "mfg.entry.remit_d", "entry", moments.DUE, calendar=workdays.KEY, rolled="next")
DISPATCH = moments.on("dispatch_day")


ENTRY = Flow(
    key="mfg-entry",
    version=1,
    title=T("Daily entry and dispatch", zh="日常录单发货"),
    series="LR{year}-{n:04}",
    facts=desk.facts_of(_facts),
    anchors=("dispatch_day",),
    steps=(
        Step("entered", T("Entered", zh="已录单"), roles.CHECKER, moments.limit("entered"),
             (Task("entry-ok", T("Check the entry", zh="核对录单"), roles.CHECKER, DISPATCH,
                   closed_by=("entry-ok",)),), on_path=True),
        Step("entry-checked", T("Checked", zh="已核对"), roles.WAREHOUSE, moments.limit("entry-checked"),
             (Task("send-out", T("Send the goods", zh="发货"), roles.WAREHOUSE, DISPATCH,
                   closed_by=("send-out",)),), on_path=True),
        Step("entry-dispatched", T("Sent", zh="已发货"), roles.FINANCE,
             Moment("days", "mfg.limit.entry-dispatched_d", "entry"),
             (Task("remit", T("Enter the remittance", zh="登记回款"), roles.FINANCE, REMIT_DUE,
                   closed_by=("remit",)),
              desk.at_once("shipped", stays=True)), on_path=True),
        Step("remitted", T("Paid over", zh="已回款"), final=True, on_path=True),
        Step("returned", T("Returned", zh="已退回"), final=True),
        Step("voided", T("Void", zh="作废"), final=True),
    ),
    actions=(
        Action("enter", T("Enter", zh="录单"), START, "entered", by=(roles.ENTRY,), form=Enter,
               guards=(customers.PROFILE_KNOWN, Guard("duplicate_source", _duplicate), Guard("entry_closed", _closed),
                       Guard("entry_not_allowed", _allowed), Guard("cod_mismatch", _cod)),
               effects=(customers.ENTER_PROFILE, Do(_enter, before=True))),
        Action("entry-ok", T("Checked", zh="核对无误"), ("entered",), "entry-checked", by=(roles.CHECKER,),
               guards=(OTHER,), effects=(Do(_checked),)),
        Action("send-out", T("Send", zh="发货"), ("entry-checked",), "entry-dispatched", by=(roles.WAREHOUSE,),
               form=SendOut, effects=(Do(_send, before=True),)),
        Action("remit", T("Remittance", zh="登记回款"), ("entry-dispatched",), Choose(_paid_over, ("remitted",)),
               by=(roles.FINANCE,), form=Remit, guards=(NOT_FUTURE, Guard("over_remit", _over)),
               effects=(Do(_remit),), outcome=None),
        Action("entry-wrong", T("Wrong", zh="核对有误"), ("entered",), STAY, by=(roles.CHECKER,), form=EntryWrong,
               guards=(OTHER, Guard("cod_mismatch_corrected", _cod)), effects=(Do(_wrong),)),
        Action("refused-by-customer", T("Refused", zh="客户拒收"), ("entry-dispatched",), "returned",
               by=(roles.WAREHOUSE,), form=RefusedBy,
               guards=(NOT_FUTURE, Guard("already_remitted", _nothing_remitted, early=True)),
               effects=(Do(_refused),), outcome="refused"),
        Action("error-found", T("Error found", zh="发现差错"), ("entry-dispatched", "remitted", "returned"), STAY,
               by=(roles.CHECKER, roles.SERVICE), form=ErrorFound, effects=(Do(_error),)),
        Action("void-entry", T("Void", zh="作废"), ("entered", "entry-checked"), "voided", by=(roles.CHECKER,),
               form=Because, outcome="void"),
        desk.overdue("entered", "entry-checked", "entry-dispatched"),
    ),
)  # fmt: skip
