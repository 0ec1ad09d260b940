"""The staff's morning message: what is overdue, due today, waiting for a signature, in trouble. None when empty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from serviceflow.calendars import is_open
from serviceflow.clock import instant, midnight_after
from serviceflow.engine.signoff import roles_of
from serviceflow.faults import fault
from serviceflow.remind.jobs import META, claim_day
from serviceflow.remind.outbox import MESSAGES, TROUBLED
from serviceflow.remind.settings import Channels
from serviceflow.store.tables import Message, Request, Slot, Staff, Task
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop

DONE = "job:core:digest"
LISTED = 12
"""Tasks named one by one; the rest is a number."""
TASKS, SLOTS, REQUESTS = table_of(Task), table_of(Slot), table_of(Request)


def plan_digest(shop: Shop, channels: Channels, now: datetime) -> int:
    """Plan today's digests once `core.digest_at` has come on an opening day; returns how many."""
    today = shop.local_day(now)
    due = instant(today, time.fromisoformat(shop.settings.get("core.digest_at")), shop.zone)
    if now < due:
        return 0
    with shop.reading() as tx:
        if tx.scalar(select(META.c.value).where(META.c.key == DONE)) == today.isoformat():
            return 0
    with shop.write("remind run") as tx:
        if not claim_day(tx, DONE, today) or not is_open(shop.calendar("shop"), today):
            return 0
        planned = sum(_plan(shop, tx, channels, member, due, now) for member in tx.all(Staff) if member.active)
        fault("digest.before_commit")
    fault("digest.after_commit")
    return planned


def _plan(shop: Shop, tx: Tx, channels: Channels, member: Staff, due: datetime, now: datetime) -> int:
    lines = digest_of(shop, tx, member, now)
    if not lines:
        return 0
    head = T("{name}: your day", zh="{name}: 今日事项").of(name=member.name)
    return _write(shop, tx, channels, member, "core:digest", head, lines, due, now)


def tell_staff(shop: Shop, tx: Tx, member: Staff, rule: str, head: T, lines: Sequence[T], now: datetime) -> bool:
    """Plan a message of several lines to a member of staff, once for each rule, person and day.

    Args:
        rule: ``plugin:key``, such as ``manufacturing:digest-late``.

    Returns:
        False when it was planned before.
    """
    from serviceflow.remind.settings import load_channels

    return bool(_write(shop, tx, load_channels(shop), member, rule, head, lines, now, now))


def _write(
    shop: Shop, tx: Tx, channels: Channels, member: Staff, rule: str, head: T, lines: Sequence[T], due: datetime,
    now: datetime
) -> int:  # fmt: skip
    language = member.language or shop.settings.get("core.language")
    # The date in the first line: DingTalk and WeCom drop a text they have seen, and a clerk sees which day it is.
    dated = plain("{day} {head}").of(day=shop.local_day(now).isoformat(), head=head)
    day = shop.local_day(now)
    row = Message(
        rule=rule, template="digest", purpose="service", language=language, channel=channels.digest,
        staff_id=member.id, recipient=channels.address_of(member), recipient_name=member.name,
        body="\n".join(line.to(language) for line in (dated, *lines)), due_at=due,
        expires_at=midnight_after(day, shop.zone) - timedelta(seconds=1), made_at=now,
        occurrence=f"{rule}/{member.id}/{day}/{channels.digest}")  # fmt: skip
    values = {c.name: getattr(row, c.name) for c in MESSAGES.c if c.name != "id"}
    build = sqlite.insert if tx.dialect == "sqlite" else postgresql.insert
    made = build(MESSAGES).values(**values).on_conflict_do_nothing().returning(MESSAGES.c.id)
    return int(tx.connection.execute(made).first() is not None)


def digest_of(shop: Shop, tx: Tx, member: Staff, now: datetime) -> list[T]:
    """Return the lines of one person's digest, empty when there is nothing to say."""
    roles = roles_of(tx, member.id or 0)
    mine = (TASKS.c.assignee_id == member.id) | (TASKS.c.assignee_id.is_(None) & TASKS.c.role.in_(roles))
    tonight = midnight_after(shop.local_day(now), shop.zone)
    open_tasks = (TASKS.c.state == "open", mine, TASKS.c.due_at < tonight)
    total = int(tx.scalar(select(func.count()).select_from(TASKS).where(*open_tasks)) or 0)
    overdue = int(tx.scalar(select(func.count()).select_from(TASKS).where(*open_tasks, TASKS.c.due_at < now)) or 0)
    query = select(TASKS).where(*open_tasks).order_by(TASKS.c.due_at, TASKS.c.id).limit(LISTED)
    listed = [Task(**row) for row in tx.connection.execute(query).mappings()]
    signs = int(
        tx.scalar(
            select(func.count(func.distinct(REQUESTS.c.id)))
            .select_from(REQUESTS.join(SLOTS, SLOTS.c.request_id == REQUESTS.c.id))
            .where(
                REQUESTS.c.state == "pending",
                SLOTS.c.verdict == "open",
                SLOTS.c.stage == REQUESTS.c.stage,
                (SLOTS.c.staff_id == member.id) | SLOTS.c.role.in_(roles),
            )
        )
        or 0
    )
    trouble = 0
    if roles & {"admin", "manager"}:
        trouble = int(tx.scalar(select(func.count()).select_from(MESSAGES).where(TROUBLED)) or 0)
    if not (total or signs or trouble):
        return []
    lines = [
        T(
            "overdue {overdue} · today {today} · to sign {signs}", zh="逾期 {overdue} · 今天 {today} · 等我签 {signs}"
        ).of(overdue=overdue, today=total - overdue, signs=signs)
    ]
    for task in listed:
        at = task.due_at.astimezone(shop.zone).strftime("%m-%d %H:%M")
        lines.append(plain("{at} {title} #{id}").of(at=at, title=T(task.title_en, zh=task.title_zh), id=task.id))
    if total > len(listed):
        lines.append(T("and {n} more: flow today", zh="另有 {n} 项: flow today").of(n=total - len(listed)))
    if trouble:
        lines.append(
            T("messages in trouble: {n}, flow remind status", zh="出错的消息: {n}, flow remind status").of(n=trouble)
        )
    return lines
