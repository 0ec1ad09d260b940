"""However rarely cron runs, the ledger of an acceptance scenario is the same. Source: manufacturing.md 1.1 F9."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.remind.run import run
from serviceflow.store.place import Place
from serviceflow.store.tables import Message, Order, OrderAction, Task
from serviceflow.testing.fixtures import NOW, Template
from serviceflow_manufacturing.rehearsal import SHANGHAI, Rehearsal, short, staffed
from serviceflow_manufacturing.tables import MfgReceivable, MfgReview

Deed = tuple[str, Callable[[Rehearsal], object]]
Ledger = dict[str, list[tuple[object, ...]]]


@pytest.fixture
def factories(template_of: Template, industries: tuple[str, ...], tmp_path: Path) -> Iterator[Callable[[], Rehearsal]]:
    """Make factories that know nothing of each other; how timers run is the same on both databases."""
    opened: list[Shop] = []

    def one() -> Rehearsal:
        template, clock = template_of("sqlite", industries), SetClock(NOW)
        assert template.path is not None
        file = tmp_path / f"{len(opened)}.db"
        shutil.copy(template.path, file)
        opened.append(Shop.open(Place(path=file), staff="xiaomei", clock=clock))
        return staffed(opened[-1], clock)

    yield one
    for shop in opened:
        shop.close()


def lived(factory: Rehearsal, deeds: list[Deed], end: str, every: timedelta | None) -> Ledger:
    """Return the ledger after the deeds, cron run in the intervals between them and once at the end."""
    now: datetime | None = None
    for when, deed in [*deeds, (end, lambda _: None)]:
        moment = datetime.fromisoformat(when).replace(tzinfo=SHANGHAI)
        while now is not None and every is not None and now + every < moment:
            now += every
            cron(factory, now)
        factory.at(when)
        deed(factory)
        now = moment
    factory.staff("chen")
    assert now is not None
    cron(factory, now)
    return ledger(factory)


def cron(factory: Rehearsal, now: datetime) -> None:
    factory.clock.set(now)
    run(factory.shop, confirm_clock=True)


def ledger(factory: Rehearsal) -> Ledger:
    """Return what happened and what is planned, apart from how messages were delivered."""
    numbers = {order.id: order.number for order in factory.rows(Order)}
    found: Ledger = {
        "orders": [(o.number, o.step, o.outcome) for o in factory.rows(Order)],
        "deeds": [(numbers[d.order_id], d.action, short(d.at)) for d in factory.rows(OrderAction)],
        "tasks": [(numbers.get(t.order_id), t.rule, t.subject, t.role, short(t.due_at), t.state)
                  for t in factory.rows(Task)],
        "messages": [(numbers[m.order_id], m.template, short(m.due_at), m.state)
                     for m in factory.rows(Message) if m.order_id is not None],
        "reviews": [(numbers[r.order_id], r.round, r.state) for r in factory.rows(MfgReview)],
        "receivables": [(numbers[r.order_id], r.label, r.amount, r.due_on.isoformat(), r.state)
                        for r in factory.rows(MfgReceivable)],
    }  # fmt: skip
    return {name: sorted(rows, key=str) for name, rows in found.items()}


def quotation_runs_out(factory: Rehearsal) -> list[Deed]:
    """S2: nobody answers a quotation."""
    found: dict[str, int] = {}

    def ask(f: Rehearsal) -> None:
        found["order"] = f.open("mfg-enquiry", f.customer("恒远"), lines="text=夹克 qty=1200")
        f.do(found["order"], "start-costing", mode="quick")

    def send(f: Rehearsal) -> None:
        f.do(found["order"], "quick-price", "wang", prices="line=1 price=100", reason="老款")
        f.do(found["order"], "send-quote", channel="email", sent_on="2025-03-04")

    return [("2025-03-03 09:00", ask), ("2025-03-04 11:00", send)]


def meeting_without_purchasing(factory: Rehearsal) -> list[Deed]:
    """S6: purchasing does not come, the quorum closes the stage; then the review passes and runs out."""
    factory.shop.set_setting("mfg.review.absent_max", "1")
    found: dict[str, int] = {}

    def submit(f: Rehearsal) -> None:
        found["order"] = f.order_of(f.customer("大成"), "product=JK-01 spec=M qty=1000 unit_price=500", "2025-12-31")
        f.do(found["order"], "submit-review")
        f.do(found["order"], "convene", "wang", meeting_at="2025-09-26 14:00", place="会议室")

    def sign(f: Rehearsal) -> None:
        for login in ("wang", "zhou", "sun", "gao"):
            f.sign(found["order"], login)

    def finish(f: Rehearsal) -> None:
        f.do(found["order"], "write-record", "wang", summary="同意")
        f.sign(found["order"], "chen")
        f.sign(found["order"], "tang")

    return [("2025-09-26 09:00", submit), ("2025-09-29 10:00", sign), ("2025-10-09 10:00", finish)]


STORIES = [
    pytest.param(quotation_runs_out, "2025-05-20 08:00", ("XJ2025-0001", "revive-timeout", "05-12 00:00"), id="S2"),
    pytest.param(meeting_without_purchasing, "2025-11-12 08:00", ("MO2025-0001", "review-expired", "11-09 00:00"),
                 id="S6"),
]  # fmt: skip


@pytest.mark.parametrize(("story", "end", "by_itself"), STORIES)
def test_cron_now_and_then_or_once_at_the_end(
    factories: Callable[[], Rehearsal],
    story: Callable[[Rehearsal], list[Deed]],
    end: str,
    by_itself: tuple[str, str, str],
) -> None:
    weekly, once = factories(), factories()
    found = lived(weekly, story(weekly), end, timedelta(days=6, hours=7))
    assert by_itself in found["deeds"]
    assert lived(once, story(once), end, None) == found


@pytest.mark.storm
@pytest.mark.parametrize(("story", "end", "by_itself"), STORIES)
def test_cron_every_four_hours_or_daily(
    factories: Callable[[], Rehearsal],
    story: Callable[[Rehearsal], list[Deed]],
    end: str,
    by_itself: tuple[str, str, str],
) -> None:
    often, daily = factories(), factories()
    found = lived(often, story(often), end, timedelta(hours=4))
    assert by_itself in found["deeds"]
    assert lived(daily, story(daily), end, timedelta(days=1)) == found
