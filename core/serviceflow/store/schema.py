"""Table classes as SQLModel declares them, without the mappers of an ORM session that nobody opens.

Mapping a class costs more than declaring it (docs/architecture.md, "Writing"): the 57 tables of a studio took
a third of the time of a writing command.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo
from sqlalchemy import Column, Table
from sqlmodel import SQLModel
from sqlmodel.main import SQLModelMetaclass

MODELS: dict[Table, Any] = {}
"""The class of each table."""
_Model: Any = type(BaseModel)


class _Unmapped(SQLModelMetaclass):
    """Builds ``__table__`` from the columns that SQLModel made of the fields, and nothing else of the ORM."""

    def __init__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any], **options: Any) -> None:
        _Model.__init__(cls, name, bases, body, **options)
        if options.get("table"):
            table = Table(
                body.get("__tablename__", name.lower()),
                cls.metadata,
                *(_named(cls.__dict__[field], field) for field in cls.model_fields),
                *body.get("__table_args__", ()),
            )
            MODELS[table] = cls
            cls.__table__ = table

    def __setattr__(cls, name: str, value: Any) -> None:
        _Model.__setattr__(cls, name, value)

    def __delattr__(cls, name: str) -> None:
        _Model.__delattr__(cls, name)


def _named(column: Column[Any], name: str) -> Column[Any]:
    if not column.name:
        column.name = column.key = name
    return column


class Stored(SQLModel, metaclass=_Unmapped):
    """Base of every table. Nothing is validated: values come from our own code, or from the database.

    On the class a field is its column, as in ``Order.step == "booked"``; on a row it is the value.
    """

    model_config = ConfigDict(defer_build=True)  # type: ignore[assignment]

    def __init__(self, **given: Any) -> None:
        values = self.__dict__
        for name, default in _defaults(type(self)):
            values[name] = given.pop(name) if name in given else default()
        if given:
            raise TypeError(f"{type(self).__name__} has no column {', '.join(given)}")

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value


@functools.cache
def _defaults(model: type[Stored]) -> tuple[tuple[str, Callable[[], Any]], ...]:
    """Return how each column of a new row is filled when nothing is said: with its default, or ``None``."""
    return tuple((name, _default(field)) for name, field in model.model_fields.items())


def _default(field: FieldInfo) -> Callable[[], Any]:
    if field.default_factory is not None:
        made: Callable[[], Any] = field.default_factory  # type: ignore[assignment]
        return made
    value = None if field.is_required() else field.default
    return lambda: value
