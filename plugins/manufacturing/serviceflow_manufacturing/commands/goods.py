"""``product``, ``experience``, ``profile``: what is known of goods and customers before anybody asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from serviceflow.api import BadInput, Shop, T, format_scaled, parse_money, plain
from serviceflow_cli.api import Answer, Column, answer, label, out, writing_shop

from serviceflow_manufacturing import customers
from serviceflow_manufacturing.commands import duties
from serviceflow_manufacturing.commands.deeds import customer_named
from serviceflow_manufacturing.commands.figures import DESKS
from serviceflow_manufacturing.forms import GRADES, REGIONS
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules.terms import read_terms
from serviceflow_manufacturing.rules.terms import shown as shown_terms
from serviceflow_manufacturing.tables import MfgExperience, MfgProduct, MfgProfile

STATES = ("batch", "developing", "suspended", "phased-out")

PRODUCTS = [
    Column("code", T("Code", zh="编码"), null=False, whole=True),
    Column("name", T("Name", zh="名称"), null=False, give=1),
    Column("category", T("Category", zh="品类"), null=False),
    Column("listed", T("Listed", zh="型谱"), "yes_no", null=False),
    Column("batch", T("Batch notice", zh="批产通知")),
    Column("state", T("State", zh="状态"), null=False),
    Column("regular", T("Regular", zh="常规"), "yes_no", null=False),
]


def product(
    code: Annotated[
        str, typer.Argument(metavar="[CODE]", help=label("Enter or change this one", zh="登记或修改"))
    ] = "",
    name: Annotated[str, typer.Option("--name", help=label("Name", zh="名称"))] = "",
    category: Annotated[str, typer.Option("--category", help=label("Category", zh="品类"))] = "",
    batch: Annotated[str, typer.Option("--batch-notice", help=label("Batch notice number", zh="批产通知号"))] = "",
    state: Annotated[str, typer.Option("--state", help=label("State", zh="状态"))] = "",
    listed: Annotated[
        bool | None, typer.Option("--listed/--unlisted", help=label("In the list", zh="在型谱中"))
    ] = None,
) -> None:
    """Show the product list, or enter or change one product."""
    if not code:
        with writing_shop() as shop, shop.reading() as tx:
            rows = [{"code": p.code, "name": str(T(p.name_en, zh=p.name_zh)), "category": p.category,
                     "listed": p.listed, "batch": p.batch_notice_no or None, "state": p.state, "regular": p.regular}
                    for p in tx.all(MfgProduct)]  # fmt: skip
        out.rows("products", PRODUCTS, rows, empty=T("No products yet.", zh="没有产品。"))
        return
    if state and state not in STATES:
        raise BadInput(
            T("“{state}” is no state of a product.", zh="“{state}”不是产品状态。").of(state=state),
            plain(", ".join(STATES)), ref="mfg.product_state")  # fmt: skip

    def work(shop: Shop) -> Answer:
        with shop.write("mfg product") as tx:
            duties.need(shop, tx, T("Product list", zh="产品型谱"), *duties.PRODUCTS, in_charge=True)
            known = tx.get(MfgProduct, code) or tx.add(
                MfgProduct(code=code, name_en=name or code, name_zh=name or code)
            )
            given: Mapping[str, Any] = {
                "name_en": name, "name_zh": name, "category": category, "batch_notice_no": batch, "state": state,
            }  # fmt: skip
            tx.change(known, **{k: v for k, v in given.items() if v})
            if listed is not None:
                tx.change(known, listed=listed)
            tx.summary = T("product {code}: {state}", zh="产品 {code}：{state}").of(code=code, state=known.state)
        return Answer(tx.summary, operation=tx.operation)

    answer(work)


EXPERIENCE = [
    Column("category", T("Category", zh="品类"), null=False, whole=True),
    Column("quick_price", T("Quick price", zh="快速报价"), null=False),
    Column("labour", T("Labour", zh="工缴"), null=False),
    Column("freight", T("Freight", zh="运费"), null=False),
    Column("quota_fee", T("Quota fee", zh="配额费"), null=False),
]
PRICES = ("quick_price", "labour", "freight", "quota_fee")
DIGITS = 4
Yuan = Annotated[str, typer.Option(metavar="YUAN", help=label("Yuan a piece, up to 4 decimals", zh="元/件"))]


def experience(
    category: Annotated[
        str, typer.Argument(metavar="[CATEGORY]", help=label("Enter or change this one", zh="登记或修改"))
    ] = "",
    quick_price: Yuan = "",
    labour: Yuan = "",
    freight: Yuan = "",
    quota_fee: Yuan = "",
) -> None:
    """Show the prices by experience, or enter or change those of one category."""
    if not category:
        with writing_shop() as shop, shop.reading() as tx:
            rows = [{"category": e.category, **{name: format_scaled(getattr(e, name), DIGITS) for name in PRICES}}
                    for e in tx.all(MfgExperience)]  # fmt: skip
        out.rows("experience", EXPERIENCE, rows, empty=T("No experience yet.", zh="还没有经验数据。"))
        return
    typed = {"quick_price": quick_price, "labour": labour, "freight": freight, "quota_fee": quota_fee}
    given = {name: parse_money(value, digits=DIGITS) for name, value in typed.items() if value}

    def work(shop: Shop) -> Answer:
        with shop.write("mfg experience") as tx:
            duties.need(shop, tx, T("Prices by experience", zh="经验价"), *duties.PRICES, in_charge=True)
            known = tx.get(MfgExperience, category) or tx.add(MfgExperience(category=category))
            tx.change(known, **given)
            shown = ", ".join(f"{name} {format_scaled(getattr(known, name), DIGITS)}" for name in PRICES)
            tx.summary = T("{category}: {prices}", zh="{category}：{prices}").of(category=category, prices=shown)
        return Answer(tx.summary, operation=tx.operation)

    answer(work)


CHANNELS = ("wecom", "email", "sms", "print", "hand", "usual")


def profile(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help=label("Name", zh="客户名"))],
    region: Annotated[str, typer.Option("--region", help=label("Region", zh="地区"))] = "",
    grade: Annotated[str, typer.Option("--grade", help=label("key, normal or new", zh="key normal new"))] = "",
    desk: Annotated[str, typer.Option("--desk", help=label("domestic or export", zh="domestic 或 export"))] = "",
    channel: Annotated[
        str, typer.Option("--channel", help=label("How he wants to be written to; usual: by region", zh="首选渠道"))
    ] = "",
    terms: Annotated[str, typer.Option("--terms", help=label("Usual payment terms", zh="惯用付款条件"))] = "",
    marks: Annotated[str, typer.Option("--marks", help=label("Shipping marks", zh="唛头"))] = "",
    background: Annotated[str, typer.Option("--background", help=label("What is known of him", zh="背景"))] = "",
) -> None:
    """Show what the factory knows of a customer, or enter it: region, grade, desk, channel, terms, marks."""
    choices = ((region, REGIONS), (grade, GRADES), (desk, DESKS), (channel, CHANNELS))
    for typed, known in choices:
        if typed and typed not in known:
            words = T("“{typed}” is not known.", zh="“{typed}”无效。").of(typed=typed)
            raise BadInput(words, plain(", ".join(known)), ref="mfg.profile")
    values: dict[str, Any] = {"desk": desk, "marks": marks, "background": background}
    if terms:
        values["terms"] = _terms(terms)
    values = {name: value for name, value in values.items() if value}
    if channel:
        values["channel"] = "" if channel == "usual" else channel
    if not (region or grade or values):
        with writing_shop() as shop, shop.reading() as tx:
            found = tx.get(MfgProfile, customer_named(tx, customer).id)
        empty = T("Nothing is known of {name} yet.", zh="{name} 尚无资料。").of(name=customer)
        out.rows("profiles", PROFILE, [_shown(customer, found)] if found is not None else [], empty=empty)
        return

    def work(shop: Shop) -> Answer:
        with shop.write("mfg profile") as tx:
            duties.need(shop, tx, T("Customer profile", zh="客户资料"), *duties.PROFILES, in_charge=True)
            who = customer_named(tx, customer)
            assert who.id is not None
            known = tx.get(MfgProfile, who.id)
            if known is None and not region:
                words = T("The region of {name} is needed first.", zh="请先登记{name}的地区。").of(name=customer)
                raise BadInput(words, plain(f"--region {'|'.join(REGIONS)}"), ref="mfg.profile")
            if region or grade:
                home = shop.setting("mfg.home_regions")
                kept = region or (known.region if known is not None else "")
                known = customers.enter_profile(tx, who.id, kept, grade or None, home)
            assert known is not None
            tx.change(known, **values)
            tx.summary = T("{name}: {region}", zh="{name}：{region}").of(name=customer, region=REGIONS[known.region])
        return Answer(tx.summary, operation=tx.operation)

    answer(work)


PROFILE = [
    Column("customer", T("Customer", zh="客户"), null=False),
    Column("region", T("Region", zh="地区"), null=False),
    Column("grade", T("Grade", zh="等级"), null=False),
    Column("desk", T("Desk", zh="业务台"), null=False),
    Column("channel", T("Channel", zh="首选渠道")),
    Column("terms", T("Terms", zh="付款条件"), give=1),
    Column("marks", T("Marks", zh="唛头"), give=2),
    Column("background", T("Background", zh="背景"), give=3),
]


def _shown(name: str, row: MfgProfile) -> dict[str, Any]:
    return {
        "customer": name, "region": str(REGIONS[row.region]), "grade": str(GRADES[row.grade]), "desk": row.desk,
        "channel": row.channel or None, "terms": shown_terms(row.terms) or None, "marks": row.marks or None,
        "background": row.background or None,
    }  # fmt: skip


def _terms(typed: str) -> list[dict[str, Any]]:
    try:
        found = read_terms(typed)
    except ValueError as cause:
        words = T("“{part}” is no payment stage", zh="“{part}”不是付款阶段").of(part=str(cause))
        raise BadInput(words, plain("deposit:30@sign,balance:70@dispatch+30"), ref="mfg.terms") from cause
    total = sum(stage["percent"] for stage in found)
    if total != 100:
        refusal = refuse("terms_sum", sum=total, edit="")
        raise BadInput(refusal.sentence, plain("deposit:30@sign,balance:70@dispatch+30"), ref="mfg.terms_sum")
    return found
