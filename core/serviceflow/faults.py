"""Places where a test may kill, stop or fail the process, to prove that nothing is left half-done.

``FLOW_FAULT=name:kill`` acts at the first passage of `fault("name")`, ``name:kill:3`` at the third.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

_plan = os.environ.get("FLOW_FAULT", "")  # asked once: a hand-over passes eight of these places
_passed: Counter[str] = Counter()


class FaultInjected(RuntimeError):
    """What ``FLOW_FAULT=name:raise`` raises."""


def fault(name: str) -> None:
    """Do nothing, unless ``FLOW_FAULT`` names this place.

    ``kill`` is SIGKILL, ``stop`` SIGSTOP; from ``enospc`` on no file of this process grows, as on a full disk;
    ``raise`` raises.

    Raises:
        FaultInjected: For ``raise``; also when ``FLOW_FAULT`` asks for something else.
    """
    if not _plan:
        return
    wanted, _, rest = _plan.partition(":")
    if wanted != name:
        return
    what, _, passage = rest.partition(":")
    _passed[name] += 1
    if _passed[name] != int(passage or 1):
        return
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif what == "enospc":
        _fill_the_disk()
    else:
        raise FaultInjected(_plan)


def arm(plan: str) -> None:
    """Act from now on as if ``FLOW_FAULT`` had said ``plan`` when this process began."""
    global _plan
    _plan = plan
    _passed.clear()


def _fill_the_disk() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
