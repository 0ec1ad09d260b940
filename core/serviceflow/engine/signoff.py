"""Sign-offs: an action that waits for signatures, who may give them now, what they lead to, and why.

A request names its routes by key; the stages of all of them stand one after the other, numbered through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, bindparam, select

from serviceflow.engine import kept as live
from serviceflow.engine.actor import at_work
from serviceflow.errors import Refused
from serviceflow.flow.guards import Need, Refuse
from serviceflow.flow.model import Action, Flow
from serviceflow.flow.moments import Deadline
from serviceflow.flow.routes import Persons, Roles, Route, Stage
from serviceflow.store.prepared import Prepared
from serviceflow.store.tables import Absence, Request, Slot, Staff, StaffRole
from serviceflow.store.write import Tx, key_of, table_of
from serviceflow.texts import T, listed, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.engine.case import Case


# -- asking ------------------------------------------------------------------------------------------------


def pending(case: Case) -> Request | None:
    """Return the order's undecided request."""
    return live.pending_request(case.tx, live.kept(case.tx, case.order))


def check_pending(case: Case, action: Action) -> None:
    """Raise `Refused` if a request is undecided and the action would move the order."""
    request = pending(case) if action.moves else None
    if request is not None and not _withdraws(case, request, action):
        raise Refused(
            T("Waiting for {roles} since {t}; decide that first.", zh="{t} 起等待 {roles} 审批, 请先处理。").of(
                roles=waiting_for(case.tx, case.shop, request), t=case.local(request.requested_at)
            ),
            plain(f"flow sign why {case.order.number}"),
            ref="core.pending-sign-off",
        )


def _withdraws(case: Case, request: Request, action: Action) -> bool:
    return any(action.key in route.withdrawn_by for route in routes_of(case.flow, request))


def withdraw(case: Case, action: Action, reason: str) -> None:
    """Take back the pending request that ``action`` ends by being done, if there is one."""
    request = pending(case)
    if request is not None and _withdraws(case, request, action):
        _drop(case, request, "withdrawn", reason)


def ask(case: Case, action: Action, form: Any, needs: Sequence[Need]) -> Request | None:
    """Put the action on hold until all routes needed have signed; what it wants is held meanwhile.

    Returns:
        The pending request, or ``None`` when the requester's own signature is all it takes.

    Raises:
        Refused: A request is undecided already, or nobody on the staff could sign.
    """
    if (undecided := pending(case)) is not None:
        raise Refused(
            T("Another request waits for {roles}.", zh="已有申请等待 {roles} 审批。").of(
                roles=waiting_for(case.tx, case.shop, undecided)
            ),
            plain(f"flow sign why {case.order.number}"),
            ref="core.pending-sign-off",
        )
    whys = {need.route.key: need for need in needs}
    routes = [need.route for need in whys.values()]
    expires = [d for route in routes if route.undecided is not None and (d := route.undecided.deadline(case))]
    soonest = min(expires, key=lambda d: d.at, default=None)
    requester = case.actor.id if case.actor is not None else _brought_here(case)
    request = case.tx.add(
        Request(
            order_id=case.order_id,
            action=action.key,
            form=form.stored(),
            routes=",".join(r.key for r in routes),
            requested_by=requester,
            requested_at=case.now,
            expires_at=soonest.at if soonest else None,
            expires_closed=soonest.closed if soonest else True,
            why_en=" · ".join(need.why.to("en") for need in whys.values()),
            why_zh=" · ".join(need.why.to("zh") for need in whys.values()),
        )
    )
    live.added(live.kept(case.tx, case.order).requests, request)
    for number, (route, stage) in enumerate(_stages(routes)):
        _add_slots(case, request, number, route, stage)
    _skip_empty(case, request, routes)
    _stage_opened(case, request, routes)
    if _sign_own(case, request, routes):
        return None
    for effect in action.effects:
        if (reserve := getattr(effect, "reserve", None)) is not None:
            reserve(case, form)
    return request


def _brought_here(case: Case) -> int | None:
    """Return who brought the order into this step: the requester of a round that the step's entry opens."""
    return next((deed.staff_id for deed in reversed(case.done()) if deed.to_step == case.order.step), None)


