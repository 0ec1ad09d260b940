"""When each message is planned, moved and cancelled, and what it says. Source: realestate.md section 7."""

from __future__ import annotations

import pytest
from serviceflow.api import MessageRow, StaffRole
from serviceflow.documents.snapshot import spoken
from serviceflow_realestate import registers
from serviceflow_realestate.flows.handover import due_at_handover
from serviceflow_realestate.messages import TEMPLATES
from serviceflow_realestate.rehearsal import Rehearsal
from serviceflow_realestate.roles import MANAGER

Told = list[tuple[str, str]]


def told(centre: Rehearsal, order: int, template: str) -> Told:
    """Return an order's messages of a template: local time, state; the earliest first."""
    rows = centre.rows(MessageRow, order_id=order, template=f"re-{template}")
    local = centre.shop.zone
    return sorted((r.due_at.astimezone(local).strftime("%m-%d %H:%M"), r.state) for r in rows)


def body(centre: Rehearsal, order: int, template: str) -> str:
    """Return what the newest message of a template says in English."""
    row = centre.rows(MessageRow, order_id=order, template=f"re-{template}")[-1]
    text = next(t.text for t in TEMPLATES if t.key == f"re-{template}")
    return text.of(**spoken(row.facts, "en")).to("en")


def test_calls_and_visits(centre: Rehearsal) -> None:
    centre.at("2026-03-02 09:00")
    centre.rota("sign_in", "lin")
    lead = centre.open(
        "re-lead", centre.customer("甲", "13800000021", owner="lin"), start="log-call", heard_from="网络"
    )
    assert told(centre, lead, "call-thanks") == [("03-02 09:00", "planned")]
    centre.do(lead, "book-visit", visit_at="2026-03-05 15:00")
    assert told(centre, lead, "visit-reminder") == [("03-04 15:00", "planned"), ("03-05 13:00", "planned")]
    centre.do(lead, "rebook", visit_at="2026-03-06 10:00")
    planned = [("03-05 10:00", "planned"), ("03-06 08:00", "planned")]
    assert [m for m in told(centre, lead, "visit-reminder") if m[1] == "planned"] == planned
    centre.at("2026-03-05 09:00")
    centre.rota("sign_in", "lin")
    centre.do(lead, "visit-again", "sun")
    assert {state for _, state in told(centre, lead, "visit-reminder")} == {"cancelled"}
    centre.do(lead, "finish-visit", wants="3室", budget="1300000", grade="A")
    assert told(centre, lead, "visit-thanks") == [("03-05 10:00", "planned")]
    assert body(centre, lead, "visit-thanks") == (
        "Thank you for visiting Emerald Bay, 甲. Details of 3室 will follow. 林静"
    )


def test_a_visitor_who_does_not_come(centre: Rehearsal) -> None:
    centre.at("2026-03-02 09:00")
    lead = centre.open(
        "re-lead", centre.customer("甲", "13800000021", owner="lin"), start="log-call", heard_from="网络"
    )
    centre.do(lead, "book-visit", visit_at="2026-03-03 15:00")
    centre.cron("2026-03-04 12:00")
    assert told(centre, lead, "no-show") == [("03-04 10:00", "planned")]


