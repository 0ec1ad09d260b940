"""Every number of the salon. Source: examples.md section 5."""

from __future__ import annotations

from serviceflow.api import Setting, T

SETTINGS = (
    Setting("bea.greet_metres", "int", 3, T("Metres to meet a guest", zh="迎宾米数")),
    Setting("bea.welcome_minutes", "int", 10, T("Minutes of the welcome", zh="迎客时限分钟"), least=1),
    Setting("bea.form_days", "int", 180, T("Days a form is good", zh="咨询表有效天数"), least=1),
    Setting("bea.destructive_months", "int", 6, T("Months after a destructive treatment", zh="破坏性项目后月数")),
    Setting("bea.patch_hours", "int", 24, T("Hours a patch test takes", zh="皮试观察小时")),
    Setting("bea.patch_valid_days", "int", 180, T("Days a patch test is good", zh="皮试有效天数"), least=1),
    Setting("bea.package_months", "int", 12, T("Months a package lasts", zh="疗程有效月数"), least=1),
    Setting("bea.discount_pct", "percent", 20, T("Discount without the manager", zh="顾问折扣上限"), most=100),
    Setting("bea.freeze_max_cd", "int", 90, T("Longest freeze in days", zh="最长冻结天数"), least=1),
    Setting("bea.freeze_times", "int", 1, T("Freezes of a package", zh="冻结次数")),
    Setting("bea.refund_fee_pct", "percent", 0, T("Fee of a refund", zh="退款手续费"), most=100),
    Setting("bea.low_left", "int", 2, T("Sessions that are few", zh="剩余提醒次数"), least=1),
    Setting("bea.expire_remind_cd", "ints", [30, 7], T("Days before expiry to write", zh="到期前提醒天数")),
    Setting("bea.aftercare_cd", "ints", [1, 3, 7], T("Days after which we ask", zh="护理后回访天数")),
    Setting("bea.remind_cd", "int", 1, T("Days before a session to remind", zh="提前提醒天数")),
    Setting("bea.noshow_minutes", "int", 30, T("Minutes until a no-show", zh="未到等待分钟"), least=1),
    Setting("bea.late_cancel_hours", "int", 4, T("Hours that are a late cancel", zh="临时取消小时")),
    Setting("bea.deduct_late", "bool", False, T("Late cancels use a session", zh="临时取消扣次")),
    Setting("bea.minor_age", "int", 14, T("Age below which a guardian decides", zh="须监护人同意的年龄")),
    Setting("bea.renew_days", "int", 30, T("Days in which a renewal counts", zh="续购统计天数"), least=1),
)
