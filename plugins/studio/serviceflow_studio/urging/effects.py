"""What happens between the deposit and the shoot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from serviceflow.api import Case, Recipient, T, format_money, main_contact

from serviceflow_studio import cards, ledger, offers
from serviceflow_studio.roles import CONSULTANT, SERVICE
from serviceflow_studio.sale.rules import active_package
from serviceflow_studio.tables import StudioCase
from serviceflow_studio.urging import forms
from serviceflow_studio.urging.rules import OFF_SETTINGS

URGE_TASKS = ("urge", "urge-call")


def booked_variant(case: Case) -> Sequence[Recipient]:
    """Return the main contact, told whether the shoot is today."""
    return [main_contact(case, "shoot-today" if case.order.outcome == "shoot-today" else "")]


def give_pack(case: Case, form: forms.GivePack) -> None:
    """Issue the love card and note that the pack was handed over."""
    cards.issue(case, form.card_no)
    case.tx.change(case.own(StudioCase), pack_given_at=case.now)
    for paper in ("reminder-card", "dress-vouchers", "love-card"):
        case.issue(paper, form)
    for what, given in ((T("vouchers", zh="礼服券"), form.vouchers), (T("gifts", zh="赠品"), form.gifts)):
        if given:
            case.notes.lines.append(T("{what}: {given}", zh="{what}: {given}").of(what=what, given=given))


def log_urge(case: Case, form: forms.LogUrge) -> None:
    """Write the urging register; the earliest open urging is done, the next one is planned."""
    case.close_tasks(*URGE_TASKS, result=form.result, first=True)
    case.log(form.note or "", channel="phone", outward=True, outcome=form.result)
    if form.next_at is not None:
        case.add_task(
            "urge-call",
            URGE_CALL,
            who=CONSULTANT if case.order.step == "booked" else SERVICE,
            due=max(form.next_at, case.now),
        )


URGE_CALL = T("Urge to fix a shoot date", zh="催拍电话")


def make_offer(case: Case, form: forms.MakeOffer) -> None:
    """Offer something off for a shoot or payment within some days."""
    off = form.amount_off if form.amount_off is not None else case.number(OFF_SETTINGS[form.kind])
    offers.make(
        case,
        form.kind,
        benefit=form.benefit or str(offers.TITLES[form.kind]),
        amount_off=off,
        valid_until=case.today + timedelta(days=case.number("studio.urge.offer_days")),
    )


def best_offer(case: Case, form: object) -> None:
    """Offer the better plan; the other offers that do not add up to it are closed."""
    offers.end(case, ["shoot-15", "pay-full"], "closed")
    offers.make(
        case,
        "best",
        benefit="",
        amount_off=case.number("studio.urge.best_off"),
        valid_until=case.today + timedelta(days=case.number("studio.urge.best_valid_days")),
    )


def newest_offer_is(kind: str) -> Callable[[Case], bool]:
    """Return the condition that the offer made last is of a kind."""

    def holds(case: Case) -> bool:
        newest = offers.newest(case)
        return newest is not None and newest.kind == kind

    return holds


def pay(case: Case, form: forms.Pay) -> None:
    """Record a payment; an offer it uses is taken off first."""
    offer = offers.offer_of(case, form.offer) if form.offer else None
    if offer is not None:
        offers.use(case, offer, "pay")
    kind = "balance" if case.anchor("list_signed_at") is None else "extras"
    ledger.pay(case, kind, form.amount, form.method)
    if ledger.balance(case) <= 0:
        case.cancel_messages("urge-pay-full", reason=T("paid in full", zh="已付清"))
    case.change(amount=ledger.due_total(case))


def refund_credit(case: Case, form: forms.Refund) -> None:
    """Pay a credit back."""
    ledger.pay(case, "refund", form.amount, form.method)


def change_package(case: Case, form: forms.ChangePackage) -> None:
    """Draw up a new plan sheet."""
    package = active_package(case, form.package)
    assert package is not None
    case.tx.change(
        case.own(StudioCase),
        package=package.code,
        category=package.category,
        contract_price=form.price,
    )
    case.void_documents("plan-sheet", reason=T("package changed", zh="换套系"))
    case.tx.change(case.own(StudioCase), plan_no=case.issue("plan-sheet").number)
    case.change(amount=ledger.due_total(case))


def cancel_case(case: Case, form: forms.CancelCase) -> None:
    """Pay the agreed refund; the rest is retained."""
    if form.refund:
        ledger.pay(case, "refund", form.refund, form.method or "cash")
    case.notes.lines.append(T("retained: {kept}", zh="留存: {kept} 元").of(kept=format_money(ledger.paid_total(case))))


def cancel_everything(case: Case, form: object) -> None:
    """End every open task and unsent message of a cancelled case."""
    because = T("case cancelled", zh="订单已取消")
    case.cancel_tasks(reason=because)
    case.cancel_messages(reason=because)


def lapse(case: Case, form: object) -> None:
    """Let offers that are no longer valid expire."""
    offers.lapse(case)


def back_to(case: Case) -> str:
    """Return the step of a case that lost its shoot date (R-back)."""
    booked = case.anchor_day("booked_at")
    assert booked is not None
    within = case.today <= booked + timedelta(days=case.number("studio.urge.handover_days"))
    return "booked" if within else "urging"
