"""What is asked around the viewing and selection."""

from __future__ import annotations

from datetime import date
from typing import Any

from serviceflow.api import Form, T, choice, codes, day, money, must_be_yes, number, quantities
from serviceflow.api import text as words

from serviceflow_studio.fields import clock_time, photo_numbers
from serviceflow_studio.sale.forms import NOTE, REASON
from serviceflow_studio.shoot.forms import WithSlip

IMAGE = T("Image number", zh="影像编号")
SIGNED = T("Customer signed", zh="顾客签字")
MUST_SIGN = T("The customer must sign.", zh="须顾客签字。")
QTY = T("Quantity", zh="数量")
CODE = T("Code", zh="编码")
LENGTH = T("Minutes", zh="分钟")


class FilesReady(Form):
    image_no: str = words(IMAGE, longest=40)
    photo_count: int = number(T("Photos in the set", zh="张数"), least=1, most=5000)


class FilesMissing(Form):
    image_no: str = words(IMAGE, longest=40)
    note: str = words(NOTE)


class BookViewing(Form):
    date: date = day(T("Date", zh="日期"))
    time: str = clock_time(T("Time", zh="时间"))
    minutes: int | None = number(LENGTH, required=False, least=60, most=240)


class MoveViewing(BookViewing):
    reason: str = words(REASON)


class Noted(Form):
    note: str | None = words(NOTE, required=False)


class StartViewing(WithSlip):
    companion: str | None = words(T("Companion", zh="陪同"), required=False)


class Pass2(Form):
    reject: list[list[Any]] = photo_numbers(T("Taken out", zh="剔除"))


class Pass3(Form):
    reject: list[list[Any]] = photo_numbers(T("Taken out", zh="剔除"))
    restore: list[list[Any]] | None = photo_numbers(T("Taken back in", zh="恢复"), required=False)


class Extra(Form):
    code: str = words(CODE, longest=40)
    qty: int = number(QTY, least=1, most=10_000)
    photos: list[list[Any]] | None = photo_numbers(T("Photos", zh="照片"), required=False)
    request: str | None = words(T("Request", zh="要求"), required=False)


class Discount(Form):
    amount: int = money(T("Discount", zh="优惠金额"))
    reason: str = words(REASON)


class SignList(Form):
    customer_signed: bool = must_be_yes(SIGNED, MUST_SIGN)
    companion: str | None = words(T("Companion", zh="陪同"), required=False)


class ChangeList(Form):
    drop: list[list[Any]] | None = quantities(T("Drop CODE:n", zh="减 编码:数量"), required=False)
    add: list[list[Any]] | None = quantities(T("Add CODE:n", zh="加 编码:数量"), required=False)
    reject: list[list[Any]] | None = photo_numbers(T("Taken out", zh="剔除"), required=False)
    restore: list[list[Any]] | None = photo_numbers(T("Taken back in", zh="恢复"), required=False)
    customer_signed: bool = must_be_yes(SIGNED, MUST_SIGN)


class AddOnly(Form):
    code: str = words(CODE, longest=40)
    qty: int = number(QTY, least=1, most=10_000)
    customer_signed: bool = must_be_yes(SIGNED, MUST_SIGN)


class Reshoot(Form):
    outfits: list[str] = codes(T("Outfits by number", zh="造型序号"))
    date: date = day(T("Date", zh="日期"))
    wave: str = clock_time(T("Arrival wave", zh="到店时段"))
    reason: str = words(REASON)


WHO_WANTS = {"customer": T("Customer", zh="顾客"), "studio": T("Studio", zh="影楼")}


class BookPickup(Form):
    date: date = day(T("Date", zh="日期"))
    time: str = clock_time(T("Time", zh="时间"))


class MovePickup(BookPickup):
    reason: str = choice(REASON, WHO_WANTS)
