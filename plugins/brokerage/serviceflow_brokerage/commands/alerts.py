"""Alerts that stand, and one of them with what is behind it. Source: brokerage.md sections 5.10 and 8."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from serviceflow.api import Customer, Order, Shop, Staff, T, TaskRow, Tx, plain, table_of
from serviceflow_cli.api import Answer, Column, answer, label, out, writing_shop
from sqlalchemy import case, select

from serviceflow_brokerage import watchrules
from serviceflow_brokerage.commands.seen import shown_fields
from serviceflow_brokerage.followup import SEVERITIES
from serviceflow_brokerage.outcomes import OUTCOMES
from serviceflow_brokerage.refusals import refused
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.tables.segments import BrokerAlert, BrokerWatchRule
from serviceflow_brokerage.talking import POINTS

MOST = 200
"""Alerts that are listed."""
LEVELS = {"high": T("high", zh="高"), "mid": T("middle", zh="中"), "low": T("low", zh="低")}
COLUMNS = [
    Column("id", T("No.", zh="编号"), "number", null=False),
    Column("severity", T("Severity", zh="等级"), null=False, shown=False),
    Column("level", T("Severity", zh="等级"), null=False),
    Column("rule", T("Rule", zh="规则"), null=False, shown=False),
    Column("title", T("Rule", zh="规则"), null=False),
    Column("client", T("Client", zh="客户号")),
    Column("name", T("Name", zh="姓名"), null=False),
    Column("owner", T("Manager", zh="客户经理"), give=1),
    Column("raised", T("Raised", zh="产生"), "day", null=False),
    Column("task", T("Task", zh="任务"), "number"),
    Column("order", T("Order", zh="订单")),
]


def list_(
    mine: Annotated[bool, typer.Option("--mine", help=label("Only of my clients", zh="仅本人客户"))] = False,
) -> None:
    """List the alerts that stand, the most severe first."""
    alerts, customers, rules = table_of(BrokerAlert), table_of(Customer), table_of(BrokerWatchRule)
    severity = case(*[(rules.c.severity == key, n) for n, key in enumerate(SEVERITIES)])
    standing = (
        select(alerts.c.id)
        .join(rules, rules.c.id == alerts.c.rule)
        .join(customers, customers.c.id == alerts.c.customer_id)
        .where(alerts.c.cleared_on.is_(None))
        .order_by(severity, alerts.c.id.desc())
        .limit(MOST + 1)
    )
    with writing_shop() as shop, shop.reading() as tx:
        if mine:
            standing = standing.where(customers.c.owner_id == shop.staff_id)
        ids = [number for (number,) in tx.rows(standing)]
        found = tx.all(BrokerAlert, alerts.c.id.in_(ids[:MOST]), order_by=[alerts.c.id.desc()])
        people = {c.id: c for c in tx.all(Customer, customers.c.id.in_({a.customer_id for a in found}))}
        rows = _rows(tx, found, people)
    out.rows("alerts", COLUMNS, rows, empty=T("No alert.", zh="无预警。"))
    if len(ids) > MOST:
        out.talk(T("… and more; only the most severe {n} are shown", zh="… 仅列出最严重的 {n} 条").of(n=MOST))


def _rows(tx: Tx, found: list[BrokerAlert], people: dict[Any, Customer]) -> list[dict[str, Any]]:
    clients, orders = table_of(BrokerClient), table_of(Order)
    rules = {rule.id: rule for rule in tx.all(BrokerWatchRule)}
    staff = {s.id: s.name for s in tx.all(Staff)}
    numbers = {c.customer_id: c.client_no for c in tx.all(BrokerClient, clients.c.customer_id.in_(list(people)))}
    linked = {o.id: o.number for o in tx.all(Order, orders.c.id.in_({a.order_id for a in found if a.order_id}))}
    rows = [
        {
            "id": a.id, "severity": rules[a.rule].severity, "level": str(LEVELS[rules[a.rule].severity]),
            "rule": a.rule, "title": str(T(rules[a.rule].title_en, zh=rules[a.rule].title_zh)),
            "client": numbers.get(a.customer_id), "name": people[a.customer_id].name,
            "owner": staff.get(people[a.customer_id].owner_id), "raised": a.raised_on, "task": a.task_id,
            "order": linked.get(a.order_id),
        }
        for a in found
        if a.rule in rules
    ]  # fmt: skip
    return sorted(rows, key=lambda row: SEVERITIES.index(row["severity"]))


ALERT = [
    *COLUMNS,
    Column("cleared", T("Cleared", zh="解除"), "day"),
    Column("event", T("Event", zh="事件"), help="What tells events of one rule apart"),
    Column("evidence", T("Figures", zh="数据"), "any", help="The fields the rule has seen"),
    Column("task_state", T("State of the task", zh="任务状态")),
    Column("order_step", T("Step of the order", zh="订单步骤")),
    Column("talking", T("Talking point", zh="话术")),
]


def show(
    alert: Annotated[int, typer.Argument(metavar="ALERT", help=label("Number of the alert", zh="预警编号"))],
) -> None:
    """Show an alert: its figures, what follows from it, what to say."""
    with writing_shop() as shop, shop.reading() as tx:
        found = tx.get(BrokerAlert, alert)
        if found is None:
            raise refused("unknown", plain("flow broker watch list"), what=T("alert", zh="预警"), id=alert)
        customer = tx.need(Customer, found.customer_id)
        (row,) = _rows(tx, [found], {customer.id: customer})
        task = tx.get(TaskRow, found.task_id) if found.task_id is not None else None
        order = tx.get(Order, found.order_id) if found.order_id is not None else None
    said = POINTS.get(found.rule)
    value = {
        **row, "cleared": found.cleared_on, "event": found.event_key, "evidence": found.evidence,
        "task_state": task.state if task is not None else None, "order_step": order.step if order is not None else None,
        "talking": str(said) if said is not None else None,
    }  # fmt: skip

    def draw() -> None:
        out.line(f"{row['level']} {row['title']}  {row['client'] or '-'} {customer.name}  {found.raised_on}")
        for figure in shown_fields(found.evidence):
            out.line(f"  {figure}")
        if found.cleared_on is not None:
            out.line(T("  cleared {day}", zh="  已解除 {day}").of(day=found.cleared_on))
        if said is not None:
            out.line(f"  “{said}”")
        if task is not None and task.state == "open":
            out.line(f"  flow broker watch done {task.id} {' | '.join(OUTCOMES)}")
        if order is not None and order.closed_at is None:
            out.line(f"  flow do {order.number}")
        out.line(f"  flow broker client {row['client']}" if row["client"] else f"  flow show {customer.name}")

    out.page(ALERT, value, draw)


RULES = [
    Column("id", T("Rule", zh="规则"), null=False),
    Column("title", T("Name", zh="名称"), null=False),
    Column("kind", T("Kind", zh="类型"), null=False),
    Column("severity", T("Severity", zh="等级"), null=False),
    Column("cooldown", T("Days apart", zh="冷却天数"), "number", null=False),
    Column("auto_cancel", T("Ends by itself", zh="自动取消"), "yes_no", null=False),
    Column("flow", T("Starts", zh="发起流程")),
    Column("enabled", T("On", zh="启用"), "yes_no", null=False),
    Column("condition", T("Condition", zh="条件"), "any", shown=False),
]


def rules() -> None:
    """Show the watch rules."""
    table = table_of(BrokerWatchRule)
    with writing_shop() as shop, shop.reading() as tx:
        found = tx.all(BrokerWatchRule, order_by=[table.c.position])
    rows = [
        {
            "id": r.id, "title": str(T(r.title_en, zh=r.title_zh)), "kind": r.kind, "severity": r.severity,
            "cooldown": r.cooldown_days, "auto_cancel": r.auto_cancel, "flow": r.start_flow, "enabled": r.enabled,
            "condition": r.condition,
        }
        for r in found
    ]  # fmt: skip
    out.rows("rules", RULES, rows, empty=plain("-"))


def set_(
    rule: Annotated[str, typer.Argument(metavar="RULE", help=label("Id of the rule", zh="规则编号"))],
    severity: Annotated[str | None, typer.Option(help=label("high, mid, low", zh="等级: high、mid、low"))] = None,
    cooldown: Annotated[int | None, typer.Option(min=0, help=label("Days between alerts", zh="冷却天数"))] = None,
    auto_cancel: Annotated[
        bool | None, typer.Option("--auto-cancel/--no-auto-cancel", help=label("Tasks end alone", zh="自动取消"))
    ] = None,
    retention: Annotated[
        bool | None, typer.Option("--retention/--no-retention", help=label("Starts retention", zh="发起挽留"))
    ] = None,
    enabled: Annotated[bool | None, typer.Option("--on/--off", help=label("Asked or not", zh="启用或停用"))] = None,
    condition: Annotated[str | None, typer.Option(help=label("Condition as TOML", zh="TOML 条件"))] = None,
) -> None:
    """Change a watch rule from the next run on; what is not named stays."""

    def work(shop: Shop) -> Answer:
        with shop.write("brokerage watch set") as tx:
            made = watchrules.set_rule(
                shop, tx, rule, severity=severity, cooldown_days=cooldown, auto_cancel=auto_cancel, retention=retention,
                enabled=enabled, condition=condition,
            )  # fmt: skip
            said = T("{rule}: {severity}", zh="{rule}: {severity}").of(rule=rule, severity=LEVELS[made.severity])
            tx.summary = said
        return Answer(said, operation=tx.operation, next_="flow broker watch run --dry-run")

    answer(work)
