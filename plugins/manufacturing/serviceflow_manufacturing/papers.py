"""Numbered papers: drawn in the transaction, kept with the facts they showed. Source: manufacturing.md section 6."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from serviceflow.api import (
    Case,
    Customer,
    Document,
    DocumentRow,
    Shop,
    T,
    Tx,
    documents_of,
    issue_document,
    next_document_number,
    table_of,
)

from serviceflow_manufacturing.tables import MfgContract

PREFIXES: Mapping[str, str] = {
    "quotation": "BJ", "sample-notice": "DY", "swatch-notice": "ML", "phone-record": "DH", "review-sheet": "PS",
    "review-record": "PJ", "business-notice": "TZ", "sales-order": "SO", "change-notice": "BG", "rough-plan": "JH",
    "material-sheet": "XQ", "delay-letter": "JQ", "shipment-set": "CH", "cancellation-account": "QX",
    "entry-list": "LD", "handover-list": "JJ",
}  # fmt: skip
"""Prefix of a paper's numbers, by its key; a factory may set the whole format (``mfg.no.…``)."""
Audience = Literal["customer", "shop", "outsider"]


def _document(
    key: str,
    title: T,
    fields: tuple[str, ...],
    *,
    again: bool = False,
    audience: Audience = "shop",
    paper: Any = "A4",
) -> Document:
    return Document(
        key,
        title,
        f"serviceflow_manufacturing:printed/{key}.html",
        fields,
        series=f"{PREFIXES[key]}-{{year}}-{{n:04}}" if key in PREFIXES else None,
        versions=again,
        audience=audience,
        paper=paper,
    )


DOCUMENTS = (
    _document(
        "quotation",
        T("Quotation sheet", zh="报价单"),
        (
            "customer",
            "quote_version",
            "currency",
            "valid_until",
            "total",
            "terms",
            "lines",
            "lines.seq",
            "lines.text",
            "lines.product",
            "lines.qty",
            "lines.unit_price",
            "lines.amount",
        ),
        audience="customer",
    ),
    _document(
        "quotation-inside",
        T("Quotation, inside copy", zh="报价单(内部联)"),
        (
            "quote_no",
            "customer",
            "quote_version",
            "mode",
            "currency",
            "rate",
            "total",
            "priced_by",
            "reason",
            "lines",
            "lines.seq",
            "lines.text",
            "lines.qty",
            "lines.unit_price",
            "lines.override",
            "lines.k_quantity",
            "lines.k_styles",
            "lines.k_customer",
            "lines.k_urgency",
            "costs",
            "costs.seq",
            "costs.kind",
            "costs.text",
            "costs.consumption",
            "costs.waste",
            "costs.price",
        ),
    ),
    _document(
        "sample-notice",
        T("Sample notice", zh="打样通知单"),
        ("order", "customer", "text", "kind", "round", "planned_on", "deadline", "papers", "papers.name", "papers.on"),
        paper="A5",
    ),
    _document(
        "swatch-notice",
        T("Fabric and accessory sample notice", zh="面辅料打样通知单"),
        (
            "order",
            "customer",
            "text",
            "kind",
            "processor",
            "round",
            "planned_on",
            "deadline",
            "papers",
            "papers.name",
            "papers.on",
        ),
        paper="A5",
    ),
    _document(
        "phone-record",
        T("Customer phone-order record", zh="客户电话订单记录"),
        (
            "order",
            "caller",
            "called_at",
            "product",
            "spec",
            "qty",
            "price",
            "packing",
            "quality",
            "delivery_date",
            "signed_by",
            "signed_at",
        ),
        again=True,
        paper="A5",
    ),
    _document(
        "review-sheet",
        T("Sales contract review sheet", zh="销售合同评审表"),
        (
            "order",
            "customer",
            "contract_version",
            "letter",
            "route",
            "round",
            "amount",
            "currency",
            "together",
            "lines",
            "lines.line_no",
            "lines.product",
            "lines.spec",
            "lines.sizes",
            "lines.qty",
            "lines.unit",
            "lines.unit_price",
            "lines.change",
            "points",
            "points.n",
            "points.text",
            "points.state",
            "points.note",
            "slots",
            "slots.stage",
            "slots.role",
            "slots.state",
            "slots.signer",
            "slots.signed_for",
            "slots.opinion",
            "slots.at",
        ),
        again=True,
    ),
    _document(
        "review-record",
        T("Sales contract review record", zh="销售合同评审记录"),
        (
            "order",
            "customer",
            "contract_version",
            "letter",
            "meeting_at",
            "place",
            "summary",
            "slots",
            "slots.role",
            "slots.signer",
            "slots.opinion",
            "measures",
            "measures.text",
            "measures.role",
            "measures.due",
        ),
    ),
    _document(
        "business-notice",
        T("Business notice", zh="业务通知单"),
        (
            "order",
            "customer",
            "contract_no",
            "contract_version",
            "letter",
            "amount",
            "parameters",
            "scheduling_no",
            "changes",
            "changes.row",
            "fields",
            "fields.title",
            "fields.value",
            "lines",
            "lines.line_no",
            "lines.product",
            "lines.spec",
            "lines.sizes",
            "lines.qty",
            "lines.unit",
            "lines.unit_price",
            "lines.change",
            "measures",
            "measures.text",
            "measures.role",
            "measures.due",
        ),
        again=True,
    ),
    _document(
        "sales-order",
        T("Sales order", zh="销售订单"),
        (
            "order",
            "customer",
            "contract_no",
            "contract_version",
            "erp_no",
            "amount",
            "fields",
            "fields.title",
            "fields.value",
            "lines",
            "lines.line_no",
            "lines.product",
            "lines.spec",
            "lines.sizes",
            "lines.qty",
            "lines.unit",
            "lines.unit_price",
            "lines.change",
            "departments",
            "departments.title",
            "departments.signed",
        ),
    ),
    _document(
        "supplement",
        T("Supplementary agreement", zh="合同补充协议"),
        ("document_no", "contract_no", "customer", "reason", "differences", "differences.row"),
        audience="customer",
    ),
    _document(
        "change-notice",
        T("Change notice", zh="变更通知"),
        ("order", "document_no", "delivery_date", "departments", "differences", "differences.row"),
    ),
    _document(
        "rough-plan",
        T("Rough plan", zh="倒排计划"),
        (
            "order",
            "ship_by",
            "tight",
            "milestones",
            "milestones.title",
            "milestones.role",
            "milestones.on",
            "milestones.done",
        ),
        again=True,
    ),
    _document(
        "material-sheet",
        T("Material requirement sheet", zh="面辅料需求单"),
        (
            "order",
            "materials",
            "materials.code",
            "materials.text",
            "materials.origin",
            "materials.per_piece",
            "materials.need_qty",
            "materials.unit",
            "materials.needed_by",
            "materials.sample",
        ),
        again=True,
    ),
    _document(
        "delay-letter",
        T("Delay letter", zh="交期变更函"),
        ("contract_no", "told", "old_date", "proposed", "cause", "reason"),
        audience="customer",
    ),
    _document(
        "shipment-set",
        T("Shipment set", zh="出货单据"),
        (
            "order",
            "shipment",
            "packages",
            "weight",
            "marks",
            "preparer",
            "checker",
            "goods",
            "goods.line_no",
            "goods.product",
            "goods.qty",
            "papers",
            "papers.kind",
            "papers.no",
            "papers.on",
        ),
        again=True,
        audience="customer",
    ),
    _document(
        "cancellation-account",
        T("Cancellation account", zh="取消结算单"),
        ("order", "contract_no", "by", "reason", "costs", "payments", "balance", "currency"),
        audience="customer",
    ),
    _document(
        "entry-list",
        T("Daily entry list", zh="每日录单表"),
        (
            "day",
            "received",
            "entered_count",
            "reason",
            "entries",
            "entries.no",
            "entries.source",
            "entries.amount",
            "entries.enterer",
            "entries.checker",
            "entries.state",
            "entries.errors",
        ),
        paper="A4 landscape",
    ),
    _document(
        "handover-list",
        T("Hand-over list", zh="交接清单"),
        ("department", "giver", "last_day", "items", "items.kind", "items.text", "items.recipient"),
    ),
)
"""Papers that are made again for an order keep their number and count versions (``again``)."""

