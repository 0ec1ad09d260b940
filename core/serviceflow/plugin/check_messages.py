"""Faults of the words of a trade's messages: what must not be written to a customer, and what no channel takes.

Sources: PIPL Article 28 (sensitive personal information); Alibaba Cloud and Tencent Cloud template rules (500
characters); WeCom (2,048 bytes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from serviceflow.flow.effects import Template
from serviceflow.flow.faults import Fault, Spot
from serviceflow.plugin.words import CHAT_BYTES, SMS_MOST
from serviceflow.texts import LANGUAGES, T

SENSITIVE = re.compile(
    r"(?:^|_)(?:id_?card|id_?no|id_?number|national_?id|passport|bank_?card|card_?no|card_?number|password|pin|cvv|"
    r"secret|token|diagnosis|religion|fingerprint)(?:_no|_number)?$"
)
"""Names of fields that must not go out; what is shown in part is called otherwise, such as ``card_tail``."""
CHATS = frozenset({"wechat", "wecom"})


def faults_of_words(template: Template, names: set[str]) -> Iterator[Fault]:
    """Return what is wrong with the words of a template.

    Args:
        names: The fields that it declares or names.
    """
    spot = Spot(template.key, "Template", template.key)
    for name in sorted(names):
        if SENSITIVE.search(name):
            yield spot.fault(
                "template.sensitive",
                T(
                    "its field “{name}” must not go out in a message; show a part of it, such as “{name}_tail”",
                    zh="字段“{name}”不得写入消息; 请只显示一部分, 如“{name}_tail”",
                ).of(name=name),
            )
    for text in (template.text, *template.variants.values()):
        for language in LANGUAGES:
            yield from _length(spot, template, text.to(language))


def _length(spot: Spot, template: Template, words: str) -> Iterator[Fault]:
    if "sms" in template.channels and len(words) > SMS_MOST:
        yield spot.fault(
            "template.length",
            T("{n} characters; an SMS takes {most}", zh="{n} 字; 短信上限 {most} 字").of(n=len(words), most=SMS_MOST),
        )
    size = len(words.encode())
    if CHATS & set(template.channels) and size > CHAT_BYTES:
        yield spot.fault(
            "template.length",
            T("{n} bytes; a chat takes {most}", zh="{n} 字节; 聊天消息上限 {most} 字节").of(n=size, most=CHAT_BYTES),
        )
