"""Batches that were loaded, and taking the last one back. Source: brokerage.md section 5.13."""

from __future__ import annotations

from serviceflow.api import Shop, T, table_of, undo_operation

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
        raise bad("unknown", what=T("loaded batch", zh="已导入批次"), id=number)
    with leased(shop, "import", shop.local_day(shop.clock.now())):
        if batch.kind != "snapshots":
            undo_operation(shop, batch.operation)
            return
        with shop.write("brokerage import undo") as tx:
            later = undo_snapshots(tx, number)
            if later is not None:
                raise bad("undo-not-latest", n=later)
            tx.change(tx.need(BrokerBatch, number), state="undone")
            tx.batch(table_of(BrokerBatch), number, {"undone": number})
            tx.summary = T("Batch {n} taken back", zh="撤销批次 {n}").of(n=number)


def batches(shop: Shop) -> list[BrokerBatch]:
    """Return all batches, newest first."""
    with shop.reading() as tx:
        return tx.all(BrokerBatch, order_by=[table_of(BrokerBatch).c.id.desc()])
