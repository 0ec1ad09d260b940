"""Issuing a document: number, version, language and the snapshot of its facts, in the transaction of its cause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from serviceflow.documents.snapshot import hidden, snapshot
from serviceflow.flow.document import Document
from serviceflow.flow.trade import Trade
from serviceflow.store.tables import Customer, DocumentRow, VoidNumber
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop


def issue(
    shop: Shop,
    tx: Tx,
    trade: Trade,
    document: Document,
    facts: Mapping[str, Any],
    *,
    order_id: int | None = None,
    customer: Customer | None = None,
    draft: bool = False,
    number: str | None = None,
) -> DocumentRow:
    """Store a document; of one with ``versions`` that the order has already, the next version.

    Args:
        document: Which of the trade's.
        facts: Values of its fields.
        order_id: The order it is about, if there is one.
        draft: It stays one until it is made final.
        number: One that was given elsewhere, such as typed from a printed form; unique all the same.

    Raises:
        ValueError: A fact is not among the document's fields.
    """
    unknown = sorted(set(facts) - {field.partition(".")[0] for field in document.fields})
    if unknown:
        raise ValueError(f"document {document.key} has no field {', '.join(unknown)}")
    kept = snapshot(facts, shop.zone)
    if document.audience == "outsider":
        kept = hidden(kept, document.masks)
    first = _first(tx, trade, document, order_id)
    return tx.add(
        DocumentRow(
            number=(_given(tx, number) or next_number(shop, tx, trade, document)) if first is None else None,
            of_id=first.id if first is not None else None,
            trade=trade.key,
            key=document.key,
            order_id=order_id,
            customer_id=customer.id if customer is not None else None,
            title_en=document.title.en,
            title_zh=document.title.zh,
            version=1 if first is None else _newest(tx, first) + 1,
            language=_language(shop, document, customer),
            state="draft" if draft else "final",
            facts=kept,
            made_by=tx.staff_id,
            made_at=tx.now,
        )
    )


def _language(shop: Shop, document: Document, customer: Customer | None) -> str:
    own = customer.language if customer is not None and document.audience == "customer" else None
    return own or str(shop.settings.get("core.language"))


def _given(tx: Tx, number: str | None) -> str | None:
    """Return a number given elsewhere; void by a taken-back entry, it is entered again."""
    void = tx.get(VoidNumber, number) if number is not None else None
    if void is not None:
        tx.remove(void)
    return number


def next_number(shop: Shop, tx: Tx, trade: Trade, document: Document) -> str | None:
    """Draw the next number of a ``document``; ``None`` for one that has none.

    The shop's setting ``<prefix>.no.<document>`` is the format where the trade declares it.
    """
    if document.series is None:
        return None
    own = f"{trade.prefixes[0]}.no.{document.key}"
    form = str(shop.setting(own)) if shop.settings.has(own) else document.series
    year = shop.local_day(tx.now).year
    series = f"{trade.key}-{document.key}"
    drawn = tx.draw(f"{series}/{year}" if "{year}" in form else series)
    return form.format(n=drawn, year=year)


def _first(tx: Tx, trade: Trade, document: Document, order_id: int | None) -> DocumentRow | None:
    if not document.versions or order_id is None:
        return None
    table = table_of(DocumentRow)
    return tx.one(
        DocumentRow,
        table.c.order_id == order_id,
        table.c.trade == trade.key,
        table.c.key == document.key,
        table.c.of_id.is_(None),
        table.c.state != "void",
        order_by=[table.c.id.desc()],
    )


def _newest(tx: Tx, first: DocumentRow) -> int:
    table = table_of(DocumentRow)
    later = tx.scalar(select(func.max(table.c.version)).where(table.c.of_id == first.id))
    return int(later or first.version)


def documents_of(tx: Tx, order_id: int, *keys: str) -> list[DocumentRow]:
    """Return the documents of an order that are not void, of these kinds (of all without ``keys``), oldest first."""
    table = table_of(DocumentRow)
    wanted = [table.c.key.in_(keys)] if keys else []
    return tx.all(DocumentRow, table.c.order_id == order_id, table.c.state != "void", *wanted)


def make_void(tx: Tx, row: DocumentRow, reason: T) -> None:
    """Say of a document that it holds no more; ``reason`` is why."""
    tx.change(row, state="void", void_at=tx.now, void_en=reason.to("en"), void_zh=reason.to("zh"))
