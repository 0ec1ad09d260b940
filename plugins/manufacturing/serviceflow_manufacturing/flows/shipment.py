"""`mfg-shipment` (出货): goods and papers, a second person, dispatch, delivery. Source: manufacturing.md 4.7, 5.8."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from serviceflow.api import (
    START,
    STAY,
    Action,
    Case,
    Computed,
    Do,
    Flow,
    Form,
    Guard,
    Message,
    Need,
    Step,
    T,
    Task,
    Verdict,
    day,
    format_money,
    number,
    of,
    text,
    yes_no,
)

from serviceflow_manufacturing import desk, moments, papers, roles
from serviceflow_manufacturing.flows import accounts, closing, contract, execution, goods, plan
from serviceflow_manufacturing.forms import (
    NOT_FUTURE,
    NOT_PAST,
    POSITIVE,
    REASON,
    WORKDAY,
    Because,
    Dated,
    one_of,
    optional,
    shipment_lines,
)
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules import terms, workdays
from serviceflow_manufacturing.tables import (
    MfgContract,
    MfgError,
    MfgShipment,
    MfgShipmentDoc,
    MfgShipmentLine,
)

DOCS = {
    "invoice": T("Invoice", zh="发票"),
    "packing-list": T("Packing list", zh="装箱单"),
    "customs-declaration": T("Customs declaration", zh="报关单"),
    "contract-copy": T("Copy of the contract", zh="合同副本"),
    "booking": T("Booking", zh="订舱单"),
    "delivery-note": T("Delivery note", zh="送货单"),
    "quality-certificate": T("Quality certificate", zh="质量合格证"),
    "other": T("Other", zh="其他"),
}
WRONG = {
    "missing": T("Missing", zh="漏"),
    "wrong": T("Wrong", zh="错"),
    "mis-shipped": T("Mis-shipped", zh="发错"),
}
TICKS = ("lines", "qty", "consignee", "address", "marks")
OPEN = ("preparing", "checking", "cleared")


class Start(Form):
    kind: str = one_of(T("Kind", zh="类别"), {"sale": T("Sale", zh="销售"), "replacement": T("Replacement", zh="补货")})
    lines: list[dict[str, Any]] = shipment_lines()
    planned_on: date = day(T("Planned on", zh="计划出货日"))


class EditShipment(Dated):
    not_past = ("planned_on",)
    workday = ("planned_on",)
    lines: list[dict[str, Any]] | None = shipment_lines(required=False)
    planned_on: date | None = day(T("Planned on", zh="计划出货日"), required=False)


class SetDoc(Dated):
    not_future = ("date",)
    kind: str = one_of(T("Kind", zh="单证"), DOCS)
    no: str = text(T("Number", zh="编号"), longest=60)
    date: Any = day(T("Date", zh="日期"))


class HandToCheck(Form):
    packages: int = number(T("Packages", zh="件数"), least=1, most=10**6)
    weight: str | None = optional(T("Weight", zh="重量"), 60)


class CheckOk(Form):
    lines: bool = yes_no(T("Lines", zh="明细"), required=False, default=False)
    qty: bool = yes_no(T("Quantity", zh="数量"), required=False, default=False)
    consignee: bool = yes_no(T("Consignee", zh="收货人"), required=False, default=False)
    address: bool = yes_no(T("Address", zh="地址"), required=False, default=False)
    marks: bool = yes_no(T("Marks", zh="唛头"), required=False, default=False)


class CheckFailed(Form):
    kind: str = one_of(T("Kind", zh="类别"), WRONG)
    text: str = text(T("Text", zh="说明"), longest=1000)


class PapersReturned(Form):
    kind: str = one_of(T("Kind", zh="单证"), DOCS)
    text: str = text(T("Text", zh="说明"), longest=1000)


class Dispatch(Dated):
    not_future = ("dispatched_on",)
    dispatched_on: date = day(T("Dispatched on", zh="发运日"))
    carrier: str = text(T("Carrier", zh="承运人"), longest=100)
    waybill: str = text(T("Waybill", zh="运单号"), longest=100)
    customs_no: str | None = optional(T("Customs number", zh="报关号"), 60)
    last: bool = yes_no(T("Last shipment", zh="末批"), required=False, default=False)


class Delivered(Dated):
    not_future = ("delivered_on",)
    delivered_on: date = day(T("Delivered on", zh="送达日"))
    receiver: str = text(T("Receiver", zh="签收人"), longest=200)


class Returned(Dated):
    not_future = ("returned_on",)
    reason: str = text(REASON)
    returned_on: date = day(T("Returned on", zh="退回日"))


# -- facts of a shipment ----------------------------------------------------------------------------------------


def lines(case: Case) -> dict[int, int]:
    """Return the quantities by line."""
    return accounts.shipment_lines(case, case.order_id)


def docs(case: Case) -> dict[str, MfgShipmentDoc]:
    """Return the papers there are."""
    return {doc.kind: doc for doc in case.rows(MfgShipmentDoc)}


def lacking(case: Case) -> list[str]:
    """Return the papers that are still missing."""
    key = "mfg.ship.docs_foreign" if desk.is_foreign(case) else "mfg.ship.docs_domestic"
    there = docs(case)
    return [kind for kind in case.setting(key) if kind not in there]


def is_sale(case: Case) -> bool:
    """Return whether the shipment sells, not replaces."""
    return case.own(MfgShipment).kind == "sale"


# -- guards ----------------------------------------------------------------------------------------------------


def _over_edit(case: Case, form: EditShipment) -> Verdict:
    if not form.lines or not is_sale(case):
        return None
    return goods.over_quantity(contract.main(case), form.lines, but=case.order_id)


def _over_now(case: Case, form: Any) -> Verdict:
    if not is_sale(case):
        return None
    rows = [{"line_no": n, "qty": qty} for n, qty in lines(case).items()]
    return goods.over_quantity(contract.main(case), rows, but=case.order_id)


def _docs(case: Case, form: Any) -> Verdict:
    missing = lacking(case)
    return refuse("docs_missing", list=", ".join(missing)) if missing else None


def _other_person(case: Case, form: Any) -> Verdict:
    row = case.own(MfgShipment)
    me = case.actor.id if case.actor is not None else None
    if me not in (row.preparer_id, row.creator_id):
        return None
    return refuse("same_person", name=desk.name_of(case.tx, me))


def _ticked(case: Case, form: CheckOk) -> Verdict:
    missing = [name for name in TICKS if not getattr(form, name)]
    return refuse("check_incomplete", list=", ".join(missing)) if missing else None


def _deposit(case: Case, form: Any) -> Verdict:
    row, main = case.own(MfgShipment), contract.main(case)
    if row.released or row.kind != "sale":
        return None
    left = accounts.unpaid_before(main, case.order_id)
    cur = accounts.currency(main)
    return refuse("deposit_unpaid", open=format_money(left, cur), cur=cur) if left else None


def _credit(case: Case, form: Any) -> Verdict:
    row, main = case.own(MfgShipment), contract.main(case)
    if row.released or row.kind != "sale":
        return None
    left, overdue = accounts.overdue_of_customer(main)
    return refuse("credit_blocked", open=format_money(left, accounts.currency(main)), days=overdue) if left else None


def _customs(case: Case, form: Dispatch) -> Verdict:
    return refuse("customs_missing") if desk.is_foreign(case) and not form.customs_no else None


def _short(case: Case, form: Dispatch) -> Verdict:
    if not form.last or not is_sale(case):
        return None
    main = contract.main(case)
    gone, own = accounts.shipped(main), lines(case)
    for line in contract.lines_of(main.own(MfgContract).draft):
        total = gone.get(line["line_no"], 0) + own.get(line["line_no"], 0)
        if terms.too_short(total, line["qty"], line["tolerance_percent"]):
            least = terms.least(line["qty"], line["tolerance_percent"])
            return refuse("short_shipment", n=line["line_no"], total=total, min=least, main=main.order.number)
    return None


def _blocked(case: Case, form: Any) -> Verdict:
    free = _deposit(case, form) is None and _credit(case, form) is None
    return refuse("nothing_blocked") if free else None


def _release_signed(case: Case, form: Any) -> Verdict:
    return Need(roles.FINANCE_THEN_GM, T("release an unpaid shipment", zh="未收款放行"))


OTHER = Guard("same_person", _other_person, early=True)


# -- effects ---------------------------------------------------------------------------------------------------


def _start(case: Case, form: Start) -> None:
    main = contract.main(case)
    row = case.tx.add(MfgShipment(order_id=case.order_id, parent_id=main.order_id, kind=form.kind,
                                  planned_on=form.planned_on))  # fmt: skip
    _put_lines(case, form.lines)
    case.set_anchor("planned_on", form.planned_on)
    case.set_anchor("docs_due", _docs_due(case, form.planned_on))
    if form.kind == "sale":
        accounts.before_dispatch(main, row)


def _docs_due(case: Case, planned_on: date) -> date:
    key = "mfg.ship.docs_w.foreign" if desk.is_foreign(case) else "mfg.ship.docs_w.domestic"
    return workdays.plus(moments.factory(case), planned_on, -case.number(key))


def _put_lines(case: Case, rows: list[dict[str, Any]]) -> None:
    for old in case.rows(MfgShipmentLine):
        case.tx.remove(old)
    for row in rows:
        case.tx.add(MfgShipmentLine(order_id=case.order_id, line_no=row["line_no"], qty=row["qty"]))


def _edit(case: Case, form: EditShipment) -> None:
    row = case.own(MfgShipment)
    if form.lines:
        _put_lines(case, form.lines)
    if form.planned_on is not None:
        case.tx.change(row, planned_on=form.planned_on)
        case.set_anchor("planned_on", form.planned_on)
        case.set_anchor("docs_due", _docs_due(case, form.planned_on))
    if row.kind == "sale":
        accounts.before_dispatch(contract.main(case), row)


def _set_doc(case: Case, form: SetDoc) -> None:
    known = docs(case).get(form.kind)
    if known is None:
        case.tx.add(MfgShipmentDoc(order_id=case.order_id, kind=form.kind, no=form.no, on=form.date))
    else:
        case.tx.change(known, no=form.no, on=form.date)
    if not lacking(case):
        case.close_tasks("make-docs", result="complete")
        if is_sale(case):
            plan.finish(contract.main(case), "documents-ready", case.today)


def _hand(case: Case, form: HandToCheck) -> None:
    row = case.own(MfgShipment)
    case.tx.change(row, preparer_id=case.actor.id if case.actor else None, packages=form.packages,
                   weight=form.weight or "")  # fmt: skip
    _print(case)


def _print(case: Case) -> None:
    """Write the shipment set; after the check it bears both names."""
    row, main = case.own(MfgShipment), contract.main(case)
    products = {line["line_no"]: line["product"] for line in contract.lines_of(main.own(MfgContract).draft)}
    papers.make(
        case,
        "shipment-set",
        {
            "order": main.order.number,
            "shipment": case.order.number,
            "packages": row.packages,
            "weight": row.weight,
            "marks": desk.profile(case).marks,
            "preparer": desk.name_of(case.tx, row.preparer_id),
            "checker": desk.name_of(case.tx, row.checker_id),
            "goods": [{"line_no": n, "product": products.get(n, ""), "qty": qty} for n, qty in lines(case).items()],
            "papers": [{"kind": DOCS[d.kind], "no": d.no, "on": d.on} for d in docs(case).values()],
        },
    )


def _check_ok(case: Case, form: CheckOk) -> None:
    case.tx.change(case.own(MfgShipment), checker_id=case.actor.id if case.actor else None)
    _print(case)


def _check_failed(case: Case, form: CheckFailed) -> None:
    row = case.own(MfgShipment)
    case.tx.add(MfgError(order_id=case.order_id, kind=form.kind, person_id=row.preparer_id, note=form.text,
                         at=case.now))  # fmt: skip


def _papers_returned(case: Case, form: PapersReturned) -> None:
    known = docs(case).get(form.kind)
    if known is not None:
        case.tx.remove(known)
    words = T("{no}: {kind} came back: {text}", zh="{no}：{kind}退回：{text}")
    said = words.of(no=case.order.number, kind=DOCS[form.kind], text=form.text)
    desk.alert(case, "papers-returned", said, roles.DOCUMENTS)


def _dispatch(case: Case, form: Dispatch) -> None:
    row, main = case.own(MfgShipment), contract.main(case)
    case.tx.change(row, dispatched_on=form.dispatched_on, carrier=form.carrier, waybill=form.waybill,
                   customs_no=form.customs_no or "", last=form.last, state="dispatched")  # fmt: skip
    case.set_anchor("dispatched_on", form.dispatched_on)
    case.set_anchor("arrives_on", form.dispatched_on + timedelta(days=main.own(MfgContract).draft["transit_d"]))
    if row.kind != "sale":
        return
    accounts.at_dispatch(main, row)
    for other in accounts.shipments(main):
        if other.state == "open":
            accounts.before_dispatch(main, other)  # the first to leave carries the other charges
    if completes(main, last=form.last):
        case.tx.change(main.own(MfgContract), shipped_on=form.dispatched_on)
        accounts.settle(main, row)
        if main.order.step in ("production", "ready"):
            main.act("all-shipped")


def completes(main: Case, *, last: bool) -> bool:
    """Return whether everything ordered has left: every line in full, or within tolerance on the last shipment."""
    gone = accounts.shipped(main)
    for line in contract.lines_of(main.own(MfgContract).draft):
        total = gone.get(line["line_no"], 0)
        enough = not terms.too_short(total, line["qty"], line["tolerance_percent"]) if last else total >= line["qty"]
        if not enough:
            return False
    return True


def _release(case: Case, form: Because) -> None:
    case.tx.change(case.own(MfgShipment), released=True)


def _delivered(case: Case, form: Delivered) -> None:
    row, main = case.own(MfgShipment), contract.main(case)
    case.tx.change(row, delivered_on=form.delivered_on, receiver=form.receiver, state="delivered")
    case.set_anchor("delivered_on", form.delivered_on)
    if row.kind == "sale":
        accounts.at_delivery(main, row)


def _after(case: Case, form: Any) -> None:
    closing.try_close(contract.main(case))


def _goods_returned(case: Case, form: Returned) -> None:
    row, main = case.own(MfgShipment), contract.main(case)
    case.tx.change(row, dispatched_on=None, state="open", released=False)
    case.set_anchor("dispatched_on", None)
    accounts.take_back(main, row)
    if row.kind == "sale":
        accounts.before_dispatch(main, row)
        if main.order.step == "shipped":
            main.act("goods-back")
        else:
            case.tx.change(main.own(MfgContract), shipped_on=None)
    words = T("{no}: goods came back: {reason}", zh="{no}：货物退回：{reason}")
    desk.alert(case, "goods-returned", words.of(no=case.order.number, reason=form.reason), roles.MANAGER)


def _cancelled(case: Case, form: Because) -> None:
    row, main = case.own(MfgShipment), contract.main(case)
    case.tx.change(row, state="cancelled")
    accounts.take_back(main, row)


def _facts(case: Case) -> Mapping[str, Any]:
    row = case.tx.get(MfgShipment, case.order_id)
    if row is None:
        return {"date": "", "carrier": "", "waybill": "", "packages": "", "contract_no": ""}
    return {
        "date": row.dispatched_on.isoformat() if row.dispatched_on else "",
        "carrier": row.carrier,
        "waybill": row.waybill,
        "packages": row.packages,
        "contract_no": contract.main(case).own(MfgContract).contract_no or "",
    }


def _dispatch_due(case: Case) -> Any:
    planned = case.anchor_day("planned_on")
    return moments.due_at(case, max(planned, case.today)) if planned is not None else None


SHIPMENT = Flow(
    key="mfg-shipment",
    version=1,
    title=T("Shipment", zh="出货"),
    series="CY{year}-{n:04}",
    alone=False,
    facts=desk.facts_of(_facts),
    conditions={"no-complaint": lambda case: not closing.open_complaints(contract.main(case))},
    anchors=("planned_on", "docs_due", "dispatched_on", "arrives_on", "delivered_on"),
    steps=(
        Step("preparing", T("Goods and papers", zh="备货制单"), roles.WAREHOUSE, of("planned_on"),
             (Task("make-docs", T("Make the papers", zh="制单"), roles.DOCUMENTS, moments.on("docs_due")),
              Task("pick-goods", T("Pick the goods", zh="备货"), roles.WAREHOUSE,
                   moments.before("pick-goods", "planned_on"), closed_by=("hand-to-check",))), on_path=True),
        Step("checking", T("Second-person check", zh="复核"), roles.WAREHOUSE, moments.limit("checking"),
             (Task("check-shipment", T("Check the shipment", zh="复核出货"), roles.WAREHOUSE,
                   moments.task("check-shipment"), closed_by=("check-ok", "check-failed")),), on_path=True),
        Step("cleared", T("Checked, to dispatch", zh="待发运"), roles.WAREHOUSE, of("planned_on"),
             (Task("dispatch", T("Dispatch", zh="发运"), roles.WAREHOUSE, Computed(_dispatch_due, ("planned_on",)),
                   closed_by=("dispatch",)),), on_path=True),
        Step("dispatched", T("On the way", zh="已发运"), roles.SALES, None,
             (Task("confirm-delivery", T("Confirm the delivery", zh="确认送达"), roles.SALES,
                   moments.on("arrives_on"), closed_by=("confirm-delivery",)),
              desk.at_once("shipped", stays=True)), on_path=True),
        Step("delivered", T("Delivered", zh="已送达"), final=True, on_path=True,
             entry=(Task("first-call-back", T("First call-back", zh="首次回访"), roles.SALES,
                         moments.staff_days("mfg.after.call_d", "delivered_on"), stays=True, when=is_sale),
                    Message("survey", moments.message_days("mfg.after.survey_d", "delivered_on"),
                            to=desk.to_customer, stays=True, when=is_sale, only_if="no-complaint"))),
        Step("shipment-cancelled", T("Cancelled", zh="已取消"), final=True),
    ),
    actions=(
        Action("new-shipment", T("New shipment", zh="新建出货"), START, "preparing", by=roles.BY_DESK, form=Start,
               effects=(Do(_start, before=True),)),
        Action("hand-to-check", T("Hand to check", zh="送复核"), ("preparing",), "checking", by=(roles.WAREHOUSE,),
               form=HandToCheck, guards=(Guard("docs_missing", _docs, early=True),), effects=(Do(_hand),)),
        Action("check-ok", T("Check passed", zh="复核无误"), ("checking",), "cleared",
               by=(roles.WAREHOUSE, roles.CHECKER), form=CheckOk, guards=(OTHER, Guard("check_incomplete", _ticked)),
               effects=(Do(_check_ok),)),
        Action("dispatch", T("Dispatch", zh="发运"), ("cleared",), "dispatched", by=(roles.WAREHOUSE,),
               form=Dispatch,
               guards=(NOT_FUTURE, execution.CHANGE_OPEN, Guard("deposit_unpaid", _deposit, early=True),
                       Guard("credit_blocked", _credit, early=True), Guard("customs_missing", _customs),
                       Guard("over_quantity", _over_now), Guard("short_shipment", _short)),
               effects=(Do(_dispatch, before=True),)),
        Action("confirm-delivery", T("Delivered", zh="确认送达"), ("dispatched",), "delivered", by=roles.BY_SALES,
               form=Delivered, guards=(NOT_FUTURE,), effects=(Do(_delivered, before=True), Do(_after)),
               outcome="delivered"),
        Action("edit-shipment", T("Edit", zh="修改"), ("preparing",), STAY, by=(roles.WAREHOUSE, *roles.BY_DESK),
               form=EditShipment,
               guards=(POSITIVE, Guard("over_quantity_edit", _over_edit), NOT_PAST, WORKDAY), effects=(Do(_edit),)),
        Action("set-doc", T("Set document", zh="登记单证"), ("preparing",), STAY, by=(roles.DOCUMENTS,), form=SetDoc,
               guards=(NOT_FUTURE,), effects=(Do(_set_doc),)),
        Action("check-failed", T("Check failed", zh="复核有误"), ("checking",), "preparing",
               by=(roles.WAREHOUSE, roles.CHECKER), form=CheckFailed, guards=(OTHER,), effects=(Do(_check_failed),)),
        Action("papers-returned", T("Papers returned", zh="单证退回"), ("cleared",), "preparing",
               by=(roles.DOCUMENTS,), form=PapersReturned, effects=(Do(_papers_returned, before=True),)),
        Action("release-unpaid", T("Release unpaid", zh="放行"), OPEN, STAY, by=roles.BY_MANAGER, form=Because,
               guards=(Guard("nothing_blocked", _blocked),
                       Guard("release_signed", _release_signed, needs=(roles.FINANCE_THEN_GM,))),
               effects=(Do(_release),)),
        Action("goods-returned", T("Goods came back", zh="货物退回"), ("dispatched",), "preparing",
               by=(roles.WAREHOUSE,), form=Returned, guards=(NOT_FUTURE,), effects=(Do(_goods_returned, before=True),)),
        Action("cancel-shipment", T("Cancel", zh="取消出货"), OPEN, "shipment-cancelled", by=roles.BY_DESK,
               form=Because, effects=(Do(_cancelled, before=True), Do(_after)), outcome="cancelled"),
        desk.overdue(*OPEN),
    ),
)  # fmt: skip
