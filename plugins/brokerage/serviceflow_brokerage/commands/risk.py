"""Risk assessments and what fits: ``flow broker risk …``, ``flow broker match``. Source: brokerage.md 5.4 and 8."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from serviceflow.api import BadInput, Customer, Shop, T, Tx, plain, table_of
from serviceflow_cli.api import Answer, Column, answer, label, out, writing_shop

from serviceflow_brokerage import renewals, suitability
from serviceflow_brokerage.commands.typed import client_meant, customer_meant, one_of, toml_of
from serviceflow_brokerage.flows.suitability import ITEMS
from serviceflow_brokerage.papers import issue_risk_result
from serviceflow_brokerage.refusals import TEXTS, refused
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.tables.products import BrokerProduct, BrokerQuestionnaire, BrokerRiskAssessment

app = typer.Typer(no_args_is_help=True, help=label("Risk assessments.", zh="风险测评"))
ClientNo = Annotated[str, typer.Argument(metavar="CLIENT", help=label("Client number or name", zh="客户号或姓名"))]
Number = Annotated[int, typer.Argument(metavar="ID", help=label("Number of the assessment", zh="测评编号"))]
METHODS = ("onsite", "online", "import")
KINDS = ("fixed_income", "mixed", "equity", "derivative", "other")
STATES = {
    "current": T("current", zh="有效"),
    "superseded": T("superseded", zh="已被替代"),
    "pending_review": T("waits for compliance", zh="待合规复核"),
    "rejected": T("rejected", zh="未通过"),
}


@app.command("assess")
def assess(
    client: ClientNo,
    answers: Annotated[
        Path | None, typer.Option(help=label("TOML file of answers, kinds, term", zh="答卷 TOML 文件"))
    ] = None,
    score: Annotated[int | None, typer.Option(min=0, max=100, help=label("Score", zh="分数"))] = None,
    kinds: Annotated[str, typer.Option(help=label("Kinds of investment: mixed,equity", zh="投资品种"))] = "",
    term: Annotated[int | None, typer.Option(min=1, help=label("Longest term in days", zh="最长期限(天)"))] = None,
    knock_out: Annotated[bool, typer.Option("--knock-out", help=label("A knock-out answer", zh="否决项"))] = False,
    method: Annotated[str, typer.Option(help=label("onsite, online, import", zh="方式, 如 onsite"))] = "onsite",
    recording: Annotated[str, typer.Option(help=label("Recording", zh="双录编号"))] = "",
) -> None:
    """Enter a risk assessment made today, by its answers or its score."""

    def work(shop: Shop) -> Answer:
        found, customer = client_meant(shop, client)
        with shop.write("brokerage risk assess") as tx:
            said = toml_of(answers) if answers is not None else {}
            points, knocked, version = _scored(tx, said, score, knocked_out=knock_out)
            made = renewals.enter(
                shop, tx, found.customer_id, points, kinds=_kinds(found, kinds, said), max_term_days=_term(term, said),
                knocked_out=knocked, method=one_of(method, METHODS, "broker.risk"), questionnaire=version,
                recording_ref=recording or None,
            )  # fmt: skip
            issue_risk_result(shop, tx, made)
            tx.summary = T("{name}: C{level}", zh="{name}: C{level}").of(name=customer.name, level=made.level)
        words = T("{no}: C{level} until {day} ({state})", zh="{no}: C{level} 至 {day} ({state})")
        return Answer(
            words.of(no=client, level=made.level, day=made.expires_on, state=STATES[made.state]),
            operation=tx.operation,
            next_=f"flow broker risk approve {made.id}" if made.state == "pending_review" else "",
            data={
                "id": made.id, "score": made.score, "level": made.level, "lowest": made.lowest, "state": made.state,
                "expires_on": made.expires_on,
            },
        )  # fmt: skip

    answer(work)


def _scored(tx: Tx, said: Mapping[str, Any], score: int | None, *, knocked_out: bool) -> tuple[int, bool, int | None]:
    """Return score, whether a knock-out was answered, and the questionnaire that was used."""
    if (score is None) is (not said):
        raise BadInput(
            T("Give either the answers or the score.", zh="请提供答卷或分数之一。"),
            T("--answers FILE or --score 45", zh="--answers 文件 或 --score 45"), ref="broker.risk",
        )  # fmt: skip
    if score is not None:
        return score, knocked_out, None
    table = table_of(BrokerQuestionnaire)
    questionnaire = tx.one(BrokerQuestionnaire, table.c.state == "active", order_by=[table.c.version.desc()])
    if questionnaire is None:
        raise refused("unknown", None, what=T("questionnaire", zh="问卷"), id="-")
    given = {key: str(value) for key, value in said.items() if key not in ("kinds", "term")}
    points, knocked = suitability.scored(questionnaire, given)
    return points, knocked or knocked_out, questionnaire.version


def _kinds(client: BrokerClient, typed: str, said: Mapping[str, Any]) -> list[str]:
    found = [k.strip() for k in typed.split(",") if k.strip()] or list(said.get("kinds", ())) or client.pref_kinds
    if not found:
        raise BadInput(
            T("Which kinds of investment does the client want?", zh="请写明客户意向的投资品种。"),
            plain("--kinds fixed_income,mixed"), ref="broker.risk",
        )  # fmt: skip
    return [one_of(kind, KINDS, "broker.risk") for kind in found]


def _term(typed: int | None, said: Mapping[str, Any]) -> int:
    found = typed if typed is not None else said.get("term")
    if not isinstance(found, int):
        raise BadInput(
            T("How long may an investment last at most?", zh="请写明最长投资期限。"),
            plain("--term 1095"), ref="broker.risk",
        )  # fmt: skip
    return found


@app.command("approve")
def approve(number: Number) -> None:
    """Let an assessment count that has waited for compliance."""
    _decided(number, counts=True)


@app.command("reject")
def reject(number: Number) -> None:
    """Let an assessment not count that has waited for compliance."""
    _decided(number, counts=False)


def _decided(number: int, *, counts: bool) -> None:
    def work(shop: Shop) -> Answer:
        with shop.write("brokerage risk approve" if counts else "brokerage risk reject") as tx:
            made = renewals.decide(shop, tx, number, counts=counts)
            said = T("assessment {n}: {state}", zh="测评 {n}: {state}").of(n=number, state=STATES[made.state])
            tx.summary = said
        return Answer(said, operation=tx.operation, data={"id": number, "state": made.state})

    answer(work)


ASSESSMENTS = [
    Column("id", T("No.", zh="编号"), "number", null=False),
    Column("client", T("Client", zh="客户号")),
    Column("name", T("Name", zh="姓名"), null=False),
    Column("level", T("Level", zh="等级"), null=False),
    Column("score", T("Score", zh="分数"), "number", null=False),
    Column("kinds", T("Kinds", zh="品种"), "list", null=False),
    Column("term", T("Days", zh="天数"), "number", null=False),
    Column("assessed", T("Assessed", zh="测评日"), "day", null=False),
    Column("expires", T("Expires", zh="到期日"), "day", null=False),
    Column("state", T("State", zh="状态"), null=False, shown=False),
    Column("state_title", T("State", zh="状态"), null=False),
]


@app.command("list")
def list_(
    client: Annotated[str, typer.Argument(metavar="[CLIENT]", help=label("Client number", zh="客户号"))] = "",
) -> None:
    """List what waits for compliance, or all assessments of a client."""
    table, clients = table_of(BrokerRiskAssessment), table_of(BrokerClient)
    with writing_shop() as shop, shop.reading() as tx:
        where = [table.c.state == "pending_review"]
        if client:
            where = [table.c.customer_id == customer_meant(shop, client)]
        found = tx.all(BrokerRiskAssessment, *where, order_by=[table.c.id.desc()])
        keys = {a.customer_id for a in found}
        numbers = {c.customer_id: c.client_no for c in tx.all(BrokerClient, clients.c.customer_id.in_(keys))}
        names = {c.id: c.name for c in tx.all(Customer, table_of(Customer).c.id.in_(keys))}
    rows = [
        {
            "id": a.id, "client": numbers.get(a.customer_id), "name": names[a.customer_id], "level": f"C{a.level}",
            "score": a.score, "kinds": a.kinds, "term": a.max_term_days, "assessed": a.assessed_on,
            "expires": a.expires_on, "state": a.state, "state_title": str(STATES[a.state]),
        }
        for a in found
    ]  # fmt: skip
    out.rows("assessments", ASSESSMENTS, rows, empty=T("Nothing waits.", zh="没有待复核的测评。"))


@app.command("questions")
def questions() -> None:
    """Show the questionnaire: each question with its options and points."""
    table = table_of(BrokerQuestionnaire)
    with writing_shop() as shop, shop.reading() as tx:
        found = tx.one(BrokerQuestionnaire, table.c.state == "active", order_by=[table.c.version.desc()])
    columns = [
        Column("key", T("Question", zh="题目"), null=False),
        Column("text", T("Words", zh="内容"), null=False, give=1),
        Column("option", T("Option", zh="选项"), null=False),
        Column("words", T("Meaning", zh="说明")),
        Column("points", T("Points", zh="分值"), "number", null=False),
        Column("knock_out", T("Knocks out", zh="否决"), "yes_no", null=False),
    ]
    rows = [
        {
            "key": question["key"], "text": question["text"], "option": option["key"], "words": option.get("text"),
            "points": option["points"], "knock_out": bool(option.get("knock_out")),
        }
        for question in (found.questions if found is not None else [])
        for option in question["options"]
    ]  # fmt: skip
    out.rows("questions", columns, rows, empty=T("No questionnaire.", zh="没有问卷。"))


MATCHED = [
    Column("client", T("Client", zh="客户号"), null=False),
    Column("product", T("Product", zh="产品"), null=False),
    Column("r_level", T("R-level", zh="风险等级"), "number", null=False),
    Column("level", T("Level", zh="客户等级"), "number"),
    Column("result", T("Result", zh="结果"), null=False),
    Column("failing", T("Failing", zh="不匹配项"), "list", null=False),
    Column("ref", T("Why", zh="原因"), null=False),
]
RESULTS = {
    "matched": T("matched", zh="匹配"),
    "mismatched": T("mismatched", zh="不匹配"),
    "refused": T("refused", zh="拒绝"),
    "stays": T("cannot be checked", zh="无法检查"),
}


def match(
    client: ClientNo,
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help=label("Code of the product", zh="产品代码"))],
) -> None:
    """Say whether a product fits a client today; changes nothing."""
    with writing_shop() as shop:
        found, customer = client_meant(shop, client)
        with shop.write("brokerage match", dry_run=True) as tx:
            wanted = tx.get(BrokerProduct, product)
            if wanted is None:
                way_out = plain("flow broker import products FILE")
                raise refused("unknown", way_out, what=T("product", zh="产品"), id=product)
            result = suitability.check(tx, shop.setting, found.customer_id, wanted, shop.local_day(tx.now))
    value = {
        "client": client, "product": product, "r_level": wanted.r_level, "level": result.level,
        "result": result.result, "failing": list(result.failing), "ref": result.ref,
    }  # fmt: skip

    def draw() -> None:
        level = f"C{result.level}" if result.level is not None else "C-"
        said = f"{client} {customer.name} {level} · {product} {wanted.name} R{wanted.r_level}"
        out.line(f"{said}: {RESULTS[result.result]}")
        for item in result.failing:
            out.line(f"  × {ITEMS[item]}")
        if result.ref in TEXTS:
            out.line(f"  {TEXTS[result.ref].of(detail=result.detail, date=result.detail)} [{result.ref}]")

    out.page(MATCHED, value, draw)
