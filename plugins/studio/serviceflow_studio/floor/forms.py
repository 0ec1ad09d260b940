"""What is asked at the stations of the floor."""

from __future__ import annotations

from datetime import date, datetime

from serviceflow.api import Form, T, choice, day, moment, money, must_be_yes, number, yes_no
from serviceflow.api import text as words

from serviceflow_studio.fields import METHODS, clock_time
from serviceflow_studio.sale.forms import METHOD, NOTE, REASON

CODE = T("Code", zh="编码")
DRESS = T("Dress", zh="礼服编号")
PHOTOS = T("Photos", zh="张数")
STYLE = T("Style", zh="风格")
OK = T("Customer is satisfied", zh="顾客认可")
NOT_OK = T("Go on only when the customer is satisfied.", zh="顾客认可后方可继续。")
COMFORTS = {
    "lunch": T("Lunch", zh="午餐"),
    "tea": T("Tea", zh="茶点"),
    "magazines": T("Magazines", zh="杂志"),
    "other": T("Other", zh="其他"),
}


class Plan(Form):
    shoot_at: datetime = moment(T("Start", zh="到店时间"))


class Register(Form):
    slip_held: bool = must_be_yes(T("Slip taken in", zh="收存单据"), T("Take in the slip first.", zh="请先收存单据。"))
    seat_card: str | None = words(T("Seat card", zh="入座卡"), required=False)


class Briefed(Form):
    allergy_asked: bool = must_be_yes(
        T("Asked about allergies", zh="已问过敏"), T("Ask about allergies first.", zh="请先询问过敏。")
    )
    allergy_note: str | None = words(T("Allergy note", zh="过敏说明"), required=False)


class HandKey(Form):
    locker: str = words(T("Locker", zh="衣柜"), longest=10)
    deposit: int = money(T("Key deposit", zh="押金"))
    method: str = choice(METHOD, METHODS)


class Because(Form):
    reason: str = words(REASON)


class Dressed(Form):
    dress_code: str = words(DRESS, longest=40)
    wishes: str | None = words(T("Wishes", zh="要求"), required=False)


class MadeUp(Form):
    customer_ok: bool = must_be_yes(OK, NOT_OK)
    allergy_seen: bool | None = yes_no(T("Allergy note seen", zh="已看过敏提示"), required=False)
    style: str | None = words(STYLE, required=False)


class CalledIn(Form):
    photographer: str = words(T("Photographer", zh="摄影师"), longest=60)
    assistant: str | None = words(T("Assistant", zh="助理"), required=False, longest=60)


class Start(Form):
    style: str | None = words(STYLE, required=False)


class Shot(Form):
    photos: int = number(PHOTOS, least=1)
    suggest_enlarge: str | None = words(T("Suggested for enlargement", zh="建议放大"), required=False)


class Changed(Form):
    dress_code: str = words(DRESS, longest=40)


class Retouched(Form):
    customer_ok: bool = must_be_yes(OK, NOT_OK)


class PlanOutdoor(Form):
    depart_at: datetime = moment(T("Departure", zh="出发时间"))
    place: str = words(T("Place", zh="地点"))
    driver: str = words(T("Driver", zh="司机"), longest=60)


class Extend(Form):
    minutes: int = number(T("Minutes", zh="分钟"), least=1, most=600)
    reason: str = words(REASON)


class Returned(Form):
    photos: int = number(PHOTOS, least=1)


class PostponeOutdoor(Form):
    date: date = day(T("Date", zh="日期"))
    wave: str = clock_time(T("Arrival wave", zh="到店时段"))
    reason: str = choice(
        REASON, {"weather": T("Weather", zh="天气"), "car": T("Car", zh="车辆"), "customer": T("Customer", zh="顾客")}
    )


class Wait(Form):
    reason: str = words(REASON)
    minutes: int = number(T("About … minutes", zh="大约分钟数"), least=1, most=600)
    comfort: str | None = choice(T("Comfort", zh="安抚"), COMFORTS, required=False)


class Sell(Form):
    code: str = words(CODE, longest=40)
    qty: int = number(T("Quantity", zh="数量"), least=1)


class KeyLost(Form):
    note: str = words(NOTE)


class Checkout(Form):
    key_back: str = choice(
        T("Key back", zh="钥匙归还"),
        {"yes": T("Yes", zh="是"), "no": T("No", zh="否"), "none": T("No locker", zh="未用衣柜")},
    )
    towels_back: int = number(T("Towels back", zh="毛巾归还"), most=50)
    belongings_checked: bool = must_be_yes(
        T("Belongings checked", zh="已核对随身物品"), T("Check the belongings first.", zh="请先核对随身物品。")
    )
    image_no: str = words(T("Image number", zh="影像编号"), longest=40)
    viewing: datetime | None = moment(T("Viewing", zh="看样时间"), required=False)
    viewing_later: bool = yes_no(T("Viewing later", zh="稍后约看样"), required=False, default=False)


class Abort(Form):
    reason: str = words(REASON)
    key_back: str = choice(
        T("Key back", zh="钥匙归还"),
        {"yes": T("Yes", zh="是"), "no": T("No", zh="否"), "none": T("No locker", zh="未用衣柜")},
    )
    image_no: str | None = words(T("Image number", zh="影像编号"), required=False, longest=40)
