"""Commands that are retried: the same request id gives the same answer and changes nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.store.tables import Interaction, Operation, Order, RequestAnswer

Flow = Callable[..., Any]


def operations(shop: Shop) -> list[Operation]:
    with shop.reading() as tx:
        return tx.all(Operation)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["new", "atelier-case", "李小明", "heard=路过"], id="new"),
        pytest.param(["do", "0001", "take-deposit", "amount=800", "method=cash"], id="do that moves the order on"),
        pytest.param(["do", "0001", "discount", "percent=15"], id="do that waits for a signature"),
        pytest.param(["log", "王小明", "来店", "--next", "+3b"], id="log"),
        pytest.param(["done", "1", "好了"], id="done"),
        pytest.param(["task", "add", "备料", "+2"], id="task add"),
        pytest.param(["task", "snooze", "1", "2026-11-27 09:00"], id="task snooze"),
        pytest.param(["task", "skip", "1", "不用"], id="task skip"),
        pytest.param(["staff", "add", "li", "--name", "李红"], id="staff add"),
        pytest.param(["settings", "set", "atelier.pays", "card"], id="settings set"),
    ],
)
def test_the_same_id_again_gives_the_same_answer(flow: Flow, staffed: Shop, clock: Any, words: list[str]) -> None:
    flow("new", "atelier-case", "王小明")
    flow("task", "add", "催拍", "+1")
    first = flow(*words, "--request-id", "r-1")
    assert first.code == 0, first.err
    count = len(operations(staffed))
    clock.set(clock.now() + timedelta(days=9))
    again = flow(*words, "--request-id", "r-1")
    assert (again.code, again.err) == (0, first.err)
    assert len(operations(staffed)) == count
    assert operations(staffed)[-1].request_key == "r-1"
    assert flow(*words, "--request-id=r-1", "--json").json["operation"] == operations(staffed)[-1].id


@pytest.mark.parametrize(
    ("words", "who"),
    [
        (["log", "王小明", "别的话"], "xiaomei"),
        (["log", "李小明", "来店"], "xiaomei"),
        (["new", "atelier-case", "王小明"], "xiaomei"),
        (["log", "王小明", "来店"], "desk"),
    ],
    ids=["other text", "other customer", "other command", "other person"],
)
def test_other_content_under_the_same_id_is_an_error(flow: Flow, staffed: Shop, words: list[str], who: str) -> None:
    flow("log", "王小明", "来店", "--request-id", "r-1")
    before = len(operations(staffed))
    said = flow(*words, "--request-id", "r-1", who=who)
    assert (said.code, "[core.request-other]" in said.err) == (2, True)
    assert len(operations(staffed)) == before


def test_what_failed_may_be_repeated_under_its_id(flow: Flow, staffed: Shop) -> None:
    flow("new", "atelier-case", "王小明")
    words = ["do", "0001", "take-deposit", "amount=400", "method=cash", "--request-id", "r-1"]
    assert flow(*words).code == 3
    with staffed.reading() as tx:
        assert tx.all(RequestAnswer) == []
    flow("settings", "set", "atelier.deposit_min", "300")
    assert flow(*words).code == 0


def test_a_dry_run_uses_up_no_id(flow: Flow, staffed: Shop) -> None:
    assert flow("log", "王小明", "来店", "--dry-run", "--request-id", "r-1").code == 0
    assert flow("log", "李小明", "来店", "--request-id", "r-1").code == 0


def test_a_process_that_died_before_it_answered_is_not_repeated(flow: Flow, staffed: Shop) -> None:
    flow("log", "王小明", "来店", "--request-id", "r-1")
    with staffed.engine.begin() as connection:
        from serviceflow.store.write import table_of
        from sqlalchemy import update

        connection.execute(update(table_of(RequestAnswer)).values(answer=None))
    again = flow("log", "王小明", "来店", "--request-id", "r-1")
    assert again.code == 0
    assert again.lines[0] == "√ 已记: 王小明 来店"
    with staffed.reading() as tx:
        assert len(tx.all(Interaction)) == 1


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_an_id_that_is_none_is_refused(flow: Flow, key: str) -> None:
    assert flow("log", "王小明", "来店", "--request-id", key).code == 2


def test_two_at_once_with_one_id_make_one_order(process: Flow, staffed: Shop) -> None:
    def line(_: int) -> Any:
        return process("new", "atelier-case", "王小明", "--request-id", "r-1", "--json")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(line, range(4)))
    assert [a.code for a in answers] == [0, 0, 0, 0], [a.err for a in answers]
    assert len({a.json["operation"] for a in answers}) == 1
    with staffed.reading() as tx:
        assert len(tx.all(Order)) == 1
