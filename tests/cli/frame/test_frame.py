"""The frame itself: exit codes, two-line errors with the nearest right word, pipes, Ctrl-C, closed input."""

from __future__ import annotations

import ast
import importlib
import os
import pty
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from serviceflow.app import Shop
from serviceflow.errors import Exit
from serviceflow.testing.lines import FLOW, environment, home, on_terminal, read_until, run_flow
from serviceflow.testing.processes import type_line
from serviceflow_cli.lazy import FRAMEWORK_WORDS
from serviceflow_cli.table import COMMANDS

sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@sqlite_only
@pytest.mark.parametrize(
    ("words", "language", "code", "says"),
    [
        (["shwo", "0012"], "en", 2, ['There is no command "flow shwo".', "Did you mean: flow show ?"]),
        (["shwo", "0012"], "zh", 2, ["没有命令“flow shwo”。", "是否指: flow show ?"]),
        (["stduio"], "zh", 2, ["是否指: flow studio ?"]),
        (["task", "lsit"], "zh", 2, ["没有命令“flow task lsit”。", "是否指: flow task list ?"]),
        (["xyzzy"], "en", 2, ["flow --help"]),
        (["show", "--jsno"], "zh", 2, ["没有选项 --jsno。", "是否指 --json?"]),
        (["today", "--al"], "en", 2, ["There is no option --al here.", "Did you mean --all?"]),
        (["today", "extra"], "zh", 2, ["多余的内容: extra", "flow today"]),
        (["show"], "zh", 2, ["缺少 REF。", "flow show REF"]),
        (["find", "x", "--limit", "many"], "en", 2, ["--limit: 'many' is not a whole number."]),
        (["find", "x", "--limit", "many"], "zh", 2, ["--limit: 'many' 不是整数。"]),
        (["find", "x", "--limit", "99"], "en", 2, ["--limit: 99 is not in the range 1<=x<=50."]),
        (["find", "x", "--limit"], "zh", 2, ["--limit 缺少值。"]),
        (["today", "--db"], "en", 2, ["--db needs a value.", "FILE|URL"]),
        (["today", "--debug=1"], "zh", 2, ["--debug 不带值。"]),
        (["today", "--json=titel"], "en", 2, ["There is no field titel here.", "Did you mean title?", ": group,"]),
        (["today", "--staff", "nobody"], "zh", 78, ["没有员工 nobody。", "flow staff"]),
        (["show", "9999"], "zh", 2, ["没有找到 9999。"]),
        (["show", "5"], "zh", 2, ["没有找到 5。", "flow show '#5'"]),
        (["show", "#99"], "en", 2, ["There is no task #99.", "flow today"]),
        (["show", "小明"], "en", 2, ["2 fit 小明:", "Say which"]),
        (["show", "0012", "--csv"], "en", 2, ["A page has no table", "--json"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)  # fmt: skip
def test_what_is_mistyped_is_answered_with_a_way_out(
    flow: Callable[..., Any], words: list[str], language: str, code: int, says: list[str]
) -> None:
    answer = flow(*words, language=language)
    assert answer.code == code
    assert answer.out == ""
    assert answer.err.startswith("× ")
    assert len(answer.err.splitlines()) <= 2
    for part in says:
        assert part in answer.err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_is_there(name: str) -> None:
    module, _, attribute = COMMANDS[name].target.partition(":")
    thing = getattr(importlib.import_module(module), attribute)
    assert isinstance(thing, typer.Typer) or callable(thing)


def test_every_word_of_typer_is_translated() -> None:
    asked = set()
    for name in ("core.py", "main.py", "_click/core.py", "_click/formatting.py", "_click/termui.py"):
        tree = ast.parse((Path(typer.__file__).parent / name).read_text(encoding="utf-8"))
        asked |= {
            node.args[0].value
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("_", "gettext")
            and isinstance(node.args[0], ast.Constant)
        }
    assert asked
    assert sorted(asked - FRAMEWORK_WORDS.keys()) == []


def test_without_a_shop_the_way_to_one_is_named(tmp_path: Path) -> None:
    done = run_flow({"FLOW_DB": str(tmp_path / "none.db"), "LANG": "zh_CN.UTF-8"})
    assert done.returncode == Exit.CONFIG
    assert done.stdout == ""
    assert "没有店铺" in done.stderr
    assert "flow demo studio" in done.stderr
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("environment", "speaks"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "没有店铺"),
        ({"LANG": "en_GB.UTF-8"}, "There is no shop"),
        ({"LANG": "zh_CN.UTF-8", "FLOW_LANG": "en"}, "There is no shop"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "zh_CN.GBK"}, "没有店铺"),
        ({}, "There is no shop"),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else None,
)
def test_the_language_is_the_most_particular_one(tmp_path: Path, environment: dict[str, str], speaks: str) -> None:
    assert speaks in run_flow({"FLOW_DB": str(tmp_path / "none.db"), **environment}).stderr


@sqlite_only
def test_the_shop_s_language_stands_above_the_system_s(studio: Shop) -> None:
    assert "今天" in run_flow(home(studio) | {"LANG": "en_US.UTF-8"}, "today").stdout
    assert "没有命令" in run_flow(home(studio) | {"LANG": "en_US.UTF-8"}, "tody").stderr
    assert "Today" in run_flow(home(studio), "today", "--lang", "en").stdout


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", Exit.CONFIG), (b"no database at all, but long enough to be read as one" * 20, Exit.STORAGE)],
    ids=["empty", "not a database"],
)
def test_a_file_that_is_no_shop_is_named(tmp_path: Path, content: bytes, code: int) -> None:
    file = tmp_path / "shop.db"
    file.write_bytes(content)
    done = run_flow({"FLOW_DB": str(file)}, "today")
    assert done.returncode == code
    assert "shop.db" in done.stderr
    assert file.read_bytes() == content


