"""What watch rules know besides the fields of a run: drops, losses, commissions by month, single large movements.

A base lies before the current snapshot (scenario S5: an account delivered for the first time takes no part).
Source: brokerage.md section 5.10.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from serviceflow.api import T, Tx, add_months, conditions
from sqlalchemy import BigInteger, Column, Date, Integer, MetaData, Table

from serviceflow_brokerage.segment.fields import make, run_sql

WATCH_FIELDS: Final[Mapping[str, conditions.FieldType]] = {
    "drop_base": conditions.FieldType("money", T("Assets before", zh="期初资产")),
    "drop_cur": conditions.FieldType("money", T("Assets now", zh="期末资产")),
    "asset_drop_bp": conditions.FieldType("bp", T("Drop of assets", zh="资产降幅")),
    "loss_bp": conditions.FieldType("bp", T("Loss", zh="亏损比例")),
    "com_prev": conditions.FieldType("money", T("Commission of the month before", zh="前月佣金")),
    "com_last": conditions.FieldType("money", T("Commission of the last month", zh="上月佣金")),
    "com_drop_bp": conditions.FieldType("bp", T("Drop of commission", zh="佣金降幅")),
    "net_outflow": conditions.FieldType("money", T("Net outflow", zh="净流出")),
}
EVENT_FIELDS: Final[Mapping[str, conditions.FieldType]] = {
    "ev_deposits": conditions.FieldType("money", T("Deposits of the day", zh="当日转入")),
    "ev_withdrawals": conditions.FieldType("money", T("Withdrawals of the day", zh="当日转出")),
    "ev_before": conditions.FieldType("money", T("Assets before", zh="此前资产")),
    "ev_withdrawal_bp": conditions.FieldType("bp", T("Share withdrawn", zh="转出比例")),
}
MOVES: Final = Table(
    "broker_tmp_moves",
    MetaData(),
    Column("customer_id", Integer, primary_key=True),
    *(Column(name, BigInteger) for name in WATCH_FIELDS),
    prefixes=["TEMPORARY"],
)
EVENTS: Final = Table(
    "broker_tmp_events",
    MetaData(),
    Column("customer_id", Integer, primary_key=True),
    Column("as_of", Date, primary_key=True),
    *(Column(name, BigInteger) for name in EVENT_FIELDS),
    prefixes=["TEMPORARY"],
)

# Materialized, or SQLite computes a day anew wherever it is named: a hundred times the work.
_MOVES = """
INSERT INTO broker_tmp_moves (customer_id, drop_base, drop_cur, asset_drop_bp, loss_bp, com_prev, com_last, com_drop_bp,
  net_outflow)
WITH cur AS MATERIALIZED (
  SELECT a.id, a.customer_id, a.opened_on,
    CASE WHEN a.closed_on IS NULL OR a.closed_on > :d THEN 1 ELSE 0 END AS is_open,
    CASE WHEN a.closed_on <= :d THEN a.closed_on ELSE (SELECT MAX(s.as_of) FROM broker_snapshot s
      WHERE s.account_id = a.id AND s.as_of > :w AND s.as_of <= :d) END AS cur_day
  FROM broker_account a WHERE a.opened_on <= :d AND (a.closed_on IS NULL OR a.closed_on > :since)
), based AS MATERIALIZED (
  SELECT c.id, c.customer_id, c.opened_on, c.is_open, c.cur_day, (SELECT MIN(s.as_of) FROM broker_snapshot s
    WHERE s.account_id = c.id AND s.as_of < c.cur_day AND DAYS(c.cur_day, s.as_of) <= :look) AS base_day
  FROM cur c WHERE c.cur_day IS NOT NULL
), taking AS MATERIALIZED (
  SELECT b.customer_id, b.is_open,
    COALESCE((SELECT s.total_assets FROM broker_snapshot s WHERE s.account_id = b.id AND s.as_of = b.base_day), 0)
      AS base,
    CASE WHEN b.is_open = 1 THEN (SELECT s.total_assets FROM broker_snapshot s
      WHERE s.account_id = b.id AND s.as_of = b.cur_day) ELSE 0 END AS cur,
    COALESCE((SELECT SUM(s.deposits) - SUM(s.withdrawals) FROM broker_snapshot s WHERE s.account_id = b.id
      AND s.as_of <= b.cur_day AND (b.base_day IS NULL OR s.as_of > b.base_day)), 0) AS inflow
  FROM based b WHERE b.base_day IS NOT NULL OR (b.is_open = 1 AND DAYS(b.cur_day, b.opened_on) <= :look)
), moved AS (
  SELECT customer_id, CAST(SUM(base) AS BIGINT) AS base, CAST(SUM(cur) AS BIGINT) AS cur,
    CAST(SUM(inflow) AS BIGINT) AS inflow,
    CAST(SUM(CASE WHEN is_open = 1 THEN base END) AS BIGINT) AS own_base,
    CAST(SUM(CASE WHEN is_open = 1 THEN base + inflow - cur END) AS BIGINT) AS loss
  FROM taking GROUP BY customer_id
), paid AS (
  SELECT a.customer_id,
    CAST(SUM(CASE WHEN s.as_of >= :m0 AND s.as_of < :m1 THEN s.commission END) AS BIGINT) AS prev,
    CAST(SUM(CASE WHEN s.as_of >= :m1 AND s.as_of < :m2 THEN s.commission END) AS BIGINT) AS last
  FROM broker_snapshot s JOIN broker_account a ON a.id = s.account_id
  WHERE s.as_of >= :m0 AND s.as_of < :m2 GROUP BY a.customer_id
)
SELECT c.customer_id, m.base, m.cur,
  CASE WHEN m.base > 0 THEN CASE WHEN m.base > m.cur THEN 10000 * (m.base - m.cur) / m.base ELSE 0 END END,
  CASE WHEN m.own_base > 0 THEN CASE WHEN m.loss > 0 THEN 10000 * m.loss / m.own_base ELSE 0 END END,
  p.prev, p.last,
  CASE WHEN p.prev > 0 AND p.last IS NOT NULL
    THEN CASE WHEN p.last < p.prev THEN 10000 * (p.prev - p.last) / p.prev ELSE 0 END END,
  - m.inflow
