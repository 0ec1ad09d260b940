"""`mfg-handover` (离职交接): everything a leaver holds gets a recipient and three signatures. Source: 4.10, 5.11."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from serviceflow.api import (
    START,
    STAY,
    Absence,
    Action,
    Case,
    Do,
    Flow,
    Form,
    Guard,
    Order,
    Persons,
    Refused,
    Staff,
    Step,
    T,
    Task,
    Tx,
    Verdict,
    Who,
    ask_plugins,
    day,
    number,
    plain,
    table_of,
    text,
)

from serviceflow_manufacturing import desk, hooks, moments, papers, roles
from serviceflow_manufacturing.forms import Because, one_of, optional
from serviceflow_manufacturing.refusals import lacks_role, refuse
from serviceflow_manufacturing.tables import MfgHandover, MfgHandoverItem

KINDS = {
    "work": T("Work", zh="工作"),
    "documents": T("Papers", zh="文件"),
    "equipment": T("Equipment", zh="设备"),
    "debts": T("Debts", zh="债权债务"),
    "assets": T("Assets", zh="资产"),
}
PARTIES = ("giver_at", "recipient_at", "supervisor_at")


class Start(Form):
    staff: str = text(T("Leaver", zh="离职人员"), longest=100)
    last_day: date = day(T("Last day", zh="最后工作日"))


class AddItem(Form):
    kind: str = one_of(T("Kind", zh="类别"), KINDS)
    department: str = text(T("Department", zh="部门"), longest=60)
    recipient: str = text(T("Recipient", zh="接收人"), longest=100)
    text: str = text(T("Text", zh="内容"), longest=500)


class SetRecipient(Form):
    item: int = number(T("Item", zh="项目编号"), least=1, most=10**9)
    recipient: str = text(T("Recipient", zh="接收人"), longest=100)


class SignItem(Form):
    item: int | None = number(T("Item", zh="项目编号"), required=False, least=1, most=10**9)
    list: str | None = optional(T("List (department)", zh="清单(部门)"), 60)


class ReportOmission(Form):
    kind: str = one_of(T("Kind", zh="类别"), KINDS)
    recipient: str = text(T("Recipient", zh="接收人"), longest=100)
    text: str = text(T("Text", zh="内容"), longest=500)


def staff_named(tx: Tx, typed: str) -> Staff:
    """Return an active member of staff by login or name; raises `Refused`."""
    table = table_of(Staff)
    found = tx.one(Staff, (table.c.login == typed) | (table.c.name == typed), table.c.active.is_(True))
    if found is None:
        words = T("Nobody on the staff is called {name}.", zh="没有员工 {name}。")
        raise Refused(words.of(name=typed), plain("flow staff list"), ref="core.staff-unknown")
    return found


def _substitute(tx: Tx, staff_id: int, today: date) -> int | None:
    table = table_of(Absence)
    found = tx.one(Absence, table.c.staff_id == staff_id, table.c.last >= today, table.c.deputy_id.is_not(None))
    return found.deputy_id if found is not None else None


def running(tx: Tx, staff_id: int) -> Order | None:
    """Return the open hand-over of somebody."""
    table = table_of(MfgHandover)
    for row in tx.all(MfgHandover, table.c.staff_id == staff_id):
        order = tx.need(Order, row.order_id)
        if order.closed_at is None:
            return order
    return None


# -- guards ----------------------------------------------------------------------------------------------------


def items(case: Case) -> list[MfgHandoverItem]:
    """Return the items of a hand-over."""
    return sorted(case.rows(MfgHandoverItem), key=lambda i: i.id or 0)


def _exists(case: Case, form: Start) -> Verdict:
    person = staff_named(case.tx, form.staff)
    assert person.id is not None
    found = running(case.tx, person.id)
    return refuse("handover_exists", staff=person.name, no=found.number) if found is not None else None


def _not_giver(case: Case, form: Any) -> Verdict:
    if not form.recipient:
        return None
    person = staff_named(case.tx, form.recipient)
    return refuse("recipient_is_giver") if person.id == case.own(MfgHandover).staff_id else None


def _may_add(case: Case, form: AddItem) -> Verdict:
    """Refuse an item of a department that the actor does not belong to; personnel adds for all."""
    own = {*case.roles, case.actor.department if case.actor is not None else ""}
    if own & {roles.HR, form.department}:
        return None
    holders = f"{form.department} / {case.shop.role_title(roles.HR)}"
    raise lacks_role(T("Add item", zh="增加项目"), holders, roles.HR)


def _all_given(case: Case, form: Any) -> Verdict:
    missing = [f"{i.id} {i.text}" for i in items(case) if i.recipient_id is None]
    return refuse("recipient_missing", list=", ".join(missing)) if missing else None


def _all_signed(case: Case, form: Any) -> Verdict:
    missing = [f"{i.id} {party.removesuffix('_at')}" for i in items(case) for party in PARTIES
               if getattr(i, party) is None]  # fmt: skip
    staff = desk.name_of(case.tx, case.own(MfgHandover).staff_id)
    return refuse("unsigned_items", list=", ".join(missing), staff=staff) if missing else None


def _parties(case: Case, item: MfgHandoverItem) -> list[str]:
    """Return as which parties the actor may sign an item."""
    me, row = case.actor.id if case.actor is not None else None, case.own(MfgHandover)
    found = ["giver_at"] if me == row.staff_id else []
    found += ["recipient_at"] if me == item.recipient_id else []
    return found + (["supervisor_at"] if roles.HR in case.roles and me != row.staff_id else [])


def meant(case: Case, form: SignItem) -> Sequence[MfgHandoverItem]:
    """Return the items a signature is about: one, a department's list, or all."""
    found = [i for i in items(case) if form.item is None or i.id == form.item]
    return [i for i in found if not form.list or i.department == form.list]


