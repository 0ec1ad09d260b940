"""What was done, by whom, and taking it back: whole operations, never parts of one.

An operation that stands is *live*. Undoing it is an operation of its own (``undoes`` names it), so an undo can be
taken back in turn: redo. What another live operation built on is not taken back before that one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.exc import IntegrityError

from serviceflow.engine.actor import whoami
from serviceflow.engine.takeback import NotAsLeft, RowInTheWay, StillReferred, TakingBack, what_stays
from serviceflow.errors import BadInput, Refused
from serviceflow.store.tables import Change, Operation, Staff, StaffRole
from serviceflow.store.troubles import retried
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop

PAGE = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation as history shows it. ``live`` is false once it is undone; ``undoes`` names what it took back."""

    id: int
    at: datetime
    staff_id: int | None
    who: str
    command: str
    summary: T
    undoes: int | None
    rows: int
    live: bool


@dataclass(slots=True)
class Undone:
    """What an undo did.

    ``stays`` says what could not be taken back, ``void`` which numbers are never used again.
    """

    entry: Entry
    stays: list[T] = field(default_factory=list)
    void: list[str] = field(default_factory=list)
    rows: int = 0
    operation: int | None = None


# -- history -----------------------------------------------------------------------------------------------------


def history(
    tx: Tx,
    *,
    order_id: int | None = None,
    customer_id: int | None = None,
    staff_id: int | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Entry]:
    """Return operations, newest first: all, or those that touched an order or a customer, or those of one person.

    Args:
        before: Only operations with a smaller number, to turn the page.
    """
    operations, changes = table_of(Operation), table_of(Change)
    query = _entries()
    for column, wanted in (("order_id", order_id), ("customer_id", customer_id)):
        if wanted is not None:
            touched = select(changes.c.operation_id).where(changes.c[column] == wanted)
            query = query.where(or_(operations.c[column] == wanted, operations.c.id.in_(touched)))
    if staff_id is not None:
        query = query.where(operations.c.staff_id == staff_id)
    if before is not None:
        query = query.where(operations.c.id < before)
    return _read(tx, query.order_by(operations.c.id.desc()).limit(limit))


def entry(tx: Tx, number: int) -> Entry:
    """Return one operation.

    Raises:
        BadInput: There is none with this number.
    """
    found = _read(tx, _entries().where(table_of(Operation).c.id == number))
    if not found:
        raise BadInput(
            T("There is no operation {n}.", zh="没有操作 {n}。").of(n=number), plain("flow history"), ref="operation"
        )
    return found[0]


def _entries() -> Select[Any]:
    operations, staff, changes = table_of(Operation), table_of(Staff), table_of(Change)
    rows = select(func.count()).where(changes.c.operation_id == operations.c.id).scalar_subquery()
    return select(operations, staff.c.name.label("who"), rows.label("rows")).outerjoin(
        staff, staff.c.id == operations.c.staff_id
    )


def _read(tx: Tx, query: Select[Any]) -> list[Entry]:
    found = tx.connection.execute(query).mappings().all()
    live = {row["id"]: _is_live(tx, row["id"]) for row in found}
    return [
        Entry(
            row["id"],
            row["at"],
            row["staff_id"],
            row["who"] or "",
            row["command"],
            T(row["summary_en"] or row["command"], zh=row["summary_zh"] or row["command"]),
            row["undoes"],
            row["rows"],
            live[row["id"]],
        )
        for row in found
    ]


def _undone_by(tx: Tx, number: int) -> int | None:
    operations = table_of(Operation)
    return tx.connection.execute(
        select(operations.c.id).where(operations.c.undoes == number).order_by(operations.c.id.desc()).limit(1)
    ).scalar()


def _chain(tx: Tx, number: int) -> list[int]:
    """Return an operation, its undo, the undo of that (redo), and so on."""
    chain = [number]
    while (later := _undone_by(tx, chain[-1])) is not None:
        chain.append(later)
    return chain


def _is_live(tx: Tx, number: int) -> bool:
    return len(_chain(tx, number)) % 2 == 1


# -- choosing ----------------------------------------------------------------------------------------------------


