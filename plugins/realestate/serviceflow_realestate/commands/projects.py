"""Projects and their permits, milestones, handover, new-media channels."""

from __future__ import annotations

import re
from typing import Annotated

import typer
from serviceflow.api import BadInput, Order, Shop, T, act, parse_money, plain, table_of
from serviceflow_cli.api import Answer, Column, answer, customer_id, label, out, writing_shop

from serviceflow_realestate.commands.units import manager
from serviceflow_realestate.milestones import ITEM_TITLES, LEVEL_TITLES, reached
from serviceflow_realestate.reception import project_here
from serviceflow_realestate.tables import ReChannel, ReDeal, ReMediaMetric, ReMilestoneItem, ReProject, ReUnit

handover = typer.Typer()
project = typer.Typer()
channel = typer.Typer()
Code = Annotated[str, typer.Argument(metavar="CODE", help=label("Project code", zh="项目代码"))]
PROJECTS = [
    Column("code", T("Code", zh="代码"), null=False),
    Column("name", T("Name", zh="名称"), null=False),
    Column("permit", T("Permit", zh="预售证")),
    Column("permit_date", T("Permit date", zh="预售日期"), "day"),
    Column("handover", T("Handover", zh="交楼日期"), "day"),
]


@project.command("list")
def list_() -> None:
    """List the projects."""
    with writing_shop() as shop, shop.reading() as tx:
        rows = [
            {
                "code": p.code,
                "name": str(T(p.name_en, zh=p.name_zh)),
                "permit": p.presale_permit_no,
                "permit_date": p.presale_permit_date,
                "handover": p.handover_date,
            }
            for p in tx.all(ReProject)
        ]
    out.rows("projects", PROJECTS, rows, empty=T("No project yet.", zh="尚无项目。"))


@project.command("add")
def add(
    code: Code,
    name: Annotated[str, typer.Option(help=label("Name", zh="名称"))],
    name_en: Annotated[str, typer.Option("--name-en", help=label("English name", zh="英文名"))] = "",
    developer: Annotated[str, typer.Option(help=label("Developer (customer)", zh="开发商(客户)"))] = "",
    presale: Annotated[str, typer.Option(help=label("Planned presale", zh="计划预售日"))] = "",
    handover_on: Annotated[str, typer.Option("--handover", help=label("Planned handover", zh="计划交楼日"))] = "",
    account: Annotated[str, typer.Option(help=label("Collection account", zh="收款账号"))] = "",
) -> None:
    """Add a project."""
    who = customer_id(developer) if developer else None

    def work(shop: Shop) -> Answer:
        if not (code.isascii() and code.isalnum() and code.upper() == code and len(code) <= 8):
            raise BadInput(
                T("A code has up to 8 letters A-Z and digits.", zh="代码为至多 8 位大写字母或数字。"),
                plain("CHW"),
                ref="re.code",
            )
        now = shop.clock.now()
        with shop.write("re project add") as tx:
            manager(shop, tx)
            if tx.one(ReProject, table_of(ReProject).c.code == code) is not None:
                raise BadInput(
                    T("Project {code} is there already.", zh="项目 {code} 已存在。").of(code=code),
                    plain("flow re project list"),
                    ref="re.code",
                )
            tx.add(
                ReProject(
                    code=code,
                    name_zh=name,
                    name_en=name_en or name,
                    developer_id=who,
                    collection_account=account,
                    planned_presale_date=shop.parse_day(presale, now) if presale else None,
                    handover_date=shop.parse_day(handover_on, now) if handover_on else None,
                )
            )
            said = T("{code} added", zh="已新增项目 {code}").of(code=code)
            tx.summary = said
        return Answer(said, operation=tx.operation, next_=f"flow re project permit {code} NO DATE")

    answer(work)


@project.command("permit")
def permit(
    code: Code,
    number: Annotated[str, typer.Argument(metavar="NO", help=label("Permit number", zh="许可证号"))],
    on: Annotated[str, typer.Argument(metavar="DATE", help=label("Permit date", zh="许可日期"))],
) -> None:
    """Record the presale permit."""

    def work(shop: Shop) -> Answer:
        day = shop.parse_day(on, shop.clock.now())
        with shop.write("re project permit") as tx:
            manager(shop, tx)
            tx.change(project_here(tx, code), presale_permit_no=number, presale_permit_date=day)
            said = T("permit {no} of {code} recorded", zh="已登记 {code} 预售证 {no}").of(no=number, code=code)
            tx.summary = said
        return Answer(said, operation=tx.operation, next_="flow re unit release NO")

    answer(work)


ITEMS = [
    Column("milestone", T("Milestone", zh="节点"), null=False),
    Column("area", T("Area", zh="板块"), null=False, give=1),
    Column("item", T("Key", zh="代码"), null=False, whole=True),
    Column("title", T("Item", zh="事项"), give=2),
    Column("required", T("Required", zh="要求"), null=False),
    Column("level", T("Level", zh="程度")),
    Column("due", T("Due", zh="期限"), "day", give=3),
    Column("ready", T("Ready", zh="就绪"), "yes_no", null=False),
]


def milestone(code: Annotated[str, typer.Argument(metavar="[PROJECT]", help=label("Project", zh="项目"))] = "") -> None:
    """Show the checklist of the milestone a project stands in."""
    with writing_shop() as shop, shop.reading() as tx:
        if code:
            project_here(tx, code)
        orders = table_of(Order)
        found = [
            o
            for o in tx.all(Order, orders.c.flow == "re-project", orders.c.closed_at.is_(None))
            if code in ("", o.scope)
        ]
        items = [
            i
            for o in found
            for i in tx.all(ReMilestoneItem, table_of(ReMilestoneItem).c.order_id == o.id)
            if i.milestone == o.step
        ]
    rows = [
        {
            "milestone": i.milestone,
            "due": i.due,
            "area": str(T(i.area_en, zh=i.area_zh)),
            "item": i.item,
            "title": str(ITEM_TITLES.get((i.milestone, i.item), i.item)),
            "required": str(LEVEL_TITLES[i.required]),
            "level": str(LEVEL_TITLES[i.level]) if i.level else None,
            "ready": i.waived_by is not None or reached(i.level, i.required),
        }
        for i in items
    ]
    out.rows("items", ITEMS, rows, empty=T("No milestones run.", zh="没有进行中的节点。"))


