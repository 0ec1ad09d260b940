"""What this plugin brings to a shop."""

from __future__ import annotations

from serviceflow.api import Role, T, Trade

from serviceflow_sprout.flow import VISIT
from serviceflow_sprout.messages import TEMPLATES
from serviceflow_sprout.papers import DOCUMENTS
from serviceflow_sprout.settings import SETTINGS
from serviceflow_sprout.tables import TABLES

trade = Trade(
    key="sprout",
    title=T("Sprouts", zh="新芽"),
    version="0.1.0",
    api="1",
    prefixes=("sprout",),
    flows=(VISIT,),
    roles=(
        Role("sprout-desk", T("Front desk", zh="前台")),
        Role("sprout-worker", T("Worker", zh="服务人员")),
    ),
    settings=SETTINGS,
    templates=TEMPLATES,
    documents=DOCUMENTS,
    tables=TABLES,
    migrations="serviceflow_sprout:migrations",
    commands="serviceflow_sprout.commands:app",
    demo="serviceflow_sprout.demo:live",
)
