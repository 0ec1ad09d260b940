"""`mfg-order` (合同与订单): from requirements to the last payment. Source: manufacturing.md 4.4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serviceflow.api import (
    START,
    STAY,
    Action,
    Case,
    Choose,
    Computed,
    Do,
    Flow,
    Link,
    Moment,
    Step,
    T,
    Task,
    days,
    of,
)

from serviceflow_manufacturing import customers, desk, moments, roles
from serviceflow_manufacturing.flows import (
    accounts,
    changes,
    closing,
    contract,
    draft,
    execution,
    goods,
    materials,
    plan,
    review,
    rounds,
    sample,
    signers,
    submission,
    survey,
)
from serviceflow_manufacturing.forms import (
    NOT_FUTURE,
    NOT_PAST,
    POSITIVE,
    WORKDAY,
    Because,
    optional,
)
from serviceflow_manufacturing.rules import content, workdays
from serviceflow_manufacturing.tables import MfgContract

SIGNED_ON = ("signed", "noticed", "distributed", "planning", "production", "ready")
"""Every step from `signed` to `ready`."""
MONEY = (*SIGNED_ON, "shipped", "cancelled")
FOLLOWED = ("planning", "production", "ready")
ACKS = ("distributed", "planning", "production", "ready", "shipped")


class AskSample(sample.AskSample):
    material: str | None = optional(T("Material", zh="物料编码"), 60)


def _ask_sample(case: Case, form: AskSample) -> None:
    goods_named = ", ".join(line["product"] for line in contract.lines_of(case.own(MfgContract).draft))
    sample.ask(case, form, goods_named, form.material or "")


def _facts(case: Case) -> Mapping[str, Any]:
    row = case.tx.get(MfgContract, case.order_id)
    if row is None:
        return {"contract_no": "", "dd": "", "qty": ""}
    return {
        "contract_no": row.contract_no or case.order.number,
        "dd": row.draft.get("delivery_date", ""),
        "qty": content.pieces(row.draft),
        "currency": row.draft.get("currency", "CNY"),
    }


def _ask_export(case: Case, form: Any) -> None:
    """Ask overseas support for the sales order of a foreign contract."""
    if desk.is_foreign(case):
        words = T("Issue the export sales order", zh="下达外销订单")
        desk.task(case, "issue-so", words, roles.OVERSEAS, closed_by=("issue-so",))


def _ask_signature(case: Case, form: Any) -> None:
    """Ask for the contract to be signed, for a class A order to be confirmed."""
    written = draft.is_written(case)
    words = T("Sign the contract", zh="签订合同") if written else T("Confirm the phone order", zh="确认电话订单")
    deed = "sign-contract" if written else "confirm-phone-order"
    desk.task(case, "sign-contract", words, roles.SALES, due=case.due(moments.task("sign-contract", after="passed")),
              closed_by=(deed,))  # fmt: skip


def _home(case: Case) -> bool:
    return not desk.is_foreign(case)


def _no_complaint(case: Case) -> bool:
    return not closing.open_complaints(case)


SB_TASK = Moment("bdays", "mfg.task.new-shipment_w", "sb", moments.DUE, sign=-1, calendar=workdays.KEY)
LIMITED = ("requirements", "reviewing", "signed", "noticed", "distributed", "planning")

STEPS = (
    Step(
        "requirements",
        T("Determine requirements", zh="确定要求"),
        roles.SALES,
        moments.limit("requirements"),
        (
            Task("submit-review", T("Submit for review", zh="提交评审"), roles.SALES, moments.task("submit-review"),
                 closed_by=("submit-review",)),
            draft.CONFIRM,
            draft.AGREE,
        ),
        on_path=True,
    ),
    Step("reviewing", T("Contract review", zh="合同评审"), roles.MANAGER, Computed(rounds.limit, ("entry",)),
         review.entry("review-passed", signers.ORDER_ROUTE), on_path=True),
    Step(
        "reviewed",
        T("Passed, to be signed", zh="评审通过待签"),
        roles.SALES,
        days("mfg.review.valid_d", after="passed"),
        (
            Do(_ask_signature),
            Task("review-expiring", T("The review expires soon", zh="评审即将失效"), roles.SALES,
                 Computed(lambda case: review_expiring(case), ("passed",))),
        ),
        on_path=True,
    ),
    Step("signed", T("Signed", zh="已签订"), roles.MANAGER, moments.limit("signed"),
         (Task("write-notice", T("Write the business notice", zh="下业务通知单"), roles.MANAGER,
               moments.task("write-notice"), closed_by=("write-notice",)),
          desk.at_once("order-confirmed", stays=True)), on_path=True),
    Step("noticed", T("Business notice out", zh="已下业务通知"), roles.ADMIN, moments.limit("noticed"),
         (Task("issue-so", T("Issue the sales order", zh="下达销售订单"), roles.ADMIN, moments.task("issue-so"),
               closed_by=("issue-so",), when=_home),
          Do(_ask_export)), on_path=True),
    Step("distributed", T("Sales order distributed", zh="销售订单已下发"), None, moments.limit("distributed"),
         on_path=True),
    Step("planning", T("Plan and materials", zh="排产与备料"), roles.DESK, moments.limit("planning"),
         (Task("make-plan", T("Make the rough plan", zh="倒排计划"), roles.DESK, moments.task("make-plan"),
               closed_by=("make-plan",)),
          Task("send-material-sheet", T("Send the material sheet", zh="下物料需求单"), roles.DESK,
               moments.task("send-material-sheet"), closed_by=("send-material-sheet",)),
          Task("start-follow-up", T("Start the follow-up", zh="开始跟单"), roles.DESK,
               moments.task("start-follow-up"), closed_by=("start-follow-up",))), on_path=True),
    Step("production", T("In production", zh="生产跟单"), roles.DESK, of("sb"), on_path=True),
    Step("ready", T("Ready to ship", zh="待出货"), roles.WAREHOUSE, of("sb"),
         (Task("new-shipment", T("Open the shipment", zh="新建出货"), roles.DESK, SB_TASK,
               closed_by=("new-shipment",)),), on_path=True),
    Step("shipped", T("Shipped, money open", zh="已出货待收款"), roles.FINANCE, on_path=True),
    Step("fulfilled", T("Fulfilled", zh="完成"), final=True, on_path=True),
    Step("cancelled", T("Cancelled", zh="取消"), final=True),
    Step("closed-unsigned", T("Not signed", zh="未签约"), final=True),
)  # fmt: skip


def review_expiring(case: Case) -> Any:
    """Return when sales is warned that a passed review will expire."""
    passed = case.anchor_day("passed")
    if passed is None:
        return None
    from datetime import timedelta

    on = passed + timedelta(days=case.number("mfg.review.valid_d") - case.number("mfg.review.warn_d"))
    return moments.due_at(case, workdays.back(moments.factory(case), on))


def _after_review(case: Case, form: Any) -> str:
    return "signed" if case.own(MfgContract).unreviewed else "reviewed"


BEFORE = (
    Action("new-order", T("New order", zh="登记订单"), START, "requirements", by=roles.BY_SALES, form=draft.NewOrder,
           guards=(customers.PROFILE_KNOWN,), effects=(customers.ENTER_PROFILE, Do(draft.new_order, before=True))),
    Action("submit-review", T("Submit for review", zh="提交评审"), ("requirements",), "reviewing", by=roles.BY_SALES,
           form=submission.Submit, guards=submission.SUBMIT_GUARDS, effects=(Do(submission.submit, before=True),)),
    Action("edit-contract", T("Edit draft", zh="修改合同草案"), ("requirements",), STAY, by=roles.BY_SALES,
           form=draft.EditContract, guards=(draft.NOT_FROZEN, contract.LINES_KNOWN), effects=(Do(draft.edit),)),
    Action("phone-record", T("Phone record", zh="电话订单记录"), ("requirements",), STAY, by=roles.BY_SALES,
           form=draft.PhoneRecord, effects=(Do(draft.phone_record),)),
    Action("confirm-product", T("Confirm product list", zh="确认型谱"), ("requirements",), STAY, by=(roles.TECH,),
           form=draft.ConfirmProduct, guards=(contract.LINES_KNOWN, draft.TECH_MUST),
           effects=(Do(draft.confirm_product),)),
    Action("tech-review-done", T("Special-order technical review", zh="特殊订单技术评审"), ("requirements",), STAY,
           by=(roles.TECH,), form=draft.TechReviewDone, effects=(Do(draft.tech_review_done),)),
    Action("tech-agreement", T("Technical agreement", zh="技术协议"), ("requirements",), STAY,
           by=(roles.ENGINEERING,), form=draft.TechAgreement, guards=(NOT_FUTURE,),
           effects=(Do(draft.tech_agreement),)),
    review.set_point("requirements", "reviewing"),
    *review.in_review("reviewing", withdraw=("withdraw-review", T("Withdraw", zh="撤回评审")),
                      failed=("review-failed", T("Rejected", zh="评审不通过")), back="requirements"),
    Action("review-passed", T("Passed", zh="评审通过"), ("reviewing",), Choose(_after_review, ("reviewed", "signed")),
           internal=True, effects=(Do(draft.pass_review, before=True),)),
    Action("sign-contract", T("Sign contract", zh="签订合同"), ("reviewed",), "signed", by=roles.BY_SALES,
           form=draft.SignContract,
           guards=(draft.NOT_BY_PHONE, NOT_FUTURE, draft.AFTER_REVIEW, draft.REVIEWED, draft.NUMBER_FREE),
           effects=(Do(draft.sign_contract, before=True),)),
    Action("confirm-phone-order", T("Confirm phone order", zh="确认电话订单"), ("reviewed",), "signed",
           by=roles.BY_SALES, form=draft.ConfirmPhone,
           guards=(draft.BY_PHONE, NOT_FUTURE, draft.AFTER_REVIEW, draft.REVIEWED),
           effects=(Do(draft.confirm_phone, before=True),)),
    Action("reopen", T("Reopen", zh="重新修改"), ("reviewed",), "requirements", by=roles.BY_SALES, form=Because),
    Action("review-expired", T("Review expired", zh="评审失效"), ("reviewed",), "requirements",
           at=days("mfg.review.valid_d", after="passed"), effects=(Do(review.expire),)),
    Action("report-unreviewed", T("Report unreviewed contract", zh="报告未评审合同"), ("requirements",), STAY,
           by=(roles.ADMIN,), form=draft.ReportUnreviewed, guards=(NOT_FUTURE, draft.NUMBER_FREE),
           effects=(Do(draft.report_unreviewed),)),
    Action("decline", T("Decline", zh="谢绝订单"), ("requirements", "reviewed"), "closed-unsigned",
           by=roles.BY_MANAGER, form=draft.Decline, guards=(draft.NOT_SIGNED, draft.DECLINE_SIGNED),
           outcome="declined"),
    Action("lose-order", T("Customer withdrew", zh="客户放弃"), ("requirements", "reviewed"), "closed-unsigned",
           by=roles.BY_SALES, form=draft.Decline, guards=(draft.NOT_SIGNED,), outcome="lost"),
)  # fmt: skip

AFTER = (
    Action("write-notice", T("Business notice", zh="下业务通知单"), ("signed",), "noticed", by=roles.BY_MANAGER,
           form=execution.WriteNotice, guards=(execution.CHANGE_OPEN, execution.SCHEDULING),
           effects=(Do(execution.write_notice),)),
    Action("issue-so", T("Issue sales order", zh="下达销售订单"), ("noticed",), "distributed",
           by=(roles.ADMIN, roles.OVERSEAS), form=execution.IssueSo,
           guards=(execution.DESK, execution.CHANGE_OPEN, execution.ERP_USED), effects=(Do(execution.issue_so),),
           refusal=execution.issued_already),
    Action("return-notice", T("Return notice", zh="退回通知单"), ("noticed",), "signed",
           by=(roles.ADMIN, roles.OVERSEAS), form=execution.ReturnNotice, effects=(Do(execution.return_notice),)),
    Action("acknowledge", T("Acknowledge", zh="确认收悉"), ACKS, STAY, form=execution.Acknowledge,
           guards=execution.ACK_GUARDS, effects=(Do(execution.acknowledge),)),
    Action("query", T("Query", zh="提出疑问"), ACKS, STAY, form=execution.Query, guards=execution.ACK_GUARDS,
           effects=(Do(execution.query),)),
    Action("answer-query", T("Answer", zh="答复疑问"), ACKS, STAY, by=roles.BY_MANAGER, form=execution.AnswerQuery,
           guards=(execution.QUESTION,), effects=(Do(execution.answer_query),)),
    Action("all-acknowledged", T("All acknowledged", zh="全部确认"), ("distributed",), "planning", auto=True,
           when=execution.complete),
    Action("make-plan", T("Rough plan", zh="倒排计划"), FOLLOWED, STAY, by=roles.BY_DESK, form=plan.MakePlan,
           guards=(plan.LONG_ENOUGH,), effects=(Do(plan.make_plan),)),
    Action("confirm-details", T("Confirm details", zh="确认明细"), ("planning",), STAY, by=roles.BY_DESK,
           form=goods.ConfirmDetails, guards=(contract.LINES_KNOWN,), effects=(Do(goods.confirm_details),)),
    Action("set-material", T("Material", zh="物料"), ("planning", "production"), STAY, by=roles.BY_DESK,
           form=materials.SetMaterial, effects=(Do(materials.set_material),)),
    Action("send-material-sheet", T("Material sheet", zh="物料需求单"), ("planning", "production"), STAY,
           by=roles.BY_DESK, guards=(materials.ANY_MATERIAL,), effects=(Do(materials.send_sheet),)),
    Action("order-material", T("Order material", zh="采购下单"), ("planning", "production"), STAY,
           by=(roles.SUPPLY,), form=materials.OrderMaterial,
           guards=(materials.KNOWN, materials.BOUGHT, materials.SAMPLED, NOT_FUTURE),
           effects=(Do(materials.order_material),)),
    Action("material-sample", T("Material sample result", zh="材料样结果"), ("planning", "production"), STAY,
           by=roles.BY_DESK, form=materials.MaterialSample, guards=(materials.KNOWN, NOT_FUTURE),
           effects=(Do(materials.sample_result),)),
    Action("receive-material", T("Receive material", zh="物料到厂"), ("planning", "production"), STAY,
           by=(roles.WAREHOUSE,), form=materials.ReceiveMaterial, guards=(materials.KNOWN, NOT_FUTURE, POSITIVE),
           effects=(Do(materials.receive),)),
    Action("start-follow-up", T("Start follow-up", zh="开始跟单"), ("planning",), "production", by=roles.BY_DESK,
           guards=(plan.PLANNED, plan.DETAILS, execution.CHANGE_OPEN)),
    Action("done-milestone", T("Milestone done", zh="完成节点"), ("production",), STAY, form=plan.DoneMilestone,
           guards=(plan.ITS_ROLE, NOT_FUTURE, plan.OPEN_MILESTONE, plan.MATERIAL_IN, plan.PP_OK),
           effects=(Do(plan.done_milestone),)),
    Action("move-milestone", T("Move milestone", zh="改节点"), FOLLOWED, STAY, by=roles.BY_DESK,
           form=plan.MoveMilestone, guards=(plan.OPEN_MILESTONE, plan.BEFORE_SHIPPING, WORKDAY),
           effects=(Do(plan.move_milestone),)),
    Action("skip-milestone", T("Not needed", zh="不适用"), ("planning", "production"), STAY, by=roles.BY_DESK,
           form=plan.SkipMilestone, guards=(plan.OPEN_MILESTONE, plan.SKIPPABLE), effects=(Do(plan.skip_milestone),)),
    Action("goods-ready", T("Goods ready", zh="成品齐备"), ("production",), "ready", by=(roles.WAREHOUSE,),
           form=goods.GoodsReady, guards=(goods.INSPECTED, execution.CHANGE_OPEN, contract.LINES_KNOWN),
           effects=(Do(goods.ready),)),
    Action("inspection-failed", T("Inspection failed", zh="终检不合格"), ("production", "ready"), "production",
           by=(roles.QUALITY,), form=goods.InspectionFailed, effects=(Do(goods.inspection_failed),)),
    Action("new-shipment", T("New shipment", zh="新建出货"), ("production", "ready"), STAY, by=roles.BY_DESK,
           form=goods.NewShipment, guards=(execution.CHANGE_OPEN, NOT_PAST, WORKDAY, POSITIVE, goods.OVER),
           effects=(Do(goods.new_shipment),)),
    Action("start-amendment", T("Amendment", zh="合同变更"), SIGNED_ON, STAY, by=roles.BY_SALES,
           form=changes.StartAmendment, guards=(changes.CHANGE_EXISTS,), effects=(Do(changes.start_amendment),)),
    Action("start-delay", T("Delay", zh="延期"), ("distributed", *FOLLOWED), STAY, by=roles.BY_MANAGER,
           form=changes.StartDelay,
           guards=(changes.CHANGE_EXISTS, changes.CUSTOMER_CAUSE, changes.LATER, NOT_PAST),
           effects=(Do(changes.start_delay),)),
    Action("ask-sample", T("Ask for sample", zh="要求打样"), ("signed", "noticed", "distributed", *FOLLOWED), STAY,
           by=roles.BY_DESK, form=AskSample, guards=(NOT_PAST,), effects=(Do(_ask_sample),)),
    Action("all-shipped", T("All shipped", zh="全部出货"), ("production", "ready"), "shipped", internal=True,
           effects=(Do(goods.all_shipped),)),
    Action("goods-back", T("Goods came back", zh="货物退回"), ("shipped",), "ready", internal=True,
           effects=(Do(goods.came_back),)),
    Action("close-order", T("Close", zh="结案"), ("shipped",), "fulfilled", by=(roles.FINANCE,), auto=True,
           by_hand=True, when=closing.closable,
           guards=(closing.NO_SHIPMENT, closing.MONEY_OPEN, closing.COMPLAINT_OPEN), outcome="fulfilled"),
    Action("cancel-order", T("Cancel contract", zh="取消合同"), ("requirements", *SIGNED_ON), "cancelled",
           by=roles.BY_MANAGER, form=closing.CancelOrder,
           guards=(closing.NOT_SHIPPED, changes.CHANGE_EXISTS, closing.NO_SHIPMENT, closing.CANCELLABLE,
                   closing.CANCEL_SIGNED), effects=(Do(closing.cancel),)),
    Action("pay", T("Payment", zh="收款"), MONEY, STAY, by=(roles.FINANCE,), form=accounts.Pay,
           guards=accounts.PAY_GUARDS, effects=(Do(accounts.pay), Do(closing.after_money))),
    Action("promise", T("Promise to pay", zh="付款承诺"), MONEY, STAY, by=(roles.FINANCE, *roles.BY_SALES),
           form=accounts.Promise, guards=accounts.PROMISE_GUARDS, effects=(Do(accounts.promise),)),
    Action("write-off", T("Write off", zh="核销"), MONEY, STAY, by=(roles.FINANCE,), form=accounts.WriteOff,
           guards=accounts.WRITE_OFF_GUARDS, effects=(Do(accounts.write_off), Do(closing.after_money))),
    Action("survey", T("Survey", zh="满意度"), ("production", "ready", "shipped", "fulfilled"), STAY,
           by=(roles.SERVICE, *roles.BY_SALES), form=survey.Survey, effects=(Do(survey.record),)),
    desk.overdue(*LIMITED, overseers={"reviewing": roles.MARKETING, "signed": roles.MARKETING}),
)  # fmt: skip

ORDER = Flow(
    key="mfg-order",
    version=1,
    title=T("Contract and order", zh="合同与订单"),
    series="MO{year}-{n:04}",
    facts=desk.facts_of(_facts),
    conditions={"no-complaint": _no_complaint},
    anchors=("passed", "signed_on", "dd", "sb"),
    links=(
        Link("amendment", "mfg-amendment"),
        Link("delay", "mfg-delay"),
        Link("shipment", "mfg-shipment"),
        Link("sample", "mfg-sample"),
        Link("swatch", "mfg-swatch"),
        Link("complaint", "mfg-complaint"),
    ),
    steps=STEPS,
    actions=(*BEFORE, *AFTER),
)
