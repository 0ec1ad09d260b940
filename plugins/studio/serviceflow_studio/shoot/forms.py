"""What is asked to book, move and lose a shoot date."""

from __future__ import annotations

from datetime import date

from serviceflow.api import Form, T, choice, day
from serviceflow.api import text as words

from serviceflow_studio.fields import METHODS, clock_time, payment
from serviceflow_studio.sale.forms import AMOUNT, INVOICE, METHOD, NOTE, REASON

DAY = T("Date", zh="日期")
WAVE = T("Arrival wave", zh="到店时段")
ID_TYPES = {
    "id-card": T("ID card", zh="身份证"),
    "passport": T("Passport", zh="护照"),
    "driver": T("Driving licence", zh="驾驶证"),
    "other": T("Other", zh="其他证件"),
}


class BookShoot(Form):
    date: date = day(DAY)
    wave: str = clock_time(WAVE)


class MoveShoot(BookShoot):
    reason: str = words(REASON)


class PayShootToday(Form):
    amount: int = payment(AMOUNT)
    method: str = choice(METHOD, METHODS)
    invoice_no: str = words(INVOICE, longest=40)
    wave: str = clock_time(WAVE)


class WithSlip(Form):
    """The customer's slip, or what stands in for a lost one."""

    slip: str = choice(T("Slip", zh="单据"), {"yes": T("Shown", zh="已出示"), "lost": T("Lost", zh="遗失")})
    id_type: str | None = choice(T("ID document", zh="证件"), ID_TYPES, required=False)
    id_last4: str | None = words(T("Last 4 characters", zh="证件后四位"), required=False, shortest=4, longest=4)
    memo_signed: str | None = choice(T("Memo signed", zh="备忘已签"), {"yes": T("Yes", zh="是")}, required=False)


class CheckIn(WithSlip):
    belongings: str | None = words(T("Belongings", zh="随身物品"), required=False)


class Because(Form):
    reason: str = words(REASON)


class Noted(Form):
    note: str | None = words(NOTE, required=False)
