"""The flow of a visit: from the booking over the visit to the question how it went."""

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
    SetAnchor,
    Step,
    T,
    Task,
    before,
    days,
    minutes,
    of,
)

from serviceflow_sprout import rules
from serviceflow_sprout.forms import Book, Cancel, TakeDeposit
from serviceflow_sprout.tables import SproutVisit


def note_visit(case: Case, form: Book) -> None:
    """Keep what was booked."""
    assert case.customer.id is not None
    case.tx.add(
        SproutVisit(
            order_id=case.order_id,
            customer_id=case.customer.id,
            starts_at=form.starts_at,
            wish=form.wish,
        )
    )


def note_deposit(case: Case, form: TakeDeposit) -> None:
    """Add the money to the visit."""
    visit = case.own(SproutVisit)
    case.tx.change(visit, deposit=visit.deposit + form.amount)


def facts(case: Case) -> dict[str, Any]:
    """Return what titles and messages may name."""
    return {"time": case.local(case.own(SproutVisit).starts_at)}


REMIND = Message(
    "sprout-remind",
    before("starts_at", days="sprout.remind_days", at="18:00"),
    expires=of("starts_at"),
)
ASK = Task(
    "sprout-ask",
    T("Ask how it went", zh="回访"),
    "sprout-desk",
    days("sprout.care_days", at="18:00"),
    stays=True,
)

VISIT = Flow(
    key="sprout-visit",
    version=1,
    title=T("Visit", zh="到店服务"),
    series="SP{n:04}",
    facts=facts,
    steps=(
        Step(
            "booked",
            T("Booked", zh="已预约"),
            role="sprout-desk",
            limit=minutes("sprout.no_show_minutes", after="starts_at"),
            entry=(REMIND,),
            hint=T("Expected at {time}.", zh="预约时间 {time}。"),
            on_path=True,
        ),
        Step("in-service", T("In service", zh="服务中"), role="sprout-worker", on_path=True),
        Step("done", T("Done", zh="已完成"), entry=(ASK,), final=True, on_path=True),
        Step("cancelled", T("Cancelled", zh="已取消"), final=True),
        Step("no-show", T("No-show", zh="未到店"), final=True),
    ),
    actions=(
        Action(
            "book",
            T("Book", zh="预约"),
            START,
            "booked",
            by=("sprout-desk",),
            form=Book,
            guards=(Guard("not-past", rules.not_past),),
            effects=(Do(note_visit, before=True), SetAnchor("starts_at", "starts_at"), Issue("sprout-slip")),
        ),
        Action(
            "take-deposit",
            T("Take deposit", zh="收定金"),
            ("booked",),
            STAY,
            by=("sprout-desk",),
            form=TakeDeposit,
            guards=(Guard("enough", rules.enough),),
            effects=(Do(note_deposit),),
        ),
        Action("welcome", T("Welcome", zh="接待"), ("booked",), "in-service", by=("sprout-desk", "sprout-worker")),
        Action("finish", T("Finish", zh="完成"), ("in-service",), "done", by=("sprout-worker",)),
        Action("cancel", T("Cancel", zh="取消"), ("booked",), "cancelled", by=("sprout-desk",), form=Cancel),
        Action("no-show", T("No-show", zh="未到店"), ("booked",), "no-show", over="step"),
    ),
)
