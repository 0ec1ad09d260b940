"""What a provider would refuse, found before it is planned: fields, lengths, characters, links, forbidden words.

A channel whose provider sends approved words only brings that provider's rules; every other one its limit in bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from serviceflow.flow.effects import Template
from serviceflow.flow.trade import Trade
from serviceflow.remind.deliver import VALUES
from serviceflow.remind.outbox import MESSAGES
from serviceflow.remind.outcomes import ByTemplate
from serviceflow.remind.render import FIELD, own_file, raw_words
from serviceflow.remind.settings import GROUP_KINDS, Channels, load_channels
from serviceflow.store.write import Tx
from serviceflow.texts import LANGUAGES, T

if TYPE_CHECKING:
    from serviceflow.app import Shop

KNOWN_FIELDS = frozenset({"name", "order_no", "shop"})
"""Fields every message of an order knows."""
SAMPLED = 200
"""Newest messages of a template whose values are looked at."""


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
    with shop.reading() as tx:
        return [finding for trade in trades for finding in check_trade(shop, tx, channels, trade)]


def check_trade(shop: Shop, tx: Tx, channels: Channels, trade: Trade) -> list[Finding]:
    """Return what is wrong with the templates of one trade."""
    found: list[Finding] = []
    for template in trade.templates:
        for variant in ("", *template.variants):
            for language in LANGUAGES:
                _, text = raw_words(shop, trade.key, template, variant, language)
                key = f"{trade.key}:{template.key}" + (f".{variant}" if variant else "")
                known = KNOWN_FIELDS | set(template.fields)
                mine = (
                    *_fields(text, known),
                    *_lengths(channels, template, text),
                    *_repeats(channels, template, text),
                    *_provider(tx, channels, trade, template, text),
                )
                for rule, words in mine:
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


def _repeats(channels: Channels, template: Template, text: str) -> Iterator[tuple[str, T]]:
    """Find words that are the same every time: a group's robot drops what it has seen (DingTalk for a day)."""
    for name in template.channels:
        if channels.kind(name) in GROUP_KINDS and not FIELD.search(text):
            words = T("says the same every time; {channel} drops repeats", zh="每次内容相同; {channel} 会丢弃重复内容")
            yield "identical", words.of(channel=name)


def _provider(tx: Tx, channels: Channels, trade: Trade, template: Template, text: str) -> Iterator[tuple[str, T]]:
    """Find what a provider of approved words refuses; words that go by hand are for people to judge."""
    key = f"{trade.key}:{template.key}"
    for name in template.channels:
        channel = channels.get(name) if name in channels.named else None
        if not isinstance(channel, ByTemplate) or channel.declared(key):
            continue
        if not channel.serves(key):
            words = T("{channel} has no words for it; it goes by hand", zh="{channel} 没有此模板; 将转人工发送")
            yield "provider", words.of(channel=name)
        yield from channel.faults(text, _samples(tx, trade, template))


def _samples(tx: Tx, trade: Trade, template: Template) -> list[Mapping[str, str]]:
    """Return what the fields were filled with in the newest messages."""
    table = MESSAGES
    mine = (table.c.template == template.key, table.c.rule.startswith(f"{trade.key}:"))
    newest = tx.rows(select(table.c.facts).where(*mine).order_by(table.c.id.desc()).limit(SAMPLED))
    return [{key: str(value) for key, value in row.facts.get(VALUES, {}).items()} for row in newest]


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
