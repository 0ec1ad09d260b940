"""What a provider would refuse, found before it is planned: fields, lengths, characters, links, forbidden words.

Sources for SMS in mainland China: Alibaba Cloud and Tencent Cloud template rules (variables short and not side by
side, no links or contact data, named trades not served); for chats the byte limits of the adapters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from serviceflow.flow.model import Template, Trade
from serviceflow.remind.render import FIELD, own_file, raw_words
from serviceflow.remind.settings import Channels, load_channels
from serviceflow.texts import LANGUAGES, T

if TYPE_CHECKING:
    from serviceflow.app import Shop

KNOWN_FIELDS = frozenset({"name", "order_no", "shop"})
"""Fields every message of an order knows."""
SMS_KINDS = ("sms",)
SMS_MOST = 500
LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|cn|net|top|xyz)\b", re.IGNORECASE)
ADJACENT = re.compile(r"\}\s*\{")
FORBIDDEN = ("贷款", "理财", "荐股", "股票", "开户", "代开发票", "博彩", "棋牌", "办证", "加微信", "移民", "烟草")
"""Words of trades and acts that SMS providers in China do not serve."""
OUTSIDE_GBK = "¥"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a provider would refuse, or that would fail at sending."""

    template: str
    language: str
    rule: str
    text: T


def check(shop: Shop, only: str | None = None) -> list[Finding]:
    """Return what is wrong with the templates of every trade, the shop's own texts included.

    Args:
        only: Key of a trade.
    """
    channels = load_channels(shop)
    trades = [shop.plugins.trade(only)] if only is not None else shop.plugins.all()
    return [finding for trade in trades for finding in check_trade(shop, channels, trade)]


def check_trade(shop: Shop, channels: Channels, trade: Trade) -> list[Finding]:
    """Return what is wrong with the templates of one trade."""
    found: list[Finding] = []
    for template in trade.templates:
        for variant in ("", *template.variants):
            for language in LANGUAGES:
                _, text = raw_words(shop, trade.key, template, variant, language)
                key = f"{trade.key}:{template.key}" + (f".{variant}" if variant else "")
                known = KNOWN_FIELDS | set(template.fields)
                for rule, words in (*_fields(text, known), *_lengths(channels, template, text), *_sms(template, text)):
                    found.append(Finding(key, language, rule, words))
        found += _strays(shop, trade, template)
    return found


def _fields(text: str, known: frozenset[str] | set[str]) -> Iterator[tuple[str, T]]:
    for name in dict.fromkeys(FIELD.findall(text)):
        if name not in known:
            yield "field", T("unknown field {name}", zh="未知字段 {name}").of(name=f"{{{name}}}")
    for stray in re.findall(r"\{[^{}]*\}", text):
        if not FIELD.fullmatch(stray):
            yield "braces", T("{what} is no field and stays as it is", zh="{what} 不是字段, 会原样发出").of(what=stray)


def _lengths(channels: Channels, template: Template, text: str) -> Iterator[tuple[str, T]]:
    size = len(text.encode())
    for name in template.channels:
        channel = channels.get(name)
        if channel is not None and channel.most_bytes is not None and size > channel.most_bytes:
            yield (
                "bytes",
                T("{n} bytes; {channel} takes {most}", zh="{n} 字节; {channel} 上限 {most}").of(
                    n=size, channel=name, most=channel.most_bytes
                ),
            )


def _sms(template: Template, text: str) -> Iterator[tuple[str, T]]:
    if not any(name in SMS_KINDS for name in template.channels):
        return
    if len(text) > SMS_MOST:
        yield (
            "length",
            T("{n} characters; an SMS template takes {most}", zh="{n} 字; 短信模板上限 {most} 字").of(
                n=len(text), most=SMS_MOST
            ),
        )
    if LINK.search(text):
        yield (
            "link",
            T("SMS providers refuse links: {what}", zh="短信不得含链接: {what}").of(what=LINK.findall(text)[0]),
        )
    if ADJACENT.search(text):
        yield "adjacent", T("two variables side by side", zh="两个变量相邻")
    for sign in OUTSIDE_GBK:
        if sign in text:
            yield (
                "sign",
                T(
                    "the sign {sign} (U+{code}) is not in GBK; write 元",
                    zh="字符 {sign} (U+{code}) 不在 GBK 中; 请写“元”",
                ).of(sign=sign, code=f"{ord(sign):04X}"),
            )
    for word in FORBIDDEN:
        if word in text:
            yield "trade", T("SMS providers refuse “{word}”", zh="短信平台不接受“{word}”").of(word=word)


def _strays(shop: Shop, trade: Trade, template: Template) -> Iterator[Finding]:
    """Find a shop's own text for one language only: the other language would still say the trade's words."""
    for variant in ("", *template.variants):
        there = [code for code in LANGUAGES if own_file(shop, trade.key, template.key, variant, code).is_file()]
        if len(there) == 1:
            missing = next(code for code in LANGUAGES if code not in there)
            yield Finding(
                f"{trade.key}:{template.key}",
                missing,
                "language",
                T("own text in one language only", zh="自定义文本缺少另一种语言"),
            )
