"""The channel against a server of its own that answers as the provider does, and as a plugin of a real shop."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote

import pytest
from serviceflow.channels import Absent, Accepted, Letter, NotAccepted, Rejected, Throttled, Unknown
from serviceflow.testing.channel_suite import ChannelSuite
from serviceflow_sms import AlibabaSms

SECRET = "testSecret"
LETTER = Letter(
    "uid-1", "m1", "+8613800000001", "王小明", "", "您好", template="spa:ready", values={"name": "王小明", "n": "3"}
)
NOW = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)


class TestSuite(ChannelSuite):
    """What serviceflow promises of every channel."""

    letter = LETTER
    taken: ClassVar[dict[str, str]] = {"Code": "OK", "BizId": "1"}
    refused = ({"Code": "isv.AMOUNT_NOT_ENOUGH"}, {"Code": "isv.BUSINESS_LIMIT_CONTROL"}, {"Code": "nobody.knows"})

    def channel(self, url: str, timeout: float) -> AlibabaSms:
        return AlibabaSms("小美", "k", SECRET, {"spa:ready": "SMS_1"}, url=f"{url}/", timeout=timeout)


class Provider:
    """Takes messages over, lists them by number and day, and refuses what its script says."""

    def __init__(self) -> None:
        self.taken: list[dict[str, str]] = []
        self.said: list[dict[str, str]] = []
        self.refuses: list[tuple[int, dict[str, Any]]] = []
        self.breaks = False
        self.status = 3
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                provider.answer(self, self.rfile.read(int(self.headers["Content-Length"])).decode())

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def answer(self, handler: BaseHTTPRequestHandler, body: str) -> None:
        given = dict(parse_qsl(body, keep_blank_values=True))
        self.said.append(given)
        if not signature_is_right(given):
            return self.write(handler, 400, {"Code": "SignatureDoesNotMatch", "Message": "wrong"})
        if self.refuses:
            return self.write(handler, *self.refuses.pop(0))
        if given["Action"] == "SendSms":
            self.taken.append(given)
            if self.breaks:
                handler.connection.close()
                return None
            return self.write(handler, 200, {"Code": "OK", "Message": "OK", "BizId": f"biz{len(self.taken)}"})
        mine = [t for t in self.taken if t["PhoneNumbers"] == given["PhoneNumber"]]
        first = (int(given["CurrentPage"]) - 1) * int(given["PageSize"])
        page = [
            {"OutId": t["OutId"], "SendStatus": self.status, "ErrCode": "MOBILE_NOT_ON_SERVICE"}
            for t in mine[first : first + int(given["PageSize"])]
        ]
        details = {"SmsSendDetailDTO": page}
        return self.write(handler, 200, {"Code": "OK", "TotalCount": len(mine), "SmsSendDetailDTOs": details})

    @staticmethod
    def write(handler: BaseHTTPRequestHandler, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)


def signature_is_right(given: dict[str, str]) -> bool:
    rest = {k: v for k, v in given.items() if k != "Signature"}
    text = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(rest.items()))
    mac = hmac.new(f"{SECRET}&".encode(), f"POST&%2F&{quote(text, safe='~')}".encode(), hashlib.sha1)
    return base64.b64encode(mac.digest()).decode() == given["Signature"]


@pytest.fixture
def provider() -> Iterator[Provider]:
    running = Provider()
    yield running
    running.server.shutdown()
    running.server.server_close()


def sms(provider: Provider, secret: str = SECRET) -> AlibabaSms:
    return AlibabaSms("小美影楼", "testId", secret, {"spa:ready": "SMS_1"}, url=provider.url, timeout=2)


def test_a_message_goes_with_its_words_values_and_key(provider: Provider) -> None:
    outcome = sms(provider).send(LETTER)
    assert outcome == Accepted("biz1")
    (taken,) = provider.taken
    assert (taken["PhoneNumbers"], taken["TemplateCode"], taken["OutId"]) == ("13800000001", "SMS_1", "uid-1")
    assert json.loads(taken["TemplateParam"]) == {"name": "王小明", "n": "3"}


@pytest.mark.parametrize(
    ("status", "code", "expected", "dead"),
    [
        (200, "isv.MOBILE_NUMBER_ILLEGAL", Rejected, True),
        (200, "isv.TEMPLATE_PARAMS_ILLEGAL", Rejected, False),
        (200, "isv.BUSINESS_LIMIT_CONTROL", Throttled, False),
        (200, "isv.AMOUNT_NOT_ENOUGH", NotAccepted, False),
        (200, "isv.SMS_SIGNATURE_ILLEGAL", NotAccepted, False),
        (400, "InvalidAccessKeyId.NotFound", NotAccepted, False),
        (503, "ServiceUnavailable", Unknown, False),
    ],
)
def test_a_refusal_is_never_sent(status: int, code: str, expected: type, dead: bool, provider: Provider) -> None:
    provider.refuses = [(status, {"Code": code, "Message": "said"})]
    outcome = sms(provider).send(LETTER)
    assert type(outcome) is expected
    assert getattr(outcome, "bad_address", False) is dead


def test_wrong_keys_are_the_accounts_fault(provider: Provider) -> None:
    outcome = sms(provider, "wrong").send(LETTER)
    assert isinstance(outcome, NotAccepted)
    assert outcome.channel_fault


def test_a_broken_hand_over_is_asked_for(provider: Provider) -> None:
    channel = sms(provider)
    assert isinstance(channel.ask(LETTER, NOW), Absent)
    provider.breaks = True
    assert isinstance(channel.send(LETTER), Unknown)
    assert isinstance(channel.ask(LETTER, NOW), Accepted)
    assert provider.said[-1]["SendDate"] == "20261125"  # already the next day in Beijing
    provider.status = 2
    assert isinstance(channel.ask(LETTER, NOW), Rejected)
    provider.refuses = [(200, {"Code": "isp.SYSTEM_ERROR"})]
    assert isinstance(channel.ask(LETTER, NOW), Unknown)


def test_a_long_list_is_read_to_its_end(provider: Provider) -> None:
    channel = sms(provider)
    for n in range(120):
        channel.send(Letter(f"k{n}", "m", "13800000001", "", "", "", template="spa:ready"))
    last = Letter("k119", "m", "13800000001", "", "", "", template="spa:ready")
    assert isinstance(channel.ask(last, NOW), Accepted)
    assert isinstance(channel.ask(Letter("k120", "m", "13800000001", "", "", ""), NOW), Absent)


def test_as_a_plugin_of_a_shop(provider: Provider, tmp_path: Path) -> None:
    """Broken off on the way, asked for and found; words the provider does not have go by hand."""
    from serviceflow.app import Shop, make_shop
    from serviceflow.clock import SetClock
    from serviceflow.remind.run import run
    from serviceflow.store.place import Place
    from serviceflow.store.tables import Message

    (tmp_path / "channels.toml").write_text(
        f'[channel.sms]\nkind = "alibaba-sms"\nsignature = "小美"\nkey = "env:SMS_ID"\nsecret = "env:SMS_SECRET"\n'
        f'url = "{provider.url}"\n[channel.sms.templates]\n"core:ready" = "SMS_1"\n', encoding="utf-8"
    )  # fmt: skip
    (tmp_path / "channels.toml").chmod(0o600)
    os.environ |= {"SMS_ID": "testId", "SMS_SECRET": SECRET}
    place = Place(path=tmp_path / "shop.db")
    clock = SetClock(NOW.replace(hour=4))
    make_shop(place, login="me", name="我", language="zh", industries=(), clock=clock).close()
    shop = Shop.open(place, staff="me", clock=clock)
    with shop.write("plan") as tx:
        for n, template in enumerate(("ready", "birthday")):
            tx.add(
                Message(rule=f"core:{template}", template=template, purpose="notice", channel="sms", body="您好",
                        recipient="13800000001", recipient_name="王小明", due_at=clock.now(), made_at=clock.now(),
                        occurrence=f"core:{n}")
            )  # fmt: skip
    provider.breaks = True
    run(shop, patience=0)
    provider.breaks = False
    clock.set(clock.now() + timedelta(minutes=6))
    run(shop, patience=0)
    with shop.reading() as tx:
        ready, birthday = tx.all(Message)
    assert (ready.state, len(provider.taken)) == ("sent", 1)
    assert (birthday.state, birthday.channel) == ("pending", "hand")
    shop.close()
    flow = [sys.executable, "-c", "from serviceflow_cli.main import main; main()", "--db", str(place.path)]
    listed = subprocess.run([*flow, "--as", "me", "channel", "list", "--json"], capture_output=True, check=True)
    assert {"sms": "alibaba-sms"}.items() <= {
        c["channel"]: c["kind"] for c in json.loads(listed.stdout)["channels"]
    }.items()
    tried = subprocess.run([*flow, "--as", "me", "channel", "test", "sms", "--to", "13900000000"], check=False)
    assert tried.returncode == 0
    assert len(provider.taken) == 1
