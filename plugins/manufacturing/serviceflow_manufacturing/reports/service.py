"""Quotations, samples, acknowledgements, notices, entries, satisfaction. Source: manufacturing.md section 9."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any

from serviceflow.api import OrderAction, Staff, T, TaskRow, table_of

from serviceflow_manufacturing.reports.period import Figure, Period, mean
from serviceflow_manufacturing.tables import (
    MfgAck,
    MfgChange,
    MfgEntry,
    MfgError,
    MfgQuote,
    MfgSample,
    MfgSurvey,
)

ENQUIRY_END = ("won", "lost")


def _deeds(period: Period, *actions: str) -> list[OrderAction]:
    table = table_of(OrderAction)
    found = period.tx.all(OrderAction, table.c.action.in_(actions), order_by=[table.c.id])
    return [d for d in found if period.counts(d.order_id)]


def quotations(period: Period) -> Iterator[Figure]:
    """Hit rate of enquiries that ended, and the lead time of quotations sent, by mode."""
    table = table_of(OrderAction)
    ends = [d for d in period.tx.all(OrderAction, table.c.to_step.in_(ENQUIRY_END))
            if d.from_step not in ("", *ENQUIRY_END) and period.has(d.at) and period.counts(d.order_id)
            and period.order(d.order_id).flow == "mfg-enquiry"]  # fmt: skip
    yield Figure("hit-rate", T("Quotation hit rate", zh="报价成交率"), sum(d.to_step == "won" for d in ends), len(ends))
    for mode, title in (("quick", T("quick", zh="快速")), ("precise", T("precise", zh="精确"))):
        days = []
        for quote in period.tx.all(MfgQuote, table_of(MfgQuote).c.mode == mode):
            started = _costing_started(period, quote)
            if period.has(quote.sent_on) and started is not None and period.counts(quote.order_id):
                assert quote.sent_on is not None
                days.append(period.workdays(started, quote.sent_on))
        words = T("Quotation lead, {mode}", zh="报价周期({mode})").of(mode=title)
        yield Figure(f"quote-lead-{mode}", words, mean(days), unit="days")


def _costing_started(period: Period, quote: MfgQuote) -> date | None:
    """Return the day the costing of a version was started: by `start-costing`, later by `requote`."""
    table = table_of(OrderAction)
    starts = period.tx.all(OrderAction, table.c.order_id == quote.order_id,
                           table.c.action.in_(("start-costing", "requote")), order_by=[table.c.id])  # fmt: skip
    return period.day(starts[quote.version - 1].at) if len(starts) >= quote.version else None


def samples_on_time(period: Period) -> Iterator[Figure]:
    """Samples sent in the period, each round, that left by their last day."""
    sent: list[Any] = []
    for sample in period.tx.all(MfgSample):
        if period.counts(sample.order_id):
            sent += [s for s in sample.sendings if period.has(date.fromisoformat(s["on"]))]
    yield Figure("samples-on-time", T("Samples on time", zh="样品准时率"), sum(not s["late"] for s in sent), len(sent))


def acknowledgements(period: Period) -> Iterator[Figure]:
    """Acknowledgements given by their due moment."""
    table = table_of(MfgAck)
    given = [a for a in period.tx.all(MfgAck, table.c.state == "acknowledged")
             if period.has(a.at) and period.counts(a.order_id)]  # fmt: skip
    in_time = sum(a.at is not None and a.at <= a.due_at for a in given)
    yield Figure("ack-on-time", T("Acknowledgement on time", zh="按时确认率"), in_time, len(given))


def late_notices(period: Period) -> Iterator[Figure]:
    """Agreed delays the customer was told of too late."""
    agreed = {d.order_id for d in _deeds(period, "agree-date") if period.has(d.at)}
    rows = [period.tx.need(MfgChange, order_id) for order_id in sorted(agreed)]
    late = sum(row.late_notice for row in rows)
    yield Figure("late-notices", T("Late notices", zh="延期告知不及时率"), late, len(rows))


def entry_accuracy(period: Period) -> Iterator[Figure]:
    """Errors per thousand entries, and what each person's errors cost."""
    table = table_of(MfgEntry)
    entries = [e for e in period.tx.all(MfgEntry, table.c.received_day >= period.first,
                                        table.c.received_day <= period.last) if period.counts(e.order_id)]  # fmt: skip
    errors = [e for e in period.tx.all(MfgError) if period.has(e.at) and period.counts(e.order_id)]
    rate = Fraction(1000 * len(errors), len(entries)) if entries else None
    yield Figure("entry-errors", T("Errors per 1,000 entries", zh="每千单差错"), rate, unit="rate")
    costs: dict[int, int] = {}
    for error in errors:
        if error.person_id is not None:
            costs[error.person_id] = costs.get(error.person_id, 0) + error.cost
    for person_id, cost in sorted(costs.items()):
        name = period.tx.need(Staff, person_id).name
        yield Figure(f"error-cost-{person_id}", T("Cost of errors: {name}", zh="差错损失：{name}").of(name=name), cost,
                     unit="money")  # fmt: skip


def satisfaction(period: Period) -> Iterator[Figure]:
    """Means of the survey's scores, and improvements still open."""
    surveys = [s for s in period.tx.all(MfgSurvey) if period.has(s.at) and period.counts(s.order_id)]
    names = {"product": T("Product", zh="产品"), "delivery": T("Delivery", zh="交期"),
             "service": T("Service", zh="服务"), "price": T("Price", zh="价格")}  # fmt: skip
    for key, title in names.items():
        words = T("Satisfaction: {what}", zh="满意度：{what}").of(what=title)
        yield Figure(f"score-{key}", words, mean([getattr(s, key) for s in surveys]), unit="days")
    table = table_of(TaskRow)
    rule = "manufacturing:improve"
    open_ones = [t for t in period.tx.all(TaskRow, table.c.rule == rule, table.c.state == "open")
                 if t.order_id is None or period.counts(t.order_id)]  # fmt: skip
    yield Figure("improve-open", T("Improvements open", zh="未完改进"), len(open_ones), unit="count")
