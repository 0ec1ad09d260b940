"""How many messages one person may get: in an hour, in a day, and of marketing. Caps delay, they never drop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from serviceflow.clock import instant
from serviceflow.flow.trade import MarketingCap
from serviceflow.remind.outbox import MESSAGES, flying_to_the_same, sent_to_the_same
from serviceflow.remind.reasons import Reason, because
from serviceflow.store.tables import Customer, Message
from serviceflow.store.write import Tx

if TYPE_CHECKING:
    from serviceflow.app import Shop

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOURLY, DAILY = 3, 8
"""Most messages to one recipient in an hour and in a day."""
_MARKETING = (
    MESSAGES.c.customer_id == bindparam("customer"),
    MESSAGES.c.purpose == "marketing",
    MESSAGES.c.staff_id.is_(None),
    MESSAGES.c.id != bindparam("self"),
)
_MARKETING_SENT = (
    select(MESSAGES.c.sent_at)
    .where(*_MARKETING, MESSAGES.c.state == "sent", MESSAGES.c.sent_at >= bindparam("since"))
    .order_by(MESSAGES.c.sent_at)
)
_MARKETING_FLYING = select(func.count()).where(*_MARKETING, MESSAGES.c.state.in_(("sending", "uncertain")))


def capped_until(shop: Shop, tx: Tx, message: Message, now: datetime) -> tuple[Reason, datetime] | None:
    """Return until when a message waits for a cap, and why; ``None`` when it may go."""
    if message.customer_id is None or message.staff_id is not None or message.purpose == "safety":
        return None
    waits = _by_number(tx, message, now)
    found = (because("remind.cap", recipient=message.recipient_name), max(waits)) if waits else None
    if message.purpose == "marketing":
        for cap in _caps(shop, tx, tx.need(Customer, message.customer_id)):
            at = _by_marketing(shop, tx, message, now, cap)
            if at is not None and (found is None or at > found[1]):
                facts = {"recipient": message.recipient_name, "most": cap.most, "days": cap.days}
                found = because("remind.marketing-cap", **facts), at
    return found


def _by_number(tx: Tx, message: Message, now: datetime) -> list[datetime]:
    """Return when each cap that is reached has room again; what is in flight counts as sent now."""
    sent = sent_to_the_same(tx, message, now - DAY)
    flying = flying_to_the_same(tx, message, now - 2 * DAY)
    waits = []
    for most, span in ((HOURLY, HOUR), (DAILY, DAY)):
        times = [at for at in sent if at > now - span] + [now for due in flying if due > now - 2 * span]
        if len(times) >= most:
            waits.append(times[len(times) - most] + span + timedelta(seconds=1))
    return waits


def _caps(shop: Shop, tx: Tx, customer: Customer) -> Iterator[MarketingCap]:
    """Yield what limits marketing to a customer: the shop's own setting and every trade's answer."""
    most = shop.settings.get("core.marketing_cap")
    if most:
        yield MarketingCap(most, shop.settings.get("core.marketing_days"))
    for trade in shop.plugins.all():
        cap = trade.marketing_cap(shop, tx, customer) if trade.marketing_cap is not None else None
        if cap is not None:
            yield cap


def _by_marketing(shop: Shop, tx: Tx, message: Message, now: datetime, cap: MarketingCap) -> datetime | None:
    """Return when the customer may get marketing again: at the start of the day on which the cap has room."""
    today = shop.local_day(now)
    if cap.most <= 0:
        return instant(today + timedelta(days=1), time(0), shop.zone)
    since = instant(today - timedelta(days=cap.days - 1), time(0), shop.zone)
    given = {"customer": message.customer_id, "self": message.id}
    sent = [row.sent_at for row in tx.bare.execute(_MARKETING_SENT, {**given, "since": since})]
    sent += [now] * int(tx.bare.execute(_MARKETING_FLYING, given).scalar() or 0)
    if len(sent) < cap.most:
        return None
    oldest = shop.local_day(sent[len(sent) - cap.most])
    return instant(oldest + timedelta(days=cap.days), time(0), shop.zone)
