"""Reports against numbers computed by hand, for a period and for a day long past. Source: realestate.md section 9."""

from __future__ import annotations

from datetime import date

import pytest
from serviceflow_realestate.first_payment import due_now
from serviceflow_realestate.flows.handover import due_at_handover
from serviceflow_realestate.milestones import MILESTONES
from serviceflow_realestate.rehearsal import BUYER, Rehearsal
from serviceflow_realestate.reports import REPORTS, Period, find_report
from serviceflow_realestate.tables import ReChannel, ReMediaMetric, ReProject

from tests.plugins.walks import remembered

MARCH = (date(2026, 3, 1), date(2026, 3, 31))
APRIL = (date(2026, 4, 1), date(2026, 4, 30))


def figures(centre: Rehearsal, name: str, period: tuple[date, date] = MARCH) -> dict[tuple[str, str], str]:
    """Return a report: (group, figure) → value."""
    with centre.shop.reading() as tx:
        rows = REPORTS[name].make(Period(centre.shop, tx, *period))
    return {(row["group"], row["figure"]): row["value"] for row in rows}


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("funnel", "funnel"),
        ("Sell-through", "sell-through"),
        ("去化率", "sell-through"),
        ("rota fairness", "rota"),
        ("collection-rate", "collection"),
        ("overdue ageing", "ageing"),
        ("回访", "follow-up"),
        ("nonsense", None),
        ("", None),
    ],
)
def test_a_report_is_found_by_key_or_title(typed: str, key: str | None) -> None:
    assert find_report(typed) == key


def test_an_empty_centre_has_every_report(centre: Rehearsal) -> None:
    centre.at("2026-03-31 20:00")
    assert figures(centre, "sell-through")["", "count"] == "0.0 % (0/4)"
    for name in REPORTS:
        figures(centre, name)


@pytest.fixture
def march(centre: Rehearsal) -> Rehearsal:
    month(centre)
    return centre


@remembered
def month(centre: Rehearsal) -> None:
    """Live a month of the sales centre.

    Three people call Lin (甲 of the newspaper, twice; 乙 and 丙 of the web), 甲 and 乙 come, 甲 buys 3-1-1502 by a loan
    and signs in time; 丁 walks in at Zhou's and subscribes 5-2-0801 by a lump sum, whose signing he delays.
    """
    centre.at("2026-03-02 08:30")
    for login in ("lin", "zhou"):
        centre.rota("sign_in", login)
    leads = {}
    for name, phone, heard in (
        ("甲", "13800000021", "报纸"),
        ("乙", "13800000022", "网络"),
        ("丙", "13800000023", "网络"),
    ):
        leads[name] = centre.open(
            "re-lead", centre.customer(name, phone, owner="lin"), start="log-call", heard_from=heard
        )
    centre.do(leads["甲"], "call-again", heard_from="报纸")
    centre.at("2026-03-02 09:00")
    visit(centre, leads["甲"], "lin")
    centre.at("2026-03-03 09:00")
    centre.rota("sign_in", "lin")
    visit(centre, leads["乙"], "lin")
    walk_in = centre.customer("丁", "13800000024")
    centre.rota("sign_in", "zhou")
    leads["丁"] = centre.open("re-lead", walk_in, "sun", start="visit-in", heard_from="路过", ask="zhou")
    centre.rota("take", "zhou")
    centre.do(leads["丁"], "finish-visit", "zhou", wants="4室", budget="2000000", grade="A")
    centre.at("2026-03-07 11:00")
    first = bought(centre, leads["甲"], "3-1-1502", "lin")
    second = bought(centre, leads["丁"], "5-2-0801", "zhou", pay_way="lump")
    for order in (first, second):
        centre.brief(order)
    contract = centre.signed(first, "2026-03-12 14:00", first="355710")
    centre.papers(centre.child(contract, "mortgage"))
    centre.do(centre.child(contract, "mortgage"), "sign-mortgage", bank="工行")
    centre.at("2026-03-13 10:00")
    centre.do(second, "request-delay", "zhou", reason="出差", requested_date="2026-03-25")
    delay = centre.child(second, "delay")
    centre.do(delay, "verified", findings="属实")
    centre.do(delay, "submit-form")
    centre.do(delay, "approve")
    centre.do(delay, "execute")
    centre.at("2026-03-24 10:00")
    centre.do(centre.child(contract, "mortgage"), "bank-approve", amount="860000", rate="4.9", years="30")
    centre.do(contract, "file", filing_no="BA-1")
    centre.do(contract, "archive", receiver="甲")
    centre.at("2026-03-31 20:00")


