"""``flow broker …`` as typed: files, a run, why, watch; what a script reads. Source: brokerage.md section 8."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from serviceflow.clock import SetClock
from serviceflow_brokerage.commands import app
from serviceflow_brokerage.commands.summaries import ZH, commands_of

from tests.plugins.conftest import Flow


@pytest.fixture
def flow(typed: Flow, tmp_path: Path, clock: SetClock) -> Flow:
    """Run ``flow …`` in English on a fresh branch; it is 2026-04-01 09:00."""
    clock.set(datetime(2026, 4, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai")))
    line = partial(typed, tmp_path / "shop.db", "mei")
    line("init", "--industry", "brokerage", "--login", "mei", "--name", "小美")
    return line


def files(folder: Path) -> None:
    texts = {
        "regions": "code,name,region_class,entry\nSH,上海,central,online\n",
        "clients": "客户号,姓名,开户日期,生日,地区代码\n80012345,陈文博,2025-02-12,1990-05-20,SH\n",
        "accounts": "account_no,client_no,kind,opened_on,rate_ppm\n10012345,80012345,cash,2025-02-12,300\n",
        "snapshots": (
            "account_no,as_of,total_assets,trades,trades_onsite,turnover,last_trade_date\n"
            '10012345,2026-02-28,"340,000.00",60,0,"18,000,000.00",2026-02-27\n'
            '10012345,2026-03-31,"372,400.01",104,0,0,2026-03-31\n'
        ),
    }
    for kind, text in texts.items():
        (folder / f"{kind}.csv").write_text(text, "utf-8")


def test_s3_from_the_files_to_the_reason(flow: Flow, tmp_path: Path) -> None:
    files(tmp_path)
    for kind in ("regions", "clients", "accounts"):
        assert "inserted 1" in flow("broker", "import", kind, str(tmp_path / f"{kind}.csv")).stderr
    loaded = flow("broker", "import", "snapshots", str(tmp_path / "snapshots.csv"))
    assert "batch 4: rows 2  inserted 2  replaced 0  unchanged 0  duplicate 0  rejected 0" in loaded.stderr
    assert (
        "already imported as batch 4" in flow("broker", "import", "snapshots", str(tmp_path / "snapshots.csv")).stderr
    )
    ran = flow("broker", "segment", "run", "--as-of", "2026-03-31")
    assert "rules v1  clients 1  ranked 1" in ran.stdout
    assert "trader 1" in ran.stdout
    told = flow("broker", "why", "80012345").stdout.splitlines()
    assert told[0].startswith("80012345 陈文博  trader Active trader  since 2026-03-31")
    assert [line.split()[:3] for line in told[1:]] == [
        ["×", "10", "new"], ["×", "20", "core"], ["×", "30", "dormant"], ["√", "40", "trader"],
    ]  # fmt: skip
    assert "days_since_open le 30            actual 412" in told[1]
    assert "dim.asset_band eq large          actual medium (as2: assets_avg 356,200.00 ge 100,000.00)" in told[2]
    assert "any: dim.time_input eq fulltime √ fulltime (ti3: trades_90 164 ge 120) | all: f ge 4" in told[4]
    rules = json.loads(flow("broker", "why", "80012345", "--json").stdout)
    assert [r["result"] for r in rules["rules"]] == [False, False, False, True]
    refused = flow("broker", "segment", "run", "--as-of", "2026-03-30", code=2)
    assert "Earlier than the last run" in refused.stderr
    cost = flow("broker", "rate", "80012345", "--to", "200").stdout
    assert "now 万3 → cost 5,400.00   万2 → cost 3,600.00   saving 1,800.00   approve: Branch manager" in cost


def test_the_day_as_cron_runs_it(flow: Flow, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    files(inbox)
    flow("settings", "set", "broker.import_inbox_dir", str(inbox))
    told = flow("broker", "daily").stdout.splitlines()
    assert told == [
        "regions.csv: done", "clients.csv: done", "accounts.csv: done", "snapshots.csv: done", "segment: done",
        "watch: done", "service: done", "push: done",
    ]  # fmt: skip
    (inbox / "clients-2.csv").write_text("客户号,姓名\n1,2\n", "utf-8")
    failed = flow("broker", "daily", code=1).stdout
    assert "clients-2.csv: Missing columns" in failed
    assert "service: done" in failed


def test_pins_history_and_risk(flow: Flow, tmp_path: Path) -> None:
    files(tmp_path)
    for kind in ("regions", "clients", "accounts", "snapshots"):
        flow("broker", "import", kind, str(tmp_path / f"{kind}.csv"))
    flow("broker", "pin", "80012345", "core", "--until", "2026-04-30", "--reason", "重点")
    flow("broker", "segment", "run")
    changes = json.loads(flow("broker", "history", "80012345", "--json").stdout)["changes"]
    assert [(c["old"], c["new"], c["rule"]) for c in changes] == [(None, "core", "pin")]
    flow("broker", "unpin", "80012345")
    asked = ("--kinds", "equity", "--term", "365", "--score", "36")
    assert "C2 until 2028-04-01 (current)" in flow("broker", "risk", "assess", "80012345", *asked).stderr
    flow("broker", "need", "80012345", "教育金")
    shown = flow("broker", "client", "80012345").stdout
    assert "教育金  (open)" in shown
    assert "C2" in shown


def test_s11_a_campaign_as_typed(flow: Flow, tmp_path: Path) -> None:
    files(tmp_path)
    for kind in ("regions", "clients", "accounts", "snapshots"):
        flow("broker", "import", kind, str(tmp_path / f"{kind}.csv"))
    flow("broker", "segment", "run", "--as-of", "2026-03-31")
    flow("customer", "edit", "陈文博", "--phone", "13800000001", "--consent", "marketing=yes")
    flow("staff", "add", "fu", "--name", "fu", "--role", "branch-manager")
    given = ("--kind", "education", "--goal", "trade", "--start", "2026-04-01", "--end", "2026-04-10")
    given += ("--segment", "trader", "--feedback", "reply", "--budget", "100")
    flow("broker", "campaign", "new", "C1", "春季", *given)
    flow("broker", "campaign", "submit", "C1")
    assert "[four-eyes]" in flow("broker", "campaign", "approve", "C1", code=3).stderr
    flow("--as", "fu", "broker", "campaign", "approve", "C1")
    assert "targeted 1, control 0; excluded: –" in flow("broker", "campaign", "start", "C1").stderr
    for event, at in (("sent", "2026-04-01 08:00"), ("reply", "2026-04-01 08:42")):
        flow("broker", "campaign", "log", "C1", "80012345", event, "--at", at)
    measured = json.loads(flow("broker", "campaign", "report", "C1", "--json").stdout)["data"]
    assert (measured["response"], measured["two_way"], measured["feedback_minutes"]) == ([1, 1], [0, 1], 42)
    assert measured["cost_per_response_fen"] == 100_00


def test_every_command_says_what_it_does_in_both_languages() -> None:
    said = dict(commands_of(app))
    assert set(said) == set(ZH)
    assert not [words for words, command in said.items() if not (command.callback and command.callback.__doc__)]
