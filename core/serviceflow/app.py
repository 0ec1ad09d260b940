"""A shop that is open for writing: its database, clock, settings, staff and trades. No globals."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from serviceflow.calendars import Calendar, ExchangeCalendar, PublicCalendar, ShopCalendar
from serviceflow.clock import Clock, SystemClock, clock_of, day_of, instant
from serviceflow.errors import BadInput, CannotWrite, ConfigError, FlowError, Refused
from serviceflow.flow.effects import Template
from serviceflow.flow.hints import kept_hint
from serviceflow.flow.model import Action, Flow
from serviceflow.flow.trade import Role, Trade
from serviceflow.plugin.find import find_plugins
from serviceflow.plugin.join import follow_versions, join, joined_plugins
from serviceflow.plugin.load import Joined, Plugins
from serviceflow.plugin.stamp import behind
from serviceflow.settings import Settings
from serviceflow.store.engine import open_engine, reading
from serviceflow.store.filesystem import refuse_network_file
from serviceflow.store.place import Place, default_place, place_of
from serviceflow.store.read import no_shop
from serviceflow.store.tables import (
    CalendarDay,
    CatalogueAction,
    CatalogueFlow,
    CatalogueStep,
    Meta,
    SettingRow,
    Staff,
    StaffRole,
)
from serviceflow.store.write import Tx, key_of, table_of, transaction
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.engine.requests import RequestKey

CORE_ROLES = (Role("admin", T("Administrator", zh="管理员")), Role("manager", T("Manager", zh="经理")))


class Shop:
    """One shop. Make it with `Shop.open`; close it when done."""

    def __init__(self, place: Place, engine: Engine, clock: Clock, staff_id: int | None) -> None:
        self.place = place
        self.engine = engine
        self.clock = clock
        self.staff_id = staff_id
        self.plugins = Plugins(self._joined_plugins)
        self.request: RequestKey | None = None

    @classmethod
    def open(cls, place: Place | str | None = None, *, staff: str | None = None, clock: Clock | None = None) -> Shop:
        """Open the shop at a place; ``staff`` is a login, by default that of ``FLOW_STAFF`` or the computer's user.

        Raises:
            ConfigError: There is no shop there, or nobody with that login works in it.
            SchemaMismatch: The database belongs to another version of the program.
        """
        from serviceflow.store.stamp import check_stamp

        where = place_of(place) if isinstance(place, str) else place or default_place()
        if where.path is not None and not where.path.exists():
            raise no_shop(where)
        shop = cls(where, open_engine(where), clock or SystemClock(), None)
        with shop.reading() as tx:
            meta = _meta(tx, where)
            check_stamp(meta["schema"])
            shop.staff_id = shop._staff_id(tx, staff)
            shop.clock = clock or clock_of(meta)
        upgraded = behind(meta, shop.plugins.found.values())
        if upgraded:
            follow_versions(shop, upgraded)
        return shop

    @staticmethod
    def _staff_id(tx: Tx, login: str | None) -> int | None:
        from getpass import getuser

        table = table_of(Staff)
        wanted = login or os.environ.get("FLOW_STAFF")
        if wanted:
            found = tx.one(Staff, (table.c.login == wanted) | (table.c.name == wanted))
            if found is None:
                raise ConfigError(
                    T("Nobody on the staff is called {name}.", zh="没有员工 {name}。").of(name=wanted),
                    plain("flow staff"),
                    ref="staff",
                )
            return found.id
        with contextlib.suppress(OSError, KeyError):
            found = tx.one(Staff, table.c.login == getuser())
            if found is not None:
                return found.id
        active = tx.all(Staff, table.c.active.is_(True))
        return active[0].id if len(active) == 1 else None

    def _joined_plugins(self) -> dict[str, Joined]:
        with self.reading() as tx:
            return joined_plugins(tx)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    @contextlib.contextmanager
    def write(self, command: str, *, dry_run: bool = False) -> Iterator[Tx]:
        """Run the block as one transaction and one operation."""
        with transaction(
            self.engine, self.place, now=self.clock.now(), staff_id=self.staff_id, command=command, dry_run=dry_run
        ) as tx:
            if self.request is not None and not dry_run:
                from serviceflow.engine.requests import claim

                claim(tx, self.request)
            yield tx

    @contextlib.contextmanager
    def reading(self) -> Iterator[Tx]:
        """Read through the write side's tables without taking the writers' lock; writing is not possible."""
        with reading(self.engine, self.place) as line:
            yield Tx(line, self.clock.now(), self.staff_id, "", line.dialect.name)

    # -- settings, time ----------------------------------------------------------------------------------

    @cached_property
    def settings(self) -> Settings:
        """All settings; only the trade that owns a key is loaded for it."""
        with self.reading() as tx:
            stored = {(row.key, row.scope): row.value for row in tx.all(SettingRow)}
        return Settings(
            stored, self.plugins.settings, lambda: (s for trade in self.plugins.all() for s in trade.settings)
        )

    def setting(self, key: str, scope: str = "") -> Any:
        """Return the value of a setting in force in a scope."""
        return self.settings.get(key, scope)

    def set_setting(self, key: str, typed: str, scope: str = "") -> Any:
        """Store a setting after checking it; the old value stays when it is refused."""
        from serviceflow.engine.preferences import forget, store_setting

        with self.write(f"settings set {key}") as tx:
            value = store_setting(self, tx, key, typed, scope)
        forget(self, [key])
        return value

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone days begin and end in."""
        return ZoneInfo(self.settings.get("core.timezone"))

    def local_day(self, at: datetime) -> date:
        """Return the calendar day of an instant in the shop's zone."""
        return day_of(at, self.zone)

    def calendar(self, key: str, tx: Tx | None = None) -> Calendar:
        """Return a calendar of the shop: ``shop``, ``cn-public``, ``cn-exchange`` or a trade's own.

        Args:
            tx: Where a trade's own reads its days; a reading transaction of its own when left out.
        """
        if key == "shop":
            return ShopCalendar(
                frozenset(n - 1 for n in self.settings.get("core.business_weekdays")),
                {date.fromisoformat(d): "" for d in self.settings.get("core.holidays")},
                {date.fromisoformat(d): "" for d in self.settings.get("core.extra_workdays")},
            )
        owner = self.plugins.owner(key) if not key.startswith("cn-") else None
        if owner is not None and key in (own := self.plugins.trade(owner).calendars):
            if tx is not None:
                return own[key](self, tx)  # type: ignore[no-any-return]
            with self.reading() as opened:
                return own[key](self, opened)  # type: ignore[no-any-return]
        with self.reading() as opened:
            rows = opened.all(CalendarDay, table_of(CalendarDay).c.calendar == "cn-public")
        days = {row.day: row.works for row in rows}
        if key == "cn-public":
            return PublicCalendar(days)
        if key == "cn-exchange":
            return ExchangeCalendar(days)
        raise BadInput(
            T("There is no calendar {key}.", zh="没有日历 {key}。").of(key=key),
            plain("shop · cn-public · cn-exchange"),
            ref="calendar",
        )

    def parse_day(self, typed: str, now: datetime) -> date:
        """Return the day somebody typed."""
        from serviceflow.dates import parse_when

        return parse_when(typed, now.astimezone(self.zone), self.calendar, "shop").day

    def parse_instant(self, typed: str, now: datetime) -> datetime:
        """Return the moment somebody typed; a day without a time means its `core.day_end`."""
        from serviceflow.dates import parse_when

        when = parse_when(typed, now.astimezone(self.zone), self.calendar, "shop")
        at = when.at or time.fromisoformat(self.settings.get("core.day_end"))
        return instant(when.day, at, self.zone)

    # -- trades ------------------------------------------------------------------------------------------

    def flow(self, key: str, version: int) -> tuple[Trade, Flow]:
        """Return the flow an order runs on, in its version.

        Raises:
            PluginUnusable: Its plugin is missing, broken, or has no such version; the order stays readable.
        """
        return self.plugins.flow(key, version)

    def newest_flow(self, key: str) -> tuple[Trade, Flow]:
        """Return the newest version of a flow, found by its key or, where that is clear, the key's end."""
        from difflib import get_close_matches

        exact = self.plugins.newest(key)
        if exact is not None:
            return exact
        flows = {
            f.key: (trade, f) for trade in self.plugins.all() for f in sorted(trade.flows, key=lambda f: f.version)
        }
        named = [k for k in flows if k == key] or [k for k in flows if k.endswith(("-" + key, "." + key))]
        if len(named) == 1:
            return flows[named[0]]
        near = get_close_matches(key, flows, n=1)
        raise BadInput(
            T("There is no flow {key}.", zh="没有流程 {key}。").of(key=key),
            T("Did you mean {near}?", zh="是否指 {near}?").of(near=near[0])
            if near
            else T("There are: {names}", zh="现有: {names}").of(
                names=", ".join(k for k, (_, f) in flows.items() if f.alone) or "-"
            ),
            ref="flow",
        )

    def channels_of(self, trade: Trade, template: Template) -> tuple[str, ...]:
        """Return a template's channels in order of preference: the shop's setting or its own."""
        key = f"{trade.prefixes[0]}.msg.{template.key}.channels"
        return tuple(self.settings.get(key)) if self.settings.has(key) else template.channels

    def listeners(self, event: str) -> list[Trade]:
        """Return the trades that listen to an event, A to Z, loading no other."""
        joined = self.plugins.joined or {}
        keys = [key for key in self.plugins.enabled() if key in joined and event in joined[key].listens]
        found = []
        for key in keys:
            with contextlib.suppress(FlowError):  # reported once by the loader
                found.append(self.plugins.trade(key))
        return found

    def roles(self) -> dict[str, T]:
        """Return every role of the core and the trades with its title."""
        found = {r.key: r.title for r in CORE_ROLES}
        for trade in self.plugins.all():
            found.update({r.key: r.title for r in trade.roles})
        return found

    def role_title(self, key: str) -> T:
        """Return a role's title, looking at the trades loaded already before any other."""
        for role in (*CORE_ROLES, *(r for trade in self.plugins.loaded() for r in trade.roles)):
            if role.key == key:
                return role.title
        return self.roles().get(key, plain(key))

    def refresh_catalogue(self, tx: Tx) -> None:
        """Write the titles of all flows where reading commands find them without loading a plugin."""
        for trade in self.plugins.all():
            self.write_catalogue(tx, trade)

    def write_catalogue(self, tx: Tx, trade: Trade) -> None:
        """Write the titles of one trade's flows, the names of its roles and commands, and which tasks it ends."""
        roles = {role.key: _titles(role.title) for role in trade.roles}
        names = {**_titles(trade.title), "aliases": list(trade.aliases), "roles": roles}
        names["finishers"] = sorted(trade.finishers)
        tx.note(f"trade.{trade.key}", json.dumps(names, ensure_ascii=False))
        for flow in trade.flows:
            _catalogue(tx, trade, flow)


