"""Files that are loaded row by row: clients, accounts, regions, products. Source: brokerage.md section 5.13.

Each row is one change in the journal, so that their import is taken back by undoing its operation.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from serviceflow.api import (
    Contact,
    Customer,
    FlowError,
    Notes,
    Shop,
    T,
    Tx,
    add_contact,
    add_customer,
    edit_customer,
    feed,
    normalise_phone,
    same_contact,
    table_of,
)

from serviceflow_brokerage.closing import close_account
from serviceflow_brokerage.feed.cells import (
    Cell,
    CellFault,
    cells_of,
    one_of,
    read_count,
    read_day,
    read_fen,
    read_row,
    read_set,
)
from serviceflow_brokerage.feed.cells import read_text as text
from serviceflow_brokerage.feed.load import Counts
from serviceflow_brokerage.people import (
    account_by_no,
    accounts_of,
    change_file,
    client_by_number,
    id_hash,
    new_prospect,
    note_change,
)
from serviceflow_brokerage.regions import figures_changed, suggested
from serviceflow_brokerage.renewals import product_raised
from serviceflow_brokerage.tables.clients import BrokerAccount, BrokerClient, BrokerRegion
from serviceflow_brokerage.tables.products import BrokerProduct

TOLD: Final = 200
"""Things an operator is told one by one; the rest are counted."""


class Rows(ABC):
    """What the loaders of single rows share."""

    cells: Mapping[str, Cell]

    def begin(self, shop: Shop, tx: Tx, batch: int, today: date, *, replace: bool) -> None:
        """Get ready."""
        self.shop, self.tx, self.batch, self.today, self.replace = shop, tx, batch, today, replace
        self.counts = Counts()
        self.said: list[T] = []
        self.untold = 0

    def take(self, line: int, cells: feed.Cells) -> None:
        """Store a row; raises `CellFault`."""
        row = read_row(cells, self.cells)
        try:
            with self.tx.savepoint():
                self.store(row)
        except FlowError as fault:
            raise CellFault.of(fault) from fault
        self.tx.spill()

    @abstractmethod
    def store(self, row: dict[str, Any]) -> None:
        """Store the values of a row; raises `CellFault`, or a refusal of the branch."""

    def finish(self) -> tuple[Counts, dict[int, CellFault]]:
        """Return the counts; every fault was told at its row."""
        return self.counts, {}

    def notes(self) -> list[T]:
        """Return what the operator should know."""
        more = T("… and {n} more", zh="… 另 {n} 条").of(n=self.untold)
        return [*self.said, more] if self.untold else self.said

    def _tell(self, what: T) -> None:
        if len(self.said) < TOLD:
            self.said.append(what)
        else:
            self.untold += 1

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

    cells = cells_of(
        Cell("code", "地区代码", text, needed=True),
        Cell("name", "地区", text, needed=True),
        Cell("region_class", "地区类别", one_of("central", "small_city", "remote"), needed=True),
        Cell("capacity", "容量", one_of("small", "medium", "large")),
        Cell("quality", "质量", one_of("low", "mid", "high")),
        Cell("competition", "竞争", one_of("low", "mid", "high")),
        Cell("entry", "入口产品", one_of("online", "bank_link", "phone")),
    )

    def store(self, row: dict[str, Any]) -> None:
        """Store a region; an entry product that its rule would not choose counts as chosen by hand."""
        known, columns = self.tx.get(BrokerRegion, row["code"]), {k: v for k, v in row.items() if v is not None}
        if known is not None and all(getattr(known, name) == value for name, value in columns.items()):
            self.counts.unchanged += 1
            return
        meant = BrokerRegion(**{**(known.model_dump() if known is not None else {}), **columns})
        by_rule = suggested(self.shop, self.tx, meant, self.today)
        if known is None or known.entry_origin == "rule" or "entry" in columns:
            chosen = columns.get("entry", by_rule.entry)
            origin = "rule" if chosen == by_rule.entry else "manual"
            columns |= {"entry": chosen, "entry_origin": origin, "entry_reason": "" if origin == "rule" else "import"}
        self.upsert(BrokerRegion, "code", {**columns, "service_mix": by_rule.service_mix})
        if known is not None:
            figures_changed(self.shop, self.tx, self.tx.need(BrokerRegion, row["code"]), known)


class Products(Rows):
    """Loads products."""

    cells = cells_of(
        Cell("code", "产品代码", text, needed=True),
        Cell("name", "产品名称", text, needed=True),
        Cell("r_level", "风险等级", read_count, needed=True),
        Cell("invest_class", "投资品种", text, needed=True),
        Cell("term_days", "期限天数", read_count),
        Cell("min_assets", "资产门槛", read_fen),
        Cell("status", "状态", one_of("on_sale", "stopped")),
    )

    def store(self, row: dict[str, Any]) -> None:
        """Store a product; one whose level was raised is told to those who hold it."""
        if row["r_level"] > 5:
            raise CellFault("row-bad-value", value=row["r_level"])
        before = self.tx.get(BrokerProduct, row["code"])
        self.upsert(BrokerProduct, "code", row)
        product = self.tx.need(BrokerProduct, row["code"])
        if before is not None and before.r_level == product.r_level:
            return
        self.tx.change(product, levels=[*product.levels, [self.today.isoformat(), product.r_level]])
        if before is not None and product.r_level > before.r_level:
            product_raised(self.shop, self.tx, product)


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
    Cell("id_type", "证件类型", text),
    Cell("id_no", "证件号码", text),
    Cell("id_valid_until", "证件有效期", read_day),
    Cell("source_kind", "来源", one_of("walk_in", "online", "bank", "telecom", "campaign", "referral", "other")),
)


class Clients(Rows):
    """Loads clients by their number; an empty cell leaves what is stored, ``-`` clears it."""

    cells = cells_of(
        Cell("client_no", "客户号", text, needed=True),
        Cell("name", "姓名", text, needed=True),
        Cell("opened_on", "开户日期", read_day, needed=True),
        Cell("phone", "手机", text),
        Cell("birthday", "生日", read_day),
        Cell("status", "状态", one_of("active", "suspended")),
        Cell("kind", "类型", one_of("person", "organisation")),
        *FILE_CELLS,
    )

    def begin(self, shop: Shop, tx: Tx, batch: int, today: date, *, replace: bool) -> None:
        """Get ready."""
        super().begin(shop, tx, batch, today, replace=replace)
        self.watched = shop.setting("broker.watch_profile_fields")

    def store(self, row: dict[str, Any]) -> None:
        """Store a client; a prospect with the same phone and name becomes that client."""
        number, name = row.pop("client_no"), row.pop("name")
        phone, birthday = row.pop("phone", None), row.pop("birthday", None)
        if row["opened_on"] > self.today:
            raise CellFault("row-future-date")
        if row.get("region_code") and self.tx.get(BrokerRegion, row["region_code"]) is None:
            raise CellFault("row-bad-value", value=row["region_code"])
        columns = {key: _cleared(key) if value is None else value for key, value in row.items()}
        client = client_by_number(self.tx, number)
        self._identify(columns, client, name)
        if client is not None:
            self._update(client, columns, name, birthday, phone)
            return
        client = self._prospect(name, phone)
        if client is None:
            made = add_customer(
                self.tx, name=name, phones=[phone] if phone else [], birthday=birthday, kind=row.get("kind", "person"),
                allow_same=True,
            )  # fmt: skip
            client = new_prospect(self.tx, made)
        self.tx.change(client, client_no=number, **{"status": "active", **columns})
        self.counts.inserted += 1

    def _identify(self, columns: dict[str, Any], client: BrokerClient | None, name: str) -> None:
        """Put the keyed hash in the place of an identity number; one that somebody has already is only told."""
        typed = columns.pop("id_no", None)
        if not typed:
            return
        kind = columns.get("id_type") or (client.id_type if client is not None else None) or "id_card"
        hashed = id_hash(self.shop.setting, kind, typed)
        table = table_of(BrokerClient)
        other = self.tx.one(BrokerClient, table.c.id_hash == hashed, table.c.status != "closed")
        if other is not None and (client is None or other.customer_id != client.customer_id):
            self._tell(T("{name}: the same identity document as client {no}", zh="{name}: 与客户{no}证件相同").of(
                name=name, no=other.client_no or "-"))  # fmt: skip
            return
        columns |= {"id_type": kind, "id_hash": hashed, "id_last4": typed[-4:]}

    def _update(
        self, client: BrokerClient, row: dict[str, Any], name: str, birthday: date | None, phone: str | None
    ) -> None:
        customer = self.tx.need(Customer, client.customer_id)
        wanted = {"name": name, **({"birthday": birthday} if birthday else {})}
        new = {n: v for n, v in row.items() if getattr(client, n) != v}
        other = {n: v for n, v in wanted.items() if getattr(customer, n) != v}
        reached = phone is not None and self._new_phone(customer, phone)
        if not new and not other and not reached:
            self.counts.unchanged += 1
            return
        if other:
            edit_customer(self.tx, customer, **other)
        change_file(self.tx, client, self.watched, self.tx.now, batch=self.batch, **new)
        self.counts.replaced += 1

    def _new_phone(self, customer: Customer, phone: str) -> bool:
        """Add a phone the customer does not have; returns whether it is new."""
        table = table_of(Contact)
        before = self.tx.one(
            Contact, table.c.customer_id == customer.id, table.c.kind == "phone", order_by=[table.c.id.desc()]
        )
        made = add_contact(self.tx, customer, "phone", phone)
        if made is None:
            return False
        if before is not None and "phone" in self.watched:
            note_change(self.tx, customer.id or 0, "phone", before.value, made.value, self.tx.now, batch=self.batch)
        return True

    def _prospect(self, name: str, phone: str | None) -> BrokerClient | None:
        """Return the prospect of this name with this phone; others with the phone are told."""
        if not phone:
            return None
        for customer in same_contact(self.tx, "phone", normalise_phone(phone).value):
            found = self.tx.get(BrokerClient, customer.id)
            if found is not None and found.status == "prospect" and customer.name == name:
                return found
            self._tell(T("{name}: the same phone as {other}", zh="{name}: 与{other}电话相同").of(
                name=name, other=customer.name))  # fmt: skip
        return None


def _cleared(key: str) -> Any:
    """Return what a column of the client file holds when it is cleared.

    Raises:
        CellFault: It cannot be empty.
    """
    column = table_of(BrokerClient).c.get(key)
    if key in ("invest_history", "pref_kinds"):
        return []
    if key == "branch":
        return ""
    if column is not None and not column.nullable:
        raise CellFault("row-missing", name=key)
    return None


class Accounts(Rows):
    """Loads accounts; a client whose accounts are all closed closes, one with an open account is active again."""

    cells = cells_of(
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
        number = row.pop("client_no")
        client = client_by_number(self.tx, number)
        if client is None:
            raise CellFault("row-unknown-client", no=number)
        rate, reopened = row.pop("rate_ppm", None), "closed_on" in row and row["closed_on"] is None
        closed = row.pop("closed_on", None)
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
        elif known.customer_id != client.customer_id:
            raise CellFault("row-exists-different")
        else:
            self._update(known, row, rate, moves=reopened or (closed is not None and closed != known.closed_on))
        if closed is not None and known.closed_on is None:
            close_account(self.shop, self.tx, known, closed, Notes())
        elif reopened and known.closed_on is not None:
            self.tx.change(known, status="open", closed_on=None)
        elif closed is not None and closed != known.closed_on:
            if not self.replace:
                raise CellFault("row-exists-different")
            self.tx.change(known, closed_on=closed)
        client = self.tx.need(BrokerClient, client.customer_id)
        if client.status == "closed" and any(a.status != "closed" for a in accounts_of(self.tx, client.customer_id)):
            self.tx.change(client, status="active", closed_on=None)

    def _update(self, known: BrokerAccount, row: dict[str, Any], rate: int | None, *, moves: bool) -> None:
        """Change an account; ``moves``: it closes or opens again, which needs no ``--replace``."""
        new = {n: v for n, v in row.items() if getattr(known, n) != v}
        if rate is not None and rate != known.rate:
            if known.rate != known.base_rate:
                self._tell(T("{no}: the rate {rate} differs from the offer's", zh="{no}: 费率{rate}与优惠不同").of(
                    no=known.account_no, rate=rate))  # fmt: skip
            else:
                new |= {"rate": rate, "base_rate": rate}
        if not new and not moves:
            self.counts.unchanged += 1
            return
        if new and not self.replace:
            raise CellFault("row-exists-different")
        if known.custody_bank is not None and "custody_bank" in new:
            note_change(
                self.tx, known.customer_id, "custody_bank", known.custody_bank, new["custody_bank"], self.tx.now,
                batch=self.batch,
            )  # fmt: skip
        self.tx.change(known, **new)
        self.counts.replaced += 1
