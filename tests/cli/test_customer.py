"""``flow customer`` as it is typed: what is said, what is stored, the exit code."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from python_calamine import load_workbook
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.store.place import Place
from serviceflow.store.tables import Contact, Customer, Operation
from serviceflow.texts import speak


@dataclass(frozen=True, slots=True)
class Answer:
    """What a line gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Flow = Callable[..., Answer]


@pytest.fixture
def industries() -> tuple[str, ...]:
    """Customers need no trade."""
    return ()


@pytest.fixture
def flow(place: Place, clock: SetClock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Flow:
    """Type a line, nobody at the terminal."""
    from serviceflow_cli.main import run

    for name in ("FLOW_LANG", "FLOW_DB", "FLOW_STAFF", "FLOW_DEBUG", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "stdin", None)

    def line(*words: object, language: str = "zh") -> Answer:
        capsys.readouterr()
        where = str(place.path or place.url)
        code = run(["--db", where, "--as", "xiaomei", "--lang", language, *map(str, words)], clock=clock)
        said = capsys.readouterr()
        speak("en")
        return Answer(code, said.out, said.err)

    return line


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    path = tmp_path / "客户.csv"
    path.write_text("客户姓名,手机\n王小明,138 0000-0001\n李丽,1.38E+10\n赵敏,13800000003\n", encoding="gbk")
    return path


def names(shop: Shop) -> set[str]:
    with shop.reading() as tx:
        return {c.name for c in tx.all(Customer) if c.merged_into is None}


@pytest.mark.parametrize(
    ("language", "says"),
    [("zh", ["√ 已登记 王小明", "flow show c1", "撤销: flow undo 2"]),
     ("en", ["√ 王小明 is entered", "next: flow show c1", "undo: flow undo 2"])],
)  # fmt: skip
def test_add_says_what_next_and_how_to_undo(flow: Flow, language: str, says: list[str]) -> None:
    done = flow("customer", "add", "王小明", "-p", "138 0000-0001", "--day", "wedding=2027-01-02", "--consent",
                "marketing=yes", language=language)  # fmt: skip
    assert done.code == 0
    assert done.out == ""
    for words in says:
        assert words in done.err
    assert "王小明" in flow("find", "0001").out


def test_the_same_phone_is_refused_with_the_way_to_the_customer(flow: Flow) -> None:
    flow("customer", "add", "王小明", "-p", "13800000001")
    again = flow("customer", "add", "王明", "-p", "+86 138 0000 0001")
    assert again.code == 3
    assert "[customer.same]" in again.err
    assert flow("show", "+8613800000001").code == 0
    assert flow("customer", "add", "王太太", "-p", "13800000001", "--new").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("add", ""),
        ("add", "王", "-p", "12"),
        ("add", "王", "-p", "1.38E+10"),
        ("add", "王", "--email", "x"),
        ("add", "王", "--birthday", "gestern"),
        ("add", "王", "--birthday", "2090-01-01"),
        ("add", "王", "--day", "wedding"),
        ("add", "王", "--day", "wedding=morgen"),
        ("add", "王", "--consent", "marketing=maybe"),
        ("add", "王", "--consent", "parties=yes"),
        ("add", "王", "--kind", "dog"),
        ("add", "王" * 10_240),
        ("edit", "nobody", "--note", "x"),
        ("merge", "nobody", "no-one"),
        ("unmerge", "nobody"),
        ("import", "nowhere.csv"),
        ("export", "customers.pdf"),
        ("export", "/nowhere/customers.csv"),
    ],
    ids=lambda words: " ".join(words)[:40],
)
def test_what_cannot_be_done_is_said_in_two_lines_and_changes_nothing(
    flow: Flow, shop: Shop, words: tuple[str, ...]
) -> None:
    done = flow("customer", *words)
    assert done.code in (2, 3, 73)
    lines = [line for line in done.err.splitlines() if line.strip()]
    assert lines[0].startswith("× ")
    assert len(lines) == 2
    assert all(len(line) < 200 for line in lines)
    assert names(shop) == set()
    with shop.reading() as tx:
        assert len(tx.all(Operation)) == 1


