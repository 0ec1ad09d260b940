"""A2, A14, A16, A18: rota, nurture, complaints, leads. Source: realestate.md section 10."""

from __future__ import annotations

from datetime import datetime

import pytest
from serviceflow.api import TaskRow
from serviceflow.errors import Refused
from serviceflow_realestate.rehearsal import BUYER, Rehearsal
from serviceflow_realestate.tables import ReLeadProfile, ReVisit


def visitor(centre: Rehearsal, name: str, phone: str, **more: str) -> int:
    """Let a new customer walk in; return the lead."""
    return centre.open("re-lead", centre.customer(name, phone), "sun", start="visit-in", **more)


def taken(centre: Rehearsal, lead: int) -> tuple[str, str]:
    """Let the agent answer at once; return agent and kind of the visit."""
    agent, kind = visit_of(centre, lead)
    centre.rota("take", agent)
    return agent, kind


def visit_of(centre: Rehearsal, lead: int) -> tuple[str, str]:
    """Return agent and kind of the newest visit of a lead."""
    names = {v: k for k, v in centre.ids.items()}
    visit = centre.rows(ReVisit, order_id=lead)[-1]
    return names.get(visit.agent_id, "-"), visit.kind


def clock(centre: Rehearsal, at: datetime) -> str:
    """Return the local time of an instant."""
    return at.astimezone(centre.shop.zone).strftime("%H:%M")


def finish(centre: Rehearsal, lead: int, by: str) -> None:
    centre.do(lead, "finish-visit", by, wants="3室", budget="1000000", grade="B")


def test_A2_rota_fairness(centre: Rehearsal) -> None:
    day = "2026-03-02"
    centre.at("2026-03-01 10:00")
    zhous = centre.customer("老客", "13800000050", owner="zhou")
    own = centre.open("re-lead", zhous, "zhou", start="log-call", heard_from="朋友")
    luos = centre.customer("罗客", "13800000051", owner="luo")
    own_luo = centre.open("re-lead", luos, "luo", start="log-call", heard_from="朋友")
    for clock, login in (("08:30", "lin"), ("08:35", "zhou"), ("08:40", "he")):
        centre.at(f"{day} {clock}")
        centre.rota("sign_in", login)
    centre.at(f"{day} 08:50")
    centre.rota("confirm", by=centre.ids["sun"])
    centre.at(f"{day} 09:00")
    first = visitor(centre, "甲", "13800000061")
    assert taken(centre, first) == ("lin", "turn")
    assert centre.names(centre.rota("greeter")) == "zhou"
    centre.at(f"{day} 09:05")
    centre.do(own, "visit-again", "sun")
    assert taken(centre, own) == ("zhou", "own")
    centre.at(f"{day} 09:10")
    third = visitor(centre, "乙", "13800000062")
    assert taken(centre, third) == ("he", "turn")
    assert centre.turns() == {"lin": (1, "receiving"), "zhou": (0, "receiving"), "he": (1, "receiving")}
    centre.at(f"{day} 09:30")
    finish(centre, own, "zhou")
    assert centre.turns()["zhou"] == (0, "ready")
    centre.at(f"{day} 09:31")
    fourth = visitor(centre, "丙", "13800000063")
    assert taken(centre, fourth) == ("zhou", "turn")
    centre.at(f"{day} 09:40")
    finish(centre, first, "lin")
    centre.at(f"{day} 09:45")
    finish(centre, third, "he")
    assert (centre.turns()["lin"], centre.turns()["he"]) == ((1, "ready"), (1, "ready"))
    centre.at(f"{day} 09:50")
    centre.rota("sign_in", "luo")
    assert centre.turns()["luo"] == (1, "ready")
    centre.at(f"{day} 10:00")
    assert taken(centre, visitor(centre, "丁", "13800000064")) == ("lin", "turn")
    centre.at(f"{day} 10:02")
    centre.rota("status", "he", to="break")
    centre.at(f"{day} 10:05")
    assert taken(centre, visitor(centre, "戊", "13800000065")) == ("luo", "turn")
    assert (centre.turns()["lin"][0], centre.turns()["luo"][0]) == (2, 2)
    centre.at(f"{day} 10:20")
    centre.rota("ready", "he")
    assert centre.turns()["he"] == (1, "ready")
    centre.at(f"{day} 10:21")
    centre.do(own_luo, "visit-again", "sun")
    assert taken(centre, own_luo) == ("he", "cover")
    assert centre.turns()["he"][0] == 1
    assert centre.customer_row(luos).owner_id == centre.ids["luo"]


