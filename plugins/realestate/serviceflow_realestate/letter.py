"""The subscription letter: what is asked, what stands against it, what it agrees. Source: realestate.md 5.3 to 5.5."""

from __future__ import annotations

from datetime import date
from typing import Any

from serviceflow.api import Case, Form, Guard, Refuse, T, Verdict, Warn, choice, money, number, plain

from serviceflow_realestate import agreement, fields, inventory, ledger, tell
from serviceflow_realestate.agreement import HOMES, METHODS, PAY_WAYS
from serviceflow_realestate.deals import loans, prices
from serviceflow_realestate.papers import paper
from serviceflow_realestate.tables import ReBuyer, ReDeal, ReUnit

CONTACT_DETAILS = (
    "company",
    "nationality",
    "province",
    "address",
    "postcode",
    "phone",
    "mobile",
    "mobile2",
    "landline",
)
"""What the customer file holds of a buyer beside name, document and share."""


def _mortgage(values: Any) -> bool:
    return bool(values.get("pay_way") == "mortgage")


class Letter(Form):
    buyers: list[dict[str, Any]] = fields.buyer_rows(T("Buyers", zh="买受人"))
    home_count: str = choice(T("Which home", zh="第几套"), HOMES)
    pay_way: str = choice(T("Way of paying", zh="付款方式"), PAY_WAYS)
    promo: int | None = fields.percent(T("Campaign discount, %", zh="活动优惠, %"), required=False)
    promo_amount: int | None = money(T("Campaign discount, yuan", zh="活动减价, 元"), required=False)
    loan: int | None = money(T("Loan", zh="贷款金额"), required=_mortgage)
    years: int | None = number(T("Loan years", zh="贷款年数"), required=_mortgage, least=1, most=99)
    rate: int | None = fields.percent(T("Loan rate, %", zh="贷款年利率, %"), required=False)
    method: str = choice(T("Repayment", zh="还款方式"), METHODS, required=False, default="equal-instalment")
    deposit_due: int | None = fields.paid_amount(T("Deposit", zh="定金"), required=False)
    income: int | None = money(T("Household income a month", zh="家庭月收入"), required=False)


def at_list_price(case: Case) -> bool:
    """Return whether the unit was changed after the signing deadline: no discounts, only a lump sum."""
    return bool(tell.recall(case, "list_price"))


def discounts(case: Case, pay_way: str, form: Letter) -> list[dict[str, Any]]:
    """Return the discounts of a letter: automatic, from the campaign, and extra ones granted before."""
    if at_list_price(case):
        return []
    rows = agreement.automatic(case, pay_way)
    if form.promo or form.promo_amount:
        rows.append(agreement.discount("promo", form.promo or 0, form.promo_amount or 0))
    deal = case.own(ReDeal)
    kept = [row for row in deal.discounts if row["kind"] in ("extra", "group")]
    return [*rows, *kept]


def total_of(case: Case, form: Letter) -> int:
    """Return the deal price the letter would agree."""
    deal = case.own(ReDeal)
    return agreement.total_with(case, deal.list_total, discounts(case, form.pay_way, form))


def deposit_of(case: Case, form: Letter) -> int:
    """Return the deposit: as entered, moved from another unit, or the usual one."""
    moved = ledger.own_paid(case)
    return moved or form.deposit_due or case.number("realestate.deposit_amount")


def _people(case: Case, form: Letter) -> Verdict:
    return fields.buyers_refusal(form.buyers)


def _price(case: Case, form: Letter) -> Verdict:
    deal = case.own(ReDeal)
    unit = case.tx.need(ReUnit, deal.unit_id)
    total = total_of(case, form)
    if at_list_price(case) and form.pay_way != "lump":
        return Refuse(
            T("After the signing deadline only a lump sum is possible.", zh="逾期后只能一次性付款。"),
            plain("pay_way=lump"),
        )
    if unit.floor_total is not None and total < unit.floor_total:
        return Refuse(
            T("Below the floor price of the unit.", zh="低于房源底价。"), plain(f"flow re unit show {unit.unit_no}")
        )
    most_percent = case.number("realestate.deposit_max_percent")
    most = prices.most_deposit(total, most_percent)
    if deposit_of(case, form) > most:
        return Refuse(
            T("A deposit may be at most {n}% of the price ({x}).", zh="定金不得超过总价的 {n}%({x})。").of(
                n=f"{most_percent / 100:g}", x=fields.yuan(most)
            ),
            plain(f"deposit_due={fields.typed(most)}"),
        )
    return None


