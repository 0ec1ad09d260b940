"""A blocking child: what the parent refuses meanwhile, and how its deadlines go on by the way the child ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from serviceflow.api import (
    ANY,
    START,
    Action,
    Case,
    Do,
    Flow,
    Form,
    Grace,
    Link,
    Message,
    Moment,
    Notes,
    Order,
    Refused,
    SetAnchor,
    Setting,
    Step,
    T,
    Template,
    Trade,
    act,
    add_customer,
    day,
    days,
    open_order,
    run_due,
    table_of,
)
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.store.tables import Message as MessageRow
from serviceflow.testing.fixtures import Furnish
from serviceflow.testing.trades import join_trade, know_trades

ZONE = ZoneInfo("Asia/Shanghai")


def t(words: str) -> T:
    return T(words, zh=words)


class Sign(Form):
    by: date = day(t("by"))


def grant(case: Case, form: Form) -> None:
    parent = case.parent()
    assert parent is not None
    parent.set_anchor("deadline", date(2026, 3, 25))


LATE = Flow(
    "lnk-delay",
    1,
    t("Delay"),
    steps=(
        Step("asked", t("Asked")),
        Step("telling", t("Telling")),
        *(Step(key, t(key), final=True) for key in ("granted", "refused", "withdrawn")),
    ),
    actions=(
        Action("ask", t("Ask"), START, "asked"),
        Action("grant", t("Grant"), ("asked",), "granted", effects=(Do(grant),)),
        Action("refuse", t("Refuse"), ("asked",), "telling"),
        Action("tell", t("Tell"), ("telling",), "refused"),
        Action("withdraw", t("Withdraw"), ("asked",), "withdrawn"),
    ),
    series="LD{n:03}",
)
SALE = Flow(
    "lnk-sale",
    1,
    t("Sale"),
    steps=(
        Step(
            "waiting",
            t("Waiting"),
            entry=(Message("lnk-soon", Moment("days", 0, "deadline", "10:00", sign=-1), each="lnk.remind"),),
        ),
        Step("late", t("Late"), final=True),
    ),
    actions=(
        Action("open", t("Open"), START, "waiting", form=Sign, effects=(SetAnchor("deadline", "by"),)),
        Action("delay", t("Delay"), ("waiting",), effects=(Do(lambda case, form: case.open_child("delay")),)),
        Action("note", t("Note"), ("waiting",)),
        Action("other", t("Other"), ("waiting",)),
        Action("lapse", t("Lapse"), ("waiting",), "late", at=days(0, after="deadline")),
    ),
    links=(
        Link(
            "delay",
            "lnk-delay",
            blocks_in=("asked",),
            refuses=ANY,
            allows=("note",),
            wake={"telling": Grace("lnk.grace", ("deadline",))},
            said=t("Blocked by {flow} {number} until it is finished"),
        ),
    ),
    series="LS{n:03}",
)
TRADE = Trade(
    "lnk",
    t("Links"),
    "0.1",
    "1",
    ("lnk",),
    flows=(SALE, LATE),
    settings=(
        Setting("lnk.grace", "int", 1, t("Grace")),
        Setting("lnk.remind", "ints", [3, 1], t("Remind")),
    ),
    templates=(Template("lnk-soon", t("Soon"), "service", ("sms",)),),
)
At = Callable[[str], None]


def trades(shop: Shop) -> None:
    join_trade(shop, TRADE)


@pytest.fixture
def furnish() -> Furnish:
    return trades


@pytest.fixture
def trading(shop: Shop) -> Shop:
    know_trades(shop, TRADE)
    return shop


@pytest.fixture
def at(clock: SetClock) -> At:
    return lambda local: clock.set(datetime.fromisoformat(local).replace(tzinfo=ZONE))


def sale(shop: Shop, at: At) -> int:
    at("2026-03-07 09:00")
    with shop.write("customer add") as tx:
        customer = add_customer(tx, name="王伟", phones=["13800000001"])
    order = open_order(shop, "lnk-sale", customer.id, {"by": "2026-03-14"}).order
    assert order.id is not None
    return order.id


def child(shop: Shop, order: int) -> int:
    with shop.reading() as tx:
        found = tx.all(Order, table_of(Order).c.parent_id == order)[-1].id
    assert found is not None
    return found


def step(shop: Shop, order: int) -> str:
    with shop.write("remind run") as tx:
        run_due(shop, tx, tx.need(Order, order), tx.now, Notes())
    with shop.reading() as tx:
        return tx.need(Order, order).step


def soon(shop: Shop) -> list[str]:
    with shop.reading() as tx:
        rows = tx.all(MessageRow, table_of(MessageRow).c.state == "planned", order_by=[table_of(MessageRow).c.due_at])
    return [row.due_at.astimezone(ZONE).strftime("%m-%d %H:%M") for row in rows]


def test_every_action_is_refused_but_those_allowed(trading: Shop, at: At) -> None:
    order = sale(trading, at)
    act(trading, order, "delay", {})
    with pytest.raises(Refused, match="Blocked by Delay LD001 until it is finished"):
        act(trading, order, "other", {})
    act(trading, order, "note", {})
    act(trading, child(trading, order), "withdraw", {})
    act(trading, order, "other", {})


@pytest.mark.parametrize(
    ("decided", "lapses"),
    [
        pytest.param("2026-03-10 12:00", "2026-03-15 00:00", id="in good time the deadline stays"),
        pytest.param("2026-03-16 12:00", "2026-03-18 00:00", id="late, one day is left after the decision"),
    ],
)
def test_grace_after_a_rejection(trading: Shop, at: At, decided: str, lapses: str) -> None:
    order = sale(trading, at)
    act(trading, order, "delay", {})
    asked = child(trading, order)
    at(decided)
    act(trading, asked, "refuse", {})
    at(f"{lapses[:8]}{int(lapses[8:10]) - 1:02} 23:59:59")
    assert step(trading, order) == "waiting"
    at(lapses)
    assert step(trading, order) == "late"


def test_withdrawn_after_the_deadline_it_is_judged_at_once(trading: Shop, at: At) -> None:
    order = sale(trading, at)
    act(trading, order, "delay", {})
    at("2026-03-20 12:00")
    assert step(trading, order) == "waiting"
    act(trading, child(trading, order), "withdraw", {})
    assert step(trading, order) == "late"


def test_what_the_child_sets_of_the_parent_stands_and_only_once(trading: Shop, at: At) -> None:
    order = sale(trading, at)
    assert soon(trading) == ["03-11 10:00", "03-13 10:00"]
    act(trading, order, "delay", {})
    at("2026-03-14 12:00")
    act(trading, child(trading, order), "grant", {})
    assert soon(trading) == ["03-22 10:00", "03-24 10:00"]
    at("2026-03-25 23:59")
    assert step(trading, order) == "waiting"
    at("2026-03-26 00:00")
    assert step(trading, order) == "late"