BY_KEY = {document.key: document for document in DOCUMENTS}
TRADE = "manufacturing"


def make(case: Case, key: str, facts: Mapping[str, Any], number: str | None = None) -> str:
    """Issue a paper about an order and return its number, empty where its kind has none."""
    customer = case.customer if case.order.customer_id is not None else None
    row = write(case.shop, case.tx, key, facts, order_id=case.order_id, customer=customer, number=number)
    if row.of_id is None:
        return row.number or ""
    first = next(d for d in documents_of(case.tx, case.order_id, key) if d.id == row.of_id)
    return first.number or ""


def write(
    shop: Shop,
    tx: Tx,
    key: str,
    facts: Mapping[str, Any],
    *,
    order_id: int | None = None,
    customer: Customer | None = None,
    number: str | None = None,
) -> DocumentRow:
    """Issue a paper that may belong to no order. Facts it does not show are left out, those it lacks are empty."""
    document = BY_KEY[key]
    names = {field.partition(".")[0] for field in document.fields}
    shown = {name: _rows(document, name, facts.get(name, "")) for name in names}
    trade = shop.plugins.trade(TRADE)
    return issue_document(shop, tx, trade, document, shown, order_id=order_id, customer=customer, number=number)


def draw(shop: Shop, tx: Tx, key: str) -> str:
    """Draw the number of a paper that is issued later in the transaction."""
    return next_document_number(shop, tx, shop.plugins.trade(TRADE), BY_KEY[key]) or ""


def _rows(document: Document, name: str, value: Any) -> Any:
    columns = [field.partition(".")[2] for field in document.fields if field.startswith(f"{name}.")]
    if not columns:
        return value
    return [{column: row.get(column, "") for column in columns} for row in value or ()]


def contract_number(shop: Shop, tx: Tx) -> str:
    """Return the next number of a contract that the system names, such as ``HT-2025-0001``.

    One that was typed for a contract in writing is passed over.
    """
    table, year, form = table_of(MfgContract), shop.local_day(tx.now).year, str(shop.setting("mfg.no.contract"))
    while True:
        drawn = tx.draw(f"mfg-contract/{year}" if "{year}" in form else "mfg-contract")
        number = form.format(n=drawn, year=year)
        if tx.one(MfgContract, table.c.contract_no == number) is None:
            return number