@sqlite_only
def test_a_database_of_a_newer_program_is_not_read(studio: Shop, flow: Callable[..., Any]) -> None:
    with studio.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE shop_meta SET value = '9999 99.0' WHERE key = 'schema'")
    answer = flow("today", language="en")
    assert answer.code == Exit.SCHEMA
    assert "99.0" in answer.err


@sqlite_only
def test_reading_works_where_nothing_can_be_written(studio: Shop, tmp_path: Path) -> None:
    studio.close()
    folder = tmp_path / "readonly"
    folder.mkdir()
    (folder / "shop.db").write_bytes(Path(str(studio.place.path)).read_bytes())
    before = sorted(folder.iterdir())
    address = {"FLOW_DB": str(folder / "shop.db"), "FLOW_STAFF": "xiaomei"}
    assert run_flow(address, "today").returncode == 0
    assert sorted(path for path in folder.iterdir() if not path.name.endswith(("-shm", "-wal"))) == before


@sqlite_only
@pytest.mark.parametrize(
    "words",
    [["today"], ["find", "xm"], ["show", "小明"], ["show", "0012"], ["shell"], ["do", "小明"], ["done", "1"], ["new"]],
    ids=" ".join,
)
def test_nothing_is_asked_where_nobody_sits(studio: Shop, words: list[str]) -> None:
    done = type_line(words, environment(home(studio)))
    assert "选 1-" not in done.stderr
    assert done.returncode in (0, 2, 3, 78)
    assert "Traceback" not in done.stderr


@sqlite_only
def test_a_trade_goes_by_its_other_names(studio: Shop, flow: Callable[..., Any]) -> None:
    with studio.engine.begin() as connection:
        connection.exec_driver_sql(
            'UPDATE shop_meta SET value = replace(value, \'"aliases": []\', \'"aliases": ["photo"]\')'
            " WHERE key = 'trade.studio'"
        )
    assert flow("photo", "--help", language="en").out.startswith("Usage: flow photo")
    assert re.search(r"^  studio +影楼$", flow("--help").out, re.MULTILINE)


