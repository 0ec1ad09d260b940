"""The flow of a complaint (客诉). Source: studio.md section 4.4."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from serviceflow.api import (
    START,
    Action,
    Case,
    Computed,
    Deadline,
    Do,
    Flow,
    Form,
    Guard,
    Need,
    Refuse,
    Step,
    T,
    Task,
    Verdict,
    choice,
    days,
    format_money,
    instant_of,
    money,
)
from serviceflow.api import text as words

from serviceflow_studio import ledger, roles
from serviceflow_studio.pickup.forms import Complain
from serviceflow_studio.sale.forms import AMOUNT, REASON
from serviceflow_studio.tables import StudioComplaint

LINK = "complaint"
REMEDIES = {
    "explain": T("Explain", zh="解释"),
    "rework": T("Rework", zh="返工"),
    "reshoot": T("Reshoot", zh="重拍"),
    "refund": T("Refund", zh="退款"),
    "gift": T("Gift", zh="赠品"),
}
VIEWING_STEPS = ("view-waiting", "viewing")


class Propose(Form):
    remedy: str = choice(T("Remedy", zh="方案"), REMEDIES)
    amount: int | None = money(AMOUNT, required=lambda v: v.get("remedy") == "refund")
    text: str = words(T("Words", zh="说明"))


class Because(Form):
    reason: str = words(REASON)


def _parent(complaint: Case) -> Case:
    parent = complaint.parent()
    assert parent is not None
    return parent


def for_the_manager(complaint: Case) -> bool:
    """Return whether the manager answers: it is major, or a proposal was rejected."""
    return complaint.own(StudioComplaint).severity == "major" or bool(complaint.times_done("reject"))


def solve_by(complaint: Case) -> Deadline:
    """Return when a solution must be proposed."""
    kind = complaint.own(StudioComplaint).severity
    limit = timedelta(hours=complaint.number(f"studio.complaint.{kind}_hours"))
    return Deadline(complaint.order.entered_at + limit, closed=True)


SOLVE_BY = Computed(solve_by, hangs_on=("entry",))


def open_complaint(complaint: Case, form: Complain) -> None:
    """Keep what was said; a major one is told to the manager at once."""
    complaint.tx.add(StudioComplaint(order_id=complaint.order_id, text=form.text, severity=form.severity))


def enter_open(complaint: Case, form: object) -> None:
    """Make the task to solve it, for the role that answers now."""
    who = roles.MANAGER if for_the_manager(complaint) else roles.SERVICE
    title = T("Solve complaint {no}: {text}", zh="处理客诉 {no}: {text}").of(
        no=_parent(complaint).order.number, text=complaint.own(StudioComplaint).text
    )
    complaint.add_task("solve", title, who=who, due=solve_by(complaint).at, closed_by=("propose",))
    if complaint.own(StudioComplaint).severity == "major":
        complaint.alert("major-complaint", title, who=roles.MANAGER)


def propose(complaint: Case, form: Propose) -> None:
    """Keep the proposal."""
    complaint.tx.change(complaint.own(StudioComplaint), remedy=form.remedy, amount=form.amount, remedy_text=form.text)


def accept(complaint: Case, form: object) -> None:
    """Carry the remedy out, or have it carried out."""
    mine, parent = complaint.own(StudioComplaint), _parent(complaint)
    if mine.remedy == "refund" and mine.amount:
        ledger.let_off(parent, "COMPLAINT", T("Complaint settled", zh="客诉减免"), ledger.DISCOUNT, mine.amount)
        parent.change(amount=ledger.due_total(parent))
    if mine.remedy in ("rework", "reshoot"):
        who = roles.PICKUP if mine.remedy == "rework" else roles.DISPATCHER
        at = parent.clock_time("studio.day.task_due")
        parent.add_task(
            f"do-{mine.remedy}",
            T("{what}: {text}", zh="{what}: {text}").of(what=REMEDIES[mine.remedy], text=mine.remedy_text),
            who=who,
            stays=True,
            due=max(instant_of(parent.today + timedelta(days=1), at, parent.zone), parent.now),
        )


def _refund_limit(complaint: Case, form: Propose) -> Verdict:
    most = ledger.paid_total(_parent(complaint))
    if form.remedy != "refund" or 0 < (form.amount or 0) <= most:
        return None
    return Refuse(
        T("Refund at most {max}.", zh="最多可退{max}元。").of(max=format_money(most)),
        T("amount={max} or less", zh="amount={max} 或更少").of(max=format_money(most)),
    )


def _reshoot_possible(complaint: Case, form: Propose) -> Verdict:
    if form.remedy != "reshoot" or _parent(complaint).order.step in VIEWING_STEPS:
        return None
    return Refuse(
        T("A reshoot is possible only before the list is signed.", zh="签清单前方可重拍。"),
        T("Propose another remedy: remedy=refund", zh="请改选其他处理: remedy=refund"),
    )


def _remedy_signed(complaint: Case, form: Propose) -> Verdict:
    if form.remedy not in ("refund", "reshoot"):
        return None
    return Need(
        roles.BY_MANAGER, T("{remedy}: {text}", zh="{remedy}: {text}").of(remedy=REMEDIES[form.remedy], text=form.text)
    )


REFUND_LIMIT = Guard("refund-limit", _refund_limit)
RESHOOT_POSSIBLE = Guard("reshoot-possible", _reshoot_possible)
REMEDY_SIGNED = Guard("remedy-signed", _remedy_signed, needs=(roles.BY_MANAGER,))
SERVICE = (roles.SERVICE,)


def complaint_facts(complaint: Case) -> dict[str, Any]:
    """Return the facts of a complaint."""
    return {"names": complaint.customer.name}


STUDIO_COMPLAINT = Flow(
    key="studio-complaint",
    version=1,
    title=T("Complaint", zh="客诉"),
    series="SC{n:04}",
    alone=False,
    supervisors=roles.OVERSEERS,
    facts=complaint_facts,
    steps=(
        Step("open", T("Open", zh="受理"), roles.SERVICE, limit=SOLVE_BY, entry=(Do(enter_open),), on_path=True),
        Step(
            "proposed",
            T("Solution proposed", zh="已提方案"),
            roles.SERVICE,
            on_path=True,
            entry=(
                Task(
                    "ask-answer",
                    T("Ask for the customer's answer", zh="询问顾客意见"),
                    roles.SERVICE,
                    days(1, after="entry", at="studio.day.task_due"),
                    closed_by=("accept", "reject"),
                ),
            ),
        ),
        Step("settled", T("Settled", zh="已解决"), final=True, on_path=True),
        Step("withdrawn", T("Withdrawn", zh="已撤回"), final=True),
    ),
    actions=(
        Action(
            "complain",
            T("Complain", zh="投诉"),
            START,
            "open",
            form=Complain,
            effects=(Do(open_complaint, before=True),),
        ),
        Action(
            "propose",
            T("Propose", zh="提方案"),
            ("open",),
            "proposed",
            by=SERVICE,
            form=Propose,
            guards=(REFUND_LIMIT, RESHOOT_POSSIBLE, REMEDY_SIGNED),
            effects=(Do(propose),),
        ),
        Action(
            "accept",
            T("Accept", zh="客户接受"),
            ("proposed",),
            "settled",
            by=SERVICE,
            effects=(Do(accept),),
            outcome="settled",
        ),
        Action("reject", T("Reject", zh="客户不接受"), ("proposed",), "open", by=SERVICE, form=Because),
        Action(
            "withdraw",
            T("Withdraw", zh="撤回"),
            ("open", "proposed"),
            "withdrawn",
            by=SERVICE,
            form=Because,
            outcome="withdrawn",
        ),
    ),
)
