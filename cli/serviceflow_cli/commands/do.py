"""``flow do``: what may be done with an order now, or doing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from serviceflow.errors import BadInput
from serviceflow.texts import T, plain

from serviceflow_cli import out
from serviceflow_cli.answers import answer
from serviceflow_cli.fields import read_fields, read_overrides
from serviceflow_cli.options import DryRun, Override, RequestId
from serviceflow_cli.orders import Seen, echoes, field_facts, look_at, told, typed_as
from serviceflow_cli.out import Column, label
from serviceflow_cli.prompt import fill_missing
from serviceflow_cli.session import interactive, writing_shop

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.engine.act import Offer
    from serviceflow.flow.model import Action

    from serviceflow_cli.answers import Answer

PAGE = [
    Column("order", T("Order", zh="订单"), null=False),
    Column("customer", T("Customer", zh="客户")),
    Column("step", T("Step", zh="步骤"), null=False),
    Column("step_title", T("Step", zh="步骤"), null=False),
    Column("actions", T("Actions", zh="操作"), "any", null=False),
]


def do(
    order: Annotated[
        str,
        typer.Argument(
            metavar="ORDER", help=label("Number, its last digits, or the customer", zh="订单号、尾号或客户")
        ),
    ],
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ACTION] [FIELD=VALUE]…", help=label("What to do; nothing lists it", zh="操作; 不写则列出")
        ),
    ] = None,
    override: Override = None,
    dry_run: DryRun = False,
    request_id: RequestId = None,
) -> None:
    """Do an action on an order; without one, list what may be done now, and why the rest may not."""
    rest = list(words or ())
    if not rest:
        _offers(look_at(order))
        return
    if "=" in rest[0] or "＝" in rest[0]:
        raise BadInput(
            T("Which action?", zh="要做哪个操作?"),
            T("See what may be done now: flow do {order}", zh="查看现在可做的: flow do {order}").of(order=order),
            ref="core.action",
        )  # fmt: skip
    action, fields, set_aside = rest[0], read_fields(rest[1:]), read_overrides(override or ())

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.attempts import attempt

        seen = look_at(order)
        known = _action(shop, seen, action)
        given = fill_missing(known.form, fields) if known is not None and request_id is None else fields
        asked = given != fields and interactive()
        done = attempt(shop, seen.order_id, seen.rv, action, given, strict=asked, dry_run=dry_run, override=set_aside)
        echo = echoes(shop, known.form, given) if known is not None else []
        return told(shop, done, seen.customer, echo=echo, dry_run=dry_run)

    content = ["do", order, action, *(f"{k}={v}" for k, v in fields.items()), *(override or ())]
    answer(work, request_id=request_id, content=content)


def _action(shop: Shop, seen: Seen, typed: str) -> Action | None:
    """Return the action offered in the step that was seen; what is not offered the engine refuses with the reason."""
    _, flow = shop.flow(seen.flow, seen.flow_version)
    here = flow.offered(seen.step) if seen.step in flow.by_step else []
    named = [a for a in here if a.key == typed] or [a for a in here if typed in (a.title.en, a.title.zh)]
    return named[0] if len(named) == 1 else None


def _offers(seen: Seen) -> None:
    from serviceflow.engine.act import offers

    with writing_shop() as shop:
        _, flow = shop.flow(seen.flow, seen.flow_version)
        found = offers(shop, seen.order_id)
        step = flow.step(seen.step)
    value = {
        "order": seen.number,
        "customer": seen.customer or None,
        "step": seen.step,
        "step_title": str(step.title),
        "actions": [_facts(offer) for offer in found],
    }
    out.page(PAGE, value, lambda: _draw(seen, step.title, found))


def _facts(offer: Offer) -> dict[str, Any]:
    action, refusal = offer.action, offer.refusal
    return {
        "action": action.key,
        "title": str(action.title),
        "allowed": refusal is None,
        "moves": action.moves,
        "fields": [field_facts(field) for field in action.form.fields.values()],
        "reason": str(refusal.sentence) if refusal is not None else None,
        "ref": refusal.ref if refusal is not None else None,
        "way_out": str(refusal.way_out) if refusal is not None and refusal.way_out is not None else None,
    }


def _draw(seen: Seen, step: T, found: Sequence[Offer]) -> None:
    head = "  ".join(part for part in (seen.number, seen.customer, seen.phone, str(step)) if part)
    out.line(head, "bold")
    may = [offer.action for offer in found if offer.refusal is None]
    if may:
        out.line(T("May be done now:", zh="现在可以:"))
        out.table(_OFFERED, [_line(action) for action in may], heading=False)
    refused = [offer for offer in found if offer.refusal is not None]
    if refused:
        out.line(T("Not now:", zh="暂时不能:"))
    for offer in refused:
        assert offer.refusal is not None
        ref = f" [{offer.refusal.ref}]" if offer.refusal.ref else ""
        out.paragraph(f"× {offer.action.key} {offer.action.title}: {offer.refusal.sentence}{ref}", "  ")
        if offer.refusal.way_out is not None:
            out.paragraph(offer.refusal.way_out, "      ", "dim")
    if may:
        leading = [offer.action for offer in found if offer.ahead and offer.refusal is None]
        ahead = next(iter([*leading, *(action for action in may if action.moves)]), may[0])
        out.line(T("try: flow do {short} {action}", zh="试试: flow do {short} {action}").of(
            short=seen.short, action=typed_as(ahead)), "dim")  # fmt: skip
    elif not found:
        out.line(T("Nothing is left to do; it is closed.", zh="已结束, 没有可做的操作。"))


_OFFERED = [
    Column("key", plain("")),
    Column("title", plain(""), give=1),
    Column("fields", plain(""), give=2),
]


def _line(action: Action) -> dict[str, str]:
    needed = {field.name for field in action.form.missing({})}
    fields = [f"{name}=" if name in needed else f"[{name}=]" for name in action.form.fields]
    return {"key": f"  {action.key}", "title": str(action.title), "fields": " ".join(fields)}
