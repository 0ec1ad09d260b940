"""Whose duty a command is, for what is no action of an order. Source: brokerage.md section 2."""

from __future__ import annotations

from serviceflow.api import Refused, Shop, T, Tx, listed, roles_of

from serviceflow_brokerage.refusals import refused


def need_role(shop: Shop, tx: Tx, what: T, *wanted: str) -> int:
    """Return who acts; he or she must hold one of these roles.

    Raises:
        Refused: Nobody is named, or he or she holds none of them.
    """
    if tx.staff_id is not None and roles_of(tx, tx.staff_id) & set(wanted):
        return tx.staff_id
    if tx.staff_id is None:
        raise Refused(
            T("Who are you? No member of staff is named.", zh="未指明操作员工。"),
            T("Say it: flow --as LOGIN …", zh="请指明: flow --as 登录名 …"),
            ref="core.staff",
        )
    raise Refused(
        T("“{what}” is for {roles}.", zh="“{what}”限{roles}操作。").of(
            what=what, roles=listed(shop.role_title(role) for role in wanted)
        ),
        T("Ask one of them: flow staff list --role {role}", zh="请其操作: flow staff list --role {role}").of(
            role=wanted[0]
        ),
        ref="core.role",
    )


def second_person(tx: Tx, first: int | None, ref: str = "four-eyes") -> None:
    """Refuse that somebody signs off what he or she has asked for.

    Raises:
        Refused: ``ref``.
    """
    if first is not None and first == tx.staff_id:
        raise refused(ref)
