"""Words for people, in every language the program speaks, written where they are used.

`T("Deposit paid", zh="已付定")` is a title, a sentence or a label. A missing language is a type error, not a
missing catalogue entry; a sentence may hold ``{facts}`` that are filled in when it is shown.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

LANGUAGES: Final = ("en", "zh")

_language: ContextVar[str] = ContextVar("language", default="en")


def language() -> str:
    """Return the language of this process or of the block inside `speak`: ``en`` or ``zh``."""
    return _language.get()


def speak(code: str) -> None:
    """Choose the language for what follows; anything unknown (``fr``) becomes English."""
    _language.set(language_of(code))


def language_of(code: str) -> str:
    """Return the language that serves a locale name such as ``zh_CN.GBK``, ``zh-Hans`` or ``C``."""
    head = code.replace("-", "_").partition("_")[0].partition(".")[0].lower()
    return head if head in LANGUAGES else "en"


@dataclass(frozen=True, slots=True)
class T:
    """One text in all languages. ``en`` stands first because most readers of the code meet it first.

    Args:
        en: English; ``{name}`` stands for a fact.
        zh: Chinese.
        facts: Values for the names in braces; `of` adds to them.
    """

    en: str
    zh: str
    facts: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __init__(self, en: str, *, zh: str, facts: Mapping[str, Any] | None = None) -> None:
        object.__setattr__(self, "en", en)
        object.__setattr__(self, "zh", zh)
        object.__setattr__(self, "facts", facts or {})

    def __str__(self) -> str:
        return self.to(language())

    def to(self, code: str) -> str:
        """Return the text in language ``code`` with its facts filled in; a fact may itself be a `T`."""
        raw: str = self.zh if code == "zh" else self.en
        if not self.facts:
            return raw
        return _Filler(code).vformat(raw, (), self.facts)

    def of(self, **facts: Any) -> T:
        """Return the same text with these facts; facts given before stay."""
        return T(self.en, zh=self.zh, facts={**self.facts, **facts})

    def both(self) -> dict[str, str]:
        """Return the finished text per language, as it is stored in rows that people of both read."""
        return {code: self.to(code) for code in LANGUAGES}

    def field_names(self) -> set[str]:
        """Return the names in braces, over all languages."""
        found: set[str] = set()
        for raw in (self.en, self.zh):
            found.update(name for _, name, _, _ in string.Formatter().parse(raw) if name)
        return found


def plain(text: str) -> T:
    """Return a `T` for a ``text`` that is the same in every language, such as a name or a command to type."""
    return T(text, zh=text)


def listed(texts: Iterable[T]) -> T:
    """Return several ``texts`` as one, separated as each language does it."""
    parts = list(texts)
    return T(", ".join(t.to("en") for t in parts), zh="、".join(t.to("zh") for t in parts))


class _Filler(string.Formatter):
    """Fills ``{name}`` only: no attribute, index, conversion or nested format reaches into an object."""

    def __init__(self, code: str) -> None:
        self.code = code

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Any, str]:
        if field_name not in kwargs:
            return "{" + field_name + "}", field_name
        value = kwargs[field_name]
        return (value.to(self.code) if isinstance(value, T) else value), field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        return str(value)
