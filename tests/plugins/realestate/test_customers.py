"""Pipeline and fan stages, whose customer it is, a project's own time zone. Source: realestate.md 3, 4.3 and 5.11."""

from __future__ import annotations

from serviceflow_realestate.rehearsal import Rehearsal
from serviceflow_realestate.replay import Recorder
from serviceflow_realestate.tables import ReCall, ReLeadProfile


def stage(centre: Rehearsal, customer: int) -> tuple[str, str]:
    """Return the pipeline and the fan stage of a customer."""
    profile = centre.rows(ReLeadProfile, customer_id=customer)[0]
    return profile.stage, profile.fan_stage


def test_the_pipeline_goes_forward_by_what_happens(centre: Rehearsal) -> None:
    contract, order = centre.handover()
    who = centre.order(contract).customer_id
    assert who is not None
    assert stage(centre, who) == ("purchase", "trade")
    centre.do(order, "send-notice", start_date="2027-07-20", actual_area="98.50")
    centre.cron("2027-08-20 00:00")
    assert stage(centre, who)[0] == "use"
    centre.do(order, "satisfaction", score="5", said="满意")
    assert stage(centre, who)[0] == "opinion"
    friend = centre.customer("李娜", "13800000077")
    centre.rota("sign_in", "lin")
    centre.open("re-lead", friend, "sun", start="visit-in", referred_by="13800000001")
    assert stage(centre, who)[0] == "word-of-mouth"
    assert stage(centre, friend)[0] == "consideration"


def test_the_manager_sets_a_stage_back_with_a_reason(centre: Rehearsal) -> None:
    centre.at("2026-03-02 10:00")
    who = centre.customer("陈静", "13800000080")
    lead = centre.open("re-lead", who, start="log-call", heard_from="网络")
    centre.rota("sign_in", "lin")
    centre.do(lead, "visit-again", "sun")
    assert stage(centre, who)[0] == "consideration"
    said = centre.refused(lead, "set-stage", "lin", stage="awareness", reason="误登")
    assert "Sales manager" in said
    centre.do(lead, "set-stage", stage="awareness", reason="误登")
    assert stage(centre, who)[0] == "awareness"


def test_a_call_of_a_colleagues_customer_is_logged_and_told(centre: Rehearsal) -> None:
    centre.at("2026-03-02 10:00")
    who = centre.customer("陈静", "13800000080")
    lead = centre.open("re-lead", who, "lin", start="log-call", heard_from="网络")
    done = centre.do(lead, "call-again", "zhou", heard_from="网络")
    assert [w.to("en") for w in done.notes.warnings] == ["Customer belongs to 林静 until 2026-04-01"]
    assert len(centre.rows(ReCall)) == 2
    assert centre.order(lead).owner_id == centre.ids["lin"]
    assert not centre.do(lead, "call-again", "lin", heard_from="网络").notes.warnings


def test_a_deposit_without_a_lead_ends_the_cadence(centre: Rehearsal) -> None:
    centre.at("2026-03-02 10:00")
    who = centre.customer("王伟", "13800000001")
    centre.open("re-lead", who, start="log-call", heard_from="网络")
    nurture = centre.rows_of_flow("re-nurture")[0]
    centre.at("2026-03-07 11:00")
    sub = centre.subscribed(customer=who)
    centre.do(sub, "confirm-control")
    letter = {"buyers": "name=王伟 id=110101198805200012", "home_count": "first", "pay_way": "lump"}
    centre.do(sub, "submit-draft", **letter)
    centre.do(sub, "customer-signs")
    centre.do(sub, "approve-letter")
    centre.do(sub, "receive-deposit", amount="20000", method="cash")
    assert centre.step(nurture) == "converted"


def test_a_project_has_a_time_zone_of_its_own(paced: Recorder) -> None:
    paced.zone("Asia/Urumqi", "CHW")  # two hours later than Shanghai
    paced.at("2026-03-07 11:00")
    sub = paced.briefed()
    assert paced.messages(sub)["signing-reminder"] == ["03-11 12:00", "03-13 12:00"]
    paced.cron("2026-03-15 01:59")
    assert paced.step(sub) == "awaiting-signing"
    paced.cron("2026-03-15 02:00")
    assert paced.step(sub) == "overdue"


def test_an_answer_to_a_touch_protects_the_lead_too(paced: Recorder) -> None:
    paced.at("2026-03-02 10:00")
    lead = paced.open("re-lead", paced.customer("陈静", "13800000080"), start="log-call", heard_from="网络")
    nurture = paced.rows_of_flow("re-nurture")[0]
    paced.at("2026-03-20 10:00")
    paced.do(nurture, "reply", channel="wechat", summary="想看样板房")
    paced.cron("2026-04-19 12:00")
    assert paced.step(lead) == "called"
    paced.cron("2026-04-20 00:00")
    assert paced.step(lead) == "pool"


def test_a_group_is_done_when_each_unit_is_delivered_or_given_up(centre: Rehearsal) -> None:
    centre.setting("group_min_units", "2")
    centre.at("2026-03-07 10:00")
    firm = centre.customer("某某公司", "13800000090", kind="organisation")
    group = centre.open("re-opportunity", firm, start="discover", background="员工团购", buyers="2")
    centre.do(group, "assess", score="80", go="yes")
    centre.do(group, "develop", summary="-")
    centre.do(group, "confirm-needs", summary="-", units="2")
    units = "3-1-1502,3-1-1602"
    centre.do(group, "propose", summary="-", units=units)
    centre.do(group, "quote", percent="3", units=units)
    centre.sign(group, "zhao")
    centre.do(group, "sign-framework", copies="4")
    centre.sign(group, "chen")
    centre.do(group, "start-subscriptions", buyers="unit=3-1-1502 buyer=王伟; unit=3-1-1602 buyer=李娜")
    kept, gone = centre.children(group, "subscription")
    centre.do(gone, "quit", reason="不买")
    centre.do(kept, "confirm-control")
    letter = {"buyers": "name=王伟 id=110101198805200012", "home_count": "first", "pay_way": "lump"}
    centre.do(kept, "submit-draft", **letter)
    assert centre.deal(kept).deal_total == 1_186_531_00  # 1,260,800 × 0.97 × 0.98 × 0.99
    centre.do(kept, "customer-signs")
    centre.do(kept, "approve-letter")
    centre.do(kept, "receive-deposit", amount="20000", method="cash")
    centre.brief(kept)
    contract = centre.signed(kept, "2026-03-12 14:00", first="335959")
    centre.do(contract, "receive-payment", amount="830572", method="transfer")
    centre.do(contract, "file", filing_no="BA-1")
    centre.do(contract, "archive", receiver="王伟")
    centre.cron("2027-06-20 10:00")
    centre.do(contract, "open-handover")
    order = centre.child(contract, "handover")
    centre.do(order, "send-notice", start_date="2027-07-20", actual_area="98.50")
    assert centre.step(group) == "delivering"
    centre.cron("2027-08-20 00:00")
    assert (centre.step(contract), centre.step(group)) == ("delivered", "after-sale")
