"""The read path on both databases: views, masks, what people type, plans that walk indexes, nothing ever written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.errors import TryAgain
from serviceflow.refs import find_customers, find_orders, short_numbers
from serviceflow.store.place import Place
from serviceflow.store.read import Reader, bound
from serviceflow.store.tables import Contact, Customer, Runner, Slot, Staff, StaffRole
from serviceflow.store.views import DOCUMENTED, KINDS, VIEWS
from serviceflow.store.write import table_of
from serviceflow_cli.morning import look


@pytest.fixture
def read(studio: Shop, clock: SetClock) -> Iterator[Reader]:
    """The lived-in shop, opened for reading by 小美."""
    opened = Reader.open(studio.place, login="xiaomei", clock=clock)
    yield opened
    opened.close()


def test_each_view_has_the_columns_it_documents(read: Reader) -> None:
    for view in DOCUMENTED:
        cursor = read.connection.execute(f"SELECT * FROM {view.name}")  # noqa: S608
        assert [column[0] for column in cursor.description] == [column.name for column in view.columns], view.name
        assert view.help.endswith(".")
        assert all(column.help for column in view.columns)
    assert list(VIEWS["sqlite"]) == list(VIEWS["postgresql"]) == [view.name for view in DOCUMENTED]


def test_one_name_means_one_kind_in_all_views() -> None:
    for view in DOCUMENTED:
        for column in view.columns:
            assert KINDS[column.name] == column.kind, f"{view.name}.{column.name}"


def test_values_come_back_as_python_holds_them(read: Reader) -> None:
    order = read.one("SELECT * FROM v_order WHERE order_number = :no", no="S-2026-0012")
    assert order is not None
    assert order["opened_at"] == datetime(2026, 11, 19, 7, 0, tzinfo=UTC)
    assert (order["amount"], order["step_zh"], order["closed_at"]) == (319900, "已付定", None)
    customer = read.one("SELECT * FROM v_customer WHERE customer_id = 1")
    assert customer is not None
    assert (customer["do_not_contact"], customer["tags"]) == (False, [])
    assert read.today == date(2026, 11, 25)


MASKED = {
    "+8613800000001": "138****0001",
    "+861088886666": "+86****6666",
    "02188886666": "021****6666",
    "95588": "****",
    "wang@qq.com": "w***@qq.com",
    "上海市静安区南京西路1266号": "上海市****266号",
    "wxid_abcdef": "wxi****cdef",
    "": "",
}


def test_contact_points_are_masked_in_the_database(studio: Shop, clock: SetClock) -> None:
    with studio.write("fixture") as tx:
        for value in MASKED:
            tx.add(Contact(customer_id=1, kind="other", value=value, shown=value))
    read = Reader.open(studio.place, login="xiaomei", clock=clock)
    found = read.rows("SELECT value FROM v_contact WHERE contact_kind = 'other' ORDER BY contact_id")
    assert [row["value"] for row in found] == list(MASKED.values())
    read.close()


def test_no_view_shows_a_phone_in_full(read: Reader) -> None:
    for view in DOCUMENTED:
        for row in read.rows(f"SELECT * FROM {view.name}"):  # noqa: S608
            for name, value in row.items():
                if name not in ("summary", "detail_en", "detail_zh", "note"):
                    assert re.search(r"1[3-9]\d{9}", str(value)) is None, f"{view.name}.{name}"


def test_nothing_can_be_written(read: Reader) -> None:
    for statement in ("DELETE FROM task", "UPDATE shop_meta SET value = ''", "CREATE TABLE mine (x INTEGER)"):
        with pytest.raises(Exception, match=r"(?i)read-?only|read only|readonly"):
            read.connection.execute(statement)


REMEMBERED = {
    "王小明": "王小明", "wxm": "王小明", "wangxiaoming": "王小明", "WANG": "王小明", "Wang Xiaoming": "王小明",
    "lili": "李丽", "ll": "李丽", "0001": "王小明", "13800000001": "王小明", "138 0000-0001": "王小明",
    "+86 138 0000 0001": "王小明", "１３８０００００００１": "王小明", "00000003": "赵敏", "c2": "李丽",
    "１３８００００００００１": None, "": None, "***": None, "%": None, "'; DROP TABLE customer": None,
}  # fmt: skip


def test_a_customer_is_found_as_remembered(read: Reader) -> None:
    found = {typed: next((row["customer"] for row in find_customers(read, typed)), None) for typed in REMEMBERED}
    assert found == REMEMBERED
    assert {row["customer"] for row in find_customers(read, "小明")} == {"王小明", "李小明"}


NUMBERS = {
    "S-2026-0012": ["S-2026-0012"], "s-2026-0012": ["S-2026-0012"], "0012": ["S-2026-0012"], "12": ["S-2026-0012"],
    "2026-0012": ["S-2026-0012"], "2": [], "S-2025-0012": [], "99": [], "": [], "S-": [], "9999999999999": [],
}  # fmt: skip


def test_an_order_is_found_by_the_end_of_its_number(read: Reader) -> None:
    assert {typed: [row["order_number"] for row in find_orders(read, typed)] for typed in NUMBERS} == NUMBERS


def test_a_short_number_finds_one_order_alone(read: Reader, studio: Shop) -> None:
    assert short_numbers(read, [("S-2026-0012", 12), (None, None)]) == {"S-2026-0012": "0012"}
    with studio.write("fixture") as tx:
        from serviceflow.store.tables import Order

        tx.add(Order(number="C-0012", seq=12, customer_id=1, flow="complaint", flow_version=1, step="open",
                     entered_at=tx.now, opened_at=tx.now))  # fmt: skip
    assert short_numbers(read, [("S-2026-0012", 12)]) == {"S-2026-0012": "S-2026-0012"}
    assert {row["order_number"] for row in find_orders(read, "0012")} == {"S-2026-0012", "C-0012"}


# -- who sees what ------------------------------------------------------------------------------------------------


def test_a_task_of_a_role_is_on_the_page_of_who_holds_it(read: Reader) -> None:
    assert [(i.group, i.title) for i in look(read).items if i.group in ("overdue", "today")] == [
        ("overdue", "Urge to fix a shoot date"), ("today", "Viewing"), ("today", "Call back"),
    ]  # fmt: skip
    assert [i.title for i in look(read, staff="anna").items] == ["Buy paper"]
    everything = look(read, everybody=True)
    assert [i.title for i in everything.items if i.group == "today"] == ["Viewing", "Buy paper", "Call back"]
    assert everything.counts["today"] == 3


def test_a_task_is_closed_by_the_action_that_fulfils_it_while_it_is_offered(read: Reader) -> None:
    commands = {item.title: item.command for item in look(read).items}
    assert commands["Viewing"] == "flow do 0009 start-viewing"
    assert commands["Call back"] == "flow done 3"


@pytest.mark.parametrize(
    ("requester", "absent", "deputy", "sees"),
    [
        pytest.param(2, None, None, True, id="a role of mine"),
        pytest.param(1, None, None, False, id="my own request"),
        pytest.param(2, 1, 2, True, id="I am away and sign all the same"),
    ],
)
def test_what_waits_for_my_signature(
    studio: Shop, clock: SetClock, requester: int, absent: int | None, deputy: int | None, sees: bool
) -> None:
    from serviceflow.store.tables import Absence, Request

    with studio.write("fixture") as tx:
        tx.change(tx.need(Request, 1), requested_by=requester)
        if absent is not None:
            tx.add(Absence(staff_id=absent, first=date(2026, 11, 25), last=date(2026, 11, 25), deputy_id=deputy))
    read = Reader.open(studio.place, login="xiaomei", clock=clock)
    assert bool([item for item in look(read).items if item.group == "sign"]) is sees
    read.close()


@pytest.mark.parametrize(
    ("first", "last", "role", "sees"),
    [
        pytest.param(25, 25, None, True, id="today"),
        pytest.param(20, 24, None, False, id="until yesterday"),
        pytest.param(26, 27, None, False, id="from tomorrow"),
        pytest.param(25, 25, "manager", True, id="for that role"),
        pytest.param(25, 25, "cashier", False, id="for another role"),
    ],
)
def test_a_stand_in_sees_what_waits_for_whom_he_stands_in_for(
    studio: Shop, clock: SetClock, first: int, last: int, role: str | None, sees: bool
) -> None:
    from serviceflow.store.tables import Absence, Request

    with studio.write("fixture") as tx:
        boss = tx.add(Staff(login="boss", name="Boss"))
        tx.add(StaffRole(staff_id=boss.id, role="manager"))
        slot = tx.one(Slot, table_of(Slot).c.request_id == 1)
        assert slot is not None
        tx.change(tx.need(Request, 1), requested_by=1)
        tx.add(
            Absence(staff_id=boss.id, first=date(2026, 11, first), last=date(2026, 11, last), deputy_id=2, role=role)
        )
    read = Reader.open(studio.place, login="anna", clock=clock)
    assert bool([item for item in look(read).items if item.group == "sign"]) is sees
    read.close()


@pytest.mark.parametrize(
    ("minutes", "banner"), [(None, None), (5, None), (15, None), (16, "16 min"), (200, "3 h"), (3000, "2 d")]
)
def test_a_timer_that_stood_still_is_a_banner_but_never_one_that_never_ran(
    studio: Shop, clock: SetClock, minutes: int | None, banner: str | None
) -> None:
    from datetime import timedelta

    if minutes is not None:
        with studio.write("fixture") as tx:
            beat = clock.now() - timedelta(minutes=minutes)
            tx.add(Runner(instance="a", started_at=beat, beat_at=beat, version="1"))
    read = Reader.open(studio.place, login="xiaomei", clock=clock)
    shown = look(read).banner
    assert (banner is None and shown is None) or (banner is not None and banner in str(shown))
    read.close()


def test_counts_stop_at_a_hundred(studio: Shop, clock: SetClock) -> None:
    from serviceflow.store.tables import Task

    with studio.write("fixture") as tx:
        for n in range(130):
            tx.add(Task(title_en=f"t{n}", title_zh=f"t{n}", due_at=clock.now(), made_at=clock.now(), assignee_id=1))
    read = Reader.open(studio.place, login="xiaomei", clock=clock)
    morning = look(read)
    assert (morning.counts["today"], morning.shown("today")) == (100, "99+")
    assert read.count("SELECT 1 FROM task") == 100
    read.close()


# -- plans --------------------------------------------------------------------------------------------------------

PLANS: dict[str, tuple[Callable[[Reader], Any], tuple[str, ...]]] = {
    "today": (look, ("ix_task_open_assignee", "ix_task_open_role", "ix_order_clock_due", "ix_message_trouble")),
    "today --all": (lambda read: look(read, everybody=True), ("ix_task_open_due", "ix_message_trouble")),
    "find": (lambda read: find_customers(read, "xm"), ("find_key",)),
    "find order": (lambda read: find_orders(read, "0012"), ("ix_orders_seq",)),
}
SMALL = {
    "catalogue_flow",
    "catalogue_step",
    "catalogue_action",
    "shop_meta",
    "staff",
    "staff_role",
    "absence",
    "runner",
}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", PLANS)
def test_daily_queries_walk_indexes(read: Reader, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    rows = Reader.rows

    def recording(self: Reader, sql: str, **values: Any) -> list[dict[str, Any]]:
        plan = self.connection.execute(*bound(self.place, f"EXPLAIN QUERY PLAN {sql}", values)).fetchall()
        asked.extend(step[3] for step in plan)
        return rows(self, sql, **values)

    monkeypatch.setattr(Reader, "rows", recording)
    run, indexes = PLANS[name]
    run(read)
    whole = [step for step in asked if re.match(r"SCAN (?!counted|\(subquery|v_timeline|CONSTANT)", step)]
    aliases = {"r": "ix_request_pending", "m": "ix_message_trouble"}
    assert [
        step for step in whole
        if step.split()[1] not in SMALL and aliases.get(step.split()[1], "?") not in step
        and step.split()[1] not in ("s", "b", "d", "a")
    ] == []  # fmt: skip
    for index in indexes:
        assert any(index in step for step in asked), index


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_prefix_is_an_index_range_on_postgresql_too(read: Reader) -> None:
    read.connection.execute("SET enable_seqscan = off")
    plan = read.connection.execute(
        "EXPLAIN SELECT key, customer_id FROM find_key WHERE key >= 'xm' AND key < 'xn' ORDER BY key LIMIT 400"
    ).fetchall()
    text = "\n".join(row[0] for row in plan)
    assert re.search(r"Index Cond: .*key.* >= 'xm'", text)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_server_that_is_gone_says_try_again(read: Reader) -> None:
    with pytest.raises(TryAgain):
        Reader.open(Place(url="postgresql://localhost:1/none?connect_timeout=2"))


def test_a_merged_customer_is_not_shown(studio: Shop, clock: SetClock) -> None:
    with studio.write("fixture") as tx:
        tx.change(tx.need(Customer, 4), merged_into=1)
    read = Reader.open(studio.place, login="xiaomei", clock=clock)
    assert [row["customer"] for row in find_customers(read, "小明")] == ["王小明"]
    read.close()


@pytest.mark.parametrize(("until", "shown"), [(13, True), (30, False)], ids=["today", "tomorrow"])
def test_a_hold_that_ends_today_is_on_the_page(studio: Shop, clock: SetClock, until: int, shown: bool) -> None:
    from datetime import timedelta

    from serviceflow.kit.holds import claim
    from serviceflow.store.tables import Order

    with studio.write("hold") as tx:
        order = tx.one(Order, table_of(Order).c.number == "S-2026-0012")
        assert order is not None
        claim(
            tx,
            "unit",
            "1-0801",
            order_id=order.id,
            holder="x",
            now=clock.now(),
            until=clock.now() + timedelta(hours=until),
        )
    opened = Reader.open(studio.place, login="xiaomei", clock=clock)
    found = [item for item in look(opened, everybody=True).items if "1-0801" in item.title]
    opened.close()
    assert [(item.group, item.order, item.command) for item in found] == (
        [("limit", "S-2026-0012", "flow do 0012")] if shown else []
    )
