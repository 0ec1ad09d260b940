"""``flow broker campaign …``. Source: brokerage.md sections 5.7 and 8."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from serviceflow.api import Customer, Shop, T, Tx, format_scaled, half_up, listed, parse_money, plain, table_of
from serviceflow_cli.api import Answer, Column, answer, current, label, out, read_text, writing_shop
from sqlalchemy import select

from serviceflow_brokerage.amounts import yuan
from serviceflow_brokerage.campaign import events, life, members
from serviceflow_brokerage.campaign.measures import Measures, Share, measure
from serviceflow_brokerage.campaign.target import read_target
from serviceflow_brokerage.commands.typed import customer_meant, toml_of, words_of
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.tables.contact import BrokerCampaign, BrokerCampaignMember

app = typer.Typer(no_args_is_help=True, help=label("Campaigns.", zh="营销活动"))
Code = Annotated[str, typer.Argument(metavar="CODE", help=label("Code of the campaign", zh="活动代码"))]
Why = Annotated[str, typer.Option("--reason", help=label("Why", zh="原因"))]
REASONS: Final = {
    "not-active": T("not active", zh="状态不符"),
    "no-contact-point": T("no contact point", zh="无联系方式"),
    "opted-out": T("opted out", zh="已退订"),
    "no-consent": T("no consent", zh="未同意营销"),
    "open-complaint": T("open complaint", zh="有未结投诉"),
    "suitability": T("suitability", zh="适当性不匹配"),
    "frequency-cap": T("frequency cap", zh="达到频次上限"),
}
PLACES: Final = {
    "targeted": T("targeted", zh="目标"),
    "control": T("control group", zh="对照组"),
    **{key: T("excluded: {why}", zh="排除: {why}").of(why=why) for key, why in REASONS.items()},
}
NONE: Final = "–"


def _changing(code: str, command: str, work: Callable[[Shop, Tx, BrokerCampaign], Answer]) -> None:
    """Do something with one campaign after the days that have come have moved it on."""

    def done(shop: Shop) -> Answer:
        with shop.write(f"brokerage campaign {command}") as tx:
            life.advance(shop, tx, shop.local_day(tx.now))
            campaign = life.campaign_of(tx, code)
            said = work(shop, tx, campaign)
            tx.summary = said.change if isinstance(said.change, T) else plain(said.change)
        said.operation = tx.operation
        return said

    answer(done)


def _now(campaign: BrokerCampaign, **more: Any) -> Answer:
    said = T("campaign {code}: {state}", zh="活动 {code}: {state}")
    return Answer(
        said.of(code=campaign.code, state=life.STATES[campaign.state]),
        data={"code": campaign.code, "state": campaign.state}, **more,
    )  # fmt: skip


@app.command("new")
def new(
    code: Code,
    name: Annotated[str, typer.Argument(metavar="NAME", help=label("Name", zh="名称"))],
    kind: Annotated[
        str,
        typer.Option(
            help=label(
                "acquisition, activation, education, survey, cross_sell",
                zh="acquisition、activation、education、survey、cross_sell",
            )
        ),
    ],
    goal: Annotated[
        str,
        typer.Option(
            help=label(
                "open_account, trade, deposit, subscribe, survey", zh="open_account、trade、deposit、subscribe、survey"
            )
        ),
    ],
    start: Annotated[str, typer.Option(help=label("First day", zh="开始日期"))],
    end: Annotated[str, typer.Option(help=label("Last day", zh="结束日期"))],
    target: Annotated[
        str, typer.Option(help=label("Condition as TOML, or @FILE with one", zh="TOML 条件, 或 @文件"))
    ] = "",
    segment: Annotated[str, typer.Option(help=label("Target these segments: a,b", zh="目标细分: a,b"))] = "",
    channels: Annotated[str, typer.Option(help=label("sms, wechat, email", zh="sms、wechat、email"))] = "sms",
    feedback: Annotated[
        str,
        typer.Option(
            help=label(
                "reply, link, hotline, interactive_page, survey", zh="reply、link、hotline、interactive_page、survey"
            )
        ),
    ] = "",
    control: Annotated[int, typer.Option(help=label("Control group in %", zh="对照组(%)"))] = 0,
    product: Annotated[str, typer.Option(help=label("Code of the product", zh="产品代码"))] = "",
    goal_amount: Annotated[str, typer.Option(help=label("Yuan to reach with goal deposit", zh="转入目标(元)"))] = "",
    budget: Annotated[str, typer.Option(help=label("Budget in yuan", zh="预算(元)"))] = "0",
    body: Annotated[str, typer.Option(help=label("What the message says", zh="短信内容"))] = "",
    link: Annotated[str, typer.Option(help=label("Where it leads", zh="链接"))] = "",
    questions: Annotated[
        Path | None, typer.Option(help=label("TOML file of a survey", zh="调查问卷 TOML 文件"))
    ] = None,
) -> None:
    """Draft a campaign."""

    def work(shop: Shop) -> Answer:
        now = shop.clock.now()
        with shop.write("brokerage campaign new") as tx:
            made = life.draft(
                shop, tx, code, name, _questions(questions), kind=kind, target=_target(shop, tx, target, segment),
                product=product or None, channels=words_of(channels), feedback=words_of(feedback),
                start=shop.parse_day(start, now), end=shop.parse_day(end, now), control_pct=control, goal=goal,
                goal_amount=parse_money(goal_amount) if goal_amount else None, budget=parse_money(budget), body=body,
                link=link,
            )  # fmt: skip
            tx.summary = T("Campaign {code} drafted", zh="新建活动 {code}").of(code=code)
        return _now(made, operation=tx.operation, next_=f"flow broker campaign target {code}")

    answer(work)


def _target(shop: Shop, tx: Tx, target: str, segment: str) -> dict[str, Any]:
    if segment:
        words = ", ".join(f'"{word}"' for word in words_of(segment))
        target = f'all = [{{field = "segment", op = "in", value = [{words}]}}]'
    elif target.startswith("@"):
        target = read_text(target[1:])
    if not target.strip():
        raise life.wrong(T("Whom does it mean?", zh="请写明目标客户。"), plain("--segment general"))
    return read_target(shop, tx, target)


def _questions(file: Path | None) -> list[life.Question]:
    if file is None:
        return []
    try:
        raw = toml_of(file)["question"]
        return [life.Question(q["key"], q["text"], q.get("options", ()), q.get("profile_field")) for q in raw]
    except (KeyError, TypeError) as cause:
        raise life.wrong(
            T("{file} is no questionnaire: {why}", zh="{file} 不是问卷: {why}").of(file=file, why=cause),
            plain('[[question]] key = "income" text = "…" options = ["low", "mid", "high"] profile_field = "income"'),
        ) from cause


@app.command("change")
def change(
    code: Code,
    name: Annotated[str | None, typer.Option(help=label("Name", zh="名称"))] = None,
    start: Annotated[str | None, typer.Option(help=label("First day", zh="开始日期"))] = None,
    end: Annotated[str | None, typer.Option(help=label("Last day", zh="结束日期"))] = None,
    channels: Annotated[str | None, typer.Option(help=label("sms, wechat, email", zh="渠道"))] = None,
    feedback: Annotated[str | None, typer.Option(help=label("Ways back for the client", zh="回应渠道"))] = None,
    control: Annotated[int | None, typer.Option(help=label("Control group in %", zh="对照组(%)"))] = None,
    budget: Annotated[str | None, typer.Option(help=label("Budget in yuan", zh="预算(元)"))] = None,
    body: Annotated[str | None, typer.Option(help=label("What the message says", zh="短信内容"))] = None,
    link: Annotated[str | None, typer.Option(help=label("Where it leads", zh="链接"))] = None,
    target: Annotated[str, typer.Option(help=label("Condition as TOML, or @FILE", zh="TOML 条件, 或 @文件"))] = "",
    segment: Annotated[str, typer.Option(help=label("Target these segments: a,b", zh="目标细分: a,b"))] = "",
) -> None:
    """Change a draft."""

    def work(shop: Shop, tx: Tx, campaign: BrokerCampaign) -> Answer:
        now = tx.now
        given: dict[str, Any] = {
            "name": name,
            "start": shop.parse_day(start, now) if start else None,
            "end": shop.parse_day(end, now) if end else None,
            "channels": words_of(channels) if channels is not None else None,
            "feedback": words_of(feedback) if feedback is not None else None,
            "control_pct": control,
            "budget": parse_money(budget) if budget is not None else None,
            "body": body,
            "link": link,
            "target": _target(shop, tx, target, segment) if target or segment else None,
        }
        life.revise(shop, tx, campaign, {key: value for key, value in given.items() if value is not None})
        return _now(campaign, next_=f"flow broker campaign submit {code}")

    _changing(code, "change", work)


@app.command("target")
def target(code: Code) -> None:
    """Show whom a campaign would reach today and who is left out; changes nothing."""
    with writing_shop() as shop, shop.write("brokerage campaign target", dry_run=True) as tx:
        campaign = life.campaign_of(tx, code)
        counts = members.counted(members.places(shop, tx, campaign, shop.local_day(tx.now)))
    _counts(counts)


def _counts(counts: dict[str, int]) -> None:
    columns = [
        Column("place", T("Place", zh="分类"), null=False, shown=False),
        Column("title", T("Place", zh="分类"), null=False),
        Column("clients", T("Clients", zh="客户数"), "number", null=False),
    ]
    rows = [{"place": key, "title": str(PLACES[key]), "clients": n} for key, n in counts.items()]
    out.rows("places", columns, rows, empty=plain(NONE))


@app.command("submit")
def submit(code: Code) -> None:
    """Hand a draft in for approval."""

    def work(shop: Shop, tx: Tx, campaign: BrokerCampaign) -> Answer:
        life.submit(shop, tx, campaign)
        roles = listed(shop.role_title(role) for role in life.signers(tx, campaign))
        return _now(
            campaign, lines=[T("to sign: {roles}", zh="待审批: {roles}").of(roles=roles)],
            next_=f"flow broker campaign approve {code}",
        )  # fmt: skip

    _changing(code, "submit", work)


@app.command("approve")
def approve(code: Code) -> None:
    """Sign a campaign: the branch manager, and compliance where a product with a risk level is named."""

    def work(shop: Shop, tx: Tx, campaign: BrokerCampaign) -> Answer:
        left = life.approve(shop, tx, campaign)
        if not left:
            return _now(campaign, next_=f"flow broker campaign start {code}")
        roles = listed(shop.role_title(role) for role in left)
        return _now(campaign, lines=[T("to sign: {roles}", zh="待审批: {roles}").of(roles=roles)])

    _changing(code, "approve", work)


@app.command("return")
def return_(code: Code, reason: Why) -> None:
    """Send a submitted campaign back to its author."""

    def work(shop: Shop, tx: Tx, campaign: BrokerCampaign) -> Answer:
        life.hand_back(shop, tx, campaign, reason)
        return _now(campaign, next_=f"flow broker campaign change {code}")

    _changing(code, "return", work)


@app.command("start")
def start(code: Code) -> None:
    """Freeze who takes part and plan the messages."""

    def work(shop: Shop, tx: Tx, campaign: BrokerCampaign) -> Answer:
        counts = members.counted(life.start(shop, tx, campaign))
        out_ = listed(plain("{why} {n}").of(why=why, n=counts[key]) for key, why in REASONS.items() if counts.get(key))
        said = T("targeted {t}, control {c}; excluded: {out}", zh="目标 {t}, 对照 {c}; 排除: {out}")
        line = said.of(t=counts["targeted"], c=counts["control"], out=out_ if str(out_) else NONE)
        found = _now(campaign, lines=[line], next_=f"flow broker campaign report {code}")
        found.data = {**found.data, "places": counts}
        return found

    _changing(code, "start", work)


@app.command("log")
def log(
    code: Code,
    client: Annotated[str, typer.Argument(metavar="CLIENT", help=label("Client number or name", zh="客户号或姓名"))],
    kind: Annotated[
        str,
        typer.Argument(
            metavar="EVENT",
            help=label(
                "sent, delivered, reply, ask, staff_response …", zh="sent、delivered、reply、ask、staff_response …"
            ),
        ),
    ],
    at: Annotated[str, typer.Option(help=label("When; now", zh="时间; 默认现在"))] = "",
    content: Annotated[str, typer.Option(help=label("What was said", zh="内容"))] = "",
    question: Annotated[str, typer.Option(help=label("Question an answer belongs to", zh="所答问题"))] = "",
    external: Annotated[
        str, typer.Option("--id", help=label("Id elsewhere, taken once", zh="外部编号, 只记一次"))
    ] = "",
) -> None:
    """Write down what a member did or what staff answered; reply T is an opt-out."""

    def work(shop: Shop, tx: Tx, campaign: BrokerCampaign) -> Answer:
        moment = shop.parse_instant(at, tx.now) if at else tx.now
        made = events.record(
            shop, tx, campaign, key, kind, moment, content, external_id=external or None, question=question
        )
        if made is None:
            return Answer(T("known already", zh="已登记过"), data={"event": None})
        return Answer(
            T("{code}: {kind} of {name}", zh="{code}: {name} {kind}").of(
                code=code, kind=made.kind, name=tx.need(Customer, key).name
            ),
            data={"event": made.id, "kind": made.kind},
        )  # fmt: skip

    with writing_shop() as shop:
        key = customer_meant(shop, client)
    _changing(code, "log", work)


@app.command("close")
def close(code: Code) -> None:
    """End a running campaign now."""

    def work(shop: Shop, tx: Tx, campaign: BrokerCampaign) -> Answer:
        life.close(shop, tx, campaign)
        return _now(campaign, next_=f"flow broker campaign report {code}")

    _changing(code, "close", work)


@app.command("cancel")
def cancel(code: Code, reason: Why) -> None:
    """Call a campaign off; unsent messages are taken back."""

    def work(shop: Shop, tx: Tx, campaign: BrokerCampaign) -> Answer:
        n = life.cancel(shop, tx, campaign, reason)
        return _now(campaign, lines=[T("{n} messages taken back", zh="撤回消息 {n} 条").of(n=n)])

    _changing(code, "cancel", work)


CAMPAIGNS = [
    Column("code", T("Code", zh="代码"), null=False),
    Column("name", T("Name", zh="名称"), null=False, give=1),
    Column("kind", T("Kind", zh="类型"), null=False),
    Column("start", T("Start", zh="开始"), "day", null=False),
    Column("end", T("End", zh="结束"), "day", null=False),
    Column("state", T("State", zh="状态"), null=False, shown=False),
    Column("state_title", T("State", zh="状态"), null=False),
]


@app.command("list")
def list_() -> None:
    """List campaigns."""
    table = table_of(BrokerCampaign)
    with writing_shop() as shop, shop.reading() as tx:
        found = tx.all(BrokerCampaign, order_by=[table.c.campaign_seq.desc()])
    rows = [
        {
            "code": c.code, "name": c.name, "kind": c.kind,
            "start": c.start, "end": c.end, "state": c.state, "state_title": str(life.STATES[c.state]),
        }
        for c in found
    ]  # fmt: skip
    out.rows("campaigns", CAMPAIGNS, rows, empty=T("No campaign.", zh="没有活动。"))


MEMBERS = [
    Column("client", T("Client", zh="客户号")),
    Column("name", T("Name", zh="姓名"), null=False),
    Column("status", T("Place", zh="分类"), null=False, shown=False),
    Column("reason", T("Reason", zh="原因"), shown=False),
    Column("place", T("Place", zh="分类"), null=False),
    Column("channel", T("Channel", zh="渠道")),
]


@app.command("members")
def members_(code: Code) -> None:
    """List who takes part in a started campaign, who is in control, who is left out."""
    table, customers, clients = table_of(BrokerCampaignMember), table_of(Customer), table_of(BrokerClient)
    query = (
        select(clients.c.client_no, customers.c.name, table.c.status, table.c.reason, table.c.channel)
        .join(customers, customers.c.id == table.c.customer_id)
        .join(clients, clients.c.customer_id == table.c.customer_id)
        .where(table.c.campaign == code)
        .order_by(clients.c.client_seq)
    )
    with writing_shop() as shop, shop.reading() as tx:
        life.campaign_of(tx, code)
        found = tx.rows(query)
    rows = [
        {
            "client": no, "name": name, "status": status, "reason": reason or None, "channel": channel or None,
            "place": str(PLACES[reason or status]),
        }
        for no, name, status, reason, channel in found
    ]  # fmt: skip
    out.rows("members", MEMBERS, rows, empty=T("It has not started.", zh="尚未启动。"))


@app.command("report")
def report(code: Code) -> None:
    """Measure a campaign: reach, responses, answers in time, conversions, lift, cost."""
    with writing_shop() as shop, shop.write("brokerage campaign report", dry_run=True) as tx:
        life.advance(shop, tx, shop.local_day(tx.now))
        campaign = life.campaign_of(tx, code)
        whole = measure(shop, tx, campaign)
        split = {c: measure(shop, tx, campaign, c) for c in campaign.channels} if len(campaign.channels) > 1 else {}
    columns = [
        Column("measure", T("Measure", zh="指标"), null=False, shown=False),
        Column("title", T("Measure", zh="指标"), null=False),
        Column("value", T("Value", zh="数值"), null=False),
        Column("percent", T("Share", zh="比率")),
        *(Column(channel, plain(channel)) for channel in split),
    ]
    told = {channel: {key: value for key, _, value, _ in _told(found)} for channel, found in split.items()}
    rows = [
        {"measure": key, "title": str(title), "value": value, "percent": percent}
        | {channel: told[channel].get(key, NONE) for channel in split}
        for key, title, value, percent in _told(whole)
    ]
    facts = {
        "campaign": code, "name": campaign.name, "state": campaign.state, "data": _data(whole),
        "channels": {channel: _data(found) for channel, found in split.items()},
    }  # fmt: skip
    if current().format == "text":
        out.line(
            plain("{code} {name}  {start} … {end}  {state}").of(
                code=code, name=campaign.name, start=campaign.start, end=campaign.end, state=life.STATES[campaign.state]
            )
        )
    out.rows("measures", columns, rows, facts=facts, empty=plain(NONE))


def _told(found: Measures) -> list[tuple[str, T, str, str | None]]:
    minutes = NONE if found.feedback_minutes is None else str(T("{n} min", zh="{n}分钟").of(n=found.feedback_minutes))
    depth = NONE if not found.responders else format_scaled(half_up(found.inbound * 100, found.responders), 2)
    cost = NONE if found.cost_per_response is None else yuan(found.cost_per_response)
    return [
        _share("reach", T("Reach", zh="触达率"), found.reach),
        _share("response", T("Response rate", zh="响应率"), found.response),
        _share("two_way", T("Two-way rate", zh="双向互动率"), found.two_way),
        ("feedback", T("Feedback time", zh="反馈时间"), minutes, None),
        ("depth", T("Depth", zh="互动深度"), depth, None),
        _share("opt_out", T("Opt-out rate", zh="退订率"), found.opt_out),
        _share("conversion", T("Conversion", zh="转化率"), found.conversion),
        _share("control", T("Conversion of the control group", zh="对照组转化率"), found.control),
        ("lift", T("Lift", zh="提升"), NONE if found.lift_bp is None else f"{_percent(found.lift_bp)} %", None),
        ("cost", T("Cost per response", zh="单次响应成本"), cost, None),
        *(
            (f"excluded:{key}", T("excluded: {why}", zh="排除: {why}").of(why=why), str(found.excluded[key]), None)
            for key, why in REASONS.items()
            if found.excluded.get(key)
        ),
    ]


def _share(key: str, title: T, share: Share) -> tuple[str, T, str, str | None]:
    if share.bp is None:
        return key, title, NONE, None
    return key, title, f"{share.part}/{share.whole}", f"{_percent(share.bp)} %"


def _percent(bp: int) -> str:
    return format_scaled(bp, 2)


def _data(found: Measures) -> dict[str, Any]:
    """Return the measures as numbers: pairs [part, whole], minutes, bp and fen; null for nothing."""
    shares = {key: getattr(found, key) for key in ("reach", "response", "two_way", "opt_out", "conversion", "control")}
    return {
        **{key: [share.part, share.whole] for key, share in shares.items()},
        "feedback_minutes": found.feedback_minutes, "inbound": found.inbound, "responders": found.responders,
        "lift_bp": found.lift_bp, "cost_per_response_fen": found.cost_per_response, "excluded": dict(found.excluded),
    }  # fmt: skip
