"""A trade as plain data: everything a plugin contributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from serviceflow.flow.document import Document
from serviceflow.flow.effects import Template
from serviceflow.flow.model import Flow
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.engine.case import Case


@dataclass(frozen=True, slots=True)
class Role:
    """A job in the shop.

    Args:
        key: Id; a role of the same key in two trades is held by the same people.
        title: What people call it.
    """

    key: str
    title: T


@dataclass(frozen=True, slots=True)
class Job:
    """Nightly work of a trade, done by ``flow remind run`` once for each local day.

    Args:
        key: Id unique in its plugin.
        run: Called with the shop, a transaction and the day; what it writes and that the day is done are one commit.
        at: Setting that holds the time of day from which it is due.
        missed: Days without a run are done ``each`` in turn, or only the ``latest``.
    """

    key: str
    run: Callable[[Any, Any, date], None]
    at: str
    missed: Literal["each", "latest"] = "latest"


@dataclass(frozen=True, slots=True)
class MarketingCap:
    """How much marketing a customer may get, whichever trade it comes from.

    Args:
        most: Messages.
        days: In so many calendar days, today the last of them.
    """

    most: int
    days: int


@dataclass(frozen=True, slots=True)
class Trade:
    """Everything a plugin contributes as data.

    Args:
        key: Also the command group ``flow <key>``.
        title: What people call the trade.
        version: Version of the plugin; a new one is noticed by the next command.
        api: Version of `serviceflow.api` it was written for.
        prefixes: First words of its ids: settings, tables, flows. The key is one of them.
        flows: Its kinds of orders, each with every version that has open orders.
        roles: Jobs its flows name.
        settings: Numbers and words the shop may change.
        templates: Words of its messages.
        aliases: Other names of its command group.
        documents: What it prints.
        tables: Its SQLModel table classes, for migrations and for merge, erase, export, hand-over.
        views: Its public SQL views by name: a SELECT that SQLite and PostgreSQL share, over its tables and the core's.
        migrations: ``"package:folder"`` of its Alembic revisions.
        commands: ``"module:app"`` of its Typer group, loaded only under ``flow <key>``.
        demo: ``"module:function"``: given (shop, clock, until) it lives up to ``until``, or to an earlier moment of
            its choice, by moving the clock, and returns the commands worth trying then.
        install: Called once inside a transaction when the plugin joins a shop (first price list and so on).
        check_settings: Given a reader of settings, returns what is wrong between several of them, by key.
        jobs: Nightly work.
        listens: Event (``order.closed``, ``interaction.logged``, ``message.sent`` …) → function called in the same
            transaction.
        calendars: Its own calendars by key (which begins with a prefix): made for (shop, transaction). A calendar
            may have ``warnings()``: texts shown after the command that walked it.
        marketing_cap: Given (shop, transaction, customer), returns how much marketing that customer may get, or
            ``None``. Asked before each marketing message of any trade; where several answer, all must hold.
        finishers: Tasks that ``flow done`` refuses because more has to be said, by the rule's key: what to type
            instead. May name {n}, the task's number, and {customer}, as in ``c12``. Skipping them stays possible.
    """

    key: str
    title: T
    version: str
    api: str
    prefixes: tuple[str, ...]
    flows: tuple[Flow, ...] = ()
    roles: tuple[Role, ...] = ()
    settings: tuple[Any, ...] = ()
    templates: tuple[Template, ...] = ()
    documents: tuple[Document, ...] = ()
    tables: tuple[type, ...] = ()
    views: Mapping[str, str] = field(default_factory=dict)
    migrations: str | None = None
    commands: str | None = None
    aliases: tuple[str, ...] = ()
    demo: str | None = None
    install: Callable[[Any], None] | None = None
    check_settings: Callable[[Callable[[str], Any]], Sequence[tuple[str, T]]] | None = None
    jobs: tuple[Job, ...] = ()
    listens: Mapping[str, Callable[[Case, Mapping[str, Any]], None]] = field(default_factory=dict)
    calendars: Mapping[str, Callable[[Any, Any], Any]] = field(default_factory=dict)
    marketing_cap: Callable[[Any, Any, Any], MarketingCap | None] | None = None
    finishers: Mapping[str, T] = field(default_factory=dict)

    def template(self, key: str) -> Template:
        """Return a message template; raises `KeyError`."""
        return {t.key: t for t in self.templates}[key]

    def document(self, key: str) -> Document:
        """Return a document it prints; raises `KeyError`."""
        return {d.key: d for d in self.documents}[key]
