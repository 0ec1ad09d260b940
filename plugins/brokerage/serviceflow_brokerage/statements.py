"""What a partner is owed for a month, line by line; corrections of frozen months. Source: brokerage.md section 5.6."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from serviceflow.api import Tx, add_months, table_of
from sqlalchemy import func, select

from serviceflow_brokerage.partners import contract_in_force
from serviceflow_brokerage.tables.clients import BrokerAccount, BrokerClient, BrokerSnapshot
from serviceflow_brokerage.tables.partners import (
    BrokerPartnerContract,
    BrokerReferral,
    BrokerStatement,
    BrokerStatementLine,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One client's part of a month."""

    customer_id: int
    kind: str
    base: int
    amount: int


def month_end(month: date) -> date:
    """Return the last day of the month that begins on ``month``."""
    return add_months(month, 1) - timedelta(days=1)


def lines_of(tx: Tx, partner_id: int, month: date, get: Callable[[str], Any]) -> list[Line]:
    """Compute a month's lines on the data of now, by client sequence."""
    referrals, clients = table_of(BrokerReferral), table_of(BrokerClient)
    mine = select(referrals.c.customer_id).where(
        referrals.c.partner_id == partner_id, referrals.c.state == "attributed"
    )
    found = []
    for client in tx.all(BrokerClient, clients.c.customer_id.in_(mine), order_by=[clients.c.client_seq]):
        if client.opened_on is None:
            continue
        contract = contract_in_force(tx, partner_id, client.opened_on)
        line = _line(tx, client, contract, month, get) if contract is not None else None
        if line is not None:
            found.append(line)
    return found


def _line(
    tx: Tx, client: BrokerClient, contract: BrokerPartnerContract, month: date, get: Callable[[str], Any]
) -> Line | None:
    if contract.model == "per_account":
        reached = _first_reached(tx, client, contract)
        inside = reached is not None and month <= reached <= month_end(month) and _counts(client, contract, reached)
        return Line(client.customer_id, "account_fee", 1, contract.per_account_fen or 0) if inside else None
    if contract.model != "commission_share" or client.opened_on is None:
        return None
    number = (month.year - client.opened_on.year) * 12 + month.month - client.opened_on.month
    if not 0 <= number < (contract.share_months or 0):
        return None
    base = sum(
        net_commission(s, get("broker.passthrough_ppm"))
        for s in _snapshots(tx, client.customer_id, month, month_end(month))
        if _counts(client, contract, s.as_of)
    )
    amount = base * (contract.share or 0) // 10_000
    return Line(client.customer_id, "commission_share", base, amount) if amount else None


