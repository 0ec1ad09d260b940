"""Batches that were loaded, and taking the last one back. Source: brokerage.md section 5.13."""

from __future__ import annotations

from serviceflow.api import Refused, Shop, T, plain, table_of, undo_operation

from serviceflow_brokerage.feed.snapshots import undo_snapshots
from serviceflow_brokerage.lease import leased
from serviceflow_brokerage.refusals import bad
from serviceflow_brokerage.tables.clients import BrokerBatch


def undo_import(shop: Shop, number: int) -> None:
    """Remove what a batch inserted and restore what it replaced; runs are not rolled back.

    Raises:
        BadInput: ``undo-not-latest``, ``run-locked``, or there is no such batch.
    """
    with shop.reading() as tx:
        batch = tx.get(BrokerBatch, number)
    if batch is None or batch.state != "loaded":
        raise bad("unknown", plain("flow broker import list"), what=T("loaded batch", zh="已导入批次"), id=number)
    with leased(shop, "import", shop.local_day(shop.clock.now())):
        if batch.kind != "snapshots":
            _undo_rows(shop, batch)
            return
        with shop.write("brokerage import undo") as tx:
            later = undo_snapshots(tx, number)
            if later is not None:
                raise bad("undo-not-latest", n=later)
            tx.change(tx.need(BrokerBatch, number), state="undone")
            tx.batch(table_of(BrokerBatch), number, {"undone": number})
            tx.summary = T("Batch {n} taken back", zh="撤销批次 {n}").of(n=number)


def _undo_rows(shop: Shop, batch: BrokerBatch) -> None:
    """Take back a batch of single rows, each of which is in the journal; the batch itself is kept as undone."""
    table = table_of(BrokerBatch)
    try:
        undo_operation(shop, batch.operation)
    except Refused as cause:
        with shop.reading() as tx:
            later = tx.one(
                BrokerBatch, table.c.kind == batch.kind, table.c.state == "loaded", table.c.id > batch.id,
                order_by=[table.c.id.desc()],
            )  # fmt: skip
        if later is None:
            raise
        raise bad("undo-not-latest", n=later.id) from cause
    with shop.write("brokerage import undo") as tx:
        tx.add(BrokerBatch(**{**batch.model_dump(), "rv": 1, "state": "undone"}))
        tx.summary = T("Batch {n} taken back", zh="撤销批次 {n}").of(n=batch.id)


def batches(shop: Shop) -> list[BrokerBatch]:
    """Return all batches, newest first."""
    with shop.reading() as tx:
        return tx.all(BrokerBatch, order_by=[table_of(BrokerBatch).c.id.desc()])
