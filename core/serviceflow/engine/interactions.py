"""What was said with a customer, and the next follow-up in the same breath."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from serviceflow.clock import midnight_after
from serviceflow.engine.act import case_of
from serviceflow.engine.actor import whoami
from serviceflow.engine.customers import clean_line
from serviceflow.engine.notes import Notes
from serviceflow.engine.tasks import FOLLOW_UP, Due, new_task, open_follow_ups
from serviceflow.errors import BadInput, FlowError, Refused
from serviceflow.store.tables import Customer, Interaction, Order, Task
from serviceflow.store.write import Tx
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop

CHANNELS: dict[str, T] = {
    "visit": T("visit", zh="来店"),
    "phone": T("phone", zh="电话"),
    "wechat": T("WeChat", zh="微信"),
    "sms": T("text message", zh="短信"),
    "email": T("e-mail", zh="邮件"),
    "letter": T("letter", zh="信函"),
    "other": T("other", zh="其他"),
}
LONGEST = 5000
OUTCOME = 40


@dataclass(slots=True)
class Logged:
    """What was written down, what it finished and what comes next."""

    interaction: Interaction
    customer: str
    channel: T
    order: str = ""
    finished: list[Task] = field(default_factory=list)
    follow_up: Task | None = None
    due: Due | None = None
    operation: int | None = None


def channel_named(typed: str) -> str:
    """Return the id of a channel typed by id or title.

    Raises:
        BadInput: No such channel; names the nearest.
    """
    from difflib import get_close_matches

    wanted = typed.strip().casefold()
    words = {word: key for key, title in CHANNELS.items() for word in (key, title.en.casefold(), title.zh)}
    if wanted in words:
        return words[wanted]
    near = get_close_matches(wanted, words, n=1)
    raise BadInput(
        T("There is no channel {typed}.", zh="没有渠道 {typed}。").of(typed=typed),
        T("Did you mean {near}?", zh="是否指 {near}?").of(near=words[near[0]])
        if near
        else T("There are: {names}", zh="可用: {names}").of(names=", ".join(CHANNELS)),
        ref="core.log-channel",
    )


def log_interaction(
    shop: Shop,
    customer_id: int,
    text: str,
    *,
    channel: str = "visit",
    outward: bool = False,
    order_id: int | None = None,
    outcome: str = "",
    follow_up: Due | None = None,
    dry_run: bool = False,
) -> Logged:
    """Write down an interaction; the customer's follow-ups due by tonight are done with it.

    Args:
        outcome: What came of it in one word, such as ``reached``; trades count by it.
        follow_up: When to follow up next; a task for who writes this down.

    Raises:
        BadInput: No text, an unknown channel, or an order of somebody else.
        Refused: The customer was merged into another.
    """
    with shop.write("log", dry_run=dry_run) as tx:
        whoami(tx)
        words = text.strip()
        if not words or len(words) > LONGEST:
            raise BadInput(
                T("Say in 1 to {n} characters what happened.", zh="请用 1 至 {n} 个字写明情况。").of(n=LONGEST),
                T('flow log NAME "came to look at pictures"', zh='flow log 姓名 "来店看样片"'),
                ref="core.log-text",
            )
        customer = tx.need(Customer, customer_id)
        if customer.merged_into is not None:
            kept = tx.need(Customer, customer.merged_into)
            raise Refused(
                T("{name} is merged into another customer.", zh="{name} 已并入其他客户。").of(name=customer.name),
                plain(f"flow show {kept.name}"),
                ref="core.customer-merged",
            )
        order = tx.need(Order, order_id) if order_id is not None else None
        if order is not None and order.customer_id != customer.id:
            raise BadInput(
                T("{order} is not {name}'s.", zh="{order} 不是 {name} 的订单。").of(
                    order=order.number, name=customer.name
                ),
                T("Leave --order out, or name another.", zh="去掉 --order, 或另写。"),
                ref="core.log-order",
            )
        key = channel_named(channel)
        row = tx.add(
            Interaction(
                customer_id=customer_id,
                order_id=order_id,
                at=tx.now,
                channel=key,
                outward=outward,
                staff_id=tx.staff_id,
                summary=words,
                outcome=clean_line(outcome, T("outcome", zh="结果"), OUTCOME),
            )
        )
        if order is not None:
            _tell(shop, tx, order, row)
        done = Logged(row, customer.name, CHANNELS[key], order.number if order else "", due=follow_up)
        tonight = midnight_after(shop.local_day(tx.now), shop.zone)
        for task in open_follow_ups(tx, customer_id, tonight):
            tx.change(task, state="done", done_at=tx.now, done_by=tx.staff_id, result=words[:200])
            done.finished.append(task)
        if follow_up is not None:
            done.follow_up = new_task(
                shop,
                tx,
                T("Follow up", zh="跟进"),
                follow_up.at,
                customer_id=customer_id,
                order_id=order_id,
                rule=FOLLOW_UP,
            )
        tx.order_id, tx.customer_id = order_id, customer_id
        tx.summary = T("noted: {name}, {channel}", zh="已记: {name} {channel}").of(
            name=customer.name, channel=done.channel
        )
    done.operation = tx.operation
    return done


def _tell(shop: Shop, tx: Tx, order: Order, row: Interaction) -> None:
    """Tell the trades that listen; one that cannot be loaded does not keep people from writing things down."""
    if not shop.listeners("interaction.logged"):
        return
    with contextlib.suppress(FlowError):
        case = case_of(shop, tx, order, Notes())
        case.emit("interaction.logged", channel=row.channel, outward=row.outward, summary=row.summary)
