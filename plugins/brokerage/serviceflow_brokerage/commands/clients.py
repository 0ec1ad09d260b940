"""One client: the file, needs, topics, research. Source: brokerage.md section 8."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

import typer
from serviceflow.api import Customer, Order, Shop, T, Tx, on_demand, table_of
from serviceflow_cli.api import Answer, Column, answer, label, out, write_page, writing_shop

from serviceflow_brokerage import needs, topics
from serviceflow_brokerage.amounts import rate_text
from serviceflow_brokerage.commands.typed import client_meant, one_of, words_of
from serviceflow_brokerage.papers import client_file
from serviceflow_brokerage.people import accounts_of, age_at, assessment_at
from serviceflow_brokerage.reach import CONTACTS
from serviceflow_brokerage.research.notes import of_client, topic_of
from serviceflow_brokerage.research.push import SKIPPED
from serviceflow_brokerage.segment.fields import FIELDS
from serviceflow_brokerage.suitability import is_professional
from serviceflow_brokerage.tables.clients import BrokerClient, BrokerNeed
from serviceflow_brokerage.tables.products import BrokerRiskAssessment
from serviceflow_brokerage.tables.segments import (
    BrokerAlert,
    BrokerDimensionValue,
    BrokerLabel,
    BrokerSegmentState,
    BrokerServicePlan,
)

TITLES: Final = {
    "opened_on": T("opened", zh="开户"),
    "closed_on": T("closed", zh="销户"),
    "pref_kinds": T("wanted kinds", zh="意向品种"),
    "invest_history": T("has invested in", zh="投资经历"),
}
ClientNo = Annotated[str, typer.Argument(metavar="CLIENT", help=label("Client number or name", zh="客户号或姓名"))]
FILE: Final = [
    Column(key, title, "any", null=False)
    for key, title in {
        "client": T("Number, name and age", zh="客户号、姓名、年龄"),
        "profile": T("What the file says, by field", zh="档案, 按字段"),
        "accounts": T("Accounts; rate in ppm", zh="账户, 佣金为百万分之"),
        "segment": T("Segment, since when, RFM, dimensions, labels; null before the first run", zh="细分"),
        "risk": T("Risk assessment; null when there is none", zh="风险测评"),
        "plan": T("Service plan of the segment; null without a segment", zh="服务计划"),
        "alerts": T("Alerts that stand", zh="未解除预警"),
        "orders": T("Open orders", zh="在途订单"),
        "needs": T("Business needs", zh="业务需要"),
        "topics": T("Topics the client gets or has ended", zh="订阅主题"),
        "notes": T("Research of these topics, after --notes", zh="研究报告, 加 --notes"),
    }.items()
]
PROFILE: Final = (
    "status", "kind", "opened_on", "closed_on", "branch", "region_code", "service_mode_declared",
    "time_input_declared", "education", "income", "occupation", "pref_channel", "pref_kinds", "invest_history",
    "investor_class", "source_kind",
)  # fmt: skip


def client(
    client: ClientNo,
    notes: Annotated[bool, typer.Option("--notes", help=label("With research of his topics", zh="附研究报告"))] = False,
    paper: Annotated[bool, typer.Option("--print", help=label("As a page to print", zh="打印成页"))] = False,
) -> None:
    """Show a client's file."""
    with writing_shop() as shop:
        found, customer = client_meant(shop, client)
        if paper:
            with shop.reading() as tx:
                html = on_demand(shop, "brokerage", "client-file", client_file(shop, tx, found))
            file = write_page(shop, html, None, f"client-{found.client_no or found.customer_id}")
            out.talk(T("√ {file}", zh="√ {file}").of(file=file))
            return
        with shop.reading() as tx:
            value = _file(shop, tx, found, customer, with_notes=notes)
    out.page(FILE, value, lambda: _draw(value))


