"""Two customers that are one: merging them. Taking it back is undoing the operation that did it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from serviceflow.engine.customers import index_customer
from serviceflow.errors import BadInput, Refused
from serviceflow.store.tables import Change, Contact, Customer, FindKey
from serviceflow.store.write import Tx, model_of, table_of, tables_here
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop


def referring_columns(tx: Tx, target: str = "customer.id") -> list[tuple[type[SQLModel], str, Mapping[str, Any]]]:
    """Return every (table, column, declaration) that points to ``target``, of the core and the trades of this shop."""
    found: list[tuple[type[SQLModel], str, Mapping[str, Any]]] = [
        (model_of(table), column.name, column.info)
        for table in tables_here(tx.connection)  # a trade may be loaded and have no tables here
        for column in table.columns
        if column.info.get("refers") == target
    ]
    return sorted(found, key=lambda entry: (table_of(entry[0]).name, entry[1]))


def merge(shop: Shop, gone_id: int, kept_id: int, *, dry_run: bool = False) -> int | None:
    """Make one customer of two: everything of ``gone`` moves to ``kept``; returns the operation's number.

    What ``kept`` has already (the same phone, a named day, a row of which a customer has only one) stays with
    ``gone``, unseen, so that nothing is lost and taking the merge back restores everything. Empty fields of
    ``kept`` are filled; whoever must not be contacted under one name is not under the other.

    Raises:
        BadInput: Both are the same customer.
        Refused: One of them is merged away already, or a plugin says no.
    """
    from serviceflow.plugin.ask import after_merge, may_merge  # loads pluggy

    list(shop.plugins.all())  # their tables refer to customers too
    with shop.write("customer merge", dry_run=dry_run) as tx:
        first, second = sorted((gone_id, kept_id))
        rows = {key: tx.need(Customer, key, lock=True) for key in (first, second)}
        gone, kept = rows[gone_id], rows[kept_id]
        _refuse(gone, kept)
        against = may_merge(shop.plugins, tx, kept, gone)
        if against:
            raise Refused(plain(" ".join(str(reason) for reason in against)), None, ref="customer.merge")
        for model, column, info in referring_columns(tx):
            if info["merge"] == "move":
                _move(tx, model, column, gone_id, kept_id)
        keys = table_of(FindKey)
        for key in tx.all(FindKey, keys.c.customer_id == gone_id):
            tx.remove(key)
        tx.change(gone, merged_into=kept_id)
        tx.change(kept, **_filled(gone, kept))
        index_customer(tx, kept)
        after_merge(shop.plugins, tx, kept, gone)
        tx.customer_id = kept_id
        tx.summary = T("{gone} merged into {kept}", zh="{gone} 并入 {kept}").of(gone=gone.name, kept=kept.name)
    return tx.operation


def _refuse(gone: Customer, kept: Customer) -> None:
    if gone.id == kept.id:
        raise BadInput(
            T("That is one and the same customer.", zh="这是同一位客户。"),
            plain("flow customer merge GONE KEPT"),
            ref="customer.merge",
        )
    for customer in (gone, kept):
        if customer.merged_into is not None:
            raise Refused(
                T("{name} is merged into another customer already.", zh="{name} 已并入其他客户。").of(
                    name=customer.name
                ),
                plain("flow customer unmerge {name}").of(name=customer.name),
                ref="customer.merge",
            )


def _filled(gone: Customer, kept: Customer) -> dict[str, Any]:
    note = kept.note if gone.note in kept.note else " / ".join(filter(None, (kept.note, gone.note)))
    return {
        "birthday": kept.birthday or gone.birthday,
        "language": kept.language or gone.language,
        "source": kept.source or gone.source,
        "owner_id": kept.owner_id or gone.owner_id,
        "tags": sorted({*kept.tags, *gone.tags}),
        "note": note,
        "do_not_contact": kept.do_not_contact or gone.do_not_contact,
    }


def _move(tx: Tx, model: type[SQLModel], column: str, gone_id: int, kept_id: int) -> None:
    """Point the rows of ``gone`` to ``kept``, but for those of which a customer may have one and ``kept`` has it."""
    table = table_of(model)
    kept = _contacts(tx, kept_id) if model is Contact else []
    preferred, known = {c.kind for c in kept if c.preferred}, {(c.kind, c.value) for c in kept}
    for row in tx.all(model, table.c[column] == gone_id):
        if isinstance(row, Contact):
            if (row.kind, row.value) not in known:
                tx.change(row, customer_id=kept_id, preferred=row.preferred and row.kind not in preferred)
            continue
        # Only the database knows every trade's constraints, partial ones included: it is asked, row by row.
        before = len(tx.changes)
        try:
            with tx.savepoint():
                _point(tx, row, column, kept_id)
        except IntegrityError:
            del tx.changes[before:]


def _point(tx: Tx, row: SQLModel, column: str, kept_id: int) -> None:
    table = table_of(type(row))
    if table.c[column].primary_key:
        tx.add(type(row)(**{c.name: getattr(row, c.name) for c in table.c} | {column: kept_id}))
        tx.remove(row)
    else:
        tx.change(row, **{column: kept_id})


def _contacts(tx: Tx, customer_id: int) -> list[Contact]:
    return tx.all(Contact, table_of(Contact).c.customer_id == customer_id)


def merge_of(tx: Tx, customer_id: int) -> int:
    """Return the operation that merged a customer away, or that last merged another one into it.

    Raises:
        Refused: Neither ever happened, or it was taken back.
    """
    customers, changes = table_of(Customer), table_of(Change)
    customer = tx.need(Customer, customer_id)
    gone = [customer] if customer.merged_into is not None else tx.all(Customer, customers.c.merged_into == customer_id)
    found = [
        change.operation_id
        for each in gone
        for change in tx.all(
            Change,
            changes.c.table_name == "customer",
            changes.c.row_key == str(each.id),
            order_by=changes.c.operation_id.desc(),
        )
        if change.image and change.image.get("after", {}).get("merged_into") == each.merged_into
    ]
    if not found:
        raise Refused(
            T("{name} was not merged.", zh="{name} 没有合并过。").of(name=customer.name),
            plain("flow history {name}").of(name=customer.name),
            ref="customer.unmerge",
        )
    return max(found)
