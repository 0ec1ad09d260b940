"""Every refusal has a way out or says that there is none, and every command a text names is one that is understood."""

from __future__ import annotations

import pytest
from printing import refusals
from printing.typed import fault, known, typed_commands

OWNERS = ("core", "cli", *(f"plugins/{trade}" for trade in ("brokerage", "manufacturing", "realestate", "studio")))


@pytest.mark.parametrize("owner", OWNERS)
def test_every_refusal_has_a_way_out_or_says_that_there_is_none(owner: str) -> None:
    """Parts of a form's answer (`BadInput` without an id) are named by the form's own error."""
    own = [one for one in refusals.refusals() if one.where.startswith(f"{owner}/")]
    assert own
    assert sorted({f"{one.where} [{one.ref}]" for one in own if one.open_ended and one.ref}) == []


@pytest.mark.parametrize("owner", OWNERS)
def test_every_command_named_in_a_way_out_is_understood(owner: str) -> None:
    own = [one for one in refusals.refusals() if one.where.startswith(f"{owner}/")]
    named = [
        (one.where, text, words)
        for one in own
        for way in one.ways_out
        for text in (way.en, way.zh)
        for words in typed_commands(text)
    ]
    assert sorted({f"{where}: {why}: {text}" for where, text, words in named if (why := fault(words))}) == []


@pytest.mark.parametrize("owner", OWNERS)
def test_every_command_named_in_any_text_is_understood(owner: str) -> None:
    named = [(text, words) for text in refusals.texts(owner) for words in typed_commands(text) if known(words)]
    assert named
    assert sorted({f"{why}: {text}" for text, words in named if (why := fault(words))}) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Try: flow do {no} pay amount={n} method=", None),
        ("flow do {no} pya", "no flow has an action pya"),
        ("flow do {no} pay amuont=1", "no action pay has the fields ['amuont']"),
        ("See flow stuido cal, or nothing.", "no command stuido"),
        ("flow studio calendar", "flow studio has no calendar"),
        ("查看: flow db restore", "flow db restore needs 1 words"),
        ("flow find a --limits 3   flow today", "flow find has no option --limits"),
        ("flow --as LOGIN today", None),
        ("flow audit head >> FILE", None),
        ("flow undo 1 2", "flow undo takes 1 words, not 2"),
        ("flow settings set core.timezonee UTC", "no setting core.timezonee"),
        ("flow new studio-cas c1", "no flow studio-cas"),
    ],
)
def test_a_command_that_would_not_be_understood_is_found(text: str, wrong: str | None) -> None:
    assert next((why for words in typed_commands(text) if (why := fault(words))), None) == wrong
