"""What serviceflow promises of every channel, for the tests of a channel plugin, against a server that really answers::

    from serviceflow.testing.channel_suite import ChannelSuite

    class TestMine(ChannelSuite):
        taken = {"Code": "OK", "BizId": "1"}                # what the provider answers when it has the message
        refused = ({"Code": "isv.AMOUNT_NOT_ENOUGH"},)      # refusals with HTTP 200

        def channel(self, url: str, timeout: float) -> Channel:
            return Mine("key", "secret", url=url, timeout=timeout)

Delivery keeps its promise (nothing lost, nothing twice) only over channels that tell these ends apart.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from serviceflow.channels import (
    Accepted,
    Askable,
    Channel,
    Idempotent,
    Letter,
    NotAccepted,
    Opaque,
    Outcome,
    Queryable,
    Rate,
    Rejected,
    Throttled,
    Unknown,
)
from serviceflow.testing.provider import Does, Provider

TIMEOUT = 0.5
"""Seconds a channel of the suite has for a call."""


class ChannelSuite(ABC):
    """Derive from it in a test module; every method is a test.

    Attributes:
        letter: What is sent; of words that the provider serves, to an address that it takes.
        taken: The provider's answer to a message it took over.
        refused: Its answers that refuse one though the status is 200.
    """

    letter: ClassVar[Letter] = Letter("uid-1", "m1", "+8613800000001", "王小明", "主题", "您好 王小明\n第二行")
    taken: ClassVar[Any] = {"ok": True}
    refused: ClassVar[tuple[Any, ...]] = ()

    @abstractmethod
    def channel(self, url: str, timeout: float) -> Channel:
        """Return the channel, set up for a provider at ``url``."""

    @pytest.fixture
    def provider(self) -> Iterator[Provider]:
        """A provider that takes every message, until it is told otherwise."""
        running = Provider()
        running.does = Does(body=self.taken)
        yield running
        running.close()

    def sent(self, provider: Provider, does: Does | None = None) -> Outcome:
        """Return what the channel makes of an answer."""
        if does is not None:
            provider.does = does
        return self.channel(provider.url, TIMEOUT).send(self.letter)

    def test_it_says_what_it_is(self, provider: Provider) -> None:
        channel = self.channel(provider.url, TIMEOUT)
        assert channel.kind
        assert isinstance(channel.ability, Idempotent | Queryable | Opaque)
        assert channel.rate is None or isinstance(channel.rate, Rate)
        assert channel.most_bytes is None or channel.most_bytes > 0
        assert isinstance(channel.shows_refusals, bool)
        assert channel.by_hand is False
        assert isinstance(channel.ability, Queryable) <= isinstance(channel, Askable)
        channel.finish()

    def test_what_was_taken_is_accepted_and_posted_once(self, provider: Provider) -> None:
        assert isinstance(self.sent(provider), Accepted)
        assert sum(provider.taken.values()) == 1

    def test_a_second_try_carries_the_same_key(self, provider: Provider) -> None:
        """Only of channels that say so: the provider drops the second by its key."""
        channel = self.channel(provider.url, TIMEOUT)
        for _ in range(2):
            channel.send(self.letter)
        if isinstance(channel.ability, Idempotent):
            assert all(self.letter.key in str(headers) + body.decode() for _, headers, body in provider.seen)

    def test_a_refusal_in_http_200_is_never_accepted(self, provider: Provider) -> None:
        for body in self.refused:
            assert isinstance(self.sent(provider, Does(body=body)), Rejected | NotAccepted | Throttled), body

    @pytest.mark.parametrize(
        "body", [b"", b"<html>login</html>", b"[]", b"null"], ids=["nothing", "a page", "a list", "null"]
    )
    def test_an_answer_that_is_none_is_never_accepted(self, body: bytes, provider: Provider) -> None:
        outcome = self.sent(provider, Does(body=body))
        assert not isinstance(outcome, Accepted) or not self.refused  # who refuses by the status alone needs no body

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 502, 503])
    def test_no_status_but_success_is_accepted(self, status: int, provider: Provider) -> None:
        outcome = self.sent(provider, Does(status=status, body=b"{}"))
        assert isinstance(outcome, Rejected | NotAccepted | Throttled | Unknown)
        if status >= 500:
            assert isinstance(outcome, Unknown)  # it came after the body: the provider may have the message

    def test_too_many_says_how_long_to_wait(self, provider: Provider) -> None:
        outcome = self.sent(provider, Does(status=429, headers={"Retry-After": "17"}, body=b"{}"))
        assert isinstance(outcome, Throttled)
        assert outcome.after == 17

    @pytest.mark.parametrize("answer", ["reset", "hang", "drip"])
    def test_an_end_nobody_saw_is_unknown_and_in_time(self, answer: str, provider: Provider) -> None:
        began = time.monotonic()
        assert isinstance(self.sent(provider, Does(answer=answer)), Unknown)
        assert time.monotonic() - began < 6 * TIMEOUT

    def test_a_provider_that_cannot_be_reached_took_nothing(self) -> None:
        outcome = self.channel("http://127.0.0.1:9", TIMEOUT).send(self.letter)
        assert isinstance(outcome, NotAccepted)
        assert outcome.channel_fault

    def test_every_reason_is_in_both_languages(self, provider: Provider) -> None:
        for does in (Does(status=400, body=b"{}"), Does(status=500, body=b"{}"), *(Does(body=b) for b in self.refused)):
            outcome = self.sent(provider, does)
            assert not isinstance(outcome, Accepted)
            assert outcome.why.to("en")
            assert outcome.why.to("zh")
