"""The branch's line of the morning's digest: alerts, contacts, approvals, what is late. Source: brokerage.md 7."""

from __future__ import annotations

from datetime import datetime

from serviceflow.api import RequestRow, SlotRow, Staff, T, TaskRow, Tx, roles_of, table_of
from sqlalchemy import func, select

from serviceflow_brokerage.contacts import RULE as CONTACT
from serviceflow_brokerage.followup import RULE as WATCH


def digest_line(tx: Tx, staff: Staff, now: datetime) -> T | None:
    """Return what waits for a member of staff, ``None`` when nothing does."""
    tasks, requests, slots = table_of(TaskRow), table_of(RequestRow), table_of(SlotRow)
    roles = roles_of(tx, staff.id)
    mine = (tasks.c.assignee_id == staff.id) | (tasks.c.assignee_id.is_(None) & tasks.c.role.in_(roles))
    open_ = [tasks.c.state == "open", mine]

    def count(*where: object) -> int:
        return int(tx.scalar(select(func.count()).select_from(tasks).where(*open_, *where)))  # type: ignore[arg-type]

    approvals = int(
        tx.scalar(
            select(func.count(func.distinct(requests.c.id)))
            .select_from(requests.join(slots, slots.c.request_id == requests.c.id))
            .where(
                requests.c.state == "pending", slots.c.verdict == "open", slots.c.stage == requests.c.stage,
                (slots.c.staff_id == staff.id) | slots.c.role.in_(roles),
            )
        )
    )  # fmt: skip
    alerts, contacts, late = (
        count(tasks.c.rule == WATCH), count(tasks.c.rule == CONTACT), count(tasks.c.due_at < now)
    )  # fmt: skip
    if not (alerts or contacts or approvals or late):
        return None
    return T(
        "Today: {a} alerts, {b} contacts, {c} approvals, {d} overdue.",
        zh="今日:关注{a}件、服务联系{b}件、审批{c}件、逾期{d}件。",
    ).of(a=alerts, b=contacts, c=approvals, d=late)
