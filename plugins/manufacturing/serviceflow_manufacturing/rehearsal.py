"""A factory that lives through days with a moved clock: for the demonstration and for tests.

Every act goes through the real flows, done by somebody whose role allows it, at the time the clock shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from serviceflow.api import (
    Absence,
    Anchor,
    Case,
    Done,
    FlowError,
    MessageRow,
    MovedClock,
    Notes,
    Order,
    Shop,
    Staff,
    StaffRole,
    TaskRow,
    act,
    add_customer,
    case_of,
    decide,
    open_order,
    run_due,
    table_of,
)

from serviceflow_manufacturing import customers, roles
from serviceflow_manufacturing.jobs import JOBS
from serviceflow_manufacturing.tables import MfgCalendar, MfgProduct, MfgReceivable

SHANGHAI = ZoneInfo("Asia/Shanghai")
STAFF: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "lin": ("林", (roles.SALES,)),
    "wang": ("王", (roles.MANAGER,)),
    "mei": ("梅", (roles.ADMIN,)),
    "du": ("杜", (roles.DESK,)),
    "zhao": ("赵", (roles.PRODUCTION,)),
    "zhou": ("周", (roles.PLANNING,)),
    "pan": ("潘", (roles.PURCHASING, roles.SUPPLY)),
    "sun": ("孙", (roles.ENGINEERING, roles.SAMPLING)),
    "gao": ("高", (roles.FINANCE,)),
    "chen": ("陈", (roles.MARKETING_GM,)),
    "tang": ("唐", (roles.COMPANY_GM,)),
    "hu": ("胡", (roles.MARKETING,)),
    "qin": ("秦", (roles.WAREHOUSE,)),
    "bai": ("白", (roles.DOCUMENTS,)),
    "li": ("李", ()),
    "ou": ("欧", (roles.OVERSEAS, roles.OVERSEAS_MGMT)),
    "tie": ("铁", (roles.TECH, roles.QUALITY)),
    "ke": ("柯", (roles.SERVICE, roles.HR)),
    "lu": ("陆", (roles.ENTRY,)),
    "fu": ("傅", (roles.CHECKER,)),
}
"""Login → name and roles, as the scenarios of manufacturing.md section 10 call them."""

OFF_2025 = (
    ("2025-01-01", "2025-01-01"), ("2025-01-28", "2025-02-04"), ("2025-04-04", "2025-04-06"),
    ("2025-05-01", "2025-05-05"), ("2025-05-31", "2025-06-02"), ("2025-10-01", "2025-10-08"),
)  # fmt: skip
WORK_2025 = ("2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11")
WRITTEN = {
    "form": "written",
    "packing": "carton",
    "quality_standard": "GB/T 22700",
    "delivery_basis": "dispatch",
    "delivery_mode": "truck",
    "terms": "balance:100@dispatch",
    "dispute": "court of the seller",
}
"""A contract that lacks nothing but its lines and its date."""


class Rehearsal:
    """One factory; every act is done by somebody whose role allows it, at the time the clock shows."""

    def __init__(self, shop: Shop, clock: MovedClock, ids: Mapping[str, int]) -> None:
        self.shop = shop
        self.clock = clock
        self.ids = ids
        self.customers = 0

    # -- time, people ----------------------------------------------------------------------------------------

    def at(self, local: str) -> datetime:
        """Move the clock to a local time such as ``2025-03-01 14:00``."""
        moment = datetime.fromisoformat(local).replace(tzinfo=SHANGHAI)
        self.clock.set(moment)
        return moment

    def staff(self, login: str) -> None:
        self.shop.staff_id = self.ids[login]

    def give_role(self, login: str, *more: str) -> None:
        """Give somebody further roles."""
        with self.shop.write("staff role") as tx:
            for role in more:
                tx.add(StaffRole(staff_id=self.ids[login], role=role))

    def delegate(self, role: str, giver: str, to: str, first: str, last: str) -> None:
        """Write a delegation of a role."""
        with self.shop.write("delegate") as tx:
            tx.add(
                Absence(
                    staff_id=self.ids[giver],
                    deputy_id=self.ids[to],
                    role=role,
                    first=date.fromisoformat(first),
                    last=date.fromisoformat(last),
                    beside=True,
                )
            )

    def customer(self, name: str, *, region: str = "mainland", grade: str = "normal") -> int:
        """Enter a customer with a profile, e-mail and address; he is owned by Lin."""
        self.customers += 1
        with self.shop.write("customer add") as tx:
            made = add_customer(tx, name=name, emails=[f"c{self.customers}@example.com"], address="某路 1 号")
            assert made.id is not None
            tx.change(made, owner_id=self.ids["lin"])
            customers.enter_profile(tx, made.id, region, grade, self.shop.setting("mfg.home_regions"))
        return made.id

    # -- acts ------------------------------------------------------------------------------------------------

    def open(self, flow: str, customer: int | None, by: str = "lin", start: str | None = None, **fields: str) -> int:
        self.staff(by)
        order = open_order(self.shop, flow, customer, fields, start=start).order
        assert order.id is not None
        return order.id

    def do(self, order: int, action: str, login: str | None = None, /, **fields: str) -> Done:
        """Do an action, by somebody who may."""
        self.staff(login or self.who_may(order, action))
        return act(self.shop, order, action, fields)

    def who_may(self, order: int, action: str) -> str:
        """Return somebody who holds a role the action names."""
        _, flow = self.shop.flow(self.order(order).flow, 1)
        wanted = [role for role in flow.action(action).by if isinstance(role, str)]
        for role in wanted:
            for login, (_, held) in STAFF.items():
                if role in held:
                    return login
        return "lin"

    def refused(self, order: int, action: str, login: str | None = None, /, **fields: str) -> str:
        """Do an action that must be refused, leaving the order as it was; return the refusal's id."""
        before = self.order(order)
        try:
            self.do(order, action, login, **fields)
        except FlowError as refusal:
            if self.order(order) != before:
                raise AssertionError(f"{action} was refused and yet changed the order") from refusal
            return str(refusal.ref).removeprefix("mfg.")
        raise AssertionError(f"{action} was not refused")

    def sign(self, order: int, by: str, *, approve: bool = True, opinion: str = "", role: str | None = None) -> Done:
        self.staff(by)
        return decide(self.shop, order, approve=approve, opinion=opinion, role=role)

    def sign_refused(self, order: int, by: str, *, approve: bool = True, opinion: str = "") -> str:
        """Sign where it must be refused; return the refusal's id."""
        try:
            self.sign(order, by, approve=approve, opinion=opinion)
        except FlowError as refusal:
            return str(refusal.ref).removeprefix("mfg.")
        raise AssertionError(f"{by} could sign")

    def run(self, local: str) -> None:
        """Run due timers and nightly work as cron would at a local time."""
        moment = self.at(local)
        table = table_of(Order)
        with self.shop.reading() as tx:
            orders = [o.id for o in tx.all(Order, table.c.closed_at.is_(None))]
        for order_id in orders:
            with self.shop.write("remind run") as tx:
                run_due(self.shop, tx, tx.need(Order, order_id), tx.now, Notes())
        for job in JOBS:
            if moment.strftime("%H:%M") >= self.shop.setting(job.at):
                with self.shop.write("remind job") as tx:
                    job.run(self.shop, tx, moment.date())

    # -- ways to a step ----------------------------------------------------------------------------------------

    def order_of(self, customer: int, lines: str, delivery: str, by: str = "lin", **more: str) -> int:
        """Return a new order whose draft lacks nothing and whose six points conform."""
        given = {**WRITTEN, "delivery_date": delivery, "lines": lines, **more}
        order = self.open("mfg-order", customer, by=by, **given)
        self.conform(order, by)
        return order

    def conform(self, order: int, by: str = "lin") -> None:
        """Set all six points to conform."""
        for point in range(1, 7):
            self.do(order, "set-point", by, point=str(point), state="conform")

    def pass_general(self, order: int) -> None:
        """Let everybody of the general route sign."""
        for login in ("wang", "zhao", "chen"):
            self.sign(order, login)

    def pass_meeting(self, order: int, meeting: str, end: str | None = None) -> None:
        """Hold the meeting at a time and let everybody sign; the last two at ``end``."""
        self.do(order, "convene", "wang", meeting_at=meeting, place="一号会议室")
        self.at(meeting)
        for login in ("wang", "zhou", "pan", "sun", "gao"):
            self.sign(order, login)
        self.do(order, "write-record", "wang", summary="一致通过")
        if end is not None:
            self.at(end)
        self.sign(order, "chen")
        self.sign(order, "tang")

    def distribute(self, order: int, erp: str = "K3-1", scheduling: str = "") -> None:
        """Take a signed order to its plan: notice, sales order, four acknowledgements."""
        more = {"scheduling_no": scheduling} if scheduling else {}
        self.do(order, "write-notice", "wang", parameters="标准", **more)
        self.do(order, "issue-so", "ou" if scheduling else "mei", erp_no=erp)
        for login in ("zhou", "pan", "gao", "tie"):
            self.do(order, "acknowledge", login)

    # -- what is ---------------------------------------------------------------------------------------------

    def order(self, order: int) -> Order:
        with self.shop.reading() as tx:
            return tx.need(Order, order)

    def step(self, order: int) -> str:
        return self.order(order).step

    def child(self, order: int, link: str) -> int:
        """Return the newest child over a link."""
        table = table_of(Order)
        with self.shop.reading() as tx:
            found = tx.all(Order, table.c.parent_id == order, table.c.link == link)
        assert found[-1].id is not None
        return found[-1].id

    def rows(self, model: Any, **where: Any) -> list[Any]:
        table = table_of(model)
        with self.shop.reading() as tx:
            return tx.all(model, *(table.c[name] == value for name, value in where.items()))

    def row(self, model: Any, order: int) -> Any:
        """Return the trade's row of an order."""
        with self.shop.reading() as tx:
            return tx.need(model, order)

    def tasks(self, order: int, key: str | None = None) -> dict[str, list[str]]:
        """Return the open tasks of an order: rule → due times as ``03-06 17:30`` (date alone at 17:30)."""
        found: dict[str, list[str]] = {}
        for task in self.rows(TaskRow, order_id=order, state="open"):
            rule = str(task.rule).partition(":")[2]
            if key is None or rule == key:
                found.setdefault(rule, []).append(short(task.due_at))
        return {rule: sorted(times) for rule, times in found.items()}

    def due(self, order: int, key: str) -> list[str]:
        """Return when the open tasks of a rule are due."""
        return self.tasks(order, key).get(key, [])

    def for_role(self, order: int, key: str) -> dict[str, str]:
        """Return the open tasks of a rule by role."""
        return {t.role or str(t.assignee_id): short(t.due_at)
                for t in self.rows(TaskRow, order_id=order, state="open", rule=f"manufacturing:{key}")}  # fmt: skip

    def messages(self, order: int, *, state: str | None = None) -> dict[str, list[str]]:
        """Return the messages of an order that are not cancelled: template → times."""
        found: dict[str, list[str]] = {}
        for message in self.rows(MessageRow, order_id=order):
            if message.state != "cancelled" and (state is None or message.state == state):
                found.setdefault(message.template, []).append(short(message.due_at))
        return {key: sorted(times) for key, times in found.items()}

    def anchor(self, order: int, key: str) -> str:
        found = self.rows(Anchor, order_id=order, key=key)
        return found[0].day.isoformat() if found else ""

    def receivables(self, order: int) -> list[tuple[str, int, int, str, str]]:
        """Return (label, amount, paid, due, state) of an order's receivables."""
        return [(r.label, r.amount, r.paid, r.due_on.isoformat(), r.state)
                for r in self.rows(MfgReceivable, order_id=order)]  # fmt: skip

    def look(self, order: int, read: Any) -> Any:
        """Return what a function says of the order's case now."""
        with self.shop.write("look", dry_run=True) as tx:
            case: Case = case_of(self.shop, tx, tx.need(Order, order), Notes())
            return read(case)