@handover.command("open")
def open_(
    code: Code,
    building: Annotated[str, typer.Option(help=label("Building", zh="楼栋"))] = "",
) -> None:
    """Start the handover of every paid-up contract of a project."""

    def work(shop: Shop) -> Answer:
        with shop.reading() as tx:
            project_here(tx, code)
            orders = table_of(Order)
            waiting = []
            for order in tx.all(
                Order, orders.c.flow == "re-contract", orders.c.step == "paid-up", orders.c.scope == code
            ):
                unit = tx.need(ReUnit, tx.need(ReDeal, order.id).unit_id)
                begun = tx.one(
                    Order, orders.c.parent_id == order.id, orders.c.flow == "re-handover", orders.c.closed_at.is_(None)
                )
                if building in ("", unit.building) and begun is None:
                    waiting.append(order)
        for order in waiting:
            assert order.id is not None
            act(shop, order.id, "open-handover", {})
        return Answer(
            T("{n} handovers started", zh="已开始交楼 {n} 户").of(n=len(waiting)),
            data={"orders": [o.number for o in waiting]},
        )

    answer(work)


@channel.command("add")
def add_channel(
    name: Annotated[str, typer.Argument(metavar="NAME", help=label("Name", zh="名称"))],
    kind: Annotated[
        str, typer.Option(help=label("interaction, content, platform", zh="interaction content platform"))
    ] = "interaction",
    purpose: Annotated[str, typer.Option(help=label("Purpose", zh="用途"))] = "",
    many: Annotated[bool, typer.Option("--many", help=label("One to many", zh="一对多"))] = False,
    cost: Annotated[str, typer.Option(help=label("Cost a month", zh="月费"))] = "",
) -> None:
    """Add a channel to the channel plan."""

    def work(shop: Shop) -> Answer:
        with shop.write("re channel add") as tx:
            if kind not in ("interaction", "content", "platform"):
                raise BadInput(
                    T("“{kind}” is no kind of channel.", zh="“{kind}”不是渠道类型。").of(kind=kind),
                    plain("interaction, content, platform"),
                    ref="re.channel",
                )
            tx.add(
                ReChannel(
                    name=name,
                    kind=kind,
                    purpose=purpose,
                    one_to_one=not many,
                    cost_month=parse_money(cost) if cost else 0,
                    owner_id=shop.staff_id,
                )
            )
            said = T("channel {name} added", zh="已新增渠道 {name}").of(name=name)
            tx.summary = said
        return Answer(said, operation=tx.operation)

    answer(work)


@channel.command("metrics")
def metrics(
    name: Annotated[str, typer.Argument(metavar="NAME", help=label("Channel", zh="渠道"))],
    month: Annotated[str, typer.Argument(metavar="MONTH", help=label("As 2026-03", zh="如 2026-03"))],
    scale: Annotated[int, typer.Option(min=0, help=label("Fans, reach", zh="粉丝、触达"))] = 0,
    inbound: Annotated[int, typer.Option(min=0, help=label("Inbound", zh="进线"))] = 0,
    answered: Annotated[int, typer.Option(min=0, help=label("Answered", zh="已回复"))] = 0,
    leads: Annotated[int, typer.Option(min=0, help=label("Leads", zh="线索"))] = 0,
    visits: Annotated[int, typer.Option(min=0, help=label("Visits", zh="到访"))] = 0,
    complaints: Annotated[int, typer.Option(min=0, help=label("Complaints", zh="投诉"))] = 0,
    spend: Annotated[str, typer.Option(help=label("Spend", zh="花费"))] = "",
    trust: Annotated[int, typer.Option(min=0, max=100, help=label("Trust 0-100", zh="信任 0-100"))] = 0,
) -> None:
    """Enter the figures of a channel's month."""

    def work(shop: Shop) -> Answer:
        with shop.write("re channel metrics") as tx:
            found = tx.one(ReChannel, table_of(ReChannel).c.name == name)
            if found is None or found.id is None:
                raise BadInput(
                    T("There is no channel {name}.", zh="没有渠道 {name}。").of(name=name),
                    plain("flow re channel add NAME"),
                    ref="re.channel",
                )
            if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month) is None:
                raise BadInput(
                    T("“{month}” is no month.", zh="“{month}”不是月份。").of(month=month),
                    plain(f"flow re channel metrics {name} {shop.local_day(shop.clock.now()):%Y-%m}"),
                    ref="re.month",
                )
            values = {
                "scale": scale,
                "inbound": inbound,
                "answered": answered,
                "leads": leads,
                "visits": visits,
                "complaints": complaints,
                "spend": parse_money(spend) if spend else 0,
                "trust": trust,
            }
            table = table_of(ReMediaMetric)
            row = tx.one(ReMediaMetric, table.c.channel_id == found.id, table.c.month == month)
            if row is None:
                tx.add(ReMediaMetric(channel_id=found.id, month=month, **values))
            else:
                tx.change(row, **values)
            said = T("figures of {name} for {month} entered", zh="已录入 {name} {month} 指标").of(
                name=name, month=month
            )
            tx.summary = said
        return Answer(said, operation=tx.operation)

    answer(work)