def morning(centre: Rehearsal, *logins: str) -> None:
    """Sign agents in at 08:30."""
    centre.at("2026-03-02 08:30")
    for login in logins:
        centre.rota("sign_in", login)


@pytest.mark.parametrize("pace", ["each", "never"])
def test_silent_agents_lose_the_turn_to_the_minute(centre: Rehearsal, pace: str) -> None:
    centre.pace = pace
    morning(centre, "lin", "zhou", "he")
    centre.at("2026-03-02 08:33")
    lead = visitor(centre, "甲", "13800000061")
    centre.at("2026-03-02 08:36")
    assert centre.turns()["lin"] == (1, "receiving")  # the last moment to answer
    centre.at("2026-03-02 08:40")
    assert centre.turns() == {"lin": (1, "break"), "zhou": (1, "break"), "he": (1, "receiving")}
    with pytest.raises(Refused, match="The visitor was passed to 何敏"):
        centre.rota("take", "lin")
    centre.rota("take", "he")
    visit = centre.rows(ReVisit, order_id=lead)[0]
    assert [clock(centre, visit.assigned_at), visit.passed_by] == ["08:39", [centre.ids["lin"], centre.ids["zhou"]]]
    assert centre.order(lead).owner_id == centre.ids["he"]


@pytest.mark.parametrize("pace", ["each", "never"])
def test_nobody_answers_and_the_party_waits_for_the_next_who_is_ready(centre: Rehearsal, pace: str) -> None:
    centre.pace = pace
    morning(centre, "lin")
    lead = visitor(centre, "甲", "13800000061")
    centre.at("2026-03-02 08:45")
    assert visit_of(centre, lead)[0] in ("-", "lin")
    centre.rota("sign_in", "zhou")
    assert visit_of(centre, lead) == ("zhou", "turn")
    assert centre.turns() == {"lin": (1, "break"), "zhou": (2, "receiving")}


def test_who_leaves_without_an_answer_refuses_the_party(centre: Rehearsal) -> None:
    morning(centre, "lin", "zhou")
    lead = visitor(centre, "甲", "13800000061")
    with pytest.raises(Refused, match="A visitor waits for the answer of 林静"):
        centre.rota("ready", "lin")
    centre.rota("status", "lin", to="out")
    assert visit_of(centre, lead) == ("zhou", "turn")
    assert centre.turns() == {"lin": (1, "out"), "zhou": (1, "receiving")}


def test_a_visit_ends_when_its_agent_is_ready_and_its_register_is_filled_later(centre: Rehearsal) -> None:
    morning(centre, "lin")
    lead = visitor(centre, "甲", "13800000061")
    taken(centre, lead)
    centre.at("2026-03-02 09:00")
    centre.rota("ready", "lin")
    second = visitor(centre, "乙", "13800000062")
    assert taken(centre, second) == ("lin", "turn")
    centre.at("2026-03-02 09:30")
    finish(centre, lead, "lin")
    visit = centre.rows(ReVisit, order_id=lead)[0]
    assert (clock(centre, visit.ended_at), visit.grade) == ("09:00", "B")
    assert centre.turns()["lin"] == (2, "receiving")


def test_a_party_that_is_covered_stays_its_owners(centre: Rehearsal) -> None:
    centre.at("2026-03-01 09:00")
    lead = centre.open("re-lead", centre.customer("王伟", "13800000001", owner="zhou"), "zhou", start="log-call",
                       heard_from="网络")  # fmt: skip
    centre.do(lead, "book-visit", "zhou", visit_at="2026-03-02 09:00")
    morning(centre, "lin", "zhou")
    centre.do(lead, "visit-again", "sun")
    assert visit_of(centre, lead) == ("zhou", "own")
    centre.at("2026-03-02 08:35")
    assert centre.turns() == {"lin": (0, "receiving"), "zhou": (0, "break")}
    centre.rota("take", "lin")
    assert visit_of(centre, lead) == ("lin", "cover")
    assert centre.order(lead).owner_id == centre.ids["zhou"]
    assert [t.title_en for t in centre.rows(TaskRow, rule="realestate:covered")] == ["林静 receives your customer 王伟"]


