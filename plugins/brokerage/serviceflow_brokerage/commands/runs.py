"""Watch and service runs, and the day as cron runs it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from serviceflow.api import Customer, Exit, FlowError, Shop, T
from serviceflow_cli.api import Answer, Column, answer, label, out, writing_shop

from serviceflow_brokerage.amounts import yuan
from serviceflow_brokerage.commands import alerts
from serviceflow_brokerage.commands.seen import Progress, shown_fields
from serviceflow_brokerage.feed.kinds import KINDS
from serviceflow_brokerage.feed.load import load_file
from serviceflow_brokerage.outcomes import OUTCOMES, finish
from serviceflow_brokerage.research.push import push_run
from serviceflow_brokerage.segment.run import segment_run
from serviceflow_brokerage.service import service_run
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.watch import Raised, Watched, watch_run

watch = typer.Typer(no_args_is_help=True, help=label("Watch clients.", zh="客户关注"))
watch.command("list")(alerts.list_)
watch.command("show")(alerts.show)
watch.command("rules")(alerts.rules)
watch.command("set")(alerts.set_)
service = typer.Typer(no_args_is_help=True, help=label("Service plans.", zh="服务计划"))
AsOf = Annotated[str, typer.Option(help=label("Day; today", zh="日期; 默认今天"))]


def _day(shop: Shop, typed: str) -> date | None:
    return shop.parse_day(typed, shop.clock.now()) if typed else None


@watch.command("run")
def run(
    as_of: AsOf = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=label("Only show", zh="仅显示"))] = False,
) -> None:
    """Raise and clear alerts as of a day."""
    with writing_shop() as shop:
        with Progress() as say:
            found = watch_run(shop, _day(shop, as_of), dry_run=dry_run, say=say)
        with shop.reading() as tx:
            names = {
                r.customer_id: _named(tx.get(BrokerClient, r.customer_id), tx.get(Customer, r.customer_id))
                for r in found.shown
            }
    counts = {
        "as_of": found.as_of, "raised": found.raised, "attached": found.attached, "cleared": found.cleared,
        "tasks": found.tasks, "retentions": found.retentions,
    }  # fmt: skip
    rows = [
        {"severity": r.rule.severity, "client": names[r.customer_id], "rule": r.rule.id, "evidence": dict(r.evidence)}
        for r in found.shown
    ]
    out.page(RAN, {**counts, "alerts": rows}, lambda: _draw(found, names))


RAN = [
    Column("as_of", T("Day", zh="日期"), "day", null=False),
    Column("raised", T("Raised", zh="新增"), "number", null=False),
    Column("attached", T("Attached", zh="并入"), "number", null=False),
    Column("cleared", T("Cleared", zh="解除"), "number", null=False),
    Column("tasks", T("Tasks", zh="任务"), "number", null=False),
    Column("retentions", T("Retention orders", zh="挽留单"), "number", null=False),
    Column("alerts", T("Alerts", zh="预警"), "any", null=False),
]


def _draw(found: Watched, names: Mapping[int, str]) -> None:
    out.line(
        T(
            "raised {r}  attached {a}  cleared {c}  tasks {t}  retention orders {o}",
            zh="新增 {r}  并入 {a}  解除 {c}  任务 {t}  挽留单 {o}",
        ).of(r=found.raised, a=found.attached, c=found.cleared, t=found.tasks, o=found.retentions)
    )
    for raised in found.shown:
        out.line(f"{raised.rule.severity.upper():<5}{names[raised.customer_id]}  {raised.rule.id} {figures(raised)}")
    if found.raised > len(found.shown):
        out.line(
            T("… and {n} more: flow broker watch list", zh="… 另 {n} 条: flow broker watch list").of(
                n=found.raised - len(found.shown)
            )
        )


def _named(client: BrokerClient | None, customer: Customer | None) -> str:
    return f"{client.client_no if client else '-'} {customer.name if customer else '-'}"


def figures(raised: Raised) -> str:
    """Return an alert's evidence for eyes."""
    seen = raised.evidence
    if raised.rule.id == "asset-drop":
        fall = seen["drop_base"] - seen["drop_cur"]
        said = T(
            "{before} → {now} (-{share} %, outflow {out}, market {market})",
            zh="{before} → {now} (-{share} %, 净流出 {out}, 市值 {market})",
        )
        bp = seen["asset_drop_bp"]
        return str(
            said.of(
                before=yuan(seen["drop_base"]), now=yuan(seen["drop_cur"]), share=f"{bp // 100}.{bp % 100:02}",
                out=yuan(seen["net_outflow"]), market=yuan(fall - seen["net_outflow"]),
            )
        )  # fmt: skip
    return "  ".join(shown_fields(seen))


