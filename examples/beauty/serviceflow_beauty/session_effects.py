"""What the actions of a session write."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from serviceflow.api import Case, Refused, T

from serviceflow_beauty import card, care
from serviceflow_beauty.complaints import tell
from serviceflow_beauty.forms import Book, Consult, Farewell, Finish, Plan, Start, Stop, WalkIn, Welcome
from serviceflow_beauty.tables import BeautyProfile, BeautySession, BeautyTreatment


def note_session(case: Case, form: Book) -> None:
    """Keep what was booked."""
    assert case.customer.id is not None
    person = care.therapist(case, form.therapist) if form.therapist else None
    case.tx.add(
        BeautySession(
            order_id=case.order_id,
            customer_id=case.customer.id,
            starts_at=form.starts_at or case.now,
            treatment=form.treatment,
            therapist_id=person.id if person is not None else None,
            locker=form.locker if isinstance(form, WalkIn) else None,
        )
    )


def welcome(case: Case, form: Welcome) -> None:
    """Give a locker, and note that the guest came."""
    case.tx.change(case.own(BeautySession), locker=form.locker, starts_at=case.now)
    case.log("到店护理")


def consult(case: Case, form: Consult) -> None:
    """Keep the form on the guest's page."""
    page = case.tx.need(BeautyProfile, case.order.customer_id)
    if form.unchanged:
        return
    past = [*page.past_treatments, *(row for row in form.past if row not in page.past_treatments)]
    case.tx.change(
        page, skin=form.skin, allergies=form.allergies, pregnant=form.pregnant, products_used=form.products_used,
        reaction=form.reaction, drink=form.drink or page.drink, past_treatments=past, form_on=case.today,
    )  # fmt: skip


def plan(case: Case, form: Plan) -> None:
    """Keep the treatment, and the package (the one that ends first, unless another is named) or the price."""
    found = care.card_of(case, form)
    case.tx.change(
        case.own(BeautySession), treatment=form.treatment, package_id=found[1].order_id if found else None,
        price=form.price or 0,
    )  # fmt: skip


def start(case: Case, form: Start) -> None:
    """Note who treats, and until when."""
    session = case.own(BeautySession)
    person = care.therapist(case, form.therapist)
    assert person is not None
    case.tx.change(session, therapist_id=person.id, starts_at=case.now)
    minutes = case.tx.need(BeautyTreatment, session.treatment).minutes
    case.set_anchor("treated_until", case.now + timedelta(minutes=minutes))


def finish(case: Case, form: Finish) -> None:
    """Use one session of the package, unless it is paid singly after all."""
    session = case.own(BeautySession)
    if form.singly:
        price = case.tx.need(BeautyTreatment, session.treatment).price
        case.tx.change(session, package_id=None, price=price)
    elif session.package_id is not None:
        card.use(case, session.package_id, case.order_id)


def stop(case: Case, form: Stop) -> None:
    """Use no session; a reaction is a complaint about safety."""
    case.tx.change(case.tx.need(BeautyProfile, case.order.customer_id), reaction=form.reaction)
    what = T("reaction: {r}", zh="反应: {r}").of(r=form.reaction)
    tell(case, "complaint.wanted", what, category="safety", level=3, injury=True, about=form.first_aid)


def farewell(case: Case, form: Farewell) -> None:
    """Give back shoes and locker, book the next session, register what was sold, invite to a survey."""
    session = case.own(BeautySession)
    case.tx.change(session, locker=None, home_care=form.home_care, sold=form.sold)
    case.notes.lines.append(T("Give the guest the shoes back.", zh="请归还顾客鞋子。"))
    if form.next_at is not None:
        case.open_other(
            "beauty-session", session.customer_id,
            {"starts_at": form.next_at, "treatment": session.treatment, "therapist": None},
        )  # fmt: skip
    for n, (product, qty) in enumerate(form.sold):
        batch = form.batches[n] if n < len(form.batches) else ""
        what = T("sold {p} x {n}", zh="售出 {p} x {n}").of(p=product, n=qty)
        tell(case, "sale.made", what, product=product, qty=qty, batch=batch)
    tell(case, "survey.wanted", T("invitation to a survey", zh="满意度调查邀请"))


def deduct(case: Case, form: Any) -> None:
    """Use a session for a late cancel or a no-show, where the salon has it so."""
    session = case.own(BeautySession)
    late = timedelta(hours=case.number("bea.late_cancel_hours"))
    if not case.setting("bea.deduct_late") or case.now < session.starts_at - late or session.treatment is None:
        return
    found = card.card_for(case, session.treatment)
    if found is not None:
        try:
            card.use(case, found[1].order_id, case.order_id)
        except Refused as gone:
            case.notes.warnings.append(gone.sentence)
