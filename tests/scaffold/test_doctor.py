"""`flow plugin doctor` explains a plugin that fails, and `--trace` what of it ran."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import Author


@pytest.fixture
def broken(author: Callable[[], Author]) -> Author:
    """An author whose installed plugin cannot be imported."""
    someone = author()
    info = someone.installed / "sf_oven-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: sf-oven\nVersion: 2.0\nRequires-Dist: no-such-library>=3\n", encoding="utf-8"
    )
    (info / "entry_points.txt").write_text("[serviceflow.plugins]\noven = sf_oven\n", encoding="utf-8")
    (someone.installed / "sf_oven.py").write_text("def heat():\n    return 1 / 0\n\n\nheat()\n", encoding="utf-8")
    return someone


def test_a_broken_plugin_is_explained(broken: Author) -> None:
    said = broken.flow("plugin doctor oven")
    assert said.returncode == 78
    for line in (
        "× oven cannot be used",
        "  sf-oven 2.0: sf_oven",
        "    no-such-library>=3: -",
        "  Plugin oven cannot be loaded (ZeroDivisionError: division by zero, sf_oven.py:2).",
        "  this shop does not use it",
        "sf_oven.py:2 heat: return 1 / 0",
        "  ZeroDivisionError: division by zero",
    ):
        assert line in said.stdout, said.stdout


def test_a_plugin_nobody_has_is_no_patient(broken: Author) -> None:
    said = broken.flow("plugin doctor ovne")
    assert (said.returncode, "Did you mean oven?" in said.stderr) == (78, True)


def test_a_trace_is_said_on_stderr(petcare: Author) -> None:
    at = {"FLOW_DB": str(petcare.folder / "traced.db")}
    assert petcare.flow("init --industry petcare", **at).returncode == 0
    assert petcare.flow("customer add Li --phone 13800000001", **at).returncode == 0
    said = petcare.flow("--trace new petcare-visit Li starts_at=2099-01-05", **at)
    lines = [line.split("ms  ")[1] for line in said.stderr.splitlines() if "ms  " in line]
    assert lines == [
        "petcare  guard not-past",
        "petcare  effect book: note_visit",
        "petcare  effect book: SetAnchor starts_at",
        "petcare  effect booked: Message petcare-remind",
        "petcare  effect book: Issue petcare-slip",
    ]


def test_a_plugin_that_raised_while_it_was_used_is_explained(petcare: Author) -> None:
    at = {"FLOW_DB": str(petcare.folder / "failing.db")}
    rules = petcare.installed / "serviceflow_petcare" / "rules.py"
    sound = rules.read_text(encoding="utf-8")
    assert petcare.flow("init --industry petcare", **at).returncode == 0
    assert petcare.flow("customer add Li --phone 13800000001", **at).returncode == 0
    rules.write_text(sound.replace("if form.starts_at >", "1 / 0\n    if form.starts_at >"), encoding="utf-8")
    try:
        failed = petcare.flow("new petcare-visit Li starts_at=2099-01-05", **at)
    finally:
        rules.write_text(sound, encoding="utf-8")
    assert failed.returncode == 3
    assert "Plugin petcare failed (guard not-past: ZeroDivisionError: division by zero, rules.py:12)" in failed.stderr
    told = petcare.flow("plugin doctor petcare", **at)
    assert told.stdout.startswith("! petcare can be used, but failed ")
    assert "rules.py:12 not_past: 1 / 0" in told.stdout
    assert "  ZeroDivisionError: division by zero\n" in told.stdout
    assert "Li" not in (petcare.folder / "plugin-failures" / "petcare.txt").read_text(encoding="utf-8")
