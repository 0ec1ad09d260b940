"""Alibaba Cloud SMS: approved words only, no key that drops repeats, but every message can be asked for.

Sources: help.aliyun.com, "SendSms", "QuerySendDetails", "API error codes" (2017-05-25); signature of RPC calls, version
1.0. An answer of HTTP 200 can be a refusal: only ``"Code": "OK"`` is not.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from serviceflow.channels import (
    CALL_TIMEOUT,
    Absent,
    Accepted,
    Answer,
    HttpAnswer,
    Letter,
    NotAccepted,
    Outcome,
    Queryable,
    Rate,
    Rejected,
    T,
    Throttled,
    Unknown,
    plain,
    post,
    refusal_of,
    sms_faults,
    variable_faults,
)

URL = "https://dysmsapi.aliyuncs.com/"
BEIJING = timezone(timedelta(hours=8))
"""The provider's days are those of Beijing, whatever the shop's zone."""
VARIABLE_MOST = 35
"""Characters a variable takes."""
PAGE = 50
SETTLE = 120
"""Seconds after which a message that was taken over shows in the provider's list."""

_ADDRESS = T("Correct the number: flow customer edit", zh="请更正号码: flow customer edit")
_WORDS = T("Look at the words: flow remind check", zh="请检查文字: flow remind check")
_SET_UP = T(
    "Look at the account at the provider, then: flow channel test", zh="请检查服务商账户, 然后: flow channel test"
)

LATER = {
    "isv.BUSINESS_LIMIT_CONTROL": 3600,
    "Throttling.User": 60,
    "Throttling": 60,
    "isv.DAY_LIMIT_CONTROL": 6 * 3600,
    "isv.MONTH_LIMIT_CONTROL": 24 * 3600,
}
"""Refusals that pass by themselves, with the seconds to wait."""
NUMBER = frozenset({"isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT"})
TEXT = frozenset(
    {
        "isv.TEMPLATE_MISSING_PARAMETERS",
        "isv.TEMPLATE_PARAMS_ILLEGAL",
        "isv.INVALID_PARAMETERS",
        "isv.PARAM_LENGTH_LIMIT",
        "isv.INVALID_JSON_PARAM",
        "isv.BLACK_KEY_CONTROL_LIMIT",
        "isv.PARAM_NOT_SUPPORT_URL",
    }
)
"""Refusals of this message; all others are of the account: signature, template, balance, keys."""
FAILED = 2
"""State of a message that the telephone company did not deliver."""


