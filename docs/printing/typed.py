"""Commands as texts name them, ``flow do {no} pay amount=``, held against the commands there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from serviceflow.settings import CORE_SETTINGS
from serviceflow_cli.session import EVERYWHERE
from typer.core import TyperGroup

from printing.commands import commands
from printing.refusals import COMPUTED
from printing.trades import built_in

_COMMAND = re.compile(r"(?:^|(?<=[\s:：(（\"“·,，;；]))flow(?: +[^\s，。；、·;)）]+)+")
"""``flow`` and the words after it, up to a gap of several blanks, a mark of punctuation or the end."""
_FILLED = re.compile(r"\{[^}]*\}|…|[A-Z]{2}|[^\x00-\x7f]")
"""A word that stands for another: a fact in braces, capitals, or Chinese."""


def typed_commands(text: str) -> Iterator[list[str]]:
    """Yield the words after ``flow`` of each command a text names."""
    for part in re.split(r" {2,}| · | \| | >>? ", text):
        for found in _COMMAND.finditer(part):
            words = re.findall(r"\"[^\"]*\"|'[^']*'|\S+", found[0])[1:]
            yield [word.strip("\"'?!.,“”’") for word in words]


@cache
def _tree() -> dict[str, Any]:
    found = dict(commands())
    for trade in built_in():
        own = f"flow {trade.key}"
        for alias in trade.aliases:
            found |= {f"flow {alias}{path[len(own) :]}": c for path, c in commands() if path.startswith(own)}
    return found


def known(words: list[str]) -> bool:
    """Return whether the first word is a command: elsewhere than in a way out, *flow* is also a word of English."""
    return bool(words) and f"flow {words[0]}" in _tree()


def fault(words: list[str]) -> str | None:
    """Return what is wrong with a command as it is named; ``None`` when it would be understood.

    A word in braces stands for anything; an option that every command has may stand anywhere.
    """
    rest = _without_everywhere(words)
    if not rest or _FILLED.match(rest[0]) or rest[0] == "--help":
        return None
    path, command = "flow", None
    while rest and f"{path} {rest[0]}" in _tree():
        path = f"{path} {rest.pop(0)}"
        command = _tree()[path]
    if command is None:
        return f"no command {rest[0]}"
    if isinstance(command, TyperGroup):
        if not rest or rest[0] == "--help" or _FILLED.match(rest[0]):
            return None
        return f"{path} has no {rest[0]}"
    return _fault_of_arguments(path, command, rest) or _fault_of_names(path, rest)


def _without_everywhere(words: list[str]) -> list[str]:
    rest, given = [], iter(words)
    for word in given:
        option = EVERYWHERE.get(word.partition("=")[0])
        if option is None:
            rest.append(word)
        elif option.value == "needed" and "=" not in word:
            next(given, "")
    return rest


def _fault_of_arguments(path: str, command: Any, words: list[str]) -> str | None:
    options = {name: p for p in command.params for name in (*p.opts, *p.secondary_opts) if name.startswith("-")}
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    given, rest = 0, iter(words)
    for word in rest:
        if word == "--help":
            return None
        if word.startswith("-") and not re.match(r"-\d", word):
            name, _, value = word.partition("=")
            if COMPUTED in name:
                next(rest, "")
                continue
            if name not in options:
                return f"{path} has no option {name}"
            if not value and not options[name].is_flag:
                next(rest, "")
        else:
            given += 1
    most = None if any(p.nargs == -1 for p in arguments) else len(arguments)
    least = sum(p.required for p in arguments)
    filled = any(_FILLED.fullmatch(word) or COMPUTED in word for word in words)
    if most is not None and given > most:
        return f"{path} takes {most} words, not {given}"
    if given < least and not filled:
        return f"{path} needs {least} words"
    return None


def _fault_of_names(path: str, words: list[str]) -> str | None:
    """Return which action, field, flow or setting there is not."""
    plain = [word for word in words if not word.startswith("-")]
    if path == "flow do" and len(plain) > 1 and not _FILLED.search(plain[1]):
        actions = _actions().get(plain[1])
        if actions is None:
            return f"no flow has an action {plain[1]}"
        fields = {word.partition("=")[0] for word in plain[2:] if "=" in word and not _FILLED.match(word)}
        if not any(fields <= named for named in actions):
            return f"no action {plain[1]} has the fields {sorted(fields)}"
    if path == "flow new" and plain and not _FILLED.search(plain[0]) and not _is_flow(plain[0]):
        return f"no flow {plain[0]}"
    if path.startswith("flow settings s") and plain and not _FILLED.search(plain[0]) and plain[0] not in _settings():
        return f"no setting {plain[0]}"
    return None


@cache
def _actions() -> dict[str, list[set[str]]]:
    """Return the names of the fields of each action, by key: flows share keys."""
    found: dict[str, list[set[str]]] = {}
    for action in (a for trade in built_in() for flow in trade.flows for a in flow.actions):
        found.setdefault(action.key, []).append(set(action.form.fields))
    return found


def _is_flow(named: str) -> bool:
    return any(f.key == named or f.key.endswith(("-" + named, "." + named)) for t in built_in() for f in t.flows)


@cache
def _settings() -> set[str]:
    return {s.key for s in (*CORE_SETTINGS, *(setting for trade in built_in() for setting in trade.settings))}
