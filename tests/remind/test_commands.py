"""`flow remind` and `flow channel` as people and timers call them; the lint."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serviceflow.app import Shop
from serviceflow.clock import SetClock, SystemClock
from serviceflow.engine.customers import add_customer
from serviceflow.engine.preferences import set_setting
from serviceflow.remind import heartbeat
from serviceflow.remind.check import check
from serviceflow.remind.render import UnknownField, fill, own_file
from serviceflow.store.place import Place
from serviceflow.testing.provider import Does, Provider
from serviceflow_cli.main import run

from tests.remind.conftest import plan_messages
from tests.remind.trade import TRADE, joined

AS_ANYBODY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]
"""Runs a program of root's to which the rights of files apply as to anybody else's."""


def flow(place: Place, *words: str, before: Sequence[str] = (), **more: str) -> subprocess.CompletedProcess[str]:
    """Run a real process as cron does: no terminal, hardly an environment."""
    address = str(place.path) if place.path is not None else place.url or ""
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "FLOW_STAFF": "xiaomei", "FLOW_LANG": "en",
                   "FLOW_FILES": str(place.path.parent) if place.path is not None else "/tmp"}  # fmt: skip
    return subprocess.run(
        [*before, sys.executable, "-c", "from serviceflow_cli.main import main; main()", "--db", address, *words],
        env=environment | more,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_a_timers_morning_from_the_outside(
    place: Place, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOW_CHANNELS", str(tmp_path / "none.toml"))
    shop = Shop.open(place, staff="xiaomei")
    plan_messages(shop, 2, channel="wechat", purpose="safety")
    plan_messages(shop, 1, key="f", channel="file", purpose="safety", expires_at=None)
    shop.close()
    first = flow(place, "remind", "run", "--json")
    assert first.returncode in (0, 10), first.stderr
    summary = json.loads(first.stdout)
    assert summary["schema"] == 1
    assert (summary["sent"], summary["by_hand"]) == (1, 2)

    def said(*words: str) -> tuple[int, str]:
        code = run(["--db", str(place.path or place.url), "--as", "xiaomei", "--lang", "en", *words])
        return code, capsys.readouterr().out

    assert said("remind", "status")[0] == 0
    assert json.loads(said("remind", "hand", "--json")[1])["messages"][0]["message"] == "m1"
    _, why = said("remind", "why", "m3")
    assert "planned by rule core:test" in why
    assert "accepted" in why
    assert said("remind", "resolve", "m3", "--drop")[0] == 3
    assert said("remind", "resolve", "m3")[0] == 2
    assert said("remind", "why", "m99")[0] == 2
    listed = json.loads(said("channel", "list", "--json")[1])["channels"]
    assert {c["channel"]: c["kind"] for c in listed} == {
        "sms": "hand", "wechat": "hand", "email": "file", "print": "file", "file": "file"}  # fmt: skip
    assert said("channel", "test", "nowhere")[0] == 2


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize(("file", "folder"), [(0o444, 0o755), (0o644, 0o555)], ids=["file", "folder"])
def test_where_nothing_can_be_written_nothing_is_sent_and_all_can_be_read(
    file: int, folder: int, database: str, shop: Shop, provider: Provider, tmp_path: Path
) -> None:
    """Fault 22."""
    assert database == "sqlite"
    shop.clock = SystemClock()
    plan_messages(shop, 2, purpose="safety")
    there = tmp_path / "there"
    there.mkdir()
    assert shop.place.path is not None
    with contextlib.closing(sqlite3.connect(shop.place.path)) as file_of_shop:
        file_of_shop.execute("VACUUM INTO ?", (f"{there}/shop.db",))
    channels = tmp_path / "channels.toml"
    channels.write_text(f'[channel.out]\nkind = "webhook"\nurl = "{provider.url}/in"\n')
    channels.chmod(0o600)
    (there / "shop.db").chmod(file)
    there.chmod(folder)
    place, before = Place(path=there / "shop.db"), AS_ANYBODY if os.geteuid() == 0 else []
    try:
        said = {
            words: flow(place, *words.split(), before=before, FLOW_CHANNELS=str(channels))
            for words in ("remind run", "remind status", "remind why m1", "channel list")
        }
    finally:
        there.chmod(0o755)
    assert {words: ran.returncode for words, ran in said.items()} == {
        "remind run": 73, "remind status": 10, "remind why m1": 0, "channel list": 0}  # fmt: skip
    assert provider.seen == []
    assert "rights" in said["remind run"].stderr
    assert "Traceback" not in "".join(ran.stderr for ran in said.values())
    assert "planned by rule" in said["remind why m1"].stdout


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("status --max-age 15m", 0),
        ("status --max-age 15", 0),
        ("status --max-age 1m", 10),
        ("status --max-age 0m", 2),
        ("status --max-age soon", 2),
        ("why m999999999999999999999", 2),
        ("why m²", 2),
        ("resolve m999999999999999999999 --drop", 2),
        ("resolve m999 --sent --drop", 2),
        ("resolve m999 --sent", 2),
        ("preview --until someday", 2),
        ("render nothing R001", 2),
        ("check nowhere", 78),
        ("install --scheduler sundial --show", 2),
    ],
)
def test_what_is_typed_wrong_is_a_sentence(
    words: str, code: int, database: str, shop: Shop, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Fault 59: `flow remind status --max-age 15m`."""
    assert database == "sqlite"  # read before any database is
    monkeypatch.setattr("serviceflow.clock.SystemClock.now", lambda _: shop.clock.now() + timedelta(minutes=5))
    heartbeat.beat(shop.place, shop.clock.now(), {})
    for language in ("en", "zh"):
        assert (
            run(["--db", str(shop.place.path), "--as", "xiaomei", "--lang", language, "remind", *words.split()]) == code
        )
        assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize(
    ("does", "code", "words"),
    [
        pytest.param(Does(), 0, "accepted in", id="accepted"),
        pytest.param(Does(), 0, "repeats dropped by the provider: yes", id="what it can do"),
        pytest.param(Does(status=400), 10, "refused", id="refused"),
        pytest.param(Does(status=401), 75, "not accepted", id="wrong key"),
        pytest.param(Does(status=429, headers={"Retry-After": "9"}), 75, "throttled", id="too many"),
        pytest.param(Does(answer="reset"), 10, "end unknown", id="broken off"),
    ],
)
def test_a_channel_is_tried_out_in_words_and_exit_codes(
    does: Does, code: int, words: str, database: str, shop: Shop, provider: Provider, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Exit 75 for what may go later, 10 for what a person must look at."""
    assert database == "sqlite"  # channels know no database
    file = tmp_path / "channels.toml"
    file.write_text(f'[channel.hook]\nkind = "webhook"\nurl = "{provider.url}/in"\n')
    file.chmod(0o600)
    monkeypatch.setenv("FLOW_CHANNELS", str(file))
    provider.does = does
    line = ["--db", str(shop.place.path), "--as", "xiaomei", "--lang", "en", "channel", "test", "hook", "--to", "1"]
    assert run(line) == code
    assert words in "".join(capsys.readouterr())


@pytest.mark.parametrize(("minutes", "told"), [(15, False), (16, True)])
@pytest.mark.parametrize(
    ("words", "times"),
    [
        pytest.param("find 王", 1, id="a reading command"),
        pytest.param("show c1", 1, id="another"),
        pytest.param("log c1 来电", 1, id="a writing command"),
        pytest.param("channel list", 1, id="one of reminders"),
        pytest.param("find 王 --json", 0, id="a script"),
        pytest.param("today", 0, id="the page that has it already"),
        pytest.param("remind run", 0, id="the run itself"),
    ],
)
def test_a_stopped_timer_is_told_by_the_next_command_of_anyone(
    words: str, times: int, minutes: int, told: bool, shop: Shop, clock: SetClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Requirement 11: three intervals missed."""
    with shop.write("customer add") as tx:
        add_customer(tx, name="王小明", phones=["13800000001"])
    heartbeat.beat(shop.place, clock.now(), {})
    clock.set(clock.now() + timedelta(minutes=minutes))
    address = str(shop.place.path) if shop.place.path is not None else shop.place.url or ""
    assert run(["--db", address, "--as", "xiaomei", "--lang", "en", *words.split()], clock=clock) == 0
    said = capsys.readouterr()
    assert said.err.count("! Reminders have stood still for 16 min   flow doctor") == times * told
    assert said.out.count("Reminders have stood still") == (words == "today") * told


SECRET = "S3cr3tW0rd"
SET_UPS = """
[channel.hook]
kind = "webhook"
url = "{url}/in?key={secret}"
secret = "env:FLOW_TEST_SECRET"
key_ttl = 0
[channel.robot]
kind = "wecom-robot"
url = "{url}/in?key={secret}"
[channel.app]
kind = "wecom-app"
corp_id = "c"
agent_id = 7
secret = "env:FLOW_TEST_SECRET"
api = "{url}"
[channel.mail]
kind = "smtp"
host = "127.0.0.1"
port = 9
sender = "a@b.cn"
user = "a"
password = "env:FLOW_TEST_SECRET"
security = "none"
[channel.other]
kind = "apprise"
url = "jsons://:{secret}@127.0.0.1:9/"
timeout = 20
[channel.wrong]
kind = "feishu-app"
app_id = "a"
secret = "env:FLOW_TEST_SECRET"
api = "{secret}"
"""


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize("does", [Does(status=400, body={"errcode": 987, "errmsg": "no"}), Does(answer="reset")],
                         ids=["refused", "reset"])  # fmt: skip
def test_a_secret_stands_in_no_database_and_in_no_words(
    does: Does, database: str, shop: Shop, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert database == "sqlite"
    assert shop.place.path is not None
    file = tmp_path / "channels.toml"
    file.write_text(SET_UPS.format(url=provider.url, secret=SECRET))
    file.chmod(0o600)
    monkeypatch.setenv("FLOW_CHANNELS", str(file))
    monkeypatch.setenv("FLOW_TEST_SECRET", SECRET)
    provider.does = does
    names = ("hook", "robot", "app", "mail", "other", "wrong")
    for name in names:
        plan_messages(shop, 1, key=name, channel=name, recipient="a@b.cn", purpose="safety")
    line = ["--db", str(shop.place.path), "--as", "xiaomei", "--lang", "en", "--trace"]
    words = ["remind run", "remind status", "channel list --json", "channel test hook",
             "channel test mail --to a@b.cn", "remind install --scheduler systemd --show",
             *(f"remind why m{n + 1}" for n in range(len(names)))]  # fmt: skip
    for told in words:
        run([*line, *told.split()], clock=shop.clock)
    said = capsys.readouterr()
    assert "cannot be reached" in said.out
    assert SECRET not in said.out + said.err
    shop.close()
    held = b"".join(part.read_bytes() for part in shop.place.path.parent.glob(f"{shop.place.path.name}*"))
    assert "王小明".encode() in held
    assert SECRET.encode() not in held
    assert {path.partition("?")[0] for path, _, _ in provider.seen} == {"/in", "/cgi-bin/gettoken"}


@pytest.mark.parametrize(("hours", "warned"), [("00:00,23:59", True), ("00:00,00:00", False)])
@pytest.mark.parametrize("closed", [False, True], ids=["nobody at the keyboard", "no keyboard"])
def test_who_sends_by_hand_in_quiet_hours_is_told(
    closed: bool, hours: str, warned: bool, shop: Shop, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Fault 18."""
    set_setting(shop, "core.quiet_hours", hours)
    monkeypatch.setattr("sys.stdin", None if closed else open(os.devnull))  # noqa: SIM115
    address = str(shop.place.path) if shop.place.path is not None else shop.place.url or ""
    assert run(["--db", address, "--as", "xiaomei", "--lang", "en", "remind", "hand"]) == 0
    assert ("Quiet hours until" in capsys.readouterr().err) is warned


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{name}您好 {nobody}", "field"),
        ("{name}您好 {order.total}", "braces"),
        ("{name}" + "好" * 681, "bytes"),
        ("大家好", "identical"),
    ],
)
@pytest.mark.parametrize("kind", ["wecom-robot", "dingtalk-robot"])
def test_the_lint_finds_what_cannot_be_filled_or_sent(
    text: str, rule: str, kind: str, shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Requirement 7."""
    rem = joined(shop)
    monkeypatch.setenv("FLOW_FILES", str(tmp_path))
    channels = tmp_path / "channels.toml"
    channels.write_text(f'[channel.sms]\nkind = "{kind}"\nurl = "https://robot.example/x"\n')
    channels.chmod(0o600)
    if rule == "bytes" and kind == "dingtalk-robot":
        text *= 10
    assert check(rem) == []
    for language in ("en", "zh"):
        file = own_file(rem, TRADE.key, "welcome", "", language)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    found = check(rem)
    assert {(f.template, f.rule) for f in found} == {("rem:welcome", rule)}
    file.unlink()
    assert "language" in {f.rule for f in check(rem)}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{name}!", "A{b}!"),
        ("{{7*7}} %s {order.__class__} {0} {}", "{{7*7}} %s {order.__class__} {0} {}"),
        ("{{name}}", "{A{b}}"),
    ],
    ids=["filled once", "other braces stay", "no escapes"],
)
def test_templates_reach_into_nothing(text: str, result: str) -> None:
    """Fault 48."""
    assert fill(text, {"name": "A{b}\x1b", "b": "never"}, "zh") == result
    with pytest.raises(UnknownField, match="nobody"):
        fill("{nobody}", {}, "zh")


@given(name=st.text(), around=st.text(alphabet="{}%$\\ 好\n"))
def test_whatever_somebody_is_called_is_filled_once_and_harmless(name: str, around: str) -> None:
    """Fault 48: no control sign comes out of data, nothing of it is filled again, and no other text is touched."""
    filled = fill(f"[{around}|{{name}}|{around}]", {"name": name}, "zh")
    assert filled.startswith(f"[{around}|")
    assert filled.endswith(f"|{around}]")
    inside = filled.removeprefix(f"[{around}|").removesuffix(f"|{around}]")
    assert not any(unicodedata.category(sign) == "Cc" for sign in inside.replace("\t", ""))
    assert [sign for sign in name if sign.isalnum()] == [sign for sign in inside if sign.isalnum()]
