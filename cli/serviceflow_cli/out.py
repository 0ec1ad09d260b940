"""What a command prints. Data goes to stdout, talk to stderr; nothing a customer is called can steer a terminal.

Every value passes `cells.clean` on its way out, here and nowhere else: hand over plain strings and `T`, never text
with escapes. Colour is added afterwards, by name. The options of every command are obeyed here: with ``--json`` and
``--csv`` the same rows come out for scripts and spreadsheets.

Reading commands::

    out.rows("tasks", [Column("id", T("No.", zh="编号"), "number"), Column("title", T("What", zh="事项"), give=1)],
             found, empty=T("Nothing to do.", zh="没有待办。"))

prints an aligned table, ``{"schema":1,"tasks":[…]}`` or CSV. A page that is no table::

    out.page("order", ORDER_FIELDS, value, draw)    # draw() prints with `line` and `table`

Writing commands end with what changed, what follows, how to undo it::

    out.done(T("{no}: {a} → {b}", zh="…").of(…), planned=notes.planned, cancelled=notes.cancelled,
             warnings=notes.warnings, next_="flow show 0012", undo=done.operation, data={"order": no})
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO

from serviceflow.errors import BadInput, CannotWrite, FlowError
from serviceflow.texts import T, plain

from serviceflow_cli.cells import cell_len, clean, fit, pad, wrap
from serviceflow_cli.session import current

if TYPE_CHECKING:
    from _csv import Writer

Text = str | T
Kind = Literal["text", "number", "money", "instant", "day", "yes_no", "list", "any"]
Colour = Literal["", "bold", "dim", "red", "green", "yellow", "cyan"]

SCHEMA: Final = 1
"""Version of every JSON answer; it grows when a field changes its meaning or goes. New fields are free."""

_SGR: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
NARROWEST: Final = 40
MOST_LINES: Final = 6
"""Lines of the answer to a writing command; no warning is lost to that, they share the last line left to them."""
_NAMED: Final = 3
"""Planned and cancelled things that are named; of the others the number is said."""


def label(en: str, *, zh: str) -> str:
    """Return words in the language of this process: help of options, which Typer wants as ``str``.

    Commands are imported after the language is chosen, so ``typer.Option(help=label("Only show", zh="只显示"))``
    at the top of a command's module is right.
    """
    return str(T(en, zh=zh))


# -- streams ------------------------------------------------------------------------------------------------------


def width() -> int | None:
    """Return how many cells a line of stdout may have; ``None`` in a pipe or file, where nothing is cut."""
    if not _is_terminal(sys.stdout) and "COLUMNS" not in os.environ:
        return None
    import shutil

    return max(shutil.get_terminal_size().columns, NARROWEST)


def _is_terminal(stream: TextIO) -> bool:
    return not stream.closed and stream.isatty()


def _coloured(stream: TextIO) -> bool:
    wanted = current().colour and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and _is_terminal(stream) and (sys.platform != "win32" or _windows_colours(stream))


def _windows_colours(stream: TextIO) -> bool:
    """Switch a Windows console to obey colour codes; old ones cannot."""
    if sys.platform != "win32":
        return True
    import ctypes

    handle = ctypes.windll.kernel32.GetStdHandle(-11 if stream is sys.stdout else -12)
    mode = ctypes.c_uint32()
    return bool(
        ctypes.windll.kernel32.GetConsoleMode(handle, ctypes.byref(mode))
        and ctypes.windll.kernel32.SetConsoleMode(handle, mode.value | 4)
    )


def _paint(text: str, colour: Colour, stream: TextIO) -> str:
    return f"\x1b[{_SGR[colour]}m{text}\x1b[0m" if colour and text and _coloured(stream) else text


# -- lines ----------------------------------------------------------------------------------------------------------


def line(text: Text = "", colour: Colour = "") -> None:
    """Print one line of data as it is: never broken, never cut, so that commands in it can be copied."""
    sys.stdout.write(_paint(clean(text), colour, sys.stdout).rstrip() + "\n")


def painted(parts: Sequence[tuple[str, Colour]]) -> None:
    """Print one line of data made of parts, each in its own colour."""
    sys.stdout.write("".join(_paint(clean(text), colour, sys.stdout) for text, colour in parts).rstrip() + "\n")


def paragraph(text: Text, indent: str = "", colour: Colour = "") -> None:
    """Print text of data, broken to the terminal's width."""
    room = width()
    for part in wrap(clean(text), room, indent) if room else [indent + clean(text)]:
        sys.stdout.write(_paint(part, colour, sys.stdout) + "\n")


