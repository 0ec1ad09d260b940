"""A manager's and a clerk's morning, typed as the specification types it. Source: manufacturing.md section 8."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from serviceflow.clock import SetClock
from serviceflow.engine.act import offers
from serviceflow.errors import FlowError
from serviceflow.store.place import Place
from serviceflow.store.tables import Message, Operation
from serviceflow_manufacturing.commands.answers import ANSWERS
from serviceflow_manufacturing.rehearsal import Rehearsal
from serviceflow_manufacturing.tables import MfgContract

from tests.plugins.conftest import Flow, Said


@pytest.fixture
def flow(factory: Rehearsal, place: Place, typed: Flow) -> Flow:
    """Type a line in English as somebody, at the time the factory's clock shows, nobody at the terminal."""
    return partial(typed, str(place.path or place.url))


def listed(done: Said, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done.stdout)[name]
    return found


def test_a_review_from_class_to_signature(factory: Rehearsal, flow: Flow) -> None:
    order = factory.order_of(factory.customer("Hengyuan Ltd"), "product=JK-01 spec=M qty=1000 unit_price=96 "
                             "change=modified", "2027-06-30")  # fmt: skip
    number = factory.order(order).number
    found = listed(flow("lin", "mfg", "classify", number, "--json"), "classes")[0]
    assert (found["class"], found["route"], found["rule"], found["why"]) == ("C", "meeting", 2, "line 1 modified")
    factory.do(order, "tech-agreement", no="TA-1", agreed_on="2026-11-20", parties="both")
    factory.do(order, "submit-review", "lin")
    assert "meeting is not held yet" in flow("sun", "mfg", "sign", number, "--approve", code=3).stderr
    factory.do(order, "convene", "wang", meeting_at="2026-11-25 10:20", place="Room 1")
    flow("wang", "mfg", "sign", number, "--approve", "-m", "fine")
    assert (
        "reason of at least 5 characters" in flow("gao", "mfg", "sign", number, "--reject", "-m", "no", code=3).stderr
    )
    screen = flow("lin", "mfg", "review", number).stdout
    assert f"{number}  Hengyuan Ltd   version 1   C/meeting (rule 2: line 1 modified)   round 1, open" in screen
    assert "Sales manager approved 王 | Planning OPEN" in screen
    assert "may sign now: 周 (Planning), 潘 (Purchasing), 孙 (Engineering), 高 (Finance)" in screen
    why = flow("lin", "sign", "why", number).stdout
    assert "stage 1" in why
    assert "Purchasing  may sign today: 潘" in why


def test_a_delegation_is_written_used_and_revoked(factory: Rehearsal, flow: Flow) -> None:
    wrong = (
        (("planning", "--to", "wang"), "The range is empty"),
        (("planning", "--to", "zhou", "--until", "2026-12-01"), "Choose another person"),
        (("quality", "--to", "li", "--until", "2026-12-01"), "does not hold"),
    )
    for words, said in wrong:
        assert said in flow("zhou", "mfg", "delegate", *words, code=3).stderr
    until = ("--from", "2030-01-01", "--until", "2030-01-30")
    flow("zhou", "mfg", "delegate", "planning", "--to", "li", *until)
    assert "already delegated" in flow("zhou", "mfg", "delegate", "planning", "--to", "li", *until, code=3).stderr
    longer = ("--from", "2031-01-01", "--until", "2031-01-31")
    assert "longer than 30 days" in flow("zhou", "mfg", "delegate", "planning", "--to", "li", *longer, code=3).stderr
    assert "ended (1)" in flow("zhou", "mfg", "delegate", "planning", "--revoke").stderr