def visit(centre: Rehearsal, lead: int, by: str) -> None:
    """Let a customer of an agent come and go."""
    centre.do(lead, "visit-again", "sun")
    centre.rota("take", by)
    centre.do(lead, "finish-visit", by, wants="3室", budget="1300000", grade="B")


def bought(centre: Rehearsal, lead: int, unit: str, by: str, **letter: str) -> int:
    """Take a lead to the paid deposit of a unit; return the subscription."""
    centre.do(lead, "choose-unit", by, unit=unit)
    order = centre.child(lead, "subscription")
    centre.do(order, "confirm-control")
    loan = {} if "pay_way" in letter else {"pay_way": "mortgage", "loan": "860000", "years": "30"}
    centre.do(order, "submit-draft", by, buyers=BUYER, home_count="first", **{**loan, **letter})
    centre.do(order, "customer-signs", by)
    centre.do(order, "approve-letter")
    centre.do(order, "receive-deposit", amount="20000", method="transfer")
    return order


LIN, ZHOU = "林静", "周凯"
EXPECTED = [
    ("sell-through", "", "count", "50.0 % (2/4)"),
    ("sell-through", "", "total", "67.5 % (2,952,350.00/4,373,000.00)"),
    ("inventory", "signed", "signed/3/-", "1 · 1,260,800.00"),
    ("inventory", "available", "available/3/-", "1 · 1,270,650.00"),
    ("funnel", "all", "calls", "4"),
    ("funnel", "all", "visits", "3 · 75.0 %"),
    ("funnel", "all", "subscriptions", "2 · 66.7 %"),
    ("funnel", "all", "contracts", "1 · 50.0 %"),
    ("funnel", LIN, "visits", "2 · 50.0 %"),
    ("funnel", ZHOU, "subscriptions", "1 · 100.0 %"),
    ("funnel", "报纸", "calls", "2"),
    ("funnel", "网络", "visits", "1 · 50.0 %"),
    ("funnel", "路过", "subscriptions", "1 · 100.0 %"),
    ("call-to-visit", "", "call-to-visit", "66.7 % (2/3)"),
    ("on-time", "", "on-time-signing", "50.0 % (1/2)"),
    ("changes", "", "delay", "50.0 % (1/2)"),
    ("changes", "", "forfeit", "0.0 % (0/2)"),
    ("discount", "", "average-discount", "1.99 %"),  # 1 - 1,235,710 / 1,260,800
    ("collection", "", "period", "105.3 % (395,710.00/375,710.00)"),  # 20,000 + 355,710 + 20,000 of line 1
    ("collection", "", "cumulative", "30.4 % (375,710.00/1,235,710.00)"),
    ("loan", "", "sign-approve", "12.0"),
    ("loan", "", "refusals", "0.0 % (0/1)"),
    ("agents", LIN, "receptions", "2"),
    ("agents", LIN, "conversion", "50.0 % (1/2)"),
    ("agents", LIN, "contracts", "1,235,710.00"),
    ("agents", LIN, "collection", "375,710.00"),
    ("agents", ZHOU, "collection", "20,000.00"),
    ("cash", "2026-05", "open", "860,000.00"),
    ("stages", "pipeline", "awareness", "1"),
    ("stages", "pipeline", "consideration", "1"),
    ("stages", "pipeline", "purchase", "2"),
    ("stages", "fans", "trade", "2"),
    ("rota", "2026-03-02", "spread", "0"),
    ("rota", "2026-03-03", "spread", "1"),
]


