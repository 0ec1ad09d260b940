"""Kinds of form fields that only a sales centre has, and what money and people are checked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from serviceflow.api import (
    BadInput,
    Case,
    Field,
    Form,
    FormContext,
    Guard,
    Need,
    Order,
    Refuse,
    T,
    Verdict,
    choice,
    day,
    decimal,
    format_money,
    items,
    money,
    number,
    parse_money,
    plain,
    row_list,
    table_of,
    text,
    yes_no,
)

from serviceflow_realestate import roles
from serviceflow_realestate.tables import ReReceipt

METHODS = {
    "transfer": T("Transfer", zh="转账"),
    "debit": T("Debit card", zh="借记卡"),
    "credit": T("Credit card", zh="信用卡"),
    "cash": T("Cash", zh="现金"),
    "bank-loan": T("Bank loan", zh="银行贷款"),
}
MARITAL = {
    "married": T("Married", zh="已婚"),
    "unmarried": T("Unmarried", zh="未婚"),
    "divorced": T("Divorced", zh="离异"),
    "widowed": T("Widowed", zh="丧偶"),
}
RELATIONS = {
    "spouse": T("Spouse", zh="配偶"),
    "parent": T("Parent", zh="父母"),
    "child": T("Child", zh="子女"),
    "other": T("Other", zh="其他"),
}
GRADES = {g: T(g, zh=g) for g in ("A", "B", "C", "D")}
AMOUNT = T("Amount", zh="金额")
REASON = T("Reason", zh="原因")


def paid_amount(title: T, *, required: bool = True) -> Any:
    """An amount of money that changes hands, in fen: positive, two decimals at most."""

    def read(typed: str, _: FormContext) -> int:
        try:
            found = parse_money(typed)
        except BadInput as cause:
            raise BadInput(POSITIVE, cause.way_out) from cause
        if found <= 0:
            raise BadInput(POSITIVE, plain("1234.56"))
        return found

    return Field(title, read, "money", required)


POSITIVE = T("Amount must be positive with at most 2 decimals", zh="金额须为正数, 至多两位小数")


def past_day(title: T, *, required: bool = True, default_today: bool = False) -> Any:
    """A date that is not in the future."""

    def read(typed: str, context: FormContext) -> date:
        found = context.parse_day(typed)
        if found > context.parse_day("today"):
            raise BadInput(
                T("{date} is in the future", zh="{date} 是将来的日期").of(date=found.isoformat()), plain("today")
            )
        return found

    def today(context: FormContext) -> date:
        return context.parse_day("today")

    return Field(title, read, "date", required, today if default_today else None)


def not_before(found: date, other: date | None, name: T) -> Refuse | None:
    """Refuse a date that is before another one."""
    if other is None or found >= other:
        return None
    return Refuse(
        T("{date} is before the {other}.", zh="{date} 早于{other}。").of(date=found.isoformat(), other=name),
        T("Enter {d} or a later day", zh="请填 {d} 或更晚").of(d=other.isoformat()),
    )


def percent(title: T, *, required: Any = True, most: int = 100_00) -> Any:
    """A percentage in hundredths, at most two decimals."""
    return decimal(title, digits=2, required=required, most=most)


# -- buyers --------------------------------------------------------------------------------------------------

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_is_valid(typed: str) -> bool:
    """Return whether a resident ID number of 18 digits has the right check digit and a real birth date.

    Source: GB 11643-1999 (ISO 7064 MOD 11-2).
    """
    if len(typed) != 18 or not typed[:17].isdecimal() or not typed.isascii():
        return False
    if "10X98765432"[sum(int(d) * w for d, w in zip(typed, _WEIGHTS, strict=False)) % 11] != typed[17].upper():
        return False
    return born_on(typed) is not None


def born_on(typed: str) -> date | None:
    """Return the birth date in a resident ID number, ``None`` when it is no date."""
    try:
        return date.fromisoformat(f"{typed[6:10]}-{typed[10:12]}-{typed[12:14]}")
    except ValueError:
        return None


def buyer_rows(title: T, *, required: Any = True) -> Any:
    """Buyers, the main one first: ``name=王伟 id=110101… marital=married share=100; name=… …``."""
    short = T("Name", zh="姓名")
    return row_list(
        title,
        {
            "name": text(short, longest=80),
            "id": text(T("ID number", zh="证件号"), longest=40),
            "id_type": choice(
                T("Kind of ID", zh="证件类型"),
                {
                    "resident": T("Resident", zh="身份证"),
                    "passport": T("Passport", zh="护照"),
                    "company": T("Company", zh="营业执照"),
                },
                required=False,
                default="resident",
            ),
            "born": day(T("Born", zh="出生日期"), required=False),
            "marital": choice(T("Marital status", zh="婚姻状况"), MARITAL, required=False, default="unmarried"),
            "share": decimal(T("Share, %", zh="份额, %"), digits=2, required=False, default=100_00, most=100_00),
            "company": text(T("Company name", zh="公司名称"), required=False, longest=120),
            "nationality": text(T("Nationality", zh="国籍"), required=False, longest=40),
            "province": text(T("Province", zh="省份"), required=False, longest=40),
            "address": text(T("Address", zh="地址"), required=False),
            "postcode": text(T("Postcode", zh="邮编"), required=False, longest=12),
            "phone": text(T("Contact phone", zh="联系电话"), required=False, longest=40),
            "mobile": text(T("Mobile", zh="手机"), required=False, longest=40),
            "mobile2": text(T("Second mobile", zh="手机二"), required=False, longest=40),
            "landline": text(T("Landline", zh="固定电话"), required=False, longest=40),
        },
        required=required,
    )


BUYERS = plain("buyers='name=王伟 id=110101198805200012 share=60; name=李娜 id=110101199001010023 share=40'")


def buyers_refusal(rows: Sequence[Mapping[str, Any]]) -> Refuse | None:
    """Return what is wrong with buyers: how many, their shares, their ID numbers, somebody twice."""
    if not 1 <= len(rows) <= 3:
        return Refuse(T("One main buyer and at most two co-owners.", zh="一名主买受人, 至多两名共有人。"), BUYERS)
    total = sum(row["share"] for row in rows)
    if total != 100_00:
        return Refuse(
            T("Shares add up to {n}%, not 100%.", zh="份额合计 {n}%, 不是 100%。").of(n=f"{total / 100:g}"), BUYERS
        )
    seen = set()
    for row in rows:
        if row["id_type"] == "resident" and not id_is_valid(row["id"]):
            return Refuse(
                T("ID number of {name} is not valid.", zh="{name} 的身份证号无效。").of(name=row["name"]),
                T("Another paper: id_type=passport", zh="其他证件: id_type=passport"),
            )
        if (row["id_type"], row["id"]) in seen:
            return Refuse(T("{name} is entered twice.", zh="{name} 重复登记。").of(name=row["name"]), BUYERS)
        seen.add((row["id_type"], row["id"]))
    return None


# -- money in ------------------------------------------------------------------------------------------------


class Money(Form):
    """How money came: amount, way, card as ``bank-1234``, the bank's reference, payer, day."""

    amount: int = paid_amount(AMOUNT)
    method: str = choice(T("Method", zh="付款方式"), METHODS)
    card: str | None = text(T("Card, as bank-1234", zh="银行卡, 如 工行-1234"), required=False, longest=40)
    ref: str | None = text(T("Bank reference", zh="银行流水号"), required=False, longest=60)
    payer: str | None = text(T("Payer", zh="付款人"), required=False, longest=80)
    paid_on: date = past_day(T("Paid on", zh="付款日期"), default_today=True)


