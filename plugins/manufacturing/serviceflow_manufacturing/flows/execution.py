"""After signing: business notice, sales order, the departments' acknowledgements. Source: manufacturing.md 4.4."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from serviceflow.api import (
    Case,
    Form,
    Guard,
    Order,
    Refuse,
    Refused,
    T,
    Verdict,
    ask_plugins,
    listed,
    table_of,
    text,
)

from serviceflow_manufacturing import desk, hooks, moments, papers, roles
from serviceflow_manufacturing.flows import contract, draft, rounds
from serviceflow_manufacturing.forms import CHANGES, FORMS, item_list, one_of, optional
from serviceflow_manufacturing.refusals import lacks_role, refuse
from serviceflow_manufacturing.rules import content
from serviceflow_manufacturing.tables import MfgAck, MfgContract, MfgSalesOrder


class WriteNotice(Form):
    parameters: str = text(T("Parameters", zh="参数要求"), longest=4000)
    scheduling_no: str | None = optional(T("Scheduling approval form", zh="排产审批表编号"), 60)


class ReturnNotice(Form):
    missing: list[str] = item_list(T("Missing", zh="缺少"))  # type: ignore[assignment]


class IssueSo(Form):
    erp_no: str | None = optional(T("ERP number", zh="ERP号"), 60)


DEPARTMENT = {role.key: role.title for role in roles.ROLES}


class Acknowledge(Form):
    so_no: str | None = optional(T("Sales order", zh="销售订单号"), 60)
    department: str | None = one_of(T("Department", zh="部门"), DEPARTMENT, required=False)


class Query(Acknowledge):
    question: str = text(T("Question", zh="疑问"), longest=2000)


class AnswerQuery(Form):
    department: str = one_of(T("Department", zh="部门"), DEPARTMENT)
    answer: str = text(T("Answer", zh="答复"), longest=2000)


# -- sales orders ----------------------------------------------------------------------------------------------


def sales_orders(case: Case) -> list[MfgSalesOrder]:
    """Return the sales orders of a contract, oldest first."""
    return sorted(case.rows(MfgSalesOrder), key=lambda so: so.version)


def newest(case: Case) -> MfgSalesOrder | None:
    """Return the newest sales order."""
    found = sales_orders(case)
    return found[-1] if found else None


def acks(case: Case, so: MfgSalesOrder) -> list[MfgAck]:
    """Return the acknowledgements of a sales order."""
    table = table_of(MfgAck)
    return case.tx.all(MfgAck, table.c.sales_order_id == so.id)


def issue(case: Case, typed: str | None, action: str) -> MfgSalesOrder:
    """Issue the sales order of the version in force and ask every department to acknowledge it.

    Args:
        typed: Its ERP number; one that was not typed is asked of the other plugins.
        action: Who issues, for the way out.

    Raises:
        Refused: There is no ERP number, or it is another's.
    """
    row = case.own(MfgContract)
    before = newest(case)
    departments = case.setting("mfg.so.departments")
    titles = [{"title": case.shop.role_title(role)} for role in departments]
    no = papers.draw(case.shop, case.tx, "sales-order")
    erp_no = typed or _exported(case, no, action)
    papers.make(case, "sales-order", {**facts(case), "erp_no": erp_no, "departments": titles}, no)
    so = case.tx.add(MfgSalesOrder(so_no=no, order_id=case.order_id, version=row.version, erp_no=erp_no,
                                   issued_at=case.now, by_id=case.actor.id if case.actor else None))  # fmt: skip
    assert so.id is not None
    if before is not None:
        case.cancel_tasks("ack-so", reason=T("replaced by {no}", zh="已被{no}取代").of(no=no))
    changed = _changed(case, before)
    for role in departments:
        ack = case.tx.add(MfgAck(sales_order_id=so.id, order_id=case.order_id, role=role,
                                 due_at=moments.due_in(case, "ack-so")))  # fmt: skip
        _ask(case, ack, so, changed)
    return so


def _exported(case: Case, so_no: str, action: str) -> str:
    row = case.own(MfgContract)
    sales_order = hooks.SalesOrder(so_no, case.order.number, row.contract_no or "", case.customer.name, row.version,
                                   row.draft)  # fmt: skip
    asked = {"tx": case.tx, "sales_order": sales_order}
    given = next((no for _, no in ask_plugins(case.shop.plugins, hooks, "mfg_erp_export", asked)), None)
    refusal = _used(case, given) if given else refuse("erp_no_missing", action=action)
    if refusal is not None:
        raise Refused(refusal.sentence, refusal.way_from(case.order.number), ref=refusal.ref or "")
    assert given is not None
    return str(given)


def _changed(case: Case, before: MfgSalesOrder | None) -> str:
    """Return what differs from the sales order before: only that is told again."""
    if before is None:
        return ""
    old, new = contract.version(case, before.version), contract.version(case, case.own(MfgContract).version)
    if old is None or new is None:
        return ""
    return "; ".join(str(row) for row in content.differences(old.content, new.content))


def _ask(case: Case, ack: MfgAck, so: MfgSalesOrder, changed: str = "") -> None:
    words = T("Acknowledge {so} ({no}){changed}", zh="确认{so}（{no}）{changed}").of(
        so=so.so_no, no=case.order.number, changed=f": {changed}" if changed else ""
    )
    case.add_task("ack-so", words, who=ack.role, due=ack.due_at, stays=True, subject=ack.role)


def facts(case: Case) -> dict[str, Any]:
    """Return the versioned fields of the version in force as a paper shows them."""
    row = case.own(MfgContract)
    said = row.draft
    return {
        "order": case.order.number,
        "contract_no": row.contract_no or "",
        "customer": case.customer.name,
        "contract_version": row.version,
        "letter": row.letter,
        "fields": [{"title": draft.EditContract.fields[k].title, "value": _printed(k, said[k], said["currency"])}
                   for k in content.HEADER],
        "lines": [{"line_no": line["line_no"], **{k: _printed(k, line[k], said["currency"]) for k in content.LINE}}
                  for line in said["lines"]],
        "amount": content.shown("amount", content.amount(said), said["currency"]),
    }  # fmt: skip


CHOICES = {"form": FORMS, "delivery_basis": draft.BASES, "change": CHANGES}


def _printed(name: str, value: Any, currency: str) -> str | T:
    """Return a field's value as a paper shows it, choices in the paper's language."""
    if isinstance(value, bool):
        return T("yes", zh="是") if value else T("no", zh="否")
    known = CHOICES[name].get(value) if name in CHOICES else None
    return known or content.shown(name, value, currency)


def changes(case: Case) -> list[dict[str, str]]:
    """Return the difference lists of the amendments in force, oldest first."""
    known = contract.versions(case)
    pairs = [(old, new) for old, new in pairwise(known) if new.origin == "amendment"]
    return [{"row": str(row)} for old, new in pairs for row in content.differences(old.content, new.content)]


def issued_already(case: Case) -> T | None:
    """Say which sales order the version in force has, where it has one."""
    so = newest(case)
    words = T("Version {n} has sales order {so}.", zh="第{n}版已有销售订单{so}。")
    return words.of(n=so.version, so=so.so_no) if so is not None else None


def complete(case: Case) -> bool:
    """Return whether every department acknowledged the sales order of the version in force.

    An agreed delay is a version of its own that no department acknowledges again.
    """
    so = newest(case)
    if so is None or any(v.n > so.version and v.origin != "delay" for v in contract.versions(case)):
        return False
    return all(ack.state == "acknowledged" for ack in acks(case, so))


# -- guards ----------------------------------------------------------------------------------------------------


def change_open(case: Case, form: Any) -> Verdict:
    """Refuse while an amendment is open; a delay blocks nothing."""
    main = contract.main(case)
    found = contract.open_changes(main, "amendment")
    return refuse("change_open", order=main.order.number, no=found[0].number) if found else None


def _scheduling(case: Case, form: WriteNotice) -> Verdict:
    return refuse("scheduling_missing") if desk.is_foreign(case) and not form.scheduling_no else None


def erp_used(case: Case, form: Any) -> Verdict:
    """Refuse an ERP number that another sales order has."""
    return _used(case, form.erp_no) if form.erp_no else None


def _used(case: Case, erp_no: str) -> Refuse | None:
    used = case.tx.one(MfgSalesOrder, table_of(MfgSalesOrder).c.erp_no == erp_no)
    if used is None:
        return None
    return refuse("erp_no_used", no=erp_no, order=case.tx.need(Order, used.order_id).number)


def _desk(case: Case, form: Any) -> Verdict:
    wanted = roles.OVERSEAS if desk.is_foreign(case) else roles.ADMIN
    if wanted in case.roles:
        return None
    raise lacks_role(T("Issue sales order", zh="下达销售订单"), case.shop.role_title(wanted), wanted)


def mine(case: Case, form: Any) -> MfgAck | None:
    """Return the acknowledgement that is the actor's to give: of the department named, or the first open one."""
    so = newest(case)
    found = acks(case, so) if so is not None else []
    wanted = [form.department] if getattr(form, "department", None) else None
    own = [a for a in found if a.role in case.roles and (wanted is None or a.role in wanted)]
    return next((a for a in own if a.state == "open"), own[0] if own else None)


