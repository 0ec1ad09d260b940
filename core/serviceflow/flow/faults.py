"""A fault of a trade, and the place it was found in."""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from serviceflow.texts import T, plain


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a trade.

    Args:
        id: Kind of fault, such as ``step.unreachable``.
        spot: Where it is to be mended.
    """

    id: str
    spot: Spot
    sentence: T

    @property
    def said(self) -> T:
        """The fault in one line: ``studio-case/collect: …``."""
        return T("{where}: {sentence}", zh="{where}: {sentence}").of(where=self.spot.where, sentence=self.sentence)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a plugin's data.

    Args:
        where: Path of keys, ``studio-case/take-deposit``.
        kind: Class whose call with ``key`` stands there, ``Action``; empty when there is none to look for.
        key: Its first argument.
    """

    where: str
    kind: str = ""
    key: str = ""

    def fault(self, ident: str, sentence: T) -> Fault:
        return Fault(ident, self, sentence)


def nearest(key: str, known: Iterable[str]) -> T:
    """Return " (did you mean …?)", or nothing when no known key is near."""
    near = get_close_matches(key, list(known), n=1)
    return T(" (did you mean “{near}”?)", zh="(是否指“{near}”?)").of(near=near[0]) if near else plain("")


def doubled(keys: Iterable[str]) -> list[str]:
    """Return the keys that stand more than once."""
    return [key for key, count in Counter(keys).items() if count > 1]


def alike(one: Any, other: Any) -> bool:
    """Return whether two rules say the same; functions made by one factory are taken as the same."""
    if one == other:
        return True
    code = getattr(one, "__code__", None)
    if code is not None:
        return code is getattr(other, "__code__", None)
    if type(one) is not type(other):
        return False
    if dataclasses.is_dataclass(one):
        return all(alike(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one))
    if isinstance(one, tuple):
        return len(one) == len(other) and all(alike(a, b) for a, b in zip(one, other, strict=True))
    return False


def texts(thing: Any, path: str = "") -> Iterator[tuple[str, T]]:
    """Yield every `T` inside plain data with the path of fields that leads to it."""
    kind: Any = type(thing)
    if kind is T:
        yield path, thing
    elif kind is tuple or kind is list:
        for value in thing:
            yield from texts(value, path)
    elif isinstance(thing, Mapping):
        for key, value in thing.items():
            yield from texts(value, f"{path}[{key}]")
    else:
        for name in _data_fields(kind):
            value = getattr(thing, name)
            if value is not None and value.__class__ not in (str, int, bool):
                yield from texts(value, f"{path}.{name}" if path else name)


@functools.cache
def _data_fields(kind: type) -> tuple[str, ...]:
    """Return the fields of a dataclass, none of any other class; asked thousands of times for a few classes."""
    return tuple(f.name for f in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()
