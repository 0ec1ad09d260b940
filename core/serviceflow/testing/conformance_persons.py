"""Whether a trade's rows follow their persons: when customers become one, when somebody leaves, when data is erased."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from serviceflow.app import Shop
from serviceflow.engine.customers import add_customer
from serviceflow.engine.merges import merge, referring_columns
from serviceflow.engine.operations import undo
from serviceflow.engine.staff import add_staff, deactivate
from serviceflow.errors import Refused
from serviceflow.flow.trade import Trade
from serviceflow.plugin.calls import PluginFailed
from serviceflow.store.digests import digest
from serviceflow.store.tables import Order
from serviceflow.store.write import Tx, table_of, tables_here

BOOKS = frozenset({"operation", "operation_row", "number_void", "number_series"})
"""Tables of which an undo takes nothing back: the books themselves, and numbers, which are never given twice."""
ABOUT_PERSONS = ("phone", "mobile", "email", "wechat", "id_no", "id_number", "passport", "birthday")
LOGIN = "xiaomei"
"""Who did all of it: the only member of staff of the shop of `serviceflow.testing.fixtures`."""
PERSONS = frozenset({"customer.id", "orders.id"})


def digest_of(shop: Shop) -> str:
    """Return a digest of all rows but those of the books."""
    with shop.reading() as tx:
        return digest(tx.connection, [t for t in tables_here(tx.connection) if t.name not in BOOKS])


def merge_and_back(shop: Shop, gone: int, phone: str) -> None:
    """Merge a customer into a new one: every row that says so moves, and undoing it restores every row.

    Raises:
        AssertionError: A row stayed behind, or the undo leaves traces.
    """
    with shop.write("customer add") as tx:
        kept = add_customer(tx, name="并入者", phones=[phone]).id
    assert kept is not None
    with shop.reading() as tx:
        had = {table for table, _, _ in _pointing(tx, "customer.id", kept)} - {"contact"}
    before = digest_of(shop)
    try:
        operation = merge(shop, gone, kept)
    except PluginFailed as failed:
        raise AssertionError(failed.sentence.to("en")) from failed
    except Refused:
        return
    with shop.reading() as tx:
        left = [
            f"{table}.{column}"
            for table, column, way in _pointing(tx, "customer.id", gone)
            if way == "move" and table not in had  # of some rows a customer has one only
        ]
        assert left == [], f"merging leaves rows behind in {', '.join(left)}"
    assert operation is not None
    undo(shop, operation)
    assert digest_of(shop) == before, "undoing a merge leaves traces"


def hand_over(shop: Shop, key: str) -> None:
    """Let who did all of it leave: what his successor is to have no longer names him, but for closed orders.

    Raises:
        AssertionError: Something to be handed over still names who left.
    """
    trade = shop.plugins.trade(key)
    roles = [role.key for role in trade.roles]
    add_staff(shop, "erben", name="继任者", roles=["admin", *roles])
    successor = Shop.open(shop.place, staff="erben", clock=shop.clock)
    try:
        try:
            leaver = deactivate(successor, LOGIN, to="erben").staff
        except PluginFailed as failed:
            raise AssertionError(failed.sentence.to("en")) from failed
        except Refused:  # the trade hands over in its own way first
            return
        with successor.reading() as tx:
            table = table_of(Order)
            open_orders = set(tx.connection.execute(select(table.c.id).where(table.c.closed_at.is_(None))).scalars())
            left = [
                f"{table_of(model).name}.{column}"
                for model, column, info in referring_columns(tx, "staff.id")
                if info["hand_over"] and model in trade.tables
                for row in tx.all(model, table_of(model).c[column] == leaver.id)
                if getattr(row, "order_id", None) in open_orders
            ]
            assert left == [], f"handing over leaves {', '.join(left)} to who left"
    finally:
        successor.close()


def _pointing(tx: Tx, target: str, key: int) -> Iterator[tuple[str, str, str]]:
    for model, column, info in referring_columns(tx, target):
        table = table_of(model)
        if tx.scalar(select(func.count()).where(table.c[column] == key)):
            yield table.name, column, info["merge"]


def undeclared_persons(trade: Trade) -> list[str]:
    """Return columns about persons that are shown and kept, or that erasing a person would not find.

    The first are named like personal data and not `personal`; the others are, in a table that points to no customer
    and no order.
    """
    found = []
    for model in trade.tables:
        table = table_of(model)
        personal = [c.name for c in table.c if c.info.get("personal")]
        named = [
            c.name for c in table.c if any(c.name == word or c.name.endswith(f"_{word}") for word in ABOUT_PERSONS)
        ]
        found += [f"{table.name}.{name}: not personal()" for name in named if name not in personal]
        if personal and not PERSONS & {str(c.info.get("refers")) for c in table.c}:
            found.append(f"{table.name}: personal columns, and no customer or order they belong to")
    return found
