"""Fixtures for tests of the core and of plugins: ``pytest_plugins = ["serviceflow.testing.fixtures"]``.

``place`` is a shop's address and comes twice, as an SQLite file and as a PostgreSQL database; ``shop`` is that
shop, opened; ``clock`` stands at 2026-11-25 10:20 in Shanghai until it is moved. A shop is made and furnished once per
session and copied for each test.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from serviceflow.clock import SetClock
from serviceflow.store.place import Place

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.testing.postgres import Server

NOW = datetime(2026, 11, 25, 2, 20, tzinfo=UTC)
Furnish = Callable[["Shop"], object]
DATABASES = ("sqlite", "postgresql")


class Template(Protocol):
    """Return the address of the shop that copies are made of."""

    def __call__(self, kind: str, industries: tuple[str, ...] | None, furnish: Furnish | None = None) -> Place: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--storm-seconds``."""
    parser.addoption(
        "--storm-seconds", type=float, default=3.0, help="how long a storm of kills or writers lasts (default: 3)"
    )


@pytest.fixture
def storm_seconds(request: pytest.FixtureRequest) -> float:
    """Seconds a storm test runs."""
    return float(request.config.getoption("--storm-seconds"))


@pytest.fixture
def clock() -> SetClock:
    """A clock that stands at 2026-11-25 10:20 Shanghai time."""
    return SetClock(NOW)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The session's PostgreSQL server."""
    from serviceflow.testing.postgres import server

    with server() as running:
        yield running


@pytest.fixture
def industries() -> tuple[str, ...] | None:
    """Which plugins the shop has; all installed ones unless a test module says otherwise by a fixture of its own."""
    return None


@pytest.fixture
def furnish() -> Furnish | None:
    """What 小美 does in the shop before it is copied; nothing unless a test module names a function of its own."""
    return None


@pytest.fixture(scope="session")
def template_of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Make the shop that tests get copies of, once per kind of database, set of plugins and furniture."""
    from serviceflow.app import make_shop

    made: dict[tuple[str, tuple[str, ...] | None, Furnish | None], Place] = {}

    def template(kind: str, industries: tuple[str, ...] | None, furnish: Furnish | None = None) -> Place:
        key = kind, industries, furnish
        if key not in made:
            if kind == "sqlite":
                place = Place(path=tmp_path_factory.mktemp("template") / "shop.db")
            else:
                running: Server = request.getfixturevalue("postgres")
                place = Place(url=running.url_of(running.create()))
            shop = make_shop(
                place, login="xiaomei", name="小美", language="zh", clock=SetClock(NOW), industries=industries
            )
            try:
                if furnish is not None:
                    furnish(shop)
            finally:
                shop.close()
            made[key] = place
        return made[key]

    return template


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database a test runs on: ``sqlite``, then ``postgresql``."""
    return str(request.param)


@pytest.fixture
def empty_place(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    """An address where there is no shop yet."""
    if database == "sqlite":
        yield Place(path=tmp_path / "shop.db")
        return
    running: Server = request.getfixturevalue("postgres")
    name = running.create()
    yield Place(url=running.url_of(name))
    running.drop(name)


@pytest.fixture
def place(
    database: str,
    industries: tuple[str, ...] | None,
    furnish: Furnish | None,
    tmp_path: Path,
    template_of: Template,
    request: pytest.FixtureRequest,
) -> Iterator[Place]:
    """The address of a fresh shop; its only member of staff is 小美 (``xiaomei``), who holds every role."""
    template = template_of(database, industries, furnish)
    if template.path is not None:
        file = tmp_path / "shop.db"
        shutil.copy(template.path, file)  # closed: its log has been written back
        yield Place(path=file)
        return
    running: Server = request.getfixturevalue("postgres")
    assert template.url is not None
    name = running.create(_database_name(template.url))
    yield Place(url=running.url_of(name))
    running.drop(name)


def _database_name(url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).path.removeprefix("/")


@pytest.fixture
def shop(place: Place, clock: SetClock) -> Iterator[Shop]:
    """A fresh shop, opened by 小美."""
    from serviceflow.app import Shop

    opened = Shop.open(place, staff="xiaomei", clock=clock)
    yield opened
    opened.close()
