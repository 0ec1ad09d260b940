"""``field=value`` words of a command line, and files behind ``field=@file``."""

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


def _value(value: str) -> str:
    if value.startswith("@@"):
        return value[1:]
    if not value.startswith("@"):
        return value
    return read_text(value[1:]).strip()