def _stages(routes: Sequence[Route]) -> list[tuple[Route, Stage]]:
    return [(route, stage) for route in routes for stage in route.stages]


def _add_slots(case: Case, request: Request, number: int, route: Route, stage: Stage) -> None:
    """Ask for a stage's signatures.

    Raises:
        Refused: So few people could sign that the stage would never be decided.
    """
    signable: list[bool] = []
    barred = _barred(case, request, route)
    for who in _singly(case, stage):
        people: Sequence[int] = who.of(case) if isinstance(who, Persons) else ()
        for person in people:
            case.tx.add(Slot(request_id=key_of(request), stage=number, staff_id=person))
            signable.append(person not in barred)
        if people:
            continue
        role = who.fallback if isinstance(who, Persons) else who
        holders = _holders(case.tx, role or "", route)
        person_up = None
        if route.own != "counts" and holders == {request.requested_by}:
            person_up = case.tx.need(Staff, request.requested_by).superior_id if route.own == "up" else None
            holders = {person_up} if person_up is not None else set()
        case.tx.add(Slot(request_id=key_of(request), stage=number, role=role, staff_id=person_up))
        signable.append(bool(holders - barred))
    if sum(signable) < _wanted(stage, len(signable)):
        asked = [w for w, able in zip(_singly(case, stage), signable, strict=False) if not able]
        titles = [w.title if isinstance(w, Persons) else case.shop.role_title(w) for w in asked]
        raise Refused(
            T("Nobody else on the staff can sign as {roles}.", zh="没有其他员工可以按“{roles}”审批。").of(
                roles=listed(titles)
            ),
            plain("flow staff list"),
            ref="core.nobody-signs",
        )


def _singly(case: Case, stage: Stage) -> list[str | Persons]:
    """Return whose signatures a stage asks for, computed roles one by one."""
    found: list[str | Persons] = []
    for who in stage.who:
        found += [who] if not isinstance(who, Roles) else who.of(case)
    return found


def _barred(case: Case, request: Request, route: Route) -> set[int | None]:
    """Return who may not sign, nor have anybody sign for them."""
    barred: set[int | None] = set(route.barred(case)) if route.barred is not None else set()
    return barred | ({request.requested_by} if route.own != "counts" else set())


def unsignable(case: Case, route: Route, requester: int | None) -> list[str]:
    """Return the roles of a ``route`` that nobody holds now but the ``requester`` (a staff key) and others barred."""
    barred = {requester} | (set(route.barred(case)) if route.barred is not None else set())
    roles = [who for stage in route.stages for who in _singly(case, stage) if isinstance(who, str)]
    return [role for role in dict.fromkeys(roles) if not _holders(case.tx, role, route) - barred]


def _wanted(stage: Stage, slots: int) -> int:
    """Return how many signatures decide a stage."""
    return slots if stage.quorum == "all" else 1 if stage.quorum == "any" else min(stage.quorum, slots)


def _holders(tx: Tx, role: str, route: Route) -> set[int]:
    people, roles = table_of(Staff), table_of(StaffRole)
    accepted = [role, *route.inherits.get(role, ())]
    query = (
        select(people.c.id)
        .join(roles, roles.c.staff_id == people.c.id)
        .where(roles.c.role.in_(accepted), people.c.active.is_(True))
    )
    return {row[0] for row in tx.rows(query)}


def _sign_own(case: Case, request: Request, routes: Sequence[Route]) -> bool:
    """Count the requester's own signature where the route says so; return whether that decides the request."""
    if case.actor is None:
        return False
    stages = _stages(routes)
    while True:
        route, _ = stages[request.stage]
        mine = [slot for slot in _open_slots(case.tx, request) if _holds(slot, route, case.actor.id, case.roles)]
        if route.own != "counts" or not mine:
            return False
        for slot in mine:
            case.tx.change(slot, verdict="approved", signed_by=case.actor.id, at=case.now)
        if _advance(case, request, routes):
            case.tx.change(request, state="approved", decided_at=case.now)
            return True


# -- signing -----------------------------------------------------------------------------------------------


def need_pending(case: Case) -> Request:
    """Return the order's undecided request; raises `Refused` when nothing waits."""
    request = pending(case)
    if request is None:
        _refuse_void(case)
        raise Refused(
            T("Nothing of {no} waits for a signature.", zh="{no} 没有待审批的事项。").of(no=case.order.number),
            plain("flow sign"),
            ref="core.nothing-to-sign",
        )
    return request