def _department(case: Case, form: Any) -> Verdict:
    if mine(case, form) is not None:
        return None
    so = newest(case)
    asked = [a.role for a in (acks(case, so) if so is not None else [])]
    holders = listed(case.shop.role_title(role) for role in asked) if asked else "-"
    raise lacks_role(T("Acknowledge", zh="确认收悉"), holders, asked[0] if asked else None)


def _old_version(case: Case, form: Any) -> Verdict:
    so = newest(case)
    if so is None or not form.so_no or form.so_no == so.so_no:
        return None
    return refuse("ack_old_version", so=form.so_no, new=so.so_no)


def _acked(case: Case, form: Any) -> Verdict:
    ack = mine(case, form)
    if ack is None or ack.state == "open":
        return None
    at = case.local(ack.at) if ack.at is not None else "-"
    return refuse("already_acked", role=case.shop.role_title(ack.role), time=at)


def _question(case: Case, form: Any) -> Verdict:
    so, named = newest(case), getattr(form, "department", None)
    asking = [a.role for a in (acks(case, so) if so is not None else []) if a.state == "query"]
    if asking and named in (None, *asking):
        return None
    role = case.shop.role_title(named) if named else T("Any department", zh="各部门")
    return refuse("no_query", role=role)


CHANGE_OPEN = Guard("change_open", change_open, early=True)
ERP_USED = Guard("erp_no_used", erp_used)
SCHEDULING = Guard("scheduling_missing", _scheduling)
DESK = Guard("issuing_desk", _desk, early=True)
ACK_GUARDS = (
    Guard("ack_department", _department, early=True),
    Guard("ack_old_version", _old_version),
    Guard("already_acked", _acked, early=True),
)
QUESTION = Guard("no_query", _question, early=True)


