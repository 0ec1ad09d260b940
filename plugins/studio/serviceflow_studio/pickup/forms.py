"""What is asked in production and at the pickup desk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from serviceflow.api import Fault, Form, T, choice, day, money, must_be_yes, number, yes_no
from serviceflow.api import text as words

from serviceflow_studio.sale.forms import REASON
from serviceflow_studio.shoot.forms import WithSlip
from serviceflow_studio.viewing.forms import CODE, MUST_SIGN, QTY, SIGNED

PIECE = T("Piece", zh="相件")
PROMISED = T("Promised for", zh="承诺日期")
SCORES = ("reception", "dress", "makeup", "photography", "viewing", "product", "overall")
SCORE_TITLES = {
    "reception": T("Reception", zh="接待"),
    "dress": T("Dress", zh="礼服"),
    "makeup": T("Make-up", zh="化妆"),
    "photography": T("Photography", zh="摄影"),
    "viewing": T("Viewing", zh="看样"),
    "product": T("Product", zh="产品"),
    "overall": T("Overall", zh="总体"),
}


class Pieces(Form):
    piece: str = words(PIECE, longest=60)
    qty: int = number(QTY, least=1, most=10_000)


class QcFail(Pieces):
    fault: str = words(T("Fault", zh="缺陷"))
    due: date = day(T("Due", zh="返工期限"))


class AgreePart(Form):
    customer_agreed: bool = must_be_yes(
        T("Customer agreed", zh="顾客同意"), T("The customer must agree.", zh="须顾客同意。")
    )
    promised: date = day(PROMISED)


class StartPickup(WithSlip):
    pass


class Count(Form):
    piece: str = words(PIECE, longest=60)
    ok: int = number(T("In order", zh="合格"), most=10_000)
    missing: int = number(T("Missing", zh="缺件"), most=10_000)  # type: ignore[assignment]  # a field, as on paper
    defect: int = number(T("Defective", zh="瑕疵"), most=10_000)
    promised: date | None = day(PROMISED, required=lambda v: bool(v.get("missing") or v.get("defect")))


class SellExtra(Form):
    code: str = words(CODE, longest=40)
    qty: int = number(QTY, least=1, most=10_000)
    unit_price: int | None = money(T("Unit price", zh="单价"), required=False)
    promised: date | None = day(PROMISED, required=False)
    hand_now: bool = yes_no(T("Handed at once", zh="当场交付"), required=False, default=False)

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> list[Fault]:
        if values.get("promised") or values.get("hand_now"):
            return []
        return [Fault("promised", T("promise a date, or say hand_now=yes", zh="请承诺日期, 或 hand_now=yes"))]


class Passport(Form):
    booklet_no: str | None = words(T("Booklet", zh="护照编号"), required=False, longest=40)
    data_checked: bool = must_be_yes(
        T("Data checked", zh="资料已核对"), T("Check the customer's data.", zh="请核对顾客资料。")
    )


def _answered(values: Mapping[str, Any]) -> bool:
    return not values.get("declined")


def _score(name: str) -> Any:
    return number(SCORE_TITLES[name], required=_answered, least=1, most=5)


class Survey(Form):
    declined: bool = yes_no(T("Declined", zh="拒填"), required=False, default=False)
    reception: int | None = _score("reception")
    dress: int | None = _score("dress")
    makeup: int | None = _score("makeup")
    photography: int | None = _score("photography")
    viewing: int | None = _score("viewing")
    product: int | None = _score("product")
    overall: int | None = _score("overall")
    comment: str | None = words(T("Comment", zh="意见"), required=False)


class SignPickup(Form):
    customer_signed: bool = must_be_yes(SIGNED, MUST_SIGN)


class Abandon(Form):
    reason: str = words(REASON)


class Complain(Form):
    text: str = words(T("Complaint", zh="投诉内容"))
    severity: str = choice(T("Severity", zh="程度"), {"normal": T("Normal", zh="一般"), "major": T("Major", zh="重大")})
