"""``flow beauty …``: thin names for `flow new` and `flow do`, and the salon's own lists."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from serviceflow.api import BadInput, Customer, Order, Refused, T, format_money, parse_money, plain, table_of
from serviceflow_cli.api import Column, customer_id, do_action, label, look_at, open_new, out, writing_shop

from serviceflow_beauty.card import card_named, count
from serviceflow_beauty.figures import figures
from serviceflow_beauty.tables import BeautyPackage, BeautyPatch, BeautyProfile, BeautySession, BeautyTreatment
from serviceflow_beauty.words import CLASSES, RESULTS

app = typer.Typer(no_args_is_help=True)
Who = Annotated[str, typer.Argument(metavar="CUSTOMER", help=label("Guest", zh="顾客"))]

PACKAGES = [
    Column("package", T("Package", zh="疗程卡"), null=False, whole=True),
    Column("customer", T("Guest", zh="顾客"), null=False),
    Column("treatment", T("Treatment", zh="项目"), null=False),
    Column("used", T("Used", zh="已用"), "number", null=False),
    Column("left", T("Left", zh="剩余"), "number", null=False),
    Column("until", T("Until", zh="到期"), "day", null=False),
]
MENU = [
    Column("treatment", T("Treatment", zh="项目"), null=False, whole=True),
    Column("name", T("Name", zh="名称"), null=False),
    Column("kind", T("Class", zh="类别"), null=False),
    Column("minutes", T("Minutes", zh="分钟"), "number", null=False),
    Column("price", T("Price", zh="价格"), "money", null=False),
    Column("gap", T("Days between", zh="间隔天数"), "number", null=False),
    Column("patch", T("Patch test", zh="皮试"), "yes_no", null=False),
    Column("active", T("On the menu", zh="在售"), "yes_no", null=False),
]
FIGURES = [
    Column("figure", T("Figure", zh="指标"), null=False, whole=True),
    Column("value", T("Value", zh="数值"), null=False),
]


@app.command()
def welcome(
    customer: Who,
    locker: Annotated[str, typer.Option(help=label("Locker", zh="柜号"))] = "",
) -> None:
    """Welcome a guest: today's booking, or a walk-in."""
    guest = customer_id(customer)
    with writing_shop() as shop, shop.reading() as tx:
        orders = table_of(Order)
        booked = [
            order
            for order in tx.all(
                Order, orders.c.customer_id == guest, orders.c.flow == "beauty-session", orders.c.step == "booked"
            )
            if shop.local_day(tx.need(BeautySession, order.id).starts_at) == shop.local_day(shop.clock.now())
        ]
    if booked:
        do_action(booked[0].number, "welcome", {"locker": locker})
    else:
        open_new("beauty-session", customer, {"locker": locker}, start="walk-in")


@app.command()
def use(
    session: Annotated[str, typer.Argument(metavar="BS", help=label("Session", zh="护理单"))],
    package: Annotated[str, typer.Option(help=label("Package", zh="疗程卡"))],
) -> None:
    """Take the session that is being treated from a package."""
    seen = look_at(session)
    with writing_shop() as shop, shop.write("beauty use") as tx:
        found = card_named(tx, package)
        row = tx.get(BeautySession, seen.order_id)
        if found is None or row is None or found[1].customer_id != row.customer_id:
            raise BadInput(
                T("{n} is no package of this guest.", zh="{n} 不是该顾客的疗程卡。").of(n=package),
                plain("flow beauty packages"),
                ref="bea.package",
            )
        if tx.need(Order, seen.order_id).step != "treating":
            raise Refused(
                T("{n} is not being treated.", zh="{n} 不在护理中。").of(n=seen.number),
                plain(f"flow do {seen.number}"),
                ref="bea.treating",
            )
        tx.change(row, package_id=found[1].order_id)
    do_action(session, "finish", {})
    with writing_shop() as shop, shop.reading() as tx:
        found = card_named(tx, package)
        assert found is not None
        out.line(_line(found[0].number, found[1], tx.need(BeautyTreatment, found[1].treatment), count(tx, found[1])))


