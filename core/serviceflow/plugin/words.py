"""Words that plugins may not take, and those every plugin may count on."""

from __future__ import annotations

API_VERSIONS = ("1",)
"""Versions of `serviceflow.api` that this program serves."""

CORE_ROLE_KEYS = frozenset({"admin", "manager"})

RESERVED_PREFIXES = frozenset({"core"})
"""First words of the program's own settings and ids of refusals."""

MESSAGE_FIELDS = frozenset({"name", "order_no", "shop"})
"""The ``{fields}`` every message knows."""

SMS_MOST = 500
"""Characters of an SMS template."""
CHAT_BYTES = 2048
"""Bytes of a text in the narrowest chat."""

BUILT_IN_COMMANDS = frozenset(
    {
        "audit",
        "board",
        "cal",
        "channel",
        "completion",
        "customer",
        "db",
        "demo",
        "do",
        "doc",
        "doctor",
        "done",
        "export",
        "find",
        "help",
        "history",
        "init",
        "log",
        "new",
        "plugin",
        "redo",
        "remind",
        "report",
        "selftest",
        "settings",
        "shell",
        "show",
        "sign",
        "simulate",
        "staff",
        "task",
        "today",
        "undo",
    }
)
"""Commands a trade's group or alias may not hide; those of later issues included, so that none is taken by then."""


def first_word(ident: str) -> str:
    """Return the first word of an id such as ``studio-case``, ``broker.limit.x`` or ``studio_piece``."""
    for n, letter in enumerate(ident):
        if letter in "-._":
            return ident[:n]
    return ident
