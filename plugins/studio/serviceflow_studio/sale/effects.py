"""What the sale's actions write."""

from __future__ import annotations

from serviceflow.api import Case, T, add_contact, format_money, instant_of, set_date

from serviceflow_studio import ledger, offers
from serviceflow_studio.fields import read_person
from serviceflow_studio.persons import add_person, profile_of
from serviceflow_studio.sale import forms
from serviceflow_studio.sale.rules import active_package, active_price
from serviceflow_studio.tables import StudioCase

WIN_BACK = ("win-back-call", "expect-return")
"""Tasks that end when the customer is back or lost."""
WIN_BACK_MESSAGES = ("not-closed-sms", "surprise-letter")


def arrive(case: Case, form: forms.Arrive) -> None:
    """Write the intake sheet: case, people, wedding date."""
    case.tx.add(StudioCase(order_id=case.order_id, want=form.want or "", budget=form.budget, card_no=form.card_no))
    customer_id = case.customer.id
    assert customer_id is not None
    for who, named in (("bride", form.bride), ("groom", form.groom), ("guest", form.guests)):
        for typed in named or ():
            add_person(case.tx, customer_id, read_person(typed), who)
    profile = profile_of(case.tx, customer_id)
    case.tx.change(
        profile,
        heard_from=form.heard_from or profile.heard_from,
        first_consultant_id=profile.first_consultant_id or case.order.owner_id,
    )
    if form.wedding_date:
        _wedding(case, form)
    case.issue("intake-sheet")


def _wedding(case: Case, form: forms.Arrive | forms.Begin) -> None:
    assert case.customer.id is not None
    case.tx.change(profile_of(case.tx, case.customer.id), wedding_date=form.wedding_date)
    if form.wedding_date:
        set_date(case.tx, case.customer, "wedding", form.wedding_date)


def begin(case: Case, form: forms.Begin) -> None:
    """Note what the customer wants; what the intake sheet said stays unless said anew."""
    mine = case.own(StudioCase)
    case.tx.change(
        mine, category=form.category, budget=form.budget or mine.budget, card_no=form.card_no or mine.card_no
    )
    if form.wedding_date:
        _wedding(case, form)


def note_card(case: Case, form: forms.NoteCard) -> None:
    """Note the referral card that was shown."""
    case.tx.change(case.own(StudioCase), card_no=form.card_no)


def present(case: Case, form: forms.Present) -> None:
    """Warn, the first time, when the presentation did not begin with the signature package."""
    mine = case.own(StudioCase)
    if mine.first_shown is not None or not form.packages:
        return
    case.tx.change(mine, first_shown=form.packages[0])
    package = active_package(case, form.packages[0])
    if package is not None and not package.signature:
        case.notes.warnings.append(
            T("Begin with the signature package, not with {code}.", zh="请从招牌套系讲起, 而不是 {code}。").of(
                code=package.code
            )
        )


def compare(case: Case, form: forms.Compare) -> None:
    """Show how the two packages differ, row by row."""
    for line in comparison(case, form.package_a, form.package_b):
        case.notes.lines.append(line)
    case.issue("comparison-sheet", form)


def comparison(case: Case, *codes: str) -> list[T]:
    """Return the rows of the comparison sheet."""
    from serviceflow_studio.catalogue import piece_code

    packages = [p for code in codes if (p := active_package(case, code)) is not None]
    rows: list[tuple[T, list[str]]] = [
        (forms.PACKAGE, [p.code for p in packages]),
        (forms.PRICE, [format_money(p.list_price) for p in packages]),
        (T("Outfits", zh="造型"), [str(len(p.outfits)) for p in packages]),
        (T("Photos", zh="张数"), [str(p.included_photos) for p in packages]),
        (
            T("Pieces", zh="相件"),
            [" ".join(f"{piece_code(made)}×{made['qty']}" for made in p.pieces) for p in packages],
        ),
    ]
    return [
        T("{what}: {values}", zh="{what}: {values}").of(what=what, values=" | ".join(values)) for what, values in rows
    ]


