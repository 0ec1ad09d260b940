"""Conditions say the same in Python, on SQLite and on PostgreSQL, and refuse what was written wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serviceflow.kit.conditions import (
    ConditionFault,
    FieldType,
    FirstMatch,
    Leaf,
    Named,
    Rule,
    bound,
    explain,
    leaves,
    read_condition,
)
from serviceflow.texts import plain
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    insert,
    select,
)

FIELDS = {
    "amount": FieldType("money", plain("amount")),
    "score": FieldType("int", plain("score")),
    "seen": FieldType("date", plain("seen")),
    "vip": FieldType("bool", plain("vip")),
    "band": FieldType("enum", plain("band"), ("low", "mid", "high")),
    "note": FieldType("text", plain("note")),
}
TABLE = Table(
    "people",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("amount", Integer),
    Column("score", Integer),
    Column("seen", Date),
    Column("vip", Boolean),
    Column("band", String),
    Column("note", String),
)
VALUES: dict[str, list[Any]] = {
    "amount": [0, 1, 99, 100],
    "score": [-1, 0, 1, 5],
    "seen": [date(2024, 2, 29), date(2026, 3, 1), date(2026, 3, 2)],
    "vip": [True, False],
    "band": ["low", "mid", "high"],
    "note": ["", "a", "A", "甲"],
}
ROWS = st.fixed_dictionaries({name: st.sampled_from([None, *values]) for name, values in VALUES.items()})


def _leaf(name: str) -> st.SearchStrategy[dict[str, Any]]:
    value = st.sampled_from(VALUES[name])
    one = ["eq", "ne", *(["lt", "le", "gt", "ge"] if FIELDS[name].kind in ("money", "int", "date") else [])]
    kinds = [
        st.builds(lambda op, v: {"field": name, "op": op, "value": v}, st.sampled_from(one), value),
        st.builds(lambda op: {"field": name, "op": op}, st.sampled_from(["present", "missing"])),
        st.builds(
            lambda op, v: {"field": name, "op": op, "value": v},
            st.sampled_from(["in", "not_in"]),
            st.lists(value, min_size=1, max_size=3),
        ),
    ]
    if len(one) > 2:
        kinds.append(
            st.builds(lambda v: {"field": name, "op": "between", "value": v}, st.lists(value, min_size=2, max_size=2))
        )
    return st.one_of(kinds)


LEAVES = st.sampled_from(sorted(FIELDS)).flatmap(_leaf)
GROUPS = st.recursive(
    st.builds(lambda j, i: {j: i}, st.sampled_from(["all", "any", "none"]), st.lists(LEAVES, min_size=1, max_size=3)),
    lambda inner: st.builds(
        lambda j, i: {j: i}, st.sampled_from(["all", "any", "none"]), st.lists(inner | LEAVES, min_size=1, max_size=3)
    ),
    max_leaves=4,
)


def _depth(raw: dict[str, Any]) -> int:
    return 0 if "field" in raw else 1 + max(_depth(item) for items in raw.values() for item in items)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    if request.param == "sqlite":
        engine = create_engine("sqlite://")
    else:
        from serviceflow.store.place import Place

        server = request.getfixturevalue("postgres")
        engine = create_engine(Place(url=server.url_of(server.create())).sqlalchemy_url)
    with engine.connect() as opened:
        TABLE.create(opened)
        yield opened
        opened.rollback()
    engine.dispose()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=st.lists(ROWS, min_size=1, max_size=12), raws=st.lists(GROUPS, min_size=1, max_size=4))
def test_sql_and_python_decide_alike(
    connection: Connection, people: list[dict[str, Any]], raws: list[dict[str, Any]]
) -> None:
    conditions = [read_condition(raw, FIELDS, lambda _: False) for raw in raws if _depth(raw) <= 4]
    table = FirstMatch(
        "t",
        (
            *(Rule(f"r{n}", c, f"v{n}") for n, c in enumerate(conditions)),
            Rule("own", read_condition({"all": [{"field": "note", "op": "present"}]}, FIELDS, bool), value_from="note"),
            Rule("rest", read_condition({"else": True}, FIELDS, bool), "rest"),
        ),
    )
    rows = [{"id": n, **row} for n, row in enumerate(people)]
    connection.execute(TABLE.delete())
    connection.execute(insert(TABLE), rows)
    columns = dict(TABLE.c)
    found = connection.execute(
        select(TABLE.c.id, table.sql(columns), table.rule_sql(columns), *[c.sql(columns) for c in conditions]).order_by(
            TABLE.c.id
        )
    ).all()
    decided = [(table.decide(row), row) for row in rows]
    assert [tuple(f) for f in found] == [
        (row["id"], rule.value_for(row), rule.id, *[c.holds(row) for c in conditions]) for rule, row in decided
    ]


def test_every_leaf_is_explained_also_after_the_decision() -> None:
    condition = read_condition(
        {"any": [{"field": "vip", "op": "eq", "value": True}, {"all": [{"field": "score", "op": "ge", "value": 4}]}]},
        FIELDS,
        bool,
    )
    seen = explain(condition, {"vip": True, "score": None})
    assert [(s.leaf.field, s.actual, s.result) for s in seen] == [("vip", True, True), ("score", None, False)]


def test_values_named_by_settings_are_read_when_a_run_begins() -> None:
    raw = {
        "all": [
            {"field": "amount", "op": "between", "value": ["$least", 90]},
            {"field": "score", "op": "ge", "value": "$s"},
        ]
    }
    condition = bound(
        read_condition(raw, FIELDS, lambda name: name in ("least", "s")), {"least": 10, "s": 3}.__getitem__
    )
    assert list(leaves(condition)) == [Leaf("amount", "between", (10, 90)), Leaf("score", "ge", 3)]
    assert read_condition(raw, FIELDS, bool) != condition
    assert Named("s") in [leaf.value for leaf in leaves(read_condition(raw, FIELDS, bool))]


def _nested(depth: int) -> dict[str, Any]:
    return {"all": [_nested(depth - 1) if depth > 1 else {"field": "vip", "op": "present"}]}


def test_four_levels_of_groups_are_enough() -> None:
    assert read_condition(_nested(4), FIELDS, bool).holds({"vip": False})


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        pytest.param({"all": []}, "empty", id="empty group"),
        pytest.param(_nested(5), "depth", id="five levels"),
        pytest.param({"all": [{"field": "nope", "op": "present"}]}, "field", id="unknown field"),
        pytest.param({"all": [{"field": "vip", "op": "like", "value": True}]}, "type", id="unknown operator"),
        pytest.param({"all": [{"field": "note", "op": "ge", "value": "a"}]}, "type", id="text has no order"),
        pytest.param({"all": [{"field": "band", "op": "eq", "value": "huge"}]}, "type", id="word not in the list"),
        pytest.param({"all": [{"field": "score", "op": "eq", "value": True}]}, "type", id="truth is no number"),
        pytest.param({"all": [{"field": "score", "op": "eq", "value": 1.5}]}, "type", id="no floating point"),
        pytest.param({"all": [{"field": "score", "op": "eq"}]}, "type", id="no value"),
        pytest.param({"all": [{"field": "score", "op": "present", "value": 1}]}, "type", id="value too many"),
        pytest.param({"all": [{"field": "score", "op": "between", "value": [1]}]}, "type", id="one bound"),
        pytest.param({"all": [{"field": "score", "op": "in", "value": ["$a"]}]}, "type", id="setting in a list"),
        pytest.param({"all": [{"field": "seen", "op": "eq", "value": "1.3.2026"}]}, "type", id="date as written"),
        pytest.param({"all": [{"field": "score", "op": "eq", "value": "$a"}]}, "setting", id="unknown setting"),
        pytest.param({"all": [{"else": True}]}, "else", id="else inside"),
        pytest.param({"all": [], "any": []}, "type", id="two words"),
        pytest.param({}, "type", id="nothing said"),
    ],
)
def test_a_wrong_condition_is_refused_on_load(raw: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConditionFault) as refused:
        read_condition(raw, FIELDS, lambda name: False)
    assert refused.value.fault == fault
