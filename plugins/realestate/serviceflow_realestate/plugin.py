"""New-home property sales (售楼)."""

from __future__ import annotations

from serviceflow.api import T, Trade

from serviceflow_realestate.flows.buyback import RE_BUYBACK
from serviceflow_realestate.flows.campaign import RE_CAMPAIGN
from serviceflow_realestate.flows.complaint import RE_COMPLAINT
from serviceflow_realestate.flows.contract import RE_CONTRACT
from serviceflow_realestate.flows.default import RE_DEFAULT
from serviceflow_realestate.flows.delay import RE_DELAY
from serviceflow_realestate.flows.discount import RE_DISCOUNT
from serviceflow_realestate.flows.dunning import RE_DUNNING
from serviceflow_realestate.flows.handover import RE_HANDOVER
from serviceflow_realestate.flows.lead import RE_LEAD
from serviceflow_realestate.flows.mortgage import RE_MORTGAGE
from serviceflow_realestate.flows.nurture import RE_NURTURE
from serviceflow_realestate.flows.opportunity import RE_OPPORTUNITY
from serviceflow_realestate.flows.postsign import RE_POSTSIGN
from serviceflow_realestate.flows.presign import RE_PRESIGN
from serviceflow_realestate.flows.project import RE_PROJECT
from serviceflow_realestate.flows.subscription import RE_SUBSCRIPTION
from serviceflow_realestate.flows.title import RE_TITLE
from serviceflow_realestate.jobs import JOBS
from serviceflow_realestate.messages import TEMPLATES
from serviceflow_realestate.printing import DOCUMENTS
from serviceflow_realestate.roles import ROLES
from serviceflow_realestate.settings import SETTINGS, settings_faults
from serviceflow_realestate.tables import TABLES

trade = Trade(
    key="realestate",
    title=T("Property sales", zh="售楼"),
    version="0.1",
    api="1",
    prefixes=("realestate", "re"),
    aliases=("re",),
    flows=(
        RE_PROJECT,
        RE_CAMPAIGN,
        RE_LEAD,
        RE_NURTURE,
        RE_OPPORTUNITY,
        RE_SUBSCRIPTION,
        RE_DELAY,
        RE_DISCOUNT,
        RE_PRESIGN,
        RE_CONTRACT,
        RE_MORTGAGE,
        RE_DUNNING,
        RE_POSTSIGN,
        RE_HANDOVER,
        RE_TITLE,
        RE_BUYBACK,
        RE_DEFAULT,
        RE_COMPLAINT,
    ),
    roles=ROLES,
    settings=SETTINGS,
    templates=TEMPLATES,
    tables=TABLES,
    migrations="serviceflow_realestate:migrations",
    check_settings=settings_faults,
    commands="serviceflow_realestate.commands:app",
    demo="serviceflow_realestate.demo:live",
    jobs=JOBS,
    documents=DOCUMENTS,
)
