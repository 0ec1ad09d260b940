"""Why a message stands where it stands: every reason once, by its id, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from serviceflow.errors import BadInput, FlowError
from serviceflow.texts import T, plain

LONGEST = 18
"""Digits of the highest number a database can give."""
REASONS: dict[str, T] = {
    "remind.quiet-hours": T("quiet hours, put off to {until}", zh="免打扰时段, 推迟到 {until}"),
    "remind.condition": T("withheld: {condition} does not hold yet", zh="暂不发送: 条件 {condition} 尚未满足"),
    "remind.cap": T(
        "{recipient} has had enough messages for now, put off to {until}",
        zh="{recipient} 近期消息已达上限, 推迟到 {until}",
    ),
    "remind.marketing-cap": T(
        "{recipient} gets at most {most} marketing messages in {days} days, put off to {until}",
        zh="{recipient} 每 {days} 天至多收 {most} 条营销消息, 推迟到 {until}",
    ),
    "remind.expired": T("not sent by {at}; it would have come too late", zh="{at} 前未能发出, 已过时"),
    "remind.step-left": T("step left", zh="已离开该步骤"),
    "remind.plugin": T("withheld: {why}", zh="暂不发送: {why}"),
    "remind.template": T("the text cannot be made: {why}", zh="无法生成文字: {why}"),
    "remind.too-long": T("{n} bytes, the channel takes {most}", zh="{n} 字节, 渠道上限 {most} 字节"),
    "remind.no-provider-text": T(
        "the provider has no words for {template}; by hand", zh="服务商没有 {template} 的模板; 转人工发送"
    ),
    "remind.bad-address": T("refused: {why}; nothing more is sent there", zh="被拒: {why}; 不再向该地址发送"),
    "remind.address": T(
        "{address} was refused before ({mark}); correct it first", zh="{address} 曾被拒({mark}); 请先更正"
    ),
    "remind.merged": T("sent together with {mark}", zh="与 {mark} 合并发送"),
    "remind.parted": T("{mark} does not go; by itself again", zh="{mark} 不再发送, 恢复单独发送"),
    "remind.latest": T("replaced by the later {mark}", zh="已由较新的 {mark} 代替"),
    "remind.interrupted": T("the process ended after the hand-over began", zh="发送开始后进程中断"),
    "remind.refused": T("refused: {why}", zh="被拒: {why}"),
    "remind.retry": T("not accepted: {why}; again at {at}", zh="未被接受: {why}; {at} 重试"),
    "remind.given-up": T("given up after {n} tries: {why}", zh="重试 {n} 次后放弃: {why}"),
    "remind.throttled": T("channel rests until {at}: {why}", zh="渠道暂停到 {at}: {why}"),
    "remind.channel-fault": T("channel out of order until {at}: {why}", zh="渠道故障, {at} 再试: {why}"),
    "remind.unknown": T("end unknown: {why}; a person must look", zh="结果不明: {why}; 请人工确认"),
    "remind.same-key": T(
        "end unknown: {why}; again with the same key at {at}", zh="结果不明: {why}; {at} 用同一标识重发"
    ),
    "remind.will-ask": T("end unknown: {why}; the provider is asked at {at}", zh="结果不明: {why}; {at} 向服务商查询"),
    "remind.maybe-twice": T(
        "end unknown: {why}; sent again to staff, may come twice", zh="结果不明: {why}; 员工消息重发, 可能重复"
    ),
    "remind.key-too-old": T(
        "the provider no longer knows the key; a person must look", zh="标识已超过服务商保留期; 请人工确认"
    ),
    "remind.absent": T("the provider never got it", zh="服务商未收到"),
    "remind.unconfirmed": T("handed over; a refusal would not be visible", zh="已交出; 该渠道看不到拒绝"),
    "remind.by-hand": T("sent by hand by {who}", zh="{who} 人工发送"),
    "remind.skipped": T("skipped by {who}: {why}", zh="{who} 跳过: {why}"),
    "remind.said-sent": T("{who} says it was delivered: {why}", zh="{who} 确认已送达: {why}"),
    "remind.resend": T("sent again by decision of {who}: {why}", zh="{who} 决定重发: {why}"),
    "remind.dropped": T("dropped by {who}: {why}", zh="{who} 放弃: {why}"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason with the facts of its moment. ``ref`` is its id; ``words`` for one that is said by somebody else."""

    ref: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    words: T | None = None

    def text(self) -> T:
        """Return the sentence."""
        return self.words if self.words is not None else said(self.ref, self.stored())

    def stored(self) -> dict[str, Any]:
        """Return the facts as a row can hold them; texts in all languages."""
        held = {
            k: (v.both() if isinstance(v, T) else v if isinstance(v, int) else str(v)) for k, v in self.facts.items()
        }
        return held | ({"words": self.words.both()} if self.words is not None else {})


def because(ref: str, **facts: Any) -> Reason:
    """Return a reason of the core's own."""
    if ref not in REASONS:
        raise KeyError(ref)
    return Reason(ref, facts)


def said(ref: str, stored: Mapping[str, Any]) -> T:
    """Return the sentence of a stored reason."""
    facts = {k: _text(v) for k, v in stored.items()}
    words = facts.pop("words", None)
    if isinstance(words, T):
        return words
    known = REASONS.get(ref)
    return known.of(**facts) if known is not None else plain(ref)


def _text(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"en", "zh"}:
        return T(value["en"], zh=value["zh"])
    return value


def mark_of(number: int | None, generation: int) -> str:
    """Return the short name of a message: ``m88``, ``m88-2`` when a person had it sent again."""
    return f"m{number}" if generation == 1 else f"m{number}-{generation}"


def message_number(typed: str) -> int:
    """Return the number of a message typed as ``m88`` or ``88``.

    Raises:
        BadInput: It is neither.
    """
    digits = typed.strip().lower().removeprefix("m").partition("-")[0]
    if not digits.isdecimal() or len(digits) > LONGEST:
        raise BadInput(
            T("“{typed}” is no message; messages are called m88.", zh="“{typed}”不是消息编号; 写法如 m88。").of(
                typed=typed
            ),
            plain("flow remind status"),
            ref="message",
        )
    return int(digits)


def no_message(number: int) -> BadInput:
    """Return the refusal for a number no message has."""
    return BadInput(
        T("There is no message m{n}.", zh="没有消息 m{n}。").of(n=number), plain("flow remind status"), ref="message"
    )


def fault_of(cause: BaseException) -> T:
    """Return what to say about an exception: the sentence of one of ours, else its kind and words."""
    return cause.sentence if isinstance(cause, FlowError) else plain(f"{type(cause).__name__}: {cause}")