def _refuse_void(case: Case) -> None:
    """Refuse a signature that comes after somebody else's rejection ended the request."""
    requests = case.tx.of(Request, "order_id", case.order_id)
    if not requests or requests[-1].state != "rejected" or case.actor is None:
        return
    newest = requests[-1]
    stages, slots = _stages(routes_of(case.flow, newest)), all_slots(case.tx, newest)
    for slot in slots:
        route = stages[slot.stage][0]
        if slot.verdict == "void" and any(one is slot for one, _ in _mine(case, newest, route, [slot])):
            against = next((one for one in slots if one.verdict == "rejected"), slot)
            raise _decided(case, route, slot, against, plain(f"flow show {case.order.number}"))


def routes_of(flow: Flow, request: Request) -> list[Route]:
    """Return the routes a request follows."""
    return [flow.routes[key] for key in request.routes.split(",")]


def sign(case: Case, request: Request, *, approve: bool, opinion: str, role: str | None = None) -> bool:
    """Give one signature; return whether the request is now approved as a whole.

    Args:
        role: Sign as this role, where several slots are the actor's.

    Raises:
        Refused: It is not this person's to sign, the stage is not open yet, or the opinion is too short.
    """
    routes = routes_of(case.flow, request)
    route, stage = _stages(routes)[request.stage]
    actor = at_work(case.actor)
    waiting = T("Waiting for {roles}.", zh="等待 {roles}。").of(roles=waiting_for(case.tx, case.shop, request))
    slot, principal = _slot_for(case, request, route, waiting, role)
    closed = stage.gate(case) if stage.gate is not None else None
    if closed is not None:
        closed = Refuse(closed, ref="core.sign-gate") if isinstance(closed, T) else closed
        way_out = closed.way_from(case.order.number) or waiting
        raise Refused(closed.sentence, way_out, ref=closed.ref or "core.sign-gate")
    least = case.number(route.min_opinion) if isinstance(route.min_opinion, str) else route.min_opinion
    if not approve and len(opinion.strip()) < least:
        words = T("A rejection needs an opinion of {n} characters or more.", zh="驳回须写至少 {n} 个字的意见。")
        raise _refusal(route, "sign-opinion", words, waiting, n=least)
    against = stage.approval(case) if approve and stage.approval is not None else None
    if against is not None:
        way_out = against.way_from(case.order.number) or waiting
        raise Refused(against.sentence, way_out, ref=against.ref or "core.sign-approval")
    case.tx.change(
        slot,
        verdict="approved" if approve else "rejected",
        signed_by=actor.id,
        signed_for=principal,
        opinion=opinion,
        at=case.now,
    )
    if route.on_sign is not None:
        route.on_sign(case, slot)
    if not approve:
        _drop(case, request, "rejected", opinion)
        if route.rejected is not None:
            case.act(route.rejected)
        return False
    if not _advance(case, request, routes):
        return False
    case.tx.change(request, state="approved", decided_at=case.now)
    return True


def give(case: Case, *, approve: bool, opinion: str, role: str | None = None) -> bool:
    """Sign the order's pending request, also from inside an action; the last approval does what was asked.

    Args:
        approve: Yes or no.
        opinion: What is kept with the signature; a rejection may have to say why.
        role: Sign as this role, where several slots are the actor's.

    Returns:
        Whether the request is now approved as a whole.

    Raises:
        Refused: Nothing waits, it is not this person's to sign, or a guard no longer agrees.
    """
    from serviceflow.engine.checks import check_guards
    from serviceflow.engine.perform import perform

    request = need_pending(case)
    action = case.flow.action(request.action)
    form = action.form.restored(request.form)
    if not sign(case, request, approve=approve, opinion=opinion, role=role):
        return False
    check_guards(case, [guard for guard in action.guards if not guard.once], form)
    perform(case, action, form)
    return True


def _refusal(route: Route, key: str, sentence: T, way_out: T, **facts: Any) -> Refused:
    """Return a refusal in the trade's words where the route has some."""
    own = route.said.get(key)
    if own is None:
        return Refused(sentence.of(**facts), way_out, ref=f"core.{key}")
    return Refused(own.sentence.of(**facts), own.way_out or way_out, ref=own.ref or f"core.{key}")


