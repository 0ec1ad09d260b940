"""Notes, who writes them, pushes, questions: ``flow broker note|coverage|topic|push|ask``. Source: brokerage.md 8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer
from serviceflow.api import Shop, Staff, T, Tx, listed, plain, table_of
from serviceflow_cli.api import Answer, Column, answer, label, open_new, out, writing_shop

from serviceflow_brokerage.commands.typed import customer_meant, words_of
from serviceflow_brokerage.duties import need_role
from serviceflow_brokerage.research import coverage as covering
from serviceflow_brokerage.research import notes
from serviceflow_brokerage.research.push import SKIPPED, push_run
from serviceflow_brokerage.roles import BM, RL
from serviceflow_brokerage.tables.contact import BrokerCoverage, BrokerNote, BrokerTopic

note = typer.Typer(no_args_is_help=True, help=label("Research notes.", zh="研究报告"))
coverage = typer.Typer(no_args_is_help=True, help=label("Who writes what.", zh="覆盖分工"))
topic = typer.Typer(no_args_is_help=True, help=label("Topics.", zh="主题"))
push = typer.Typer(no_args_is_help=True, help=label("Push research.", zh="报告推送"))
Number = Annotated[int, typer.Argument(metavar="NOTE", help=label("Number of the note", zh="报告编号"))]
TopicCode = Annotated[str, typer.Argument(metavar="TOPIC", help=label("brief, sector, stock …", zh="主题, 如 brief"))]


@note.command("add")
def add(
    topic: TopicCode,
    title: Annotated[str, typer.Argument(metavar="TITLE", help=label("Title", zh="标题"))],
    codes: Annotated[str, typer.Option(help=label("Codes of securities: a,b", zh="证券代码: a,b"))] = "",
    level: Annotated[
        int, typer.Option(min=0, max=5, help=label("R-level, 0 for facts", zh="风险等级, 0 为一般信息"))
    ] = 0,
    priority: Annotated[int, typer.Option(min=1, max=9, help=label("1 goes first", zh="优先级, 1 最先"))] = 5,
    body: Annotated[str, typer.Option(help=label("Text", zh="正文"))] = "",
    link: Annotated[str, typer.Option(help=label("Where it stands", zh="链接"))] = "",
) -> None:
    """Draft a note."""

    def work(shop: Shop) -> Answer:
        with shop.write("brokerage note add") as tx:
            made = notes.add(
                shop, tx, title, topic, codes=words_of(codes), r_level=level, priority=priority, body=body, link=link
            )
            said = _said(made)
            tx.summary = said
        return Answer(
            said, operation=tx.operation, next_=f"flow broker note review {made.id}",
            data={"note": made.id, "state": made.state},
        )  # fmt: skip

    answer(work)


def _said(found: BrokerNote) -> T:
    return T("note {n} “{title}”: {state}", zh="报告 {n}《{title}》: {state}").of(
        n=found.id, title=found.title, state=notes.STATES[found.state]
    )


def _changing(number: int, command: str, work: Callable[[Shop, Tx, BrokerNote], tuple[list[T], str]]) -> None:
    def done(shop: Shop) -> Answer:
        with shop.write(f"brokerage note {command}") as tx:
            found = notes.note_of(tx, number)
            lines, next_ = work(shop, tx, found)
            said = _said(found)
            tx.summary = said
        return Answer(
            said, lines=lines, next_=next_, operation=tx.operation, data={"note": number, "state": found.state}
        )

    answer(done)


@note.command("review")
def review(number: Number) -> None:
    """Hand a draft in for review."""

    def work(shop: Shop, tx: Tx, found: BrokerNote) -> tuple[list[T], str]:
        notes.review(shop, tx, found)
        return [], f"flow broker note publish {number}"

    _changing(number, "review", work)


@note.command("publish")
def publish(number: Number) -> None:
    """Publish a note; a second person does it."""

    def work(shop: Shop, tx: Tx, found: BrokerNote) -> tuple[list[T], str]:
        notes.publish(shop, tx, found)
        return [], "flow broker push run"

    _changing(number, "publish", work)


@note.command("withdraw")
def withdraw(number: Number) -> None:
    """Take a published note back; who got it is told."""

    def work(shop: Shop, tx: Tx, found: BrokerNote) -> tuple[list[T], str]:
        stopped, told = notes.withdraw(shop, tx, found)
        line = T("{stopped} pushes stopped, {told} clients are told", zh="停止推送 {stopped} 条, 通知客户 {told} 位")
        return [line.of(stopped=stopped, told=told)], ""

    _changing(number, "withdraw", work)


NOTES = [
    Column("id", T("No.", zh="编号"), "number", null=False),
    Column("topic", T("Topic", zh="主题"), null=False),
    Column("title", T("Title", zh="标题"), null=False, give=1),
    Column("level", T("R", zh="R"), "number", null=False),
    Column("priority", T("Priority", zh="优先级"), "number", null=False),
    Column("author", T("Author", zh="作者")),
    Column("state", T("State", zh="状态"), null=False, shown=False),
    Column("state_title", T("State", zh="状态"), null=False),
    Column("published", T("Published", zh="发布"), "instant"),
]


@note.command("list")
def list_() -> None:
    """List notes, newest first."""
    table = table_of(BrokerNote)
    with writing_shop() as shop, shop.reading() as tx:
        found = tx.all(BrokerNote, order_by=[table.c.id.desc()])
        names = {s.id: s.name for s in tx.all(Staff)}
    rows = [
        {
            "id": n.id, "topic": n.topic, "title": n.title, "level": n.r_level, "priority": n.priority,
            "author": names.get(n.author_id), "state": n.state, "state_title": str(notes.STATES[n.state]),
            "published": n.published_at,
        }
        for n in found
    ]  # fmt: skip
    out.rows("notes", NOTES, rows, empty=T("No note.", zh="没有报告。"))


@note.command("show")
def show(number: Number) -> None:
    """Print a note."""
    with writing_shop() as shop, shop.reading() as tx:
        found = notes.note_of(tx, number)
    value = {
        "id": found.id, "topic": found.topic, "title": found.title, "codes": found.codes, "level": found.r_level,
        "state": found.state, "body": found.body, "link": found.link,
    }  # fmt: skip
    columns = [Column(key, plain(key)) for key in value]

    def draw() -> None:
        out.line(_said(found))
        for text in (" ".join(found.codes), found.body, found.link):
            if text:
                out.paragraph(text)

    out.page(columns, value, draw)


@coverage.command("set")
def cover(
    login: Annotated[str, typer.Argument(metavar="LOGIN", help=label("Login of the analyst", zh="分析师登录名"))],
    topic: TopicCode,
    subject: Annotated[
        str, typer.Argument(metavar="[SUBJECT]", help=label("Industry, security", zh="行业或证券"))
    ] = "",
    cadence: Annotated[str, typer.Option(help=label("daily, weekly, none", zh="频率: daily、weekly、none"))] = "none",
    due: Annotated[str, typer.Option(help=label("Time of day", zh="截止时间"))] = "08:30",
) -> None:
    """Say who writes about a topic, how often and until when; questions go to them too."""

    def work(shop: Shop) -> Answer:
        with shop.write("brokerage coverage") as tx:
            made = covering.cover(shop, tx, login, topic, subject, cadence=cadence, due=due)
            said = T("{login}: {topic} {subject} {cadence} {due}", zh="{login}: {topic} {subject} {cadence} {due}")
            tx.summary = said.of(login=login, topic=topic, subject=subject, cadence=cadence, due=made.due_time)
        return Answer(tx.summary, operation=tx.operation, data={"coverage": made.id})

    answer(work)


@coverage.command("list")
def covered() -> None:
    """List who writes what."""
    with writing_shop() as shop, shop.reading() as tx:
        found = tx.all(BrokerCoverage)
        names = {s.id: s.name for s in tx.all(Staff)}
    columns = [
        Column("analyst", T("Analyst", zh="分析师")),
        Column("topic", T("Topic", zh="主题"), null=False),
        Column("subject", T("Subject", zh="对象")),
        Column("cadence", T("Cadence", zh="频率"), null=False),
        Column("due", T("Until", zh="截止"), null=False),
    ]
    rows = [
        {
            "analyst": names.get(c.staff_id), "topic": c.topic, "subject": c.subject or None, "cadence": c.cadence,
            "due": c.due_time,
        }
        for c in found
    ]  # fmt: skip
    out.rows("coverage", columns, rows, empty=T("Nobody writes anything.", zh="尚未分工。"))


@topic.command("add")
def add_topic(
    code: Annotated[str, typer.Argument(metavar="CODE", help=label("Code", zh="代码"))],
    english: Annotated[str, typer.Argument(metavar="ENGLISH", help=label("Name in English", zh="英文名称"))],
    chinese: Annotated[str, typer.Argument(metavar="CHINESE", help=label("Name in Chinese", zh="中文名称"))],
) -> None:
    """Enter a topic, or give one another name."""

    def work(shop: Shop) -> Answer:
        with shop.write("brokerage topic add") as tx:
            need_role(shop, tx, T("Enter a topic", zh="新增主题"), RL, BM)
            known = tx.get(BrokerTopic, code)
            if known is None:
                tx.add(BrokerTopic(code=code, title_en=english, title_zh=chinese))
            else:
                tx.change(known, title_en=english, title_zh=chinese)
            said = T("topic {code}: {title}", zh="主题 {code}: {title}").of(code=code, title=T(english, zh=chinese))
            tx.summary = said
        return Answer(said, operation=tx.operation, next_="flow broker plan set SEGMENT --topics …")

    answer(work)


@topic.command("list")
def topics() -> None:
    """List topics."""
    with writing_shop() as shop, shop.reading() as tx:
        found = tx.all(BrokerTopic)
    columns = [Column("code", T("Code", zh="代码"), null=False), Column("title", T("Title", zh="名称"), null=False)]
    rows = [{"code": t.code, "title": str(T(t.title_en, zh=t.title_zh))} for t in found]
    out.rows("topics", columns, rows, empty=plain("-"))


@push.command("run")
def run() -> None:
    """Push what is published and was not pushed yet."""
    with writing_shop() as shop:
        found = push_run(shop)
    skipped = listed(
        T("{why} {n}", zh="{why} {n}").of(why=why, n=found.skipped[key])
        for key, why in SKIPPED.items()
        if found.skipped[key]
    )
    said = T("notes {notes}  queued {queued}  skipped {n}", zh="报告 {notes}  排队 {queued}  跳过 {n}")
    Answer(
        said.of(notes=found.notes, queued=found.queued, n=sum(found.skipped.values())),
        lines=[skipped] if found.skipped else [],
        data={"notes": found.notes, "queued": found.queued, "skipped": dict(found.skipped)},
    ).say()


def ask(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help=label("Client number or name", zh="客户号或姓名"))],
    text: Annotated[str, typer.Argument(metavar="TEXT", help=label("The question", zh="问题"))],
    topic: Annotated[str, typer.Option(help=label("Topic", zh="主题"))] = "stock",
    channel: Annotated[str, typer.Option(help=label("How it came", zh="渠道"))] = "phone",
) -> None:
    """Take in a client's question for the analysts, at any hour."""
    with writing_shop() as shop:
        key = customer_meant(shop, client)
        with shop.reading() as tx:
            notes.topic_of(tx, topic)
    open_new("broker.advice-question", f"C{key}", {"text": text, "topic": topic, "channel": channel})
