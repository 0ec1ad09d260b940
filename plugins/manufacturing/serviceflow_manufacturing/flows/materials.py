"""Materials of an order: needs, orders, receipts, what the customer supplies. Source: manufacturing.md 5.7."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from serviceflow.api import Case, Form, Guard, T, Verdict, day, format_scaled, plain, text, yes_no

from serviceflow_manufacturing import desk, moments, papers, roles
from serviceflow_manufacturing.flows import contract, plan
from serviceflow_manufacturing.forms import Dated, one_of, optional, scaled
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules import supply, workdays
from serviceflow_manufacturing.tables import MfgContract, MfgMaterial

ORIGINS = {
    "customer": T("Supplied by the customer", zh="客供"),
    "bought": T("Bought", zh="自购"),
    "stock": T("Stock", zh="库存"),
}
STATES = {
    "planned": T("planned", zh="待采购"),
    "ordered": T("ordered", zh="已下单"),
    "part": T("part in", zh="部分到厂"),
    "in": T("in", zh="已到厂"),
}
SAMPLES = {"none": plain("-"), "open": T("open", zh="待批"), "approved": T("approved", zh="已批准"),
           "rejected": T("rejected", zh="被否决")}  # fmt: skip
RESULTS = {"approved": T("Approved", zh="批准"), "rejected": T("Rejected", zh="否决")}
MOVED = T("the need moved", zh="需求变动")


def materials(case: Case) -> list[MfgMaterial]:
    """Return the materials of an order."""
    return sorted(case.rows(MfgMaterial), key=lambda m: m.code)


def material(case: Case, code: str) -> MfgMaterial | None:
    """Return one material."""
    return next((m for m in case.rows(MfgMaterial) if m.code == code), None)


def pieces(case: Case) -> int:
    """Return the pieces of lines that are not taken from stock."""
    lines = contract.lines_of(case.own(MfgContract).draft)
    return sum(int(line["qty"]) for line in lines if not line["from_stock"])


def recompute(case: Case) -> None:
    """Compute needs and dates anew after the version or the plan changed; what was late by its day stays told."""
    chase(case)
    for row in materials(case):
        _needs(case, row)


def _needs(case: Case, row: MfgMaterial) -> None:
    milestone = plan.milestone(case, "material-in")
    by = milestone.planned_on if milestone is not None else None
    amount = supply.need(row.per_piece, pieces(case), row.waste, case.setting("mfg.material.step"))
    state = row.state
    if row.origin != "stock" and row.received_qty:
        state = "in" if row.received_qty >= amount else "part"
    moved = by != row.needed_by or amount != row.need_qty
    case.tx.change(row, need_qty=amount, needed_by=by, state=state)
    if row.origin == "customer" and moved:
        remind(case, row)


def shown(qty: int) -> str:
    """Return a quantity as people read it."""
    return format_scaled(qty, 2)


def remind(case: Case, row: MfgMaterial) -> None:
    """Plan the reminders to the customer for what he supplies, and the word that it is late."""
    case.cancel_messages("supply-reminder", "supply-late", reason=MOVED, subject=row.code)
    if row.state == "in" or row.needed_by is None:
        return
    facts = {"material": row.text or row.code, "unit": row.unit, "needed_by": row.needed_by.isoformat(),
             "qty": shown(row.need_qty)}  # fmt: skip
    case.tx.change(row, chased=False)
    for days in case.setting("mfg.material.remind_d"):
        at = moments.morning(case, row.needed_by - timedelta(days=days))
        if at > case.now:
            desk.send(case, "supply-reminder", at, subject=row.code, facts=facts)
    late = moments.morning(case, row.needed_by + timedelta(days=case.number("mfg.material.late_d")))
    if late > case.now:
        desk.send(case, "supply-late", late, subject=row.code, facts=facts)


def chase(case: Case) -> None:
    """Alert the order desk once about the customer's material that was not in by its day."""
    for row in materials(case):
        if row.needed_by is None or row.needed_by >= case.today:
            continue
        if row.origin == "customer" and row.state != "in" and not row.chased:
            words = T("{no}: {material} of the customer is not in", zh="{no}：客供料{material}未到")
            desk.alert(case, "supply-late", words.of(no=case.order.number, material=row.code), roles.DESK,
                       subject=row.code, on=row.needed_by + timedelta(days=1))  # fmt: skip
            case.tx.change(row, chased=True)


# -- forms, guards, actions --------------------------------------------------------------------------------------


class SetMaterial(Form):
    code: str = text(T("Code", zh="编码"), longest=60)
    name: str | None = optional(T("Name", zh="名称"), 200)
    origin: str = one_of(T("Origin", zh="来源"), ORIGINS)
    per_piece: int = scaled(T("Per piece", zh="单耗"), least=1)
    waste_percent: int | None = scaled(T("Waste %", zh="损耗%"), digits=2, required=False, most=10_000)
    unit: str | None = optional(T("Unit", zh="单位"), 20)
    sample_required: bool | None = yes_no(T("Sample required", zh="须封样"), required=False)


class OrderMaterial(Dated):
    not_future = ("ordered_on",)
    code: str = text(T("Code", zh="编码"), longest=60)
    po_no: str = text(T("Purchase order", zh="采购单号"), longest=60)
    ordered_on: date = day(T("Ordered on", zh="下单日"))


class MaterialSample(Dated):
    not_future = ("comment_on",)
    code: str = text(T("Code", zh="编码"), longest=60)
    state: str = one_of(T("Result", zh="结果"), RESULTS)
    comment_on: date = day(T("Comment on", zh="批文日期"))


