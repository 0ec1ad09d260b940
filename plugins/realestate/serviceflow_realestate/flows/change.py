"""What a change before signing and one after it have in common: application, verification, approval, settlement.

Source: realestate.md sections 4.9 and 4.13.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from serviceflow.api import Action, Case, Do, Form, Guard, Step, T, Task, days, yes_no

from serviceflow_realestate import fields, roles, tell

OPEN = ("application", "verification", "approval")
DECIDE = days("realestate.change_decide_days")
NEXT = days("realestate.next_day_days")


class Submit(Form):
    customer_signed_on: date = fields.past_day(T("Customer signed on", zh="客户签字日"), default_today=True)


def kind_of(case: Case) -> str:
    """Return the kind of a change."""
    return str(tell.recall(case, "kind"))


def remember(case: Case, form: Form) -> None:
    """Keep what was asked for with the order."""
    tell.remember(case, **{name: value for name, value in form.stored().items() if value is not None})


def steps(
    *,
    bring: T,
    verifier: str,
    verify: T,
    settle_within: str,
    unwinding: Sequence[Step] = (),
    signing: Sequence[Step] = (),
) -> tuple[Step, ...]:
    """Return the steps of a change.

    Args:
        bring: Task of the agent: what to fill and to bring.
        verify: Task of the verifier.
        settle_within: Setting of the days for the settlement.
        unwinding: Steps between approval and settlement.
        signing: Steps between settlement and the update of the sales table.
    """
    settle = days(settle_within)
    return (
        Step(
            "application",
            T("Application", zh="填申请"),
            roles.AGENT,
            limit=NEXT,
            on_path=True,
            entry=(Task("change-application", bring, tell.AGENT_OF_ORDER, NEXT, closed_by=("submit",)),),
        ),
        Step(
            "verification",
            T("Verify", zh="核实"),
            verifier,
            limit=DECIDE,
            on_path=True,
            entry=(Task("verify-change", verify, verifier, DECIDE, closed_by=("verified", "not-founded")),),
        ),
        Step("approval", T("Approval", zh="审批"), roles.MANAGER, limit=DECIDE, on_path=True),
        *unwinding,
        Step(
            "settlement",
            T("Settlement", zh="财务结算"),
            roles.FINANCE,
            limit=settle,
            on_path=True,
            entry=(
                Task(
                    "settle-change", T("Settle the change", zh="变更结算"), roles.FINANCE, settle, closed_by=("settle",)
                ),
            ),
        ),
        *signing,
        Step(
            "unit-update",
            T("Update control", zh="销控更改"),
            roles.MANAGER,
            limit=NEXT,
            on_path=True,
            entry=(
                Task(
                    "update-sales-table",
                    T("Update sales table", zh="更改销控"),
                    roles.MANAGER,
                    NEXT,
                    closed_by=("update-control",),
                ),
                Task("file-change", T("File the change", zh="变更存档"), roles.ASSISTANT, NEXT, stays=True),
            ),
        ),
        Step("done", T("Done", zh="完成"), final=True, on_path=True),
        Step("rejected", T("Rejected", zh="驳回"), final=True),
        Step("withdrawn", T("Withdrawn", zh="撤回"), final=True),
    )


def decisions(
    *,
    submitted_by: tuple[str, ...],
    verifier: str,
    findings: type[Form],
    not_founded: type[Form],
    approval: Guard,
    approved: Any,
    to: str,
) -> tuple[Action, ...]:
    """Return the actions from the application to the approval, which leads to a step."""
    return (
        Action("submit", T("Submit", zh="提交"), ("application",), "verification", by=submitted_by, form=Submit),
        Action("verified", T("Verified", zh="已核实"), ("verification",), "approval", by=(verifier,), form=findings),
        Action(
            "not-founded",
            T("Not founded", zh="不成立"),
            ("verification",),
            "rejected",
            by=(verifier,),
            form=not_founded,
        ),
        Action(
            "approve",
            T("Approve", zh="批准"),
            ("approval",),
            to,
            by=(roles.MANAGER,),
            form=tell.Opinion,
            guards=(approval,),
            effects=(Do(approved),),
        ),
        Action("reject", T("Reject", zh="驳回"), ("approval",), "rejected", by=(roles.MANAGER,), form=tell.Rejection),
    )


class Control(Form):
    withdraw_unit: bool = yes_no(T("Keep the unit from sale", zh="控盘不售"), required=False, default=False)


def update_control(effect: Do, form: type[Form] = Form) -> Action:
    """Return the last action: the sales table is right again."""
    return Action(
        "update-control",
        T("Update", zh="更改销控"),
        ("unit-update",),
        "done",
        by=(roles.MANAGER,),
        form=form,
        effects=(effect,),
    )


def withdraw(by: tuple[str, ...], *guards: Guard) -> Action:
    """Return the action by which the customer takes the request back."""
    return Action("withdraw", T("Withdraw", zh="撤回"), OPEN, "withdrawn", by=by, form=tell.Because, guards=guards)
