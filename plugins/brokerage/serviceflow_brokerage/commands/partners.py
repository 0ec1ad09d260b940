"""Partners (共生营销): who they are, whom they refer, what they are owed. Source: brokerage.md 4.6, 4.7, 5.6."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer
from serviceflow.api import BadInput, Customer, Order, Shop, T, Tx, add_customer, plain, table_of
from serviceflow_cli.api import Answer, Column, answer, label, open_new, out, writing_shop

from serviceflow_brokerage.papers import statement_facts
from serviceflow_brokerage.partners import contract_in_force, person_referred
from serviceflow_brokerage.partners import refer as enter
from serviceflow_brokerage.refusals import refused
from serviceflow_brokerage.settling import SETTLEMENT
from serviceflow_brokerage.tables.clients import BrokerRegion
from serviceflow_brokerage.tables.partners import BrokerPartner, BrokerReferral, BrokerStatement

app = typer.Typer(no_args_is_help=True, help=label("Partners.", zh="合作渠道"))
KINDS = ("bank", "telecom", "other")
Partner = Annotated[str, typer.Argument(metavar="PARTNER", help=label("Code of the partner", zh="渠道代码"))]
PARTNERS = [
    Column("code", T("Partner", zh="渠道"), null=False),
    Column("name", T("Name", zh="名称"), null=False, give=1),
    Column("kind", T("Kind", zh="类型"), null=False),
    Column("regions", T("Regions", zh="地区"), "list", null=False, give=3),
    Column("contract", T("Contract", zh="协议")),
    Column("until", T("Until", zh="至"), "day"),
    Column("referred", T("Referred", zh="推荐"), "number", null=False),
    Column("opened", T("Opened", zh="开户"), "number", null=False),
]


def partner_by_code(tx: Tx, code: str) -> BrokerPartner:
    """Return a partner; raises `Refused`."""
    found = tx.one(BrokerPartner, table_of(BrokerPartner).c.code == code)
    if found is None:
        raise refused("unknown", plain("flow broker partner list"), what=T("partner", zh="渠道"), id=code)
    return found


@app.command("list")
def list_() -> None:
    """List the partners with the contract in force and what came of their referrals."""
    with writing_shop() as shop, shop.reading() as tx:
        today = shop.local_day(shop.clock.now())
        rows = [
            _row(tx, partner, today) for partner in tx.all(BrokerPartner, order_by=[table_of(BrokerPartner).c.code])
        ]
    out.rows("partners", PARTNERS, rows, empty=T("No partner: flow broker partner add CODE NAME", zh="没有合作渠道。"))


def _row(tx: Tx, partner: BrokerPartner, today: date) -> dict[str, Any]:
    contract = contract_in_force(tx, partner.customer_id, today)
    referrals = tx.all(BrokerReferral, table_of(BrokerReferral).c.partner_id == partner.customer_id)
    return {
        "code": partner.code, "name": tx.need(Customer, partner.customer_id).name, "kind": partner.kind,
        "regions": partner.regions, "contract": contract.state if contract is not None else None,
        "until": contract.end_on if contract is not None else None, "referred": len(referrals),
        "opened": sum(r.state == "attributed" for r in referrals),
    }  # fmt: skip


@app.command("add")
def add(
    code: Annotated[str, typer.Argument(metavar="CODE", help=label("Short code such as B01", zh="代码, 如 B01"))],
    name: Annotated[str, typer.Argument(metavar="NAME", help=label("Name of the organisation", zh="机构名称"))],
    kind: Annotated[
        str, typer.Option(help=label("bank, telecom, other", zh="bank 银行, telecom 电信, other"))
    ] = "bank",
    regions: Annotated[str, typer.Option(help=label("Codes, by commas", zh="地区代码, 以逗号分隔"))] = "",
    phone: Annotated[str, typer.Option(help=label("Phone", zh="电话"))] = "",
    contact: Annotated[str, typer.Option(help=label("Whom to ask for", zh="联系人"))] = "",
) -> None:
    """Enter a partner; an agreement with it begins with ``flow new broker.partner-agreement NAME``."""

    def work(shop: Shop) -> Answer:
        with shop.write("brokerage partner add") as tx:
            if kind not in KINDS:
                raise BadInput(
                    T("There is no kind {kind}.", zh="没有类型 {kind}。").of(kind=kind), plain(", ".join(KINDS)),
                    ref="broker.partner-kind",
                )  # fmt: skip
            if tx.one(BrokerPartner, table_of(BrokerPartner).c.code == code) is not None:
                raise BadInput(
                    T("Partner {code} is there already.", zh="渠道 {code} 已存在。").of(code=code),
                    plain("flow broker partner list"), ref="broker.partner-code",
                )  # fmt: skip
            wanted = [c.strip() for c in regions.split(",") if c.strip()]
            for region in wanted:
                if tx.get(BrokerRegion, region) is None:
                    raise refused("unknown", plain("flow broker region list"), what=T("region", zh="地区"), id=region)
            customer = add_customer(tx, name=name, phones=[phone] if phone else [], kind="organisation")
            assert customer.id is not None
            tx.add(BrokerPartner(customer_id=customer.id, code=code, kind=kind, regions=wanted, contact=contact))
            tx.summary = T("Partner {code} {name}", zh="合作渠道 {code} {name}").of(code=code, name=name)
        return Answer(
            T("partner {code}: {name}", zh="渠道 {code}: {name}").of(code=code, name=name), operation=tx.operation,
            next_=f"flow new broker.partner-agreement {name} idea=…", data={"partner": code, "customer": customer.id},
        )  # fmt: skip

    answer(work)


def refer(
    partner: Partner,
    name: Annotated[str, typer.Argument(metavar="NAME", help=label("Name of the person referred", zh="被介绍人姓名"))],
    phone: Annotated[
        str, typer.Argument(metavar="PHONE", help=label("Phone of the person referred", zh="被介绍人电话"))
    ],
) -> None:
    """Enter somebody a partner refers."""

    def work(shop: Shop) -> Answer:
        with shop.write("brokerage refer") as tx:
            found = partner_by_code(tx, partner)
            customer = person_referred(tx, name, phone, found.kind)
            assert customer.id is not None
            made = enter(tx, found.customer_id, customer.id, shop.local_day(tx.now))
            tx.summary = T("{partner} refers {name}", zh="{partner} 推荐 {name}").of(partner=partner, name=name)
        said = T("referral {n}: {name}", zh="推荐 {n}: {name}").of(n=made.id, name=name)
        follow = f"flow new broker.account-opening C{customer.id} origin={_origin(found.kind)} referral={made.id}"
        return Answer(said, operation=tx.operation, next_=follow, data={"referral": made.id, "customer": customer.id})

    answer(work)


def _origin(kind: str) -> str:
    return kind if kind in ("bank", "telecom") else "referral"


LINES = [
    Column("client_no", T("Client", zh="客户号"), null=False),
    Column("client", T("Name", zh="姓名"), null=False, give=1),
    Column("kind", T("Kind", zh="类型"), null=False),
    Column("about", T("Month", zh="月份"), null=False),
    Column("base", T("Base", zh="基数"), "number"),
    Column("amount", T("Amount", zh="金额"), "number", null=False),
]
STATEMENT = [
    Column("partner", T("Partner", zh="渠道"), null=False),
    Column("month", T("Month", zh="月份"), null=False),
    Column("state", T("State", zh="状态"), null=False, help="drafted, sent, disputed, approval, payable or paid"),
    Column("order", T("Order", zh="订单"), null=False),
    Column("carried_in", T("Carried in, in yuan", zh="上期结转"), null=False),
    Column("adjustments", T("Corrections of frozen months, in yuan", zh="调整"), null=False),
    Column("total", T("Total, in yuan", zh="合计"), null=False),
    Column("payable", T("Payable, in yuan", zh="应付"), null=False),
    Column("carried_out", T("Carried out, in yuan", zh="结转下期"), null=False),
    Column("lines", T("Lines", zh="明细"), "any", null=False),
]
FACTS = tuple(column.key for column in STATEMENT[:-1])


def statement(
    partner: Partner,
    month: Annotated[str, typer.Argument(metavar="MONTH", help=label("Such as 2026-03", zh="月份, 如 2026-03"))],
    draft: Annotated[
        bool, typer.Option("--draft", help=label("Draft it when it is not there", zh="没有则起草"))
    ] = False,
) -> None:
    """Show what a partner is owed for a month, line by line."""
    first = _month(month)
    with writing_shop() as shop, shop.reading() as tx:
        found = partner_by_code(tx, partner)
        shown = _shown(tx, found, first)
    if shown is None and draft:
        open_new(SETTLEMENT, f"C{found.customer_id}", {"month": first.isoformat()})
        with writing_shop() as shop, shop.reading() as tx:
            shown = _shown(tx, found, first)
    if shown is None:
        raise refused(
            "unknown", plain("flow broker statement {partner} {month} --draft").of(partner=partner, month=month),
            what=T("statement", zh="结算单"), id=f"{partner} {month}",
        )  # fmt: skip
    out.page(STATEMENT, shown, lambda: _draw(shown))


def _month(typed: str) -> date:
    try:
        return date.fromisoformat(f"{typed}-01")
    except ValueError:
        raise BadInput(
            T("{typed} is no month.", zh="{typed} 不是月份。").of(typed=typed),
            T("Write it 2026-03.", zh="请写 2026-03。"), ref="broker.month",
        ) from None  # fmt: skip


def _shown(tx: Tx, partner: BrokerPartner, month: date) -> dict[str, Any] | None:
    table = table_of(BrokerStatement)
    found = tx.one(
        BrokerStatement, table.c.customer_id == partner.customer_id, table.c.month == month, table.c.state != "void"
    )
    if found is None:
        return None
    facts = statement_facts(tx, found, tx.need(Customer, partner.customer_id).name)
    return {**facts, "state": found.state, "order": tx.need(Order, found.order_id).number}


def _draw(shown: dict[str, Any]) -> None:
    out.line(
        T("{order}  {partner}  {month}  {state}", zh="{order}  {partner}  {month}  {state}").of(
            **{name: shown[name] for name in ("order", "partner", "month", "state")}
        )
    )
    out.table(LINES, shown["lines"])
    said = T(
        "carried in {carried_in}  adjusted {adjustments}  total {total}  payable {payable}  carried out {carried_out}",
        zh="上期结转 {carried_in}  调整 {adjustments}  合计 {total}  应付 {payable}  结转下期 {carried_out}",
    )
    out.line(said.of(**{name: shown[name] for name in FACTS if name not in ("partner", "month", "state", "order")}))
