"""The committed reference is what the code says, and what it prints from is complete."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable

import generate
import pytest
from printing import commands, hooks, refusals
from printing.api import silent
from printing.subjects import SUBJECTS, Subject
from serviceflow import api
from serviceflow_cli.table import COMMANDS

HOOKS = hooks.hooks()


def test_the_committed_pages_are_what_the_code_says() -> None:
    """In a process of its own: the help of an option is worded when its command is imported, here maybe in Chinese."""
    done = subprocess.run(
        [sys.executable, generate.__file__, "--check"], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stdout) == (0, "not as the code says: none\n"), done.stderr


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_says_when_what_order_and_since(hook: str) -> None:
    doc = inspect.getdoc(HOOKS[hook]) or ""
    assert not [part for part in hooks.PARTS if part not in doc]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_on_its_page(command: str) -> None:
    assert f"\n## flow {command}\n" in (generate.REFERENCE / "commands.md").read_text(encoding="utf-8")


def test_every_command_and_option_says_what_it_does() -> None:
    silent = []
    for path, command in commands.commands():
        if not command.help:
            silent.append(path)
        silent += [
            f"{path} {p.opts[0]}" for p in command.params if not getattr(p, "help", "") and "--help" not in p.opts
        ]
    assert silent == []


def test_every_public_name_is_told_on_one_page() -> None:
    told = [name for subject in SUBJECTS for name in subject.names]
    assert sorted(told) == sorted(api.__all__), "put it under its subject in docs/printing/subjects.py"


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.key)
def test_no_name_argument_field_or_method_of_the_api_is_silent(subject: Subject) -> None:
    assert silent(subject) == []


def _named(chosen: Callable[[refusals.Refusal], bool]) -> list[str]:
    return [f"{one.where} [{one.ref}]" for one in refusals.refusals() if chosen(one)]


def _of_a_trade(one: refusals.Refusal) -> bool:
    return one.where.startswith("plugins/")


def test_every_refusal_has_an_id_its_words_in_both_languages_and_a_way_out() -> None:
    """One test, because reading the source costs seconds. Parts of a form's answer (`BadInput` without an id) are named
    by the form's own error; a trade may leave the way out open, the core says at least that there is none.
    """
    assert len(refusals.refusals()) > 200
    assert _named(lambda r: any(not w.en or not w.zh for w in (*r.sentences, *r.ways_out))) == []
    assert _named(lambda r: not r.ref and r.kind != "BadInput") == []
    assert _named(lambda r: not _of_a_trade(r) and r.open_ended and bool(r.ref)) == []
