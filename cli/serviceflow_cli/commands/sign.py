"""``flow sign``: what waits for a signature, why, and signing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from serviceflow.texts import T, plain

from serviceflow_cli import out
from serviceflow_cli.answers import answer
from serviceflow_cli.options import DryRun, RequestId
from serviceflow_cli.orders import look_at, told
from serviceflow_cli.out import Column, label
from serviceflow_cli.session import writing_shop

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.engine.waiting import Explained, StageWhy, Waiting

    from serviceflow_cli.answers import Answer

app = typer.Typer(invoke_without_command=True)

Order = Annotated[
    str,
    typer.Argument(metavar="ORDER", help=label("Number, its last digits, or the customer", zh="订单号、尾号或客户")),
]

COLUMNS = [
    Column("order", T("Order", zh="订单"), null=False),
    Column("customer", T("Customer", zh="客户"), give=5),
    Column("action", T("What", zh="事项"), give=1, null=False),
    Column("why", T("Reason", zh="原因"), give=2),
    Column("requester", T("Asked by", zh="申请人"), give=4),
    Column("requested_at", T("Since", zh="申请时间"), "instant", give=6, null=False),
    Column("lapses_at", T("Lapses", zh="截止"), "instant", give=7),
    Column("because", T("Why me", zh="为什么找我"), give=3, null=False),
]


@app.callback()
def sign(ctx: typer.Context) -> None:
    """What waits for my signature, and why it is mine."""
    if ctx.invoked_subcommand is None:
        list_waiting()


@app.command("list")
def list_waiting() -> None:
    """List what waits for my signature, longest waiting first."""
    from serviceflow.engine.waiting import waiting_for_me

    with writing_shop() as shop:
        found = waiting_for_me(shop)
    out.rows("waiting", COLUMNS, [_row(waiting) for waiting in found],
             empty=T("Nothing waits for your signature.", zh="没有等您审批的事项。"))  # fmt: skip
    if found:
        words = T(
            "  sign: flow sign approve {no} OPINION   why: flow sign why {no}",
            zh='  审批: flow sign approve {no} "意见"   为什么: flow sign why {no}',
        )
        out.talk(words.of(no=found[0].number), "dim")


def _row(waiting: Waiting) -> dict[str, Any]:
    return {
        "order": waiting.number,
        "customer": waiting.customer,
        "action": str(waiting.action),
        "why": str(waiting.why),
        "requester": waiting.requester,
        "requested_at": waiting.requested_at,
        "lapses_at": waiting.lapses_at,
        "because": str(waiting.because),
    }


@app.command("approve")
def approve(
    order: Order,
    opinion: Annotated[str, typer.Argument(metavar="OPINION", help=label("What you say to it", zh="意见"))] = "",
    dry_run: DryRun = False,
    request_id: RequestId = None,
) -> None:
    """Sign; the last signature does what was asked for."""
    _decide(order, opinion, yes=True, dry_run=dry_run, request_id=request_id)


@app.command("reject")
def reject(
    order: Order,
    opinion: Annotated[str, typer.Argument(metavar="OPINION", help=label("Why not", zh="驳回理由"))] = "",
    dry_run: DryRun = False,
    request_id: RequestId = None,
) -> None:
    """Say no; what was asked for is dropped."""
    _decide(order, opinion, yes=False, dry_run=dry_run, request_id=request_id)


def _decide(order: str, opinion: str, *, yes: bool, dry_run: bool, request_id: str | None) -> None:
    def work(shop: Shop) -> Answer:
        from serviceflow.engine.attempts import attempt_signing

        seen = look_at(order)
        done = attempt_signing(shop, seen.order_id, seen.rv, approve=yes, opinion=opinion, dry_run=dry_run)
        return told(shop, done, seen.customer, signed=True, dry_run=dry_run)

    answer(work, request_id=request_id, content=["sign", yes, order, opinion])


WHY = [
    Column("order", T("Order", zh="订单"), null=False),
    Column("customer", T("Customer", zh="客户")),
    Column("action", T("What", zh="事项"), null=False),
    Column("why", T("Reason", zh="原因")),
    Column("requester", T("Asked by", zh="申请人")),
    Column("requested_at", T("Since", zh="申请时间"), "instant", null=False),
    Column("lapses_at", T("Lapses", zh="截止"), "instant"),
    Column("own", T("Own request", zh="本人申请"), null=False),
    Column("me", T("Me", zh="我"), null=False),
    Column("stages", T("Stages", zh="环节"), "any", null=False),
]


@app.command("why")
def why(order: Order) -> None:
    """Explain the route of what waits: stages, who may sign today, stand-ins, what is still open."""
    from serviceflow.engine.waiting import explain_request

    seen = look_at(order)
    with writing_shop() as shop:
        found = explain_request(shop, seen.order_id)
    value = {
        **_row(found.waiting),
        "own": str(found.own),
        "me": str(found.may_i),
        "stages": [_stage_facts(number, stage) for number, stage in enumerate(found.stages, start=1)],
    }
    out.page(WHY, value, lambda: _draw(found))


def _stage_facts(number: int, stage: StageWhy) -> dict[str, Any]:
    return {
        "stage": number,
        "route": stage.route,
        "takes": str(stage.quorum),
        "open": stage.open_now,
        "waits_for": str(stage.gate) if stage.gate is not None else None,
        "signatures": [
            {
                "who": str(slot.title),
                "verdict": slot.verdict,
                "signed_by": slot.signed_by or None,
                "opinion": slot.opinion or None,
                "may": list(slot.may),
            }
            for slot in stage.slots
        ],
    }


VERDICTS = {
    "approved": T("approved by {name}", zh="{name} 已批准"),
    "rejected": T("rejected by {name}", zh="{name} 已驳回"),
}


def _draw(found: Explained) -> None:
    waiting = found.waiting
    out.line("  ".join(part for part in (waiting.number, waiting.customer, str(waiting.action)) if part), "bold")
    asked = T("asked by {who} {at}: {why}", zh="申请人 {who} {at}: {why}").of(
        who=waiting.requester or "-", at=out.moment(waiting.requested_at), why=waiting.why
    )
    out.paragraph(asked, "  ")
    for number, stage in enumerate(found.stages, start=1):
        now = T(" ← now", zh=" ← 现在") if stage.open_now else plain("")
        out.line(T("  stage {n} ({quorum}){now}", zh="  第 {n} 步({quorum}){now}").of(
            n=number, quorum=stage.quorum, now=now))  # fmt: skip
        if stage.gate is not None:
            out.paragraph(stage.gate, "    ", "yellow")
        for slot in stage.slots:
            verdict = VERDICTS.get(slot.verdict)
            if verdict is not None:
                state = verdict.of(name=slot.signed_by)
                said = f": {slot.opinion}" if slot.opinion else ""
            else:
                state = T("may sign today: {names}", zh="今天可签: {names}").of(names=", ".join(slot.may) or "-")
                said = ""
            out.paragraph(f"{slot.title}  {state}{said}", "    ")
    if waiting.lapses_at is not None:
        out.line(T("  dropped if undecided at {at}", zh="  {at} 未决则作废").of(at=out.moment(waiting.lapses_at)))
    out.line(T("  rule: {own}   you: {me}", zh="  规则: {own}   您: {me}").of(own=found.own, me=found.may_i), "dim")