def _catalogue(tx: Tx, trade: Trade, flow: Flow) -> None:
    flows, steps, actions = table_of(CatalogueFlow), table_of(CatalogueStep), table_of(CatalogueAction)
    for table in (flows, steps, actions):
        tx.connection.execute(delete(table).where(table.c.flow == flow.key, table.c.version == flow.version))
    tx.connection.execute(
        insert(flows).values(
            plugin=trade.key, flow=flow.key, version=flow.version, digest=flow.digest(), **_titles(flow.title)
        )
    )
    for position, step in enumerate(flow.steps):
        tx.connection.execute(
            insert(steps).values(
                flow=flow.key,
                version=flow.version,
                step=step.key,
                position=position,
                final=step.final,
                on_path=step.on_path,
                role=step.role,
                **_titles(step.title),
                hint_en=kept_hint(step.hint.en, trade.settings) if step.hint else "",
                hint_zh=kept_hint(step.hint.zh, trade.settings) if step.hint else "",
            )
        )
        for n, action in enumerate(flow.offered(step.key)):
            _catalogue_action(tx, flow, step.key, n, action)
    for n, action in enumerate(flow.actions):  # for the history of an order, whatever step it is in
        _catalogue_action(tx, flow, "*", n, action)


def _catalogue_action(tx: Tx, flow: Flow, step: str, position: int, action: Action) -> None:
    needed = " ".join(f"{f.name}=" for f in action.form.fields.values() if f.required is True and f.default is None)
    tx.connection.execute(
        insert(table_of(CatalogueAction)).values(
            flow=flow.key,
            version=flow.version,
            step=step,
            action=action.key,
            position=position,
            roles=",".join(who if isinstance(who, str) else who.key for who in action.by),
            fields=needed,
            moves=action.moves,
            signs=any(guard.needs for guard in action.guards),
            **_titles(action.title),
        )
    )


