"""Service plans turned into today's calls: who is due, for whom, how many. Source: brokerage.md section 5.5."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from serviceflow.api import Shop, T, TaskRow, Tx, roll
from sqlalchemy import Column, Date, MetaData, Table

from serviceflow_brokerage.contacts import HUMAN, RULE, end_those_made, proposed
from serviceflow_brokerage.lease import check_day, hold, leased
from serviceflow_brokerage.limits import end_of
from serviceflow_brokerage.reach import persons
from serviceflow_brokerage.roles import SM
from serviceflow_brokerage.segment.fields import drop, make, run_sql
from serviceflow_brokerage.tables.segments import BrokerServicePlan

_BASED: Final = """
  SELECT s.customer_id, s.segment, s.value_score, p.contact_days, COALESCE(i.last_day, s.since) AS base_day
  FROM broker_segment_state s JOIN broker_service_plan p ON p.segment = s.segment
  LEFT JOIN (SELECT customer_id, MAX(LOCAL(at)) AS last_day FROM interaction
    WHERE channel IN ({channels}) AND outcome IN ({outcomes}) GROUP BY customer_id) i
    ON i.customer_id = s.customer_id
  WHERE p.contact_days > 0
"""
"""Everybody who is called at all, with the day his cadence counts from."""
_RAW: Final = f"""
SELECT DISTINCT raw_due FROM (SELECT PLUS(b.base_day, b.contact_days) AS raw_due FROM ({_BASED}) b) found
WHERE raw_due <= :until
"""  # noqa: S608
_DUE: Final = f"""
SELECT customer_id, owner_id, next_due, name, client_no, segment FROM (
  SELECT b.customer_id, k.owner_id, r.rolled AS next_due, k.name, c.client_no, b.segment, ROW_NUMBER() OVER (
    PARTITION BY k.owner_id ORDER BY b.value_score DESC, r.rolled, c.client_seq) AS place
  FROM ({_BASED}) b
  JOIN broker_client c ON c.customer_id = b.customer_id JOIN customer k ON k.id = b.customer_id
  JOIN broker_tmp_due r ON r.raw = PLUS(b.base_day, b.contact_days)
  WHERE r.rolled <= :until AND NOT EXISTS (
    SELECT 1 FROM task t WHERE t.rule = 'brokerage:service-contact' AND t.customer_id = b.customer_id
      AND t.state = 'open')) ranked
WHERE place <= :most - COALESCE((SELECT COUNT(*) FROM task t WHERE t.rule = 'brokerage:service-contact'
    AND t.subject = :stamp AND (t.assignee_id = ranked.owner_id OR (t.assignee_id IS NULL AND ranked.owner_id IS NULL))
  ), 0)
ORDER BY owner_id, place
"""  # noqa: S608
_ROLLED: Final = Table(
    "broker_tmp_due", MetaData(), Column("raw", Date, primary_key=True), Column("rolled", Date), prefixes=["TEMPORARY"]
)


@dataclass(slots=True)
class Served:
    """What a service run did."""

    as_of: date
    tasks: int = 0
    reached: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A client who is to be contacted, by name and number, with the channels of his plan."""

    customer_id: int
    owner_id: int | None
    due: date
    name: str
    channels: list[str]


def service_run(shop: Shop, day: date | None = None) -> Served:
    """Plan the calls of a day, at most so many per owner.

    Raises:
        BadInput: ``as-of-future``, ``as-of-back`` or ``run-locked``.
    """
    today = shop.local_day(shop.clock.now())
    found = Served(day or today)
    with shop.reading() as tx:
        check_day(tx, "service", found.as_of, today)
    with leased(shop, "service", found.as_of) as run:
        with shop.write("brokerage service run") as tx:
            found.reached = end_those_made(shop, tx)
            wanted = _candidates(shop, tx, found.as_of)
            known = persons(tx, [one.customer_id for one in wanted])
            for one in wanted:
                _add(shop, tx, found.as_of, one, proposed(known[one.customer_id], one.channels))
            found.tasks = len(wanted)
            hold(tx, run)
            tx.summary = T("Service run of {day}: {n} calls", zh="服务运行 {day}: {n} 件联系").of(
                day=found.as_of, n=found.tasks
            )
        run.counts = {"tasks": found.tasks, "reached": found.reached}
    return found


def _candidates(shop: Shop, tx: Tx, day: date) -> list[Wanted]:
    until = day + timedelta(days=shop.setting("broker.service_lead_days"))
    given: dict[str, Any] = {"until": until, "offset": offset_minutes(shop, tx.now)}
    outcomes = shop.setting("broker.contact_outcomes")
    lists = {
        "channels": ", ".join(f":c{n}" for n in range(len(HUMAN))),
        "outcomes": ", ".join(f":o{n}" for n in range(len(outcomes))),
    }
    given |= {f"c{n}": word for n, word in enumerate(HUMAN)} | {f"o{n}": word for n, word in enumerate(outcomes)}
    calendar = shop.calendar("shop")
    raw = [_as_date(row[0]) for row in run_sql(tx, _RAW.format(**lists), **given)]
    make(tx, _ROLLED)
    if raw:
        tx.connection.execute(_ROLLED.insert(), [{"raw": d, "rolled": roll(calendar, d, 1)} for d in raw])
    most = shop.setting("broker.service_tasks_per_owner")
    rows = run_sql(tx, _DUE.format(**lists), **given, most=most, stamp=day.isoformat()).all()
    drop(tx, _ROLLED)
    plans = {p.segment: p.contact_channels for p in tx.all(BrokerServicePlan)}
    return [
        Wanted(customer, owner, _as_date(due), f"{name} {number}" if number else name, plans[segment])
        for customer, owner, due, name, number, segment in rows
    ]


def _as_date(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def offset_minutes(shop: Shop, at: datetime) -> int:
    """Return how far the shop's clock is from UTC at a moment."""
    offset = at.astimezone(shop.zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds() // 60)


def _add(shop: Shop, tx: Tx, day: date, one: Wanted, channel: str | None) -> None:
    title = T("Service contact: {name}", zh="服务联系: {name}").of(name=one.name)
    if channel is not None:
        words = T("Service contact by {channel}: {name}", zh="服务联系({channel}): {name}")
        title = words.of(channel=HUMAN[channel], name=one.name)
    tx.add(
        TaskRow(
            rule=RULE, subject=day.isoformat(), title_en=title.to("en"), title_zh=title.to("zh"),
            due_at=end_of(shop, max(one.due, day)), assignee_id=one.owner_id, role=None if one.owner_id else SM,
            customer_id=one.customer_id, made_at=tx.now, stays=True,
        )
    )  # fmt: skip
