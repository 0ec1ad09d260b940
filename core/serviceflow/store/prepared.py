"""Statements that are built of the tables, compiled once and run on the driver's own cursor.

What SQLAlchemy does around each execution costs five times what the database does for it, and an action runs some
fifty statements about single rows (docs/architecture.md, "Writing"). Everything else goes through
`Connection.execute`; both are the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement

if TYPE_CHECKING:
    from serviceflow.store.engine import Line

Process = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement as one driver takes it: its parameters in order with their conversions, and those that stand."""

    sql: str
    parameters: Sequence[tuple[str, Process]]
    constants: Mapping[str, Any]
    results: Sequence[tuple[str, Process]]
    positional: bool

    def values(self, given: Mapping[str, Any]) -> Any:
        if self.constants:
            given = {**self.constants, **given}
        if self.positional:
            return [given[name] if process is None else process(given[name]) for name, process in self.parameters]
        return {name: given[name] if process is None else process(given[name]) for name, process in self.parameters}


class Prepared:
    """A statement over named parameters, without lists (``in_``).

    Args:
        columns: What it selects or returns, in order, for `rows`.
    """

    __slots__ = ("_columns", "_compiled", "statement")

    def __init__(self, statement: Executable, columns: Iterable[Column[Any]] = ()) -> None:
        self.statement = statement
        self._columns = tuple(columns)
        self._compiled: dict[str, _Compiled] = {}

    def run(self, line: Line, given: Mapping[str, Any]) -> Any:
        """Execute it; return the driver's cursor, whose results are as the driver has them.

        Raises:
            DBAPIError: What the database says, in SQLAlchemy's classes.
        """
        ready = self._ready(line.dialect)
        return line.execute(ready.sql, ready.values(given))

    def run_many(self, line: Line, given: Iterable[Mapping[str, Any]]) -> None:
        """Execute it once for each set of parameters; raises as `run` does."""
        ready = self._ready(line.dialect)
        line.execute_many(ready.sql, [ready.values(one) for one in given])

    def rows(self, line: Line, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Execute it; return the values of its columns by name, row by row. Raises as `run` does."""
        results = self._ready(line.dialect).results
        return [
            {name: value if process is None else process(value) for (name, process), value in zip(results, row)}  # noqa: B905
            for row in self.run(line, given).fetchall()
        ]

    def _ready(self, dialect: Dialect) -> _Compiled:
        ready = self._compiled.get(dialect.name)
        if ready is None:
            ready = self._compiled[dialect.name] = _compile(self.statement, self._columns, dialect)
        return ready


def _compile(statement: Executable, columns: Sequence[Column[Any]], dialect: Dialect) -> _Compiled:
    assert isinstance(statement, ClauseElement)
    made: Any = statement.compile(dialect=dialect)
    positional = made.positiontup is not None
    binds = {name: made.binds[name] for name in (made.positiontup if positional else made.bind_names.values())}
    processes = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()}
    parameters = [(name, processes[name]) for name in (made.positiontup if positional else binds)]
    constants = {name: bind.effective_value for name, bind in binds.items() if not bind.required}
    results = [(c.name, c.type.dialect_impl(dialect).result_processor(dialect, None)) for c in columns]
    return _Compiled(str(made), parameters, constants, results, positional)
