"""Reviews, fulfilment, punctuality, samples that became orders. Source: manufacturing.md section 9."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from serviceflow.api import Order, T, table_of

from serviceflow_manufacturing.reports.period import Figure, Period, mean, median
from serviceflow_manufacturing.rules.classes import ROUTES
from serviceflow_manufacturing.tables import (
    MfgChange,
    MfgContract,
    MfgReview,
    MfgSample,
    MfgShipment,
    MfgVersion,
)


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed document: a contract, a confirmed phone order, a change."""

    order_id: int
    review_of: int
    version: int
    signed_on: date


def signed_documents(period: Period) -> list[Signed]:
    """Return the signed documents of the period."""
    found = []
    for row in period.tx.all(MfgContract):
        first = period.tx.one(MfgVersion, table_of(MfgVersion).c.order_id == row.order_id,
                              table_of(MfgVersion).c.signed_on.is_not(None),
                              order_by=[table_of(MfgVersion).c.n])  # fmt: skip
        if period.has(row.signed_on) and row.signed_on is not None and period.counts(row.order_id):
            version = first.n if first is not None else row.version or 1
            found.append(Signed(row.order_id, row.order_id, version, row.signed_on))
    for change in period.tx.all(MfgChange):
        if change.kind == "amendment" and period.has(change.signed_on) and period.counts(change.order_id):
            assert change.signed_on is not None
            found.append(Signed(change.parent_id, change.order_id, change.base + 1, change.signed_on))
    return found


def review_rate(period: Period) -> Iterator[Figure]:
    """Signed documents whose round of exactly that version passed at or before the signature."""
    table = table_of(MfgReview)
    documents = signed_documents(period)
    passed = 0
    for one in documents:
        rounds = period.tx.all(MfgReview, table.c.order_id == one.review_of, table.c.version == one.version,
                               table.c.state == "passed")  # fmt: skip
        passed += any(r.closed_at is not None and period.day(r.closed_at) <= one.signed_on for r in rounds)
    yield Figure("review-rate", T("Contract review rate", zh="合同评审率"), passed, len(documents))


def in_force(period: Period, contract: MfgContract) -> list[MfgVersion]:
    """Return the versions that had come into force by the day of the report, oldest first."""
    table = table_of(MfgVersion)
    found = period.tx.all(MfgVersion, table.c.order_id == contract.order_id, table.c.effective_at.is_not(None),
                          order_by=[table.c.n])  # fmt: skip
    return [v for v in found if v.effective_at is not None and period.day(v.effective_at) <= period.as_of]


def agreed(period: Period, contract: MfgContract) -> date | None:
    """Return DD: the delivery date of the version in force on the day of the report."""
    versions = in_force(period, contract)
    said = versions[-1].content["delivery_date"] if versions else ""
    return date.fromisoformat(said) if said else None


def committed(period: Period, contract: MfgContract) -> date | None:
    """Return CD: the first signed date, moved by the customer's amendments and by delays of his making."""
    causes = period.shop.setting("mfg.kpi.customer_causes")
    found: date | None = None
    for version in in_force(period, contract):
        change = period.tx.get(MfgChange, version.change_id) if version.change_id is not None else None
        moves = change is None or (
            change.origin == "customer" if change.kind == "amendment" else change.origin in causes
        )
        if moves and version.content["delivery_date"]:
            found = date.fromisoformat(version.content["delivery_date"])
    return found


def kept(period: Period, contract: MfgContract, by: date | None) -> bool:
    """Return whether an order kept a date: dispatched by it, or delivered by it on basis ``arrival``."""
    if by is None or contract.shipped_on is None or contract.shipped_on > period.as_of:
        return False
    if contract.draft["delivery_basis"] != "arrival":
        return contract.shipped_on <= by
    table = table_of(MfgShipment)
    sales = period.tx.all(MfgShipment, table.c.parent_id == contract.order_id, table.c.kind == "sale",
                          table.c.dispatched_on.is_not(None))  # fmt: skip
    days = [s.delivered_on for s in sales]
    return all(day is not None and day <= by for day in days)


def _was_shipped(period: Period, contract: MfgContract) -> bool:
    return contract.shipped_on is not None and contract.shipped_on <= period.as_of


def _cancelled_by_customer(period: Period, order_id: int) -> bool:
    order = period.order(order_id)
    return (
        order.outcome == "cancelled-customer"
        and order.closed_at is not None
        and (period.day(order.closed_at) <= period.as_of)
    )