class ReceiveMaterial(Dated):
    not_future = ("received_on",)
    code: str = text(T("Code", zh="编码"), longest=60)
    qty: int = scaled(T("Quantity", zh="数量"), digits=2)
    received_on: date = day(T("Received on", zh="到厂日"))


def _known(case: Case, form: Any) -> Verdict:
    if material(case, form.code) is not None:
        return None
    words = T("material {code}", zh="物料{code}").of(code=form.code)
    return refuse("fields_missing", fields=words, how=plain(f"flow mfg materials {case.order.number}"))


def _any(case: Case, form: Any) -> Verdict:
    return refuse("no_materials") if not case.rows(MfgMaterial) else None


def _bought(case: Case, form: Any) -> Verdict:
    row = material(case, form.code)
    return refuse("not_bought", code=form.code) if row is not None and row.origin != "bought" else None


def _sampled(case: Case, form: Any) -> Verdict:
    row = material(case, form.code)
    waits = row is not None and row.sample_required and row.sample_state != "approved"
    return refuse("material_sample_open", code=form.code) if waits else None


KNOWN = Guard("material_known", _known)
ANY_MATERIAL = Guard("no_materials", _any, early=True)
BOUGHT = Guard("not_bought", _bought)
SAMPLED = Guard("material_sample_open", _sampled)


def set_material(case: Case, form: SetMaterial) -> None:
    """Write a material or change it."""
    row = material(case, form.code)
    values: dict[str, Any] = {
        "origin": form.origin,
        "per_piece": form.per_piece,
        "waste": form.waste_percent or 0,
        "unit": form.unit or (row.unit if row is not None else "m"),
        "text": form.name or (row.text if row is not None else ""),
        "sample_required": bool(form.sample_required),
    }
    if row is None:
        row = case.tx.add(MfgMaterial(order_id=case.order_id, code=form.code, **values))
        if form.sample_required:
            case.tx.change(row, sample_state="open")
    else:
        case.tx.change(row, **values)
    if form.origin == "stock":
        case.tx.change(row, state="in")
    _needs(case, row)


def send_sheet(case: Case, _: Any) -> None:
    """Write the material sheet and ask supply to order what is bought."""
    rows = materials(case)
    papers.make(case, "material-sheet", {
        "order": case.order.number,
        "materials": [{"text": m.text, "code": m.code, "origin": ORIGINS[m.origin],
                  "per_piece": format_scaled(m.per_piece, 4), "need_qty": shown(m.need_qty), "unit": m.unit,
                  "sample": SAMPLES[m.sample_state],
                  "needed_by": m.needed_by.isoformat() if m.needed_by else ""} for m in rows],
    })  # fmt: skip
    milestone = plan.milestone(case, "material-ordered")
    by = milestone.planned_on if milestone is not None else case.today
    for row in rows:
        if row.origin == "bought" and row.state == "planned":
            words = T("Order {code} for {no}", zh="采购{no}物料{code}").of(code=row.code, no=case.order.number)
            case.add_task("order-material", words, who=roles.SUPPLY, due=moments.due_at(case, by), stays=True,
                          subject=row.code)  # fmt: skip


def order_material(case: Case, form: OrderMaterial) -> None:
    """Note a purchase order; the last one ends the milestone."""
    row = material(case, form.code)
    assert row is not None
    case.tx.change(row, state="ordered", po_no=form.po_no, ordered_on=form.ordered_on)
    case.close_tasks("order-material", subject=form.code, result=form.po_no)
    if not any(m.origin == "bought" and m.state == "planned" for m in materials(case)):
        plan.finish(case, "material-ordered", form.ordered_on)


def sample_result(case: Case, form: MaterialSample) -> None:
    """Note the result of a material sample."""
    row = material(case, form.code)
    assert row is not None
    case.tx.change(row, sample_state=form.state)
    if form.state == "rejected":
        words = T("{no}: sample of {code} was rejected", zh="{no}：{code}样被否决")
        desk.alert(case, "material-sample", words.of(no=case.order.number, code=form.code), roles.SUPPLY)


def receive(case: Case, form: ReceiveMaterial) -> None:
    """Note a receipt; the one that completes every material ends the milestone."""
    row = material(case, form.code)
    assert row is not None
    total = row.received_qty + form.qty
    state = "in" if total >= row.need_qty else "part"
    case.tx.change(row, received_qty=total, received_on=form.received_on, state=state)
    if state == "in":
        case.cancel_messages("supply-reminder", "supply-late", reason=T("it is in", zh="已到厂"), subject=row.code)
        case.close_tasks("supply-late", subject=row.code, result="in")
    rows = materials(case)
    if all(m.state == "in" for m in rows):
        plan.finish(case, "material-in", form.received_on)
    if row.origin == "customer":
        _propose(case, rows, form.received_on)


def _propose(case: Case, rows: list[MfgMaterial], received_on: date) -> None:
    """Say how late the customer's material made us, once all of it is in."""
    own = [m for m in rows if m.origin == "customer"]
    by = min((m.needed_by for m in own if m.needed_by is not None), default=None)
    if by is None or any(m.state != "in" for m in own):
        return
    n = workdays.count(moments.factory(case), by, received_on)
    if n <= 0:
        return
    said = case.own(MfgContract).draft
    on = workdays.plus(moments.factory(case), contract.ship_by(case), n)
    if said["delivery_basis"] == "arrival":
        on += timedelta(days=said["transit_d"])
    words = T("{n} workdays late; proposed new delivery date {date}", zh="迟{n}个工作日；建议新交期{date}")
    case.notes.lines.append(words.of(n=n, date=on))
