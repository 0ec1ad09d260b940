"""``flow doctor``: a look over everything, each line with its remedy."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer
from serviceflow.errors import Exit
from serviceflow.texts import T, plain

from serviceflow_cli import out
from serviceflow_cli.glyphs import writes_chinese
from serviceflow_cli.out import Column
from serviceflow_cli.session import current, writing_shop

if TYPE_CHECKING:
    from serviceflow.doctor import Finding

COLUMNS = [
    Column("key", T("What", zh="项目"), null=False),
    Column("level", T("State", zh="状态"), null=False),
    Column("sentence", T("Finding", zh="结果"), null=False),
    Column("fix", T("Remedy", zh="修复办法")),
]
MARKS = {"good": ("√", "green"), "look": ("!", "yellow"), "bad": ("×", "red")}


def doctor() -> None:
    """Look over everything and say how to mend it."""
    from serviceflow.doctor import examine

    current().silence_seen_to = True
    with writing_shop() as shop:
        found = [*examine(shop), _console()]
    if current().format == "text":
        for one in found:
            mark, colour = MARKS[one.level]
            out.line(plain("{mark} {what}").of(mark=mark, what=one.sentence), colour)  # type: ignore[arg-type]
            if one.fix is not None:
                out.line(plain("    {fix}").of(fix=one.fix))
    else:
        out.rows(
            "findings", COLUMNS, [{"key": f.key, "level": f.level, "sentence": f.sentence, "fix": f.fix} for f in found]
        )
    if any(one.level == "bad" for one in found):
        raise typer.Exit(Exit.ATTENTION)


def _console() -> Finding:
    from serviceflow.doctor import Finding

    encoding = sys.stdout.encoding or "?"
    if writes_chinese(sys.stdout):
        return Finding(
            "console", "good", T("the console writes Chinese ({e})", zh="终端可显示中文({e})").of(e=encoding)
        )
    return Finding(
        "console",
        "look",
        T("the console cannot write Chinese ({e})", zh="终端无法显示中文({e})").of(e=encoding),
        T("PYTHONUTF8=1, or on Windows: chcp 65001", zh="设置 PYTHONUTF8=1; Windows 上: chcp 65001"),
    )
