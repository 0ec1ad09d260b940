"""Why a message went or did not: when and by which rule it was planned, and what happened to it since.

Everything a reason says stands in the row, so that nothing is loaded to explain it: no SQLModel, no plugin.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from serviceflow.errors import ConfigError
from serviceflow.remind import backlog
from serviceflow.remind.reasons import mark_of, said
from serviceflow.remind.settings import load_channels
from serviceflow.store.read import Found, Reader
from serviceflow.texts import T, plain

STATES: dict[str, T] = {
    "planned": T("planned", zh="已计划"),
    "pending": T("ready to go", zh="待发送"),
    "claimed": T("about to go", zh="即将发送"),
    "sending": T("being handed over", zh="发送中"),
    "sent": T("sent", zh="已发送"),
    "held": T("put off", zh="推迟"),
    "retry": T("will be tried again", zh="待重试"),
    "uncertain": T("end unknown", zh="结果不明"),
    "failed": T("failed", zh="失败"),
    "expired": T("too late, not sent", zh="过时未发"),
    "cancelled": T("taken back", zh="已取消"),
    "suppressed": T("not allowed, not sent", zh="不允许, 未发"),
    "merged": T("went with another", zh="已合并"),
}
OUTCOMES: dict[str, T] = {
    "accepted": T("accepted", zh="已接受"),
    "rejected_permanent": T("refused", zh="被拒"),
    "not_accepted_retry": T("not accepted", zh="未被接受"),
    "throttled": T("throttled", zh="被限流"),
    "unknown": T("end unknown", zh="结果不明"),
    "": T("begun", zh="已开始"),
}
PURPOSES: dict[str, T] = {
    "service": T("service", zh="服务"),
    "notice": T("notice", zh="通知"),
    "survey": T("survey", zh="回访"),
    "marketing": T("marketing", zh="营销"),
    "safety": T("safety", zh="安全"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a message."""

    at: datetime
    text: T


@dataclass(slots=True)
class Story:
    """A message with everything that happened to it, in order of time.

    Attributes:
        message: Its row.
    """

    message: Found
    mark: str
    state: T
    events: list[Event] = field(default_factory=list)
    way_out: str | None = None

    def data(self) -> dict[str, Any]:
        """Return the story for scripts."""
        m = self.message
        same = ("rule", "purpose", "channel", "state", "due_at", "sent_at", "attempts", "order_id", "customer_id")
        return {
            "message": self.mark, "reason": str(self.events[-1].text) if self.events else "", "ref": m["reason_ref"],
            **{name: m[name] for name in same},
            "events": [{"at": e.at, "text": str(e.text)} for e in self.events],
        }  # fmt: skip


_MESSAGES = """SELECT m.id, m.generation, m.rule, m.template, m.purpose, m.channel, m.recipient_name, m.state, m.reason,
    m.reason_ref, m.due_at, m.sent_at, m.made_at, m.attempts, m.order_id, m.customer_id, m.step, m.trail, o.number,
    COALESCE(s.title_en, m.step) AS step_en, COALESCE(s.title_zh, m.step) AS step_zh
    FROM message m LEFT JOIN orders o ON o.id = m.order_id
    LEFT JOIN catalogue_step s ON s.flow = o.flow AND s.version = o.flow_version AND s.step = m.step"""


def message(read: Reader, number: int) -> Found | None:
    """Return the row of a message, ``None`` where there is none of this number."""
    return read.one(f"{_MESSAGES} WHERE m.id = :id", id=number)


def messages_of(
    read: Reader, *, order_id: int | None = None, customer_id: int | None = None, most: int = 50
) -> list[Found]:
    """Return the newest messages of an order or a customer, by when they are due."""
    column, key = ("order_id", order_id) if order_id is not None else ("customer_id", customer_id)
    found = read.rows(f"{_MESSAGES} WHERE m.{column} = :key ORDER BY m.due_at DESC, m.id DESC LIMIT {most}", key=key)
    return found[::-1]


