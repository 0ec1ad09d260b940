"""`mfg-order` (合同与订单): from requirements to the last payment. Source: manufacturing.md 4.4."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
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
    Form,
    Guard,
    Link,
    Moment,
    Need,
    Step,
    T,
    Task,
    Verdict,
    day,
    days,
    format_money,
    listed,
    money,
    number,
    of,
    text,
)

from serviceflow_manufacturing import customers, desk, moments, papers, roles
from serviceflow_manufacturing.flows import accounts, contract, draft, execution, materials, plan, review
from serviceflow_manufacturing.forms import (
    NOT_FUTURE,
    NOT_PAST,
    POSITIVE,
    REASON,
    WORKDAY,
    Because,
    Dated,
    one_of,
    shipment_lines,
    tick,
)
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules import content, terms, workdays
from serviceflow_manufacturing.tables import MfgContract, MfgLine, MfgShipment, MfgSurvey

SIGNED_ON = ("signed", "noticed", "distributed", "planning", "production", "ready")
"""Every step from `signed` to `ready`."""
MONEY = (*SIGNED_ON, "shipped", "cancelled")
FOLLOWED = ("planning", "production", "ready")
ACKS = ("distributed", "planning", "production", "ready", "shipped")
CAUSES = {
    "capacity": T("Capacity", zh="产能"),
    "supplier": T("Supplier", zh="供应商"),
    "quality": T("Quality", zh="质量"),
    "customer-material": T("Customer's material", zh="客供料"),
    "force-majeure": T("Force majeure", zh="不可抗力"),
    "other": T("Other", zh="其他"),
    "customer": T("The customer's wish", zh="客户要求"),
}
BY = {"customer": T("Customer", zh="客户"), "factory": T("Factory", zh="工厂")}
ORIGINS = {"customer": T("Customer", zh="客户"), "company": T("Company", zh="本公司")}


class StartAmendment(Form):
    origin: str = one_of(T("Origin", zh="提出方"), ORIGINS)
    reason: str = text(REASON)


class StartDelay(Dated):
    not_past = ("proposed_date",)
    cause: str = one_of(T("Cause", zh="原因类别"), CAUSES)
    reason: str = text(REASON)
    proposed_date: date = day(T("Proposed date", zh="拟定日期"))


class NewShipment(Dated):
    not_past = ("planned_on",)
    workday = ("planned_on",)
    lines: list[dict[str, Any]] = shipment_lines()
    planned_on: date = day(T("Planned on", zh="计划出货日"))


class ConfirmDetails(Form):
    line_no: int = number(T("Line", zh="行号"), least=1)
    style: bool | None = tick(T("Style", zh="款式"))
    sizes: bool | None = tick(T("Sizes", zh="尺码"))
    material: bool | None = tick(T("Material", zh="面辅料"))
    packing: bool | None = tick(T("Packing", zh="包装"))
    delivery: bool | None = tick(T("Delivery", zh="交货"))


class GoodsReady(Form):
    lines: list[dict[str, Any]] = shipment_lines()


class InspectionFailed(Form):
    text: str = text(T("Text", zh="说明"), longest=2000)
    qty: int = number(T("Quantity", zh="数量"), least=1, most=10**8)


class CancelOrder(Form):
    by: str = one_of(T("By", zh="取消方"), BY)
    reason: str = text(REASON)
    costs: int = money(T("Costs", zh="费用"))


class Survey(Form):
    product: int = number(T("Product", zh="产品"), least=1, most=5)
    delivery: int = number(T("Delivery", zh="交期"), least=1, most=5)
    service: int = number(T("Service", zh="服务"), least=1, most=5)
    price: int = number(T("Price", zh="价格"), least=1, most=5)
    comment: str | None = text(T("Comment", zh="意见"), required=False, longest=2000)
    department: str | None = text(T("Department to answer", zh="回复部门"), required=False, longest=60)


class AskSample(Dated):
    not_past = ("deadline",)
    kind: str = one_of(T("Kind", zh="类别"), {
        "garment": T("Garment", zh="成衣"), "fabric": T("Fabric", zh="面料"), "accessory": T("Accessory", zh="辅料"),
    })  # fmt: skip
    deadline: date = day(T("Deadline at the customer", zh="客户期限"))
    material: str | None = text(T("Material", zh="物料编码"), required=False, longest=60)
    text: str | None = text(T("Text", zh="内容"), required=False, longest=1000)


# -- guards ----------------------------------------------------------------------------------------------------


def _change_exists(case: Case, form: Any) -> Verdict:
    found = contract.open_changes(case)
    return refuse("change_exists", order=case.order.number, no=found[0].number) if found else None


def _customer_cause(case: Case, form: StartDelay) -> Verdict:
    return refuse("customer_cause") if form.cause == "customer" else None


def _later(case: Case, form: StartDelay) -> Verdict:
    dd = contract.delivery_date(case)
    return refuse("date_not_later", dd=dd) if dd is not None and form.proposed_date <= dd else None


def over_quantity(case: Case, lines: list[dict[str, Any]], *, but: int | None = None) -> Verdict:
    """Refuse a shipment that would exceed an ordered quantity by more than its tolerance."""
    planned = accounts.in_shipment(case, but=but)
    ordered = {line["line_no"]: line for line in contract.lines_of(case.own(MfgContract).draft)}
    for row in lines:
        line = ordered.get(row["line_no"])
        total = planned.get(row["line_no"], 0) + row["qty"]
        if line is None:
            return refuse("over_quantity", n=row["line_no"], total=total, max=0, main=case.order.number)
        if terms.over_ordered(total, line["qty"], line["tolerance_percent"]):
            allowed = terms.most(line["qty"], line["tolerance_percent"])
            return refuse("over_quantity", n=row["line_no"], total=total, max=allowed, main=case.order.number)
    return None


def _over(case: Case, form: NewShipment) -> Verdict:
    return over_quantity(case, form.lines)


def _inspected(case: Case, form: Any) -> Verdict:
    row = plan.milestone(case, "final-inspection")
    return refuse("inspection_open") if row is not None and row.state == "open" else None


def _not_shipped(case: Case, form: Any) -> Verdict:
    gone = [s for s in accounts.shipments(case) if s.dispatched_on is not None]
    return refuse("already_shipped") if gone else None


def _no_open_shipment(case: Case, form: Any) -> Verdict:
    for kind in ("sale", "replacement"):
        for shipment in accounts.shipments(case, kind=kind):
            if shipment.state != "delivered":
                return refuse("shipment_open", no=_number(case, shipment.order_id))
    return None


def _number(case: Case, order_id: int) -> str:
    from serviceflow.api import Order

    return case.tx.need(Order, order_id).number


def _cancellable(case: Case, form: Any) -> Verdict:
    unsigned = case.order.step == "requirements" and not case.own(MfgContract).unreviewed
    return refuse("not_cancellable") if unsigned else None


def _cancel_signed(case: Case, form: Any) -> Verdict:
    both = case.own(MfgContract).route == "meeting"
    return Need(roles.BOTH_GMS if both else roles.BY_MARKETING_GM, T("cancel a contract", zh="取消合同"))


def _money_open(case: Case, form: Any) -> Verdict:
    left = sum(r.amount - r.paid for r in accounts.receivables(case, live=True))
    return refuse("money_open", open=format_money(left, accounts.currency(case))) if left else None


def _complaint_open(case: Case, form: Any) -> Verdict:
    found = open_complaints(case)
    return refuse("complaint_open", no=found[0]) if found else None


def open_complaints(case: Case) -> list[str]:
    """Return the numbers of the contract's open complaints."""
    from serviceflow.api import Order, table_of

    from serviceflow_manufacturing.tables import MfgComplaint

    table = table_of(MfgComplaint)
    orders = [case.tx.need(Order, c.order_id) for c in case.tx.all(MfgComplaint, table.c.about_id == case.order_id)]
    return [o.number for o in orders if o.closed_at is None]


