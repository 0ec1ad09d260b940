"""``--trace``: which function of which plugin ran during a command, in which order and how long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from serviceflow.texts import T, plain

from serviceflow_cli import out

if TYPE_CHECKING:
    from serviceflow.plugin.calls import Call


def show(calls: Sequence[Call]) -> None:
    """Say the calls on stderr, one line each, those made inside another one indented."""
    if not calls:
        out.talk(T("trace: nothing of any plugin ran", zh="跟踪: 未调用任何插件"), "dim")
    for n, call in enumerate(calls, start=1):
        out.talk(_line(n, call), "red" if call.failed else "dim")


def _line(n: int, call: Call) -> T:
    words = "{n} {ms} ms  {indent}{plugin}  {what}"
    facts = {
        "n": f"{n:>3}",
        "ms": f"{(call.seconds or 0) * 1000:8.2f}",
        "indent": "  " * call.depth,
        "plugin": call.plugin,
        "what": call.what,
    }
    if call.failed:
        return T(words + "  raised", zh=words + "  出错").of(**facts)
    return plain(words).of(**facts)
