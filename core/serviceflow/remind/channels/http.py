"""One POST over HTTP, with the phase in which it broke: before the provider was reached, or after."""

from __future__ import annotations

import email.utils
import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from serviceflow.errors import ConfigError
from serviceflow.remind.channels.deadline import CALL_TIMEOUT, cut_after
from serviceflow.remind.outcomes import NotAccepted, Outcome, Rejected, Throttled, Unknown
from serviceflow.texts import T, plain

MOST_ANSWER = 1_000_000
"""Bytes of an answer that are read."""
LOOK = T("Look at the text and the recipient: flow remind why MESSAGE", zh="请检查内容与收件人: flow remind why 消息")
BY_ITSELF = T("Nothing to do: it is tried again by itself.", zh="无需处理: 会自动重试。")


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON, or ``None`` when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Address:
    """A URL taken apart; ``url`` itself is often a secret and is never shown."""

    secure: bool
    host: str
    port: int
    target: str

    @classmethod
    def of(cls, url: str) -> Address:
        """Take a URL apart.

        Raises:
            ConfigError: It is no http or https URL.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise _no_address() from None
        plain_words = url.isascii() and url.isprintable() and " " not in url
        if parts.scheme not in ("http", "https") or not parts.hostname or not plain_words:
            raise _no_address()
        secure = parts.scheme == "https"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(secure, parts.hostname, port or (443 if secure else 80), target)


def _no_address() -> ConfigError:
    return ConfigError(
        T(
            "A channel's url is like https://HOST/PATH, other signs written as %XX.",
            zh="渠道的 url 形如 https://主机/路径, 特殊字符写成 %XX。",
        ),
        plain("flow channel list"),
        ref="channel.url",
    )


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout: float = CALL_TIMEOUT) -> Answer | Outcome:
    """Send one POST; return the whole answer, or what it means that there is none.

    Nothing is followed or sent again: a redirect of a POST is an answer like any other.
    """
    address = Address.of(url)
    kind = http.client.HTTPSConnection if address.secure else http.client.HTTPConnection
    extra: dict[str, Any] = {"context": ssl.create_default_context()} if address.secure else {}
    connection = kind(address.host, address.port, timeout=timeout, **extra)
    try:
        with cut_after(timeout, lambda: connection.sock):
            try:
                connection.connect()
            except (OSError, ssl.SSLError, UnicodeError) as cause:
                return not_reached(cause)
            try:
                connection.request("POST", address.target, body=body, headers=dict(headers))
                response = connection.getresponse()
                content = response.read(MOST_ANSWER)
                if response.length and len(content) < MOST_ANSWER:
                    raise http.client.IncompleteRead(content, response.length)
            except (OSError, http.client.HTTPException, ssl.SSLError) as cause:
                return Unknown(
                    T("the connection broke before the answer ({why})", zh="未收到答复连接就中断了({why})").of(
                        why=type(cause).__name__
                    )
                )
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, content)
    finally:
        connection.close()


def not_reached(cause: Exception) -> NotAccepted:
    """Return the outcome of a connection that never came about."""
    why: object = type(cause).__name__
    if isinstance(cause, socket.gaierror):
        why = T("its name is not found", zh="找不到该主机名")
    return NotAccepted(
        T("the provider cannot be reached ({why})", zh="无法连接服务商({why})").of(why=why),
        T("Check the network: flow channel test CHANNEL", zh="请检查网络: flow channel test 渠道名"),
        code="connect",
        channel_fault=True,
    )


def refusal_of(answer: Answer) -> Outcome | None:
    """Return what a status that is not 2xx means, ``None`` for 2xx.

    Anything of 5xx came after the body: the provider may have taken the message (reliability.md, fault 31).
    """
    status, code = answer.status, str(answer.status)
    if 200 <= status < 300:
        return None
    words = T("the provider answered HTTP {status}", zh="服务商返回 HTTP {status}").of(status=status)
    if status == 429:
        return Throttled(retry_after(answer) or 60, words, code)
    if status >= 500 or status == 408:
        return Unknown(words, code)
    if status in (400, 409, 410, 413, 415, 422):
        return Rejected(words, LOOK, code)
    return NotAccepted(
        words,
        T(
            "Check address and key of the channel: flow channel test CHANNEL",
            zh="请检查渠道地址与密钥: flow channel test 渠道名",
        ),
        code,
        retry_after(answer),
        channel_fault=True,
    )


def retry_after(answer: Answer) -> int | None:
    """Return the seconds of ``Retry-After`` (a number or an HTTP date) or of Feishu's own header."""
    said = answer.headers.get("retry-after") or answer.headers.get("x-ogw-ratelimit-reset")
    if not said:
        return None
    if said.strip().isdigit():
        return max(1, min(int(said), 86_400))
    try:
        at = email.utils.parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(1, min(int((at - datetime.now(UTC)).total_seconds()), 86_400))
