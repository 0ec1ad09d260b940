"""`flow remind` at a real terminal and under Ctrl-C: real processes."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock, SystemClock
from serviceflow.remind.invariants import broken
from serviceflow.remind.run import run
from serviceflow.store.place import Place
from serviceflow.store.tables import Message
from serviceflow.testing.provider import Does, Provider

from tests.remind.conftest import channels, plan_messages, states

FLOW = [sys.executable, "-c", "from serviceflow_cli.main import main; main()"]
PATIENCE = 60.0


def environment(place: Place, folder: Path) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "FLOW_DB": str(place.path) if place.path else place.url or "",
            "FLOW_STAFF": "xiaomei", "FLOW_LANG": "en", "FLOW_FILES": str(folder), "TERM": "xterm"}  # fmt: skip


@pytest.fixture
def due(place: Place) -> Shop:
    """A shop by the real clock with five messages that are due."""
    shop = Shop.open(place, staff="xiaomei")
    plan_messages(shop, 5, purpose="safety")
    return shop


def started(shop: Shop, provider: Provider, folder: Path) -> subprocess.Popen[bytes]:
    file = folder / "channels.toml"
    file.write_text(f'[channel.out]\nkind = "webhook"\nurl = "{provider.url}/in"\n', encoding="utf-8")
    file.chmod(0o600)
    return subprocess.Popen([*FLOW, "remind", "run"], env=environment(shop.place, folder), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip


def test_the_first_ctrl_c_finishes_the_message_in_flight(due: Shop, provider: Provider, tmp_path: Path) -> None:
    """Fault 54."""
    children: list[subprocess.Popen[bytes]] = []
    provider.script = [Does(), Does(then=lambda: os.kill(children[0].pid, signal.SIGINT))]
    children.append(started(due, provider, tmp_path))
    _, said = children[0].communicate(timeout=PATIENCE)
    assert children[0].returncode == 130
    assert b"Traceback" not in said
    assert states(due) == ["sent", "sent", "pending", "pending", "pending"]
    assert len(provider.seen) == 2
    with due.reading() as tx:
        assert broken(tx) == {}


def test_the_second_ctrl_c_stops_at_once_and_nothing_is_lost(due: Shop, provider: Provider, tmp_path: Path) -> None:
    provider.script = [Does(answer="hang")]
    child = started(due, provider, tmp_path)
    while not provider.seen:
        time.sleep(0.02)
    began = time.monotonic()
    for _ in range(2):
        child.send_signal(signal.SIGINT)
        time.sleep(0.3)
    _, said = child.communicate(timeout=PATIENCE)
    assert child.returncode == 130
    assert time.monotonic() - began < 10
    assert b"Traceback" not in said
    due.clock = SetClock(SystemClock().now())
    for _ in range(3):
        due.clock = SetClock(due.clock.now() + timedelta(minutes=40))
        run(due, channels=channels(due, out={"kind": "webhook", "url": f"{provider.url}/in"}), patience=0)
    assert states(due) == ["sent"] * 5
    assert len(provider.taken) == 5  # the one cut off went again under the same key


class Terminal:
    """A process of ``flow`` at a terminal."""

    def __init__(self, words: list[str], env: dict[str, str]) -> None:
        self.master, slave = pty.openpty()
        self.child = subprocess.Popen([*FLOW, *words], env=env, stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        self.seen = ""

    def until(self, words: str) -> None:
        """Read until ``words`` come; what came before is forgotten."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.seen:
            ready, _, _ = select.select([self.master], [], [], max(deadline - time.monotonic(), 0))
            assert ready, f"never saw {words!r} in {self.seen!r}"
            self.seen += os.read(self.master, 4096).decode("utf-8", "replace")
        self.seen = self.seen.partition(words)[2]

    def type(self, words: str) -> None:
        os.write(self.master, words.encode() + b"\n")


def test_by_hand_at_a_terminal(place: Place, tmp_path: Path) -> None:
    shop = Shop.open(place, staff="xiaomei")
    plan_messages(shop, 4, channel="wechat", purpose="safety")
    run(shop, channels=channels(shop), patience=0)
    at = Terminal(["remind", "hand"], environment(place, tmp_path))
    for expected, answer in (("x0", ""), ("x1", "s"), ("x2", "n"), ("x3", "q")):
        at.until(f"您好 {expected}")
        at.until("\033]52;c;")  # copied by the terminal
        at.until("q leave: ")
        at.type(answer)
        if answer == "s":
            at.until("Why: ")
            at.type("told by phone")
    assert at.child.wait(PATIENCE) == 0
    os.close(at.master)
    assert states(shop) == ["sent", "cancelled", "pending", "pending"]
    with shop.reading() as tx:
        assert tx.need(Message, 2).trail[-1][3] == {"who": "小美", "why": "told by phone"}
    shop.close()


@pytest.mark.parametrize("typed", ["", "s\n"], ids=["at once", "at the reason"])
def test_what_is_left_undecided_is_given_back(typed: str, place: Place, tmp_path: Path) -> None:
    shop = Shop.open(place, staff="xiaomei")
    plan_messages(shop, 1, channel="wechat", purpose="safety")
    run(shop, channels=channels(shop), patience=0)
    at = Terminal(["remind", "hand"], environment(place, tmp_path))
    at.until("q leave: ")
    if typed:
        os.write(at.master, typed.encode())
        at.until("Why: ")
    os.write(at.master, b"\x04")  # Ctrl-D
    at.until("nothing is half-done")
    assert at.child.wait(PATIENCE) == 130
    os.close(at.master)
    assert states(shop) == ["pending"]
    shop.close()
