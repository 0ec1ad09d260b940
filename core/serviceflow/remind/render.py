"""The words of a message: a template with named fields, filled once, in the recipient's language.

Only ``{name}`` of a known fact is filled, in a single pass: nothing a customer is called can reach into an object or
be filled again. A shop changes a text by a file of its own: ``messages/<trade>/<template>[.<variant>].<zh|en>.txt``
in its folder; a first line ``Subject: …`` sets the subject of e-mails.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serviceflow.flow.effects import Template
from serviceflow.store.place import shop_folder
from serviceflow.store.tables import Message
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop

FIELD = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
SUBJECT_MOST = 60


class UnknownField(ValueError):
    """A text names a fact that is not there; ``str()`` is its name."""


@dataclass(frozen=True, slots=True)
class Words:
    """A finished text."""

    subject: str
    body: str
    values: Mapping[str, str] = field(default_factory=dict)


def fill(text: str, facts: Mapping[str, Any], language: str) -> str:
    """Return ``text`` with its ``{fields}`` filled from ``facts``; anything else in braces stays as it is.

    Raises:
        UnknownField: A field is not among the facts.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in facts:
            raise UnknownField(name)
        return said(facts[name], language)

    return FIELD.sub(value, text)


def said(value: Any, language: str) -> str:
    """Return a fact as text of one language, on one line and without control characters."""
    if isinstance(value, T):
        value = value.to(language)
    elif isinstance(value, Mapping):
        value = value.get(language) or value.get("en", "")
    return _CONTROL.sub("", " ".join(str(value).split("\n")))


def text_of(template: Template, variant: str, language: str) -> str:
    """Return the trade's own words for a variant and language, unfilled."""
    text = template.variants.get(variant, template.text) if variant else template.text
    return text.zh if language == "zh" else text.en


def own_file(shop: Shop, trade: str, template: str, variant: str, language: str) -> Path:
    """Return where the shop's own words for a template would be."""
    name = f"{template}.{variant}" if variant else template
    return shop_folder(shop.place) / "messages" / trade / f"{name}.{language}.txt"


def raw_words(shop: Shop, trade: str, template: Template, variant: str, language: str) -> tuple[str, str]:
    """Return subject (may be empty) and text, unfilled: the shop's own file before the trade's words."""
    for name in (variant, "") if variant else ("",):
        file = own_file(shop, trade, template.key, name, language)
        if file.is_file():
            text = file.read_text(encoding="utf-8-sig").strip("\n")
            head, _, rest = text.partition("\n")
            if head.lower().startswith("subject:"):
                return head.partition(":")[2].strip(), rest.lstrip("\n")
            return "", text
        if name and name in template.variants:
            break
    return "", text_of(template, variant, language)


def render(shop: Shop, trade: str, template: Template, message: Message, live: Mapping[str, Any]) -> Words:
    """Return the finished words of a message.

    Args:
        live: Facts of this moment; they stand before those of the planning, except the recipient's own name.

    Raises:
        UnknownField: The text names a fact that is neither live nor planned.
    """
    facts = {**message.facts, **live, "name": message.facts.get("name", message.recipient_name)}
    subject, text = raw_words(shop, trade, template, message.variant, message.language)
    body = fill(text, facts, message.language)
    line = fill(subject, facts, message.language) if subject else first_words(shop, body)
    values = {key: said(facts[key], message.language) for key in FIELD.findall(text)}
    return Words(line, body, values)


def first_words(shop: Shop, body: str) -> str:
    """Return a subject made of the shop's name and how the text begins."""
    head = body.strip().partition("\n")[0]
    line = f"{shop.settings.get('core.shop_name')}: {head}"
    return line if len(line) <= SUBJECT_MOST else line[: SUBJECT_MOST - 1] + "…"
