"""Which column of a file is which field: recognised by its heading in Chinese or English, or said with ``--map``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from serviceflow.errors import BadInput
from serviceflow.kit.feed_source import FeedRow, Source
from serviceflow.texts import T, plain

NOT_USED: Final = "-"
"""What ``--map column=-`` says: leave this column out."""

_NOISE = re.compile(r"[\s_\-.:：*（）()【】\[\]/]+")
_NUMBERED = re.compile(r"\d+$")


@dataclass(frozen=True, slots=True)
class Column:
    """A field a feed takes.

    Args:
        aliases: Headings it goes by, in any language; capitals, blanks and a number at the end do not matter.
        many: Several columns may fill it.
    """

    key: str
    title: T
    aliases: tuple[str, ...] = ()
    many: bool = False

    def names(self) -> set[str]:
        return {heading_key(name) for name in (self.key, self.title.en, self.title.zh, *self.aliases)}


@dataclass(slots=True)
class ColumnMap:
    """What the columns of one file mean.

    Attributes:
        header: The row of headings.
        fields: For each column the key of its field, or ``None`` when it is not used.
    """

    header: FeedRow
    fields: list[str | None]
    columns: Sequence[Column]

    def lines(self) -> list[tuple[str, T]]:
        """Return each heading with what it is taken for, in the order of the file."""
        titles = {c.key: c.title for c in self.columns}
        unused = T("not used", zh="不导入")
        return [
            (heading or f"#{n + 1}", titles[key] if key else unused)
            for n, (heading, key) in enumerate(zip(self.header.cells, self.fields, strict=True))
            if heading or key
        ]

    def pick(self, cells: Sequence[str]) -> dict[str, list[tuple[int, str]]]:
        """Return the filled cells of a row by field, each with its column's place."""
        found: dict[str, list[tuple[int, str]]] = {}
        for place, key in enumerate(self.fields):
            if key is not None and place < len(cells) and cells[place]:
                found.setdefault(key, []).append((place, cells[place]))
        return found


def heading_key(heading: str) -> str:
    """Return a heading without what people write differently."""
    bare = _NOISE.sub("", unicodedata.normalize("NFKC", heading).casefold())
    return _NUMBERED.sub("", bare) or bare


def map_columns(source: Source, columns: Sequence[Column], needed: set[str], overrides: Mapping[str, str]) -> ColumnMap:
    """Find the row of headings and say what each column means.

    The headings are the one of the first rows in which the most are recognised: a merged title above them, as WPS
    writes it, is passed over.

    Args:
        needed: At least one of these fields must be there.
        overrides: Column (heading, letter or number from 1) → field key, title or alias; ``-`` leaves it out.

    Raises:
        BadInput: An override names no column or no field, or no heading is recognised.
    """
    names: dict[str, Column] = {}
    for column in columns:
        for name in column.names():
            names.setdefault(name, column)
    wanted = {typed: _field(typed, key, names) for typed, key in overrides.items()}
    best = max(source.head, key=lambda row: (_recognised(row, names, wanted), -row.line))
    mapping = ColumnMap(best, _guess(best.cells, names), columns)
    for typed, meant in wanted.items():
        place = _place(typed, best.cells)
        mapping.fields[place] = meant.key if meant else None
    if not needed & set(mapping.fields):
        titles = " · ".join(str(c.title) for c in columns if c.key in needed)
        raise BadInput(
            T("No column for {titles} is recognised in: {headings}", zh="未识别到{titles}列, 表头为: {headings}").of(
                titles=titles, headings=" | ".join(best.cells[:12])[:200]
            ),
            T("Say which it is: --map 'heading=name'", zh="请指明: --map '表头=姓名'"),
            ref="feed.columns",
        )
    return mapping


def _recognised(row: FeedRow, names: Mapping[str, Column], wanted: Mapping[str, Column | None]) -> int:
    keys = [heading_key(cell) for cell in row.cells]
    return len({names[key].key for key in keys if key in names}) + sum(heading_key(w) in keys for w in wanted)


def _guess(cells: Sequence[str], names: Mapping[str, Column]) -> list[str | None]:
    fields: list[str | None] = []
    for cell in cells:
        column = names.get(heading_key(cell)) if cell else None
        taken = column is not None and not column.many and column.key in fields
        fields.append(None if column is None or taken else column.key)
    return fields


def _field(typed: str, key: str, names: Mapping[str, Column]) -> Column | None:
    if key == NOT_USED:
        return None
    column = names.get(heading_key(key))
    if column is None:
        near = get_close_matches(heading_key(key), names, n=1)
        raise BadInput(
            T("--map {typed}={key}: there is no field {key}.", zh="--map {typed}={key}: 没有字段 {key}。").of(
                typed=typed, key=key
            ),
            T("Did you mean {near}?", zh="是否指 {near}?").of(near=names[near[0]].key)
            if near
            else plain(" · ".join(dict.fromkeys(c.key for c in names.values()))),
            ref="feed.map",
        )
    return column


def _place(typed: str, cells: Sequence[str]) -> int:
    keys = [heading_key(cell) for cell in cells]
    exact = [n for n, cell in enumerate(cells) if cell.strip() == typed.strip()]
    if exact:
        return exact[0]
    if heading_key(typed) in keys:
        return keys.index(heading_key(typed))
    if typed.isdigit() and 1 <= int(typed) <= len(cells):
        return int(typed) - 1
    if len(typed) == 1 and typed.isascii() and typed.isalpha() and ord(typed.upper()) - 65 < len(cells):
        return ord(typed.upper()) - 65
    raise BadInput(
        T("--map: there is no column {typed}.", zh="--map: 没有列 {typed}。").of(typed=typed),
        plain(" | ".join(cells[:12])[:200]),
        ref="feed.map",
    )
