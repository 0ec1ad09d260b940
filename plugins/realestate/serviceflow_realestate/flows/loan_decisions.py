"""A loan at the bank: its decision, the money, negotiations. Source: realestate.md section 4.11."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from serviceflow.api import (
    STAY,
    Action,
    Case,
    Do,
    Form,
    Guard,
    Message,
    Need,
    Refuse,
    Step,
    T,
    Task,
    Verdict,
    choice,
    day,
    days,
    items,
    money,
    number,
    plain,
    text,
)

from serviceflow_realestate import agreement, fields, ledger, roles, tell
from serviceflow_realestate.deals import loans
from serviceflow_realestate.deals.plans import equal_lines
from serviceflow_realestate.flows.loan import default, loan_line
from serviceflow_realestate.flows.loan_documents import BY_DIRECTOR, papers_missing
from serviceflow_realestate.lineage import contract
from serviceflow_realestate.schedule import reckon, schedule_changed
from serviceflow_realestate.tables import ReChecklist, ReDeal

FAULTS = {"customer": T("Customer's", zh="客户原因"), "none": T("Nobody's", zh="无责")}


class Bank(Form):
    amount: int = money(T("Amount", zh="批贷金额"))
    rate: int = fields.percent(T("Rate, %", zh="年利率, %"))
    years: int = number(T("Years", zh="年数"), least=1, most=99)
    decided_on: date = fields.past_day(T("Decided on", zh="批复日"), default_today=True)


class AsksMore(Form):
    items: list[str] = items(T("Papers", zh="资料"))


class Refused(Form):
    reason: str = text(T("Reason", zh="原因"))
    fault: str = choice(T("Whose fault", zh="责任"), FAULTS)


class Disburse(Form):
    amount: int = fields.paid_amount(T("Amount", zh="金额"))
    paid_on: date = fields.past_day(T("Paid on", zh="放款日"), default_today=True)
    ref: str | None = text(T("Bank reference", zh="银行流水号"), required=False, longest=60)


class Resubmit(Form):
    bank: str = text(T("Bank", zh="银行"), longest=80)
    m_date: date = day(T("Papers complete on", zh="资料齐备日"))
    co_borrower: str | None = text(T("Co-borrower", zh="共同借款人"), required=False)


class Lower(Form):
    new_loan: int = money(T("New loan", zh="新贷款额"))


class Plan(Form):
    pay_way: str = choice(
        T("Way of paying", zh="付款方式"), {k: v for k, v in agreement.PAY_WAYS.items() if k != "mortgage"}
    )


def _within_applied(case: Case, form: Bank) -> Verdict:
    asked = agreement.deal_of(case).loan
    if form.amount > asked:
        return Refuse(
            T("Applied for {x}, not {y}.", zh="申请 {x}, 不是 {y}。").of(
                x=fields.yuan(asked), y=fields.yuan(form.amount)
            ),
            plain(f"flow do {{here}} bank-approve amount={fields.typed(asked)}"),
        )
    return None


def _whole(case: Case, form: Bank) -> Verdict:
    if form.amount != agreement.deal_of(case).loan:
        return Refuse(
            T("Less than applied for: bank-approve-less.", zh="少于申请额, 请用 bank-approve-less。"),
            plain("flow do {here} bank-approve-less"),
        )
    return None


def _line_matches(case: Case, form: Disburse) -> Verdict:
    line = loan_line(case)
    due = line.amount if line is not None else 0
    if form.amount == due:
        return None
    return Refuse(
        T("Loan line is {x}.", zh="贷款应放 {x}。").of(x=fields.yuan(due)),
        plain(f"flow do {{here}} disburse amount={fields.typed(due)}"),
    )


def _m_in_time(case: Case, form: Resubmit) -> Verdict:
    last = case.today + timedelta(days=case.number("realestate.mortgage_docs_days"))
    if form.m_date > last:
        return Refuse(
            T("At the latest {d}.", zh="最迟 {d}。").of(d=last.isoformat()), plain(f"m_date={last.isoformat()}")
        )
    return fields.not_before(form.m_date, case.today, T("present day", zh="今天"))


def _lower(case: Case, form: Lower) -> Verdict:
    step, bank = case.number("realestate.loan_round_to"), tell.recall(case, "bank_amount")
    if (
        form.new_loan <= 0
        or (bank is not None and form.new_loan > bank)
        or form.new_loan > agreement.deal_of(case).loan
    ):
        return Refuse(
            T("Loan limit is {x}.", zh="贷款上限为 {x}。").of(x=fields.yuan(bank or agreement.deal_of(case).loan)),
            plain(f"flow do {{here}} lower-loan new_loan={fields.typed(bank or agreement.deal_of(case).loan)}"),
        )
    if form.new_loan % step:
        return Refuse(
            T("Loans are multiples of {n}.", zh="贷款须为 {n} 的整数倍。").of(n=fields.yuan(step)),
            plain(f"flow do {{here}} lower-loan new_loan={fields.typed(form.new_loan // step * step)}"),
        )
    return None


def _fault(wanted: str) -> Any:
    def rule(case: Case, form: object) -> Verdict:
        if tell.recall(case, "fault", "none") == wanted:
            return None
        other = "no-agreement-no-fault" if wanted == "customer" else "no-agreement"
        return Refuse(T("The bank named another fault.", zh="银行注明的责任不符。"), plain(f"flow do {{here}} {other}"))

    return rule


def granted(case: Case, amount: int) -> None:
    """Write the loan that comes into the deal, with its monthly payment, and tell the customer."""
    deal = contract(case).own(ReDeal)
    due = loans.monthly(amount, deal.loan_rate, deal.loan_years, deal.loan_method)
    case.tx.change(deal, loan=amount, monthly=due)
    tell.tell(case, "re-mortgage-approved", amount=fields.yuan(amount), monthly=fields.yuan(due))


def decided(case: Case, form: Bank) -> None:
    """Keep what the bank grants, at which rate and for how long."""
    tell.remember(case, bank_amount=form.amount, fault="none")
    case.tx.change(contract(case).own(ReDeal), loan_rate=form.rate, loan_years=form.years)


def approved(case: Case, form: Bank) -> None:
    decided(case, form)
    granted(case, form.amount)


def asks_more(case: Case, form: AsksMore) -> None:
    case.set_anchor("m_date", case.today)
    tell.remember(case, statements=0, accepted=False)
    for item in form.items:
        row = next((r for r in case.rows(ReChecklist) if r.item == item), None)
        if row is None:
            case.tx.add(ReChecklist(order_id=case.order_id, item=item))
        else:
            case.tx.change(row, received=0)
    papers_missing(case, form)


def refused(case: Case, form: Refused) -> None:
    tell.remember(case, fault=form.fault)


def disbursed(case: Case, form: Disburse) -> None:
    one = contract(case)
    receipt = ledger.book(one, ledger.Paid(form.amount, form.paid_on, "price", "bank-loan", ref=form.ref, payer="bank"))
    line = loan_line(case)
    assert line is not None
    ledger.put_on_lines(one, receipt, [line])
    reckon(one)


def resubmitted(case: Case, form: Resubmit) -> None:
    case.set_anchor("m_date", form.m_date)
    tell.remember(case, date=form.m_date.isoformat(), statements=0, accepted=False, bank=form.bank)


def lowered(case: Case, form: Lower) -> None:
    one, line = contract(case), loan_line(case)
    assert line is not None
    difference = line.amount - form.new_loan
    one.tx.change(line, amount=form.new_loan)
    granted(case, form.new_loan)
    if difference:
        ledger.add_line(one, "topup", difference, case.today + timedelta(days=case.number("realestate.topup_days")))
    schedule_changed(one)


def replanned(case: Case, form: Plan) -> None:
    one, line = contract(case), loan_line(case)
    assert line is not None
    one.tx.change(line, state="replaced")
    one.tx.change(one.own(ReDeal), pay_way=form.pay_way, loan=0, monthly=0)
    if form.pay_way == "lump":
        until = case.today + timedelta(days=case.number("realestate.replan_lump_days"))
        ledger.add_line(one, "balance", line.amount, until)
    else:
        unit_fen = case.number("realestate.price_round_to")
        for new in equal_lines(line.amount, case.number("realestate.replan_instalments"), case.today, unit_fen):
            ledger.add_line(one, new.kind, new.amount, new.due)
    schedule_changed(one)


def returned(case: Case, form: object) -> None:
    contract(case).open_child(
        "postsign", {"kind": "return", "cause": "no-fault", "reason": "the bank refused the loan"}
    )


NEGOTIATE = days("realestate.mortgage_negotiate_days")

STEPS = (
    Step(
        "bank-review",
        T("Bank review", zh="银行审批"),
        roles.MORTGAGES,
        limit=days("realestate.bank_review_days"),
        on_path=True,
    ),
    Step(
        "disbursing",
        T("Awaiting money", zh="待放款"),
        roles.MORTGAGES,
        limit=days(0, after="loan_due"),
        on_path=True,
    ),
    Step(
        "negotiating",
        T("Negotiation", zh="未通过协商"),
        roles.MANAGER,
        limit=NEGOTIATE,
        entry=(
            Task(
                "negotiate-loan",
                T(
                    "Negotiate: more papers, other bank, lower loan, other plan",
                    zh="协商: 补资料、换银行、降贷款、改付款",
                ),
                roles.MANAGER,
                NEGOTIATE,
            ),
            Message("re-mortgage-refused", tell.TODAY),
        ),
    ),
)
ACTIONS = (
    Action(
        "bank-approve",
        T("Approved", zh="银行批准"),
        ("bank-review",),
        "disbursing",
        by=(roles.MORTGAGES,),
        form=Bank,
        guards=(Guard("within-applied", _within_applied), Guard("whole-loan", _whole)),
        effects=(Do(approved),),
    ),
    Action(
        "bank-approve-less",
        T("Approved less", zh="少批"),
        ("bank-review",),
        "negotiating",
        by=(roles.MORTGAGES,),
        form=Bank,
        guards=(Guard("within-applied", _within_applied),),
        effects=(Do(decided),),
    ),
    Action(
        "bank-asks-more",
        T("Asks more", zh="补资料"),
        ("bank-review",),
        "missing",
        by=(roles.MORTGAGES,),
        form=AsksMore,
        effects=(Do(asks_more, before=True),),
    ),
    Action(
        "bank-refuse",
        T("Refused", zh="银行拒贷"),
        ("bank-review",),
        "negotiating",
        by=(roles.MORTGAGES,),
        form=Refused,
        effects=(Do(refused, before=True),),
    ),
    Action(
        "bank-late",
        T("Bank late", zh="银行逾期"),
        ("bank-review",),
        STAY,
        at=days("realestate.bank_review_days"),
        effects=(tell.alert("ask-bank", T("Ask the bank about {no}", zh="向银行查询 {no}"), roles.MORTGAGES),),
    ),
    Action(
        "bank-withdraws",
        T("Bank withdraws", zh="银行撤回"),
        ("disbursing",),
        "negotiating",
        by=(roles.MORTGAGES,),
        form=Refused,
        effects=(Do(refused, before=True),),
    ),
    Action(
        "loan-late",
        T("Money late", zh="放款逾期"),
        ("disbursing",),
        STAY,
        at=days(0, after="loan_due"),
        effects=(tell.alert("loan-late", T("The loan of {no} is late", zh="{no} 放款逾期"), roles.MANAGER),),
    ),
    Action(
        "disburse",
        T("Disbursed", zh="放款"),
        ("disbursing",),
        "disbursed",
        by=(roles.FINANCE,),
        form=Disburse,
        guards=(Guard("loan-line", _line_matches), fields.REF_NEW, fields.BACKDATED),
        effects=(Do(disbursed),),
    ),
    Action(
        "resubmit",
        T("Other bank", zh="重新申请"),
        ("negotiating",),
        "collecting",
        by=(roles.MORTGAGES,),
        form=Resubmit,
        guards=(Guard("m-in-time", _m_in_time),),
        effects=(Do(resubmitted, before=True),),
    ),
    Action(
        "lower-loan",
        T("Lower loan", zh="降低贷款"),
        ("negotiating",),
        "disbursing",
        by=(roles.MANAGER,),
        form=Lower,
        guards=(Guard("lower-loan", _lower),),
        effects=(Do(lowered),),
    ),
    Action(
        "change-plan",
        T("Other plan", zh="改付款方式"),
        ("negotiating",),
        "replaced",
        by=(roles.MANAGER,),
        form=Plan,
        guards=(
            Guard(
                "other-plan",
                lambda case, form: Need(BY_DIRECTOR, T("another plan", zh="改付款方式")),
                needs=(BY_DIRECTOR,),
            ),
        ),
        effects=(Do(replanned),),
    ),
    Action(
        "no-agreement",
        T("No agreement", zh="协商未成"),
        ("negotiating",),
        "defaulted",
        by=(roles.MANAGER,),
        at=NEGOTIATE,
        by_hand=True,
        when=lambda case: tell.recall(case, "fault", "none") == "customer",
        guards=(Guard("fault-customer", _fault("customer")),),
        effects=(Do(default("mortgage-refused")),),
    ),
    Action(
        "no-agreement-no-fault",
        T("No agreement, no fault", zh="无责未成"),
        ("negotiating",),
        "returned",
        by=(roles.MANAGER,),
        at=NEGOTIATE,
        by_hand=True,
        when=lambda case: tell.recall(case, "fault", "none") == "none",
        guards=(Guard("fault-none", _fault("none")),),
        effects=(Do(returned),),
    ),
)