def close_stage(case: Case) -> None:
    """Close the open stage without the signatures that may be absent by now; the last one does what was asked."""
    request = pending(case)
    if request is None or not _advance(case, request, routes_of(case.flow, request)):
        return
    case.tx.change(request, state="approved", decided_at=case.now)
    from serviceflow.engine.perform import perform

    action = case.flow.action(request.action)
    perform(case.again(), action, action.form.restored(request.form))


def _drop(case: Case, request: Request, state: str, reason: str) -> None:
    for slot in all_slots(case.tx, request):
        if slot.verdict == "open":
            case.tx.change(slot, verdict="void")
    case.tx.change(request, state=state, reason=reason, decided_at=case.now)
    action = case.flow.action(request.action)
    for effect in action.effects:
        if (release := getattr(effect, "release", None)) is not None:
            release(case, action.form.restored(request.form))


def _slot_for(
    case: Case, request: Request, route: Route, waiting: T, role: str | None = None
) -> tuple[Slot, int | None]:
    """Return the slot the actor may sign now, and for whom where he stands in."""
    assert case.actor is not None
    assert case.actor.id is not None
    me = case.actor.id
    if me in _barred(case, request, route):
        words = T("Nobody signs what he asked for himself.", zh="不能审批自己的申请。")
        raise _refusal(route, "sign-own", words, waiting)
    slots = all_slots(case.tx, request)
    mine = [
        (slot, principal)
        for slot, principal in _mine(case, request, route, slots)
        if role is None or slot.role == role or (slot.staff_id is not None and slot.stage == request.stage)
    ]
    here = [(slot, principal) for slot, principal in mine if slot.stage == request.stage and slot.verdict == "open"]
    signed = [slot for slot in slots if slot.signed_by == me]
    once = case.setting(route.one_slot) if isinstance(route.one_slot, str) and "." in route.one_slot else route.one_slot
    if once and any(once == "round" or slot.stage == request.stage for slot in signed) and (here or role is None):
        words = T("You have signed this stage already.", zh="您已签过这一步。")
        raise _refusal(route, "sign-twice", words, waiting, role=case.shop.role_title(signed[0].role or ""))
    if here:
        return here[0]
    titles = waiting_for(case.tx, case.shop, request)
    if not mine:
        words = T("This is not yours to sign.", zh="此项不由您审批。")
        raise _refusal(route, "sign-role", words, waiting, roles=titles)
    if any(slot.verdict == "open" for slot, _ in mine):
        words = T("Stage {n} is not closed yet.", zh="第 {n} 步未完成。")
        raise _refusal(route, "sign-stage", words, waiting, n=request.stage + 1)
    raise _decided(case, route, mine[-1][0], mine[-1][0], waiting)


def _decided(case: Case, route: Route, slot: Slot, by: Slot, way_out: T) -> Refused:
    """Return the refusal of a slot that is no longer open; ``by`` is the signature that decided it."""
    person = case.tx.get(Staff, by.signed_by) if by.signed_by is not None else None
    words = T("{role} has been decided ({state}, {name}, {time}).", zh="{role} 已处理({name})。")
    return _refusal(
        route,
        "sign-decided",
        words,
        way_out,
        role=case.shop.role_title(slot.role or ""),
        state=VERDICTS[slot.verdict],
        name=person.name if person is not None else "-",
        time=case.local(by.at) if by.at is not None else "-",
    )


VERDICTS = {
    "open": T("open", zh="待签"),
    "approved": T("approved", zh="同意"),
    "rejected": T("rejected", zh="驳回"),
    "absent": T("absent", zh="缺席"),
    "void": T("void", zh="作废"),
}


