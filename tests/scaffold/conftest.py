"""A plugin as `flow plugin new` writes it, installed where only fresh interpreters see it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from serviceflow.testing.processes import type_line

FLOW = Path(sys.executable).with_name("flow")


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody who writes a plugin: a folder of their own, and what is installed there."""

    folder: Path
    installed: Path

    def run(self, *words: str | Path, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a program with what is installed here."""
        return subprocess.run(
            [str(word) for word in words], cwd=cwd or self.folder, capture_output=True, encoding="utf-8", check=False,
            env=self._environment(more), stdin=subprocess.DEVNULL, timeout=300,
        )  # fmt: skip

    def flow(self, line: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Type a line of flow."""
        return type_line(line.split(), self._environment(more), folder=self.folder)

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("FLOW_", "PYTEST_", "LC_", "LANG"))}
        return {
            **inherited, "PYTHONPATH": str(self.installed), "PYTHONIOENCODING": "utf-8", "COLUMNS": "100",
            "FLOW_LANG": "en", "FLOW_DB": str(self.folder / "shop.db"), "NO_COLOR": "1", **more,
        }  # fmt: skip

    def develop(self, package: Path) -> None:
        """Install a package as ``pip install -e`` does: it is used where it is written."""
        key = package.name.partition("-")[2]
        info = self.installed / f"serviceflow_{key}-0.1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package.name}\nVersion: 0.1.0\n", encoding="utf-8"
        )
        entry = f"[serviceflow.plugins]\n{key} = serviceflow_{key}.plugin\n"
        (info / "entry_points.txt").write_text(entry, encoding="utf-8")
        (self.installed / f"serviceflow_{key}").symlink_to(package / f"serviceflow_{key}", target_is_directory=True)

    def install(self, package: Path) -> None:
        """Install a package as an installer does, without its dependencies."""
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
        done = self.run(*pip, "--upgrade", "--target", self.installed, package)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def author(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Author]:
    """Make an author."""

    def made() -> Author:
        folder = tmp_path_factory.mktemp("author")
        installed = folder / "installed"
        installed.mkdir()
        return Author(folder, installed)

    return made


@pytest.fixture(scope="session")
def petcare(author: Callable[[], Author]) -> Author:
    """An author who wrote the plugin `petcare` and installed it."""
    someone = author()
    done = someone.run(FLOW, "plugin", "new", "petcare", "--title", "Pet care", "--title-zh", "宠物护理")
    assert done.returncode == 0, done.stderr
    someone.install(someone.folder / "serviceflow-petcare")
    return someone