def test_a_hold_and_the_signing_period(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    sub = centre.drafted()
    assert told(centre, sub, "hold-expiring") == [("03-08 09:00", "planned")]
    centre.do(sub, "customer-signs")
    centre.do(sub, "extend-hold", reason="筹款")
    centre.sign(sub, "chen")
    assert ("03-09 09:00", "planned") in told(centre, sub, "hold-expiring")
    centre.do(sub, "approve-letter")
    centre.do(sub, "receive-deposit", amount="20000", method="transfer")
    assert {state for _, state in told(centre, sub, "hold-expiring")} == {"cancelled"}
    assert told(centre, sub, "subscribed") == [("03-07 11:00", "planned")]
    assert (
        body(centre, sub, "subscribed")
        == "王伟, deposit CNY 20,000 for 3-1-1502 received, receipt RE-RECEIPT-CHW-202603-0001."
    )
    centre.brief(sub)
    assert told(centre, sub, "signing-notice") == [("03-07 11:00", "planned")]
    assert "by 2026-03-14" in body(centre, sub, "signing-notice")
    assert told(centre, sub, "signing-reminder") == [("03-11 10:00", "planned"), ("03-13 10:00", "planned")]
    contract = centre.signed(sub, "2026-03-12 14:00", first="355710")
    assert {state for _, state in told(centre, sub, "signing-reminder")} == {"cancelled"}
    assert [at for at, _ in told(centre, contract, "signing-appointment")] == ["03-07 11:00", "03-11 10:00"]
    assert "signing is at 2026-03-12 14:00" in body(centre, contract, "signing-appointment")
    assert told(centre, contract, "payment-received") == [("03-12 14:00", "planned")]
    assert told(centre, contract, "contract-signed") == [("03-12 14:00", "planned")]
    assert "Contract HT-001 for 3-1-1502 is signed" in body(centre, contract, "contract-signed")


def test_another_appointment_moves_its_reminder(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    sub = centre.briefed()
    centre.do(sub, "book-signing", at="2026-03-12 14:00")
    contract = centre.child(sub, "contract")
    centre.do(contract, "rebook", at="2026-03-13 09:00")
    planned = [at for at, state in told(centre, contract, "signing-appointment") if state == "planned"]
    assert planned[-1] == "03-12 10:00"
    assert "03-11 10:00" not in planned


@pytest.mark.parametrize(
    ("approve", "template", "at"), [(True, "delay-approved", "03-13 10:00"), (False, "delay-rejected", "03-13 10:00")]
)
def test_a_delay(centre: Rehearsal, approve: bool, template: str, at: str) -> None:
    centre.at("2026-03-07 11:00")
    sub = centre.briefed()
    centre.at("2026-03-13 09:00")
    centre.do(sub, "request-delay", reason="出差", requested_date="2026-03-25")
    delay = centre.child(sub, "delay")
    centre.do(delay, "verified", findings="-")
    centre.do(delay, "submit-form")
    if approve:
        centre.do(delay, "approve")
        centre.do(delay, "execute")
        planned = [m for m in told(centre, sub, "signing-reminder") if m[1] == "planned"]
        assert planned[-2:] == [("03-22 10:00", "planned"), ("03-24 10:00", "planned")]
        assert body(centre, delay, template) == "王伟, your delay is granted; sign by 2026-03-25."
    else:
        centre.do(delay, "reject", opinion="不同意")
        assert body(centre, delay, template) == "王伟, the delay is not granted; please sign by 2026-03-14."
    assert told(centre, delay, template) == [(at, "planned")]


def test_overdue_restored_and_forfeited(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    sub = centre.briefed()
    centre.cron("2026-03-15 08:00")
    assert told(centre, sub, "signing-overdue") == [("03-15 00:00", "planned")]
    assert "list price CNY 1,260,800 applies; pay in full and sign by 2026-04-13" in body(
        centre, sub, "signing-overdue"
    )
    assert told(centre, sub, "forfeit-warning") == [("04-06 10:00", "planned")]
    centre.at("2026-03-20 10:00")
    centre.do(sub, "restore", "chen", new_deadline="2026-04-04", reason="老客户")
    centre.sign(sub, "zhao")
    assert told(centre, sub, "forfeit-warning") == [("04-06 10:00", "cancelled")]
    centre.cron("2026-05-06 08:00")
    change = centre.child(sub, "presign")
    centre.do(change, "submit")
    centre.do(change, "verified", cause="逾期")
    centre.do(change, "approve")
    centre.do(change, "settle", amount="0")
    assert told(centre, change, "forfeited") == [("05-06 10:00", "planned")]
    assert (
        body(centre, change, "forfeited") == "王伟: the subscription of 3-1-1502 has ended; deposit CNY 20,000 is kept."
    )


def test_filing_lines_and_loan(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    contract = centre.signed(centre.briefed(), "2026-03-12 14:00", first="355710")
    loan = centre.child(contract, "mortgage")
    assert told(centre, loan, "mortgage-docs") == [("03-12 14:00", "planned")]
    centre.papers(loan, but="bank-statements")
    centre.cron("2026-03-13 08:00")
    assert told(centre, loan, "mortgage-missing") == [("03-13 10:00", "planned"), ("03-18 10:00", "planned")]
    assert "still missing: bank-statements" in body(centre, loan, "mortgage-missing")
    centre.do(loan, "receive-doc", item="bank-statements", original_seen="yes", months="12")
    centre.do(loan, "sign-mortgage", bank="工行")
    assert told(centre, loan, "mortgage-missing") == [("03-13 10:00", "cancelled"), ("03-18 10:00", "cancelled")]
    centre.at("2026-03-20 09:00")
    centre.do(contract, "file", filing_no="BA-1")
    assert told(centre, contract, "pickup") == [("03-20 10:00", "planned"), ("04-04 10:00", "planned")]
    centre.do(contract, "archive", receiver="王伟")
    assert {state for _, state in told(centre, contract, "pickup")} == {"cancelled"}
    centre.do(loan, "bank-approve", amount="860000", rate="4.9", years="30")
    assert told(centre, loan, "mortgage-approved") == [("03-20 10:00", "planned")]
    assert (
        body(centre, loan, "mortgage-approved")
        == "王伟, the loan of CNY 860,000 is approved, about CNY 4,564.25 a month."
    )


def test_a_refused_loan(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    contract = centre.signed(centre.briefed(), "2026-03-12 14:00", first="355710")
    loan = centre.child(contract, "mortgage")
    centre.papers(loan)
    centre.do(loan, "sign-mortgage", bank="工行")
    centre.at("2026-03-20 09:00")
    centre.do(loan, "bank-refuse", reason="征信", fault="none")
    assert told(centre, loan, "mortgage-refused") == [("03-20 10:00", "planned")]


def test_due_late_and_paid_lines(january: Rehearsal) -> None:
    contract = january.instalments()
    due = told(january, contract, "payment-due")
    assert due[:2] == [("03-24 10:00", "planned"), ("03-30 10:00", "planned")]
    january.cron("2026-04-20 08:00")
    dunning = january.child(contract, "dunning")
    stages = {name: told(january, dunning, f"dunning-{name}") for name in ("1", "2", "demand", "lawyer")}
    assert stages == {
        "1": [("04-01 10:00", "cancelled")],
        "2": [("04-07 10:00", "cancelled")],
        "demand": [("04-15 10:00", "planned")],
        "lawyer": [],
    }
    assert body(january, dunning, "dunning-2").startswith("王伟, CNY 502,391 is open; damages so far CNY 1,055.02")
    january.do(contract, "receive-payment", amount="502391", method="transfer")
    assert told(january, dunning, "dunning-demand") == [("04-15 10:00", "cancelled")]
    assert told(january, contract, "payment-received")[-1] == ("04-20 10:00", "planned")
    assert [at for at, state in told(january, contract, "payment-due") if state == "planned"][-4:] == [
        "05-24 10:00", "05-30 10:00", "07-24 10:00", "07-30 10:00"]  # fmt: skip


def test_a_default_of_the_customer(january: Rehearsal) -> None:
    contract = january.instalments()
    january.cron("2026-05-31 09:00")
    default = january.child(contract, "default")
    january.do(default, "confirm-customer", facts="逾期")
    assert told(january, default, "default-notice") == [("05-31 10:00", "planned")]
    assert body(january, default, "default-notice").endswith("please cure it by 2026-06-15.")
    january.cron("2026-06-16 09:00")
    january.do(default, "terminate")
    january.sign(default, "chen", "zhao")
    assert told(january, default, "terminate-notice") == [("06-16 10:00", "planned")]


def test_the_lawyers_letter(january: Rehearsal) -> None:
    contract = january.instalments()
    january.cron("2026-05-04 08:00")
    dunning = january.child(contract, "dunning")
    assert told(january, dunning, "dunning-lawyer") == [("04-30 10:00", "planned")]
    assert body(january, dunning, "dunning-lawyer") == (
        "Lawyer's letter: 30 days late; without payment the contract may be terminated."
    )


def test_promised_papers_that_did_not_come(centre: Rehearsal) -> None:
    _, loan = centre.with_loan()
    centre.papers(loan, but="bank-statements")
    centre.cron("2026-03-18 10:00")
    centre.do(loan, "special-statement", text="流水在途", signed="yes")
    centre.sign(loan, "chen")
    centre.cron("2026-03-21 23:59")
    assert told(centre, loan, "mortgage-overdue") == []
    centre.cron("2026-03-22 08:00")
    assert told(centre, loan, "mortgage-overdue") == [("03-22 10:00", "planned")]
    assert body(centre, loan, "mortgage-overdue") == "王伟, the promised papers are overdue. Contact 林静 at once."


def test_a_refund_is_told_when_it_is_paid(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    sub = centre.briefed()
    centre.at("2026-03-09 09:00")
    centre.do(sub, "request-change", kind="refund", cause="goodwill", refund_percent="60", reason="家庭原因")
    change = centre.child(sub, "presign")
    centre.do(change, "submit")
    centre.do(change, "verified", cause="属实")
    centre.do(change, "approve", "chen")
    centre.sign(change, "zhao")
    assert told(centre, change, "refund-paid") == []
    centre.at("2026-03-12 15:00")
    centre.do(change, "settle", amount="12000")
    assert told(centre, change, "refund-paid") == [("03-12 15:00", "planned")]
    assert body(centre, change, "refund-paid") == "王伟, your refund of CNY 12,000 was paid on 2026-03-12."


def test_touches_of_half_a_year_and_a_year(centre: Rehearsal) -> None:
    centre.setting("touch_voucher_value", "300")
    centre.at("2026-03-31 09:00")
    who = centre.customer("甲", "13800000021", owner="lin")
    centre.consent(who, "sms", "wechat")
    centre.open("re-lead", who, start="log-call", heard_from="网络")
    cadence = centre.rows_of_flow("re-nurture")[0]
    centre.cron("2026-09-30 08:00")
    assert told(centre, cadence, "touch-m6") == [("09-30 10:00", "planned")]
    assert body(centre, cadence, "touch-m6") == "甲, a gift and a CNY 300 voucher are waiting for you."
    centre.cron("2027-03-31 08:00")
    assert told(centre, cadence, "touch-m12") == [("03-31 10:00", "planned")]
    assert body(centre, cadence, "touch-m12") == "甲, one year since we met: join us for our anniversary event."


def test_handover_and_title(centre: Rehearsal) -> None:
    _, order = centre.handover()
    centre.do(order, "send-notice", start_date="2027-07-20", actual_area="98.50")
    assert len(told(centre, order, "handover-notice")) == 1
    assert "is ready from 2027-07-20; please come by 2027-08-19" in body(centre, order, "handover-notice")
    assert told(centre, order, "handover-reminder") == [("07-20 10:00", "planned"), ("08-16 10:00", "planned")]
    centre.at("2027-07-20 09:00")
    centre.do(order, "customer-arrives", id_seen="yes")
    assert {state for _, state in told(centre, order, "handover-reminder")} == {"cancelled"}
    centre.do(order, "fees-paid", amount=str(centre.look(order, due_at_handover) / 100), method="transfer")
    centre.do(order, "defects", defects="place=客厅 text=划痕")
    centre.do(order, "fixed", fixed="all")
    assert told(centre, order, "rectified") == [("07-20 10:00", "planned")]
    centre.do(order, "reinspect")
    centre.do(order, "accept")
    centre.do(order, "sign-keys", meters="-", keys="6")
    title = centre.child(centre.order(order).parent_id or 0, "title")
    assert told(centre, title, "title-docs") == [("07-20 10:00", "planned")]
    assert "by 2027-08-19" in body(centre, title, "title-docs")
    centre.do(title, "docs-complete", owner_file="yes", invoice="yes", id_copies="yes")
    assert told(centre, title, "title-docs") == [("07-20 10:00", "cancelled")]
    centre.do(title, "submit", acceptance_no="SL-1")
    centre.do(title, "issue", deed_no="CQ-1")
    assert told(centre, title, "title-ready") == [("07-20 10:00", "planned"), ("08-04 10:00", "planned")]
    centre.do(title, "hand-over", receiver="owner", id_no="1", mortgage_no="DY-1")
    assert {state for _, state in told(centre, title, "title-ready")} == {"cancelled"}


def test_an_offer_of_the_company(centre: Rehearsal) -> None:
    contract, order = centre.handover()
    centre.do(order, "send-notice", start_date="2027-07-20", actual_area="98.50")
    centre.do(contract, "open-default", "fang", side="company", cause="late-handover")
    default = centre.child(contract, "default")
    centre.do(default, "confirm-company", facts="逾期交楼")
    assert body(centre, default, "company-offer") == "王伟, for Late handover we offer CNY 7,414.26; please confirm."


def test_nobody_comes_to_the_handover(centre: Rehearsal) -> None:
    _, order = centre.handover()
    centre.do(order, "send-notice", start_date="2027-07-20", actual_area="98.50")
    centre.cron("2027-08-21 08:00")
    assert told(centre, order, "handover-deemed") == [("08-20 10:00", "planned")]
    assert body(centre, order, "handover-deemed") == "王伟: 3-1-1502 counts as delivered on 2027-08-19."


def test_a_complaint(centre: Rehearsal) -> None:
    centre.at("2026-05-06 09:00")
    order = centre.open("re-complaint", centre.customer("王伟", "13800000001"), channel="phone", content="噪声")
    number = centre.order(order).number
    assert told(centre, order, "complaint-received") == [("05-06 09:00", "planned")]
    assert body(centre, order, "complaint-received") == f"王伟, complaint {number} received; answer within 24 hours."
    centre.do(order, "take", belongs_to_sales="yes", measures="处理")
    centre.do(order, "resolve", result="已换锁")
    assert told(centre, order, "complaint-result") == [("05-06 10:00", "planned")]
    assert body(centre, order, "complaint-result") == f"王伟, result of complaint {number}: 已换锁."


def test_open_registers_are_told_to_agents_and_managers(centre: Rehearsal) -> None:
    centre.at("2026-03-02 09:00")
    for name, phone, by in (("甲", "13800000021", "lin"), ("乙", "13800000022", "zhou")):
        centre.open("re-lead", centre.customer(name, phone), by, start="log-call", heard_from="网络")
    centre.hand_in("zhou")
    centre.at("2026-03-02 18:00")
    day = centre.shop.local_day(centre.clock.now())
    with centre.shop.write("job") as tx:
        registers.remind(centre.shop, tx, day)
    rows = centre.rows(MessageRow, rule="realestate:re-registers-open")
    assert [(r.staff_id, "林静" in r.body, "周凯" in r.body) for r in rows] == [(centre.ids["lin"], True, False)]
    centre.at("2026-03-02 20:00")
    with centre.shop.write("job") as tx:
        registers.alert(centre.shop, tx, day)
    managers = {row.staff_id for row in centre.rows(StaffRole, role=MANAGER)}
    rows = centre.rows(MessageRow, rule="realestate:re-registers-open")[1:]
    assert {r.staff_id for r in rows} == managers
    centre.hand_in("lin")
    assert registers_missing(centre) == []


def registers_missing(centre: Rehearsal) -> list[str]:
    with centre.shop.reading() as tx:
        return [m.name for m in registers.missing(centre.shop, tx, centre.shop.local_day(centre.clock.now()))]
