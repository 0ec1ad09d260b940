"""A branch that lives through days with a moved clock: for the demonstration and for tests.

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
    Shop,
    Staff,
    StaffRole,
    TaskRow,
    act,
    add_customer,
    decide,
    open_order,
    run_due,
    table_of,
)
from sqlalchemy import func, select

from serviceflow_brokerage import roles
from serviceflow_brokerage.tables.clients import BrokerAccount, BrokerClient, BrokerSnapshot
from serviceflow_brokerage.tables.products import BrokerProduct, BrokerRiskAssessment

SHANGHAI = ZoneInfo("Asia/Shanghai")
STAFF: Mapping[str, tuple[str, str]] = {
    "wanglei": ("王磊", roles.SM),
    "liuyang": ("刘洋", roles.SM),
    "zuoxi": ("左希", roles.AG),
    "zhouning": ("周宁", roles.OP),
    "wutao": ("吴涛", roles.OP),
    "fenxi": ("方析", roles.AN),
    "yanlei": ("严磊", roles.RL),
    "yingxiao": ("应晓", roles.CM),
    "qudao": ("曲道", roles.PM),
    "hegui": ("何规", roles.CO),
    "fuze": ("傅泽", roles.BM),
    "zongbu": ("宗布", roles.HQ),
    "shuju": ("舒菊", roles.DO),
}
"""Login → name and the one role he or she holds."""


class Branch:
    """One branch; every act is done by somebody whose role allows it, at the time the clock shows."""

    def __init__(self, shop: Shop, clock: MovedClock, ids: Mapping[str, int]) -> None:
        self.shop = shop
        self.clock = clock
        self.ids = ids

    def at(self, local: str) -> datetime:
        """Move the clock to a local time such as ``2026-03-01 14:00``."""
        moment = datetime.fromisoformat(local).replace(tzinfo=SHANGHAI)
        self.clock.set(moment)
        return moment

    def staff(self, login: str) -> None:
        self.shop.staff_id = self.ids[login]

    # -- master data -------------------------------------------------------------------------------------

    def client(
        self,
        name: str,
        number: str | None = None,
        *,
        opened: str | None = None,
        phone: str = "",
        owner: str = "",
        birthday: str | None = None,
        **profile: Any,
    ) -> int:
        """Enter a client (a prospect without a number) and return the customer's key."""
        with self.shop.write("brokerage client") as tx:
            made = add_customer(
                tx,
                name=name,
                phones=[phone] if phone else [],
                owner_id=self.ids[owner] if owner else None,
                birthday=date.fromisoformat(birthday) if birthday else None,
            )
            assert made.id is not None
            seq = int(tx.scalar(select(func.coalesce(func.max(table_of(BrokerClient).c.client_seq), 0)))) + 1
            tx.add(
                BrokerClient(
                    customer_id=made.id,
                    client_seq=seq,
                    client_no=number,
                    status=profile.pop("status", "active" if number else "prospect"),
                    opened_on=date.fromisoformat(opened) if opened else None,
                    **profile,
                )
            )
        return made.id

    def account(self, client: int, number: str, opened: str, *, rate: int = 300, **more: Any) -> int:
        """Enter an account and return its key."""
        with self.shop.write("brokerage account") as tx:
            made = tx.add(
                BrokerAccount(
                    account_no=number,
                    customer_id=client,
                    opened_on=date.fromisoformat(opened),
                    rate=rate,
                    base_rate=rate,
                    **more,
                )
            )
        assert made.id is not None
        return made.id

    def snapshot(self, account: int, as_of: str, assets: str, **figures: Any) -> None:
        """Enter a snapshot; amounts are typed in yuan, counts as numbers."""
        amounts = {k: fen(v) for k, v in figures.items() if isinstance(v, str) and k != "last_trade_date"}
        counts = {k: v for k, v in figures.items() if not isinstance(v, str)}
        last = figures.get("last_trade_date")
        with self.shop.write("brokerage snapshot") as tx:
            tx.add(
                BrokerSnapshot(
                    account_id=account,
                    as_of=date.fromisoformat(as_of),
                    total_assets=fen(assets),
                    last_trade_date=date.fromisoformat(last) if last else None,
                    **amounts,
                    **counts,
                )
            )

    def product(self, code: str, r_level: int, invest_class: str = "equity", **more: Any) -> None:
        with self.shop.write("brokerage product") as tx:
            tx.add(BrokerProduct(code=code, name=code, r_level=r_level, invest_class=invest_class, **more))

    def assessed(
        self, client: int, level: int, on: str, expires: str, *, kinds: str = "equity", term: int = 3650, **more: Any
    ) -> None:
        """Enter an assessment that was made elsewhere."""
        with self.shop.write("brokerage assessment") as tx:
            tx.add(
                BrokerRiskAssessment(
                    customer_id=client,
                    score=more.pop("score", 50),
                    level=level,
                    kinds=kinds.split(","),
                    max_term_days=term,
                    assessed_on=date.fromisoformat(on),
                    expires_on=date.fromisoformat(expires),
                    **more,
                )
            )

    # -- orders --------------------------------------------------------------------------------------------

    def open(self, flow: str, customer: int, by: str, start: str | None = None, **fields: str) -> int:
        self.staff(by)
        order = open_order(self.shop, f"broker.{flow}", customer, fields, start=start).order
        assert order.id is not None
        return order.id

    def do(self, order: int, action: str, by: str, **fields: str) -> Done:
        self.staff(by)
        return act(self.shop, order, action, fields)

    def sign(self, order: int, by: str, *, approve: bool = True, opinion: str = "同意") -> Done:
        self.staff(by)
        return decide(self.shop, order, approve=approve, opinion=opinion)

    def refused(self, order: int, action: str, by: str, **fields: str) -> str:
        """Do an action that must be refused, leaving the order as it was; return the refusal's id."""
        before = self.order(order)
        try:
            self.do(order, action, by, **fields)
        except FlowError as refusal:
            if self.order(order) != before:
                raise AssertionError(f"{action} was refused and yet changed the order") from refusal
            return refusal.ref.rpartition(".")[2]
        raise AssertionError(f"{action} was not refused")

    def run(self, order: int) -> str:
        """Let the order's timers run as `flow remind run` would now; return the step it has reached."""
        with self.shop.write("remind run") as tx:
            run_due(self.shop, tx, tx.need(Order, order), self.clock.now(), Notes())
        return self.step(order)

    # -- what is there -------------------------------------------------------------------------------------

    def order(self, key: int) -> Order:
        with self.shop.reading() as tx:
            return tx.need(Order, key)

    def step(self, order: int) -> str:
        return self.order(order).step

    def anchor(self, order: int, key: str) -> date | datetime | None:
        with self.shop.reading() as tx:
            row = tx.get(Anchor, order, key)
        return None if row is None else row.day or row.at

    def tasks(self, *, order: int | None = None, customer: int | None = None) -> dict[str, str]:
        """Return open tasks by their rule without plugin, with the local day they are due."""
        table = table_of(TaskRow)
        where = [table.c.state == "open"]
        where += [table.c.order_id == order] if order is not None else []
        where += [table.c.customer_id == customer] if customer is not None else []
        with self.shop.reading() as tx:
            found = tx.all(TaskRow, *where)
        return {(t.rule or "").partition(":")[2]: t.due_at.astimezone(SHANGHAI).date().isoformat() for t in found}

    def messages(self, order: int) -> list[str]:
        """Return the templates of the order's messages that were not cancelled, oldest first."""
        table = table_of(MessageRow)
        with self.shop.reading() as tx:
            found = tx.all(MessageRow, table.c.order_id == order, table.c.state != "cancelled")
        return [m.template for m in found]


def fen(yuan: str) -> int:
    """Return yuan as fen."""
    whole, _, part = yuan.replace(",", "").partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0") or 0)


def staffed(shop: Shop, clock: MovedClock) -> Branch:
    """Give a shop one member of staff for each role, two service managers and two people at the counter."""
    ids: dict[str, int] = {}
    with shop.write("staff") as tx:
        for login, (name, role) in STAFF.items():
            person = tx.add(Staff(login=login, name=name))
            assert person.id is not None
            tx.add(StaffRole(staff_id=person.id, role=role))
            ids[login] = person.id
    return Branch(shop, clock, ids)
