"""What is refused, and when. The ids are those of examples.md section 11."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from serviceflow.api import Case, Need, Refuse, Route, Stage, T, format_money, plain, table_of

from serviceflow_catering import seating
from serviceflow_catering.forms import Book, Pay, Problem, Seat, Serve, TakeOrder
from serviceflow_catering.tables import CatDish, CatProblem, CatProfile, CatVisit

MANAGER = Route("cat-remedy", (Stage(("manager",)),), own="counts")


def table_fits(case: Case, form: Book) -> Refuse | None:
    """CAT-1 for a booking."""
    return seating.fits(case, form.table, form.party)


def table_free(case: Case, form: Book) -> Refuse | None:
    """CAT-2 for a booking."""
    return seating.is_free(case, form.table, form.starts_at)


def seat_fits(case: Case, form: Seat) -> Refuse | None:
    """CAT-1 for guests who are there."""
    return seating.fits(case, form.table, case.own(CatVisit).party)


def seat_free(case: Case, form: Seat) -> Refuse | None:
    """CAT-2 for guests who are there."""
    return seating.is_free(case, form.table, case.now)


def dishes_allowed(case: Case, form: TakeOrder) -> Refuse | None:
    """CAT-3: on the menu, not sold out, without what the guest must not eat."""
    profile = case.tx.get(CatProfile, case.order.customer_id)
    for code, _ in form.dishes:
        dish = case.tx.get(CatDish, code)
        if dish is None:
            words = T("There is no dish {dish}.", zh="没有菜品 {dish}。").of(dish=code)
            return Refuse(words, plain("flow catering menu"), ref="CAT-3")
        name = T(dish.name_en, zh=dish.name_zh)
        if dish.sold_out:
            words = T("{dish} is sold out.", zh="{dish}已售完。").of(dish=name)
            return Refuse(words, plain(f"flow catering advise {case.order.number}"), ref="CAT-3")
        found = sorted({*dish.allergens} & {*(profile.allergens if profile is not None else ())})
        if found and not form.guest_accepts:
            return Refuse(
                T("{dish} contains {allergen}.", zh="{dish}含{allergen}。").of(dish=name, allergen=", ".join(found)),
                T("Ask the guest: guest_accepts=yes", zh="请询问顾客: guest_accepts=yes"),
                ref="CAT-3",
            )
    return None


def awaited(dishes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the codes of the dishes of a visit that are not on the table, as ordered."""
    return [line["code"] for line in dishes if line["served_at"] is None]


def was_ordered(case: Case, form: Serve) -> Refuse | None:
    """Only what was ordered and is not on the table yet can be served."""
    codes = awaited(case.own(CatVisit).dishes)
    if form.dish in codes:
        return None
    return Refuse(
        T("{dish} is not awaited.", zh="{dish} 不在待上菜品中。").of(dish=form.dish),
        T("Awaited: {codes}", zh="待上: {codes}").of(codes=", ".join(codes)) if codes else None,
        ref="cat.serve",
    )


def remedy_allowed(case: Case, form: Problem) -> Refuse | Need | None:
    """CAT-4: dear remedies need the manager, very dear ones a complaint."""
    if form.cost > case.setting("cat.manager_limit"):
        return Refuse(
            T("Open a complaint for more.", zh="更高金额请登记投诉。"),
            T("At most {n} at the table.", zh="现场最多 {n}。").of(n=format_money(case.setting("cat.manager_limit"))),
            ref="CAT-4",
        )
    if form.cost > case.setting("cat.free_limit"):
        return Need(MANAGER, T("remedy of {n}", zh="补救金额 {n}").of(n=format_money(form.cost)))
    return None


def has_problem(case: Case, form: object) -> Refuse | None:
    """There is something to solve."""
    if open_problems(case):
        return None
    return Refuse(T("There is no open problem.", zh="没有未解决的问题。"), ref="cat.solve")


def settled(case: Case, form: Pay) -> Refuse | None:
    """CAT-5: nothing is unsolved, and the guest pays the bill less the remedies."""
    if open_problems(case):
        return Refuse(
            T("Solve the open problem first.", zh="请先解决未处理的问题。"),
            plain(f"flow do {case.order.number} solve happy=yes"),
            ref="CAT-5",
        )
    due = form.bill - sum(problem.cost for problem in case.rows(CatProblem))
    if form.paid == due:
        return None
    return Refuse(
        T("{n} is to be paid.", zh="应付 {n}。").of(n=format_money(due)),
        plain(f"paid={format_money(due)}"),
        ref="CAT-5",
    )


def open_problems(case: Case) -> list[CatProblem]:
    """Return the problems nobody has solved, oldest first."""
    return case.rows(CatProblem, table_of(CatProblem).c.solved_at.is_(None))
