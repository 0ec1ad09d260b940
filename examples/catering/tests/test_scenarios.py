"""The scenarios C1 to C4 of the specification, and every refusal, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import House
from serviceflow.api import Customer, Interaction, MessageRow, MovedClock, Shop, decide, table_of
from serviceflow.testing.fixtures import DATABASES

from serviceflow_catering.advice import Weights, advised
from serviceflow_catering.figures import figures, regulars
from serviceflow_catering.plugin import may_merge
from serviceflow_catering.tables import CatDish, CatProblem, CatProfile, CatTable


@pytest.mark.parametrize("database", DATABASES)
def test_c1_tables_meet_and_never_overlap(house: House) -> None:
    house.at("2026-05-02 12:00")
    first = house.book(house.guest(), "2026-05-02 18:30", table="A3")
    other = house.guest("王伟")
    assert house.refused(lambda: house.book(other, "2026-05-02 20:29", table="A3")) == (
        "CAT-2", "A3 is taken until 20:30.", "A3 桌占用至 20:30。",
    )  # fmt: skip
    house.book(other, "2026-05-02 20:30", table="A3")
    house.run("2026-05-02 18:45:00")
    assert house.step(first) == "booked"
    house.run("2026-05-02 18:45:01")
    assert house.step(first) == "no-show"
    house.at("2026-05-02 18:46")
    house.book(house.guest("赵敏"), "2026-05-02 18:50:00", table="A1")


def test_c2_advice_leaves_out_what_harms_and_ranks_the_rest(house: House, shop: Shop) -> None:
    guest = CatProfile(customer_id=1, tastes=["light"], allergens=["peanut"], heat=0)
    with shop.reading() as tx:
        found = advised(tx.all(CatDish), guest, Weights(2, 3, 1), 5)
    assert [(dish.code, score) for dish, score in found] == [("D01", 3), ("D02", 2), ("D12", 0)]


@pytest.mark.parametrize(("cost", "waits"), [("50.00", False), ("50.01", True), ("500.00", True)])
def test_c3_a_dear_remedy_needs_the_manager(house: House, cost: str, waits: bool) -> None:
    visit = house.dining(house.guest())
    done = house.do(visit, "problem", kind="missing", dish="D12", remedy="free", cost=cost)
    assert done.pending is None  # 小美 is the manager herself, and her own signature counts
    with house.shop.reading() as tx:
        assert [p.cost for p in tx.all(CatProblem)] == [round(float(cost) * 100)]


def test_c3_a_waiter_waits_for_the_manager(house: House, shop: Shop) -> None:
    from serviceflow.api import Staff, StaffRole

    visit = house.dining(house.guest())
    manager = shop.staff_id
    with shop.write("staff add") as tx:
        waiter = tx.add(Staff(login="fu", name="小傅"))
        assert waiter.id is not None
        tx.add(StaffRole(staff_id=waiter.id, role="waiter"))
    shop.staff_id = waiter.id
    assert house.do(visit, "problem", kind="missing", remedy="free", cost="50.00").pending is None
    assert house.do(visit, "problem", kind="missing", remedy="free", cost="50.01").pending is not None
    shop.staff_id = manager
    decide(shop, visit, approve=True, opinion="同意")
    with shop.reading() as tx:
        assert [p.cost for p in tx.all(CatProblem)] == [5000, 5001]


def test_c3_what_is_dangerous_is_a_complaint_at_once(house: House) -> None:
    visit = house.dining(house.guest())
    done = house.do(visit, "problem", kind="foreign-object", remedy="apology")
    assert [w.to("en") for w in done.notes.warnings] == [
        "complaint (safety) is kept here only: no plugin takes complaints"
    ]
    with house.shop.reading() as tx:
        assert [i.summary for i in tx.all(Interaction)] == ["safety: foreign-object"]


def message(house: House, visit: int, template: str) -> MessageRow:
    table = table_of(MessageRow)
    with house.shop.reading() as tx:
        [found] = tx.all(MessageRow, table.c.order_id == visit, table.c.template == template)
    return found


def test_c4_thanks_wait_for_the_morning(house: House) -> None:
    visit = house.closed("2026-05-02 22:10", house.guest())
    house.run("2026-05-03 00:10")
    waiting = message(house, visit, "cat-thanks")
    assert (waiting.state, waiting.sent_at) == ("held", None)
    assert waiting.held_until is not None
    assert f"{waiting.held_until.astimezone(house.shop.zone):%m-%d %H:%M}" == "05-03 08:00"


REFUSALS: list[tuple[str, Callable[[House], object], str, str]] = [
    ("CAT-1", lambda h: h.book(h.guest(), "2026-12-01 18:00", table="A1", party="3"), "Table A1 has 2 seats.",
     "A1 桌有 2 个座位。"),
    ("CAT-1", lambda h: h.book(h.guest(), "2026-12-01 18:00", party="0"), "At least one guest.", "至少 1 位客人。"),
    ("CAT-1", lambda h: h.book(h.guest(), "2026-12-01 18:00", table="Z9"), "Table Z9 has 0 seats.",
     "Z9 桌有 0 个座位。"),
    ("CAT-3", lambda h: h.dining(h.guest(), "D99"), "There is no dish D99.", "没有菜品 D99。"),
    ("CAT-4", lambda h: h.do(h.dining(h.guest()), "problem", kind="missing", remedy="free", cost="500.01"),
     "Open a complaint for more.", "更高金额请登记投诉。"),
    ("CAT-5", lambda h: h.do(h.dining(h.guest()), "pay", bill="100", paid="90"), "100.00 is to be paid.",
     "应付 100.00。"),
    ("cat.serve", lambda h: h.do(h.dining(h.guest()), "serve", dish="D03"), "D03 is not awaited.",
     "D03 不在待上菜品中。"),
    ("cat.solve", lambda h: h.do(h.dining(h.guest()), "solve", happy="yes"), "There is no open problem.",
     "没有未解决的问题。"),
]  # fmt: skip


@pytest.mark.parametrize(("ref", "deed", "en", "zh"), REFUSALS, ids=[f"{r[0]} {r[2]}" for r in REFUSALS])
def test_a_refusal_has_its_id_and_words(
    house: House, ref: str, deed: Callable[[House], object], en: str, zh: str
) -> None:
    assert house.refused(lambda: deed(house)) == (ref, en, zh)


def test_cat_2_a_table_somebody_sits_at_is_taken_after_its_time_too(house: House, clock: MovedClock) -> None:
    house.at("2026-05-02 18:00")
    house.dining(house.guest())
    house.at("2026-05-02 20:30")
    late = house.book(house.guest("王伟"), "2026-05-02 20:31")
    assert house.refused(lambda: house.do(late, "seat", table="A3"))[:2] == ("CAT-2", "A3 is taken until 20:30.")


def test_cat_3_an_allergen_needs_the_guests_word(house: House, shop: Shop) -> None:
    guest = house.guest()
    with shop.write("profile") as tx:
        tx.add(CatProfile(customer_id=guest, allergens=["peanut"]))
    assert house.refused(lambda: house.dining(guest, "D03")) == (
        "CAT-3", "Kung pao chicken contains peanut.", "宫保鸡丁含peanut。",
    )  # fmt: skip


def test_cat_3_what_is_sold_out(house: House, shop: Shop) -> None:
    with shop.write("menu") as tx:
        tx.change(tx.need(CatDish, "D12"), sold_out=True)
    assert house.refused(lambda: house.dining(house.guest()))[1] == "Fried rice is sold out."


def test_cat_5_a_problem_is_solved_before_the_bill(house: House) -> None:
    visit = house.dining(house.guest())
    house.do(visit, "problem", kind="missing", dish="D12", remedy="free", cost="28")
    assert house.refused(lambda: house.do(visit, "pay", bill="116", paid="88"))[:2] == (
        "CAT-5", "Solve the open problem first.",
    )  # fmt: skip
    house.do(visit, "solve", happy="yes")
    house.do(visit, "pay", bill="116", paid="88")
    assert house.step(visit) == "paid"


def test_a_served_dish_is_chased_no_more(house: House, shop: Shop) -> None:
    from serviceflow.api import TaskRow

    visit = house.dining(house.guest())
    house.do(visit, "serve", dish="D01")
    table = table_of(TaskRow)
    with shop.reading() as tx:
        tasks = {(t.rule, t.subject): t.state for t in tx.all(TaskRow, table.c.order_id == visit)}
    assert tasks["catering:cat-chase-first", "D01"] == "done"
    assert tasks["catering:cat-chase", "D12"] == "open"


def test_the_figures_of_a_month(house: House, shop: Shop) -> None:
    house.closed("2026-05-02 12:00", house.guest())
    house.at("2026-05-03 12:00")
    house.book(house.guest("王伟"), "2026-05-03 18:00", table="A1")
    house.run("2026-05-03 19:00")
    with shop.reading() as tx:
        found = figures(shop, tx, shop.parse_day("2026-05-01", shop.clock.now()), shop.local_day(shop.clock.now()))
    assert (found.due, found.no_shows, found.visits, found.turns) == (1, 1, 1, {"A3": 1})


def test_regulars_come_often_within_some_days(house: House) -> None:
    from datetime import UTC, datetime

    days = [(1, datetime(2026, 1, d, tzinfo=UTC)) for d in (1, 11, 21)] + [(2, datetime(2026, 1, 1, tzinfo=UTC))]
    assert regulars(days, 3, 20) == 1
    assert regulars(days, 3, 19) == 0


def test_a_closed_table_seats_nobody(house: House, shop: Shop) -> None:
    with shop.write("table") as tx:
        tx.change(tx.need(CatTable, "A3"), active=False)
    assert house.refused(lambda: house.book(house.guest(), "2026-12-01 18:00", table="A3"))[0] == "CAT-1"


@pytest.mark.parametrize(("mine", "said"), [
    (["egg"], ["李娜 must not eat peanut: note it with the other guest first."]), (["egg", "peanut"], []),
])  # fmt: skip
def test_what_a_guest_must_not_eat_survives_a_merge(house: House, shop: Shop, mine: list[str], said: list[str]) -> None:
    gone, kept = house.guest(), house.guest("王伟")
    with shop.write("profiles") as tx:
        tx.add(CatProfile(customer_id=gone, allergens=["peanut"]))
        tx.add(CatProfile(customer_id=kept, allergens=mine))
        reasons = may_merge(tx, tx.need(Customer, kept), tx.need(Customer, gone))
    assert [reason.to("en") for reason in reasons] == said
