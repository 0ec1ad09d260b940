"""A sales centre on both databases, spoken to in the trade's own words."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.store.place import Place
from serviceflow.testing.fixtures import NOW, Furnish, Template
from serviceflow_realestate.rehearsal import STAFF, Rehearsal, emerald_bay, staffed
from serviceflow_realestate.replay import Recorder, difference, ledger

from tests.plugins.conftest import staff_of, with_staff
from tests.plugins.walks import Walks, remembering


@pytest.fixture
def industries() -> tuple[str, ...]:
    return ("realestate",)


WALKS = ("deposited", "briefed", "with_loan", "paid_up", "handover", "signed_by_instalments", "instalments")
Centre, Remembering = remembering(Rehearsal, *WALKS), remembering(Recorder, *WALKS)


people = with_staff(staffed)


@pytest.fixture
def furnish() -> Furnish:
    return people


@pytest.fixture
def empty_centre(shop: Shop, clock: SetClock) -> Rehearsal:
    """A sales centre with its staff and nothing to sell."""
    return Centre(shop, clock, staff_of(shop, STAFF))  # type: ignore[no-any-return]


@pytest.fixture
def centre(empty_centre: Rehearsal, database: str, walks: Walks) -> Rehearsal:
    """The sales centre of 翠湖湾: permit of 2026-02-01, four units released on 2026-02-10 at 10:00."""
    emerald_bay(empty_centre)
    walks.begin(empty_centre, database)
    return empty_centre


class Replays:
    """Does the work of a test again with cron at other paces, and compares the ledgers."""

    def __init__(self, template: Template, industries: tuple[str, ...], folder: Path, permit: str) -> None:
        self.template = template("sqlite", industries, people)
        self.folder = folder
        self.permit = permit

    def recorder(self, centre: Rehearsal) -> Recorder:
        """Return a centre that remembers; cron runs at each due moment."""
        self._open_for_sale(centre)
        made: Recorder = Remembering(centre.shop, centre.clock, centre.ids)
        made.pace = "each"
        return made

    def _open_for_sale(self, centre: Rehearsal) -> None:
        month = self.permit[:8]
        emerald_bay(centre, self.permit, f"{month}10 10:00")

    def same(self, done: Recorder, pace: str) -> None:
        """Fail unless cron at another pace leads to the same ledger."""
        done.run_due()
        assert self.template.path is not None
        file = self.folder / f"{pace}.db"
        shutil.copy(self.template.path, file)
        clock = SetClock(NOW)
        shop = Shop.open(Place(path=file), staff="xiaomei", clock=clock)
        try:
            other = Rehearsal(shop, clock, done.ids)
            self._open_for_sale(other)
            other.pace = pace
            done.again(other)
            different = difference(ledger(done), ledger(other))
        finally:
            shop.close()
        assert not different, f"cron {pace}:\n" + "\n".join(different)


def replayed(
    centre: Rehearsal,
    walks: Walks,
    database: str,
    permit: str,
    template: Template,
    industries: tuple[str, ...],
    folder: Path,
) -> Iterator[Recorder]:
    """Give a test a centre with cron at each due moment; afterwards, on SQLite, replay it daily and never."""
    replays = Replays(template, industries, folder, permit)
    recorder = replays.recorder(centre)
    walks.begin(recorder, f"{database} {permit}")
    yield recorder
    if database == "sqlite":
        for pace in ("daily", "never"):
            replays.same(recorder, pace)


@pytest.fixture
def paced(
    empty_centre: Rehearsal,
    walks: Walks,
    database: str,
    template_of: Template,
    industries: tuple[str, ...],
    tmp_path: Path,
) -> Iterator[Recorder]:
    """The sales centre of 翠湖湾, with cron at each due moment, replayed with cron at noon each day, and never."""
    yield from replayed(empty_centre, walks, database, "2026-02-01", template_of, industries, tmp_path)


@pytest.fixture
def january(
    empty_centre: Rehearsal,
    walks: Walks,
    database: str,
    template_of: Template,
    industries: tuple[str, ...],
    tmp_path: Path,
) -> Iterator[Recorder]:
    """The same a month earlier, since A10 signs on 2026-01-31, before the permit of the fixture."""
    yield from replayed(empty_centre, walks, database, "2026-01-01", template_of, industries, tmp_path)
