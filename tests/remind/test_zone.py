"""The shop changes its time zone (fault 15): planned times of day stay, only what nobody began to send moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from serviceflow.api import Action, Flow, Form, Message, Role, SetAnchor, Step, T, Template, Trade, days, hours
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.engine.act import open_order
from serviceflow.engine.customers import add_customer
from serviceflow.engine.operations import undo
from serviceflow.engine.preferences import reset_setting, set_setting
from serviceflow.engine.zone import same_time
from serviceflow.flow.model import START
from serviceflow.remind.run import run
from serviceflow.remind.settings import Channels
from serviceflow.store.tables import Message as Row
from serviceflow.testing.trades import join_trade

from tests.remind.conftest import channels, plan_messages, stored
from tests.remind.test_catching_up import Noting
from tests.remind.trade import forward

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Empty(Form):
    pass


FLOW = Flow(
    "tz-case",
    1,
    T("Case", zh="个案"),
    series="Z{n:03}",
    facts=lambda case: {},
    steps=(
        Step("open", T("Open", zh="在办"), "clerk", entry=(
            Message("in-two-hours", hours(2), stays=True),
            Message("at-ten", days(2, after="opened_at", at="10:00"), expires=days(2, after="opened_at", at="20:00"),
                    stays=True),
            Message("at-night", days(1, after="opened_at", at="23:00"), stays=True),
        )),
        Step("over", T("Over", zh="完成"), final=True),
    ),
    actions=(
        Action("open", T("Open", zh="受理"), START, to="open", form=Empty,
               effects=(SetAnchor("opened_at", as_day=True),)),
        Action("end", T("End", zh="结束"), ("open",), to="over", by=("clerk",), form=Empty),
    ),
)  # fmt: skip
TRADE = Trade(
    "tz",
    T("Zones", zh="时区"),
    "1.0",
    "1",
    ("tz",),
    flows=(FLOW,),
    roles=(Role("clerk", T("Clerk", zh="职员")),),
    templates=tuple(
        Template(plan.template, T("{name}.", zh="{name}。"), "service", ("sms",))
        for plan in FLOW.plans
        if isinstance(plan, Message)
    ),
)


@pytest.fixture
def opened(shop: Shop) -> Shop:
    """A shop in Shanghai with one order and its three planned messages."""
    join_trade(shop, TRADE)
    with shop.write("customer add") as tx:
        customer = add_customer(tx, name="王小明", phones=["13800000001"])
    assert customer.id is not None
    open_order(shop, "tz-case", customer.id, {})
    return shop


def dues(shop: Shop, zone: str) -> dict[str, str]:
    """Return when each planned message is due, on the clocks of a zone."""
    with shop.reading() as tx:
        return {m.template: m.due_at.astimezone(ZoneInfo(zone)).strftime("%d %H:%M") for m in tx.all(Row)}


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Europe/Berlin", "America/New_York"])
def test_times_of_day_stay_and_spans_keep_their_instant(zone: str, opened: Shop) -> None:
    before = dues(opened, "Asia/Shanghai")
    span = dues(opened, zone)["in-two-hours"]
    foreseen = set_setting(opened, "core.timezone", zone, dry_run=True)
    assert dues(opened, "Asia/Shanghai") == before
    change = set_setting(opened, "core.timezone", zone)
    assert change.moved == foreseen.moved
    assert {m.template for m in change.moved} == {"tz:at-ten", "tz:at-night"}
    assert dues(opened, zone) == before | {"in-two-hours": span}
    with opened.reading() as tx:
        (ten,) = (m for m in tx.all(Row) if m.template == "at-ten")
    assert ten.expires_at is not None
    assert ten.expires_at - ten.due_at == timedelta(hours=10)
    reset_setting(opened, "core.timezone")
    assert dues(opened, "Asia/Shanghai") == before


def test_undo_takes_the_moves_back(opened: Shop) -> None:
    before = dues(opened, "UTC")
    change = set_setting(opened, "core.timezone", "Asia/Tokyo")
    assert dues(opened, "UTC") != before
    undo(opened, change.operation)
    assert dues(opened, "UTC") == before


def test_only_what_nobody_began_to_send_moves(shop: Shop) -> None:
    states = ("planned", "held", "pending", "retry", "sending", "uncertain", "sent", "cancelled", "expired")
    for state in states:
        plan_messages(shop, 1, key=state, late=timedelta(hours=-5), state=state, rule="gone:rule")
    change = set_setting(shop, "core.timezone", "Asia/Tokyo")
    assert {stored(shop, m.message_id).state for m in change.moved} == {"planned", "held"}


def test_quiet_hours_already_waited_for_end_by_the_new_clocks(opened: Shop, clock: SetClock) -> None:
    run(opened, channels=channels(opened), patience=0)
    clock.set(datetime(2026, 11, 26, 15, 30, tzinfo=UTC))  # 23:30 in Shanghai: the night message is held to 08:00
    run(opened, channels=channels(opened), patience=0, confirm_clock=True)
    set_setting(opened, "core.timezone", "Asia/Tokyo")
    with opened.reading() as tx:
        (night,) = (m for m in tx.all(Row) if m.template == "at-night")
    assert night.held_until == datetime(2026, 11, 26, 23, 0, tzinfo=UTC)  # 08:00 in Tokyo


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_a_thousand_planned_are_neither_early_nor_doubled(
    zone: str, database: str, shop: Shop, clock: SetClock
) -> None:
    assert database == "sqlite"  # one statement each
    first = clock.now().astimezone(SHANGHAI).replace(hour=9, minute=0) + timedelta(days=1)
    for n in range(10):
        plan_messages(shop, 100, key=f"{n}.", due_at=(first + timedelta(hours=n)).astimezone(UTC))
    channel = Noting(clock)
    mine = Channels(shop, Path("/nowhere"), {"out": {"kind": "file"}})
    mine._made["out"] = channel  # type: ignore[assignment]
    run(shop, channels=mine, patience=0)
    assert len(set_setting(shop, "core.timezone", zone).moved) == 1000
    for _ in range(48):
        forward(clock, hours=1)
        run(shop, channels=mine, patience=0)
    assert len(channel.sent) == len({who for _, who in channel.sent}) == 1000
    for at, who in channel.sent:
        due = first + timedelta(hours=int(who[0]))
        assert at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) >= due.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("shown", "there"),
    [
        pytest.param(
            datetime(2027, 3, 28, 2, 30, tzinfo=SHANGHAI), datetime(2027, 3, 28, 1, 0, tzinfo=UTC), id="after the gap"
        ),
        pytest.param(
            datetime(2026, 10, 25, 2, 30, tzinfo=SHANGHAI), datetime(2026, 10, 25, 0, 30, tzinfo=UTC), id="first of two"
        ),
        pytest.param(
            datetime(2026, 12, 1, 2, 30, tzinfo=SHANGHAI),
            datetime(2026, 12, 1, 1, 30, tzinfo=UTC),
            id="an ordinary day",
        ),
    ],
)
def test_a_time_that_is_missing_or_twice(shown: datetime, there: datetime) -> None:
    assert same_time(shown.astimezone(UTC), SHANGHAI, ZoneInfo("Europe/Berlin")) == there
