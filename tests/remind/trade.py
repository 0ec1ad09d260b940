"""A trade with reminders of every kind, for tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from serviceflow.api import (
    ANY,
    START,
    Action,
    Do,
    Flow,
    Form,
    Message,
    Role,
    SetAnchor,
    Step,
    T,
    Template,
    Trade,
    day,
    days,
    hours,
    minutes,
    text,
)
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.engine.act import act, open_order
from serviceflow.engine.customers import add_customer
from serviceflow.flow.trade import Job
from serviceflow.remind.outbox import MESSAGES
from serviceflow.settings import Setting
from serviceflow.store.tables import Task as TaskRow
from serviceflow.testing.trades import join_trade


class Broken:
    """Where a test makes the plugin raise."""

    job: Callable[..., Any] = staticmethod(lambda *_: None)
    timer: Callable[..., Any] = staticmethod(lambda *_: None)
    condition: Callable[..., Any] = staticmethod(lambda case: None)


BROKEN = Broken()


class Visit(Form):
    visit_on = day(T("Visit", zh="上门日"))


class Note(Form):
    note: str = text(T("Note", zh="备注"), required=False)


def morning(shop: Any, tx: Any, day: date) -> None:
    """A job that leaves one row for each day it did."""
    BROKEN.job()
    tx.add(TaskRow(title_en=f"job {day}", title_zh=f"任务 {day}", due_at=tx.now + timedelta(days=365), made_at=tx.now))


FLOW = Flow(
    "rem-case",
    1,
    T("Case", zh="个案"),
    series="R{n:03}",
    facts=lambda case: {"balance": str(case.order.amount or 0)},
    conditions={"paid": lambda case: BROKEN.condition(case) or case.order.amount == 0},
    steps=(
        Step("open", T("Open", zh="在办"), "clerk", entry=(
            Message("welcome", minutes(10), stays=True),
            Message("hurry", hours(2)),
            Message("ad", hours(3), stays=True),
            Message("night", hours(12)),
            Message("too-late", hours(28)),
            Message("ready", minutes(20), only_if="paid", expires=hours(30), stays=True),
        )),
        Step("moved", T("Moved on", zh="已推进"), "clerk"),
        Step("lost", T("Lost", zh="流失"), final=True),
    ),
    actions=(
        Action("open", T("Open", zh="受理"), START, to="open", form=Note,
               effects=(SetAnchor("opened_at", as_day=True), Do(lambda case, form: case.change(amount=100)))),
        Action("move", T("Move on", zh="推进"), ("open",), to="moved", by=("clerk",), form=Note),
        Action("end", T("End", zh="结束"), ("moved",), to="lost", by=("clerk",), form=Note),
        Action("pay", T("Pay", zh="付清"), ANY, by=("clerk",), form=Note,
               effects=(Do(lambda case, form: case.change(amount=0)),)),
        Action("lose", T("Lost", zh="流失"), ("open",), to="lost", at=days(1, after="opened_at", at="12:00"),
               effects=(Do(lambda case, form: BROKEN.timer()),)),
    ),
)  # fmt: skip
TRADE = Trade(
    "rem",
    T("Reminders", zh="提醒"),
    "1.0",
    "1",
    ("rem",),
    flows=(FLOW,),
    roles=(Role("clerk", T("Clerk", zh="职员")),),
    settings=(Setting("rem.job_at", "time", "02:00", T("Time of the job", zh="任务时间")),),
    templates=(
        Template("welcome", T("Welcome {name}, {balance} open.", zh="欢迎{name},未付{balance}元。"), "service",
                 ("sms",), fields=("balance",)),
        Template("hurry", T("{name}, hurry.", zh="{name},请尽快。"), "service", ("sms",)),
        Template("ad", T("{name}, an offer.", zh="{name},有优惠。"), "marketing", ("sms",), opt_out=True),
        Template("night", T("{name}, good night.", zh="{name},晚安。"), "service", ("sms",)),
        Template("too-late", T("{name}, still there?", zh="{name},还在吗?"), "service", ("sms",)),
        Template("ready", T("{name}, ready.", zh="{name},已备好。"), "service", ("sms",)),
    ),
    jobs=(Job("morning", morning, "rem.job_at", missed="each"),),
)  # fmt: skip


def opened(shop: Shop, name: str = "王小明", phone: str = "13800000001") -> tuple[int, int]:
    """Enter a customer and open a case; returns (order, customer)."""
    with shop.write("customer add") as tx:
        customer = add_customer(tx, name=name, phones=[phone])
    assert customer.id is not None
    done = open_order(shop, "rem-case", customer.id, {})
    assert done.order.id is not None
    return done.order.id, customer.id


def joined(shop: Shop) -> Shop:
    """Make the trade part of a shop, its clerk 小美."""
    join_trade(shop, TRADE)
    with shop.write("staff role") as tx:
        from serviceflow.store.tables import StaffRole

        assert shop.staff_id is not None
        tx.add(StaffRole(staff_id=shop.staff_id, role="clerk"))
    return shop


def state_of(shop: Shop, template: str) -> tuple[str, str]:
    """Return state and reason of the newest message of a template."""
    from serviceflow.store.tables import Message as Row

    with shop.reading() as tx:
        found = tx.all(Row, MESSAGES.c.template == template)[-1]
    return found.state, found.reason_ref


def forward(clock: SetClock, **by: int) -> None:
    """Move the clock."""
    clock.set(clock.now() + timedelta(**by))


__all__ = ["act", "forward", "joined", "opened", "state_of"]
