"""What several forms of the trade share: dates that must not lie in the future, rows of lines, terms, regions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from serviceflow.api import (
    BadInput,
    Case,
    Field,
    Form,
    FormContext,
    Guard,
    T,
    Verdict,
    is_open,
    number,
    phone,
    row_list,
    text,
    yes_no,
)
from serviceflow.api import choice as one_of
from serviceflow.api import decimal as scaled
from serviceflow.api import items as item_list

from serviceflow_manufacturing.moments import factory
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules.terms import read_terms

REASON = T("Reason", zh="原因")
NOTE = T("Note", zh="备注")
FORMS = {
    "verbal": T("Verbal", zh="口头"),
    "phone": T("Phone", zh="电话"),
    "written": T("Written", zh="书面"),
    "fax": T("Fax", zh="传真"),
    "email": T("E-mail", zh="电子邮件"),
    "wechat": T("WeChat", zh="微信"),
}
REGIONS = {
    "mainland": T("Mainland", zh="大陆"),
    "hongkong": T("Hong Kong", zh="香港"),
    "macao": T("Macao", zh="澳门"),
    "taiwan": T("Taiwan", zh="台湾"),
    "abroad": T("Abroad", zh="国外"),
}
GRADES = {"key": T("Key", zh="重点"), "normal": T("Normal", zh="一般"), "new": T("New", zh="新")}
BY = {"customer": T("Customer", zh="客户"), "factory": T("Factory", zh="工厂")}
"""Who called something off, or proposed a date."""
CHANGES = {"none": T("None", zh="无"), "modified": T("Modified", zh="改动"), "new": T("New", zh="新品")}


class Dated(Form):
    """A form whose guards read which of its dates may not lie in the future, may not be past, must be workdays."""

    not_future: ClassVar[tuple[str, ...]] = ()
    not_past: ClassVar[tuple[str, ...]] = ()
    workday: ClassVar[tuple[str, ...]] = ()


class Because(Form):
    reason: str = text(REASON)


def _given(form: Any, kind: str) -> list[tuple[str, Any]]:
    names = getattr(type(form), kind, ())
    return [(name, value) for name in names if (value := getattr(form, name, None)) is not None]


def _not_future(case: Case, form: Any) -> Verdict:
    for name, value in _given(form, "not_future"):
        ahead = value > case.now if isinstance(value, datetime) else value > case.today
        if ahead:
            return refuse("date_future", field=form.fields[name].title, date=_shown(case, value))
    return None


def _not_past(case: Case, form: Any) -> Verdict:
    for name, value in _given(form, "not_past"):
        if value < case.today:
            return refuse("date_past", field=form.fields[name].title, date=_shown(case, value))
    return None


def _workday(case: Case, form: Any) -> Verdict:
    for _, value in _given(form, "workday"):
        if not is_open(factory(case), value):
            return refuse("not_workday", date=_shown(case, value), month=f"{value:%Y-%m}")
    return None


def _shown(case: Case, value: date | datetime) -> str:
    return case.local(value) if isinstance(value, datetime) else value.isoformat()


NOT_FUTURE = Guard("date_future", _not_future)
NOT_PAST = Guard("date_past", _not_past)
WORKDAY = Guard("not_workday", _workday)


def _positive(case: Case, form: Any) -> Verdict:
    rows = getattr(form, "lines", None)
    quantities = [row["qty"] for row in rows] if rows else [getattr(form, "qty", None)]
    return refuse("qty_positive") if any(q is not None and q <= 0 for q in quantities) else None


POSITIVE = Guard("qty_positive", _positive)


def terms_field(title: T) -> Any:
    """Payment stages as ``deposit:30@sign, balance:70@dispatch+30``."""

    def read(typed: str, _: FormContext) -> list[dict[str, Any]]:
        try:
            return read_terms(typed)
        except ValueError as cause:
            raise BadInput(
                T("“{part}” is no payment stage", zh="“{part}”不是付款阶段").of(part=str(cause)),
                T("Type deposit:30@sign, balance:70@dispatch+30", zh="请写成 定金:30@sign, 余款:70@dispatch+30"),
            ) from cause

    return Field(title, read, "terms", required=False)


def optional(title: T, longest: int = 2000) -> Any:
    """A text that may be left out."""
    return text(title, required=False, longest=longest)


def tick(title: T) -> Any:
    """A box to tick; left out it stays as it was."""
    return yes_no(title, required=False)


PRODUCT = T("Product", zh="产品")
QTY = T("Quantity", zh="数量")
PRICE = T("Unit price", zh="单价")
LINES = T("Lines", zh="明细")
PERCENT = 100


def quantity(*, required: bool = True) -> Any:
    """A number of pieces; 0 is refused by a guard, so that the refusal has its id."""
    return number(QTY, required=required, least=0, most=100_000_000)


def contract_lines(*, required: bool) -> Any:
    """Lines of a contract: new ones without ``line_no``, changed ones with it, ``remove=yes`` takes one away."""
    return row_list(
        LINES,
        {
            "line_no": number(T("Line", zh="行号"), required=False, least=1),
            "product": optional(PRODUCT, 60),
            "spec": optional(T("Specification", zh="规格"), 300),
            "sizes": optional(T("Sizes", zh="尺码"), 300),
            "qty": number(QTY, required=False, least=1, most=100_000_000),
            "unit": optional(T("Unit", zh="单位"), 20),
            "unit_price": scaled(PRICE, required=False),
            "change": one_of(T("Change", zh="变更"), CHANGES, required=False),
            "tolerance_percent": number(T("Tolerance %", zh="溢短装%"), required=False, most=20),
            "from_stock": tick(T("From stock", zh="现货")),
            "remove": tick(T("Remove", zh="删除")),
        },
        required=required,
    )


def shipment_lines(*, required: bool = True) -> Any:
    """Lines of a shipment: ``line_no=1 qty=400``."""
    columns = {"line_no": number(T("Line", zh="行号"), least=1), "qty": quantity()}
    return row_list(LINES, columns, required=required)


__all__ = [
    "BY",
    "CHANGES",
    "FORMS",
    "GRADES",
    "LINES",
    "NOTE",
    "NOT_FUTURE",
    "NOT_PAST",
    "PERCENT",
    "POSITIVE",
    "PRICE",
    "PRODUCT",
    "QTY",
    "REASON",
    "REGIONS",
    "WORKDAY",
    "Because",
    "Dated",
    "contract_lines",
    "item_list",
    "one_of",
    "optional",
    "phone",
    "quantity",
    "scaled",
    "shipment_lines",
    "terms_field",
    "tick",
]