def test_the_figures_of_a_month(march: Rehearsal) -> None:
    reports = {name: figures(march, name) for name in REPORTS}
    wrong = [(name, key, figure, value, reports[name].get((key, figure))) for name, key, figure, value in EXPECTED
             if reports[name].get((key, figure)) != value]  # fmt: skip
    assert wrong == []


def test_a_past_day_is_told_as_it_was(march: Rehearsal) -> None:
    until_the_sixth = (date(2026, 3, 1), date(2026, 3, 6))
    assert figures(march, "sell-through", until_the_sixth)["", "count"] == "0.0 % (0/4)"
    assert figures(march, "funnel", until_the_sixth)["all", "subscriptions"] == "0 · 0.0 %"
    assert figures(march, "inventory", until_the_sixth)["available", "available/3/-"] == "2 · 2,531,450.00"
    assert figures(march, "cash", until_the_sixth) == {}
    until_the_tenth = (date(2026, 3, 7), date(2026, 3, 10))
    assert figures(march, "sell-through", until_the_tenth)["", "count"] == "50.0 % (2/4)"
    assert figures(march, "collection", until_the_tenth)["", "period"] == "-"
    before = (date(2026, 1, 1), date(2026, 1, 31))
    assert figures(march, "sell-through", before)["", "count"] == "-"


def test_late_lines_by_age_with_damages(january: Rehearsal) -> None:
    """A10: the second line of 502,391 fell due on 03-31; 202,391 of it came on 04-10."""
    january.pace = "never"
    contract = january.instalments()
    january.at("2026-04-10 10:00")
    january.do(contract, "receive-payment", amount="202391", method="transfer")
    january.at("2026-05-20 10:00")
    ages = figures(january, "ageing", (date(2026, 4, 1), date(2026, 4, 15)))
    assert ages["15-29 days", "open"] == "300,000.00"
    assert ages["15-29 days", "damages"] == "1,957.17"
    ages = figures(january, "ageing", (date(2026, 4, 1), date(2026, 4, 9)))
    assert ages["7-14 days", "open"] == "502,391.00"
    assert ages["7-14 days", "damages"] == "1,356.46"  # 9 days x 502,391 x 0.0003 = 1,356.4557
    assert figures(january, "cash", APRIL) == {
        ("2026-04", "open"): "300,000.00",
        ("2026-05", "open"): "502,391.00",
        ("2026-07", "open"): "167,462.00",
        ("all", "total"): "969,853.00",
    }
    assert figures(january, "collection", APRIL)["", "cumulative"] == "42.1 % (704,782.00/1,674,635.00)"


def test_channels_and_campaigns(march: Rehearsal) -> None:
    with march.shop.write("channel") as tx:
        paper = tx.add(ReChannel(name="报纸", kind="content"))
        for month, trust, spend in (("2026-02", 60, 0), ("2026-03", 72, 12_000_00)):
            kept = {"scale": 400, "inbound": 50, "answered": 40, "leads": 8, "visits": 2}
            tx.add(ReMediaMetric(channel_id=paper.id or 0, month=month, spend=spend, trust=trust, **kept))
    shown = figures(march, "media")
    assert {figure: value for (_, figure), value in shown.items()} == {
        "scale": "400",
        "service": "80.0 % (40/50)",
        "leads": "2.0 % (8/400)",
        "visits": "25.0 % (2/8)",
        "lead-cost": "1,500.00",
        "contract-cost": "12,000.00",
        "trust": "72 (+12)",
    }
    developer = march.customer("开发商", "13800000099", kind="organisation")
    march.at("2026-04-01 10:00")
    campaign = march.open("re-campaign", developer, "ying", project="CHW")
    march.do(campaign, "set-goal", summary="-", sales="50000000", share="20")
    assert figures(march, "campaigns", APRIL)[march.order(campaign).number, "sales"].startswith(
        "0.0 % (0.00/50,000,000"
    )


