"""A studio that lives through days with a moved clock: for the demonstration and for tests.

Every act goes through the real flows, done by somebody whose role allows it, at the time the clock shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from serviceflow.api import (
    Anchor,
    Done,
    FlowError,
    MessageRow,
    MovedClock,
    Notes,
    Order,
    OrderAction,
    Shop,
    Staff,
    StaffRole,
    TaskRow,
    act,
    add_customer,
    case_of,
    decide,
    hold_rows,
    open_order,
    run_due,
    table_of,
)

from serviceflow_studio import ledger
from serviceflow_studio.bookings import holder
from serviceflow_studio.tables import (
    StudioBooking,
    StudioCard,
    StudioLine,
    StudioLocker,
    StudioMemo,
    StudioOffer,
    StudioPayment,
    StudioPiece,
    StudioReferral,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
STAFF = {
    "xiaomei": "consultant",
    "qian": "cashier",
    "fu": "service",
    "zhu": "supervisor",
    "jing": "manager",
    "cai": "finance",
    "kan": "viewing-consultant",
    "diao": "dispatcher",
    "ying": "image-controller",
    "zhi": "duty",
    "qu": "pickup-clerk",
    "zuo": "production",
    "li": "dresser",
    "hua": "makeup",
    "she": "photographer",
}
"""Login → the one role he or she holds."""
WHO = {role: login for login, role in STAFF.items()}


class Rehearsal:
    """One studio; every act is done by somebody whose role allows it, at the time the clock shows."""

    def __init__(self, shop: Shop, clock: MovedClock, ids: Mapping[str, int]) -> None:
        self.shop = shop
        self.clock = clock
        self.ids = ids
        self.last = 0
        """The case that a scene of the demonstration has just opened."""

    def at(self, local: str) -> datetime:
        """Move the clock to a local time such as ``2025-03-01 14:00`` or ``… 16:20:01``."""
        moment = datetime.fromisoformat(local).replace(tzinfo=SHANGHAI)
        self.clock.set(moment)
        return moment

    def staff(self, login: str) -> None:
        self.shop.staff_id = self.ids[login]

    def customer(self, name: str, *phones: str, **more: Any) -> int:
        with self.shop.write("customer add") as tx:
            made = add_customer(tx, name=name, phones=phones, **more)
        assert made.id is not None
        return made.id

    def open(self, customer: int, **fields: str) -> int:
        self.staff("xiaomei")
        order = open_order(self.shop, "studio-case", customer, fields).order
        assert order.id is not None
        return order.id

    def do(self, order: int, action: str, by: str | None = None, **fields: str) -> Done:
        """Do an action, by somebody who may."""
        self.staff(by or self.who_may(order, action))
        return act(self.shop, order, action, fields)

    def who_may(self, order: int, action: str) -> str:
        _, flow = self.shop.flow(self.order(order).flow, 1)
        roles = [role for role in flow.action(action).by if isinstance(role, str)] if action in flow.by_action else []
        return next((WHO[role] for role in roles if role in WHO), "xiaomei")

    def refused(self, order: int, action: str, by: str | None = None, **fields: str) -> FlowError:
        """Do an action that must be refused, leaving the order as it was; return the refusal."""
        before = self.order(order)
        try:
            self.do(order, action, by, **fields)
        except FlowError as refusal:
            if self.order(order) != before:
                raise AssertionError(f"{action} was refused and yet changed the order") from refusal
            return refusal
        raise AssertionError(f"{action} was not refused")

    def sign(self, order: int, by: str, *, approve: bool = True, opinion: str = "同意") -> Done:
        self.staff(by)
        return decide(self.shop, order, approve=approve, opinion=opinion)

    def run(self, local: str) -> None:
        """Run due timers of every order as cron would at a local time."""
        self.at(local)
        table = table_of(Order)
        with self.shop.reading() as tx:
            orders = [o.id for o in tx.all(Order, table.c.closed_at.is_(None))]
        for order_id in orders:
            with self.shop.write("remind run") as tx:
                run_due(self.shop, tx, tx.need(Order, order_id), tx.now, Notes())

    def finish(self, *keys: str, until: datetime) -> None:
        """Do the tasks of these rules that are due by a moment."""
        table = table_of(TaskRow)
        rules = [f"studio:{key}" for key in keys]
        with self.shop.reading() as tx:
            due = tx.all(TaskRow, table.c.rule.in_(rules), table.c.state == "open", table.c.due_at <= until)
        for task in due:
            with self.shop.write("done") as tx:
                case = case_of(self.shop, tx, tx.need(Order, task.order_id), Notes())
                case.close_tasks((task.rule or "").partition(":")[2], first=True)

    # -- what stands in the store ---------------------------------------------------------------------------

    def order(self, order: int) -> Order:
        with self.shop.reading() as tx:
            return tx.need(Order, order)

    def step(self, order: int) -> str:
        return self.order(order).step

    def tasks(self, order: int, state: str = "open") -> dict[str, list[str]]:
        """Return tasks as rule → local due times ``MM-DD HH:MM``, earliest first."""
        found: dict[str, list[str]] = {}
        table = table_of(TaskRow)
        with self.shop.reading() as tx:
            for task in tx.all(TaskRow, table.c.order_id == order, table.c.state == state, order_by=[table.c.due_at]):
                found.setdefault((task.rule or "").partition(":")[2], []).append(short(task.due_at))
        return found

    def messages(self, order: int, *states: str) -> dict[str, list[str]]:
        """Return messages as template → local times they leave, of the states named (unsent ones by default)."""
        found: dict[str, list[str]] = {}
        table = table_of(MessageRow)
        with self.shop.reading() as tx:
            for row in tx.all(
                MessageRow,
                table.c.order_id == order,
                table.c.state.in_(states or ("planned",)),
                order_by=[table.c.due_at, table.c.id],
            ):
                found.setdefault(row.template, []).append(short(row.due_at))
        return found

    def message(self, order: int, template: str) -> MessageRow:
        table = table_of(MessageRow)
        with self.shop.reading() as tx:
            found = tx.all(MessageRow, table.c.order_id == order, table.c.template == template, order_by=[table.c.id])
        return found[-1]

    def text(self, order: int, template: str, language: str = "zh") -> str:
        """Return a planned message's words with the facts it was planned with."""
        row = self.message(order, template)
        words = self.shop.plugins.trade("studio").template(template)
        said = words.variants.get(row.variant, words.text)
        facts = {k: v[language] if isinstance(v, dict) else v for k, v in row.facts.items()}
        return said.of(**facts).to(language)

    def anchor(self, order: int, key: str) -> datetime | date | None:
        with self.shop.reading() as tx:
            row = tx.get(Anchor, order, key)
        return (row.at or row.day) if row is not None else None

    def rows(self, model: Any, **where: Any) -> list[Any]:
        table = table_of(model)
        with self.shop.reading() as tx:
            return tx.all(model, *(table.c[k] == v for k, v in where.items()))

    def balance(self, order: int) -> int:
        with self.shop.write("look", dry_run=True) as tx:
            return ledger.balance(case_of(self.shop, tx, tx.need(Order, order), Notes()))

    def late(self, order: int, action: str) -> int | None:
        """Return how late an action was last done, in the unit of its measure; 0 is in time."""
        table = table_of(OrderAction)
        with self.shop.reading() as tx:
            return tx.all(OrderAction, table.c.order_id == order, table.c.action == action)[-1].late

    def offers(self, order: int) -> dict[str, tuple[str, str, int]]:
        """Return the offers of a case: kind → state, valid until, fen off."""
        return {
            o.kind: (o.state, o.valid_until.isoformat(), o.amount_off) for o in self.rows(StudioOffer, order_id=order)
        }

    def offer(self, order: int, kind: str) -> str | None:
        """Return the state of an offer, ``None`` when it was never made."""
        return next((state for k, (state, _, _) in self.offers(order).items() if k == kind), None)

    def payments(self, order: int) -> list[tuple[str, int]]:
        """Return the payments of an order as (kind, fen), oldest first."""
        return [(p.kind, p.amount) for p in self.rows(StudioPayment, order_id=order)]

    def session(self, case: int) -> int:
        """Return the newest session of a case."""
        table = table_of(Order)
        with self.shop.reading() as tx:
            found = tx.all(Order, table.c.parent_id == case, table.c.flow == "studio-shoot")[-1].id
        assert found is not None
        return found

    def bookings(self, order: int, calendar: str) -> list[tuple[str, str, str]]:
        """Return the bookings of an order as (local start, resource, state), oldest first."""
        return [
            (b.starts_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M"), b.resource, b.state)
            for b in self.rows(StudioBooking, order_id=order, calendar=calendar)
        ]

    def holds(self, order: int) -> set[str]:
        """Return the resources that bookings of an order hold."""
        with self.shop.reading() as tx:
            return {h.resource for b in self.rows(StudioBooking, order_id=order) for h in hold_rows(tx, holder(b))}

    def rows_of_children(self, case: int) -> int:
        """Return how many child orders a case has."""
        with self.shop.reading() as tx:
            return len(tx.all(Order, table_of(Order).c.parent_id == case))

    def child(self, case: int, link: str) -> int:
        """Return the newest child order over a link."""
        table = table_of(Order)
        with self.shop.reading() as tx:
            found = tx.all(Order, table.c.parent_id == case, table.c.link == link)[-1].id
        assert found is not None
        return found

    def referrals(self, customer: int) -> list[int]:
        """Return the referrals of a customer, oldest first."""
        table = table_of(Order)
        with self.shop.reading() as tx:
            found = tx.all(Order, table.c.customer_id == customer, table.c.flow == "studio-referral")
        return [order.id for order in found if order.id is not None]

    def gift(self, referral: int) -> int:
        """Return the gift money of a referral, in fen."""
        return int(self.rows(StudioReferral, order_id=referral)[0].gift)

    def card(self, number: str) -> StudioCard:
        """Return a love card."""
        found: StudioCard = self.rows(StudioCard, card_no=number)[0]
        return found

    def lines(self, order: int) -> dict[str, int]:
        """Return the lines of a case: code → fen."""
        return {line.code: line.amount for line in self.rows(StudioLine, order_id=order)}

    def pieces(self, order: int) -> dict[str, tuple[int, int, int, int]]:
        """Return the pieces of a case: code → (qty, arrived, passed, handed)."""
        return {p.code: (p.qty, p.arrived, p.passed, p.handed) for p in self.rows(StudioPiece, order_id=order)}

    def memos(self, order: int, kind: str) -> list[Any]:
        """Return the lines of a case's memos of a kind."""
        return [memo.lines for memo in self.rows(StudioMemo, order_id=order, kind=kind)]

    def condition(self, order: int, name: str) -> bool:
        """Return whether a named condition of the flow holds now, as a message would test it."""
        with self.shop.write("look", dry_run=True) as tx:
            case = case_of(self.shop, tx, tx.need(Order, order), Notes())
            return case.flow.conditions[name](case)

    def facts(self, order: int) -> dict[str, Any]:
        """Return the live facts of an order."""
        with self.shop.write("look", dry_run=True) as tx:
            return case_of(self.shop, tx, tx.need(Order, order), Notes()).facts()

    def locker(self, number: str) -> str:
        """Return the state of a locker."""
        return str(self.rows(StudioLocker, number=number)[0].state)

    def to_the_camera(self, session: int, *, locker: str) -> None:
        """Take a session that has just arrived to its first picture, all at once."""
        self.do(session, "register", slip_held="yes")
        self.do(session, "briefed", allergy_asked="yes")
        self.do(session, "hand-key", locker=locker, deposit="100", method="cash")
        self.do(session, "dressed", dress_code="A")
        self.do(session, "made-up", customer_ok="yes")
        self.do(session, "called-in", photographer="she")
        self.do(session, "start")

    # -- ways to a step -------------------------------------------------------------------------------------

    def at_payment(
        self,
        package: str = "W3999",
        price: str = "3999.00",
        *,
        name: str = "陈媛",
        phone: str = "13800000001",
        address: str = "",
        **more: str,
    ) -> int:
        """Return a case whose plan sheet has just been signed."""
        order = self.open(self.customer(name, phone, address=address), **more)
        category = "art" if package.startswith("A") else "wedding"
        self.do(order, "begin", category=category, budget="4000")
        self.staff("xiaomei")
        other = package if category == "art" else "W2999" if package != "W2999" else "W3999"
        self.do(order, "compare", package_a=package, package_b=other)
        self.do(order, "sign-plan", package=package, price=price, terms_read="yes", customer_signed="yes")
        return order

    def to_view(self, n: int, *, art: bool = False) -> int:
        """Return the n-th case that waits for a viewing date, photographed today."""
        today = self.clock.now().astimezone(SHANGHAI)
        package, price = ("A1299", "1299.00") if art else ("W3999", "3999.00")
        case = self.booked(package, price, price, name=f"客{n}", phone=f"1380000{n:04}")
        self.do(case, "give-pack", card_no=f"LC{n:04}", explained="yes")
        wave = ("09:00", "10:30", "13:30")[n % 3]
        self.do(case, "book-shoot", "jing", date=today.strftime("%Y-%m-%d"), wave=wave)
        self.do(case, "check-in", slip="yes")
        session = self.session(case)
        self.to_the_camera(session, locker=str(n + 1))
        while self.step(session) == "shooting":
            self.do(session, "shot", photos="30")
            if self.step(session) == "changing":
                self.do(session, "changed", dress_code="X")
                self.do(session, "retouched", customer_ok="yes")
        self.do(session, "cleaned")
        self.do(
            session,
            "checkout",
            key_back="yes",
            towels_back="1",
            belongings_checked="yes",
            image_no=f"IMG{n:04}",
            viewing_later="yes",
        )
        return case

    def booked(self, package: str = "W3999", price: str = "3999.00", deposit: str = "800", **more: str) -> int:
        """Return a case whose deposit has just been paid."""
        order = self.at_payment(package, price, **more)
        self.do(order, "take-deposit", amount=deposit, method="cash", invoice_no=f"D{order}")
        return order


def short(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%m-%d %H:%M")


NAMES = {
    "xiaomei": "小美",
    "qian": "钱姐",
    "fu": "小傅",
    "zhu": "朱主管",
    "jing": "景经理",
    "cai": "蔡会计",
    "kan": "小阚",
    "diao": "刁调度",
    "ying": "小应",
    "zhi": "小支",
    "qu": "小曲",
    "zuo": "左师傅",
    "li": "小黎",
    "hua": "花姐",
    "she": "周老师",
}


def staffed(shop: Shop, clock: MovedClock, *, keep: int | None = None) -> Rehearsal:
    """Give a shop one member of staff for each role and return it as a rehearsal; ``keep`` keeps all roles."""
    ids: dict[str, int] = {}
    with shop.write("staff") as tx:
        for login, role in STAFF.items():
            known = tx.one(Staff, table_of(Staff).c.login == login)
            person = known or tx.add(Staff(login=login, name=NAMES[login], language="zh"))
            assert person.id is not None
            tx.change(person, phone="13900009999")
            ids[login] = person.id
            if person.id != keep:
                for held in tx.all(StaffRole, table_of(StaffRole).c.staff_id == person.id):
                    tx.remove(held)
                tx.add(StaffRole(staff_id=person.id, role=role))
    return Rehearsal(shop, clock, ids)
