"""What other processes do in the tests: ``python workers.py WHAT ADDRESS NUMBER…``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime

from serviceflow.store.engine import open_engine
from serviceflow.store.place import place_of
from serviceflow.store.tables import Contact, Customer, Order
from serviceflow.store.write import Tx, transaction

NOW = datetime(2026, 11, 25, 2, 20, tzinfo=UTC)


def increment(tx: Tx, key: int) -> None:
    """Add one to a number that an order holds."""
    order = tx.need(Order, key, lock=True)
    tx.change(order, amount=(order.amount or 0) + 1)


def open_order(tx: Tx, _key: int) -> None:
    """Draw the next number of a series that may not exist yet."""
    seq = tx.draw("case")
    tx.add(
        Order(
            number=f"S-2026-{seq:04}",
            seq=seq,
            flow="case",
            flow_version=1,
            step="reception",
            entered_at=NOW,
            opened_at=NOW,
        )
    )


def enter_customer(tx: Tx, key: int) -> None:
    """Make a customer with three phones: four rows that belong together."""
    customer = tx.add(Customer(name=f"客{key}", created_at=NOW))
    for n in range(3):
        tx.add(Contact(customer_id=customer.id, kind="phone", value=f"{customer.id}-{n}", shown=""))


def swap(tx: Tx, key: int) -> None:
    """Change two orders in an order that two processes choose differently: a deadlock on PostgreSQL."""
    for number in (1, 2) if key % 2 else (2, 1):
        increment(tx, number)


def main(what: str, address: str, key: int, times: int) -> None:
    from serviceflow.store.troubles import retried

    work: Callable[[Tx, int], None] = globals()[what]
    place = place_of(address)
    engine = open_engine(place)

    @retried
    def once() -> None:
        with transaction(engine, place, now=NOW, staff_id=None, command=what) as tx:
            work(tx, key)

    for _ in range(times):
        once()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
