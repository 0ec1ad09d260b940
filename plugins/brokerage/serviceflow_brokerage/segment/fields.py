"""The fields of every client at a day, computed for all clients at once in the database.

The population P(D) are clients who were active or suspended on D with at least one account open at D. Somebody who
has closed since belongs to a past day as he did then. Source: brokerage.md section 5.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from serviceflow.api import T, Tx, conditions, table_of
from sqlalchemy import Column, Date, MetaData, Table, bindparam, text

from serviceflow_brokerage.tables.segments import BrokerFeature

FieldTypes = Mapping[str, conditions.FieldType]

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("active", "suspended"),
    "kind": ("person", "organisation"),
    "investor_class": ("ordinary", "professional"),
    "source_kind": ("walk_in", "online", "bank", "telecom", "campaign", "referral", "other"),
    "education": ("junior", "senior", "college", "graduate"),
    "income": ("low", "mid", "high"),
    "pref_channel": ("counter", "online", "phone", "bank_link"),
    "service_mode_declared": ("onsite", "offsite"),
    "time_input_declared": ("fulltime", "parttime"),
    "region_class": ("central", "small_city", "remote"),
    "region_entry": ("online", "bank_link", "phone"),
}


def _field(name: str, kind: Any, en: str, zh: str) -> tuple[str, conditions.FieldType]:
    return name, conditions.FieldType(kind, T(en, zh=zh), _WORDS.get(name, ()))


FIELDS: Final[Mapping[str, conditions.FieldType]] = dict(
    (
        _field("status", "enum", "Status", "状态"),
        _field("kind", "enum", "Kind", "类型"),
        _field("investor_class", "enum", "Investor class", "投资者类别"),
        _field("source_kind", "enum", "Source", "来源"),
        _field("branch", "text", "Branch", "营业部"),
        _field("region_code", "text", "Region", "地区"),
        _field("education", "enum", "Education", "学历"),
        _field("income", "enum", "Income", "收入"),
        _field("occupation", "text", "Occupation", "职业"),
        _field("pref_channel", "enum", "Preferred channel", "偏好渠道"),
        _field("service_mode_declared", "enum", "Declared service mode", "自报服务方式"),
        _field("time_input_declared", "enum", "Declared time", "自报投入时间"),
        _field("region_class", "enum", "Class of region", "地区类别"),
        _field("region_entry", "enum", "Entry product of region", "地区入口"),
        _field("age", "int", "Age", "年龄"),
        _field("days_since_open", "int", "Days since opening", "开户天数"),
        _field("open_accounts", "int", "Open accounts", "在用账户数"),
        _field("assets_now", "money", "Assets now", "当前资产"),
        _field("assets_avg", "money", "Average assets", "平均资产"),
        _field("cash_now", "money", "Cash", "可用资金"),
        _field("cash_bp", "bp", "Share of cash", "资金占比"),
        _field("data_date", "date", "Date of data", "数据日期"),
        _field("data_age", "int", "Age of data", "数据天数"),
        _field("last_trade", "date", "Last trade", "最后交易日"),
        _field("traded_ever", "bool", "Ever traded", "曾交易"),
        _field("days_since_trade", "int", "Days since trade", "未交易天数"),
        _field("trades_90", "int", "Trades in 90 days", "90日笔数"),
        _field("trades_365", "int", "Trades in 365 days", "365日笔数"),
        _field("turnover_90", "money", "Turnover in 90 days", "90日成交额"),
        _field("turnover_365", "money", "Turnover in 365 days", "365日成交额"),
        _field("commission_90", "money", "Commission in 90 days", "90日佣金"),
        _field("commission_365", "money", "Commission in 365 days", "365日佣金"),
        _field("deposits_30", "money", "Deposits in 30 days", "30日转入"),
        _field("withdrawals_30", "money", "Withdrawals in 30 days", "30日转出"),
        _field("onsite_bp_180", "bp", "On-site share in 180 days", "180日现场占比"),
        _field("risk_level", "int", "Risk level", "风险等级"),
        _field("risk_valid", "bool", "Assessment valid", "测评有效"),
        _field("risk_days_left", "int", "Days the assessment is valid", "测评剩余天数"),
        _field("on_discount", "bool", "On a special rate", "享优惠佣金"),
        _field("open_complaint", "bool", "Open complaint", "有未结投诉"),
    )
)
SCORES: Final[Mapping[str, conditions.FieldType]] = dict(
    (
        _field("r", "int", "Recency", "近度"),
        _field("f", "int", "Frequency", "频度"),
        _field("m", "int", "Money", "额度"),
        _field("value_score", "int", "Value score", "价值分"),
    )
)
"""What section 5.3 adds; watch rules do not know them."""


def temporary(name: str, *more: Column[Any], like: type[Any] = BrokerFeature) -> Table:
    """Return a table of this transaction with the columns of ``like`` and more."""
    columns = [Column(c.name, c.type, primary_key=c.primary_key) for c in table_of(like).c]
    return Table(name, MetaData(), *columns, *more, prefixes=["TEMPORARY"])


def make(tx: Tx, table: Table) -> Table:
    """Create a table of this transaction, in place of an older one."""
    drop(tx, table)
    table.create(tx.connection)
    return table


def drop(tx: Tx, *tables: Table) -> None:
    """Remove tables of this transaction."""
    for table in tables:
        tx.connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table.name}")


def dialect_sql(tx: Tx, sql: str) -> str:
    """Return SQL with its few words that the databases spell differently.

    ``DAYS(a, b)``: calendar days from b to a. ``PLUS(a, n)``: n days later. ``YEAR(x)`` and ``MONTHDAY(x)``: whole
    numbers of a date. ``LOCAL(x)``: the day of an instant ``:offset`` minutes from UTC.
    """
    if tx.dialect == "sqlite":
        plus, local = r"date(\1, '+' || \2 || ' days')", r"date(\1, :offset || ' minutes')"
        days, year, month_day = (
            r"CAST(julianday(\1) - julianday(\2) AS INTEGER)",
            r"CAST(strftime('%Y', \1) AS INTEGER)",
            r"CAST(strftime('%m%d', \1) AS INTEGER)",
        )
    else:
        plus = r"(CAST(\1 AS DATE) + CAST(\2 AS INTEGER))"
        local = r"CAST((\1 AT TIME ZONE 'UTC') + CAST(:offset AS INTEGER) * INTERVAL '1 minute' AS DATE)"
        days, year, month_day = (
            r"(CAST(\1 AS DATE) - CAST(\2 AS DATE))",
            r"CAST(to_char(CAST(\1 AS DATE), 'YYYY') AS INTEGER)",
            r"CAST(to_char(CAST(\1 AS DATE), 'MMDD') AS INTEGER)",
        )
    sql = re.sub(r"DAYS\(([^,()]+), ([^,()]+)\)", days, sql)
    sql = re.sub(r"PLUS\(([^,()]+), ([^,()]+)\)", plus, sql)
    sql = re.sub(r"LOCAL\(([^()]+)\)", local, sql)
    sql = re.sub(r"YEAR\(([^()]+)\)", year, sql)
    return re.sub(r"MONTHDAY\(([^()]+)\)", month_day, sql)


def run_sql(tx: Tx, sql: str, **given: Any) -> Any:
    """Run a statement; days among the parameters go in as the database keeps them."""
    statement = text(dialect_sql(tx, sql))
    dated = [bindparam(name, type_=Date) for name, value in given.items() if isinstance(value, date)]
    return tx.connection.execute(statement.bindparams(*dated), given)


def windows(day: date, settings: Mapping[str, Any]) -> dict[str, date]:
    """Return the days after which each window of `FILL` begins."""
    back = {"w": settings["asset_window_days"], "d30": 30, "d90": 90, "d180": 180, "d365": 365}
    return {"d": day, **{name: day - timedelta(days=n) for name, n in back.items()}}


FILL: Final = """
INSERT INTO broker_tmp_fields (
  customer_id, status, kind, investor_class, source_kind, branch, region_code, education, income, occupation,
  pref_channel, service_mode_declared, time_input_declared, region_class, region_entry, age, days_since_open,
  open_accounts, assets_now, assets_avg, cash_now, cash_bp, data_date, data_age, last_trade, traded_ever,
  days_since_trade, trades_90, trades_365, turnover_90, turnover_365, commission_90, commission_365, deposits_30,
  withdrawals_30, onsite_bp_180, risk_level, risk_valid, risk_days_left, on_discount, open_complaint, r, f, m,
  value_score)
