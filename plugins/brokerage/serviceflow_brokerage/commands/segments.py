"""Rules, segment runs, why a client stands where he does, his history, pins."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from serviceflow.api import Customer, Shop, T, half_up, plain, table_of
from serviceflow_cli.api import Answer, Column, answer, current, label, out, read_text, writing_shop

from serviceflow_brokerage.commands.seen import Progress, draw_matrix, draw_rule, shown_fields
from serviceflow_brokerage.refusals import bad, refused
from serviceflow_brokerage.reports.clients import migration
from serviceflow_brokerage.reports.sheet import Period
from serviceflow_brokerage.segment import pins, rulesets
from serviceflow_brokerage.segment.fields import FIELDS, SCORES
from serviceflow_brokerage.segment.run import Outcome, segment_run
from serviceflow_brokerage.segment.trial import difference
from serviceflow_brokerage.segment.why import Why, client_by_no
from serviceflow_brokerage.segment.why import why as explain
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.tables.segments import BrokerLabel, BrokerSegmentChange, BrokerSegmentState

rules = typer.Typer(no_args_is_help=True, help=label("The rule file.", zh="规则文件"))
segment = typer.Typer(no_args_is_help=True, help=label("Divide clients.", zh="客户细分"))
File = Annotated[Path, typer.Argument(metavar="FILE", help=label("Rule file", zh="规则文件"))]
ClientNo = Annotated[str, typer.Argument(metavar="CLIENT", help=label("Client number", zh="客户号"))]
AsOf = Annotated[str, typer.Option(help=label("Day; today", zh="日期; 默认今天"))]


@rules.command("lint")
def lint(file: File) -> None:
    """Check a rule file."""
    with writing_shop() as shop:
        found = rulesets.lint(read_text(str(file)), shop.setting)
    Answer(
        T("{d} dimensions, {s} segments, {n} labels: no fault", zh="{d}个维度, {s}个细分, {n}个标签: 无误").of(
            d=len(found.dimensions), s=len(found.segments.rules), n=len(found.labels)
        )
    ).say()


@rules.command("load")
def load(file: File) -> None:
    """Check a rule file and make it the one in force."""

    def work(shop: Shop) -> Answer:
        with shop.write("brokerage rules load") as tx:
            version, new = rulesets.load(tx, read_text(str(file)), shop.setting)
            tx.summary = T("Rules v{n} in force", zh="启用规则 v{n}").of(n=version.version)
        said = T("rules v{n}", zh="规则 v{n}").of(n=version.version)
        return Answer(said, operation=tx.operation, next_="flow broker segment run --dry-run", data={"new": new})

    answer(work)


@rules.command("show")
def show() -> None:
    """Print the rule file in force."""
    with writing_shop() as shop, shop.reading() as tx:
        out.line(rulesets.active(tx).toml)


@segment.command("run")
def run(
    as_of: AsOf = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=label("Only count", zh="仅试算"))] = False,
    accept_mass_change: Annotated[
        bool, typer.Option("--accept-mass-change", help=label("Many may move", zh="接受批量变更"))
    ] = False,
) -> None:
    """Divide all clients as of a day."""
    with writing_shop() as shop, Progress() as say:
        found = segment_run(shop, _day(shop, as_of), dry_run=dry_run, accept_mass_change=accept_mass_change, say=say)
    migration = [{"old": old, "new": new, "clients": n} for (old, new), n in sorted(found.migration.items(), key=str)]
    facts = {
        "run": found.run, "as_of": found.as_of, "rules": found.version, **found.counts, "segments": found.segments,
        "migration": migration,
    }  # fmt: skip
    fields = [Column(name, plain(name), "any") for name in facts]
    out.page(fields, facts, lambda: _told(found))


def _told(found: Outcome) -> None:
    counts = found.counts
    out.line(
        T(
            "Segment run {n}  D={day}  rules v{v}  clients {c}  ranked {r}",
            zh="细分运行 {n}  D={day}  规则 v{v}  客户 {c}  排名 {r}",
        ).of(
            n=found.run or "-", day=found.as_of, v=found.version, c=f"{counts['clients']:,}",
            r=f"{counts['ranked']:,}",
        )
    )  # fmt: skip
    spread = "  ".join(f"{name} {count:,}" for name, count in sorted(found.segments.items()))
    permille = half_up(1000 * counts["changed"], counts["clients"]) if counts["clients"] else 0
    out.line(
        T(
            "changed {x} ({share} %)   new {new}  left {left}   {spread}",
            zh="变更 {x} ({share} %)   新增 {new}  离开 {left}   {spread}",
        ).of(
            x=counts["changed"], share=f"{permille // 10}.{permille % 10}", new=counts["new"], left=counts["left"],
            spread=spread,
        )
    )  # fmt: skip
    if found.run is None:
        draw_matrix(FROM, TO, {(a or "-", b or "-"): n for (a, b), n in found.migration.items()})


FROM, TO = T("From", zh="原"), T("To", zh="新")


@segment.command("matrix")
def matrix(
    first: Annotated[str, typer.Option("--from", help=label("First day; of this month", zh="起始日; 默认本月初"))] = "",
    last: Annotated[str, typer.Option("--to", help=label("Last day; today", zh="截止日; 默认今天"))] = "",
) -> None:
    """Show who moved from which segment to which between two days."""
    with writing_shop() as shop, shop.reading() as tx:
        end = _day(shop, last) or shop.local_day(shop.clock.now())
        begin = _day(shop, first) or end.replace(day=1)
        sheet = migration(Period(shop, tx, begin, end))
    columns = [Column("old", FROM), Column("new", TO), Column("clients", T("Clients", zh="客户数"), "number")]
    if current().format != "text" or not sheet.rows:
        out.rows("migration", columns, sheet.rows, empty=T("Nobody moved.", zh="无人变更。"))
        return
    draw_matrix(FROM, TO, {(row["old"], row["new"]): row["clients"] for row in sheet.rows})


@segment.command("diff")
def diff(
    old: Annotated[
        Path, typer.Argument(metavar="OLD", help=label("Rule file, or - for the one in force", zh="规则文件"))
    ],
    new: Annotated[Path, typer.Argument(metavar="NEW", help=label("Rule file", zh="规则文件"))],
    as_of: AsOf = "",
) -> None:
    """Say who would move, and why, if one rule file took another's place."""
    with writing_shop() as shop:
        day = _day(shop, as_of) or shop.local_day(shop.clock.now())
        with shop.reading() as tx:
            before = rulesets.active(tx).toml if str(old) == "-" else read_text(str(old))
        found = difference(shop, before, read_text(str(new)), day)
    rows = [
        {
            "client": m.client_no,
            "name": m.name,
            "old": m.old,
            "new": m.new,
            "why": dict(m.evidence) if current().format != "text" else "  ".join(shown_fields(m.evidence)),
        }
        for m in found.movers
    ]
    columns = [
        Column("client", T("Client", zh="客户号")),
        Column("name", T("Name", zh="姓名"), give=2),
        Column("old", T("From", zh="原"), null=False),
        Column("new", T("To", zh="新"), null=False),
        Column("why", T("Why", zh="依据"), "any" if current().format != "text" else "text", give=1),
    ]
    moving = sum(n for (a, b), n in found.matrix.items() if a != b)
    if current().format == "text" and moving:
        said = T("{n} of {all} would move", zh="{all} 位客户中 {n} 位将变更")
        out.line(said.of(n=f"{moving:,}", all=f"{found.clients:,}"))
        draw_matrix(FROM, TO, found.matrix)
    facts = {"clients": found.clients, "moving": moving}
    out.rows("movers", columns, rows, empty=T("Nobody would move.", zh="无人变更。"), facts=facts)