@pytest.mark.parametrize("name", ["\x1b[31m王小明\x1b[0m", "王\n小明", "王\u202e小明", "[red]王小明[/red]", "=1+1"])
def test_a_hostile_name_steers_nothing(flow: Flow, name: str, tmp_path: Path) -> None:
    done = flow("customer", "add", name, "-p", "13800000001")
    found = flow("find", "0001")
    assert done.code == 0
    for said in (done.err, found.out):
        assert not set(said) & set("\x1b\x9b\u202e")
    flow("customer", "export", tmp_path / "c.csv")
    assert '"=' not in (tmp_path / "c.csv").read_text(encoding="utf-8-sig")
    assert "\n=" not in (tmp_path / "c.csv").read_text(encoding="utf-8-sig")


def test_edit_changes_clears_and_says_when_nothing_changed(flow: Flow, shop: Shop) -> None:
    flow("customer", "add", "王小明", "-p", "13800000001", "--note", "怕热", "--tag", "VIP")
    done = flow("customer", "edit", "王小明", "--name", "王明", "--note", "", "-p", "13900000002", "--drop",
                "phone=138 0000 0001", "--untag", "VIP", "--do-not-contact", "--birthday", "1990-05-01",
                "--language", "en")  # fmt: skip
    assert "已修改 王明" in done.err
    with shop.reading() as tx:
        customer = tx.all(Customer)[0]
        assert (customer.name, customer.note, customer.tags, customer.do_not_contact, customer.language) == (
            "王明", "", [], True, "en")  # fmt: skip
        assert [c.value for c in tx.all(Contact)] == ["+8613900000002"]
    same = flow("customer", "edit", "王明", "--name", "王明")
    assert same.code == 0
    assert "没有变化" in same.err
    assert "flow undo" not in same.err


def test_a_dry_run_of_add_and_edit_changes_nothing(flow: Flow, shop: Shop) -> None:
    assert flow("customer", "add", "王小明", "--dry-run").code == 0
    assert names(shop) == set()
    flow("customer", "add", "王小明")
    assert "flow undo" not in flow("customer", "edit", "王小明", "--name", "王明", "--dry-run").err
    assert names(shop) == {"王小明"}


def test_the_same_request_enters_one_customer(flow: Flow, shop: Shop) -> None:
    first = flow("customer", "add", "王小明", "--request-id", "r-1")
    again = flow("customer", "add", "王小明", "--request-id", "r-1")
    assert (first.code, again.code) == (0, 0)
    with shop.reading() as tx:
        assert len(tx.all(Customer)) == 1


def test_import_shows_columns_faults_and_the_way_on(flow: Flow, shop: Shop, contacts: Path) -> None:
    done = flow("customer", "import", contacts)
    assert done.code == 1
    assert done.out == ""
    assert "客户姓名 → 姓名 · 手机 → 电话" in done.err
    assert "第 3 行: 手机: “1.38E+10”" in done.err
    assert "新增 2 · 有误 1" in done.err
    assert str(contacts) + ".errors.csv" in done.err
    assert names(shop) == {"王小明", "赵敏"}
    assert flow("undo").code == 0
    assert names(shop) == set()


def test_the_error_file_is_mended_and_imported(flow: Flow, shop: Shop, contacts: Path) -> None:
    flow("customer", "import", contacts)
    errors = contacts.with_name(contacts.name + ".errors.csv")
    errors.write_text(errors.read_text(encoding="utf-8-sig").replace(",1.38E+10", ",13800000002"), encoding="utf-8-sig")
    done = flow("customer", "import", errors)
    assert done.code == 0
    assert names(shop) == {"王小明", "赵敏", "李丽"}
    again = flow("customer", "import", contacts, "--dry-run")
    assert "已有 2 · 有误 1" in again.err