WITH owned AS (
  SELECT a.id, a.customer_id,
    CASE WHEN a.opened_on <= :d AND (a.closed_on IS NULL OR a.closed_on > :d) THEN 1 ELSE 0 END AS is_open
  FROM broker_account a
), seen AS (
  SELECT s.account_id,
    MAX(s.as_of) AS last_day,
    MAX(CASE WHEN s.as_of > :w THEN s.as_of END) AS now_day,
    CAST(SUM(CASE WHEN s.as_of > :w THEN s.total_assets END) AS BIGINT)
      / NULLIF(SUM(CASE WHEN s.as_of > :w THEN 1 ELSE 0 END), 0) AS avg_assets,
    MAX(CASE WHEN s.last_trade_date IS NOT NULL THEN s.last_trade_date WHEN s.trades > 0 THEN s.as_of END)
      AS last_trade,
    SUM(CASE WHEN s.as_of > :d90 THEN s.trades END) AS trades_90,
    SUM(CASE WHEN s.as_of > :d365 THEN s.trades END) AS trades_365,
    SUM(CASE WHEN s.as_of > :d90 THEN s.turnover END) AS turnover_90,
    SUM(CASE WHEN s.as_of > :d365 THEN s.turnover END) AS turnover_365,
    SUM(CASE WHEN s.as_of > :d90 THEN s.commission END) AS commission_90,
    SUM(CASE WHEN s.as_of > :d365 THEN s.commission END) AS commission_365,
    SUM(CASE WHEN s.as_of > :d30 THEN s.deposits END) AS deposits_30,
    SUM(CASE WHEN s.as_of > :d30 THEN s.withdrawals END) AS withdrawals_30,
    SUM(CASE WHEN s.as_of > :d180 AND s.trades_onsite IS NOT NULL THEN s.trades END) AS placed,
    SUM(CASE WHEN s.as_of > :d180 THEN s.trades_onsite END) AS placed_onsite
  FROM broker_snapshot s WHERE s.as_of <= :d GROUP BY s.account_id
), held AS (
  SELECT o.customer_id,
    SUM(o.is_open) AS open_accounts,
    CAST(SUM(CASE WHEN o.is_open = 1 THEN n.total_assets END) AS BIGINT) AS assets_now,
    CAST(SUM(CASE WHEN o.is_open = 1 THEN v.avg_assets END) AS BIGINT) AS assets_avg,
    CAST(SUM(CASE WHEN o.is_open = 1 THEN n.cash END) AS BIGINT) AS cash_now,
    MAX(CASE WHEN o.is_open = 1 THEN v.last_day END) AS data_date,
    MAX(v.last_trade) AS last_trade,
    COUNT(v.account_id) AS seen_accounts,
    CAST(SUM(v.trades_90) AS BIGINT) AS trades_90,
    CAST(SUM(v.trades_365) AS BIGINT) AS trades_365,
    CAST(SUM(v.turnover_90) AS BIGINT) AS turnover_90,
    CAST(SUM(v.turnover_365) AS BIGINT) AS turnover_365,
    CAST(SUM(v.commission_90) AS BIGINT) AS commission_90,
    CAST(SUM(v.commission_365) AS BIGINT) AS commission_365,
    CAST(SUM(v.deposits_30) AS BIGINT) AS deposits_30,
    CAST(SUM(v.withdrawals_30) AS BIGINT) AS withdrawals_30,
    CAST(SUM(v.placed) AS BIGINT) AS placed,
    CAST(SUM(v.placed_onsite) AS BIGINT) AS placed_onsite
  FROM owned o
  LEFT JOIN seen v ON v.account_id = o.id
  LEFT JOIN broker_snapshot n ON n.account_id = o.id AND n.as_of = v.now_day
  GROUP BY o.customer_id HAVING SUM(o.is_open) > 0
), assessed AS (
  SELECT customer_id, level, assessed_on, expires_on,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY assessed_on DESC, id DESC) AS newest
  FROM broker_risk_assessment WHERE assessed_on <= :d AND state NOT IN ('pending_review', 'rejected')
)
SELECT c.customer_id, CASE WHEN c.status = 'closed' THEN 'active' ELSE c.status END, c.kind, c.investor_class,
  c.source_kind, c.branch, c.region_code, c.education, c.income, c.occupation, c.pref_channel,
  c.service_mode_declared, c.time_input_declared, g.region_class, g.entry,
  CASE WHEN c.kind = 'person' AND p.birthday IS NOT NULL THEN YEAR(:d) - YEAR(p.birthday)
    - CASE WHEN MONTHDAY(:d) < MONTHDAY(p.birthday) THEN 1 ELSE 0 END END,
  DAYS(:d, c.opened_on),
  h.open_accounts, h.assets_now, h.assets_avg, h.cash_now,
  10000 * h.cash_now / NULLIF(h.assets_now, 0),
  h.data_date, DAYS(:d, h.data_date), h.last_trade,
  CASE WHEN h.seen_accounts > 0 THEN h.last_trade IS NOT NULL END,
  CASE WHEN h.data_date > :w AND h.last_trade IS NOT NULL
    THEN CASE WHEN h.last_trade > h.data_date THEN 0 ELSE DAYS(h.data_date, h.last_trade) END END,
  h.trades_90, h.trades_365, h.turnover_90, h.turnover_365, h.commission_90, h.commission_365, h.deposits_30,
  h.withdrawals_30, 10000 * h.placed_onsite / NULLIF(h.placed, 0),
  CASE WHEN k.expires_on > :d THEN k.level END,
  CASE WHEN k.expires_on > :d THEN :yes ELSE :no END,
  DAYS(k.expires_on, :d),
  EXISTS (SELECT 1 FROM broker_rate_offer t JOIN broker_account b ON b.id = t.account_id
    WHERE t.customer_id = c.customer_id AND t.state IN ('effective', 'reviewing', 'notice')
      AND t.effective_on <= :d AND t.expires_on > :d AND b.opened_on <= :d
      AND (b.closed_on IS NULL OR b.closed_on > :d)),
  EXISTS (SELECT 1 FROM broker_complaint w JOIN task j ON j.id = w.task_id
    WHERE w.customer_id = c.customer_id AND j.state = 'open'),
  0, 0, 0, 0
