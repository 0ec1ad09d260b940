"""Every number of the sales centre as a setting. Source: realestate.md section 5.11.

Percents are hundredths of a percent and typed with up to two decimals (``4.90``), as money is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import time
from itertools import pairwise
from typing import Any

from serviceflow.api import Setting, T

from serviceflow_realestate.deals.plans import read_parts

PREFIX = "realestate."
WHOLE = 100 * 100


def key(name: str) -> str:
    """Return a setting's full key."""
    return PREFIX + name


def _number(name: str, default: int, en: str, zh: str, least: int = 0, most: int = 36500) -> Setting:
    return Setting(key(name), "int", default, T(en, zh=zh), least=least, most=most)


def _percent(name: str, default: str, en: str, zh: str) -> Setting:
    hundredths = round(float(default) * 100)
    return Setting(key(name), "money", hundredths, T(f"{en}, %", zh=f"{zh}, %"), most=WHOLE)


def _money(name: str, default: str, en: str, zh: str, least: int = 0) -> Setting:
    return Setting(key(name), "money", round(float(default) * 100), T(f"{en}, yuan", zh=f"{zh}, 元"), least=least)


def _days(name: str, default: int, en: str, zh: str) -> Setting:
    return _number(name, default, f"{en}, days", f"{zh}, 天")


def _several(name: str, default: Sequence[int], en: str, zh: str) -> Setting:
    return Setting(key(name), "ints", list(default), T(en, zh=zh), most=3650)


def _at(name: str, default: str, en: str, zh: str) -> Setting:
    return Setting(key(name), "time", default, T(en, zh=zh))


def _is_plan(words: list[str]) -> T | None:
    try:
        read_parts(words)
    except ValueError as cause:
        return T("parts like 30@0 that are 100 together are needed: {part}", zh="须为 30@0 形式且合计 100: {part}").of(
            part=str(cause)
        )
    return None


