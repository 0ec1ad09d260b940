"""Files of the back office: scenario S2 of brokerage.md section 10, and each reason a row is refused for."""

from __future__ import annotations

from pathlib import Path

import pytest
from serviceflow.api import BadInput, table_of
from serviceflow_brokerage.feed.batches import undo_import
from serviceflow_brokerage.feed.load import Loaded, load_file
from serviceflow_brokerage.feed.rows import Accounts, Clients
from serviceflow_brokerage.feed.snapshots import Snapshots
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.tables.clients import (
    BrokerAccount,
    BrokerBatch,
    BrokerBatchReject,
    BrokerClient,
    BrokerProfileChange,
    BrokerSnapshot,
)

HEADER = "account_no,as_of,total_assets,trades\n"


@pytest.fixture
def accounts(branch: Branch) -> list[int]:
    branch.at("2026-04-01 09:00")
    client = branch.client("周全", "80000001", opened="2020-01-01")
    return [branch.account(client, f"1000{n:04}", "2020-01-01") for n in range(1, 21)]


def rows(*changed: str, count: int = 20) -> str:
    lines = [f"1000{n:04},2026-03-31,{n}000.50,{n}\n" for n in range(1, count + 1)]
    for line in changed:
        number, _, text = line.partition(":")
        lines[int(number)] = text + "\n"
    return HEADER + "".join(lines)


def load(branch: Branch, folder: Path, text: str, name: str = "m3.csv", **more: bool) -> Loaded:
    file = folder / name
    file.write_bytes(text.encode("utf-8-sig"))
    return load_file(branch.shop, "snapshots", Snapshots(), file, **more)


def told(found: Loaded) -> tuple[int, int, int, int, int, int]:
    c = found.counts
    return found.rows, c.inserted, c.replaced, c.unchanged, c.duplicate, found.rejected


def assets(branch: Branch, account: int) -> int | None:
    with branch.shop.reading() as tx:
        row = tx.one(BrokerSnapshot, table_of(BrokerSnapshot).c.account_id == account)
    return row.total_assets if row is not None else None


def test_s2_import(branch: Branch, accounts: list[int], tmp_path: Path) -> None:
    unknown = rows("19:99990000,2026-03-31,1,1")
    first = load(branch, tmp_path, unknown)
    assert told(first) == (20, 19, 0, 0, 0, 1)
    assert first.rejects is not None
    assert "[row-unknown-account]" in first.rejects.read_text("utf-8-sig")
    corrected = load(branch, tmp_path, rows(), "m3b.csv")
    assert told(corrected) == (20, 1, 0, 19, 0, 0)
    again = load(branch, tmp_path, unknown)
    assert (again.already, again.batch) == (first.batch, first.batch)
    with branch.shop.reading() as tx:
        assert [(r.line, r.reason) for r in tx.all(BrokerBatchReject)] == [(21, "row-unknown-account")]


def test_s2_a_file_with_two_bad_rows_of_twenty_is_refused_whole(
    branch: Branch, accounts: list[int], tmp_path: Path
) -> None:
    text = rows("0:10000001,2026-03-31,-5,1", "1:10000002,31.3.2026,5,1")
    with pytest.raises(BadInput) as refused:
        load(branch, tmp_path, text)
    assert (refused.value.ref, refused.value.exit_code) == ("import-too-many-bad", 2)
    assert assets(branch, accounts[5]) is None
    with branch.shop.reading() as tx:
        assert [(b.state, b.rows, b.rejected) for b in tx.all(BrokerBatch)] == [("refused", 20, 2)]


def test_s2_a_stored_row_is_replaced_only_when_told_so_and_restored_by_undo(
    branch: Branch, accounts: list[int], tmp_path: Path
) -> None:
    load(branch, tmp_path, rows())
    other = rows("3:10000004,2026-03-31,9.99,4")
    assert told(load(branch, tmp_path, other, "b.csv")) == (20, 0, 0, 19, 0, 1)
    replaced = load(branch, tmp_path, other, "b.csv", replace=True)
    assert told(replaced) == (20, 0, 1, 19, 0, 0)
    assert assets(branch, accounts[3]) == 999
    assert replaced.batch is not None
    undo_import(branch.shop, replaced.batch)
    assert assets(branch, accounts[3]) == 400_050
    undo_import(branch.shop, 1)
    assert assets(branch, accounts[3]) is None


def test_a_batch_that_a_later_one_has_changed_is_not_taken_back(
    branch: Branch, accounts: list[int], tmp_path: Path
) -> None:
    first = load(branch, tmp_path, rows())
    later = load(branch, tmp_path, rows("3:10000004,2026-03-31,9.99,4"), "b.csv", replace=True)
    assert first.batch is not None
    with pytest.raises(BadInput) as refused:
        undo_import(branch.shop, first.batch)
    assert refused.value.ref == "undo-not-latest"
    assert str(later.batch) in refused.value.sentence.to("en")


