"""Schema upgrades: one history per owner, all or nothing, a checked backup first."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from serviceflow import __version__
from serviceflow.errors import SchemaMismatch
from serviceflow.store.engine import open_engine
from serviceflow.store.migrate import CORE, Owner, differences, pending, revision_of, upgrade
from serviceflow.store.place import Place
from serviceflow.store.stamp import SCHEMA, check_stamp
from serviceflow.store.tables import Meta
from serviceflow.store.write import table_of
from sqlalchemy import inspect, select


def test_the_core_has_one_newest_revision_and_the_stamp_names_it() -> None:
    assert CORE.head() == SCHEMA


def test_a_migrated_database_is_what_the_models_say(empty_place: Place) -> None:
    engine = open_engine(empty_place)
    upgrade(engine, empty_place, [CORE])
    with engine.connect() as connection:
        assert differences(connection, CORE) == []
    engine.dispose()


def test_a_second_upgrade_has_nothing_to_do(empty_place: Place) -> None:
    engine = open_engine(empty_place)
    assert [(owner.key, before, now) for owner, before, now in upgrade(engine, empty_place, [CORE])] == [
        ("core", None, SCHEMA)
    ]
    assert upgrade(engine, empty_place, [CORE]) == []
    engine.dispose()


NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {down!r}


def upgrade() -> None:
    {body}
"""


@pytest.fixture
def salon(tmp_path: Path) -> Owner:
    """A plugin's history of one revision."""
    folder = tmp_path / "salon"
    folder.mkdir()
    write(
        folder,
        "0001",
        None,
        'op.create_table("salon_room", sa.Column("id", sa.Integer, primary_key=True),'
        ' sa.Column("staff_id", sa.Integer, sa.ForeignKey("staff.id")))',
    )
    return Owner("salon", folder, frozenset({"salon_room"}))


def write(folder: Path, revision: str, down: str | None, body: str) -> None:
    (folder / f"{revision}_it.py").write_text(NEXT.format(revision=revision, down=down, body=body), encoding="utf-8")


def test_each_owner_has_its_own_history_and_a_plugin_that_is_gone_stands_in_nobodys_way(
    empty_place: Place, salon: Owner
) -> None:
    engine = open_engine(empty_place)
    upgrade(engine, empty_place, [CORE, salon])
    assert upgrade(engine, empty_place, [CORE]) == []
    with engine.connect() as connection:
        assert {"alembic_version_core", "alembic_version_salon", "salon_room"} <= set(
            inspect(connection).get_table_names()
        )
        assert (revision_of(connection, CORE), revision_of(connection, salon)) == (SCHEMA, "0001")
    engine.dispose()


def test_a_table_others_refer_to_can_be_rebuilt(empty_place: Place, salon: Owner) -> None:
    engine = open_engine(empty_place)
    upgrade(engine, empty_place, [CORE, salon])
    write(
        salon.folder,
        "0002",
        "0001",
        'with op.batch_alter_table("salon_room", recreate="always") as table:\n'
        '        table.add_column(sa.Column("name", sa.String))',
    )
    upgrade(engine, empty_place, [CORE, salon])
    with engine.connect() as connection:
        assert {c["name"] for c in inspect(connection).get_columns("salon_room")} == {"id", "staff_id", "name"}
        if empty_place.is_sqlite:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()


def test_a_database_with_a_revision_nobody_here_knows_is_refused(empty_place: Place, salon: Owner) -> None:
    engine = open_engine(empty_place)
    write(salon.folder, "0002", "0001", 'op.add_column("salon_room", sa.Column("name", sa.String))')
    upgrade(engine, empty_place, [CORE, salon])
    (salon.folder / "0002_it.py").unlink()
    with pytest.raises(SchemaMismatch, match="0002"), engine.connect() as connection:
        pending(connection, [salon])
    engine.dispose()


def test_an_upgrade_of_a_shop_with_data_leaves_a_private_backup_beside_it(tmp_path: Path, salon: Owner) -> None:
    place = Place(path=tmp_path / "shop.db")
    engine = open_engine(place)
    upgrade(engine, place, [CORE, salon])
    assert list(tmp_path.glob("shop*before-upgrade*")) == []
    write(salon.folder, "0002", "0001", 'op.add_column("salon_room", sa.Column("name", sa.String))')
    upgrade(engine, place, [CORE, salon])
    engine.dispose()
    (kept,) = tmp_path.glob("shop*before-upgrade*")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    with open_engine(Place(path=kept)).connect() as connection:
        assert revision_of(connection, salon) == "0001"


UPGRADE = """
import sys
from serviceflow.store.migrate import CORE, upgrade
from serviceflow.store.place import place_of
from serviceflow.store.engine import open_engine
place = place_of(sys.argv[1])
upgrade(open_engine(place), place, [CORE])
"""


@pytest.mark.parametrize("point", ["upgrade.core", "upgrade.before_commit"])
def test_a_killed_upgrade_leaves_nothing(empty_place: Place, point: str) -> None:
    address = str(empty_place.path or empty_place.url)
    died = subprocess.run([sys.executable, "-c", UPGRADE, address], env={**os.environ, "FLOW_FAULT": f"{point}:kill"})
    assert died.returncode == -signal.SIGKILL
    engine = open_engine(empty_place)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    upgrade(engine, empty_place, [CORE])
    with engine.connect() as connection:
        meta = table_of(Meta).c
        stamped = connection.execute(select(meta.value).where(meta.key == "schema")).scalar()
    assert stamped == f"{SCHEMA} {__version__}"
    engine.dispose()


@pytest.mark.parametrize(
    ("value", "ref", "words"),
    [
        pytest.param("9999 7.5", "schema.newer", "7.5", id="newer names the version needed"),
        pytest.param("0000 0.0.1", "schema.older", "0.0.1", id="older names the upgrade"),
    ],
)
def test_a_database_of_another_version_is_refused_in_one_sentence(value: str, ref: str, words: str) -> None:
    check_stamp(f"{SCHEMA} whatever")
    with pytest.raises(SchemaMismatch, match=words) as caught:
        check_stamp(value)
    assert (caught.value.ref, caught.value.exit_code) == (ref, 70)
