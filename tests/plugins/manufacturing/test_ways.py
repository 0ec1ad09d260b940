"""Every refusal has a way out that can be typed, or says that there is none. Source: manufacturing.md section 11."""

from __future__ import annotations

import re
from typing import Any

import pytest
from serviceflow_cli.table import COMMANDS
from serviceflow_manufacturing.commands import app
from serviceflow_manufacturing.plugin import trade
from serviceflow_manufacturing.refusals import TEXTS, WAYS, refuse

ACTIONS = {action.key: action for flow in trade.flows for action in flow.actions}
TYPED = [(ident, way.en) for ident, way in WAYS.items() if way is not None]
CHOSEN_LATER = ("{edit}", "{reopen}", "{action}")
"""Actions that depend on the flow that was asked."""


def test_every_refusal_says_whether_there_is_a_way_out() -> None:
    assert list(WAYS) == list(TEXTS)


@pytest.mark.parametrize(("ident", "way"), TYPED, ids=[ident for ident, _ in TYPED])
def test_a_way_out_can_be_typed(ident: str, way: str) -> None:
    if way == "{how}":
        return
    words = re.sub(r'"[^"]*"', "…", way).split()
    assert words[0] == "flow"
    if words[1] == "do":
        _action(words[3:])
    elif words[1] == "mfg":
        _command(app, words[2:])
    elif words[1] == "new":
        flow = next(flow for flow in trade.flows if flow.key == words[2])
        assert {w.partition("=")[0] for w in words[3:] if "=" in w} <= set(flow.starts()[0].form.fields)
    else:
        assert words[1] in COMMANDS


def _action(words: list[str]) -> None:
    if words and words[0] not in CHOSEN_LATER:
        fields = {word.partition("=")[0] for word in words[1:]}
        assert fields <= set(ACTIONS[words[0]].form.fields)


def _command(group: Any, words: list[str]) -> None:
    import typer

    command = typer.main.get_command(group)
    while isinstance(command, typer.core.TyperGroup):
        command, words = command.commands[words[0]], words[1:]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


def test_a_way_out_names_what_the_sentence_names() -> None:
    said = refuse("below_shipped", n=1, shipped=60, qty=59)
    way = said.way_from("BD2025-0001")
    assert way is not None
    assert way.to("zh") == 'flow do BD2025-0001 edit-change lines="line_no=1 qty=60"'
