"""`check_plugin` is what a trade's author runs: it passes a good trade and lists everything wrong with another."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import pytest
from serviceflow.api import Row, T, Trade
from serviceflow.testing.plugin_check import check_plugin
from sqlmodel import Field


def test_a_good_trade_passes(petcare: Trade) -> None:
    check_plugin(petcare)


def test_the_studio_passes() -> None:
    from serviceflow_studio.plugin import trade

    check_plugin(trade)


def test_every_fault_is_listed(petcare: Trade) -> None:
    bad = replace(petcare, api="7", title=T("Pets", zh=""), commands="serviceflow_petcare.nothing:app")
    with pytest.raises(AssertionError) as failure:
        check_plugin(bad)
    lines = str(failure.value).splitlines()
    assert lines[:3] == [
        "petcare:",
        "  petcare: it was written for api 7; this program has 1",
        "  petcare: title has no text in zh",
    ]
    assert lines[3].startswith("  commands names serviceflow_petcare.nothing:app: No module named")


def test_a_table_without_its_migration_is_found(petcare: Trade) -> None:
    class Toy(Row, table=True):
        __tablename__: ClassVar[str] = "petcare_toy"
        id: int | None = Field(default=None, primary_key=True)

    try:
        with pytest.raises(AssertionError, match=r"tables and migrations differ: .*petcare_toy"):
            check_plugin(replace(petcare, tables=(*petcare.tables, Toy)))
    finally:
        Row.metadata.remove(Row.metadata.tables["petcare_toy"])
