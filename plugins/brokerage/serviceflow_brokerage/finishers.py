"""Tasks that end with more than a tick: what to type for them. Source: brokerage.md 4.1, 5.5, 5.6, 5.10, 5.14."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from serviceflow.api import T

FINISHERS: Final[Mapping[str, T]] = {
    "watch": T(
        "Say what it came to: flow broker watch done {n} served|opportunity|false_alarm|unreachable",
        zh="请写明结果: flow broker watch done {n} served|opportunity|false_alarm|unreachable",
    ),
    "campaign-approve": T(
        "Sign the campaign it names, or return it: flow broker campaign approve CODE",
        zh="请审批(或退回)所列活动: flow broker campaign approve CODE",
    ),
    "risk-review": T(
        "Approve the assessment it names, or reject it: flow broker risk approve ID",
        zh="请复核(或驳回)所列测评: flow broker risk approve ID",
    ),
    "reassign": T(
        "Sign the reassignment it names, or refuse it: flow broker referral approve N",
        zh="请审批(或拒绝)所列改派: flow broker referral approve N",
    ),
    "write-note": T(
        "Publish the note: flow broker note publish ID; without one: flow task skip {n} REASON",
        zh="请发布报告: flow broker note publish ID; 不写则: flow task skip {n} 原因",
    ),
    "service-contact": T(
        "Write down the contact: flow broker contact {customer} TEXT; without one: flow task skip {n} REASON",
        zh="请登记联系: flow broker contact {customer} 内容; 未联系则: flow task skip {n} 原因",
    ),
}
"""By the key of the task's rule."""
