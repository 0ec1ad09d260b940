"""Numbered papers: drawn in the transaction, kept with the facts they showed. Source: manufacturing.md section 6."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serviceflow.api import Case, Shop, T, Tx, table_of

from serviceflow_manufacturing.tables import MfgDocument

PREFIXES: Mapping[str, str] = {
    "quotation": "BJ",
    "sample-notice": "DY",
    "swatch-notice": "ML",
    "phone-record": "DH",
    "review-sheet": "PS",
    "review-record": "PJ",
    "contract": "HT",
    "business-notice": "TZ",
    "sales-order": "SO",
    "supplement": "",
    "change-notice": "BG",
    "rough-plan": "JH",
    "material-sheet": "XQ",
    "delay-letter": "JQ",
    "shipment-set": "CH",
    "cancellation-account": "QX",
    "entry-list": "LD",
    "handover-list": "JJ",
}
TITLES: Mapping[str, T] = {
    "quotation": T("Quotation sheet", zh="报价单"),
    "sample-notice": T("Sample notice", zh="打样通知单"),
    "swatch-notice": T("Fabric and accessory sample notice", zh="面辅料打样通知单"),
    "phone-record": T("Customer phone-order record", zh="客户电话订单记录"),
    "review-sheet": T("Sales contract review sheet", zh="销售合同评审表"),
    "review-record": T("Sales contract review record", zh="销售合同评审记录"),
    "contract": T("Contract", zh="合同"),
    "business-notice": T("Business notice", zh="业务通知单"),
    "sales-order": T("Sales order", zh="销售订单"),
    "supplement": T("Supplementary agreement", zh="合同补充协议"),
    "change-notice": T("Change notice", zh="变更通知"),
    "rough-plan": T("Rough plan", zh="倒排计划"),
    "material-sheet": T("Material requirement sheet", zh="面辅料需求单"),
    "delay-letter": T("Delay letter", zh="交期变更函"),
    "shipment-set": T("Shipment set", zh="出货单据"),
    "cancellation-account": T("Cancellation account", zh="取消结算单"),
    "entry-list": T("Daily entry list", zh="每日录单表"),
    "handover-list": T("Hand-over list", zh="交接清单"),
}
OUTSIDE = ("quotation", "supplement", "delay-letter", "shipment-set", "cancellation-account")
"""Papers that go to the customer, in his language; the others are Chinese."""


def number(shop: Shop, tx: Tx, kind: str) -> str:
    """Return the next gap-free number of a kind of paper in the year of its making: ``HT-2025-0001``."""
    prefix, year = PREFIXES[kind], shop.local_day(tx.now).year
    return f"{prefix}-{year}-{tx.draw(f'mfg/{prefix}/{year}'):04}"


def make(case: Case, kind: str, facts: Mapping[str, Any], *, no: str | None = None) -> MfgDocument:
    """Write a paper; with the ``no`` of an earlier one it is its next version."""
    language = "zh"
    if kind in OUTSIDE:
        language = case.customer.language or case.shop.settings.get("core.language")
    return write(case.shop, case.tx, kind, facts, no=no, order_id=case.order_id, language=language)


def write(
    shop: Shop,
    tx: Tx,
    kind: str,
    facts: Mapping[str, Any],
    *,
    no: str | None = None,
    order_id: int | None = None,
    language: str = "zh",
) -> MfgDocument:
    """Write a paper that may belong to no order."""
    table = table_of(MfgDocument)
    before = tx.all(MfgDocument, table.c.no == no) if no is not None else []
    return tx.add(
        MfgDocument(
            no=no or number(shop, tx, kind),
            kind=kind,
            version=len(before) + 1,
            order_id=order_id,
            language=language,
            facts=dict(facts),
            made_at=tx.now,
            by_id=tx.staff_id,
        )
    )
