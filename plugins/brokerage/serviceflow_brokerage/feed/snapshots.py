"""Snapshots of accounts: staged as they are read, checked against each other and the shop by set statements.

Replaced rows are kept with the batch, so that taking it back restores them. Source: brokerage.md section 5.13.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from serviceflow.api import Shop, T, Tx, feed, table_of
from sqlalchemy import BigInteger, Column, Date, Integer, MetaData, Table, Text, func, select

from serviceflow_brokerage.feed.cells import Cell, CellFault, read_count, read_day, read_fen, read_row, read_text
from serviceflow_brokerage.feed.load import MOST, Counts
from serviceflow_brokerage.segment.fields import drop, make, run_sql
from serviceflow_brokerage.tables.clients import BrokerSnapshot

CELLS: Final[Mapping[str, Cell]] = {
    cell.key: cell
    for cell in (
        Cell("account_no", "资金账号", read_text, needed=True),
        Cell("as_of", "数据日期", read_day, needed=True),
        Cell("total_assets", "总资产", read_fen, needed=True),
        Cell("cash", "可用资金", read_fen),
        Cell("trades", "成交笔数", read_count),
        Cell("trades_onsite", "现场笔数", read_count),
        Cell("turnover", "成交额", read_fen),
        Cell("commission", "佣金", read_fen),
        Cell("net_commission", "净佣金", read_fen),
        Cell("deposits", "转入", read_fen),
        Cell("withdrawals", "转出", read_fen),
        Cell("last_trade_date", "最后交易日", read_day),
    )
}
FIGURES: Final = tuple(key for key in CELLS if key not in ("account_no", "as_of"))
ZERO: Final = ("trades", "turnover", "commission", "deposits", "withdrawals")
"""Empty counts and flows are none at all; other empty figures are unknown."""
BLOCK: Final = 5_000
_WHOLE = ("line", "account_id", "trades", "trades_onsite")
_STAGE = Table(
    "broker_tmp_stage",
    MetaData(),
    Column("line", Integer, primary_key=True),
    Column("account_no", Text),
    Column("as_of", Date),
    *(
        Column(name, Date() if name == "last_trade_date" else Integer() if name in _WHOLE else BigInteger())
        for name in FIGURES
    ),
    Column("account_id", Integer),
    Column("state", Text, default=""),
    prefixes=["TEMPORARY"],
)
_SAME = " AND ".join(f"s.{name} IS NOT DISTINCT FROM {{0}}.{name}" for name in FIGURES)

_KNOW = """
UPDATE broker_tmp_stage SET account_id = (SELECT a.id FROM broker_account a
  WHERE a.account_no = broker_tmp_stage.account_no)
"""
_UNKNOWN = "UPDATE broker_tmp_stage SET state = 'row-unknown-account' WHERE account_id IS NULL"
_OUTSIDE = """
UPDATE broker_tmp_stage SET state = 'row-outside-account' WHERE state = '' AND NOT EXISTS (
  SELECT 1 FROM broker_account a WHERE a.id = broker_tmp_stage.account_id AND a.opened_on <= broker_tmp_stage.as_of
    AND (a.closed_on IS NULL OR a.closed_on >= broker_tmp_stage.as_of))
"""
_TWICE = """
UPDATE broker_tmp_stage SET state = CASE WHEN EXISTS (
    SELECT 1 FROM broker_tmp_stage s WHERE s.account_id = broker_tmp_stage.account_id
      AND s.as_of = broker_tmp_stage.as_of AND s.line <> broker_tmp_stage.line AND s.state NOT LIKE 'row-o%'
      AND NOT ({same})) THEN 'row-dup-conflict' ELSE 'duplicate' END
WHERE state = '' AND (account_id, as_of) IN (
  SELECT account_id, as_of FROM broker_tmp_stage WHERE state = '' GROUP BY account_id, as_of HAVING COUNT(*) > 1)
""".format(same=_SAME.format("broker_tmp_stage"))  # noqa: S608
_FIRST = """
UPDATE broker_tmp_stage SET state = '' WHERE state = 'duplicate' AND line IN (
  SELECT MIN(line) FROM broker_tmp_stage WHERE state = 'duplicate' GROUP BY account_id, as_of)
"""
_THERE = """
UPDATE broker_tmp_stage SET state = CASE WHEN EXISTS (
    SELECT 1 FROM broker_snapshot s WHERE s.account_id = broker_tmp_stage.account_id
      AND s.as_of = broker_tmp_stage.as_of AND {same}) THEN 'unchanged' ELSE 'different' END
WHERE state = '' AND EXISTS (
  SELECT 1 FROM broker_snapshot s WHERE s.account_id = broker_tmp_stage.account_id AND s.as_of = broker_tmp_stage.as_of)
