"""``commands.md``: every command with its arguments and options, as its own help says them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from serviceflow_cli.lazy import as_command, load
from serviceflow_cli.session import EVERYWHERE
from serviceflow_cli.table import COMMANDS
from typer.core import TyperGroup

from printing.answers import published
from printing.markdown import anchor, code, page, table
from printing.trades import built_in


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command and subcommand by its full name, ``flow task add``, groups before what is in them."""
    for name, entry in COMMANDS.items():
        yield from _below(f"flow {name}", load(name, entry))
    for trade in built_in():
        if trade.commands:
            # Not as `flow` does it: that asks which trades the shop of this machine uses.
            module, _, attribute = trade.commands.partition(":")
            group = getattr(importlib.import_module(module), attribute)
            yield from _below(f"flow {trade.key}", as_command(trade.key, group, trade.title.en))


def _below(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield path, command
    if isinstance(command, TyperGroup):
        for name, sub in command.commands.items():
            if not sub.hidden:
                yield from _below(f"{path} {name}", sub)


def print_page() -> str:
    """Return the page."""
    found = list(commands())
    heads = [(f"[{path}]({anchor(path)})", _summary(command)) for path, command in found if path.count(" ") == 1]
    options = [
        (
            code(f"{name}[={o.metavar}]" if o.value == "after =" else f"{name} {o.metavar}".strip()),
            o.help.to("en"),
            o.help.to("zh"),
        )
        for name, o in EVERYWHERE.items()
    ]
    return page(
        "Commands",
        "`flow` alone is `flow today`. `REF` is an order number or its end, `#12` a task, a phone, a phone's last four"
        " digits, a name, pinyin or its initials; `c12` is a customer by key. `field=value` fills a form.",
        table(("Command", "Does"), heads),
        "## Options of every command\n\n" + table(("Option", "Does", "作用"), options),
        *(_command(path, command) for path, command in found),
    )


def _summary(command: Any) -> str:
    return (command.help or "").split("\n")[0].split("\f")[0]


def _command(path: str, command: Any) -> str:
    parts = [f"{'#' * (1 + path.count(' '))} {path}", _summary(command)]
    with command.context_class(command, info_name=path) as context:
        usage = " ".join([path, *command.collect_usage_pieces(context)])
        records = [(p, p.get_help_record(context)) for p in command.get_params(context)]
    parts.append(f"    {usage}")
    rows = [(code(record[0]), record[1]) for p, record in records if record and "--help" not in p.opts]
    if rows:
        parts.append(table(("Argument or option", "Meaning"), rows))
    schemas = [f"[{name}](json/{name}.json)" for name, shape in published().items() if path in shape.commands]
    if schemas:
        parts.append(f"JSON answer: {', '.join(schemas)}")
    if command.epilog:
        parts.append("\n".join(f"    {line}" for line in command.epilog.splitlines()))
    return "\n\n".join(parts)
