"""The built-in trades pass the conformance suite, run here as it stands: its tests are this module's tests."""

from __future__ import annotations

import pytest
from serviceflow.plugin.find import find_plugins
from serviceflow.testing import conformance_suite as suite
from serviceflow.testing.conformance import WALKS
from serviceflow.testing.conformance_suite import *  # noqa: F403

BUILT_IN = [found.key for found in find_plugins() if found.distribution == "serviceflow"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize as the suite does, by the built-in trades whatever else is installed."""
    suite.parametrize(metafunc, BUILT_IN)


@pytest.fixture
def walks(pytestconfig: pytest.Config, database: str) -> int:
    """Two walks through each flow on SQLite, one on PostgreSQL; more with --serviceflow-walks."""
    given = int(pytestconfig.getoption("--serviceflow-walks"))
    return given if given != WALKS else 2 if database == "sqlite" else 1
