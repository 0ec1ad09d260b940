"""Whole screens as people see them: approved by eye at three widths in both languages, then held on any console."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from rich.cells import cell_len

LINES = {
    "help": ("--help",),
    "help_show": ("show", "--help"),
    "today": ("today",),
    "today_all": ("today", "--all"),
    "find": ("find", "xm"),
    "show_order": ("show", "0012"),
    "show_waiting": ("show", "S-2026-0004"),
    "show_customer": ("show", "wxm"),
    "show_task": ("show", "#1"),
    "report_funnel": ("report", "funnel", "--flow", "atelier-case"),
    "report_open": ("report", "open"),
}
WIDTHS = (60, 80, 120)
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", LINES)
def test_a_screen_is_the_approved_one(
    flow: Callable[..., object], approved: Callable[[str, str], None], name: str, language: str
) -> None:
    shown = []
    for width in WIDTHS:
        answer = flow(*LINES[name], width=width, language=language)
        assert (answer.code, answer.err) == (0, "")
        shown.append(f"--- {width} ---\n{answer.out}")
    approved(f"{name}.{language}", "\n".join(shown))


@pytest.mark.parametrize("color", [False, True], ids=["NO_COLOR", "color"])
@pytest.mark.parametrize("terminal", [True, False], ids=["tty", "pipe"])
@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "ascii"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_screen_holds_on_any_console(
    flow: Callable[..., object], encoding: str, terminal: bool, language: str, color: bool
) -> None:
    for name, words in LINES.items():
        for width in WIDTHS:
            answer = flow(*words, width=width, encoding=encoding, terminal=terminal, language=language, color=color)
            assert answer.code == 0, name
            plain = re.sub(r"\x1b\[[0-9;]*m", "", answer.out)
            assert "\x1b" not in plain
            assert (plain != answer.out) <= (terminal and color)
            for line in plain.splitlines():
                assert cell_len(line) <= width, line
            _assert_aligned(plain)


def _assert_aligned(screen: str) -> None:
    """Check that the commands of neighbouring lines, which stand last, begin in the same cell."""
    for block in screen.split("\n\n"):
        starts = {
            cell_len(line[: match.start()])
            for line in block.splitlines()
            if (match := re.search(r"(?<=  )flow (done|do|show|sign|remind) \S+( \S+)?$", line))
            and not line.startswith("  ")
        }
        assert len(starts) <= 1, block


@pytest.mark.parametrize("language", ["zh", "en"])
def test_our_own_text_keeps_to_gbk(flow: Callable[..., object], language: str) -> None:
    for words in LINES.values():
        answer = flow(*words, language=language)
        (answer.out + answer.err).encode("gbk")


def test_a_screen_without_chinese_speaks_english(flow: Callable[..., object]) -> None:
    answer = flow("today", encoding="ascii", language="")
    assert answer.out.startswith("Today Wed 11-25")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_what_is_cut_or_left_out_never_is_the_command(flow: Callable[..., object], width: int) -> None:
    def commands(room: int) -> list[str]:
        return re.findall(r"flow (?:done|do|sign|remind) .*$", flow("today", width=room).out, re.MULTILINE)

    assert commands(width) == commands(200)


def test_a_pipe_gets_whole_lines(flow: Callable[..., object]) -> None:
    piped = flow("today", terminal=False, width=None)
    assert "138****0001  S-2026-0012  flow done 1" in piped.out
