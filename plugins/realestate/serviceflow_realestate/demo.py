"""A sales centre on its launch weekend: ``flow demo realestate``.

Scenes are generators that yield the moment they go on at; they are told in order of time, so that the journal of
the demonstration reads like that of a real shop. Every line of it went through the real flows.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from serviceflow.api import MovedClock, Shop, add_customer, run_reminders

from serviceflow_realestate import agreement, inventory, registers, stock
from serviceflow_realestate.rehearsal import Rehearsal, staffed
from serviceflow_realestate.tables import ReChannel, ReMediaMetric, ReProject, ReVisit

Scene = Iterator[datetime]
BUYERS = (
    ("王伟", "110101198805200012"),
    ("李娜", "110101199001010023"),
    ("张敏", "110101198506150035"),
)
FIRST_PHONE = 13_811_110_000


class Stage:
    """The sales centre and today, from which all days are counted."""

    def __init__(self, centre: Rehearsal, now: datetime) -> None:
        self.centre = centre
        self.now = now.astimezone(centre.shop.zone)
        self.people = 0

    def day(self, offset: int) -> date:
        """Return the day so many days from today."""
        return self.now.date() + timedelta(days=offset)

    def at(self, offset: int, clock: str) -> datetime:
        """Return a time of a day, never after now."""
        moment = datetime.combine(self.day(offset), time.fromisoformat(clock), self.now.tzinfo)
        return min(moment, self.now)

    def person(self, name: str, owner: str | None = None) -> int:
        """Enter a customer with the next phone."""
        self.people += 1
        return self.centre.customer(name, str(FIRST_PHONE + self.people), owner=owner)


def project(stage: Stage) -> None:
    """Two buildings of the project: the first one launched eight weeks ago, the second one this weekend."""
    centre = stage.centre
    centre.clock.set(stage.at(-60, "10:00"))
    with centre.shop.write("project") as tx:
        developer = add_customer(tx, name="翠湖置业", kind="organisation")
        made = tx.add(
            ReProject(
                code="CHW",
                name_zh="翠湖湾",
                name_en="Emerald Bay",
                developer_id=developer.id,
                presale_permit_no="YS-01",
                presale_permit_date=stage.day(-62),
                planned_presale_date=stage.day(-62),
                handover_date=stage.day(500),
                collection_account="6222 0000 0000 0001",
            )
        )
        for building in ("3", "5"):
            for floor in range(9, 17):
                for room, area, layout in (("01", 12530, "4室2厅"), ("02", 9850, "3室2厅"), ("03", 8860, "2室2厅")):
                    unit = inventory.add_unit(
                        centre.shop,
                        tx,
                        made,
                        building=building,
                        entrance="1",
                        floor=floor,
                        room=room,
                        gross_area=area,
                        unit_price=1_280_000 + floor * 10_000,
                        layout=layout,
                    )
                    if building == "3":
                        inventory.release(centre.shop, tx, unit, tx.now)
    assert developer.id is not None
    campaign(stage, developer.id)


def campaign(stage: Stage, developer: int) -> None:
    """The campaign of the launch: goals, strategy, two channels with the figures of last month."""
    centre = stage.centre
    order = centre.open("re-campaign", developer, "ying", project="CHW")
    centre.do(order, "set-goal", summary="二期首开", sales="30000000", share="12")
    centre.do(order, "file-analysis", summary="周边三盘在售")
    last_month = f"{stage.day(0).replace(day=1) - timedelta(days=1):%Y-%m}"
    with centre.shop.write("channels") as tx:
        for name, kind, spend in (("朋友圈", "interaction", 8_000_00), ("短视频", "content", 15_000_00)):
            channel = tx.add(ReChannel(name=name, kind=kind))
            figures = {"scale": 5200, "inbound": 180, "answered": 162, "leads": 46, "visits": 15, "trust": 72}
            tx.add(ReMediaMetric(channel_id=channel.id or 0, month=last_month, spend=spend, **figures))
    centre.do(order, "approve-strategy", summary="圈层加短视频", budget="200000")
    centre.sign(order, "chen", "zhao")


def launch(stage: Stage) -> Scene:
    """Three customers register for the second building before it is put up for sale; half of it comes first."""
    centre = stage.centre
    yield stage.at(-3, "15:00")
    for n, unit in enumerate(("5-1-1201", "5-1-1202", "5-1-1103")):
        by = ("lin", "zhou", "he")[n]
        lead = centre.open("re-lead", stage.person(f"老客户{n + 1}", by), by, start="log-call", heard_from="老带新")
        centre.do(lead, "book-visit", by, visit_at=f"{stage.day(-2).isoformat()} 1{n}:00")
        yield stage.at(-2, f"1{n}:00")
        centre.rota("sign_in", by)
        centre.do(lead, "visit-again", "sun")
        centre.rota("take", by)
        centre.do(lead, "finish-visit", by, wants="3室", budget="1500000", grade="A")
        centre.do(lead, "register-internal", by, units=unit)
    yield stage.at(-1, "10:00")
    centre.staff("chen")
    with centre.shop.write("re unit release") as tx:
        for floor in range(9, 13):
            for room in ("01", "02", "03"):
                unit_row = inventory.unit_named(tx, f"5-1-{floor:02}{room}")
                inventory.release(centre.shop, tx, unit_row, tx.now)
    yield stage.at(0, "09:30")
    who = stage.person("钱先生", "zhou")
    centre.staff("zhou")
    with centre.shop.write("re hold") as tx:
        stock.plain_hold(centre.shop, tx, inventory.unit_named(tx, "5-1-1203"), who)


def drafted(stage: Stage, buyer: int, unit: str, by: str, **letter: str) -> int:
    """Start a purchase up to the letter that the customer signs; return the subscription."""
    centre = stage.centre
    name, id_no = BUYERS[buyer % len(BUYERS)]
    order = centre.open("re-subscription", stage.person(name, by), by, unit=unit)
    centre.do(order, "confirm-control")
    buyers = f"name={name} id={id_no} marital=married"
    loan = {"pay_way": "mortgage", "loan": "700000", "years": "25"}
    centre.do(order, "submit-draft", by, buyers=buyers, home_count="first", **(letter or loan))
    centre.do(order, "customer-signs", by)
    return order


def bought(
    stage: Stage, buyer: int, unit: str, start: int, by: str, *, sign_after: int | None = None, **letter: str
) -> Scene:
    """Sell a unit: deposit on the first day, contract some days later, by a loan unless the letter says otherwise."""
    centre = stage.centre
    yield stage.at(start, "10:30")
    order = drafted(stage, buyer, unit, by, **letter)
    yield stage.at(start, "11:20")
    centre.do(order, "approve-letter")
    centre.do(order, "receive-deposit", amount="20000", method="debit", card="工行-1234")
    centre.brief(order)
    if sign_after is None:
        return
    yield stage.at(start + sign_after - 1, "09:30")
    when = stage.at(start + sign_after, "14:00")
    centre.do(order, "book-signing", by, at=when.strftime("%Y-%m-%d %H:%M"))
    contract = centre.child(order, "contract")
    centre.do(contract, "prepare", by)
    yield when
    centre.do(contract, "customer-arrives", by, papers="id-card")
    centre.do(contract, "no-objection", by)
    if centre.step(contract) == "first-payment":
        first = centre.look(order, lambda case: agreement.first_amount(case, agreement.deal_of(case)))
        centre.do(contract, "receive-payment", amount=str(first // 100 - 20_000), method="transfer")
    centre.do(contract, "sign", contract_no=f"HT-{order:03}", handover_date=stage.day(500).isoformat())
    if not letter:
        yield from financed(stage, contract, start + sign_after)


def financed(stage: Stage, contract: int, signed: int) -> Scene:
    """Bring the papers of a loan, file the contract; an old loan is approved and paid out."""
    centre = stage.centre
    yield stage.at(signed, "15:30")
    loan = centre.child(contract, "mortgage")
    centre.papers(loan)
    centre.do(loan, "sign-mortgage", bank="工行")
    yield stage.at(signed + 4, "10:00")
    centre.do(contract, "file", filing_no=f"BA-{contract:03}")
    if signed > -30:
        return
    yield stage.at(signed + 8, "10:00")
    centre.do(contract, "archive", receiver="本人")
    centre.do(loan, "bank-approve", amount="700000", rate="4.9", years="25")
    yield stage.at(signed + 20, "10:00")
    centre.do(loan, "disburse", amount="700000")


def delayed(stage: Stage) -> Scene:
    """A buyer asks for a later signing date; the manager has to decide."""
    centre = stage.centre
    yield from bought(stage, 2, "3-1-1601", -6, "he")
    order = centre.rows_of_flow("re-subscription")[-1]
    yield stage.at(-1, "11:00")
    centre.do(order, "request-delay", "he", reason="出差", requested_date=stage.day(6).isoformat())
    delay = centre.child(order, "delay")
    centre.do(delay, "verified", "he", findings="出差机票已核")
    centre.do(delay, "submit-form", "he")


def held(stage: Stage) -> Scene:
    """A letter waits for the manager, and the agent asks for one more day."""
    centre = stage.centre
    yield stage.at(-1, "15:40")
    order = drafted(stage, 1, "5-1-0902", "zhou")
    yield stage.at(0, "09:10")
    centre.do(order, "extend-hold", "zhou", reason="客户筹款")


def asks_for_more(stage: Stage) -> Scene:
    """A buyer asks for an extra discount that waits for the director."""
    centre = stage.centre
    yield from bought(stage, 1, "3-1-1002", -2, "zhou")
    order = centre.rows_of_flow("re-subscription")[-1]
    yield stage.at(-1, "16:00")
    centre.do(order, "request-discount", "zhou", percent="2", apply_at="contract", reason="团购", leader="赵宏")


def complains(stage: Stage) -> Scene:
    """An owner complains; the matter is the property company's."""
    centre = stage.centre
    yield stage.at(-1, "17:00")
    order = centre.open("re-complaint", stage.person("业主周", "lin"), "lin", channel="phone", content="车库噪声")
    centre.do(order, "refer", "lin", department="物业")