def test_a_table_of_cases_is_held_against_the_routes(flow: Flow, tmp_path: Path) -> None:
    table = tmp_path / "cases.csv"
    table.write_text(
        "form,amount,contracting_line,change,foreign,class,route,stages\n"
        "phone,499999.99,,,,A,phone,sales-manager\n"
        "phone,500000.00,,,,D,meeting,\n"
        "written,8000,,modified,,C,meeting,\n"
        "fax,20000,,,,B,general,sales-manager+production > marketing-gm\n"
        "phone,3000,,,yes,A,meeting,\n"
        "written,1000,L2,,,D,meeting,\n",
        encoding="utf-8",
    )
    rows = listed(flow("wang", "manufacturing", "route", "test", str(table), "--json"), "cases")
    assert [row["ok"] for row in rows] == [True] * 6
    table.write_text("form,amount,class\nphone,500000.00,A\nfax,1,B\n", encoding="utf-8")
    failed = flow("wang", "manufacturing", "route", "test", str(table), code=3)
    assert "1 of 2 cases differ: lines 2." in failed.stderr
    table.write_text("form,amount,change,class\nphon,x,modifed,A\n", encoding="utf-8")
    said = flow("wang", "manufacturing", "route", "test", str(table), code=2).stderr
    assert "Cells that mean nothing: 2: form=phon; 2: change=modifed; 2: amount=x." in said
    table.write_text("form,price\nphone,1\n", encoding="utf-8")
    assert "Unknown columns: price." in flow("wang", "manufacturing", "route", "test", str(table), code=2).stderr
    shown = listed(flow("wang", "mfg", "route", "show", "--json"), "routes")
    assert shown[3]["stages"] == "sales-manager+production > marketing-gm"
    rules = {row["rule"]: row["value"] for row in listed(flow("wang", "mfg", "route", "rules", "--json"), "rules")}
    assert rules["Nobody signs what he asked for or owns"] == "always"
    assert rules["Releasing an unpaid shipment"] == "finance > marketing-gm"
    assert rules["Validity of a passed review, days"] == "30"


def test_who_holds_two_slots_says_as_what_he_signs(factory: Rehearsal, flow: Flow) -> None:
    factory.give_role("wang", "production")
    order = factory.order_of(factory.customer("恒远"), "product=JK-01 spec=M qty=10 unit_price=96", "2027-06-30")
    factory.do(order, "submit-review", "lin")
    number = factory.order(order).number
    asked = flow("wang", "mfg", "sign", number, "--approve", code=2).stderr
    assert f"flow mfg sign {number} --approve --as production" in asked
    asked = flow("wang", "mfg", "sign", number, "--reject", "-m", "价格未谈妥", code=2).stderr
    assert f"flow mfg sign {number} --reject --as production" in asked
    flow("wang", "mfg", "sign", number, "--approve", "--as", "production")
    assert factory.for_role(order, "sign-review") == {"sales-manager": "11-27"}


def test_prices_by_experience_and_profiles(factory: Rehearsal, flow: Flow) -> None:
    flow("wang", "mfg", "experience", "jacket", "--quick-price", "120.5", "--labour", "32")
    assert listed(flow("wang", "mfg", "experience", "--json"), "experience")[0]["quick_price"] == "120.50"
    assert "without a sign" in flow("wang", "mfg", "experience", "jacket", "--freight=-1", code=2).stderr
    customer = factory.customer("恒远")
    flow("wang", "mfg", "profile", "恒远", "--channel", "email", "--terms", "deposit:30@sign,balance:70@dispatch+30")
    known = listed(flow("wang", "mfg", "profile", "恒远", "--json"), "profiles")[0]
    assert (known["channel"], known["terms"]) == ("email", "deposit:30@sign, balance:70@dispatch+30")
    assert "sum to 90" in flow("wang", "mfg", "profile", "恒远", "--terms", "a:90@sign", code=2).stderr
    enquiry = factory.open("mfg-enquiry", customer, lines="text=夹克 category=jacket product=JK-01 qty=1000")
    factory.do(enquiry, "start-costing", mode="quick")
    factory.do(enquiry, "quick-price", "wang")
    factory.do(enquiry, "send-quote", channel="email", sent_on="2026-11-25")
    factory.do(enquiry, "accept-quote", accepted_on="2026-11-25", form="written")
    draft = factory.row(MfgContract, factory.child(enquiry, "contract")).draft
    assert [(line["product"], line["unit_price"]) for line in draft["lines"]] == [("JK-01", 1_205_000)]
    assert draft["terms"][0]["percent"] == 30
    letters = factory.rows(Message, order_id=enquiry)
    assert {letter.channel for letter in letters} == {"email"}


