"""What people type for a customer, an order or a task, found again: read path only, by index.

An order is typed as its number, the digits at its end, or whatever its customer is found by. A customer is typed as a
phone, its last four digits, a name or any part of it, pinyin, initials, or by its key ``c7``. A task is ``#31`` or
``31``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from serviceflow.store.read import Found, Reader

MOST: Final = 50
"""Customers looked at for one word; more are not shown anyway."""

_KEYS: Final = 400
_LAST: Final = "\U0010ffff"


def task_key(typed: str) -> int | None:
    """Return the key of a task typed as ``#31`` or ``31``."""
    match = re.fullmatch(r"[#＃]?(\d{1,12})", typed.strip())
    return int(match[1]) if match else None


def find_customers(read: Reader, typed: str, limit: int = MOST) -> list[Found]:
    """Return the customers ``typed`` may mean, the likeliest first: exact before longer, open orders before none."""
    from serviceflow.names import number_tail, search_key  # its patterns cost 6 ms that `flow today` need not pay

    key = search_key(typed)
    if not key:
        return []
    hits = _hits(read, key)
    if re.fullmatch(r"[cC]\d{1,12}", typed.strip()):
        hits[int(typed.strip()[1:])] = len(key)
    tail = number_tail(key)
    if not hits and tail is not None:
        hits = {customer: len(key) for customer in _ending_with(read, key, tail)}
    nearest = sorted(hits, key=lambda customer: (hits[customer], -customer))[: MOST * 2]
    found = read.among(
        "SELECT c.*, (SELECT count(*) FROM orders o WHERE o.customer_id = c.customer_id AND o.closed_at IS NULL)"
        " AS open_orders FROM v_customer c WHERE c.customer_id IN (:ids)",
        "ids",
        nearest,
    )
    exact = len(key)
    found.sort(key=lambda c: (hits[c["customer_id"]] != exact, not c["open_orders"], hits[c["customer_id"]],
                              -c["customer_id"]))  # fmt: skip
    return found[:limit]


def _hits(read: Reader, key: str) -> dict[int, int]:
    """Return customers with a key that begins with ``key``, and the length of the shortest such key."""
    hits: dict[int, int] = {}
    for row in read.rows(
        "SELECT key, customer_id FROM find_key WHERE key >= :low AND key < :high ORDER BY key LIMIT :most",
        low=key,
        high=key + _LAST,
        most=_KEYS,
    ):
        length = len(row["key"])
        hits[row["customer_id"]] = min(length, hits.get(row["customer_id"], length))
    return hits


def _ending_with(read: Reader, digits: str, tail: str) -> Iterable[int]:
    """Return the customers one of whose numbers ends with ``digits``."""
    rows = read.among(
        "SELECT customer_id, value AS number FROM contact WHERE customer_id IN (:ids) AND kind = 'phone'",
        "ids",
        list(_hits(read, tail)),
    )
    return {row["customer_id"] for row in rows if re.sub(r"\D", "", row["number"]).endswith(digits)}


def find_orders(read: Reader, typed: str, *, limit: int = MOST) -> list[Found]:
    """Return the orders with this number or this end of it, open and newest first."""
    word = typed.strip().upper()
    digits = re.search(r"\d{1,9}$", word)
    if digits is None:
        return []
    rows = read.rows(
        "SELECT * FROM v_order WHERE seq = :seq ORDER BY order_id DESC LIMIT :most", seq=int(digits[0]), most=MOST
    )
    named = [row for row in rows if row["order_number"].upper() == word]
    ending = named or [row for row in rows if row["order_number"].upper().endswith(word)]
    ending.sort(key=lambda row: row["closed_at"] is not None)
    return ending[:limit]


def open_orders_of(read: Reader, customers: Iterable[int], limit: int = MOST) -> list[Found]:
    """Return the open orders of these customers, newest first."""
    return read.among(
        "SELECT * FROM v_order WHERE customer_id IN (:ids) AND closed_at IS NULL ORDER BY order_id DESC LIMIT :most",
        "ids",
        list(customers),
        most=limit,
    )


def short_numbers(read: Reader, orders: Iterable[tuple[str | None, int | None]]) -> dict[str, str]:
    """Return for each order number the shortest end of it that finds this order alone.

    Args:
        orders: Pairs of number and sequence; those without a number are left out.
    """
    known = {number: seq for number, seq in orders if number is not None and seq is not None}
    shared = {
        row["seq"]
        for row in read.among(
            "SELECT seq FROM orders WHERE seq IN (:seqs) GROUP BY seq HAVING count(*) > 1",
            "seqs",
            [*set(known.values())],
        )
    }
    found = {}
    for number, seq in known.items():
        digits = re.search(r"\d+$", number)
        short = digits is not None and seq not in shared and int(digits[0]) == seq
        found[number] = digits[0] if digits is not None and short else number
    return found