def _line(number: str, card: BeautyPackage, treatment: BeautyTreatment, stand: object) -> T:
    return T(
        "{n} {t}  used {used} of {paid} (+{gift} gift)  left {left}  until {until}",
        zh="{n} {t}  已用 {used}/{paid} (赠 {gift})  剩 {left}  至 {until}",
    ).of(
        n=number,
        t=T(treatment.name_en, zh=treatment.name_zh),
        used=stand.used_paid + stand.used_gift,  # type: ignore[attr-defined]
        paid=card.paid_sessions,
        gift=card.gift_sessions,
        left=stand.left,  # type: ignore[attr-defined]
        until=card.expires_on,
    )


@app.command()
def packages(
    expiring: Annotated[int, typer.Option(help=label("Only those ending within days", zh="只看多少天内到期"))] = 0,
) -> None:
    """List the packages that can be used."""
    with writing_shop() as shop, shop.reading() as tx:
        today = shop.local_day(shop.clock.now())
        table = table_of(BeautyPackage)
        rows = []
        for card in tx.all(BeautyPackage, order_by=[table.c.expires_on, table.c.order_id]):
            order, treatment = tx.need(Order, card.order_id), tx.need(BeautyTreatment, card.treatment)
            late = bool(expiring) and card.expires_on > today + timedelta(days=expiring)
            if order.step != "active" or late:
                continue
            stand = count(tx, card)
            rows.append(
                {
                    "package": order.number,
                    "customer": tx.need(Customer, card.customer_id).name,
                    "treatment": str(T(treatment.name_en, zh=treatment.name_zh)),
                    "used": stand.used_paid + stand.used_gift,
                    "left": stand.left,
                    "until": card.expires_on,
                }
            )
    out.rows("packages", PACKAGES, rows, empty=T("No package.", zh="没有疗程卡。"))


@app.command()
def consent(
    customer: Who,
    guardian: Annotated[str, typer.Option(help=label("Guardian of a child", zh="监护人"))] = "",
) -> None:
    """Note that a guest agrees to health data being kept."""
    guest = customer_id(customer)
    with writing_shop() as shop, shop.write("beauty consent") as tx:
        page = tx.get(BeautyProfile, guest) or tx.add(BeautyProfile(customer_id=guest))
        tx.change(page, health_consent_on=shop.local_day(tx.now), guardian=guardian or page.guardian)
        tx.customer_id, tx.summary = guest, T("consent to health data", zh="健康信息同意")
    out.talk(T("√ consent noted", zh="√ 已记录同意"), "green")


@app.command()
def patch(
    customer: Who,
    treatment: Annotated[str, typer.Argument(metavar="TREATMENT", help=label("Treatment", zh="项目"))],
    result: Annotated[str, typer.Argument(metavar="ok|reaction", help=label("Result", zh="结果"))] = "ok",
) -> None:
    """Note a patch test."""
    if result not in RESULTS:
        raise BadInput(
            T("A result is ok or reaction.", zh="结果为 ok 或 reaction。"),
            plain(f"flow beauty patch {customer} {treatment} ok"),
            ref="bea.patch",
        )
    guest = customer_id(customer)
    with writing_shop() as shop, shop.write("beauty patch") as tx:
        if tx.get(BeautyTreatment, treatment) is None:
            raise BadInput(
                T("There is no treatment {t}.", zh="没有项目 {t}。").of(t=treatment),
                plain("flow beauty menu"),
                ref="bea.treatment",
            )
        tx.customer_id, tx.summary = guest, T("patch test", zh="皮试")
        tx.add(BeautyPatch(customer_id=guest, treatment=treatment, at=tx.now, result=result))
    out.talk(T("√ patch test noted", zh="√ 已记录皮试"), "green")