def _meta(tx: Tx, where: Place) -> dict[str, str]:
    """Return the facts about the database; one that holds no shop may be anybody's."""
    try:
        meta = {row.key: row.value for row in tx.all(Meta)}
    except DBAPIError as cause:
        if table_of(Meta).name in str(cause.orig):  # both databases name the table that is not there
            raise no_shop(where) from None
        raise
    if "schema" not in meta:
        raise no_shop(where)
    return meta


def _titles(title: T) -> Mapping[str, str]:
    return {"title_en": title.en, "title_zh": title.zh}


def _shop_there(place: Place) -> Refused:
    return Refused(
        T("There is a shop at {where} already.", zh="{where} 已有店铺。").of(where=place.shown),
        T("Use it, or name another place: flow init --db FILE", zh="直接使用, 或另选位置: flow init --db FILE"),
        ref="core.shop-there",
    )


def _make_file(path: Path) -> None:
    """Make the empty file of a shop, for its owner's eyes only."""
    refuse_network_file(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as cause:
        raise CannotWrite(
            T("{path} cannot be made: {why}.", zh="无法创建 {path}: {why}。").of(path=path, why=cause.strerror),
            T("Name another place: flow --db FILE init", zh="请换个位置: flow --db FILE init"),
            ref="core.cannot-make",
        ) from cause


def make_shop(
    place: Place,
    *,
    login: str,
    name: str,
    language: str,
    clock: Clock | None = None,
    industries: Sequence[str] | None = None,
) -> Shop:
    """Make a shop's database with its first member of staff, who holds every role.

    Args:
        industries: Keys of the plugins it uses; every installed one that can be loaded when left out.

    Raises:
        Refused: There is one already.
        PluginUnusable: One of ``industries`` is missing, broken or faulty; nothing is made.
    """
    from serviceflow.store.migrate import CORE, owner_of_trade, upgrade

    plugins = Plugins(found=[f for f in find_plugins() if industries is None or f.key in industries])
    trades = plugins.all() if industries is None else [plugins.trade(key) for key in industries]
    if place.path is not None:
        if place.path.exists():
            raise _shop_there(place)
        _make_file(place.path)
    engine = open_engine(place)
    shop = Shop(place, engine, clock or SystemClock(), None)
    shop.plugins = plugins
    upgrade(engine, place, [CORE, *(owner_of_trade(trade) for trade in trades if trade.tables)])
    with shop.write("init") as tx:
        if tx.scalar(select(table_of(Staff).c.id).limit(1)) is not None:
            raise _shop_there(place)
        first = tx.add(Staff(login=login, name=name, language=language))
        for role in shop.roles():
            tx.add(StaffRole(staff_id=key_of(first), role=role))
        tx.add(SettingRow(key="core.language", scope="", value=language))
        tx.note("language", language)
        tx.note("timezone", "Asia/Shanghai")
        tx.note("made_at", datetime.now(UTC).isoformat(timespec="seconds"))
        for trade in trades:
            join(shop, tx, trade)
        tx.summary = T("shop opened", zh="开店")
    shop.plugins = Plugins(shop._joined_plugins)
    shop.__dict__.pop("settings", None)
    shop.staff_id = first.id
    return shop
