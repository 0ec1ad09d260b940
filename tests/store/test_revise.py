"""The next revision of a plugin's tables is drafted so that it also runs where there are rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serviceflow.errors import BadInput
from serviceflow.store.columns import json_field, money
from serviceflow.store.engine import open_engine
from serviceflow.store.migrate import CORE, MigrationFailed, Owner, differences, upgrade
from serviceflow.store.place import Place
from serviceflow.store.revise import revise
from serviceflow.store.tables import Row
from serviceflow.testing.conformance_upgrade import fill
from sqlalchemy import Engine, text
from sqlmodel import Field


def bed(**columns: Any) -> None:
    """Declare the table, in place of what it was."""
    if "spa_bed" in Row.metadata.tables:
        Row.metadata.remove(Row.metadata.tables["spa_bed"])
    kinds = {name: kind for name, (kind, _) in columns.items()}
    body = {
        "__tablename__": "spa_bed", "__annotations__": {"id": int, **kinds}, "id": Field(primary_key=True),
        "__module__": __name__, **{name: default for name, (_, default) in columns.items()},
    }  # fmt: skip
    type(Row)("Bed", (Row,), body, table=True)


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    """A plugin whose table is released in its first version."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    found = Owner("spa", folder, frozenset({"spa_bed"}))
    bed()
    revise(found, "first")
    yield found
    Row.metadata.remove(Row.metadata.tables["spa_bed"])


@pytest.fixture
def engine(empty_place: Place, owner: Owner) -> Iterator[Engine]:
    """A database at the first version, with a row in the table."""
    made = open_engine(empty_place)
    upgrade(made, empty_place, [CORE])
    upgrade(made, empty_place, [owner])
    assert fill(made, owner.tables) == []
    yield made
    made.dispose()


def test_new_columns_get_the_value_of_their_default(owner: Owner, engine: Engine, empty_place: Place) -> None:
    bed(
        name=(str, "it's: 1"), wide=(bool, True), price=(int, money(default=5)), tags=(list[str], json_field(list)),
        note=(str | None, None),
    )  # fmt: skip
    revise(owner, "more")
    upgrade(engine, empty_place, [CORE, owner])
    with engine.connect() as connection:
        assert differences(connection, owner) == []
        [row] = connection.execute(text("SELECT name, wide, price, tags, note FROM spa_bed"))
    assert tuple(row) == ("it's: 1", True, 5, "[]", None)


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_column_without_a_value_for_rows_that_are_there_is_refused(owner: Owner, database: str) -> None:
    bed(name=(str, Field()))
    with pytest.raises(BadInput) as refusal:
        revise(owner, "more")
    assert refusal.value.sentence.both() == {
        "en": "spa_bed.name is new and may not be empty: rows that are there have no value for it.",
        "zh": "spa_bed.name 是新增的必填列, 已有的行没有值。",
    }
    assert [file.name for file in owner.folder.glob("*.py")] == ["0001_first.py"]


FAULTY = """
from alembic import op
import sqlalchemy as sa
revision, down_revision = "0002", "0001"

def upgrade():
    {body}
"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            "op.add_column('spa_bed', sa.Column('x', sa.String(), nullable=False))", id="rows without a value"
        ),
        pytest.param("op.drop_table('spa_bde')", id="no such table"),
        pytest.param("1 / 0", id="raises"),
    ],
)
def test_a_revision_that_fails_changes_nothing(owner: Owner, engine: Engine, empty_place: Place, body: str) -> None:
    (owner.folder / "0002_x.py").write_text(FAULTY.format(body=body), encoding="utf-8")
    with pytest.raises(MigrationFailed) as failure:
        upgrade(engine, empty_place, [CORE, owner])
    assert failure.value.sentence.to("en").startswith("The tables of spa cannot be upgraded (")
    assert failure.value.sentence.to("zh").startswith("spa 的数据表无法升级(")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version_spa")).scalar() == "0001"
        assert connection.execute(text("SELECT count(*) FROM v_order")).scalar() == 0