def split_card(typed: str | None) -> tuple[str | None, str | None]:
    """Return (bank, last four) of ``bank-1234`` or of the four digits alone."""
    if not typed:
        return None, None
    bank, _, last = typed.rpartition("-")
    return bank, last[-4:]


def _known_ref(case: Case, form: Form) -> Verdict:
    ref = getattr(form, "ref", None)
    if not ref:
        return None
    table = table_of(ReReceipt)
    found = case.tx.one(ReReceipt, table.c.external_ref == ref)
    if found is None:
        return None
    return Refuse(
        T("Reference {ref} was already booked on {receipt}.", zh="流水号 {ref} 已记在 {receipt}。").of(
            ref=ref, receipt=found.number
        ),
        plain(f"flow re ledger {case.tx.need(Order, found.order_id).number}"),
    )


def _too_old(case: Case, form: Any) -> Verdict:
    n = case.number("realestate.receipt_backdate_days")
    if (case.today - form.paid_on).days <= n:
        return None
    why = T("Older than {n} days: the manager must sign.", zh="超过 {n} 天, 须经理签批。").of(n=n)
    return Need(roles.BY_MANAGER, why)


REF_NEW = Guard("ref-new", _known_ref)
BACKDATED = Guard("backdated", _too_old, once=True, needs=(roles.BY_MANAGER,))


def typed(amount: int) -> str:
    """Return an amount as one types it: no thousands, fen only when there are some."""
    return format_money(amount).removesuffix(".00")


def yuan(amount: int) -> str:
    """Return an amount as people read it here: thousands apart, fen only when there are some."""
    shown = format_money(amount)
    whole, _, fen = shown.partition(".")
    grouped = f"{int(whole):,}"
    if amount < 0 and grouped == "0":
        grouped = "-0"
    return grouped if fen in ("", "00") else f"{grouped}.{fen}"


__all__ = [
    "AMOUNT",
    "BACKDATED",
    "GRADES",
    "MARITAL",
    "METHODS",
    "POSITIVE",
    "REASON",
    "REF_NEW",
    "RELATIONS",
    "Money",
    "born_on",
    "buyer_rows",
    "buyers_refusal",
    "choice",
    "day",
    "decimal",
    "id_is_valid",
    "items",
    "money",
    "not_before",
    "number",
    "paid_amount",
    "past_day",
    "percent",
    "split_card",
    "text",
    "typed",
    "yes_no",
    "yuan",
]
