"""flow undo, redo, history, audit, db and doctor as they are typed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.doctor import has_wal_reset_bug
from serviceflow.errors import CannotWrite
from serviceflow.store.filesystem import filesystem_of, refuse_network_file
from serviceflow.store.place import Place
from serviceflow.store.tables import Customer, Message
from serviceflow.texts import T, speak
from sqlalchemy import text

NOW = datetime(2026, 11, 25, 2, 20, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str


Flow = Callable[..., Answer]


@pytest.fixture
def flow(
    shop: Shop, place: Place, clock: SetClock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Flow:
    from serviceflow_cli.main import run

    for name in ("FLOW_LANG", "FLOW_DB", "FLOW_STAFF", "FLOW_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "stdin", None)

    def line(*words: str, language: str = "en") -> Answer:
        capsys.readouterr()
        code = run(["--db", str(place.path or place.url), "--as", "xiaomei", "--lang", language, *words], clock=clock)
        said = capsys.readouterr()
        speak("en")
        return Answer(code, said.out, said.err)

    return line


def enter(shop: Shop, name: str) -> None:
    with shop.write("customer add") as tx:
        tx.customer_id = tx.add(Customer(name=name, created_at=NOW)).id
        tx.summary = T("{name} entered", zh="录入{name}").of(name=name)


def test_a_mistake_is_found_in_history_taken_back_and_done_again(shop: Shop, flow: Flow) -> None:
    enter(shop, "王小明")
    enter(shop, "李丽")
    undone = flow("undo", "2", language="zh")
    assert (undone.code, undone.err.splitlines()[0]) == (0, "√ 已撤销: #2 录入王小明 · 1 行")
    assert "flow undo 4" in undone.err
    listed = json.loads(flow("history", "--json").out)["operations"]
    assert [(row["operation"], row["undone"], row["undoes"]) for row in listed] == [
        (4, False, 2),
        (3, False, None),
        (2, True, None),
        (1, False, None),
    ]
    assert flow("redo").err.startswith("√ done again")
    assert [row["undone"] for row in json.loads(flow("history", "--json").out)["operations"]] == [
        False,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("undo", "99"), 2, "There is no operation 99."),
        (("undo", "abc"), 2, "An operation is a number, not abc."),
        (("undo", "1"), 3, "The opening of the shop cannot be undone."),
        (("redo",), 3, "There is no undo of yours to take back."),
        (("audit", "verify", "--head", "/nowhere/head"), 2, "cannot be read"),
        (("db", "restore", "/nowhere/kept.db", "--yes"), 2, "There is no file"),
        (("db", "copy", "/nowhere/shop.db", "/nowhere/two.db"), 78, "There is no shop"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(flow: Flow, words: tuple[str, ...], code: int, said: str) -> None:
    answer = flow(*words)
    assert (answer.code, said in answer.err, answer.out) == (code, True, "")


def test_what_stays_is_said_before_what_was_undone(shop: Shop, flow: Flow) -> None:
    with shop.write("plan") as tx:
        tx.add(
            Message(
                rule="x:y",
                template="thanks",
                purpose="service",
                due_at=NOW,
                occurrence="k",
                made_at=NOW,
                recipient_name="王小明",
            )
        )
        tx.add(Customer(name="王小明", created_at=NOW))
    with shop.engine.begin() as connection:
        connection.execute(text("UPDATE message SET state = 'sent', attempts = 1"))
    said = flow("undo").err.splitlines()
    assert said[0] == "! stays as it is: message 1 (thanks) to 王小明: sent"
    assert said[1].startswith("√ undone: #2")


def test_the_books_are_checked_against_a_saved_head(shop: Shop, flow: Flow, tmp_path: Path) -> None:
    enter(shop, "王小明")
    saved = tmp_path / "head"
    saved.write_text(flow("audit", "head").out, encoding="utf-8")
    enter(shop, "李丽")
    found = flow("audit", "verify", "--head", str(saved), "--json")
    assert (found.code, json.loads(found.out)["anchored"], json.loads(found.out)["operations"]) == (0, 2, 3)
    with shop.engine.begin() as connection:
        connection.execute(text("UPDATE customer SET name = 'x' WHERE id = 1"))
        connection.execute(text("DELETE FROM operation_row WHERE operation_id >= 2"))
        connection.execute(text("DELETE FROM operation WHERE id >= 2"))
    broken = flow("audit", "verify", "--head", str(saved))
    assert broken.code == 10
    assert "× Operations 2 to 2 are missing: the end was cut off" in broken.out


def test_a_shop_is_backed_up_checked_and_copied(shop: Shop, flow: Flow, tmp_path: Path) -> None:
    enter(shop, "王小明")
    kept = tmp_path / "kept.db"
    assert flow("db", "backup", str(kept)).out.strip() == str(kept)
    assert flow("db", "check").out.startswith("√ file, 2 operations")
    assert flow("db", "upgrade").err.strip() == "Nothing to upgrade."
    copied = flow("db", "copy", str(kept), str(tmp_path / "two.db"), "--json")
    tables: dict[str, Any] = {row["table"]: row["rows"] for row in json.loads(copied.out)["tables"]}
    assert (copied.code, tables["customer"], tables["operation"]) == (0, 1, 2)
    with shop.engine.begin() as connection:
        connection.execute(text("UPDATE customer SET name = 'x'"))
    broken = flow("db", "check", "--json")
    assert (broken.code, json.loads(broken.out)["faults"]) == (10, ["customer 1 was changed by no operation (name)."])


def test_the_doctor_names_each_remedy(place: Place, flow: Flow) -> None:
    found = {row["key"]: row for row in json.loads(flow("doctor", "--json").out)["findings"]}
    assert found["schema"]["level"] == "good"
    assert found["timer"] == {
        "key": "timer",
        "level": "look",
        "sentence": "the timer has never run",
        "fix": "flow remind install",
    }
    assert found["calendar"]["fix"] == "When the notice is out: flow cal import NOTICE"
    if place.path is not None:
        assert found["rights"]["level"] == "good"
        place.path.chmod(0o644)
        ill = flow("doctor")
        assert ill.code == 10
        assert f"chmod 600 {place.path}" in ill.out


@pytest.mark.parametrize(
    ("version", "ill"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
        ((3, 6, 23), False),
    ],
)
def test_which_sqlite_has_the_wal_reset_bug(version: tuple[int, int, int], ill: bool) -> None:
    assert has_wal_reset_bug(version) is ill


MOUNTS = r"""22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 22 0:40 / /srv/team\040files rw - nfs4 server:/x rw
41 22 0:41 / /mnt/c rw - 9p drvfs rw
42 22 0:42 / /mnt/stick rw - fuseblk /dev/sdb1 rw
43 22 0:43 / /mnt/remote rw - fuse.sshfs me@x:/ rw
44 22 0:44 / /mnt/remote/local rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("path", "kind", "refused"),
    [
        ("/home/shop.db", "ext4", False),
        ("/srv/team files/a/shop.db", "nfs4", True),
        ("/mnt/c/shop.db", "9p", True),
        ("/mnt/stick/shop.db", "fuseblk", False),
        ("/mnt/remote/shop.db", "fuse.sshfs", True),
        ("/mnt/remote/local/shop.db", "tmpfs", False),
    ],
)
def test_a_file_on_a_network_is_refused(tmp_path: Path, path: str, kind: str, refused: bool) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS, encoding="utf-8")
    assert filesystem_of(Path(path), mounts) == kind
    if refused:
        with pytest.raises(CannotWrite, match="network file system"):
            refuse_network_file(Path(path), mounts)
    else:
        refuse_network_file(Path(path), mounts)
