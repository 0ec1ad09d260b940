"""Service plans, contacts, callbacks, alerts one by one. Source: brokerage.md sections 5.5, 5.10 and 8."""

from __future__ import annotations

from typing import Annotated

import typer
from serviceflow.api import Shop, T, plain
from serviceflow_cli.api import Answer, Column, answer, label, out, writing_shop

from serviceflow_brokerage import callbacks, contacts, plans
from serviceflow_brokerage.commands.typed import customer_meant, words_of
from serviceflow_brokerage.duties import need_role
from serviceflow_brokerage.roles import AG, BM, SM
from serviceflow_brokerage.tables.segments import BrokerServicePlan

plan = typer.Typer(no_args_is_help=True, help=label("Service plans.", zh="服务计划"))
Client = Annotated[str, typer.Argument(metavar="CLIENT", help=label("Client number or name", zh="客户号或姓名"))]


PLANS = [
    Column("segment", T("Segment", zh="细分"), null=False),
    Column("days", T("Every (days)", zh="间隔(天)"), "number", null=False),
    Column("channels", T("Channels", zh="渠道"), "list", null=False),
    Column("topics", T("Topics", zh="内容"), "list", null=False),
    Column("cap", T("Marketing in 30 days", zh="30日营销上限"), "number", null=False),
    Column("note", T("Note", zh="备注"), give=1),
]


@plan.command("show")
def show(
    segment: Annotated[str, typer.Argument(metavar="[SEGMENT]", help=label("Only this one", zh="只看该细分"))] = "",
) -> None:
    """Show how clients of each segment are served."""
    with writing_shop() as shop, shop.reading() as tx:
        every = tx.all(BrokerServicePlan)
    found = [p for p in every if segment in ("", p.segment)]
    if not found:
        raise plans.unknown_segment(segment, [p.segment for p in every])
    rows = [
        {
            "segment": p.segment, "days": p.contact_days, "channels": p.contact_channels, "topics": p.topics,
            "cap": p.max_marketing_30d, "note": p.note or None,
        }
        for p in found
    ]  # fmt: skip
    out.rows("plans", PLANS, rows, empty=plain("-"))


@plan.command("set")
def set_(
    segment: Annotated[str, typer.Argument(metavar="SEGMENT", help=label("Segment", zh="细分"))],
    days: Annotated[int | None, typer.Option(min=0, help=label("Days, 0 never", zh="间隔天数, 0 不联系"))] = None,
    channels: Annotated[str | None, typer.Option(help=label("In order: visit,phone", zh="依次: visit,phone"))] = None,
    topics: Annotated[str | None, typer.Option(help=label("brief,stock", zh="主题, 如 brief,stock"))] = None,
    cap: Annotated[int | None, typer.Option(min=0, help=label("Marketing in 30 days", zh="30日营销上限"))] = None,
    note: Annotated[str | None, typer.Option(help=label("Note", zh="备注"))] = None,
) -> None:
    """Change how clients of a segment are served; what is not named stays."""

    def work(shop: Shop) -> Answer:
        with shop.write("brokerage plan set") as tx:
            made = plans.set_plan(
                shop, tx, segment, contact_days=days, max_marketing_30d=cap, note=note,
                contact_channels=words_of(channels) if channels is not None else None,
                topics=words_of(topics) if topics is not None else None,
            )  # fmt: skip
            tx.summary = T("Service plan of {segment}", zh="{segment} 的服务计划").of(segment=segment)
        said = T("{segment}: every {days} days by {channels}", zh="{segment}: 每 {days} 天, {channels}")
        return Answer(
            said.of(segment=segment, days=made.contact_days, channels=", ".join(made.contact_channels) or "-"),
            operation=tx.operation, next_=f"flow broker plan show {segment}",
        )  # fmt: skip

    answer(work)


