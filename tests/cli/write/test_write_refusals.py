"""Every refusal's printed way out is typed as it stands: it is accepted, or refused for another reason."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.testing.fixtures import Furnish

from tests.cli.write.conftest import people, type_into

Flow = Callable[..., Any]
PLACEHOLDERS = {
    "…": "13512345678",
    "LOGIN": "boss",
    "VALUE": "1",
    "NAME": "王小明",
    "NOTICE.txt": "/dev/null",
    "FILE": "/dev/null",
}

REFUSED = [
    ["do", "0001", "take-deposit", "amount=80", "method=cash"],
    ["do", "0002", "book-shoot", "date=11-28"],
    ["do", "0003", "take-deposit", "amount=800", "method=cash"],
    ["do", "0001", "amount=800"],
    ["do", "0099", "note", "text=x"],
    ["new", "atelier-case"],
    ["done", "99"],
    ["done", "3"],
    ["task", "skip", "1"],
    ["task", "assign", "1", "nobodyhere"],
    ["task", "assign", "2", "desk"],
    ["log", "赵六", "x"],
    ["sign", "approve", "0001", "x"],
    ["staff", "deactivate", "desk"],
    ["staff", "deactivate", "xiaomei"],
    ["staff", "add", "a b"],
    ["staff", "edit", "boss", "--superior", "desk"],
    ["staff", "leave", "desk"],
    ["staff", "leave", "desk", "--cancel"],
    ["staff", "leave", "desk", "+1", "--deputy", "desk"],
    ["staff", "leave", "cash", "+1"],
    ["settings", "set", "atelier.pays", "cheque"],
    ["settings", "reset", "atelier.strict"],
    ["cal", "explain", "2030-01-01", "+1b", "-c", "cn-public"],
]


def printed_commands(said: Any) -> list[list[str]]:
    """Return the command lines in a refusal's way out, with what stands for a name filled in."""
    way_out = said.lines[1] if len(said.lines) > 1 else ""
    found = []
    for typed in re.findall(r"flow (?:[a-z-]+)(?: [^|,;()，。、]+)?", way_out):
        for part in re.split(r"\s{3,}", typed):
            words = shlex.split(part)[1:]
            found.append([PLACEHOLDERS.get(word, word) for word in words])
    return found


def day(shop: Shop) -> None:
    """Live a day: three orders, one in each state a refusal needs, two tasks, and 收银员 on leave."""
    people(shop)
    for who, line in (
        ("xiaomei", "new atelier-case 王小明"),
        ("xiaomei", "new atelier-case 李小明"),
        ("xiaomei", "new atelier-case 王小明"),
        ("xiaomei", "do 0002 take-deposit amount=800 method=cash"),
        ("desk", "do 0003 discount percent=15"),
        ("xiaomei", "task add 回电话 +1 --to desk"),
        ("xiaomei", "task add 备料 +1"),
        ("xiaomei", "done 3 好了"),
        ("xiaomei", "staff leave cash +1"),
    ):
        type_into(shop, *line.split(), who=who)


@pytest.fixture
def furnish() -> Furnish:
    return day


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # what a refusal says is the program's, not the store's
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_the_way_out_is_accepted_or_refused_for_another_reason(flow: Flow, words: list[str], language: str) -> None:
    refused = flow(*words, language=language)
    assert refused.code in (2, 3, 78), refused
    ref = re.search(r"\[([\w.-]+)\]$", refused.lines[0])
    assert ref is not None
    commands = printed_commands(refused)
    assert commands, refused.err
    for command in commands:
        tried = flow(*command, language=language)
        assert f"[{ref[1]}]" not in tried.err, (command, tried.err)
        assert tried.code in (0, 2, 3, 78), (command, tried)
        if tried.code == 2:  # a command that was printed is never one we do not have
            assert not re.search(r"\[(command|option|extra|usage|missing|value)\]", tried.err), (command, tried.err)
