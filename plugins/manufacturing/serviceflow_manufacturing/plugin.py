"""Factory contract review and order follow-up (合同评审与跟单)."""

from __future__ import annotations

from collections.abc import Sequence

from serviceflow.api import Staff, T, Trade, Tx, hookimpl, number_settings

from serviceflow_manufacturing.calendar import factory_calendar
from serviceflow_manufacturing.flows.amendment import AMENDMENT
from serviceflow_manufacturing.flows.complaint import COMPLAINT
from serviceflow_manufacturing.flows.delay import DELAY
from serviceflow_manufacturing.flows.enquiry import ENQUIRY
from serviceflow_manufacturing.flows.entry import ENTRY
from serviceflow_manufacturing.flows.handover import HANDOVER
from serviceflow_manufacturing.flows.order import ORDER
from serviceflow_manufacturing.flows.sample import SAMPLE, SWATCH
from serviceflow_manufacturing.flows.shipment import SHIPMENT
from serviceflow_manufacturing.holdings import held_by, pass_on, refusal_to_leave
from serviceflow_manufacturing.hooks import HandoverItem
from serviceflow_manufacturing.jobs import JOBS
from serviceflow_manufacturing.messages import TEMPLATES
from serviceflow_manufacturing.papers import DOCUMENTS
from serviceflow_manufacturing.roles import ROLES
from serviceflow_manufacturing.rules.workdays import KEY
from serviceflow_manufacturing.settings import SETTINGS
from serviceflow_manufacturing.tables import TABLES

trade = Trade(
    key="manufacturing",
    title=T("Manufacturing", zh="制造工厂"),
    version="0.1",
    api="1",
    prefixes=("mfg", "manufacturing"),
    aliases=("mfg",),
    flows=(ENQUIRY, SAMPLE, SWATCH, ORDER, AMENDMENT, DELAY, SHIPMENT, ENTRY, COMPLAINT, HANDOVER),
    roles=ROLES,
    settings=(*SETTINGS, *number_settings("mfg", DOCUMENTS)),
    templates=TEMPLATES,
    documents=DOCUMENTS,
    tables=TABLES,
    migrations="serviceflow_manufacturing:migrations",
    demo="serviceflow_manufacturing.demo:live",
    commands="serviceflow_manufacturing.commands:app",
    jobs=JOBS,
    calendars={KEY: factory_calendar},
)


@hookimpl
def staff_may_leave(tx: Tx, staff: Staff) -> Sequence[T]:
    """Refuse to let somebody leave who still holds anything of the trade."""
    return refusal_to_leave(tx, staff)


@hookimpl(optionalhook=True)
def handover_items(tx: Tx, staff: Staff) -> Sequence[HandoverItem]:
    """List what somebody holds of the trade."""
    return held_by(tx, staff)


@hookimpl(optionalhook=True)
def handover_apply(tx: Tx, item: HandoverItem, giver: Staff, recipient: Staff) -> None:
    """Pass on what the trade named."""
    pass_on(tx, item, giver, recipient)
