"""What is asked between the deposit and the shoot."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from serviceflow.api import Form, T, choice, moment, money, must_be_yes
from serviceflow.api import text as words

from serviceflow_studio.fields import METHODS, payment
from serviceflow_studio.offers import BY_PAYING, TITLES
from serviceflow_studio.sale.forms import AMOUNT, METHOD, NOTE, PACKAGE, PRICE, REASON, TERMS

URGE_RESULTS = {
    "no-answer": T("No answer", zh="无人接听"),
    "later": T("Call later", zh="改时再打"),
    "will-book": T("Will fix a date", zh="会定日期"),
    "refused": T("Refused", zh="拒绝"),
}


class GivePack(Form):
    card_no: str = words(T("Love card", zh="爱情卡号"), longest=40)
    vouchers: str | None = words(T("Dress vouchers", zh="礼服券"), required=False)
    gifts: str | None = words(T("Gifts", zh="赠品"), required=False)
    explained: bool = must_be_yes(
        T("Explained", zh="已讲解"), T("Explain each thing in the pack first.", zh="请先讲解资料袋每一样。")
    )


class LogUrge(Form):
    result: str = choice(T("Result", zh="结果"), URGE_RESULTS)
    next_at: datetime | None = moment(T("Urge again at", zh="下次催拍"), required=False)
    note: str | None = words(NOTE, required=False)


class MakeOffer(Form):
    kind: str = choice(T("Offer", zh="优惠"), {k: TITLES[k] for k in ("shoot-15", "pay-full")})
    benefit: str | None = words(T("Benefit", zh="心意内容"), required=False)
    amount_off: int | None = money(T("Amount off", zh="减额"), required=False)


class Pay(Form):
    amount: int = payment(AMOUNT)
    method: str = choice(METHOD, METHODS)
    offer: str | None = choice(T("Offer used", zh="使用优惠"), BY_PAYING, required=False)


class Refund(Form):
    amount: int = payment(AMOUNT)
    method: str = choice(METHOD, METHODS)


class ChangePackage(Form):
    package: str = words(PACKAGE)
    price: int = money(PRICE)
    customer_signed: bool = must_be_yes(T("Customer signed", zh="顾客签字"), TERMS)


class CancelCase(Form):
    reason: str = words(REASON)
    refund: int = money(T("Refund", zh="退款"))
    method: Any = choice(METHOD, METHODS, required=lambda v: bool(v.get("refund")))
