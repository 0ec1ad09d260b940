"""Business needs (业务需要) that clients have told. Source: brokerage.md section 3."""

from __future__ import annotations

from typing import Final

from serviceflow.api import BadInput, T, Tx, plain

from serviceflow_brokerage.refusals import refused
from serviceflow_brokerage.tables.clients import BrokerNeed

STATES: Final = {"open": T("open", zh="待满足"), "met": T("met", zh="已满足"), "declined": T("declined", zh="已谢绝")}


def changed(
    tx: Tx, customer_id: int, text: str = "", category: str = "other", *, met: int | None, declined: int | None
) -> BrokerNeed:
    """Enter a need, or say that one is met or declined; exactly one of the three.

    Raises:
        BadInput: None of the three was given, or several.
        Refused: The client has told no such need.
    """
    if [bool(text), met is not None, declined is not None].count(True) != 1:
        raise BadInput(
            T("Say a need, or which one is met or declined.", zh="请写明需要, 或指明已满足/已谢绝的编号。"),
            plain('flow broker need CLIENT "…"   flow broker need CLIENT --met 3'),
            ref="broker.need",
        )
    if text:
        return tx.add(BrokerNeed(customer_id=customer_id, text=text, category=category, at=tx.now))
    number = met if met is not None else declined
    found = tx.get(BrokerNeed, number)
    if found is None or found.customer_id != customer_id:
        raise refused("unknown", plain("flow broker client CLIENT"), what=T("need", zh="需要"), id=number)
    return tx.change(found, state="met" if met is not None else "declined")
