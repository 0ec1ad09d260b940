"""Every number of the studio as a setting. Source: studio.md section 5.1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import time
from typing import Any

from serviceflow.api import Setting, T

from serviceflow_studio.messages import TEMPLATES
from serviceflow_studio.waves import read_holidays, read_levels, read_waves

TECHNIQUES: Mapping[str, T] = {
    "limited-places": T("Limited places", zh="名额有限"),
    "tour": T("Tour of the house", zh="参观环境"),
    "lively-hall": T("Lively hall", zh="热闹氛围"),
    "real-albums": T("Real albums", zh="实物相册"),
    "gift": T("Gift", zh="赠品"),
    "special-package": T("Special package", zh="特惠套系"),
    "relay": T("Relay of colleagues", zh="同事接力"),
    "two-colleagues": T("Two-colleague talk", zh="双簧配合"),
    "seven-steps": T("Seven-step farewell", zh="送客七步"),
    "voucher": T("Gift voucher", zh="礼券"),
}
"""Ways to close a sale, as they are logged; a shop may list others in ``studio.closing.techniques``."""

CHANNELS = ("sms", "wechat", "print", "email", "hand")


def _written(read: Callable[[Any], Any]) -> Callable[[Any], T | None]:
    def check(value: Any) -> T | None:
        try:
            read(value)
        except ValueError as cause:
            return T("cannot read “{part}”", zh="无法识别“{part}”").of(part=str(cause))
        return None

    return check


def _known_channels(value: Any) -> T | None:
    unknown = [word for word in value if word not in CHANNELS]
    if unknown or not value:
        return T("channels are {names}", zh="渠道可用: {names}").of(names=", ".join(CHANNELS))
    return None


def settings_faults(get: Callable[[str], Any]) -> list[tuple[str, T]]:
    """Return (setting, what is wrong) where settings do not fit together."""
    faults = []
    for desk, grid in (("viewing", "studio.viewing.grid"), ("pickup", "studio.pickup.slot_minutes")):
        opens, closes = (time.fromisoformat(get(f"studio.{desk}.{end}")) for end in ("open", "close"))
        if closes <= opens:
            faults.append(
                (f"studio.{desk}.close", T("must be after {open}", zh="须晚于 {open}").of(open=f"{opens:%H:%M}"))
            )
        elif (_minute(closes) - _minute(opens)) % get(grid):
            faults.append((grid, T("must divide the opening hours", zh="须能整除营业时间")))
    for key in ("studio.viewing.wedding_minutes", "studio.viewing.art_minutes"):
        if get(key) % get("studio.viewing.grid"):
            faults.append(
                (key, T("must be a multiple of {grid}", zh="须为 {grid} 的倍数").of(grid=get("studio.viewing.grid")))
            )
    if get("studio.floor.talk_max") < get("studio.floor.talk_min"):
        faults.append(("studio.floor.talk_max", T("must not be below the least", zh="不得小于下限")))
    return faults


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _minutes(key: str, default: int, en: str, zh: str) -> Setting:
    return Setting(f"studio.{key}", "int", default, T(f"{en}, minutes", zh=f"{zh}(分钟)"), most=1440)


def _days(key: str, default: int, en: str, zh: str) -> Setting:
    return Setting(f"studio.{key}", "int", default, T(f"{en}, days", zh=f"{zh}(天)"), most=3650)


def _count(key: str, default: int, en: str, zh: str, *, least: int = 0, most: int = 1000) -> Setting:
    return Setting(f"studio.{key}", "int", default, T(en, zh=zh), least=least, most=most)


def _fen(key: str, default: int, en: str, zh: str) -> Setting:
    return Setting(f"studio.{key}", "money", default, T(en, zh=zh))


def _time(key: str, default: str, en: str, zh: str) -> Setting:
    return Setting(f"studio.{key}", "time", default, T(en, zh=zh))


TIMES = (
    _time("day.task_due", "18:00", "Dated tasks are due at", "按日期的待办到期时刻"),
    _time("day.morning", "09:00", "Morning messages leave at", "早间消息时刻"),
    _time("day.letter_time", "10:00", "Letters leave at", "信件时刻"),
    _time("day.reminder_time", "10:00", "Reminders leave at", "提醒时刻"),
    _time("day.pickup_reminder_time", "16:00", "Pickup reminders leave at", "取件提醒时刻"),
    _time("day.check_time", "12:00", "Checks the day before are due at", "前一日检查时刻"),
)

HINTS = (
    _minutes("hint.rapport_minute", 1, "Win their liking within", "赢得好感的时间"),
    _count("hint.tea_percent", 70, "How full the tea cup is, percent", "茶水几分满(百分比)", most=100),
    _count("hint.farewell_steps", 7, "Steps to walk with a leaving customer", "送客步数"),
    _count("hint.small_flaws", 2, "Points named at the talk at most", "拍前沟通最多指出几处"),
    _count("hint.car_bow_degrees", 15, "Lean at the car door, degrees", "开车门躬身角度", most=90),
)

SALE = (
    _count("closing.choices", 2, "Packages in a final comparison", "最后对照的套系数", least=2, most=2),
    Setting(
        "studio.closing.techniques", "words", list(TECHNIQUES), T("Closing techniques to log", zh="可登记的促成方式")
    ),
    _minutes("sheet.minutes", 30, "Inquiry sheet handed in after leaving", "咨商表交回时限"),
    _minutes("winback.call_minutes", 60, "Call after leaving", "离店后回访时限"),
    _days("surprise.days", 3, "Surprise offer after leaving", "惊喜通知时限"),
    _days("surprise.valid_days", 30, "Validity of a surprise offer", "惊喜优惠有效期"),
    _fen("surprise.max_off", 20000, "Largest surprise amount without a signature", "惊喜优惠免批上限"),
    _days("notclosed.lost_days", 30, "Not closed, then lost after", "未成交转流失"),
    Setting(
        "studio.deposit.min_percent",
        "percent",
        20,
        T("Least deposit, percent of the sum due", zh="定金下限(应收百分比)"),
        most=100,
    ),
    Setting(
        "studio.discount.supervisor_percent",
        "percent",
        10,
        T("Discount a supervisor may sign, percent", zh="主管可批折扣(百分比)"),
        most=100,
    ),
    _minutes("booked.sms_minutes", 30, "Deposit message out within", "付定短信时限"),
    _minutes("booked.pack_minutes", 30, "Pack and love card handed over within", "资料袋与爱情卡交付时限"),
    _days("booked.letter_days", 1, "Thank-you letter after booking", "付定感谢信"),
    _days("booked.file_days", 1, "Customer file after booking", "客户建档"),
    _days("urge.handover_days", 10, "Consultant urges for", "门市催拍期"),
    Setting(
        "studio.urge.consultant_days",
        "ints",
        [5, 10],
        T("Days after booking on which the consultant urges", zh="门市催拍日(付定后第几天)"),
        least=1,
        most=365,
    ),
    _days("urge.offer_days", 15, "Shoot-15 and pay-full are valid for", "催拍优惠有效期"),
    _days("urge.best_after_days", 60, "Better plan after more than", "最优方案起始"),
    _days("urge.best_valid_days", 30, "Validity of the better plan", "最优方案有效期"),
    _fen("urge.shoot_off", 10000, "Amount off: shoot soon", "限期拍摄减额"),
    _fen("urge.full_off", 15000, "Amount off: pay in full", "付清减额"),
    _fen("urge.best_off", 30000, "Amount off: better plan", "最优方案减额"),
)

SHOOT = (
    _days("shoot.lead_days", 7, "Book a shoot ahead", "拍摄提前预约"),
    _days("shoot.reminder_days", 1, "Reminder before the shoot", "拍摄前提醒"),
    _minutes("shoot.balance_early_minutes", 20, "Earlier arrival when money is owed", "有欠款时提早到店"),
    Setting(
        "studio.shoot.waves",
        "text",
        "09:00=3, 10:30=3, 13:30=2",
        T("Arrival waves and couples per wave", zh="到店时段与每段对数"),
        check=_written(read_waves),
    ),
    _count("shoot.cars", 2, "Outdoor cars per day", "每日外景车数"),
    _minutes("shoot.today_grace_minutes", 30, "A wave of today is usable for", "当日时段宽限"),
    _minutes("shoot.noshow_minutes", 60, "No-show by hand after", "未到店登记起点"),
    Setting("studio.shoot.require_full_payment", "bool", True, T("Balance paid before check-in", zh="付清方可拍摄")),
)

FLOOR = (
    _minutes("floor.greet", 2, "Greeting", "恭迎登记"),
    _minutes("floor.brief", 5, "Briefing", "拍前讲解"),
    _minutes("floor.settle", 10, "Key and towels", "调度安排"),
    _minutes("floor.dress", 10, "Choosing the dress", "选穿礼服"),
    _minutes("floor.makeup", 60, "Make-up", "化妆造型"),
    _minutes("floor.callin", 2, "Call to the studio", "安排拍摄"),
    _minutes("floor.talk_min", 5, "Talk before shooting, at least", "拍前沟通下限"),
    _minutes("floor.talk_max", 10, "Talk before shooting, at most", "拍前沟通上限"),
    _minutes("floor.shot_white_gown", 40, "Shooting a white gown", "白纱拍摄"),
    _minutes("floor.shot_evening", 25, "Shooting an evening dress", "晚装拍摄"),
    _minutes("floor.shot_special", 15, "Shooting a special outfit", "特色服拍摄"),
    _minutes("floor.change", 10, "Change of dress", "更换礼服"),
    _minutes("floor.retouch", 20, "Restyling", "改妆"),
    _minutes("floor.wait_max", 15, "Waiting", "等候上限"),
    _minutes("floor.outdoor", 120, "Outdoor shoot", "外景拍摄"),
    _minutes("floor.car_call", 30, "Car called before departure", "提前叫车"),
    _minutes("floor.driver_early", 5, "Driver ready before departure", "司机提前就位"),
    _minutes("floor.climate_early", 5, "Heating or cooling on before departure", "提前开空调"),
    _minutes("floor.visit_minutes", 120, "Visits to the set after check-in", "探班时限"),
    _fen("locker.deposit", 10000, "Deposit for a locker key", "衣柜钥匙押金"),
    _count("locker.towels_per_person", 1, "Towels per person", "每人毛巾数"),
)

VIEWING = (
    _minutes("viewing.wedding_minutes", 150, "Viewing, wedding", "婚纱看样时长"),
    _minutes("viewing.art_minutes", 120, "Viewing, portrait", "艺术照看样时长"),
    _count("viewing.rooms", 2, "Viewing rooms", "看样室数"),
    _time("viewing.open", "09:00", "Viewing opens", "看样开始"),
    _time("viewing.close", "21:00", "Viewing closes", "看样结束"),
    Setting(
        "studio.viewing.grid", "int", 30, T("Viewing starts every … minutes", zh="看样时间格(分钟)"), least=5, most=240
    ),
    _days("viewing.reminder_days", 1, "Reminder before the viewing", "看样前提醒"),
    _days("viewing.min_days_after_shoot", 1, "Earliest viewing after the shoot", "拍摄后最早看样"),
    _minutes("viewing.noshow_minutes", 30, "No-show by hand after", "看样未到登记起点"),
    _days("viewing.set_days", 3, "Time to agree a viewing date", "约看样期限"),
    _count("viewing.passes", 3, "Passes through the pictures", "选片遍数", least=1, most=3),
    Setting(
        "studio.viewing.change_hours",
        "int",
        3,
        T("Changes to the list possible for, hours", zh="清单可改(小时)"),
        most=720,
    ),
    _count("viewing.list_copies", 2, "Signed copies of the production list", "制作清单份数", least=1),
    Setting(
        "studio.viewing.extra_photo_code",
        "text",
        "X-PHOTO",
        T("Price code of photos above the package", zh="超张价目编码"),
    ),
)

AFTER = (
    _days("handover.days", 1, "Hand-over after signing", "下件移交"),
    _time("handover.time", "10:00", "Hand-over at", "移交时刻"),
    _days("production.days", 20, "Production of package pieces", "套系相件制作"),
    _days("bridal.days", 14, "Arrange make-up and dress before the wedding", "婚期前安排新娘妆与礼服"),
    Setting(
        "studio.pickup.slot_minutes",
        "int",
        30,
        T("Length of a pickup slot, minutes", zh="取件时段(分钟)"),
        least=5,
        most=240,
    ),
    _count("pickup.capacity", 3, "Pickup desks", "取件台数"),
    _time("pickup.open", "10:00", "Pickup opens", "取件开始"),
    _time("pickup.close", "20:00", "Pickup closes", "取件结束"),
    _days("pickup.check_days", 1, "Check before the pickup", "取件前检查"),
    _days("pickup.reminder_days", 1, "Reminder before the pickup", "取件前提醒"),
    _minutes("pickup.fetch_minutes", 3, "Pieces fetched within", "取出相件时限"),
    _count("pickup.helper_pieces", 6, "Bring a helper for more pieces than", "超过几件请带人"),
    _count("survey.complaint_at", 2, "Overall score that opens a complaint", "自动立案的总分", most=5),
    Setting(
        "studio.complaint.major_hours",
        "int",
        2,
        T("Solution of a major complaint, hours", zh="重大客诉时限(小时)"),
        most=720,
    ),
    Setting(
        "studio.complaint.normal_hours", "int", 24, T("Solution of a complaint, hours", zh="客诉时限(小时)"), most=720
    ),
    _days("care.shoot_days", 1, "Care message after the shoot", "拍摄后关怀"),
    _days("care.viewing_days", 1, "Care message after the viewing", "看样后关怀"),
    _days("care.letter_days", 7, "Thank-you or apology after pickup", "取件后感谢或致歉"),
    _days("care.vip_days", 30, "VIP letter without a referral", "无介绍的贵宾信"),
    _days("referral.thank_days", 1, "Thank the referrer after", "致谢介绍人"),
    Setting(
        "studio.referral.levels",
        "text",
        "love 爱情卡 Love card 0 100.00; gold 金卡 Gold card 3 150.00; diamond 钻石卡 Diamond card 8 200.00",
        T("Card levels: code, names, from so many referrals, gift money", zh="爱情卡级别: 编码 名称 起始介绍数 礼金"),
        check=_written(read_levels),
    ),
    Setting(
        "studio.life.holidays",
        "words",
        [
            "02-14 情人节 Valentine's Day",
            "10-01 国庆节 National Day",
            "2025-08-29 七夕 Qixi",
            "2026-02-17 春节 Spring Festival",
        ],
        T("Days customers are greeted on", zh="问候客户的节日"),
        check=_written(read_holidays),
    ),
    _days("calendar.horizon_days", 365, "Furthest bookable day", "最远可约"),
    Setting(
        "studio.signoff.hold_hours",
        "int",
        24,
        T("A place is held for a signature, hours", zh="待批保留名额(小时)"),
        least=1,
        most=720,
    ),
)

MESSAGE_CHANNELS = tuple(
    Setting(
        f"studio.msg.{template.key}.channels",
        "words",
        list(template.channels),
        T(f"Channels of {template.key}, first choice first", zh=f"{template.key} 的渠道顺序"),
        check=_known_channels,
    )
    for template in TEMPLATES
)

SETTINGS = (*TIMES, *HINTS, *SALE, *SHOOT, *FLOOR, *VIEWING, *AFTER, *MESSAGE_CHANNELS)