def _party(case: Case, form: SignItem) -> Verdict:
    return refuse("handover_party") if not any(_parties(case, i) for i in meant(case, form)) else None


def _unsigned(case: Case, form: SignItem) -> Verdict:
    open_ones = [p for i in meant(case, form) for p in _parties(case, i) if getattr(i, p) is None]
    if open_ones:
        return None
    me = case.actor.name if case.actor is not None else "-"
    return refuse("already_signed", role=me, state=T("signed", zh="已签"), name=me, time=case.local(case.now))


# -- effects ---------------------------------------------------------------------------------------------------


def _start(case: Case, form: Start) -> None:
    person = staff_named(case.tx, form.staff)
    assert person.id is not None
    case.tx.add(MfgHandover(order_id=case.order_id, staff_id=person.id, last_day=form.last_day))
    suggested = _substitute(case.tx, person.id, case.today)
    asked = {"tx": case.tx, "staff": person}
    for plugin, found in ask_plugins(case.shop.plugins, hooks, "handover_items", asked):
        for item in found:
            case.tx.add(MfgHandoverItem(order_id=case.order_id, kind=item.kind, department=person.department or "sales",
                                        text=item.text, trade=plugin, ref=item.ref,
                                        recipient_id=suggested))  # fmt: skip


def _add(case: Case, form: AddItem) -> None:
    person = staff_named(case.tx, form.recipient)
    case.tx.add(MfgHandoverItem(order_id=case.order_id, kind=form.kind, department=form.department, text=form.text,
                                recipient_id=person.id))  # fmt: skip


def _recipient(case: Case, form: SetRecipient) -> None:
    person = staff_named(case.tx, form.recipient)
    for item in items(case):
        if item.id == form.item and item.recipient_id != person.id:
            case.tx.change(item, recipient_id=person.id, giver_at=None, recipient_at=None, supervisor_at=None)


def _close_lists(case: Case, form: Any) -> None:
    row = case.own(MfgHandover)
    by_department: dict[str, list[MfgHandoverItem]] = {}
    for item in items(case):
        by_department.setdefault(item.department, []).append(item)
    for department, found in sorted(by_department.items()):
        papers.make(case, "handover-list", {
            "department": department, "giver": desk.name_of(case.tx, row.staff_id), "last_day": row.last_day,
            "items": [{"kind": KINDS[i.kind], "text": i.text, "recipient": desk.name_of(case.tx, i.recipient_id)}
                      for i in found],
        })  # fmt: skip


def _sign(case: Case, form: SignItem) -> None:
    for item in meant(case, form):
        signed: dict[str, datetime] = {p: case.now for p in _parties(case, item) if getattr(item, p) is None}
        case.tx.change(item, **signed)
    left = {_signer(item, party) for item in items(case) for party in PARTIES if getattr(item, party) is None}
    for signer in {_signer(item, party) for item in items(case) for party in PARTIES} - left:
        case.close_tasks("sign-item", subject=signer, result="signed")


def _signer(item: MfgHandoverItem, party: str) -> str:
    """Return who signs an item as a party; one task for each."""
    name = party.removesuffix("_at")
    return f"{name}:{item.recipient_id}" if name == "recipient" else name


def _ask_signatures(case: Case, form: Any) -> None:
    due = moments.due_in(case, "sign-item")
    giver = case.own(MfgHandover).staff_id
    words = T("Sign the hand-over lists of {name}", zh="{name}交接清单签字").of(name=desk.name_of(case.tx, giver))
    signers: dict[str, Who] = {"giver": _one(giver)}
    signers |= {f"recipient:{n}": _one(n) for n in _recipients(case)}
    for signer, who in {**signers, "supervisor": roles.HR}.items():
        case.add_task("sign-item", words, who=who, due=due, subject=signer)


def _one(staff_id: int) -> Persons:
    return Persons("signer", T("who signs", zh="签字人"), lambda case: [staff_id])