LISTED = [
    Column("client", T("Client", zh="客户号")),
    Column("name", T("Name", zh="姓名"), give=1),
    Column("segment", T("Segment", zh="细分"), null=False),
    Column("value", T("Value", zh="价值"), "number", null=False),
    Column("since", T("Since", zh="自"), "day", null=False),
]


@segment.command("list")
def list_(
    name: Annotated[str, typer.Argument(metavar="[SEGMENT]", help=label("Segment", zh="细分"))] = "",
    label_: Annotated[str, typer.Option("--label", help=label("Label", zh="标签"))] = "",
    top: Annotated[int, typer.Option(help=label("How many", zh="数量"))] = 50,
) -> None:
    """List the clients of a segment or label, the most valuable first."""
    from sqlalchemy import select

    state, clients, customers = table_of(BrokerSegmentState), table_of(BrokerClient), table_of(Customer)
    query = (
        select(clients.c.client_no, customers.c.name, state.c.segment, state.c.value_score, state.c.since)
        .join(clients, clients.c.customer_id == state.c.customer_id)
        .join(customers, customers.c.id == state.c.customer_id)
        .order_by(state.c.value_score.desc(), clients.c.client_seq)
        .limit(top)
    )
    if name:
        query = query.where(state.c.segment == name)
    if label_:
        labels = table_of(BrokerLabel)
        query = query.join(labels, labels.c.customer_id == state.c.customer_id).where(labels.c.label == label_)
    with writing_shop() as shop, shop.reading() as tx:
        known = rulesets.lint(rulesets.active(tx).toml, shop.setting)
        if name and name not in {rule.id for rule in known.segments.rules}:
            raise bad("pin-unknown", id=name)
        if label_ and label_ not in {one.id for one in known.labels}:
            there = plain(", ".join(one.id for one in known.labels))
            raise refused("unknown", there, what=T("label", zh="标签"), id=label_)
        found = tx.rows(query)
    rows = [dict(zip(("client", "name", "segment", "value", "since"), row, strict=True)) for row in found]
    out.rows("clients", LISTED, rows, empty=T("Nobody.", zh="无。"))