@watch.command("done")
def done(
    task: Annotated[int, typer.Argument(metavar="TASK", help=label("Number of the watch task", zh="关注任务编号"))],
    outcome: Annotated[
        str,
        typer.Argument(metavar="OUTCOME", help=label("served, opportunity, false_alarm, unreachable", zh="结果")),
    ],
    words: Annotated[str, typer.Argument(metavar="[WORDS]", help=label("What was said", zh="说明"))] = "",
) -> None:
    """Complete a watch task with what it came to."""

    def work(shop: Shop) -> Answer:
        with shop.write("brokerage watch done") as tx:
            made = finish(shop, tx, task, outcome, words)
            title = T(made.title_en, zh=made.title_zh)
            tx.summary = T("{title}: {outcome}", zh="{title}: {outcome}").of(title=title, outcome=OUTCOMES[outcome])
        said = T("#{n} {title}: {outcome}", zh="#{n} {title}: {outcome}")
        return Answer(
            said.of(n=task, title=title, outcome=OUTCOMES[outcome]), operation=tx.operation,
            data={"task": task, "outcome": outcome},
        )  # fmt: skip

    answer(work)


@service.command("run")
def serve(as_of: AsOf = "") -> None:
    """Plan the calls of a day."""
    with writing_shop() as shop:
        found = service_run(shop, _day(shop, as_of))
    value = {"as_of": found.as_of, "tasks": found.tasks, "reached": found.reached}
    said = T("{day}: {n} calls planned, {r} done with contacts", zh="{day}: 安排 {n} 件联系, {r} 件已联系")
    out.page(SERVED, value, lambda: out.line(said.of(day=found.as_of, n=found.tasks, r=found.reached)))


SERVED = [
    Column("as_of", T("Day", zh="日期"), "day", null=False),
    Column("tasks", T("Calls planned", zh="安排联系"), "number", null=False),
    Column("reached", T("Done with contacts", zh="已联系"), "number", null=False),
]


def daily(as_of: AsOf = "") -> None:
    """Run the day: inbox, segments, watch, service, pushes; each step commits alone."""
    failed = False
    with writing_shop() as shop:
        day = _day(shop, as_of)
        failed |= _inbox(shop)
        divided = _step("segment", lambda: segment_run(shop, day))
        failed |= not divided
        failed |= not _step("watch", lambda: watch_run(shop, day))
        if divided:
            failed |= not _step("service", lambda: service_run(shop, day))
        failed |= not _step("push", lambda: push_run(shop))
    if failed:
        raise typer.Exit(int(Exit.PARTLY))


def _inbox(shop: Shop) -> bool:
    """Load what lies in the inbox, by kind in the order they build on each other; returns whether one failed."""
    folder = shop.setting("broker.import_inbox_dir")
    failed = False
    if folder:
        for kind in KINDS:
            for file in sorted(Path(folder).glob(f"{kind}*.csv")):
                if not file.name.endswith(".errors.csv"):
                    failed |= not _step(
                        file.name, lambda kind=kind, file=file: load_file(shop, kind, KINDS[kind](), file)
                    )
    return failed


def _step(name: str, work: object) -> bool:
    try:
        work()  # type: ignore[operator]
    except FlowError as cause:
        out.line(f"{name}: {cause.sentence}")
        return False
    out.line(T("{name}: done", zh="{name}: 完成").of(name=name))
    return True