def test_a_dry_run_counts_and_keeps_nothing(branch: Branch, accounts: list[int], tmp_path: Path) -> None:
    assert told(load(branch, tmp_path, rows("19:x,2026-03-31,1,1"), dry_run=True)) == (20, 19, 0, 0, 0, 1)
    assert assets(branch, accounts[0]) is None
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".csv"] == ["m3.csv"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param("10000001,2026-02-30,1,1,,", "row-bad-date", id="no such day"),
        pytest.param("10000001,2026-04-02,1,1,,", "row-future-date", id="tomorrow"),
        pytest.param("10000001,2016-04-02,1,1,,", "row-too-old", id="too old"),
        pytest.param("10000001,2026-03-31,-0.01,1,,", "row-negative", id="negative"),
        pytest.param("10000001,2026-03-31,1.005,1,,", "row-decimals", id="three decimals"),
        pytest.param("10000001,2026-03-31,abc,1,,", "row-bad-value", id="no amount"),
        pytest.param("10000001,2026-03-31,,1,,", "row-missing", id="empty amount"),
        pytest.param("10000001,2026-03-31,1,1,2,", "row-onsite-gt-trades", id="more on site than all"),
        pytest.param("10000001,2026-03-30,1,1,1,2026-03-31", "row-last-trade-after", id="traded after the data"),
        pytest.param("10000001,2019-12-31,1,1,,", "row-outside-account", id="before the account opened"),
        pytest.param("99990000,2026-03-31,1,1,,", "row-unknown-account", id="unknown account"),
    ],
)
def test_a_bad_row_is_refused_with_its_reason(
    branch: Branch, accounts: list[int], tmp_path: Path, line: str, reason: str
) -> None:
    branch.shop.set_setting("broker.import_max_bad_bp", "10000")
    header = "资金账号,数据日期,总资产,成交笔数,现场笔数,最后交易日\n"
    found = load(branch, tmp_path, f'{header}{line}\n10000002,20260331,"1,234.5",1,,2026/3/31\n')
    assert told(found) == (2, 1, 0, 0, 0, 1)
    with branch.shop.reading() as tx:
        assert [r.reason for r in tx.all(BrokerBatchReject)] == [reason]
    assert assets(branch, accounts[1]) == 123_450


def test_the_same_key_twice_in_a_file(branch: Branch, accounts: list[int], tmp_path: Path) -> None:
    branch.shop.set_setting("broker.import_max_bad_bp", "10000")
    same = "10000001,2026-03-31,5,1\n" * 3
    other = "10000002,2026-03-31,5,1\n10000002,2026-03-31,6,1\n"
    assert told(load(branch, tmp_path, HEADER + same + other)) == (5, 1, 0, 0, 2, 2)
    assert (assets(branch, accounts[0]), assets(branch, accounts[1])) == (500, None)


def test_a_file_without_a_needed_column_is_refused(branch: Branch, accounts: list[int], tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        load(branch, tmp_path, "资金账号,数据日期\n10000001,2026-03-31\n")
    assert refused.value.ref == "import-header"
    assert "total_assets" in str(refused.value.sentence)


def test_clients_and_accounts_of_the_back_office(branch: Branch, tmp_path: Path) -> None:
    branch.at("2026-04-01 09:00")
    branch.client("王芳", phone="13800138000")
    clients = tmp_path / "clients.csv"
    clients.write_text(
        "客户号,姓名,开户日期,手机,职业,学历\n90000001,王芳,2024-01-02,13800138000,教师,college\n"
        "90000002,李强,2024-01-03,13900139000,,\n90000003,赵六,2030-01-01,,,\n",
        "utf-8",
    )
    branch.shop.set_setting("broker.import_max_bad_bp", "5000")
    found = load_file(branch.shop, "clients", Clients(), clients)
    assert told(found) == (3, 2, 0, 0, 0, 1)
    with branch.shop.reading() as tx:
        known = {c.client_no: c for c in tx.all(BrokerClient)}
    assert set(known) == {"90000001", "90000002"}
    assert (known["90000001"].status, known["90000001"].client_seq, known["90000001"].education) == (
        "active",
        1,
        "college",
    )
    clients.write_text(
        "客户号,姓名,开户日期,职业,学历\n90000001,王芳,2024-01-02,律师,-\n90000002,李强,2024-01-03,,\n", "utf-8"
    )
    assert told(load_file(branch.shop, "clients", Clients(), clients)) == (2, 0, 1, 1, 0, 0)
    accounts = tmp_path / "accounts.csv"
    accounts.write_text(
        "account_no,client_no,kind,opened_on,closed_on,rate_ppm\n1,90000001,cash,2024-01-02,,300\n"
        "2,90000002,cash,2024-01-03,2026-03-01,300\n3,99999999,cash,2024-01-03,,\n",
        "utf-8",
    )
    loaded = load_file(branch.shop, "accounts", Accounts(), accounts)
    assert told(loaded) == (3, 2, 0, 0, 0, 1)
    with branch.shop.reading() as tx:
        changes = [(c.field, c.old, c.new) for c in tx.all(BrokerProfileChange)]
        states = {c.client_no: (c.status, c.education) for c in tx.all(BrokerClient)}
    assert changes == [("occupation", "*教师", "*律师")]
    assert states == {"90000001": ("active", None), "90000002": ("closed", None)}
    assert loaded.batch is not None
    undo_import(branch.shop, loaded.batch)
    with branch.shop.reading() as tx:
        assert tx.all(BrokerAccount) == []
        assert {c.status for c in tx.all(BrokerClient)} == {"active"}
