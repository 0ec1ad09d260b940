"""One command line's surroundings: which shop, who, what language, how to answer; opens the shop late.

For commands that write::

    from serviceflow_cli.session import writing_shop

    with writing_shop() as shop:                  # loads SQLModel: never at the top of a module
        done = act(shop, order_id, action, given)

For commands that read (no SQLModel, no plugin)::

    from serviceflow_cli.session import reader

    with reader() as read:                        # serviceflow.store.read.Reader
        rows = read.rows("SELECT number, step FROM v_order WHERE customer_id = :id", id=7)

What somebody typed for an order, a customer or a task becomes its id in `serviceflow_cli.refs`. These options may
stand anywhere in a line and are taken out before a command sees it: ``--db``, ``--as``, ``--lang``, ``--json[=…]``,
``--csv[=FILE]``, ``--no-color``, ``--debug``, ``--trace``. A command never declares them; `serviceflow_cli.out`
obeys them.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, Literal, TextIO

from serviceflow.errors import BadInput, FlowError
from serviceflow.store.place import Place, default_place, place_of
from serviceflow.texts import T, language, plain, speak

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.clock import Clock
    from serviceflow.store.read import Reader

Format = Literal["text", "json", "csv"]


@dataclass(slots=True)
class Warm:
    """What `flow shell` keeps open between its lines, for those that name no other shop or person."""

    db: str | None = None
    login: str | None = None
    shop: Shop | None = None
    read: Reader | None = None

    def serves(self, session: Session) -> bool:
        """Return whether what is open is what the line wants."""
        return (self.db, self.login) == (session.db, session.login)

    def close(self) -> None:
        """Let go of the databases."""
        if self.shop is not None:
            self.shop.close()
        if self.read is not None:
            self.read.close()
        self.shop = self.read = None


@dataclass(slots=True)
class Session:
    """What holds for one command line.

    Args:
        db: Path or URL after ``--db``; by default ``FLOW_DB``, then the person's data folder.
        login: Name after ``--as``; by default ``FLOW_STAFF``, then the computer's user.
        chosen_language: After ``--lang`` or in ``FLOW_LANG``; nothing else may change it.
        fields: After ``--json=``: the fields wanted; ``None`` means all.
        file: After ``--csv=``: where to write.
        clock: Replaced in tests and demonstrations.
        zone: The shop's, once it was opened; moments are shown in it.
        silence_seen_to: Whether this line has told that the timer stopped, or is not to tell it.
    """

    db: str | None = None
    login: str | None = None
    chosen_language: str | None = None
    format: Format = "text"
    fields: list[str] | None = None
    file: str | None = None
    debug: bool = False
    trace: bool = False
    colour: bool = True
    clock: Clock | None = None
    warm: Warm | None = None
    zone: tzinfo | None = None
    silence_seen_to: bool = False

    @property
    def place(self) -> Place:
        """Return where the shop is.

        Raises:
            ConfigError: The URL names a kind of database we do not have.
        """
        return place_of(self.db) if self.db else default_place()


_session: ContextVar[Session] = ContextVar("session")


def current() -> Session:
    """Return the session of the running command line."""
    found = _session.get(None)
    if found is None:
        found = Session()
        _session.set(found)
    return found


@contextlib.contextmanager
def running(session: Session) -> Iterator[Session]:
    """Make ``session`` the current one inside the block."""
    token = _session.set(session)
    try:
        yield session
    finally:
        _session.reset(token)


# -- the options of every command -----------------------------------------------------------------------------


def _take_json(session: Session, value: str | None) -> None:
    session.format = "json"
    session.fields = [f for f in value.replace("，", ",").split(",") if f] if value is not None else None


def _take_csv(session: Session, value: str | None) -> None:
    session.format, session.file = "csv", value or None


def _take(name: str) -> Callable[[Session, str | None], None]:
    def take(session: Session, value: str | None) -> None:
        setattr(session, name, value)

    return take


def _take_language(session: Session, value: str | None) -> None:
    from serviceflow.texts import LANGUAGES, language_of

    if value is None or not value.lower().startswith(language_of(value)):
        raise BadInput(
            T("There is no language {code}.", zh="没有语言 {code}。").of(code=value),
            plain(" | ".join(f"--lang {code}" for code in LANGUAGES)),
            ref="language",
        )
    session.chosen_language = value


def _no_colour(session: Session, _value: str | None) -> None:
    session.colour = False


def _debug(session: Session, _value: str | None) -> None:
    session.debug = True


def _trace(session: Session, _value: str | None) -> None:
    session.trace = True


@dataclass(frozen=True, slots=True)
class Everywhere:
    """An option that every command has."""

    take: Callable[[Session, str | None], None]
    value: Literal["needed", "after =", "none"]
    metavar: str
    help: T


EVERYWHERE: dict[str, Everywhere] = {
    "--db": Everywhere(
        _take("db"), "needed", "FILE|URL", T("The shop's database (or FLOW_DB)", zh="店铺数据库 (或 FLOW_DB)")
    ),
    "--as": Everywhere(
        _take("login"), "needed", "LOGIN", T("Who you are (or FLOW_STAFF)", zh="操作员工 (或 FLOW_STAFF)")
    ),
    "--lang": Everywhere(_take_language, "needed", "zh|en", T("Language (or FLOW_LANG)", zh="语言 (或 FLOW_LANG)")),
    "--json": Everywhere(
        _take_json, "after =", "FIELDS", T("Answer as JSON, all fields or those named", zh="输出 JSON, 可指定字段")
    ),
    "--csv": Everywhere(
        _take_csv, "after =", "FILE", T("Answer as CSV, on screen or into a file", zh="输出 CSV, 到屏幕或文件")
    ),
    "--no-color": Everywhere(_no_colour, "none", "", T("No colours (or NO_COLOR)", zh="不用颜色 (或 NO_COLOR)")),
    "--debug": Everywhere(
        _debug, "none", "", T("Show where an error comes from (or FLOW_DEBUG)", zh="显示出错位置 (或 FLOW_DEBUG)")
    ),
    "--trace": Everywhere(
        _trace, "none", "", T("Show what of which plugin ran, and how long", zh="显示各插件的调用顺序与用时")
    ),
}


def read_options(argv: list[str], session: Session) -> list[str]:
    """Put the options of every command into ``session``; return the other words.

    Raises:
        BadInput: One that needs a value has none, or one that takes none has one.
    """
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            rest += [word, *words]
            break
        name, sep, value = word.partition("=")
        option = EVERYWHERE.get(name)
        if option is None or _trades_own(name, rest):
            rest.append(word)
        elif option.value == "needed":
            given = value if sep else next(words, "")
            if not given:
                raise BadInput(
                    T("{name} needs a value.", zh="{name} 缺少值。").of(name=name),
                    plain(f"{name} {option.metavar}"),
                    ref="option",
                )
            option.take(session, given)
        elif sep and option.value == "none":
            raise BadInput(T("{name} takes no value.", zh="{name} 不带值。").of(name=name), plain(name), ref="option")
        else:
            option.take(session, value if sep else None)
    return rest


def _trades_own(name: str, rest: list[str]) -> bool:
    """Return whether a trade's command means an option itself: ``flow mfg sign ORDER --as ROLE`` signs as a role.

    Who types is still named in front: ``flow --as LOGIN mfg sign ORDER --as ROLE``.
    """
    if name != "--as" or rest[1:2] != ["sign"]:
        return False
    from serviceflow_cli.table import COMMANDS

    return rest[0] not in COMMANDS


# -- language ---------------------------------------------------------------------------------------------------


def settle_language(session: Session, stdout: TextIO) -> None:
    """Choose the language: ``--lang``, ``FLOW_LANG``, the shop's, the system's.

    Where the screen has no Chinese and nobody asked for it, English is better than question marks.
    """
    from serviceflow_cli.glyphs import writes_chinese

    session.chosen_language = session.chosen_language or os.environ.get("FLOW_LANG") or None
    if session.chosen_language:
        speak(session.chosen_language)
        return
    if session.format == "text" and not writes_chinese(stdout):
        session.chosen_language = "en"
        speak("en")
        return
    speak(
        _shop_language(session)
        or next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "en")
    )


def _shop_language(session: Session) -> str | None:
    """Return the shop's language where that costs one look into a file; a server's is read when it is opened."""
    if session.warm is not None:
        return language()
    try:
        path = session.place.path
    except Exception:  # a wrong address is reported by whoever opens it
        return None
    if path is None or not path.exists():
        return None
    import sqlite3

    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT value FROM shop_meta WHERE key = 'language'").fetchone()
    except sqlite3.Error:
        return None
    return str(row[0]) if row else None


# -- the shop ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def writing_shop() -> Iterator[Shop]:
    """Open the shop for writing inside the block; `flow shell` keeps it open.

    Raises:
        ConfigError: There is no shop, or nobody with that login.
        SchemaMismatch: The database is of another version.
    """
    from serviceflow.app import Shop

    session = current()
    warm = session.warm if session.warm is not None and session.warm.serves(session) else None
    shop = warm.shop if warm is not None else None
    if shop is not None:
        # Another process may have changed a setting since the last line.
        shop.__dict__.pop("settings", None)
    else:
        shop = Shop.open(session.place, staff=session.login, clock=session.clock)
    if warm is not None:
        warm.shop = shop
    session.zone = shop.zone
    if session.chosen_language is None and not shop.place.is_sqlite:
        speak(_meta(shop, "language") or language())
    try:
        yield shop
        if _tells_silence(session):
            _tell_silence(_silence_of(shop))
    finally:
        if warm is None:
            shop.close()


def _silence_of(shop: Shop) -> T | None:
    from serviceflow.remind.silence import silence_since
    from serviceflow.remind.timer import BACKWARDS
    from serviceflow.store.tables import Runner
    from serviceflow.store.write import table_of
    from sqlalchemy import func, select

    beat, now = table_of(Runner).c.beat_at, shop.clock.now()
    with shop.reading() as tx:
        return silence_since(tx.scalar(select(func.max(beat)).where(beat <= now + BACKWARDS)), now)


def _tells_silence(session: Session) -> bool:
    """Return whether the line is to look, once, whether nobody is reminded any more."""
    looks = session.format == "text" and not session.silence_seen_to
    session.silence_seen_to = True
    return looks


def _tell_silence(warning: T | None) -> None:
    if warning is not None:
        from serviceflow_cli.out import warn

        warn(plain("{warning}   flow doctor").of(warning=warning))


def _meta(shop: Shop, key: str) -> str | None:
    from serviceflow.store.tables import Meta

    with shop.reading() as tx:
        row = tx.get(Meta, key)
    return row.value if row is not None else None


@contextlib.contextmanager
def reader() -> Iterator[Reader]:
    """Open the shop for reading inside the block: SQL views over the DB-API, nothing else is imported.

    Raises:
        ConfigError: There is no shop, or nobody with that login.
        SchemaMismatch: The database is of another version.
    """
    from serviceflow.plugin.stamp import behind
    from serviceflow.store.read import Reader

    session = current()
    warm = session.warm if session.warm is not None and session.warm.serves(session) else None
    read = warm.read if warm is not None else None
    if read is None:
        read = Reader.open(session.place, login=session.login, clock=session.clock)
        if behind(read.meta):  # once after an upgrade: opening for writing writes the trades' new titles
            with contextlib.suppress(FlowError), writing_shop():
                pass
    if warm is not None:
        warm.read = read
    session.zone = read.zone
    if session.chosen_language is None:
        speak(read.language)
    try:
        yield read
        if _tells_silence(session):
            from serviceflow.remind.silence import silence

            _tell_silence(silence(read))
    finally:
        if warm is None:
            read.close()


def interactive() -> bool:
    """Return whether a person sits at the terminal: only then may a command ask."""
    return all(stream is not None and not stream.closed and stream.isatty() for stream in (sys.stdin, sys.stderr))
