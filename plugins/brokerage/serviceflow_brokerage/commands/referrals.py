"""Clients counted for another partner, with a reason and two signatures. Source: brokerage.md 5.6."""

from __future__ import annotations

from typing import Annotated

import typer
from serviceflow.api import Customer, Shop, Staff, T, Tx, table_of
from serviceflow_cli.api import Answer, Column, answer, label, out, writing_shop

from serviceflow_brokerage import reassignments
from serviceflow_brokerage.commands.partners import Partner, partner_by_code
from serviceflow_brokerage.commands.typed import client_meant
from serviceflow_brokerage.reassignments import STATES
from serviceflow_brokerage.tables.partners import BrokerPartner, BrokerReassignment, BrokerReferral

app = typer.Typer(no_args_is_help=True, help=label("Clients counted for another partner.", zh="改派推荐"))
Number = Annotated[int, typer.Argument(metavar="N", help=label("Number of the reassignment", zh="改派编号"))]
COLUMNS = [
    Column("reassignment", T("No.", zh="编号"), "number", null=False),
    Column("client", T("Client", zh="客户"), null=False, give=1),
    Column("earlier", T("From", zh="原渠道"), null=False, help="Code of the partner it counted for"),
    Column("partner", T("To", zh="改归"), null=False, help="Code of the partner it is to count for"),
    Column("reason", T("Reason", zh="原因"), null=False, give=2),
    Column("by", T("Asked by", zh="申请人"), null=False),
    Column("at", T("At", zh="时刻"), "instant", null=False),
    Column("signed", T("Signed", zh="已审批"), "list", null=False, help="Roles that have signed"),
    Column("state", T("State", zh="状态"), null=False, help="asked, done or refused"),
]


@app.command("reassign")
def reassign(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help=label("Client number or name", zh="客户号或姓名"))],
    partner: Partner,
    reason: Annotated[str, typer.Option(help=label("Why it counts for that partner", zh="改派原因"))] = "",
) -> None:
    """Ask that a client count for another partner; possible until the first statement is frozen."""

    def work(shop: Shop) -> Answer:
        _, customer = client_meant(shop, client)
        with shop.write("brokerage referral reassign") as tx:
            assert customer.id is not None
            referral = reassignments.referral_of(tx, customer.id, customer.name)
            made = reassignments.ask(shop, tx, referral, partner_by_code(tx, partner).customer_id, reason)
            said = T("reassignment {n}: {name} to {partner}", zh="改派 {n}: {name} 改归 {partner}").of(
                n=made.id, name=customer.name, partner=partner
            )
            tx.summary = said
        return Answer(
            said, operation=tx.operation, lines=[_to_sign(shop, list(reassignments.SIGNERS))],
            next_=f"flow broker referral approve {made.id}", data={"reassignment": made.id},
        )  # fmt: skip

    answer(work)


@app.command("approve")
def approve(number: Number) -> None:
    """Sign a reassignment: branch manager and compliance, neither of them who asked; the last signature does it."""

    def work(shop: Shop) -> Answer:
        with shop.write("brokerage referral approve") as tx:
            asked = reassignments.reassignment_of(tx, number)
            left = reassignments.approve(shop, tx, asked)
            tx.summary = _state(asked)
        lines = [_to_sign(shop, left)] if left else []
        return Answer(
            _state(asked), operation=tx.operation, lines=lines, data={"reassignment": number, "state": asked.state}
        )

    answer(work)


@app.command("refuse")
def refuse(number: Number) -> None:
    """Leave a client with the partner he counts for."""

    def work(shop: Shop) -> Answer:
        with shop.write("brokerage referral refuse") as tx:
            asked = reassignments.reassignment_of(tx, number)
            reassignments.refuse(shop, tx, asked)
            tx.summary = _state(asked)
        return Answer(_state(asked), operation=tx.operation, data={"reassignment": number, "state": asked.state})

    answer(work)


@app.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help=label("Those that are settled too", zh="含已办结"))] = False,
) -> None:
    """List the reassignments that wait for signatures."""
    table = table_of(BrokerReassignment)
    with writing_shop() as shop, shop.reading() as tx:
        where = [] if every else [table.c.state == "asked"]
        found = tx.all(BrokerReassignment, *where, order_by=[table.c.id])
        rows = [_row(shop, tx, asked) for asked in found]
    out.rows("reassignments", COLUMNS, rows, empty=T("No reassignment waits.", zh="没有待审批的改派。"))


def _row(shop: Shop, tx: Tx, asked: BrokerReassignment) -> dict[str, object]:
    referral = tx.need(BrokerReferral, asked.referral_id)
    return {
        "reassignment": asked.id, "client": tx.need(Customer, referral.customer_id).name,
        "earlier": tx.need(BrokerPartner, referral.partner_id).code,
        "partner": tx.need(BrokerPartner, asked.partner_id).code, "reason": asked.reason,
        "by": tx.need(Staff, asked.by).name, "at": asked.at,
        "signed": [str(shop.role_title(role)) for role, _, _ in asked.approvals], "state": asked.state,
    }  # fmt: skip


def _state(asked: BrokerReassignment) -> T:
    return T("reassignment {n}: {state}", zh="改派 {n}: {state}").of(n=asked.id, state=STATES[asked.state])


def _to_sign(shop: Shop, roles: list[str]) -> T:
    return T("to sign: {roles}", zh="待审批: {roles}").of(roles=reassignments.role_names(shop, roles))