def _mine(case: Case, request: Request, route: Route, slots: Sequence[Slot]) -> list[tuple[Slot, int | None]]:
    """Return the slots, of any stage and state, that are the actor's or that he may sign for somebody."""
    assert case.actor is not None
    me = case.actor.id
    found: list[tuple[Slot, int | None]] = []
    if not on_leave(case.tx, me, case.today):
        found += [(slot, None) for slot in slots if _holds(slot, route, me, case.roles)]
    stand_ins = case.setting(route.stand_ins) if isinstance(route.stand_ins, str) else route.stand_ins
    barred = set() if stand_ins else _barred(case, request, route)
    for absence in stands_in_for(case.tx, me, case.today):
        roles = roles_of(case.tx, absence.staff_id)
        roles = roles if absence.role is None else roles & {absence.role}
        if absence.staff_id not in barred:
            found += [(slot, absence.staff_id) for slot in slots if _holds(slot, route, absence.staff_id, roles)]
    return found


def _holds(slot: Slot, route: Route, staff_id: int | None, roles: frozenset[str]) -> bool:
    if slot.staff_id is not None:
        return slot.staff_id == staff_id
    return bool({slot.role, *route.inherits.get(slot.role or "", ())} & roles)


def _open_slots(tx: Tx, request: Request) -> list[Slot]:
    return [s for s in all_slots(tx, request) if s.stage == request.stage and s.verdict == "open"]


def all_slots(tx: Tx, request: Request) -> list[Slot]:
    """Return every signature a request asks for, stage by stage."""
    return sorted(tx.of(Slot, "request_id", request.id), key=lambda slot: slot.stage)


def _advance(case: Case, request: Request, routes: Sequence[Route]) -> bool:
    """Go on to the next stage where this one is decided; return whether all are."""
    stages = _stages(routes)
    slots = [s for s in all_slots(case.tx, request) if s.stage == request.stage]
    stage = stages[request.stage][1]
    if sum(slot.verdict == "approved" for slot in slots) < _wanted(stage, len(slots)):
        missing = _may_be_absent(case, stage, slots)
        if not missing:
            return False
        for slot in missing:
            case.tx.change(slot, verdict="absent", at=case.now)
    before = request.stage
    if request.stage + 1 < len(stages):
        case.tx.change(request, stage=request.stage + 1)
        _skip_empty(case, request, routes)
        if any(s.stage == request.stage for s in all_slots(case.tx, request)):
            _stage_opened(case, request, routes)
            return False
        case.tx.change(request, stage=before)
    return True


def _skip_empty(case: Case, request: Request, routes: Sequence[Route]) -> None:
    """Pass over stages that turned out to have no slot; the last one stays."""
    asked = {slot.stage for slot in all_slots(case.tx, request)}
    stage = request.stage
    while stage not in asked and stage + 1 < len(_stages(routes)):
        stage += 1
    case.tx.change(request, stage=stage)


def _stage_opened(case: Case, request: Request, routes: Sequence[Route]) -> None:
    hook = _stages(routes)[request.stage][0].on_stage
    if hook is not None:
        hook(case)


def _may_be_absent(case: Case, stage: Stage, slots: Sequence[Slot]) -> list[Slot]:
    """Return the open slots a stage may go on without now; empty when it has to wait."""
    rule = stage.absent
    limit = rule.after.deadline(case) if rule is not None else None
    if rule is None or limit is None or not limit.over(case.now):
        return []
    most = case.number(rule.most) if isinstance(rule.most, str) else rule.most
    never = case.setting(rule.never) if isinstance(rule.never, str) else rule.never
    missing = [slot for slot in slots if slot.verdict == "open"]
    if len(missing) > most or any(slot.role in never for slot in missing):
        return []
    return missing


# -- time-outs ---------------------------------------------------------------------------------------------


def next_expired(tx: Tx, family: Sequence[live.Kept], now: datetime) -> Request | None:
    """Return the earliest undecided request of a family whose time is over."""
    undecided = [r for one in family if (r := live.pending_request(tx, one)) is not None and r.expires_at is not None]
    over = [r for r in undecided if r.expires_at is not None and Deadline(r.expires_at, r.expires_closed).over(now)]
    return min(over, key=lambda r: (r.expires_at, key_of(r)), default=None)


def orders_with_expired(tx: Tx, now: datetime, limit: int) -> list[int]:
    """Return the orders of undecided requests whose time is over."""
    return [row[0] for row in _EXPIRED.run(tx.line, {"now": now, "most": limit})]


def _expired() -> Prepared:
    table = table_of(Request)
    query = select(table.c.order_id).where(table.c.state == "pending", table.c.expires_at < bindparam("now"))
    return Prepared(query.limit(bindparam("most", type_=Integer)))