def contact(
    client: Client,
    text: Annotated[str, typer.Argument(metavar="TEXT", help=label("What was said", zh="说了什么"))],
    channel: Annotated[
        str,
        typer.Option("--channel", "-c", help=label("phone, visit, face-to-face …", zh="phone、visit、face-to-face …")),
    ] = "phone",
    outcome: Annotated[
        str,
        typer.Option(
            help=label("reached, no-answer, wrong-number, refused", zh="reached、no-answer、wrong-number、refused")
        ),
    ] = "reached",
) -> None:
    """Write down that you spoke with a client or tried; a service contact that was due is done with it."""

    def work(shop: Shop) -> Answer:
        key = customer_meant(shop, client)
        with shop.write("brokerage contact") as tx:
            ended = contacts.note_contact(shop, tx, key, text, channel, outcome)
            said = T("{client}: {channel}, {outcome}", zh="{client}: {channel}, {outcome}").of(
                client=client, channel=contacts.HUMAN[channel], outcome=contacts.OUTCOMES[outcome]
            )
            tx.summary, tx.customer_id = said, key
        done = [T("done: {title}", zh="完成: {title}").of(title=T(t.title_en, zh=t.title_zh)) for t in ended]
        return Answer(said, lines=done, operation=tx.operation, data={"ended": [t.id for t in ended]})

    answer(work)


UNCALLED = [
    Column("client", T("Client", zh="客户号")),
    Column("name", T("Name", zh="姓名"), null=False),
    Column("segment", T("Segment", zh="细分")),
    Column("value", T("Value", zh="价值"), "number", null=False),
]


def callback(
    client: Annotated[
        str, typer.Argument(metavar="[CLIENT]", help=label("Who was called back", zh="已回访的客户"))
    ] = "",
    year: Annotated[int | None, typer.Option(min=2000, max=2100, help=label("This year", zh="默认今年"))] = None,
    satisfied: Annotated[int | None, typer.Option(min=1, max=5, help=label("1 to 5", zh="满意度1-5"))] = None,
    identity_ok: Annotated[
        bool, typer.Option("--identity-ok", help=label("Identity confirmed", zh="身份核实"))
    ] = False,
    risks_told: Annotated[bool, typer.Option("--risks-told", help=label("Risks told", zh="风险已告知"))] = False,
    no_proxy: Annotated[
        bool, typer.Option("--no-proxy", help=label("Nobody trades for them", zh="无代客操作"))
    ] = False,
) -> None:
    """List whom to call back this year, or write down a callback that went well."""
    if client:
        return _called_back(client, satisfied, identity_ok=identity_ok, risks_told=risks_told, no_proxy=no_proxy)
    with writing_shop() as shop, shop.reading() as tx:
        found = callbacks.coverage(shop, tx, year or shop.local_day(tx.now).year)
    rows = [
        {"client": c.client_no, "name": c.name, "segment": c.segment, "value": c.value_score} for c in found.uncalled
    ]
    facts = {"year": found.year, "base": found.base, "called": found.called, "needed": found.needed}
    out.talk(
        T(
            "{year}: called back {called} of {base}, at least {needed}",
            zh="{year}年: 已回访 {called}/{base}, 至少 {needed}",
        ).of(**facts)
    )
    out.rows("clients", UNCALLED, rows, facts=facts, empty=T("Nobody is left to call.", zh="没有待回访客户。"))
    return None


def _called_back(client: str, satisfied: int | None, *, identity_ok: bool, risks_told: bool, no_proxy: bool) -> None:
    def work(shop: Shop) -> Answer:
        key = customer_meant(shop, client)
        callbacks.check_ok(identity_ok, risks_told, no_proxy)
        with shop.write("brokerage callback") as tx:
            need_role(shop, tx, T("Call back", zh="回访"), AG, SM, BM)
            words = T("callback, satisfied {n}", zh="回访, 满意度 {n}").of(n=satisfied or "-")
            contacts.note_contact(shop, tx, key, str(words))
            made = callbacks.note_callback(tx, key, tx.now, satisfied=satisfied)
            said = T("{client}: called back", zh="{client}: 已回访").of(client=client)
            tx.summary, tx.customer_id = said, key
        return Answer(said, operation=tx.operation, next_="flow broker callback", data={"callback": made.id})

    answer(work)
