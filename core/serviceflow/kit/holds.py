"""Holds: one live row per thing, held by the database. Places in a grid, spans of time, claims until a moment.

A place cannot be given twice: the row (kind, resource, cell) is unique. Who loses a race reads who holds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from serviceflow.store.tables import Hold
from serviceflow.store.write import Tx, table_of


@dataclass(frozen=True, slots=True)
class Places:
    """Numbered resources of one kind, each with cells that one order takes at a time.

    Args:
        kind: What is taken, unique in the shop, such as ``studio.shoot``.
        prefix: Resources are called ``<prefix>1``, ``<prefix>2`` …
    """

    kind: str
    prefix: str

    def taken(self, tx: Tx, cells: Sequence[str]) -> dict[str, dict[str, Hold]]:
        """Return the holds of some cells: cell → resource → hold."""
        table = table_of(Hold)
        found: dict[str, dict[str, Hold]] = {cell: {} for cell in cells}
        for hold in tx.all(Hold, table.c.kind == self.kind, table.c.cell.in_(cells)):
            found[hold.cell][hold.resource] = hold
        return found

    def free(self, tx: Tx, cells: Sequence[str], capacity: Mapping[str, int]) -> list[str]:
        """Return the resources of which every cell is free and within capacity, lowest number first."""
        taken = self.taken(tx, cells)
        most = min((capacity[cell] for cell in cells), default=0)
        names = [f"{self.prefix}{n}" for n in range(1, most + 1)]
        return [name for name in names if all(name not in taken[cell] for cell in cells)]

    def take(
        self,
        tx: Tx,
        cells: Sequence[str],
        capacity: Mapping[str, int],
        *,
        order_id: int | None,
        holder: str,
        state: str = "booked",
    ) -> str | None:
        """Take all cells of the lowest-numbered resource that has them free; ``None`` when there is none.

        Args:
            cells: All of them or none: the mornings of two days, one half hour.
            capacity: How many resources each cell has.
            order_id: The order they are taken for, if there is one.
            holder: Key of what holds them, such as a booking; `release` frees by it.
            state: As in `claim`.
        """
        for resource in self.free(tx, cells, capacity):
            try:
                with tx.savepoint():
                    holds = [
                        tx.add(
                            Hold(
                                kind=self.kind,
                                resource=resource,
                                cell=cell,
                                order_id=order_id,
                                holder=holder,
                                state=state,
                                taken_at=tx.now,
                            )
                        )
                        for cell in cells
                    ]
            except IntegrityError:  # taken since by another machine: the next resource is tried
                continue
            return holds[0].resource if holds else None
        return None

    def above(self, tx: Tx, cells: Sequence[str], capacity: int) -> list[Hold]:
        """Return the holds of cells on resources whose number lies above a capacity."""
        return [
            hold
            for by_resource in self.taken(tx, cells).values()
            for name, hold in by_resource.items()
            if int(name.removeprefix(self.prefix)) > capacity
        ]


def held_by(tx: Tx, holder: str) -> list[Hold]:
    """Return what a ``holder`` holds."""
    table = table_of(Hold)
    return tx.all(Hold, table.c.holder == holder)


def keep(tx: Tx, holder: str, state: str) -> None:
    """Give the holds of a ``holder`` another ``state``: ``pending``, ``booked`` or ``kept``."""
    for hold in held_by(tx, holder):
        tx.change(hold, state=state)


def release(tx: Tx, holder: str) -> list[Hold]:
    """Free at once what a ``holder`` holds; return it."""
    freed = held_by(tx, holder)
    for hold in freed:
        tx.remove(hold)
    return freed


# -- claims --------------------------------------------------------------------------------------------------


class Taken(Exception):
    """Somebody else has a live claim: ``hold`` is its row."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(f"{hold.kind} {hold.resource}")
        self.hold = hold


def claim(
    tx: Tx,
    kind: str,
    thing: str,
    *,
    order_id: int | None,
    holder: str,
    now: datetime,
    until: datetime | None = None,
    state: str = "booked",
) -> Hold:
    """Claim a thing, alone, until a moment (open: gone at its instant) or without end; a claim that is over gives way.

    Args:
        kind: What kind of thing, unique in the shop, such as ``re.unit``.
        thing: Which one.
        order_id: The order it is taken for, if there is one.
        holder: Key of what holds it, such as ``booking/12``; the same word frees it.
        state: ``booked``, or ``pending`` and ``kept`` where a trade tells them apart.
        now: The present moment.
        until: Its end; none: until it is freed.

    Raises:
        Taken: With the live claim of somebody else.
    """
    table = table_of(Hold)
    found = tx.one(Hold, table.c.kind == kind, table.c.resource == thing, table.c.cell == "")
    if found is not None and (found.until_at is None or now < found.until_at):
        if found.holder != holder:
            raise Taken(found)
        return tx.change(found, until_at=until, state=state, order_id=order_id)
    if found is not None:
        tx.remove(found)
    try:
        with tx.savepoint():
            return tx.add(
                Hold(
                    kind=kind,
                    resource=thing,
                    cell="",
                    order_id=order_id,
                    holder=holder,
                    state=state,
                    until_at=until,
                    taken_at=tx.now,
                )
            )
    except IntegrityError:
        other = tx.one(Hold, table.c.kind == kind, table.c.resource == thing, table.c.cell == "")
        if other is None:
            raise
        raise Taken(other) from None


# -- spans ---------------------------------------------------------------------------------------------------


def take_span(
    tx: Tx,
    kind: str,
    resource: str,
    start: datetime,
    end: datetime,
    *,
    order_id: int | None,
    holder: str,
    state: str = "booked",
) -> Hold:
    """Take the half-open span [start, end) of a resource; spans meet but never overlap.

    Args:
        kind: What kind of resource, unique in the shop, such as ``catering.table``.
        resource: Which one.
        start: First instant that belongs to it.
        end: First instant that does not.
        order_id: The order it is taken for, if there is one.
        holder: Key of what holds it, such as ``booking/12``; the same word frees it.
        state: ``booked``, or ``pending`` and ``kept`` where a trade tells them apart.

    Raises:
        Taken: With the first span that overlaps.
    """
    tx.draw(f"span/{kind}/{resource}")  # takers of one resource queue up here
    other = overlapping(tx, kind, resource, start, end)
    if other is not None:
        raise Taken(other)
    return tx.add(
        Hold(
            kind=kind,
            resource=resource,
            cell=start.isoformat(),
            order_id=order_id,
            holder=holder,
            state=state,
            starts_at=start,
            until_at=end,
            taken_at=tx.now,
        )
    )


def overlapping(tx: Tx, kind: str, resource: str, start: datetime, end: datetime, *, but: str = "") -> Hold | None:
    """Return the first span of a resource that overlaps [start, end).

    Args:
        kind: As in `take_span`.
        resource: As in `take_span`.
        start: As in `take_span`.
        end: As in `take_span`.
        but: Holder whose own spans are set aside.
    """
    table = table_of(Hold)
    return tx.one(
        Hold,
        table.c.kind == kind,
        table.c.resource == resource,
        table.c.starts_at < end,
        table.c.until_at > start,
        table.c.holder != but,
        order_by=[table.c.starts_at],
    )


def count_held(tx: Tx, kind: str, order_id: int) -> int:
    """Return how many holds of a kind an order has."""
    table = table_of(Hold)
    return int(tx.scalar(select(func.count()).where(table.c.kind == kind, table.c.order_id == order_id)))