""".format(same=_SAME.format("broker_tmp_stage"))  # noqa: S608
_COLUMNS = ", ".join(FIGURES)
_KEEP = f"""
INSERT INTO broker_snapshot_undo (undone_by, account_id, as_of, {_COLUMNS}, batch_id)
SELECT :batch, s.account_id, s.as_of, {", ".join(f"s.{n}" for n in FIGURES)}, s.batch_id
FROM broker_snapshot s JOIN broker_tmp_stage t ON t.account_id = s.account_id AND t.as_of = s.as_of
WHERE t.state = 'different'
"""  # noqa: S608
_REPLACE = f"""
UPDATE broker_snapshot SET {", ".join(f"{n} = t.{n}" for n in FIGURES)}, batch_id = :batch
FROM broker_tmp_stage t
WHERE t.account_id = broker_snapshot.account_id AND t.as_of = broker_snapshot.as_of AND t.state = 'different'
"""  # noqa: S608
_INSERT = f"""
INSERT INTO broker_snapshot (account_id, as_of, {_COLUMNS}, batch_id)
SELECT account_id, as_of, {_COLUMNS}, :batch FROM broker_tmp_stage WHERE state = ''
"""  # noqa: S608


class Snapshots:
    """Loads a file of snapshots."""

    cells = CELLS

    def begin(self, shop: Shop, tx: Tx, batch: int, today: date, *, replace: bool) -> None:
        """Get ready."""
        self.tx, self.batch, self.today, self.replace = tx, batch, today, replace
        self.oldest = today - timedelta(days=shop.setting("broker.snapshot_max_age_days"))
        self.waiting: list[dict[str, Any]] = []
        make(tx, _STAGE)

    def take(self, line: int, cells: feed.Cells) -> None:
        """Stage a row; raises `CellFault`."""
        row: dict[str, Any] = dict.fromkeys(CELLS) | dict.fromkeys(ZERO, 0) | read_row(cells, CELLS)
        if row["as_of"] > self.today:
            raise CellFault("row-future-date")
        if row["as_of"] < self.oldest:
            raise CellFault("row-too-old")
        if row["trades_onsite"] is not None and row["trades_onsite"] > row["trades"]:
            raise CellFault("row-onsite-gt-trades")
        if row["last_trade_date"] is not None and row["last_trade_date"] > row["as_of"]:
            raise CellFault("row-last-trade-after")
        self.waiting.append({**row, "line": line, "state": ""})
        if len(self.waiting) == BLOCK:
            self._stage()

    def _stage(self) -> None:
        if self.waiting:
            self.tx.connection.execute(_STAGE.insert(), self.waiting)
            self.waiting.clear()

    def finish(self) -> tuple[Counts, dict[int, CellFault]]:
        """Store what was staged by whole-table statements."""
        self._stage()
        tx = self.tx
        tx.connection.exec_driver_sql("CREATE INDEX broker_tmp_stage_key ON broker_tmp_stage (account_no, as_of)")
        for statement in (_KNOW, _UNKNOWN, _OUTSIDE):
            run_sql(tx, statement)
        tx.connection.exec_driver_sql("CREATE INDEX broker_tmp_stage_id ON broker_tmp_stage (account_id, as_of)")
        for statement in (_TWICE, _FIRST, _THERE):
            run_sql(tx, statement)
        if self.replace:
            run_sql(tx, _KEEP, batch=self.batch)
            run_sql(tx, _REPLACE, batch=self.batch)
        run_sql(tx, _INSERT, batch=self.batch)
        states = dict(tuple(row) for row in tx.rows(select(_STAGE.c.state, func.count()).group_by(_STAGE.c.state)))
        late: dict[int, CellFault] = {}
        bad = [
            "row-unknown-account",
            "row-outside-account",
            "row-dup-conflict",
            *([] if self.replace else ["different"]),
        ]
        for line, account_no, state in tx.rows(
            select(_STAGE.c.line, _STAGE.c.account_no, _STAGE.c.state)
            .where(_STAGE.c.state.in_(bad))
            .order_by(_STAGE.c.line)
            .limit(MOST)
        ):
            late[line] = CellFault("row-exists-different" if state == "different" else state, no=account_no)
        counts = Counts(
            states.get("", 0), states.get("different", 0) if self.replace else 0, states.get("unchanged", 0),
            states.get("duplicate", 0), sum(states.get(state, 0) for state in bad),
        )  # fmt: skip
        drop(tx, _STAGE)
        return counts, late

    def notes(self) -> list[T]:
        """Nothing more to say."""
        return []


_LATER = """
SELECT MAX(later) FROM (
  SELECT s.batch_id AS later FROM broker_snapshot s
    JOIN broker_snapshot_undo u ON u.account_id = s.account_id AND u.as_of = s.as_of
    WHERE u.undone_by = :batch AND s.batch_id > :batch
  UNION ALL
  SELECT u.undone_by FROM broker_snapshot_undo u WHERE u.batch_id = :batch) found
"""
_RESTORE = f"""
UPDATE broker_snapshot SET {", ".join(f"{n} = u.{n}" for n in FIGURES)}, batch_id = u.batch_id
FROM broker_snapshot_undo u
WHERE u.account_id = broker_snapshot.account_id AND u.as_of = broker_snapshot.as_of AND u.undone_by = :batch
"""  # noqa: S608


def undo_snapshots(tx: Tx, batch: int) -> int | None:
    """Take back a batch of snapshots; returns the later batch that stands in the way, if any."""
    later = run_sql(tx, _LATER, batch=batch).scalar()
    if later is not None:
        return int(later)
    run_sql(tx, _RESTORE, batch=batch)
    run_sql(tx, "DELETE FROM broker_snapshot_undo WHERE undone_by = :batch", batch=batch)
    tx.connection.execute(table_of(BrokerSnapshot).delete().where(table_of(BrokerSnapshot).c.batch_id == batch))
    return None
