"""May this message go out now? Asked in the transaction that writes down the intent to hand it over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from serviceflow.clock import instant
from serviceflow.engine.case import Case
from serviceflow.engine.protections import withheld
from serviceflow.flow.effects import Template
from serviceflow.plugin.unusable import PluginUnusable
from serviceflow.remind.caps import capped_until
from serviceflow.remind.outbox import DIGEST, refused_before
from serviceflow.remind.reasons import Reason, because, fault_of
from serviceflow.store.tables import Customer, Message, Order, OrderAction
from serviceflow.store.write import Tx, table_of

if TYPE_CHECKING:
    from serviceflow.app import Shop

ASK_AGAIN = timedelta(minutes=1)
"""After this a withheld message is tested anew: at the next run."""


@dataclass(frozen=True, slots=True)
class Permit:
    """The answer. Without ``state`` the message may go; else it moves there for ``reason``."""

    state: str | None = None
    reason: Reason | None = None
    until: datetime | None = None
    trade: str = ""
    template: Template | None = None
    live: Mapping[str, Any] | None = None


def ask(shop: Shop, tx: Tx, message: Message, now: datetime, *, quiet: bool = True) -> Permit:
    """Test a message against everything that may have changed since it was planned.

    Args:
        quiet: Whether quiet hours and caps count; a person who sends by hand decides those.
    """
    if message.expires_at is not None and now > message.expires_at:
        return Permit("expired", because("remind.expired", at=local(shop, message.expires_at)))
    dead = refused_before(tx, message)
    if dead is not None:
        return Permit("suppressed", because("remind.address", address=message.recipient, mark=f"m{dead}"))
    trade, _, _ = message.rule.partition(":")
    if trade == "core" or message.template == DIGEST:
        return Permit(trade=trade)
    try:
        template = shop.plugins.trade(trade).template(message.template)
    except (PluginUnusable, KeyError) as cause:
        why = cause.sentence if isinstance(cause, PluginUnusable) else f"{trade}:{message.template}"
        return Permit("held", because("remind.plugin", why=why), now + ASK_AGAIN)
    if message.customer_id is not None and message.staff_id is None:
        customer = tx.need(Customer, message.customer_id)
        no = withheld(tx, customer, message.purpose, message.channel or "", opt_out=template.opt_out)
        if no is not None:
            return Permit("suppressed", Reason(no[0], words=no[1]))
    return _order_permit(shop, tx, message, now, trade, template, quiet=quiet)


def _order_permit(
    shop: Shop, tx: Tx, message: Message, now: datetime, trade: str, template: Template, *, quiet: bool
) -> Permit:
    live: Mapping[str, Any] = {}
    if message.order_id is not None:
        order = tx.need(Order, message.order_id)
        if not message.stays and _left_by_a_person(tx, message, order):
            return Permit("cancelled", because("remind.step-left"))
        try:
            owner, flow = shop.flow(order.flow, order.flow_version)
        except PluginUnusable as cause:
            return Permit("held", because("remind.plugin", why=cause.sentence), now + ASK_AGAIN)
        case = Case(shop, tx, owner, flow, order, now=now, actor=None)
        try:
            holds = not message.condition or flow.conditions[message.condition](case)
            live = case.facts()
        except (Exception, SystemExit) as cause:  # the plugin's fault: this message waits, the others go on
            return Permit("held", because("remind.plugin", why=fault_of(cause)), now + ASK_AGAIN)
        if not holds:
            return Permit("held", because("remind.condition", condition=message.condition), now + ASK_AGAIN)
    if quiet:
        held = hold(shop, tx, message, template, now)
        if held is not None:
            return held
    return Permit(trade=trade, template=template, live=live)


def _left_by_a_person(tx: Tx, message: Message, order: Order) -> bool:
    """Return whether somebody moved the order on after the message was claimed, when nothing could take it back.

    A timer's move does not count: what was released before it in the same run goes, as if both had been on time.
    """
    if message.step is None or message.step == order.step or message.entry == order.entry:
        return False
    table = table_of(OrderAction)
    moves = select(table.c.id).where(
        table.c.order_id == order.id,
        table.c.from_step == message.step,
        table.c.to_step != message.step,
        table.c.recorded_at >= message.made_at,
        table.c.staff_id.is_not(None),
    )
    return tx.scalar(moves.limit(1)) is not None


def hold(shop: Shop, tx: Tx, message: Message, template: Template | None, at: datetime) -> Permit | None:
    """Return what puts a message off at a moment though it may go: quiet hours or a cap."""
    quiet = quiet_until(shop, message, template, at)
    if quiet is not None:
        return quiet
    try:
        capped = capped_until(shop, tx, message, at)
    except (Exception, SystemExit) as cause:  # a trade's fault: nobody gets more than the trade may have meant
        return Permit("held", because("remind.plugin", why=fault_of(cause)), at + ASK_AGAIN)
    if capped is None:
        return None
    reason, until = capped
    return Permit("held", Reason(reason.ref, {**reason.facts, "until": local(shop, until)}), until)


def quiet_until(shop: Shop, message: Message, template: Template | None, at: datetime) -> Permit | None:
    """Return the hold of a message that would reach a customer in the quiet hours, ``None`` outside them."""
    if message.staff_id is not None or message.purpose == "safety" or (template is not None and template.any_hour):
        return None
    until = end_of_quiet(shop, at)
    return Permit("held", because("remind.quiet-hours", until=local(shop, until)), until) if until is not None else None


def end_of_quiet(shop: Shop, at: datetime) -> datetime | None:
    """Return when the quiet hours that ``at`` lies in are over; the start is quiet, the end is not."""
    start, end = (time.fromisoformat(t) for t in shop.settings.get("core.quiet_hours"))
    here = at.astimezone(shop.zone)
    clock = here.time().replace(second=0, microsecond=0)
    quiet = start <= clock < end if start <= end else clock >= start or clock < end
    if not quiet or start == end:
        return None
    until = instant(here.date(), end, shop.zone)
    return until if until > at else instant(here.date() + timedelta(days=1), end, shop.zone)


def local(shop: Shop, at: datetime) -> str:
    """Return an instant as the shop writes it."""
    return at.astimezone(shop.zone).strftime("%Y-%m-%d %H:%M")
