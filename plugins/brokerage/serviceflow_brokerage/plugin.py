"""Securities branch: segmentation, service, suitability, partners (证券经纪)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from serviceflow.api import Customer, Staff, T, Trade, Tx, hookimpl

from serviceflow_brokerage import merging, morning
from serviceflow_brokerage.campaign.members import marketing_cap
from serviceflow_brokerage.finishers import FINISHERS
from serviceflow_brokerage.flows import FLOWS
from serviceflow_brokerage.messages import TEMPLATES
from serviceflow_brokerage.nightly import JOBS
from serviceflow_brokerage.papers import DOCUMENTS
from serviceflow_brokerage.roles import ROLES
from serviceflow_brokerage.settings import SETTINGS, settings_faults
from serviceflow_brokerage.shipped import install
from serviceflow_brokerage.tables import TABLES

trade = Trade(
    key="brokerage",
    title=T("Securities branch", zh="证券营业部"),
    version="0.1",
    api="1",
    prefixes=("brokerage", "broker"),
    aliases=("broker",),
    commands="serviceflow_brokerage.commands:app",
    demo="serviceflow_brokerage.demo:live",
    flows=FLOWS,
    roles=ROLES,
    settings=SETTINGS,
    templates=TEMPLATES,
    documents=DOCUMENTS,
    tables=TABLES,
    migrations="serviceflow_brokerage:migrations",
    install=install,
    jobs=JOBS,
    check_settings=settings_faults,
    marketing_cap=marketing_cap,
    finishers=FINISHERS,
)


@hookimpl
def may_merge(tx: Tx, kept: Customer, gone: Customer) -> Sequence[T]:
    """Refuse to make one of two clients."""
    return merging.reasons_against(tx, kept, gone)


@hookimpl
def after_merge(tx: Tx, kept: Customer, gone: Customer) -> None:
    """Make one of what both customers have of the branch."""
    merging.make_one(tx, kept, gone)


@hookimpl
def digest_lines(tx: Tx, staff: Staff, now: datetime) -> Sequence[T]:
    """Tell a member of staff what waits in the branch."""
    said = morning.digest_line(tx, staff, now)
    return [said] if said is not None else []
