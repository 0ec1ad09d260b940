"""Statements of the inner loop of delivery: built of the tables, compiled once, run on the driver's own cursor.

What SQLAlchemy does around each execution costs five times what the database does for it; a message needs six
statements (docs/architecture.md, "Sending"). Everything else goes through `Connection.execute`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement

from serviceflow.store.write import Tx


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement as one driver takes it."""

    sql: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]
    processors: Mapping[str, Callable[[Any], Any]]
    positional: bool

    def values(self, given: Mapping[str, Any]) -> Any:
        found = {name: given[name] if name in given else self.constants[name] for name in self.names}
        for name, process in self.processors.items():
            found[name] = process(found[name])
        return tuple(found[name] for name in self.names) if self.positional else found


class Prepared:
    """A statement over parameters, without lists (``in_``).

    Results come as the driver has them: select numbers, texts and counts.
    """

    __slots__ = ("_compiled", "statement")

    def __init__(self, statement: Executable) -> None:
        self.statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def run(self, tx: Tx, given: Mapping[str, Any]) -> Any:
        """Execute it in a transaction; return the driver's cursor."""
        dialect = tx.connection.dialect
        ready = self._compiled.get(dialect.name)
        if ready is None:
            ready = self._compiled[dialect.name] = _compile(self.statement, dialect)
        values = ready.values(given)
        driver: Any = tx.connection.connection.driver_connection
        try:
            return driver.execute(ready.sql, values)
        except dialect.loaded_dbapi.Error as cause:
            raise DBAPIError.instance(ready.sql, values, cause, dialect.loaded_dbapi.Error, dialect=dialect) from cause


def _compile(statement: Executable, dialect: Dialect) -> _Compiled:
    assert isinstance(statement, ClauseElement)
    made: Any = statement.compile(dialect=dialect)
    binds = made.binds
    positional = made.positiontup is not None
    names = tuple(made.positiontup) if positional else tuple(made.bind_names.values())
    processors = {name: binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in set(names)}
    constants = {name: binds[name].effective_value for name in names if not binds[name].required}
    return _Compiled(str(made), names, constants, {n: p for n, p in processors.items() if p is not None}, positional)
