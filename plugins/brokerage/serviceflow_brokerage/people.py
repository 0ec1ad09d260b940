"""Clients as the flows see them: the file, its age, its accounts; new ones counted through."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from serviceflow.api import BadInput, Case, Customer, T, Tx, table_of
from sqlalchemy import func, select

from serviceflow_brokerage.segment.fields import drop, fill_fields
from serviceflow_brokerage.segment.rulesets import rule_settings
from serviceflow_brokerage.tables.clients import BrokerAccount, BrokerClient, BrokerProfileChange
from serviceflow_brokerage.tables.products import BrokerRiskAssessment
from serviceflow_brokerage.tables.segments import BrokerSegmentState


def file_of(tx: Tx, customer_id: int | None) -> BrokerClient | None:
    """Return a customer's client file."""
    return tx.get(BrokerClient, customer_id) if customer_id is not None else None


def client_of(case: Case) -> BrokerClient:
    """Return the file of the order's client, a prospect's new one when there is none."""
    return file_of(case.tx, case.order.customer_id) or new_prospect(case.tx, case.customer)


def new_prospect(tx: Tx, customer: Customer, source: str = "other") -> BrokerClient:
    """Begin a client file; its sequence is the next number."""
    last = tx.scalar(select(func.coalesce(func.max(table_of(BrokerClient).c.client_seq), 0)))
    kind = "person" if customer.kind == "person" else "organisation"
    assert customer.id is not None
    return tx.add(BrokerClient(customer_id=customer.id, client_seq=int(last) + 1, kind=kind, source_kind=source))


def age_at(born: date | None, day: date) -> int | None:
    """Return completed years; born on 29 February one turns older on 1 March in common years."""
    return None if born is None else day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def accounts_of(tx: Tx, customer_id: int, *, open_on: date | None = None) -> list[BrokerAccount]:
    """Return a client's accounts, by number; with ``open_on`` only those open on that day."""
    table = table_of(BrokerAccount)
    found = tx.all(BrokerAccount, table.c.customer_id == customer_id, order_by=[table.c.account_no])
    return [a for a in found if open_on is None or is_open(a, open_on)]


def is_open(account: BrokerAccount, day: date) -> bool:
    """Return whether an account is open at a day."""
    return account.opened_on <= day and (account.closed_on is None or account.closed_on > day)


def account_by_no(tx: Tx, number: str) -> BrokerAccount | None:
    """Return an account."""
    return tx.one(BrokerAccount, table_of(BrokerAccount).c.account_no == number)


def client_by_number(tx: Tx, number: str) -> BrokerClient | None:
    """Return the client with this number."""
    return tx.one(BrokerClient, table_of(BrokerClient).c.client_no == number)


def segment_of(tx: Tx, customer_id: int) -> str | None:
    """Return the client's segment after the last run."""
    state = tx.get(BrokerSegmentState, customer_id)
    return state.segment if state is not None else None


def figures(tx: Tx, customer_id: int, day: date, get: Callable[[str], Any]) -> Mapping[str, Any]:
    """Return one client's fields at a day, computed as a run computes everybody's; empty outside the population."""
    table = fill_fields(tx, day, rule_settings(get), customer_id)
    row = tx.connection.execute(select(table).where(table.c.customer_id == customer_id)).mappings().first()
    drop(tx, table)
    return dict(row) if row is not None else {}


def assessment_at(tx: Tx, customer_id: int, day: date) -> BrokerRiskAssessment | None:
    """Return the assessment that counts on a day: the latest, valid or expired."""
    table = table_of(BrokerRiskAssessment)
    return tx.one(
        BrokerRiskAssessment,
        table.c.customer_id == customer_id,
        table.c.assessed_on <= day,
        table.c.state.not_in(["pending_review", "rejected"]),
        order_by=[table.c.assessed_on.desc(), table.c.id.desc()],
    )


def assessments_at(tx: Tx, customers: Iterable[int], day: date) -> dict[int, BrokerRiskAssessment]:
    """Return the assessments that count on a day, valid or expired, of many customers, read in portions."""
    table, keys = table_of(BrokerRiskAssessment), sorted(set(customers))
    found: dict[int, BrokerRiskAssessment] = {}
    for start in range(0, len(keys), 500):
        for row in tx.all(
            BrokerRiskAssessment,
            table.c.customer_id.in_(keys[start : start + 500]),
            table.c.assessed_on <= day,
            table.c.state.not_in(["pending_review", "rejected"]),
            order_by=[table.c.assessed_on, table.c.id],
        ):
            found[row.customer_id] = row
    return found


def id_hash(get: Callable[[str], Any], id_type: str, number: str) -> str:
    """Return the keyed hash of an identity document.

    Raises:
        BadInput: The shop has no key for it yet.
    """
    key = get("broker.id_hash_key")
    if not key:
        raise BadInput(
            T("No key for hashes of identity numbers is set.", zh="尚未设置证件号散列密钥。"),
            T("flow settings set broker.id_hash_key SECRET", zh="flow settings set broker.id_hash_key 密钥"),
            ref="broker.id_hash_key",
        )
    return hmac.new(str(key).encode(), f"{id_type}:{number}".encode(), hashlib.sha256).hexdigest()


def tail(number: str | None) -> str:
    """Return the last four characters of an account or client number."""
    return f"*{number[-4:]}" if number else "-"


def change_file(
    tx: Tx, client: BrokerClient, watched: list[str], at: datetime, *, batch: int | None = None, **columns: Any
) -> None:
    """Change a client file; a watched field that had a value leaves a masked trace."""
    for name, new in columns.items():
        old = getattr(client, name)
        if name in watched and old is not None and old != new:
            note_change(tx, client.customer_id, name, str(old), str(new), at, batch=batch)
    tx.change(client, **columns)


def note_change(
    tx: Tx, customer_id: int, name: str, old: str, new: str, at: datetime, *, batch: int | None = None
) -> None:
    """Leave the masked trace of a change of a watched field."""
    tx.add(
        BrokerProfileChange(
            customer_id=customer_id, field=name, old=tail(old), new=tail(new), at=at, by=tx.staff_id, batch_id=batch
        )
    )
