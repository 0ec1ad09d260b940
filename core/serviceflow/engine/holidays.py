"""Importing the official holiday notice into calendar ``cn-public`` for years no library knows yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from serviceflow.calendars import Notice, parse_notice
from serviceflow.engine.staff import in_charge
from serviceflow.store.tables import CalendarDay
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop

CALENDAR = "cn-public"


@dataclass(frozen=True, slots=True)
class NoticeDays:
    """What a notice would change: each of its days with its holiday's name, and how many are new or differ."""

    notice: Notice
    names: dict[date, str]
    changed: int
    operation: int | None = None


def read_notice(shop: Shop, text: str) -> NoticeDays:
    """Return the days of a pasted notice, compared with what is stored; nothing is saved.

    Raises:
        BadInput: The text is not the official notice; names the line.
    """
    notice = parse_notice(text)
    with shop.reading() as tx:
        stored = {row.day: row.works for row in tx.all(CalendarDay) if row.calendar == CALENDAR}
    changed = sum(stored.get(day) is not works for day, works in notice.days.items())
    return NoticeDays(notice, _names(notice), changed)


def import_notice(shop: Shop, text: str, *, dry_run: bool = False) -> NoticeDays:
    """Save the days of a pasted notice; days stored before that it names otherwise are corrected.

    Raises:
        BadInput: The text is not the official notice; names the line.
        Refused: Somebody who is neither administrator nor manager gives the command.
    """
    read = read_notice(shop, text)
    with shop.write("cal import", dry_run=dry_run) as tx:
        in_charge(tx)
        for day, works in sorted(read.notice.days.items()):
            row = tx.get(CalendarDay, CALENDAR, day)
            if row is None:
                tx.add(CalendarDay(calendar=CALENDAR, day=day, works=works, name=read.names.get(day, "")))
            else:
                tx.change(row, works=works, name=read.names.get(day, ""))
        tx.summary = T("holidays of {year}: {n} days", zh="{year} 年节假日 {n} 天").of(
            year=read.notice.year, n=len(read.notice.days)
        )
    return NoticeDays(read.notice, read.names, read.changed, tx.operation)


def _names(notice: Notice) -> dict[date, str]:
    names: dict[date, str] = {}
    for name, first, last, makeups in notice.holidays:
        names.update(dict.fromkeys(makeups, name))
        for day in notice.days:
            if first <= day <= last:
                names[day] = name
    return names
