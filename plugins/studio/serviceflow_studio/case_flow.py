"""The flow of an order: from the door to aftercare. Source: studio.md section 4.2."""

from __future__ import annotations

from serviceflow.api import Action, Do, Flow, T

from serviceflow_studio import facts, roles
from serviceflow_studio.sale import rules as sale_rules
from serviceflow_studio.sale import steps as sale
from serviceflow_studio.urging import effects as urging_effects
from serviceflow_studio.urging import forms as urging_forms
from serviceflow_studio.urging import rules as urging_rules
from serviceflow_studio.urging import steps as urging

BEFORE_SHOOT = ("booked", "urging")
BOOKED_ON = BEFORE_SHOOT


STUDIO_CASE = Flow(
    key="studio-case",
    version=1,
    title=T("Studio order", zh="影楼订单"),
    series="ST{n:04}",
    supervisors=roles.OVERSEERS,
    facts=facts.case_facts,
    anchors=("offer_until_on", "surprise_until_on"),
    conditions={"best-wanted": facts.best_wanted},
    steps=(*sale.STEPS, *urging.STEPS, sale.LOST, urging.CANCELLED),
    actions=(
        *sale.ACTIONS,
        *urging.actions(BOOKED_ON, BOOKED_ON, BEFORE_SHOOT),
        Action(
            "change-package",
            T("Change package", zh="换套系"),
            BEFORE_SHOOT,
            by=(roles.CONSULTANT,),
            form=urging_forms.ChangePackage,
            guards=(sale_rules.PRICE_RANGE, sale_rules.DISCOUNT),
            effects=(Do(urging_effects.change_package),),
        ),
        Action(
            "cancel-case",
            T("Cancel case", zh="取消订单"),
            BEFORE_SHOOT,
            "cancelled",
            by=(roles.CONSULTANT,),
            form=urging_forms.CancelCase,
            guards=(urging_rules.REFUND_LIMIT, urging_rules.CANCEL_SIGNED),
            effects=(Do(urging_effects.cancel_case),),
            outcome="cancelled",
        ),
    ),
)