# -- effects ---------------------------------------------------------------------------------------------------


def write_notice(case: Case, form: WriteNotice) -> None:
    """Write the business notice with every line, parameter and measure."""
    row = case.own(MfgContract)
    case.tx.change(row, parameters=form.parameters, scheduling_no=form.scheduling_no or "")
    print_notice(case)


def print_notice(case: Case) -> None:
    """Write the business notice; an amendment before the sales order adds its difference list."""
    row = case.own(MfgContract)
    papers.make(case, "business-notice", {**facts(case), "parameters": row.parameters, "changes": changes(case),
                                          "measures": rounds.measures(case),
                                          "scheduling_no": row.scheduling_no})  # fmt: skip


def return_notice(case: Case, form: ReturnNotice) -> None:
    """Tell the sales manager what the notice lacks."""
    words = T("Business notice of {no} returned: {missing}", zh="{no}业务通知单退回：{missing}")
    desk.alert(case, "notice-returned", words.of(no=case.order.number, missing=", ".join(form.missing)), roles.MANAGER)


def issue_so(case: Case, form: IssueSo) -> None:
    """Do `issue-so`."""
    issue(case, form.erp_no, "issue-so")


def acknowledge(case: Case, form: Acknowledge) -> None:
    """Note that a department has read the sales order."""
    ack = mine(case, form)
    assert ack is not None
    case.tx.change(ack, state="acknowledged", by_id=case.actor.id if case.actor else None, at=case.now)
    case.close_tasks("ack-so", subject=ack.role, result="acknowledged")


def query(case: Case, form: Query) -> None:
    """Note a department's question."""
    ack = mine(case, form)
    assert ack is not None
    case.tx.change(ack, state="query", by_id=case.actor.id if case.actor else None, at=case.now, question=form.question)
    case.close_tasks("ack-so", subject=ack.role, result="query")
    words = T("{no}: {role} asks: {question}", zh="{no}：{role}提问：{question}")
    said = words.of(no=case.order.number, role=case.shop.role_title(ack.role), question=form.question)
    desk.task(case, "answer-query", said, roles.MANAGER, stays=True, subject=ack.role)


def answer_query(case: Case, form: AnswerQuery) -> None:
    """Answer a department; it acknowledges again."""
    so = newest(case)
    assert so is not None
    ack = next(a for a in acks(case, so) if a.role == form.department)
    due = moments.due_in(case, "ack-so")
    case.tx.change(ack, state="open", answer=form.answer, at=None, due_at=due)
    case.close_tasks("answer-query", subject=ack.role, result=form.answer)
    _ask(case, ack, so)
