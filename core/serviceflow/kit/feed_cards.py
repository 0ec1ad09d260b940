"""vCards of any phone (2.1, 3.0, 4.0) as rows: one row per card under fixed headings.

Old phones write 2.1 with folded quoted-printable Chinese, in UTF-8 or GBK; `vobject` reads it when told to allow
it. Cards are cut apart first, so that one broken card costs one row and memory holds one card.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from serviceflow.kit.feed_source import FeedRow, encoding_of

CARD_HEADER: Final = [
    "name",
    "phone",
    "email",
    "wechat",
    "address",
    "birthday",
    "wedding",
    "company",
    "tags",
    "note",
    "card",
]
BETWEEN: Final = "\n"
"""Separates several values of one cell."""

_WECHAT = ("x-wechat", "x-weixin", "x-qq-wechat")


def card_rows(path: Path) -> Iterator[FeedRow]:
    """Return the headings, then one row per card with the line it begins on.

    A card that cannot be read has only its own text in the column ``card``.
    """
    yield FeedRow(0, CARD_HEADER)
    for line, text in _cards(path):
        try:
            cells = _cells(_parsed(text))
        except Exception:  # vobject raises what its parts raise: KeyError, UnicodeDecodeError, its own ParseError
            cells = [""] * (len(CARD_HEADER) - 1) + [text[:2000]]
        yield FeedRow(line, cells)


def _cards(path: Path) -> Iterator[tuple[int, str]]:
    """Return the text of each card and its first line."""
    with path.open(encoding=encoding_of(path), newline=None) as file:
        begun, lines = 0, list[str]()
        for number, text in enumerate(file, start=1):
            word = text.strip().casefold()
            if word == "begin:vcard":
                if lines:
                    yield begun, "".join(lines)
                begun, lines = number, [text]
            elif lines:
                lines.append(text)
                if word == "end:vcard":
                    yield begun, "".join(lines)
                    lines = []
        if lines:
            yield begun, "".join(lines)


def _parsed(text: str) -> Any:
    import vobject  # 26-42 ms

    return next(vobject.readComponents(_unfolded(text), allowQP=True))


_SOFT_BREAK = re.compile(r"=\n[ \t]?(?=[=0-9A-Za-z])")


def _unfolded(text: str) -> str:
    """Join what 2.1 folds inside quoted-printable with and without the blank that its standard asks for."""
    return _SOFT_BREAK.sub("=\n", text)


def _cells(card: Any) -> list[str]:
    def texts(name: str) -> list[str]:
        return [value for value in (_text(line) for line in card.contents.get(name, ())) if value]

    organisation = " ".join(texts("org"))
    name = next(iter(texts("fn")), "") or _name_of_parts(card) or organisation
    wechat = [v for key in _WECHAT for v in texts(key)]
    for line in card.contents.get("impp", ()):
        scheme, _, account = _text(line).partition(":")
        if scheme.casefold() in ("wechat", "weixin", "x-wechat"):
            wechat.append(account)
    tags = [str(tag) for line in card.contents.get("categories", ()) for tag in line.value]
    addresses = map(_address, card.contents.get("adr", ()))
    return [
        name,
        BETWEEN.join(texts("tel")),
        BETWEEN.join(texts("email")),
        BETWEEN.join(wechat),
        BETWEEN.join(addresses),
        next(iter(texts("bday")), ""),
        next(iter(texts("anniversary") or texts("x-anniversary")), ""),
        organisation if organisation != name else "",
        ",".join(tags),
        " ".join(texts("note")),
        "",
    ]


def _text(line: Any) -> str:
    """Return the value of a line as one text; parts that are empty go, Chinese parts join without blanks."""
    value = line.value
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return " ".join(str(part).strip() for part in value if str(part).strip())
    return " ".join(str(value).split())


def _address(line: Any) -> str:
    """Return an address on one line, from the large to the small as the post in China writes it."""
    value = line.value
    parts = (value.country, value.region, value.city, value.street, value.extended, value.box, value.code)
    if all(str(part).isascii() for part in parts):
        parts = (value.box, value.extended, value.street, value.city, value.region, value.code, value.country)
    return " ".join(text for text in (" ".join(part) if isinstance(part, list) else part for part in parts) if text)


def _name_of_parts(card: Any) -> str:
    """Return family and given name as one: Chinese without a blank, others given name first."""
    for line in card.contents.get("n", ()):
        family, given = (" ".join(p) if isinstance(p, list) else str(p) for p in (line.value.family, line.value.given))
        if (family + given).isascii():
            return f"{given} {family}".strip()
        return (family + given).replace(" ", "")
    return ""