def test_the_calendar_is_loaded_and_shown(flow: Flow, tmp_path: Path) -> None:
    table = tmp_path / "days.csv"
    table.write_text("date,kind,reason\n2026-10-01,off,国庆\n2026-10-10,work,调休\n", encoding="gb18030")
    flow("mei", "mfg", "calendar", "load", str(table))
    days = {d["day"]: d for d in listed(flow("mei", "mfg", "calendar", "show", "2026-10", "--json"), "days")}
    assert (days["2026-10-01"]["workday"], days["2026-10-10"]["workday"], days["2026-10-09"]["workday"]) == (
        False, True, True)  # fmt: skip
    assert "Calendar of 2031 is not loaded" in flow("mei", "mfg", "calendar", "show", "2031-05").stderr
    table.write_text("2026-13-01,off,x\n", encoding="utf-8")
    assert "Lines that cannot be read: 1." in flow("mei", "mfg", "calendar", "load", str(table), code=2).stderr


def test_money_and_the_day_of_entries(factory: Rehearsal, flow: Flow) -> None:
    order = factory.order_of(factory.customer("宏达"), "product=JK-01 spec=M qty=10 unit_price=100", "2027-06-30",
                             terms="deposit:30@sign, balance:70@dispatch")  # fmt: skip
    factory.do(order, "submit-review", "lin")
    factory.pass_general(order)
    factory.do(order, "sign-contract", contract_no="HT-1", signed_on="2026-11-25", customer_signer="马总")
    owed = listed(flow("gao", "mfg", "ar", "--json"), "receivables")[0]
    assert (owed["open"], owed["contract"]) == (30_000, "HT-1")
    one = str(owed["id"])
    assert "more than the open 300.00" in flow(
        "gao", "mfg", "pay", one, "300.01", "--on", "2026-11-25", "--receipt", "R1", code=3).stderr  # fmt: skip
    flow("gao", "mfg", "pay", one, "100", "--on", "2026-11-25", "--receipt", "R1")
    flow("lin", "mfg", "promise", one, "2030-12-01")
    flow("gao", "mfg", "writeoff", one, "--reason", "bankrupt")
    flow("chen", "mfg", "sign", factory.order(order).number, "--approve")
    assert listed(flow("gao", "mfg", "ar", "--json"), "receivables") == []

    factory.open("mfg-entry", factory.customer("散客"), by="lu", source_ref="T1", received_at="2026-11-25 09:00",
                 lines="product=JK-01 qty=5 price=100", consignee="王芳", phone="13800000001", address="x",
                 cod_amount="500")  # fmt: skip
    assert "Received 2, entered 1; not sent: LR2026-0001" in flow(
        "fu", "mfg", "entry", "close", "2026-11-25", "--received", "2", code=3).stderr  # fmt: skip
    assert "needs role" in flow("lu", "mfg", "entry", "close", "2026-11-25", "--received", "1", code=3).stderr
    factory.give_role("fu", "entry-clerk")
    own = {"source_ref": "T2", "received_at": "2026-11-24 09:00", "lines": "product=JK-01 qty=1 price=100",
           "consignee": "王芳", "phone": "13800000001", "address": "x", "cod_amount": "100"}  # fmt: skip
    factory.open("mfg-entry", 2, by="fu", **own)
    typed = flow("fu", "mfg", "entry", "close", "2026-11-24", "--received", "1", code=3).stderr
    assert "another person closes it" in typed
    assert "flow staff list --role entry-checker" in typed
    flow("fu", "mfg", "entry", "close", "2026-11-25", "--received", "2", "--reason", "one was late")
    with pytest.raises(FlowError) as closed:
        factory.open("mfg-entry", 2, by="lu", **own | {"source_ref": "T3", "received_at": "2026-11-25 09:00"})
    assert closed.value.ref == "mfg.entry_closed"
    assert "is closed" in flow("fu", "mfg", "entry", "close", "2026-11-25", "--received", "2", code=3).stderr


def test_registers_and_figures(factory: Rehearsal, flow: Flow) -> None:
    flow("mei", "mfg", "product", "NEW-1", "--name", "Parka", "--state", "batch", "--batch-notice", "B2", "--listed")
    products = {p["code"]: p for p in listed(flow("mei", "mfg", "product", "--json"), "products")}
    assert products["NEW-1"]["regular"] is True
    assert products["OLD-9"]["regular"] is False
    factory.customer("Nord")
    flow("lin", "mfg", "profile", "Nord", "--region", "abroad", "--grade", "key")
    flow("wang", "mfg", "target", "lin", "2026-11", "100000")
    assert "is no month" in flow("wang", "mfg", "target", "lin", "2026-13", "1", code=2).stderr
    rows = {r["key"]: r["value"] for r in listed(
        flow("wang", "mfg", "kpi", "--from", "2026-11-01", "--to", "2026-11-30", "--json"), "figures")}  # fmt: skip
    assert rows["review-rate"] == "-"
    assert any(key.startswith("target-") for key in rows)
    assert (
        "No hand-over of 林"
        in flow("ke", "mfg", "handover", "lin").stdout + flow("ke", "mfg", "handover", "lin").stderr
    )
    assert listed(flow("du", "mfg", "late", "--json"), "late") == []


