"""A race that a shop can run on its own database: many processes want one place; exactly one must win each round."""

from __future__ import annotations

import multiprocessing
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from serviceflow.errors import FlowError
from serviceflow.kit.holds import Places, Taken, claim, release, take_span
from serviceflow.store.engine import open_engine
from serviceflow.store.place import Place
from serviceflow.store.tables import Hold
from serviceflow.store.write import Tx, table_of, transaction

KINDS = ("place", "claim", "span")
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Round:
    """What happened in one round: who won, and what the others were told."""

    winners: tuple[int, ...]
    losers: int
    failures: tuple[str, ...]
    left_over: int

    @property
    def fair(self) -> bool:
        """Whether exactly one won, everybody else was refused in words, and nothing half-stored is left."""
        return len(self.winners) == 1 and not self.failures and self.left_over == 0


def race(
    place: Place,
    kind: str = "place",
    *,
    processes: int = 8,
    rounds: int = 20,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Round]:
    """Let ``processes`` race for one thing, ``rounds`` times; what was taken is freed again.

    Args:
        kind: ``place`` (a cell of the only resource), ``claim`` or ``span``.
    """
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(processes + 1), context.Queue()
    token = secrets.token_hex(4)
    runners = [
        context.Process(target=_run, args=(place, kind, token, n, rounds, start, answers), daemon=True)
        for n in range(processes)
    ]
    for runner in runners:
        runner.start()
    engine = open_engine(place)
    found = []
    try:
        for number in range(rounds):
            start.wait(120)
            said: list[tuple[int, str]] = [answers.get(timeout=120) for _ in runners]
            with transaction(engine, place, now=_NOW, staff_id=None, command="selftest race") as tx:
                mine = table_of(Hold).c.holder.like(f"race/{token}/{number}/%")
                held = tx.all(Hold, mine)
                for hold in held:
                    release(tx, hold.holder)
            winners = tuple(n for n, word in said if word == "won")
            failures = tuple(word for _, word in said if word not in ("won", "taken"))
            found.append(Round(winners, sum(word == "taken" for _, word in said), failures, len(held) - len(winners)))
            progress(number + 1)
    finally:
        engine.dispose()
        for runner in runners:
            runner.join(5)
            runner.kill()
    return found


def _run(place: Place, kind: str, token: str, me: int, rounds: int, start: Any, answers: Any) -> None:
    engine = open_engine(place)
    for number in range(rounds):
        start.wait(120)
        try:
            with transaction(engine, place, now=_NOW, staff_id=None, command="selftest race") as tx:
                won = _take(tx, kind, f"{token}/{number}", f"race/{token}/{number}/{me}")
            answers.put((me, "won" if won else "taken"))
        except FlowError as refusal:
            answers.put((me, f"{type(refusal).__name__}: {refusal}"))
        except Exception as failure:
            answers.put((me, repr(failure)))
    engine.dispose()


def _take(tx: Tx, kind: str, thing: str, holder: str) -> bool:
    try:
        if kind == "place":
            return Places("selftest", "p").take(tx, [thing], {thing: 1}, order_id=None, holder=holder) is not None
        if kind == "claim":
            claim(tx, "selftest", thing, order_id=None, holder=holder, now=_NOW)
        else:
            take_span(tx, "selftest", thing, _NOW, _NOW.replace(hour=1), order_id=None, holder=holder)
    except Taken:
        return False
    return True


__all__ = ["KINDS", "Round", "race"]
