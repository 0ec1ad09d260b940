"""Providers that refuse with HTTP 200 and a code in the body: WeCom, DingTalk, Feishu.

Each adapter holds a table of its documented codes. A code that is in no table is a refusal all the same, a body
without a code is an unknown end; neither is ever taken for "sent".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from serviceflow.remind.channels.http import BY_ITSELF, LOOK, Answer, post, refusal_of
from serviceflow.remind.outcomes import Accepted, NotAccepted, Outcome, Rejected, Throttled, Unknown
from serviceflow.texts import T

Means = Literal["reject", "fault", "retry", "throttle", "token", "unknown"]


@dataclass(frozen=True, slots=True)
class Code:
    """What a documented code means.

    Args:
        means: ``reject`` this message; ``fault`` of the channel's set-up; ``retry`` later; ``throttle`` the
            channel; ``token`` is out of date; ``unknown`` end.
        rest: Seconds of rest for ``throttle``.
    """

    means: Means
    why: T
    way_out: T | None = None
    rest: int = 60


def outcome_of(code: int, codes: Mapping[int, Code], said: str) -> Outcome:
    """Return the outcome of a code that is not the provider's zero; ``said`` is its own sentence."""
    known = codes.get(code)
    number = str(code)
    if known is None:
        return NotAccepted(
            T("the provider refused: {code} {said}", zh="服务商拒绝: {code} {said}").of(code=code, said=said[:120]),
            T("Look the code up with the provider.", zh="请查阅服务商的错误码说明。"),
            number,
        )
    if known.means == "reject":
        return Rejected(known.why, known.way_out or LOOK, number)
    if known.means == "throttle":
        return Throttled(known.rest, known.why, number)
    if known.means == "unknown":
        return Unknown(known.why, number)
    return NotAccepted(known.why, known.way_out or BY_ITSELF, number, channel_fault=known.means in ("fault", "token"))


def read_code(answer: Answer, names: Sequence[str]) -> tuple[int | None, dict[str, Any]]:
    """Return the code under the first of ``names`` that is there, and the whole body."""
    body = answer.json()
    if not isinstance(body, dict):
        return None, {}
    for name in names:
        value = body.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value, body
    return None, body


def post_json(url: str, payload: Any, *, timeout: float, headers: Mapping[str, str] | None = None) -> Answer | Outcome:
    """Send a JSON body as UTF-8, Chinese characters as themselves: limits count bytes."""
    content = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return post(url, content, {"Content-Type": "application/json; charset=utf-8", **(headers or {})}, timeout=timeout)


def judge(
    answer: Answer | Outcome, names: Sequence[str], words: Sequence[str], codes: Mapping[int, Code]
) -> tuple[Outcome, dict[str, Any]]:
    """Return the outcome of an answer and its body; the code in the body counts before the HTTP status."""
    if not isinstance(answer, Answer):
        return answer, {}
    code, body = read_code(answer, names)
    if code is not None and code != 0:
        said = next((str(body[w]) for w in words if body.get(w)), "")
        outcome = outcome_of(code, codes, said)
        return outcome, body
    by_status = refusal_of(answer)
    if by_status is not None:
        return by_status, body
    if code is None:
        return Unknown(T("the provider's answer holds no code", zh="服务商的答复中没有返回码")), body
    return Accepted(), body


def not_yet(outcome: Outcome) -> Outcome:
    """Return what a failed sign-in means: the message itself was not handed over, whatever the answer was."""
    if isinstance(outcome, NotAccepted | Throttled):
        return outcome
    why = T("no access token was given", zh="未取得 access_token") if isinstance(outcome, Accepted) else outcome.why
    return NotAccepted(
        why,
        T("Check the channel: flow channel test CHANNEL", zh="请检查渠道: flow channel test 渠道名"),
        "token",
        channel_fault=True,
    )
