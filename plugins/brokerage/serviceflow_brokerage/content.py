"""Topics follow the segment: what a run's moves mean for everybody's subscriptions.

Source: brokerage.md section 5.5.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from serviceflow.api import Tx, table_of
from sqlalchemy import Column, Integer, MetaData, Table, Text

from serviceflow_brokerage.segment.fields import drop, make, run_sql
from serviceflow_brokerage.tables.contact import BrokerSubscription
from serviceflow_brokerage.tables.segments import BrokerServicePlan

_PLANNED: Final = Table(
    "broker_tmp_topics",
    MetaData(),
    Column("segment", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    prefixes=["TEMPORARY"],
)
_WHO: Final = Table(
    "broker_tmp_moved",
    MetaData(),
    Column("customer_id", Integer, primary_key=True),
    Column("segment", Text),
    prefixes=["TEMPORARY"],
)
_WHO_MOVED: Final = """
INSERT INTO broker_tmp_moved (customer_id, segment) SELECT customer_id, new FROM broker_segment_change
WHERE run_id = :run AND subject = 'segment' AND new IS NOT NULL
"""
_THEIRS: Final = "customer_id IN (SELECT customer_id FROM broker_tmp_moved)"
_MOVED: Final = "FROM broker_tmp_moved c WHERE c.customer_id = broker_subscription.customer_id"
_ENDING: Final = f"""
{_THEIRS} AND origin = 'plan' AND state = 'active' AND EXISTS (SELECT 1 {_MOVED} AND NOT EXISTS (
  SELECT 1 FROM broker_tmp_topics t WHERE t.segment = c.segment AND t.topic = broker_subscription.topic))
"""  # noqa: S608
_RETURNING: Final = f"""
{_THEIRS} AND state = 'ended' AND EXISTS (SELECT 1 {_MOVED} AND EXISTS (
  SELECT 1 FROM broker_tmp_topics t WHERE t.segment = c.segment AND t.topic = broker_subscription.topic))
"""  # noqa: S608
_END: Final = f"""
UPDATE broker_subscription SET state = 'ended', rv = rv + 1 WHERE run_id IS NOT NULL AND {_ENDING}
"""  # noqa: S608
_AGAIN: Final = f"""
UPDATE broker_subscription SET state = 'active', origin = 'plan', since = :d, rv = rv + 1
WHERE run_id IS NOT NULL AND {_RETURNING}
"""  # noqa: S608
_BY_HAND: Final = "SELECT id FROM broker_subscription WHERE run_id IS NULL AND {} ORDER BY id"
_NEW: Final = """
INSERT INTO broker_subscription (rv, customer_id, topic, channel, origin, codes, state, since, run_id)
SELECT 1, c.customer_id, t.topic, '', 'plan', '[]', 'active', :d, :run
FROM broker_tmp_moved c JOIN broker_tmp_topics t ON t.segment = c.segment
WHERE NOT EXISTS (
  SELECT 1 FROM broker_subscription s WHERE s.customer_id = c.customer_id AND s.topic = t.topic)
ORDER BY c.customer_id, t.topic
"""


def follow_segments(tx: Tx, run: int, day: date) -> None:
    """Give those who have moved the topics of their new plan; own choices stay, what was opted out of stays out."""
    make(tx, _PLANNED)
    rows = [{"segment": p.segment, "topic": topic} for p in tx.all(BrokerServicePlan) for topic in p.topics]
    if rows:
        tx.connection.execute(_PLANNED.insert(), rows)
    make(tx, _WHO)
    run_sql(tx, _WHO_MOVED, run=run)
    for condition, columns in (
        (_ENDING, {"state": "ended"}),
        (_RETURNING, {"state": "active", "origin": "plan", "since": day}),
    ):
        for (number,) in run_sql(tx, _BY_HAND.format(condition)).all():
            tx.change(tx.need(BrokerSubscription, number), **columns)
    run_sql(tx, _END)
    run_sql(tx, _AGAIN, d=day)
    run_sql(tx, _NEW, run=run, d=day)
    tx.batch(table_of(BrokerSubscription), run, {"column": "run_id", "run": run})
    drop(tx, _PLANNED, _WHO)