def base(period: Period) -> list[tuple[MfgContract, date]]:
    """Return the base set B with the committed dates: orders due in the period, not cancelled by the customer."""
    found = []
    for contract in period.tx.all(MfgContract, table_of(MfgContract).c.signed_on.is_not(None)):
        cd = committed(period, contract)
        due = cd is not None and period.covers(cd) and period.counts(contract.order_id)
        if due and cd is not None and not _cancelled_by_customer(period, contract.order_id):
            found.append((contract, cd))
    return found


def fulfilment(period: Period) -> Iterator[Figure]:
    """Contract fulfilment rate, on-time delivery rate against the committed and the agreed date."""
    orders = base(period)
    done = sum(_was_shipped(period, c) for c, _ in orders)
    yield Figure("fulfilment", T("Contract fulfilment rate", zh="合同履约率"), done, len(orders))
    on_time = sum(kept(period, c, cd) for c, cd in orders)
    yield Figure("on-time", T("On-time delivery rate", zh="准时交货率"), on_time, len(orders))
    by_agreement = sum(kept(period, c, agreed(period, c)) for c, _ in orders)
    yield Figure("on-time-agreed", T("On time, agreed date", zh="按约定交期准时率"), by_agreement, len(orders))


def conversion(period: Period) -> Iterator[Figure]:
    """Garment samples of the period that belong to a contract signed within the window."""
    window = timedelta(days=period.shop.setting("mfg.kpi.conversion_d"))
    all_, turned = 0, 0
    for sample in period.tx.all(MfgSample, table_of(MfgSample).c.kind == "garment"):
        order = period.order(sample.order_id)
        if not period.has(order.opened_at) or sample.cancelled_by == "factory" or not period.counts(sample.order_id):
            continue
        all_ += 1
        until = period.day(order.opened_at) + window
        contracts = [period.tx.get(MfgContract, n) for n in _contracts_of(period, order)]
        turned += any(c is not None and c.signed_on is not None and c.signed_on <= until for c in contracts)
    yield Figure("conversion", T("Sample-to-order conversion", zh="样品转单率"), turned, all_)


def _contracts_of(period: Period, sample: Order) -> list[int]:
    """Return the contract orders a sample is linked to: its parent, or those its enquiry became."""
    if sample.parent_id is None:
        return []
    parent = period.order(sample.parent_id)
    if parent.flow == "mfg-order":
        return [sample.parent_id]
    table = table_of(Order)
    return [o.id for o in period.tx.all(Order, table.c.parent_id == parent.id, table.c.link == "contract")
            if o.id is not None]  # fmt: skip


def review_times(period: Period) -> Iterator[Figure]:
    """Workdays from submission to passing of the rounds passed in the period, per route and in all."""
    table = table_of(MfgReview)
    passed = [r for r in period.tx.all(MfgReview, table.c.state.in_(("passed", "expired")))
              if period.has(r.closed_at) and period.counts(r.order_id)]  # fmt: skip
    for route, name in ROUTES.items():
        days = [_lead(period, r) for r in passed if r.route == route]
        title = T("Review lead time, {route}", zh="评审周期({route})").of(route=name)
        yield Figure(f"review-mean-{route}", T("{t}: mean", zh="{t}：平均").of(t=title), mean(days), unit="days")
        yield Figure(f"review-median-{route}", T("{t}: median", zh="{t}：中位").of(t=title), median(days), unit="days")
        longest = max(days, default=None)
        yield Figure(f"review-longest-{route}", T("{t}: longest", zh="{t}：最长").of(t=title), longest, unit="days")
    totals = []
    for row in passed:
        first = period.tx.one(MfgReview, table.c.order_id == row.order_id, order_by=[table.c.round])
        assert first is not None
        assert row.closed_at is not None
        totals.append(period.workdays(period.day(first.submitted_at), period.day(row.closed_at)))
    yield Figure("review-total", T("First submission to passing: mean", zh="首次提交至通过：平均"), mean(totals),
                 unit="days")  # fmt: skip


def _lead(period: Period, row: MfgReview) -> int:
    assert row.closed_at is not None
    return period.workdays(period.day(row.submitted_at), period.day(row.closed_at))


def first_pass(period: Period) -> Iterator[Figure]:
    """Reviews passed in round 1 among those passed."""
    table = table_of(MfgReview)
    passed = [r for r in period.tx.all(MfgReview, table.c.state.in_(("passed", "expired")))
              if period.has(r.closed_at) and period.counts(r.order_id)]  # fmt: skip
    yield Figure("first-pass", T("First-pass rate", zh="一次通过率"), sum(r.round == 1 for r in passed), len(passed))
