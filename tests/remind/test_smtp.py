"""E-mail to a real SMTP server that accepts, refuses, drops and dawdles at each step."""

from __future__ import annotations

import asyncio
import contextlib
import email
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.remind import decide
from serviceflow.remind.channels.smtp import Security, Smtp
from serviceflow.remind.invariants import broken
from serviceflow.remind.outcomes import Accepted, Letter, NotAccepted, Outcome, Rejected, Throttled, Unknown
from serviceflow.remind.render import own_file
from serviceflow.remind.run import run
from serviceflow.store.tables import Task

from tests.remind.conftest import channels, plan_messages, states
from tests.remind.trade import TRADE, joined

CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""A key and the certificate that it signed for itself, good until 2126; for this test's server alone."""
LETTER = Letter(
    "uid-1", "m1", "wang@example.com", "王小明", "示例店: 您的相件已备好", "王小明,您的相件已备好。\n.\n.点开头\n再见"
)


class Mailbox:
    """What the server does at a step: an answer, ``drop`` or ``sleep``."""

    def __init__(self) -> None:
        self.at: dict[str, str] = {}
        self.mails: list[EmailMessage] = []
        self.asked: list[str] = []
        self.port = 0

    async def _answer(self, step: str, server: SMTP) -> str | None:
        does = self.at.get(step)
        if does == "drop":
            server.transport.abort()
            return "250 gone"
        if does == "sleep":
            await asyncio.sleep(5)
        return does

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        answer = await self._answer("mail", server)
        envelope.mail_from = address
        return answer or "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        self.asked.append(address)
        answer = await self._answer("rcpt", server)
        envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        refused = (self.at.get("data") or "250")[0] in "45"
        if not refused:
            self.mails.append(email.message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
        return await self._answer("data", server) or "250 OK queued as 7"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, Callable[..., Outcome]]]:
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    box.port = port

    def send(letter: Letter = LETTER, **options: Any) -> Outcome:
        channel = Smtp("127.0.0.1", "shop@example.com", name="示例店", port=port, security="none", timeout=1, **options)
        return channel.send(letter)

    yield box, send
    controller.stop()


def test_a_mail_arrives_whole_with_its_key(mailbox: tuple[Mailbox, Callable[..., Outcome]]) -> None:
    box, send = mailbox
    assert send() == Accepted("OK queued as 7")
    (mail,) = box.mails
    assert mail["Subject"] == "示例店: 您的相件已备好"
    assert mail["To"] == "王小明 <wang@example.com>"
    assert mail["Message-ID"] == "<uid-1@example.com>"
    assert mail["List-Unsubscribe"] is None
    assert mail.get_content().replace("\r\n", "\n") == LETTER.body + "\n"


