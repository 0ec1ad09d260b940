"""The conformance suite itself: the built-in trades pass it, and it finds what is planted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from serviceflow.plugin.find import find_plugins

BUILT_IN = [f.key for f in find_plugins() if f.distribution == "serviceflow"]


def suite(folder: Path, key: str, *words: str, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run the suite for one plugin in an empty folder."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FLOW_", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", f"--serviceflow-conformance={key}", *words],
        cwd=folder, env={**kept, "PYTHONPATH": path}, capture_output=True, encoding="utf-8", check=False, timeout=500,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize("key", BUILT_IN)
def test_a_built_in_trade_passes(tmp_path: Path, key: str) -> None:
    done = suite(tmp_path, key, "--serviceflow-walks=2")
    assert done.returncode == 0, done.stdout[-4000:]


PLANTED = """
from serviceflow.api import START, Action, Do, Flow, Role, Step, T, Trade

def effect(case, form):
    {effect}

trade = Trade(
    key="spa", title=T("Spa", zh="水疗"), version="1.0", api="1", prefixes=("spa",),
    roles=(Role("host", T("Host", zh="迎宾")),),
    flows=(Flow("spa-visit", 1, T("Visit", zh="到店"), (
        Step("in", T("In", zh="在店"), on_path=True), Step("out", T("Out", zh="离店"), final=True, on_path=True),
    ), (
        Action("enter", T("Enter", zh="进店"), START, "in", effects=(Do(effect),)),
        Action("leave", T("Leave", zh="离店"), ("in",), "out"),
    ), series="SP{{n:04}}"),),
)
"""


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        pytest.param("pass", "passed", id="nothing"),
        pytest.param("1 / 0", "Plugin spa failed (effect enter: effect: ZeroDivisionError", id="raises"),
        pytest.param('T("only English", zh="")', "sf_spa.py:5", id="half a text"),
        pytest.param("case.change(step='lost')", "KeyError: 'lost'", id="undeclared step"),
        pytest.param(
            "case.tx.connection.exec_driver_sql('UPDATE orders SET amount = 7')", "orders", id="past the journal"
        ),
    ],
)
def test_what_is_planted_is_found(tmp_path: Path, effect: str, said: str) -> None:
    site = tmp_path / "site"
    info = site / "sf_spa-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "sf_spa.py").write_text(PLANTED.format(effect=effect), encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sf-spa\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[serviceflow.plugins]\nspa = sf_spa\n", encoding="utf-8")
    done = suite(tmp_path, "spa", "--serviceflow-walks=2", "-k", "not postgresql", path=str(site))
    assert said in done.stdout
    assert (done.returncode == 0) == (said == "passed")
