"""Text files as people have them: UTF-8 with or without BOM, else GB18030; nothing is guessed beyond that."""

from __future__ import annotations

from pathlib import Path

from serviceflow.errors import BadInput
from serviceflow.texts import T

LARGEST = 1_000_000


def read_text(typed: str, largest: int = LARGEST) -> str:
    """Return the text of a file.

    Raises:
        BadInput: It cannot be read, is larger than ``largest`` bytes, or is no text.
    """
    path = Path(typed).expanduser()
    try:
        if path.stat().st_size > largest:
            raise _unreadable(typed, T("larger than {n} bytes", zh="超过 {n} 字节").of(n=largest))
        raw = path.read_bytes()
    except FileNotFoundError:
        raise _unreadable(typed, T("it is not there", zh="文件不存在")) from None
    except OSError as cause:
        raise _unreadable(typed, T("{why}", zh="{why}").of(why=cause.strerror or cause)) from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _unreadable(typed, T("not a text file (UTF-8 or GB18030)", zh="不是文本文件(UTF-8 或 GB18030)"))


def _unreadable(typed: str, why: T) -> BadInput:
    return BadInput(
        T("{file} cannot be read: {why}.", zh="无法读取 {file}: {why}。").of(file=typed, why=why),
        T("Check the name; save it as plain text in UTF-8.", zh="请检查文件名, 并存为 UTF-8 纯文本。"),
        ref="core.file",
    )
