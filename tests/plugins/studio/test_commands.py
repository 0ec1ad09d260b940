"""A morning at the desk, typed as the specification types it. Source: studio.md section 8."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

MAIN = "import sys; from serviceflow_cli.main import main; sys.exit(main())"
Flow = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    """Run ``flow …`` as a process of its own, in English, on a fresh studio."""
    env = {**os.environ, "FLOW_DB": str(tmp_path / "shop.db"), "FLOW_LANG": "en", "FLOW_STAFF": "mei", "NO_COLOR": "1"}

    def run(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([sys.executable, "-c", MAIN, *words], env=env, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, check=False)  # fmt: skip
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done

    run("init", "--industry", "studio", "--login", "mei", "--name", "小美")
    return run


def listed(done: subprocess.CompletedProcess[str], name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done.stdout)[name]
    return found


def test_a_sale_from_the_door_to_a_shoot_date(flow: Flow) -> None:
    flow("studio", "in", "陈媛/李征", "--phone", "13800000001", "--want", "wedding", "--budget", "4000")
    again = flow("studio", "in", "陈媛", "--phone", "138 0000 0001", code=3)
    assert "This phone already has an open case ST0001 in Reception" in again.stderr
    prices = {row["code"]: row["price"] for row in listed(flow("studio", "packages", "--json"), "packages")}
    assert (prices["W3999"], prices["X-PHOTO"]) == (399900, 3000)
    assert "Code NONE does not exist" in flow("studio", "packages", "--compare", "NONE", code=3).stderr
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
    day = (date.today() + timedelta(days=20)).isoformat()  # noqa: DTZ011  the processes use the machine's clock
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
