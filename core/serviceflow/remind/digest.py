"""The staff's morning message: what is overdue, due today, waiting for a signature, in trouble. None when empty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from serviceflow.calendars import is_open
from serviceflow.clock import instant, midnight_after
from serviceflow.engine.signoff import roles_of
from serviceflow.faults import fault
from serviceflow.plugin.ask import digest_lines
from serviceflow.remind.jobs import META, claim_day
from serviceflow.remind.outbox import DIGEST, MESSAGES, TROUBLED
from serviceflow.remind.settings import GROUP_KINDS, Channels
from serviceflow.store import rows
from serviceflow.store.tables import Message, Request, Slot, Staff, Task
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop

DONE = "job:core:digest"
LISTED = 12
"""Tasks named one by one; the rest is a number."""
LISTED_IN_GROUP = 3
"""Lines of each member in the digest of a group."""
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
        members = [member for member in tx.all(Staff) if member.active]
        if channels.kind(channels.digest) in GROUP_KINDS:
            planned = _plan_for_all(shop, tx, channels, members, due, now)
        else:
            planned = sum(_plan(shop, tx, channels, member, due, now) for member in members)
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
    texts = [_dated(shop, head, now).to(language), *(line.to(language) for line in lines)]
    row = Message(
        rule=rule, language=language, channel=channels.digest, staff_id=member.id,
        recipient=channels.address_of(member), recipient_name=member.name, body="\n".join(texts),
        occurrence=f"{rule}/{member.id}/{shop.local_day(now)}/{channels.digest}",
        **_of_the_day(shop, due, now))  # fmt: skip
    return _add(tx, row)


def _plan_for_all(shop: Shop, tx: Tx, channels: Channels, members: list[Staff], due: datetime, now: datetime) -> int:
    """Plan one digest for a group: what each member has, shortened to what one message of the channel takes."""
    language = shop.settings.get("core.language")
    parts: list[str] = []
    for member in members:
        lines = [line.to(language) for line in digest_of(shop, tx, member, now)]
        if lines:
            parts += [f"{member.name}: {lines[0]}", *(f"  {line}" for line in lines[1 : 1 + LISTED_IN_GROUP])]
    if not parts:
        return 0
    name = shop.settings.get("core.shop_name")
    head = _dated(shop, T("{name}: today", zh="{name}: 今日事项").of(name=name), now).to(language)
    channel = channels.get(channels.digest)
    most = channel.most_bytes if channel is not None else None
    row = Message(
        rule="core:digest", language=language, channel=channels.digest, recipient=channels.digest, recipient_name=name,
        body=_within([head, *parts], most, T("and more: flow today", zh="其余见: flow today").to(language)),
        occurrence=f"core:digest/all/{shop.local_day(now)}/{channels.digest}",
        **_of_the_day(shop, due, now))  # fmt: skip
    return _add(tx, row)


def _dated(shop: Shop, head: T, now: datetime) -> T:
    """Return a first line with the date: DingTalk and WeCom drop a text they have seen, and it says which day it is."""
    return plain("{day} {head}").of(day=shop.local_day(now).isoformat(), head=head)


def _within(lines: list[str], most: int | None, more: str) -> str:
    """Return as many lines as fit into ``most`` bytes, the last of them ``more`` where some did not."""
    text = "\n".join(lines)
    while most is not None and len(text.encode()) > most and len(lines) > 1:
        lines = lines[:-1]
        text = "\n".join((*lines, more))
    return text


def _of_the_day(shop: Shop, due: datetime, now: datetime) -> dict[str, Any]:
    end = midnight_after(shop.local_day(now), shop.zone) - timedelta(seconds=1)
    return {"template": DIGEST, "purpose": "service", "due_at": due, "expires_at": end, "made_at": now}


def _add(tx: Tx, row: Message) -> int:
    values = {c.name: getattr(row, c.name) for c in MESSAGES.c if c.name != "id"}
    first = rows.insertion(MESSAGES, tx.dialect).values(**values)
    made = first.on_conflict_do_nothing().returning(MESSAGES.c.id)
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
    listed = tx.found(Task, query)
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
    told = digest_lines(shop, tx, member, now)
    if not (total or signs or trouble or told):
        return []
    lines = [
        T(
            "overdue {overdue} · today {today} · to sign {signs}", zh="逾期 {overdue} · 今天 {today} · 等我签 {signs}"
        ).of(overdue=overdue, today=total - overdue, signs=signs)
    ]
    for task in listed:
        at = task.due_at.astimezone(shop.zone).strftime("%m-%d %H:%M")
        lines.append(plain("{at} {title} #{id}").of(at=at, title=T(task.title_en, zh=task.title_zh), id=task.id))
    lines += told
    if total > len(listed):
        lines.append(T("and {n} more: flow today", zh="另有 {n} 项: flow today").of(n=total - len(listed)))
    if trouble:
        lines.append(
            T("messages in trouble: {n}, flow remind status", zh="出错的消息: {n}, flow remind status").of(n=trouble)
        )
    return lines