def short(at: datetime) -> str:
    """Return ``03-06`` for the hour tasks are due, else ``03-06 10:00``."""
    local = at.astimezone(SHANGHAI)
    return local.strftime("%m-%d") if local.strftime("%H:%M") == "17:30" else local.strftime("%m-%d %H:%M")


def staffed(shop: Shop, clock: MovedClock, *, keep: int | None = None) -> Rehearsal:
    """Give a shop the people, the calendar of 2025 and the products of the scenarios.

    Args:
        keep: A member of staff who keeps all roles.
    """
    ids: dict[str, int] = {}
    with shop.write("staff") as tx:
        for held_before in tx.all(StaffRole):
            if held_before.staff_id != keep:
                tx.remove(held_before)
        for login, (name, held) in STAFF.items():
            person = tx.add(Staff(login=login, name=name, language="zh"))
            assert person.id is not None
            ids[login] = person.id
            for role in held:
                tx.add(StaffRole(staff_id=person.id, role=role))
        for first, last in OFF_2025:
            start, end = date.fromisoformat(first), date.fromisoformat(last)
            for n in range((end - start).days + 1):
                tx.add(MfgCalendar(day=start + timedelta(days=n), kind="off", reason="法定节假日"))
        for on in WORK_2025:
            tx.add(MfgCalendar(day=date.fromisoformat(on), kind="work", reason="调休上班"))
        for code, state in (("JK-01", "batch"), ("CAP-02", "batch"), ("OLD-9", "suspended")):
            tx.add(MfgProduct(code=code, name_en=code, name_zh=code, category="jacket", listed=True,
                              batch_notice_no="BN-1", state=state))  # fmt: skip
    return Rehearsal(shop, clock, ids)
