"""``flow settings``: every number of the shop, typed and within its range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from serviceflow.texts import T, plain

from serviceflow_cli import out
from serviceflow_cli.answers import Answer, answer
from serviceflow_cli.options import DryRun, RequestId, Yes
from serviceflow_cli.out import Column, label
from serviceflow_cli.prompt import confirm
from serviceflow_cli.session import writing_shop

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.engine.preferences import SettingChange, SettingState

app = typer.Typer(invoke_without_command=True)

Key = Annotated[str, typer.Argument(metavar="KEY", help=label("Such as core.timezone", zh="如 core.timezone"))]
Scope = Annotated[
    str, typer.Option("--scope", metavar="SCOPE", help=label("Only for this project or branch", zh="仅限此项目或分店"))
]

COLUMNS = [
    Column("key", T("Setting", zh="设置"), null=False),
    Column("value", T("Value", zh="值"), null=False, give=1),
    Column("own", T("Own", zh="自设"), "yes_no", null=False),
    Column("default", T("Default", zh="默认"), give=5, whole=True),
    Column("kind", T("Kind", zh="类型"), shown=False),
    Column("range", T("Range", zh="范围"), give=5, shown=False),
    Column("scope", T("Scope", zh="范围归属"), shown=False),
    Column("title", T("Meaning", zh="含义"), give=3),
]


@app.callback()
def settings(ctx: typer.Context) -> None:
    """Every setting of the shop."""
    if ctx.invoked_subcommand is None:
        list_settings()


@app.command("list")
def list_settings(
    prefix: Annotated[str, typer.Argument(metavar="PREFIX", help=label("Such as studio.", zh="如 studio."))] = "",
    own: Annotated[bool, typer.Option("--own", help=label("Only what the shop changed", zh="只列本店改过的"))] = False,
    scope: Scope = "",
) -> None:
    """List the settings: the value in force, whether the shop set it, the default."""
    from serviceflow.engine.preferences import states

    with writing_shop() as shop:
        found = [_row(state) for state in states(shop, prefix, scope) if state.own or not own]
    out.rows("settings", COLUMNS, found, empty=T("No such setting.", zh="没有这样的设置。"))


@app.command("show")
def show(key: Key, scope: Scope = "") -> None:
    """One setting: what it means, its kind and range, its value and default."""
    from serviceflow.engine.preferences import state

    with writing_shop() as shop:
        found = _row(state(shop, key, scope))

    def draw() -> None:
        out.line(f"{found['key']} = {found['value']}", "bold")
        out.paragraph(found["title"], "  ")
        whose = T("the shop's own", zh="本店自设") if found["own"] else T("default", zh="默认值")
        facts = {**found, "default": found["default"] or "-", "whose": whose}
        words = T(
            "  {kind} {range}  default {default}  now: {whose}", zh="  {kind} {range}  默认 {default}  现为: {whose}"
        )
        out.line(words.of(**facts))
        out.line(
            T("  change: flow settings set {key} VALUE", zh="  修改: flow settings set {key} 值").of(**facts), "dim"
        )

    out.page(COLUMNS, found, draw)


def _row(state: SettingState) -> dict[str, Any]:
    from serviceflow.engine.preferences import shown

    setting = state.setting
    return {
        "key": setting.key, "value": shown(setting, state.value), "own": state.own, "kind": setting.kind,
        "default": shown(setting, setting.default), "title": str(setting.title), "scope": state.scope,
        "range": _range(setting),
    }  # fmt: skip


def _range(setting: Any) -> str:
    from serviceflow.engine.preferences import shown

    if setting.choices:
        return "|".join(setting.choices)
    if setting.kind in ("int", "ints", "percent"):
        return f"{setting.least}…{setting.most}"
    if setting.kind == "money":
        return f"{shown(setting, setting.least)}…{shown(setting, setting.most)}"
    return {"time": "HH:MM", "times": "HH:MM,HH:MM", "bool": "yes|no"}.get(setting.kind, "")


@app.command("set")
def set_(
    key: Key,
    value: Annotated[str, typer.Argument(metavar="VALUE", help=label("As you would say it", zh="照常书写"))],
    scope: Scope = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    request_id: RequestId = None,
) -> None:
    """Change a setting; what is computed from now on uses it, nothing that exists moves.

    Only core.timezone moves something: planned messages keep their time of day in the new zone. They are shown first.
    """

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.preferences import TIMEZONE, set_setting

        if key == TIMEZONE and not (scope or dry_run or yes):
            _agree(set_setting(shop, key, value, dry_run=True))
        return _told(set_setting(shop, key, value, scope=scope, dry_run=dry_run), scope, dry_run)

    answer(work, request_id=request_id, content=["settings set", key, value, scope])


@app.command("reset")
def reset(key: Key, scope: Scope = "", dry_run: DryRun = False, yes: Yes = False) -> None:
    """Go back to the default; core.timezone moves planned messages as `set` does."""

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.preferences import TIMEZONE, reset_setting

        if key == TIMEZONE and not (scope or dry_run or yes):
            _agree(reset_setting(shop, key, dry_run=True))
        return _told(reset_setting(shop, key, scope=scope, dry_run=dry_run), scope, dry_run)

    answer(work)


def _agree(change: SettingChange) -> None:
    """Show which planned messages a new time zone moves, and ask."""
    if not change.moved:
        return
    for line in _moves(change):
        out.talk(line)
    confirm(T("Move {n} planned messages?", zh="调整 {n} 条已计划消息?").of(n=len(change.moved)))


def _moves(change: SettingChange) -> list[T]:
    from zoneinfo import ZoneInfo

    from serviceflow.engine.zone import moved_lines

    return moved_lines(list(change.moved), ZoneInfo(change.after)) if change.moved else []


def _told(change: SettingChange, scope: str, dry_run: bool) -> Answer:
    key = change.setting.key
    same = change.before == change.after
    words = "{key}: {after}" if same else "{key}: {before} → {after}"
    return Answer(
        plain(words).of(key=key, before=change.before or "-", after=change.after or "-"),
        lines=[change.setting.title, *_moves(change)],
        next_=f"flow settings show {key}",
        operation=change.operation,
        data={
            "key": key,
            "before": change.before,
            "after": change.after,
            "own": change.own,
            "scope": scope,
            "moved": len(change.moved),
        },
        dry_run=dry_run,
    )
