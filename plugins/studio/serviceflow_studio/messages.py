"""What customers read. Kind A is service, M marketing that obeys opt-outs. Source: studio.md section 7."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from serviceflow.api import T, Template

SMS: Final = ("sms", "wechat")
LETTER: Final = ("print", "wechat", "sms")


def _template(
    key: str, kind: Literal["A", "M"], channels: tuple[str, ...], text: T, variants: Mapping[str, T] | None = None
) -> Template:
    texts = [text, *(variants or {}).values()]
    fields = tuple(sorted({name for t in texts for name in t.field_names()}))
    return Template(
        key, text, "service" if kind == "A" else "marketing", channels, variants or {}, fields, opt_out=kind == "M"
    )


BOOKED = T(
    "{name}, order {order_no} is confirmed, {amount} received.", zh="{name},订单{order_no}已确认,已收{amount}元。"
)
GUEST_SHOOT = T("{name}, thank you for coming; see you at the viewing.", zh="{name},感谢昨天来拍摄,期待与您看样。")
GUEST_VIEWING = T("{name}, thank you; we will make them with care.", zh="{name},谢谢您的选择,我们会认真制作。")


def _more(start: T, en: str, zh: str) -> T:
    return T(f"{start.en} {en}", zh=f"{start.zh}{zh}")


SALE = (
    _template(
        "not-closed-sms",
        "M",
        SMS,
        T(
            "Hello {name}, {consultant} of {shop} here. Lovely to meet you today; call me any time on {staff_phone}.",
            zh="{name}您好,我是{shop}的{consultant}。今天很高兴认识您,拍照的事随时找我,电话{staff_phone}。",
        ),
    ),
    _template(
        "surprise-letter",
        "M",
        LETTER,
        T(
            "{name}, we kept something for you: {benefit}. Bring this letter by {valid_until}.",
            zh="{name}:为您留了一份专属心意:{benefit}。{valid_until}前持此信到店即可使用。",
        ),
    ),
    _template(
        "booked-sms",
        "A",
        SMS,
        _more(
            BOOKED,
            "Please fix your shoot date with {consultant} at least {lead_days} days ahead.",
            "请至少提前{lead_days}天与{consultant}约拍摄日。",
        ),
        {"shoot-today": _more(BOOKED, "Your shoot today is arranged; enjoy it.", "今天的拍摄已安排,祝您拍摄愉快。")},
    ),
    _template(
        "thanks-letter",
        "A",
        LETTER,
        T(
            "{name}, thank you for trusting {shop} with such important pictures. We will prepare every step with care.",
            zh="{name}:谢谢您把这么重要的照片交给{shop}。我们会用心准备每一步。",
        ),
    ),
    _template(
        "urge-shoot-15",
        "M",
        SMS,
        T(
            "{name}, shoot by {valid_until} and enjoy {benefit}, {amount_off} off. Call {staff_phone} for a date.",
            zh="{name},{valid_until}前来拍摄可享:{benefit},减{amount_off}元。回电{staff_phone}即可约期。",
        ),
    ),
    _template(
        "urge-pay-full",
        "M",
        SMS,
        T(
            "{name}, no hurry to shoot: settle by {valid_until}, save {amount_off}, choose the date later.",
            zh="{name},暂不拍也没关系:{valid_until}前付清可减{amount_off}元,拍摄日期随后再定。",
        ),
    ),
    _template(
        "best-offer-letter",
        "M",
        LETTER,
        T(
            "{name}, your package is still waiting. Shoot or settle by {valid_until} and save {amount_off}.",
            zh="{name}:您的套系一直为您保留。{valid_until}前拍摄或付清,可减{amount_off}元。",
        ),
    ),
)

APPOINTMENTS = (
    _template(
        "shoot-reminder",
        "A",
        SMS,
        T(
            "{name}, your shoot is tomorrow {date}; please arrive at {arrival} with your slip and dress vouchers. "
            "{balance_note}",
            zh="{name},明天{date}拍摄,请{arrival}到店,带好发票和礼服券。{balance_note}",
        ),
    ),
    _template(
        "shoot-care",
        "A",
        SMS,
        GUEST_SHOOT,
        {
            "bride": T(
                "{name}, you looked wonderful yesterday! If anything was amiss, tell us.",
                zh="{name},昨天的您美极了!若有照顾不周,请告诉我们。",
            ),
            "groom": T(
                "{name}, thank you for your patience yesterday.", zh="{name},昨天辛苦了,感谢配合;有不周之处请多包涵。"
            ),
            "guest": GUEST_SHOOT,
        },
    ),
    _template(
        "viewing-reminder",
        "A",
        SMS,
        T(
            "{name}, your viewing is tomorrow {date} {time}, about {hours} h; please bring your viewing slip.",
            zh="{name},明天{date} {time}看样,约{hours}小时,请带看样单准时到店。",
        ),
    ),
    _template(
        "viewing-care",
        "A",
        SMS,
        GUEST_VIEWING,
        {
            "bride": T(
                "{name}, every picture you chose is moving; our best wishes.", zh="{name},您选的每一张都很动人,祝福您!"
            ),
            "groom": T(
                "{name}, you look every bit the groom; be happy, both.", zh="{name},照片里的您很有担当,祝二位幸福!"
            ),
            "guest": GUEST_VIEWING,
        },
    ),
    _template(
        "pickup-reminder",
        "A",
        SMS,
        T(
            "{name}, your pieces are ready; please collect {date} {time} with your slip. {part_note}{helper_note}",
            zh="{name},您的相件已备好,明天{date} {time}请带取件单来取。{part_note}{helper_note}",
        ),
    ),
    _template(
        "pickup-delay",
        "A",
        SMS,
        T(
            "{name}, we are sorry: production needs longer; your new pickup is {date} {time}.",
            zh="{name},很抱歉,制作需多几天,新的取件时间为{date} {time}。",
        ),
    ),
    _template(
        "missing-ready",
        "A",
        SMS,
        T(
            "{name}, the outstanding “{piece}” has arrived; collect it any time.",
            zh="{name},补件“{piece}”已到店,随时可来取。",
        ),
    ),
)

AFTERCARE = (
    _template(
        "thank-you-letter",
        "A",
        LETTER,
        T(
            "{name}, may the pictures stay with you. "
            "If friends wish to be photographed, your love card is always valid.",
            zh="{name}:愿照片陪您很久。若朋友也想拍照,您的爱情卡随时有效。",
        ),
    ),
    _template(
        "apology-letter",
        "A",
        LETTER,
        T(
            "{name}, we let you down in part and sincerely apologise. {remedy}",
            zh="{name}:这次服务有让您失望之处,我们真诚致歉。{remedy}",
        ),
    ),
    _template(
        "vip-letter",
        "M",
        LETTER,
        T(
            "{name}, a month already; how are you? Bring a friend and both receive a gift.",
            zh="{name}:一个月了,近来可好?老朋友带新朋友来,两边都有礼。",
        ),
    ),
    _template(
        "birthday",
        "M",
        SMS,
        T("Happy birthday, {name}, from all at {shop}.", zh="{name},生日快乐!{shop}全体祝您笑口常开。"),
    ),
    _template(
        "anniversary",
        "M",
        SMS,
        T("{names}, happy wedding anniversary, {years} years!", zh="{names},结婚{years}周年快乐!"),
    ),
    _template("holiday", "M", SMS, T("{name}, happy {holiday} from {shop}.", zh="{name},{holiday}快乐,{shop}敬上。")),
    _template(
        "referral-thanks",
        "A",
        SMS,
        T(
            "{name}, thank you for introducing {friend}. Your {gift} gift money is waiting; bring your card.",
            zh="{name},谢谢您介绍{friend}。礼金{gift}元,请持爱情卡来领。",
        ),
    ),
    _template("level-up", "A", SMS, T("{name}, you are now {level}!", zh="{name},恭喜升级为{level}!")),
)

TEMPLATES = (*SALE, *APPOINTMENTS, *AFTERCARE)