def sign_plan(case: Case, form: forms.SignPlan) -> None:
    """Draw up plan sheet and estimate; the surprise letter takes its amount off."""
    package = active_package(case, form.package)
    assert package is not None
    case.tx.change(
        case.own(StudioCase),
        package=package.code,
        category=package.category,
        contract_price=form.price,
    )
    ledger.drop_lines(case, ledger.OPTION)
    for code, qty in form.options or ():
        price = active_price(case, code)
        assert price is not None
        ledger.add_line(case, price, qty, ledger.OPTION)
    offer = offers.offer_of(case, "surprise")
    if form.letter_shown and offer is not None and offers.covering([offer], ["surprise"], case.today):
        offers.use(case, offer, "plan")
    plan, estimate = case.issue("plan-sheet"), case.issue("estimate")
    case.tx.change(case.own(StudioCase), plan_no=plan.number, estimate_no=estimate.number)
    case.change(amount=ledger.due_total(case))


def void_plan(case: Case, form: object) -> None:
    """Take the plan sheet back; an offer it used is open again while valid."""
    if case.own(StudioCase).plan_no is None:
        return
    offer = offers.offer_of(case, "surprise")
    if offer is not None and offer.state == "used":
        offers.unuse(case, offer)
    ledger.drop_lines(case, ledger.OPTION)
    case.void_documents("plan-sheet", "estimate", reason=T("another package is chosen", zh="重选套系"))
    case.tx.change(case.own(StudioCase), contract_price=None, package=None, plan_no=None, estimate_no=None)
    case.change(amount=None)


def take_deposit(case: Case, form: forms.TakeDeposit) -> None:
    """Record the deposit under the invoice's number."""
    case.tx.change(case.own(StudioCase), invoice_no=form.invoice_no)
    ledger.pay(case, "deposit", form.amount, form.method, form.invoice_no)


def leave_undecided(case: Case, form: forms.LeaveUndecided) -> None:
    """Write the customer's part of the inquiry sheet and keep the contact."""
    for kind, typed in (("phone", form.phone), ("wechat", form.wechat)):
        if typed:
            add_contact(case.tx, case.customer, kind, typed)
    mine = case.own(StudioCase)
    case.tx.change(mine, want=form.want or mine.want, budget=form.budget or mine.budget)
    sheet = case.issue("inquiry-sheet")
    case.tx.change(mine, inquiry_no=sheet.number or mine.inquiry_no)
    case.log(form.customer_remark or "", outcome="undecided")


def hand_sheet(case: Case, form: forms.HandSheet) -> None:
    """Complete the inquiry sheet."""
    case.tx.change(case.own(StudioCase), objection=form.objection)
    case.issue("inquiry-sheet")
    case.log(form.true_reason, channel="note", outcome=form.objection)


def log_call(case: Case, form: forms.LogCall) -> None:
    """Write the call down and plan what follows from it."""
    case.log(form.note or "", channel="phone", outward=True, outcome=form.result)
    if form.next_at is not None and form.result in ("later", "no-answer"):
        case.add_task(
            "win-back-call",
            CALL_AGAIN,
            who="service",
            due=max(form.next_at, case.now),
            stays=True,
            closed_by=("log-call",),
        )
    if form.return_date is not None and form.result == "will-return":
        at = case.clock_time("studio.day.reminder_time")
        case.add_task(
            "expect-return",
            T("Expect the customer's return", zh="等候顾客回店"),
            who="consultant",
            due=max(instant_of(form.return_date, at, case.zone), case.now),
            stays=True,
            closed_by=("returns",),
        )


CALL_AGAIN = T("Win-back call", zh="回访电话")


def send_surprise(case: Case, form: forms.SendSurprise) -> None:
    """Make the offer that the letter carries."""
    from datetime import timedelta

    offers.make(
        case,
        "surprise",
        benefit=form.benefit,
        amount_off=form.amount_off,
        valid_until=case.today + timedelta(days=form.valid_days),
    )


def do_not_contact(case: Case, form: forms.Because) -> None:
    """Keep marketing away from the customer."""
    case.tx.change(case.customer, tags=sorted({*case.customer.tags, "no-marketing"}))


def stop_win_back(case: Case, form: object) -> None:
    """End the calls and letters that were to bring the customer back."""
    because = T("the customer is back or lost", zh="顾客已回店或流失")
    case.cancel_tasks(*WIN_BACK, reason=because)
    case.cancel_messages(*WIN_BACK_MESSAGES, reason=because)


def surprise_expired(case: Case, form: object) -> None:
    """Let the surprise offer expire."""
    offers.end(case, ["surprise"], "expired")


def sheet_overdue(case: Case, form: object) -> None:
    """Tell the supervisor once that the inquiry sheet is missing."""
    case.alert(
        "sheet-overdue",
        T("Inquiry sheet of {no} is overdue", zh="{no} 的咨商表逾期未交").of(no=case.order.number),
        who="supervisor",
    )
