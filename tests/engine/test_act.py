"""One action, one transaction: role, form, guards, sign-offs, move, effects; late timers; two people at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from serviceflow.app import Shop
from serviceflow.engine.act import act, decide, offers, open_order
from serviceflow.engine.notes import Notes
from serviceflow.engine.timers import run_due
from serviceflow.errors import BadInput, ChangedMeanwhile, Refused
from serviceflow.flow.forms import FormFaults
from serviceflow.store.tables import Message, Operation, Order, OrderAction, OrderClock, Task, Timer
from serviceflow.store.write import table_of
from serviceflow.testing.fixtures import Furnish
from sqlalchemy import select

from tests.engine.conftest import repairs

At = Callable[[str], None]


@pytest.fixture
def furnish() -> Furnish:
    return repairs


def as_(shop: Shop, login: str) -> None:
    with shop.reading() as tx:
        shop.staff_id = shop._staff_id(tx, login)


def order_of(shop: Shop, number: str = "F2026-0001") -> Order:
    with shop.reading() as tx:
        found = tx.one(Order, table_of(Order).c.number == number)
    assert found is not None
    return found


def tasks(shop: Shop, state: str = "open") -> list[tuple[str, str]]:
    with shop.reading() as tx:
        rows = tx.all(Task, table_of(Task).c.state == state, order_by=[table_of(Task).c.due_at, table_of(Task).c.id])
    return [((r.rule or "").removeprefix("fix:"), r.due_at.astimezone(shop.zone).strftime("%m-%d %H:%M")) for r in rows]


def messages(shop: Shop, state: str = "planned") -> list[tuple[str, str]]:
    with shop.reading() as tx:
        rows = tx.all(Message, table_of(Message).c.state == state)
    return [(r.template, r.due_at.astimezone(shop.zone).strftime("%m-%d %H:%M")) for r in rows]


def due(shop: Shop, number: str = "F2026-0001") -> int:
    with shop.write("remind run") as tx:
        return run_due(shop, tx, order_of(shop, number), tx.now, Notes())


@pytest.fixture
def quoted(fix: Shop, customer: int) -> int:
    """An order that stands in `quoted`, on 2026-11-25 10:20."""
    order = open_order(fix, "fix-repair", customer, {}).order
    assert order.id is not None
    act(fix, order.id, "quote", {"amount": "80"})
    return order.id


def test_opening_draws_a_number_plans_the_entry_and_starts_the_clocks(fix: Shop, customer: int) -> None:
    done = open_order(fix, "repair", customer, {})
    assert done.order.number == "F2026-0001"
    assert tasks(fix) == [("welcome", "11-25 10:25"), ("look", "11-25 10:50")]
    with fix.reading() as tx:
        clocks = {c.key: c.due_at.astimezone(fix.zone).strftime("%m-%d %H:%M") for c in tx.all(OrderClock)}
    assert clocks == {"step": "11-25 12:20", "promise": "12-01 00:00"}


def test_a_second_open_order_with_the_same_key_names_the_first(fix: Shop, customer: int) -> None:
    open_order(fix, "fix-repair", customer, {})
    with pytest.raises(Refused, match="F2026-0001"):
        open_order(fix, "fix-repair", customer, {})
    with fix.reading() as tx:
        assert tx.scalar(select(table_of(Order).c.number).order_by(table_of(Order).c.id.desc())) == "F2026-0001"


def test_an_action_moves_and_ends_what_the_left_step_made(fix: Shop, quoted: int) -> None:
    order = order_of(fix)
    assert (order.step, order.amount) == ("quoted", 8000)
    assert tasks(fix, "done") == [("look", "11-25 10:50")]
    assert tasks(fix) == [("welcome", "11-25 10:25"), ("chase", "11-28 18:00"), ("chase", "12-01 18:00")]
    act(fix, quoted, "plan", {"visit_on": "11-30"})
    assert tasks(fix, "cancelled") == [("chase", "11-28 18:00"), ("chase", "12-01 18:00")]
    assert tasks(fix) == [("welcome", "11-25 10:25"), ("prepare", "11-29 18:00")]
    assert messages(fix) == [("visit-reminder", "11-29 10:00")]


def test_moving_an_anchor_plans_anew_what_hangs_on_it(fix: Shop, quoted: int) -> None:
    act(fix, quoted, "plan", {"visit_on": "11-30"})
    done = act(fix, quoted, "plan", {"visit_on": "12-02"})
    assert tasks(fix) == [("welcome", "11-25 10:25"), ("prepare", "12-01 18:00")]
    assert messages(fix) == [("visit-reminder", "12-01 10:00")]
    assert [str(p) for p in done.notes.planned] != []


def test_what_the_day_before_would_have_made_is_not_made_when_that_is_past(fix: Shop, quoted: int) -> None:
    act(fix, quoted, "plan", {"visit_on": "11-25"})
    assert tasks(fix) == [("welcome", "11-25 10:25")]
    assert messages(fix) == []


def test_marketing_without_consent_is_kept_with_its_reason(fix: Shop, quoted: int) -> None:
    with fix.reading() as tx:
        kept = tx.one(Message, table_of(Message).c.template == "thanks")
    assert kept is not None
    assert (kept.state, kept.reason_ref) == ("suppressed", "marketing.no-consent")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"amount": "x"}, "amount"),
        ({}, "amount"),
        ({"amount": "1", "ammount": "2"}, "ammount"),
    ],
    ids=["letters", "missing", "unknown field names the nearest"],
)
def test_a_form_complains_and_changes_nothing(fix: Shop, customer: int, given: dict[str, str], says: str) -> None:
    order = open_order(fix, "fix-repair", customer, {}).order
    with pytest.raises(FormFaults, match=says):
        act(fix, order.id or 0, "quote", given)
    assert order_of(fix).rv == order.rv


def test_the_first_guard_that_says_no_wins_and_names_the_rule(fix: Shop, customer: int) -> None:
    order = open_order(fix, "fix-repair", customer, {}).order
    with pytest.raises(Refused) as refusal:
        act(fix, order.id or 0, "quote", {"amount": "0"})
    assert refusal.value.ref == "fix.not-free"


def test_a_guard_is_set_aside_only_by_whom_it_names_and_with_the_reason_kept(fix: Shop, customer: int) -> None:
    order = open_order(fix, "fix-repair", customer, {}).order
    with pytest.raises(Refused, match="not-free"):
        act(fix, order.id or 0, "quote", {"amount": "0"}, override={"not-free": "old friend"})
    with fix.write("staff role") as tx:
        from serviceflow.store.tables import StaffRole

        tx.add(StaffRole(staff_id=fix.staff_id or 0, role="boss"))
    done = act(fix, order.id or 0, "quote", {"amount": "0"}, override={"not-free": "old friend"})
    assert done.pending is None
    with fix.reading() as tx:
        deed = tx.one(OrderAction, table_of(OrderAction).c.action == "quote")
    assert deed is not None
    assert deed.form["override"] == {"not-free": "old friend"}


def test_a_role_is_needed_and_named(fix: Shop, quoted: int) -> None:
    as_(fix, "auditor")
    with pytest.raises(Refused, match=r"职员|Clerk"):
        act(fix, quoted, "plan", {"visit_on": "11-30"})


def test_an_unknown_action_names_the_nearest_and_a_misplaced_one_what_is_possible(fix: Shop, quoted: int) -> None:
    with pytest.raises(BadInput, match=r"qoute") as unknown:
        act(fix, quoted, "qoute", {})
    assert "quote" in str(unknown.value.way_out)
    with pytest.raises(Refused) as misplaced:
        act(fix, quoted, "resume", {})
    assert misplaced.value.ref == "core.not-offered"


def test_offers_tell_what_may_be_done_and_why_the_rest_may_not(fix: Shop, quoted: int) -> None:
    as_(fix, "auditor")
    told = {o.action.key: o.refusal.ref if o.refusal else "" for o in offers(fix, quoted)}
    assert told == {"quote": "core.role", "plan": "core.role", "note": "", "wait": "core.role"}


def test_a_dry_run_does_everything_and_leaves_nothing(fix: Shop, quoted: int) -> None:
    before = order_of(fix).rv
    done = act(fix, quoted, "plan", {"visit_on": "11-30"}, dry_run=True)
    assert done.order.step == "planned"
    assert order_of(fix).rv == before
    assert order_of(fix).step == "quoted"


def test_who_looked_at_an_older_state_is_told_who_moved_it_where(fix: Shop, quoted: int) -> None:
    seen = order_of(fix).rv
    act(fix, quoted, "plan", {"visit_on": "11-30"})
    with pytest.raises(ChangedMeanwhile, match="小美"):
        act(fix, quoted, "quote", {"amount": "90"}, expected_rv=seen)


def test_back_leads_to_the_step_left_and_a_resting_clock_shifts(fix: Shop, customer: int, at: At) -> None:
    order = open_order(fix, "fix-repair", customer, {}).order
    at("2026-11-25 11:00")
    act(fix, order.id or 0, "wait", {})
    at("2026-11-27 11:00")
    act(fix, order.id or 0, "resume", {})
    assert order_of(fix).step == "intake"
    with fix.reading() as tx:
        promise = tx.get(OrderClock, order.id, "promise")
    assert promise is not None
    assert promise.due_at.astimezone(fix.zone).strftime("%m-%d %H:%M") == "12-03 00:00"
    assert tasks(fix) == [("welcome", "11-25 10:25"), ("look", "11-27 11:30")], "the first-time task is not repeated"


def test_a_measured_action_keeps_how_late_it_was(fix: Shop, customer: int, at: At) -> None:
    order = open_order(fix, "fix-repair", customer, {}).order
    at("2026-11-25 11:27")
    act(fix, order.id or 0, "quote", {"amount": "80"})
    with fix.reading() as tx:
        deed = tx.one(OrderAction, table_of(OrderAction).c.action == "quote")
    assert deed is not None
    assert (deed.late, deed.late_unit) == (7, "minutes")


def test_a_late_timer_acts_at_its_nominal_moment_before_the_next_action(fix: Shop, quoted: int, at: At) -> None:
    at("2026-12-20 09:00")
    with pytest.raises(Refused):
        act(fix, quoted, "plan", {"visit_on": "12-22"})
    assert order_of(fix).step == "quoted", "nothing of the refused command is stored"
    assert due(fix) == 2
    order = order_of(fix)
    assert (order.step, order.outcome) == ("lost", "lost")
    assert order.closed_at is not None
    assert order.closed_at.astimezone(fix.zone).strftime("%m-%d %H:%M") == "12-06 00:00"


@pytest.mark.parametrize("every", ["day", "once"])
def test_cron_every_day_or_once_at_the_end_gives_the_same(fix: Shop, quoted: int, at: At, every: str) -> None:
    act(fix, quoted, "note", {"amount": "1"})
    for day in range(26, 31) if every == "day" else ():
        at(f"2026-11-{day} 23:00")
        due(fix)
    at("2026-12-07 12:00")
    due(fix)
    with fix.reading() as tx:
        made = [
            (t.rule, t.due_at.astimezone(fix.zone).strftime("%m-%d %H:%M"), t.state)
            for t in tx.all(Task)
            if t.rule in ("fix:nudge", "fix:sorry")
        ]
        deeds = [(d.action, d.at.astimezone(fix.zone).strftime("%m-%d %H:%M")) for d in tx.all(OrderAction)]
    assert made == [("fix:nudge", "11-26 09:00", "cancelled"), ("fix:sorry", "12-01 00:00", "cancelled")]
    assert deeds == [
        ("open", "11-25 10:20"),
        ("quote", "11-25 10:20"),
        ("note", "11-25 10:20"),
        ("nudge", "11-26 09:00"),
        ("broken-promise", "12-01 00:00"),
        ("forget", "12-06 00:00"),
    ]


def test_a_timer_whose_condition_does_not_hold_waits_until_something_changes(fix: Shop, quoted: int, at: At) -> None:
    at("2026-11-26 12:00")
    assert due(fix) == 0
    with fix.reading() as tx:
        assert tx.one(Timer, table_of(Timer).c.state == "waiting") is not None
    act(fix, quoted, "note", {"amount": "1"})
    assert due(fix) == 1
    assert ("nudge", "11-26 12:00") in tasks(fix)


def test_a_closed_order_keeps_no_timer_no_clock_and_only_what_stays(fix: Shop, quoted: int) -> None:
    act(fix, quoted, "plan", {"visit_on": "11-30"})
    act(fix, quoted, "mend", {"result": "修好"})
    assert tasks(fix) == [("welcome", "11-25 10:25")]
    assert messages(fix) == []
    with fix.reading() as tx:
        assert {t.state for t in tx.all(Timer)} <= {"cancelled", "done"}
        assert {c.state for c in tx.all(OrderClock)} == {"stopped"}


# -- sign-offs ---------------------------------------------------------------------------------------------


def test_a_need_leaves_the_order_where_it_is_until_it_is_signed(fix: Shop, customer: int, at: At) -> None:
    order = open_order(fix, "fix-repair", customer, {}).order
    done = act(fix, order.id or 0, "quote", {"amount": "40"})
    assert str(done.pending) in ("Boss", "老板")
    assert order_of(fix).step == "intake"
    with pytest.raises(Refused) as other:
        act(fix, order.id or 0, "wait", {})
    assert other.value.ref == "core.pending-sign-off"
    with pytest.raises(Refused) as mine:
        decide(fix, order.id or 0, approve=True, opinion="")
    assert mine.value.ref == "core.sign-role"
    at("2026-11-25 15:00")
    as_(fix, "boss")
    decide(fix, order.id or 0, approve=True, opinion="好")
    assert order_of(fix).step == "quoted"
    with fix.reading() as tx:
        deed = tx.one(OrderAction, table_of(OrderAction).c.action == "quote")
    assert deed is not None
    assert deed.at.astimezone(fix.zone).strftime("%H:%M") == "15:00", "the effects run with the time of approval"


def test_the_requesters_own_signature_counts_where_the_route_says_so(fix: Shop, customer: int) -> None:
    order = open_order(fix, "fix-repair", customer, {}).order
    with fix.write("staff role") as tx:
        from serviceflow.store.tables import StaffRole

        tx.add(StaffRole(staff_id=fix.staff_id or 0, role="boss"))
    done = act(fix, order.id or 0, "quote", {"amount": "40"})
    assert done.pending is None
    assert order_of(fix).step == "quoted"


def test_a_rejection_needs_its_opinion_and_drops_the_request(fix: Shop, customer: int) -> None:
    order = open_order(fix, "fix-repair", customer, {}).order
    act(fix, order.id or 0, "quote", {"amount": "40"})
    as_(fix, "boss")
    with pytest.raises(Refused) as short:
        decide(fix, order.id or 0, approve=False, opinion="x")
    assert short.value.ref == "core.sign-opinion"
    decide(fix, order.id or 0, approve=False, opinion="太低了")
    as_(fix, "xiaomei")
    act(fix, order.id or 0, "quote", {"amount": "60"})
    assert order_of(fix).amount == 6000


@pytest.mark.parametrize(("when", "still"), [("2026-11-26 10:20", True), ("2026-11-26 10:21", False)])
def test_an_undecided_request_is_dropped_when_its_time_is_over(
    fix: Shop, customer: int, at: At, when: str, still: bool
) -> None:
    order = open_order(fix, "fix-repair", customer, {}).order
    act(fix, order.id or 0, "quote", {"amount": "40"})
    at(when)
    as_(fix, "boss")
    if still:
        decide(fix, order.id or 0, approve=True, opinion="好")
    else:
        with pytest.raises(Refused) as gone:
            decide(fix, order.id or 0, approve=True, opinion="好")
        assert gone.value.ref == "core.nothing-to-sign"


def test_a_deputy_signs_instead_during_leave(fix: Shop, customer: int) -> None:
    from datetime import date

    from serviceflow.store.tables import Absence, Staff

    with fix.write("leave") as tx:
        boss = tx.one(Staff, table_of(Staff).c.login == "boss")
        auditor = tx.one(Staff, table_of(Staff).c.login == "auditor")
        assert boss is not None
        assert boss.id is not None
        assert auditor is not None
        tx.add(Absence(staff_id=boss.id, first=date(2026, 11, 25), last=date(2026, 11, 25), deputy_id=auditor.id))
    order = open_order(fix, "fix-repair", customer, {}).order
    act(fix, order.id or 0, "quote", {"amount": "40"})
    as_(fix, "boss")
    with pytest.raises(Refused):
        decide(fix, order.id or 0, approve=True, opinion="")
    as_(fix, "auditor")
    decide(fix, order.id or 0, approve=True, opinion="代签")
    assert order_of(fix).step == "quoted"


def test_a_round_opened_by_a_step_goes_stage_by_stage_and_a_no_leads_where_the_route_says(
    fix: Shop, quoted: int
) -> None:
    act(fix, quoted, "plan", {"visit_on": "11-30"})
    act(fix, quoted, "mend", {"result": "hopeless"})
    with pytest.raises(Refused) as own:
        decide(fix, quoted, approve=True, opinion="")
    assert own.value.ref == "core.sign-own"
    as_(fix, "auditor")
    with pytest.raises(Refused) as early:
        decide(fix, quoted, approve=True, opinion="")
    assert early.value.ref == "core.sign-stage"
    as_(fix, "boss")
    decide(fix, quoted, approve=True, opinion="")
    as_(fix, "auditor")
    decide(fix, quoted, approve=False, opinion="no")
    assert order_of(fix).step == "planned"
    as_(fix, "xiaomei")
    act(fix, quoted, "mend", {"result": "hopeless"})
    for login in ("boss", "auditor"):
        as_(fix, login)
        decide(fix, quoted, approve=True, opinion="")
    assert (order_of(fix).step, order_of(fix).outcome) == ("scrapped", "scrapped")


# -- parents and children ------------------------------------------------------------------------------------


def test_a_blocking_child_stops_its_parent_and_its_end_moves_it_on(fix: Shop, quoted: int, at: At) -> None:
    act(fix, quoted, "plan", {"visit_on": "11-30"})
    act(fix, quoted, "order-part", {})
    child = order_of(fix, "P001")
    assert child.parent_id == quoted
    with pytest.raises(Refused) as blocked:
        act(fix, quoted, "mend", {"result": "mended"})
    assert blocked.value.ref == "core.blocked-by-child"
    assert "P001" in str(blocked.value)
    act(fix, quoted, "note", {"amount": "1"})
    at("2026-12-10 10:20")
    act(fix, child.id or 0, "arrive", {})
    assert ("fit", "12-10 10:35") in tasks(fix)
    with fix.reading() as tx:
        promise = tx.get(OrderClock, quoted, "promise")
    assert promise is not None
    assert promise.due_at.astimezone(fix.zone).strftime("%m-%d %H:%M") == "12-16 00:00", "it rested 15 days"
    act(fix, quoted, "mend", {"result": "mended"})


def test_an_order_that_ends_ends_its_children_as_the_link_says(fix: Shop, quoted: int) -> None:
    act(fix, quoted, "plan", {"visit_on": "11-30"})
    act(fix, quoted, "order-part", {})
    act(fix, order_of(fix, "P001").id or 0, "arrive", {})
    act(fix, quoted, "order-part", {})
    act(fix, order_of(fix, "P002").id or 0, "call-off", {})
    assert order_of(fix, "P002").step == "off"


def test_each_command_is_one_operation(fix: Shop, quoted: int) -> None:
    with fix.reading() as tx:
        before = tx.scalar(select(table_of(Operation).c.id).order_by(table_of(Operation).c.id.desc()))
    done = act(fix, quoted, "plan", {"visit_on": "11-30"})
    assert done.operation == before + 1
