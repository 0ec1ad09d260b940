"""A sales centre that lives through days with a moved clock: for the demonstration and for tests.

Every act goes through the real flows, done by somebody whose role allows it, at the time the clock shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from serviceflow.api import (
    Anchor,
    Case,
    Customer,
    Done,
    FlowError,
    MessageRow,
    MovedClock,
    Notes,
    Order,
    OrderClock,
    Shop,
    SlotRow,
    Staff,
    StaffRole,
    TaskRow,
    Timer,
    act,
    add_customer,
    case_of,
    decide,
    due_orders,
    instant_of,
    open_order,
    pending,
    run_due,
    set_consent,
    table_of,
)

from serviceflow_realestate import inventory, ledger, registers, roles
from serviceflow_realestate.loan_papers import checklist
from serviceflow_realestate.reception import Reception
from serviceflow_realestate.tables import ReClaim, ReDeal, ReLine, ReProject, ReUnit

STAFF = {
    "lin": ("林静", roles.AGENT),
    "zhou": ("周凯", roles.AGENT),
    "he": ("何敏", roles.AGENT),
    "luo": ("罗杰", roles.AGENT),
    "sun": ("孙悦", roles.ASSISTANT),
    "chen": ("陈峰", roles.MANAGER),
    "qian": ("钱莉", roles.FINANCE),
    "wu": ("吴桐", roles.CONTRACTS),
    "zheng": ("郑爽", roles.MORTGAGES),
    "zhao": ("赵宏", roles.DIRECTOR),
    "fang": ("方芳", roles.LEGAL),
    "wei": ("魏物业", roles.PROPERTY),
    "geng": ("耿工", roles.ENGINEERING),
    "ying": ("应策", roles.MARKETING),
}
"""Login → name and role."""
WHO = {role: login for login, (_, role) in reversed(STAFF.items())}
BUYER = "name=王伟 id=110101198805200012 marital=married share=100"


class Rehearsal:
    """One sales centre; every act is done by somebody whose role allows it."""

    def __init__(self, shop: Shop, clock: MovedClock, ids: Mapping[str, int]) -> None:
        self.shop = shop
        self.clock = clock
        self.ids = ids
        self.pace = "never"
        """When cron runs while time passes: at ``each`` due moment, ``daily`` at noon, or ``never``."""

    def at(self, local: str) -> datetime:
        """Let time pass up to a local time such as ``2026-03-07 09:30``; cron runs meanwhile at its pace."""
        moment = datetime.fromisoformat(local).replace(tzinfo=self.shop.zone)
        while self.pace != "never" and (stop := self._next_run(moment)) is not None:
            self.clock.set(stop)
            self.run_due()
        self.clock.set(moment)
        return moment

    def _next_run(self, until: datetime) -> datetime | None:
        """Return when cron runs next before a moment."""
        now = self.clock.now()
        table = table_of(Timer)
        with self.shop.reading() as tx:
            planned = tx.all(Timer, table.c.state == "planned", table.c.due_at <= until)
        stops = [max(t.due_at + timedelta(seconds=t.closed), now) for t in planned]
        if self.pace == "daily":  # a noon before which nothing is due changes nothing
            stops = [self._noon(stop) for stop in stops]
        later = [stop for stop in stops if now < stop < until]
        return min(later, default=None)

    def _noon(self, after: datetime) -> datetime:
        """Return the first noon at or after a moment."""
        noon = instant_of(self.shop.local_day(after), time(12), self.shop.zone)
        return noon if noon >= after else noon + timedelta(days=1)

    def setting(self, name: str, typed: str, scope: str = "") -> None:
        """Set one of the trade's settings."""
        self.shop.set_setting(f"realestate.{name}", typed, scope)

    def zone(self, name: str, project: str) -> None:
        """Give a project a time zone of its own."""
        self.shop.set_setting("core.timezone", name, project)

    def staff(self, login: str) -> None:
        self.shop.staff_id = self.ids[login]

    # -- doing -----------------------------------------------------------------------------------------------

    def customer(self, name: str, *phones: str, owner: str | None = None, **more: Any) -> int:
        """Enter a customer."""
        with self.shop.write("customer add") as tx:
            made = add_customer(tx, name=name, phones=phones, **more)
            if owner is not None:
                tx.change(made, owner_id=self.ids[owner])
        assert made.id is not None
        return made.id

    def open(self, flow: str, customer: int | None, by: str = "lin", start: str | None = None, **fields: str) -> int:
        """Open an order."""
        self.staff(by)
        order = open_order(self.shop, flow, customer, fields, start=start).order
        assert order.id is not None
        return order.id

    def do(self, order: int, action: str, by: str | None = None, **fields: str) -> Done:
        """Do an action, by somebody who may."""
        self.staff(by or self.who_may(order, action))
        return act(self.shop, order, action, fields)

    def who_may(self, order: int, action: str) -> str:
        one = self.order(order)
        _, flow = self.shop.flow(one.flow, one.flow_version)
        by = flow.action(action).by if action in flow.by_action else ()
        return next((WHO[r] for r in by if isinstance(r, str) and r in WHO), "lin")

    def refused(self, order: int, action: str, by: str | None = None, **fields: str) -> str:
        """Do an action that must be refused, leaving the order as it was; return the English sentence."""
        before = self.order(order)
        try:
            self.do(order, action, by, **fields)
        except FlowError as refusal:
            if self.order(order) != before:
                raise AssertionError(f"{action} was refused and yet changed the order") from refusal
            return refusal.sentence.to("en")
        raise AssertionError(f"{action} was not refused")

    def sign(self, order: int, *by: str, approve: bool = True, opinion: str = "同意") -> None:
        """Sign the pending request, by several one after the other."""
        for login in by:
            self.staff(login)
            decide(self.shop, order, approve=approve, opinion=opinion)

    def cron(self, local: str) -> None:
        """Run due timers of every order as cron would at a local time, in their nominal order."""
        self.at(local)
        self.run_due()

    def run_due(self) -> None:
        """Run due timers of every order at the clock's time."""
        while True:
            with self.shop.reading() as tx:
                orders = due_orders(tx, self.clock.now())
            ran = 0
            for order_id in orders:
                with self.shop.write("remind run") as tx:
                    ran += run_due(self.shop, tx, tx.need(Order, order_id), tx.now, Notes())
            if ran == 0:
                return

    def finish(self, *keys: str, until: datetime) -> None:
        """Do the tasks of these rules that are due by a moment."""
        table = table_of(TaskRow)
        rules = [f"realestate:{key}" for key in keys]
        with self.shop.reading() as tx:
            due = tx.all(TaskRow, table.c.rule.in_(rules), table.c.state == "open", table.c.due_at <= until)
        for task in due:
            with self.shop.write("done") as tx:
                case = case_of(self.shop, tx, tx.need(Order, task.order_id), Notes())
                case.close_tasks((task.rule or "").partition(":")[2], first=True)

    # -- reception -------------------------------------------------------------------------------------------

    def rota(self, what: str, agent: str | None = None, **more: Any) -> Any:
        """Do something with the rota of today: ``sign_in``, ``ready``, ``status``, ``take`` … of an agent."""
        with self.shop.write("rota") as tx:
            project = tx.all(ReProject)[0]
            room = Reception(self.shop, tx, project, self.clock.now())
            arguments = [self.ids[agent]] if agent is not None else []
            return getattr(room, what)(*arguments, *more.values())

    def hand_in(self, login: str) -> None:
        """Let an agent hand in his registers of today."""
        self.staff(login)
        with self.shop.write("re daily submit") as tx:
            registers.submit(self.shop, tx)

    def names(self, staff_id: int) -> str:
        """Return the login of a member of staff."""
        return next(login for login, known in self.ids.items() if known == staff_id)

    def consent(self, customer: int, *channels: str) -> None:
        """Let a customer agree to marketing over channels."""
        with self.shop.write("consent") as tx:
            for channel in channels:
                set_consent(tx, tx.need(Customer, customer), "marketing", True, channel=channel)

    def due(self, order: int) -> str:
        """Return the local moment at which the limit of the order's step is over."""
        with self.shop.reading() as tx:
            clock = tx.need(OrderClock, order, "step")
        return clock.due_at.astimezone(self.shop.zone).strftime("%m-%d %H:%M")

    def turns(self) -> dict[str, tuple[int, str]]:
        """Return the rota of today: login → turns and status."""
        names = {v: k for k, v in self.ids.items()}
        with self.shop.write("look", dry_run=True) as tx:
            room = Reception(self.shop, tx, tx.all(ReProject)[0], self.clock.now())
            return {names[e.agent]: (e.turns, e.status) for e in room.day()}

    # -- what stands in the store ------------------------------------------------------------------------------

    def order(self, order: int) -> Order:
        with self.shop.reading() as tx:
            return tx.need(Order, order)

    def step(self, order: int) -> str:
        return self.order(order).step

    def child(self, parent: int, link: str) -> int:
        """Return the newest child over a link."""
        table = table_of(Order)
        with self.shop.reading() as tx:
            found = tx.all(Order, table.c.parent_id == parent, table.c.link == link)
        assert found, f"no {link} of {parent}"
        assert found[-1].id is not None
        return found[-1].id

    def children(self, parent: int, link: str) -> list[int]:
        """Return the children over a link."""
        table = table_of(Order)
        with self.shop.reading() as tx:
            return [o.id for o in tx.all(Order, table.c.parent_id == parent, table.c.link == link) if o.id is not None]

    def rows_of_flow(self, flow: str) -> list[int]:
        """Return the orders of a flow, oldest first."""
        table = table_of(Order)
        with self.shop.reading() as tx:
            return [o.id for o in tx.all(Order, table.c.flow == flow, order_by=[table.c.id]) if o.id is not None]

    def damages(self, contract: int, until: date) -> int:
        """Return the open damages of a contract as of a day, in fen."""
        with self.shop.write("look", dry_run=True) as tx:
            return ledger.open_damages(case_of(self.shop, tx, tx.need(Order, contract), Notes()), until)

    def look(self, order: int, function: Callable[[Case], Any]) -> Any:
        """Return what a function says of an order's case."""
        with self.shop.write("look", dry_run=True) as tx:
            return function(case_of(self.shop, tx, tx.need(Order, order), Notes()))

    def unit(self, number: str) -> ReUnit:
        with self.shop.reading() as tx:
            return inventory.unit_named(tx, number)

    def claim(self, number: str) -> ReClaim | None:
        """Return the live claim on a unit."""
        with self.shop.reading() as tx:
            return inventory.live_claim(tx, inventory.unit_named(tx, number))

    def deal(self, order: int) -> ReDeal:
        with self.shop.reading() as tx:
            return tx.need(ReDeal, order)

    def lines(self, contract: int) -> list[tuple[str, int, str, str]]:
        """Return (kind, yuan, due, state) of the payment lines."""
        table = table_of(ReLine)
        with self.shop.reading() as tx:
            rows = tx.all(ReLine, table.c.order_id == contract, order_by=[table.c.seq])
        return [(r.kind, r.amount // 100, r.due.isoformat(), r.state) for r in rows]

    def anchor(self, order: int, key: str) -> str | None:
        """Return a date of an order as text, an instant as local ``YYYY-MM-DD HH:MM``."""
        with self.shop.reading() as tx:
            row = tx.get(Anchor, order, key)
        if row is None:
            return None
        if row.at is not None:
            return row.at.astimezone(self.shop.zone).strftime("%Y-%m-%d %H:%M")
        return row.day.isoformat() if row.day is not None else None

    def tasks(self, order: int, state: str = "open") -> dict[str, list[str]]:
        """Return tasks as rule → local due times, earliest first."""
        table = table_of(TaskRow)
        found: dict[str, list[str]] = {}
        with self.shop.reading() as tx:
            for task in tx.all(TaskRow, table.c.order_id == order, table.c.state == state, order_by=[table.c.due_at]):
                due = task.due_at.astimezone(self.shop.zone).strftime("%m-%d %H:%M")
                found.setdefault((task.rule or "").partition(":")[2], []).append(due)
        return found

    def messages(self, order: int, *states: str) -> dict[str, list[str]]:
        """Return messages as template → local times they leave, of the states named (planned by default)."""
        table = table_of(MessageRow)
        wanted = states or ("planned",)
        found: dict[str, list[str]] = {}
        with self.shop.reading() as tx:
            rows = tx.all(MessageRow, table.c.order_id == order, table.c.state.in_(wanted), order_by=[table.c.due_at])
        for row in rows:
            due = row.due_at.astimezone(self.shop.zone).strftime("%m-%d %H:%M")
            found.setdefault(row.template.removeprefix("re-"), []).append(due)
        return found

    def said(self, order: int, template: str) -> dict[str, Any]:
        """Return the facts the newest message of a template was planned with."""
        table = table_of(MessageRow)
        with self.shop.reading() as tx:
            rows = tx.all(MessageRow, table.c.order_id == order, table.c.template == template, order_by=[table.c.id])
        return rows[-1].facts

    def waiting(self, order: int) -> list[str]:
        """Return the roles whose signature is open."""
        table = table_of(SlotRow)
        with self.shop.write("look", dry_run=True) as tx:
            case = case_of(self.shop, tx, tx.need(Order, order), Notes())
            request = pending(case)
            if request is None:
                return []
            slots = tx.all(SlotRow, table.c.request_id == request.id, table.c.verdict == "open")
            return [s.role or "" for s in slots if s.stage == request.stage]

    def rows(self, model: Any, **where: Any) -> list[Any]:
        table = table_of(model)
        with self.shop.reading() as tx:
            return tx.all(model, *(table.c[k] == v for k, v in where.items()))

    def customer_row(self, customer: int) -> Customer:
        with self.shop.reading() as tx:
            return tx.need(Customer, customer)

    # -- ways to a step ----------------------------------------------------------------------------------------

    def subscribed(self, unit: str = "3-1-1502", customer: int | None = None, *, by: str = "lin") -> int:
        """Return a subscription that has just begun."""
        who = customer or self.customer("王伟", "13800000001")
        return self.open("re-subscription", who, by, unit=unit)

    def drafted(self, unit: str = "3-1-1502", customer: int | None = None, **letter: str) -> int:
        """Return a subscription whose letter waits for signatures."""
        order = self.subscribed(unit, customer)
        self.do(order, "confirm-control")
        given = {
            "buyers": BUYER,
            "home_count": "first",
            "pay_way": "mortgage",
            "loan": "860000",
            "years": "30",
            "method": "equal-instalment",
        }
        self.do(order, "submit-draft", **{**given, **letter})
        return order

    def deposited(self, unit: str = "3-1-1502", customer: int | None = None, **letter: str) -> int:
        """Return a subscription whose deposit has just been paid."""
        order = self.drafted(unit, customer, **letter)
        self.do(order, "customer-signs")
        self.do(order, "approve-letter")
        deposit = letter.get("deposit_due", "20000")
        self.do(order, "receive-deposit", amount=deposit, method="debit", card="工行-1234")
        return order

    def briefed(self, unit: str = "3-1-1502", customer: int | None = None, **letter: str) -> int:
        """Return a subscription that awaits signing since today."""
        order = self.deposited(unit, customer, **letter)
        self.brief(order)
        return order

    def brief(self, order: int, **more: str) -> None:
        """Take a subscription from the deposit to waiting for its contract."""
        self.do(order, "seal-and-distribute", copies="4")
        self.do(order, "update-control")
        self.do(order, "brief-customer", undertaking_signed="yes", **more)

    def at_terms(self, order: int, when: str) -> int:
        """Book and keep the appointment of a subscription; return its contract at the terms."""
        self.do(order, "book-signing", at=when)
        contract = self.child(order, "contract")
        self.do(contract, "prepare")
        self.at(when)
        self.do(contract, "customer-arrives", papers="id-card")
        return contract

    def signed(self, order: int, when: str, *, first: str, no: str = "HT-001", handover: str = "2027-06-30") -> int:
        """Sign the contract of a subscription; return it."""
        contract = self.at_terms(order, when)
        self.do(contract, "no-objection")
        if self.step(contract) == "first-payment":
            self.do(contract, "receive-payment", amount=first, method="debit", card="工行-1234")
        self.do(contract, "sign", contract_no=no, handover_date=handover)
        return contract

    def with_loan(self) -> tuple[int, int]:
        """Return the contract of A1, signed on 2026-03-12, and its loan."""
        self.at("2026-03-07 11:00")
        contract = self.signed(self.briefed(), "2026-03-12 14:00", first="355710")
        return contract, self.child(contract, "mortgage")

    def paid_up(self) -> int:
        """Return the contract of A1, filed, picked up, its loan disbursed on 2026-04-20."""
        contract, loan = self.with_loan()
        self.papers(loan)
        self.do(loan, "sign-mortgage", bank="工行")
        self.at("2026-03-20 10:00")
        self.do(contract, "file", filing_no="BA-1")
        self.do(loan, "bank-approve", amount="860000", rate="4.9", years="30")
        self.at("2026-04-02 10:00")
        self.do(contract, "archive", receiver="王伟")
        self.at("2026-04-20 10:00")
        self.do(loan, "disburse", amount="860000")
        return contract

    def handover(self) -> tuple[int, int]:
        """Return the contract of A1 and its handover, opened on 2027-06-20."""
        contract = self.paid_up()
        self.cron("2027-06-20 10:00")
        self.do(contract, "open-handover")
        return contract, self.child(contract, "handover")

    def signed_by_instalments(self) -> int:
        """Return a contract of 5-2-0801 by instalments, signed on 2026-03-12."""
        self.at("2026-03-07 11:00")
        sub = self.deposited("5-2-0801", pay_way="instalment", loan="", years="")
        self.brief(sub)
        return self.signed(sub, "2026-03-12 14:00", first="482391")

    def instalments(self) -> int:
        """Return the contract of A10: 5-2-0801 by instalments, signed on 2026-01-31."""
        self.at("2026-01-31 11:00")
        sub = self.deposited("5-2-0801", pay_way="instalment", loan="", years="")
        self.brief(sub)
        contract = self.at_terms(sub, "2026-01-31 15:00")
        self.do(contract, "no-objection")
        self.do(contract, "receive-payment", amount="482391", method="transfer")
        self.do(contract, "sign", contract_no="HT-10", handover_date="2027-06-30")
        return contract

    def papers(self, mortgage: int, *, but: str = "") -> None:
        """Hand in every loan paper but one."""
        for item, _ in checklist("married"):
            if item != but:
                self.do(mortgage, "receive-doc", item=item, original_seen="yes", months="12")


def staffed(shop: Shop, clock: MovedClock, *, keep: int | None = None) -> Rehearsal:
    """Give a shop the staff of a sales centre and return it as a rehearsal; ``keep`` keeps all roles."""
    ids: dict[str, int] = {}
    with shop.write("staff") as tx:
        for login, (name, role) in STAFF.items():
            known = tx.one(Staff, table_of(Staff).c.login == login)
            person = known or tx.add(Staff(login=login, name=name, language="zh", phone="13900009999"))
            assert person.id is not None
            ids[login] = person.id
            if tx.get(StaffRole, person.id, role) is None and person.id != keep:
                tx.add(StaffRole(staff_id=person.id, role=role))
    return Rehearsal(shop, clock, ids)


def race_to_subscribe(place: Any, login: str, customer: int, units: Sequence[str], start: Any, said: Any) -> None:
    """Subscribe units as one machine of several that start each round at the same moment; tell what came of it."""
    shop = Shop.open(place, staff=login, clock=MovedClock(datetime(2026, 3, 9, 2, 0, tzinfo=UTC)))
    for unit in units:
        start.wait(120)
        try:
            open_order(shop, "re-subscription", customer, {"unit": unit})
            said.put((unit, login, "taken"))
        except FlowError as refusal:
            said.put((unit, login, refusal.sentence.to("en")))
    shop.close()


UNITS: tuple[dict[str, Any], ...] = (
    {"building": "3", "entrance": "1", "floor": 15, "room": "02", "gross_area": 9850, "unit_price": 1_280_000},
    {"building": "3", "entrance": "1", "floor": 16, "room": "02", "gross_area": 9850, "unit_price": 1_290_000},
    {"building": "5", "entrance": "2", "floor": 8, "room": "01", "gross_area": 12530, "unit_price": 1_350_000},
    {
        "building": "P1",
        "entrance": "1",
        "floor": -1,
        "room": "B117",
        "gross_area": 1250,
        "unit_price": 15_000_000,
        "kind": "parking",
        "price_basis": "whole",
        "unit_no": "P1-1-B117",
    },
)


def emerald_bay(centre: Rehearsal, permit: str = "2026-02-01", released: str = "2026-02-10 10:00") -> None:
    """Make the project 翠湖湾 with its permit and its units, released."""
    centre.at(released)
    centre.staff("chen")
    with centre.shop.write("project") as tx:
        developer = add_customer(tx, name="翠湖置业", kind="organisation")
        project = tx.add(
            ReProject(
                code="CHW",
                name_zh="翠湖湾",
                name_en="Emerald Bay",
                developer_id=developer.id,
                planned_presale_date=date.fromisoformat(permit),
                presale_permit_no="YS2026-01",
                presale_permit_date=date.fromisoformat(permit),
                handover_date=date(2027, 6, 30),
                collection_account="6222 0000 0000 0001",
            )
        )
        for wanted in UNITS:
            unit = inventory.add_unit(centre.shop, tx, project, **wanted)
            inventory.release(centre.shop, tx, unit, tx.now)
