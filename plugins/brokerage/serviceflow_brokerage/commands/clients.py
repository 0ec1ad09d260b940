"""One client: the file, needs, risk, what fits, what the rate costs, topics."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from serviceflow.api import Shop, T, Tx, plain, table_of
from serviceflow_cli.api import Answer, Column, answer, label, out, writing_shop

from serviceflow_brokerage import suitability, topics
from serviceflow_brokerage.flows.common import yuan
from serviceflow_brokerage.papers import issue_risk_result
from serviceflow_brokerage.people import accounts_of, assessment_at, figures
from serviceflow_brokerage.refusals import refused
from serviceflow_brokerage.research.notes import topic_of
from serviceflow_brokerage.segment.why import client_by_no
from serviceflow_brokerage.tables.clients import BrokerNeed
from serviceflow_brokerage.tables.products import BrokerProduct, BrokerRiskAssessment
from serviceflow_brokerage.tables.segments import BrokerSegmentState

risk = typer.Typer(no_args_is_help=True, help=label("Risk assessments.", zh="风险测评"))
ClientNo = Annotated[str, typer.Argument(metavar="CLIENT", help=label("Client number", zh="客户号"))]
FACTS = [Column("name", T("Item", zh="项目"), null=False), Column("value", T("Value", zh="内容"), give=1)]


def client(client: ClientNo) -> None:
    """Show a client's file."""
    with writing_shop() as shop, shop.reading() as tx:
        found, customer = client_by_no(tx, client)
        today = shop.local_day(shop.clock.now())
        state = tx.get(BrokerSegmentState, found.customer_id)
        assessment = assessment_at(tx, found.customer_id, today)
        needs = tx.all(BrokerNeed, table_of(BrokerNeed).c.customer_id == found.customer_id)
        accounts = accounts_of(tx, found.customer_id)
        chosen = topics.subscriptions(tx, found.customer_id)
    facts: list[tuple[T, Any]] = [
        (T("Client", zh="客户"), f"{client} {customer.name}"),
        (T("Status", zh="状态"), found.status),
        (T("Opened", zh="开户"), found.opened_on),
        (T("Segment", zh="细分"), f"{state.segment} ({state.rule_id})" if state else None),
        (T("RFM, value", zh="RFM, 价值"), f"{state.r}-{state.f}-{state.m} {state.value_score}" if state else None),
        (T("Risk", zh="风险"), f"C{assessment.level} → {assessment.expires_on}" if assessment else None),
        *((T("Account", zh="账户"), f"{a.account_no} {a.kind} {a.status} {a.rate} ppm") for a in accounts),
        *((T("Topic", zh="主题"), f"{s.topic} {s.origin} {s.state}") for s in chosen),
        *((T("Need", zh="需要"), f"{n.text} ({n.state})") for n in needs),
    ]
    rows = [{"name": str(name), "value": None if value is None else str(value)} for name, value in facts]
    out.rows("client", FACTS, rows, empty=plain("-"))


def need(
    client: ClientNo,
    text: Annotated[str, typer.Argument(metavar="TEXT", help=label("What the client needs", zh="客户的需求"))],
) -> None:
    """Note a business need of a client."""

    def work(shop: Shop) -> Answer:
        with shop.write("brokerage need") as tx:
            found, customer = client_by_no(tx, client)
            tx.add(BrokerNeed(customer_id=found.customer_id, text=text, at=tx.now))
            tx.summary = T("Need of {name}", zh="{name} 的需要").of(name=customer.name)
        return Answer(T("{no}: need noted", zh="{no}: 已登记需要").of(no=client), operation=tx.operation)

    answer(work)


@risk.command("assess")
def assess(
    client: ClientNo,
    kinds: Annotated[str, typer.Option(help=label("Kinds of investment", zh="投资品种"))],
    term: Annotated[int, typer.Option(help=label("Longest term in days", zh="最长期限(天)"))],
    score: Annotated[int, typer.Option(min=0, max=100, help=label("Score", zh="分数"))],
    knock_out: Annotated[bool, typer.Option("--knock-out", help=label("A knock-out answer", zh="否决项"))] = False,
) -> None:
    """Enter a risk assessment made today."""

    def work(shop: Shop) -> Answer:
        with shop.write("brokerage risk assess") as tx:
            found, customer = client_by_no(tx, client)
            made = suitability.assess(
                tx, shop.setting, found.customer_id, score, day=shop.local_day(shop.clock.now()),
                kinds=kinds.split(","), max_term_days=term, knocked_out=knock_out,
            )  # fmt: skip
            issue_risk_result(shop, tx, made)
            tx.summary = T("{name}: C{level}", zh="{name}: C{level}").of(name=customer.name, level=made.level)
        said = T("{no}: C{level} until {day} ({state})", zh="{no}: C{level} 至 {day} ({state})")
        return Answer(
            said.of(no=client, level=made.level, day=made.expires_on, state=made.state), operation=tx.operation,
            data={"id": made.id, "level": made.level, "state": made.state},
        )  # fmt: skip

    answer(work)


