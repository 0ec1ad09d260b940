"""Every number of the branch as a setting. ``reg``: follows public rules and is to be checked against those in force.

Money in fen, rates in ppm of turnover, shares in bp. Source: brokerage.md section 5.12.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from serviceflow.api import Setting, T

from serviceflow_brokerage.limits import LIMITS, TASKS

UNIT_NAMES = {"bd": T("business days", zh="工作日"), "cd": T("calendar days", zh="天"), "h": T("hours", zh="小时")}


def _int(key: str, default: int, en: str, zh: str, least: int = 0, most: int = 1_000_000_000_000) -> Setting:
    return Setting(f"broker.{key}", "int", default, T(en, zh=zh), least, most)


def _money(key: str, default: int, en: str, zh: str) -> Setting:
    return Setting(f"broker.{key}", "money", default, T(en, zh=zh), 0, 10**15)


def _words(key: str, default: list[str], en: str, zh: str) -> Setting:
    return Setting(f"broker.{key}", "words", default, T(en, zh=zh))


def _text(key: str, default: str, en: str, zh: str) -> Setting:
    return Setting(f"broker.{key}", "text", default, T(en, zh=zh))


def _ints(key: str, default: list[int], en: str, zh: str, most: int = 1_000_000) -> Setting:
    return Setting(f"broker.{key}", "ints", default, T(en, zh=zh), 0, most)


IMPORT = (
    _int("import_max_bad_bp", 500, "Bad rows a file may have (bp)", "文件允许的坏行比例(万分之)", most=10_000),
    _text("import_inbox_dir", "", "Folder with files of the back office", "柜台文件收件目录"),
    _int("snapshot_max_age_days", 3650, "Oldest snapshot taken (days)", "快照最多早于今天(天)"),
    _text("id_hash_key", "", "Secret for hashes of identity numbers", "证件号散列密钥"),
)
SEGMENTATION = (
    _money("asset_large_fen", 100_000_000, "Large client from", "大户资产起点"),
    _money("asset_medium_fen", 10_000_000, "Medium client from", "中户资产起点"),
    _int("asset_window_days", 45, "Days a snapshot counts", "快照有效天数", 1),
    _int("age_young_max", 34, "Young up to (years)", "青年年龄上限"),
    _int("age_middle_max", 59, "Middle-aged up to (years)", "中年年龄上限"),
    _int("onsite_share_bp", 5000, "On-site from this share of trades (bp)", "现场笔数比例起点(万分之)", most=10_000),
    _int("fulltime_trades_90", 120, "Full-time from trades in 90 days", "专职交易90日笔数起点"),
    _int("active_days", 30, "Active up to days without trade", "活跃:无交易天数上限"),
    _int("dormant_days", 180, "Dormant from days without trade", "休眠:无交易天数起点"),
    _int("value_high", 80, "High value from score", "高价值分数起点", most=100),
    _int("value_mid", 50, "Middle value from score", "中价值分数起点", most=100),
    _int("new_client_days", 30, "New up to days since opening", "新客户天数上限"),
    _int("rfm_quantiles", 5, "Classes of R, F and M", "RFM 分档数", 1, 100),
    _ints("rfm_weights", [20, 30, 50], "Weights of R, F, M (sum 100)", "RFM 权重(合计100)", 100),
    _int("mass_change_bp", 3000, "Moves that stop a run (bp)", "批量变更停止线(万分之)", most=10_000),
    _int("pin_max_days", 180, "Longest pin (days)", "人工指定最长天数"),
)
WATCH = (
    _money("watch_asset_min_fen", 5_000_000, "Assets from which drops are watched", "资产下降关注起点"),
    _int("asset_drop_bp", 2000, "Drop of assets (bp)", "资产下降比例(万分之)"),
    _int("drop_lookback_days", 35, "Days a drop looks back", "下降回看天数", 1),
    _int("no_trade_days", 90, "Days without trade", "久未交易天数"),
    _money("commission_drop_min_fen", 20_000, "Commission from which drops are watched", "佣金下降关注起点"),
    _int("commission_drop_bp", 5000, "Drop of commission (bp)", "佣金下降比例(万分之)"),
    _int("client_loss_bp", 1500, "Loss of a client (bp)", "客户亏损比例(万分之)"),
    _money("large_deposit_fen", 50_000_000, "Large deposit", "大额转入"),
    _money("large_withdrawal_fen", 10_000_000, "Large withdrawal", "大额转出"),
    _int("large_withdrawal_bp", 3000, "Large withdrawal (bp of assets)", "大额转出比例(万分之)"),
    _int("never_traded_days", 30, "Days after opening without trade", "开户未交易天数"),
    _int("idle_cash_bp", 8000, "Idle cash (bp of assets)", "闲置资金比例(万分之)"),
    _money("idle_cash_fen", 10_000_000, "Idle cash from", "闲置资金起点"),
    _int("risk_notice_days", 30, "Notice before an assessment ends (days)", "测评到期提前天数"),
    _int("event_scan_days", 45, "Days in which events are looked for", "事件扫描天数", 1),
    _words(
        "watch_profile_fields",
        ["phone", "address", "custody_bank", "occupation", "income", "id_valid_until"],
        "Watched fields of the client file",
        "关注的资料字段",
    ),
    _int("watch_due_high", 1, "Task of a high alert (business days)", "高等级任务时限(工作日)"),
    _int("watch_due_mid", 3, "Task of a middle alert (business days)", "中等级任务时限(工作日)"),
    _int("watch_due_low", 5, "Task of a low alert (business days)", "低等级任务时限(工作日)"),
    _words("retention_auto_segments", ["core", "trader"], "Segments with automatic retention", "自动挽留细分"),
)
SERVICE = (
    _int("service_lead_days", 7, "Days a call is planned ahead", "服务联系提前天数"),
    _int("service_tasks_per_owner", 20, "Calls planned per owner and day", "每人每日服务任务上限", 1),
    _words("contact_outcomes", ["reached"], "Outcomes that count as contact", "算作有效联系的结果"),
    _int("marketing_cap_default", 4, "Marketing messages in 30 days", "30日营销短信上限"),
    _int("annual_callback_bp", 1000, "Yearly callbacks (bp) reg", "年度回访比例(万分之) reg", most=10_000),
    _int("push_daily_cap", 3, "Research pushes per client and day", "每客户每日推送上限"),
    _words(
        "channel_cost_fen",
        ["visit=5000", "face-to-face=1000", "phone=300", "wechat=50", "sms=10", "email=1"],
        "Cost of a contact by channel (fen)",
        "各渠道单次成本(分)",
    ),
    _text("hotline", "95500", "Hotline", "客服热线"),
)
SUITABILITY = (
    _int("risk_valid_months", 24, "An assessment is valid (months)", "测评有效月数", 1),
    _ints("risk_bands", [20, 36, 53, 82, 100], "Upper ends of C1 to C5", "C1-C5 分数上限", 100),
    _int("risk_retakes_day", 2, "Assessments on one day", "每日测评次数上限", 1),
    _int("risk_retakes_year", 8, "Assessments in a year", "一年测评次数上限", 1),
    _ints("risk_soon_days", [30, 7], "Reminders before an assessment ends (days)", "测评到期提醒(提前天数)", 3650),
    _int("level_review_days", 30, "A raise after a mismatch is reviewed (days)", "升级复核天数"),
    _int("special_level", 5, "R-level with special notice", "特别提示风险等级", 1, 5),
    _int("consider_hours", 24, "Time to consider (hours)", "考虑期(小时)"),
    _int("letter_valid_days", 10, "A warning letter is valid (days)", "警示书有效天数"),
    _int("clearance_days", 30, "A clearance is valid (days)", "可办理有效天数"),
    _int("suit_callback_days", 7, "Callback after a deal (days)", "办理后回访天数"),
    _int("senior_age", 70, "Witness from age", "须见证年龄"),
    _money("suit_bm_amount_fen", 50_000_000, "Branch manager signs from", "负责人审批金额起点"),
    _int("suitability_retention_years", 20, "Records are kept (years) reg", "记录保存年数 reg"),
)
OPENING = (
    _int("min_age", 18, "Youngest client (years) reg", "最低开户年龄 reg"),
    _int("max_market_accounts", 3, "Accounts in the market reg", "市场账户上限 reg"),
    _words("required_agreements", ["brokerage", "custody", "e_sign"], "Agreements to sign", "必签协议"),
    _int("callback_due_days", 7, "Callback after opening (days)", "开户回访天数"),
    _int("callback_limit_days", 30, "Callback at the latest (days) reg", "开户回访期限 reg"),
    _int("lapse_days", 30, "An opening lapses after (days)", "开户失效天数"),
    _int("lapse_revive_days", 90, "A lapsed opening may be revived (days)", "失效后可恢复天数"),
    _int("contact_attempts", 3, "Attempts to reach a lead", "线索联系次数", 1),
)
CLOSING = (
    _words("talk_segments", ["core", "trader"], "Segments asked to stay", "挽留沟通细分"),
    _int("closing_talk_bd", 1, "Talk (business days)", "挽留沟通工作日"),
    _int("closing_process_bd", 2, "Closing is done in (business days)", "销户办理工作日"),
    _int("closing_blocked_days", 30, "A blocked closing lapses after (days)", "待处理失效天数"),
)
COMMISSION = (
    _int("commission_standard_ppm", 300, "Standard rate (ppm)", "标准佣金(百万分之)"),
    _int("commission_max_ppm", 3000, "Highest rate (ppm) reg", "最高佣金(百万分之) reg"),
    _int("commission_cost_floor_ppm", 80, "Cost floor (ppm)", "成本线(百万分之)"),
    _int("commission_bm_floor_ppm", 150, "Head office signs below (ppm)", "总部审批线(百万分之)"),
    _int("offer_months", 12, "Length of an offer (months)", "优惠月数", 1),
    _int("offer_review_days", 90, "Review of an offer every (days)", "优惠复核间隔天数", 1),
    _int("revoke_notice_bd", 5, "Notice before a rate is taken back (business days)", "撤销通知工作日"),
    _int("rate_notice_days", 15, "Notice before an offer ends (days)", "优惠到期提前天数"),
)
RETENTION = (
    _int("retention_observe_days", 60, "Observation (days)", "观察期天数"),
    _int("retention_keep_bp", 9000, "Kept from this share of assets (bp)", "挽留成功资产比例(万分之)"),
)
PARTNER = (
    _int("referral_valid_days", 90, "A referral counts (days)", "推荐有效天数"),
    _words("partner_share_models", ["per_account", "commission_share", "none"], "Models switched on", "启用的分成方式"),
    _int("partner_share_max_bp", 3000, "Highest share (bp)", "最高分成(万分之)", most=10_000),
    _money("partner_per_account_max_fen", 50_000, "Highest fee per account", "最高开户奖励"),
    _int("partner_max_months", 36, "Longest contract (months)", "合作期最长月数", 1),
    _int("passthrough_ppm", 54, "Passed on to exchanges (ppm)", "代收规费(百万分之)"),
    _int("settlement_day", 5, "Day of the month on which statements are drafted", "每月起草结算单的日期", 1, 28),
    _money("partner_min_payout_fen", 10_000, "Least payout", "最低结算金额"),
    _int("partner_review_days", 90, "Joint review every (days)", "联合复盘间隔天数", 1),
    _words("branch_regions", [], "Regions with a branch", "有营业部的地区"),
)
CAMPAIGN = (
    _int("campaign_response_days", 14, "Responses count after the end (days)", "结束后响应统计天数"),
    _int("campaign_reply_hours", 24, "Answer within (hours)", "回复时限(小时)"),
    _int("campaign_convert_days", 30, "Conversion window (days)", "转化窗口天数"),
    _int("campaign_control_max_pct", 50, "Largest control group (%)", "对照组上限(%)", most=100),
)
RESEARCH = (
    _int("question_hours", 4, "Answer within service hours (hours)", "答疑时限(小时)", 1),
    Setting(
        "broker.service_hours",
        "times",
        ["09:00", "17:00"],
        T("Service hours", zh="服务时间"),
        check=lambda v: None if len(v) == 2 and v[0] < v[1] else T("from and until", zh="须为起止时间"),
    ),
    _int("question_close_days", 3, "An answer closes after (days)", "答复后自动结单天数"),
    _int("question_reopen_days", 7, "Reopened up to (days)", "可重开天数"),
    _int("plan_review_days", 90, "A plan is looked through every (days)", "计划检视间隔天数", 1),
)
DAILY = (Setting("broker.daily_at", "time", "00:00", T("What a date brings is done from", zh="按日期自动处理的时间")),)


def _spans() -> tuple[Setting, ...]:
    found = []
    for kind, title, table in (
        ("limit", T("Limit of {key} ({unit})", zh="{key} 时限({unit})"), LIMITS),
        ("task", T("Task at {key} ({unit})", zh="{key} 任务({unit})"), TASKS),
    ):
        for key, (count, unit) in table.items():
            named = title.of(key=key, unit=UNIT_NAMES[unit])
            found.append(Setting(f"broker.{kind}.{key}", "int", count, T(named.to("en"), zh=named.to("zh")), 0, 3650))
    return tuple(found)


SETTINGS: tuple[Setting, ...] = (
    *IMPORT,
    *SEGMENTATION,
    *WATCH,
    *SERVICE,
    *SUITABILITY,
    *OPENING,
    *CLOSING,
    *COMMISSION,
    *RETENTION,
    *PARTNER,
    *CAMPAIGN,
    *RESEARCH,
    *DAILY,
    *_spans(),
)


def settings_faults(get: Callable[[str], Any]) -> list[tuple[str, T]]:
    """Return (setting, what is wrong) where settings do not fit together."""
    faults = []
    weights = get("broker.rfm_weights")
    if len(weights) != 3 or sum(weights) != 100:
        faults.append(("broker.rfm_weights", T("three numbers that make 100 are needed", zh="须为合计100的三个数")))
    bands = get("broker.risk_bands")
    if len(bands) != 5 or bands != sorted(set(bands)) or bands[-1] != 100:
        faults.append(("broker.risk_bands", T("five rising numbers up to 100", zh="须为递增至100的五个数")))
    rising = (("asset_medium_fen", "asset_large_fen"), ("age_young_max", "age_middle_max"), ("value_mid", "value_high"))
    for low, high in rising:
        if get(f"broker.{low}") >= get(f"broker.{high}"):
            faults.append((f"broker.{high}", T("must be above {other}", zh="须大于 {other}").of(other=f"broker.{low}")))
    return faults


def whole_settings(get: Callable[[str], Any]) -> dict[str, Any]:
    """Return every setting that a rule file may name with ``$``, by its name without prefix."""
    names = [s.key.removeprefix("broker.") for s in SETTINGS if s.kind in ("int", "money") and s.key.count(".") == 1]
    return {name: get(f"broker.{name}") for name in names}
