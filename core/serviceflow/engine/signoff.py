"""Sign-offs: an action that waits for signatures, who may give them, and what they lead to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from serviceflow.engine.case import Case
from serviceflow.errors import Refused
from serviceflow.flow.model import Action, Need, Route
from serviceflow.store.tables import Absence, Request, Slot, Staff, StaffRole
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T, plain


def pending(tx: Tx, order_id: int | None) -> Request | None:
    """Return the order's undecided request."""
    table = table_of(Request)
    return tx.one(Request, table.c.order_id == order_id, table.c.state == "pending")


def ask(case: Case, action: Action, form: object, needs: Sequence[Need]) -> Request | None:
    """Put the action on hold for all routes needed, one after the other.

    Returns:
        The pending request, or ``None`` when the requester's own signature is all it takes.
    """
    routes = list(dict.fromkeys(need.route for need in needs))
    first = routes[0]
    expires = first.undecided.of(case) if first.undecided else None
    request = case.tx.add(Request(
        order_id=case.order.id, action=action.key, form=form.stored(),  # type: ignore[attr-defined]
        route="+".join(route.key for route in routes), requested_by=case.actor.id if case.actor else None,
        requested_at=case.now, expires_at=expires, reason=" · ".join(str(need.why) for need in needs)))
    number = 0
    for route in routes:
        for stage in route.stages:
            for role in stage.roles:
                case.tx.add(Slot(request_id=request.id, stage=number, role=role))
            for person in stage.people(case) if stage.people else ():
                case.tx.add(Slot(request_id=request.id, stage=number, staff_id=person))
            number += 1
    while _own_signature(case, request, routes):
        if _advance(case.tx, request, routes):
            case.tx.change(request, state="approved")
            return None
    return request


def _stages(routes: Sequence[Route]) -> list[tuple[Route, int]]:
    return [(route, index) for route in routes for index in range(len(route.stages))]


def _own_signature(case: Case, request: Request, routes: Sequence[Route]) -> bool:
    route, _ = _stages(routes)[request.stage]
    if route.own != "counts" or case.actor is None:
        return False
    for slot in _open_slots(case.tx, request):
        if _holds(slot, route, case.actor.id, case.roles):
            case.tx.change(slot, verdict="approved", signed_by=case.actor.id, at=case.now)
            return True
    return False


def _open_slots(tx: Tx, request: Request) -> list[Slot]:
    table = table_of(Slot)
    return tx.all(Slot, table.c.request_id == request.id, table.c.stage == request.stage, table.c.verdict == "open")


def _holds(slot: Slot, route: Route, staff_id: int | None, roles: frozenset[str]) -> bool:
    if slot.staff_id is not None:
        return slot.staff_id == staff_id
    accepted = {slot.role, *route.inherits.get(slot.role or "", ())}
    return bool(accepted & roles)


def _advance(tx: Tx, request: Request, routes: Sequence[Route]) -> bool:
    """Go on to the next stage where this one is decided; return whether all are."""
    stages = _stages(routes)
    route, index = stages[request.stage]
    table = table_of(Slot)
    slots = tx.all(Slot, table.c.request_id == request.id, table.c.stage == request.stage)
    signed = sum(slot.verdict == "approved" for slot in slots)
    quorum = route.stages[index].quorum
    wanted = len(slots) if quorum == "all" else 1 if quorum == "any" else quorum
    if signed < wanted:
        return False
    if request.stage + 1 == len(stages):
        return True
    tx.change(request, stage=request.stage + 1)
    return False


def sign(case: Case, request: Request, routes: Sequence[Route], *, approve: bool, opinion: str) -> bool:
    """Give one signature; return whether the request is now approved as a whole.

    Raises:
        Refused: It is not this person's to sign, or the opinion is too short.
    """
    route, _ = _stages(routes)[request.stage]
    if case.actor is None:
        raise Refused(T("Only staff can sign.", zh="只有员工可以审批。"), ref="sign.staff")
    if route.own != "counts" and request.requested_by == case.actor.id:
        raise Refused(
            T("Nobody signs his own request.", zh="不能审批自己的申请。"),
            T("Waiting for {roles}.", zh="等待 {roles}。").of(roles=waiting_for(case.tx, request)), ref="sign.own")
    if not approve and len(opinion) < route.min_opinion:
        raise Refused(T("A rejection needs an opinion of {n} characters or more.",
                        zh="驳回须写至少 {n} 个字的意见。").of(n=route.min_opinion), ref="sign.opinion")
    slot, principal = _slot_for(case, request, route)
    case.tx.change(slot, verdict="approved" if approve else "rejected", signed_by=case.actor.id,
                   signed_for=principal, opinion=opinion, at=case.now)
    if not approve:
        case.tx.change(request, state="rejected", reason=opinion)
        return False
    if _advance(case.tx, request, routes):
        case.tx.change(request, state="approved")
        return True
    return False


def _slot_for(case: Case, request: Request, route: Route) -> tuple[Slot, int | None]:
    actor = case.actor
    assert actor is not None
    slots = _open_slots(case.tx, request)
    for slot in slots:
        if _holds(slot, route, actor.id, case.roles) and not _absent(case.tx, actor.id, case.today):
            return slot, None
    for absence in _stands_in_for(case.tx, actor.id, case.today):
        roles = roles_of(case.tx, absence.staff_id)
        for slot in slots:
            if _holds(slot, route, absence.staff_id, roles):
                return slot, absence.staff_id
    raise Refused(
        T("This is not yours to sign.", zh="此项不由您审批。"),
        T("Waiting for {roles}.", zh="等待 {roles}。").of(roles=waiting_for(case.tx, request)), ref="sign.role")


def _absent(tx: Tx, staff_id: int | None, day: date) -> bool:
    table = table_of(Absence)
    return tx.one(Absence, table.c.staff_id == staff_id, table.c.first <= day, table.c.last >= day,
                  table.c.deputy_id.is_not(None)) is not None


def _stands_in_for(tx: Tx, staff_id: int | None, day: date) -> list[Absence]:
    table = table_of(Absence)
    return tx.all(Absence, table.c.deputy_id == staff_id, table.c.first <= day, table.c.last >= day)


def roles_of(tx: Tx, staff_id: int | None) -> frozenset[str]:
    """Return the roles a member of staff holds."""
    return frozenset(r.role for r in tx.all(StaffRole, table_of(StaffRole).c.staff_id == staff_id))


def waiting_for(tx: Tx, request: Request) -> T:
    """Return who has to sign now, as a text."""
    names = []
    for slot in _open_slots(tx, request):
        staff = tx.get(Staff, slot.staff_id) if slot.staff_id else None
        names.append(staff.name if staff else slot.role or "?")
    return plain(", ".join(names))


def expire(tx: Tx, order_id: int | None, now: object) -> None:
    """Drop the order's request when its time is over."""
    request = pending(tx, order_id)
    if request is not None and request.expires_at is not None and now > request.expires_at:  # type: ignore[operator]
        tx.change(request, state="expired", reason="undecided")