def last_of_mine(tx: Tx) -> int:
    """Return the newest live operation of the person at work that is no undo itself.

    Raises:
        Refused: There is none.
    """
    return _newest(
        tx, table_of(Operation).c.undoes.is_(None), T("There is nothing of yours to undo.", zh="没有可撤销的操作。")
    )


def last_undo_of_mine(tx: Tx) -> int:
    """Return the newest live undo of the person at work.

    Raises:
        Refused: There is none.
    """
    return _newest(
        tx,
        table_of(Operation).c.undoes.is_not(None),
        T("There is no undo of yours to take back.", zh="没有可重做的撤销。"),
        undos=True,
    )


def _newest(tx: Tx, kind: Any, nothing: T, *, undos: bool = False) -> int:
    if tx.staff_id is None:
        raise Refused(
            T("Who are you? No member of staff is named.", zh="未指明操作员工。"),
            plain("flow --as LOGIN …   FLOW_STAFF=LOGIN"),
            ref="staff",
        )
    operations = table_of(Operation)
    query = select(operations.c.id).where(operations.c.staff_id == tx.staff_id, kind).order_by(operations.c.id.desc())
    for number in tx.connection.execute(query.execution_options(yield_per=PAGE)).scalars():
        if undos and len(_root(tx, number)) % 2 == 1:
            continue  # it took an undo back: to undo it again is an undo, not a redo
        if _is_live(tx, number):
            return int(number)
    raise Refused(nothing, plain("flow history"), ref="undo.nothing")


def _root(tx: Tx, number: int) -> list[int]:
    """Return an operation and what it undoes, down to one that undoes nothing."""
    operations = table_of(Operation)
    path = [number]
    while True:
        below = tx.connection.execute(select(operations.c.undoes).where(operations.c.id == path[-1])).scalar()
        if below is None:
            return path
        path.append(below)


# -- taking back -------------------------------------------------------------------------------------------------


@retried
def undo(shop: Shop, number: int | None = None, *, dry_run: bool = False) -> Undone:
    """Take a whole operation back: the one of this ``number``, by default the last one of the person at work.

    Raises:
        BadInput: There is no such operation.
        Refused: It is undone already, later work stands on it, or it is another person's and not for you to undo.
    """
    _load_tables(shop)
    with shop.write("undo", dry_run=dry_run) as tx:
        if tx.staff_id is not None:
            whoami(tx)
        wanted = number if number is not None else last_of_mine(tx)
        done = _take_back(shop, tx, wanted)
        tx.summary = T("undone: {what}", zh="撤销: {what}").of(what=_named(done.entry))
    done.operation = tx.operation
    _forget_settings(shop)
    return done


@retried
def redo(shop: Shop, *, dry_run: bool = False) -> Undone:
    """Take the last undo of the person at work back.

    Raises:
        Refused: There is none, or later work stands where it would be done again.
    """
    _load_tables(shop)
    with shop.write("redo", dry_run=dry_run) as tx:
        if tx.staff_id is not None:
            whoami(tx)
        done = _take_back(shop, tx, last_undo_of_mine(tx))
        done.entry = entry(tx, _root(tx, done.entry.id)[-1])
        tx.summary = T("done again: {what}", zh="重做: {what}").of(what=_named(done.entry))
    done.operation = tx.operation
    _forget_settings(shop)
    return done


def undo_preview(shop: Shop, number: int | None = None) -> Undone:
    """Return what an undo would leave standing, without doing it.

    Raises:
        As `undo`, as far as it can be told without trying.
    """
    _load_tables(shop)
    with shop.reading() as tx:
        found = entry(tx, number if number is not None else last_of_mine(tx))
        tail = _chain(tx, found.id)[-1]
        _refuse_unless_possible(shop, tx, found, tail)
        done = Undone(found, rows=found.rows)
        done.stays, done.void = what_stays(tx, tail)
    return done


def _load_tables(shop: Shop) -> None:
    list(shop.plugins.all())  # a plugin's tables are known once it is loaded


def _forget_settings(shop: Shop) -> None:
    shop.__dict__.pop("settings", None)
    shop.__dict__.pop("zone", None)


def _named(found: Entry) -> T:
    return T("#{n} {what}", zh="#{n} {what}").of(n=found.id, what=found.summary)


