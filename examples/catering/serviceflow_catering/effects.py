"""What the actions of a visit write."""

from __future__ import annotations

from typing import Any

from serviceflow.api import Case, T

from serviceflow_catering import seating
from serviceflow_catering.complaints import complain
from serviceflow_catering.forms import Book, Pay, Problem, Seat, Serve, Solve, TakeOrder, Thank
from serviceflow_catering.rules import awaited, open_problems
from serviceflow_catering.tables import CatDish, CatProblem, CatProfile, CatVisit
from serviceflow_catering.words import DANGEROUS

CHASE, CHASE_FIRST, SOLVE = "cat-chase", "cat-chase-first", "cat-solve"


def note_visit(case: Case, form: Book) -> None:
    """Keep the visit, and hold its table."""
    assert case.customer.id is not None
    case.tx.add(
        CatVisit(
            order_id=case.order_id,
            customer_id=case.customer.id,
            table_code=form.table,
            party=form.party,
            starts_at=form.starts_at,
        )
    )
    if form.table is not None:
        seating.take(case, form.table, form.starts_at)


def seat(case: Case, form: Seat) -> None:
    """Give the table to the guests now, and tell the waiter what they like."""
    seating.take(case, form.table, case.now)
    case.tx.change(case.own(CatVisit), table_code=form.table, seated_at=case.now)
    profile = case.tx.get(CatProfile, case.order.customer_id)
    if profile is not None:
        case.notes.lines.append(
            T("likes {likes} · tastes {tastes} · never {never}", zh="喜欢 {likes} · 口味 {tastes} · 忌 {never}").of(
                likes=_joined(profile.likes), tastes=_joined(profile.tastes), never=_joined(profile.allergens)
            )
        )


def _joined(words: list[str]) -> str:
    return ", ".join(words) or "-"


def free_table(case: Case, form: Any) -> None:
    """Give the table back."""
    seating.free(case)


def profile_of(case: Case) -> CatProfile:
    """Return what is known of the guest, beginning a page when there is none."""
    assert case.customer.id is not None
    found = case.tx.get(CatProfile, case.customer.id)
    return found or case.tx.add(CatProfile(customer_id=case.customer.id))


def take_order(case: Case, form: TakeOrder) -> None:
    """Note the dishes and the tastes."""
    lines = [{"code": code, "qty": qty, "served_at": None} for code, qty in form.dishes]
    case.tx.change(case.own(CatVisit), dishes=lines)
    if form.tastes:
        profile = profile_of(case)
        case.tx.change(profile, tastes=sorted({*profile.tastes, *form.tastes}))


def _named(case: Case, codes: list[str]) -> dict[str, dict[str, Any]]:
    dishes = ((code, case.tx.need(CatDish, code)) for code in codes)
    return {code: {"dish": T(dish.name_en, zh=dish.name_zh)} for code, dish in dishes}


def first_dish(case: Case) -> dict[str, dict[str, Any]]:
    """Return the dish that comes first."""
    return _named(case, awaited(case.own(CatVisit).dishes)[:1])


def other_dishes(case: Case) -> dict[str, dict[str, Any]]:
    """Return the dishes after the first."""
    return _named(case, awaited(case.own(CatVisit).dishes)[1:])


def serve(case: Case, form: Serve) -> None:
    """Note the dish, and let nobody chase it."""
    visit = case.own(CatVisit)
    lines = [dict(line) for line in visit.dishes]
    line = next(line for line in lines if line["code"] == form.dish and line["served_at"] is None)
    line["served_at"] = case.now.isoformat()
    case.tx.change(visit, dishes=lines)
    case.close_tasks(CHASE, CHASE_FIRST, subject=form.dish)


def note_problem(case: Case, form: Problem) -> None:
    """Keep the problem; what is dangerous becomes a complaint at once."""
    case.tx.add(
        CatProblem(
            order_id=case.order_id, kind=form.kind, dish=form.dish, at=case.now, remedy=form.remedy, cost=form.cost
        )
    )
    if form.kind in DANGEROUS:
        complain(case, "safety", about=form.kind)


def solve(case: Case, form: Solve) -> None:
    """Close the oldest problem; who is not happy complains."""
    problem = open_problems(case)[0]
    case.tx.change(problem, solved_at=case.now, happy=form.happy)
    case.close_tasks(SOLVE, first=True)
    if not form.happy:
        complain(case, "attitude" if problem.kind == "service" else "quality", about=problem.kind)


def pay(case: Case, form: Pay) -> None:
    """Keep bill and payment."""
    case.tx.change(case.own(CatVisit), bill=form.bill, paid=form.paid)
    case.change(amount=form.paid)


def thank(case: Case, form: Thank) -> None:
    """Remember what the guest liked; the table is free."""
    seating.free(case)
    case.tx.change(case.own(CatVisit), comment=form.comment)
    if form.liked or form.disliked:
        profile = profile_of(case)
        liked = ({*profile.likes} | {*form.liked}) - {*form.disliked}
        case.tx.change(profile, likes=sorted(liked), dislikes=sorted({*profile.dislikes, *form.disliked} - liked))
