"""Flows as pictures: exact text, at most 80 columns, GBK; Mermaid that a parser takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from rich.cells import cell_len
from serviceflow.flow.draw import mermaid, text_tree
from serviceflow.flow.graph import ways
from serviceflow.flow.model import ANY, START, STAY
from serviceflow.flow.trade import Trade
from serviceflow.texts import language, speak

BOARDING_ZH = """\
寄养  petcare-boarding · 第 1 版

[已预约] → [寄养中] → [待接走] → (已接走)

开单
├─ 预约 book → [已预约] · 前台
└─ 直接到店 walk-in → [寄养中] · 前台

[已预约] · booked · 饲养员 · 时限 arrives_on 后 10 天
├─ 收定金 take-deposit · 前台 · 可能需审批
├─ 入住 check-in → [寄养中] | [等证件] · 饲养员
├─ 未到店 no-show → (未到店) · 超过时限
└─ 取消 cancel → (未到店) · 前台

[等证件] · waiting · 饲养员
├─ 入住 check-in → [寄养中] | [等证件] · 饲养员
└─ 取消 cancel → (未到店) · 前台

[寄养中] · boarding · 饲养员
├─ 喂食 feed · 饲养员 / 负责人
├─ 发病 fall-ill → [生病] · 饲养员
└─ 联系主人 call-owner → [待接走] · 前台

[生病] · ill · 饲养员
├─ 喂食 feed · 饲养员 / 负责人
├─ 登记康复 heal · 饲养员
└─ 康复 recover → 回到上一步骤 · 自动

[待接走] · leaving · 前台
├─ 发病 fall-ill → [生病] · 饲养员
└─ 接走 hand-over → (已接走) · 前台

任何未结步骤
├─ 兽医逾期 vet-overdue · 超时: 兽医
└─ 投诉 complain · 前台

终结于 (已接走) (未到店)
子单 petcare-claim · 阻断于 open
"""

CLAIM_EN = """\
Claim  petcare-claim · version 1

[Open] → [Closing] → (Settled)

Opened by
└─ Open open → [Open] · Front desk

[Open] · open · Head keeper
└─ Answer answer → [Closing] · Head keeper

[Closing] · closing · asks for signatures: Settle
├─ Settle settle → (Settled) · Head keeper
└─ Reopen reopen → [Open] · Head keeper

Ends in (Settled)
"""

CLAIM_MERMAID = """\
flowchart TD
    start(("开单"))
    s_open["处理中"]
    s_closing["结案审批"]
    s_settled(["已结"])
    start -->|"登记"| s_open
    s_open -->|"答复"| s_closing
    s_closing -->|"结案"| s_settled
    s_closing -->|"退回"| s_open
"""


@pytest.fixture(autouse=True)
def _language_stays() -> Iterator[None]:
    before = language()
    yield
    speak(before)


def studio() -> Trade:
    from serviceflow_studio.plugin import trade

    return trade


def test_text_in_chinese(petcare: Trade) -> None:
    speak("zh")
    assert "\n".join(text_tree(petcare, petcare.flows[0])) + "\n" == BOARDING_ZH


def test_text_in_english(petcare: Trade) -> None:
    speak("en")
    assert "\n".join(text_tree(petcare, petcare.flows[1])) + "\n" == CLAIM_EN


def test_mermaid(petcare: Trade) -> None:
    speak("zh")
    assert mermaid(petcare, petcare.flows[1]) == CLAIM_MERMAID


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("code", ["zh", "en"])
def test_lines_fit_and_every_part_stays_whole(petcare: Trade, code: str, width: int) -> None:
    speak(code)
    for trade in (petcare, studio()):
        for flow in trade.flows:
            lines = text_tree(trade, flow, width)
            longest_part = max(cell_len(part) for line in text_tree(trade, flow, 500) for part in line.split(" · "))
            assert max(map(cell_len, lines)) <= max(width, longest_part + 7)
            assert [a.key for a in flow.actions if not re.search(rf"\b{a.key}\b", "\n".join(lines))] == []
            "\n".join(lines).encode("gbk")
            mermaid(trade, flow).encode("gbk")


def test_mermaid_has_every_step_and_every_way(petcare: Trade) -> None:
    for trade in (petcare, studio()):
        for flow in trade.flows:
            drawn = mermaid(trade, flow)
            nodes = set(re.findall(r"^    (\w+)[\[(]", drawn, re.MULTILINE))
            arrows = re.findall(r"^    (\w+) (?:-->|-\.->)\|\"[^\"]*\"\| (\w+)$", drawn, re.MULTILINE)
            assert {f"s_{s.key.replace('-', '_')}" for s in flow.steps} <= nodes
            assert {node for pair in arrows for node in pair} <= nodes
            expected = {(w.source, w.target) for w in ways(flow) if w.action.from_ not in (ANY, STAY)}
            named = {
                (a.removeprefix("s_").replace("_", "-"), b.removeprefix("s_").replace("_", "-")) for a, b in arrows
            }
            assert {("start" if a == START else a, b) for a, b in expected} <= named


@pytest.mark.parametrize(("title", "shown"), [('say "hi"', "say #quot;hi#quot;"), ("a<b>&", "a#lt;b#gt;#amp;")])
def test_titles_cannot_break_mermaid(petcare: Trade, title: str, shown: str) -> None:
    from dataclasses import replace

    from serviceflow.texts import T

    flow = petcare.flows[1]
    steps = (replace(flow.steps[0], title=T(title, zh=title)), *flow.steps[1:])
    assert f'    s_open["{shown}"]' in mermaid(petcare, replace(flow, steps=steps))