@sqlite_only
def test_a_reader_that_goes_away_is_no_fault(studio: Shop) -> None:
    for line in ("today", "today --json", "--help", "find xm"):
        script = f"{FLOW} {line} | head -1 >/dev/null; exit ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", script], env=environment(home(studio)), capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), line


@sqlite_only
def test_a_closed_pipe_ends_a_long_answer_quietly(studio: Shop) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [FLOW, "today", "--json"], env=environment(home(studio)), stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@sqlite_only
def test_ctrl_c_leaves_with_130_and_one_line(studio: Shop) -> None:
    parent, child = pty.openpty()
    process = on_terminal(studio, child, "show", "小明")
    os.close(child)
    read_until(parent, "选 1-2")
    process.send_signal(signal.SIGINT)
    rest = read_until(parent, "已中断")
    assert process.wait(10) == Exit.INTERRUPTED
    assert "Traceback" not in rest
    os.close(parent)


@sqlite_only
@pytest.mark.parametrize(
    ("typed", "code", "says"),
    [
        ("1", 0, "王小明  138****0001"),
        ("2", 0, "李小明  136****0005"),
        ("", 2, "已取消"),
        ("7\n2", 0, "李小明  136****0005"),
    ],
    ids=["first", "second", "enter", "wrong, then second"],
)
def test_on_a_terminal_one_of_several_is_chosen_by_number(studio: Shop, typed: str, code: int, says: str) -> None:
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [FLOW, "show", "小明"], env=environment(home(studio)), stdin=child, stdout=child, stderr=child
    )
    os.close(child)
    for line in typed.split("\n"):
        read_until(parent, "选 1-2")
        os.write(parent, f"{line}\n".encode())
    assert says in read_until(parent, says)
    assert process.wait(10) == code
    os.close(parent)


@sqlite_only
def test_where_a_fault_comes_from_is_shown_when_asked_for(studio: Shop) -> None:
    assert "Traceback" not in run_flow(home(studio), "show", "9999").stderr
    assert "Traceback" in run_flow(home(studio), "show", "9999", "--debug").stderr
    assert "Traceback" in run_flow(home(studio) | {"FLOW_DEBUG": "1"}, "show", "9999").stderr


@sqlite_only
def test_a_warm_window_takes_the_same_lines(studio: Shop) -> None:
    lines = 'today\nflow show 0012\nfind xm --json\nshwo\nshow "小\nshell\nexit\ntoday\n'
    done = run_flow(home(studio), "shell", typed=lines)
    assert done.returncode == 0
    for line in ("today", "show 0012", "find xm --json"):
        assert run_flow(home(studio), *line.split()).stdout in done.stdout
    assert done.stdout.count("· 小美") == 1
    assert "是否指: flow show ?" in done.stderr
    assert "引号没有成对" in done.stderr


@sqlite_only
def test_a_warm_window_completes_and_answers_on_a_terminal(studio: Shop) -> None:
    parent, child = pty.openpty()
    process = on_terminal(studio, child, "shell")
    os.close(child)
    read_until(parent, "flow>")
    os.write(parent, b"do 0012 \t")
    assert "book-shoot" in read_until(parent, "book-shoot")
    os.write(parent, b"\x03")
    os.write(parent, b"show wxm\r")
    assert "来店咨询" in read_until(parent, "来店咨询")
    os.write(parent, b"exit\r")
    assert process.wait(10) == 0
    os.close(parent)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("line", [("today",), ("log", "wxm", "x"), ("init",)], ids=lambda line: line[0])
def test_a_folder_is_no_shop(flow: Callable[..., Any], tmp_path: Path, line: tuple[str, ...]) -> None:
    refused = flow(*line, "--db", str(tmp_path))
    assert refused.code == 78
    assert f"flow init --db {tmp_path / 'shop.db'}" in refused.err
