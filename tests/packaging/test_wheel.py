"""The wheel, built and installed into an empty environment, is the whole program."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
NAMES = {package.rpartition("/")[2] for package in PACKAGES}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def flow(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command ``flow`` of an environment that holds the wheel and what it asks for, nothing else."""
    home = tmp_path_factory.mktemp("clean")
    venv.create(home, with_pip=False)
    bin_ = home / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", str(bin_ / "python"), "--disable-pip-version-check"]
    _run(*pip, "install", "-q", str(wheel), cwd=home)
    return bin_ / "flow"


def _run(*words: str, cwd: Path, **more: str) -> str:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("FLOW_", "PYTHON", "COV_"))}
    done = subprocess.run(words, cwd=cwd, env={**clean, **more}, capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_wheel_holds_every_file_of_every_package(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, check=False, encoding="utf-8")
    files = tracked.stdout.split("\n") if tracked.returncode == 0 else [str(p.relative_to(ROOT)) for p in _files()]
    expected = {
        f"{package.rpartition('/')[2]}{file.removeprefix(package)}"
        for package in PACKAGES
        for file in files
        if file.startswith(f"{package}/") and (ROOT / file).exists()
    }
    assert expected <= packed
    assert {name.partition("/")[0] for name in packed} == NAMES


def _files() -> list[Path]:
    return [
        p for package in PACKAGES for p in (ROOT / package).rglob("*") if p.is_file() and "__pycache__" not in p.parts
    ]


def test_every_package_of_the_checkout_is_named_for_the_wheel() -> None:
    there = {
        p.parent.relative_to(ROOT).as_posix()
        for top in ("core", "cli", "plugins/*")
        for p in ROOT.glob(f"{top}/*/__init__.py")
    }
    assert there == PACKAGES


def test_the_import_contracts_and_the_type_check_name_every_package() -> None:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    assert set(contracts["importlinter"]["root_packages"].split()) == NAMES
    assert set(PROJECT["tool"]["mypy"]["packages"]) > NAMES  # and the examples, and the package that is written anew


def test_the_installed_program_says_its_version(flow: Path, tmp_path: Path) -> None:
    from serviceflow import __version__

    assert _run(str(flow), "--version", cwd=tmp_path) == f"serviceflow {__version__}\n"


def test_the_installed_program_makes_a_shop(flow: Path, tmp_path: Path) -> None:
    at = {"FLOW_DB": str(tmp_path / "shop.db"), "FLOW_LANG": "en"}
    _run(str(flow), "init", "--industry", "studio", cwd=tmp_path, **at)
    assert _run(str(flow), "today", cwd=tmp_path, **at).startswith("Today")


def test_the_installed_program_runs_the_demo(flow: Path, tmp_path: Path) -> None:
    shown = _run(
        str(flow), "demo", "studio", cwd=tmp_path, XDG_DATA_HOME=str(tmp_path), HOME=str(tmp_path), FLOW_LANG="en"
    )
    assert "ST0001" in shown
