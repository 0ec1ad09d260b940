"""Amounts: whole numbers in the smallest unit of their currency (fen, cents), rounded once, compared exactly."""

from __future__ import annotations

import re
from typing import Final

from serviceflow.errors import BadInput
from serviceflow.texts import T

DECIMALS: Final = {"JPY": 0, "KRW": 0, "VND": 0}  # every other currency we meet has 2
SIGNS: Final = {
    "CNY": ("¥", "元"),
    "JPY": ("¥", "円"),
    "USD": ("$",),
    "HKD": ("HK$", "$"),
    "EUR": ("€",),
    "GBP": ("£",),
}
LARGEST: Final = 10**15  # minor units; far above any order, far below what a database integer holds

# Full width only: NFKC would also read ² and ⑧ as digits.
_HALF_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0xFFE5: "¥"}


def half_width(text: str) -> str:
    """Return ``text`` with full-width letters, digits, punctuation and ``￥`` made half-width, as typed by an IME."""
    return text.translate(_HALF_WIDTH)


def decimals_of(currency: str) -> int:
    """Return how many decimals amounts of ``currency`` (ISO 4217) are written with."""
    return DECIMALS.get(currency, 2)


def parse_money(text: str, currency: str = "CNY", digits: int = 2) -> int:
    """Return the amount typed, in minor units: ``1,299.5`` is 129950.

    Args:
        text: Digits with an optional currency sign, thousands commas and at most ``digits`` decimals, of any width.
        currency: ISO 4217 code; only its own sign is understood.
        digits: Decimals of the minor unit.

    Raises:
        BadInput: anything else: a sign, letters, ``1e3``, ``1.2万``, a misplaced comma, too many decimals.
    """
    bare = half_width(text).strip()
    for sign in SIGNS.get(currency, ()):
        if bare.startswith(sign) or bare.endswith(sign):
            bare = bare.removeprefix(sign) if bare.startswith(sign) else bare.removesuffix(sign)
            bare = bare.strip()
            break
    match = re.fullmatch(r"([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]+))?", bare)
    if match is None:
        raise BadInput(_why_not(bare).of(text=text), _EXAMPLES)
    whole, decimals = match[1].replace(",", ""), match[2] or ""
    if len(decimals) > digits:
        sentence = T("{text} has more than {n} decimals.", zh="{text} 的小数超过 {n} 位。").of(text=text, n=digits)
        raise BadInput(sentence, T("Round it first.", zh="请先取整到规定位数。"), ref="core.money")
    if len(whole.lstrip("0")) > 16 or (minor := int(whole + decimals.ljust(digits, "0"))) > LARGEST:
        raise BadInput(T("{text} is too large.", zh="{text} 太大。").of(text=text), _EXAMPLES, ref="core.money")
    return minor


def format_money(minor: int, currency: str = "CNY") -> str:
    """Return ``minor`` units of a ``currency`` (ISO 4217), without its sign or thousands: 319900 is ``3199.00``."""
    digits = decimals_of(currency)
    whole, rest = divmod(abs(minor), 10**digits)
    return ("-" if minor < 0 else "") + (f"{whole}.{rest:0{digits}}" if digits else str(whole))


def format_scaled(value: int, digits: int, least: int = 2) -> str:
    """Return a ``value`` scaled by ``digits`` with at least ``least`` decimals: 1359600 of 4 digits is ``135.96``."""
    whole, rest = divmod(abs(value), 10**digits)
    decimals = f"{rest:0{digits}}" if digits else ""
    kept = decimals[:least] + decimals[least:].rstrip("0")
    return ("-" if value < 0 else "") + str(whole) + (f".{kept}" if kept else "")


def percent_of_ceil_unit(base: int, percent: int, unit: int = 100) -> int:
    """Return ``percent`` % of ``base`` (minor units), rounded up to whole ``unit``: 30 % of 3199.00 is 960.00."""
    return -(-base * percent // (100 * unit)) * unit


def within_percent(part: int, base: int, percent: int) -> bool:
    """Return whether ``part`` is at most ``percent`` % of ``base``, exactly, without rounding."""
    return part * 100 <= base * percent


def half_up(numerator: int, denominator: int) -> int:
    """Return ``numerator`` / ``denominator`` rounded, a half away from zero (四舍五入): 5/2 is 3, -5/2 is -3.

    Raises:
        ZeroDivisionError: ``denominator`` is 0.

    Source: care.md section 1 "half up (away from zero for negatives)".
    """
    size = (2 * abs(numerator) + abs(denominator)) // (2 * abs(denominator))
    return size if (numerator < 0) == (denominator < 0) else -size


_CAPITALS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("", "拾", "佰", "仟")
_GROUPS: Final = ("", "万", "亿", "万亿")


def capitals(minor: int) -> str:
    """Return an amount ``minor`` (fen) in Chinese capital numerals (大写): 1280050 is ``壹万贰仟捌佰元伍角``.

    One 零 stands for a run of zeros, 整 after full yuan.

    Source: PBOC, 正确填写票据和结算凭证的基本规定.
    """
    yuan, rest = divmod(abs(minor), 100)
    jiao, fen = divmod(rest, 10)
    said = f"{_whole(yuan)}元" if yuan or not rest else ""
    if not rest:
        said += "整"
    if jiao:
        said += f"{_CAPITALS[jiao]}角"
    if fen:
        said += ("零" if yuan and not jiao else "") + f"{_CAPITALS[fen]}分"
    return ("负" if minor < 0 else "") + said


def _whole(number: int) -> str:
    if number == 0:
        return _CAPITALS[0]
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    said = ""
    for place in reversed(range(len(groups))):
        group = groups[place]
        if said and group and (group < 1000 or groups[place + 1] == 0):
            said += _CAPITALS[0]
        if group:
            said += _thousands(group) + _GROUPS[place]
    return said


def _thousands(group: int) -> str:
    said = ""
    for place, digit in enumerate(f"{group:04}"):
        if digit != "0":
            said += _CAPITALS[int(digit)] + _PLACES[3 - place]
        elif said and not said.endswith(_CAPITALS[0]):
            said += _CAPITALS[0]
    return said.rstrip(_CAPITALS[0])


_EXAMPLES: Final = T("Type it like 800, 800.00 or 1,299.5.", zh="请写成 800、800.00 或 1,299.5。")


def _why_not(bare: str) -> T:
    if not bare:
        return T("An amount is missing.", zh="缺少金额。")
    if bare[0] in "+-":
        return T("{text}: amounts are typed without a sign.", zh="{text}: 金额不带正负号。")
    if re.fullmatch(r"[0-9.]+[eE][+-]?[0-9]+", bare):
        return T("{text} is in scientific notation (a spreadsheet made it).", zh="{text} 是科学计数法(表格软件所致)。")
    if bare.endswith(("万", "千", "k", "K", "w", "W")):
        return T("{text}: write the amount out in full.", zh="{text}: 请写出完整金额。")
    return T("{text} is not an amount.", zh="{text} 不是金额。")