def test_a_non_buyer_gives_the_turn_back(centre: Rehearsal) -> None:
    centre.at("2026-03-02 08:30")
    centre.rota("sign_in", "lin")
    lead = visitor(centre, "同行", "13800000061")
    centre.do(lead, "not-a-buyer", "lin", reason="peer")
    visit = centre.rows(ReVisit, order_id=lead)[0]
    centre.rota("void", None, visit=visit, reason="同行")
    assert centre.turns()["lin"] == (0, "ready")


def test_A14_nurture_from_a_month_end(paced: Rehearsal) -> None:
    paced.at("2025-12-31 10:00")
    liu = paced.customer("刘洋", "13800000070", owner="lin")
    paced.consent(liu, "sms")
    paced.open("re-lead", liu, start="log-call", heard_from="网络")
    order = paced.rows_of_flow("re-nurture")[0]
    assert paced.messages(order)["touch-first"] == ["12-31 10:30"]
    paced.cron("2026-02-28 00:00")
    assert paced.step(order) == "touch-month2"
    assert paced.messages(order)["touch-m2"] == ["02-28 10:00"]
    paced.cron("2026-03-31 00:00")
    assert paced.step(order) == "touch-month3"
    assert paced.messages(order)["touch-m3"] == ["03-31 10:00"]
    assert paced.rows(ReLeadProfile, customer_id=liu)[0].points == 200
    assert paced.tasks(order)["sales-call"] == ["04-04 00:00"]
    paced.cron("2026-06-30 00:00")
    assert paced.step(order) == "touch-month6"
    paced.cron("2026-12-31 00:00")
    assert paced.step(order) == "touch-month12"
    paced.cron("2027-01-29 23:59")
    assert paced.step(order) == "touch-month12"
    paced.cron("2027-01-30 00:00")
    assert paced.step(order) == "finished"


def test_A14_recent_contact_and_catching_up(centre: Rehearsal) -> None:
    centre.at("2025-12-31 10:00")
    liu = centre.customer("刘洋", "13800000070", owner="lin")
    centre.consent(liu, "sms")
    lead = centre.open("re-lead", liu, start="log-call", heard_from="网络")
    order = centre.rows_of_flow("re-nurture")[0]
    centre.cron("2026-03-11 09:00")
    assert centre.step(order) == "touch-month2"
    assert centre.order(order).data["skipped"] == {"touch-month2": "missed"}
    centre.at("2026-03-29 10:00")
    centre.do(lead, "visit-again", "sun")
    centre.cron("2026-03-31 00:00")
    assert centre.order(order).data["skipped"]["touch-month3"] == "recent contact"
    assert centre.rows(ReLeadProfile, customer_id=liu)[0].points == 200
    assert "sales-call" in centre.tasks(order)


def test_A16_complaint(paced: Rehearsal) -> None:
    paced.at("2026-05-06 14:00")
    wang = paced.customer("王伟", "13800000001", owner="lin")
    order = paced.open("re-complaint", wang, channel="phone", content="车库噪音")
    paced.do(order, "refer", "lin", department="物业")
    assert paced.step(order) == "transferred"
    assert paced.due(order) == "05-14 00:00"
    assert paced.tasks(order)["guide-customer"] == ["05-07 00:00"]
    paced.at("2026-05-12 10:00")
    paced.do(order, "property-answer", result="已加装隔音")
    assert paced.due(order) == "05-14 00:00"
    paced.do(order, "satisfied", "lin", score="4")
    assert paced.step(order) == "archived"
    assert "file-complaint" in paced.tasks(order)
    other = paced.open("re-complaint", wang, channel="visit", content="态度差", against_agent="lin")
    said = paced.refused(other, "take", "lin", belongs_to_sales="yes", measures="-")
    assert said == "The agent complained about cannot handle it."


