"""A provider over real sockets, and messages that are due."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.remind.settings import Channels
from serviceflow.remind.why import Story, message, why
from serviceflow.store.read import Reader
from serviceflow.store.tables import Message
from serviceflow.testing.provider import Provider


@pytest.fixture
def industries() -> tuple[str, ...]:
    """A shop without trades: those of a test are written in it."""
    return ()


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that accepts, until it is told otherwise."""
    running = Provider()
    yield running
    running.close()


@pytest.fixture
def plan(shop: Shop) -> Callable[..., list[int]]:
    """Plan messages of no trade that are due now; returns their numbers."""

    def planned(n: int = 1, **values: Any) -> list[int]:
        return plan_messages(shop, n, **values)

    return planned


def plan_messages(
    shop: Shop, n: int = 1, *, key: str = "x", late: timedelta = timedelta(0), **values: Any
) -> list[int]:
    """Plan ``n`` messages with finished words."""
    now = shop.clock.now()
    numbers = []
    with shop.write("plan") as tx:
        for i in range(n):
            facts = {
                "rule": "core:test",
                "template": "test",
                "purpose": "service",
                "channel": "out",
                "recipient": f"{key}{i}",
                "recipient_name": "王小明",
                "body": f"您好 {key}{i}",
                "due_at": now - late,
                "made_at": now - late,
                "occurrence": f"core:test/{key}{i}",
            }
            row = tx.add(Message(**(facts | values)))
            assert row.id is not None
            numbers.append(row.id)
    return numbers


def channels(shop: Shop, **named: dict[str, Any]) -> Channels:
    """Return the set-up of a machine; secrets are written out, as in a private file."""
    file = shop_file(shop)
    file.touch(mode=0o600)
    return Channels(shop, file, {name.replace("_", "-"): options for name, options in named.items()})


def shop_file(shop: Shop) -> Any:
    from pathlib import Path
    from tempfile import mkdtemp

    return Path(mkdtemp()) / "channels.toml"


def stored(shop: Shop, number: int) -> Message:
    """Return a message as the database holds it now."""
    with shop.reading() as tx:
        return tx.need(Message, number)


@contextlib.contextmanager
def reader(shop: Shop) -> Iterator[Reader]:
    """Open the shop as reading commands do, at its clock."""
    with contextlib.closing(Reader.open(shop.place, login="xiaomei", clock=shop.clock)) as read:
        yield read


def story_of(shop: Shop, number: int | None) -> Story:
    """Return what `remind why` tells of a message."""
    with reader(shop) as read:
        row = message(read, number or 0)
        assert row is not None
        return why(read, row)


def states(shop: Shop) -> list[str]:
    """Return the states of all messages but digests, by number."""
    with shop.reading() as tx:
        return [m.state for m in tx.all(Message) if m.rule != "core:digest"]