def test_a_dry_run_of_an_import_changes_nothing_and_writes_no_file(flow: Flow, shop: Shop, contacts: Path) -> None:
    done = flow("customer", "import", contacts, "--dry-run")
    assert done.code == 1
    assert "试运行" in done.err
    assert names(shop) == set()
    assert [p.name for p in contacts.parent.glob("客户*")] == ["客户.csv"]


def test_import_for_scripts(flow: Flow, contacts: Path) -> None:
    done = flow("customer", "import", contacts, "--json", language="en")
    assert done.err == ""
    facts = done.json
    assert (facts["schema"], facts["rows"], facts["new"], facts["refused"]) == (1, 3, 2, 1)
    assert facts["columns"] == {"客户姓名": "name", "手机": "phone"}
    assert [(r["line"], r["column"]) for r in facts["reasons"]] == [(3, "手机")]
    assert facts["errors"].endswith(".errors.csv")


def test_columns_are_named_at_the_command_line(flow: Flow, shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("甲,乙\n王小明,13800000001\n", encoding="utf-8")
    refused = flow("customer", "import", path)
    assert refused.code == 2
    assert "--map" in refused.err
    assert flow("customer", "import", path, "--map", "甲=姓名", "-m", "乙=手机").code == 0
    assert names(shop) == {"王小明"}


def test_merge_and_unmerge(flow: Flow, shop: Shop) -> None:
    flow("customer", "add", "王小明", "-p", "13800000001")
    flow("customer", "add", "李丽", "-p", "13800000002")
    unasked = flow("customer", "merge", "王小明", "李丽")
    assert unasked.code == 2
    assert "--yes" in unasked.err
    assert flow("customer", "merge", "王小明", "李丽", "--yes").code == 0
    assert names(shop) == {"李丽"}
    assert "李丽" in flow("find", "wxm").out
    done = flow("customer", "unmerge", "王小明")
    assert done.code == 0
    assert "王小明 并入 李丽" in done.err
    assert names(shop) == {"王小明", "李丽"}
    assert flow("customer", "unmerge", "李丽").code == 3


# -- export ------------------------------------------------------------------------------------------------------


@pytest.fixture
def filled(flow: Flow) -> Flow:
    flow("customer", "add", "王小明", "-p", "13800000001", "-p", "021-58881234转8", "--email", "ming@qq.com",
         "--wechat", "Ming_88", "--address", "南京路 1 号", "--birthday", "1990-05-01", "--day", "wedding=2027-01-02",
         "--tag", "VIP", "--note", "=1+1")  # fmt: skip
    flow("customer", "add", "＝cmd", "-p", "+1 650 253 0000")
    return flow


def cells(path: Path) -> list[list[str]]:
    if path.suffix == ".xlsx":
        book = load_workbook(str(path))
        return [[str(cell) for cell in row] for row in book.get_sheet_by_name(book.sheet_names[0]).iter_rows()]
    import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_an_export_is_masked_and_nothing_in_it_is_computed(filled: Flow, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"c.{ending}"
    done = filled("customer", "export", path)
    assert done.code == 0
    assert "2 位客户" in done.err
    header, first, second = cells(path)
    assert header[:3] == ["姓名", "电话", "邮箱"]
    text = " ".join(first + second)
    assert "138****0001" in text
    for secret in ("13800000001", "58881234", "ming@qq.com", "6502530000", "南京路 1 号"):
        assert secret not in text
    if ending == "csv":
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        assert "'=1+1" in first
        assert second[0] == "'＝cmd"
    else:
        assert "=1+1" in first


def test_a_workbook_holds_text_and_wide_columns(filled: Flow, tmp_path: Path) -> None:
    import re
    import zipfile

    path = tmp_path / "c.xlsx"
    filled("customer", "export", path, "--reveal", "清明寄卡片")
    assert "13800000001" in cells(path)[1][1]
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert 't="s"' in sheet
    assert "<pane " in sheet
    assert "<autoFilter " in sheet
    widths = [float(w) for w in re.findall(r'<col [^>]*width="([\d.]+)"', sheet)]
    assert widths[0] >= len("王小明") * 2


@pytest.mark.parametrize("ending", ["csv", "xlsx", "vcf"])
def test_an_unmasked_export_is_recorded_and_comes_back_unchanged(
    filled: Flow, shop: Shop, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"c.{ending}"
    done = filled("customer", "export", path, "--reveal", "清明寄卡片")
    assert done.code == 0
    with shop.reading() as tx:
        last = tx.all(Operation)[-1]
        before = len(tx.all(Contact)), {c.name: (c.note, c.birthday) for c in tx.all(Customer)}
    assert "清明寄卡片" in last.summary_zh
    assert last.staff_id == shop.staff_id
    again = filled("customer", "import", path)
    assert again.code == 0
    assert "已有 2" in again.err
    with shop.reading() as tx:
        assert (len(tx.all(Contact)), {c.name: (c.note, c.birthday) for c in tx.all(Customer)}) == before
    refused = filled("undo", str(last.id))
    assert refused.code == 3


def test_an_export_needs_a_reason_to_unmask_and_leave_to_overwrite(filled: Flow, shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    with shop.reading() as tx:
        before = len(tx.all(Operation))
    assert filled("customer", "export", path, "--reveal", "  ").code == 2
    assert not path.exists()
    assert filled("customer", "export", path).code == 0
    assert filled("customer", "export", path).code == 2
    assert filled("customer", "export", path, "--replace").code == 0
    assert sorted(p.name for p in tmp_path.iterdir() if "export" in p.name) == []
    with shop.reading() as tx:
        assert len(tx.all(Operation)) == before


def test_a_merged_customer_is_not_exported(filled: Flow, tmp_path: Path) -> None:
    filled("customer", "merge", "王小明", "＝cmd", "--yes")
    filled("customer", "export", tmp_path / "c.csv")
    assert len(cells(tmp_path / "c.csv")) == 2


# -- a process of its own ----------------------------------------------------------------------------------------


@pytest.fixture
def command(place: Place) -> list[str]:
    where = str(place.path or place.url)
    return [str(Path(sys.executable).with_name("flow")), "--db", where, "--as", "xiaomei", "--lang", "en"]


def test_ctrl_c_in_a_long_import_ends_with_130_and_nothing_stored(
    command: list[str], shop: Shop, tmp_path: Path
) -> None:
    path = tmp_path / "c.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("name,phone\nbad,12\n")
        file.writelines(f"客户{n},139{n:08}\n" for n in range(60_000))
    process = subprocess.Popen([*command, "customer", "import", str(path)], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert "headings in line 1" in process.stderr.readline()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    said = process.stderr.read()
    assert process.wait(timeout=120) == 130
    assert "Traceback" not in said
    assert names(shop) == set()
    assert list(tmp_path.glob("*.errors*")) == []
    with shop.reading() as tx:
        assert len(tx.all(Operation)) == 1


def test_a_full_disk_is_said_in_two_lines(command: list[str], shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("name,phone\n" + "".join(f"客户{n},139{n:08}\n" for n in range(12_000)), encoding="utf-8")

    def small_files() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    done = subprocess.run(
        [*command, "customer", "import", str(path)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        preexec_fn=small_files,
        check=False,
    )
    assert done.returncode == 74
    assert "Traceback" not in done.stderr
    assert "TMPDIR" in done.stderr
    assert names(shop) == set()


def test_progress_is_for_terminals_only(command: list[str], tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("name,phone\n" + "".join(f"n{n},139{n:08}\n" for n in range(6_000)), encoding="utf-8")
    words = [*command, "customer", "import", str(path), "--dry-run"]
    piped = subprocess.run(words, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    assert "\r" not in piped.stderr
    seen, hidden = os.openpty()
    shown = subprocess.Popen(words, stderr=hidden, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    os.close(hidden)
    said = b""
    while True:
        try:
            block = os.read(seen, 4096)
        except OSError:
            break
        if not block:
            break
        said += block
    os.close(seen)
    assert shown.wait(timeout=120) == 0
    assert b"5000 rows read" in said
