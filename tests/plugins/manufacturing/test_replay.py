"""However rarely cron runs, the ledger of an acceptance scenario is the same. Source: manufacturing.md 1.1 F9, 5.9."""

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
from serviceflow.store.tables import Message, Order, OrderAction, Request, Slot, Task
from serviceflow.testing.fixtures import NOW, Template
from serviceflow_manufacturing.flows.accounts import LIVE
from serviceflow_manufacturing.rehearsal import SHANGHAI, Rehearsal, short, staffed
from serviceflow_manufacturing.tables import MfgPayment, MfgReceivable, MfgReview

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


def lived(
    factory: Rehearsal,
    deeds: list[Deed],
    end: str,
    every: timedelta | None,
    read: Callable[[Rehearsal], Ledger] | None = None,
) -> Ledger:
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
    return (read or ledger)(factory)


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


def charges(factory: Rehearsal) -> Ledger:
    """Return what is owed, how far what is open is dunned, what was paid, and every signature."""
    return {
        "receivables": [(r.label, r.amount, r.paid, r.due_on.isoformat(), r.state,
                         r.dun_level if r.state in LIVE else None, r.promise_on)
                        for r in factory.rows(MfgReceivable)],
        "payments": [(p.receivable_id, p.amount, p.on.isoformat(), p.receipt_no) for p in factory.rows(MfgPayment)],
        "requests": [(r.order_id, r.action, r.state, short(r.requested_at)) for r in factory.rows(Request)],
        "slots": [(s.request_id, s.stage, s.role, s.signed_by, s.verdict, s.at and short(s.at))
                  for s in factory.rows(Slot)],
    }  # fmt: skip


def owed(factory: Rehearsal, terms: str, signed: str) -> int:
    """Return an order of 1,000.00 signed on a day under payment terms."""
    order = factory.order_of(factory.customer("宏达"), "product=JK-01 spec=M qty=10 unit_price=100", "2025-12-30",
                             terms=terms)  # fmt: skip
    factory.do(order, "submit-review")
    factory.pass_general(order)
    factory.do(order, "sign-contract", contract_no="HT-1", signed_on=signed, customer_signer="马总")
    return order


def slow_payer(factory: Rehearsal) -> list[Deed]:
    """S14 in little: one receivable is paid in parts, one promised in vain, one written off once that is signed."""
    factory.shop.set_setting("mfg.dun.offsets_d", "-3,1,3,5,7,9")
    found: dict[str, int] = {}

    def sign(f: Rehearsal) -> None:
        found["order"] = owed(f, "a:30@sign, b:30@sign+2, c:40@sign+4", "2025-05-20")

    def pay(amount: str, on: str, receipt: str) -> Callable[[Rehearsal], object]:
        return lambda f: f.do(found["order"], "pay", receivable="1", amount=amount, on=on, receipt=receipt)

    return [
        ("2025-05-20 09:00", sign),
        ("2025-05-23 10:30", pay("100", "2025-05-23", "R1")),
        ("2025-05-23 11:00", lambda f: f.do(found["order"], "promise", receivable="2", on="2025-05-25")),
        ("2025-05-26 09:00", lambda f: f.do(found["order"], "write-off", receivable="3", reason="破产清算")),
        ("2025-05-29 09:00", lambda f: f.sign(found["order"], "chen")),
        ("2025-06-01 09:00", pay("50", "2025-06-01", "R2")),
    ]


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


def test_what_is_owed_and_signed_is_the_same_with_cron_daily_or_once(factories: Callable[[], Rehearsal]) -> None:
    daily, once = factories(), factories()
    found = lived(daily, slow_payer(daily), "2025-06-05 10:00", timedelta(days=1), charges)
    levels = {row[0]: (row[2], row[4], row[5], row[6]) for row in found["receivables"]}
    assert levels["a"] == (15_000, "part", 6, None)
    assert levels["b"] == (0, "open", 6, None)
    assert levels["c"][1] == "written-off"
    assert [row[1:3] for row in found["requests"]][-1] == ("write-off", "approved")
    told = lived(once, slow_payer(once), "2025-06-05 10:00", None, charges)
    assert told == found
    assert {m.template for m in once.rows(Message)} & {"pay-soon", "dun-1", "dun-2", "dun-3"} == set()


def test_S14_after_a_pause_only_the_level_of_the_day_is_done(factories: Callable[[], Rehearsal]) -> None:
    factory = factories()
    factory.at("2025-07-03 09:00")
    order = owed(factory, "a:100@sign", "2025-07-03")
    for when in ("2025-07-10 10:00", "2025-08-02 08:15", "2025-08-02 10:00", "2025-08-02 10:15"):
        cron(factory, datetime.fromisoformat(when).replace(tzinfo=SHANGHAI))
    assert {k: v for k, v in factory.messages(order).items() if k.startswith(("dun", "pay"))} == {
        "dun-1": ["07-10 10:00"], "dun-3": ["08-02 10:00"]}  # fmt: skip
    assert factory.for_role(order, "dunning-5") == {"finance": "08-04", "marketing-gm": "08-04"}


def test_each_workday_that_was_not_closed_is_told_of_though_cron_stood_still(
    factories: Callable[[], Rehearsal],
) -> None:
    factory = factories()
    factory.at("2025-10-09 10:00")
    factory.open("mfg-entry", factory.customer("散客"), by="lu", source_ref="T1", received_at="2025-10-09 09:00",
                 lines="product=JK-01 qty=5 price=100", consignee="王芳", phone="13800000001", address="x",
                 cod_amount="500")  # fmt: skip
    for when in ("2025-10-09 12:00", "2025-10-13 09:00"):
        cron(factory, datetime.fromisoformat(when).replace(tzinfo=SHANGHAI))
    days = [t.subject for t in factory.rows(Task, rule="manufacturing:entry-close")]
    assert days == ["2025-10-09", "2025-10-10", "2025-10-11"]


def test_a_monthly_call_is_for_who_had_goods_before_the_month(factories: Callable[[], Rehearsal]) -> None:
    factory = factories()
    cron(factory, factory.at("2025-09-30 12:00"))
    factory.at("2025-10-09 10:00")
    order = factory.open("mfg-entry", factory.customer("散客"), by="lu", source_ref="T1",
                         received_at="2025-10-09 09:00", lines="product=JK-01 qty=5 price=100", consignee="王芳",
                         phone="13800000001", address="x", cod_amount="500")  # fmt: skip
    factory.do(order, "entry-ok", "fu")
    factory.do(order, "send-out", carrier="SF", waybill="1")
    cron(factory, factory.at("2025-10-09 12:00"))
    assert factory.rows(Task, rule="manufacturing:monthly-call") == []
    cron(factory, factory.at("2025-11-03 12:00"))
    assert [t.subject for t in factory.rows(Task, rule="manufacturing:monthly-call")] == ["2025-11"]


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