GENERAL = (
    _at("message_send_time", "10:00", "Messages go out at", "消息发送时间"),
    _money("price_round_to", "1", "House prices are rounded to", "房价取整到", least=1),
    _days("next_day_days", 1, "The next day is after", "次日"),
    _days("reject_grace_days", 1, "Left to the customer after a rejection", "驳回后宽限"),
    _days("receipt_backdate_days", 7, "A receipt may be backdated", "收据可倒签"),
)
PROJECTS = (
    _number("milestone2_floors", 10, "Milestone 2: floors", "节点二楼层数"),
    _number("milestone2_months_before", 4, "Milestone 2: months before presale", "节点二在预售前几个月"),
    _number("milestone3_months_before", 2, "Milestone 3: months before presale", "节点三在预售前几个月"),
    _number("presale_paperwork_months", 1, "Presale permit: months", "预售证办理月数"),
    _days("campaign_step_days", 7, "Step of a campaign", "营销策划每步"),
    _days("media_cycle_days", 30, "New-media cycle", "新媒体运营周期"),
    _days("funnel_days", 30, "Call to visit within", "来电到访期限"),
    _days("nurture_response_days", 14, "Answer to a touch within", "触点响应期限"),
)
LEADS = (
    _number("call_invite_hours", 24, "Invite a caller within hours", "来电邀约时限, 小时"),
    _several("visit_remind_hours_before", (24, 2), "Remind of a visit, hours before", "看楼提醒提前小时数"),
    _number("visit_first_follow_hours", 24, "First follow-up after a visit, hours", "首次回访时限, 小时"),
    _number("no_show_max", 3, "No-shows until grade D", "未到访次数上限", least=1),
    _days("grade_a_follow_days", 1, "Follow up grade A after", "A 类跟进间隔"),
    _days("grade_b_follow_days", 3, "Follow up grade B after", "B 类跟进间隔"),
    _days("grade_c_follow_days", 7, "Follow up grade C after", "C 类跟进间隔"),
    _days("grade_d_follow_days", 30, "Follow up grade D after", "D 类跟进间隔"),
    _days("owner_protect_days", 30, "A customer stays with the agent", "客户保护期"),
    _days("pool_assign_days", 3, "Assign a pool customer within", "公共客户分配时限"),
    _number("internal_units_max", 3, "Units of an internal register", "内部登记房源数上限", least=1),
    _number("internal_priority_hours", 24, "Priority of internal registers, hours", "内部登记优先小时数"),
    _at("register_submit_time", "18:00", "Registers are handed in by", "登记本提交时间"),
    _at("register_alert_time", "20:00", "The manager is told of missing registers at", "登记本未交提醒经理时间"),
)
ROTA = (
    _number("rota_answer_minutes", 3, "An agent answers within minutes", "接客应答时限, 分钟", least=1),
    _number("rota_makeup_max", 1, "Make-up turns at most", "补接轮次上限"),
)
NURTURE = (
    _number("touch_first_minutes", 30, "First touch after minutes", "首次触点延时, 分钟"),
    _number("touch_month2_months", 2, "Touch “month 2” after months", "第二个月触点, 月"),
    _number("touch_month3_months", 3, "Touch “month 3” after months", "第三个月触点, 月"),
    _number("touch_month6_months", 6, "Touch “month 6” after months", "第六个月触点, 月"),
    _number("touch_month12_months", 12, "Touch “month 12” after months", "第十二个月触点, 月"),
    _days("touch_call_days", 3, "Tasks of a touch within", "触点待办时限"),
    _days("touch_finish_days", 30, "The cadence ends after month 12", "触点结束"),
    _days("touch_skip_recent_days", 3, "No message after contact within", "近期联系免打扰"),
    _days("touch_catchup_days", 7, "A late touch is still sent within", "触点补发期限"),
    _number("touch_points", 200, "Points of a touch", "触点积分"),
    _money("touch_voucher_value", "200", "Voucher of a touch", "礼券面值"),
    _number("fan_nurture_inbound", 3, "Inbound contacts to become nurtured", "养粉所需来访互动数"),
    _days("fan_window_days", 90, "Window for those contacts", "互动统计窗口"),
)
GROUPS = (
    _days("opp_step_days", 7, "Step of a group purchase", "团购每步"),
    _number("group_min_units", 5, "Units of a group purchase", "团购最少套数", least=1),
    _days("group_hold_days", 7, "Hold of a group quote", "团购保留"),
)
INVENTORY = (
    _number("hold_hours", 24, "A hold lasts hours", "保留时长, 小时", least=1),
    _number("hold_extend_max", 1, "Extensions of a hold", "保留延长次数"),
    _number("hold_agent_max", 2, "Plain holds of an agent", "每人保留套数"),
    _number("hold_warn_hours", 2, "Warn before a hold ends, hours", "保留到期提醒, 小时"),
    _money("deposit_amount", "20000", "Deposit", "定金"),
    _percent("deposit_max_percent", "20", "Deposit at most", "定金上限"),
    _number("subscription_copies", 4, "Copies of the subscription letter", "认购书份数", least=1),
    _days("seal_days", 1, "Seal within", "盖章时限"),
    _days("control_update_days", 1, "Update the sales table within", "销控更改时限"),
    _days("briefing_days", 1, "Brief the customer within", "告知时限"),
)
DISCOUNTS = (
    _percent("payway_discount_lump_percent", "2", "Discount for a lump sum", "一次性付款优惠"),
    _percent("payway_discount_instalment_percent", "0", "Discount for instalments", "分期付款优惠"),
    _percent("payway_discount_mortgage_percent", "1", "Discount for a mortgage", "按揭付款优惠"),
    _percent("on_time_discount_percent", "1", "Discount for signing in time", "按时签约优惠"),
    _percent("extra_discount_max_percent", "5", "Extra discounts at most", "额外优惠上限"),
    _days("extra_discount_valid_days", 30, "An extra discount is valid", "额外优惠有效"),
)
SIGNING = (
    _days("signing_days", 7, "Sign the contract within", "签约期限"),
    _several("signing_remind_days_before", (3, 1), "Remind of signing, days before", "签约提醒提前天数"),
    _days("full_price_days", 30, "Full price period", "原价期"),
    _several("forfeit_warn_days_before", (7,), "Warn of forfeiture, days before", "挞定警告提前天数"),
    _percent("forfeit_percent", "100", "Deposit kept at forfeiture", "挞定扣留比例"),
    _days("delay_decide_days", 1, "Decide a delay within", "延期审批时限"),
    _days("delay_max_days", 15, "A delay at most", "延期上限"),
    _number("delay_max_times", 2, "Delays at most", "延期次数上限"),
    _days("signing_prep_days", 1, "Prepare before signing", "签约准备提前"),
    _days("countersign_days", 2, "Countersign within", "会签时限"),
    _days("filing_days", 30, "File within", "备案时限"),
    _days("pickup_remind_days", 15, "Remind of picking up", "领取合同提醒"),
)
CHANGES = (
    _days("change_decide_days", 3, "Decide a change within", "变更审批时限"),
    _number("presign_room_change_max", 1, "Room changes before signing", "签约前换房次数"),
    _number("presign_rename_max", 1, "Renames before signing", "签约前更名次数"),
    _money("presign_rename_fee", "0", "Fee of a rename before signing", "签约前更名费"),
    _number("refund_company_multiple", 2, "Deposit refunded for the company's fault, times", "公司责任退定倍数"),
    _days("refund_pay_days", 15, "Pay a refund within", "退款时限"),
    _days("unfile_days", 10, "Cancel filing within", "撤销备案时限"),
    _days("postsign_refund_days", 30, "Settle a return within", "退房结算时限"),
    _percent("postsign_return_penalty_percent", "5", "Penalty of a return", "退房违约金"),
    _money("postsign_room_change_fee", "5000", "Fee of a room change after signing", "签约后换房费"),
    _money("postsign_rename_fee", "2000", "Fee of a rename after signing", "签约后更名费"),
)
LOANS = (
    _percent("lump_signing_percent", "30", "Lump sum: part at signing", "一次性付款签约比例"),
    _days("lump_balance_days", 30, "Lump sum: balance after", "一次性付款余款期限"),
    Setting(
        key("instalment_plan"),
        "words",
        ["30@0", "30@2", "30@4", "10@6"],
        T("Instalments, percent@months", zh="分期方案, 百分比@月"),
        check=_is_plan,
    ),
    _percent("down_payment_first_percent", "30", "Down payment, first home", "首套首付"),
    _percent("down_payment_second_percent", "40", "Down payment, second home", "二套首付"),
    _percent("down_payment_commercial_percent", "50", "Down payment, commercial", "商业首付"),
    Setting(key("loan_third_home_allowed"), "bool", False, T("Loans for a third home", zh="三套房可贷款")),
    _money("loan_round_to", "10000", "Loans are multiples of", "贷款取整到", least=1),
    _percent("loan_rate_annual_percent", "4.90", "Loan rate a year", "贷款年利率"),
    _number("loan_max_years", 30, "Loan years at most", "贷款年限", least=1),
    _number("loan_max_years_commercial", 10, "Commercial loan years at most", "商业贷款年限", least=1),
    _number("loan_age_limit", 70, "Age at the end of a loan at most", "贷款年龄上限"),
    _percent("loan_income_warn_percent", "50", "Warn when the payment exceeds, of income", "月供占收入警告线"),
    _days("loan_disburse_days", 60, "The loan is due after", "放款期限"),
    _days("topup_days", 7, "A top-up is due after", "补款期限"),
    _days("replan_lump_days", 30, "New lump sum is due after", "改一次性付款期限"),
    _number("replan_instalments", 3, "New instalments", "改分期期数", least=1),
)
LOAN_PAPERS = (
    _days("mortgage_docs_days", 7, "Loan papers ready after", "按揭资料期限"),
    _days("mortgage_default_days", 7, "Missing papers without a statement", "无说明缺件期限"),
    _days("mortgage_supplement_days", 3, "Missing papers after a statement", "有说明补件期限"),
    _number("mortgage_statement_max", 1, "Statements at most", "特殊说明次数"),
    _several("mortgage_remind_days_before", (1,), "Remind of missing papers, days before", "缺件提醒提前天数"),
    Setting(key("mortgage_extra_items"), "words", [], T("Further loan papers", zh="追加按揭资料")),
    _number("bank_statement_min_months", 6, "Bank statements, months at least", "流水最少月数"),
    _number("bank_statement_full_months", 12, "Bank statements, months in full", "流水足额月数"),
    _days("bank_review_days", 15, "Bank review", "银行审批"),
    _days("mortgage_negotiate_days", 15, "Negotiate within", "按揭协商期限"),
)
CARDS = (
    _number("debit_free_cards", 1, "Debit cards without fee", "免费借记卡张数"),
    _percent("debit_fee_percent", "0.5", "Debit card fee", "借记卡手续费"),
    _money("debit_fee_cap", "25", "Debit card fee at most", "借记卡手续费封顶"),
    _percent("credit_fee_percent", "0.6", "Credit card fee", "信用卡手续费"),
)
LATE = (
    _several("due_remind_days_before", (7, 1), "Remind of a payment, days before", "付款提醒提前天数"),
    _number("late_rate_per_myriad", 3, "Late damages a day, of ten thousand", "逾期违约金, 万分之/日"),
    _days("late_grace_days", 3, "Grace of a late payment", "逾期宽限"),
    _days("dunning_call_days", 1, "Dunning: call after", "电话催收"),
    _days("dunning_written_days", 7, "Dunning: written after", "书面提醒"),
    _days("dunning_demand_days", 15, "Dunning: demand after", "催款函"),
    _days("dunning_lawyer_days", 30, "Dunning: lawyer after", "律师函"),
    _days("dunning_default_after_days", 60, "Dunning: default after more than", "转违约"),
    _days("promise_max_days", 7, "A promise reaches ahead", "承诺付款上限"),
    _number("promise_max_times", 2, "Promises at most", "承诺次数"),
    _days("default_cure_days", 15, "Cure a default within", "违约纠正期限"),
    _percent("terminate_penalty_percent", "5", "Penalty of a termination", "解除违约金"),
)
HANDOVER = (
    _days("handover_notice_days", 15, "Handover notice ahead", "交楼通知提前"),
    _days("handover_window_days", 30, "Handover window", "交楼办理期"),
    _several("handover_remind_days_before", (3,), "Remind before the window ends, days", "交楼提醒提前天数"),
    _days("handover_call_days", 7, "Satisfaction call after", "交楼回访"),
    _days("rectify_days", 15, "Repairs within", "整改期限"),
    _number("rectify_max_rounds", 3, "Rounds of repairs", "整改轮次"),
    _percent("area_tolerance_percent", "3", "Area tolerance", "面积误差"),
    _days("area_choice_days", 15, "Return for the area within", "面积退房期限"),
    _money("maintenance_fund_per_m2", "80", "Maintenance fund a square metre", "维修基金每平米"),
    _money("property_fee_per_m2_month", "2.50", "Property fee a square metre and month", "物业费每平米每月"),
    _number("property_fee_prepay_months", 6, "Property fee paid ahead, months", "物业费预交月数"),
    _number("deed_tax_area_limit_m2", 140, "Deed tax: small up to m2", "契税面积线, 平米"),
    _percent("deed_tax_small_percent", "1", "Deed tax, small", "契税小面积"),
    _percent("deed_tax_first_large_percent", "1.5", "Deed tax, first home, large", "契税首套大面积"),
    _percent("deed_tax_second_large_percent", "2", "Deed tax, second home, large", "契税二套大面积"),
    _percent("deed_tax_other_percent", "3", "Deed tax, other", "契税其他"),
    _number("company_late_rate_per_myriad", 3, "Late handover a day, of ten thousand", "逾期交楼, 万分之/日"),
    _days("company_terminate_after_days", 60, "Return after a delay of more than", "逾期交楼可退房"),
    _percent("company_terminate_penalty_percent", "5", "Penalty of the company", "公司违约金"),
)
TITLE = (
    _days("title_days", 90, "Title deed within", "办证期限"),
    _days("title_docs_days", 30, "Title papers within", "办证资料期限"),
    _days("title_correct_days", 10, "Correct title papers within", "补正期限"),
    _days("title_pickup_remind_days", 15, "Remind of the deed", "领证提醒"),
    _number("title_late_rate_per_myriad", 1, "Late title a day, of ten thousand", "逾期办证, 万分之/日"),
)
BUYBACK = (
    _days("buyback_decide_days", 7, "Decide a buyback within", "回购审批时限"),
    _number("buyback_bank_missed_months", 6, "Missed months for the bank's call", "银行回购断供月数"),
    _percent("buyback_interest_percent_year", "3", "Interest of a buyback a year", "回购年息"),
    _percent("buyback_bank_penalty_percent", "5", "Penalty of the bank's buyback", "担保回购违约金"),
    _days("buyback_pay_days", 30, "Pay a buyback within", "回购付款期限"),
)
COMPLAINTS = (
    _number("complaint_respond_hours", 24, "Answer a complaint within hours", "投诉响应, 小时"),
    _days("complaint_resolve_days", 3, "Resolve a complaint within", "投诉处理期限"),
    _days("complaint_property_days", 7, "The property centre answers within", "物业答复期限"),
    _days("complaint_feedback_days", 1, "Tell the result within", "投诉反馈期限"),
    _number("complaint_reopen_max", 2, "Returns of a complaint", "投诉退回次数"),
    _money("complaint_cost_director", "2000", "Cost a director signs above", "领导签批费用线"),
)
SETTINGS = (
    *GENERAL,
    *PROJECTS,
    *LEADS,
    *ROTA,
    *NURTURE,
    *GROUPS,
    *INVENTORY,
    *DISCOUNTS,
    *SIGNING,
    *CHANGES,
    *LOANS,
    *LOAN_PAPERS,
    *CARDS,
    *LATE,
    *HANDOVER,
    *TITLE,
    *BUYBACK,
    *COMPLAINTS,
)

RISING = ("dunning_call_days", "dunning_written_days", "dunning_demand_days", "dunning_lawyer_days")
TOUCHES = ("touch_month2_months", "touch_month3_months", "touch_month6_months", "touch_month12_months")


def settings_faults(get: Callable[[str], Any]) -> list[tuple[str, T]]:
    """Return (setting, what is wrong) where settings do not fit together."""
    faults = []
    for names in (RISING, TOUCHES):
        for lower, higher in pairwise(names):
            if get(key(higher)) <= get(key(lower)):
                faults.append((key(higher), T("must be more than {other}", zh="须大于 {other}").of(other=lower)))
    submit, alert = (time.fromisoformat(get(key(f"register_{name}_time"))) for name in ("submit", "alert"))
    if alert <= submit:
        faults.append((key("register_alert_time"), T("must be after the time of handing in", zh="须晚于提交时间")))
    return faults
