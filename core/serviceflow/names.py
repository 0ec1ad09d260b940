"""Names of customers: what may be stored, and the keys under which a customer is remembered.

SQLite's full-text search finds no two-character Chinese name, and one reading per character loses 曾, 单 and 仇;
so each customer has a few keys, and whoever searches looks for keys that *begin with* `search_key(typed)`.
"""

from __future__ import annotations

import itertools
import math
import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from types import ModuleType
from typing import Final

from serviceflow.errors import BadInput
from serviceflow.texts import T

NAME_LENGTH: Final = 200
KEY_LENGTH: Final = 32
TAIL_LENGTH: Final = 4
_UNITS: Final = 16
_VARIED: Final = 4
_SPELLINGS: Final = 12

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x1b\\|\x07|$)|[ -/]*[0-~]?)|\x9b[0-?]*[ -/]*[@-~]", re.DOTALL
)
_SPACES = re.compile(r"\s+")
_JOINERS = "\u200c\u200d"
_NOT_KEY = re.compile(r"[\W_]+")
_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_UNIT = re.compile(f"[{_HAN}]|[0-9]+|[^\\W\\d_{_HAN}]+")


def clean_name(typed: str, *, limit: int = NAME_LENGTH) -> str:
    """Return a name on one line without terminal escapes, control, direction and invisible characters.

    Raises:
        BadInput: What is left is longer than ``limit`` characters.
    """
    if typed.isascii() and typed.isprintable() and "  " not in typed and len(typed) <= limit:
        return typed.strip()
    name = clean_text(typed)
    if len(name) > limit:
        raise BadInput(
            T(
                "The name “{head}…” has {n} characters; {limit} are the most.",
                zh="姓名“{head}…”共 {n} 个字符, 最多 {limit} 个。",
            ).of(head=name[:20], n=len(name), limit=limit),
            T("Shorten it and put the rest into the note.", zh="请缩短, 其余写入备注。"),
            ref="customer.name",
        )
    return name


def clean_text(typed: str) -> str:
    """Return text on one line with single spaces, without anything a terminal would obey or not show."""
    text = unicodedata.normalize("NFC", typed)
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c in _JOINERS else _instead(c) for c in _ESCAPES.sub("", text))
    return _SPACES.sub(" ", text).strip()


def _instead(char: str) -> str:
    return (
        " "
        if unicodedata.category(char) in ("Zs", "Zl", "Zp") or char in "\t\n\r\v\f\x85"
        else (char if unicodedata.category(char) in ("Co", "Cn") else "")
    )


def search_key(typed: str) -> str:
    """Return what a key must begin with to answer ``typed``: a name, pinyin, initials, a number, an address.

    Full width becomes half width, capitals small, ``ü`` becomes ``v``; spaces and punctuation go; a number
    loses +86 or 0086. Empty when nothing of it can be searched for.
    """
    key = typed if typed.isascii() else unicodedata.normalize("NFKC", typed)
    key = _NOT_KEY.sub("", key.casefold().replace("ü", "v"))
    if key.isdigit() and len(key) > 11:
        key = key.removeprefix("00")
        key = key.removeprefix("86") if len(key) > 11 else key
    return key[:KEY_LENGTH]


def number_tail(key: str) -> str | None:
    """Return the last four digits of a searched number of five digits or more, else ``None``.

    A number that no key begins with may be the end of one: its last four digits are a key, and the numbers
    found there are those that end with all of ``key``.
    """
    return key[-TAIL_LENGTH:] if len(key) > TAIL_LENGTH and key.isdigit() else None


def find_keys(
    name: str, phones: Iterable[str] = (), emails: Iterable[str] = (), wechat: Iterable[str] = ()
) -> set[str]:
    """Return the keys of a customer: each way a person may remember them, as `search_key` writes it.

    Of the name: it from each character or word on, as written and in every reading of its characters, and the
    initials. Of each number: the whole, the local part and the last four digits. A person has some ten,
    a long company name a hundred or two.

    Args:
        phones: Normal forms (``+8613800000001``) or digits.
    """
    keys = set(_name_keys(name))
    for phone in phones:
        keys.update(_phone_keys(phone))
    for address in (*emails, *wechat):
        keys.add(search_key(address))
    keys.discard("")
    return keys


def _phone_keys(phone: str) -> tuple[str, ...]:
    if phone.startswith("+861") and len(phone) == 14:
        return phone[3:], phone[-TAIL_LENGTH:]
    digits = search_key(phone)
    if phone.startswith("+86"):
        local = phone[3:]
        return "0" + local, local[-8:], local[-TAIL_LENGTH:]
    return digits, digits[-TAIL_LENGTH:]


def _name_keys(name: str) -> set[str]:
    text = name if name.isascii() else unicodedata.normalize("NFKC", name)
    units = _UNIT.findall(text.casefold().replace("ü", "v"))[:_UNITS]
    return {search_key(name), *_keys_from(tuple(units))}


@lru_cache(maxsize=8192)
def _keys_from(units: tuple[str, ...]) -> frozenset[str]:
    """Return the keys of a run of characters and words, and of each of its ends; given names repeat, so kept."""
    if not units:
        return frozenset()
    keys = {"".join(units)[:KEY_LENGTH], *_keys_from(units[1:])}
    if "".join(units).isascii():
        if len(units) > 1:
            keys.add("".join(unit[0] for unit in units)[:KEY_LENGTH])
        return frozenset(keys)
    readings = [_readings(u) if len(u) == 1 and not u.isascii() else (u,) for u in units]
    keys |= _spellings(readings)
    if len(units) > 1:
        keys |= _spellings([tuple(dict.fromkeys(reading[0] for reading in unit)) for unit in readings])
    return frozenset(keys)


def _spellings(readings: Sequence[tuple[str, ...]]) -> set[str]:
    """Return the spellings of a run of characters: all that its first few allow, or, if many, each reading once.

    A key begins at every character, so the readings of later ones are found at theirs.
    """
    varied, usual = readings[:_VARIED], [unit[0] for unit in readings]
    tail = "".join(usual[_VARIED:])
    if math.prod(len(unit) for unit in varied) <= _SPELLINGS:
        return {("".join(word) + tail)[:KEY_LENGTH] for word in itertools.product(*varied)}
    return {
        "".join((*usual[:place], reading, *usual[place + 1 :]))[:KEY_LENGTH]
        for place, unit in enumerate(varied)
        for reading in unit
    }


@cache
def _readings(char: str) -> tuple[str, ...]:
    """Return every reading of a character, the usual one first; the character itself when it has none."""
    pinyin = _pinyin()
    found = pinyin.pinyin(char, style=pinyin.Style.NORMAL, heteronym=True, errors="ignore")
    if not found:
        return (char,)
    spelt = [reading.replace("ü", "v") for reading in found[0] if reading]
    # Who cannot type ü types u: 吕 is looked for as "lu" as often as "lv".
    return tuple(dict.fromkeys([*spelt, *(r.replace("v", "u") for r in spelt if "v" in r)])) or (char,)


def _pinyin() -> ModuleType:
    """Import pypinyin without its phrases: they cost 200 ms and 45 MB and say nothing about single characters."""
    os.environ["PYPINYIN_NO_PHRASES"] = os.environ["PYPINYIN_NO_DICT_COPY"] = "true"
    try:
        import pypinyin  # 64 ms; only when a Chinese name is written
    finally:
        del os.environ["PYPINYIN_NO_PHRASES"], os.environ["PYPINYIN_NO_DICT_COPY"]
    return pypinyin
