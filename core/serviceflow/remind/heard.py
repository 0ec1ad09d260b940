"""Trades hear that a message left, in the transaction that says so.

What they raise is rolled back alone and told: a message that was sent must never look unsent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.engine.act import case_of
from serviceflow.engine.notes import Notes
from serviceflow.plugin.load import to_stderr
from serviceflow.store.tables import Message, Order
from serviceflow.store.write import Tx
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop

SENT = "message.sent"


def tell_sent(shop: Shop, tx: Tx, message: Message) -> None:
    """Let the trades that listen to ``message.sent`` act on it; messages about no order are told to nobody.

    They are given the order's case and template, channel, recipient, name and words of the message.
    """
    order = tx.get(Order, message.order_id) if message.order_id is not None else None
    if order is None or not shop.listeners(SENT):
        return
    try:
        with tx.savepoint():
            case_of(shop, tx, order, Notes()).emit(
                SENT,
                template=message.template,
                channel=message.channel or "",
                recipient=message.recipient or "",
                name=message.recipient_name,
                words=message.body,
            )
    except Exception as cause:
        to_stderr(T("message {n} was sent; then: {why}", zh="消息 {n} 已发送; 随后: {why}").of(n=message.id, why=cause))
