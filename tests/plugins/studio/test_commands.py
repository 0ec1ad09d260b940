"""A morning at the desk, typed as the specification types it. Source: studio.md section 8."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from serviceflow.clock import SetClock

from tests.plugins.conftest import Flow, Said


@pytest.fixture
def flow(typed: Flow, tmp_path: Path, clock: SetClock) -> Flow:
    """Run ``flow …`` in English on a fresh studio; it is 2025-03-01, a Saturday, 10:00."""
    clock.set(datetime(2025, 3, 1, 10, tzinfo=ZoneInfo("Asia/Shanghai")))
    line = partial(typed, tmp_path / "shop.db", "mei")
    line("init", "--industry", "studio", "--login", "mei", "--name", "小美")
    return line


def listed(done: Said, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done.stdout)[name]
    return found


def test_a_sale_from_the_door_to_a_shoot_date(flow: Flow) -> None:
    flow("studio", "in", "陈媛/李征", "--phone", "13800000001", "--want", "wedding", "--budget", "4000")
    again = flow("studio", "in", "陈媛", "--phone", "138 0000 0001", code=3)
    assert "This phone already has an open case ST0001 in Reception" in again.stderr
    prices = {row["code"]: row["price"] for row in listed(flow("studio", "packages", "--json"), "packages")}
    assert (prices["W3999"], prices["X-PHOTO"]) == (399900, 3000)
    refused = flow("studio", "packages", "--compare", "W3999", "NONE", code=3)
    assert "Code NONE does not exist" in refused.stderr
    flow("do", "1", "begin")
    flow("do", "1", "compare", "package_a=W3999", "package_b=W2999")
    flow("do", "1", "sign-plan", "package=W3999", "price=3999", "terms_read=yes", "customer_signed=yes")
    refused = flow("studio", "pay", "ST0001", "799", "--method", "wechat", "--invoice", "8841", code=3)
    assert "The deposit is at least 800.00." in refused.stderr
    assert "20 % of 3999.00, rounded up to a full yuan" in refused.stderr
    flow("studio", "pay", "ST0001", "800", "--method", "wechat", "--invoice", "8841")
    assert listed(flow("studio", "urge", "--json"), "cases")[0]["balance"] == 319900
    flow("do", "1", "give-pack", "card_no=LC0101", "explained=yes")
    assert listed(flow("studio", "card", "LC0101", "--json"), "cards")[0]["level"] == "love"
    day = "2025-03-21"
    flow("studio", "book", "ST0001", "shoot", day, "09:00")
    table = flow("studio", "cal", "shoot", day).stdout
    assert "ST0001 陈/李" in table
    assert "owing, and arriving early: ST0001 3199.00 (08:40)" in table
    refused = flow("studio", "cal", "shoot", day, "--close", "停电", code=3)
    assert "1 bookings lie above the new capacity: ST0001. Use --force." in refused.stderr
    flow("studio", "cal", "shoot", day, "--close", "停电", "--force")
    assert listed(flow("studio", "cal", "shoot", day, "--json"), "places")[0]["over"] == 1
    assert listed(flow("studio", "report", "--json"), "figures")[0]["shown"] == "100.0 % (1/1)"
    assert "Nobody is on the floor." in flow("studio", "floor").stderr


def test_what_cannot_be_understood_is_refused_with_the_way_out(flow: Flow) -> None:
    flow("studio", "in", "周敏")
    assert "shoot · viewing · pickup" in flow("studio", "book", "1", "party", code=2).stderr
    assert "There is no calendar rooms." in flow("studio", "cal", "rooms", code=2).stderr
    assert "“2025” is no month." in flow("studio", "report", "2025", code=2).stderr
    assert "is not on the floor" in flow("studio", "next", "ST0001", code=2).stderr
    flow("studio", "leave", "ST0001", "--no-contact", "只是看看")


def test_papers_are_listed_printed_and_counted(flow: Flow, tmp_path: Path) -> None:
    flow("studio", "in", "陈媛/李征", "--phone", "13800000001", "--want", "wedding")
    flow("do", "1", "begin")
    flow("do", "1", "compare", "package_a=W3999", "package_b=W2999")
    flow("do", "1", "sign-plan", "package=W3999", "price=3999", "terms_read=yes", "customer_signed=yes")
    assert [row["number"] for row in listed(flow("doc", "list", "ST0001", "--json"), "documents")] == [
        "ES0001", "PL0001", None, None,
    ]  # fmt: skip
    page = tmp_path / "plan.html"
    flow("doc", "print", "pl0001", "--out", str(page), "--in", "en")
    assert "<h1>Plan sheet</h1>" in page.read_text(encoding="utf-8")
    assert listed(flow("doc", "list", "--kind", "plan-sheet", "--json"), "documents")[0]["printed"] == 1
    assert "There is no document PL9." in flow("doc", "print", "PL9", code=2).stderr
    assert "Documents speak zh and en." in flow("doc", "print", "PL0001", "--in", "fr", code=2).stderr
    flow("studio", "print", "appointments")
    flow("studio", "cal", "shoot", "--print", "--days", "7")
    flow("studio", "packages", "--print")
    flow("studio", "packages", "--compare", "W3999", "W2999", "--print")
    assert {file.name for file in (tmp_path / "documents").iterdir()} == {
        "appointment-register-2025-03.html", "shoot-2025-03-01.html", "price-table.html", "comparison-sheet.html",
    }  # fmt: skip
    assert "dispatch · floor-sales" in flow("studio", "print", "nothing", code=2).stderr
    assert "ST0001 has no session to come." in flow("studio", "print", "notes", "ST0001", code=2).stderr


def test_no_browser_no_pdf(flow: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flow("studio", "in", "周敏")
    monkeypatch.setenv("FLOW_BROWSER", "no-such-browser")
    refused = flow("doc", "print", "1", "--pdf", code=78)
    assert "No Chromium, Chrome or Edge was found to make a PDF." in refused.stderr
    assert listed(flow("doc", "list", "--json"), "documents")[0]["printed"] == 0
    assert not (tmp_path / "documents").exists()


def test_a_browser_that_is_there_makes_the_pdf(flow: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser is a program that does what Chromium is told: it reads the page and writes the file."""
    flow("studio", "in", "周敏")
    program = tmp_path / "browser"
    program.write_text(
        f"#!{sys.executable}\nimport sys, pathlib, urllib.request\n"
        "target = next(a.partition('=')[2] for a in sys.argv if a.startswith('--print-to-pdf='))\n"
        "page = urllib.request.urlopen(sys.argv[-1]).read()\n"
        "pathlib.Path(target).write_bytes(b'%PDF-' + page)\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("FLOW_BROWSER", str(program))
    flow("doc", "print", "1", "--pdf")
    [made] = (tmp_path / "documents").iterdir()
    assert made.name == "intake-sheet-1.pdf"
    assert made.read_bytes().startswith(b"%PDF-<!doctype html>")


def test_packages_and_prices_are_entered_as_the_trade_allows(flow: Flow) -> None:
    new = ("name_en=Garden", "name_zh=花园", "category=wedding", "list_price=4599", "included_photos=35",
           "outfits=white-gown,evening@outdoor", "pieces=album:2,frame-20in:1!")  # fmt: skip
    flow("studio", "packages", "--add", "W4599", *new)
    found = {row["code"]: row for row in listed(flow("studio", "packages", "--json"), "packages")}
    assert (found["W4599"]["price"], found["W4599"]["pieces"]) == (459900, "album×2 frame-20in×1")
    assert "is there already" in flow("studio", "packages", "--add", "W4599", *new, code=2).stderr
    split = ("outfits=evening@outdoor,white-gown,evening@outdoor",)
    assert "must follow one another" in flow("studio", "packages", "--edit", "W4599", *split, code=2).stderr
    assert "must not be the dearest" in flow("studio", "packages", "--edit", "W5999", "signature=yes", code=2).stderr
    assert "exactly one signature" in flow("studio", "packages", "--edit", "W3999", "active=no", code=2).stderr
    flow("studio", "packages", "--edit", "W2999", "signature=yes")
    found = {row["code"]: row for row in listed(flow("studio", "packages", "--json"), "packages")}
    assert [code for code, row in found.items() if row["signature"]] == ["W2999", "A1299"] or found["W2999"][
        "signature"
    ]
    assert not found["W3999"]["signature"]
    assert "does not exist" in flow("studio", "packages", "--edit", "NONE", "active=no", code=2).stderr
    assert "Field colour is unknown" in flow("studio", "packages", "--edit", "W2999", "colour=red", code=2).stderr
    flow("studio", "prices", "--add", "MUG", "name_en=Mug", "name_zh=杯子", "kind=product", "unit_price=38")
    flow("studio", "prices", "--edit", "MUG", "unit_price=36.50", "production_days=3", "active=no")
    price = {row["code"]: row for row in listed(flow("studio", "prices", "--json"), "prices")}["MUG"]
    assert (price["price"], price["days"], price["active"]) == (3650, 3, False)
    assert "leftover · floor-item" in flow("studio", "prices", "--edit", "MUG", "kind=cup", code=2).stderr


def test_settings_that_do_not_fit_together_are_refused_by_command(flow: Flow) -> None:
    for key, value, why in (
        ("studio.viewing.close", "08:00", "must be after 09:00"),
        ("studio.viewing.grid", "50", "must divide the opening hours"),
        ("studio.pickup.slot_minutes", "45", "must divide the opening hours"),
    ):
        assert why in flow("settings", "set", key, value, code=2).stderr
    assert listed(flow("settings", "list", "--json"), "settings")


def test_free_viewing_rooms_as_at_the_desk(flow: Flow) -> None:
    assert flow("studio", "cal", "viewing", "2025-03-15", "--free").stdout.splitlines() == [
        "room1 -",
        "room2 -",
        "Wedding (2.5 h): 09:00-18:30",
        "Portrait (2 h): 09:00-19:00",
    ]
