"""Rows of named cells, decimals and lists of texts in one typed word each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from serviceflow.errors import BadInput
from serviceflow.flow.forms import Form, choice, day, decimal, items, number, rows, text
from serviceflow.money import format_scaled
from serviceflow.texts import T

W = T("x", zh="x")


class Context:
    now = datetime(2026, 1, 1)  # noqa: DTZ001  never compared here

    def parse_day(self, typed: str) -> date:
        return date.fromisoformat(typed)

    def parse_instant(self, typed: str) -> datetime:
        return datetime.fromisoformat(typed)


class Sheet(Form):
    lines: list[dict[str, Any]] = rows(
        W,
        {
            "product": text(W, longest=20),
            "qty": number(W, least=1),
            "price": decimal(W, required=False),
            "kind": choice(W, {"a": T("A", zh="甲"), "b": T("B", zh="乙")}, default="a"),
            "on": day(W, required=False),
        },
    )


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        pytest.param(
            "product=JK qty=2 price=1.65", [{"product": "JK", "qty": 2, "price": 16_500, "kind": "a", "on": None}],
            id="a row",
        ),
        pytest.param(
            'product="two words; one" qty=1；product=B qty=3 kind=乙 on=2026-02-01',
            [
                {"product": "two words; one", "qty": 1, "price": None, "kind": "a", "on": None},
                {"product": "B", "qty": 3, "price": None, "kind": "b", "on": "2026-02-01"},
            ],
            id="quotes hold blanks and semicolons",
        ),
    ],
)  # fmt: skip
def test_rows(typed: str, found: list[dict[str, Any]]) -> None:
    assert Sheet.fill({"lines": typed}, Context()).lines == found  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("JK 2", "row 1: “JK 2” is not NAME=VALUE"),
        ("product=JK", "row 1: qty is needed"),
        ("product=JK qty=1; product=B qty=0", "row 2, qty: must be between 1 and"),
        ("product=JK qty=1 colour=red", "row 1: no cell colour; there are: product, qty, price, kind, on"),
    ],
)
def test_rows_that_cannot_be_read(typed: str, said: str) -> None:
    with pytest.raises(BadInput) as wrong:
        Sheet.fill({"lines": typed}, Context())
    assert said in wrong.value.sentence.to("en")


@pytest.mark.parametrize(
    ("typed", "digits", "found"), [("1.65", 4, 16_500), ("7.18", 6, 7_180_000), ("1,299.5", 2, 129_950), ("3", 2, 300)]
)
def test_decimals_are_whole_numbers_of_their_smallest_part(typed: str, digits: int, found: int) -> None:
    field = decimal(W, digits=digits)
    assert field.read(typed, Context()) == found


@pytest.mark.parametrize("typed", ["1.23456", "-1", "abc", "2"])
def test_decimals_out_of_range_or_shape(typed: str) -> None:
    with pytest.raises(BadInput):
        decimal(W, most=10_000).read(typed, Context())


def test_items_keep_their_blanks() -> None:
    assert items(W).read("size chart, 图纸；color card", Context()) == ["size chart", "图纸", "color card"]


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [(1_359_600, 4, "135.96"), (16_501, 4, "1.6501"), (7_180_000, 6, "7.18"), (-5, 2, "-0.05")],
)
def test_scaled_numbers_as_people_read_them(value: int, digits: int, shown: str) -> None:
    assert format_scaled(value, digits) == shown


def test_a_form_has_the_fields_of_all_its_bases() -> None:
    class One(Form):
        first: str = text(W)

    class Two(Form):
        second: str = text(W, default="2")

    class Both(One, Two):
        first: str = text(W, default="1")

    assert set(Both.fields) == {"first", "second"}
    filled = Both.fill({"second": "b"}, Context())
    assert (filled.first, filled.second) == ("1", "b")