def _finish(case: Case, form: Any) -> None:
    row = case.own(MfgHandover)
    giver = case.tx.need(Staff, row.staff_id)
    for item in items(case):
        if not item.ref or item.recipient_id is None:
            continue
        passed = {"tx": case.tx, "giver": giver, "recipient": case.tx.need(Staff, item.recipient_id),
                  "item": hooks.HandoverItem(item.ref, item.text, item.kind)}  # type: ignore[arg-type]  # fmt: skip
        list(ask_plugins(case.shop.plugins, hooks, "handover_apply", passed, of=item.trade))
    table = table_of(Absence)
    involved = (table.c.staff_id == row.staff_id) | (table.c.deputy_id == row.staff_id)
    for absence in case.tx.all(Absence, involved, table.c.beside.is_(True), table.c.last >= case.today):
        case.tx.remove(absence)


def _omission(case: Case, form: ReportOmission) -> None:
    row = case.own(MfgHandover)
    same = next((i for i in items(case) if i.kind == form.kind), None)
    person = staff_named(case.tx, form.recipient) if form.recipient else None
    signers = [n for n in (row.staff_id, same.recipient_id if same else None, _supervisor(case)) if n is not None]
    case.tx.add(MfgHandoverItem(order_id=case.order_id, kind=form.kind, department=same.department if same else "",
                                text=form.text, recipient_id=person.id if person else None,
                                omission_of=same.id if same else None, answerable=signers))  # fmt: skip
    words = T("Hand-over {no}: left out: {text}; answerable: {names}", zh="交接{no}遗漏：{text}；责任人：{names}")
    names = ", ".join(desk.name_of(case.tx, n) for n in signers)
    desk.alert(case, "omission", words.of(no=case.order.number, text=form.text, names=names), roles.HR)


def _supervisor(case: Case) -> int | None:
    return next((deed.staff_id for deed in reversed(case.done("finish-handover"))), None)


def _recipients(case: Case) -> list[int]:
    return sorted({i.recipient_id for i in items(case) if i.recipient_id is not None})


RECIPIENT = Persons("recipient", T("a recipient", zh="接收人"), _recipients)
NOT_GIVER = Guard("recipient_is_giver", _not_giver)
MAY_ADD = Guard("adder", _may_add)


def _common(case: Case) -> Mapping[str, Any]:
    return {"company": case.setting("core.shop_name"), "no": case.order.number}


HANDOVER = Flow(
    key="mfg-handover",
    version=1,
    title=T("Hand-over", zh="离职交接"),
    series="JB{year}-{n:04}",
    customer="none",
    facts=_common,
    steps=(
        Step("listing", T("Listing", zh="列交接清单"), roles.HR, moments.limit("listing"),
             (Task("close-lists", T("Close the lists", zh="清单定稿"), roles.HR, moments.task("close-lists"),
                   closed_by=("close-lists",)),), on_path=True),
        Step("signing", T("Signing", zh="交接签字"), roles.HR, moments.limit("signing"),
             (Do(_ask_signatures),), on_path=True),
        Step("handed-over", T("Handed over", zh="交接完成"), final=True, on_path=True),
        Step("handover-stopped", T("Stopped", zh="中止"), final=True),
    ),
    actions=(
        Action("start-handover", T("Start", zh="开始交接"), START, "listing", by=(roles.HR,), form=Start,
               guards=(Guard("handover_exists", _exists),), effects=(Do(_start, before=True),)),
        Action("close-lists", T("Close lists", zh="清单定稿"), ("listing",), "signing", by=(roles.HR,),
               guards=(Guard("recipient_missing", _all_given, early=True),), effects=(Do(_close_lists, before=True),)),
        Action("add-item", T("Add item", zh="增加项目"), ("listing",), STAY, form=AddItem, guards=(MAY_ADD, NOT_GIVER),
               effects=(Do(_add),)),
        Action("set-recipient", T("Recipient", zh="指定接收人"), ("listing",), STAY, by=(roles.HR, *roles.BY_MANAGER),
               form=SetRecipient, guards=(NOT_GIVER,), effects=(Do(_recipient),)),
        Action("finish-handover", T("Finish", zh="完成交接"), ("signing",), "handed-over", by=(roles.HR,),
               guards=(Guard("unsigned_items", _all_signed, early=True),), effects=(Do(_finish),),
               outcome="handed-over"),
        Action("sign-item", T("Sign", zh="签字"), ("signing",), STAY, form=SignItem,
               guards=(Guard("handover_party", _party), Guard("already_signed", _unsigned)), effects=(Do(_sign),)),
        Action("reopen-lists", T("Reopen", zh="重开清单"), ("signing",), "listing", by=(roles.HR,), form=Because),
        Action("report-omission", T("Omission", zh="报告遗漏"), ("handed-over",), STAY, by=(roles.HR, RECIPIENT),
               form=ReportOmission, guards=(NOT_GIVER,), effects=(Do(_omission),)),
        Action("stop-handover", T("Stop", zh="中止"), ("listing", "signing"), "handover-stopped", by=(roles.HR,),
               form=Because, outcome="stopped"),
        desk.overdue("listing", "signing"),
    ),
)  # fmt: skip
