"""Groups of commands that import a command only when it runs, and Typer's pages and words in the shop's language."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterable, Mapping
from typing import Any

import typer.core
from serviceflow.errors import BadInput, ConfigError
from serviceflow.texts import T
from typer.core import TyperGroup

from serviceflow_cli.cells import cell_len, clean, wrap
from serviceflow_cli.out import line
from serviceflow_cli.session import EVERYWHERE
from serviceflow_cli.table import COMMANDS, TRADES, Entry

Command = Any
"""A Click command; Typer 0.28 carries its own private copy of Click, so there is no public name for it."""

FRAMEWORK_WORDS: Mapping[str, T] = {
    "(dynamic)": T("(dynamic)", zh="(运行时决定)"),
    "Aborted!": T("Aborted!", zh="已中止!"),
    "default: {default}": T("default: {default}", zh="默认: {default}"),
    "required": T("required", zh="必填"),
    "env var: {var}": T("env var: {var}", zh="环境变量: {var}"),
    "Arguments": T("Arguments", zh="参数"),
    "Options": T("Options", zh="选项"),
    "Commands": T("Commands", zh="命令"),
    "Missing command.": T("Missing command.", zh="缺少命令。"),
    "No such command {name!r}.": T("No such command {name!r}.", zh="没有命令 {name!r}。"),
}
"""Typer's own words; a test reads them out of Typer's source and finds those that are missing here."""


def framework_word(word: str) -> str:
    """Return one of Typer's words in the current language."""
    known = FRAMEWORK_WORDS.get(word)
    return str(known) if known is not None else word


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that ``word`` was probably meant to be."""
    from difflib import get_close_matches

    found = get_close_matches(word, list(known), n=1, cutoff=0.55)
    return found[0] if found else None


class Page:
    """Collects the help of a command; sized by cells, where Click's own formatter counts characters."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines: list[str] = []

    def text(self, text: str, indent: str = "") -> None:
        """Add a paragraph."""
        for raw in text.splitlines() or [""]:
            self.lines += wrap(raw, self.width, indent)

    def section(self, title: str, rows: Iterable[tuple[str, str]]) -> None:
        """Add a headed list of names and what they mean."""
        rows = [(clean(name), clean(what)) for name, what in rows]
        if not rows:
            return
        self.lines += ["", f"{title}:"]
        room = min(max(cell_len(name) for name, _ in rows), 28)
        for name, what in rows:
            first, *more = wrap(what, self.width - room - 4)
            if cell_len(name) > room:
                self.lines += [f"  {name}", *(" " * (room + 4) + part for part in (first, *more) if part)]
            else:
                self.lines.append(f"  {name}{' ' * (room - cell_len(name))}  {first}".rstrip())
                self.lines += [" " * (room + 4) + part for part in more]


def _width() -> int:
    import shutil

    return min(max(shutil.get_terminal_size().columns, 40), 100)


class FlowGroup(TyperGroup):
    """A group whose unknown commands are answered with the nearest, and whose pages are aligned by cells."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None and not name.startswith("-"):
            path = ctx.command_path
            near = nearest(name, self.list_commands(ctx))
            raise BadInput(
                T('There is no command "{path} {name}".', zh="没有命令“{path} {name}”。").of(
                    path=path, name=clean(name)
                ),
                T("Did you mean: {path} {near} ?", zh="是否指: {path} {near} ?").of(path=path, near=near)
                if near
                else T("See them all: {path} --help", zh="查看全部: {path} --help").of(path=path),
                ref="command",
            )
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: Any) -> str:
        return shown(help_page(self, ctx))


class LazyGroup(FlowGroup):
    """The command ``flow`` itself: knows names and summaries, and imports a command when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        from serviceflow_cli.trades import trades

        return [*COMMANDS, *(trade.key for trade in trades())]

    def get_command(self, ctx: Any, name: str) -> Command | None:
        entry = COMMANDS.get(name)
        if entry is not None:
            return load(name, entry)
        from serviceflow_cli.trades import command_of_trade

        return command_of_trade(name)

    def get_help(self, ctx: Any) -> str:
        return shown(overview())


def overview() -> list[str]:
    """Return the page of ``flow --help``, made of names and summaries alone."""
    from serviceflow_cli.trades import trades

    page = Page(_width())
    page.text(
        str(
            T(
                "serviceflow carries customers of any trade through the steps of a service.",
                zh="serviceflow 带着每一位客户走完服务的每一步。",
            )
        )
    )
    page.lines += [
        "",
        str(T("Usage: flow COMMAND …      flow alone shows today", zh="用法: flow 命令 …      只打 flow 显示今天")),
    ]
    sections: dict[str, list[tuple[str, str]]] = {}
    for name, entry in COMMANDS.items():
        sections.setdefault(str(entry.section), []).append((name, str(entry.summary)))
    for title, rows in sections.items():
        page.section(title, rows)
    page.section(str(TRADES), ((trade.key, str(trade.title)) for trade in trades()))
    _everywhere(page)
    page.lines += ["", str(T("More about one: flow COMMAND --help", zh="详细说明: flow 命令 --help"))]
    return page.lines


