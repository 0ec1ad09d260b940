"""Contracts in force, referrals and whom they are attributed to. Source: brokerage.md section 5.6."""

from __future__ import annotations

from datetime import date, timedelta

from serviceflow.api import Customer, Tx, add_customer, normalise_phone, same_contact, table_of

from serviceflow_brokerage.people import accounts_of, new_prospect
from serviceflow_brokerage.refusals import refused
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.tables.partners import BrokerPartnerContract, BrokerReferral


def active_contract(tx: Tx, partner_id: int, day: date) -> BrokerPartnerContract | None:
    """Return the contract under which a partner may refer on a day; a suspended one does not count."""
    found = contract_in_force(tx, partner_id, day)
    return found if found is not None and found.state == "active" else None


def contract_in_force(tx: Tx, partner_id: int, day: date) -> BrokerPartnerContract | None:
    """Return the contract whose term holds a day; what was earned under it goes on while it is suspended."""
    table = table_of(BrokerPartnerContract)
    return tx.one(
        BrokerPartnerContract,
        table.c.customer_id == partner_id,
        table.c.state.in_(["active", "suspended", "ended"]),
        table.c.start <= day,
        table.c.end_on >= day,
    )


def person_referred(tx: Tx, name: str, phone: str, source: str) -> Customer:
    """Return the customer of this name with this phone, entered as a prospect when there is none."""
    known = [c for c in same_contact(tx, "phone", normalise_phone(phone).value or "") if c.name == name]
    customer = known[0] if known else add_customer(tx, name=name, phones=[phone], allow_same=True)
    if tx.get(BrokerClient, customer.id) is None:
        new_prospect(tx, customer, source if source in ("bank", "telecom") else "referral")
    return customer


def refer(tx: Tx, partner_id: int, customer_id: int, day: date) -> BrokerReferral:
    """Enter a referral.

    Raises:
        Refused: ``referral-existing-client`` or ``no-contract``.
    """
    if accounts_of(tx, customer_id, open_on=day):
        client = tx.get(BrokerClient, customer_id)
        raise refused("referral-existing-client", no=client.client_no if client is not None else "")
    if active_contract(tx, partner_id, day) is None:
        raise refused("no-contract")
    return tx.add(BrokerReferral(partner_id=partner_id, customer_id=customer_id, referred_on=day, registered_at=tx.now))


def attribute(tx: Tx, customer_id: int, opened_on: date, valid_days: int, order_id: int) -> BrokerReferral | None:
    """Attribute a client's first account to the earliest referral that still counts; the others are superseded."""
    if len(accounts_of(tx, customer_id)) > 1:
        return None
    table = table_of(BrokerReferral)
    found = tx.all(
        BrokerReferral,
        table.c.customer_id == customer_id,
        table.c.state == "open",
        table.c.referred_on <= opened_on,
        order_by=[table.c.referred_on, table.c.registered_at, table.c.id],
    )
    counting = [r for r in found if opened_on <= r.referred_on + timedelta(days=valid_days)]
    for referral in found:
        if counting and referral.id == counting[0].id:
            tx.change(referral, state="attributed", order_id=order_id)
        elif counting:
            tx.change(referral, state="superseded")
    return counting[0] if counting else None


def expire_referrals(tx: Tx, day: date, valid_days: int) -> int:
    """Let referrals expire that nobody's opening has taken up; returns how many."""
    table = table_of(BrokerReferral)
    late = tx.all(BrokerReferral, table.c.state == "open", table.c.referred_on < day - timedelta(days=valid_days))
    for referral in late:
        tx.change(referral, state="expired")
    return len(late)
