"""Lines that fit: widths of columns by property, cleaning and cutting by table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from serviceflow.texts import T
from serviceflow_cli.cells import clean, fit, pad, wrap
from serviceflow_cli.out import MOST_LINES, Column, done, fitted, for_spreadsheet, masked_phone


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 5), st.booleans()), min_size=1, max_size=9),
    st.integers(40, 160),
)
def test_columns_fit_and_those_that_never_give_keep_their_width(drawn: list[tuple[int, int, bool]], room: int) -> None:
    natural = [width for width, _, _ in drawn]
    columns = [Column(str(n), T("x", zh="x"), give=give, whole=whole) for n, (_, give, whole) in enumerate(drawn)]
    widths = fitted(natural, columns, room)
    for width, full, column in zip(widths, natural, columns, strict=True):
        assert 0 <= width <= full
        if not column.give:
            assert width == full
        if column.whole:
            assert width in (0, full)
    shown = [width for width in widths if width]
    firm = [full for full, column in zip(natural, columns, strict=True) if not column.give and full]
    assert sum(shown) + 2 * max(len(shown) - 1, 0) <= max(room, sum(firm) + 2 * max(len(firm) - 1, 0))


@given(st.text(alphabet="a王 ，1é", max_size=60), st.integers(1, 40))
def test_what_is_cut_fits_and_what_is_padded_fills(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) <= width
    assert cell_len(pad(fit(text, width), width)) == width


@given(st.text(alphabet="ab王李 ", max_size=120), st.integers(10, 60))
def test_broken_lines_fit_and_lose_nothing_but_blanks(text: str, width: int) -> None:
    lines = wrap(text, width, "  ")
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("王小明", "王小明"),
        ("a\x1b[31mb", "a[31mb"),
        ("a\nb\tc", "a b c"),
        ("a\u202eb\u2066c", "abc"),
        ("a\x00b\x7f\x9bc", "abc"),
        ("\ud800x", "x"),
        ("x" * 5000, "x" * 2000),
        (3, "3"),
    ],
)
def test_what_is_printed_is_one_harmless_line(raw: object, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize(
    ("value", "masked"),
    [("+8613800000001", "138****0001"), ("+861088886666", "+86****6666"), ("95588", "****"), (None, ""), ("", "")],
)
def test_a_phone_is_masked_as_the_views_mask_it(value: str | None, masked: str) -> None:
    assert masked_phone(value) == masked


@pytest.mark.parametrize(
    ("value", "cell"),
    [("=1+1", "'=1+1"), ("+86", "'+86"), ("-x", "'-x"), ("@SUM", "'@SUM"), ("王", "王"), ("a=b", "a=b"), (None, "")],
)
def test_a_spreadsheet_gets_text_as_text(value: object, cell: str) -> None:
    assert for_spreadsheet(Column("x", T("x", zh="x")), value) == cell


def test_a_number_may_be_negative_in_a_spreadsheet() -> None:
    assert for_spreadsheet(Column("x", T("x", zh="x"), "money"), -50_000) == "-500.00"


@pytest.mark.parametrize("planned", [0, 1, 9])
@pytest.mark.parametrize("warnings", [0, 1, 3, 9])
@pytest.mark.parametrize("lines", [0, 1, 2, 9])
@pytest.mark.parametrize("undo", [None, 7])
def test_an_answer_has_at_most_six_lines_and_loses_no_warning(
    planned: int, warnings: int, lines: int, undo: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    done(
        T("moved", zh="已推进"),
        planned=[f"p{n}" for n in range(planned)],
        cancelled=[f"c{n}" for n in range(planned)],
        warnings=[f"w{n}" for n in range(warnings)],
        lines=[f"l{n}" for n in range(lines)],
        next_="flow today",
        undo=undo,
    )
    said = capsys.readouterr().err
    assert said.count("\n") <= MOST_LINES
    assert all(f"w{n}" in said for n in range(warnings))
    assert ("l0" in said, "p0" in said, "flow today" in said) == (lines > 0, planned > 0, True)
    assert lines < 9 or " more" in said