def talk(text: Text, colour: Colour = "") -> None:
    """Say something to the person: progress, a hint, a question. Goes to stderr."""
    sys.stderr.write(_paint(clean(text), colour, sys.stderr) + "\n")


def warn(text: Text) -> None:
    """Say something that deserves a look."""
    talk(plain("! {text}").of(text=text), "yellow")


def fail(error: FlowError) -> None:
    """Say what is wrong and the way out, in two lines."""
    ref = f" [{error.ref}]" if error.ref else ""
    talk(f"× {error.sentence}{ref}", "red")
    if error.way_out is not None:
        talk(f"  {error.way_out}")


def done(
    change: Text,
    *,
    planned: Sequence[Text] = (),
    cancelled: Sequence[Text] = (),
    warnings: Sequence[Text] = (),
    lines: Sequence[Text] = (),
    next_: str = "",
    undo: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Say what a writing command has changed: at most six lines on stderr, or JSON on stdout with ``--json``.

    Args:
        change: What changed, in one sentence.
        planned: Tasks and messages that were planned.
        cancelled: Tasks and messages that were taken back.
        warnings: What was let pass but deserves a look.
        lines: Anything else worth a line.
        next_: The command to type next.
        undo: Number of the operation, for the undo line.
        data: Facts for ``--json``; the operation's number is added.
    """
    if current().format == "json":
        facts = {
            "change": clean(change),
            **(data or {}),
            "operation": undo,
            "lines": [clean(text) for text in lines],
            "planned": [clean(p) for p in planned],
            "cancelled": [clean(c) for c in cancelled],
            "warnings": [clean(w) for w in warnings],
        }
        _json({"schema": SCHEMA, **_chosen(facts)})
        return
    talk(f"√ {change}", "green")
    effects = [
        f"  {title} {_listed(items, _NAMED)}"
        for title, items in ((T("planned", zh="计划"), planned), (T("cancelled", zh="取消"), cancelled))
        if items
    ]
    room = MOST_LINES - 1 - len(effects) - bool(next_ or undo is not None)
    said = min(len(warnings), max(room - bool(lines), 1))
    for n, warning in enumerate(warnings[:said]):
        last = n == said - 1
        warn(" · ".join(clean(each) for each in warnings[n:]) if last else warning)
    told = min(len(lines), room - said)
    for n, text in enumerate(lines[:told]):
        talk(f"  {_listed(lines[n:], 1) if n == told - 1 else text}")
    for text in effects:
        talk(text)
    follow = []
    if next_:
        follow.append(str(T("next: {c}", zh="下一步: {c}").of(c=next_)))
    if undo is not None:
        follow.append(str(T("undo: flow undo {n}", zh="撤销: flow undo {n}").of(n=undo)))
    if follow:
        talk("  " + "   ".join(follow), "dim")


def _listed(items: Sequence[Text], most: int) -> str:
    shown = " · ".join(clean(item) for item in items[:most])
    more = T(" and {n} more", zh=" 另 {n} 项").of(n=len(items) - most)
    return f"{shown}{more}" if len(items) > most else shown


# -- values -----------------------------------------------------------------------------------------------------------


def masked_phone(value: str | None) -> str:
    """Return a phone number as it may be shown: ``138****0001``; the views mask in the same way."""
    if not value:
        return ""
    bare = value[3:] if value.startswith("+861") and len(value) == 14 else value
    return f"{bare[:3]}****{bare[-4:]}" if len(bare) >= 8 else "****"


def local(at: datetime) -> datetime:
    """Return a moment in the shop's zone."""
    return at.astimezone(current().zone)


def moment(at: datetime | None, now: datetime | None = None) -> str:
    """Return a moment as people read it: ``11-25 18:00``; with the year where it is not that of ``now``."""
    if at is None:
        return ""
    there = local(at)
    year = "" if now is not None and local(now).year == there.year else f"{there:%Y}-"
    return f"{year}{there:%m-%d %H:%M}"


def day(value: date) -> str:
    """Return a day with its weekday: ``2026-11-30 周一``."""
    from serviceflow.calendars import WEEKDAYS

    return f"{value.isoformat()} {WEEKDAYS[value.weekday()]}"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an answer, on the screen and for scripts.

    Args:
        key: Name in ``--json``; never translated.
        title: Heading on the screen and in CSV.
        kind: What the values are. ``money`` is in minor units, ``instant`` an aware `datetime`, ``day`` a `date`.
        give: How readily it gives way on a narrow screen: 0 never, then the highest first.
        shown: Whether the screen has it; scripts always do.
        help: What it means, for the published JSON schema; the title when left out.
        null: Whether it may be missing.
        whole: Left out rather than cut, such as a phone; moments and numbers are so in any case.
    """

    key: str
    title: T
    kind: Kind = "text"
    give: int = 0
    shown: bool = True
    help: str = ""
    null: bool = True
    whole: bool = False

    def text(self, value: Any) -> str:
        """Return a value for eyes."""
        if value is None or value == "":
            return ""
        if self.kind == "money":
            from serviceflow.money import format_money

            return format_money(value)
        if self.kind == "instant":
            return moment(value)
        if self.kind == "yes_no":
            return str(T("yes", zh="是") if value else T("no", zh="否"))
        if self.kind == "list":
            return ", ".join(clean(item) for item in value)
        return clean(value)

    def uncut(self) -> bool:
        """Return whether it is left out rather than cut: half a moment says nothing."""
        return self.whole or self.kind in ("instant", "day", "number", "money")

    def right(self) -> bool:
        """Return whether the column is set flush right."""
        return self.kind in ("number", "money")


def for_scripts(value: Any) -> Any:
    """Return a value as JSON holds it: moments in the shop's zone with their offset, texts without escapes."""
    if isinstance(value, datetime):
        return local(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, T | str):
        return clean(value)
    if isinstance(value, Mapping):
        return {key: for_scripts(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [for_scripts(item) for item in value]
    return value


# -- answers ----------------------------------------------------------------------------------------------------------


def rows(
    name: str,
    columns: Sequence[Column],
    found: Iterable[Mapping[str, Any]],
    *,
    empty: Text | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Print rows as a table, as JSON ``{"schema":1,"<name>":[…]}`` or as CSV, as the line asked for.

    Args:
        found: Dicts with the columns' keys; what is missing is empty.
        empty: Said on stderr when there are none.
        facts: Further top-level members of the JSON.

    Raises:
        BadInput: ``--json=`` or ``--csv`` names a field there is not; lists those there are.
    """
    if current().format == "text":
        listed = list(found)
        if listed:
            table(columns, listed)
        elif empty is not None:
            talk(empty)
        return
    for_machines(name, columns, found, facts)


def for_machines(
    name: str, columns: Sequence[Column], found: Iterable[Mapping[str, Any]], facts: Mapping[str, Any] | None = None
) -> None:
    """Print rows as the JSON or CSV the line asked for."""
    wanted = _fields([column.key for column in columns])
    if current().format == "csv":
        _csv([column for column in columns if column.key in wanted], found)
        return
    listed = [{key: for_scripts(row.get(key)) for key in wanted} for row in found]
    _json({"schema": SCHEMA, **for_scripts(facts or {}), name: listed})


def page(fields: Sequence[Column], value: Mapping[str, Any], draw: Callable[[], None]) -> None:
    """Print a page: drawn for eyes, or the named members of ``value`` as JSON.

    Raises:
        BadInput: ``--csv``, which only lists have, or an unknown field.
    """
    if current().format == "text":
        draw()
    elif current().format == "csv":
        raise BadInput(
            T("A page has no table to write as CSV.", zh="此页不是列表, 不能输出 CSV。"), plain("--json"), ref="csv"
        )
    else:
        wanted = _fields([field.key for field in fields])
        _json({"schema": SCHEMA, **{key: for_scripts(value.get(key)) for key in wanted}})


def table(
    columns: Sequence[Column], found: Sequence[Mapping[str, Any]], *, heading: bool = True, tail: str = ""
) -> None:
    """Print rows under their headings, fitted to the terminal: what gives way most is cut or left out first.

    Args:
        tail: Key of a last column that is never cut, so that it can be copied: where the rest leaves it no room it
            stands on a line of its own.
    """
    shown = [column for column in columns if column.shown]
    cells = [[column.text(row.get(column.key)) for column in shown] for row in found]
    titles = [str(column.title) for column in shown] if heading else [""] * len(shown)
    natural = [max([cell_len(titles[n]), *(cell_len(row[n]) for row in cells)]) for n in range(len(shown))]
    room = width()
    below = bool(tail) and room is not None and natural[-1] + _HEAD > room
    used = len(shown) - below
    widths = fitted(natural[:used], shown[:used], room)
    kept = [n for n in range(used) if widths[n]]
    right = [shown[n].right() for n in kept]

    def printed(row: Sequence[str], colour: Colour = "") -> None:
        text = _row([row[n] for n in kept], [widths[n] for n in kept], right)
        sys.stdout.write(_paint(text, colour, sys.stdout) + "\n")

    if heading:
        printed(titles, "dim")
    for row in cells:
        printed(row, "red" if row[0].startswith("!") else "")
        if below and row[-1]:
            sys.stdout.write("    " + row[-1] + "\n")


_GAP: Final = 2
_CUT: Final = 8
"""Cells no column is cut below."""
_READABLE: Final = 16
"""Cells a column keeps before another that is shown whole or not at all is left out for it."""
_HEAD: Final = 32
"""Cells that what stands before a tail needs at least."""


def fitted(natural: Sequence[int], columns: Sequence[Column], room: int | None) -> list[int]:
    """Return widths of columns that fit into ``room`` cells: who gives most is left out (0) or cut first."""
    widths = list(natural)
    if room is None:
        return widths
    giving = sorted((n for n in range(len(widths)) if columns[n].give), key=lambda n: -columns[n].give)

    def leave_out(enough: int, *, also_cut: bool) -> None:
        for n in giving:
            needed = [w if c.uncut() or not c.give else min(w, enough) for w, c in zip(widths, columns, strict=True)]
            if _total(needed) <= room:
                return
            if also_cut or columns[n].uncut():
                widths[n] = 0

    leave_out(_READABLE, also_cut=False)
    leave_out(_CUT, also_cut=True)
    for n in giving:
        if not columns[n].uncut():
            widths[n] = max(min(widths[n], _CUT), widths[n] - max(_total(widths) - room, 0))
    return widths


def _total(widths: Sequence[int]) -> int:
    shown = [w for w in widths if w]
    return sum(shown) + _GAP * (len(shown) - 1)


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (pad(fit(c, w), w, right=r) for c, w, r in zip(cells, widths, right, strict=True))
    return (" " * _GAP).join(padded).rstrip()


def _fields(known: Sequence[str]) -> list[str]:
    wanted = current().fields
    if wanted is None:
        return list(known)
    for name in wanted:
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, known, n=1)
            hint = (
                T("Did you mean {near}? There are: {names}", zh="是否指 {near}? 可用: {names}")
                if near
                else T("There are: {names}", zh="可用: {names}")
            )
            raise BadInput(
                T("There is no field {name} here.", zh="没有字段 {name}。").of(name=clean(name)),
                hint.of(near=near[0] if near else "", names=", ".join(known)),
                ref="field",
            )
    return wanted


def _chosen(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: for_scripts(facts[key]) for key in _fields(list(facts))}


def _json(value: Any) -> None:
    import json

    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, separators=(",", ":"))
    sys.stdout.write(text + "\n")


_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def for_spreadsheet(column: Column, value: Any) -> str:
    """Return a value as a CSV cell; what a spreadsheet would compute is made text by a leading apostrophe."""
    if column.kind == "money" and value is not None:
        return column.text(value)
    if column.kind == "instant" and value is not None:
        return f"{local(value):%Y-%m-%d %H:%M:%S}"
    text = column.text(value)
    return f"'{text}" if column.kind in ("text", "list", "any") and text.startswith(_FORMULA) else text


def _csv(columns: Sequence[Column], found: Iterable[Mapping[str, Any]]) -> None:
    import csv

    path = current().file
    if path is None:
        _write_csv(csv.writer(sys.stdout, lineterminator="\n"), columns, found)
        return
    try:
        # The byte order mark is what tells Excel that this is UTF-8.
        with open(path, "w", encoding="utf-8-sig", newline="") as file:
            written = _write_csv(csv.writer(file), columns, found)
    except OSError as cause:
        raise CannotWrite(
            T("{file} cannot be written: {why}.", zh="无法写入 {file}: {why}。").of(
                file=clean(path), why=cause.strerror or cause
            ),
            T("Check its rights and free space, or name another.", zh="请检查权限与剩余空间, 或换一个文件名。"),
            ref="csv",
        ) from cause
    talk(T("√ {n} rows written to {file}", zh="√ {n} 行已写入 {file}").of(n=written, file=clean(path)))


def _write_csv(writer: Writer, columns: Sequence[Column], found: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    writer.writerow([str(column.title) for column in columns])
    for row in found:
        writer.writerow([for_spreadsheet(column, row.get(column.key)) for column in columns])
        count += 1
    return count