FROM broker_client c
JOIN customer p ON p.id = c.customer_id
JOIN held h ON h.customer_id = c.customer_id
LEFT JOIN broker_region g ON g.code = c.region_code
LEFT JOIN assessed k ON k.customer_id = c.customer_id AND k.newest = 1
WHERE c.opened_on <= :d
  AND (c.status IN ('active', 'suspended') OR (c.status = 'closed' AND c.closed_on > :d))
"""


ONE: Final = (
    FILL.replace("FROM broker_account a\n)", "FROM broker_account a WHERE a.customer_id = :one\n)")
    .replace(
        "s.as_of <= :d GROUP BY",
        "s.as_of <= :d AND s.account_id IN (SELECT id FROM broker_account WHERE customer_id = :one) GROUP BY",
    )
    .replace("WHERE assessed_on <= :d", "WHERE customer_id = :one AND assessed_on <= :d")
)
"""`FILL` for one customer."""


def fill_fields(tx: Tx, day: date, settings: Mapping[str, Any], customer_id: int | None = None) -> Table:
    """Compute the fields of everybody, or of one customer, at a day into a table of this transaction."""
    table = make(tx, temporary("broker_tmp_fields"))
    if customer_id is None:
        run_sql(tx, FILL, **windows(day, settings), yes=True, no=False)
    else:
        run_sql(tx, ONE, **windows(day, settings), yes=True, no=False, one=customer_id)
    return table
