"""The words of a template with a real order, in every language and variant, without planning anything."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from serviceflow.engine.case import Case
from serviceflow.errors import BadInput
from serviceflow.remind.outbox import present
from serviceflow.remind.render import UnknownField, Words, render
from serviceflow.store.tables import Message, Order
from serviceflow.texts import LANGUAGES, T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop


def rehearse(shop: Shop, typed: str, order_id: int) -> list[tuple[str, str, Words]]:
    """Return (language, variant, words) of a template for an order.

    Raises:
        BadInput: There is no such template, or its text names a field the order does not have.
    """
    with shop.reading() as tx:
        order = tx.need(Order, order_id)
        trade, flow = shop.flow(order.flow, order.flow_version)
        key = typed.rpartition(":")[2]
        known = {t.key: t for t in trade.templates}
        if key not in known:
            near = get_close_matches(key, known, n=1)
            raise BadInput(
                T("{trade} has no template {key}.", zh="{trade} 没有模板 {key}。").of(trade=trade.key, key=key),
                T("Did you mean {near}?", zh="是否指 {near}?").of(near=near[0]) if near else plain(", ".join(known)),
                ref="template",
            )
        now = present(shop.clock, tx)
        case = Case(shop, tx, trade, flow, order, now=now, actor=None)
        template, live = known[key], case.facts()
        found = []
        for variant in ("", *template.variants):
            for language in LANGUAGES:
                message = Message(
                    rule=f"{trade.key}:{key}",
                    template=key,
                    variant=variant,
                    purpose=template.purpose,
                    language=language,
                    recipient_name=str(live.get("name", "")),
                    facts={"name": live.get("name", "")},
                    due_at=now,
                    made_at=now,
                    occurrence="rehearsal",
                )
                try:
                    found.append((language, variant, render(shop, trade.key, template, message, live)))
                except UnknownField as cause:
                    raise BadInput(
                        T(
                            "The text names {field}, which the order does not have.",
                            zh="文本含有订单没有的字段 {field}。",
                        ).of(field=f"{{{cause}}}"),
                        plain(f"flow remind check {trade.key}"),
                        ref="template.field",
                    ) from cause
    return found