def why(read: Reader, row: Found) -> Story:
    """Return the story of a message."""
    story = Story(row, mark_of(row["id"], row["generation"]), STATES[row["state"]])
    planned = Event(row["made_at"], _planned(read, row))
    trail = json.loads(row["trail"])
    events = [_changed(*entry) for entry in trail]
    hands = read.rows(
        """SELECT number, channel, claim, outcome, detail, COALESCE(ended_at, begun_at) AS due_at
        FROM message_attempt WHERE message_id = :id ORDER BY id""",
        id=row["id"],
    )
    events += [Event(hand["due_at"], _handed(hand)) for hand in hands]
    if row["state"] in ("cancelled", "suppressed") and not trail:
        events.append(Event(row["made_at"], _told(row["state"], plain(row["reason"]))))
    story.events = [planned, *sorted(events, key=lambda e: e.at)]
    if row["state"] in ("uncertain", "failed"):
        story.way_out = f"flow remind resolve {story.mark} --sent|--resend|--drop"
    elif row["state"] == "pending":
        waits, story.way_out = _waits(read, row)
        story.events.append(Event(read.now, waits))
    return story


def _waits(read: Reader, row: Found) -> tuple[T, str | None]:
    """Return what a message that is ready waits for, seen from this machine, and the command that moves it."""
    name = row["channel"] or ""
    try:
        channels = load_channels(read)
    except ConfigError as cause:
        return T("waits: {why}", zh="等待: {why}").of(why=cause.sentence), "flow channel list"
    if channels.kind(name) == "hand":
        return T("waits for a person to send it", zh="等待人工发送"), "flow remind hand"
    state = read.one("SELECT kind, paused_until AS held_until, reason FROM channel_state WHERE channel = :c", c=name)
    if state is not None and state["held_until"] is not None and state["held_until"] > backlog.present(read):
        at = state["held_until"].astimezone(read.zone)
        words = T("waits: {channel} rests until {at}: {why}", zh="等待: {channel} 暂停到 {at}: {why}")
        return words.of(channel=name, at=f"{at:%Y-%m-%d %H:%M}", why=state["reason"]), None
    if state is not None and state["kind"] and name not in channels.named:
        return T("waits for a machine that has {channel}", zh="等待有 {channel} 的机器").of(channel=name), None
    if channels.get(name) is None:
        return T("waits: {why}", zh="等待: {why}").of(why=channels.broken[name].sentence), "flow channel list"
    return T("goes with the next run", zh="下次运行时发送"), "flow remind run"


def _changed(at: str, state: str, ref: str, facts: dict[str, Any]) -> Event:
    return Event(datetime.fromisoformat(at).astimezone(UTC), _told(state, said(ref, facts)))


def _told(state: str, reason: T) -> T:
    return T("{state}: {why}", zh="{state}: {why}").of(state=STATES[state], why=reason)


def _planned(read: Reader, row: Found) -> T:
    words = T(
        "planned by rule {rule} for {due}, {purpose}, over {channel}",
        zh="由规则 {rule} 计划于 {due}, {purpose}, 渠道 {channel}",
    ).of(
        rule=row["rule"],
        due=row["due_at"].astimezone(read.zone).strftime("%Y-%m-%d %H:%M"),
        purpose=PURPOSES.get(row["purpose"], row["purpose"]),
        channel=row["channel"] or "-",
    )
    if row["number"] is None:
        return words
    step = T(row["step_en"] or "-", zh=row["step_zh"] or "-")
    return T("{words}, order {no}, step {step}", zh="{words}, 订单 {no}, 步骤 {step}").of(
        words=words, no=row["number"], step=step
    )


def _handed(hand: Found) -> T:
    if hand["claim"] == "person":
        return T("a person vouches for it", zh="由人确认")
    detail = f" ({hand['detail']})" if hand["detail"] else ""
    return T("try {n} over {channel}: {outcome}{detail}", zh="第 {n} 次经 {channel}: {outcome}{detail}").of(
        n=hand["number"], channel=hand["channel"], outcome=OUTCOMES[hand["outcome"]], detail=detail
    )
