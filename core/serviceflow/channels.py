"""Everything a channel plugin may use: ``serviceflow.channels`` is kept stable, nothing under it is promised.

A channel is a class named by an entry point of the group ``serviceflow.channels``; docs/channels.md builds one.
"""

from serviceflow.remind.channels.deadline import CALL_TIMEOUT
from serviceflow.remind.channels.http import Answer as HttpAnswer
from serviceflow.remind.channels.http import post, refusal_of, retry_after
from serviceflow.remind.outcomes import (
    Ability,
    Absent,
    Accepted,
    Answer,
    Askable,
    ByTemplate,
    Channel,
    Idempotent,
    Letter,
    NotAccepted,
    Opaque,
    Outcome,
    Queryable,
    Rate,
    Rejected,
    Throttled,
    Unknown,
)
from serviceflow.remind.wording import sms_faults, variable_faults
from serviceflow.texts import T, plain

__all__ = [
    "CALL_TIMEOUT", "Ability", "Absent", "Accepted", "Answer", "Askable", "ByTemplate", "Channel", "HttpAnswer",
    "Idempotent", "Letter", "NotAccepted", "Opaque", "Outcome", "Queryable", "Rate", "Rejected", "T", "Throttled",
    "Unknown", "plain", "post", "refusal_of", "retry_after", "sms_faults", "variable_faults",
]  # fmt: skip
