"""Files that are loaded row by row: clients, accounts, regions, products. Source: brokerage.md section 5.13.

Each row is one change in the journal, so that their import is taken back by undoing its operation.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from serviceflow.api import (
    Contact,
    Customer,
    Notes,
    Shop,
    T,
    Tx,
    add_customer,
    edit_customer,
    feed,
    table_of,
)

from serviceflow_brokerage.closing import close_account
from serviceflow_brokerage.feed.cells import Cell, CellFault, one_of, read_count, read_day, read_fen, read_row, read_set
from serviceflow_brokerage.feed.cells import read_text as text
from serviceflow_brokerage.feed.load import Counts
from serviceflow_brokerage.people import account_by_no, accounts_of, change_file, new_prospect
from serviceflow_brokerage.tables.clients import BrokerAccount, BrokerClient, BrokerRegion
from serviceflow_brokerage.tables.products import BrokerProduct


def _cells(*cells: Cell) -> Mapping[str, Cell]:
    return {cell.key: cell for cell in cells}


class Rows:
    """What the loaders of single rows share."""

    cells: Mapping[str, Cell]

    def begin(self, shop: Shop, tx: Tx, batch: int, today: date, *, replace: bool) -> None:
        """Get ready."""
        self.shop, self.tx, self.batch, self.today, self.replace = shop, tx, batch, today, replace
        self.counts = Counts()
        self.said: list[T] = []

    def take(self, line: int, cells: feed.Cells) -> None:
        """Store a row; raises `CellFault`."""
        self.store(read_row(cells, self.cells))
        self.tx.spill()

    def store(self, row: dict[str, Any]) -> None:
        """Store the values of a row; raises `CellFault`."""
        raise NotImplementedError

    def finish(self) -> tuple[Counts, dict[int, CellFault]]:
        """Return the counts; every fault was told at its row."""
        return self.counts, {}

    def notes(self) -> list[T]:
        """Return what the operator should know."""
        return self.said

    def upsert(self, model: type[Any], key: str, row: Mapping[str, Any]) -> None:
        """Insert a row of master data or, when told so, replace one that differs."""
        known = self.tx.get(model, row[key])
        if known is None:
            self.tx.add(model(**{k: v for k, v in row.items() if v is not None}))
            self.counts.inserted += 1
        elif all(getattr(known, name) == value for name, value in row.items()):
            self.counts.unchanged += 1
        elif not self.replace:
            raise CellFault("row-exists-different")
        else:
            self.tx.change(known, **row)
            self.counts.replaced += 1


class Regions(Rows):
    """Loads regions."""

    cells = _cells(
        Cell("code", "地区代码", text, needed=True),
        Cell("name", "地区", text, needed=True),
        Cell("region_class", "地区类别", one_of("central", "small_city", "remote"), needed=True),
        Cell("capacity", "容量", one_of("small", "medium", "large")),
        Cell("quality", "质量", one_of("low", "mid", "high")),
        Cell("competition", "竞争", one_of("low", "mid", "high")),
        Cell("entry", "入口产品", one_of("online", "bank_link", "phone")),
    )

    def store(self, row: dict[str, Any]) -> None:
        """Store a region."""
        self.upsert(BrokerRegion, "code", row)


class Products(Rows):
    """Loads products."""

    cells = _cells(
        Cell("code", "产品代码", text, needed=True),
        Cell("name", "产品名称", text, needed=True),
        Cell("r_level", "风险等级", read_count, needed=True),
        Cell("invest_class", "投资品种", text, needed=True),
        Cell("term_days", "期限天数", read_count),
        Cell("min_assets", "资产门槛", read_fen),
        Cell("status", "状态", one_of("on_sale", "stopped")),
    )

    def store(self, row: dict[str, Any]) -> None:
        """Store a product."""
        if row["r_level"] > 5:
            raise CellFault("row-bad-value", value=row["r_level"])
        self.upsert(BrokerProduct, "code", row)


FILE_CELLS: Final = (
    Cell("branch", "营业部", text),
    Cell("region_code", "地区代码", text),
    Cell("service_mode_declared", "服务方式", one_of("onsite", "offsite")),
    Cell("time_input_declared", "投入时间", one_of("fulltime", "parttime")),
    Cell("education", "学历", one_of("junior", "senior", "college", "graduate")),
    Cell("income", "收入", one_of("low", "mid", "high")),
    Cell("occupation", "职业", text),
    Cell("declared_wealth", "自报资产", read_fen),
    Cell("family_note", "家庭情况", text),
    Cell("invest_history", "投资经历", read_set),
    Cell("pref_kinds", "偏好品种", read_set),
    Cell("pref_channel", "偏好渠道", one_of("counter", "online", "phone", "bank_link")),
    Cell("investor_class", "投资者类别", one_of("ordinary", "professional")),
    Cell("professional_until", "专业投资者有效期", read_day),
    Cell("id_valid_until", "证件有效期", read_day),
)


class Clients(Rows):
    """Loads clients by their number; an empty cell leaves what is stored, ``-`` clears it."""

    cells = _cells(
        Cell("client_no", "客户号", text, needed=True),
        Cell("name", "姓名", text, needed=True),
        Cell("opened_on", "开户日期", read_day, needed=True),
        Cell("phone", "手机", text),
        Cell("birthday", "生日", read_day),
        Cell("status", "状态", one_of("active", "suspended")),
        Cell("kind", "类型", one_of("person", "organisation")),
        *FILE_CELLS,
    )

    def store(self, row: dict[str, Any]) -> None:
        """Store a client; a prospect with the same phone and name becomes that client."""
        number, name = row.pop("client_no"), row.pop("name")
        phone, birthday = row.pop("phone", None), row.pop("birthday", None)
        if row["opened_on"] > self.today:
            raise CellFault("row-future-date")
        if row.get("region_code") and self.tx.get(BrokerRegion, row["region_code"]) is None:
            raise CellFault("row-bad-value", value=row["region_code"])
        table = table_of(BrokerClient)
        client = self.tx.one(BrokerClient, table.c.client_no == number)
        if client is not None:
            self._update(client, row, name, birthday)
            return
        client = self._prospect(name, phone)
        if client is None:
            made = add_customer(
                self.tx, name=name, phones=[phone] if phone else [], birthday=birthday, kind=row.get("kind", "person")
            )
            client = new_prospect(self.tx, made)
        lists = {n: v or [] for n, v in row.items() if n in ("invest_history", "pref_kinds")}
        self.tx.change(client, client_no=number, **{"status": "active", **row, **lists})
        self.counts.inserted += 1

    def _update(self, client: BrokerClient, row: dict[str, Any], name: str, birthday: date | None) -> None:
        customer = self.tx.need(Customer, client.customer_id)
        wanted = {"name": name, **({"birthday": birthday} if birthday else {})}
        new = {n: v for n, v in row.items() if getattr(client, n) != v}
        other = {n: v for n, v in wanted.items() if getattr(customer, n) != v}
        if not new and not other:
            self.counts.unchanged += 1
            return
        if other:
            edit_customer(self.tx, customer, **other)
        watched = self.shop.setting("broker.watch_profile_fields")
        change_file(self.tx, client, watched, self.tx.now, batch=self.batch, **new)
        self.counts.replaced += 1

    def _prospect(self, name: str, phone: str | None) -> BrokerClient | None:
        if not phone:
            return None
        contacts, customers, clients = table_of(Contact), table_of(Customer), table_of(BrokerClient)
        same = [c.customer_id for c in self.tx.all(Contact, contacts.c.kind == "phone", contacts.c.shown == phone)]
        for customer in self.tx.all(Customer, customers.c.id.in_(same)):
            found = self.tx.one(BrokerClient, clients.c.customer_id == customer.id)
            if found is not None and found.status == "prospect" and customer.name == name:
                return found
            self.said.append(
                T("{name}: the same phone as {other}", zh="{name}: 与{other}电话相同").of(
                    name=name, other=customer.name
                )
            )
        return None


class Accounts(Rows):
    """Loads accounts; a client whose accounts are all closed closes, one with an open account is active again."""

    cells = _cells(
        Cell("account_no", "资金账号", text, needed=True),
        Cell("client_no", "客户号", text, needed=True),
        Cell("kind", "账户类型", one_of("cash", "margin", "option", "fund"), needed=True),
        Cell("opened_on", "开户日期", read_day, needed=True),
        Cell("closed_on", "销户日期", read_day),
        Cell("rate_ppm", "佣金费率", read_count),
        Cell("custody_bank", "存管银行", text),
    )

    def store(self, row: dict[str, Any]) -> None:
        """Store an account."""
        clients = table_of(BrokerClient)
        client = self.tx.one(BrokerClient, clients.c.client_no == row.pop("client_no"))
        if client is None:
            raise CellFault("row-unknown-client", no="")
        rate, closed = row.pop("rate_ppm", None), row.pop("closed_on", None)
        if row["opened_on"] > self.today or (closed is not None and closed > self.today):
            raise CellFault("row-future-date")
        if closed is not None and closed < row["opened_on"]:
            raise CellFault("row-bad-date")
        known = account_by_no(self.tx, row["account_no"])
        if known is None:
            known = self.tx.add(
                BrokerAccount(customer_id=client.customer_id, rate=rate or 0, base_rate=rate or 0, **row)
            )
            self.counts.inserted += 1
        else:
            self._update(known, row, rate, closed)
        if closed is not None and known.closed_on is None:
            close_account(self.shop, self.tx, known, closed, Notes())
        elif client.status == "closed" and any(a.status != "closed" for a in accounts_of(self.tx, client.customer_id)):
            self.tx.change(client, status="active", closed_on=None)

    def _update(self, known: BrokerAccount, row: dict[str, Any], rate: int | None, closed: date | None) -> None:
        new = {n: v for n, v in row.items() if getattr(known, n) != v}
        offered = known.rate != known.base_rate
        if rate is not None and rate != known.rate:
            if offered:
                self.said.append(
                    T("{no}: the rate {rate} differs from the offer's", zh="{no}: 费率{rate}与优惠不同").of(
                        no=known.account_no, rate=rate
                    )
                )
            else:
                new |= {"rate": rate, "base_rate": rate}
        if not new and closed == known.closed_on:
            self.counts.unchanged += 1
            return
        if new and not self.replace:
            raise CellFault("row-exists-different")
        self.tx.change(known, **new)
        self.counts.replaced += 1
