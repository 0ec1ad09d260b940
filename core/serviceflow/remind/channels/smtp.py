"""E-mail over SMTP, step by step: until the final dot nothing was handed over, after it only the reply tells.

Source: RFC 5321 section 4.2.5 and 6.1; RFC 1047 describes the gap between the dot and the reply.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from serviceflow.remind.channels.deadline import CALL_TIMEOUT, cut_after
from serviceflow.remind.channels.http import BY_ITSELF, not_reached
from serviceflow.remind.outcomes import (
    Ability,
    Accepted,
    Letter,
    NotAccepted,
    Opaque,
    Outcome,
    Rate,
    Rejected,
    Throttled,
    Unknown,
)
from serviceflow.texts import T

Security = Literal["starttls", "tls", "none"]
PORTS: dict[str, int] = {"starttls": 587, "tls": 465, "none": 25}
_SET_UP = T("Check the mail account: flow channel test CHANNEL", zh="请检查邮箱设置: flow channel test 渠道名")
_ADDRESS = T(
    "Correct the e-mail address: flow customer edit CUSTOMER --email ADDRESS",
    zh="请更正邮箱地址: flow customer edit 客户 --email 邮箱",
)


class Smtp:
    """A mail account.

    Args:
        host: Server.
        sender: Address the mail comes from; ``name`` is shown with it.
        security: ``starttls`` (usual, port 587), ``tls`` (port 465) or ``none``.
        unsubscribe: Address or URL for advertising to be stopped at; the sender when left out.
    """

    kind = "smtp"
    ability: Ability = Opaque()  # a Message-ID is a key for the reader's mailbox, no server promises to heed it
    most_bytes: int | None = 10_000_000
    shows_refusals = True
    by_hand = False

    def __init__(
        self,
        host: str,
        sender: str,
        *,
        name: str = "",
        port: int | None = None,
        user: str | None = None,
        password: str | None = None,
        security: Security = "starttls",
        unsubscribe: str = "",
        rate: Rate | None = None,
        timeout: float = CALL_TIMEOUT,
    ) -> None:
        if security not in PORTS:
            raise ValueError(f"security = {security!r} ({' | '.join(PORTS)})")
        self.host = host
        self.port = port or PORTS[security]
        self.sender = sender
        self.name = name
        self.user = user
        self.password = password
        self.security = security
        self.unsubscribe = unsubscribe or sender
        self.rate = rate
        self.timeout = timeout

    def mail(self, letter: Letter) -> EmailMessage:
        """Return the mail of a letter. Its Message-ID is the send key, so a repeat shows as the same mail."""
        if not letter.address.isascii():
            raise ValueError(letter.address)  # few servers speak SMTPUTF8; a refusal here is better than a lost mail
        domain = self.sender.rpartition("@")[2] or "localhost"
        mail = EmailMessage()
        mail["From"] = Address(self.name, addr_spec=self.sender)
        mail["To"] = Address(letter.name, addr_spec=letter.address)
        mail["Subject"] = letter.subject
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = f"<{letter.key}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        if letter.marketing:
            link = self.unsubscribe
            mail["List-Unsubscribe"] = f"<{link}>" if "://" in link else f"<mailto:{link}?subject=unsubscribe>"
        mail.set_content(letter.body, cte="base64")
        return mail

    def send(self, letter: Letter) -> Outcome:
        """Hand one mail to the server."""
        try:
            content = self.mail(letter).as_bytes(policy=policy.SMTP)
        except (ValueError, IndexError, MessageError) as cause:
            why = cause if letter.address else T("there is none", zh="未填写")
            return Rejected(
                T("the e-mail address cannot be used ({why})", zh="邮箱地址无法使用({why})").of(why=why),
                _ADDRESS,
                "address",
                bad_address=True,
            )
        server = self._client()
        try:
            with cut_after(self.timeout, lambda: getattr(server, "sock", None)):
                try:
                    self._sign_in(server)
                except (OSError, ssl.SSLError, smtplib.SMTPException, UnicodeError) as cause:
                    return _before_mail(cause)
                return _deliver(server, self.sender, letter.address, content)
        finally:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.close()

    def _client(self) -> smtplib.SMTP:
        if self.security != "tls":
            return smtplib.SMTP(timeout=self.timeout)
        # Without a context smtplib believes any certificate.
        return smtplib.SMTP_SSL(timeout=self.timeout, context=ssl.create_default_context())

    def _sign_in(self, server: smtplib.SMTP) -> None:
        """Connect; the socket is the server's from its first byte on, so that a greeting that drips can be cut."""
        server._host = self.host  # type: ignore[attr-defined]  # the name of the certificate; else only set with connecting
        code, said = server.connect(self.host, self.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)
        server.ehlo_or_helo_if_needed()
        if self.security == "starttls":
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        if self.user is not None:
            server.login(self.user, self.password or "")

    def finish(self) -> None:
        """Nothing is kept open."""