def born_of(row: dict[str, Any]) -> date | None:
    """Return the birth date of a buyer: as entered, or from the resident ID."""
    if row.get("born"):
        return date.fromisoformat(row["born"])
    return fields.born_on(row["id"]) if row["id_type"] == "resident" else None


def loan_refusal(
    case: Case, unit: ReUnit, total: int, home: str, loan: int, years: int, born: date | None
) -> Refuse | None:
    """Return why a loan cannot be had."""
    fault = agreement.terms_of(case).loan_fault(unit.kind, home, total, loan, years)
    if fault is not None:
        return Refuse(fault.sentence, plain(f"{fault.entry}={fault.value}"))
    oldest = case.number("realestate.loan_age_limit")
    if born is not None and (age := loans.completed_age(born, case.today)) + years > oldest:
        return Refuse(
            T("Age {a} + {y} years exceeds {n}.", zh="年龄 {a} + {y} 年超过 {n}。").of(a=age, y=years, n=oldest),
            plain(f"years={oldest - age}" if age < oldest else "pay_way=lump"),
        )
    return None


def _loan(case: Case, form: Letter) -> Verdict:
    if form.pay_way != "mortgage":
        return None
    unit = case.tx.need(ReUnit, case.own(ReDeal).unit_id)
    total, born = total_of(case, form), born_of(form.buyers[0])
    return loan_refusal(case, unit, total, form.home_count, form.loan or 0, form.years or 0, born)


def _income(case: Case, form: Letter) -> Verdict:
    if not form.income or not form.loan:
        return None
    rate = form.rate or case.number("realestate.loan_rate_annual_percent")
    due = loans.monthly(form.loan, rate, form.years or 1, form.method)
    share = case.number("realestate.loan_income_warn_percent")
    if due * 100_00 <= form.income * share:
        return None
    return Warn(
        T("The monthly payment of {m} is more than {n}% of the income.", zh="月供 {m} 超过收入的 {n}%。").of(
            m=fields.yuan(due), n=f"{share / 100:g}"
        )
    )


PEOPLE = Guard("buyers", _people)
PRICE = Guard("letter-price", _price)
LOAN = Guard("loan", _loan)
INCOME = Guard("income", _income)


def write(case: Case, form: Letter) -> None:
    """Write customer file, letter and purchase plan from the draft."""
    set_buyers(case, form.buyers)
    loan = form.pay_way == "mortgage"
    agreement.recompute(
        case,
        pay_way=form.pay_way,
        home_count=form.home_count,
        discounts=discounts(case, form.pay_way, form),
        loan=form.loan or 0 if loan else 0,
        loan_years=form.years or 0 if loan else 0,
        loan_rate=form.rate or case.number("realestate.loan_rate_annual_percent"),
        loan_method=form.method,
        deposit_due=deposit_of(case, form),
    )
    papers(case)


def papers(case: Case) -> None:
    """Draft customer file, letter and purchase plan."""
    deal = agreement.deal_of(case)
    first = agreement.first_amount(case, deal)
    for kind in ("RE-FILE", "RE-LETTER", "RE-PLAN"):
        paper(case, kind)
    case.notes.lines.append(
        T(
            "deal total {total}, first payment {first}, loan {loan}, monthly {monthly}",
            zh="成交总价 {total}, 首付 {first}, 贷款 {loan}, 月供 {monthly}",
        ).of(
            total=fields.yuan(deal.deal_total),
            first=fields.yuan(first),
            loan=fields.yuan(deal.loan),
            monthly=fields.yuan(deal.monthly),
        )
    )


def set_buyers(case: Case, rows: list[dict[str, Any]]) -> None:
    """Replace the buyers of the deal."""
    for old in agreement.buyers(case):
        case.tx.remove(old)
    for role, row in zip(("main", "co1", "co2"), rows, strict=False):
        case.tx.add(
            ReBuyer(
                order_id=agreement.holder(case).order_id,
                role=role,
                name=row["name"],
                kind="company" if row["id_type"] == "company" else "person",
                id_type=row["id_type"],
                id_no=row["id"],
                born=born_of(row),
                **{name: row[name] for name in CONTACT_DETAILS if row.get(name)},
                share=row["share"],
                marital=row["marital"],
            )
        )


def out_of_date(case: Case) -> T | None:
    """Return why a draft cannot be approved: unit, price or claim have changed since."""
    deal = case.own(ReDeal)
    held = inventory.claim_of(case.tx, case.order_id)
    unit = case.tx.need(ReUnit, deal.unit_id)
    if (
        held is None
        or held.unit_id != deal.unit_id
        or held.list_total != deal.list_total
        or unit.state not in ("held", "subscribed")
    ):
        return T("The draft is out of date.", zh="草稿已过期。")
    return None
