"""What a client pays in a year, what another rate would save, who must approve it. Source: brokerage.md 5.8 and 8."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from serviceflow.api import Shop, T, listed
from serviceflow_cli.api import Column, label, open_new, out, writing_shop

from serviceflow_brokerage.amounts import rate_text, yuan
from serviceflow_brokerage.people import accounts_of, figures
from serviceflow_brokerage.refusals import refused
from serviceflow_brokerage.roles import BM, HQ
from serviceflow_brokerage.segment.why import client_by_no
from serviceflow_brokerage.tables.clients import BrokerAccount

SHOWN = [
    Column("client", T("Client", zh="客户号"), null=False),
    Column("accounts", T("Accounts", zh="账户"), "any", null=False),
]


def rate(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help=label("Client number", zh="客户号"))],
    to: Annotated[
        int | None, typer.Option(min=1, help=label("New rate in ppm; else the lowest", zh="新佣金(百万分之), 默认最低"))
    ] = None,
    start: Annotated[bool, typer.Option("--start", help=label("Draft the offer", zh="发起佣金优惠"))] = False,
    account: Annotated[str, typer.Option(help=label("Account, if there are several", zh="资金账号"))] = "",
    reason: Annotated[str, typer.Option(help=label("competition, assets …", zh="原因, 如 competition"))] = "",
    assets: Annotated[str, typer.Option(help=label("Committed assets in yuan", zh="承诺资产(元)"))] = "",
    turnover: Annotated[str, typer.Option(help=label("Committed turnover of 90 days", zh="承诺90日成交额"))] = "",
    months: Annotated[int | None, typer.Option(min=1, help=label("Months", zh="月数"))] = None,
) -> None:
    """Show what the client pays in a year, what another rate would save, and who must approve it."""
    with writing_shop() as shop:
        rows, key = _costs(shop, client, to, account)
        lines = [_line(shop, row) for row in rows]
    if not start:
        value: dict[str, Any] = {"client": client, "accounts": rows}
        out.page(SHOWN, value, lambda: out.line("\n".join(str(line) for line in lines)))
        return
    if len(rows) != 1:
        raise refused("which-account", n=len(rows))
    open_new(
        "broker.commission-offer",
        f"C{key}",
        {
            "account": rows[0]["account"], "new_rate": str(rows[0]["new_rate"]), "reason": reason,
            "committed_assets": assets, "committed_turnover_90d": turnover,
            "months": str(months) if months is not None else None,
        },
    )  # fmt: skip


def _costs(shop: Shop, client: str, to: int | None, number: str) -> tuple[list[dict[str, Any]], int]:
    with shop.write("brokerage rate", dry_run=True) as tx:
        found, _ = client_by_no(tx, client)
        today = shop.local_day(tx.now)
        turnover = figures(tx, found.customer_id, today, shop.setting).get("turnover_365")
        accounts = accounts_of(tx, found.customer_id, open_on=today)
    accounts = [a for a in accounts if number in ("", a.account_no)]
    if not accounts:
        raise refused("account-not-open")
    return [_cost(shop, account, turnover, to) for account in accounts], found.customer_id


def _cost(shop: Shop, account: BrokerAccount, turnover: int | None, to: int | None) -> dict[str, Any]:
    least, most = (int(shop.setting(f"broker.commission_{name}_ppm")) for name in ("cost_floor", "max"))
    branch = int(shop.setting("broker.commission_bm_floor_ppm"))
    new = to if to is not None else min(branch, account.rate)
    refusal = "rate-over-max" if new > most else "rate-below-cost" if new < least else ""
    refusal = refusal or ("rate-not-lower" if new >= account.rate else "")
    return {
        "account": account.account_no, "turnover_365": turnover, "rate": account.rate,
        "cost": _yearly(turnover, account.rate), "new_rate": new, "new_cost": _yearly(turnover, new),
        "saving": _yearly(turnover, max(0, account.rate - new)), "approve": [BM] if new >= branch else [BM, HQ],
        "refusal": refusal,
    }  # fmt: skip


def _yearly(turnover: int | None, ppm: int) -> int | None:
    return None if turnover is None else turnover * ppm // 1_000_000


def _line(shop: Shop, row: dict[str, Any]) -> T:
    said = T(
        "{no}: turnover 365 d {turnover}   now {old} → cost {cost}   {new} → cost {new_cost}   saving {saving}   {end}",
        zh="{no}: 365日成交额 {turnover}   现 {old} → 年佣金 {cost}   {new} → {new_cost}   节省 {saving}   {end}",
    )
    who = listed(shop.role_title(role) for role in row["approve"])
    end = T("approve: {who}", zh="审批: {who}").of(who=who)
    if row["refusal"]:
        end = T("not possible [{ref}]", zh="不能申请 [{ref}]").of(ref=row["refusal"])
    return said.of(
        no=row["account"], turnover=_sum(row["turnover_365"]), old=rate_text(row["rate"]), cost=_sum(row["cost"]),
        new=rate_text(row["new_rate"]), new_cost=_sum(row["new_cost"]), saving=_sum(row["saving"]), end=end,
    )  # fmt: skip


def _sum(fen: int | None) -> str:
    return "–" if fen is None else yuan(fen)
