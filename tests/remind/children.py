"""Runs that are real processes, so that they can be killed and stopped: forked, because an import costs a second."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from datetime import datetime
from typing import Any

from serviceflow import faults
from serviceflow.app import Shop
from serviceflow.clock import Clock, SetClock
from serviceflow.errors import FlowError
from serviceflow.plugin.load import Plugins
from serviceflow.remind import deliver
from serviceflow.remind.run import run
from serviceflow.store.place import Place

from tests.remind.conftest import channels


def fork(does: Callable[[], int], fault: str = "") -> int:
    """Do something in a process of its own, whose exit code it returns; returns the process's id.

    Args:
        fault: What `FLOW_FAULT` says in it.
    """
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        faults.arm(fault)
        code = does()
    except FlowError as cause:
        code = int(cause.exit_code)
    finally:
        os._exit(code)


def start(
    place: Place,
    named: dict[str, Any],
    *,
    at: datetime | None = None,
    fault: str = "",
    clock: Clock | None = None,
    before: Callable[[], None] | None = None,
    trades: Plugins | None = None,
    **options: Any,
) -> int:
    """Start one run in a process of its own; returns its id.

    Args:
        fault: What `FLOW_FAULT` says in it.
        before: Called in the child before the run.
        trades: The trades its machine has, where they are a test's own.
    """

    def goes() -> int:
        if before is not None:
            before()
        shop = Shop.open(place, staff="xiaomei", clock=clock or (SetClock(at) if at is not None else None))
        if trades is not None:
            shop.plugins = Plugins(shop._joined_plugins, trades.found.values())
        return int(run(shop, channels=channels(shop, **named), patience=0, **options).exit_code)

    return fork(goes, fault)


def ended(child: int) -> int:
    """Wait for a process; returns its exit code, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill(child: int) -> None:
    """End a process at once."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)


def short_leases(seconds: float) -> Callable[[], None]:
    """Return what makes the leases of a child short: whole seconds."""

    def set_them() -> None:
        from datetime import timedelta

        deliver.LEASE = timedelta(seconds=seconds)
        deliver.RENEW = timedelta(seconds=seconds / 2)

    return set_them
