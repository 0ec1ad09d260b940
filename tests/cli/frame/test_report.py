"""`flow report`: figures that add up on both databases, and the page that prints."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.store.read import Reader
from serviceflow_cli.bars import bar
from serviceflow_cli.reports import Period, funnel

Flow = Callable[..., Any]


def rows(answer: Any) -> list[dict[str, Any]]:
    assert answer.code == 0, answer.err
    found: list[dict[str, Any]] = json.loads(answer.out)["rows"]
    return found


def test_how_far_orders_came_and_how_long_they_stood(flow: Flow) -> None:
    found = {row["step"]: row for row in rows(flow("report", "funnel", "--flow", "atelier-case", "--json"))}
    assert [(found[step]["count"], found[step]["percent"]) for step in ("booked", "scheduled", "viewing")] == [
        (2, 100), (1, 50), (0, 0),
    ]  # fmt: skip
    # 0012 since 11-20 09:30 until now (11-25 10:20), 0009 from 11-11 14:00 to 11-12 10:15
    assert found["booked"]["hours"] == (120 * 60 + 50 + 20 * 60 + 15) // 60 // 2


def test_only_orders_of_the_period_count(flow: Flow) -> None:
    later = rows(flow("report", "funnel", "--flow", "atelier-case", "--since", "11-15", "--json"))
    assert [row["count"] for row in later if row["step"] in ("booked", "scheduled")] == [1, 0]
    assert flow("report", "funnel", "--since", "11-20", "--until", "11-10").code == 2


def test_open_orders_by_step_add_up(flow: Flow) -> None:
    found = rows(flow("report", "open", "--json"))
    assert [(row["step"], row["count"], row["oldest"]) for row in found] == [
        ("reception", 1, "S-2026-0004"), ("booked", 1, "S-2026-0012"), ("scheduled", 1, "S-2026-0009"),
    ]  # fmt: skip


@pytest.mark.parametrize(("typed", "counted"), [("atelier-case", 0), ("", 1)])
def test_the_history_is_walked_once_and_orders_are_counted_only_to_choose_a_flow(
    studio: Shop, clock: SetClock, monkeypatch: pytest.MonkeyPatch, typed: str, counted: int
) -> None:
    asked: list[str] = []
    ask = Reader.rows

    def heard(read: Reader, sql: str, **values: Any) -> Any:
        asked.append(sql)
        return ask(read, sql, **values)

    monkeypatch.setattr(Reader, "rows", heard)
    with closing(Reader.open(studio.place, login="xiaomei", clock=clock)) as read:
        funnel(read, typed, Period(clock.now() - timedelta(days=30), clock.now()))
    assert sum("order_action" in sql for sql in asked) == 1
    assert sum("FROM orders" in sql and "order_action" not in sql for sql in asked) == counted


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_report_prints_as_a_page_of_its_own(flow: Flow, tmp_path: Path) -> None:
    page = tmp_path / "far" / "funnel.html"
    assert flow("report", "funnel", "--flow", "atelier-case", "--out", str(page)).code == 0
    text = page.read_text(encoding="utf-8")
    assert "<td>已付定</td>" in text
    assert "width:100%" in text
    assert not [word for word in ("<script", "http:", "https:", "src=") if word in text]
    assert flow("report", "funnel", "--out", "/proc/nowhere/x.html").code == 73


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nope"], "funnel"),
        (["funnel", "--flow", "nope"], "atelier-case"),
        (["funnel", "--since", "+3b"], "--since 11-01"),
    ],
)
def test_what_there_is_not_is_named(flow: Flow, words: list[str], says: str) -> None:
    refused = flow("report", *words)
    assert refused.code == 2
    assert says in refused.err


@pytest.mark.parametrize(("value", "drawn"), [(0, ""), (1, "▏"), (50, "█████"), (100, "██████████")])
def test_a_bar_is_as_long_as_its_value(value: int, drawn: str) -> None:
    assert bar(value, 100, 10) == drawn
