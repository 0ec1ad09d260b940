"""A cooperation with a bank or telecom operator. Source: brokerage.md section 4.6."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from serviceflow.api import (
    START,
    Action,
    Ask,
    Case,
    Do,
    Flow,
    Form,
    Guard,
    Issue,
    SetAnchor,
    Step,
    T,
    Task,
    Verdict,
    add_months,
    bdays,
    before,
    choice,
    codes,
    day,
    days,
    money,
    number,
    table_of,
    text,
    yes_no,
)

from serviceflow_brokerage.amounts import yuan
from serviceflow_brokerage.flows import common
from serviceflow_brokerage.flows.common import Reason, Stopped
from serviceflow_brokerage.limits import limit, on_date, task
from serviceflow_brokerage.refusals import refuse
from serviceflow_brokerage.roles import BM, CO, PM, signed
from serviceflow_brokerage.tables.partners import BrokerPartnerContract

KEY: Final = "broker.partner-agreement"
MODELS: Final = {
    "per_account": T("per account", zh="按户"),
    "commission_share": T("share of commission", zh="佣金分成"),
    "none": T("none", zh="不分成"),
}


class Idea(Form):
    idea: str = text(T("Idea", zh="设想"))


def _under(model: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda typed: typed.get("model") == model


class Terms(Form):
    model: str = choice(T("Model", zh="模式"), MODELS)
    start: date = day(T("From", zh="起"))
    end_on: date = day(T("Until", zh="止"))
    regions: list[str] = codes(T("Regions", zh="地区"))
    per_account_fen: int | None = money(T("Fee per account", zh="每户奖励"), required=_under("per_account"))
    min_assets: int | None = money(T("Assets needed", zh="资产要求"), required=_under("per_account"))
    within_days: int | None = number(T("Within days", zh="天数"), required=_under("per_account"))
    share: int | None = number(T("Share in bp", zh="分成(万分之)"), required=_under("commission_share"))
    share_months: int | None = number(T("Months", zh="月数"), required=_under("commission_share"))
    bundle_note: str | None = text(T("Bundle", zh="组合说明"), required=False)
    bundle_rate: int | None = number(T("Bundle rate in ppm", zh="组合佣金"), required=False)


class Diligence(Form):
    licence_ok: bool = yes_no(T("Licence", zh="资质"))
    data_protection_ok: bool = yes_no(T("Data protection", zh="数据保护"))
    no_promise_of_return: bool = yes_no(T("No promise of return", zh="不承诺收益"))
    joint_script_approved: bool = yes_no(T("Script approved", zh="话术审核"))


class Ending(Form):
    reason: str = text(T("Reason", zh="原因"))
    end_on: date = day(T("Ends on", zh="终止日"))


def _models(case: Case, form: Terms) -> Verdict:
    return None if form.model in case.setting("broker.partner_share_models") else refuse("share-model-off")


def _not_over(case: Case, form: Terms) -> Verdict:
    share, fee = case.number("broker.partner_share_max_bp"), case.number("broker.partner_per_account_max_fen")
    if form.share is not None and form.share > share:
        return refuse("share-over-max", max=share)
    over = form.per_account_fen is not None and form.per_account_fen > fee
    return refuse("share-over-max", max=yuan(fee)) if over else None


def _no_overlap(case: Case, form: Terms) -> Verdict:
    from serviceflow.api import Order

    table = table_of(BrokerPartnerContract)
    other = case.tx.one(
        BrokerPartnerContract,
        table.c.customer_id == case.order.customer_id,
        table.c.order_id != case.order_id,
        table.c.state.in_(["active", "suspended", "ended"]),
        table.c.start <= form.end_on,
        table.c.end_on >= form.start,
    )
    return refuse("contract-overlap", no=case.tx.need(Order, other.order_id).number) if other is not None else None


def _length(case: Case, form: Terms) -> Verdict:
    most = case.number("broker.partner_max_months")
    late = form.end_on < form.start or form.end_on >= add_months(form.start, most)
    return refuse("contract-too-long", n=most) if late else None


def _all_yes(case: Case, form: Diligence) -> Verdict:
    missing = [name for name in Diligence.fields if not getattr(form, name)]
    return refuse("agreements-missing", names=", ".join(missing)) if missing else None


def _end_inside(case: Case, form: Ending) -> Verdict:
    old = case.own(BrokerPartnerContract).end_on
    return None if old is not None and case.today <= form.end_on <= old else refuse("row-bad-date")


def _begin(case: Case, form: Idea) -> None:
    assert case.order.customer_id is not None
    case.tx.add(BrokerPartnerContract(order_id=case.order_id, customer_id=case.order.customer_id))


def _terms(case: Case, form: Terms) -> None:
    values = {name: getattr(form, name) for name in Terms.fields}
    case.tx.change(case.own(BrokerPartnerContract), **{**values, "bundle_note": form.bundle_note or ""})


def _state(state: str) -> Do:
    return Do(lambda case, form: _set(case, state), before=True)


def _set(case: Case, state: str) -> None:
    case.tx.change(case.own(BrokerPartnerContract), state=state)


def _signed(case: Case, form: Any) -> None:
    row = case.own(BrokerPartnerContract)
    case.tx.change(row, state="active")
    case.set_anchor("start", row.start)
    case.set_anchor("end_on", row.end_on)
    case.set_anchor("review_from", row.start)


def _terminate(case: Case, form: Ending) -> None:
    case.tx.change(case.own(BrokerPartnerContract), end_on=form.end_on)
    case.set_anchor("end_on", form.end_on)


REVIEW = Task(
    "joint-review",
    T("Joint review with the partner", zh="与渠道联合复盘"),
    PM,
    days("broker.partner_review_days", after="review_from", at="core.day_end"),
    stays=True,
)
ROUTE = signed("broker-agreement", (BM, CO), rejected="rejected")

FLOW = Flow(
    key=KEY,
    version=1,
    title=T("Partner agreement", zh="渠道合作协议"),
    series="QD{n:04}",
    facts=common.base_facts,
    anchors=("start", "end_on", "review_from"),
    steps=(
        Step(
            "proposed",
            T("Proposed", zh="洽谈"),
            PM,
            limit("partner-agreement.proposed"),
            (Task("meet-partner", T("Meet the partner", zh="拜访渠道"), PM, task("partner-agreement.proposed")),),
            on_path=True,
        ),
        Step(
            "diligence",
            T("Diligence", zh="尽调"),
            PM,
            limit("partner-agreement.diligence"),
            (Task("diligence-list", T("Checklist", zh="尽调清单"), PM, task("partner-agreement.diligence")),),
            on_path=True,
        ),
        Step(
            "approval",
            T("Approval", zh="审批"),
            BM,
            limit("partner-agreement.approval"),
            (Ask("approved", ROUTE, T("A partner agreement", zh="渠道合作协议")),),
            on_path=True,
        ),
        Step(
            "active",
            T("Active", zh="合作中"),
            PM,
            days(0, after="end_on"),
            (
                REVIEW,
                Task(
                    "renewal-talk",
                    T("Talk about renewal", zh="续约洽谈"),
                    PM,
                    before("end_on", days="broker.task.partner-agreement.renewal", at="core.day_end"),
                    stays=True,
                ),
            ),
            on_path=True,
        ),
        Step("suspended", T("Suspended", zh="暂停"), PM, limit("partner-agreement.suspended")),
        Step("ended", T("Ended", zh="终止"), final=True, on_path=True),
        Step("rejected", T("Rejected", zh="否决"), final=True),
        Step("withdrawn", T("Withdrawn", zh="撤回"), final=True),
    ),
    actions=(
        Action(
            "open", T("Propose", zh="立项"), START, "proposed", by=(PM,), form=Idea, effects=(Do(_begin, before=True),)
        ),
        Action(
            "submit",
            T("Submit terms", zh="提交条款"),
            ("proposed",),
            "diligence",
            by=(PM,),
            form=Terms,
            guards=(
                Guard("broker.share-model-off", _models),
                Guard("broker.share-over-max", _not_over),
                Guard("broker.contract-overlap", _no_overlap),
                Guard("broker.contract-too-long", _length),
            ),
            effects=(Do(_terms, before=True),),
        ),
        Action(
            "complete",
            T("Complete", zh="尽调完成"),
            ("diligence",),
            "approval",
            by=(PM,),
            form=Diligence,
            guards=(Guard("broker.agreements-missing", _all_yes),),
            effects=(Issue("partner-sheet"),),
        ),
        Action(
            "approved",
            T("Approved", zh="同意"),
            ("approval",),
            "active",
            by=(BM, CO),
            form=common.Opinion,
            effects=(Do(_signed, before=True), Issue("partner-sheet")),
        ),
        Action(
            "rejected",
            T("Rejected", zh="否决"),
            ("approval",),
            "rejected",
            by=(BM, CO),
            form=common.Opinion,
            effects=(_state("rejected"),),
        ),
        Action(
            "suspend",
            T("Suspend", zh="暂停"),
            ("active",),
            "suspended",
            by=(PM, BM, CO),
            form=Reason,
            effects=(_state("suspended"),),
        ),
        Action(
            "resume",
            T("Resume", zh="恢复"),
            ("suspended",),
            "active",
            by=(BM,),
            form=Reason,
            effects=(_state("active"),),
        ),
        Action(
            "suspended-long",
            T("Suspended for long", zh="暂停超期"),
            ("suspended",),
            over="step",
            effects=(
                Task(
                    "suspended-long",
                    T("Agreement suspended for long", zh="协议暂停超期"),
                    BM,
                    bdays(1, after="now", at="core.day_end"),
                ),
            ),
        ),
        Action(
            "review-done",
            T("Joint review", zh="联合复盘"),
            ("active", "suspended"),
            by=(PM,),
            form=common.Words,
            effects=(
                Do(lambda case, form: case.close_tasks("joint-review")),
                SetAnchor("review_from", as_day=True),
                REVIEW,
            ),
        ),
        Action(
            "terminate",
            T("Terminate", zh="终止"),
            ("active", "suspended"),
            by=(BM,),
            form=Ending,
            guards=(Guard("broker.end-on", _end_inside),),
            effects=(Do(_terminate),),
        ),
        Action(
            "expire",
            T("Expire", zh="到期"),
            ("active", "suspended"),
            "ended",
            at=on_date(1, after="end_on"),
            effects=(_state("ended"),),
            outcome="ended",
        ),
        Action(
            "withdraw",
            T("Withdraw", zh="撤回"),
            ("proposed", "diligence"),
            "withdrawn",
            by=(PM,),
            form=Stopped,
            effects=(_state("withdrawn"),),
        ),
        Action(
            "timeout", T("Timeout", zh="超期"), ("proposed",), "withdrawn", over="step", effects=(_state("withdrawn"),)
        ),
    ),
)
