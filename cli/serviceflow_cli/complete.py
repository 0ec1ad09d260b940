"""What may come next in a line: commands, orders, the actions an order allows now, tasks, flows. Read path only.

Shells ask through the environment, as Typer's scripts do (`flow --install-completion`); `flow shell` asks directly.
No command is imported but a group whose sub-commands are wanted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Final

from serviceflow.errors import FlowError
from serviceflow.store.read import Found, Reader, title

from serviceflow_cli.session import EVERYWHERE, Session, read_options, reader, running
from serviceflow_cli.table import COMMANDS

Suggestion = tuple[str, str]
"""A word and what it means."""

MOST: Final = 30
_LOOKED_AT: Final = 300
VARIABLE: Final = "_FLOW_COMPLETE"


def suggestions(words: Sequence[str], incomplete: str, session: Session) -> list[Suggestion]:
    """Return what may stand after ``words`` and begins with ``incomplete``; nothing where that cannot be told."""
    session.silence_seen_to = True
    try:
        with running(session):
            found = _next(read_options(list(words), session), incomplete)
    except FlowError:
        return []
    return [(word, meaning) for word, meaning in found if word.startswith(incomplete)][:MOST]


def _next(words: Sequence[str], incomplete: str) -> list[Suggestion]:
    if incomplete.startswith("-"):
        return [(name, str(option.help)) for name, option in EVERYWHERE.items()]
    if not words:
        from serviceflow_cli.trades import trades

        return [(name, str(entry.summary)) for name, entry in COMMANDS.items()] + [
            (trade.key, str(trade.title)) for trade in trades()
        ]
    command, given = words[0], words[1:]
    ask = _ARGUMENTS.get(command)
    if ask is not None:
        with reader() as read:
            return ask(read, given, incomplete)
    if command in COMMANDS and not given:
        return _sub_commands(command)
    return []


def _sub_commands(command: str) -> list[Suggestion]:
    from serviceflow_cli.lazy import load

    group = load(command, COMMANDS[command])
    return [(name, (sub.help or "").partition("\n")[0]) for name, sub in getattr(group, "commands", {}).items()]


# -- arguments -----------------------------------------------------------------------------------------------------


def _do(read: Reader, given: Sequence[str], incomplete: str) -> list[Suggestion]:
    if not given:
        return _orders(read, given, incomplete)
    from serviceflow.refs import find_orders

    found = find_orders(read, given[0], limit=2)
    if len(found) != 1:
        return []
    rows = read.rows(
        "SELECT action, fields, title_en, title_zh FROM catalogue_action"
        " WHERE flow = :flow AND version = :version AND step = :step ORDER BY position",
        flow=found[0]["flow"],
        version=found[0]["flow_version"],
        step=found[0]["step"],
    )
    if len(given) == 1:
        return [(row["action"], title(row)) for row in rows]
    typed = {word.partition("=")[0] + "=" for word in given[2:]}
    fields = " ".join(row["fields"] for row in rows if row["action"] == given[1])
    return [(name, "") for name in fields.split() if name not in typed]


def _orders(read: Reader, given: Sequence[str], incomplete: str) -> list[Suggestion]:
    """Return open orders, own ones first; digits are taken for the end of a number."""
    if given:
        return []
    rows = read.rows(
        "SELECT order_id, order_number, customer, step_en, step_zh, owner_id FROM v_order WHERE closed_at IS NULL"  # noqa: S608
        f" ORDER BY order_id DESC LIMIT {_LOOKED_AT}"
    )
    rows.sort(key=lambda row: row["owner_id"] != read.staff_id)
    return [(_as_typed(row["order_number"], incomplete), _about(row)) for row in rows]


def _as_typed(number: str, incomplete: str) -> str:
    tail = re.search(r"\d+$", number)
    return tail[0] if tail is not None and incomplete[:1].isdigit() else number


def _about(row: Found) -> str:
    return f"{row['customer'] or ''} {title(row, 'step')}".strip()


def _tasks(read: Reader, given: Sequence[str], _incomplete: str) -> list[Suggestion]:
    if given:
        return []
    from serviceflow_cli.morning import look

    items = look(read).items
    return [(str(item.id), f"{item.title} {item.customer}") for item in items if item.group in ("overdue", "today")]


def _flows(read: Reader, given: Sequence[str], _incomplete: str) -> list[Suggestion]:
    if given:
        return []
    return [(row["flow"], title(row)) for row in read.rows("SELECT flow, title_en, title_zh FROM catalogue_flow")]


def _sign(read: Reader, given: Sequence[str], incomplete: str) -> list[Suggestion]:
    if not given:
        return _sub_commands("sign")
    if len(given) > 1:
        return []
    rows = read.rows(f"SELECT * FROM v_signoff ORDER BY requested_at LIMIT {MOST}")  # noqa: S608
    return [(_as_typed(row["order_number"], incomplete), f"{title(row)} {row['customer'] or ''}") for row in rows]


_ARGUMENTS: Final[dict[str, Callable[[Reader, Sequence[str], str], list[Suggestion]]]] = {
    "do": _do,
    "show": _orders,
    "history": _orders,
    "done": _tasks,
    "new": _flows,
    "sign": _sign,
}


# -- shells ----------------------------------------------------------------------------------------------------------


def answer_shell(instruction: str, session: Session) -> str:
    """Return what a shell's completion script wants to read.

    Args:
        instruction: ``complete_bash``, ``complete_zsh``, ``complete_fish`` or ``complete_powershell``.
    """
    shell = instruction.partition("_")[2]
    words, incomplete = _bash_line() if shell == "bash" else _line(shell)
    found = [(word, _harmless(meaning)) for word, meaning in suggestions(words, incomplete, session)]
    if shell == "zsh":
        listed = "\n".join(f'"{w.replace(":", chr(92) * 2 + ":")}"' + (f':"{m}"' if m else "") for w, m in found)
        return f"_arguments '*: :(({listed}))'" if found else "_files"
    if shell == "fish":
        return "\n".join(f"{word}\t{meaning}" if meaning else word for word, meaning in found)
    if shell in ("powershell", "pwsh"):
        return "\n".join(f"{word}:::{meaning or ' '}" for word, meaning in found)
    return "\n".join(word for word, _ in found)


def _harmless(meaning: str) -> str:
    """Return words without anything a shell acts on: zsh evaluates what it is told."""
    return "".join(char for char in meaning if char.isalnum() or char in " -.,/、·")[:60].strip()


def _bash_line() -> tuple[list[str], str]:
    words = _split(os.environ.get("COMP_WORDS", "").replace("\n", " "))
    position = int(os.environ.get("COMP_CWORD", "0") or 0)
    return words[1:position], words[position] if position < len(words) else ""


def _line(shell: str) -> tuple[list[str], str]:
    line = os.environ.get("_TYPER_COMPLETE_ARGS", "")
    words = _split(line)[1:]
    if shell in ("powershell", "pwsh"):
        incomplete = os.environ.get("_TYPER_COMPLETE_WORD_TO_COMPLETE", "")
        return (words[:-1] if incomplete else words), incomplete
    if words and not line.endswith(" "):
        return words[:-1], words[-1]
    return words, ""


def _split(line: str) -> list[str]:
    import shlex

    try:
        return shlex.split(line)
    except ValueError:  # an open quotation mark
        return line.split()


def install(shell: str | None, *, show: bool) -> str:
    """Install the completion script of a shell, or return it with ``show``; returns what to tell the person."""
    from typer._completion_shared import _get_shell_name, get_completion_script
    from typer._completion_shared import install as install_script

    shell = shell or _get_shell_name() or "bash"
    if show:
        return get_completion_script(prog_name="flow", complete_var=VARIABLE, shell=shell)
    name, path = install_script(shell=shell, prog_name="flow", complete_var=VARIABLE)
    return f"{name}: {path}"