def test_plans_materials_and_acknowledgements(factory: Rehearsal, flow: Flow) -> None:
    order = factory.order_of(factory.customer("恒远"), "product=JK-01 spec=M qty=1000 unit_price=100", "2027-06-30")
    number = factory.order(order).number
    factory.do(order, "submit-review", "lin")
    factory.pass_general(order)
    factory.do(order, "sign-contract", contract_no="HT-2", signed_on="2026-11-25", customer_signer="赵")
    factory.do(order, "write-notice", "wang", parameters="x")
    factory.do(order, "issue-so", "mei", erp_no="K1")
    flow("zhou", "mfg", "ack", "SO-2026-0001", "--query", "Which fabric?")
    assert "There is no sales order SO-9" in flow("zhou", "mfg", "ack", "SO-9", code=2).stderr
    factory.do(order, "answer-query", "wang", department="planning", answer="cotton")
    for login in ("zhou", "pan", "gao", "tie"):
        flow(login, "mfg", "ack", "SO-2026-0001")
    assert factory.step(order) == "planning"
    preview = listed(flow("du", "mfg", "plan", number, "--preview", "2027-03-31", "--json"), "milestones")
    assert preview[-1] == {**preview[-1], "milestone": "ship", "planned": "2027-03-31"}
    assert listed(flow("du", "mfg", "plan", number, "--json"), "milestones") == []
    factory.do(order, "make-plan", "du")
    assert len(listed(flow("du", "mfg", "plan", number, "--json"), "milestones")) == 11
    factory.do(order, "set-material", "du", code="FAB", origin="customer", per_piece="1.65", waste_percent="3")
    assert listed(flow("du", "mfg", "materials", number, "--json"), "materials")[0]["need"] == "1699.50"
    assert listed(flow("du", "mfg", "plan", "--recheck", "--json"), "milestones") == []
    factory.do(order, "start-amendment", "lin", origin="customer", reason="more")
    change = factory.child(order, "amendment")
    factory.do(change, "edit-change", "lin", lines="line_no=1 qty=1200")
    rows = listed(flow("lin", "mfg", "diff", number, "--json"), "differences")
    assert [(r["field"], r["old"], r["new"]) for r in rows] == [
        ("lines[1].qty", "1000", "1200"), ("amount", "100000.00", "120000.00")]  # fmt: skip


def test_call_notes_are_exported_by_managers_and_each_export_is_logged(factory: Rehearsal, flow: Flow) -> None:
    from serviceflow.store.tables import Task
    from serviceflow_manufacturing.tables import MfgExport

    customer = factory.customer("宏达")
    with factory.shop.write("call") as tx:
        tx.add(Task(rule="manufacturing:monthly-call", title_en="Monthly call", title_zh="每月回访", due_at=tx.now,
                    customer_id=customer, made_at=tx.now, state="done", done_at=tx.now, result="满意",
                    done_by=factory.ids["lin"]))  # fmt: skip
    assert "needs role" in flow("lin", "mfg", "notes", "--reason", "x", code=3).stderr
    rows = listed(flow("wang", "mfg", "notes", "--reason", "annual review", "--json"), "notes")
    assert [(r["customer"], r["by"], r["note"]) for r in rows] == [("宏达", "林", "满意")]
    logged = factory.rows(MfgExport)
    assert [(e.by_id, e.rows, e.reason) for e in logged] == [(factory.ids["wang"], 1, "annual review")]


