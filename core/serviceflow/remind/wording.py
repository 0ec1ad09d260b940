"""What SMS providers in mainland China refuse of a text and of the values it is filled with.

Sources: Alibaba Cloud and Tencent Cloud template rules (variables short and not side by side, no links or contact
data, named trades not served).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from serviceflow.plugin.words import SMS_MOST
from serviceflow.texts import T

LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|cn|net|top|xyz)\b", re.IGNORECASE)
ADJACENT = re.compile(r"\}\s*\{")
FORBIDDEN = ("贷款", "理财", "荐股", "股票", "开户", "代开发票", "博彩", "棋牌", "办证", "加微信", "移民", "烟草")
"""Words of trades and acts that SMS providers in China do not serve."""
OUTSIDE_GBK = re.compile("[\u00a5★✓【】]")


def sms_faults(text: str) -> Iterator[tuple[str, T]]:
    """Yield what a provider refuses of the words of a template."""
    if len(text) > SMS_MOST:
        yield (
            "length",
            T("{n} characters; an SMS template takes {most}", zh="{n} 字; 短信模板上限 {most} 字").of(
                n=len(text), most=SMS_MOST
            ),
        )
    if (link := LINK.search(text)) is not None:
        yield "link", T("SMS providers refuse links: {what}", zh="短信不得含链接: {what}").of(what=link[0])
    if ADJACENT.search(text):
        yield "adjacent", T("two variables side by side", zh="两个变量相邻")
    for sign in dict.fromkeys(OUTSIDE_GBK.findall(text)):
        words = T("SMS providers refuse the sign {sign} (U+{code})", zh="短信平台不接受字符 {sign} (U+{code})")
        yield "sign", words.of(sign=sign, code=f"{ord(sign):04X}")
    for word in FORBIDDEN:
        if word in text:
            yield "trade", T("SMS providers refuse “{word}”", zh="短信平台不接受“{word}”").of(word=word)


def variable_faults(samples: Sequence[Mapping[str, str]], most: int) -> Iterator[tuple[str, T]]:
    """Yield the variables that were longer than ``most`` characters in one of the samples, each with its longest."""
    longest: dict[str, str] = {}
    for values in samples:
        for name, value in values.items():
            if len(value) > max(most, len(longest.get(name, ""))):
                longest[name] = value
    for name, value in longest.items():
        yield (
            "variable",
            T(
                "{name} had {n} characters (“{value}”); a variable takes {most}",
                zh="{name} 曾有 {n} 字(“{value}”); 变量上限 {most} 字",
            ).of(name=f"{{{name}}}", n=len(value), value=value[:20], most=most),
        )
