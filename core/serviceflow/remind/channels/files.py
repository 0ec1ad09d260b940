"""Messages as files in a folder, with one printable sheet a day: nothing leaves the machine."""

from __future__ import annotations

import html
import os
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from serviceflow.remind.outcomes import Ability, Accepted, Idempotent, Letter, NotAccepted, Outcome, Rate
from serviceflow.texts import T

_STYLE = """
@page { size: A4; margin: 15mm }
body { font: 12pt/1.5 "Noto Serif CJK SC", "Songti SC", SimSun, serif }
article { break-inside: avoid; border: 1px solid #999; padding: 6mm; margin: 0 0 6mm; white-space: pre-wrap }
header { color: #555; font-size: 10pt; white-space: normal; border-bottom: 1px dotted #999; margin-bottom: 3mm }
""".strip()


class Files:
    """A folder per day; a file per message, named by its key, so that writing it twice changes nothing.

    Args:
        folder: Where the days' folders are made.
        zone: Zone of the shop, for the day.
    """

    kind = "file"
    ability: Ability = Idempotent(None)
    rate: Rate | None = None
    most_bytes: int | None = None
    shows_refusals = True
    by_hand = False

    def __init__(self, folder: Path, zone: ZoneInfo) -> None:
        self.folder = folder
        self.zone = zone
        self._days: set[Path] = set()

    def send(self, letter: Letter) -> Outcome:
        """Write the message's file, durably, under its final name only when it is whole."""
        known = next(self.folder.glob(f"*/*.{letter.key}.txt"), None) if self.folder.is_dir() else None
        day = known.parent if known is not None else self.folder / f"{datetime.now(self.zone):%Y-%m-%d}"
        file = known or day / f"{letter.mark}-{_safe(letter.name)}.{letter.key}.txt"
        text = f"{letter.mark}\n{letter.name}\n{letter.address}\n{letter.subject}\n\n{letter.body}\n"
        try:
            day.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = file.with_suffix(f".{os.getpid()}.part")
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            draft.replace(file)
        except OSError as cause:
            return NotAccepted(
                T("the file cannot be written: {why}", zh="无法写入文件: {why}").of(why=cause.strerror),
                T("Check the rights and the free space of {folder}.", zh="请检查 {folder} 的权限与剩余空间。").of(
                    folder=self.folder
                ),
                "write",
                channel_fault=True,
            )
        self._days.add(day)
        return Accepted(str(file))

    def finish(self) -> None:
        """Write the printable sheet of each day that got a message."""
        for day in sorted(self._days):
            articles = [self._article(file) for file in sorted(day.glob("*.txt"), key=_by_mark)]
            page = (
                f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>{day.name}</title>'
                f"<style>{_STYLE}</style>{''.join(articles)}</html>"
            )
            draft = day / f"sheet.{os.getpid()}.part"
            draft.write_text(page, encoding="utf-8")
            draft.replace(day / "sheet.html")
        self._days.clear()

    @staticmethod
    def _article(file: Path) -> str:
        mark, name, address, subject, _, body = file.read_text(encoding="utf-8").split("\n", 5)
        head = " · ".join(html.escape(part) for part in (mark, name, address, subject) if part)
        return f"<article><header>{head}</header>{html.escape(body.rstrip())}</article>"


def _safe(name: str) -> str:
    """Return a name as a part of a file name on any system: no path, no dots at its end, short."""
    return re.sub(r"[^\w-]+", "_", name)[:40].strip("_") or "x"


def _by_mark(file: Path) -> tuple[int, str]:
    number = re.match(r"m(\d+)", file.name)
    return int(number.group(1)) if number else 0, file.name
