"""``flow plugin`` at the command line: real distributions, processes of their own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from getpass import getuser
from pathlib import Path
from typing import Any

import pytest

from .conftest import Site

PETCARE = Path(__file__).parent / "petcare"


@pytest.fixture(scope="session")
def studio_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a shop that uses the studio alone."""
    folder = tmp_path_factory.mktemp("studio")
    made = Site(folder).flow("init --industry studio --name Anna --lang en")
    assert made.returncode == 0, made.stderr
    return folder / "shop.db"


@pytest.fixture
def shop(site: Site, studio_file: Path) -> Site:
    """A shop that uses the studio alone, and a site to install plugins into."""
    shutil.copy(studio_file, site.folder)
    return site


def test_list_without_a_shop_shows_what_is_installed(site: Any, small: Callable[..., str]) -> None:
    site.install("spa", small("spa"))
    ran = site.flow("plugin list")
    assert ran.returncode == 0
    heading, *rows = (re.split(r" {2,}", line) for line in ran.stdout.splitlines())
    assert heading == ["Plugin", "State", "Distribution", "Version", "Open orders"]
    assert ["spa", "not used", "sf-spa", "1.0"] in rows
    assert ["studio", "not used", "serviceflow", "0.1.0"] in rows
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)


def test_list_loads_no_plugin_and_nothing_heavy(shop: Any) -> None:
    shop.install("spa", "raise RuntimeError('loaded')\n")
    ran = shop.run(
        "-c",
        (
            "import sys; sys.argv = ['flow', 'plugin']\n"
            "from serviceflow_cli.main import main\n"
            "try: main()\n"
            "except SystemExit: pass\n"
            "heavy = ('sqlmodel', 'sqlalchemy', 'pydantic', 'pluggy', 'sf_spa_plugin', 'serviceflow_studio')\n"
            "print([m for m in heavy if m in sys.modules])"
        ),
    )
    assert ran.stdout.splitlines()[-1] == "[]"
    assert re.search(r"^spa +not used", ran.stdout, re.MULTILINE)


def test_states(shop: Any, small: Callable[..., str]) -> None:
    shop.install("spa", small("spa"))
    assert shop.flow("plugin enable spa").returncode == 0
    assert shop.flow("new spa-case").returncode == 0

    def states() -> dict[str, tuple[str, int]]:
        rows = json.loads(shop.flow("plugin list --json").stdout)["plugins"]
        return {row["plugin"]: (row["state"], row["open_orders"]) for row in rows if row["state"] != "available"}

    assert states() == {"spa": ("enabled", 1), "studio": ("enabled", 0)}
    assert shop.flow("plugin disable spa").returncode == 0
    assert states()["spa"] == ("disabled", 1)
    assert shop.flow("plugin enable spa").returncode == 0
    for file in (*shop.folder.glob("sf_spa*/*"), *shop.folder.glob("sf_spa*.py")):
        file.unlink()
    assert states()["spa"] == ("missing", 1)


def test_enable_says_what_follows_and_can_be_undone(shop: Any, small: Callable[..., str]) -> None:
    shop.install("spa", small("spa").replace("clerk-spa", "cashier"))
    ran = shop.flow("plugin enable spa")
    assert ran.returncode == 0
    said = ran.stderr.splitlines()
    assert said[:2] == [
        "√ plugin spa enabled",
        "! role cashier is also one of studio: the same people hold both",
    ]
    assert said[2].startswith("  next: flow staff role LOGIN ROLE   undo: flow undo ")


def test_enable_of_an_unknown_plugin_names_the_nearest(shop: Any, small: Callable[..., str]) -> None:
    shop.install("spa", small("spa"))
    ran = shop.flow("plugin enable sap")
    assert (ran.returncode, ran.stdout) == (78, "")
    assert ran.stderr == "× There is no plugin sap. [plugin]\n  Did you mean spa?\n"


def test_disable_warns_of_open_orders(shop: Any, small: Callable[..., str]) -> None:
    shop.install("spa", small("spa"))
    shop.flow("plugin enable spa")
    shop.flow("new spa-case")
    ran = shop.flow("plugin disable spa")
    assert "! open orders that can only be read now: 1" in ran.stderr
    assert shop.flow("show spa-0001").returncode == 0
    refused = shop.flow("do spa-0001 close")
    assert refused.returncode == 78
    assert "Plugin spa is not enabled in this shop." in refused.stderr
    assert "flow plugin enable spa" in refused.stderr