def closable(case: Case) -> bool:
    """Return whether nothing of a shipped order is open any more."""
    return all(rule(case, None) is None for rule in (_no_open_shipment, _money_open, _complaint_open))


def try_close(case: Case) -> None:
    """Close a shipped order if nothing is open any more; asked after every event that may have been the last."""
    if case.order.step == "shipped" and closable(case):
        case.act("close-order")


CHANGE_EXISTS = Guard("change_exists", _change_exists, early=True)
NO_SHIPMENT = Guard("shipment_open", _no_open_shipment, early=True)


# -- effects ---------------------------------------------------------------------------------------------------


def _start_amendment(case: Case, form: StartAmendment) -> None:
    case.open_child("amendment", {"origin": form.origin, "reason": form.reason})


def _start_delay(case: Case, form: StartDelay) -> None:
    values = {"cause": form.cause, "reason": form.reason, "proposed_date": form.proposed_date}
    case.open_child("delay", values)


def _new_shipment(case: Case, form: NewShipment) -> None:
    open_shipment(case, "sale", form.lines, form.planned_on)


def open_shipment(case: Case, kind: str, lines: list[dict[str, Any]], planned_on: date) -> int:
    """Open a shipment of the contract; who opens it may not check it."""
    child = case.open_child("shipment", {"lines": lines, "planned_on": planned_on, "kind": kind})
    row = case.tx.need(MfgShipment, child.id)
    case.tx.change(row, creator_id=case.tx.staff_id)
    return row.order_id


