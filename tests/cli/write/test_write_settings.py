"""`flow settings`: typed, within range, the old value stays; and the notice and days of `flow cal`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.engine.preferences import shown, states

Flow = Callable[..., Any]


def value(flow: Flow, key: str, *scope: str) -> dict[str, Any]:
    found: dict[str, Any] = flow("settings", "show", key, "--json", *scope).json
    return found


@pytest.mark.parametrize(
    ("key", "typed", "stored"),
    [
        pytest.param("atelier.deposit_min", "800.5", "800.50", id="money in yuan"),
        pytest.param("atelier.sign_hours", "48", "48", id="whole number"),
        pytest.param("atelier.urge_days", "1, 2,5", "1,2,5", id="list of numbers"),
        pytest.param("atelier.pays", "card", "card", id="choice"),
        pytest.param("atelier.strict", "是", "yes", id="yes in Chinese"),
        pytest.param("atelier.opens", "08:15", "08:15", id="time"),
        pytest.param("core.quiet_hours", "22:00,07:00", "22:00,07:00", id="two times"),
        pytest.param("core.timezone", "Asia/Urumqi", "Asia/Urumqi", id="time zone"),
        pytest.param("core.holidays", "2026-12-31，2027-01-01", "2026-12-31,2027-01-01", id="dates, Chinese comma"),
    ],
)
def test_a_setting_is_stored_as_its_kind_and_can_be_taken_back(flow: Flow, key: str, typed: str, stored: str) -> None:
    default = value(flow, key)
    assert default["own"] is False
    said = flow("settings", "set", key, typed)
    assert said.code == 0
    assert said.lines[0] == f"√ {key}: {default['value'] or '-'} → {stored}"
    assert "flow undo" in said.err
    now = value(flow, key)
    assert (now["value"], now["own"], now["default"]) == (stored, True, default["value"])
    assert flow("settings", "reset", key).code == 0
    assert value(flow, key) == default
    again = flow("settings", "reset", key)
    assert (again.code, "[core.setting-default]" in again.err) == (3, True)


@pytest.mark.parametrize(
    ("key", "typed"),
    [
        ("atelier.deposit_min", "many"),
        ("atelier.deposit_min", "0.5"),
        ("atelier.sign_hours", "0"),
        ("atelier.sign_hours", "241"),
        ("atelier.sign_hours", "1.5"),
        ("atelier.urge_days", "1,99"),
        ("atelier.pays", "cheque"),
        ("atelier.strict", "maybe"),
        ("atelier.opens", "25:00"),
        ("core.quiet_hours", "21:00"),
        ("core.timezone", "Asia/Atlantis"),
        ("core.language", "fr"),
        ("core.holidays", "2026-02-30"),
        ("core.holidays", "soon"),
        ("core.currency", "yuan"),
        ("core.business_weekdays", ""),
        ("core.business_weekdays", "1,8"),
    ],
)
def test_a_bad_value_is_refused_and_the_old_one_stays(flow: Flow, key: str, typed: str) -> None:
    before = value(flow, key)
    for language in ("zh", "en"):
        said = flow("settings", "set", key, typed, language=language)
        assert (said.code, said.out) == (2, "")
        assert key in said.lines[0]
        assert f"flow settings show {key}" in said.lines[1]
    assert value(flow, key) == before


def test_an_unknown_setting_names_the_nearest(flow: Flow) -> None:
    for words in (
        ["set", "atelier.deposit_mim", "900"],
        ["show", "atelier.deposit_mim"],
        ["reset", "atelier.deposit_mim"],
    ):
        said = flow("settings", *words)
        assert said.code == 2
        assert "atelier.deposit_min" in said.lines[1]


def test_a_scope_has_its_own_value_over_the_shops(flow: Flow, staffed: Shop) -> None:
    flow("settings", "set", "atelier.sign_hours", "48")
    flow("settings", "set", "atelier.sign_hours", "12", "--scope", "p1")
    assert value(flow, "atelier.sign_hours")["value"] == "48"
    assert value(flow, "atelier.sign_hours", "--scope", "p1")["value"] == "12"
    assert value(flow, "atelier.sign_hours", "--scope", "p2")["value"] == "48"
    staffed.__dict__.pop("settings", None)
    assert (staffed.setting("atelier.sign_hours", "p1"), staffed.setting("atelier.sign_hours")) == (12, 48)
    said = flow("settings", "reset", "atelier.sign_hours", "--scope", "p1")
    assert said.lines[0] == "√ atelier.sign_hours: 12 → 48"
    assert flow("settings", "set", "atelier.sign_hours", "9", "--scope", " x ").code == 2


def test_the_language_of_the_shop_changes_what_the_next_line_says(flow: Flow, process: Flow, staffed: Shop) -> None:
    assert flow("settings", "set", "core.language", "en").code == 0
    with staffed.reading() as tx:
        from serviceflow.store.tables import Meta

        assert tx.need(Meta, "language").value == "en"
    assert flow("undo", "--yes").code == 0
    with staffed.reading() as tx:
        assert tx.need(Meta, "language").value == "zh"


def test_the_list_shows_default_against_own(flow: Flow) -> None:
    flow("settings", "set", "atelier.pays", "card")
    own = flow("settings", "list", "atelier.", "--own", "--json").json["settings"]
    assert [(row["key"], row["value"], row["default"]) for row in own] == [("atelier.pays", "card", "cash")]
    everything = flow("settings", "list", "--json").json["settings"]
    assert {row["key"] for row in everything} >= {"core.timezone", "atelier.deposit_min"}
    assert "最低定金" in flow("settings", "list", "atelier.").out


def test_every_default_can_be_typed_as_it_is_shown(shop: Shop) -> None:
    for state in states(shop):
        typed = shown(state.setting, state.setting.default)
        assert state.setting.read(typed) == state.setting.default, state.setting.key


def test_a_dry_run_changes_nothing(flow: Flow) -> None:
    said = flow("settings", "set", "atelier.pays", "card", "--dry-run")
    assert said.code == 0
    assert "试运行" in said.err
    assert "flow undo" not in said.err
    assert value(flow, "atelier.pays")["value"] == "cash"