def net_commission(snapshot: BrokerSnapshot, passthrough_ppm: int) -> int:
    """Return the net commission of a snapshot: as delivered, else commission less what is passed on."""
    if snapshot.net_commission is not None:
        return snapshot.net_commission
    return max(0, snapshot.commission - snapshot.turnover * passthrough_ppm // 1_000_000)


def _counts(client: BrokerClient, contract: BrokerPartnerContract, day: date) -> bool:
    assert contract.start is not None
    assert contract.end_on is not None
    return contract.start <= day <= contract.end_on and (client.closed_on is None or day <= client.closed_on)


def _snapshots(tx: Tx, customer_id: int, first: date, last: date) -> list[BrokerSnapshot]:
    table, accounts = table_of(BrokerSnapshot), table_of(BrokerAccount)
    mine = select(accounts.c.id).where(accounts.c.customer_id == customer_id)
    return tx.all(
        BrokerSnapshot, table.c.account_id.in_(mine), table.c.as_of.between(first, last),
        order_by=[table.c.as_of, table.c.account_id],
    )  # fmt: skip


def _first_reached(tx: Tx, client: BrokerClient, contract: BrokerPartnerContract) -> date | None:
    """Return the first day at which all accounts together, each by its latest snapshot, hold what is asked."""
    assert client.opened_on is not None
    last = client.opened_on + timedelta(days=contract.within_days or 0)
    latest: dict[int, int] = {}
    rows = _snapshots(tx, client.customer_id, date.min, last)
    for place, row in enumerate(rows):
        latest[row.account_id] = row.total_assets
        more_today = place + 1 < len(rows) and rows[place + 1].as_of == row.as_of
        if row.as_of >= client.opened_on and not more_today and sum(latest.values()) >= (contract.min_assets or 0):
            return row.as_of
    return None


def fill(tx: Tx, statement: BrokerStatement, get: Callable[[str], Any]) -> None:
    """Compute a statement anew: its lines, the corrections of frozen months, what is paid and what is carried."""
    lines, statements = table_of(BrokerStatementLine), table_of(BrokerStatement)
    for old in tx.all(BrokerStatementLine, lines.c.order_id == statement.order_id):
        tx.remove(old)
    partner, month = statement.customer_id, statement.month
    for line in lines_of(tx, partner, month, get):
        _add(tx, statement, line, month)
    earlier = tx.all(
        BrokerStatement, statements.c.customer_id == partner, statements.c.state != "void", statements.c.month < month,
        order_by=[statements.c.month],
    )  # fmt: skip
    for old_statement in earlier:
        if old_statement.frozen:
            _correct(tx, statement, old_statement.month, get)
    carried_in = earlier[-1].carried_out if earlier else 0
    amount = tx.scalar(select(func.sum(lines.c.amount)).where(lines.c.order_id == statement.order_id))
    total = carried_in + int(amount or 0)
    pays = total >= get("broker.partner_min_payout_fen")
    goes_on = contract_in_force(tx, partner, month_end(month)) is not None
    payable = total if pays else 0 if goes_on else max(0, total)
    tx.change(
        statement, total=total, carried_in=carried_in, payable=payable,
        carried_out=0 if pays else total if goes_on else min(0, total),
    )  # fmt: skip


def _correct(tx: Tx, statement: BrokerStatement, month: date, get: Callable[[str], Any]) -> None:
    now = {line.customer_id: line.amount for line in lines_of(tx, statement.customer_id, month, get)}
    stated: dict[int, int] = {}
    lines, statements = table_of(BrokerStatementLine), table_of(BrokerStatement)
    earlier = select(statements.c.order_id).where(
        statements.c.customer_id == statement.customer_id, statements.c.state != "void",
        statements.c.month < statement.month,
    )  # fmt: skip
    for line in tx.all(BrokerStatementLine, lines.c.about == month, lines.c.order_id.in_(earlier)):
        stated[line.customer_id] = stated.get(line.customer_id, 0) + line.amount
    for customer_id in sorted({*now, *stated}):
        difference = now.get(customer_id, 0) - stated.get(customer_id, 0)
        if difference:
            _add(tx, statement, Line(customer_id, "adjustment", 0, difference), month)


def _add(tx: Tx, statement: BrokerStatement, line: Line, about: date) -> None:
    tx.add(
        BrokerStatementLine(
            order_id=statement.order_id, customer_id=line.customer_id, kind=line.kind, about=about, base=line.base,
            amount=line.amount,
        )
    )  # fmt: skip


def partners_to_settle(tx: Tx, month: date) -> list[int]:
    """Return the partners who are owed a statement of a month and have none: a contract or something carried over."""
    contracts, statements = table_of(BrokerPartnerContract), table_of(BrokerStatement)
    running = tx.all(
        BrokerPartnerContract, contracts.c.state.in_(["active", "suspended", "ended"]),
        contracts.c.start <= month_end(month), contracts.c.end_on >= month,
    )  # fmt: skip
    found = {contract.customer_id for contract in running}
    there: set[int] = set()
    carried: dict[int, int] = {}
    for row in tx.all(
        BrokerStatement, statements.c.state != "void", statements.c.month <= month, order_by=[statements.c.month]
    ):
        carried[row.customer_id] = row.carried_out
        if row.month == month:
            there.add(row.customer_id)
    return sorted((found | {partner for partner, amount in carried.items() if amount}) - there)
