"""What a restaurant brings to a shop."""

from __future__ import annotations

from serviceflow.api import Role, T, Trade

from serviceflow_catering.flow import VISIT
from serviceflow_catering.messages import TEMPLATES
from serviceflow_catering.papers import DOCUMENTS
from serviceflow_catering.settings import SETTINGS
from serviceflow_catering.tables import TABLES

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
