"""A webhook of the shop's own: JSON with an idempotency key and a signature.

The receiver answers 2xx once it has taken the message over, keeps the key for ``key_ttl`` seconds and answers the
same to the same key. One that keeps no keys but can look them up offers a second address instead: it is asked with
``{"key": …}`` and answers ``{"found": true, "id": …}`` or ``{"found": false}``.
``X-Serviceflow-Signature`` is ``t=UNIX,v1=HEX``: HMAC-SHA256 of ``"{t}.{body}"``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import datetime

from serviceflow.remind.channels.deadline import CALL_TIMEOUT
from serviceflow.remind.channels.http import Answer, post, refusal_of
from serviceflow.remind.outcomes import (
    Ability,
    Absent,
    Accepted,
    Idempotent,
    Letter,
    Opaque,
    Outcome,
    Queryable,
    Rate,
    Unknown,
)
from serviceflow.remind.outcomes import Answer as Answered
from serviceflow.texts import T

DAY = 86_400


class Webhook:
    """A POST to an address of the shop's own.

    Args:
        url: Where to; a secret.
        secret: Key of the signature; without it the request is not signed.
        key_ttl: Seconds for which the receiver recognises a key; 0 when it does not.
        ask_url: Address that answers whether a key arrived; used when ``key_ttl`` is 0.
        settle: Seconds after which the answer of ``ask_url`` is final.
    """

    kind = "webhook"
    most_bytes: int | None = None
    shows_refusals = True
    by_hand = False

    def __init__(
        self,
        url: str,
        secret: str | None = None,
        key_ttl: int = DAY,
        *,
        ask_url: str | None = None,
        settle: int = 300,
        rate: Rate | None = None,
        timeout: float = CALL_TIMEOUT,
    ) -> None:
        self.url = url
        self.secret = secret
        self.ask_url = ask_url
        self.ability: Ability = (
            Idempotent(key_ttl) if key_ttl else Queryable(settle) if ask_url is not None else Opaque()
        )
        self.rate = rate
        self.timeout = timeout

    def send(self, letter: Letter) -> Outcome:
        """Post the letter; the body is the same bytes at every try."""
        body = json.dumps(
            {
                "schema": 1,
                "key": letter.key,
                "message": letter.mark,
                "to": letter.address,
                "name": letter.name,
                "subject": letter.subject,
                "body": letter.body,
                "language": letter.language,
                "marketing": letter.marketing,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()
        answer = self._post(self.url, body, letter.key)
        if not isinstance(answer, Answer):
            return answer
        said = answer.json()
        ref = str(said.get("id", "")) if isinstance(said, dict) else ""
        return refusal_of(answer) or Accepted(ref)

    def ask(self, letter: Letter, begun: datetime) -> Answered:
        """Ask the receiver whether the letter's key arrived."""
        if self.ask_url is None:
            return Unknown(T("the receiver cannot be asked", zh="接收方不支持查询"))
        answer = self._post(self.ask_url, json.dumps({"key": letter.key}).encode(), letter.key)
        if not isinstance(answer, Answer):
            return answer
        said = answer.json()
        if answer.status != 200 or not isinstance(said, dict) or not isinstance(said.get("found"), bool):
            return Unknown(T("the receiver's answer cannot be read", zh="接收方的答复无法识别"), str(answer.status))
        if said["found"]:
            return Accepted(str(said.get("id", "")))
        return Absent(T("the receiver never saw it", zh="接收方未收到"))

    def _post(self, url: str, body: bytes, key: str) -> Answer | Outcome:
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": key}
        if self.secret is not None:
            stamp = str(int(time.time()))
            headers["X-Serviceflow-Signature"] = f"t={stamp},v1={sign(self.secret, stamp, body)}"
        return post(url, body, headers, timeout=self.timeout)

    def finish(self) -> None:
        """Nothing is kept open."""


def sign(secret: str, stamp: str, body: bytes) -> str:
    """Return the signature of a body sent at ``stamp`` (Unix seconds)."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
