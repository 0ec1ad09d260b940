"""What must be true of a shop's rows at all times, as queries that a user can run as well (``flow db check``)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from serviceflow.store.backup import damage
from serviceflow.store.place import Place
from serviceflow.texts import T


@dataclass(frozen=True, slots=True)
class Invariant:
    """A claim about the rows; ``query`` returns the readable keys of those that break it, or nothing."""

    key: str
    claim: T
    query: str


INVARIANTS = (
    Invariant("series", T("a number series is at least at its highest order", zh="编号序列不低于已有订单的最大号"),
              "SELECT o.number FROM orders o JOIN number_series s ON s.key = o.flow WHERE o.seq > s.last"),
    Invariant("void", T("a void number is borne by no order", zh="作废编号不被任何订单使用"),
              "SELECT o.number FROM orders o JOIN number_void v ON v.number = o.number"),
    Invariant("timers", T("no timer is planned for a closed order", zh="已关闭订单没有待触发的定时"),
              "SELECT o.number FROM orders o JOIN timer t ON t.order_id = o.id"
              " WHERE o.closed_at IS NOT NULL AND t.state = 'planned'"),
    Invariant("clocks", T("no deadline runs for a closed order", zh="已关闭订单没有运行中的期限"),
              "SELECT o.number FROM orders o JOIN order_clock k ON k.order_id = o.id"
              " WHERE o.closed_at IS NOT NULL AND k.state = 'running'"),
    Invariant("signatures", T("nothing of a closed order waits for a signature", zh="已关闭订单没有待审批事项"),
              "SELECT o.number FROM orders o JOIN signoff_request r ON r.order_id = o.id"
              " WHERE o.closed_at IS NOT NULL AND r.state = 'pending'"),
    Invariant("sent", T("a sent message has the moment it was sent", zh="已发送消息有发送时间"),
              "SELECT CAST(id AS TEXT) FROM message WHERE state = 'sent' AND sent_at IS NULL"),
    Invariant("merged", T("a merged customer leads to a living one", zh="已并入的客户指向有效客户"),
              "SELECT CAST(c.id AS TEXT) FROM customer c JOIN customer k ON k.id = c.merged_into WHERE k.id = c.id"),
)  # fmt: skip


def broken(connection: Connection) -> list[T]:
    """Return the claims that do not hold, each with the first rows that break it."""
    found = []
    for invariant in INVARIANTS:
        keys = [row[0] for row in connection.execute(text(f"{invariant.query} LIMIT 5"))]
        if keys:
            found.append(
                T("It is not true that {claim}: {keys}", zh="不成立: {claim}: {keys}").of(
                    claim=invariant.claim, keys=", ".join(keys)
                )
            )
    return found


def file_faults(place: Place) -> list[T]:
    """Return what SQLite finds wrong with the file; PostgreSQL watches its own pages and references."""
    if place.path is None:
        return []
    return [T("The file is damaged: {what}", zh="文件损坏: {what}").of(what=what) for what in damage(place.path)]
