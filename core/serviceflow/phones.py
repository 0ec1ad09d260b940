"""Phone numbers and e-mail addresses in the one form that finds duplicates.

`phonenumberslite` (18 ms at import) is asked only about what is not a plain mainland mobile number. Its
"possible" numbers such as ``8888 6666`` and ``95588`` are shown and never a key: half a city shares them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from serviceflow.names import clean_text
from serviceflow.texts import T

REGION: Final = "CN"

SHORTENED = T(
    "“{typed}” was shortened by Excel and its last digits are lost; format the column as Text, enter the number again "
    "and save",
    zh="“{typed}”是被 Excel 缩写的数字, 末几位已丢失; 请把该列设为“文本”格式, 重新填写号码后再保存",
)
NO_PHONE = T("“{typed}” is no phone number", zh="“{typed}”不是电话号码")

# Part of what the library accepts; a test holds every prefix against it.
_MOBILE = re.compile(r"(?:\+86|0086|86)?(1(?:[38]\d|4[57]|[59][0-35-9]|6[25-7]|7[0-35-8])\d{8})")
_SEPARATORS = re.compile(r"[\s\-.()·/_]+")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
_EXTENSION = re.compile(r"(?:转|分机号?|extension|ext\.?|x|#|,|;ext=)[\s:.]*(\d{1,7})$", re.IGNORECASE)
_DASHED_EXTENSION = re.compile(r"((?:0\d{2,3}|400|800)[\s-]?\d{3,4}[\s-]?\d{3,4})-(\d{1,6})$")
_NOT_NUMBER = re.compile(r"[^\d+]")
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\".]+(?:\.[^\s@<>()\[\],;:\\\".]+)+")


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number as typed and in its normal form.

    Attributes:
        key: E.164 such as ``+8613800000001``; ``None`` when the number cannot be told from others by it.
        shown: As typed, half width, on one line.
        value: ``key``, or the digits where there is none.
        problem: Why it cannot be stored as a number, with what to do about it.
    """

    key: str | None
    shown: str
    ext: str | None = None
    problem: T | None = None

    @property
    def value(self) -> str:
        return self.key or _NOT_NUMBER.sub("", self.shown)


def normalise_phone(typed: str) -> Phone:
    """Return the number in what somebody ``typed``; it never raises.

    Without a country code it is one of mainland China.
    """
    bare = _SEPARATORS.sub("", typed)
    found = _MOBILE.fullmatch(bare) if bare.isascii() else None
    if found:
        return Phone("+86" + found[1], typed.strip())
    return _less_plain(typed)


def _less_plain(typed: str) -> Phone:
    shown = clean_text(unicodedata.normalize("NFKC", typed)).translate(_DASHES)
    shown = shown.lstrip("'").removeprefix("tel:")  # the apostrophe that made a cell text
    if _SCIENTIFIC.fullmatch(shown.replace(" ", "")):
        return Phone(None, shown, None, SHORTENED.of(typed=shown[:40]))
    body, ext = _split_extension(shown)
    bare = _SEPARATORS.sub("", body)
    found = _MOBILE.fullmatch(bare)
    if found:
        return Phone("+86" + found[1], shown, ext)
    digits = sum(c.isdigit() for c in bare)
    if _NOT_NUMBER.search(bare) or "+" in bare[1:] or not 3 <= digits <= 17:
        return Phone(None, shown, None, NO_PHONE.of(typed=shown[:40]))
    return Phone(_valid(bare), shown, ext)


def _split_extension(shown: str) -> tuple[str, str | None]:
    found = _EXTENSION.search(shown)
    if found and found.start() > 0:
        return shown[: found.start()], found[1]
    found = _DASHED_EXTENSION.fullmatch(shown)
    return (found[1], found[2]) if found else (shown, None)


def _valid(bare: str) -> str | None:
    import phonenumbers  # 18 ms, and most numbers are mobiles

    try:
        number = phonenumbers.parse("+" + bare[2:] if bare.startswith("00") else bare, REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−－"), "-")


def normalise_email(typed: str) -> str | None:
    """Return an e-mail address in the form that finds duplicates, or ``None`` when it is none.

    Capitals do not count, on either side of the @: no provider tells two people apart by them.
    """
    address = unicodedata.normalize("NFKC", clean_text(typed)).removeprefix("mailto:").casefold()
    return address if len(address) <= 254 and _EMAIL.fullmatch(address) else None