def morning(stage: Stage) -> Scene:
    """Today: agents sign in, visitors come, one does not get an answer in time, one waits for his turn."""
    centre = stage.centre
    for clock, login in (("08:30", "lin"), ("08:35", "zhou"), ("08:40", "he"), ("08:50", "luo")):
        yield stage.at(0, clock)
        centre.rota("sign_in", login)
    for n, clock in enumerate(("09:05", "09:20", "09:40", "10:05", "10:12")):
        yield stage.at(0, clock)
        lead = centre.open("re-lead", stage.person(f"访客{n + 1}"), "sun", start="visit-in", heard_from="开盘活动")
        given = centre.rows(ReVisit, order_id=lead)[-1].agent_id
        agent = centre.names(given) if given is not None else None
        if agent is not None and n != 3:
            centre.rota("take", agent)
        if n < 2 and agent is not None:
            yield stage.at(0, f"{clock[:3]}{int(clock[3:]) + 12:02}")
            centre.do(lead, "finish-visit", agent, wants="3室", budget="1400000", grade="A")


def callers(stage: Stage) -> Scene:
    """Calls of the last days, some with a visit booked."""
    centre = stage.centre
    for n in range(6):
        yield stage.at(-6 + n, "11:00")
        by = ("lin", "zhou", "he", "luo")[n % 4]
        customer = stage.person(f"来电{n + 1}", by)
        lead = centre.open("re-lead", customer, by, start="log-call", heard_from="朋友圈", wants="3室")
        if n % 2:
            centre.do(lead, "book-visit", by, visit_at=f"{stage.day(1 if n > 3 else 0).isoformat()} 15:00")