@risk.command("approve")
def approve(
    number: Annotated[int, typer.Argument(metavar="ID", help=label("Number of the request", zh="申请编号"))],
) -> None:
    """Let an assessment count that has waited for compliance."""

    def work(shop: Shop) -> Answer:
        with shop.write("brokerage risk approve") as tx:
            found = tx.get(BrokerRiskAssessment, number)
            if found is None or found.state != "pending_review":
                raise refused("unknown", what=T("waiting assessment", zh="待复核测评"), id=number)
            tx.change(found, state="current")
        return Answer(T("assessment {n} counts", zh="测评 {n} 生效").of(n=number), operation=tx.operation)

    answer(work)


def match(
    client: ClientNo,
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help=label("Code of the product", zh="产品代码"))],
) -> None:
    """Say whether a product fits a client today; changes nothing."""
    with writing_shop() as shop, shop.write("brokerage match", dry_run=True) as tx:
        found, _ = client_by_no(tx, client)
        wanted = _product(tx, product)
        result = suitability.check(tx, shop.setting, found.customer_id, wanted, shop.local_day(shop.clock.now()))
    detail = ", ".join(result.failing) or result.ref
    out.line(f"{client} {product} R{wanted.r_level}: {result.result}{f' ({detail})' if detail else ''}")


def _product(tx: Tx, code: str) -> BrokerProduct:
    found = tx.get(BrokerProduct, code)
    if found is None:
        raise refused("unknown", what=T("product", zh="产品"), id=code)
    return found


def rate(
    client: ClientNo, to: Annotated[int, typer.Option(min=1, help=label("New rate in ppm", zh="新佣金(百万分之)"))]
) -> None:
    """Show what the client pays in a year and what a new rate would save."""
    with writing_shop() as shop, shop.write("brokerage rate", dry_run=True) as tx:
        found, _ = client_by_no(tx, client)
        today = shop.local_day(shop.clock.now())
        turnover = figures(tx, found.customer_id, today, shop.setting).get("turnover_365")
        accounts = accounts_of(tx, found.customer_id, open_on=today)
    floor = shop.setting("broker.commission_bm_floor_ppm")
    for account in accounts:
        costs = [
            None if turnover is None else turnover * ppm // 1_000_000 for ppm in (account.rate, to, account.rate - to)
        ]
        now, then, saving = (yuan(c) for c in costs)
        out.line(
            T(
                "{no}: now {old} ppm → cost {now}   {new} ppm → cost {then}   saving {saving}   approve: {who}",
                zh="{no}: 现 {old} ppm → 年佣金 {now}   {new} ppm → {then}   节省 {saving}   审批: {who}",
            ).of(
                no=account.account_no, old=account.rate, now=now, new=to, then=then, saving=saving,
                who="BM" if to >= floor else "BM, HQ",
            )
        )  # fmt: skip


Topic = Annotated[str, typer.Argument(metavar="TOPIC", help=label("Topic of the service", zh="服务主题"))]


def subscribe(
    client: ClientNo,
    topic: Topic,
    codes: Annotated[str, typer.Option(help=label("Own watch list", zh="自选代码"))] = "",
) -> None:
    """Let a client choose a topic."""

    def work(shop: Shop) -> Answer:
        with shop.write("brokerage subscribe") as tx:
            found, _ = client_by_no(tx, client)
            topic_of(tx, topic)
            topics.subscribe(tx, found.customer_id, topic, shop.local_day(tx.now), [c for c in codes.split(",") if c])
        return Answer(plain(f"{client} + {topic}"), operation=tx.operation)

    answer(work)


def unsubscribe(client: ClientNo, topic: Topic) -> None:
    """Let a client opt out of a topic."""

    def work(shop: Shop) -> Answer:
        with shop.write("brokerage unsubscribe") as tx:
            found, _ = client_by_no(tx, client)
            topic_of(tx, topic)
            topics.unsubscribe(tx, found.customer_id, topic, shop.local_day(tx.now))
        return Answer(plain(f"{client} - {topic}"), operation=tx.operation)

    answer(work)
