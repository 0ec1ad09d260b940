"""The suite for channel plugins, held against channels of the core and against those that break its promises."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from serviceflow.channels import Accepted, Channel, Idempotent, Letter, Outcome
from serviceflow.remind.channels.dingtalk import DingTalkRobot
from serviceflow.remind.channels.webhook import Webhook
from serviceflow.testing.channel_suite import ChannelSuite
from serviceflow.testing.provider import Provider


class TestWebhook(ChannelSuite):
    """Refuses by the status alone."""

    def channel(self, url: str, timeout: float) -> Channel:
        return Webhook(f"{url}/in", timeout=timeout)


class TestDingTalk(ChannelSuite):
    """Refuses with HTTP 200 and a code in the body."""

    taken: ClassVar[Any] = {"errcode": 0, "errmsg": "ok"}
    refused: ClassVar[tuple[Any, ...]] = ({"errcode": 310000}, {"errcode": 130101}, {"errcode": 1}, {"errcode": -1})

    def channel(self, url: str, timeout: float) -> Channel:
        return DingTalkRobot(f"{url}/robot?access_token=x", "SEC1", timeout=timeout)


class Believer(Webhook):
    """Takes every answer for a yes, and writes a key of its own."""

    def send(self, letter: Letter) -> Outcome:
        outcome = super().send(Letter("other", letter.mark, letter.address, letter.name, letter.subject, letter.body))
        return outcome if isinstance(outcome, Accepted) else Accepted()


class Believed(ChannelSuite):
    """The suite for a channel it must find fault with."""

    refused: ClassVar[tuple[Any, ...]] = ({"errcode": 1},)

    def channel(self, url: str, timeout: float) -> Channel:
        made = Believer(f"{url}/in", timeout=timeout)
        assert isinstance(made.ability, Idempotent)
        return made


@pytest.mark.parametrize(
    ("test", "given"),
    [
        ("test_a_second_try_carries_the_same_key", {}),
        ("test_a_refusal_in_http_200_is_never_accepted", {}),
        ("test_an_answer_that_is_none_is_never_accepted", {"body": b"<html>"}),
        ("test_no_status_but_success_is_accepted", {"status": 500}),
        ("test_too_many_says_how_long_to_wait", {}),
        ("test_an_end_nobody_saw_is_unknown_and_in_time", {"answer": "reset"}),
        ("test_every_reason_is_in_both_languages", {}),
    ],
)
def test_the_suite_finds_a_channel_that_believes_everything(test: str, given: dict[str, Any]) -> None:
    provider = Provider()
    with pytest.raises(AssertionError):
        getattr(Believed(), test)(provider=provider, **given)
    provider.close()


def test_the_suite_finds_a_channel_that_believes_in_a_closed_door() -> None:
    with pytest.raises(AssertionError):
        Believed().test_a_provider_that_cannot_be_reached_took_nothing()
