"""Guards of viewing appointments and of selecting. Source: studio.md sections 4.2, 5.2, 5.4, 11."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from serviceflow.api import Case, Guard, Refuse, T, Verdict, plain

from serviceflow_studio.bookings import horizon, live
from serviceflow_studio.places import Capacity, listed
from serviceflow_studio.shoot.rules import within_horizon
from serviceflow_studio.viewing.bookings import viewing_wish


def earliest_day(case: Case) -> date:
    """Return the first day on which the case's pictures can be viewed."""
    last = case.anchor_day("session_on")
    gap = timedelta(days=case.number("studio.viewing.min_days_after_shoot"))
    return (last if last is not None else case.today) + gap


def first_refusal(
    case: Case, at: datetime, session_on: date | None = None, minutes: int | None = None
) -> Refuse | None:
    """Return the first thing against a viewing at ``at``; ``session_on`` is the day of a session that ends now."""
    wish, calendars = viewing_wish(case, at, minutes), Capacity.of(case)
    first = earliest_day(case)
    if session_on is not None:
        first = session_on + timedelta(days=case.number("studio.viewing.min_days_after_shoot"))
    opens, closes = calendars.hours("viewing")
    grid = case.number("studio.viewing.grid")
    zh = "看样须在{first}后、营业时间内、每{grid}分钟起。"
    said = T("Viewing from {first} on, {opens}-{closes} including its length, start every {grid} minutes.", zh=zh).of(
        first=first, opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}", grid=grid
    )
    free = plain(f"flow studio cal viewing {max(wish.day, first)} --free")
    if wish.day < first:
        return Refuse(said, free, ref="studio.viewing-earliest")
    if not calendars.within_hours(wish):
        return Refuse(said, free, ref="studio.viewing-hours")
    if wish.start not in calendars.starts("viewing") or wish.minutes % grid:
        return Refuse(said, free, ref="studio.on-grid")
    if (outside := within_horizon(wish.day, case.today, horizon(case))) is not None or at < case.now:
        return outside or within_horizon(case.today - timedelta(days=1), case.today, horizon(case))
    if calendars.free(wish) or _only_own_in_the_way(case, wish):
        return None
    following = calendars.next_starts(wish, not_before=case.now, latest=horizon(case))
    return Refuse(
        T("No room free for {minutes} min.", zh="无空闲看样室({minutes}分钟)。").of(minutes=wish.minutes),
        T("Next: {next}", zh="最近可约: {next}").of(next=listed(following)),
        ref="studio.room-free",
    )


def _only_own_in_the_way(case: Case, wish: Any) -> bool:
    """Return whether the room would be free without the booking that is being moved."""
    from serviceflow_studio.bookings import holder
    from serviceflow_studio.places import VIEWING, key

    mine = live(case, "viewing")
    if mine is None:
        return False
    calendars = Capacity.of(case)
    cells = calendars.cells(wish)
    keys = [key(wish.day, cell) for cell in cells]
    taken = VIEWING.taken(case.tx, keys)
    most = min(calendars.capacity("viewing", wish.day, cells).values())
    own = holder(mine)
    return any(
        all(name not in taken[cell] or taken[cell][name].holder == own for cell in keys)
        for name in (f"{VIEWING.prefix}{n}" for n in range(1, most + 1))
    )


def viewing_free(case: Case, form: Any) -> Verdict:
    """Refuse a viewing that is too early, out of hours, off the grid, or finds no room."""
    return first_refusal(case, form_start(case, form), minutes=form.minutes)


def form_start(case: Case, form: Any) -> datetime:
    """Return the start a form with date and time asks for."""
    from datetime import time

    from serviceflow.api import instant_of

    return instant_of(form.date, time.fromisoformat(form.time), case.zone)


VIEWING_FREE = Guard("room-free", viewing_free)