def _take_back(shop: Shop, tx: Tx, number: int) -> Undone:
    found = entry(tx, number)
    tail = _chain(tx, number)[-1]
    _refuse_unless_possible(shop, tx, found, tail)
    done = Undone(found)
    tx.undoes = tail
    tx.order_id, tx.customer_id = _subject(tx, number)
    work = TakingBack(tx, tail)
    try:
        work.run()
    except NotAsLeft as cause:
        raise _not_as_left(found, cause) from None
    except StillReferred as cause:
        by = cause.operation
        raise _stands_on(found, entry(tx, by)) if by is not None else _not_as_left(found, cause) from None
    except IntegrityError as cause:
        raise Refused(
            T(
                "Operation {what} cannot be taken back: something entered later is in its place ({why}).",
                zh="无法撤销 {what}: 之后的录入占用了它的位置({why})。",
            ).of(what=_named(found), why=str(cause.orig).partition("\n")[0]),
            plain("flow history"),
            ref="undo.in-the-way",
        ) from cause
    done.stays, done.void, done.rows = work.stays, work.void, work.rows
    return done


def _not_as_left(found: Entry, row: RowInTheWay) -> Refused:
    return Refused(
        T(
            "Operation {what} cannot be undone: {table} {key} is not as it was left.",
            zh="无法撤销 {what}: {table} {key} 已不是当时的内容。",
        ).of(what=_named(found), table=row.table, key=row.key),
        plain("flow audit verify"),
        ref="undo.changed",
    )


def _subject(tx: Tx, number: int) -> tuple[int | None, int | None]:
    operations = table_of(Operation)
    row = tx.connection.execute(
        select(operations.c.order_id, operations.c.customer_id).where(operations.c.id == number)
    ).one()
    return row.order_id, row.customer_id


def _refuse_unless_possible(shop: Shop, tx: Tx, found: Entry, tail: int) -> None:
    if not _is_live(tx, found.id):
        raise Refused(
            T("Operation {what} is undone already.", zh="操作 {what} 已撤销。").of(what=_named(found)),
            plain("flow redo"),
            ref="undo.done",
        )
    if found.command == "init":
        raise Refused(T("The opening of the shop cannot be undone.", zh="开店操作不能撤销。"), None, ref="undo.init")
    if found.staff_id != tx.staff_id and not _may_undo_others(tx):
        raise Refused(
            T("Operation {what} is {who}'s; a manager may undo it.", zh="操作 {what} 由 {who} 完成, 须由经理撤销。").of(
                what=_named(found), who=found.who or T("the system", zh="系统")
            ),
            plain("flow history"),
            ref="undo.others",
        )
    later = _later_work(tx, tail)
    if later is not None:
        raise _stands_on(found, later)


def _stands_on(found: Entry, later: Entry) -> Refused:
    return Refused(
        T("Operation {what} cannot be undone: {later} stands on it.", zh="无法撤销 {what}: {later} 以它为基础。").of(
            what=_named(found), later=_named(later)
        ),
        T("Take that back first: flow undo {n}", zh="请先撤销它: flow undo {n}").of(n=later.id),
        ref="undo.later",
    )


def _may_undo_others(tx: Tx) -> bool:
    roles = table_of(StaffRole)
    return bool(
        tx.scalar(select(exists().where(roles.c.staff_id == tx.staff_id, roles.c.role.in_(["admin", "manager"]))))
    )


def _later_work(tx: Tx, tail: int) -> Entry | None:
    """Return the first live operation after ``tail`` that changed a row ``tail`` changed, if any."""
    mine, later, operations = table_of(Change).alias("mine"), table_of(Change).alias("later"), table_of(Operation)
    if not tx.scalar(select(exists().where(operations.c.id > tail))):
        return None
    # From the later rows to mine: what came after is usually little, what is undone may be a whole import.
    touched = exists().where(
        mine.c.operation_id == tail, mine.c.table_name == later.c.table_name, mine.c.row_key == later.c.row_key
    )
    query = (
        select(later.c.operation_id)
        .distinct()
        .join(operations, and_(operations.c.id == later.c.operation_id, operations.c.undoes.is_(None)))
        .where(later.c.operation_id > tail, touched)
        .order_by(later.c.operation_id)
    )
    for number in tx.connection.execute(query).scalars():
        if _is_live(tx, number):
            return entry(tx, number)
    return None
