"""Who gives a command: a member of staff, named and still working here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.errors import Refused
from serviceflow.store.tables import Staff
from serviceflow.store.write import Tx
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop


def whoami(tx: Tx) -> Staff:
    """Return the member of staff who gives the command; raises as `at_work`."""
    return at_work(tx.get(Staff, tx.staff_id) if tx.staff_id is not None else None)


def at_work(actor: Staff | None) -> Staff:
    """Return the actor.

    Raises:
        Refused: Nobody is named, or the person has left.
    """
    if actor is None:
        raise Refused(
            T("Who are you? No member of staff is named.", zh="未指明操作员工。"),
            T(
                "Say who: flow --as LOGIN …, or set FLOW_STAFF=LOGIN",
                zh="请指明: flow --as LOGIN …, 或设 FLOW_STAFF=LOGIN",
            ),
            ref="core.staff-who",
        )
    if not actor.active:
        raise Refused(
            T("{name} no longer works here.", zh="{name} 已停用。").of(name=actor.name),
            T(
                "Somebody in charge can bring them back: flow staff edit {login} --active",
                zh="由管理员恢复: flow staff edit {login} --active",
            ).of(login=actor.login),
            ref="core.staff-left",
        )
    return actor


def refuse_who_left(shop: Shop) -> None:
    """Raise `Refused` where the one named has left; a command that needs nobody may go on without a name."""
    if shop.staff_id is not None:
        with shop.reading() as tx:
            at_work(tx.get(Staff, shop.staff_id))
