"""Reports on all clients: segments and values, who moved, who left, what they bring. Source: brokerage.md section 9."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from serviceflow.api import BadInput, Customer, Interaction, T, plain, table_of
from sqlalchemy import BigInteger, Date, Integer, and_, bindparam, case, column, func, select, text

from serviceflow_brokerage.reports.sheet import CLIENTS, PART, SHARE, WHOLE, Head, Period, Sheet, mean, rate, share_of
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.tables.segments import (
    BrokerDimensionValue,
    BrokerFeature,
    BrokerSegmentChange,
    BrokerSegmentState,
)

NEGATIVE: Final = 50
"""Clients without profit that are named."""
BAND: Final = 10
SEGMENT: Final = Head("segment", T("Segment", zh="细分"))


def segments(period: Period) -> Sheet:
    """Clients, assets, commission of a year and mean value of each segment, or of each value of a dimension."""
    tx, features = period.tx, table_of(BrokerFeature)
    group: Any
    if period.by:
        values = table_of(BrokerDimensionValue)
        on = and_(values.c.customer_id == features.c.customer_id, values.c.dimension == period.by)
        source, group = features.join(values, on), values.c.value
        known = [d for (d,) in tx.rows(select(values.c.dimension).distinct().order_by(values.c.dimension))]
        if known and period.by not in known:
            raise BadInput(
                T("There is no dimension {name}.", zh="没有维度 {name}。").of(name=period.by),
                plain("--by {names}").of(names=" | ".join(known)), ref="broker.dimension",
            )  # fmt: skip
    else:
        states = table_of(BrokerSegmentState)
        source, group = features.join(states, states.c.customer_id == features.c.customer_id), states.c.segment
    query = (
        select(
            group, func.count(), func.sum(features.c.assets_now), func.sum(features.c.commission_365),
            func.sum(features.c.value_score),
        )
        .select_from(source)
        .group_by(group)
        .order_by(group)
    )  # fmt: skip
    rows = [
        {
            "segment": name, "clients": n, "assets": int(assets or 0), "commission": int(commission or 0),
            "value": mean(int(score), n),
        }
        for name, n, assets, commission, score in tx.rows(query)
    ]  # fmt: skip
    heads = (
        Head("segment", plain(period.by) if period.by else SEGMENT.title),
        CLIENTS,
        Head("assets", T("Assets", zh="资产"), "money"),
        Head("commission", T("Commission, 365 days", zh="365日佣金"), "money"),
        Head("value", T("Mean value", zh="平均价值分"), "mean"),
    )
    return Sheet(heads, rows, bars="clients")


def values(period: Period) -> Sheet:
    """How the value scores of all clients are spread, in bands of ten; 0 are those never ranked."""
    features = table_of(BrokerFeature)
    band = case((features.c.value_score == 0, -1), else_=(features.c.value_score - 1) // BAND)
    counts = {int(b): n for b, n in period.tx.rows(select(band, func.count()).group_by(band))}
    bands = [(-1, "0"), *((n, f"{n * BAND + 1}-{(n + 1) * BAND}") for n in range(100 // BAND))]
    total = sum(counts.values())
    rows = [
        {"band": name, "clients": counts.get(n, 0), "share": rate(counts.get(n, 0), total)} for n, name in bands
    ] if total else []  # fmt: skip
    heads = (Head("band", T("Value", zh="价值分")), CLIENTS, SHARE)
    return Sheet(heads, rows, bars="clients")


def migration(period: Period) -> Sheet:
    """From which segment to which: the first old and the last new one of each client who moved in the period."""
    changes = table_of(BrokerSegmentChange)
    inside = (changes.c.subject == "segment", changes.c.effective_on.between(period.first, period.last))
    ends = (
        select(changes.c.customer_id, func.min(changes.c.id).label("first_id"), func.max(changes.c.id).label("last_id"))
        .where(*inside)
        .group_by(changes.c.customer_id)
        .subquery()
    )
    old, new = changes.alias(), changes.alias()
    query = (
        select(old.c.old, new.c.new, func.count())
        .select_from(ends.join(old, old.c.id == ends.c.first_id).join(new, new.c.id == ends.c.last_id))
        .group_by(old.c.old, new.c.new)
    )
    rows = [{"old": a or "-", "new": b or "-", "clients": n} for a, b, n in period.tx.rows(query)]
    rows.sort(key=lambda row: (row["old"], row["new"]))
    heads = (Head("old", T("From", zh="原")), Head("new", T("To", zh="新")), CLIENTS)
    return Sheet(heads, rows, cross=("old", "new", "clients"))


def churn(period: Period) -> Sheet:
    """Clients closed in the period among those active when it began; the dormant among all."""
    tx, clients, states = period.tx, table_of(BrokerClient), table_of(BrokerSegmentState)
    count = select(func.count()).select_from(clients)
    began = tx.scalar(
        count.where(
            clients.c.opened_on < period.first,
            (clients.c.closed_on.is_(None)) | (clients.c.closed_on >= period.first),
            clients.c.status != "prospect",
        )
    )
    closed = tx.scalar(
        count.where(clients.c.closed_on.between(period.first, period.last), clients.c.opened_on < period.first)
    )
    people = tx.scalar(select(func.count()).select_from(states))
    dormant = tx.scalar(select(func.count()).select_from(states).where(states.c.segment == "dormant"))
    rows = [
        share_of(T("Clients closed of those active at the start", zh="期内销户/期初客户"), closed, began),
        share_of(T("Dormant of all", zh="休眠/全部"), dormant, people),
    ]
    return Sheet((Head("name", T("Figure", zh="指标")), PART, WHOLE, SHARE), rows)


_PROFIT: Final = """
SELECT c.customer_id, COALESCE(e.earned, 0) AS earned, COALESCE(w.spent, 0) AS spent
FROM broker_client c
LEFT JOIN (
  SELECT a.customer_id, CAST(SUM(CASE WHEN s.net_commission IS NOT NULL THEN s.net_commission
    WHEN s.commission > s.turnover * :passed / 1000000 THEN s.commission - s.turnover * :passed / 1000000
    ELSE 0 END) AS BIGINT) AS earned
  FROM broker_snapshot s JOIN broker_account a ON a.id = s.account_id
  WHERE s.as_of > :since AND s.as_of <= :until GROUP BY a.customer_id) e ON e.customer_id = c.customer_id
