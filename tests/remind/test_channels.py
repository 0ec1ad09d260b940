"""Webhook, files, Apprise and the set-up of channels, each against something real."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from serviceflow.app import Shop
from serviceflow.errors import ConfigError
from serviceflow.remind.channels.apprise import AppriseChannel
from serviceflow.remind.channels.dingtalk import DingTalkRobot
from serviceflow.remind.channels.files import Files
from serviceflow.remind.channels.webhook import Webhook
from serviceflow.remind.channels.wecom import WecomRobot
from serviceflow.remind.outcomes import Absent, Accepted, Letter, NotAccepted, Outcome, Rejected, Throttled, Unknown
from serviceflow.remind.settings import load_channels
from serviceflow.testing.provider import Does, Provider

CERTIFICATE = Path(__file__).with_name("localhost.pem")
NOW = datetime(2026, 11, 25, 2, 20, tzinfo=UTC)
LETTER = Letter("uid-1", "m1", "13800000001", "王小明", "主题", "您好 ¥ 王小明\n第二行")


def test_a_webhook_carries_key_and_signature_over_the_same_bytes(provider: Provider) -> None:
    channel = Webhook(f"{provider.url}/in", "s3cret")
    assert isinstance(channel.send(LETTER), Accepted)
    assert isinstance(channel.send(LETTER), Accepted)
    (_, first, body), (_, second, again) = provider.seen
    assert body == again
    assert first["idempotency-key"] == second["idempotency-key"] == "uid-1"
    stamp, _, mac = first["x-serviceflow-signature"].removeprefix("t=").partition(",v1=")
    assert hmac.compare_digest(mac, hmac.new(b"s3cret", stamp.encode() + b"." + body, hashlib.sha256).hexdigest())
    assert json.loads(body)["body"] == LETTER.body


@pytest.mark.parametrize(
    ("does", "expected"),
    [
        (Does(status=204, body=b""), Accepted),
        (Does(status=400), Rejected),
        (Does(status=409), Rejected),
        (Does(status=401), NotAccepted),
        (Does(status=404), NotAccepted),
        (Does(status=429, headers={"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}), Throttled),
        (Does(status=500), Unknown),
        (Does(status=503), Unknown),
        (Does(answer="reset"), Unknown),
        (Does(answer="hang"), Unknown),
        (Does(answer="drip"), Unknown),
    ],
    ids=lambda v: getattr(v, "answer", "") + str(getattr(v, "status", "")) if isinstance(v, Does) else v.__name__,
)
def test_webhook_answers_are_told_apart(does: Does, expected: type[Outcome], provider: Provider) -> None:
    provider.does = does
    assert type(Webhook(f"{provider.url}/in", timeout=0.6).send(LETTER)) is expected


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "127.0.0.1:9"])
def test_a_provider_that_cannot_be_reached_took_nothing(host: str) -> None:
    """Fault 33."""
    outcome = Webhook(f"http://{host}/in", timeout=2).send(LETTER)
    assert isinstance(outcome, NotAccepted)
    assert outcome.channel_fault


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "a stranger's certificate"])
def test_only_a_provider_with_a_trusted_certificate_gets_anything(
    trusted: bool, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    provider.server.socket = context.wrap_socket(provider.server.socket, server_side=True)
    outcome = Webhook(provider.url.replace("http:", "https:"), timeout=2).send(LETTER)
    assert isinstance(outcome, Accepted if trusted else NotAccepted)
    assert len(provider.seen) == trusted


def test_a_queryable_webhook_is_asked_for_its_key(provider: Provider) -> None:
    channel = Webhook(f"{provider.url}/in", key_ttl=0, ask_url=f"{provider.url}/ask")
    assert isinstance(channel.ask(LETTER, NOW), Absent)
    channel.send(LETTER)
    assert isinstance(channel.ask(LETTER, NOW), Accepted)


@pytest.mark.parametrize(("text", "most"), [("王" * 600, 2048), ("a" * 2048, 2048)])
def test_wecom_text_is_measured_in_bytes(text: str, most: int, provider: Provider) -> None:
    provider.does = Does(body={"errcode": 0})
    channel = WecomRobot(f"{provider.url}/robot")
    channel.send(Letter("k", "m1", "", "", "", text))
    sent = json.loads(provider.seen[0][2])["text"]["content"]
    assert len(sent.encode()) <= most == channel.most_bytes


def test_dingtalk_signs_and_puts_the_keyword_first(provider: Provider) -> None:
    provider.does = Does(body={"errcode": 0})
    DingTalkRobot(f"{provider.url}/robot?access_token=x", "SEC1", "提醒").send(LETTER)
    path, _, body = provider.seen[0]
    asked = parse_qs(urlsplit(path).query)
    stamp = asked["timestamp"][0]
    import base64

    expected = base64.b64encode(hmac.new(b"SEC1", f"{stamp}\nSEC1".encode(), hashlib.sha256).digest()).decode()
    assert asked["sign"] == [expected]
    assert json.loads(body)["text"]["content"].startswith("提醒 ")


def test_files_are_whole_named_by_their_key_and_printable(tmp_path: Path) -> None:
    channel = Files(tmp_path / "outbox", ZoneInfo("Asia/Shanghai"))
    for _ in range(2):
        assert isinstance(channel.send(LETTER), Accepted)
    channel.send(Letter("uid-2", "m2", "x", "../../<b>李丽\x1b[31m", "主题", "<script>1</script>"))
    channel.finish()
    (day,) = (tmp_path / "outbox").iterdir()
    assert sorted(f.name for f in day.iterdir()) == ["m1-王小明.uid-1.txt", "m2-b_李丽_31m.uid-2.txt", "sheet.html"]
    sheet = (day / "sheet.html").read_text(encoding="utf-8")
    assert sheet.count("<article>") == 2
    assert "<script>" not in sheet


def test_a_folder_that_cannot_be_written_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file, not a folder")
    outcome = Files(tmp_path / "outbox", ZoneInfo("UTC")).send(LETTER)
    assert isinstance(outcome, NotAccepted)
    assert outcome.channel_fault


@pytest.mark.parametrize(
    ("does", "expected", "confirmed"),
    [
        pytest.param(Does(status=200), Accepted, False, id="success is not a confirmation"),
        pytest.param(Does(status=500), Unknown, None, id="failure may have been delivered"),
        pytest.param(Does(status=429), Unknown, None, id="429 looks like any failure"),
    ],
)
def test_apprise_is_never_trusted(does: Does, expected: type, confirmed: bool | None, provider: Provider) -> None:
    provider.does = does
    outcome = AppriseChannel(provider.url.replace("http://", "json://"), timeout=20).send(LETTER)
    assert type(outcome) is expected
    if isinstance(outcome, Accepted):
        assert outcome.confirmed is confirmed


def test_apprise_is_cut_at_the_deadline(provider: Provider) -> None:
    provider.does = Does(answer="hang")
    outcome = AppriseChannel(provider.url.replace("http://", "json://") + "?rto=60&cto=60", timeout=8).send(LETTER)
    assert isinstance(outcome, Unknown)


@pytest.mark.parametrize("url", ["wecombot://x", "dingtalk://x", "feishu://x", "lark://x", "wechat://x"])
def test_services_apprise_is_blind_for_have_adapters_of_our_own(url: str) -> None:
    with pytest.raises(ConfigError, match="Apprise"):
        AppriseChannel(url)


# -- the set-up --------------------------------------------------------------------------------------------------


@pytest.fixture
def setup_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "channels.toml"
    monkeypatch.setenv("FLOW_CHANNELS", str(file))
    return file


def broken(shop: Shop, setup_file: Path, text: str, *, mode: int = 0o600) -> ConfigError:
    setup_file.write_text(text, encoding="utf-8")
    setup_file.chmod(mode)
    channels = load_channels(shop)
    assert channels.get("x") is None
    cause = channels.broken["x"]
    assert isinstance(cause, ConfigError)
    return cause


@pytest.mark.parametrize(
    ("text", "ref", "says"),
    [
        ('[channel.x]\nkind = "smpt"', "channel.kind", "smtp"),
        ('[channel.x]\nkind = "smtp"\nhost = "h"', "channel.option", "sender"),
        ('[channel.x]\nkind = "smtp"\nhost = "h"\nsender = "a@b"\nport_ = 1', "channel.option", "did you mean port?"),
        ('[channel.x]\nkind = "smtp"\nhost = "h"\nsender = "a@b"\nport = "25"', "channel.option", "port = '25'"),
        ('[channel.x]\nkind = "smtp"\nhost = "h"\nsender = "a@b"\nsecurity = "ssl"', "channel.option", "starttls"),
        ('[channel.x]\nkind = "webhook"\nurl = "hook.example.com/x"', "channel.option", "https://HOST"),
        ('[channel.x]\nkind = "webhook"\nurl = "https://h:port/x"', "channel.option", "https://HOST"),
        ('[channel.x]\nkind = "wecom-robot"\nurl = "https://h/x y"', "channel.option", "%XX"),
        ('[channel.x]\nkind = "webhook"\nurl = "https://h"\nask_url = "h"', "channel.option", "ask_url"),
        ('[channel.x]\nkind = "file"\nrate = "often"', "channel.option", "20/60"),
        ('[channel.x]\nkind = "webhook"\nurl = "env:FLOW_NO_SUCH"', "channel.secret", "FLOW_NO_SUCH"),
        ('[channel.x]\nkind = "webhook"\nurl = "file:/no/such/file"', "channel.secret", "/no/such/file"),
        ('[channel.x]\nkind = "apprise"\nurl = "dingtalk://a"', "channel.apprise", "Apprise"),
    ],
)
def test_a_wrong_set_up_names_what_is_wrong(text: str, ref: str, says: str, shop: Shop, setup_file: Path) -> None:
    cause = broken(shop, setup_file, text)
    assert cause.ref == ref
    assert says in f"{cause.sentence} {cause.way_out}"


@pytest.mark.parametrize("text", ["[channel", "channel = 5", "[channel]\nx = 5", "digest = 1"])
def test_a_file_that_is_none_of_ours_is_a_sentence(text: str, shop: Shop, setup_file: Path) -> None:
    setup_file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_channels(shop)


def test_a_secret_in_a_file_others_can_read_is_refused(shop: Shop, setup_file: Path) -> None:
    cause = broken(shop, setup_file, '[channel.x]\nkind = "webhook"\nurl = "https://h/x?key=SECRET"', mode=0o644)
    assert "chmod 600" in str(cause.way_out)
    assert "SECRET" not in f"{cause.sentence}{cause.way_out}"


def test_a_secret_of_the_wrong_kind_is_not_shown(shop: Shop, setup_file: Path) -> None:
    cause = broken(shop, setup_file, '[channel.x]\nkind = "smtp"\nhost = "h"\nsender = "a@b"\npassword = 735712')
    assert "password" in str(cause.sentence)
    assert "735712" not in f"{cause.sentence}{cause.way_out}"


@pytest.mark.parametrize("way", ["env", "file"])
def test_a_secret_comes_by_reference(way: str, shop: Shop, setup_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = setup_file.with_name("url")
    secret.write_text("https://hook.example/x\n")
    os.chmod(secret, 0o600)
    monkeypatch.setenv("FLOW_TEST_URL", "https://hook.example/x")
    value = {"env": "env:FLOW_TEST_URL", "file": f"file:{secret}"}[way]
    setup_file.write_text(f'[channel.x]\nkind = "webhook"\nurl = "{value}"\nrate = "5/60"\n')
    channel: Any = load_channels(shop).get("x")
    assert channel.url == "https://hook.example/x"
    assert channel.rate.count == 5
