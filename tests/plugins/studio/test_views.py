"""The public views of the studio's calendars. Source: studio.md section 3."""

from __future__ import annotations

from datetime import date

from serviceflow.api import CapacityException
from serviceflow_studio.rehearsal import Rehearsal
from serviceflow_studio.tables import StudioBooking
from sqlalchemy import text

from tests.plugins.studio.test_days import a1


def test_holds_and_exceptions_as_the_specification_names_them(studio: Rehearsal) -> None:
    case = a1(studio)
    studio.do(case, "book-shoot", date="2025-03-12", wave="09:00")
    with studio.shop.write("studio cal") as tx:
        tx.add(CapacityException(kind="studio.viewing", day=date(2025, 5, 1), cell="", capacity=0, reason="放假"))
    [booking] = studio.rows(StudioBooking, calendar="shoot")
    with studio.shop.reading() as tx:
        holds = tx.connection.execute(text("SELECT calendar, resource, day, cell, booking FROM studio_hold")).all()
        closed = tx.connection.execute(text("SELECT calendar, cell, capacity, reason FROM studio_exception")).all()
    assert [tuple(row) for row in holds] == [("shoot", "w1", "2025-03-12", "09:00", booking.id)]
    assert [tuple(row) for row in closed] == [("viewing", "", 0, "放假")]
