"""Changing the settings of a shop: checked before it is stored, the old value stays when it is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from serviceflow.engine.staff import in_charge
from serviceflow.engine.zone import Moved, replan_messages
from serviceflow.errors import BadInput, Refused
from serviceflow.settings import Setting
from serviceflow.store.tables import Meta, SettingRow
from serviceflow.store.write import Tx
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop

TIMEZONE = "core.timezone"
READ_WITHOUT_SETTINGS = {"core.language": "language", TIMEZONE: "timezone"}
"""Settings that reading commands find in the shop's facts, because they load no declarations."""


@dataclass(frozen=True, slots=True)
class SettingState:
    """A setting with the value in force; ``own`` when the shop (or the scope) set it."""

    setting: Setting
    value: Any
    own: bool
    scope: str = ""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """What a command changed: values before and after, as they are typed.

    Args:
        moved: Planned messages that keep their time of day in the new zone, where it was the zone that changed.
    """

    setting: Setting
    before: str
    after: str
    own: bool
    operation: int | None
    moved: tuple[Moved, ...] = ()


def shown(setting: Setting, value: Any) -> str:
    """Return a value as it would be typed: money in units, lists with commas."""
    if value is None:
        return ""
    if setting.kind == "money":
        from serviceflow.money import format_money

        return format_money(value)
    if setting.kind == "bool":
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(str(part) for part in value)
    return str(value)


def states(shop: Shop, prefix: str = "", scope: str = "") -> list[SettingState]:
    """Return the settings whose key begins with ``prefix``, A to Z, with the values in force in ``scope``."""
    return [state(shop, key, scope) for key in sorted(shop.settings.declared) if key.startswith(prefix)]


def state(shop: Shop, key: str, scope: str = "") -> SettingState:
    """Return one setting.

    Raises:
        ConfigError: There is no such setting; names the nearest.
    """
    setting, stored = shop.settings.one(key), shop.settings.stored
    where = next((s for s in dict.fromkeys((scope, "")) if (key, s) in stored), None)
    return SettingState(setting, shop.settings.get(key, scope), where is not None and where == scope, where or "")


def set_setting(shop: Shop, key: str, typed: str, *, scope: str = "", dry_run: bool = False) -> SettingChange:
    """Store a setting for the shop or one scope of it.

    Raises:
        ConfigError: There is no such setting.
        BadInput: The value is of the wrong kind or out of range.
        Refused: Somebody who is neither administrator nor manager gives the command.
    """
    before = state(shop, key, scope)
    with shop.write("settings set", dry_run=dry_run) as tx:
        in_charge(tx)
        value = store_setting(shop, tx, key, typed, _scope(scope))
        moved = _move(shop, tx, before, value) if not scope else ()
    if not dry_run:
        forget(shop, [key])
    return SettingChange(
        before.setting, shown(before.setting, before.value), shown(before.setting, value), True, tx.operation, moved
    )


def reset_setting(shop: Shop, key: str, *, scope: str = "", dry_run: bool = False) -> SettingChange:
    """Take the shop's own value away; the default (or the shop's, for a scope) holds again.

    Raises:
        ConfigError: There is no such setting.
        Refused: It has its default already, or the command is not for who gives it.
    """
    before = state(shop, key, scope)
    with shop.write("settings reset", dry_run=dry_run) as tx:
        in_charge(tx)
        row = tx.get(SettingRow, key, _scope(scope))
        if row is None:
            raise Refused(
                T("{key} has its default already: {value}.", zh="{key} 已是默认值: {value}。").of(
                    key=key, value=shown(before.setting, before.value)
                ),
                plain(f"flow settings show {key}"),
                ref="core.setting-default",
            )
        tx.remove(row)
        above = tx.get(SettingRow, key, "") if scope else None
        value = above.value if above is not None else before.setting.default
        if not scope:
            _put_fact(tx, key, value)
        moved = _move(shop, tx, before, value) if not scope else ()
        tx.summary = _summary(key, scope, shown(before.setting, value))
    if not dry_run:
        forget(shop, [key])
    return SettingChange(
        before.setting, shown(before.setting, before.value), shown(before.setting, value), False, tx.operation, moved
    )


def _move(shop: Shop, tx: Tx, before: SettingState, value: Any) -> tuple[Moved, ...]:
    """Let planned messages follow the shop into another time zone."""
    if before.setting.key != TIMEZONE:
        return ()
    return tuple(replan_messages(shop, tx, ZoneInfo(before.value), ZoneInfo(value)))


def store_setting(shop: Shop, tx: Tx, key: str, typed: str, scope: str = "") -> Any:
    """Check and store one setting inside a running transaction; return its value."""
    setting = shop.settings.one(key)
    value = setting.read(typed)
    _check_together(shop, key, value, scope)
    row = tx.get(SettingRow, key, scope)
    if row is None:
        tx.add(SettingRow(key=key, scope=scope, value=value))
    else:
        tx.change(row, value=value)
    if not scope:
        _put_fact(tx, key, value)
    tx.summary = _summary(key, scope, shown(setting, value))
    return value


def _check_together(shop: Shop, key: str, value: Any, scope: str) -> None:
    """Raise `BadInput` if the value does not go with the trade's other settings."""
    owner = shop.plugins.owner(key)
    trade = shop.plugins.trade(owner) if owner in shop.plugins.enabled() else None
    if trade is None or trade.check_settings is None:
        return
    for wrong, why in trade.check_settings(lambda name: value if name == key else shop.setting(name, scope)):
        raise BadInput(
            T("Setting {key}: {why}; the old value stays.", zh="设置 {key}: {why}; 原值不变。").of(key=wrong, why=why),
            plain(f"flow settings show {wrong}"),
            ref="core.setting",
        )


def forget(shop: Shop, keys: Iterable[str]) -> None:
    """Let a shop that stays open read these settings anew."""
    shop.__dict__.pop("settings", None)
    if TIMEZONE in set(keys):
        shop.__dict__.pop("zone", None)


def _summary(key: str, scope: str, value: str) -> T:
    words = "{key} = {value}" + (" ({scope})" if scope else "")
    return T(words, zh=words).of(key=key, value=value, scope=scope)


def _scope(scope: str) -> str:
    if len(scope) > 60 or scope != scope.strip() or not scope.isprintable():
        raise BadInput(
            T("“{scope}” cannot be a scope.", zh="“{scope}”不能作范围。").of(scope=scope),
            T("A project or branch code, such as p1.", zh="请写项目或分店代码, 如 p1。"),
            ref="core.setting-scope",
        )
    return scope


def _put_fact(tx: Tx, key: str, value: Any) -> None:
    name = READ_WITHOUT_SETTINGS.get(key)
    if name is None:
        return
    fact = tx.get(Meta, name)
    if fact is None:
        tx.add(Meta(key=name, value=value))
    else:
        tx.change(fact, value=value)
