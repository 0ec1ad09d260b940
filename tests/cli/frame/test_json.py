"""What scripts rely on: every JSON answer fits its published schema; fields can be chosen; wrong ones are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from serviceflow_cli.schemas import SHAPES, page

PUBLISHED = Path(__file__).parents[3] / "docs" / "reference" / "json"
LINES = {
    "today": [("today",), ("today", "--all"), ("today", "--staff", "anna")],
    "find": [("find", "xm"), ("find", "nobody"), ("find", "0012")],
    "show-order": [("show", "0012"), ("show", "0004"), ("show", "0009")],
    "show-customer": [("show", "wxm"), ("show", "c4")],
    "show-task": [("show", "#1"), ("show", "#5")],
    "sign": [("sign",)],
    "task-list": [("task", "list"), ("task", "list", "--all")],
    "history": [("history",), ("history", "0012")],
    "staff": [("staff",)],
    "settings": [("settings",)],
    "settings-show": [("settings", "show", "core.timezone")],
    "plugin-list": [("plugin", "list")],
    "channel-list": [("channel", "list")],
    "remind-preview": [("remind", "preview", "--until", "+30")],
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_published_schema_is_what_the_code_says(name: str) -> None:
    assert (PUBLISHED / f"{name}.json").read_text(encoding="utf-8") == page(name), "run: python docs/json_schemas.py"


@pytest.mark.parametrize("name", LINES)
def test_every_answer_fits_its_published_schema(flow: Callable[..., Any], name: str) -> None:
    schema = json.loads((PUBLISHED / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    for words in LINES[name]:
        for language in ("zh", "en"):
            answer = flow(*words, "--json", language=language)
            assert (answer.code, answer.err) == (0, "")
            assert answer.out.count("\n") == 1
            validator.validate(json.loads(answer.out))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_may_be_done_fits_its_published_schema(flow: Callable[..., Any]) -> None:
    assert flow("new", "studio-case", "wxm").code == 0
    answer = flow("do", "ST0001", "--json")
    assert answer.code == 0
    jsonschema.Draft202012Validator(json.loads((PUBLISHED / "do.json").read_text("utf-8"))).validate(
        json.loads(answer.out)
    )


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_fields_are_chosen_by_name(flow: Callable[..., Any]) -> None:
    items = json.loads(flow("today", "--json=group,command").out)["items"]
    assert items[0] == {"group": "overdue", "command": "flow done 1"}
    assert json.loads(flow("show", "0012", "--json=order,step").out) == {
        "schema": 1, "order": "S-2026-0012", "step": "booked",
    }  # fmt: skip


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_moments_carry_the_shop_s_offset_and_money_is_in_fen(flow: Callable[..., Any]) -> None:
    order = json.loads(flow("show", "0012", "--json").out)
    assert order["opened_at"] == "2026-11-19T15:00:00+08:00"
    assert (order["amount"], order["currency"]) == (319900, "CNY")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_json_survives_an_ascii_pipe(flow: Callable[..., Any]) -> None:
    answer = flow("find", "wxm", "--json", encoding="ascii", terminal=False, language="")
    assert json.loads(answer.out)["found"][0]["customer"] == "王小明"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_both_databases_and_languages_give_the_same_keys(flow: Callable[..., Any]) -> None:
    for words in (("today",), ("find", "xm"), ("show", "0012")):
        zh, en = (json.loads(flow(*words, "--json", language=code).out) for code in ("zh", "en"))
        assert zh.keys() == en.keys()