LEFT JOIN (
  SELECT customer_id, CAST(SUM(CASE channel {costs} ELSE 0 END) AS BIGINT) AS spent
  FROM interaction WHERE outward = :yes AND at >= :from_at AND at < :to_at GROUP BY customer_id) w
  ON w.customer_id = c.customer_id
WHERE c.status <> 'prospect'
"""


def profit(period: Period) -> Sheet:
    """Net commission of the year up to the last day less what contacts cost, by segment; who brings a loss is named."""
    tx, shop = period.tx, period.shop
    costs = channel_costs(shop.setting("broker.channel_cost_fen"))
    cases = " ".join(f"WHEN :c{n} THEN {int(cost)}" for n, cost in enumerate(costs.values())) or "WHEN '' THEN 0"
    year = Period(shop, tx, period.last - timedelta(days=364), period.last)
    statement = text(_PROFIT.format(costs=cases))
    at = table_of(Interaction).c.at.type
    given: dict[str, Any] = {f"c{n}": name for n, name in enumerate(costs)}
    given |= {"passed": shop.setting("broker.passthrough_ppm"), "yes": True}
    typed = [bindparam("from_at", year.begin, type_=at), bindparam("to_at", year.end, type_=at)]
    typed += [bindparam("since", year.first - timedelta(days=1), Date), bindparam("until", year.last, Date)]
    valued: list[Any] = [bindparam(name, value) for name, value in given.items()]
    numbers = (column("customer_id", Integer), column("earned", BigInteger), column("spent", BigInteger))
    table = statement.bindparams(*typed, *valued).columns(*numbers).subquery("money")
    states, clients, people = table_of(BrokerSegmentState), table_of(BrokerClient), table_of(Customer)
    joined = table.outerjoin(states, states.c.customer_id == table.c.customer_id)
    left = table.c.earned - table.c.spent
    sums = (
        select(
            states.c.segment, func.count(), func.sum(table.c.earned), func.sum(table.c.spent),
            func.sum(case((left < 0, 1), else_=0)),
        )
        .select_from(joined)
        .group_by(states.c.segment)
        .order_by(states.c.segment)
    )  # fmt: skip
    rows = [
        {
            "name": segment or "-", "clients": n, "earned": int(earned), "spent": int(spent),
            "profit": int(earned) - int(spent), "losing": int(losing),
        }
        for segment, n, earned, spent, losing in tx.rows(sums)
    ]  # fmt: skip
    worst = (
        select(clients.c.client_no, people.c.name, table.c.earned, table.c.spent)
        .select_from(
            table.join(clients, clients.c.customer_id == table.c.customer_id).join(
                people, people.c.id == table.c.customer_id
            )
        )
        .where(left < 0)
        .order_by(left, clients.c.client_seq)
        .limit(NEGATIVE)
    )
    rows += [
        {
            "name": f"{number or '-'} {name}", "clients": 1, "earned": earned, "spent": spent,
            "profit": earned - spent, "losing": 1,
        }
        for number, name, earned, spent in tx.rows(worst)
    ]  # fmt: skip
    heads = (
        Head("name", T("Segment or client", zh="细分或客户")),
        CLIENTS,
        Head("earned", T("Net commission", zh="净佣金"), "money"),
        Head("spent", T("Contacts", zh="联系成本"), "money"),
        Head("profit", T("Profit", zh="利润"), "money"),
        Head("losing", T("Below 0", zh="低于0"), "number"),
    )
    return Sheet(heads, rows)


def channel_costs(typed: list[str]) -> dict[str, int]:
    """Return the cost of a contact by channel as the setting says it: ``phone=300``."""
    return {name.strip(): int(cost) for name, _, cost in (word.partition("=") for word in typed)}


def channel(period: Period) -> Sheet:
    """Clients by trading channel and class of region; how many are served off-site."""
    tx, features = period.tx, table_of(BrokerFeature)
    values, modes = table_of(BrokerDimensionValue), table_of(BrokerDimensionValue).alias()
    here = and_(values.c.customer_id == features.c.customer_id, values.c.dimension == "channel")
    mode = and_(modes.c.customer_id == features.c.customer_id, modes.c.dimension == "service_mode")
    query = (
        select(
            values.c.value, features.c.region_class, func.count(),
            func.sum(case((modes.c.value == "offsite", 1), else_=0)),
            func.sum(case((modes.c.value.in_(["offsite", "onsite"]), 1), else_=0)),
        )
        .select_from(features.join(values, here).outerjoin(modes, mode))
        .group_by(values.c.value, features.c.region_class)
    )  # fmt: skip
    rows = [
        {
            "channel": value, "region": region or "-", "clients": n, "offsite": rate(int(off), int(known)),
            "off": int(off), "known": int(known),
        }
        for value, region, n, off, known in tx.rows(query)
    ]  # fmt: skip
    rows.sort(key=lambda row: (row["channel"], row["region"]))
    off, known = sum(row["off"] for row in rows), sum(row["known"] for row in rows)
    share = rate(off, known)
    notes = [
        T("served off-site: {off} of {known} whose mode is known", zh="非现场服务: {off}/{known} (服务方式已知)").of(
            off=off, known=known
        )
    ] if share is not None else []  # fmt: skip
    heads = (
        Head("channel", T("Channel", zh="渠道")),
        Head("region", T("Region", zh="地区类别")),
        CLIENTS,
        Head("offsite", T("Off-site", zh="非现场占比"), "share"),
    )
    return Sheet(heads, rows, cross=("channel", "region", "clients"), notes=notes)
