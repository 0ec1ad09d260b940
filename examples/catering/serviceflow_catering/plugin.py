"""What a restaurant brings to a shop."""

from __future__ import annotations

from typing import Any

from serviceflow.api import Role, T, Trade, hookimpl, listed, plain

from serviceflow_catering.flow import VISIT
from serviceflow_catering.messages import TEMPLATES
from serviceflow_catering.papers import DOCUMENTS
from serviceflow_catering.settings import SETTINGS
from serviceflow_catering.tables import TABLES, CatProfile

trade = Trade(
    key="catering",
    title=T("Restaurant", zh="餐饮"),
    version="0.1.0",
    api="1",
    prefixes=("catering", "cat"),
    flows=(VISIT,),
    roles=(
        Role("host", T("Host", zh="迎宾")),
        Role("waiter", T("Waiter", zh="服务员")),
        Role("kitchen", T("Kitchen", zh="厨房")),
    ),
    settings=SETTINGS,
    templates=TEMPLATES,
    documents=DOCUMENTS,
    tables=TABLES,
    migrations="serviceflow_catering:migrations",
    commands="serviceflow_catering.commands:app",
    demo="serviceflow_catering.demo:live",
)


@hookimpl
def may_merge(tx: Any, kept: Any, gone: Any) -> list[T]:
    """What one of two guests must not eat may not get lost: somebody notes it with the other first."""
    mine, other = tx.get(CatProfile, kept.id), tx.get(CatProfile, gone.id)
    lost = sorted({*other.allergens} - {*mine.allergens}) if mine is not None and other is not None else []
    if not lost:
        return []
    words = T(
        "{name} must not eat {what}: note it with the other guest first.",
        zh="{name} 忌 {what}: 请先记到另一位客人名下。",
    )
    return [words.of(name=gone.name, what=listed(map(plain, lost)))]
