"""How figures of the branch look on the screen, and how far a long run is."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from serviceflow.api import T, conditions, plain
from serviceflow_cli.api import Column, current, out

from serviceflow_brokerage.alerts import known_fields
from serviceflow_brokerage.amounts import yuan
from serviceflow_brokerage.segment.fields import SCORES
from serviceflow_brokerage.segment.why import Asked


def shown_fields(values: Mapping[str, Any]) -> Iterator[str]:
    """Return each field with its value: money as yuan, shares as they are."""
    kinds = {**known_fields(list(values)), **SCORES}
    for name, value in values.items():
        yield f"{name} {shown(value, kinds[name].kind if name in kinds else 'text')}"


def shown(value: Any, kind: str) -> str:
    """Return a value of a kind of field for eyes; missing ones say so."""
    if value is None:
        return str(T("missing", zh="缺失"))
    if isinstance(value, bool):
        return "true" if value else "false"
    return yuan(value) if kind == "money" else str(value)


def draw_rule(asked: Asked, because: Mapping[str, Asked], kinds: Mapping[str, conditions.FieldType]) -> str:
    """Return a rule with every leaf it has asked, what it found, and which rule has decided a dimension it reads."""
    found = {seen.leaf: seen for seen in asked.seen}
    alone = len(asked.seen) == 1

    def leaf(seen: conditions.Seen) -> str:
        kind = kinds[seen.leaf.field].kind if seen.leaf.field in kinds else "text"
        actual, name = shown(seen.actual, kind), seen.leaf.field.removeprefix("dim.")
        how = because.get(name) if seen.leaf.field.startswith("dim.") else None
        decided = f" ({how.rule}: {', '.join(_decided(s, kinds) for s in how.seen)})" if how and how.seen else ""
        if alone:
            return f"{_asked(seen.leaf, kind):<32} {T('actual', zh='实际')} {actual}{decided}"
        return f"{_asked(seen.leaf, kind)} {'√' if seen.result else '×'} {actual}{decided}"

    def part(condition: conditions.Condition, depth: int) -> str:
        if isinstance(condition, conditions.Leaf):
            return leaf(found[condition])
        words = [part(item, depth + 1) for item in condition.items]
        joined = (", " if condition.junction == "all" else " | ").join(words)
        return joined if not depth and condition.junction == "all" else f"{condition.junction}: {joined}"

    head = f"{'√' if asked.result else '×'} {asked.priority if asked.priority is not None else ''} {asked.rule}"
    return f"{head.replace('  ', ' '):<18} {part(asked.condition, 0)}".rstrip()


def _asked(leaf: conditions.Leaf, kind: str) -> str:
    values = leaf.value if isinstance(leaf.value, tuple) else () if leaf.value is None else (leaf.value,)
    return f"{leaf.field} {leaf.op} {','.join(shown(value, kind) for value in values)}".rstrip()


def _decided(seen: conditions.Seen, kinds: Mapping[str, conditions.FieldType]) -> str:
    kind = kinds[seen.leaf.field].kind if seen.leaf.field in kinds else "text"
    wanted = _asked(seen.leaf, kind).removeprefix(seen.leaf.field)
    return f"{seen.leaf.field} {shown(seen.actual, kind)}{wanted}"


def draw_matrix(down: T, across: T, cells: Mapping[tuple[str, str], int]) -> None:
    """Print counts as a matrix with sums; who stays where he was stands in brackets."""
    lines, columns = sorted({line for line, _ in cells}), sorted({column for _, column in cells})
    said = T("{down} ↓  {across} →", zh="{down} ↓  {across} →").of(down=down, across=across)
    heads = [Column("name", said), *(Column(f"c{n}", plain(c), "number") for n, c in enumerate(columns))]
    heads.append(Column("sum", T("Sum", zh="合计"), "number"))

    def total(some: Sequence[str], others: Sequence[str]) -> str:
        return f"{sum(cells.get((line, column), 0) for line in some for column in others):,}"

    rows = [
        {"name": line, "sum": total([line], columns)}
        | {f"c{n}": _cell(cells.get((line, column), 0), line == column) for n, column in enumerate(columns)}
        for line in lines
    ]
    rows.append(
        {"name": str(T("Sum", zh="合计")), "sum": total(lines, columns)}
        | {f"c{n}": total(lines, [column]) for n, column in enumerate(columns)}
    )
    out.table(heads, rows)


def _cell(count: int, same: bool) -> str:
    if not count:
        return "·"
    return f"({count:,})" if same else f"{count:,}"


class Progress:
    """A line on a terminal that says what a long run is doing, and for how long it has been."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.width = 0

    def __enter__(self) -> Self:
        return self

    def __call__(self, doing: T) -> None:
        self._put(f"{time.monotonic() - self.began:5.0f} s  {doing}")

    def rows(self, phase: str, done: int) -> None:
        """Say how many rows of a file were read."""
        self(T("{n} rows read", zh="已读 {n} 行").of(n=f"{done:,}"))

    def _put(self, words: str) -> None:
        if sys.stderr.isatty() and current().format == "text":
            sys.stderr.write(f"\r{words}".ljust(self.width + 1))
            sys.stderr.flush()
            self.width = len(words) * 2

    def __exit__(self, kind: type[BaseException] | None, cause: BaseException | None, at: TracebackType | None) -> None:
        if self.width:
            sys.stderr.write("\r" + " " * self.width + "\r")
            sys.stderr.flush()
