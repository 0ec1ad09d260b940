"""Love cards and their levels. Source: studio.md sections 3 and 4.5."""

from __future__ import annotations

from collections.abc import Sequence

from serviceflow.api import Case, T, plain, table_of

from serviceflow_studio.tables import StudioCard
from serviceflow_studio.waves import Level, read_levels

CARD_STATES = {"active": T("active", zh="有效"), "lost": T("lost", zh="遗失"), "void": T("void", zh="作废")}
KNOWN = plain("flow studio card")
"""Way out of a card that cannot be used."""
ANOTHER = T("Hand out the next card; those in use: flow studio card", zh="请换一张新卡; 已发的卡: flow studio card")
"""Way out of a card that was handed out before."""


def levels(case: Case) -> list[Level]:
    """Return the shop's card levels, lowest first."""
    return read_levels(case.setting("studio.referral.levels"))


def level_for(ladder: Sequence[Level], referrals: int) -> Level:
    """Return the highest level that so many referrals reach."""
    return [level for level in ladder if level.referrals <= referrals][-1]


def rank(ladder: Sequence[Level], code: str) -> int:
    """Return the place of a level in the ladder; a level the shop no longer has counts as the lowest."""
    return next((n for n, level in enumerate(ladder) if level.code == code), 0)


def level_of(case: Case, customer_id: int | None) -> Level:
    """Return a customer's level: the highest of the cards, the lowest of the ladder without any."""
    ladder = levels(case)
    cards = case.tx.all(StudioCard, table_of(StudioCard).c.customer_id == customer_id)
    return ladder[max((rank(ladder, card.level) for card in cards), default=0)]


def issue(case: Case, card_no: str, *, parent: str | None = None) -> StudioCard:
    """Issue a card to the case's customer, at the customer's level."""
    customer_id = case.customer.id
    assert customer_id is not None
    return case.tx.add(
        StudioCard(
            card_no=card_no,
            customer_id=customer_id,
            level=level_of(case, customer_id).code,
            issued_at=case.now,
            parent_card=parent,
        )
    )