FROM broker_client c LEFT JOIN moved m ON m.customer_id = c.customer_id
LEFT JOIN paid p ON p.customer_id = c.customer_id
WHERE m.customer_id IS NOT NULL OR p.customer_id IS NOT NULL
"""
_EVENTS = """
INSERT INTO broker_tmp_events (customer_id, as_of, ev_deposits, ev_withdrawals, ev_before, ev_withdrawal_bp)
WITH days AS MATERIALIZED (
  SELECT a.customer_id, s.as_of, CAST(SUM(s.deposits) AS BIGINT) AS deposits,
    CAST(SUM(s.withdrawals) AS BIGINT) AS withdrawals
  FROM broker_snapshot s JOIN broker_account a ON a.id = s.account_id
  WHERE s.as_of > :scan AND s.as_of <= :d AND (s.deposits > 0 OR s.withdrawals > 0)
  GROUP BY a.customer_id, s.as_of
), held AS (
  SELECT e.customer_id, e.as_of, e.deposits, e.withdrawals,
    (SELECT CAST(SUM(s.total_assets) AS BIGINT) FROM broker_snapshot s JOIN broker_account a ON a.id = s.account_id
     WHERE a.customer_id = e.customer_id AND s.as_of < e.as_of AND DAYS(e.as_of, s.as_of) <= :window
       AND s.as_of = (SELECT MAX(t.as_of) FROM broker_snapshot t WHERE t.account_id = s.account_id
         AND t.as_of < e.as_of)) AS before
  FROM days e
)
SELECT customer_id, as_of, deposits, withdrawals, before, 10000 * withdrawals / NULLIF(before, 0) FROM held
"""


def fill_moves(tx: Tx, day: date, settings: Mapping[str, Any]) -> tuple[Table, Table]:
    """Compute drops, losses, commissions and movements of everybody at a day into tables of this transaction."""
    make(tx, MOVES)
    make(tx, EVENTS)
    after_last = day.replace(day=1) if add_months(day.replace(day=1), 1) - timedelta(days=1) > day else None
    m2 = after_last or add_months(day.replace(day=1), 1)
    run_sql(
        tx, _MOVES, d=day, w=day - timedelta(days=settings["asset_window_days"]),
        since=day - timedelta(days=settings["drop_lookback_days"]), look=settings["drop_lookback_days"],
        m0=add_months(m2, -2), m1=add_months(m2, -1), m2=m2,
    )  # fmt: skip
    run_sql(
        tx, _EVENTS, d=day, scan=day - timedelta(days=settings["event_scan_days"]),
        window=settings["asset_window_days"],
    )  # fmt: skip
    return MOVES, EVENTS
