"""The counter of a package. Two tablets cannot overdraw it: whoever uses a card locks its row and counts again."""

from __future__ import annotations

from dataclasses import dataclass

from serviceflow.api import Case, Order, Refuse, Refused, T, Tx, half_up, plain, table_of

from serviceflow_beauty.tables import BeautyPackage, BeautyUse

FLOW = "beauty-package"


@dataclass(frozen=True, slots=True)
class Count:
    """Sessions of a package that were bought, given and used; ``left`` is never below 0."""

    paid: int
    gift: int
    used_paid: int
    used_gift: int

    @property
    def paid_left(self) -> int:
        return self.paid - self.used_paid

    @property
    def left(self) -> int:
        return self.paid_left + self.gift - self.used_gift


def count(tx: Tx, card: BeautyPackage) -> Count:
    """Return how a package stands."""
    table = table_of(BeautyUse)
    uses = [u.kind for u in tx.all(BeautyUse, table.c.package_id == card.order_id, table.c.undone.is_(False))]
    return Count(card.paid_sessions, card.gift_sessions, uses.count("paid"), uses.count("gift"))


def refund(card: BeautyPackage, stand: Count, fee_pct: int) -> int:
    """Return what is paid back, in fen: what was paid for the sessions left, less a fee, half up; gifts lapse."""
    return half_up(card.paid * stand.paid_left * (100 - fee_pct), card.paid_sessions * 100)


def card_named(tx: Tx, number: str) -> tuple[Order, BeautyPackage] | None:
    """Return the package of a number."""
    order = tx.one(Order, table_of(Order).c.number == number, table_of(Order).c.flow == FLOW)
    return (order, tx.need(BeautyPackage, order.id)) if order is not None else None


def usable(case: Case, order: Order, card: BeautyPackage, treatment: str | None) -> Refuse | None:
    """Refuse a card that is used up, frozen, expired, another treatment's or another guest's (BEA-6)."""
    good = (
        order.step == "active"
        and card.customer_id == case.order.customer_id
        and card.treatment == treatment
        and card.starts_on <= case.today <= card.expires_on
        and count(case.tx, card).left > 0
    )
    return None if good else no_session(order.number)


def no_session(number: str) -> Refuse:
    """Return BEA-6."""
    return Refuse(
        T("No session left on {n}.", zh="{n} 没有可用次数。").of(n=number),
        plain("flow beauty packages"),
        ref="BEA-6",
    )


def card_for(case: Case, treatment: str) -> tuple[Order, BeautyPackage] | None:
    """Return the guest's package of a treatment that expires first."""
    table = table_of(BeautyPackage)
    cards = case.tx.all(
        BeautyPackage,
        table.c.customer_id == case.order.customer_id,
        table.c.treatment == treatment,
        order_by=[table.c.expires_on, table.c.order_id],
    )
    for card in cards:
        order = case.tx.need(Order, card.order_id)
        if usable(case, order, card, treatment) is None:
            return order, card
    return None


def use(case: Case, package_id: int, session_id: int) -> None:
    """Take one session, paid before gift; what follows of the count happens to the package's own order.

    Raises:
        Refused: Somebody was faster (BEA-6).
    """
    card = case.tx.need(BeautyPackage, package_id, lock=True)
    package = case.again(order=case.tx.need(Order, package_id))
    stand = count(case.tx, card)
    if stand.left <= 0 or package.order.step != "active":
        refuse = no_session(package.order.number)
        raise Refused(refuse.sentence, refuse.way_out, ref=refuse.ref)
    kind = "paid" if stand.paid_left > 0 else "gift"
    case.tx.add(BeautyUse(package_id=package_id, session_id=session_id, kind=kind, at=case.now))
    package.act("use-last" if stand.left == 1 else "use")
