"""Receivables by age, sales against target. Source: manufacturing.md section 9."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from serviceflow.api import Staff, T, half_up, table_of

from serviceflow_manufacturing.reports.period import Figure, Period
from serviceflow_manufacturing.rules.quoting import RATE
from serviceflow_manufacturing.tables import MfgContract, MfgEntry, MfgPayment, MfgReceivable, MfgTarget

AGES = (
    ("not-due", T("not due", zh="未到期"), None, 0),
    ("1-30", T("1-30 days", zh="1-30天"), 1, 30),
    ("31-60", T("31-60 days", zh="31-60天"), 31, 60),
    ("61-more", T("61 days and more", zh="61天以上"), 61, None),
)


def ageing(period: Period) -> Iterator[Figure]:
    """Amounts in CNY that were open on the day of the report by days overdue; disputed ones apart."""
    sums = {key: 0 for key, *_ in AGES} | {"disputed": 0}
    for row in period.tx.all(MfgReceivable, table_of(MfgReceivable).c.owed_on <= period.as_of):
        gone = row.written_off_on is not None and row.written_off_on <= period.as_of
        if gone or not period.counts(row.order_id):
            continue
        left = row.amount - _paid_by(period, row)
        if left <= 0:
            continue
        rate = period.tx.need(MfgContract, row.order_id).draft["rate"]
        in_cny, days = half_up(left * rate, RATE), (period.as_of - row.due_on).days
        key = (
            "disputed"
            if row.disputed
            else next(
                k for k, _, least, most in AGES if (least is None or days >= least) and (most is None or days <= most)
            )
        )
        sums[key] += in_cny
    for key, title, _, _ in AGES:
        words = T("Receivables {age}", zh="应收({age})").of(age=title)
        yield Figure(f"ageing-{key}", words, sums[key], unit="money")
    yield Figure("ageing-disputed", T("Receivables disputed", zh="争议应收"), sums["disputed"], unit="money")


def _paid_by(period: Period, row: MfgReceivable) -> int:
    table = table_of(MfgPayment)
    paid = period.tx.all(MfgPayment, table.c.receivable_id == row.id, table.c.on <= period.as_of)
    return sum(p.amount for p in paid)


def targets(period: Period) -> Iterator[Figure]:
    """Contracts signed in the month and entries paid over, against each person's target."""
    for target in period.tx.all(MfgTarget):
        month = date.fromisoformat(f"{target.month}-01")
        if not (period.first <= month <= period.last) or period.owner not in (None, target.staff_id):
            continue
        sold = 0
        for contract in period.tx.all(MfgContract, table_of(MfgContract).c.signed_on.is_not(None)):
            assert contract.signed_on is not None
            mine = period.order(contract.order_id).owner_id == target.staff_id
            if mine and contract.signed_on.strftime("%Y-%m") == target.month:
                sold += contract.amount_cny
        customers = period.customers_of(target.staff_id)
        for entry in period.tx.all(MfgEntry, table_of(MfgEntry).c.remitted_on.is_not(None)):
            assert entry.remitted_on is not None
            order = period.order(entry.order_id)
            if (
                order.step == "remitted"
                and order.customer_id in customers
                and (entry.remitted_on.strftime("%Y-%m") == target.month)
            ):
                sold += entry.cod_amount
        name = period.tx.need(Staff, target.staff_id).name
        words = T("Sales against target, {name} {month}", zh="销售达成 {name} {month}")
        yield Figure(f"target-{target.staff_id}-{target.month}", words.of(name=name, month=target.month), sold,
                     target.amount)  # fmt: skip
