"""What is asked in the sale."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from serviceflow.api import Form, T, choice, codes, day, moment, money, number, phone, quantities, yes_no
from serviceflow.api import text as words

from serviceflow_studio.catalogue import CATEGORIES
from serviceflow_studio.fields import METHODS, listed, noted, past_moment, payment, persons
from serviceflow_studio.settings import TECHNIQUES
from serviceflow_studio.tables import StudioCase

PACKAGE = T("Package", zh="套系")
PRICE = T("Price", zh="价格")
REASON = T("Reason", zh="原因")
BUDGET = T("Budget", zh="预算")
CARD = T("Referral card", zh="介绍卡号")
AMOUNT = T("Amount", zh="金额")
METHOD = T("Method", zh="付款方式")
INVOICE = T("Invoice number", zh="发票号")
NOTE = T("Note", zh="备注")
TERMS = T("The customer must have read the terms and signed.", zh="须读过条款并签字。")
OBJECTIONS = {
    "price": T("Price", zh="价格"),
    "style": T("Style", zh="风格"),
    "time": T("Time", zh="时间"),
    "compare": T("Compares others", zh="货比三家"),
    "family": T("Family decides", zh="家人意见"),
    "other": T("Other", zh="其他"),
}
CALL_RESULTS = {
    "no-answer": T("No answer", zh="无人接听"),
    "later": T("Call later", zh="改时再打"),
    "will-return": T("Will return", zh="会再来"),
    "refused": T("Refused", zh="拒绝"),
}


def _case(column: str) -> Any:
    return noted(lambda case: getattr(case.tx.get(StudioCase, case.order.id), column, None))


class Arrive(Form):
    """The intake sheet: who came, what they want."""

    want: str | None = choice(T("Wants", zh="想拍"), CATEGORIES, required=False)
    budget: int | None = money(BUDGET, required=False)
    card_no: str | None = words(CARD, required=False, longest=40)
    bride: list[str] = persons(T("Bride NAME:PHONE:BIRTHDAY", zh="新娘 姓名:电话:生日"))
    groom: list[str] = persons(T("Groom NAME:PHONE:BIRTHDAY", zh="新郎 姓名:电话:生日"))
    guests: list[str] = persons(T("Guests NAME:PHONE/…", zh="来宾 姓名:电话/…"))
    wedding_date: date | None = day(T("Wedding date", zh="婚期"), required=False)
    heard_from: str | None = words(T("Heard of us from", zh="得知途径"), required=False)
    new: bool = yes_no(T("Open another case", zh="另开一单"), required=False, default=False)


class Begin(Form):
    category: str = choice(T("Category", zh="类别"), CATEGORIES, default=_case("want"))
    budget: int | None = money(BUDGET, required=False)
    wedding_date: date | None = day(T("Wedding date", zh="婚期"), required=False)
    card_no: str | None = words(CARD, required=False, longest=40)


class NoteCard(Form):
    card_no: str = words(CARD, longest=40)


class Present(Form):
    packages: list[str] = codes(T("Packages in the order shown", zh="套系(按介绍顺序)"))


class Compare(Form):
    package_a: str = words(T("First package", zh="套系甲"))
    package_b: str = words(T("Second package", zh="套系乙"))


class Technique(Form):
    technique: str = listed(T("Technique", zh="促成方式"), "studio.closing.techniques", TECHNIQUES)
    note: str | None = words(NOTE, required=False)


class SignPlan(Form):
    package: str = words(PACKAGE)
    price: int = money(PRICE)
    options: list[list[Any]] | None = quantities(T("Options CODE:n", zh="自选项目 编码:数量"), required=False)
    terms_read: bool = yes_no(T("Terms read", zh="已读条款"))
    customer_signed: bool = yes_no(T("Customer signed", zh="顾客签字"))
    letter_shown: bool = yes_no(T("Surprise letter shown", zh="出示惊喜信"), required=False, default=False)


class Because(Form):
    reason: str = words(REASON)


class TakeDeposit(Form):
    amount: int = payment(AMOUNT)
    method: str = choice(METHOD, METHODS)
    invoice_no: str = words(INVOICE, longest=40)


class LeaveUndecided(Form):
    left_at: datetime = past_moment(T("Left at", zh="离店时间"))
    phone: str | None = phone(T("Phone", zh="电话"), required=False)
    wechat: str | None = words(T("WeChat", zh="微信"), required=False, longest=60)
    want: str | None = words(T("Wants", zh="想拍"), required=False)
    budget: int | None = money(BUDGET, required=False)
    customer_remark: str | None = words(T("Customer's remark", zh="顾客原话"), required=False)


class HandSheet(Form):
    objection: str = choice(T("Objection", zh="异议"), OBJECTIONS)
    true_reason: str = words(T("True reason", zh="真实原因"))
    suggestion: str | None = words(T("Suggestion", zh="建议"), required=False)


class LogCall(Form):
    result: str = choice(T("Result", zh="结果"), CALL_RESULTS)
    note: str | None = words(NOTE, required=False)
    next_at: datetime | None = moment(
        T("Call again at", zh="下次致电"), required=lambda v: v.get("result") in ("later", "no-answer")
    )
    return_date: date | None = day(T("Returns on", zh="回店日期"), required=lambda v: v.get("result") == "will-return")


class SendSurprise(Form):
    benefit: str = words(T("Benefit", zh="心意内容"))
    amount_off: int = money(T("Amount off", zh="减额"), required=False, default=0)
    valid_days: int = number(
        T("Valid for days", zh="有效天数"),
        least=1,
        most=365,
        default=noted(lambda case: case.number("studio.surprise.valid_days")),
    )