class AlibabaSms:
    """A provider that sends approved words with short variables.

    Args:
        signature: Name before the text, filed with the provider.
        key: AccessKey id.
        secret: AccessKey secret.
        templates: The provider's code of each text it approved, by its key such as ``studio:booked-sms``.
        by_hand: Texts that the shop knows to go by hand.
        variable_most: Characters a variable takes; some accounts and providers allow six.
    """

    kind = "alibaba-sms"
    ability = Queryable(SETTLE)
    most_bytes: int | None = None
    shows_refusals = True
    by_hand = False

    def __init__(
        self,
        signature: str,
        key: str,
        secret: str,
        templates: Mapping[str, str] | None = None,
        *,
        by_hand: Sequence[str] = (),
        variable_most: int = VARIABLE_MOST,
        url: str = URL,
        rate: Rate | None = None,
        timeout: float = CALL_TIMEOUT,
    ) -> None:
        self.signature = signature
        self.key = key
        self.secret = secret
        self.templates = dict(templates or {})
        self.not_served = frozenset(by_hand)
        self.variable_most = variable_most
        self.url = url
        self.rate = rate if rate is not None else Rate(1000, 60)
        self.timeout = timeout

    # -- what it serves ----------------------------------------------------------------------------------------

    def serves(self, template: str) -> bool:
        """Return whether the provider has approved these words."""
        return template in self.templates

    def declared(self, template: str) -> bool:
        """Return whether the shop has said that these words go by hand."""
        return template in self.not_served

    def faults(self, text: str, samples: Sequence[Mapping[str, str]]) -> Iterable[tuple[str, T]]:
        """Return what the provider refuses of words and values."""
        return (*sms_faults(text), *variable_faults(samples, self.variable_most))

    # -- sending -----------------------------------------------------------------------------------------------

    def send(self, letter: Letter) -> Outcome:
        """Hand one message over; `OutId` is its key, by which it can be asked for."""
        code = self.templates.get(letter.template)
        if code is None:
            return Rejected(T("no approved words: {key}", zh="没有已审核的模板: {key}").of(key=letter.template), _WORDS)
        answer = self._call(
            "SendSms",
            PhoneNumbers=letter.address.removeprefix("+86"),
            SignName=self.signature,
            TemplateCode=code,
            TemplateParam=json.dumps(dict(letter.values), ensure_ascii=False, separators=(",", ":")),
            OutId=letter.key,
        )
        if not isinstance(answer, dict):
            return answer
        return Accepted(str(answer.get("BizId", ""))) if answer["Code"] == "OK" else refused(answer)

    def ask(self, letter: Letter, begun: datetime) -> Answer:
        """Look the message up in the provider's list of the day it was handed over."""
        page = 1
        while True:
            answer = self._call(
                "QuerySendDetails",
                PhoneNumber=letter.address.removeprefix("+86"),
                SendDate=begun.astimezone(BEIJING).strftime("%Y%m%d"),
                PageSize=str(PAGE),
                CurrentPage=str(page),
            )
            if not isinstance(answer, dict):
                return answer
            if answer["Code"] != "OK":
                return Unknown(plain(str(answer["Code"])), str(answer["Code"]))
            listed = answer.get("SmsSendDetailDTOs", {}).get("SmsSendDetailDTO", [])
            for one in listed:
                if one.get("OutId") == letter.key:
                    return delivered(one)
            if page * PAGE >= int(answer.get("TotalCount", 0)) or not listed:
                return Absent(T("the provider's list does not have it", zh="服务商记录中没有该短信"))
            page += 1

    def finish(self) -> None:
        """Nothing is kept open."""

    def _call(self, action: str, **given: str) -> dict[str, Any] | Outcome:
        """Return the provider's answer that has a code, or what it means that there is none."""
        body = urlencode(signed(self.key, self.secret, {"Action": action, **given}, datetime.now(UTC), uuid4().hex))
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = post(self.url, body.encode(), headers, timeout=self.timeout)
        if not isinstance(answer, HttpAnswer):
            return answer
        said = answer.json()
        if answer.status < 500 and isinstance(said, dict) and isinstance(said.get("Code"), str):
            return said
        return refusal_of(answer) or Unknown(T("the provider's answer cannot be read", zh="服务商答复无法识别"))


def refused(answer: Mapping[str, object]) -> Outcome:
    """Return what a refusal means: for this message, for this number, or for everything we send."""
    code = str(answer["Code"])
    why = plain("{code}: {said}").of(code=code, said=str(answer.get("Message", ""))[:120])
    if code in LATER:
        return Throttled(LATER[code], why, code)
    if code in NUMBER:
        return Rejected(why, _ADDRESS, code, bad_address=True)
    if code in TEXT:
        return Rejected(why, _WORDS, code)
    return NotAccepted(why, _SET_UP, code, channel_fault=True)


def delivered(one: Mapping[str, object]) -> Answer:
    """Return what a line of the provider's list says."""
    if one.get("SendStatus") == FAILED:
        why = T("not delivered: {code}", zh="未送达: {code}").of(code=one.get("ErrCode", "?"))
        return Rejected(why, _ADDRESS, str(one.get("ErrCode", "")))
    return Accepted(str(one.get("ReceiveDate", "")))


def signed(key: str, secret: str, given: Mapping[str, str], at: datetime, nonce: str) -> dict[str, str]:
    """Return the parameters of a call with those of every call and the signature over all."""
    every = {
        **given, "AccessKeyId": key, "Format": "JSON", "SignatureMethod": "HMAC-SHA1", "SignatureNonce": nonce,
        "SignatureVersion": "1.0", "Timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "Version": "2017-05-25",
        "RegionId": "cn-hangzhou",
    }  # fmt: skip
    canonical = "&".join(f"{_escaped(name)}={_escaped(every[name])}" for name in sorted(every))
    text = f"POST&{_escaped('/')}&{_escaped(canonical)}"
    mac = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()
    return {**every, "Signature": base64.b64encode(mac).decode()}


def _escaped(text: str) -> str:
    return quote(text, safe="~")
