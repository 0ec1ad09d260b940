"""Segmentation written slowly and obviously, one client after the other, to be compared with the set-based run.

Source: brokerage.md sections 5.1, 5.2, 5.3, read without looking at the SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from serviceflow_brokerage.segment.rulefile import RuleFile


@dataclass
class Account:
    opened_on: date
    closed_on: date | None = None
    offer: tuple[date, date] | None = None
    snapshots: dict[date, dict[str, Any]] = field(default_factory=dict)

    def is_open(self, day: date) -> bool:
        return self.opened_on <= day and (self.closed_on is None or self.closed_on > day)


@dataclass
class Client:
    key: int
    profile: dict[str, Any]
    opened_on: date
    birthday: date | None
    accounts: list[Account]
    assessments: list[tuple[date, date, int, str]] = field(default_factory=list)


def age(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def fields(client: Client, day: date, window: int) -> dict[str, Any] | None:
    """Return the fields of a client, ``None`` when he does not belong to the population."""
    open_accounts = [a for a in client.accounts if a.is_open(day)]
    if client.profile["status"] not in ("active", "suspended") or client.opened_on > day or not open_accounts:
        return None
    found: dict[str, Any] = dict(client.profile)
    found["age"] = age(client.birthday, day) if client.birthday and client.profile["kind"] == "person" else None
    found["days_since_open"] = (day - client.opened_on).days
    found["open_accounts"] = len(open_accounts)

    latest, averages, seen_days = [], [], []
    for account in open_accounts:
        inside = {d: s for d, s in account.snapshots.items() if day - timedelta(days=window) < d <= day}
        if inside:
            latest.append(inside[max(inside)])
            averages.append(sum(s["total_assets"] for s in inside.values()) // len(inside))
        seen_days += [d for d in account.snapshots if d <= day]
    found["assets_now"] = sum(s["total_assets"] for s in latest) if latest else None
    found["assets_avg"] = sum(averages) if averages else None
    cash = [s["cash"] for s in latest if s["cash"] is not None]
    found["cash_now"] = sum(cash) if cash else None
    found["cash_bp"] = 10000 * found["cash_now"] // found["assets_now"] if cash and found["assets_now"] else None
    found["data_date"] = max(seen_days) if seen_days else None
    found["data_age"] = (day - max(seen_days)).days if seen_days else None

    every = [(d, s) for a in client.accounts for d, s in a.snapshots.items() if d <= day]
    traded = [s["last_trade_date"] or d for d, s in every if s["last_trade_date"] or s["trades"] > 0]
    found["last_trade"] = max(traded) if traded else None
    found["traded_ever"] = bool(traded) if every else None
    late = found["data_age"] is None or found["data_age"] >= window
    found["days_since_trade"] = None if late or not traded else max(0, (max(seen_days) - max(traded)).days)
    for name in ("trades_90", "trades_365", "turnover_90", "turnover_365", "commission_90", "commission_365",
                 "deposits_30", "withdrawals_30"):  # fmt: skip
        column, _, days = name.rpartition("_")
        rows = [s for d, s in every if d > day - timedelta(days=int(days))]
        found[name] = sum(s[column] for s in rows) if rows else None
    placed = [s for d, s in every if d > day - timedelta(days=180) and s["trades_onsite"] is not None]
    trades = sum(s["trades"] for s in placed)
    found["onsite_bp_180"] = 10000 * sum(s["trades_onsite"] for s in placed) // trades if trades else None

    counted = [a for a in client.assessments if a[0] <= day and a[3] not in ("pending_review", "rejected")]
    newest = max(enumerate(counted), key=lambda pair: (pair[1][0], pair[0]))[1] if counted else None
    found["risk_valid"] = newest is not None and day < newest[1]
    found["risk_level"] = newest[2] if newest is not None and found["risk_valid"] else None
    found["risk_days_left"] = (newest[1] - day).days if newest is not None else None
    found["on_discount"] = any(a.offer and a.offer[0] <= day < a.offer[1] for a in open_accounts)
    found["open_complaint"] = False
    return found


def scored(people: dict[int, dict[str, Any]], quantiles: int, weights: list[int]) -> None:
    """Add r, f, m and the value score."""
    ranked = [p for p in people.values() if p["last_trade"] is not None]
    for person in people.values():
        person.update(r=0, f=0, m=0, value_score=0)
    for name, column in (("r", "last_trade"), ("f", "trades_365"), ("m", "commission_365")):
        for person in ranked:
            worse = [p for p in ranked if (p[column] or _zero(column)) < (person[column] or _zero(column))]
            person[name] = 1 + quantiles * len(worse) // len(ranked)
    for person in ranked:
        person["value_score"] = sum(w * person[n] for w, n in zip(weights, "rfm", strict=True)) // quantiles


def _zero(column: str) -> Any:
    return date.min if column == "last_trade" else 0


@dataclass
class Verdict:
    segment: str
    dimensions: dict[str, tuple[str, str]]
    labels: set[str]


def divided(
    clients: list[Client], day: date, rules: RuleFile, settings: Mapping[str, Any]
) -> tuple[dict[int, dict[str, Any]], dict[int, Verdict]]:
    """Return everybody's fields and verdict at a day."""
    people = {c.key: f for c in clients if (f := fields(c, day, settings["asset_window_days"])) is not None}
    scored(people, settings["rfm_quantiles"], settings["rfm_weights"])
    verdicts = {}
    for key, person in people.items():
        row = dict(person)
        dimensions = {}
        for dimension in rules.dimensions:
            rule = dimension.table.decide(row)
            value = rule.value_for(row)
            assert value is not None
            row[f"dim.{dimension.id}"] = value
            dimensions[dimension.id] = (value, rule.id)
        segment = rules.segments.decide(row).id
        row["segment"] = segment
        verdicts[key] = Verdict(segment, dimensions, {x.id for x in rules.labels if x.condition.holds(row)})
    return people, verdicts
