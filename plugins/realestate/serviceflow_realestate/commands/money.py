"""Purchase plans, receipts, the ledger of a contract, loan papers, late payments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from serviceflow.api import BadInput, Notes, Order, Refused, T, case_of, parse_money, plain, table_of
from serviceflow_cli.api import Column, Seen, current, do_action, label, look_at, out, write_page, writing_shop

from serviceflow_realestate import accounts, inventory, loan_papers
from serviceflow_realestate.agreement import HOMES, METHODS, PAY_WAYS
from serviceflow_realestate.fields import yuan
from serviceflow_realestate.printing import page_of
from serviceflow_realestate.tables import ReChecklist, ReReceipt

Ref = Annotated[str, typer.Argument(metavar="ORDER", help=label("Order number", zh="单号"))]
PRINTED = T("printed: {file}", zh="已生成: {file}")
QUOTE = [
    Column("unit", T("Unit", zh="房号"), null=False),
    Column("list_total", T("List total", zh="原价"), "money", null=False),
    Column("deal_total", T("Deal total", zh="成交总价"), "money", null=False),
    Column("first", T("First payment", zh="首付"), "money", null=False),
    Column("deposit", T("Deposit", zh="定金"), "money", null=False),
    Column("loan", T("Loan", zh="贷款"), "money", null=False),
    Column("years", T("Years", zh="年数"), "number"),
    Column("monthly", T("Monthly", zh="月供"), "money"),
]


def quote(
    unit: Annotated[str, typer.Argument(metavar="NO", help=label("Unit", zh="房号"))],
    pay: Annotated[
        str, typer.Option(help=label("lump, instalment, mortgage", zh="lump instalment mortgage"))
    ] = "mortgage",
    loan: Annotated[str, typer.Option(help=label("Loan", zh="贷款额"))] = "",
    years: Annotated[int, typer.Option(min=1, max=99, help=label("Years", zh="年数"))] = 30,
    rate: Annotated[str, typer.Option(help=label("Rate, %", zh="年利率, %"))] = "",
    method: Annotated[
        str, typer.Option(help=label("equal-instalment, equal-principal", zh="等额本息、等额本金"))
    ] = "equal-instalment",
    home: Annotated[str, typer.Option(help=label("first, second, other", zh="first second other"))] = "first",
    file: Annotated[str, typer.Option("--out", metavar="FILE", help=label("Print the plan", zh="打印计划表"))] = "",
) -> None:
    """Work out a purchase plan; nothing is stored."""
    for value, among in ((pay, PAY_WAYS), (method, METHODS), (home, HOMES)):
        if value not in among:
            raise BadInput(
                T("“{value}” is not known.", zh="“{value}”无效。").of(value=value),
                plain(", ".join(among)),
                ref="re.quote",
            )
    with writing_shop() as shop, shop.reading() as tx:
        found = accounts.plan_of(
            shop,
            inventory.unit_named(tx, unit),
            inventory.project_of(tx, inventory.unit_named(tx, unit)).code,
            pay_way=pay,
            loan=parse_money(loan) if loan else None,
            years=years,
            rate=parse_money(rate) if rate else None,
            method=method,
            home=home,
        )
        if file:
            code = inventory.project_of(tx, found.unit).code
            facts = accounts.plan_facts(shop, found, code, pay_way=pay, years=years, method=method, home=home)
            made = write_page(shop, page_of(shop, "RE-PLAN", facts), Path(file), found.unit.unit_no)
            out.talk(PRINTED.of(file=made))

    def draw() -> None:
        one = found.unit
        out.line(f"{one.unit_no}  {one.gross_area / 100:.2f} m2 x {yuan(one.unit_price)} = {yuan(one.list_total)}")
        out.line(
            T(
                "discounts  payway {a}%, on-time {b}%            deal total {total}",
                zh="优惠  付款方式 {a}%, 按时签约 {b}%            成交总价 {total}",
            ).of(a=f"{found.payway / 100:g}", b=f"{found.on_time / 100:g}", total=yuan(found.deal_total))
        )
        out.line(
            T(
                "first payment {first} (deposit {deposit} + {rest} at signing)   loan {loan}",
                zh="首付 {first}(定金 {deposit} + 签约时 {rest})   贷款 {loan}",
            ).of(
                first=yuan(found.first),
                deposit=yuan(found.deposit),
                rest=yuan(found.first - found.deposit),
                loan=yuan(found.loan),
            )
        )
        if found.loan:
            out.line(
                T(
                    "{years} years, {rate} %, {method}          monthly {monthly}",
                    zh="{years} 年, {rate} %, {method}          月供 {monthly}",
                ).of(years=years, rate=f"{found.rate / 100:.2f}", method=METHODS[method], monthly=yuan(found.monthly))
            )

    values = {
        **{c.key: getattr(found, c.key, None) for c in QUOTE},
        "unit": unit,
        "list_total": found.unit.list_total,
        "years": years,
    }
    out.page(QUOTE, values, draw)


def pay(
    order: Ref,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help=label("Yuan", zh="元"))],
    method: Annotated[
        str, typer.Option(help=label("transfer, debit, credit, cash", zh="transfer debit credit cash"))
    ] = "",
    card: Annotated[str, typer.Option(help=label("Card, as bank-1234", zh="银行卡"))] = "",
    ref: Annotated[str, typer.Option(help=label("Bank reference", zh="流水号"))] = "",
    on: Annotated[str, typer.Option(help=label("Paid on", zh="付款日"))] = "",
    kind: Annotated[str, typer.Option(help=label("price, damages, fee, tax", zh="price damages fee tax"))] = "",
    payer: Annotated[str, typer.Option(help=label("Payer", zh="付款人"))] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=label("Only try", zh="试运行"))] = False,
) -> None:
    """Book money: the deposit of a subscription, or a payment of a contract."""
    action = "receive-deposit" if look_at(order).flow == "re-subscription" else "receive-payment"
    fields = {"amount": amount, "method": method, "card": card, "ref": ref, "paid_on": on, "kind": kind, "payer": payer}
    do_action(order, action, fields, dry_run=dry_run)


receipt = typer.Typer()
Number = Annotated[str, typer.Argument(metavar="NUMBER", help=label("Receipt number", zh="收据号"))]


def _receipt_of(number: str) -> tuple[ReReceipt, Order]:
    """Return a receipt and the order in which it is voided.

    That is the one it was booked on; for the deposit of a signed purchase the newest contract.

    Raises:
        BadInput: There is no such receipt.
    """
    orders = table_of(Order)
    with writing_shop() as shop, shop.reading() as tx:
        found = tx.one(ReReceipt, table_of(ReReceipt).c.number == number.strip().upper())
        if found is None:
            raise BadInput(
                T("There is no receipt {no}.", zh="没有收据 {no}。").of(no=number),
                plain("flow re ledger ORDER"),
                ref="re.receipt",
            )
        booked = tx.need(Order, found.order_id)
        if found.kind != "deposit" or booked.closed_at is None:
            return found, booked
        contracts = tx.all(
            Order,
            orders.c.parent_id == found.purchase_id,
            orders.c.flow == "re-contract",
            order_by=[orders.c.id],
        )
        return found, contracts[-1] if contracts else booked


@receipt.command("void")
def void(
    number: Number,
    reason: Annotated[str, typer.Option(help=label("Reason", zh="原因"))],
    method: Annotated[str, typer.Option(help=label("Of a deposit: how it was paid", zh="定金: 实际付款方式"))] = "",
    card: Annotated[str, typer.Option(help=label("Card, as bank-1234", zh="银行卡"))] = "",
    ref: Annotated[str, typer.Option(help=label("Bank reference", zh="流水号"))] = "",
    on: Annotated[str, typer.Option(help=label("Paid on", zh="付款日"))] = "",
    payer: Annotated[str, typer.Option(help=label("Payer", zh="付款人"))] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=label("Only try", zh="试运行"))] = False,
) -> None:
    """Void a wrong receipt by a reversing one; a deposit is booked anew at once, as it was paid."""
    found, order = _receipt_of(number)
    given = {"method": method, "card": card, "ref": ref, "paid_on": on, "payer": payer}
    fields = {"receipt": found.number, "reason": reason}
    if found.kind != "deposit":
        do_action(order.number, "void-receipt", fields, dry_run=dry_run)
        return
    if not method:
        raise Refused(
            T(
                "A purchase stands on its deposit: say how it was paid. Money that goes back is a change.",
                zh="认购以定金为据: 请写明实际付款方式; 退定请走变更。",
            ),
            plain(f"flow re receipt void {found.number} --reason … --method …"),
            ref="re.receipt-deposit",
        )
    do_action(order.number, "correct-deposit", {**fields, **given}, dry_run=dry_run)


@receipt.command("change", hidden=True)
def change(number: Number) -> None:
    """Say how a receipt is corrected: it is not changed."""
    _receipt_of(number)
    raise Refused(
        T("Receipts cannot be changed; void it.", zh="收据不能修改, 请作废。"),
        plain(f"flow re receipt void {number} --reason …"),
        ref="re.receipt-fixed",
    )


LEDGER = [
    Column("seq", T("#", zh="#"), "number", null=False),
    Column("kind", T("Kind", zh="款项"), null=False, shown=False),
    Column("kind_title", T("Kind", zh="款项"), null=False),
    Column("due", T("Due", zh="到期"), "day", null=False),
    Column("amount", T("Amount", zh="金额"), "money", null=False),
    Column("paid", T("Paid", zh="已付"), "money", null=False),
    Column("open", T("Open", zh="未付"), "money", null=False),
    Column("damages", T("Damages", zh="违约金"), "money", null=False),
    Column("state", T("State", zh="状态"), shown=False),
]
RECEIPTS = [
    Column("number", T("Receipt", zh="收据"), null=False),
    Column("paid_on", T("Paid on", zh="付款日"), "day", null=False),
    Column("kind", T("For", zh="款项"), null=False, shown=False),
    Column("kind_title", T("For", zh="款项"), null=False),
    Column("amount", T("Amount", zh="金额"), "money", null=False),
    Column("method", T("Method", zh="方式"), shown=False),
    Column("method_title", T("Method", zh="方式"), give=1),
]


def ledger(order: Ref, on: Annotated[str, typer.Option("--on", help=label("As of", zh="截至"))] = "") -> None:
    """Show lines, payments and damages of a contract as of a day."""
    seen = look_at(order)
    with writing_shop() as shop, shop.write("re ledger", dry_run=True) as tx:
        now = shop.clock.now()
        day = shop.parse_day(on, now) if on else shop.local_day(now)
        case = case_of(shop, tx, tx.need(Order, seen.order_id), Notes())
        rows = accounts.ledger_rows(case, day)
        receipts = accounts.receipt_rows(case, day)
    out.rows(
        "lines", LEDGER, rows, empty=T("No lines yet.", zh="尚无付款计划。"), facts={"receipts": receipts, "on": day}
    )
    if current().format == "text" and receipts:
        out.line()
        out.rows("receipts", RECEIPTS, receipts)


DOCS = [
    Column("item", T("Key", zh="代码"), null=False, whole=True),
    Column("title", T("Paper", zh="资料"), null=False),
    Column("person", T("Person", zh="何人"), null=False, shown=False),
    Column("person_title", T("Person", zh="何人"), null=False),
    Column("copies", T("Copies", zh="份数"), "number", null=False),
    Column("received", T("Here", zh="已收"), "number", null=False),
    Column("on", T("On", zh="日期"), "day"),
    Column("months", T("Months", zh="月数"), "number"),
]


PERSONS = {"main": T("main buyer", zh="主买受人"), "spouse": T("spouse", zh="配偶"), "both": T("both", zh="双方")}


def _mortgage_of(seen: Seen) -> Seen:
    """Return the loan of a contract, or the order itself."""
    if seen.flow != "re-contract":
        return seen
    orders = table_of(Order)
    with writing_shop() as shop, shop.reading() as tx:
        loans = tx.all(
            Order, orders.c.parent_id == seen.order_id, orders.c.flow == "re-mortgage", order_by=[orders.c.id]
        )
    return look_at(loans[-1].number) if loans else seen


def docs(
    order: Ref,
    got: Annotated[
        list[str] | None, typer.Option("--got", metavar="ITEM[:PERSON[:MONTHS]]", help=label("Received", zh="收到"))
    ] = None,
) -> None:
    """Show the loan papers of a mortgage, or note what was handed in."""
    seen = _mortgage_of(look_at(order))
    for word in got or ():
        item, person, months = (*word.split(":"), "", "")[:3]
        do_action(
            seen.number,
            "receive-doc",
            {"item": item, "person": person or "both", "original_seen": "yes", "months": months},
        )
    if got:
        return
    with writing_shop() as shop, shop.reading() as tx:
        rows = tx.all(ReChecklist, table_of(ReChecklist).c.order_id == seen.order_id)
    out.rows(
        "papers",
        DOCS,
        [
            {
                "item": r.item,
                "title": str(loan_papers.title_of(r.item)),
                "person": r.person,
                "person_title": str(PERSONS.get(r.person, r.person)),
                "copies": r.copies,
                "received": r.received,
                "on": r.received_on,
                "months": r.months,
            }
            for r in rows
        ],
        empty=T("No papers are needed.", zh="无需资料。"),
    )


LATE = [
    Column("contract", T("Contract", zh="合同"), null=False, whole=True),
    Column("customer", T("Customer", zh="客户"), null=False),
    Column("unit", T("Unit", zh="房号"), null=False),
    Column("days", T("Days late", zh="逾期天数"), "number", null=False),
    Column("amount", T("Open", zh="欠款"), "money", null=False),
    Column("damages", T("Damages", zh="违约金"), "money", null=False),
    Column("stage", T("Stage", zh="催收"), shown=False),
    Column("stage_title", T("Stage", zh="催收"), give=1),
]


def late(
    min_days: Annotated[int, typer.Option("--min-days", min=0, help=label("At least days", zh="至少天数"))] = 1,
) -> None:
    """List overdue payments, the oldest first."""
    with writing_shop() as shop, shop.write("re late", dry_run=True) as tx:
        rows = accounts.overdue_rows(shop, tx, min_days)
    out.rows("late", LATE, rows, empty=T("Nothing is overdue.", zh="没有逾期。"))
