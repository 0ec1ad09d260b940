"""What `flow new`, `flow do` and `flow sign` share: the order as it was looked at, what was typed, the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serviceflow.refs import short_numbers
from serviceflow.texts import T

from serviceflow_cli import out, refs
from serviceflow_cli.answers import Answer
from serviceflow_cli.session import reader

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.engine.act import Done
    from serviceflow.flow.forms import Field, Form
    from serviceflow.flow.model import Action


@dataclass(frozen=True, slots=True)
class Seen:
    """An order as the read path showed it: what the person decided on."""

    order_id: int
    number: str
    short: str
    rv: int
    step: str
    customer: str
    phone: str
    flow: str
    flow_version: int


def look_at(typed: str) -> Seen:
    """Return the order meant by what was typed; asks on a terminal where several are.

    Raises:
        NotFound: Nothing is found.
        BadInput: Several are, and nobody is there to choose.
    """
    with reader() as read:
        row = refs.pick_order(read, typed)
        rv = read.value("SELECT rv FROM orders WHERE id = :id", id=row["order_id"])
        short = short_numbers(read, [(row["order_number"], row["seq"])])
    return Seen(
        row["order_id"],
        row["order_number"],
        short[row["order_number"]],
        int(rv),
        row["step"],
        row["customer"] or "",
        row["phone"] or "",
        row["flow"],
        row["flow_version"],
    )


def echoes(shop: Shop, form: type[Form], given: Mapping[str, str]) -> list[str]:
    """Return dates and phones that were typed as they were understood: ``拍摄日期 2026-11-29 周日 09:00``."""
    from serviceflow.dates import echo, parse_when

    now = shop.clock.now().astimezone(shop.zone)
    found = []
    for name, typed in given.items():
        field = form.fields.get(name)
        if field is None or not typed.strip():
            continue
        if field.kind in ("date", "instant"):
            understood = echo(parse_when(typed, now, shop.calendar, "shop"), shop.zone)
            found.append(f"{field.title} {understood.removeprefix('→ ')}")
        elif field.kind == "phone":
            from serviceflow.phones import normalise_phone

            found.append(f"{field.title} {out.masked_phone(normalise_phone(typed).key)}")
    return found


def told(
    shop: Shop,
    done: Done,
    customer: str,
    *,
    echo: Sequence[str] = (),
    opened: bool = False,
    signed: bool = False,
    dry_run: bool = False,
) -> Answer:
    """Return the answer to a command that opened, moved or signed something of an order."""
    with shop.reading() as tx:
        from serviceflow.store.tables import Order
        from serviceflow.store.write import table_of

        alike = tx.all(Order, table_of(Order).c.seq == done.order.seq)
    number = done.order.number
    digits = number[len(number.rstrip("0123456789")) :]
    short = digits if digits and len(alike) <= 1 else number
    moved = str(done.step_before) != str(done.step_after)
    if done.pending is not None:
        what = T("{action} waits for {who}", zh="{action} 等待{who}审批").of(action=done.action, who=done.pending)
    elif opened:
        what = T("{action}, now {step}", zh="{action}, 现为{step}").of(action=done.action, step=done.step_after)
    elif signed and moved:
        what = T("{action}: {before} → {after}", zh="{action}: {before} → {after}").of(
            action=done.action, before=done.step_before, after=done.step_after
        )
    elif moved:
        what = T("{before} → {after}", zh="{before} → {after}").of(before=done.step_before, after=done.step_after)
    else:
        what = done.action
    words = "{no} {customer}: {what}" if customer else "{no}: {what}"
    change = T(words, zh=words).of(no=number, customer=customer, what=what)
    if echo:
        change = T("{change}  {echo}", zh="{change}  {echo}").of(change=change, echo=" · ".join(echo))
    notes = done.notes
    return Answer(
        change,
        planned=notes.planned,
        cancelled=notes.cancelled,
        warnings=notes.warnings,
        lines=notes.lines,
        next_=_next(done, short, dry_run),
        operation=done.operation,
        data={
            "order": number,
            "order_id": done.order.id,
            "customer": customer or None,
            "action": done.action,
            "step": done.order.step,
            "step_before": done.step_before,
            "step_after": done.step_after,
            "pending": done.pending,
            "understood": list(echo),
            "timers": list(notes.lines),
            "next_actions": [action.key for action in done.next_actions],
        },
        dry_run=dry_run,
    )


def _next(done: Done, short: str, dry_run: bool) -> str:
    if dry_run:
        return ""
    if done.pending is not None or done.signs:
        return f"flow sign why {short}"
    return f"flow do {short} {typed_as(done.ahead)}" if done.ahead is not None else f"flow show {short}"


def typed_as(action: Action) -> str:
    """Return an action with its required fields as it is typed: ``take-deposit amount= method=``."""
    needed = [f"{field.name}=" for field in action.form.missing({})]
    return " ".join([action.key, *needed])


def field_facts(field: Field) -> dict[str, Any]:
    """Return what scripts want to know of a form's field."""
    return {
        "name": field.name,
        "title": str(field.title),
        "kind": field.kind,
        "required": field.required is True and field.default is None,
        "choices": list(field.choices),
    }