SHOWN = {
    "mfg-calendar": ("2026-10",),
    "mfg-classify": ("MO2026-0003",),
    "mfg-diff": ("MO2026-0002",),
    "mfg-handover": ("lin",),
    "mfg-kpi": ("--from", "2026-10-01", "--to", "2026-11-30"),
    "mfg-materials": ("MO2026-0002",),
    "mfg-plan": ("MO2026-0002",),
    "mfg-plan-recheck": ("--recheck",),
    "mfg-profile": ("恒远服装",),
    "mfg-quote": ("XJ2026-0001",),
    "mfg-quote-costs": ("XJ2026-0001", "--costs"),
    "mfg-review": ("MO2026-0003",),
}
"""What is asked about in the demonstration, by published answer; the others are asked about everything."""


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # a demonstration is always a file
def test_the_demonstration_shows_a_factory_at_work(
    flow: Flow, fits: Callable[[str, str], None], tmp_path: Path, clock: SetClock, capsys: pytest.CaptureFixture[str]
) -> None:
    from serviceflow_cli.main import run

    place = str(tmp_path / "demo.db")
    assert run(["--lang", "en", "demo", "manufacturing", "--db", place], clock=clock) == 0
    with_shop = ["--db", place, "--lang", "en"]
    for words in (["mfg", "late"], ["mfg", "ar", "--overdue"], ["sign"]):
        assert run([*with_shop, *words], clock=clock) == 0
    for name, shape in ANSWERS.items():
        capsys.readouterr()
        assert run([*with_shop, *shape.commands[0].split()[1:], *SHOWN.get(name, ()), "--json"], clock=clock) == 0
        fits(name, capsys.readouterr().out)


NEEDED = [
    pytest.param(("product", "NEW-1", "--state", "batch"), "qin", "tie", "tech-support", id="product"),
    pytest.param(("experience", "jacket", "--quick-price", "9"), "lin", "chen", "sales-manager", id="experience"),
    pytest.param(("profile", "恒远", "--grade", "key"), "qin", "du", "sales", id="profile"),
    pytest.param(("calendar", "load", "days.csv"), "lin", "zhou", "planning", id="calendar"),
    pytest.param(("target", "lin", "2026-11", "5"), "lin", "chen", "sales-manager", id="target"),
    pytest.param(("notes", "--reason", "x"), "lin", "tang", "sales-manager", id="notes"),
]


@pytest.mark.parametrize(("words", "outsider", "holder", "ask"), NEEDED)
def test_master_data_is_entered_by_whom_it_concerns(
    factory: Rehearsal, flow: Flow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...],
    outsider: str, holder: str, ask: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("days.csv").write_text("2026-10-01,off,国庆\n", encoding="utf-8")
    factory.customer("恒远")
    before = len(factory.rows(Operation))
    said = flow(outsider, "mfg", *words, code=3).stderr
    assert " needs role " in said
    assert f"flow staff list --role {ask}" in said
    assert len(factory.rows(Operation)) == before
    flow(holder, "mfg", *words)
    assert len(factory.rows(Operation)) == before + 1


def test_whoever_runs_the_shop_enters_master_data(factory: Rehearsal, flow: Flow) -> None:
    factory.give_role("li", "admin")
    flow("li", "mfg", "product", "NEW-1", "--state", "batch")
    assert "needs role" in flow("li", "mfg", "target", "lin", "2026-11", "5", code=3).stderr


def test_an_answer_names_the_next_step_of_this_kind_of_order(factory: Rehearsal) -> None:
    customer = factory.customer("恒远")
    lines = "text=夹克 category=jacket qty=10"
    costs = {"costs": "line=1 price=30", "currency": "CNY"}

    def after(order: int, action: str, **fields: str) -> str:
        ahead = factory.do(order, action, **fields).ahead
        return ahead.key if ahead is not None else ""

    quick, precise = (factory.open("mfg-enquiry", customer, lines=lines) for _ in range(2))
    assert after(quick, "start-costing", mode="quick") == "quick-price"
    assert after(precise, "start-costing", mode="precise") == "calc-quote"
    assert after(precise, "calc-quote", **costs) == "submit-quote"
    assert [o.action.key for o in offers(factory.shop, precise) if o.ahead] == ["submit-quote"]
    phoned = factory.open("mfg-order", customer, form="phone", delivery_date="2027-06-30", packing="box",
                          quality_standard="GB/T", lines="product=JK-01 spec=M qty=3 unit_price=39")  # fmt: skip
    factory.conform(phoned)
    factory.do(phoned, "phone-record", "lin", caller="钱", called_at="2026-11-25 09:00", product="JK-01", spec="M",
               qty="3", price="39", packing="box", quality="GB/T", delivery_date="2027-06-30")  # fmt: skip
    factory.do(phoned, "submit-review", "lin")
    ahead = factory.sign(phoned, "wang").ahead
    assert ahead is not None
    assert ahead.key == "confirm-phone-order"
