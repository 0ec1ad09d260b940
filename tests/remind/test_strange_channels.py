"""Channels of plugins that raise, answer nonsense or break at their set-up (fault 36): the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.remind.invariants import broken
from serviceflow.remind.outcomes import Accepted, Answer, Letter, Opaque, Outcome, Queryable, Rate, Unknown
from serviceflow.remind.run import run
from serviceflow.remind.settings import KINDS, Channels
from serviceflow.texts import T, plain

from tests.remind.conftest import plan_messages, states, stored


class Strange:
    """A channel that does at ``where`` what ``does`` says, and else what it should."""

    kind = "strange"
    rate: Rate | None = None
    most_bytes: int | None = None
    shows_refusals = True
    by_hand = False

    def __init__(self, where: str, does: Callable[[], Any]) -> None:
        self.where, self.does = where, does
        self.ability = Queryable(60) if where == "ask" else Opaque()

    def _at(self, where: str, right: Any) -> Any:
        return self.does() if where == self.where else right

    def send(self, letter: Letter) -> Outcome:
        right = Unknown(plain("lost")) if self.where == "ask" else Accepted()
        return self._at("send", right)  # type: ignore[no-any-return]

    def ask(self, letter: Letter, begun: datetime) -> Answer:
        return self._at("ask", Accepted())  # type: ignore[no-any-return]

    def finish(self) -> None:
        self._at("finish", None)


class OfApprovedWords(Strange):
    """One whose provider sends approved words only."""

    def serves(self, template: str) -> bool:
        return bool(self._at("serves", True))

    def declared(self, template: str) -> bool:
        return False

    def faults(self, text: str, samples: Sequence[Mapping[str, str]]) -> Iterable[tuple[str, T]]:
        return ()


def raises() -> None:
    raise ZeroDivisionError("boom")


def leaves() -> None:
    raise SystemExit("boom")


@pytest.mark.parametrize(
    ("where", "does", "state"),
    [
        pytest.param("send", raises, "uncertain", id="send raises"),
        pytest.param("send", leaves, "uncertain", id="send leaves the program"),
        pytest.param("send", lambda: True, "uncertain", id="send answers yes"),
        pytest.param("send", lambda: None, "uncertain", id="send answers nothing"),
        pytest.param("ask", raises, "uncertain", id="ask raises"),
        pytest.param("ask", lambda: True, "uncertain", id="ask answers yes"),
        pytest.param("serves", raises, "held", id="serves raises"),
        pytest.param("finish", leaves, "sent", id="finish leaves the program"),
    ],
)
def test_what_a_channel_does_wrong_stops_no_other(
    where: str, does: Callable[[], Any], state: str, shop: Shop, clock: SetClock, tmp_path: Path
) -> None:
    (strange,) = plan_messages(shop, 1, channel="strange", purpose="safety")
    plan_messages(shop, 2, key="y", purpose="safety")
    mine = Channels(shop, tmp_path / "channels.toml", {"strange": {"kind": "strange"}, "out": {"kind": "file"}})
    made = (OfApprovedWords if where == "serves" else Strange)(where, does)
    mine._made["strange"] = made  # type: ignore[assignment]
    for _ in range(2):
        report = run(shop, channels=mine, patience=0)
        clock.set(clock.now() + timedelta(minutes=2))
    assert stored(shop, strange).state == state
    assert states(shop)[1:] == ["sent", "sent"]
    with shop.reading() as tx:
        assert broken(tx) == {}
    if where == "finish":
        assert "SystemExit: boom" in str(report.failed[0])
    elif where != "ask" and does is not leaves:
        assert {raises: "boom"}.get(does, "") in stored(shop, strange).reason


def test_a_channel_that_cannot_be_made_is_told_and_its_messages_stay(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KINDS, "strange", f"{__name__}:raises")
    plan_messages(shop, 1, channel="strange", purpose="safety")
    plan_messages(shop, 1, key="y", purpose="safety")
    mine = Channels(shop, tmp_path / "channels.toml", {"strange": {"kind": "strange"}, "out": {"kind": "file"}})
    report = run(shop, channels=mine, patience=0)
    assert states(shop) == ["pending", "sent"]
    assert "boom" in str(report.failed[0])
