"""Whose duty a command is that is no action of an order. Source: manufacturing.md sections 2, 5.10, 11."""

from __future__ import annotations

from typing import Final

from serviceflow.api import Refused, Shop, Staff, T, Tx, listed, roles_of

from serviceflow_manufacturing import roles
from serviceflow_manufacturing.refusals import lacks_role

CALENDAR: Final = (roles.PLANNING, roles.DESK, roles.PRODUCTION, roles.ADMIN, roles.HR, *roles.BY_MANAGER,
                   roles.COMPANY_GM)  # fmt: skip
"""Who plans by the factory calendar, or keeps it for the factory."""
PRODUCTS: Final = (roles.TECH, roles.ADMIN, roles.ENGINEERING, *roles.BY_MANAGER)
"""Technical support keeps the product list; the contract administrator keeps the registers."""
PRICES: Final = roles.BY_MANAGER
"""Who prices a quick quotation."""
PROFILES: Final = (*roles.BY_SALES, roles.DESK, roles.ADMIN, roles.OVERSEAS, roles.MARKETING)
"""Who deals with customers and their contracts."""
TARGETS: Final = roles.BY_MANAGER
EXPORTS: Final = (*roles.BY_MANAGER, roles.COMPANY_GM)
"""The sales manager and above."""
IN_CHARGE: Final = frozenset({"admin", "manager"})
"""Whoever runs the shop may enter master data, also before anybody has a role of the trade."""


def need(shop: Shop, tx: Tx, what: T, *wanted: str, in_charge: bool = False) -> Staff:
    """Return who gives the command, who must hold one of some roles.

    Args:
        what: What the command does.
        in_charge: Whoever runs the shop may do it too.

    Raises:
        Refused: Nobody is named, or he holds none of them.
    """
    me = tx.get(Staff, tx.staff_id) if tx.staff_id is not None else None
    if me is None:
        raise Refused(
            T("Who are you? No member of staff is named.", zh="未指明操作员工。"),
            T("Say it: flow --as LOGIN …", zh="请指明: flow --as 登录名 …"),
            ref="core.staff",
        )
    if not roles_of(tx, me.id) & {*wanted, *(IN_CHARGE if in_charge else ())}:
        raise lacks_role(what, listed(shop.role_title(role) for role in wanted), wanted[0])
    return me
