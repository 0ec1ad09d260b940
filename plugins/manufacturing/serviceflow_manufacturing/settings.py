"""Every number of the factory as a setting. Source: manufacturing.md 5.12.

Names ending in ``_w`` count workdays of the factory, in ``_d`` calendar days. Tables are one line of text:
``from:coefficient;…``, ``key:role:workdays;…``, ``role+role > role``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from serviceflow.api import Setting, T, number_setting

from serviceflow_manufacturing.rules import planning, quoting

LIMITS_W: Mapping[str, int] = {
    "enquiry": 1, "awaiting-data": 5, "quote-approval": 1, "quote-ready": 1,
    "requested": 1, "awaiting-papers": 5, "with-customer": 5,
    "requirements": 2, "signed": 1, "noticed": 1, "distributed": 1, "planning": 2,
    "change-draft": 1, "change-notice": 0, "delay-proposed": 1, "negotiating": 3,
    "checking": 1, "entered": 0, "entry-checked": 0,
    "received": 1, "analysing": 3, "answering": 1, "listing": 3, "signing": 2,
}  # fmt: skip
"""Workdays a stay in a step may last, by step."""
LIMITS_D: Mapping[str, int] = {"entry-dispatched": 7}
TASKS_W: Mapping[str, int] = {
    "start-costing": 1, "urge-data": 3, "quick-price": 1, "get-consumption": 1, "get-prices": 2, "submit-quote": 3,
    "approve-quote": 1, "send-quote": 1, "follow-quote": 3, "revive-quote": 1,
    "notice-sample": 1, "urge-papers": 2, "urge-sample": 1, "send-sample": 1, "urge-comment": 5, "pass-comment": 0,
    "submit-review": 2, "confirm-product": 1, "tech-review-done": 3, "tech-agreement": 3,
    "convene": 1, "write-record": 1, "resolve-objection": 2, "sign-contract": 5,
    "write-notice": 1, "issue-so": 1, "ack-so": 1, "answer-query": 1,
    "make-plan": 1, "send-material-sheet": 2, "start-follow-up": 2, "new-shipment": 3, "new-shipment-again": 1,
    "rework": 2, "submit-change": 1, "sign-change": 5, "pass-change": 0, "tell-customer": 1,
    "tell-delay": 1, "get-answer": 3, "tell-withdrawn": 0, "pick-goods": 1, "check-shipment": 0, "refund": 3,
    "chase-carrier": 3, "call-back": 1, "complaint-call-back": 10, "pass-complaint": 1, "report-cause": 3,
    "answer-accepted": 1, "close-lists": 3, "sign-item": 2, "improve": 10, "call-payment": 0,
}  # fmt: skip
"""Workdays from the event to the due day of a task, or before it, by task."""

REVIEW_ROUTES: Mapping[str, str] = {
    "phone": "sales-manager",
    "general": "sales-manager+production > marketing-gm",
    "meeting": "sales-manager+planning+purchasing+engineering+finance > marketing-gm > company-gm",
}
PLAN_MAKE = (
    "material-sample-ok:order-desk:32; material-ordered:supply:30; material-in:supply:18; preproduction-ok:sampling:17;"
    " production-start:production:15; production-half:production:9; production-done:production:5;"
    " final-inspection:quality:4; packed:warehouse:3; documents-ready:documents:3; ship:warehouse:0"
)
PLAN_STOCK = "final-inspection:quality:2; packed:warehouse:1; documents-ready:documents:1; ship:warehouse:0"


def read_route(text: str) -> list[list[str]]:
    """Return the stages of ``role+role > role``, each a list of roles.

    Raises:
        ValueError: There are more than four stages, or an empty one.
    """
    found = [[role.strip() for role in stage.split("+")] for stage in text.split(">")]
    if not 1 <= len(found) <= 4 or any(not role for stage in found for role in stage):
        raise ValueError(text)
    return found


def _readable(read: Callable[[str], Any]) -> Callable[[Any], T | None]:
    def check(value: Any) -> T | None:
        try:
            read(value)
        except ValueError as cause:
            return T("cannot read “{part}”", zh="无法识别“{part}”").of(part=str(cause))
        return None

    return check


def _known_signers(text: str) -> None:
    from serviceflow_manufacturing.roles import ROLES

    known = {role.key for role in ROLES}
    for stage in read_route(text):
        for role in stage:
            if role not in known:
                raise ValueError(role)


def _rises(value: Any) -> T | None:
    if len(value) != 6 or list(value) != sorted(value):
        return T("six rising numbers are needed", zh="须为六个递增的数")
    return None


def _table(key: str, default: str, en: str, zh: str, read: Callable[[str], Any]) -> Setting:
    return Setting(f"mfg.{key}", "text", default, T(en, zh=zh), check=_readable(read))


def _count(key: str, default: int, en: str, zh: str, most: int = 3650) -> Setting:
    return Setting(f"mfg.{key}", "int", default, T(en, zh=zh), most=most)


def _words(key: str, default: list[str], en: str, zh: str) -> Setting:
    return Setting(f"mfg.{key}", "words", default, T(en, zh=zh))


def _offsets() -> tuple[Setting, ...]:
    limit = T("Step limit of {step}", zh="步骤 {step} 时限")
    task = T("Task {task}", zh="待办 {task}")
    return (
        *(
            Setting(f"mfg.limit.{step}_w", "int", n, T(f"{limit.of(step=step).to('en')}, workdays",
                    zh=f"{limit.of(step=step).to('zh')}(工作日)"), most=365)
            for step, n in LIMITS_W.items()
        ),
        *(
            Setting(f"mfg.limit.{step}_d", "int", n, T(f"{limit.of(step=step).to('en')}, days",
                    zh=f"{limit.of(step=step).to('zh')}(天)"), most=365)
            for step, n in LIMITS_D.items()
        ),
        *(
            Setting(f"mfg.task.{key}_w", "int", n, T(f"{task.of(task=key).to('en')}, workdays",
                    zh=f"{task.of(task=key).to('zh')}(工作日)"), most=365)
            for key, n in TASKS_W.items()
        ),
    )  # fmt: skip


SETTINGS: tuple[Setting, ...] = (
    Setting("mfg.day.task_due", "time", "17:30", T("Tasks of a day are due at", zh="当日待办到期时刻")),
    Setting("mfg.day.message_time", "time", "10:00", T("Messages of a day leave at", zh="当日消息时刻")),
    Setting("mfg.day.night", "time", "00:00", T("Nightly checks run from", zh="夜间检查时刻")),
    Setting("mfg.day.digest", "time", "08:30", T("Digests of the trade leave at", zh="摘要时刻")),
    Setting("mfg.calendar.weekdays", "ints", [1, 2, 3, 4, 5], T("Workdays of a plain week", zh="平常工作日"),
            least=1, most=7),
    _words("home_regions", ["mainland"], "Regions that are not foreign", "非涉外地区"),
    _count("quote.limit_quick_w", 1, "Limit of costing, quick, workdays", "快速核价时限(工作日)"),
    _count("quote.limit_precise_w", 3, "Limit of costing, precise, workdays", "精确核价时限(工作日)"),
    _count("quote.valid_d", 30, "Validity of a precise quotation, days", "精确报价有效期(天)"),
    _count("quote.quick_valid_d", 7, "Validity of a quick quotation, days", "快速报价有效期(天)"),
    _count("quote.warn_d", 5, "Warning before a quotation ends, days", "报价到期提醒(天)"),
    _count("quote.revive_d", 60, "An expired quotation is given up after, days", "过期报价放弃(天)"),
    _count("quote.margin_percent", 15, "Margin, percent", "利润率(百分比)", 1000),
    _count("quote.vat_percent", 13, "VAT, percent", "增值税率(百分比)", 100),
    _table("quote.k_quantity", "1:1.15; 300:1.08; 1000:1.00; 3000:0.97; 10000:0.94", "Coefficient by pieces",
           "数量系数", quoting.bands),
    _table("quote.k_styles", "1:1.00; 4:1.03; 9:1.06", "Coefficient by styles", "款式系数", quoting.bands),
    _table("quote.k_customer", "key:0.97; normal:1.00; new:1.05", "Coefficient by grade of customer", "客户系数",
           quoting.words),
    _table("quote.k_urgency", "0:1.12; 30:1.05; 45:1.00", "Coefficient by workdays to the date wanted", "加急系数",
           quoting.bands),
    _count("sample.transit_d", 3, "Transit of a sample, days", "样品运输(天)"),
    _count("sample.max_rounds", 3, "Rounds of a sample before an alert", "打样轮数上限", 99),
    _count("sample.comment_remind_d", 10, "Reminder for a comment, days", "催批文(天)"),
    Setting("mfg.class.major_amount", "money", 50_000_000, T("Major contract from, CNY", zh="重大合同起点"),
            most=10**14),
    _count("class.split_d", 7, "Orders counted together, days", "拆单合计(天)"),
    *(
        Setting(f"mfg.review.points.{letter}", "ints", [1, 2, 3, 4, 5, 6],
                T(f"Points reviewed, class {letter}", zh=f"{letter}类评审要点"), least=1, most=6)
        for letter in "ABCD"
    ),
    *(
        _table(f"review.route.{route}", text, f"Route {route}", f"路线 {route}", _known_signers)
        for route, text in REVIEW_ROUTES.items()
    ),
    _count("review.limit_w.phone", 1, "Review by phone, workdays", "电话评审时限(工作日)"),
    _count("review.limit_w.general", 2, "General review, workdays", "会签评审时限(工作日)"),
    _count("review.limit_w.meeting", 5, "Review meeting, workdays", "会议评审时限(工作日)"),
    _words("review.invite", [], "Roles always invited to the meeting", "会议固定邀请"),
    _count("review.absent_max", 0, "Signatures a meeting may lack", "会签可缺席数", 20),
    _count("review.quorum_after_w", 3, "Quorum counts after, workdays", "法定人数起算(工作日)"),
    _words("review.must_sign", ["sales-manager", "engineering"], "Never absent", "不得缺席"),
    Setting("mfg.review.one_slot_per", "choice", "stage", T("One signature of a person per", zh="一人一签范围"),
            choices=("stage", "round")),
    Setting("mfg.review.own_delegate", "bool", False, T("A delegate may sign for requester or owner",
            zh="可代申请人/负责人签字")),
    _count("review.opinion_min", 5, "Shortest reason of a rejection, characters", "否决意见最少字数", 200),
    _count("review.valid_d", 30, "Validity of a passed review, days", "评审有效期(天)"),
    _count("review.warn_d", 5, "Warning before a review expires, days", "评审到期提醒(天)"),
    _count("review.alert_rounds", 3, "Alert from this rejected round on", "否决轮数预警", 99),
    _count("delegation.max_d", 30, "Longest delegation, days", "最长委托(天)"),
    _count("amend.large_percent", 30, "A change is large from, percent", "重签比例(百分比)", 100),
    _words("so.departments", ["planning", "purchasing", "finance", "quality"], "Who acknowledges a sales order",
           "确认部门"),
    _table("plan.make", PLAN_MAKE, "Plan of production", "生产倒排模板", planning.template),
    _table("plan.stock", PLAN_STOCK, "Plan from stock", "现货倒排模板", planning.template),
    _count("plan.min_w.make", 10, "Shortest plan of production, workdays", "生产最短(工作日)"),
    _count("plan.min_w.stock", 2, "Shortest plan from stock, workdays", "现货最短(工作日)"),
    _count("plan.urge_w", 2, "Urge before a milestone, workdays", "节点催办(工作日)"),
    _count("plan.escalate1_w", 1, "First alert after a milestone, workdays", "一级预警(工作日)"),
    _count("plan.escalate2_w", 3, "Second alert after a milestone, workdays", "二级预警(工作日)"),
    Setting("mfg.material.step", "money", 1, T("Needs are rounded up to", zh="物料进位"), least=1, most=1_000_000),
    Setting("mfg.material.remind_d", "ints", [10, 5, 1], T("Reminders before customer's material is needed, days",
            zh="来料提醒(天)"), most=365),
    _count("material.late_d", 1, "Customer's material is late after, days", "来料逾期提醒(天)"),
    _count("delay.notice_w", 5, "Notice of a delay before the date, workdays", "延期提前告知(工作日)"),
    _count("ship.docs_w.foreign", 3, "Papers before dispatch, foreign, workdays", "外销单证提前(工作日)"),
    _count("ship.docs_w.domestic", 1, "Papers before dispatch, domestic, workdays", "内销单证提前(工作日)"),
    _words("ship.docs_foreign", ["invoice", "packing-list", "customs-declaration", "contract-copy", "booking"],
           "Papers of a foreign shipment", "外销单证"),
    _words("ship.docs_domestic", ["delivery-note", "quality-certificate"], "Papers of a domestic shipment", "内销单证"),
    _count("credit.block_d", 30, "Overdue days that block dispatch", "停止发货的逾期天数"),
    _count("cancel.pay_d", 30, "Cancellation costs are due after, days", "取消费用账期(天)"),
    Setting("mfg.dun.offsets_d", "ints", [-3, 1, 7, 15, 30, 60],
            T("Levels of the dunning ladder, days", zh="催款阶梯(天)"), least=-365, most=3650, check=_rises),
    _count("after.call_d", 7, "First call-back after delivery, days", "首次回访(天)"),
    _count("after.survey_d", 15, "Survey after delivery, days", "满意度调查(天)"),
    _count("after.monthly_day", 10, "Monthly call until the day", "每月回访截止日", 28),
    _count("after.active_months", 12, "Months a customer counts as active", "活跃月数", 120),
    _count("after.low_score", 2, "Score that asks for improvement", "低分线", 5),
    Setting("mfg.complaint.credit_manager_max", "money", 500_000, T("Credit a sales manager signs up to, CNY",
            zh="销售经理批准上限")),
    Setting("mfg.entry.cutoff", "time", "15:00", T("Same-day dispatch until", zh="当日发货截止")),
    _count("entry.remit_d", 7, "Carrier pays over within, days", "回款期限(天)"),
    Setting("mfg.entry.close_alert", "time", "18:00", T("Entry day closed by", zh="录单结账时刻")),
    _count("kpi.conversion_d", 180, "Sample-to-order window, days", "样品转单期限(天)"),
    _words("kpi.customer_causes", ["customer-material"], "Delay causes that move the committed date",
           "可移动承诺日的原因"),
    number_setting("mfg.no.contract", "HT-{year}-{n:04}", T("Numbers of confirmed phone orders", zh="合同编号格式")),
    *_offsets(),
)  # fmt: skip
