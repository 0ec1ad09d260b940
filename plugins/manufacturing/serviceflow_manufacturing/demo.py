"""Six weeks in the life of a factory, up to a manager's morning: ``flow demo manufacturing``.

Everything went through the real flows, told in order of time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from serviceflow.api import FlowError, MovedClock, Shop, Tx, is_open, run_reminders, table_of

from serviceflow_manufacturing.rehearsal import SHANGHAI, Rehearsal, staffed
from serviceflow_manufacturing.rules import workdays
from serviceflow_manufacturing.tables import MfgCalendar, MfgExperience, MfgMilestone, MfgReceivable

Scene = tuple[int, str, Callable[[], None]]
"""Workdays before today, time of day, what happens."""
TICKS = dict.fromkeys(("style", "sizes", "material", "packing", "delivery"), "yes")
CHECKED = dict.fromkeys(("lines", "qty", "consignee", "address", "marks"), "yes")


class Factory:
    """The factory of the demonstration and today, from which all days are counted."""

    def __init__(self, factory: Rehearsal, until: datetime) -> None:
        self.factory = factory
        self.until = until.astimezone(SHANGHAI)
        self.known: dict[str, int] = {}

    def day(self, back: int) -> date:
        """Return the workday so many workdays before today (after it when negative)."""
        with self.factory.shop.reading() as tx:
            calendar = self.factory.shop.calendar(workdays.KEY, tx)
            return workdays.plus(calendar, self.until.date(), -back) if back else self.until.date()

    # -- scenes ----------------------------------------------------------------------------------------------

    def contract(self, name: str, customer: str, lines: str, ahead: int, **more: str) -> None:
        """Draft a contract whose delivery is so many days ahead, and submit it."""
        delivery = (self.until.date() + timedelta(days=ahead)).isoformat()
        order = self.factory.order_of(self.factory.customer(customer), lines, delivery, **more)
        self.factory.do(order, "submit-review", "lin")
        self.known[name] = order

    def signed(self, name: str, number: str) -> None:
        """Let everybody sign the review, then the customer the contract; the departments acknowledge."""
        order, today = self.known[name], self.today()
        self.factory.pass_general(order)
        self.factory.do(order, "sign-contract", contract_no=number, signed_on=today, customer_signer="总经理")
        self.factory.distribute(order, f"K3-{number}")

    def followed(self, name: str) -> None:
        """Plan an order and start to follow it up."""
        order = self.known[name]
        self.factory.do(order, "make-plan")
        self.factory.do(order, "confirm-details", line_no="1", **TICKS)
        self.factory.do(order, "start-follow-up")

    def supplied(self, name: str) -> None:
        """Enter what an order needs: the customer sends the fabric, buttons are bought and ordered."""
        order = self.known[name]
        self.factory.do(order, "set-material", "du", code="FAB-01", name="面料", origin="customer", per_piece="1.65",
                        waste_percent="3")  # fmt: skip
        self.factory.do(order, "set-material", "du", code="BTN-01", name="纽扣", origin="bought", per_piece="4",
                        unit="粒")  # fmt: skip
        self.factory.do(order, "send-material-sheet", "du")
        self.factory.do(order, "order-material", "pan", code="BTN-01", po_no="CG-1001", ordered_on=self.today())

    def dispatched(self, name: str, qty: int) -> None:
        """Ship everything of an order, checked by a second person."""
        order, today = self.known[name], self.today()
        self.factory.do(order, "new-shipment", lines=f"line_no=1 qty={qty}", planned_on=today)
        shipment = self.factory.child(order, "shipment")
        for kind in ("delivery-note", "quality-certificate"):
            self.factory.do(shipment, "set-doc", kind=kind, no=f"{kind}-1", date=today)
        self.factory.do(shipment, "hand-to-check", "qin", packages="20")
        self.factory.do(shipment, "check-ok", "fu", **CHECKED)
        self.factory.do(shipment, "dispatch", "qin", dispatched_on=today, carrier="德邦", waybill="DB1001", last="yes")
        self.known[f"{name} shipment"] = shipment

    def delivered(self, name: str) -> None:
        """Confirm the delivery of an order's shipment."""
        shipment = self.known[f"{name} shipment"]
        self.factory.do(shipment, "confirm-delivery", delivered_on=self.today(), receiver="收货员")

    def milestones(self, name: str, leave: str) -> None:
        """Do what was planned by today, but one milestone that is late now."""
        order = self.known[name]
        rows = self.factory.rows(MfgMilestone, order_id=order)
        for row in sorted(rows, key=lambda m: m.planned_on):
            if row.planned_on < self.factory.clock.now().astimezone(SHANGHAI).date() and row.key != leave:
                try:
                    self.factory.do(order, "done-milestone", "du", key=row.key, done_on=row.planned_on.isoformat())
                except FlowError:  # it waits for the one that is late
                    continue

    def meeting(self) -> None:
        """Hold the meeting about the foreign order; three have signed."""
        order = self.known["nordwind"]
        at = self.factory.clock.now().astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
        self.factory.do(order, "convene", "wang", meeting_at=at, place="一号会议室")
        for login in ("wang", "zhou", "sun"):
            self.factory.sign(order, login, opinion="同意")

    def foreign(self) -> None:
        """Submit a foreign order for review."""
        delivery = (self.until.date() + timedelta(days=75)).isoformat()
        customer = self.factory.customer("Nordwind GmbH", region="abroad", grade="key")
        order = self.factory.order_of(customer, "product=JK-01 spec=S-XL qty=200 unit_price=100", delivery,
                                      form="email", currency="EUR", rate="7.80")  # fmt: skip
        self.factory.do(order, "confirm-product", lines="line_no=1 regular=yes tech_review_needed=no")
        self.factory.do(order, "submit-review", "lin")
        self.known["nordwind"] = order

    def amended(self) -> None:
        """Ask for more pieces of an order in production."""
        order = self.known["hengyuan"]
        self.factory.do(order, "start-amendment", "lin", origin="customer", reason="追加数量")
        change = self.factory.child(order, "amendment")
        self.factory.do(change, "edit-change", "lin", lines="line_no=1 qty=1200")
        self.known["change"] = change

    def quoted(self, name: str, mode: str) -> None:
        """Register an enquiry and start costing it; a quick one is priced and sent."""
        enquiry = self.factory.open(
            "mfg-enquiry", self.factory.customer(name), lines="text=夹克 category=jacket qty=800"
        )
        self.factory.do(enquiry, "start-costing", "lin", mode=mode)
        if mode == "quick":
            self.factory.do(enquiry, "quick-price", "wang", prices="line=1 price=128", reason="参照上月")
            self.factory.do(enquiry, "send-quote", "lin", channel="email", sent_on=self.today())

    def sampled(self) -> None:
        """Make a garment sample and send it."""
        deadline = (self.until.date() + timedelta(days=12)).isoformat()
        sample = self.factory.open("mfg-sample", self.factory.customer("华美服饰"), by="du", kind="garment",
                                   text="连帽夹克样", deadline=deadline)  # fmt: skip
        self.factory.do(sample, "notice-sample", "du", planned_on=self.today())
        self.factory.do(sample, "finish-sample", "sun", finished_on=self.today())
        self.factory.do(sample, "send-sample", "du", sent_on=self.today(), carrier="顺丰")

    def entries(self) -> None:
        """Enter two stock orders of this morning; one is checked."""
        for n, name in enumerate(("王芳", "李静")):
            order = self.factory.open(
                "mfg-entry", self.factory.customer(name), by="lu", source_ref=f"T{n + 1}",
                lines="product=CAP-02 qty=5 price=39", consignee=name, phone=f"1380000000{n}", address="花园路 12 号",
                cod_amount="195")  # fmt: skip
            if n == 0:
                self.factory.do(order, "entry-ok", "fu")

    def complained(self) -> None:
        """Take a complaint about the shipped order."""
        order = self.factory.order(self.known["hongda"])
        complaint = self.factory.open("mfg-complaint", order.customer_id, by="ke", order=order.number, kind="quality",
                                      text="两件线头未剪净")  # fmt: skip
        self.factory.do(complaint, "pass-complaint", "ke", department="quality")

    def phoned(self) -> None:
        """Write down a phone order that the sales manager has passed."""
        delivery = (self.until.date() + timedelta(days=40)).isoformat()
        now = self.factory.clock.now().astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
        order = self.factory.open("mfg-order", self.factory.customer("顺达商贸"), form="phone", delivery_date=delivery,
                                  lines="product=CAP-02 spec=均码 qty=300 unit_price=39", packing="纸箱",
                                  quality_standard="GB/T")  # fmt: skip
        self.factory.conform(order)
        self.factory.do(order, "phone-record", "lin", caller="钱经理", called_at=now, product="CAP-02", spec="均码",
                        qty="300", price="39", packing="纸箱", quality="GB/T", delivery_date=delivery)  # fmt: skip
        self.factory.do(order, "submit-review", "lin")
        self.factory.sign(order, "wang", opinion="同意")

    def deposit(self, name: str) -> None:
        """Take the deposit of an order."""
        order = self.known[name]
        row = next(r for r in self.factory.rows(MfgReceivable, order_id=order) if r.anchor == "sign")
        self.factory.do(order, "pay", "gao", receivable=str(row.id), amount=f"{row.amount / 100:.2f}", on=self.today(),
                        receipt=f"R-{name}")  # fmt: skip

    def today(self) -> str:
        """Return the day the clock shows."""
        return self.factory.clock.now().astimezone(SHANGHAI).date().isoformat()

    def scenes(self) -> list[Scene]:
        """Return what happens, in order of time."""
        terms = "定金:30@sign, 余款:70@dispatch"
        jacket = "product=JK-01 spec=S-XL qty=1000 unit_price=135.96"
        cap = "product=CAP-02 spec=均码 qty=500 unit_price=39"
        told: list[Scene] = [
            (28, "09:30", lambda: self.contract("hongda", "宏达百货", cap + " from_stock=yes", 20, terms=terms)),
            (28, "10:30", lambda: self.contract("hengyuan", "恒远服装", jacket, 24, terms=terms)),
            (27, "11:00", lambda: self.signed("hongda", "HT-1001")),
            (27, "14:00", lambda: self.signed("hengyuan", "HT-1002")),
            (26, "09:00", lambda: self.deposit("hongda")),
            (26, "09:30", lambda: self.deposit("hengyuan")),
            (25, "10:00", lambda: self.followed("hongda")),
            (25, "11:00", lambda: self.followed("hengyuan")),
            (25, "14:00", lambda: self.supplied("hengyuan")),
            (24, "15:00", lambda: self.dispatched("hongda", 500)),
            (22, "10:00", lambda: self.delivered("hongda")),
            *((back, "16:30", lambda: self.milestones("hengyuan", "preproduction-ok")) for back in range(22, 0, -2)),
            (6, "09:00", lambda: self.quoted("金桥贸易", "quick")),
            (5, "10:00", lambda: self.sampled()),
            (4, "09:00", lambda: self.complained()),
            (3, "09:00", lambda: self.foreign()),
            (2, "14:00", lambda: self.meeting()),
            (1, "09:30", lambda: self.quoted("新程制衣", "precise")),
            (1, "11:00", lambda: self.phoned()),
            (1, "15:00", lambda: self.amended()),
            (0, "08:40", lambda: self.entries()),
        ]
        return sorted(told, key=lambda scene: (-scene[0], scene[1]))


