"""Every refusal of the trade by its id. Source: manufacturing.md section 11."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serviceflow.api import Refuse, T

TEXTS: Mapping[str, T] = {
    "date_future": T("{field} {date} lies in the future.", zh="{field}{date}在未来。"),
    "date_past": T("{field} {date} is before today.", zh="{field}{date}早于今天。"),
    "time_past": T("The meeting time has passed.", zh="会议时间已过。"),
    "not_workday": T("{date} is not a workday of the factory.", zh="{date}不是工作日。"),
    "own_request": T("You made or own this request; somebody else must sign it.", zh="不能审批自己的申请。"),
    "not_your_slot": T(
        "You hold no slot of this review: it needs {roles} or a delegate valid now.",
        zh="需{roles}或当前有效的受托人签字。",
    ),
    "already_signed": T("{role} is decided ({state}, {name}, {time}).", zh="{role}已处理（{name}）。"),
    "one_slot": T("You already signed as {role} in this stage.", zh="您在本阶段已以{role}签字。"),
    "opinion_short": T("A rejection needs a reason of at least {n} characters.", zh="否决意见至少{n}个字。"),
    "no_signer": T(
        "Nobody may sign as {roles}: give the role to another person or name a delegate.",
        zh="{roles}无人可签，请增派或委托。",
    ),
    "meeting_first": T("The review meeting is not held yet ({time}).", zh="评审会尚未召开。"),
    "record_first": T("The review record must be written first.", zh="请先填写评审记录。"),
    "no_meeting_route": T("This review has no meeting.", zh="本评审无需会议。"),
    "stage_open": T("Stage {n} is not closed yet.", zh="第{n}阶段未完成。"),
    "points_open": T("Points {list} are not reviewed yet.", zh="要点{list}尚未评审。"),
    "points_unresolved": T("Points {list} are not conform: resolve them or reject.", zh="要点{list}不符合，未解决。"),
    "point_note": T("A point set to {state} needs a note.", zh="请填写说明。"),
    "point_order": T("Only a point that is not conform can be resolved.", zh="只有不符合项可改为已解决。"),
    "fields_missing": T("Missing: {fields}.", zh="缺少：{fields}。"),
    "terms_sum": T("Payment stages sum to {sum} %, not 100 %.", zh="付款比例合计{sum}%。"),
    "phone_record_missing": T("The phone-order record is not complete.", zh="电话订单记录不全。"),
    "product_unconfirmed": T("Technical support has not confirmed every line.", zh="技术支持未确认型谱。"),
    "tech_review_must": T(
        "A special product of a foreign order needs the technical review.", zh="特殊产品须技术评审。"
    ),
    "tech_review_open": T("The special-order technical review is open or failed.", zh="特殊订单技术评审未通过。"),
    "tech_agreement_missing": T(
        "A changed or new product needs the technical agreement with the customer first.", zh="须先签技术协议。"
    ),
    "not_requester": T("Only {name}, who submitted it, can withdraw it.", zh="只有提交人可撤回。"),
    "unreviewed_frozen": T("This contract is signed; its text cannot be edited.", zh="合同已签，不能修改。"),
    "unreviewed_signed": T("This contract is signed already: cancel it instead.", zh="合同已签，请走取消。"),
    "signed_before_review": T(
        "The review passed on {date}; a signature cannot be earlier. Reopen and report it as unreviewed if it was.",
        zh="签订日不能早于评审通过日{date}。",
    ),
    "version_unreviewed": T("Version {n} has no passed review that is still valid.", zh="第{n}版没有有效评审。"),
    "phone_needs_confirm": T("A class A order is confirmed, not signed.", zh="A类订单请用确认。"),
    "written_needs_sign": T("Class {class} needs a signed contract.", zh="{class}类须签合同。"),
    "contract_no_used": T("Number {no} belongs to {order}.", zh="编号{no}已用于{order}。"),
    "erp_no_used": T("ERP number {no} belongs to {order}.", zh="ERP号{no}已使用。"),
    "erp_no_missing": T("A new ERP number is required.", zh="请填新的ERP号。"),
    "scheduling_missing": T("A foreign order needs its scheduling approval form number.", zh="请填排产审批表编号。"),
    "change_open": T("{order} has an open amendment ({no}); finish or drop it first.", zh="有未完成的合同变更{no}。"),
    "change_exists": T("{order} already has an open change ({no}).", zh="已有未完成的变更{no}。"),
    "below_shipped": T(
        "Line {n}: {shipped} are shipped or in shipment; {qty} is less.", zh="第{n}行已出货{shipped}，不能减到{qty}。"
    ),
    "customer_fixed": T("The customer of a contract cannot change; make a new order.", zh="不能更换客户。"),
    "no_difference": T("Nothing differs from version {n}.", zh="与第{n}版无差异。"),
    "must_resign": T("This change is large ({why}): the contract must be signed anew.", zh="变更较大，须重签合同。"),
    "customer_cause": T("A date wanted by the customer is an amendment.", zh="客户要求改期请走合同变更。"),
    "date_not_later": T("The proposed date must be later than {dd}.", zh="新日期须晚于{dd}。"),
    "date_same": T("That is the present delivery date.", zh="与现交期相同。"),
    "plan_too_short": T(
        "Only {n} workdays up to {sb}; {min} are needed. Agree another date.", zh="仅剩{n}个工作日，至少需{min}个。"
    ),
    "ack_old_version": T("{so} is replaced by {new}.", zh="{so}已被{new}取代。"),
    "already_acked": T("{role} acknowledged at {time}.", zh="{role}已确认或已提问。"),
    "no_query": T("{role} has no open question.", zh="没有待答复的疑问。"),
    "no_materials": T("No material is entered.", zh="未登记物料。"),
    "not_bought": T("{code} is not bought by us.", zh="{code}不是自购。"),
    "material_sample_open": T("The material sample of {code} is not approved.", zh="{code}样未批准。"),
    "qty_positive": T("Quantity must be above 0.", zh="数量须大于0。"),
    "no_plan": T("Make the rough plan first.", zh="请先倒排计划。"),
    "details_open": T("Not confirmed: {list}.", zh="未确认：{list}。"),
    "milestone_done": T("{key} is done or not needed.", zh="{key}已结束。"),
    "milestone_must": T("{key} cannot be left out.", zh="{key}不可省略。"),
    "after_ship_by": T("{date} is after the ship-by date {sb}.", zh="晚于最迟出货日{sb}。"),
    "material_not_in": T("Production waits for material-in.", zh="材料未到齐。"),
    "pp_not_ok": T("Production waits for preproduction-ok.", zh="产前样未确认。"),
    "inspection_open": T("The final inspection is not passed.", zh="终检未通过。"),
    "over_quantity": T("Line {n}: {total} exceeds {max}.", zh="第{n}行{total}超出{max}。"),
    "short_shipment": T(
        "Last shipment, but line {n} has {total} of at least {min}.", zh="末批第{n}行{total}不足{min}。"
    ),
    "docs_missing": T("Papers missing: {list}.", zh="缺单证：{list}。"),
    "same_person": T("The checker must be another person than {name}.", zh="复核人须为他人。"),
    "check_incomplete": T("Not ticked: {list}.", zh="未勾选：{list}。"),
    "deposit_unpaid": T("{open} {cur} is unpaid and due before dispatch.", zh="发货前应付{open}未付。"),
    "credit_blocked": T("The customer has {open} overdue {days} days.", zh="客户逾期{days}天，停止发货。"),
    "nothing_blocked": T("Nothing blocks this shipment.", zh="无需放行。"),
    "customs_missing": T("A customs number is required.", zh="请填报关号。"),
    "already_shipped": T("Goods were dispatched: reduce by amendment.", zh="已出货，请走变更。"),
    "shipment_open": T("Shipment {no} is not finished.", zh="出货单{no}未完成。"),
    "not_cancellable": T("Only a signed contract can be cancelled; decline or lose it.", zh="未签合同不能取消。"),
    "money_open": T("{open} is still open.", zh="尚有{open}未收。"),
    "complaint_open": T("Complaint {no} is open.", zh="客诉{no}未了结。"),
    "replacement_missing": T("The remedy is a replacement; none is shipped yet.", zh="未建补货出货单。"),
    "not_precise": T("This quotation is a quick one.", zh="当前为快速报价。"),
    "not_quick": T("This quotation is a precise one.", zh="当前为精确报价。"),
    "quote_incomplete": T("Costs missing for: {list}.", zh="缺成本：{list}。"),
    "rate_missing": T("Give the exchange rate of {cur}.", zh="请填{cur}汇率。"),
    "override_reason": T("Give a reason for a price or coefficient other than computed.", zh="改价或改系数须填原因。"),
    "quote_expired": T("Quotation {no} ended on {date}: requote.", zh="报价已于{date}过期。"),
    "plan_after_deadline": T("{date} is too late: the sample must leave by {send_by}.", zh="须在{send_by}前寄出。"),
    "processor_missing": T("Name the processor.", zh="请填加工厂。"),
    "duplicate_source": T("{ref} is entered already as {no}.", zh="{ref}已录为{no}。"),
    "entry_not_allowed": T(
        "Only regular stock goods for domestic customers below {major} CNY: use a contract order.",
        zh="仅限内销常规现货且低于{major}。",
    ),
    "cod_mismatch": T("Amount to collect {a} differs from the lines {b}.", zh="代收款与明细不符。"),
    "entry_closed": T("{date} is closed; enter it today with a note.", zh="{date}已结账。"),
    "over_remit": T("{sum} is more than {cod}.", zh="回款超出代收款。"),
    "already_remitted": T("Money was already paid over.", zh="已有回款。"),
    "day_mismatch": T(
        "Received {n}, entered {m}; not sent: {list}. Correct it or give a reason.",
        zh="收到{n}，录入{m}；未发：{list}。",
    ),
    "checker_entered": T("You entered orders that day; another person closes it.", zh="当日录单人不能结账。"),
    "overpaid": T("{amount} is more than the open {open}.", zh="超出未收金额{open}。"),
    "receipt_used": T("Receipt {no} is used.", zh="收据号已使用。"),
    "delegation_overlap": T("{role} is already delegated in these days.", zh="该期间已有委托。"),
    "delegation_range": T("The range is empty, past or longer than {n} days.", zh="委托期间无效。"),
    "delegation_self": T("Choose another person who is active.", zh="请选择其他在职人员。"),
    "not_holder": T("{name} does not hold {role} himself.", zh="{name}本人不具备{role}。"),
    "recipient_is_giver": T("The recipient must be another person.", zh="接收人须为他人。"),
    "recipient_missing": T("No recipient: {list}.", zh="未指定接收人：{list}。"),
    "handover_party": T("You are no party of this list.", zh="您不是交接一方。"),
    "unsigned_items": T("Not signed: {list}.", zh="未签字：{list}。"),
    "handover_exists": T("{staff} has a hand-over running.", zh="已有进行中的交接。"),
    "handover_needed": T("{staff} still owns {n} items: hand over first.", zh="尚有{n}项未交接。"),
}


def refuse(ident: str, way_out: T | None = None, /, **facts: Any) -> Refuse:
    """Return the refusal ``G:ident`` with its facts."""
    return Refuse(TEXTS[ident].of(**facts), way_out, ref=f"mfg.{ident}")
