"""What runs, pins, partners, statements and closings say no with. Source: brokerage.md section 11."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from serviceflow.api import Exit, FlowError
from serviceflow.errors import ChangedMeanwhile
from serviceflow_brokerage.partners import refer
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.segment import pins, rulesets
from serviceflow_brokerage.segment.rulefile import shipped
from serviceflow_brokerage.segment.run import segment_run
from serviceflow_brokerage.service import service_run
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.watch import watch_run

from .test_partners import CHECKED, TERMS, agreed, partner

Does = Callable[[Branch], object]


def runs(day: str) -> tuple[Does, ...]:
    on = date.fromisoformat(day)
    return tuple(
        lambda b, run=run: run(b.shop, on)
        for run in (segment_run, watch_run, service_run)  # type: ignore[misc]
    )


def ran(branch: Branch) -> None:
    branch.at("2026-03-31 20:00")
    for run in (segment_run, watch_run, service_run):
        run(branch.shop)


def pinned(to: str, until: str) -> Does:
    return lambda b: pins.pin(b.shop, "80000001", to, date.fromisoformat(until), "重点")


def proposed(branch: Branch) -> int:
    branch.at("2026-03-31 20:00")
    return branch.open("partner-agreement", partner(branch, "B1"), "qudao", idea="合作")


def terms(**changed: str) -> Does:
    return lambda b: b.do(proposed(b), "submit", "qudao", **{**TERMS, **changed})


def overlapping(branch: Branch) -> None:
    made = agreed(branch, "B1")
    order = branch.open("partner-agreement", made, "qudao", idea="再合作")
    branch.do(order, "submit", "qudao", **{**TERMS, "start": "2026-12-31", "end_on": "2027-12-31"})


def unchecked(branch: Branch) -> None:
    order = proposed(branch)
    branch.do(order, "submit", "qudao", **TERMS)
    branch.do(order, "complete", "qudao", **{**CHECKED, "licence_ok": "no"})


def referred(day: str, *, client: bool = False) -> Does:
    def work(branch: Branch) -> None:
        made = agreed(branch, "B1")
        branch.at("2026-03-31 20:00")
        person = branch.client("钱新", "80000002" if client else None, opened="2020-01-01" if client else None)
        if client:
            branch.account(person, "10000002", "2020-01-01")
        with branch.shop.write("refer") as tx:
            refer(tx, made, person, date.fromisoformat(day))

    return work


def suspended(branch: Branch) -> None:
    branch.at("2025-11-03 10:00")
    order = branch.open("partner-agreement", partner(branch, "B1"), "qudao", idea="合作")
    branch.do(order, "submit", "qudao", **TERMS)
    branch.do(order, "complete", "qudao", **CHECKED)
    branch.sign(order, "hegui")
    branch.sign(order, "fuze")
    branch.do(order, "suspend", "qudao", reason="审计")
    person, made = branch.client("钱新"), branch.order(order).customer_id
    with branch.shop.write("refer") as tx:
        refer(tx, made or 0, person, date(2026, 2, 1))


def settled(*months: str) -> Does:
    def work(branch: Branch) -> None:
        made = agreed(branch, "B1")
        branch.at("2026-03-31 20:00")
        for month in months:
            branch.open("partner-settlement", made, "qudao", month=month)

    return work


def closing(branch: Branch, account: str = "10000001") -> int:
    with branch.shop.reading() as tx:
        (client,) = tx.all(BrokerClient)
    fields = {"account": account, "kind": "close", "reason": "搬家", "channel": "phone"}
    return branch.open("account-closing", client.customer_id, "zhouning", **fields)


def stale(branch: Branch) -> None:
    with branch.shop.reading() as tx:
        (mine,) = tx.all(BrokerClient)
        (theirs,) = tx.all(BrokerClient)
    with branch.shop.write("first") as tx:
        tx.change(theirs, occupation="教师")
    with branch.shop.write("second") as tx:
        tx.change(mine, occupation="律师")


def rules(old: str, new: str) -> Does:
    return lambda b: rulesets.lint(shipped().replace(old, new, 1), b.shop.setting)


DEEP = "{all = [" * 4 + '{field = "age", op = "present"}' + "]}" * 4


@pytest.mark.parametrize(
    ("ref", "does"),
    [
        *(pytest.param("as-of-future", does, id=f"tomorrow {n}") for n, does in enumerate(runs("2026-04-01"))),
        *(
            pytest.param("as-of-back", lambda b, does=does: (ran(b), does(b)), id=f"yesterday {n}")
            for n, does in enumerate(runs("2026-03-30"))
        ),
        pytest.param("pin-unknown", pinned("vip", "2026-04-30"), id="no such segment"),
        pytest.param("pin-too-long", pinned("core", "2026-09-28"), id="181 days"),
        pytest.param("row-unknown-client", lambda b: pins.unpin(b.shop, "99999999"), id="no such client"),
        pytest.param("rules-empty", rules('all = [{field = "age", op = "le", value = "$age_young_max"}]', "all = []"),
                     id="an empty group"),
        pytest.param("rules-depth", rules('{field = "age", op = "le", value = "$age_young_max"}', DEEP), id="too deep"),
        pytest.param("share-over-max", terms(share="3001"), id="share over 30 %"),
        pytest.param("share-over-max", terms(model="per_account", share="", share_months="", per_account_fen="500.01",
                                             min_assets="1", within_days="30"), id="fee over 500"),
        pytest.param("contract-too-long", terms(end_on="2029-01-01"), id="36 months and a day"),
        pytest.param("contract-overlap", overlapping, id="the last day is inside"),
        pytest.param("agreements-missing", unchecked, id="one check is no"),
        pytest.param("no-contract", referred("2027-01-01"), id="the day after the contract"),
        pytest.param("no-contract", suspended, id="suspended"),
        pytest.param("referral-existing-client", referred("2026-03-31", client=True), id="a client already"),
        pytest.param("month-not-over", settled("2026-03-15"), id="the last day is today"),
        pytest.param("statement-exists", settled("2026-02-01", "2026-02-28"), id="two of one month"),
        pytest.param("close-duplicate", lambda b: (closing(b), closing(b)), id="two closings"),
        pytest.param("account-not-open", lambda b: closing(b, "1"), id="not the client's account"),
    ],
)  # fmt: skip
def test_the_no_has_an_id_a_sentence_and_a_way_out(branch: Branch, ref: str, does: Does) -> None:
    branch.at("2026-03-31 20:00")
    branch.account(branch.client("周全", "80000001", opened="2020-01-01"), "10000001", "2020-01-01")
    with pytest.raises(FlowError) as caught:
        does(branch)
    said = caught.value
    assert said.ref.rpartition(".")[2] == ref
    assert said.sentence.to("zh") != said.sentence.to("en")
    assert said.way_out is not None
    assert "{" not in said.way_out.to("zh") + said.way_out.to("en") + said.sentence.to("zh") + said.sentence.to("en")
    assert said.exit_code in (Exit.BAD_INPUT, Exit.REFUSED)


@pytest.mark.parametrize(
    "does",
    [
        pytest.param(pinned("core", "2026-09-27"), id="180 days"),
        pytest.param(terms(share="3000", end_on="2028-12-31"), id="the most a contract may be"),
        pytest.param(referred("2026-12-31"), id="the last day of the contract"),
        pytest.param(settled("2026-02-28"), id="a month that is over"),
    ],
)
def test_the_last_that_may_be(branch: Branch, does: Does) -> None:
    branch.at("2026-03-31 20:00")
    branch.account(branch.client("周全", "80000001", opened="2020-01-01"), "10000001", "2020-01-01")
    does(branch)


def test_who_saves_second_is_told_who_was_faster(branch: Branch) -> None:
    branch.at("2026-03-31 20:00")
    branch.client("周全", "80000001", opened="2020-01-01")
    with pytest.raises(ChangedMeanwhile):
        stale(branch)
