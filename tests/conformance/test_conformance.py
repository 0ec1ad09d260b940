"""The conformance suite itself finds what is planted, each fault in the plugin it was planted in."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from serviceflow.api import Row, T, Trade, personal, refers
from serviceflow.testing.conformance_persons import undeclared_persons
from sqlalchemy import MetaData
from sqlmodel import Field

PLANTED = """
from serviceflow.api import START, Action, Do, Flow, Role, Step, T, Trade, hookimpl

def effect(case, form):
    {effect}

{more}

trade = Trade(
    key="{key}", title=T("Spa", zh="水疗"), version="1.0", api="1", prefixes=("{key}",){fields},
    roles=(Role("host-{key}", T("Host", zh="迎宾")),),
    flows=(Flow("{key}-visit", 1, T("Visit", zh="到店"), (
        Step("in", T("In", zh="在店"), on_path=True), Step("out", T("Out", zh="离店"), final=True, on_path=True),
    ), (
        Action("enter", T("Enter", zh="进店"), START, "in", effects=(Do(effect),)),
        Action("leave", T("Leave", zh="离店"), ("in",), "out"),
    ), series="{key}{{n:04}}"),),
)
"""
HOOK = """
@hookimpl
def {hook}(tx):
    return 1 / 0
"""
WALK, TEXTS = "test_random_walks", "test_every_text"
CASES = {
    "calm": ("pass", "", "", None, ""),
    "raises": ("1 / 0", "", "", WALK, "Plugin raises failed (effect enter: effect: ZeroDivisionError"),
    "half": ('T("only English", zh="")', "", "", TEXTS, "sf_half.py:5"),
    "lost": ("case.change(step='lost')", "", "", WALK, "KeyError: 'lost'"),
    "behind": (
        "case.tx.connection.exec_driver_sql('UPDATE orders SET amount = 7')", "", "", WALK, "orders",
    ),
    "merging": ("pass", HOOK.format(hook="may_merge"), "", WALK, "Plugin merging failed (may_merge: ZeroDivisionError"),
    "leaving": (
        "pass", HOOK.format(hook="staff_may_leave"), "", WALK,
        "Plugin leaving failed (staff_may_leave: ZeroDivisionError",
    ),
    "faulty": ("pass", "", ", aliases=('today',)", "test_the_trade", "“flow today” would hide a built-in command"),
}  # fmt: skip


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the suite says of all planted plugins, in one run on SQLite."""
    folder = tmp_path_factory.mktemp("planted")
    site = folder / "site"
    for key, (effect, more, fields, _, _) in CASES.items():
        info = site / f"sf_{key}-1.0.dist-info"
        info.mkdir(parents=True)
        source = PLANTED.format(key=key, effect=effect, more=more, fields=fields)
        (site / f"sf_{key}.py").write_text(source, encoding="utf-8")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: sf-{key}\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[serviceflow.plugins]\n{key} = sf_{key}\n", encoding="utf-8")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FLOW_", "PYTEST_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--serviceflow-walks=2", "--tb=short",
         f"--serviceflow-conformance={','.join(CASES)}", "-k", "not postgresql and not tables_of"],
        cwd=folder, env={**kept, "PYTHONPATH": str(site)}, capture_output=True, encoding="utf-8", check=False,
        timeout=300, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert " passed" in done.stdout, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("key", CASES)
def test_what_is_planted_is_found(judged: str, key: str) -> None:
    _, _, _, test, said = CASES[key]
    failed = re.findall(rf"^FAILED ::(\w+)\[{key}\b.*", judged, re.MULTILINE)
    if test is None:
        assert failed == []
        return
    assert [name for name in failed if name.startswith(test)], judged[-3000:]
    assert said in judged


class Guest(Row, table=True):
    """Somebody nobody can be asked about."""

    __tablename__ = "spa_guest"
    metadata = MetaData()
    id: int | None = Field(default=None, primary_key=True)
    phone: str = ""
    name: str = personal()


class Visitor(Row, table=True):
    """A customer's friend."""

    __tablename__ = "spa_visitor"
    metadata = MetaData()
    customer_id: int = refers("customer.id", primary=True)
    phone: str = personal(mask="phone")


def test_persons_that_erasing_would_miss_are_found() -> None:
    spa = Trade("spa", T("Spa", zh="水疗"), "1", "1", ("spa",), tables=(Guest, Visitor))
    assert undeclared_persons(spa) == [
        "spa_guest.phone: not personal()",
        "spa_guest: personal columns, and no customer or order they belong to",
    ]
