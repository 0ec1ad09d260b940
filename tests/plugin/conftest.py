"""A good example trade, and plugins installed into a folder of their own as an installer would leave them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from serviceflow.flow.trade import Trade
from serviceflow.testing.processes import type_line

PETCARE = Path(__file__).parent / "petcare"


@pytest.fixture(scope="session")
def petcare() -> Iterator[Trade]:
    """The example trade, imported from its source folder."""
    sys.path.insert(0, str(PETCARE))
    try:
        from serviceflow_petcare.plugin import trade

        yield trade
    finally:
        sys.path.remove(str(PETCARE))


@dataclass
class Site:
    """A folder on the import path with distributions of its own, and processes that see it."""

    folder: Path

    def install(self, key: str, source: str, *, version: str = "1.0", module: str = "") -> str:
        """Put a distribution with one plugin into the folder; return its module's name."""
        module = module or f"sf_{key}_plugin"
        (self.folder / f"{module}.py").write_text(source, encoding="utf-8")
        info = self.folder / f"sf_{key}-{version}.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: sf-{key}\nVersion: {version}\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[serviceflow.plugins]\n{key} = {module}\n", encoding="utf-8")
        return module

    def run(self, *command: str, place: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run Python with this folder first on its path."""
        return subprocess.run(
            [sys.executable, *command],
            env=self._environment(place, environment),
            capture_output=True,
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )

    def flow(self, line: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command line of ``flow``."""
        return type_line(line.split(), self._environment("", environment))

    def _environment(self, place: str, more: Mapping[str, str]) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("FLOW_", "PYTHON", "LC_", "LANG"))}
        return {
            **inherited,
            "PYTHONPATH": str(self.folder),
            "PYTHONIOENCODING": "utf-8",
            "FLOW_DB": place or str(self.folder / "shop.db"),
            "FLOW_LANG": "en",
            "COLUMNS": "80",
            **more,
        }


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty folder for distributions."""
    folder = tmp_path / "site"
    folder.mkdir()
    return Site(folder)


SMALL = """
from serviceflow.api import START, Action, Flow, Form, Role, Step, T, Trade

trade = Trade(
    key="{key}", title=T("Small {key}", zh="小{key}"), version="{version}", api="1", prefixes=("{key}",),
    roles=(Role("clerk-{key}", T("Clerk", zh="文员")),),
    flows=(Flow("{key}-case", 1, T("Case", zh="订单"), (
        Step("open", T("Open", zh="进行中"), on_path=True),
        Step("{last}", T("Closed", zh="已结"), final=True, on_path=True),
    ), (
        Action("begin", T("Begin", zh="开始"), START, "open"),
        Action("close", T("Close", zh="结束"), ("open",), "{target}"),
    ), series="{key}-{{n:04}}", customer="optional"),),
)
"""


@pytest.fixture
def small() -> Callable[..., str]:
    """Source of a small sound plugin; another ``target`` makes it faulty."""

    def source(key: str, *, version: str = "1.0", last: str = "closed", target: str = "") -> str:
        return SMALL.format(key=key, version=version, last=last, target=target or last)

    return source
