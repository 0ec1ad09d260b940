"""Viewing appointments: a room for the length of the category. Source: studio.md section 5.2."""

from __future__ import annotations

from datetime import datetime

from serviceflow.api import Case

from serviceflow_studio import bookings
from serviceflow_studio.places import Wish
from serviceflow_studio.tables import StudioBooking, StudioCase


def usual_minutes(case: Case) -> int:
    """Return the planned length of a viewing of the case's category."""
    length = "wedding" if case.own(StudioCase).category == "wedding" else "art"
    return case.number(f"studio.viewing.{length}_minutes")


def viewing_wish(case: Case, at: datetime, minutes: int | None = None) -> Wish:
    """Return what a viewing at ``at`` takes."""
    local = at.astimezone(case.zone)
    return Wish("viewing", local.date(), local.time(), minutes or usual_minutes(case))


def book_viewing(case: Case, at: datetime, minutes: int | None = None) -> StudioBooking:
    """Book a viewing and set the anchors that its plans hang on."""
    booking = bookings.book(case, viewing_wish(case, at, minutes))
    set_viewing(case, None, booking)
    return booking


def set_viewing(case: Case, form: object, booking: StudioBooking) -> None:
    """Let the case's plans follow its viewing."""
    case.set_anchor("viewing_at", booking.starts_at)
    case.set_anchor("viewing_end", booking.ends_at)
    case.issue("viewing-notice")


def lose_viewing(case: Case, state: str) -> None:
    """End the case's viewing appointment."""
    booking = bookings.live(case, "viewing")
    if booking is not None:
        bookings.end(case, booking, state)
    case.set_anchor("viewing_at", None)
    case.set_anchor("viewing_end", None)
