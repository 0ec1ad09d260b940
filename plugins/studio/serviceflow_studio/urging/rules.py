"""Guards between the deposit and the shoot."""

from __future__ import annotations

from serviceflow.api import Case, Guard, Need, Refuse, T, Verdict, format_money, plain

from serviceflow_studio import cards, ledger, roles
from serviceflow_studio.offers import STATES, offer_of
from serviceflow_studio.shoot import sessions
from serviceflow_studio.tables import StudioCard, StudioCase
from serviceflow_studio.urging import forms

OFF_SETTINGS = {"shoot-15": "studio.urge.shoot_off", "pay-full": "studio.urge.full_off", "best": "studio.urge.best_off"}
"""Setting that holds the usual amount off, by kind of offer."""


def refund_limit(amount: int, most: int, least: int = 0) -> Refuse | None:
    """Refuse a refund above what may be given back."""
    if least <= amount <= most:
        return None
    return Refuse(
        T("Refund at most {max}.", zh="最多可退{max}元。").of(max=format_money(max(most, 0))),
        plain("amount={max}").of(max=format_money(most)) if most > 0 else None,
    )


def offer_fits(state: str, amount: int, owed: int, amount_off: int) -> Refuse | None:
    """Refuse an offer that is not open, or a payment that is not the balance less the offer."""
    wanted = owed - amount_off
    if state == "open" and amount == wanted:
        return None
    return Refuse(
        T("Offer is {state}, or amount must be {amount}.", zh="该优惠已用过或金额应为{amount}。").of(
            state=STATES[state], amount=format_money(wanted)
        ),
        plain("amount={amount}").of(amount=format_money(wanted)) if state == "open" else None,
    )


def _card_new(case: Case, form: forms.GivePack) -> Verdict:
    if case.tx.get(StudioCard, form.card_no) is None:
        return None
    return Refuse(T("Card {no} is already issued.", zh="爱情卡{no}已发出。").of(no=form.card_no), cards.ANOTHER)


def pack_given(case: Case, form: object) -> Verdict:
    """Refuse while the pack and love card have not been handed over."""
    if case.own(StudioCase).pack_given_at is not None:
        return None
    return Refuse(
        T("Hand over the pack and love card first.", zh="请先交付资料袋与爱情卡。"),
        plain(f"flow do {case.order.number} give-pack card_no= explained=yes"),
    )


def _offer_amount(case: Case, form: forms.MakeOffer) -> Verdict:
    usual = case.number(OFF_SETTINGS[form.kind])
    if form.amount_off is None or form.amount_off <= usual:
        return None
    return Need(
        roles.BY_SUPERVISOR,
        T("{off} off, more than {most}", zh="减{off}, 超过{most}").of(
            off=format_money(form.amount_off), most=format_money(usual)
        ),
    )


def _offer_fits(case: Case, form: forms.Pay) -> Verdict:
    if form.offer is None:
        return None
    offer = offer_of(case, form.offer)
    state = (
        "none"
        if offer is None
        else "expired"
        if case.today > offer.valid_until and offer.state == "open"
        else (offer.state)
    )
    return offer_fits(state, form.amount, ledger.balance(case), offer.amount_off if offer else 0)


def _refund_limit(case: Case, form: forms.Refund | forms.CancelCase) -> Verdict:
    """A cancelled case may get back what was paid, a running one its credit."""
    if isinstance(form, forms.CancelCase):
        return refund_limit(form.refund, ledger.paid_total(case))
    return refund_limit(form.amount, -ledger.balance(case), least=1)


def _cancel_signed(case: Case, form: forms.CancelCase) -> Verdict:
    if form.refund:
        return Need(
            roles.MANAGER_THEN_FINANCE, T("refund {amount}", zh="退款 {amount} 元").of(amount=format_money(form.refund))
        )
    return Need(roles.BY_MANAGER, T("cancelled without refund", zh="取消且不退款"))


def best_offer_due(case: Case) -> bool:
    """Return whether the better plan is to be offered: money is owed, nothing shot, and it was never offered before."""
    return ledger.balance(case) > 0 and not sessions.anything_shot(case) and offer_of(case, "best") is None


CARD_NEW = Guard("card-new", _card_new)
PACK_GIVEN = Guard("pack-given", pack_given, early=True)
OFFER_AMOUNT = Guard("offer-amount", _offer_amount, needs=(roles.BY_SUPERVISOR,))
OFFER_FITS = Guard("offer-fits", _offer_fits)
REFUND_LIMIT = Guard("refund-limit", _refund_limit)
CANCEL_SIGNED = Guard("cancel-signed", _cancel_signed, needs=(roles.BY_MANAGER, roles.MANAGER_THEN_FINANCE))
