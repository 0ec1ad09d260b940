"""Nightly work of trades: each job once for each local day, the work and "this day is done" in one commit."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from serviceflow.clock import instant
from serviceflow.errors import TryAgain
from serviceflow.faults import fault
from serviceflow.flow.trade import Job, Trade
from serviceflow.remind.reasons import fault_of
from serviceflow.store import rows
from serviceflow.store.tables import Meta
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop

META = table_of(Meta)


def run_jobs(shop: Shop, now: datetime, failed: list[T]) -> int:
    """Run what is due of every trade's jobs; returns how many days of jobs were done."""
    done = 0
    for trade in shop.plugins.all():
        for job in trade.jobs:
            for day in _days(shop, trade, job, now):
                try:
                    done += _run(shop, trade, job, day)
                except TryAgain:
                    raise
                except (Exception, SystemExit) as cause:  # a plugin's fault must not stop what is due of others
                    failed.append(
                        T("job {key}: {why}", zh="任务 {key}: {why}").of(key=key_of(trade, job), why=fault_of(cause))
                    )
                    break
    return done


def key_of(trade: Trade, job: Job) -> str:
    """Return the key under which the last day of a job is kept."""
    return f"job:{trade.key}:{job.key}"


def _days(shop: Shop, trade: Trade, job: Job, now: datetime) -> list[date]:
    """Return the days that are due and not done, oldest first."""
    today = shop.local_day(now)
    if now < instant(today, time.fromisoformat(shop.settings.get(job.at)), shop.zone):
        today -= timedelta(days=1)
    with shop.reading() as tx:
        said = tx.scalar(select(META.c.value).where(META.c.key == key_of(trade, job)))
    last = date.fromisoformat(said) if said else today - timedelta(days=1)
    missed = [last + timedelta(days=n) for n in range(1, (today - last).days + 1)]
    return missed if job.missed == "each" else missed[-1:]


def _run(shop: Shop, trade: Trade, job: Job, day: date) -> int:
    with shop.write(f"remind job {trade.key}:{job.key} {day}") as tx:
        if not claim_day(tx, key_of(trade, job), day):
            return 0
        job.run(shop, tx, day)
        fault("job.before_commit")
    fault("job.after_commit")
    return 1


def claim_day(tx: Tx, key: str, day: date) -> bool:
    """Write down that ``day`` is done for ``key``; False when another run was first. Holds the row until the commit."""
    moved = tx.connection.execute(
        update(META).where(META.c.key == key, META.c.value < day.isoformat()).values(value=day.isoformat())
    ).rowcount
    if moved:
        return True
    if tx.scalar(select(META.c.value).where(META.c.key == key)) is not None:
        return False
    first = rows.insertion(META, tx.dialect).values(key=key, value=day.isoformat())
    made = first.on_conflict_do_nothing().returning(META.c.key)
    return tx.connection.execute(made).first() is not None