def test_a_subject_of_the_shops_own_reaches_the_mail(
    shop: Shop, mailbox: tuple[Mailbox, Callable[..., Outcome]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, _ = mailbox
    monkeypatch.setenv("FLOW_FILES", str(tmp_path))
    file = own_file(joined(shop), TRADE.key, "welcome", "", "zh")
    file.parent.mkdir(parents=True)
    file.write_text("Subject: {name},欢迎\n\n{name}您好", encoding="utf-8")
    plan_messages(shop, rule="rem:welcome", template="welcome", recipient="wang@example.com", body="")
    mail = {"kind": "smtp", "host": "127.0.0.1", "port": box.port, "security": "none", "sender": "shop@example.com"}
    run(shop, channels=channels(shop, out=mail), patience=0)
    assert [(found["Subject"], found.get_content().strip()) for found in box.mails] == [("王小明,欢迎", "王小明您好")]


def test_advertising_can_be_stopped(mailbox: tuple[Mailbox, Callable[..., Outcome]]) -> None:
    box, send = mailbox
    send(Letter("k", "m2", "a@example.com", "A", "S", "B", marketing=True))
    assert box.mails[0]["List-Unsubscribe"] == "<mailto:shop@example.com?subject=unsubscribe>"


@pytest.mark.parametrize(
    ("step", "does", "expected", "fault"),
    [
        pytest.param("mail", "530 5.7.0 authentication required", NotAccepted, True, id="sender refused"),
        pytest.param("mail", "451 4.3.0 later", NotAccepted, True, id="server not ready"),
        pytest.param("mail", "421 closing", NotAccepted, True, id="421"),
        pytest.param("rcpt", "550 5.1.1 no such user", Rejected, None, id="no such user"),
        pytest.param("rcpt", "450 4.2.0 greylisted", NotAccepted, False, id="greylisted"),
        pytest.param("rcpt", "451 4.7.1 too many messages", Throttled, None, id="throttled"),
        pytest.param("rcpt", "drop", NotAccepted, True, id="dropped before the data"),
        pytest.param("rcpt", "sleep", NotAccepted, True, id="slow before the data"),
        pytest.param("data", "554 5.7.1 spam", Rejected, None, id="refused as spam"),
        pytest.param("data", "452 4.2.2 mailbox full", NotAccepted, False, id="mailbox full"),
        pytest.param("data", "drop", Unknown, None, id="dropped after the final dot"),
        pytest.param("data", "sleep", Unknown, None, id="slow after the final dot"),
    ],
)
def test_every_step_is_told_apart(
    step: str, does: str, expected: type, fault: bool | None, mailbox: tuple[Mailbox, Callable[..., Outcome]]
) -> None:
    box, send = mailbox
    box.at[step] = does
    outcome = send()
    assert type(outcome) is expected
    if isinstance(outcome, NotAccepted | Rejected):
        assert outcome.way_out is not None
    if isinstance(outcome, NotAccepted):
        assert outcome.channel_fault is fault


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@b@c", "x\r\nBcc: all@example.com", "王@", "王@例子.cn"],
    ids=["empty", "no at", "two", "injection", "half", "not ascii"],
)
def test_an_address_that_is_none_is_refused_before_the_server(
    address: str, mailbox: tuple[Mailbox, Callable[..., Outcome]]
) -> None:
    box, send = mailbox
    assert isinstance(send(Letter("k", "m1", address, "王", "S", "B")), Rejected)
    assert box.mails == []


def test_a_server_that_drips_its_greeting_is_cut() -> None:
    """A socket's own time-out begins anew with every byte."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            peer, _ = server.accept()
            with peer, contextlib.suppress(OSError):
                while not stop.wait(0.1):
                    peer.send(b"2")

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        channel = Smtp("127.0.0.1", "a@b.c", port=server.getsockname()[1], security="none", timeout=0.5)
        outcome = channel.send(LETTER)
        stop.set()
    assert isinstance(outcome, NotAccepted)
    assert outcome.channel_fault
    assert time.monotonic() - began < 3


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "a stranger's certificate"])
def test_the_server_must_show_a_certificate_that_is_trusted(
    trusted: bool, security: Security, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account's password goes to nobody else."""
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    box, context = Mailbox(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    asked: list[str] = []

    def known(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        asked.append(given.password.decode())
        return AuthResult(success=asked[-1] == "right", handled=False)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    way = {"ssl_context": context} if security == "tls" else {"tls_context": context, "require_starttls": True}
    if security == "tls":
        way["auth_require_tls"] = False  # aiosmtpd does not count the channel it listens on
    controller = Controller(box, hostname="127.0.0.1", port=port, authenticator=known, auth_required=True, **way)
    controller.start()
    try:
        outcomes = [
            Smtp("127.0.0.1", "a@b.c", port=port, user="u", password=word, security=security, timeout=3).send(LETTER)
            for word in ("right", "wrong")
        ]
    finally:
        controller.stop()
    if not trusted:
        assert [type(outcome) for outcome in outcomes] == [NotAccepted, NotAccepted]
        assert asked == []
        return
    assert [type(outcome) for outcome in outcomes] == [Accepted, NotAccepted]
    assert isinstance(outcomes[1], NotAccepted)
    assert (outcomes[1].code, outcomes[1].channel_fault) == ("535", True)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b"])
def test_a_name_nobody_has_took_nothing(host: str) -> None:
    """Fault 33."""
    outcome = Smtp(host, "a@b.c", security="none", timeout=2).send(LETTER)
    assert isinstance(outcome, NotAccepted)
    assert outcome.channel_fault


def test_no_server_took_nothing() -> None:
    outcome = Smtp("127.0.0.1", "a@b.c", port=9, security="none", timeout=1).send(LETTER)
    assert isinstance(outcome, NotAccepted)
    assert outcome.channel_fault


@pytest.mark.parametrize(
    ("does", "dead"), [("550 5.1.1 no such user", True), ("550 5.7.1 policy", False)], ids=["mailbox", "policy"]
)
def test_a_dead_address_is_tried_once_and_becomes_a_task(
    does: str, dead: bool, shop: Shop, clock: SetClock, mailbox: tuple[Mailbox, Callable[..., Outcome]]
) -> None:
    """Fault 34."""
    box, _ = mailbox
    smtp = {"kind": "smtp", "host": "127.0.0.1", "port": box.port, "sender": "shop@example.com", "security": "none"}
    address = {"recipient": "wang@example.com", "channel": "email"}
    box.at["rcpt"] = does
    for n in range(3):
        plan_messages(shop, 1, key=f"{n}", **address)
        clock.set(clock.now() + timedelta(minutes=5))
        run(shop, channels=channels(shop, email=smtp), patience=0)
    with shop.reading() as tx:
        tasks = tx.all(Task)
        assert broken(tx) == {}
    if not dead:
        assert (states(shop), tasks, len(box.asked)) == (["failed"] * 3, [], 3)
        return
    assert states(shop) == ["failed", "suppressed", "suppressed"]
    assert box.asked == ["wang@example.com"]
    (task,) = tasks
    assert "wang@example.com" in task.title_zh
    decide.resolve(shop, 1, "drop", "已更正")
    box.at.clear()
    plan_messages(shop, 1, key="after", **address)
    run(shop, channels=channels(shop, email=smtp), patience=0)
    assert states(shop)[-1] == "sent"
