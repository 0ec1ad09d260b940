"""What waits for whose signature, and why: the list of one person, and one request explained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from serviceflow.engine import signoff
from serviceflow.engine.act import case_of
from serviceflow.engine.actor import whoami
from serviceflow.engine.notes import Notes
from serviceflow.engine.signoff import SlotWhy
from serviceflow.errors import FlowError
from serviceflow.flow.guards import Refuse
from serviceflow.flow.routes import Route
from serviceflow.store.tables import Customer, Order, Request, Staff
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.engine.case import Case


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits for a signature.

    Args:
        because: Why it is this person's to sign; empty where that was not asked.
        lapses_at: When it is dropped undecided; ``None`` waits for ever.
    """

    order_id: int
    number: str
    customer: str
    action: T
    why: T
    requester: str
    requested_at: datetime
    lapses_at: datetime | None
    because: T


@dataclass(frozen=True, slots=True)
class StageWhy:
    """One stage of a route: its signatures, and how many of them it takes."""

    route: str
    quorum: T
    slots: tuple[SlotWhy, ...]
    open_now: bool
    gate: T | None


@dataclass(frozen=True, slots=True)
class Explained:
    """A request with all its stages, and what its routes say of the requester's own signature."""

    waiting: Waiting
    stages: tuple[StageWhy, ...]
    own: T
    may_i: T


OWN = {
    "counts": T("the requester's own signature counts at once", zh="申请人本人有权限时, 其签字当即有效"),
    "refused": T("nobody signs what they asked for themselves", zh="不能审批自己的申请"),
    "up": T("the requester's superior signs in their place", zh="申请人是唯一有权者时由其上级审批"),
}


def waiting_for_me(shop: Shop) -> list[Waiting]:
    """Return what the person may sign now, longest waiting first; orders of plugins that fail are left out."""
    found = []
    with shop.reading() as tx:
        whoami(tx)
        table = table_of(Request)
        for request in tx.all(Request, table.c.state == "pending", order_by=[table.c.requested_at, table.c.id]):
            try:
                case = case_of(shop, tx, tx.need(Order, request.order_id), Notes())
            except FlowError:
                continue
            because = _because(case, request)
            if because is not None:
                found.append(_waiting(tx, case, request, because))
    return found


def explain_request(shop: Shop, order_id: int) -> Explained:
    """Return why the order's pending request waits for whom.

    Raises:
        Refused: Nothing of the order waits.
        PluginUnusable: The order's plugin cannot be loaded.
    """
    with shop.reading() as tx:
        case = case_of(shop, tx, tx.need(Order, order_id), Notes())
        request = signoff.need_pending(case)
        slots = signoff.explain(case, request)
        routes = signoff.routes_of(case.flow, request)
        stages = []
        for number, (route, stage) in enumerate((r, s) for r in routes for s in r.stages):
            mine = tuple(slot for slot in slots if slot.stage == number)
            if not mine and number != request.stage:
                continue  # its roles turned out to be none
            found = stage.gate(case) if stage.gate is not None and number == request.stage else None
            gate = found.sentence if isinstance(found, Refuse) else found
            stages.append(StageWhy(route.key, _quorum(stage.quorum, len(mine)), mine, number == request.stage, gate))
        because = _because(case, request)
        may_i = because or T("not yours to sign", zh="不由您审批")
        return Explained(_waiting(tx, case, request, because or plain("")), tuple(stages), _own(routes), may_i)


def _quorum(quorum: str | int, of: int) -> T:
    if quorum == "all":
        return T("all", zh="全部")
    if quorum == "any":
        return T("any one", zh="任一")
    return T("{n} of {m}", zh="{m} 人中 {n} 人").of(n=quorum, m=of)


def _own(routes: list[Route]) -> T:
    rules = [OWN[own] for own in dict.fromkeys(route.own for route in routes)]
    return T("; ".join(rule.en for rule in rules), zh="; ".join(rule.zh for rule in rules))


def _because(case: Case, request: Request) -> T | None:
    """Return why the request is the actor's to sign now, or ``None``."""
    found = signoff.mine(case, request) if case.actor is not None else None
    if found is None:
        return None
    slot, principal = found
    role = case.shop.role_title(slot.role) if slot.role is not None else None
    if principal is not None:
        absent = case.tx.need(Staff, principal)
        return T("you stand in for {name} ({role})", zh="代理 {name}({role})").of(
            name=absent.name, role=role or T("named", zh="指定")
        )
    return (
        T("you are {role}", zh="您是{role}").of(role=role)
        if role is not None
        else T("you were named", zh="指定由您审批")
    )


def _waiting(tx: Tx, case: Case, request: Request, because: T) -> Waiting:
    order = case.order
    customer = tx.get(Customer, order.customer_id) if order.customer_id is not None else None
    requester = tx.get(Staff, request.requested_by) if request.requested_by is not None else None
    return Waiting(
        case.order_id,
        order.number,
        customer.name if customer is not None else "",
        case.flow.action(request.action).title,
        T("{en}", zh="{zh}").of(en=request.why_en, zh=request.why_zh),
        requester.name if requester is not None else "",
        request.requested_at,
        request.expires_at,
        because,
    )
