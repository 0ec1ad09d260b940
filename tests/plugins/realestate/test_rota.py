"""The rota as pure rules: unfairness is bounded on any day. Source: realestate.md section 5.2."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from serviceflow_realestate import rota
from serviceflow_realestate.rota import Entry

MAKEUP = 1
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["visitor", "own", "done", "break", "duty", "back", "silent", "in", "void"]), st.integers(0, 5)
    ),
    max_size=120,
)


def live(day: rota.Day, agent: int, statuses: tuple[str, ...]) -> bool:
    found = rota.entry_of(day, agent)
    return found is not None and found.status in statuses


def play(steps: list[tuple[str, int]]) -> tuple[rota.Day, list[int]]:
    """Return the day after some events and the counted receptions each agent truly had and kept."""
    day: rota.Day = ()
    for agent in range(3):
        day = rota.sign_in(day, agent, confirmed=False)
    for what, agent in steps:
        if what == "visitor" and (given := rota.assign(day)) is not None:
            first = rota.order(day)[0]
            assert given == rota.Assigned(first.agent, "turn")
            day = rota.receive(day, given)
        elif what == "own" and rota.entry_of(day, agent) and (given := rota.assign(day, owner=agent)) is not None:
            before = rota.entry_of(day, given.agent)
            day = rota.receive(day, given)
            after = rota.entry_of(day, given.agent)
            assert before is not None
            assert after is not None
            assert after.turns == before.turns
        elif what == "done" and live(day, agent, ("receiving",)):
            day = rota.ready_again(day, agent, MAKEUP)
        elif what in ("break", "duty") and (entry := rota.entry_of(day, agent)) and entry.status == "ready":
            day = rota.put(day, Entry(agent, entry.seq, entry.turns, entry.missed, what))
        elif what == "back" and live(day, agent, ("break", "duty", "out")):
            day = rota.ready_again(day, agent, MAKEUP)
        elif what == "silent" and live(day, agent, ("receiving",)):
            day = rota.silent(day, agent)
        elif what == "in" and rota.entry_of(day, agent) is None:
            day = rota.sign_in(day, agent, confirmed=True)
        elif what == "void" and rota.entry_of(day, agent) is not None:
            continue  # given back turns are bounded by who was no buyer, not by the rota
    return day, [e.turns for e in day]


@given(STEPS)
def test_nobody_ready_is_more_than_a_make_up_turn_behind_when_he_comes_back(steps: list[tuple[str, int]]) -> None:
    day, _ = play(steps)
    for entry in day:
        if entry.status in ("receiving", "duty", "break"):
            back = rota.ready_again(day, entry.agent, MAKEUP)
            lowest = rota.lowest_of_others(back, entry.agent)
            mine = rota.entry_of(back, entry.agent)
            assert mine is not None
            if lowest is not None:
                bound = MAKEUP if entry.status in rota.MAKES_UP else 0
                assert mine.turns >= lowest - bound


@given(st.integers(2, 6), st.integers(0, 60))
def test_on_a_plain_day_turns_differ_by_one_at_most(agents: int, visitors: int) -> None:
    day: rota.Day = ()
    for agent in range(agents):
        day = rota.sign_in(day, agent, confirmed=False)
    for _ in range(visitors):
        given_ = rota.assign(day)
        assert given_ is not None
        day = rota.ready_again(rota.receive(day, given_), given_.agent, MAKEUP)
    turns = [e.turns for e in day]
    assert max(turns) - min(turns) <= 1
    assert sum(turns) == visitors


AWAY = ("receiving", "break", "duty", "out")
WHO_IS_AWAY = st.lists(
    st.tuples(
        st.sampled_from(["short", "long", "break", "duty", "out", "silent", "back", "in", "own"]), st.integers(0, 5)
    ),
    max_size=150,
)


def spread(day: rota.Day) -> int:
    turns = [e.turns for e in day if e.status == "ready"]
    return max(turns, default=0) - min(turns, default=0)


@given(st.integers(2, 5), st.integers(0, 2), WHO_IS_AWAY)
def test_while_one_is_away_at_a_time_those_ready_differ_by_a_turn_and_the_make_up(
    agents: int, makeup: int, steps: list[tuple[str, int]]
) -> None:
    """Long receptions, breaks, errands, silence, late-comers and own customers in any order: the bound of a day."""
    day: rota.Day = ()
    for agent in range(agents):
        day = rota.sign_in(day, agent, confirmed=False)
    for what, agent in steps:
        entry = rota.entry_of(day, agent)
        away = next((e for e in day if e.status in AWAY), None)
        given_ = rota.assign(day, owner=agent if what == "own" and entry is not None else None)
        if what in ("short", "own") and given_ is not None:
            day = rota.ready_again(rota.receive(day, given_), given_.agent, makeup)
        elif what == "long" and away is None and given_ is not None:
            day = rota.receive(day, given_)
        elif what == "silent" and away is None and given_ is not None:
            day = rota.silent(rota.receive(day, given_), given_.agent)
        elif what in ("break", "duty", "out") and away is None and entry is not None:
            day = rota.put(day, Entry(agent, entry.seq, entry.turns, entry.missed, what))
        elif what == "back" and away is not None:
            day = rota.ready_again(day, away.agent, makeup)
        elif what == "in" and entry is None and away is None:
            day = rota.sign_in(day, agent, confirmed=True)
        assert spread(day) <= 1 + makeup, day


@given(st.integers(2, 6), st.lists(st.integers(0, 5), max_size=80))
def test_nobody_has_fewer_turns_than_receptions(agents: int, busy: list[int]) -> None:
    """Turns are raised where others went ahead, never lowered, however long receptions last."""
    day: rota.Day = ()
    for agent in range(agents):
        day = rota.sign_in(day, agent, confirmed=False)
    had: dict[int, int] = {}
    for release in busy:
        given_ = rota.assign(day)
        if given_ is not None:
            day = rota.receive(day, given_)
            had[given_.agent] = had.get(given_.agent, 0) + 1
        if live(day, release, ("receiving",)):
            day = rota.ready_again(day, release, MAKEUP)
    assert all(e.turns >= had.get(e.agent, 0) for e in day)
    assert sum(had.values()) <= sum(e.turns for e in day)


@given(STEPS)
def test_the_next_visitor_goes_to_the_fewest_turns_then_the_earliest_sign_in(steps: list[tuple[str, int]]) -> None:
    day, _ = play(steps)
    ready = [e for e in day if e.status == "ready"]
    given_ = rota.assign(day)
    if not ready:
        assert given_ is None
        return
    assert given_ is not None
    chosen = rota.entry_of(day, given_.agent)
    assert chosen is not None
    assert all((chosen.turns, chosen.seq) <= (e.turns, e.seq) for e in ready)
    assert next(why.entry.agent for why in rota.explain(day) if why.place == 1) == chosen.agent


@given(STEPS)
def test_turns_never_fall_and_never_below_zero(steps: list[tuple[str, int]]) -> None:
    for n in range(len(steps)):
        before, after = play(steps[:n])[0], play(steps[: n + 1])[0]
        for entry in before:
            later = rota.entry_of(after, entry.agent)
            assert later is not None
            assert later.turns >= entry.turns >= 0


def test_a_late_comer_starts_with_the_fewest_turns_of_the_others() -> None:
    day = (Entry(1, 1, 3), Entry(2, 2, 2), Entry(3, 3, 5, 0, "out"))
    assert rota.sign_in(day, 4, confirmed=True)[-1] == Entry(4, 4, 2)


def test_a_turn_given_back_never_goes_below_zero() -> None:
    assert rota.give_back((Entry(1, 1, 0),), 1) == (Entry(1, 1, 0),)
    assert rota.give_back((Entry(1, 1, 2),), 1) == (Entry(1, 1, 1),)


def test_why_each_stands_where_he_stands() -> None:
    day = (Entry(1, 1, 2), Entry(2, 2, 1), Entry(3, 3, 2), Entry(4, 4, 0, 1, "break"), Entry(5, 5, 0, 0, "receiving"))
    found = [(w.entry.agent, w.place, w.turns_ahead, w.earlier, w.back) for w in rota.explain(day, MAKEUP)]
    assert found == [
        (2, 1, 0, False, None),
        (1, 2, 1, False, None),
        (3, 3, 0, True, None),
        (4, None, 0, False, 0),  # the one who receives has none either
        (5, None, 0, False, 0),
    ]
