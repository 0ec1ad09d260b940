"""Wedding and portrait photography studio (影楼)."""

from __future__ import annotations

from serviceflow.api import T, Trade, number_settings

from serviceflow_studio.aftercare.complaints import STUDIO_COMPLAINT
from serviceflow_studio.aftercare.referrals import STUDIO_REFERRAL
from serviceflow_studio.case_flow import STUDIO_CASE
from serviceflow_studio.catalogue import install
from serviceflow_studio.floor.steps import STUDIO_SHOOT
from serviceflow_studio.letters import post
from serviceflow_studio.life import LIFE
from serviceflow_studio.messages import TEMPLATES
from serviceflow_studio.papers import DOCUMENTS
from serviceflow_studio.roles import ROLES
from serviceflow_studio.settings import SETTINGS, settings_faults
from serviceflow_studio.tables import TABLES, VIEWS

trade = Trade(
    key="studio",
    title=T("Photography studio", zh="影楼"),
    version="0.1",
    api="1",
    prefixes=("studio",),
    flows=(STUDIO_CASE, STUDIO_SHOOT, STUDIO_COMPLAINT, STUDIO_REFERRAL),
    roles=ROLES,
    settings=(*SETTINGS, *number_settings("studio", DOCUMENTS)),
    check_settings=settings_faults,
    templates=TEMPLATES,
    documents=DOCUMENTS,
    tables=TABLES,
    views=VIEWS,
    migrations="serviceflow_studio:migrations",
    install=install,
    jobs=(LIFE,),
    listens={"message.sent": post},
    demo="serviceflow_studio.demo:live",
    commands="serviceflow_studio.commands:app",
)