def _file(shop: Shop, tx: Tx, client: BrokerClient, customer: Customer, *, with_notes: bool) -> dict[str, Any]:
    key, today = client.customer_id, shop.local_day(tx.now)
    state = tx.get(BrokerSegmentState, key)
    plan = tx.get(BrokerServicePlan, state.segment) if state is not None else None
    found = assessment_at(tx, key, today)
    alerts, orders, wants = table_of(BrokerAlert), table_of(Order), table_of(BrokerNeed)
    values, labels = table_of(BrokerDimensionValue), table_of(BrokerLabel)
    return {
        "client": {"number": client.client_no, "name": customer.name, "age": age_at(customer.birthday, today)},
        "profile": {name: getattr(client, name) for name in PROFILE if getattr(client, name)},
        "accounts": [
            {"account": a.account_no, "kind": a.kind, "status": a.status, "opened_on": a.opened_on, "rate": a.rate}
            for a in accounts_of(tx, key)
        ],
        "segment": None
        if state is None
        else {
            "segment": state.segment, "rule": state.rule_id, "since": state.since,
            "rfm": [state.r, state.f, state.m], "value_score": state.value_score,
            "dimensions": {v.dimension: v.value for v in tx.all(BrokerDimensionValue, values.c.customer_id == key)},
            "labels": [row.label for row in tx.all(BrokerLabel, labels.c.customer_id == key)],
        },
        "risk": _risk(client, found, today),
        "plan": None
        if plan is None
        else {"contact_days": plan.contact_days, "channels": plan.contact_channels, "topics": plan.topics},
        "alerts": [
            {"id": a.id, "rule": a.rule, "raised_on": a.raised_on}
            for a in tx.all(BrokerAlert, alerts.c.customer_id == key, alerts.c.cleared_on.is_(None))
        ],
        "orders": [
            {"number": o.number, "flow": o.flow, "step": o.step}
            for o in tx.all(Order, orders.c.customer_id == key, orders.c.closed_at.is_(None))
        ],
        "needs": [
            {"id": n.id, "text": n.text, "category": n.category, "state": n.state}
            for n in tx.all(BrokerNeed, wants.c.customer_id == key)
        ],
        "topics": [{"topic": s.topic, "origin": s.origin, "state": s.state, "codes": s.codes}
                   for s in topics.subscriptions(tx, key)],
        "notes": [
            {"id": n.id, "topic": n.topic, "title": n.title, "published_at": n.published_at, "link": n.link,
             "delivery": d.state if d is not None else None, "reason": d.reason if d is not None else None}
            for n, d in of_client(tx, key)
        ]
        if with_notes
        else None,
    }  # fmt: skip


def _risk(client: BrokerClient, found: BrokerRiskAssessment | None, today: date) -> dict[str, Any]:
    known = {"professional": is_professional(client, today)}
    if found is None:
        return known
    return known | {
        "level": found.level, "lowest": found.lowest, "kinds": found.kinds, "max_term_days": found.max_term_days,
        "expires_on": found.expires_on, "valid": today < found.expires_on,
    }  # fmt: skip


def _draw(value: dict[str, Any]) -> None:
    person, segment, risk, plan = value["client"], value["segment"], value["risk"], value["plan"]
    out.line(
        f"{person['number'] or '-'} {person['name']}" + (f" ({person['age']})" if person["age"] is not None else "")
    )
    _say(T("File", zh="资料"), *(f"{_title(name)} {_plain(said)}" for name, said in value["profile"].items()))
    for row in value["accounts"]:
        _say(T("Account", zh="账户"), row["account"], row["kind"], row["status"], rate_text(row["rate"]))
    if segment is not None:
        rfm = "-".join(str(n) for n in segment["rfm"])
        _say(T("Segment", zh="细分"), segment["segment"], f"({segment['rule']})", f"≥ {segment['since']}")
        _say(T("RFM, value", zh="RFM, 价值"), rfm, str(segment["value_score"]))
        _say(T("Dimensions", zh="维度"), *(f"{name} {said}" for name, said in segment["dimensions"].items()))
        _say(T("Labels", zh="标签"), *segment["labels"])
    if "level" in risk:
        words = (f"C{risk['level']}", _plain(risk["kinds"]), f"{risk['max_term_days']} d", f"→ {risk['expires_on']}")
        _say(T("Risk", zh="风险"), *words)
    if plan is not None:
        _say(T("Plan", zh="服务计划"), f"{plan['contact_days']} d", _plain(plan["channels"]), _plain(plan["topics"]))
    for row in value["alerts"]:
        _say(T("Alert", zh="预警"), f"{row['id']}", row["rule"], str(row["raised_on"]))
    for row in value["orders"]:
        _say(T("Order", zh="订单"), row["number"], row["flow"], row["step"])
    for row in value["needs"]:
        _say(T("Need", zh="需要"), f"{row['id']}", row["text"], f"({needs.STATES[row['state']]})")
    for row in value["topics"]:
        _say(T("Topic", zh="主题"), row["topic"], row["origin"], row["state"], _plain(row["codes"]))
    for row in value["notes"] or ():
        why = SKIPPED.get(row["reason"] or "", row["reason"] or row["delivery"] or "")
        _say(T("Note", zh="报告"), f"{row['id']}", row["topic"], row["title"], row["link"], f"({why})" if why else "")


