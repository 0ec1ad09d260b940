"""What a salon brings to a shop."""

from __future__ import annotations

from typing import Any

from serviceflow.api import Role, T, Trade, hookimpl, table_of

from serviceflow_beauty.messages import TEMPLATES
from serviceflow_beauty.package_flow import PACKAGE
from serviceflow_beauty.papers import DOCUMENTS
from serviceflow_beauty.session_flow import SESSION
from serviceflow_beauty.settings import SETTINGS
from serviceflow_beauty.tables import TABLES, BeautyProfile

trade = Trade(
    key="beauty",
    title=T("Beauty salon", zh="美容院"),
    version="0.1.0",
    api="1",
    prefixes=("beauty", "bea"),
    flows=(SESSION, PACKAGE),
    roles=(
        Role("reception", T("Reception", zh="前台")),
        Role("consultant", T("Consultant", zh="顾问")),
        Role("therapist", T("Therapist", zh="美容师")),
        Role("finance", T("Finance", zh="财务")),
    ),
    settings=SETTINGS,
    templates=TEMPLATES,
    documents=DOCUMENTS,
    tables=TABLES,
    migrations="serviceflow_beauty:migrations",
    commands="serviceflow_beauty.commands:app",
    demo="serviceflow_beauty.demo:live",
)


@hookimpl
def may_merge(tx: Any, kept: Any, gone: Any) -> list[T]:
    """Two pages about two skins are read by a person before they become one."""
    table = table_of(BeautyProfile)
    pages = tx.all(BeautyProfile, table.c.customer_id.in_([kept.id, gone.id]))
    if len(pages) < 2:
        return []
    return [T("{a} and {b} both have a skin profile.", zh="{a} 与 {b} 都有皮肤档案。").of(a=kept.name, b=gone.name)]
