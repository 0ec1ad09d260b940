"""Where a shop lives: an SQLite file or a PostgreSQL database, and how it is opened."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from serviceflow.errors import ConfigError
from serviceflow.texts import T, plain


@dataclass(frozen=True, slots=True)
class Place:
    """The address of one shop. Exactly one of ``path`` and ``url`` is set."""

    path: Path | None = None
    url: str | None = None

    @property
    def is_sqlite(self) -> bool:
        return self.path is not None

    @property
    def shown(self) -> str:
        """The address as it may be printed: a password in it is left out."""
        if self.path is not None:
            return str(self.path)
        parts = urlsplit(self.url or "")
        host = parts.hostname or ""
        user = f"{parts.username}@" if parts.username else ""
        port = f":{parts.port}" if parts.port else ""
        return urlunsplit((parts.scheme, f"{user}{host}{port}", parts.path, "", ""))

    @property
    def sqlalchemy_url(self) -> str:
        if self.path is not None:
            return f"sqlite:///{self.path}"
        scheme, _, rest = (self.url or "").partition("://")
        return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else f"{scheme}://{rest}"


def place_of(address: str) -> Place:
    """Return the place a path or URL names.

    Raises:
        ConfigError: The URL names a database that is neither SQLite nor PostgreSQL, or the path is a folder.
    """
    scheme, sep, rest = address.partition("://")
    if not sep:
        return _file(Path(address).expanduser().absolute())
    if scheme == "sqlite":
        return _file(Path(rest.removeprefix("/") if rest.startswith("//") is False else rest[1:]).absolute())
    if scheme in ("postgres", "postgresql"):
        return Place(url=address)
    raise ConfigError(
        T(
            "A shop lives in an SQLite file or in PostgreSQL, not in {scheme}.",
            zh="店铺数据只能放在 SQLite 文件或 PostgreSQL 中, 不支持 {scheme}。",
        ).of(scheme=scheme),
        plain("flow init --db shop.db   |   flow init --db postgresql://host/shop"),
        ref="place",
    )


def _file(path: Path) -> Place:
    if path.is_dir():
        raise ConfigError(
            T("{path} is a folder; a shop is a file.", zh="{path} 是文件夹, 店铺是一个文件。").of(path=path),
            plain("flow init --db {path}").of(path=path / "shop.db"),
            ref="place",
        )
    return Place(path=path)


def data_folder() -> Path:
    """Return the folder for a person's shop data, by the custom of the system."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "serviceflow"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "serviceflow"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "serviceflow"


def demo_place() -> Place:
    """Return the place of the throw-away shop that `flow demo` makes."""
    return Place(path=data_folder() / "demo.db")


def default_place() -> Place:
    """Return the place of ``FLOW_DB``, else ``shop.db`` in the person's data folder; without one, a demo made there."""
    address = os.environ.get("FLOW_DB")
    if address:
        return place_of(address)
    file = data_folder() / "shop.db"
    demo = demo_place()
    return demo if demo.path is not None and demo.path.exists() and not file.exists() else Place(path=file)


def shop_folder(place: Place) -> Path:
    """Return the folder of a shop's own files: beside its database, or ``FLOW_FILES``, or the person's data folder."""
    given = os.environ.get("FLOW_FILES")
    if given:
        return Path(given)
    return place.path.parent if place.path is not None else data_folder()
