"""Offers of a case: made once, used, reopened, lapsed. Source: studio.md section 5.3."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

from serviceflow.api import Case, Recipient, T, format_money, main_contact, table_of

from serviceflow_studio.ledger import OFFER, drop_lines, due_total, let_off
from serviceflow_studio.prices import reopened_state
from serviceflow_studio.tables import StudioOffer

TITLES = {
    "surprise": T("Surprise offer", zh="惊喜优惠"),
    "shoot-15": T("Shoot soon", zh="限期拍摄优惠"),
    "pay-full": T("Pay in full", zh="付清优惠"),
    "best": T("Better plan", zh="最优方案"),
}
URGING = ("shoot-15", "pay-full", "best")
"""Offers that do not add up: at most one of them per case."""
BY_SHOOTING = ("shoot-15", "best")
"""Offers that a shoot date inside their validity uses."""
BY_PAYING = {"pay-full": TITLES["pay-full"], "best": TITLES["best"]}
"""Offers that paying the whole balance uses."""
STATES = {
    "open": T("open", zh="有效"),
    "used": T("used", zh="已用"),
    "expired": T("expired", zh="已过期"),
    "closed": T("closed", zh="已关闭"),
    "none": T("not made", zh="未提供"),
}


def offer_of(case: Case, kind: str) -> StudioOffer | None:
    """Return the case's offer of a kind."""
    return case.tx.one(
        StudioOffer, table_of(StudioOffer).c.order_id == case.order_id, table_of(StudioOffer).c.kind == kind
    )


def newest(case: Case) -> StudioOffer | None:
    """Return the offer that was made last."""
    return max(case.rows(StudioOffer), key=lambda offer: offer.id or 0, default=None)


def offered(kind: str) -> Callable[[Case], list[Recipient]]:
    """Return the main contact, told of the offer of a kind."""

    def to(case: Case) -> list[Recipient]:
        offer = offer_of(case, kind)
        if offer is None:
            return []
        told = {
            "benefit": offer.benefit,
            "valid_until": offer.valid_until.isoformat(),
            "amount_off": format_money(offer.amount_off),
        }
        return [replace(main_contact(case), facts=told)]

    return to


def covering(offers: Iterable[StudioOffer], kinds: Iterable[str], on: date) -> StudioOffer | None:
    """Return the open offer that covers a day; of several the one that takes most off."""
    open_ones = [o for o in offers if o.kind in kinds and o.state == "open" and on <= o.valid_until]
    return max(open_ones, key=lambda offer: offer.amount_off, default=None)


def make(case: Case, kind: str, *, benefit: str, amount_off: int, valid_until: date) -> StudioOffer:
    """Offer something, open until the end of a day."""
    offer = case.tx.add(
        StudioOffer(
            order_id=case.order_id,
            kind=kind,
            benefit=benefit,
            amount_off=amount_off,
            sent_on=case.today,
            valid_until=valid_until,
        )
    )
    if kind == "surprise":
        case.set_anchor("surprise_until_on", valid_until)
    watch(case)
    return offer


def use(case: Case, offer: StudioOffer, by: str) -> None:
    """Take the offer off the price; the others that do not add up to it are closed.

    Args:
        by: What used it: ``plan``, ``pay`` or ``shoot``.
    """
    off = min(offer.amount_off, max(due_total(case), 0))
    let_off(case, offer.kind, TITLES[offer.kind], OFFER, off)
    case.tx.change(offer, state="used", used_by=by)
    if offer.kind in URGING:
        for other in case.rows(StudioOffer):
            if other.kind in URGING and other.state == "open":
                case.tx.change(other, state="closed")
    watch(case)


def unuse(case: Case, offer: StudioOffer) -> None:
    """Put the price back; the offer is open again while it is valid. What it closed stays closed."""
    drop_lines(case, OFFER, offer.kind)
    case.tx.change(offer, state=reopened_state(offer.valid_until, case.today))
    watch(case)


def settle_by_shoot(case: Case, shoot_on: date | None) -> None:
    """Use the offer that a shoot date covers, or put back one that it no longer does."""
    mine = case.rows(StudioOffer)
    for offer in mine:
        if offer.state == "used" and offer.used_by == "shoot" and (shoot_on is None or shoot_on > offer.valid_until):
            unuse(case, offer)
    if shoot_on is None or any(o.kind in URGING and o.state == "used" for o in mine):
        return
    offer_now = covering(mine, BY_SHOOTING, shoot_on)
    if offer_now is not None and case.today <= offer_now.valid_until:
        use(case, offer_now, "shoot")


def end(case: Case, kinds: Iterable[str], state: str) -> None:
    """Give the open offers of these kinds another state."""
    for offer in case.rows(StudioOffer):
        if offer.kind in kinds and offer.state == "open":
            case.tx.change(offer, state=state)
    watch(case)


def lapse(case: Case) -> None:
    """Let the open offers that are no longer valid on the day of the event expire."""
    for offer in case.rows(StudioOffer):
        if offer.state == "open" and offer.valid_until < case.today:
            case.tx.change(offer, state="expired")
    watch(case)


def watch(case: Case) -> None:
    """Keep the anchor that the lapse of offers hangs on: the last day of the open offer that ends first."""
    open_ones = [o.valid_until for o in case.rows(StudioOffer) if o.state == "open"]
    case.set_anchor("offer_until_on", min(open_ones, default=None))