def fill_calendar(shop: Shop, tx: Tx, year: int) -> None:
    """Write the public holidays and make-up workdays of a year, as far as they are known."""
    public = shop.calendar("cn-public")
    on = date(year, 1, 1)
    try:
        while on.year == year:
            works = is_open(public, on)
            listed = tx.one(MfgCalendar, table_of(MfgCalendar).c.day == on)
            if works != (on.weekday() < 5) and listed is None:
                tx.add(MfgCalendar(day=on, kind="work" if works else "off", reason=str(public.kind(on).why)))
            on += timedelta(days=1)
    except FlowError:  # nobody guesses the holidays of a year that is not announced
        return


def live(shop: Shop, clock: MovedClock, until: datetime) -> Sequence[str]:
    """Live through the days up to ``until``; returns commands worth trying."""
    stage = Factory(staffed(shop, clock, keep=shop.staff_id), until)
    me = shop.staff_id
    with shop.write("mfg calendar load") as tx:
        for year in sorted({clock.now().year, until.year}):
            fill_calendar(shop, tx, year)
        tx.add(MfgExperience(category="jacket", quick_price=1_200_000, labour=320_000, freight=15_000))
    lived = clock.now().astimezone(SHANGHAI).date()
    for back, at, scene in stage.scenes():
        moment = min(datetime.combine(stage.day(back), time.fromisoformat(at), SHANGHAI), stage.until)
        while lived < moment.date():
            lived += timedelta(days=1)
            clock.set(min(datetime.combine(lived, time(8, 35), SHANGHAI), stage.until))
            shop.staff_id = me
            run_reminders(shop)
        clock.set(moment)
        scene()
    clock.set(stage.until)
    shop.staff_id = me
    run_reminders(shop)
    review, order = (stage.factory.order(stage.known[key]).number for key in ("nordwind", "hengyuan"))
    return ["flow today", f"flow mfg review {review}", f"flow mfg plan {order}", f"flow mfg diff {order}",
            "flow mfg ar --overdue"]  # fmt: skip