def test_touches_that_went_out_and_what_came_of_them(centre: Rehearsal) -> None:
    """甲 agreed to marketing, answers after a week and comes after twenty days; 乙 did not agree: nothing went out."""
    centre.at("2026-03-02 09:00")
    first = centre.customer("甲", "13800000021", owner="lin")
    centre.consent(first, "sms")
    lead = centre.open("re-lead", first, start="log-call", heard_from="网络")
    centre.open("re-lead", centre.customer("乙", "13800000022", owner="lin"), start="log-call", heard_from="网络")
    centre.at("2026-03-09 10:00")
    centre.do(centre.rows_of_flow("re-nurture")[0], "reply", channel="sms", summary="想看看")
    centre.at("2026-03-22 10:00")
    centre.do(lead, "visit-again", "sun")
    assert figures(centre, "nurture") == {
        ("touch-first", "sent"): "1",
        ("touch-first", "replied"): "100.0 % (1/1)",
        ("touch-first", "visited"): "0.0 % (0/1)",
    }


def test_follow_ups_in_time_by_agent_and_grade(centre: Rehearsal) -> None:
    centre.at("2026-03-02 09:00")
    lead = centre.open(
        "re-lead", centre.customer("甲", "13800000021", owner="lin"), start="log-call", heard_from="报纸"
    )
    centre.rota("sign_in", "lin")
    centre.do(lead, "visit-again", "sun")
    centre.rota("take", "lin")
    centre.do(lead, "finish-visit", wants="3室", budget="1", grade="A")
    centre.at("2026-03-03 08:00")
    centre.do(lead, "follow-up", channel="phone", summary="-", effective="yes", grade="B")
    centre.at("2026-03-20 08:00")
    centre.do(lead, "follow-up", channel="phone", summary="-", effective="yes", grade="B")
    assert figures(centre, "follow-up") == {(LIN, "grade-A"): "100.0 % (1/1)", (LIN, "grade-B"): "0.0 % (0/2)"}


def test_complaints_answered_and_resolved_in_time(centre: Rehearsal) -> None:
    centre.at("2026-03-02 09:00")
    wang = centre.customer("王伟", "13800000001", owner="lin")
    for came, took, resolved, score in (
        ("02 09:00", "02 20:00", "05 23:00", "5"),
        ("06 09:00", "07 10:00", "10 09:00", "2"),
    ):
        centre.at(f"2026-03-{came}")
        order = centre.open("re-complaint", wang, channel="phone", content="噪声")
        centre.at(f"2026-03-{took}")
        centre.do(order, "take", belongs_to_sales="yes", measures="处理")
        centre.at(f"2026-03-{resolved}")
        centre.do(order, "resolve", result="已处理")
        centre.do(order, "satisfied", score=score)
    assert figures(centre, "complaints") == {
        ("", "answered"): "50.0 % (1/2)",
        ("", "resolved"): "50.0 % (1/2)",
        ("", "score"): "3.5",
    }


def noticed(centre: Rehearsal, *units: str) -> list[int]:
    """Sell units for lump sums on 2026-03-12; return their handovers, noticed on 2027-06-20 for 2027-07-20."""
    centre.at("2026-03-07 11:00")
    buyers = [centre.customer("王伟", f"1380000008{n}") for n in range(len(units))]
    lump = {"pay_way": "lump", "loan": "", "years": ""}
    subs = [centre.briefed(unit, who, **lump) for unit, who in zip(units, buyers, strict=True)]
    contracts = []
    for n, sub in enumerate(subs):
        contract = centre.at_terms(sub, f"2026-03-12 14:0{n}")
        centre.do(contract, "no-objection")
        pay_all(centre, contract)
        centre.do(contract, "sign", contract_no=f"HT-{n}", handover_date="2027-06-30")
        pay_all(centre, contract)
        centre.do(contract, "file", filing_no=f"BA-{n}")
        centre.do(contract, "archive", receiver="王伟")
        contracts.append(contract)
    centre.cron("2027-06-20 10:00")
    found: list[int] = []
    for contract in contracts:
        centre.do(contract, "open-handover")
        order = centre.child(contract, "handover")
        area = centre.unit(units[len(found)]).gross_area
        centre.do(order, "send-notice", start_date="2027-07-20", actual_area=f"{area / 100:.2f}")
        found.append(order)
    return found


