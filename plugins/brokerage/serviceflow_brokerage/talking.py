"""What a member of staff may say about an alert. Source: brokerage.md section 7."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from serviceflow.api import T

POINTS: Final[Mapping[str, T]] = {
    "asset-drop": T("Ask about the need first, then the account.", zh="先问需要,再谈账户:资金另有用处吗?我们能做什么?"),
    "no-trade": T("Waiting? Which information would help?", zh="近期观望?需要哪类信息?"),
    "large-deposit": T(
        "Purpose and horizon first; only recommend within the level.",
        zh="先了解用途和期限,再谈产品;只推荐匹配等级以内的。",
    ),
    "closing": T("Explain steps and time, ask once, do not delay.", zh="说明流程与时间,一次挽留,不拖延。"),
}
"""By watch rule; ``closing`` is the talk with a client who asks to close."""