def _details(case: Case, form: ConfirmDetails) -> None:
    for line in case.rows(MfgLine):
        if line.line_no == form.line_no:
            ticks = {n: v for n in ("style", "sizes", "material", "packing", "delivery")
                     if (v := getattr(form, n)) is not None}  # fmt: skip
            case.tx.change(line, **ticks)


def _goods_ready(case: Case, form: GoodsReady) -> None:
    ready = {row["line_no"]: row["qty"] for row in form.lines}
    for line in case.rows(MfgLine):
        if line.line_no in ready:
            case.tx.change(line, ready_qty=ready[line.line_no])
    plan.finish(case, "production-done", case.today)
    plan.finish(case, "packed", case.today, sum(ready.values()))


def _inspection_failed(case: Case, form: InspectionFailed) -> None:
    on = workdays.plus(moments.factory(case), case.today, 2)
    for key in ("final-inspection", "packed"):
        plan.reopen(case, key, on)
    words = T("Rework {qty} of {no}: {text}", zh="{no}返工{qty}件：{text}")
    said = words.of(qty=form.qty, no=case.order.number, text=form.text)
    desk.task(case, "rework", said, roles.PRODUCTION, stays=True)


def _all_shipped(case: Case, form: Any) -> None:
    plan.finish(case, "ship", case.own(MfgContract).shipped_on or case.today)
    for row in plan.milestones(case):
        if row.state == "open":
            plan.drop(case, row, "all shipped")
    case.cancel_messages("supply-reminder", "supply-late", reason=T("all shipped", zh="已全部出货"))


def _goods_back(case: Case, form: Any) -> None:
    case.tx.change(case.own(MfgContract), shipped_on=None)
    plan.reopen(case, "ship")
    words = T("Ship {no} again", zh="{no}重新出货").of(no=case.order.number)
    due = moments.due_in(case, "new-shipment-again")
    case.cancel_tasks("new-shipment", reason=T("goods came back", zh="货物退回"))
    case.add_task("new-shipment", words, who=roles.DESK, due=due, closed_by=("new-shipment",))


def _cancel(case: Case, form: CancelOrder) -> None:
    paid, balance = accounts.cancellation(case, form.costs)
    cur = accounts.currency(case)
    papers.make(case, "cancellation-account", {
        "order": case.order.number, "contract_no": case.own(MfgContract).contract_no or "", "by": BY[form.by],
        "reason": form.reason, "costs": format_money(form.costs, cur), "payments": format_money(paid, cur),
        "balance": format_money(balance, cur), "currency": cur,
    })  # fmt: skip
    keep = ("refund",)
    for task in _open_rules(case):
        if task not in keep:
            case.cancel_tasks(task, reason=T("contract cancelled", zh="合同已取消"))
    case.cancel_messages(reason=T("contract cancelled", zh="合同已取消"))
    case.change(outcome=f"cancelled-{form.by}")


def _open_rules(case: Case) -> set[str]:
    from serviceflow.api import TaskRow, table_of

    table = table_of(TaskRow)
    found = case.tx.all(TaskRow, table.c.order_id == case.order_id, table.c.state == "open")
    return {(task.rule or "").partition(":")[2] for task in found}


def _after_money(case: Case, form: Any) -> None:
    try_close(case)


ANSWERS = {
    "product": roles.QUALITY, "delivery": roles.PRODUCTION, "service": roles.SERVICE, "price": roles.MANAGER,
}  # fmt: skip
"""Who answers a low score where no department is named."""


def _survey(case: Case, form: Survey) -> None:
    scores = {name: getattr(form, name) for name in ANSWERS}
    case.tx.add(MfgSurvey(order_id=case.order_id, comment=form.comment or "", at=case.now, **scores))
    low = [name for name, score in scores.items() if score <= case.number("mfg.after.low_score")]
    if low:
        role = roles.OVERSEAS_MGMT if desk.is_foreign(case) else roles.MARKETING
        words = T("{no}: improve {what}; {department} answers", zh="{no}：改进{what}；{department}答复")
        what = listed(Survey.fields[name].title for name in low)
        answers = form.department or listed(case.shop.role_title(ANSWERS[name]) for name in low)
        said = words.of(no=case.order.number, what=what, department=answers)
        desk.task(case, "improve", said, role, stays=True)


def _ask_sample(case: Case, form: AskSample) -> None:
    link = "sample" if form.kind == "garment" else "swatch"
    words = form.text or ", ".join(line["product"] for line in contract.lines_of(case.own(MfgContract).draft))
    case.open_child(link, {"kind": form.kind, "deadline": form.deadline, "text": words or case.order.number,
                           "material": form.material})  # fmt: skip


# -- facts -----------------------------------------------------------------------------------------------------


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


def _home(case: Case) -> bool:
    return not desk.is_foreign(case)


def _no_complaint(case: Case) -> bool:
    return not open_complaints(case)


