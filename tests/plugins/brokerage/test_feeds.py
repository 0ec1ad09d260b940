"""Files about people outside, regions and the master data of clients. Source: brokerage.md sections 5.9, 5.13."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from serviceflow.api import BadInput, Contact, Customer, FlowError, TaskRow, table_of
from serviceflow_brokerage.campaign import life
from serviceflow_brokerage.feed.batches import batches, undo_import
from serviceflow_brokerage.feed.cells import CellFault, read_moment
from serviceflow_brokerage.feed.kinds import KINDS
from serviceflow_brokerage.feed.load import Loaded, load_file
from serviceflow_brokerage.feed.rows import Rows
from serviceflow_brokerage.regions import choose, entry_of, mix_of, suggest
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.tables.clients import BrokerAccount, BrokerClient, BrokerProfileChange, BrokerRegion
from serviceflow_brokerage.tables.contact import BrokerCampaign, BrokerCampaignEvent, BrokerCampaignMember
from serviceflow_brokerage.tables.partners import BrokerReferral

from .test_partners import agreed


def load(branch: Branch, folder: Path, kind: str, text: str, name: str = "", **more: Any) -> Loaded:
    file = folder / f"{name or kind}.csv"
    file.write_text(text, "utf-8")
    return load_file(branch.shop, kind, KINDS[kind](), file, **more)


def told(found: Loaded) -> tuple[int, ...]:
    c = found.counts
    return found.rows, c.inserted, c.replaced, c.unchanged, found.rejected


def test_a_loader_of_rows_must_say_how_a_row_is_stored() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Rows()  # type: ignore[abstract]


# -- referrals, events -------------------------------------------------------------------------------------------


def test_referrals_make_prospects_once(branch: Branch, tmp_path: Path) -> None:
    partner = agreed(branch, "B1")
    branch.at("2026-03-04 10:00")
    branch.shop.set_setting("broker.import_max_bad_bp", "10000")
    known = branch.client("李桂芳", phone="138 0000 0001")
    taken = branch.client("老客户", "80000009", opened="2020-01-01", phone="13800000009")
    branch.account(taken, "10000009", "2020-01-01")
    head = "渠道代码,姓名,手机,推荐日期\n"
    text = head + (
        "B1,李桂芳,13800000001,2026-03-04\nB1,赵新,13800000002,2026-03-04\nB9,钱新,13800000003,2026-03-04\n"
        "B1,孙新,13800000004,2026-03-05\nB1,老客户,13800000009,2026-03-04\nB1,周新,13800000005,2025-01-01\n"
    )
    found = load(branch, tmp_path, "referrals", text)
    assert told(found) == (6, 2, 0, 0, 4)
    assert told(load(branch, tmp_path, "referrals", text + "\n", "again")) == (6, 0, 0, 2, 4)
    with branch.shop.reading() as tx:
        referred = {r.customer_id for r in tx.all(BrokerReferral, table_of(BrokerReferral).c.partner_id == partner)}
        sources = {tx.need(Customer, c.customer_id).name: c.source_kind for c in tx.all(BrokerClient)}
    assert known in referred
    assert len(referred) == 2
    assert sources["赵新"] == "bank"
    assert "钱新" not in sources
    assert "周新" not in sources
    assert found.rejects is not None
    reasons = found.rejects.read_text("utf-8-sig")
    for word in ("row-bad-value", "row-future-date", "referral-existing-client", "no-contract"):
        assert f"[{word}]" in reasons


def test_events_of_campaigns_are_known_by_their_external_id(branch: Branch, tmp_path: Path) -> None:
    branch.at("2026-03-10 18:00")
    branch.shop.set_setting("broker.import_max_bad_bp", "10000")
    client = branch.client("和气", "80000001", opened="2020-01-01", owner="wanglei")
    with branch.shop.write("campaign") as tx:
        tx.add(BrokerCampaign(code="C1", campaign_seq=1, name="讲座", kind="education", goal="survey", state="running",
                              start=date(2026, 3, 1), end=date(2026, 3, 31), feedback=["reply"]))  # fmt: skip
        tx.add(BrokerCampaignMember(campaign="C1", customer_id=client, status="targeted"))
        assert life.campaign_of(tx, "C1").code == "C1"
    text = (
        "campaign_code,client_no,kind,at,content,external_id\nC1,80000001,reply,2026-03-10 10:42,请介绍,E1\n"
        "C1,80000001,reply,2026-03-10 10:42,请介绍,E1\nC1,80000001,click,2026/03/10 11:00:05,,E2\n"
        "C1,80000002,click,2026-03-10 11:00,,E3\nC9,80000001,click,2026-03-10 11:00,,E4\n"
        "C1,80000001,wave,2026-03-10 11:00,,E5\nC1,80000001,click,10.3.,,E6\nC1,80000001,click,2026-03-11 11:00,,E7\n"
    )
    assert told(load(branch, tmp_path, "events", text)) == (8, 2, 0, 1, 5)
    with branch.shop.reading() as tx:
        assert [(e.kind, e.external_id) for e in tx.all(BrokerCampaignEvent)] == [("reply", "E1"), ("click", "E2")]
    assert "campaign-reply" in branch.tasks(customer=client)


@pytest.mark.parametrize("typed", ["", "2026-03-10T10:42+08:00", "yesterday", "2026-13-01 10:00"])
def test_a_moment_that_cannot_be_read(typed: str) -> None:
    with pytest.raises(CellFault):
        read_moment(typed)


# -- clients, accounts -------------------------------------------------------------------------------------------


def test_a_new_phone_leaves_a_trace_and_an_identity_number_only_a_hash(branch: Branch, tmp_path: Path) -> None:
    branch.at("2026-04-01 09:00")
    branch.shop.set_setting("broker.id_hash_key", "secret")
    head = "client_no,name,opened_on,phone,id_type,id_no\n"
    load(branch, tmp_path, "clients", head + "C1,王芳,2024-01-02,13800138000,id_card,110101199003070011\n")
    second = load(
        branch, tmp_path, "clients",
        head + "C1,王芳,2024-01-02,13800138001,,\nC2,王方,2024-01-02,13800138000,id_card,110101199003070011\n", "b",
    )  # fmt: skip
    assert told(second) == (2, 1, 1, 0, 0)
    assert [n.to("en") for n in second.notes] == [
        "王方: the same identity document as client C1", "王方: the same phone as 王芳"
    ]  # fmt: skip
    with branch.shop.reading() as tx:
        clients = {c.client_no: c for c in tx.all(BrokerClient)}
        assert (clients["C1"].id_last4, clients["C2"].id_hash) == ("0011", None)
        assert [(c.field, c.old, c.new) for c in tx.all(BrokerProfileChange)] == [("phone", "*8000", "*8001")]
        assert len(tx.all(Contact)) == 3
        assert "110101199003070011" not in str([c.model_dump() for c in clients.values()])


def test_an_empty_cell_leaves_and_a_dash_clears(branch: Branch, tmp_path: Path) -> None:
    branch.at("2026-04-01 09:00")
    branch.shop.set_setting("broker.import_max_bad_bp", "10000")
    head = "client_no,name,opened_on,invest_history,branch,kind\n"
    load(branch, tmp_path, "clients", head + "C1,王芳,2024-01-02,equity;mixed,一部,person\n")
    assert told(load(branch, tmp_path, "clients", head + "C1,王芳,2024-01-02,,,\n", "b")) == (1, 0, 0, 1, 0)
    assert told(load(branch, tmp_path, "clients", head + "C1,王芳,2024-01-02,-,-,\n", "c")) == (1, 0, 1, 0, 0)
    assert told(load(branch, tmp_path, "clients", head + "C1,王芳,2024-01-02,,,-\n", "d")) == (1, 0, 0, 0, 1)
    with branch.shop.reading() as tx:
        (client,) = tx.all(BrokerClient)
    assert (client.invest_history, client.branch, client.kind) == ([], "", "person")


def test_accounts_close_open_again_and_stay_with_their_client(branch: Branch, tmp_path: Path) -> None:
    branch.at("2026-04-01 09:00")
    branch.shop.set_setting("broker.import_max_bad_bp", "10000")
    client = branch.client("周全", "C1", opened="2020-01-01")
    branch.client("别人", "C2", opened="2020-01-01")
    branch.account(client, "A1", "2020-01-01", custody_bank="工行")
    head = "account_no,client_no,kind,opened_on,closed_on,custody_bank\n"
    states = []
    for name, row in (
        ("a", "A1,C1,cash,2020-01-01,2026-03-31,\n"), ("b", "A1,C1,cash,2020-01-01,-,\n"),
        ("c", "A1,C2,cash,2020-01-01,,\n"), ("d", "A1,C1,cash,2020-01-01,,建行\n"),
    ):  # fmt: skip
        found = load(branch, tmp_path, "accounts", head + row, name)
        with branch.shop.reading() as tx:
            (account,) = tx.all(BrokerAccount)
            states.append((told(found)[2:], account.status, tx.need(BrokerClient, client).status))
    assert states == [
        ((1, 0, 0), "closed", "closed"), ((1, 0, 0), "open", "active"), ((0, 0, 1), "open", "active"),
        ((0, 0, 1), "open", "active"),
    ]  # fmt: skip
    load(branch, tmp_path, "accounts", head + "A1,C1,cash,2020-01-01,,建行\n", "e", replace=True)
    with branch.shop.reading() as tx:
        assert [c.field for c in tx.all(BrokerProfileChange)] == ["custody_bank"]


def test_a_batch_of_rows_taken_back_is_kept_as_undone(branch: Branch, tmp_path: Path) -> None:
    branch.at("2026-04-01 09:00")
    head = "client_no,name,opened_on,occupation\n"
    first = load(branch, tmp_path, "clients", head + "C1,王芳,2024-01-02,教师\n")
    second = load(branch, tmp_path, "clients", head + "C1,王芳,2024-01-02,律师\n", "b")
    with pytest.raises(BadInput) as refused:
        undo_import(branch.shop, first.batch or 0)
    assert refused.value.ref == "undo-not-latest"
    undo_import(branch.shop, second.batch or 0)
    assert [(b.id, b.state) for b in batches(branch.shop)] == [(second.batch, "undone"), (first.batch, "loaded")]
    with branch.shop.reading() as tx:
        assert [c.occupation for c in tx.all(BrokerClient)] == ["教师"]
    assert told(load(branch, tmp_path, "clients", head + "C1,王芳,2024-01-02,律师\n", "b")) == (1, 0, 1, 0, 0)


# -- regions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region_class", "quality", "bank", "entry"),
    [
        ("central", "low", True, "online"), ("remote", "high", True, "online"), ("remote", "mid", True, "bank_link"),
        ("small_city", "mid", False, "phone"),
    ],
)  # fmt: skip
def test_the_way_into_a_region_by_rule(region_class: str, quality: str, bank: bool, entry: str) -> None:
    assert entry_of(BrokerRegion(code="X", name="X", region_class=region_class, quality=quality), bank) == entry


@pytest.mark.parametrize(
    ("capacity", "competition", "branches", "mix"),
    [
        ("large", "low", ["X"], ["counter", "phone", "online", "research", "visits"]),
        ("medium", "high", [], ["phone", "online", "research", "visits"]),
        ("medium", "mid", ["Y"], ["phone", "online", "research"]),
    ],
)
def test_the_services_of_a_region_by_rule(capacity: str, competition: str, branches: list[str], mix: list[str]) -> None:
    region = BrokerRegion(code="X", name="X", region_class="remote", capacity=capacity, competition=competition)
    assert mix_of(region, branches) == mix


def test_a_choice_by_hand_is_kept_and_looked_at_again_when_figures_change(branch: Branch, tmp_path: Path) -> None:
    head = "code,name,region_class,capacity\n"
    branch.at("2026-03-06 10:00")
    load(branch, tmp_path, "regions", head + "XZ,徐州,remote,small\nSH,上海,central,large\n")
    agreed(branch, "B1", at="2026-03-06 10:00", regions="XZ")
    branch.at("2026-03-06 10:00")
    with branch.shop.write("suggest") as tx:
        assert {s.region.code: s.entry for s in suggest(branch.shop, tx, date(2026, 3, 6))} == {
            "SH": "online", "XZ": "bank_link"
        }  # fmt: skip
        with pytest.raises(FlowError):
            choose(branch.shop, tx, "XZ", "online", " ", date(2026, 3, 6))
        choose(branch.shop, tx, "XZ", "online", "本地团队", date(2026, 3, 6))
        suggest(branch.shop, tx, date(2026, 3, 6))
        assert tx.need(BrokerRegion, "XZ").entry == "online"
    load(branch, tmp_path, "regions", head + "XZ,徐州,remote,medium\nSH,上海,central,medium\n", "b", replace=True)
    with branch.shop.reading() as tx:
        tasks = tx.all(TaskRow, table_of(TaskRow).c.rule == "brokerage:region-review")
        region = tx.need(BrokerRegion, "XZ")
    assert [(t.subject, t.role) for t in tasks] == [("XZ", "partner-manager")]
    assert tasks[0].due_at.date() == date(2026, 3, 13)
    assert (region.entry, region.entry_origin, region.entry_reason) == ("online", "manual", "本地团队")
    with branch.shop.write("rule") as tx:
        assert choose(branch.shop, tx, "XZ", "rule", "", date(2026, 3, 6)).entry == "bank_link"
