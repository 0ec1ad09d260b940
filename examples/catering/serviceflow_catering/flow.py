"""The flow `catering-visit`. Source: examples.md section 4.3."""

from __future__ import annotations

from typing import Any

from serviceflow.api import (
    START,
    STAY,
    Action,
    Case,
    Do,
    Flow,
    Guard,
    Issue,
    Message,
    Moment,
    SetAnchor,
    Step,
    T,
    Task,
    bdays,
    days,
    hours,
    minutes,
    of,
    table_of,
)

from serviceflow_catering import effects, rules
from serviceflow_catering.forms import Book, Leave, Pay, Problem, Seat, Serve, Solve, TakeOrder, Thank, WalkIn
from serviceflow_catering.tables import CatDish, CatProfile, CatVisit


def facts(case: Case) -> dict[str, Any]:
    """Return what titles and messages may name."""
    visit = case.own(CatVisit)
    return {
        "party": visit.party,
        "time": case.local(visit.starts_at)[11:],
        "hold": case.number("cat.hold_minutes"),
        "dish": favourite(case),
    }


def favourite(case: Case) -> T:
    """Return a dish the guest likes, or the table."""
    profile = case.tx.get(CatProfile, case.order.customer_id)
    dish = case.tx.get(CatDish, profile.likes[0]) if profile is not None and profile.likes else None
    return T(dish.name_en, zh=dish.name_zh) if dish is not None else T("table", zh="座位")


def not_back(case: Case) -> bool:
    """Whether the guest has not sat at a table again since this visit."""
    visits = table_of(CatVisit)
    again = case.tx.one(
        CatVisit, visits.c.customer_id == case.order.customer_id, visits.c.seated_at > case.order.entered_at
    )
    return again is None


CALL = Task("cat-call", T("Call", zh="致电"), "host", bdays(1, at="core.day_end"), stays=True)
PARTY = (Guard("CAT-1", rules.table_fits), Guard("CAT-2", rules.table_free))
OPENED = (Do(effects.note_visit, before=True), SetAnchor("starts_at", "starts_at"))

STEPS = (
    Step(
        "booked", T("Booked", zh="已订位"), role="host", on_path=True,
        limit=minutes("cat.hold_minutes", after="starts_at"),
        entry=(
            Message("cat-remind", Moment("hours", "cat.remind_hours", "starts_at", sign=-1, past="skip"),
                    expires=of("starts_at")),
        ),
    ),
    Step(
        "waiting", T("Waiting", zh="等位"), role="host",
        entry=(
            Task("cat-wait", T("Tell the waiting time again", zh="再次告知等位时间"), "host",
                 minutes("cat.wait_word_minutes")),
        ),
    ),
    Step(
        "seated", T("Seated", zh="已入座"), role="waiter", on_path=True, limit=minutes("cat.order_minutes"),
        entry=(Task("cat-order", T("Take the order", zh="点单"), "waiter", minutes("cat.order_minutes")),),
    ),
    Step(
        "dining", T("Dining", zh="用餐中"), role="waiter", on_path=True, limit=minutes("cat.first_dish_minutes"),
        entry=(
            Task(effects.CHASE_FIRST, T("Chase the kitchen: {dish}", zh="催菜: {dish}"), "waiter",
                 minutes("cat.first_dish_minutes"), subjects=effects.first_dish),
            Task(effects.CHASE, T("Chase the kitchen: {dish}", zh="催菜: {dish}"), "waiter",
                 minutes("cat.dish_minutes"), subjects=effects.other_dishes),
        ),
    ),
    Step("paid", T("Paid", zh="已结账"), role="waiter", on_path=True, limit=days(0)),
    Step(
        "closed", T("Closed", zh="已送客"), final=True, on_path=True,
        entry=(
            Message("cat-thanks", hours("cat.thanks_hours"), stays=True),
            Message("cat-return", days("cat.return_cd", at="10:00"), stays=True, only_if="not-back",
                    expires=days("cat.return_cd", extra=1)),
        ),
    ),
    Step("no-show", T("No-show", zh="未到"), final=True, entry=(CALL,)),
    Step("cancelled", T("Cancelled", zh="已取消"), final=True),
    Step("left", T("Left", zh="离店"), final=True),
)  # fmt: skip

ACTIONS = (
    Action("book", T("Book", zh="订位"), START, "booked", by=("host",), form=Book, guards=PARTY,
           effects=(*OPENED, Issue("cat-slip"))),
    Action("walk-in", T("Walk in", zh="散客"), START, "waiting", by=("host",), form=WalkIn, guards=PARTY,
           effects=OPENED),
    Action("seat", T("Seat", zh="入座"), ("booked", "waiting"), "seated", by=("host",), form=Seat,
           guards=(Guard("seat-fits", rules.seat_fits), Guard("seat-free", rules.seat_free)), effects=(Do(effects.seat),)),
    Action("arrive", T("Arrived, no table yet", zh="到店等位"), ("booked",), "waiting", by=("host",)),
    Action("no-show", T("No-show", zh="未到"), ("booked",), "no-show", over="step", effects=(Do(effects.free_table),)),
    Action("cancel", T("Cancel", zh="取消"), ("booked",), "cancelled", by=("host",), form=Leave,
           effects=(Do(effects.free_table),)),
    Action("leave", T("Leave", zh="离店"), ("waiting",), "left", by=("host",), form=Leave,
           effects=(Do(effects.free_table),)),
    Action("order", T("Order", zh="点单"), ("seated",), "dining", by=("waiter",), form=TakeOrder,
           guards=(Guard("CAT-3", rules.dishes_allowed),), effects=(Do(effects.take_order, before=True),)),
    Action("serve", T("Serve", zh="上菜"), ("dining",), STAY, by=("waiter",), form=Serve,
           guards=(Guard("cat-serve", rules.was_ordered),), effects=(Do(effects.serve),)),
    Action("problem", T("Problem", zh="现场问题"), ("dining",), STAY, by=("waiter",), form=Problem,
           guards=(Guard("CAT-4", rules.remedy_allowed, needs=(rules.MANAGER,)),),
           effects=(
               Do(effects.note_problem),
               Task(effects.SOLVE, T("Solve the problem", zh="解决现场问题"), "waiter",
                    minutes("cat.problem_minutes", after="now")),
               Issue("cat-problems"),
           )),
    Action("solve", T("Solve", zh="已解决"), ("dining",), STAY, by=("waiter",), form=Solve,
           guards=(Guard("cat-solve", rules.has_problem, early=True),), effects=(Do(effects.solve),)),
    Action("pay", T("Pay", zh="结账"), ("dining",), "paid", by=("waiter",), form=Pay,
           guards=(Guard("CAT-5", rules.settled),), effects=(Do(effects.pay),)),
    Action("thank", T("Thank", zh="送客"), ("paid",), "closed", by=("waiter",), form=Thank,
           effects=(Do(effects.thank, before=True),)),
)  # fmt: skip

VISIT = Flow(
    key="catering-visit",
    version=1,
    title=T("Visit", zh="用餐"),
    steps=STEPS,
    actions=ACTIONS,
    series="CT{n:04}",
    supervisors=("manager",),
    facts=facts,
    conditions={"not-back": not_back},
)
