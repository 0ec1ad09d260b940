"""Which way in fits a region, and which services: by rule, or chosen by hand and kept. Source: brokerage.md 5.9."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from serviceflow.api import BadInput, Shop, T, TaskRow, Tx, plain, table_of

from serviceflow_brokerage.limits import due_in
from serviceflow_brokerage.refusals import refused
from serviceflow_brokerage.roles import PM
from serviceflow_brokerage.tables.clients import BrokerRegion
from serviceflow_brokerage.tables.partners import BrokerPartner, BrokerPartnerContract

ENTRIES: Final = {
    "online": T("online", zh="线上"), "bank_link": T("through a bank", zh="银证通"), "phone": T("by phone", zh="电话"),
}  # fmt: skip
FIGURES: Final = ("region_class", "capacity", "quality", "competition")
REVIEW: Final = "brokerage:region-review"


@dataclass(frozen=True, slots=True)
class Suggested:
    """What the rule says of a region beside what is chosen there."""

    region: BrokerRegion
    entry: str
    service_mix: list[str]


def entry_of(region: BrokerRegion, bank: bool) -> str:
    """Return the entry product of a region; ``bank``: an active contract with a bank covers it."""
    if region.region_class == "central" or region.quality == "high":
        return "online"
    return "bank_link" if bank else "phone"


def mix_of(region: BrokerRegion, branches: Sequence[str]) -> list[str]:
    """Return the services that are worth offering in a region; ``branches``: regions where the firm has one."""
    visits = region.capacity == "large" or region.competition == "high"
    counter = ["counter"] if region.code in branches else []
    return [*counter, "phone", "online", "research", *(["visits"] if visits else [])]


def suggested(shop: Shop, tx: Tx, region: BrokerRegion, day: date) -> Suggested:
    """Return what the rule says of a region on a day."""
    entry = entry_of(region, _bank_covers(tx, region.code, day))
    return Suggested(region, entry, mix_of(region, shop.setting("broker.branch_regions")))


def suggest(shop: Shop, tx: Tx, day: date) -> list[Suggested]:
    """Compute every region anew; what was chosen by hand stays as it is."""
    found = [suggested(shop, tx, region, day) for region in tx.all(BrokerRegion)]
    for one in found:
        if one.region.entry_origin == "rule":
            tx.change(one.region, entry=one.entry)
        tx.change(one.region, service_mix=one.service_mix)
    return found


def choose(shop: Shop, tx: Tx, code: str, entry: str, reason: str, day: date) -> BrokerRegion:
    """Choose a region's entry product by hand, or give it back to the rule with ``rule``.

    Raises:
        BadInput: No such entry product, or no reason for a choice by hand.
        Refused: There is no such region.
    """
    region = tx.get(BrokerRegion, code)
    if region is None:
        raise refused("unknown", T("See: flow broker region list", zh="查看: flow broker region list"),
                      what=T("region", zh="地区"), id=code)  # fmt: skip
    if entry == "rule":
        made = suggested(shop, tx, region, day)
        return tx.change(region, entry=made.entry, entry_origin="rule", entry_reason="")
    if entry not in ENTRIES:
        there = ", ".join([*ENTRIES, "rule"])
        raise BadInput(
            T("There is no entry product {entry}.", zh="没有入口产品 {entry}。").of(entry=entry),
            T("There are: {there}", zh="可用: {there}").of(there=there),
            ref="broker.region-entry",
        )
    if not reason.strip():
        raise BadInput(
            T("A choice by hand needs a reason.", zh="人工选择须写明原因。"),
            plain('flow broker region set {code} {entry} --reason "…"').of(code=code, entry=entry),
            ref="broker.region-reason",
        )  # fmt: skip
    return tx.change(region, entry=entry, entry_origin="manual", entry_reason=reason.strip())


def figures_changed(shop: Shop, tx: Tx, region: BrokerRegion, before: BrokerRegion) -> None:
    """Ask the partner manager to look again at a choice by hand whose region's figures have changed."""
    if region.entry_origin != "manual" or all(getattr(region, n) == getattr(before, n) for n in FIGURES):
        return
    tasks = table_of(TaskRow)
    known = tx.one(TaskRow, tasks.c.rule == REVIEW, tasks.c.subject == region.code, tasks.c.state == "open")
    if known is not None:
        return
    words = T("Review the entry product of {name}", zh="复核{name}的入口产品").of(name=region.name)
    tx.add(
        TaskRow(
            rule=REVIEW, subject=region.code, title_en=words.to("en"), title_zh=words.to("zh"), role=PM, stays=True,
            due_at=due_in(shop, tx.now, "region-review"), made_at=tx.now,
        )
    )  # fmt: skip


def _bank_covers(tx: Tx, code: str, day: date) -> bool:
    contracts, partners = table_of(BrokerPartnerContract), table_of(BrokerPartner)
    banks = {p.customer_id for p in tx.all(BrokerPartner, partners.c.kind == "bank")}
    running = tx.all(
        BrokerPartnerContract, contracts.c.state == "active", contracts.c.start <= day, contracts.c.end_on >= day
    )
    return any(code in contract.regions and contract.customer_id in banks for contract in running)
