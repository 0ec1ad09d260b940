"""The flow of an order: from the door to aftercare. Source: studio.md section 4.2."""

from __future__ import annotations

from serviceflow.api import Action, Case, Do, Flow, Link, T

from serviceflow_studio import facts, roles
from serviceflow_studio.aftercare import complaints, referrals
from serviceflow_studio.aftercare import steps as aftercare
from serviceflow_studio.pickup import effects as pickup_effects
from serviceflow_studio.pickup import steps as pickup
from serviceflow_studio.sale import rules as sale_rules
from serviceflow_studio.sale import steps as sale
from serviceflow_studio.shoot import effects as shoot_effects
from serviceflow_studio.shoot import rules as shoot_rules
from serviceflow_studio.shoot import sessions
from serviceflow_studio.shoot import steps as shoot
from serviceflow_studio.urging import effects as urging_effects
from serviceflow_studio.urging import forms as urging_forms
from serviceflow_studio.urging import rules as urging_rules
from serviceflow_studio.urging import steps as urging
from serviceflow_studio.viewing import steps as viewing

BEFORE_SHOOT = ("booked", "urging", "scheduled")
BOOKED_ON = (
    *BEFORE_SHOOT,
    "shooting",
    "view-waiting",
    "viewing",
    "selected",
    "production",
    "ready",
    "collecting",
    "part-collected",
    "aftercare",
)
"""Every step from `booked` to `aftercare`."""
TO_THE_END = (*BOOKED_ON, "closed")


def _lose_shoot(case: Case, form: object) -> None:
    if case.anchor("shoot_at") is not None:
        shoot_effects.give_up(case, form)


STUDIO_CASE = Flow(
    key="studio-case",
    version=1,
    title=T("Studio order", zh="影楼订单"),
    series="ST{n:04}",
    supervisors=roles.OVERSEERS,
    facts=facts.case_facts,
    anchors=(
        "offer_until_on",
        "surprise_until_on",
        "shoot_at",
        "session_on",
        "viewing_at",
        "viewing_end",
        "wedding_on",
        "pickup_at",
        "collected_on",
    ),
    conditions={
        "best-wanted": facts.best_wanted,
        "pickup-ready": pickup_effects.may_remind,
        **aftercare.CONDITIONS,
    },
    links=(
        Link(
            sessions.LINK,
            "studio-shoot",
            ends={"done": "session-done", "aborted": "session-aborted"},
            with_parent="cancel",
        ),
        Link(complaints.LINK, "studio-complaint"),
    ),
    steps=(
        *sale.STEPS,
        *urging.STEPS,
        *shoot.STEPS,
        *viewing.STEPS,
        *pickup.STEPS,
        *aftercare.STEPS,
        sale.LOST,
        urging.CANCELLED,
    ),
    actions=(
        *sale.ACTIONS,
        *shoot.ACTIONS,
        *urging.actions(BOOKED_ON, TO_THE_END, BEFORE_SHOOT),
        Action(
            "change-package",
            T("Change package", zh="换套系"),
            BEFORE_SHOOT,
            by=(roles.CONSULTANT,),
            form=urging_forms.ChangePackage,
            guards=(
                shoot_rules.BEFORE_FIRST_SHOT,
                sale_rules.PRICE_RANGE,
                shoot_rules.NEW_CAR_FREE,
                sale_rules.DISCOUNT,
            ),
            effects=(Do(urging_effects.change_package), Do(shoot_effects.change_outfits)),
        ),
        *viewing.ACTIONS,
        *pickup.ACTIONS,
        *aftercare.actions(TO_THE_END),
        Action(
            "cancel-case",
            T("Cancel case", zh="取消订单"),
            BEFORE_SHOOT,
            "cancelled",
            by=(roles.CONSULTANT,),
            form=urging_forms.CancelCase,
            guards=(shoot_rules.BEFORE_FIRST_SHOT, urging_rules.REFUND_LIMIT, urging_rules.CANCEL_SIGNED),
            effects=(Do(_lose_shoot, before=True), Do(urging_effects.cancel_case), Do(referrals.void_of)),
            outcome="cancelled",
        ),
    ),
)