def _title(name: str) -> T:
    return TITLES[name] if name in TITLES else FIELDS[name].title


def _say(title: T, *words: str) -> None:
    said = "  ".join(word for word in words if word)
    if said:
        out.line(f"  {title}: {said}")


def _plain(said: Any) -> str:
    return ", ".join(str(part) for part in said) if isinstance(said, list) else str(said)


def need(
    client: ClientNo,
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help=label("What the client needs", zh="客户的需求"))] = "",
    category: Annotated[str, typer.Option(help=label("Kind of need", zh="类别"))] = "other",
    met: Annotated[int | None, typer.Option(help=label("This need is met", zh="已满足的需要编号"))] = None,
    declined: Annotated[int | None, typer.Option(help=label("This need is declined", zh="已谢绝的需要编号"))] = None,
) -> None:
    """Note a business need of a client, or what became of one."""

    def work(shop: Shop) -> Answer:
        found, customer = client_meant(shop, client)
        with shop.write("brokerage need") as tx:
            made = needs.changed(tx, found.customer_id, text, category, met=met, declined=declined)
            tx.summary = T("Need of {name}", zh="{name} 的需要").of(name=customer.name)
            tx.customer_id = found.customer_id
        said = T("{no}: need {id}: {state}", zh="{no}: 需要 {id}: {state}")
        return Answer(
            said.of(no=client, id=made.id, state=needs.STATES[made.state]), operation=tx.operation,
            next_=f"flow broker client {client}", data={"need": made.id, "state": made.state},
        )  # fmt: skip

    answer(work)


Topic = Annotated[str, typer.Argument(metavar="TOPIC", help=label("brief, sector, stock …", zh="主题, 如 brief"))]


def subscribe(
    client: ClientNo,
    topic: Topic,
    codes: Annotated[str, typer.Option(help=label("Own watch list: a,b", zh="自选代码: a,b"))] = "",
    channel: Annotated[str, typer.Option(help=label("sms, wechat, email", zh="渠道, 如 sms"))] = "",
) -> None:
    """Let a client choose a topic."""

    def work(shop: Shop) -> Answer:
        found, customer = client_meant(shop, client)
        with shop.write("brokerage subscribe") as tx:
            title = topic_of(tx, topic)
            if channel:
                one_of(channel, tuple(CONTACTS), "broker.channel")
            topics.subscribe(tx, found.customer_id, topic, shop.local_day(tx.now), words_of(codes), channel)
            said = T("{no} {name} receives {topic}", zh="{no} {name} 已订阅 {topic}").of(
                no=client, name=customer.name, topic=T(title.title_en, zh=title.title_zh)
            )
            tx.summary, tx.customer_id = said, found.customer_id
        return Answer(said, operation=tx.operation)

    answer(work)


def unsubscribe(client: ClientNo, topic: Topic) -> None:
    """Let a client opt out of a topic; no plan adds it again."""

    def work(shop: Shop) -> Answer:
        found, customer = client_meant(shop, client)
        with shop.write("brokerage unsubscribe") as tx:
            title = topic_of(tx, topic)
            topics.unsubscribe(tx, found.customer_id, topic, shop.local_day(tx.now))
            said = T("{no} {name} no longer receives {topic}", zh="{no} {name} 已退订 {topic}").of(
                no=client, name=customer.name, topic=T(title.title_en, zh=title.title_zh)
            )
            tx.summary, tx.customer_id = said, found.customer_id
        return Answer(said, operation=tx.operation)

    answer(work)
