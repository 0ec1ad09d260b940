"""The written forms of the studio's list settings: arrival waves, card levels, holidays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from serviceflow.api import BadInput, T, parse_money


@dataclass(frozen=True, slots=True)
class Level:
    """A level of the love card: from so many referrals on, each further one brings ``gift`` fen."""

    code: str
    title: T
    referrals: int
    gift: int


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day customers are greeted on: yearly when it has no year."""

    month: int
    day: int
    year: int | None
    title: T


def read_waves(written: str) -> dict[time, int]:
    """Return couples per arrival wave, in order of the day, of ``09:00=3, 10:30=3``.

    Raises:
        ValueError: It is not written so, or a wave stands twice.
    """
    waves: dict[time, int] = {}
    for part in re.split(r"[,，]", written):
        match = re.fullmatch(r"\s*(\d{2}:\d{2})\s*=\s*(\d{1,3})\s*", part, re.ASCII)
        if match is None or (start := time.fromisoformat(match[1])) in waves:
            raise ValueError(part.strip())
        waves[start] = int(match[2])
    return dict(sorted(waves.items()))


def read_levels(written: str) -> list[Level]:
    """Return the card levels, lowest first, of ``love 爱情卡 Love card 0 100.00; gold …``.

    Raises:
        ValueError: It is not written so, two begin at one number, or none begins at 0.
    """
    levels = []
    for part in re.split(r"[;；]", written):
        match = re.fullmatch(r"\s*(\S+)\s+(\S+)\s+(.+?)\s+(\d+)\s+(\S+)\s*", part, re.ASCII)
        if match is None:
            raise ValueError(part.strip())
        try:
            gift = parse_money(match[5])
        except BadInput as cause:
            raise ValueError(match[5]) from cause
        levels.append(Level(match[1], T(match[3], zh=match[2]), int(match[4]), gift))
    levels.sort(key=lambda level: level.referrals)
    starts = [level.referrals for level in levels]
    if starts[0] != 0 or len(set(starts)) < len(starts):
        raise ValueError(written)
    return levels


def read_holidays(written: Sequence[str]) -> list[Holiday]:
    """Return the holidays of words such as ``02-14 情人节 Valentine's Day`` and ``2025-08-29 七夕 Qixi``.

    Raises:
        ValueError: One of them is not written so, or there is no such day.
    """
    found = []
    for words in written:
        match = re.fullmatch(r"(?:(\d{4})-)?(\d\d)-(\d\d)\s+(\S+)\s+(.+)", words.strip(), re.ASCII)
        if match is None:
            raise ValueError(words)
        year = int(match[1]) if match[1] else None
        date(year or 2024, int(match[2]), int(match[3]))  # a leap year: 02-29 may be listed
        found.append(Holiday(int(match[2]), int(match[3]), year, T(match[5], zh=match[4])))
    return found


def holiday_of(holidays: Sequence[Holiday], today: date) -> Holiday | None:
    """Return the holiday of a day; one that names the year stands before a yearly one."""
    fits = [h for h in holidays if (h.month, h.day) == (today.month, today.day) and h.year in (None, today.year)]
    return max(fits, key=lambda h: h.year is not None, default=None)
