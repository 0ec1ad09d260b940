"""`flow cal`: business days explained, months, and the official notice read before it is saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.store.tables import CalendarDay

Flow = Callable[..., Any]

NOTICE = """国务院办公厅关于2027年
部分节假日安排的通知
各省、自治区、直辖市人民政府：
一、元旦：1月1日（周五）放假1天。
二、春节：2月5日（农历除夕、周五）至11日（周四）放假调休，共7天。1月31日（周日）、2月14日（周日）上班。
三、清明节：4月5日（周一）放假1天。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。5月8日（周六）上班。
五、端午节：6月9日（周三）放假1天。
六、国庆节、中秋节：10月1日（周五）至7日（周四）放假调休，共7天。10月9日（周六）上班。
"""


@pytest.fixture
def notice(tmp_path: Path) -> Path:
    file = tmp_path / "notice.txt"
    file.write_text(NOTICE, encoding="utf-8")
    return file


def saved(shop: Shop) -> int:
    with shop.reading() as tx:
        return len(tx.all(CalendarDay))


def test_the_walk_is_explained_day_by_day(flow: Flow) -> None:
    said = flow("cal", "explain", "2026-02-13", "+3b", "--calendar", "cn-public")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[2].split() == ["2026-02-14", "周六", "是", "1", "调休上班:", "春节"]
    assert lines[-1].split() == ["2026-02-25", "周三", "是", "3", "周三"]
    assert said.lines[-1] == "2026-02-13 周五 → 2026-02-25 周三 (+3b cn-public)"
    found = flow("cal", "explain", "2026-02-13", "+3b", "--calendar", "cn-public", "--json").json
    assert found["result"] == "2026-02-25"
    assert len(found["days"]) == 13
    english = flow("cal", "explain", "2026-02-13", "+1b", "-c", "cn-public", language="en")
    assert "make-up workday: Spring Festival" in english.out


@pytest.mark.parametrize(
    ("words", "result"),
    [
        (["2026-02-24", "-1b", "-c", "cn-public"], "2026-02-14"),
        (["2026-02-13", "+3b", "-c", "cn-exchange"], "2026-02-26"),
        (["2026-02-13", "3个工作日"], "2026-02-18"),
        (["今天", "+0b"], "2026-11-25"),
    ],
    ids=["back", "exchange has no make-up days", "shop's own week", "none at all"],
)
def test_calendars_differ(flow: Flow, words: list[str], result: str) -> None:
    assert flow("cal", "explain", *words, "--json").json["result"] == result


@pytest.mark.parametrize(
    ("words", "code", "ref"),
    [
        (["explain", "2027-02-01", "+3b", "-c", "cn-public"], 78, "core.calendar.year"),
        (["explain", "2026-02-13", "+3"], 2, "core.cal-steps"),
        (["explain", "2026-02-13", "soon"], 2, "core.cal-steps"),
        (["explain", "2026-02-30", "+3b"], 2, "core.date"),
        (["explain", "2026-02-13", "+3b", "-c", "mars"], 2, "calendar"),
        (["explain", "2026-02-13"], 2, "missing"),
        (["show", "2026-13"], 2, "core.cal-month"),
        (["show", "soon"], 2, "core.cal-month"),
        (["show", "2028-05", "-c", "cn-public"], 78, "core.calendar.year"),
        (["import", "/no/such/file"], 2, "core.file"),
        (["import", "/etc"], 2, "core.file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_input_is_refused_with_a_way_out(flow: Flow, words: list[str], code: int, ref: str) -> None:
    said = flow("cal", *words)
    assert (said.code, said.out) == (code, "")
    assert f"[{ref}]" in said.lines[0]
    assert len(said.lines) == 2


def test_a_missing_year_names_the_remedy_and_the_remedy_works(flow: Flow, staffed: Shop, notice: Path) -> None:
    missing = flow("cal", "explain", "2027-02-04", "+1b", "-c", "cn-public")
    assert missing.code == 78
    assert "flow cal import" in missing.lines[1]
    shown = flow("cal", "import", str(notice))
    assert (shown.code, "[confirm]" in shown.err) == (2, True)  # nobody is there to say yes
    assert "春节  放假 2027-02-05 周五 … 2027-02-11 周四  上班 2027-01-31 周日、2027-02-14 周日" in shown.err
    assert saved(staffed) == 0
    done = flow("cal", "import", str(notice), "--yes")
    assert done.code == 0
    assert "flow undo" in done.err
    assert flow("cal", "explain", "2027-02-04", "+1b", "-c", "cn-public", "--json").json["result"] == "2027-02-12"
    again = flow("cal", "import", str(notice), "--yes")
    assert (again.code, "无需保存" in again.err) == (0, True)
    assert flow("undo", "--yes").code == 0
    assert saved(staffed) == 0
    assert flow("cal", "explain", "2027-02-04", "+1b", "-c", "cn-public").code == 78


def test_a_notice_saved_by_notepad_is_read(flow: Flow, staffed: Shop, tmp_path: Path) -> None:
    file = tmp_path / "notice-gbk.txt"
    file.write_bytes(NOTICE.encode("gb18030"))
    assert flow("cal", "import", str(file), "--yes", "--json").json["saved"] == saved(staffed) == 26


def test_a_notice_that_disagrees_with_itself_names_the_line(flow: Flow, staffed: Shop, tmp_path: Path) -> None:
    file = tmp_path / "wrong.txt"
    file.write_text(NOTICE.replace("4月5日（周一）", "4月5日（周二）"), encoding="utf-8")
    said = flow("cal", "import", str(file), "--yes")
    assert said.code == 2
    assert "第 6 行" in said.lines[0]
    assert saved(staffed) == 0


def test_a_month_on_one_screen(flow: Flow) -> None:
    said = flow("cal", "show", "2026-02", "-c", "cn-public")
    assert said.out.splitlines()[0] == "2026-02  cn-public  营业 16 天"
    assert "(16)" in said.out
    assert "02-14 周六 调休上班: 春节" in said.out
    assert len(flow("cal", "show", "--json").json["days"]) == 30  # November 2026