_EXPIRED: Final = _expired()


def expire(case: Case, request: Request) -> None:
    """Drop an undecided request at its nominal moment; what it held is free again."""
    _drop(case, request, "expired", "undecided")
    title = case.flow.action(request.action).title
    case.notes.lines.append(
        T("{at} {no}: {action} not signed in time, dropped", zh="{at} {no}: {action} 逾期未批, 已作废").of(
            at=case.local(case.now), no=case.order.number, action=title
        )
    )


# -- people ------------------------------------------------------------------------------------------------


def on_leave(tx: Tx, staff_id: int | None, day: date) -> bool:
    """Return whether somebody is away that day with a stand-in who acts instead."""
    table = table_of(Absence)
    return (
        tx.one(
            Absence,
            table.c.staff_id == staff_id,
            table.c.first <= day,
            table.c.last >= day,
            table.c.deputy_id.is_not(None),
            table.c.beside.is_(False),
        )
        is not None
    )


def stands_in_for(tx: Tx, staff_id: int | None, day: date) -> list[Absence]:
    """Return the absences and delegations in which ``staff_id`` is the stand-in on ``day``."""
    table = table_of(Absence)
    return tx.all(Absence, table.c.deputy_id == staff_id, table.c.first <= day, table.c.last >= day)


def roles_of(tx: Tx, staff_id: int | None) -> frozenset[str]:
    """Return the roles of a member of staff, by key ``staff_id``."""
    return frozenset(r.role for r in tx.of(StaffRole, "staff_id", staff_id))


def waiting_for(tx: Tx, shop: Shop, request: Request) -> T:
    """Return who has to sign now, as a text of role titles and names."""
    names = []
    for slot in _open_slots(tx, request):
        staff = tx.get(Staff, slot.staff_id) if slot.staff_id is not None else None
        names.append(plain(staff.name) if staff is not None else shop.role_title(slot.role or ""))
    return listed(names)


@dataclass(frozen=True, slots=True)
class SlotWhy:
    """One signature of a request explained.

    Args:
        may: Who could sign it today, deputies named with whom they stand in for.
    """

    stage: int
    title: T
    verdict: str
    signed_by: str
    opinion: str
    may: tuple[str, ...]
    open_now: bool


def explain(case: Case, request: Request) -> list[SlotWhy]:
    """Return why a request waits for whom: every slot of every stage, with the people who can sign it today."""
    stages = _stages(routes_of(case.flow, request))
    people = {s.id: s for s in case.tx.all(Staff)}
    found = []
    for slot in all_slots(case.tx, request):
        route = stages[slot.stage][0]
        barred = _barred(case, request, route)
        holders = {slot.staff_id} if slot.staff_id is not None else _holders(case.tx, slot.role or "", route)
        may = []
        for holder in sorted(h for h in holders if h is not None and h not in barred):
            deputies = _absences(case, holder)
            may += [people[holder].name] if not any(not a.beside for a in deputies) else []
            may += [f"{people[a.deputy_id].name} ({people[holder].name})" for a in deputies if a.deputy_id in people]
        signer = people.get(slot.signed_by) if slot.signed_by is not None else None
        title = case.shop.role_title(slot.role) if slot.role else plain(people[slot.staff_id].name)
        found.append(
            SlotWhy(
                slot.stage,
                title,
                slot.verdict,
                signer.name if signer else "",
                slot.opinion,
                tuple(may),
                slot.verdict == "open" and slot.stage == request.stage,
            )
        )
    return found


def _absences(case: Case, staff_id: int) -> list[Absence]:
    table = table_of(Absence)
    return case.tx.all(
        Absence,
        table.c.staff_id == staff_id,
        table.c.first <= case.today,
        table.c.last >= case.today,
        table.c.deputy_id.is_not(None),
    )


def mine(case: Case, request: Request) -> tuple[Slot, int | None] | None:
    """Return the slot the actor may sign now, and for whom he stands in; ``None`` when it is not his to sign."""
    route, _ = _stages(routes_of(case.flow, request))[request.stage]
    try:
        return _slot_for(case, request, route, plain(""))
    except Refused:
        return None
