"""Who may give a signature that is an action of its own: holders of the role, or their delegates. Source: 5.4."""

from __future__ import annotations

from serviceflow.api import Case, Refuse, roles_of, stands_in_for

from serviceflow_manufacturing.refusals import refuse


def refusal(case: Case, role: str, barred: set[int | None]) -> Refuse | None:
    """Return why the actor may not sign as ``role``; ``barred`` are who asked for it and who owns it."""
    me = case.actor.id if case.actor is not None else None
    if me in barred:
        return refuse("own_request", role=role)
    if role in case.roles:
        return None
    stand_ins = case.setting("mfg.review.own_delegate")
    for absence in stands_in_for(case.tx, me, case.today):
        if absence.role in (None, role) and role in roles_of(case.tx, absence.staff_id):
            return None if stand_ins or absence.staff_id not in barred else refuse("own_request", role=role)
    return refuse("not_your_slot", roles=case.shop.role_title(role), role=role)
