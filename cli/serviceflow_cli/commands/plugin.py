"""``flow plugin``: which trades are installed, sound and used, what they look like, what ails one; a new one."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from serviceflow.errors import BadInput, ConfigError, Exit
from serviceflow.texts import T, plain

from serviceflow_cli import out
from serviceflow_cli.answers import Answer, answer
from serviceflow_cli.out import Column, label
from serviceflow_cli.session import current, reader, writing_shop

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.flow.model import Flow
    from serviceflow.flow.trade import Trade
    from serviceflow.plugin.load import Plugins

app = typer.Typer(no_args_is_help=False, invoke_without_command=True)

Key = Annotated[str, typer.Argument(metavar="PLUGIN", help=label("Plugin, as `studio`", zh="插件, 如 studio"))]

LISTED = [
    Column("plugin", T("Plugin", zh="插件"), null=False),
    Column("state", T("State code", zh="状态码"), shown=False, null=False),
    Column("state_title", T("State", zh="状态"), null=False),
    Column("distribution", T("Distribution", zh="安装包"), give=1),
    Column("version", T("Version", zh="版本")),
    Column("open_orders", T("Open orders", zh="未结订单"), "number"),
]
STATES = {
    "enabled": T("enabled", zh="已启用"),
    "disabled": T("disabled", zh="已停用"),
    "available": T("not used", zh="未使用"),
    "missing": T("not installed here", zh="本机未安装"),
}
CHECKED = [
    Column("plugin", T("Plugin", zh="插件"), null=False),
    Column("version", T("Version", zh="版本")),
    Column("faults", T("Faults", zh="错误"), "list", null=False),
]


@app.callback()
def plugin(ctx: typer.Context) -> None:
    """Trades: list, check, draw, enable."""
    if ctx.invoked_subcommand is None:
        list_plugins()


@app.command("list")
def list_plugins() -> None:
    """List the plugins: installed here, used by the shop. Loads none of them."""
    from serviceflow.plugin.find import find_plugins

    installed = {found.key: found for found in reversed(find_plugins())}
    joined: dict[str, dict[str, Any]] = {}
    with contextlib.suppress(ConfigError), reader() as read:
        found = read.rows(
            "SELECT p.key, p.enabled, (SELECT COUNT(*) FROM orders o WHERE o.closed_at IS NULL AND o.flow IN"
            " (SELECT c.flow FROM catalogue_flow c WHERE c.plugin = p.key)) AS open_orders FROM plugin p"
        )
        joined = {row["key"]: row for row in found}
    rows = []
    for key in sorted({*installed, *joined}):
        here, row = installed.get(key), joined.get(key)
        state = _state(here.version if here else None, row)
        rows.append(
            {
                "plugin": key,
                "state": state,
                "state_title": STATES[state],
                "distribution": here.distribution if here else None,
                "version": here.version if here else None,
                "open_orders": row["open_orders"] if row else None,
            }
        )
    out.rows("plugins", LISTED, rows, empty=T("No plugin is installed.", zh="没有安装插件。"))


def _state(version: str | None, row: dict[str, Any] | None) -> str:
    if row is None:
        return "available"
    if not row["enabled"]:
        return "disabled"
    return "missing" if version is None else "enabled"


@app.command()
def check(
    key: Annotated[
        str | None, typer.Argument(metavar="PLUGIN", help=label("One plugin; all without", zh="插件, 不写则全部"))
    ] = None,
) -> None:
    """Load plugins and print every fault: of their flows, and of flows changed while orders run on them."""
    from serviceflow.documents.check import faults_of_templates
    from serviceflow.plugin.load import Plugins, faults_on_asking
    from serviceflow.plugin.unusable import PluginFaulty, PluginUnusable

    plugins = Plugins(report=lambda line: None)
    changed = _changed_under_orders(plugins, key)
    rows: list[dict[str, Any]] = []
    for name in [key] if key is not None else plugins.enabled():
        faults: Sequence[T] = changed.get(name, [])
        version = plugins.found[name].version if name in plugins.found else None
        try:
            trade = plugins.trade(name)
            version = trade.version
            templates = [fault.said for fault in faults_of_templates(trade, current().place)]
            faults = [*faults_on_asking(plugins.module(name), trade), *templates, *faults]
        except PluginFaulty as cause:
            faults = [*cause.faults, *faults]
        except PluginUnusable as cause:
            if name not in plugins.found:
                raise
            faults = [cause.sentence, *faults]
        rows.append({"plugin": name, "version": version, "faults": [str(fault) for fault in faults]})
    if current().format != "text":
        out.for_machines("plugins", CHECKED, rows)
    else:
        for row in rows:
            _say_checked(row)
    if any(row["faults"] for row in rows):
        raise typer.Exit(int(Exit.CONFIG))


def _say_checked(row: dict[str, Any]) -> None:
    count = len(row["faults"])
    head = plain("{plugin} {version}").of(plugin=row["plugin"], version=row["version"] or "")
    if not count:
        out.line(T("√ {head}: no faults", zh="√ {head}: 没有错误").of(head=head), "green")
        return
    said = (
        T("× {head}: 1 fault", zh="× {head}: 1 处错误")
        if count == 1
        else T("× {head}: {n} faults", zh="× {head}: {n} 处错误")
    )
    out.line(said.of(head=head, n=count), "red")
    for fault in row["faults"]:
        out.paragraph(fault, "  ")


def _changed_under_orders(plugins: Plugins, key: str | None) -> dict[str, list[T]]:
    """Return the flows changed while orders run on them; nothing where there is no shop to compare with."""
    from serviceflow.plugin.join import changed_under_orders
    from serviceflow.plugin.unusable import PluginUnusable

    found: dict[str, list[T]] = {}
    with contextlib.suppress(ConfigError), writing_shop() as shop, shop.reading() as tx:
        for name in [key] if key is not None else plugins.enabled():
            with contextlib.suppress(PluginUnusable):
                found[name] = [change.sentence for change in changed_under_orders(tx, plugins.trade(name))]
    return found


@app.command()
def show(
    key: Key,
    flow: Annotated[
        str | None, typer.Option("--flow", metavar="FLOW", help=label("One flow", zh="只看一个流程"))
    ] = None,
    draw: Annotated[bool, typer.Option("--draw", help=label("Draw as text", zh="画成文本图"))] = False,
    mermaid: Annotated[bool, typer.Option("--mermaid", help=label("Write as Mermaid", zh="输出 Mermaid"))] = False,
) -> None:
    """Show what a plugin brings, or draw its flows."""
    from serviceflow.plugin.load import Plugins

    trade = Plugins(report=lambda line: None).trade(key)
    flows = _flows(trade, flow)
    if (mermaid or draw) and current().format == "text":
        _draw(trade, flows, mermaid)
        return
    facts: dict[str, Any] = {
        "plugin": trade.key,
        "title": trade.title,
        "version": trade.version,
        "flows": [f"{f.key} v{f.version} {f.title}: {_size(f)}" for f in flows],
        "roles": [f"{role.key} {role.title}" for role in trade.roles],
        "settings": [setting.key for setting in trade.settings],
        "templates": [template.key for template in trade.templates],
        "tables": [getattr(table, "__tablename__", table.__name__) for table in trade.tables],
    }
    out.page(SHOWN, facts, lambda: _page(facts))


LISTS = [
    Column("flows", T("Flows", zh="流程"), "list", null=False),
    Column("roles", T("Roles", zh="岗位"), "list", null=False),
    Column("settings", T("Settings", zh="设置"), "list", null=False),
    Column("templates", T("Messages", zh="消息模板"), "list", null=False),
    Column("tables", T("Tables", zh="数据表"), "list", null=False),
]
SHOWN = [
    Column("plugin", T("Plugin", zh="插件"), null=False),
    Column("title", T("Title", zh="名称"), null=False),
    Column("version", T("Version", zh="版本"), null=False),
    *LISTS,
]


def _size(flow: Flow) -> T:
    return T("{s} steps, {a} actions", zh="{s} 个步骤, {a} 个操作").of(s=len(flow.steps), a=len(flow.actions))


def _page(facts: dict[str, Any]) -> None:
    out.line(plain("{title} {plugin} {version}").of(**{k: facts[k] for k in ("title", "plugin", "version")}), "bold")
    for column in LISTS:
        values = facts[column.key]
        out.line(plain("{title} ({n})").of(title=column.title, n=len(values)))
        if column.key == "flows":
            for value in values:
                out.line(f"  {value}")
        elif values:
            out.paragraph(column.text(values), "  ")
    out.talk(
        T("draw it: flow plugin show {key} --draw", zh="画图: flow plugin show {key} --draw").of(key=facts["plugin"]),
        "dim",
    )


def _flows(trade: Trade, wanted: str | None) -> list[Flow]:
    """Return the newest version of each flow, or of the one wanted."""
    newest = {flow.key: flow for flow in sorted(trade.flows, key=lambda flow: flow.version)}
    found = [flow for flow in newest.values() if wanted is None or wanted in (flow.key, flow.key[len(trade.key) + 1 :])]
    if not found:
        raise BadInput(
            T("Plugin {key} has no flow {flow}.", zh="插件 {key} 没有流程 {flow}。").of(key=trade.key, flow=wanted),
            T("There are: {names}", zh="现有: {names}").of(names=", ".join(newest)),
            ref="flow",
        )
    return found


def _draw(trade: Trade, flows: Sequence[Flow], as_mermaid: bool) -> None:
    from serviceflow.flow.draw import mermaid, text_tree

    for n, flow in enumerate(flows):
        if n:
            out.line()
        lines = mermaid(trade, flow).splitlines() if as_mermaid else text_tree(trade, flow, min(out.width() or 80, 120))
        for line in lines:
            out.line(line)


@app.command()
def enable(key: Key) -> None:
    """Use a plugin in this shop: make its tables, its first rows and its titles."""
    from serviceflow.plugin import join

    def work(shop: Shop) -> Answer:
        change = join.enable(shop, key)
        return Answer(
            T("plugin {key} enabled", zh="已启用插件 {key}").of(key=key),
            warnings=[
                T(
                    "role {role} is also one of {other}: the same people hold both",
                    zh="岗位 {role} 与 {other} 同名: 同一批人任职",
                ).of(role=role, other=other)
                for role, other in change.shared_roles
            ],
            next_="flow staff role LOGIN ROLE",
            operation=change.operation,
            data={"plugin": key, "shared_roles": [list(pair) for pair in change.shared_roles]},
        )

    answer(work)


@app.command()
def disable(key: Key) -> None:
    """Stop using a plugin: its data stay, its orders can be read but not moved."""
    from serviceflow.plugin import join

    def work(shop: Shop) -> Answer:
        change = join.disable(shop, key)
        count = T("open orders that can only be read now: {n}", zh="只能查看的未结订单: {n}").of(n=change.open_orders)
        return Answer(
            T("plugin {key} disabled", zh="已停用插件 {key}").of(key=key),
            warnings=[count] if change.open_orders else [],
            next_=f"flow plugin enable {key}",
            operation=change.operation,
            data={"plugin": key, "open_orders": change.open_orders},
        )

    answer(work)


# -- for authors -------------------------------------------------------------------------------------------


@app.command()
def new(
    key: Key,
    title: Annotated[
        str, typer.Option("--title", metavar="TEXT", help=label("Its title in English", zh="英文名称"))
    ] = "",
    title_zh: Annotated[
        str, typer.Option("--title-zh", metavar="TEXT", help=label("Its title in Chinese", zh="中文名称"))
    ] = "",
    into: Annotated[
        Path, typer.Option("--into", metavar="FOLDER", help=label("Where to write it", zh="写到哪个目录"))
    ] = Path(),
) -> None:
    """Write a new plugin: a whole small trade with its tests, to change into yours."""
    from serviceflow.plugin.find import find_plugins
    from serviceflow.plugin.words import BUILT_IN_COMMANDS, RESERVED_PREFIXES

    from serviceflow_cli.scaffold import write_plugin

    if key in BUILT_IN_COMMANDS | RESERVED_PREFIXES or key in {found.key for found in find_plugins()}:
        raise ConfigError(
            T("“flow {key}” is taken already.", zh="“flow {key}”已被占用。").of(key=key),
            plain(f"flow plugin new my{key}"),
            ref="plugin.taken",
        )
    name = title or title_zh or key.capitalize()
    files = write_plugin(key, T(name, zh=title_zh or name), into)
    out.done(
        T("{folder} written: {n} files", zh="已写好 {folder}: {n} 个文件").of(folder=files[0].parts[0], n=len(files)),
        next_=f"cd {(into / files[0].parts[0]).as_posix()} && pip install -e '.[test]' && pytest",
        data={"plugin": key, "folder": str(into / files[0].parts[0]), "files": [str(file) for file in files]},
    )


DIAGNOSIS = [
    Column("plugin", T("Plugin", zh="插件"), null=False),
    Column("state", T("State code", zh="状态码"), null=False),
    Column("versions", T("Versions", zh="版本"), "list", null=False),
    Column("faults", T("Faults", zh="错误"), "list", null=False),
    Column("skipped", T("Meanwhile", zh="影响"), "list", null=False),
    Column("traceback", T("Traceback", zh="调用栈"), "list", null=False),
    Column("failed_at", T("Failed", zh="出错时间"), "instant"),
]


@app.command()
def doctor(key: Key) -> None:
    """Explain a plugin that fails: its versions, its faults, where it raises, and what goes without it."""
    from serviceflow.plugin.diagnosis import diagnose

    with contextlib.ExitStack() as stack:
        shop = None
        with contextlib.suppress(ConfigError):
            shop = stack.enter_context(writing_shop())
        found = diagnose(key, shop)
    facts = {
        "plugin": key,
        "state": found.state,
        "versions": list(found.versions),
        "faults": [str(fault) for fault in found.faults],
        "skipped": [str(line) for line in found.skipped],
        "traceback": list(found.traceback),
        "failed_at": found.failed_at,
    }
    out.page(DIAGNOSIS, facts, lambda: _say_diagnosis(key, facts))
    if found.faults:
        raise typer.Exit(int(Exit.CONFIG))


def _say_diagnosis(key: str, facts: dict[str, Any]) -> None:
    if facts["faults"]:
        out.line(T("× {key} cannot be used", zh="× {key} 无法使用").of(key=key), "red")
    elif facts["failed_at"]:
        at = f"{out.local(facts['failed_at']):%Y-%m-%d %H:%M}"
        out.line(
            T("! {key} can be used, but failed {at}", zh="! {key} 可以使用, 但 {at} 出过错").of(key=key, at=at),
            "yellow",
        )
    else:
        out.line(T("√ {key} is well", zh="√ {key} 正常").of(key=key), "green")
    for column in DIAGNOSIS[2:-1]:
        if facts[column.key]:
            out.line(column.title, "bold")
            for line in facts[column.key]:
                out.line(f"  {line}")
