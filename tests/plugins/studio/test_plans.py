"""An action's work does not grow with the shop: no statement of it walks a table that grows (design section 5)."""

from __future__ import annotations

from typing import Any

import pytest
from serviceflow_studio.rehearsal import Rehearsal
from sqlalchemy import event

SMALL = {"setting", "staff", "staff_role", "absence", "calendar_day", "studio_package", "shop_meta"}
"""Tables that a shop fills once."""
READ_FROM_THE_END = {"operation"}
FAMILY = {"up", "under"}


@pytest.fixture
def database() -> str:
    """Only SQLite says how it would run a statement without having gathered statistics."""
    return "sqlite"


def test_no_statement_of_an_action_walks_a_growing_table(studio: Rehearsal) -> None:
    order = studio.at_payment()
    raw = studio.shop.engine.raw_connection()
    said: list[str] = []
    with studio.shop.write("probe") as tx:
        driver = tx.bare.connection.driver_connection
        assert driver is not None
        driver.set_trace_callback(said.append)
    studio.do(order, "take-deposit", amount="800", method="cash", invoice_no="D1")
    driver.set_trace_callback(None)
    walks = set()
    for sql in said:
        if sql.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            for row in raw.cursor().execute(f"EXPLAIN QUERY PLAN {sql}"):
                words = row[3].split()
                if words[0] == "SCAN" and "USING" not in words and words[1] not in SMALL | READ_FROM_THE_END | FAMILY:
                    walks.add((words[1], sql[:200]))
    raw.close()
    assert len(said) > 30
    assert walks == set()


def test_an_action_runs_its_statements_prepared(studio: Rehearsal) -> None:
    order = studio.at_payment()
    built: list[str] = []

    def note(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        built.append(sql)

    event.listen(studio.shop.engine, "before_cursor_execute", note)
    studio.do(order, "take-deposit", amount="800", method="cash", invoice_no="D1")
    assert [sql for sql in built if "operation" not in sql] == []
