"""Writes a new plugin: a copy of `serviceflow-sprout`, a working plugin that lies beside this file, under another name.

The copy needs no template language: what changes is the word *sprout*, its title and the letters of its numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from serviceflow.errors import BadInput, CannotWrite
from serviceflow.texts import T, plain

SPROUT = Path(__file__).parent / "serviceflow-sprout"
_KEY = re.compile(r"[a-z][a-z0-9]{1,23}")
_TITLE = re.compile(r"[^\"'\\{}<>&\x00-\x1f]{1,40}")


def write_plugin(key: str, title: T, folder: Path) -> list[Path]:
    """Write the package `serviceflow-<key>` into ``folder``; return its files, relative to ``folder``.

    Raises:
        BadInput: The key or title cannot be one.
        CannotWrite: There is something of that name already, or the folder cannot be written.
    """
    check_names(key, title)
    target = folder / f"serviceflow-{key}"
    if target.exists():
        raise CannotWrite(
            T("{path} is there already.", zh="{path} 已存在。").of(path=target),
            T("Choose another key, or another folder: --into", zh="请换一个键, 或用 --into 换目录"),
            ref="plugin.exists",
        )
    written = []
    try:
        for file in template_files():
            place = folder / renamed(file.relative_to(SPROUT.parent).as_posix(), key, title)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(renamed(file.read_text(encoding="utf-8"), key, title), encoding="utf-8")
            written.append(place.relative_to(folder))
    except OSError as cause:
        raise CannotWrite(
            T("{path} cannot be written: {why}.", zh="无法写入 {path}: {why}。").of(path=target, why=cause.strerror),
            plain(f"flow plugin new {key} --into FOLDER"),
            ref="plugin.folder",
        ) from cause
    return written


def check_names(key: str, title: T) -> None:
    """Raise `BadInput` unless a plugin may be called so."""
    if not _KEY.fullmatch(key):
        raise BadInput(
            T(
                "“{key}” cannot be a plugin's key: small letters and digits, 2 to 24, a letter first.",
                zh="“{key}”不能作插件键: 小写字母与数字, 2 到 24 位, 以字母开头。",
            ).of(key=key),
            plain("flow plugin new petcare"),
            ref="plugin.key",
        )
    for words in (title.en, title.zh):
        if not _TITLE.fullmatch(words):
            raise BadInput(
                T("“{title}” cannot be a title.", zh="“{title}”不能作名称。").of(title=words),
                T(
                    "At most 40 characters, without quotes, braces and signs of HTML.",
                    zh="最多 40 字, 不含引号、花括号和 HTML 符号。",
                ),
                ref="plugin.title",
            )


def template_files() -> Iterator[Path]:
    """Yield the files of the template, A to Z."""
    yield from sorted(p for p in SPROUT.rglob("*") if p.is_file() and not _is_cache(p))


def renamed(text: str, key: str, title: T) -> str:
    """Return a text of the template in the words of another plugin."""
    letters = key[:3].upper()
    text = re.sub(r"\bSP(?=\{n|0001)", letters, text)
    text = re.sub(r"\bSL(?=\{n)", f"{letters}L", text)
    words = {"新芽": title.zh, "Sprouts": title.en, "Sprout": key.capitalize(), "sprout": key}
    return re.sub("|".join(words), lambda found: words[found[0]], text)


def _is_cache(file: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in file.relative_to(SPROUT).parts)