# -- check -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "said"),
    [
        pytest.param(
            "en",
            (
                "× spa 1.0: 2 faults\n"
                "  sf_spa_plugin.py:12 spa-case/close: `to` names step “clsed”, which the flow"
                " does not have (did you mean “closed”?)\n"
                "  sf_spa_plugin.py:8 spa-case/open: title has no text in zh\n"
            ),
            id="english",
        ),
        pytest.param(
            "zh",
            (
                "× spa 1.0: 2 处错误\n"
                "  sf_spa_plugin.py:12 spa-case/close: `to` 指向步骤“clsed”, 流程中没有(是否指"
                "“closed”?)\n"
                "  sf_spa_plugin.py:8 spa-case/open: title 缺少 zh 文本\n"
            ),
            id="chinese",
        ),
    ],
)
def test_check_prints_every_fault_with_its_line(site: Any, small: Callable[..., str], language: str, said: str) -> None:
    source = small("spa", target="clsed").replace(
        'Step("open", T("Open", zh="进行中")', 'Step("open", T("Open", zh="")'
    )
    site.install("spa", source)
    ran = site.flow("plugin check spa", FLOW_LANG=language, COLUMNS="200")
    assert ran.returncode == 78
    assert sorted(ran.stdout.splitlines()) == sorted(said.splitlines())


def test_check_of_all_goes_on_after_a_broken_one(site: Any, small: Callable[..., str]) -> None:
    site.install("bad", "import no_such_library\n")
    site.install("spa", small("spa"))
    ran = site.flow("plugin check --json")
    assert ran.returncode == 78
    found = {row["plugin"]: row["faults"] for row in json.loads(ran.stdout)["plugins"]}
    assert found["spa"] == []
    assert found["studio"] == []
    assert found["bad"] == [
        "Plugin bad cannot be loaded (ModuleNotFoundError: No module named 'no_such_library', sf_bad_plugin.py:1)."
    ]
    assert site.flow("plugin check spa").returncode == 0


def test_check_finds_a_flow_changed_under_its_orders(shop: Any, small: Callable[..., str]) -> None:
    shop.install("spa", small("spa"))
    shop.flow("plugin enable spa")
    shop.flow("new spa-case")
    shop.install("spa", small("spa", last="gone"))
    ran = shop.flow("plugin check spa")
    assert ran.returncode == 78
    assert "spa-case version 1 was changed while 1 orders run on it" in ran.stdout.replace("\n  ", " ")


# -- show --------------------------------------------------------------------------------------------------


def test_show_draws(site: Any, small: Callable[..., str]) -> None:
    site.install("spa", small("spa"))
    text = site.flow("plugin show spa --draw", FLOW_LANG="zh")
    assert text.stdout == (
        "订单  spa-case · 第 1 版\n\n[进行中] → (已结)\n\n开单\n└─ 开始 begin → [进行中]\n\n"
        "[进行中] · open\n└─ 结束 close → (已结)\n\n终结于 (已结)\n"
    )
    drawn = site.flow("plugin show spa --mermaid --flow case")
    assert drawn.stdout.splitlines()[0] == "flowchart TD"
    assert site.flow("plugin show spa --draw --flow cases").returncode == 2


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "ascii"])
def test_show_survives_any_console(site: Any, encoding: str) -> None:
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("flow")), "plugin", "show", "studio", "--draw"],
        capture_output=True,
        check=False,
        env={"PYTHONIOENCODING": encoding, "FLOW_LANG": "zh", "COLUMNS": "80", "FLOW_DB": str(site.folder / "none.db")},
        timeout=120,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    if encoding != "ascii":
        assert "[迎客入座] → [套系介绍]" in ran.stdout.decode(encoding)


# -- upgrades and a stranger's plugin ----------------------------------------------------------------------


def test_a_reading_command_notices_an_upgrade(shop: Any, small: Callable[..., str]) -> None:
    import shutil

    shop.install("spa", small("spa"))
    shop.flow("plugin enable spa")
    shop.flow("new spa-case")
    assert "Open" in shop.flow("show spa-0001").stdout
    shutil.rmtree(shop.folder / "sf_spa-1.0.dist-info")
    newer = small("spa", version="1.10").replace('T("Open", zh="进行中")', 'T("Being washed", zh="清洗中")')
    shop.install("spa", newer, version="1.10")
    assert "Being washed" in shop.flow("show spa-0001").stdout


def test_a_strangers_wheel_is_installed_and_runs(shop: Any) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    installed = subprocess.run(
        [*pip, "--target", str(shop.folder), str(PETCARE)], capture_output=True, text=True, check=False, timeout=300
    )
    assert installed.returncode == 0, installed.stderr
    assert shop.flow("plugin check petcare").stdout == "√ petcare 0.1.0: no faults\n"
    assert shop.flow("plugin enable petcare").returncode == 0
    assert shop.flow("customer add Bob --phone 13800000001").returncode == 0
    assert shop.flow(f"staff role {getuser()} desk").returncode == 0
    opened = shop.flow("new petcare-boarding Bob --start walk-in pet=Rex arrives_on=2027-01-01 --json")
    assert opened.returncode == 0, opened.stderr
    number = json.loads(opened.stdout)["order"]
    assert "Boarding" in shop.flow(f"show {number}").stdout