ROUTINE = ("file-letter", "collect-loan-papers", "follow-up", "invite", "invite-again", "prepare-visit")
"""Tasks that the sales centre of the demonstration does in time."""


def chores(stage: Stage) -> Scene:
    """Do each evening what the staff does as a matter of course, and hand in the registers."""
    centre = stage.centre
    for offset in range(-55, 0):
        yield stage.at(offset, "17:30")
        centre.finish(*ROUTINE, until=stage.at(offset + 1, "23:59"))
        with centre.shop.reading() as tx:
            late = [agent.login for agent in registers.missing(centre.shop, tx, stage.day(offset))]
        for login in late:
            centre.hand_in(login)


def reminded(stage: Stage) -> Scene:
    """Run the reminders: every fourth day at first, in the last week as cron would at the times that matter."""
    for offset in (*range(-55, -7, 4), *range(-7, 1)):
        for clock in ("10:01",) if offset < -1 else ("00:01", "10:01"):
            if datetime.combine(stage.day(offset), time.fromisoformat(clock), stage.now.tzinfo) < stage.now:
                yield stage.at(offset, clock)
                run_reminders(stage.centre.shop)


def live(shop: Shop, clock: MovedClock, now: datetime) -> Sequence[str]:
    """Live through the weeks up to ``now``; return the commands worth trying then."""
    stage = Stage(staffed(shop, clock, keep=shop.staff_id), now)
    project(stage)
    tell(
        stage,
        [
            reminded(stage),
            chores(stage),
            bought(stage, 0, "3-1-1502", -50, "lin", sign_after=5),
            bought(stage, 1, "3-1-1402", -14, "zhou", sign_after=4),
            bought(stage, 2, "3-1-1503", -45, "he", sign_after=4, pay_way="lump"),
            bought(stage, 2, "3-1-1201", -9, "he"),
            bought(stage, 0, "5-1-1101", -1, "lin"),
            launch(stage),
            delayed(stage),
            held(stage),
            asks_for_more(stage),
            complains(stage),
            callers(stage),
            morning(stage),
        ],
    )
    clock.set(now)
    run_reminders(shop)
    return [
        "flow today",
        "flow re board",
        "flow re units",
        "flow re ledger CON-0001",
        "flow sign",
    ]


def tell(stage: Stage, scenes: Sequence[Scene]) -> None:
    """Tell the scenes in order of time."""
    line: list[tuple[datetime, int]] = []
    for n, scene in enumerate(scenes):
        first = next(scene, None)
        if first is not None:
            heapq.heappush(line, (first, n))
    while line:
        moment, n = heapq.heappop(line)
        stage.centre.clock.set(moment)
        following = next(scenes[n], None)
        if following is not None:
            heapq.heappush(line, (following, n))
