"""A stranger's machine: an environment of its own with the wheels of serviceflow and of the example plugins.

What serviceflow depends on is taken from this environment by a path file; nothing of the checkout is on the path, so
that only what the wheels carry can be imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ("beauty", "catering")


@dataclass(frozen=True, slots=True)
class Machine:
    """An environment with its interpreter, and a folder to work in."""

    python: Path
    folder: Path

    def run(self, *words: str, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a module of this environment."""
        return self._run([str(self.python), "-m", *words], cwd, more)

    def flow(self, line: str) -> subprocess.CompletedProcess[str]:
        """Type a line of flow."""
        return self._run([str(self.python.with_name("flow")), *line.split()], None,
                         {"FLOW_DB": str(self.folder / "shop.db")})  # fmt: skip

    def _run(self, words: list[str], cwd: Path | None, more: dict[str, str]) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("FLOW_", "PYTHON", "PYTEST_", "COV_", "LC_"))}
        return subprocess.run(
            words, cwd=cwd or self.folder, capture_output=True, encoding="utf-8",
            env={**kept, "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1", "FLOW_LANG": "en", **more},
            stdin=subprocess.DEVNULL, check=False, timeout=300,
        )  # fmt: skip


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """The stranger's machine."""
    folder = tmp_path_factory.mktemp("stranger")
    wheels = folder / "wheels"
    for source in (ROOT, *(ROOT / "examples" / name for name in EXAMPLES)):
        _must(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels), cwd=source)
    home = folder / "machine"
    venv.create(home, with_pip=False)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index"]
    _must(*install, *sorted(str(wheel) for wheel in wheels.glob("*.whl")), cwd=folder)
    site = next(home.rglob("site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"], encoding="utf-8")
    return Machine(python, folder)


def _must(*words: str, cwd: Path) -> None:
    done = subprocess.run(words, cwd=cwd, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
