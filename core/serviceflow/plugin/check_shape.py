"""Fields of a trade that hold another kind of thing than they say: a lost comma, a bare function, a text without T.

Said before all other faults, whose checks take the shape for granted. What a field takes is read from its own
annotation. Looking costs some milliseconds, so a load does it only once something is found wrong.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from serviceflow.flow import document, effects, forms, guards, links, model, routes, trade
from serviceflow.flow.faults import Fault, Spot
from serviceflow.flow.trade import Trade
from serviceflow.settings import Setting
from serviceflow.texts import T

_KINDS = {
    name: kind
    for module in (trade, model, links, effects, guards, routes, document, forms)
    for name, kind in vars(module).items()
    if inspect.isclass(kind) and dataclasses.is_dataclass(kind)
} | {"Setting": Setting, "T": T, "str": str}
_ARGUMENTS = re.compile(r"Callable\[\[(.*?)\], ")
_VARIADIC = inspect.CO_VARARGS


def faults_of_shape(trade: Trade) -> Iterator[Fault]:
    """Yield fields of a trade, its flows and all in them that do not hold what they take."""
    yield from _thing(trade, Spot(trade.key, "Trade", trade.key), "")


def _thing(thing: Any, spot: Spot, path: str) -> Iterator[Fault]:
    kind: Any = type(thing)
    for name, wanted in _fields(kind):
        value = getattr(thing, name)
        for sentence in wanted.wrong(name, value):
            yield spot.fault("shape", sentence)
        if isinstance(value, tuple):
            for item in value:
                if dataclasses.is_dataclass(item) and not isinstance(item, type | T):
                    inner = _spot(item, path)
                    yield from _thing(item, inner or spot, inner.where if inner else path)


def _spot(thing: Any, path: str) -> Spot | None:
    """Return where a thing is to be mended; nothing for one without a key, which its owner is named for."""
    key = getattr(thing, dataclasses.fields(thing)[0].name)
    if not isinstance(key, str):
        return None
    return Spot(f"{path}/{key}" if path else key, type(thing).__name__, key)


@dataclasses.dataclass(frozen=True, slots=True)
class _Wanted:
    """What a field takes, as far as it can be told from its annotation.

    Args:
        or_word: How a single word begins that may stand in place of a tuple: ``*`` for the constants, a blank for any.
        items: Name of the kind each item of a tuple has; empty for any.
        arguments: With how many arguments its function is called.
    """

    is_tuple: bool = False
    or_word: str = ""
    items: str = ""
    is_text: bool = False
    is_form: bool = False
    optional: bool = False
    arguments: int | None = None
    called_with: str = ""

    def wrong(self, name: str, value: Any) -> Iterator[T]:
        """Yield what is wrong with a value of the field ``name``."""
        if value is None and self.optional:
            return
        if self.is_tuple and not isinstance(value, tuple):
            if not (isinstance(value, str) and self.or_word and value.startswith(self.or_word.strip())):
                yield T("`{name}` must be a tuple: {name}=(…,)", zh="`{name}` 应为元组: {name}=(…,)").of(name=name)
        elif self.is_tuple:
            kind = _KINDS.get(self.items)
            for item in value if kind is not None else ():
                if not isinstance(item, kind):  # type: ignore[arg-type]
                    yield T("“{item}” in `{name}` is no {kind}", zh="`{name}` 中的“{item}”不是 {kind}").of(
                        item=_called(item), name=name, kind=self.items
                    )
        elif self.is_text and not isinstance(value, T):
            yield T('`{name}` must be T("…", zh="…")', zh='`{name}` 应写作 T("…", zh="…")').of(name=name)
        elif self.is_form and not isinstance(value, type):
            yield T("`{name}` must be a class: {kind}", zh="`{name}` 应为类: {kind}").of(
                name=name, kind=type(value).__name__
            )
        elif self.arguments is not None and isinstance(value, FunctionType) and not _takes(value, self.arguments):
            yield T(
                "`{name}` is called with ({given}), but {function} takes {n}",
                zh="`{name}` 以 ({given}) 调用, 而 {function} 只接受 {n} 个参数",
            ).of(name=name, given=self.called_with, function=value.__name__, n=value.__code__.co_argcount)


def _takes(function: FunctionType, count: int) -> bool:
    code = function.__code__
    least = code.co_argcount - len(function.__defaults__ or ())
    return least <= count and (count <= code.co_argcount or bool(code.co_flags & _VARIADIC))


def _called(item: Any) -> str:
    name: str = item if isinstance(item, str) else getattr(item, "__name__", type(item).__name__)
    return name


@functools.cache
def _fields(kind: type) -> tuple[tuple[str, _Wanted], ...]:
    found = ((f.name, _wanted(str(f.type))) for f in dataclasses.fields(kind))
    return tuple((name, wanted) for name, wanted in found if wanted is not None)


def _wanted(annotation: str) -> _Wanted | None:
    optional = annotation.endswith(" | None")
    if annotation.startswith("tuple["):
        items = annotation.removeprefix("tuple[").partition(",")[0]
        others = annotation.partition("]")[2]
        word = " " if "| str" in others else "*" if "Literal" in others else ""
        return _Wanted(is_tuple=True, or_word=word, items=items, optional=optional)
    if annotation.removesuffix(" | None") == "T":
        return _Wanted(is_text=True, optional=optional)
    if annotation == "type[Form]":
        return _Wanted(is_form=True)
    called = _ARGUMENTS.search(annotation)
    if called is None or annotation.startswith("Mapping"):
        return None
    arguments = [part for part in called[1].split(", ") if part]
    return _Wanted(arguments=len(arguments), called_with=", ".join(map(_argument, arguments)), optional=True)


def _argument(annotation: str) -> str:
    """Return how the reference calls an argument of this type: ``case``, ``form``."""
    return {"Case": "case", "Any": "form"}.get(annotation, annotation)


__all__ = ["faults_of_shape"]