WHY = [Column("rules", T("Rules", zh="规则"), "any", null=False, help="Each rule asked, with what it has seen")]


def why(
    client: ClientNo,
    dimension: Annotated[str, typer.Option(help=label("A dimension instead", zh="某维度"))] = "",
    label_: Annotated[str, typer.Option("--label", help=label("A label instead", zh="某标签"))] = "",
    every: Annotated[bool, typer.Option("--all", help=label("Also later rules", zh="含后续规则"))] = False,
) -> None:
    """Say why a client is in his segment: each rule with what it has seen."""
    with writing_shop() as shop, shop.reading() as tx:
        found = explain(tx, client, dimension=dimension or None, label=label_ or None, every=every)
    out.page(WHY, {"rules": [a.as_json() for a in found.asked]}, lambda: _draw(found))


def _draw(found: Why) -> None:
    s = found.state
    out.line(
        T(
            "{no} {name}  {title}  since {since} (run {run}, rules v{v})   RFM {r}-{f}-{m}  value {value}",
            zh="{no} {name}  {title}  自 {since} (运行 {run}, 规则 v{v})   RFM {r}-{f}-{m}  价值 {value}",
        ).of(
            no=found.client_no, name=found.name, title=_titled(found.key, found.title), since=found.since or "-",
            run=found.run, v=found.rules, r=s.r, f=s.f, m=s.m, value=s.value_score,
        )
    )  # fmt: skip
    if found.pinned:
        out.line(T("pinned by hand; the rules say:", zh="人工指定; 规则判定:"))
    for asked in found.asked:
        out.line(draw_rule(asked, found.because, KINDS))
    if found.newer_data:
        out.line(T("data newer than run {n}", zh="运行 {n} 之后有新数据").of(n=found.run))


def _titled(key: str, title: T) -> str:
    return key if str(title) == key else f"{key} {title}"


KINDS = {**FIELDS, **SCORES}


HISTORY = [
    Column("on", T("On", zh="日期"), "day", null=False),
    Column("subject", T("Subject", zh="对象"), null=False),
    Column("old", T("From", zh="原")),
    Column("new", T("To", zh="新")),
    Column("rule", T("Rule", zh="规则"), null=False),
    Column("run", T("Run", zh="运行"), "number", null=False),
]


def history(client: ClientNo) -> None:
    """Show how a client has moved."""
    with writing_shop() as shop, shop.reading() as tx:
        found, _ = client_by_no(tx, client)
        changes = tx.all(BrokerSegmentChange, table_of(BrokerSegmentChange).c.customer_id == found.customer_id)
    rows = [
        {"on": c.effective_on, "subject": c.subject, "old": c.old, "new": c.new, "rule": c.rule_id, "run": c.run_id}
        for c in changes
    ]
    out.rows("changes", HISTORY, rows, empty=T("No change.", zh="无变更。"))


def pin(
    client: ClientNo,
    to: Annotated[str, typer.Argument(metavar="SEGMENT", help=label("Segment", zh="细分"))],
    until: Annotated[str, typer.Option(help=label("Last day", zh="截止日"))],
    reason: Annotated[str, typer.Option(help=label("Why", zh="原因"))],
) -> None:
    """Pin a client to a segment until a day."""

    def work(shop: Shop) -> Answer:
        last = shop.parse_day(until, shop.clock.now())
        pins.pin(shop, client, to, last, reason)
        return Answer(
            T("{no} → {segment} until {day}", zh="{no} → {segment}, 至 {day}").of(no=client, segment=to, day=last)
        )

    answer(work)


def unpin(client: ClientNo) -> None:
    """End a client's pin."""

    def work(shop: Shop) -> Answer:
        had = pins.unpin(shop, client)
        said = T("{no} no longer pinned", zh="{no} 已取消指定") if had else T("{no} was not pinned", zh="{no} 未被指定")
        return Answer(said.of(no=client))

    answer(work)


def _day(shop: Shop, typed: str) -> date | None:
    return shop.parse_day(typed, shop.clock.now()) if typed else None
