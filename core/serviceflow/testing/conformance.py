"""``pytest --serviceflow-conformance[=KEYS]``: holds installed plugins to what serviceflow promises of every trade.

Without KEYS all installed plugins are tested. The tests are in `serviceflow.testing.conformance_suite`. A plugin may
tell the random walks words that lead far, in its ``conftest.py``::

    def pytest_serviceflow_words() -> dict[str, Sequence[str]]:
        return {"package": ["W3999", "A1299"]}      # by the name of a form's field
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

WALKS = 3
"""Random walks through each flow when nothing else is said."""
FIXTURES = "serviceflow.testing.fixtures"
SUITE = Path(__file__).with_name("conformance_suite.py")


class Specs:
    """What a plugin's ``conftest.py`` may tell the suite."""

    @pytest.hookspec
    def pytest_serviceflow_words(self) -> Mapping[str, Sequence[str]]:  # type: ignore[empty-body]
        """Return words worth typing into fields, by the field's name."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Make the hook known."""
    pluginmanager.add_hookspecs(Specs)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--serviceflow-conformance`` and ``--serviceflow-walks``."""
    group = parser.getgroup("serviceflow")
    group.addoption(
        "--serviceflow-conformance", nargs="?", const="", metavar="KEYS",
        help="hold installed serviceflow plugins to the conformance suite; all of them, or KEYS a,b",
    )  # fmt: skip
    group.addoption(
        "--serviceflow-walks", type=int, default=WALKS, metavar="N",
        help=f"random walks through each flow on each database (default: {WALKS})",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Add the suite to what is collected."""
    if config.getoption("--serviceflow-conformance") is None:
        return
    config.pluginmanager.import_plugin(FIXTURES)
    if str(SUITE) not in config.args:
        config.args.append(str(SUITE))


def keys(config: pytest.Config) -> list[str]:
    """Return the keys of the plugins to be tested."""
    from serviceflow.plugin.find import find_plugins

    given = config.getoption("--serviceflow-conformance") or ""
    wanted = [key for key in str(given).split(",") if key]
    return wanted or list(dict.fromkeys(found.key for found in find_plugins()))
