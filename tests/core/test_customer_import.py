"""Importing customers: every planted file, on both databases; nothing twice, nothing half, everything taken back."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from serviceflow.app import Shop
from serviceflow.engine import customer_feed
from serviceflow.engine.customer_feed import Imported, import_customers
from serviceflow.engine.customers import add_customer, edit_customer
from serviceflow.engine.operations import redo, undo
from serviceflow.errors import BadInput, CannotWrite, Refused
from serviceflow.store.digests import digest
from serviceflow.store.tables import Change, Contact, Customer, CustomerDate, FindKey, Operation
from serviceflow.store.write import table_of, tables_here
from serviceflow.testing.fixtures import DATABASES
from serviceflow.texts import T

from tests.core.customer_files import FILES, MOBILE_1, MOBILE_2, Planted

OWN_BOOKS = {"operation", "operation_row"}
BY_NAME = pytest.mark.parametrize(
    ("database", "planted"),
    [
        pytest.param(kind, planted, id=f"{kind}-{planted.name}")
        for kind in DATABASES
        for planted in (FILES if kind == "sqlite" else FILES[::5])  # how a file is read, no database sees
    ],
    indirect=["database"],
)


@pytest.fixture
def industries() -> tuple[str, ...]:
    """Customers need no trade."""
    return ()


def rows_of(shop: Shop) -> str:
    with shop.reading() as tx:
        return digest(tx.connection, [t for t in tables_here(tx.connection) if t.name not in OWN_BOOKS])


def customers_of(shop: Shop) -> dict[str, set[str]]:
    """Return name → phones and e-mail addresses of all customers."""
    with shop.reading() as tx:
        points: dict[int, set[str]] = {}
        for point in tx.all(Contact):
            if point.kind in ("phone", "email"):
                points.setdefault(point.customer_id, set()).add(point.value)
        found = tx.all(Customer)
    assert len({c.name for c in found}) == len(found)
    return {c.name: points.get(c.id or 0, set()) for c in found}


def written(path: Path, *rows: str) -> Path:
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


# -- planted files -----------------------------------------------------------------------------------------------


@BY_NAME
def test_good_rows_are_kept_and_bad_ones_say_why(shop: Shop, tmp_path: Path, planted: Planted) -> None:
    path = tmp_path / planted.name
    planted.write(path)
    done = import_customers(shop, path)
    assert customers_of(shop) == planted.customers
    assert done.new == len(planted.customers)
    assert done.refused == len(planted.faults)
    assert done.operation is not None
    if not planted.faults:
        assert done.errors is None
        assert list(tmp_path.glob("*.errors*")) == []
        return
    assert done.errors == tmp_path / (planted.name + ".errors.csv")
    with done.errors.open(encoding="utf-8-sig", newline="") as file:
        refused = {int(row[0]): row[1] for row in list(csv.reader(file))[1:]}
    assert refused.keys() == planted.faults.keys()
    for line, (column, word) in planted.faults.items():
        assert word in refused[line]
        assert refused[line].startswith(f"{column}: " if column else "")
    assert {reason.line for reason in done.reasons} == planted.faults.keys()


@BY_NAME
def test_a_dry_run_says_the_same_and_changes_nothing(shop: Shop, tmp_path: Path, planted: Planted) -> None:
    path = tmp_path / planted.name
    planted.write(path)
    before = rows_of(shop)
    rehearsed = import_customers(shop, path, dry_run=True)
    assert rows_of(shop) == before
    assert list(tmp_path.glob("*.errors*")) == []
    assert rehearsed.operation is None
    done = import_customers(shop, path)
    assert counts(rehearsed) == counts(done)
    assert rehearsed.reasons == done.reasons


def counts(done: Imported) -> tuple[int, ...]:
    return done.read, done.new, done.completed, done.known, done.repeated, done.refused


@BY_NAME
def test_undo_and_redo_give_the_rows_before_and_after(shop: Shop, tmp_path: Path, planted: Planted) -> None:
    path = tmp_path / planted.name
    planted.write(path)
    before = rows_of(shop)
    done = import_customers(shop, path)
    after = rows_of(shop)
    assert after != before
    undo(shop, done.operation)
    assert rows_of(shop) == before
    redo(shop)
    assert rows_of(shop) == after


@BY_NAME
def test_the_same_file_twice_adds_nothing(shop: Shop, tmp_path: Path, planted: Planted) -> None:
    path = tmp_path / planted.name
    planted.write(path)
    import_customers(shop, path)
    before = rows_of(shop)
    again = import_customers(shop, path)
    assert rows_of(shop) == before
    assert (again.new, again.completed, again.operation) == (0, 0, None)
    assert again.known == len(planted.customers)


@pytest.mark.parametrize("planted", [p for p in FILES if p.mend], ids=lambda planted: planted.name)
def test_the_mended_error_file_imports_clean(shop: Shop, tmp_path: Path, planted: Planted) -> None:
    path = tmp_path / planted.name
    planted.write(path)
    first = import_customers(shop, path)
    assert first.errors is not None
    content = first.errors.read_text(encoding="utf-8-sig")
    for wrong, right in planted.mend.items():
        content = content.replace(wrong, right)
    first.errors.write_text(content, encoding="utf-8-sig")
    second = import_customers(shop, first.errors)
    assert second.refused == 0
    assert customers_of(shop) == planted.customers | planted.mended


# -- who is known ------------------------------------------------------------------------------------------------


def add(shop: Shop, name: str, *phones: str, **more: str) -> int:
    with shop.write("customer add") as tx:
        customer = add_customer(tx, name=name, phones=phones, **more)  # type: ignore[arg-type]
    assert customer.id is not None
    return customer.id


@pytest.mark.parametrize(
    "typed", ["138 0000 0001", "138-0000-0001", "１３８０００００００１", "+86 13800000001",
              "0086 138 0000 0001", "13800000001转8", "'13800000001"])  # fmt: skip
def test_a_customer_is_known_by_phone_however_it_is_written(shop: Shop, tmp_path: Path, typed: str) -> None:
    key = add(shop, "王小明", "13800000001")
    done = import_customers(shop, written(tmp_path / "c.csv", "姓名,手机,邮箱,生日,来源,标签,婚期",
                                          f"王小明,{typed},ming@qq.com,1990-05-01,抖音,VIP,2027-01-02"))  # fmt: skip
    assert (done.new, done.completed) == (0, 1)
    with shop.reading() as tx:
        customer = tx.need(Customer, key)
        assert (str(customer.birthday), customer.source, customer.tags) == ("1990-05-01", "抖音", ["VIP"])
        assert [str(day.day) for day in tx.all(CustomerDate)] == ["2027-01-02"]
        assert "mingqqcom" in {row.key for row in tx.all(FindKey)}
    assert customers_of(shop) == {"王小明": {MOBILE_1, "ming@qq.com"}}


def test_what_is_known_is_never_overwritten(shop: Shop, tmp_path: Path) -> None:
    key = add(shop, "王小明", "13800000001", source="转介绍", note="怕热")
    import_customers(shop, written(tmp_path / "c.csv", "姓名,手机,来源,备注", "王太太,13800000001,抖音,喜欢外景"))
    with shop.reading() as tx:
        customer = tx.need(Customer, key)
    assert (customer.name, customer.source) == ("王小明", "转介绍")
    assert customer.note == "怕热 / 喜欢外景 / 又名 王太太"


def test_completing_is_taken_back_with_the_import(shop: Shop, tmp_path: Path) -> None:
    add(shop, "王小明", "13800000001")
    before = rows_of(shop)
    path = written(tmp_path / "c.csv", "姓名,手机,邮箱,备注", "王小明,13800000001,ming@qq.com,好", "李丽,13800000002,,")
    done = import_customers(shop, path)
    assert (done.new, done.completed) == (1, 1)
    after = rows_of(shop)
    undo(shop, done.operation)
    assert rows_of(shop) == before
    redo(shop)
    assert rows_of(shop) == after


def test_rows_of_one_person_become_one_customer(shop: Shop, tmp_path: Path) -> None:
    done = import_customers(shop, written(
        tmp_path / "c.csv", "姓名,手机,邮箱,生日", "王小明,13800000001,,", "王小明,,ming@qq.com,",
        "王小明,13800000001,ming@qq.com,1990-05-01"))  # fmt: skip
    assert (done.new, done.repeated, done.refused) == (2, 0, 1)
    assert "2" in str(done.reasons[0].why)
    assert "3" in str(done.reasons[0].why)
    done = import_customers(shop, written(
        tmp_path / "d.csv", "姓名,手机,邮箱,生日", "李丽,13800000002,,", "李丽,138 0000 0002,lili@qq.com,",
        "小李,,LILI@qq.com,1991-06-01"))  # fmt: skip
    assert (done.new, done.repeated) == (1, 2)
    with shop.reading() as tx:
        lili = tx.one(Customer, table_of(Customer).c.name == "李丽")
        assert lili is not None
        assert (str(lili.birthday), lili.note) == ("1991-06-01", "又名 小李")
        points = tx.all(Contact, table_of(Contact).c.customer_id == lili.id)
    assert {point.value for point in points} == {MOBILE_2, "lili@qq.com"}


def test_a_row_that_two_customers_claim_is_refused_with_both_names(shop: Shop, tmp_path: Path) -> None:
    add(shop, "王小明", "13800000001")
    add(shop, "李丽", "13800000002")
    done = import_customers(shop, written(tmp_path / "c.csv", "姓名,手机", "谁,13800000001/13800000002",
                                          "谁,13800000001/13800000002"))  # fmt: skip
    assert (done.new, done.refused, done.repeated) == (0, 2, 0)
    assert {reason.line for reason in done.reasons} == {2, 3}
    assert "王小明" in str(done.reasons[0].why)
    assert "李丽" in str(done.reasons[0].why)


@pytest.mark.parametrize("number", ["8888 6666", "95588"])
def test_a_shared_number_makes_nobody_known(shop: Shop, tmp_path: Path, number: str) -> None:
    add(shop, "王小明", number)
    path = written(tmp_path / "c.csv", "姓名,电话", f"李丽,{number}", f"赵敏,{number}")
    assert import_customers(shop, path).new == 2
    assert import_customers(shop, path).known == 2


def test_a_merged_customer_is_known_as_the_one_that_stayed(shop: Shop, tmp_path: Path) -> None:
    from serviceflow.engine.merges import merge

    gone, kept = add(shop, "王小明", "13800000001"), add(shop, "王明", "13800000002")
    merge(shop, gone, kept)
    done = import_customers(shop, written(tmp_path / "c.csv", "姓名,手机", "王小明,13800000001"))
    assert (done.new, done.known + done.completed) == (0, 1)


# -- taking back -------------------------------------------------------------------------------------------------


def test_an_import_that_was_worked_with_is_not_taken_back(shop: Shop, tmp_path: Path) -> None:
    done = import_customers(shop, written(tmp_path / "c.csv", "姓名,手机", "王小明,13800000001", "李丽,13800000002"))
    with shop.write("customer edit") as tx:
        lili = tx.one(Customer, table_of(Customer).c.name == "李丽")
        assert lili is not None
        edit_customer(tx, lili, note="来过")
        tx.summary = T("seen", zh="来过")
    edited = tx.operation
    before = rows_of(shop)
    with pytest.raises(Refused, match="seen") as refused:
        undo(shop, done.operation)
    assert f"flow undo {edited}" in str(refused.value.way_out)
    assert rows_of(shop) == before
    undo(shop, edited)
    undo(shop, done.operation)
    assert customers_of(shop) == {}


def test_many_blocks_are_stored_taken_back_and_put_back(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from serviceflow.engine import batches

    monkeypatch.setattr(customer_feed, "CHUNK", 70)
    monkeypatch.setattr(batches, "BLOCK", 30)
    rows = [f"客户{n},139{n:08},{'' if n % 3 else f'c{n}@qq.com'},2027-01-{1 + n % 28:02}" for n in range(250)]
    before = rows_of(shop)
    done = import_customers(shop, written(tmp_path / "c.csv", "姓名,手机,邮箱,婚期", *rows))
    assert done.new == 250
    after = rows_of(shop)
    undo(shop, done.operation)
    assert rows_of(shop) == before
    redo(shop)
    assert rows_of(shop) == after
    undo(shop, done.operation)
    assert rows_of(shop) == before


def test_after_an_import_customers_are_entered_as_before(shop: Shop, tmp_path: Path) -> None:
    import_customers(shop, written(tmp_path / "c.csv", "姓名,手机", "王小明,13800000001", "李丽,13800000002"))
    ids = {add(shop, "赵敏", "13800000003"), add(shop, "孙悟空", "13800000004")}
    with shop.reading() as tx:
        assert len({c.id for c in tx.all(Customer)} | ids) == 4


def test_the_journal_holds_one_row_for_any_number_of_customers(shop: Shop, tmp_path: Path) -> None:
    rows = [f"客户{n},139{n:08}" for n in range(300)]
    done = import_customers(shop, written(tmp_path / "c.csv", "姓名,手机", *rows))
    with shop.reading() as tx:
        rows_written = tx.all(Change, table_of(Change).c.operation_id == done.operation)
        operation = tx.need(Operation, done.operation)
    assert len(rows_written) == 1
    assert "300" in operation.summary_zh


# -- columns -----------------------------------------------------------------------------------------------------


def test_columns_can_be_named(shop: Shop, tmp_path: Path) -> None:
    path = written(tmp_path / "c.csv", "甲,乙,丙,备注", "王小明,13800000001,ming@qq.com,不要")
    with pytest.raises(BadInput, match="甲"):
        import_customers(shop, path)
    done = import_customers(shop, path, columns={"甲": "姓名", "B": "phone", "3": "email", "备注": "-"})
    assert [str(meant) for _, meant in done.columns.lines()] == ["name", "phone", "e-mail", "not used"]
    assert customers_of(shop) == {"王小明": {MOBILE_1, "ming@qq.com"}}


@pytest.mark.parametrize(
    ("override", "nearest"),
    [({"手机": "fone"}, "phone"), ({"手机": "xyzxyz"}, "name"), ({"传真": "phone"}, "姓名")],
    ids=["a field misspelt", "no such field", "no such column"],
)
def test_a_wrong_column_is_refused_with_what_there_is(
    shop: Shop, tmp_path: Path, override: dict[str, str], nearest: str
) -> None:
    with pytest.raises(BadInput) as refused:
        import_customers(shop, written(tmp_path / "c.csv", "姓名,手机", "王小明,13800000001"), columns=override)
    assert nearest in str(refused.value.way_out)
    assert customers_of(shop) == {}


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.csv", b"", "empty"),
        ("blank.csv", b"\r\n\r\n", "empty"),
        ("neither.csv", b"\xe5\xa7\x93,\xff\xff\x00\n", "GB18030"),
        ("picture.csv", bytes(range(256)), "GB18030"),
        ("quote.csv", '姓名,手机\n"王小明,13800000001\n'.encode() + "李丽,13800000002\n".encode() * 9000, "quotation"),
        ("broken.xlsx", b"PK\x03\x04 no workbook", "workbook"),
        ("text.xlsx", "姓名,手机\n".encode(), "workbook"),
        ("no_heading.csv", "王小明,13800000001\n".encode(), "name"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_sentence(
    shop: Shop, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    before = rows_of(shop)
    with pytest.raises(BadInput, match=says):
        import_customers(shop, path)
    assert rows_of(shop) == before
    assert list(tmp_path.glob("*.errors*")) == []


def test_a_file_that_is_not_there(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no file"):
        import_customers(shop, tmp_path / "nowhere.csv")


# -- hostile input -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "stored"),
    [
        ("\x1b[31m王\x1b[0m", "王"),
        ("[red]王[/red]", "[red]王[/red]"),
        ("王\u202e明小", "王明小"),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("'=1+1", "=1+1"),
        ("王'); DROP TABLE customer; --", "王'); DROP TABLE customer; --"),
        ("%_\\", "%_\\"),
        ("NULL王", "NULL王"),
        ("\\.", "\\."),
    ],
)
def test_a_hostile_name_is_only_text(shop: Shop, tmp_path: Path, cell: str, stored: str) -> None:
    path = tmp_path / "c.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["姓名", "手机", "备注"], [cell, "13800000001", cell]])
    import_customers(shop, path)
    assert customers_of(shop) == {stored: {MOBILE_1}}
    import_customers(shop, path)
    assert customers_of(shop) == {stored: {MOBILE_1}}


def test_a_name_of_10_kb_is_a_fault_of_its_row(shop: Shop, tmp_path: Path) -> None:
    path = written(tmp_path / "c.csv", "姓名,手机", f"{'王' * 10_240},13800000001", "李丽,13800000002")
    done = import_customers(shop, path)
    assert (done.new, done.refused) == (1, 1)
    assert len(str(done.reasons[0].why)) < 120


def test_bad_rows_need_a_place_beside_the_input(shop: Shop, tmp_path: Path) -> None:
    path = written(tmp_path / "c.csv", "姓名,手机", "王小明,12", "李丽,13800000002")
    (tmp_path / "c.csv.errors.csv").mkdir()
    done = import_customers(shop, path, dry_run=True)
    assert done.refused == 1
    assert import_customers(shop, path).errors == tmp_path / "c.csv.errors-2.csv"


def test_without_such_a_place_nothing_is_imported(shop: Shop, tmp_path: Path) -> None:
    longest = tmp_path / ("c" * 245 + ".csv")  # no file system takes its name with ".errors.csv" behind it
    path = written(longest, "姓名,手机", "王小明,12", "李丽,13800000002")
    before = rows_of(shop)
    with pytest.raises(CannotWrite, match="refused rows"):
        import_customers(shop, path)
    assert rows_of(shop) == before


# -- interruption ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", ["read", "store"])
def test_ctrl_c_leaves_nothing_half_done(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    monkeypatch.setattr(customer_feed, "CHUNK", 50)
    rows = [f"客户{n},139{n:08}" for n in range(200)]
    path = written(tmp_path / "c.csv", "姓名,手机", "坏,12", *rows)

    def interrupted(now: str, done: int) -> None:
        if now == phase and done > 100:
            raise KeyboardInterrupt

    before = rows_of(shop)
    with pytest.raises(KeyboardInterrupt):
        import_customers(shop, path, progress=interrupted)
    assert rows_of(shop) == before
    assert list(tmp_path.glob("*.errors*")) == []
    assert import_customers(shop, path).new == 200


# -- the books ---------------------------------------------------------------------------------------------------


def test_the_books_are_sound_with_imports_undone_redone_and_worked_with(shop: Shop, tmp_path: Path) -> None:
    from serviceflow.store.audit import verify

    def faults() -> list[str]:
        with shop.engine.connect() as connection:
            return [str(fault) for fault in verify(connection).faults]

    path = written(tmp_path / "c.csv", "姓名,手机,婚期", "王小明,13800000001,2027-01-02", "李丽,13800000002,")
    done = import_customers(shop, path)
    assert faults() == []
    undo(shop, done.operation)
    redo(shop)
    assert faults() == []
    with shop.write("customer edit") as tx:
        lili = tx.one(Customer, table_of(Customer).c.name == "李丽")
        assert lili is not None
        edit_customer(tx, lili, name="李莉")
    assert faults() == []
    with shop.engine.begin() as connection:
        connection.execute(table_of(Customer).insert().values(
            id=99, rv=1, kind="person", name="假", source="", tags=[], note="", do_not_contact=False,
            created_at=shop.clock.now()))  # fmt: skip
    assert len(faults()) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("rows", "closed"),
    [
        pytest.param('甲,13800000001\n"乙,13800000002\n', False, id="opened in the last row"),
        pytest.param('甲,13800000001\n"乙,13800000002', False, id="in a last row without a line end"),
        pytest.param('"甲,13800000001\n乙,13800000002\n', False, id="opened earlier: the rest is swallowed"),
        pytest.param('"甲\n甲",13800000001\n', True, id="a line end inside a quotation"),
        pytest.param('19" 屏,13800000001\n', True, id="a mark in the middle of a cell"),
        pytest.param('"甲, ""大""",13800000001', True, id="doubled marks and commas"),
    ],
)
def test_a_quotation_that_is_never_closed_swallows_nobody(shop: Shop, tmp_path: Path, rows: str, closed: bool) -> None:
    path = tmp_path / "people.csv"
    path.write_text(f"姓名,电话\n{rows}", encoding="utf-8")
    if closed:
        assert import_customers(shop, path).new == 1
        return
    with pytest.raises(BadInput) as refused:
        import_customers(shop, path)
    assert "引号没有成对" in refused.value.sentence.to("zh")
    assert customers_of(shop) == {}
