"""``field=value`` words of a command line, files behind ``field=@file``, and ``GUARD=REASON`` of ``--override``."""

from __future__ import annotations

from collections.abc import Sequence

from serviceflow.errors import BadInput
from serviceflow.texts import T

from serviceflow_cli.textfiles import read_text


def read_fields(words: Sequence[str]) -> dict[str, str]:
    """Return the fields of ``name=value`` words; ``name=@file`` takes a text file, ``name=@@x`` means ``@x``.

    Raises:
        BadInput: A word without ``=``, a field given twice, a file that cannot be read.
    """
    found: dict[str, str] = {}
    for word in words:
        name, sep, value = word.replace("＝", "=", 1).partition("=") if "=" not in word else word.partition("=")
        name = name.strip()
        if not sep or not name:
            raise BadInput(
                T("“{word}” is no field=value.", zh="“{word}”不是 字段=值。").of(word=word),
                T(
                    'Write it like amount=800; quote what holds blanks: note="two words"',
                    zh='请写成 amount=800; 含空格时加引号: note="两 个词"',
                ),
                ref="core.field",
            )
        if name in found:
            raise BadInput(
                T("Field {name} is given twice.", zh="字段 {name} 写了两次。").of(name=name),
                T("Leave one out.", zh="请去掉一个。"),
                ref="core.field-twice",
            )
        found[name] = _value(value)
    return found


def read_overrides(words: Sequence[str]) -> dict[str, str]:
    """Return guard ids and why each is set aside, of ``GUARD=REASON`` words.

    Raises:
        BadInput: One of the two is missing.
    """
    found: dict[str, str] = {}
    for word in words:
        guard, sep, reason = word.partition("=")
        if not sep or not guard.strip() or not reason.strip():
            raise BadInput(
                T("“{word}” is no GUARD=REASON.", zh="“{word}”不是 规则=原因。").of(word=word),
                T('Write it like --override capacity="agreed by phone"', zh='请写成 --override capacity="电话已同意"'),
                ref="core.override",
            )
        found[guard.strip()] = reason.strip()
    return found


def _value(value: str) -> str:
    if value.startswith("@@"):
        return value[1:]
    if not value.startswith("@"):
        return value
    return read_text(value[1:]).strip()
