"""Service plans: how often clients of a segment are called, by which channels, about what, how much marketing.

Source: brokerage.md section 5.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from serviceflow.api import BadInput, Refused, Shop, T, Tx

from serviceflow_brokerage.contacts import HUMAN
from serviceflow_brokerage.duties import need_role
from serviceflow_brokerage.refusals import not_possible, refused, there_are
from serviceflow_brokerage.roles import BM
from serviceflow_brokerage.segment.rulesets import active, lint
from serviceflow_brokerage.tables.contact import BrokerTopic
from serviceflow_brokerage.tables.segments import BrokerServicePlan


def unknown_segment(segment: str, there: Sequence[str]) -> Refused:
    """Return the refusal of a segment that is none of those there are."""
    return refused("pin-unknown", T("There are: {there}", zh="可用: {there}").of(there=", ".join(there)), id=segment)


def set_plan(
    shop: Shop,
    tx: Tx,
    segment: str,
    *,
    contact_days: int | None = None,
    contact_channels: Sequence[str] | None = None,
    topics: Sequence[str] | None = None,
    max_marketing_30d: int | None = None,
    note: str | None = None,
) -> BrokerServicePlan:
    """Change the plan of a segment, or give a segment of the rules in force its first one.

    Raises:
        BadInput: There is no such channel or topic.
        Refused: ``pin-unknown``: no such segment; or the actor is no branch manager.
    """
    need_role(shop, tx, T("Set a service plan", zh="设置服务计划"), BM)
    found = tx.get(BrokerServicePlan, segment)
    there = [rule.id for rule in lint(active(tx).toml, shop.setting).segments.rules]
    if found is None and segment not in there:
        raise unknown_segment(segment, there)
    _known(contact_channels or (), list(HUMAN))
    _known(topics or (), [t.code for t in tx.all(BrokerTopic)])
    given: dict[str, Any] = {
        "contact_days": contact_days,
        "contact_channels": list(contact_channels) if contact_channels is not None else None,
        "topics": list(topics) if topics is not None else None,
        "max_marketing_30d": max_marketing_30d,
        "note": note,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if found is not None:
        return tx.change(found, **changes)
    return tx.add(BrokerServicePlan(segment=segment, **{"contact_days": 0, **changes}))


def _known(words: Sequence[str], there: Sequence[str]) -> None:
    for word in words:
        if word not in there:
            raise BadInput(not_possible(word), there_are(there), ref="broker.plan")