def pay_all(centre: Rehearsal, contract: int) -> None:
    """Pay what can be paid of a contract now."""
    rest = centre.look(contract, lambda case: due_now(case, "price"))
    if rest:
        centre.do(contract, "receive-payment", amount=str(rest // 100), method="transfer")


def keys(centre: Rehearsal, handover: int) -> int:
    """Hand over the keys; return the title work, its papers complete and with the bureau."""
    centre.do(handover, "sign-keys", meters="-", keys="6")
    title = centre.child(centre.order(handover).parent_id or 0, "title")
    centre.do(title, "docs-complete", owner_file="yes", invoice="yes", id_copies="yes")
    centre.do(title, "submit", acceptance_no=f"SL-{handover}")
    return title


def test_handovers_repairs_and_deeds(centre: Rehearsal) -> None:
    """1502 is repaired twice, in 5 and in 2 days; 1602 is accepted at once; for the parking place nobody comes.

    Deeds are due 90 days after delivery: 1602 of 07-20 on 10-18, 1502 of 07-28 on 10-26, B117 of 08-19 on 11-17.
    """
    repaired, passed, _ = noticed(centre, "3-1-1502", "3-1-1602", "P1-1-B117")
    centre.at("2027-07-20 09:00")
    for order in (repaired, passed):
        centre.do(order, "customer-arrives", id_seen="yes")
        due = centre.look(order, due_at_handover)
        centre.do(order, "fees-paid", amount=f"{due / 100:.2f}", method="transfer")
    centre.do(passed, "accept")
    deed_late = keys(centre, passed)
    centre.do(repaired, "defects", defects="place=客厅 text=划痕; place=卧室 text=空鼓")
    centre.at("2027-07-25 09:00")
    centre.do(repaired, "fixed", fixed="all")
    centre.do(repaired, "reinspect")
    centre.at("2027-07-26 09:00")
    centre.do(repaired, "defects", defects="place=阳台 text=渗水")
    centre.at("2027-07-28 17:00")
    centre.do(repaired, "accept-with-list")
    deed_in_time = keys(centre, repaired)
    centre.cron("2027-08-21 08:00")
    july, august = (date(2027, 7, 1), date(2027, 7, 31)), (date(2027, 8, 1), date(2027, 8, 31))
    assert figures(centre, "handover", july) == {
        ("", "first-pass"): "50.0 % (1/2)",
        ("", "repair-days"): "3.5",
        ("", "deemed"): "0.0 % (0/2)",
    }
    assert figures(centre, "handover", (july[0], date(2027, 7, 27)))["", "repair-days"] == "5.0"
    assert figures(centre, "handover", august) == {
        ("", "first-pass"): "-",
        ("", "repair-days"): "-",
        ("", "deemed"): "100.0 % (1/1)",
    }
    assert figures(centre, "handover", (july[0], august[1]))["", "deemed"] == "33.3 % (1/3)"
    for title, day in ((deed_late, "2027-10-19"), (deed_in_time, "2027-10-26")):
        centre.at(f"{day} 10:00")
        centre.do(title, "issue", deed_no=f"CQ-{title}")
    centre.at("2027-12-01 10:00")
    october, november = (date(2027, 10, 1), date(2027, 10, 31)), (date(2027, 11, 1), date(2027, 11, 30))
    assert figures(centre, "title", october) == {("", "title-in-time"): "50.0 % (1/2)"}
    assert figures(centre, "title", november) == {("", "title-in-time"): "0.0 % (0/1)"}
    assert figures(centre, "title", (july[0], november[1])) == {("", "title-in-time"): "33.3 % (1/3)"}
    assert figures(centre, "title", august) == {("", "title-in-time"): "-"}


def test_milestones_ready_and_late(centre: Rehearsal) -> None:
    """Presale on 2026-08-10: the second milestone is due four months before, on 04-10, and passed on 04-30."""
    with centre.shop.write("planned") as tx:
        tx.change(tx.all(ReProject)[0], planned_presale_date=date(2026, 8, 10))
    centre.at("2026-03-02 10:00")
    order = centre.open("re-project", centre.customer("开发商", kind="organisation"), "ying", project="CHW")

    def tick(milestone: str, *but: str) -> None:
        for _, _, required, items in MILESTONES[milestone]:
            for key, _, _ in items:
                if key not in but:
                    centre.do(order, "tick", item=key, level=required)

    tick("m1-structure", "uniforms")
    centre.do(order, "waive", "chen", item="uniforms", reason="不需要")
    ready = figures(centre, "milestones")
    assert ready["CHW m1-structure", "ready"] == "95.8 % (23/24)"
    centre.sign(order, "zhao")
    centre.do(order, "pass")
    centre.do(order, "tick", item="site-image", level="started")  # complete is asked for
    centre.do(order, "tick", item="show-flat-works", level="final")  # started is asked for
    centre.at("2026-04-30 10:00")
    shown = figures(centre, "milestones", (date(2026, 4, 1), date(2026, 4, 25)))
    assert shown == {
        ("CHW m1-structure", "ready"): "100.0 % (24/24)",
        ("CHW m2-ten-floors", "ready"): "14.3 % (1/7)",
        ("CHW m2-ten-floors", "late"): "15",
        ("CHW m3-presale", "ready"): "0.0 % (0/5)",
        ("CHW m4-topped-out", "ready"): "0.0 % (0/3)",
        ("CHW m5-delivery", "ready"): "0.0 % (0/2)",
    }
    assert figures(centre, "milestones", (date(2026, 4, 1), date(2026, 4, 10)))["CHW m2-ten-floors", "late"] == "0"
    tick("m2-ten-floors", "show-flat-works")
    centre.do(order, "pass")
    centre.at("2026-05-31 10:00")
    shown = figures(centre, "milestones", (date(2026, 5, 1), date(2026, 5, 31)))
    assert shown["CHW m2-ten-floors", "late"] == "20"
    assert shown["CHW m3-presale", "late"] == "0"


def test_a_day_of_the_rota(centre: Rehearsal) -> None:
    """Lin two turns, Zhou one and one missed, He came at noon and does not count; 丙 waited six minutes."""
    centre.at("2026-03-02 08:30")
    for login in ("lin", "zhou"):
        centre.rota("sign_in", login)
    for clock, name, agent in (("09:00", "甲", "lin"), ("09:01", "乙", None)):
        centre.at(f"2026-03-02 {clock}")
        lead = centre.open("re-lead", centre.customer(name, f"1380000003{clock[-1]}"), "sun", start="visit-in")
        if agent:
            centre.rota("take", agent)
            first = lead
    centre.at("2026-03-02 09:10")
    centre.do(first, "finish-visit", "lin", wants="3室", budget="1", grade="D")
    centre.rota("take", "lin")
    assert centre.turns() == {"lin": (2, "receiving"), "zhou": (1, "break")}
    centre.at("2026-03-02 12:00")
    centre.rota("sign_in", "he")
    shown = figures(centre, "rota")
    assert shown["2026-03-02", "spread"] == "1"
    assert shown["2026-03-02", "missed"] == "1"
    assert shown["2026-03-02", "waiting"] == "4.5"
    assert shown["2026-03-02", "longest"] == "9"
