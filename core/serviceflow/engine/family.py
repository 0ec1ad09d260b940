"""Parent and child orders: opened over a link, blocking or not, ending together as the link says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from serviceflow.errors import Refused
from serviceflow.flow.links import Link
from serviceflow.flow.model import ANY, Action
from serviceflow.store.tables import Order, OrderAction
from serviceflow.store.write import table_of
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.engine.case import Case


def open_child(case: Case, link_key: str, values: Mapping[str, Any], action: str | None) -> Order:
    """Open a child order over a link, as the system; the customer is the parent's."""
    from serviceflow.engine.perform import start_order

    link = case.flow.link(link_key)
    trade, flow = case.shop.newest_flow(link.flow)
    start = flow.action(action) if action is not None else flow.starts()[0]
    child = start_order(
        case.shop,
        case.tx,
        trade,
        flow,
        start,
        start.form.of(values),
        now=case.now,
        notes=case.notes,
        customer_id=case.order.customer_id,
        owner_id=case.order.owner_id,
        parent=case.order,
        link=link.key,
        scope=case.order.scope,
    )
    stands(case.again(order=child), "")
    words = T("opened {no} {flow}", zh="已建 {no} {flow}")
    case.notes.lines.append(words.of(no=child.number, flow=flow.title))
    return child


def stands(child: Case, left: str) -> None:
    """Let the parent feel that a child has entered its step: block, wake, follow its end.

    Args:
        child: The child's case, in its new step.
        left: The step it came from; empty when it was opened.
    """
    parent = child.parent()
    if parent is None or child.order.link is None or child.order.link not in {k.key for k in parent.flow.links}:
        return
    from serviceflow.engine import clocks

    link = parent.flow.link(child.order.link)
    was, now = blocks(link, left, child), blocks(link, child.order.step, child)
    if now and not was and len(blockers(parent)) == 1:
        clocks.rest_all(parent)
    if was and not now and not blockers(parent):
        clocks.wake_all(parent, link.wakes(child.order.step), rested=child.now - _blocked_since(child, link))
    if not child.flow.step(child.order.step).final:
        return
    follows = link.ends.get(child.order.step)
    if follows is not None and parent.order.closed_at is None:
        parent.act(follows)
    if link.all_ended is not None and parent.order.closed_at is None and not parent.children(link.key, open_only=True):
        parent.act(link.all_ended)


def blocks(link: Link, step: str, child: Case) -> bool:
    """Return whether a child that stands in ``step`` blocks its parent over ``link``."""
    if not step or child.flow.step(step).final:
        return False
    return link.blocks_in == ANY or step in link.blocks_in


def _blocked_since(child: Case, link: Link) -> Any:
    """Return the moment the child last began to block: its opening, or the entry of the first blocking step."""
    since = child.order.opened_at
    table = table_of(OrderAction)
    for deed in child.tx.all(OrderAction, table.c.order_id == child.order_id, order_by=[table.c.id]):
        if not blocks(link, deed.from_step, child) and blocks(link, deed.to_step, child):
            since = deed.at
    return since


def blockers(parent: Case) -> list[tuple[Link, Case]]:
    """Return the open children that block an order now."""
    if not parent.flow.links:
        return []
    links = {link.key: link for link in parent.flow.links if link.blocks_in}
    found = []
    for order in parent.children(open_only=True) if links else ():
        link = links.get(order.link or "")
        if link is not None:
            child = parent.again(order=order)
            if blocks(link, order.step, child):
                found.append((link, child))
    return found


def check_blocked(case: Case, action: Action) -> None:
    """Raise `Refused` if a child order stands in the way of an action."""
    for link, child in blockers(case):
        refused = link.refuses == ANY or (action.key in link.refuses if link.refuses else action.moves)
        if refused and action.key not in link.allows:
            said = link.said or T("{number} ({step}) has to be settled first.", zh="须先处理 {number}({step})。")
            raise Refused(
                said.of(flow=child.flow.title, number=child.order.number, step=child.flow.step(child.order.step).title),
                plain(f"flow do {child.order.number}"),
                ref="core.blocked-by-child",
            )


def end_children(case: Case) -> None:
    """Do with the open children of an order that has ended what their links say."""
    for link in case.flow.links:
        if link.with_parent is None:
            continue
        for order in case.children(link.key, open_only=True):
            child = case.again(order=order)
            if child.flow.action(link.with_parent).offered_in(child.flow.step(order.step)):
                child.act(link.with_parent)
