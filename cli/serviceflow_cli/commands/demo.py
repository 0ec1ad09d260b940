"""``flow demo``: a throw-away shop with a lived-in month, made by running the real flows with a moved clock."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from serviceflow.errors import BadInput
from serviceflow.store.place import Place, demo_place, place_of
from serviceflow.texts import T, language, plain

from serviceflow_cli import out
from serviceflow_cli.commands.init import computer_user
from serviceflow_cli.out import label
from serviceflow_cli.session import current, interactive

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.clock import SetClock
    from serviceflow.flow.trade import Trade

    Live = Callable[[Shop, SetClock, datetime], Sequence[str]]
    """Lives through the days up to a moment, or an earlier one where it leaves the clock; returns commands to try."""

LIVED_DAYS = 42


def demo(
    industry: Annotated[str, typer.Argument(metavar="[INDUSTRY]", help=label("Trade", zh="行业"))] = "studio",
) -> None:
    """Make a throw-away shop that has lived through a month, and show its day; made anew each time."""
    from serviceflow.app import make_shop
    from serviceflow.clock import SetClock, SystemClock

    session = current()
    place = _fresh(place_of(session.db) if session.db else demo_place())
    now = (session.clock or SystemClock()).now()
    clock = SetClock(now - timedelta(days=LIVED_DAYS))
    shop = make_shop(place, login=computer_user(), name=str(T("May", zh="小美")), language=language(), clock=clock,
                     industries=[industry])  # fmt: skip
    try:
        trade = shop.plugins.trade(industry)
        live = _live(trade)
        if interactive():
            out.talk(T("Living through {n} days …", zh="正在演练 {n} 天 …").of(n=LIVED_DAYS), "dim")
        hints = live(shop, clock, now)
        _keep_clock(shop, now - clock.now())
        moment = clock.now().astimezone(shop.zone)
    finally:
        shop.close()
    _say(place, trade, hints, moment if moment < now - timedelta(minutes=1) else None)


def _keep_clock(shop: Shop, behind: timedelta) -> None:
    """Let the shop go on from the moment it has lived up to, which may be an earlier day than today."""
    from serviceflow.clock import CLOCK_BEHIND
    from serviceflow.store.tables import Meta

    if behind > timedelta(0):
        with shop.write("demo") as tx:
            tx.add(Meta(key=CLOCK_BEHIND, value=str(int(behind.total_seconds()))))


def _fresh(place: Place) -> Place:
    """Clear the place of an earlier demonstration; a real shop is never touched.

    Raises:
        BadInput: The place is not that of a demonstration.
    """
    if place.path is None or not place.path.name.startswith("demo"):
        raise BadInput(
            T(
                "A demo is made in a file called demo….db, not in {place}.",
                zh="示例店须放在名为 demo….db 的文件, 不能是 {place}。",
            ).of(place=place.shown),
            plain("flow demo studio --db demo.db"),
            ref="core.demo-place",
        )
    for suffix in ("", "-wal", "-shm", ".lock"):
        Path(f"{place.path}{suffix}").unlink(missing_ok=True)
    return place


def _live(trade: Trade) -> Live:
    if trade.demo is None:
        raise BadInput(
            T("{trade} has no demo.", zh="“{trade}”没有示例店。").of(trade=trade.title),
            plain("flow demo studio"),
            ref="core.demo",
        )
    module, _, function = trade.demo.partition(":")
    live: Live = getattr(importlib.import_module(module), function)
    return live


def _say(place: Place, trade: Trade, hints: Sequence[str], moment: datetime | None) -> None:
    from serviceflow.store.place import default_place

    suffix = "" if default_place() == place else f" --db {place.shown}"
    commands = [f"{hint}{suffix}" for hint in hints]
    if current().format == "json":
        out.done(T("demo", zh="示例店"), data={"place": place.shown, "industry": trade.key, "try": commands})
        return
    made = T(
        "A demo shop is ready ({trade}; delete it any time: {place}). Try:",
        zh="示例店已建好({trade}, 可随时删除: {place})。试试:",
    )
    out.talk(made.of(trade=trade.title, place=place.shown), "green")
    if moment is not None:
        out.talk(T("Its clock stands at {at} and goes on from there.", zh="店内时钟为 {at}, 由此继续。").of(
            at=f"{moment:%Y-%m-%d %H:%M}"))  # fmt: skip
    for number, command in enumerate(commands, start=1):
        out.talk(f"  {number} {command}")
    out.talk("")
    current().db = place.shown
    from serviceflow_cli.commands.today import today

    today(staff="", everybody=False)
