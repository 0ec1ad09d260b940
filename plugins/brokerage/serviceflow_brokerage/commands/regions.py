"""``flow broker region``: regions, their way in, and what the rule says of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from serviceflow.api import Shop, T
from serviceflow_cli.api import Answer, Column, DryRun, answer, label, out, writing_shop

from serviceflow_brokerage.regions import ENTRIES, Suggested, choose, suggest, suggested
from serviceflow_brokerage.tables.clients import BrokerRegion

app = typer.Typer(no_args_is_help=True, help=label("Regions and their way in.", zh="地区与入口产品"))
COLUMNS = [
    Column("code", T("Region", zh="地区"), null=False),
    Column("name", T("Name", zh="名称"), null=False, give=2),
    Column("class", T("Class", zh="类别"), null=False),
    Column("capacity", T("Capacity", zh="容量"), null=False, give=5),
    Column("quality", T("Quality", zh="质量"), null=False, give=5),
    Column("competition", T("Competition", zh="竞争"), null=False, give=5),
    Column("entry", T("Way in", zh="入口产品"), null=False),
    Column("origin", T("By", zh="来自"), null=False),
    Column("rule", T("The rule says", zh="规则结果"), null=False),
    Column("mix", T("Services", zh="服务组合"), "list", null=False, give=3),
    Column("reason", T("Reason", zh="原因"), give=4),
]


def _rows(found: Iterable[Suggested]) -> list[dict[str, Any]]:
    return [
        {
            "code": s.region.code, "name": s.region.name, "class": s.region.region_class,
            "capacity": s.region.capacity, "quality": s.region.quality, "competition": s.region.competition,
            "entry": s.region.entry, "origin": s.region.entry_origin, "rule": s.entry, "mix": s.service_mix,
            "reason": s.region.entry_reason,
        }
        for s in found
    ]  # fmt: skip


@app.command("list")
def list_() -> None:
    """List the regions with their way in, beside what the rule says."""
    with writing_shop() as shop, shop.reading() as tx:
        day = shop.local_day(shop.clock.now())
        rows = _rows(suggested(shop, tx, region, day) for region in tx.all(BrokerRegion))
    out.rows("regions", COLUMNS, rows, empty=T("No region: flow broker import regions FILE", zh="没有地区。"))


@app.command("suggest")
def suggest_(dry_run: DryRun = False) -> None:
    """Compute the way into every region anew; choices by hand stay."""
    with writing_shop() as shop, shop.write("brokerage region suggest", dry_run=dry_run) as tx:
        found = suggest(shop, tx, shop.local_day(shop.clock.now()))
        tx.summary = T("Ways into {n} regions computed", zh="计算 {n} 个地区的入口产品").of(n=len(found))
        rows = _rows(found)
    out.rows("regions", COLUMNS, rows, empty=T("No region: flow broker import regions FILE", zh="没有地区。"))


@app.command("set")
def set_(
    code: Annotated[str, typer.Argument(metavar="REGION", help=label("Code of the region", zh="地区代码"))],
    entry: Annotated[
        str, typer.Argument(metavar="WAY", help=label("online, bank_link, phone; rule", zh="入口产品; rule 交还规则"))
    ],
    reason: Annotated[str, typer.Option(help=label("Why it is chosen by hand", zh="人工选择的原因"))] = "",
) -> None:
    """Choose the way into a region by hand, or give it back to the rule."""

    def work(shop: Shop) -> Answer:
        with shop.write("brokerage region set") as tx:
            region = choose(shop, tx, code, entry, reason, shop.local_day(shop.clock.now()))
            tx.summary = T("{name}: {entry}", zh="{name}: {entry}").of(name=region.name, entry=ENTRIES[region.entry])
        said = T("{name}: {entry} ({origin})", zh="{name}: {entry} ({origin})")
        return Answer(
            said.of(name=region.name, entry=ENTRIES[region.entry], origin=region.entry_origin),
            operation=tx.operation, data={"region": code, "entry": region.entry, "origin": region.entry_origin},
        )  # fmt: skip

    answer(work)
