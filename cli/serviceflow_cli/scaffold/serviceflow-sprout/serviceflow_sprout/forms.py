"""What is asked for when something is done."""

from __future__ import annotations

from datetime import datetime

from serviceflow.api import Form, T, moment, money, text


class Book(Form):
    starts_at: datetime = moment(T("Starts at", zh="开始时间"))
    wish: str = text(T("Wish", zh="要求"), required=False, default="")


class TakeDeposit(Form):
    amount: int = money(T("Amount", zh="金额"))


class Cancel(Form):
    reason: str = text(T("Reason", zh="原因"))
