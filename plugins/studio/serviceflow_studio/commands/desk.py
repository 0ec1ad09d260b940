"""The front desk: who came in, what there is to buy, who left, what was paid."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from serviceflow.api import (
    Contact,
    Customer,
    Order,
    Shop,
    T,
    add_customer,
    format_money,
    normalise_phone,
    open_order,
    table_of,
)
from serviceflow_cli.api import Answer, Column, DryRun, answer, label, out, told, writing_shop

from serviceflow_studio import boards
from serviceflow_studio.commands.deeds import do, seen
from serviceflow_studio.tables import StudioCard, StudioReferral

Ref = Annotated[str, typer.Argument(metavar="ST", help=label("Case number", zh="订单号"))]


def receive(
    names: Annotated[str, typer.Argument(metavar="NAMES", help=label("Bride/groom", zh="新娘/新郎"))],
    phone: Annotated[str, typer.Option(help=label("Phone", zh="电话"))] = "",
    want: Annotated[str, typer.Option(help=label("wedding or art", zh="wedding 或 art"))] = "",
    budget: Annotated[str, typer.Option(help=label("Budget", zh="预算"))] = "",
    card_no: Annotated[str, typer.Option("--card", help=label("Referral card", zh="介绍卡"))] = "",
    heard: Annotated[str, typer.Option(help=label("Heard of us from", zh="得知途径"))] = "",
    new: Annotated[bool, typer.Option("--new", help=label("Open another case", zh="另开一单"))] = False,
) -> None:
    """Receive customers: enter them and open their case."""

    def work(shop: Shop) -> Answer:
        customer_id, known = _customer(shop, names, phone)
        people = [part.strip() for part in names.split("/") if part.strip()]
        given = {"want": want, "budget": budget, "card_no": card_no, "heard_from": heard, "new": "yes" if new else ""}
        if len(people) == 2 and want != "art":
            given |= {"bride": f"{people[0]}:{phone}" if phone else people[0], "groom": people[1]}
        else:
            given["guests"] = "/".join(people)
        done = open_order(shop, "studio-case", customer_id, {k: v for k, v in given.items() if v})
        if known:
            done.notes.warnings.append(T("{name} is known by this phone", zh="该电话已登记: {name}").of(name=known))
        return told(shop, done, names, opened=True)

    answer(work)


def _customer(shop: Shop, names: str, phone: str) -> tuple[int, str]:
    """Return the customer with this phone, or a new one; and the known name."""
    if phone:
        found = normalise_phone(phone)
        contacts = table_of(Contact)
        with shop.reading() as tx:
            same = tx.one(Contact, contacts.c.kind == "phone", contacts.c.value == (found.key or phone))
            if same is not None:
                return same.customer_id, tx.need(Customer, same.customer_id).name
    with shop.write("customer add") as tx:
        made = add_customer(tx, name=names, phones=[phone] if phone else [])
        tx.summary = T("{name} entered", zh="新增客户 {name}").of(name=names)
    assert made.id is not None
    return made.id, ""


def leave(
    order: Ref,
    phone: Annotated[str, typer.Option(help=label("Phone", zh="电话"))] = "",
    wechat: Annotated[str, typer.Option(help=label("WeChat", zh="微信"))] = "",
    remark: Annotated[str, typer.Option(help=label("The customer's words", zh="顾客原话"))] = "",
    no_contact: Annotated[str, typer.Option(metavar="REASON", help=label("Left no contact", zh="未留联系方式"))] = "",
    dry_run: DryRun = False,
) -> None:
    """Note that customers left without buying."""
    if no_contact:
        do(order, "leave-no-contact", dry_run=dry_run, reason=no_contact)
    else:
        do(order, "leave-undecided", dry_run=dry_run, phone=phone, wechat=wechat, customer_remark=remark)


def pay(
    order: Ref,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help=label("Yuan", zh="元"))],
    method: Annotated[str, typer.Option(help=label("cash, card, wechat, alipay", zh="cash card wechat alipay"))] = "",
    invoice: Annotated[str, typer.Option(help=label("Invoice number", zh="发票号"))] = "",
    today: Annotated[str, typer.Option(metavar="WAVE", help=label("Shoot today at", zh="今天拍摄, 时段"))] = "",
    offer: Annotated[str, typer.Option(metavar="KIND", help=label("Offer used", zh="使用优惠"))] = "",
    refund: Annotated[bool, typer.Option("--refund", help=label("Give a credit back", zh="退差额"))] = False,
    dry_run: DryRun = False,
) -> None:
    """Take a deposit, the balance or extras, as the case stands; or refund a credit."""
    common = {"amount": amount, "method": method}
    if refund:
        do(order, "refund-credit", common, dry_run=dry_run)
    elif today:
        do(order, "pay-shoot-today", common, dry_run=dry_run, invoice_no=invoice, wave=today)
    elif seen(order).step == "payment":
        do(order, "take-deposit", common, dry_run=dry_run, invoice_no=invoice)
    else:
        do(order, "pay", common, dry_run=dry_run, offer=offer)


AGED = [
    Column("order", T("Order", zh="订单"), null=False, whole=True),
    Column("names", T("Customer", zh="客户"), null=False, give=1),
    Column("step_title", T("Step", zh="步骤"), null=False, give=3),
    Column("step", T("Step", zh="步骤"), null=False, shown=False),
    Column("booked", T("Booked", zh="付定日"), "day", null=False, give=2),
    Column("age", T("Days", zh="天数"), "number", null=False),
    Column("balance", T("Balance", zh="余额"), "money", null=False),
    Column("urged", T("Urged", zh="已催"), "number", null=False),
]


def urge(
    older_than: Annotated[int, typer.Option(min=0, help=label("Only older than … days", zh="只看超过几天的"))] = 0,
) -> None:
    """List deposits without a shoot date, oldest first."""
    with writing_shop() as shop, shop.reading() as tx:
        found = boards.aged_deposits(shop, tx, older_than)
    out.rows("cases", AGED, found, empty=T("Every booked case has a date.", zh="已付定的都有拍摄日。"))


CARDS = [
    Column("card", T("Card", zh="爱情卡"), null=False),
    Column("customer", T("Owner", zh="持卡人"), null=False, give=1),
    Column("level", T("Level", zh="级别"), null=False),
    Column("state", T("State", zh="状态"), null=False),
    Column("parent", T("Of card", zh="主卡")),
    Column("referrals", T("Referrals", zh="介绍"), "number", null=False),
    Column("waiting", T("Gift waiting", zh="待领礼金"), "money", null=False),
]


def card(
    number: Annotated[str, typer.Argument(metavar="[CARD]", help=label("Card number", zh="卡号"))] = "",
    collect: Annotated[str, typer.Option(metavar="REFERRAL", help=label("Pay its gift money", zh="领取礼金"))] = "",
    method: Annotated[str, typer.Option(help=label("How it is paid", zh="付款方式"))] = "cash",
    secondary: Annotated[str, typer.Option(metavar="CARD", help=label("Secondary card", zh="副卡"))] = "",
) -> None:
    """Show love cards with level, referrals and gift money, or pay a gift."""
    if collect:
        with writing_shop() as shop, shop.reading() as tx:
            table = table_of(StudioReferral)
            row = tx.one(StudioReferral, table.c.order_id == seen(collect).order_id)
        do(
            collect,
            "collect",
            card_shown="yes",
            amount=format_money(row.gift) if row else "0",
            method=method,
            secondary_card_no=secondary,
        )
        return
    with writing_shop() as shop, shop.reading() as tx:
        cards = [c for c in tx.all(StudioCard) if not number or c.card_no == number]
        found = [_card(tx, c) for c in cards]
    out.rows("cards", CARDS, found, empty=T("No such card.", zh="无此爱情卡。"))


def _card(tx: Any, held: StudioCard) -> dict[str, Any]:
    orders = table_of(Order)
    mine = tx.all(
        Order, orders.c.flow == "studio-referral", orders.c.customer_id == held.customer_id, orders.c.step != "void"
    )
    waiting = [tx.need(StudioReferral, o.id).gift for o in mine if o.closed_at is None]
    return {
        "card": held.card_no,
        "customer": tx.need(Customer, held.customer_id).name,
        "level": held.level,
        "state": held.state,
        "parent": held.parent_card,
        "referrals": len(mine),
        "waiting": sum(waiting),
    }
