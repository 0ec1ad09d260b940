"""What scripts rely on: every JSON answer fits its published schema; fields can be chosen; wrong ones are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from serviceflow_cli.published import SHAPES

Fits = Callable[[str, str], None]
NOTICE = """国务院办公厅关于2027年
部分节假日安排的通知
一、元旦：1月1日（周五）放假1天。
二、春节：2月5日（农历除夕、周五）至11日（周四）放假调休，共7天。1月31日（周日）、2月14日（周日）上班。
"""
READS = {
    "today": [("today",), ("today", "--all"), ("today", "--staff", "anna")],
    "find": [("find", "xm"), ("find", "nobody"), ("find", "0012")],
    "show-order": [("show", "0012"), ("show", "0004"), ("show", "0009")],
    "show-customer": [("show", "wxm"), ("show", "c4")],
    "show-task": [("show", "#1"), ("show", "#5")],
    "sign": [("sign",), ("sign", "list")],
    "task-list": [("task",), ("task", "list", "--all"), ("task", "list", "--closed")],
    "doc": [("doc",), ("doc", "list", "0012")],
    "history": [("history",), ("history", "0012")],
    "report-list": [("report",)],
    "report-funnel": [("report", "funnel"), ("report", "funnel", "--flow", "atelier-case", "--since", "11-01")],
    "report-open": [("report", "open"), ("report", "open", "--flow", "case")],
    "staff-list": [("staff",), ("staff", "list", "--all")],
    "staff-roles": [("staff", "role", "anna")],
    "settings-list": [("settings",), ("settings", "list", "core.")],
    "settings-show": [("settings", "show", "core.timezone")],
    "cal-explain": [("cal", "explain", "2026-02-13", "+3b", "--calendar", "cn-public")],
    "cal-show": [("cal", "show", "2026-10", "--calendar", "cn-public")],
    "plugin-list": [("plugin",), ("plugin", "list")],
    "plugin-show": [("plugin", "show", "studio"), ("plugin", "show", "studio", "--draw")],
    "plugin-doctor": [("plugin", "doctor", "studio")],
    "channel-list": [("channel", "list")],
    "channel-test": [("channel", "test", "sms"), ("channel", "test", "file", "--to", "x")],
    "remind-preview": [("remind", "preview", "--until", "+30")],
    "remind-hand": [("remind", "hand")],
    "remind-why": [("remind", "why", "m1"), ("remind", "why", "0012")],
    "audit-head": [("audit", "head")],
    "audit-verify": [("audit", "verify")],
    "db-check": [("db", "check")],
    "db-upgrade": [("db", "upgrade")],
}
"""Lines that change nothing and end well, by the name of the schema."""

DEEDS: list[tuple[str, tuple[str, ...], int]] = [
    ("plugin-check", ("plugin", "check", "studio"), 0),
    ("remind-check", ("remind", "check", "studio"), 0),
    ("remind-status", ("remind", "status"), 10),
    ("doctor", ("doctor",), 0),
    ("customer", ("customer", "add", "赵钱", "--phone", "13811112222"), 0),
    ("customer", ("customer", "add", "赵前", "--phone", "13811113333", "--dry-run"), 0),
    ("customer", ("customer", "edit", "赵钱", "--note", "x"), 0),
    ("customer-merge", ("customer", "merge", "赵钱", "李丽", "--yes"), 0),
    ("customer-unmerge", ("customer", "unmerge", "李丽"), 0),
    ("customer-import", ("customer", "import", "{tmp}/people.csv"), 1),
    ("customer-export", ("customer", "export", "{tmp}/all.csv"), 0),
    ("log", ("log", "李丽", "看样", "--next", "+3b"), 0),
    ("log", ("log", "李丽", "再看", "--dry-run"), 0),
    ("task", ("task", "add", "买花", "+1"), 0),
    ("task", ("task", "snooze", "1", "+1"), 0),
    ("task", ("task", "assign", "1", "anna"), 0),
    ("task", ("task", "skip", "1", "不用了"), 0),
    ("task", ("done", "3", "好"), 0),
    ("move", ("new", "studio-case", "wxm", "want=wedding"), 0),
    ("do", ("do", "ST0001"), 0),
    ("move", ("do", "ST0001", "begin"), 0),
    ("move", ("do", "ST0001", "compare", "package_a=W3999", "package_b=W2999"), 0),
    ("doc-print", ("doc", "print", "#1", "--out", "{tmp}/sheet.html"), 0),
    ("remind-render", ("remind", "render", "booked-sms", "ST0001"), 0),
    ("undo", ("undo", "--dry-run"), 0),
    ("undo", ("undo",), 0),
    ("undo", ("redo",), 0),
    ("staff", ("staff", "add", "new", "--name", "新人"), 0),
    ("staff", ("staff", "edit", "new", "--phone", "13900001111"), 0),
    ("staff", ("staff", "role", "new", "manager"), 0),
    ("staff-leave", ("staff", "leave", "new", "+1", "+2", "--deputy", "anna"), 0),
    ("staff-deactivate", ("staff", "deactivate", "new"), 0),
    ("report-page", ("report", "funnel", "--out", "{tmp}/funnel.html"), 0),
    ("settings", ("settings", "set", "core.day_start", "09:00"), 0),
    ("settings", ("settings", "reset", "core.day_start"), 0),
    ("cal-import", ("cal", "import", "{tmp}/notice.txt", "--yes"), 0),
    ("plugin-disable", ("plugin", "disable", "brokerage"), 0),
    ("plugin-enable", ("plugin", "enable", "brokerage"), 0),
    ("plugin-new", ("plugin", "new", "kiosk", "--into", "{tmp}"), 0),
    ("remind-resolve", ("remind", "resolve", "m2", "--drop"), 0),
    ("remind-timer", ("remind", "install", "--scheduler", "cron", "--show"), 0),
    ("remind-timer", ("remind", "uninstall", "--scheduler", "cron", "--show"), 0),
    ("remind-run", ("remind", "run"), 0),
    ("db-backup", ("db", "backup", "{tmp}/kept.db"), 0),
    ("db-copy", ("db", "copy", "{tmp}/kept.db", "{tmp}/copy.db"), 0),
    ("db-restore", ("db", "restore", "{tmp}/kept.db", "--yes"), 0),
    ("init", ("init", "--db", "{tmp}/new.db", "--industry", "studio"), 0),
    ("selftest-race", ("selftest", "race", "place", "--processes", "2", "--rounds", "1"), 0),
]
"""A day of lines, done in this order: schema, words, exit code."""

ELSEWHERE = {"sign-why", "demo"}
"""Tried in tests/cli/write, with a trade that asks for signatures and has a short demonstration."""


def test_every_schema_is_tried() -> None:
    assert {*READS, *(name for name, _, _ in DEEDS), *ELSEWHERE} == set(SHAPES)


@pytest.mark.parametrize("name", READS)
def test_every_answer_fits_its_published_schema(flow: Callable[..., Any], fits: Fits, name: str) -> None:
    for words in READS[name]:
        for language in ("zh", "en"):
            answer = flow(*words, "--json", language=language)
            assert answer.code == 0, answer.err
            fits(name, answer.out)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_a_day_s_deeds_answer_fits_the_published_schemas(
    flow: Callable[..., Any], fits: Fits, tmp_path: Path
) -> None:
    (tmp_path / "people.csv").write_text("姓名,电话\n周一,13822220001\n周二,1.38E+10\n", encoding="utf-8")
    (tmp_path / "notice.txt").write_text(NOTICE, encoding="utf-8")
    for name, words, code in DEEDS:
        answer = flow(*(word.format(tmp=tmp_path) for word in words), "--json", terminal=False)
        assert answer.code == code, (words, answer.err)
        fits(name, answer.out)


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
