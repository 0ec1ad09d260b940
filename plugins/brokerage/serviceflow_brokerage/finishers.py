"""Tasks that end with more than a tick: what to type for them. Source: brokerage.md sections 5.5, 5.10."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from serviceflow.api import T

FINISHERS: Final[Mapping[str, T]] = {
    "watch": T(
        "Say what it came to: flow broker watch done {n} served|opportunity|false_alarm|unreachable",
        zh="请写明结果: flow broker watch done {n} served|opportunity|false_alarm|unreachable",
    ),
    "service-contact": T(
        "Write down the contact: flow broker contact {customer} TEXT; without one: flow task skip {n} REASON",
        zh="请登记联系: flow broker contact {customer} 内容; 未联系则: flow task skip {n} 原因",
    ),
}
"""By the key of the task's rule."""