def test_A18_leads(paced: Rehearsal) -> None:
    paced.at("2026-03-02 10:00")
    jing = paced.customer("陈静", "13800000080", owner="lin")
    lead = paced.open("re-lead", jing, start="log-call", heard_from="网络")
    paced.do(lead, "book-visit", visit_at="2026-03-04 10:00")
    assert paced.messages(lead)["visit-reminder"] == ["03-03 10:00", "03-04 08:00"]
    paced.at("2026-03-05 10:00")
    paced.do(lead, "call-again", heard_from="回访")
    assert paced.step(lead) == "called"
    paced.do(lead, "book-visit", visit_at="2026-03-06 10:00")
    paced.at("2026-03-07 10:00")
    paced.do(lead, "call-again", heard_from="回访")
    paced.do(lead, "book-visit", visit_at="2026-03-08 10:00")
    paced.cron("2026-03-09 00:00")
    assert paced.step(lead) == "following"
    profile = paced.rows(ReLeadProfile, customer_id=jing)[0]
    assert (profile.grade, profile.protected_until.isoformat()) == ("D", "2026-04-06")
    paced.cron("2026-04-06 23:59")
    assert paced.step(lead) == "following"
    paced.cron("2026-04-07 00:00")
    assert paced.step(lead) == "pool"
    paced.at("2026-04-10 09:00")
    paced.rota("sign_in", "zhou")
    paced.do(lead, "visit-again", "sun")
    assert paced.customer_row(jing).owner_id == paced.ids["zhou"]


@pytest.mark.parametrize(
    ("what", "agent", "said"),
    [
        ("sign_in", "lin", "林静 is signed in since 08:30."),
        ("ready", "zhou", "周凯 has not signed in."),
        ("take", "lin", "No visitor waits for 林静."),
    ],
)
def test_refusals_of_the_rota(centre: Rehearsal, what: str, agent: str, said: str) -> None:
    centre.at("2026-03-02 08:30")
    centre.rota("sign_in", "lin")
    with pytest.raises(Refused) as caught:
        centre.rota(what, agent)
    assert caught.value.sentence.to("en") == said


def test_a_lost_customer_who_walks_in_belongs_to_who_receives_him(centre: Rehearsal) -> None:
    centre.at("2026-03-01 09:00")
    who = centre.customer("陈静", "13800000051", owner="lin")
    lead = centre.open("re-lead", who, "lin", start="log-call", heard_from="网络")
    centre.do(lead, "lose", reason="price")
    centre.at("2026-04-20 08:30")
    centre.rota("sign_in", "zhou")
    centre.rota("sign_in", "he")
    centre.do(lead, "visit-again", "sun")
    assert visit_of(centre, lead) == ("zhou", "turn")
    centre.cron("2026-04-20 08:34")
    assert visit_of(centre, lead) == ("he", "turn")
    cadence = centre.rows_of_flow("re-nurture")[0]
    owners = {centre.order(lead).owner_id, centre.order(cadence).owner_id, centre.customer_row(who).owner_id}
    assert owners == {centre.ids["he"]}


def test_a_visit_of_a_won_customer_is_passed_on_at_its_minute(centre: Rehearsal) -> None:
    """He comes to Lin, who has sold to him; Lin is silent for three minutes, then Zhou covers, then He does."""
    centre.at("2026-03-01 09:00")
    lead = centre.open(
        "re-lead", centre.customer("王伟", "13800000001", owner="lin"), "lin", start="log-call", heard_from="网络"
    )
    centre.rota("sign_in", "lin")
    centre.do(lead, "visit-again", "sun")
    centre.rota("take", "lin")
    centre.do(lead, "finish-visit", "lin", wants="3室", budget="1300000", grade="A")
    centre.at("2026-03-07 11:00")
    centre.do(lead, "choose-unit", unit="3-1-1502")
    sub = centre.child(lead, "subscription")
    centre.do(sub, "confirm-control")
    centre.do(sub, "submit-draft", buyers=BUYER, home_count="first", pay_way="lump")
    centre.do(sub, "customer-signs")
    centre.do(sub, "approve-letter")
    centre.do(sub, "receive-deposit", amount="20000", method="cash")
    centre.at("2026-03-08 09:00")
    for login in ("lin", "zhou", "he"):
        centre.rota("sign_in", login)
    centre.do(lead, "visit-again", "sun")
    assert (centre.step(lead), visit_of(centre, lead)) == ("won", ("lin", "own"))
    centre.cron("2026-03-08 09:03")
    assert visit_of(centre, lead) == ("lin", "own")
    centre.cron("2026-03-08 09:03:01")
    assert visit_of(centre, lead) == ("zhou", "cover")
    centre.cron("2026-03-08 09:06:01")
    assert visit_of(centre, lead) == ("he", "cover")
    centre.rota("take", "he")
    centre.cron("2026-03-08 10:00")
    assert visit_of(centre, lead) == ("he", "cover")
    assert (centre.step(lead), centre.order(lead).owner_id) == ("won", centre.ids["lin"])