def _departments(case: Case) -> list[int]:
    so = execution.newest(case)
    found = execution.acks(case, so) if so is not None else []
    return sorted({person for ack in found for person in case.staff_with(ack.role)})


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
    Step("reviewing", T("Contract review", zh="合同评审"), roles.MANAGER, Computed(review.limit, ("entry",)),
         review.entry("review-passed", review.ORDER_ROUTE), on_path=True),
    Step(
        "reviewed",
        T("Passed, to be signed", zh="评审通过待签"),
        roles.SALES,
        days("mfg.review.valid_d", after="passed"),
        (
            Task("sign-contract", T("Sign the contract", zh="签订合同"), roles.SALES,
                 moments.task("sign-contract", after="passed"),
                 closed_by=("sign-contract", "confirm-phone-order")),
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
           form=review.Submit, guards=review.SUBMIT_GUARDS, effects=(Do(review.submit, before=True),)),
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
           form=ConfirmDetails, guards=(contract.LINES_KNOWN,), effects=(Do(_details),)),
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
           form=GoodsReady, guards=(Guard("inspection_open", _inspected, early=True), execution.CHANGE_OPEN,
                                    contract.LINES_KNOWN),
           effects=(Do(_goods_ready),)),
    Action("inspection-failed", T("Inspection failed", zh="终检不合格"), ("production", "ready"), "production",
           by=(roles.QUALITY,), form=InspectionFailed, effects=(Do(_inspection_failed),)),
    Action("new-shipment", T("New shipment", zh="新建出货"), ("production", "ready"), STAY, by=roles.BY_DESK,
           form=NewShipment, guards=(execution.CHANGE_OPEN, NOT_PAST, WORKDAY, POSITIVE,
                                     Guard("over_quantity", _over)), effects=(Do(_new_shipment),)),
    Action("start-amendment", T("Amendment", zh="合同变更"), SIGNED_ON, STAY, by=roles.BY_SALES,
           form=StartAmendment, guards=(CHANGE_EXISTS,), effects=(Do(_start_amendment),)),
    Action("start-delay", T("Delay", zh="延期"), ("distributed", *FOLLOWED), STAY, by=roles.BY_MANAGER,
           form=StartDelay, guards=(CHANGE_EXISTS, Guard("customer_cause", _customer_cause),
                                    Guard("date_not_later", _later), NOT_PAST), effects=(Do(_start_delay),)),
    Action("ask-sample", T("Ask for sample", zh="要求打样"), ("signed", "noticed", "distributed", *FOLLOWED), STAY,
           by=roles.BY_DESK, form=AskSample, guards=(NOT_PAST,), effects=(Do(_ask_sample),)),
    Action("all-shipped", T("All shipped", zh="全部出货"), ("production", "ready"), "shipped", internal=True,
           effects=(Do(_all_shipped),)),
    Action("goods-back", T("Goods came back", zh="货物退回"), ("shipped",), "ready", internal=True,
           effects=(Do(_goods_back),)),
    Action("close-order", T("Close", zh="结案"), ("shipped",), "fulfilled", by=(roles.FINANCE,), auto=True,
           by_hand=True, when=closable,
           guards=(NO_SHIPMENT, Guard("money_open", _money_open, early=True),
                   Guard("complaint_open", _complaint_open, early=True)), outcome="fulfilled"),
    Action("cancel-order", T("Cancel contract", zh="取消合同"), ("requirements", *SIGNED_ON), "cancelled",
           by=roles.BY_MANAGER, form=CancelOrder,
           guards=(Guard("already_shipped", _not_shipped, early=True), CHANGE_EXISTS, NO_SHIPMENT,
                   Guard("not_cancellable", _cancellable, early=True),
                   Guard("cancel_signed", _cancel_signed, needs=(roles.BY_MARKETING_GM, roles.BOTH_GMS))),
           effects=(Do(_cancel),)),
    Action("pay", T("Payment", zh="收款"), MONEY, STAY, by=(roles.FINANCE,), form=accounts.Pay,
           guards=accounts.PAY_GUARDS, effects=(Do(accounts.pay), Do(_after_money))),
    Action("promise", T("Promise to pay", zh="付款承诺"), MONEY, STAY, by=(roles.FINANCE, *roles.BY_SALES),
           form=accounts.Promise, guards=accounts.PROMISE_GUARDS, effects=(Do(accounts.promise),)),
    Action("write-off", T("Write off", zh="核销"), MONEY, STAY, by=(roles.FINANCE,), form=accounts.WriteOff,
           guards=accounts.WRITE_OFF_GUARDS, effects=(Do(accounts.write_off), Do(_after_money))),
    Action("survey", T("Survey", zh="满意度"), ("production", "ready", "shipped", "fulfilled"), STAY,
           by=(roles.SERVICE, *roles.BY_SALES), form=Survey, effects=(Do(_survey),)),
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