@app.command()
def menu() -> None:
    """List the treatments."""
    with writing_shop() as shop, shop.reading() as tx:
        rows = [
            {
                "treatment": row.code, "name": str(T(row.name_en, zh=row.name_zh)), "kind": row.kind,
                "minutes": row.minutes, "price": row.price, "gap": row.gap_days, "patch": row.patch_test,
                "active": row.active,
            }
            for row in tx.all(BeautyTreatment)
        ]  # fmt: skip
    out.rows(
        "treatments",
        MENU,
        rows,
        empty=T("No treatment: flow beauty treatment --help", zh="没有项目: flow beauty treatment --help"),
    )


@app.command()
def treatment(
    code: Annotated[str, typer.Argument(metavar="CODE", help=label("Code", zh="编码"))],
    en: Annotated[str | None, typer.Option(help=label("English name", zh="英文名"))] = None,
    zh: Annotated[str | None, typer.Option(help=label("Chinese name", zh="中文名"))] = None,
    minutes: Annotated[int | None, typer.Option(min=1, help=label("Minutes", zh="分钟"))] = None,
    price: Annotated[str | None, typer.Option(help=label("Price", zh="价格"))] = None,
    kind: Annotated[str | None, typer.Option(help=label("repair, basic, whitening or strong", zh="类别"))] = None,
    gap: Annotated[int | None, typer.Option(min=0, help=label("Days between sessions", zh="间隔天数"))] = None,
    patch_test: Annotated[bool | None, typer.Option(help=label("Needs a patch test", zh="须皮试"))] = None,
    active: Annotated[bool | None, typer.Option(help=label("Is on the menu", zh="在售"))] = None,
) -> None:
    """Put a treatment on the menu, or change it."""
    if kind is not None and kind not in CLASSES:
        raise BadInput(
            T("There is no class {k}.", zh="没有类别 {k}。").of(k=kind),
            plain(f"--kind {'|'.join(CLASSES)}"),
            ref="bea.kind",
        )
    given = {
        "name_en": en, "name_zh": zh, "minutes": minutes, "price": parse_money(price) if price is not None else None,
        "kind": kind, "gap_days": gap, "patch_test": patch_test, "active": active,
    }  # fmt: skip
    said = {name: value for name, value in given.items() if value is not None}
    with writing_shop() as shop, shop.write("beauty treatment") as tx:
        known = tx.get(BeautyTreatment, code)
        if known is not None:
            tx.change(known, **said)
        elif {"name_en", "name_zh", "minutes", "price", "kind"} <= said.keys():
            tx.add(BeautyTreatment(code=code, **said))
        else:
            raise BadInput(
                T("A new treatment needs names, minutes, price and class.", zh="新项目须有名称、分钟、价格和类别。"),
                plain(f"flow beauty treatment {code} --en … --zh … --minutes 60 --price 300 --kind basic"),
                ref="bea.new-treatment",
            )
        tx.summary = T("treatment {code}", zh="项目 {code}").of(code=code)
    out.talk(T("√ treatment {code} noted", zh="√ 已记录项目 {code}").of(code=code), "green")


@app.command()
def report() -> None:
    """Count sessions, what is owed to guests, renewals and reactions."""
    with writing_shop() as shop, shop.reading() as tx:
        found = figures(shop, tx)
    rows = [
        (T("Sessions used / sold", zh="已用/售出次数"), f"{found.used}/{found.sold}"),
        (T("Open liability", zh="未消耗金额"), format_money(found.liability)),
        (T("Renewals of used-up cards", zh="续购"), f"{found.renewed}/{found.used_up}"),
        (T("Reactions / sessions", zh="不良反应/护理"), f"{found.reactions}/{found.sessions}"),
    ]
    out.rows("figures", FIGURES, [{"figure": str(title), "value": value} for title, value in rows])