def _everywhere(page: Page) -> None:
    rows = []
    for name, option in EVERYWHERE.items():
        value = f"[={option.metavar}]" if option.value == "after =" else f" {option.metavar}" if option.metavar else ""
        rows.append((name + value, str(option.help)))
    page.section(str(T("Options of every command", zh="所有命令通用的选项")), rows)


def help_page(command: Command, ctx: Any) -> list[str]:
    """Return the help of one command or group."""
    page = Page(_width())
    usage = " ".join([ctx.command_path, *(usage_word(piece) for piece in command.collect_usage_pieces(ctx))])
    page.text(str(T("Usage: {usage}", zh="用法: {usage}").of(usage=usage)))
    if command.help:
        page.lines.append("")
        page.text(command.help.split("\f")[0].strip(), "  ")
    records: dict[str, list[tuple[str, str]]] = {"argument": [], "option": []}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is not None:
            name, what = record
            what = str(T("Show this page", zh="显示本页")) if "--help" in name else what
            records[parameter.param_type_name].append((name, what))
    page.section(framework_word("Arguments"), records["argument"])
    page.section(framework_word("Options"), records["option"])
    if isinstance(command, TyperGroup):
        found = ((name, command.get_command(ctx, name)) for name in command.list_commands(ctx))
        page.section(
            framework_word("Commands"),
            ((name, (sub.help or "").partition("\n")[0]) for name, sub in found if sub and not sub.hidden),
        )
    if command.epilog:
        page.lines += ["", str(T("Examples:", zh="例子:")), *(f"  {line}" for line in command.epilog.splitlines())]
    page.lines += ["", str(T("Options of every command: flow --help", zh="所有命令通用的选项: flow --help"))]
    return page.lines


def shown(page: Iterable[str]) -> str:
    """Print a page and leave.

    Click would print it through a stream of its own, which writes UTF-8 to a console that is not.

    Raises:
        typer.Exit: Always.
    """
    for text in page:
        line(text)
    raise typer.Exit


def usage_word(piece: str) -> str:
    """Return a piece of a usage line without Typer's braces, in the current language."""
    words = {"[OPTIONS]": T("[OPTIONS]", zh="[选项]"), "COMMAND [ARGS]...": T("COMMAND …", zh="命令 …")}
    return str(words.get(piece) or piece.replace("{", "").replace("}", ""))


def load(name: str, entry: Entry) -> Command:
    """Import a command and return it ready to run.

    Raises:
        ConfigError: Its module or the function in it is not there.
    """
    module_name, _, attribute = entry.target.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as cause:
        if cause.name != module_name:
            raise
        raise _absent(name) from cause
    thing = getattr(module, attribute, None)
    if thing is None:
        raise _absent(name)
    return _made(name, thing, str(entry.summary), entry.examples)


@functools.cache
def _made(name: str, thing: Any, summary: str, examples: tuple[str, ...]) -> Command:
    """Return a command made once a process: a line of `flow shell` must not pay for it again."""
    return as_command(name, thing, summary, examples)


def _absent(name: str) -> ConfigError:
    return ConfigError(
        T("flow {name} is not part of this installation.", zh="当前安装不含 flow {name}。").of(name=name),
        T("See what there is: flow --help", zh="查看现有命令: flow --help"),
        ref="command",
    )


def as_command(name: str, thing: Any, summary: str, examples: Iterable[str] = ()) -> Command:
    """Return a function or a `typer.Typer` as a command with our pages and our words for faults."""
    if isinstance(thing, typer.Typer):
        app = thing
    else:
        app = typer.Typer(add_completion=False)
        app.command(name)(thing)
    _ours(app)
    command = typer.main.get_command(app)
    command.name = name
    command.help = summary if not isinstance(thing, typer.Typer) or not command.help else command.help
    command.epilog = "\n".join(examples) or command.epilog
    _paged(command)
    return command


def _ours(app: typer.Typer) -> None:
    app._add_completion = False
    app.rich_markup_mode = None
    app.info.cls = FlowGroup
    for group in app.registered_groups:
        if group.typer_instance is not None:
            _ours(group.typer_instance)


def _paged(command: Command) -> None:
    """Give a command and those below it our help page."""

    command.get_help = lambda ctx: shown(help_page(command, ctx))
    for sub in getattr(command, "commands", {}).values():
        _paged(sub)


def root() -> LazyGroup:
    """Return the command ``flow``."""
    typer.core._ = framework_word  # type: ignore[attr-defined, assignment]  # no compiled catalogue
    return LazyGroup(name="flow", add_help_option=True, context_settings={"help_option_names": ["--help", "-h"]})
