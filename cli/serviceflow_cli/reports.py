"""Figures of the flows, read from the shop's rows alone: how far orders come, where they wait, what is in work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from serviceflow.errors import BadInput
from serviceflow.spans import span
from serviceflow.store.read import Found, Reader, title
from serviceflow.texts import T, plain

Row = dict[str, Any]
TITLES: Final = {
    "funnel": T("How far orders came, and where they wait", zh="订单走到哪一步, 在哪里等"),
    "open": T("Orders in work, by step", zh="在办订单分布"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """The orders looked at: opened from ``since``, before ``until``."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """What a report found.

    Args:
        title: Its name, with the flow's.
        rows: Bars: ``title``, ``count`` and what the columns of the report add.
        remark: What is worth saying below it.
        dated: Whether it is of the orders of a period.
    """

    title: T
    rows: list[Row]
    remark: T | None = None
    dated: bool = True


def pick_flow(read: Reader, typed: str, period: Period) -> Found:
    """Return the row of the flow meant, in its newest version; the busiest of the period when nothing was typed.

    Raises:
        BadInput: There is no such flow, or none at all.
    """
    newest = (
        "FROM catalogue_flow f WHERE f.version = (SELECT max(v.version) FROM catalogue_flow v WHERE v.flow = f.flow)"
    )
    if not typed:
        busiest = read.rows(
            "SELECT f.*, (SELECT count(*) FROM orders o WHERE o.flow = f.flow AND o.opened_at >= :since"  # noqa: S608
            f" AND o.opened_at < :until) AS opened {newest} ORDER BY opened DESC, f.flow LIMIT 1",
            since=period.since,
            until=period.until,
        )
        if busiest:
            return busiest[0]
    flows = read.rows(f"SELECT f.* {newest} ORDER BY f.flow")
    wanted = typed.strip()
    ends = ("-" + wanted, "." + wanted)
    named = [
        row for row in flows if wanted in (row["flow"], row["title_en"], row["title_zh"]) or row["flow"].endswith(ends)
    ]
    if not named:
        raise BadInput(
            T("There is no flow {key}.", zh="没有流程 {key}。").of(key=wanted or "-"),
            T("There are: {names}", zh="现有: {names}").of(names=", ".join(row["flow"] for row in flows) or "-"),
            ref="report.flow",
        )
    return named[0]


def funnel(read: Reader, flow: str, period: Period) -> Report:
    """Return how many of a flow's orders came to each step, and how long they stood there on average."""
    chosen = pick_flow(read, flow, period)
    reached, stood = _moves(read, chosen["flow"], period)
    steps = read.rows(
        "SELECT * FROM catalogue_step WHERE flow = :flow AND version = :version ORDER BY position",
        flow=chosen["flow"],
        version=chosen["version"],
    )
    shown = [row for row in steps if row["on_path"]] + [
        row for row in steps if not row["on_path"] and reached.get(row["step"])
    ]
    first = next((reached[row["step"]] for row in shown if reached.get(row["step"])), 0)
    rows = [
        {
            "step": row["step"], "title": title(row), "count": reached.get(row["step"], 0),
            "percent": round(100 * reached.get(row["step"], 0) / first) if first else None,
            "hours": stood.get(row["step"]) if not row["final"] else None,
        }
        for row in shown
    ]  # fmt: skip
    return Report(
        T("{flow}: how far orders came", zh="{flow}: 走到各步骤的订单").of(flow=title(chosen)), rows, _slowest(rows)
    )


def _slowest(rows: list[Row]) -> T | None:
    waits = [row for row in rows if row["hours"]]
    if not waits:
        return None
    slow = max(waits, key=lambda row: row["hours"])
    return T("slowest: {step}, {span} on average", zh="最慢: {step}, 平均 {span}").of(
        step=slow["title"], span=span(timedelta(hours=slow["hours"]))
    )


def _moves(read: Reader, flow: str, period: Period) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many orders came to each step, and how many whole hours they stood there on average.

    Those that still stand there have stood until now. The history is walked once: of a million orders that takes
    seconds.
    """
    left = "COALESCE(m.left_at, m.closed_at, :now)"
    seconds = (
        f"(julianday({left}) - julianday(m.at)) * 86400"
        if read.dialect == "sqlite"
        else f"EXTRACT(EPOCH FROM {left} - m.at)"
    )
    rows = read.rows(
        f"SELECT m.step, count(DISTINCT m.order_id) AS orders, avg({seconds}) AS seconds FROM ("  # noqa: S608
        "SELECT x.order_id, x.to_step AS step, x.at, o.closed_at,"
        " lead(x.at) OVER (PARTITION BY x.order_id ORDER BY x.at, x.id) AS left_at FROM orders o"
        " JOIN order_action x ON x.order_id = o.id WHERE o.flow = :flow AND o.opened_at >= :since"
        " AND o.opened_at < :until AND x.to_step <> x.from_step) m GROUP BY m.step",
        now=read.now,
        flow=flow,
        since=period.since,
        until=period.until,
    )
    return (
        {row["step"]: row["orders"] for row in rows},
        {row["step"]: int(float(row["seconds"] or 0) // 3600) for row in rows},
    )


def in_work(read: Reader, flow: str, period: Period) -> Report:
    """Return how many open orders stand in each step, and which has stood there longest."""
    where, values = ("AND o.flow = :flow", {"flow": pick_flow(read, flow, period)["flow"]}) if flow else ("", {})
    rows = read.rows(
        "SELECT o.flow, o.step, count(*) AS orders, min(o.entered_at) AS entered_at, max(o.flow_version) AS version"  # noqa: S608
        f" FROM orders o WHERE o.closed_at IS NULL {where} GROUP BY o.flow, o.step",
        **values,
    )
    titles = {
        (row["flow"], row["step"]): row
        for row in read.rows("SELECT s.*, f.title_en AS flow_en, f.title_zh AS flow_zh FROM catalogue_step s"
                             " JOIN catalogue_flow f ON f.flow = s.flow AND f.version = s.version ORDER BY s.version")
    }  # fmt: skip
    found = []
    for row in rows:
        known = titles.get((row["flow"], row["step"]))
        oldest = read.one(
            "SELECT order_number FROM v_order WHERE flow = :flow AND step = :step AND closed_at IS NULL"
            " ORDER BY entered_at, order_id LIMIT 1",
            flow=row["flow"],
            step=row["step"],
        )
        found.append(
            {
                "flow": row["flow"], "flow_title": title(known, "flow") if known else row["flow"], "step": row["step"],
                "title": title(known) if known else row["step"], "count": row["orders"], "since": row["entered_at"],
                "oldest": oldest["order_number"] if oldest else None,
                "position": known["position"] if known else 0,
            }
        )  # fmt: skip
    found.sort(key=lambda row: (row["flow"], row["position"]))
    return Report(TITLES["open"], found, dated=False)


MAKERS: Final[dict[str, Callable[[Reader, str, Period], Report]]] = {"funnel": funnel, "open": in_work}


def day_of_past(read: Reader, typed: str) -> date:
    """Return a day as typed, the last one where no year is: ``11-01`` on 25 November is of this year."""
    from serviceflow.calendars import Calendar
    from serviceflow.dates import parse_when

    def none(key: str) -> Calendar:
        raise BadInput(
            T("Type a day, not business days.", zh="请写日期, 不要写工作日数。"),
            plain("--since 11-01"),
            ref="report.day",
        )

    found = parse_when(typed, read.now.astimezone(read.zone), none, "shop").day
    yearless = str(found.year) not in typed and found > read.today
    return found.replace(year=found.year - 1) if yearless and (found.month, found.day) != (2, 29) else found
