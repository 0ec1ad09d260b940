"""Every no of section 11 of brokerage.md: a sentence in both languages and a way out that exists, or none at all."""

from __future__ import annotations

import re

import pytest
import typer
from serviceflow.texts import T
from serviceflow_brokerage.commands import app
from serviceflow_brokerage.finishers import FINISHERS
from serviceflow_brokerage.refusals import NO_WAY, TEXTS, WAYS, refuse
from serviceflow_cli.table import COMMANDS

SECTION_11 = """
age-under-18 id-expired already-client market-accounts recording-missing witness-missing agreements-missing
rate-needs-approval client-not-active product-not-on-sale access-not-met risk-missing risk-expired lowest-no-insist
active-recommendation cooling-not-over letter-expired amount-over-letter match-changed complaint-freeze
retention-period retake-limit merge-two-clients rate-over-max rate-below-cost rate-not-lower commitment-missing
offer-open attempt-same-day retention-open close-duplicate campaign-no-feedback campaign-empty note-not-reviewed
question-forbidden plan-profile-incomplete plan-weights plan-mismatch four-eyes pin-unknown pin-too-long run-locked
as-of-back as-of-future mass-change
"""
TYPED = re.compile(r"flow ((?:[a-z]+[ -]?)+)")


@pytest.mark.parametrize("ref", SECTION_11.split())
def test_a_refusal_has_a_sentence_and_a_way_out_or_none_at_all(ref: str) -> None:
    found = refuse(ref)
    assert found.sentence.en != found.sentence.zh
    assert (ref in WAYS) is not (ref in NO_WAY)
    assert (found.way_out is None) is (ref in NO_WAY)


def commands() -> set[tuple[str, ...]]:
    """Return every command of the branch and of the core, word by word."""
    found: set[tuple[str, ...]] = {(name,) for name in COMMANDS}
    group = typer.main.get_command(app)
    for name, command in getattr(group, "commands", {}).items():
        found.add(("broker", name))
        found |= {("broker", name, inner) for inner in getattr(command, "commands", {})}
    return found


@pytest.mark.parametrize(
    "words", [pytest.param(way, id=ref) for ref, way in {**WAYS, **FINISHERS}.items() if "flow " in way.en]
)
def test_what_a_way_out_says_to_type_is_a_command(words: T) -> None:
    known = commands()
    for said in (words.en, words.zh):
        for typed in TYPED.findall(said):
            parts = tuple(typed.split())
            assert any(parts[:n] in known for n in range(1, len(parts) + 1)), (said, parts)
            if parts[0] == "broker":
                assert parts[:2] in known


def test_every_fact_of_a_way_out_is_one_of_its_sentence() -> None:
    more = {"import-too-many-bad": {"rejects"}, "campaign-no-feedback": {"code"}, "campaign-empty": {"code"}}
    more["referral-existing-client"] = {"no"}
    for ref, way in WAYS.items():
        assert way.field_names() <= TEXTS[ref].field_names() | more.get(ref, set()), ref
