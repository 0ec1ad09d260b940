"""Papers of cards, referrals and letters."""

from __future__ import annotations

from typing import Any

from serviceflow.api import Case, Customer, Document, Order, Shop, T, Tx, table_of

from serviceflow_studio import cards
from serviceflow_studio.cards import CARD_STATES
from serviceflow_studio.letters import letter
from serviceflow_studio.papers.common import sheet
from serviceflow_studio.tables import StudioCard, StudioReferral
from serviceflow_studio.waves import read_levels

GIFT = ("referrer", "card_no", "friend", "case_no", "level", "gift", "method", "referrals", "booked_at", "secondary")


def gift(referral: Case, form: Any) -> dict[str, Any]:
    """Who brought whom, and what it brings."""
    mine = referral.own(StudioReferral)
    friend = referral.tx.need(Order, mine.case_id)
    table = table_of(Order)
    count = referral.tx.all(
        Order,
        table.c.flow == referral.flow.key,
        table.c.customer_id == referral.order.customer_id,
        table.c.step != "void",
    )
    return {
        "referrer": referral.customer.name,
        "card_no": mine.card_no,
        "friend": referral.tx.need(Customer, friend.customer_id).name,
        "case_no": friend.number,
        "level": cards.level_of(referral, referral.order.customer_id).title,
        "gift": mine.gift,
        "method": form.method,
        "referrals": len(count),
        "booked_at": referral.anchor("booked_at") or "",
        "secondary": form.secondary_card_no or "",
    }


def register(shop: Shop, tx: Tx) -> dict[str, Any]:
    """Every card with its owner, level, secondary cards and referrals."""
    ladder = {level.code: level.title for level in read_levels(shop.setting("studio.referral.levels"))}
    all_cards, orders = tx.all(StudioCard), table_of(Order)
    rows = []
    for card in all_cards:
        referrals = tx.all(
            Order, orders.c.flow == "studio-referral", orders.c.customer_id == card.customer_id, orders.c.step != "void"
        )
        rows.append(
            {
                "card_no": card.card_no,
                "level": ladder.get(card.level, T(card.level, zh=card.level)),
                "owner": tx.need(Customer, card.customer_id).name,
                "issued": shop.local_day(card.issued_at),
                "parent": card.parent_card or "",
                "secondary": ", ".join(c.card_no for c in all_cards if c.parent_card == card.card_no),
                "referrals": len(referrals),
                "state": CARD_STATES[card.state],
            }
        )
    return {"cards": rows}


def _paper(key: str, title: T, template: str, **more: Any) -> Document:
    return Document(key, title, sheet(template), GIFT, gift, paper="A5", **more)


DOCUMENTS: tuple[Document, ...] = (
    _paper("reimbursement-slip", T("Reimbursement slip", zh="回门报销表"), "reimbursement", series="RB{n:04}"),
    _paper("referral-statistics", T("Referral statistics sheet", zh="回门资料统计表"), "referral_statistics"),
    _paper("service-card", T("Customer service card", zh="客户服务卡"), "service_card", audience="customer"),
    Document(
        "letter",
        T("Letter", zh="信函"),
        sheet("letter"),
        ("name", "address", "words"),
        letter,
        paper="A5",
        audience="customer",
    ),
    Document(
        "member-register",
        T("Love card member register", zh="尊荣爱情卡会员资料登记表"),
        sheet("member_register"),
        (
            "cards",
            "cards.card_no",
            "cards.level",
            "cards.owner",
            "cards.issued",
            "cards.parent",
            "cards.secondary",
            "cards.referrals",
            "cards.state",
        ),
        paper="A4 landscape",
    ),
)