def _before_mail(cause: Exception) -> Outcome:
    """Return the outcome of a sign-in that failed: nothing of the message was handed over."""
    if isinstance(cause, smtplib.SMTPAuthenticationError):
        return NotAccepted(
            T("the mail server refuses the account ({code})", zh="邮件服务器拒绝登录({code})").of(code=cause.smtp_code),
            _SET_UP,
            str(cause.smtp_code),
            channel_fault=True,
        )
    if isinstance(cause, smtplib.SMTPResponseException):
        return _refused(cause.smtp_code, cause.smtp_error, channel=True)
    if isinstance(cause, smtplib.SMTPException) and not isinstance(cause, OSError):
        return NotAccepted(
            T("the mail server does not offer what is set ({why})", zh="邮件服务器不支持所设方式({why})").of(
                why=type(cause).__name__
            ),
            _SET_UP,
            "smtp",
            channel_fault=True,
        )
    return not_reached(cause)


def _deliver(server: smtplib.SMTP, sender: str, address: str, content: bytes) -> Outcome:
    dot_sent = False
    try:
        for code, said, channel in _envelope(server, sender, address):
            if code >= 400:
                return _refused(code, said, channel=channel, recipient=not channel)
        server.putcmd("data")
        code, said = server.getreply()
        if code != 354:
            return _refused(code, said, channel=False)
        server.send(re.sub(rb"(?m)^\.", b"..", content))  # a line that is one dot would end the mail
        dot_sent = True  # set before it is: a broken send of the dot may have got through
        server.send(b".\r\n")
        code, said = server.getreply()
    except (OSError, smtplib.SMTPException) as cause:
        if dot_sent:
            return Unknown(
                T(
                    "the connection broke before the mail server confirmed ({why})",
                    zh="邮件服务器确认前连接中断({why})",
                ).of(why=type(cause).__name__)
            )
        return NotAccepted(
            T("the mail server broke off ({why})", zh="邮件服务器中途断开({why})").of(why=type(cause).__name__),
            _SET_UP,
            "connect",
            channel_fault=True,
        )
    if code >= 400:
        return _refused(code, said, channel=False)
    with contextlib.suppress(OSError, smtplib.SMTPException):
        server.quit()
    return Accepted(said.decode("utf-8", "replace")[:200])


def _envelope(server: smtplib.SMTP, sender: str, address: str) -> list[tuple[int, bytes, bool]]:
    code, said = server.mail(sender)
    if code >= 400:
        return [(code, said, True)]
    return [(*server.rcpt(address), False)]


def _refused(code: int, said: bytes | str, *, channel: bool, recipient: bool = False) -> Outcome:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    why = T("the mail server said {code} {said}", zh="邮件服务器返回 {code} {said}").of(code=code, said=words[:160])
    if code in (421, 450, 451, 452) and any(
        w in words.lower() for w in ("rate", "too many", "too fast", "frequen", "4.7.")
    ):
        return Throttled(300, why, str(code))
    if code == 421:
        return NotAccepted(why, _SET_UP, str(code), channel_fault=True)
    if code < 500:
        return NotAccepted(why, BY_ITSELF, str(code), channel_fault=channel)
    if channel:
        return NotAccepted(why, _SET_UP, str(code), channel_fault=True)
    # 5.7: the server's policy, which says nothing of the mailbox (RFC 3463).
    unknown = recipient and code in (550, 551, 553) and not words.startswith("5.7.")
    return Rejected(why, _ADDRESS, str(code), bad_address=unknown)
