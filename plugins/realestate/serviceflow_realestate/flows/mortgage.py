"""Bank loan (按揭): a child of a contract, not blocking. Source: realestate.md sections 4.11 and 5.4."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from serviceflow.api import (
    NOW,
    START,
    STAY,
    Action,
    Case,
    Choose,
    Do,
    Flow,
    Form,
    Guard,
    Message,
    Moment,
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
    pending,
    plain,
    table_of,
    text,
    yes_no,
)

from serviceflow_realestate import agreement, defaults, facts, fields, ledger, roles, succession, tell
from serviceflow_realestate.deals import loans
from serviceflow_realestate.deals.plans import equal_lines
from serviceflow_realestate.loan_papers import checklist
from serviceflow_realestate.papers import paper
from serviceflow_realestate.schedule import reckon, schedule_changed
from serviceflow_realestate.tables import ReChecklist, ReDeal, ReLine

SEND = "realestate.message_send_time"
PERSONS = {"main": T("Main buyer", zh="主买受人"), "spouse": T("Spouse", zh="配偶"), "both": T("Both", zh="双方")}
FAULTS = {"customer": T("Customer's", zh="客户原因"), "none": T("Nobody's", zh="无责")}
BY_SALES = roles.route("statement", (roles.MANAGER,), rejected="statement-rejected")
BY_DIRECTOR = roles.route("loan-director", (roles.DIRECTOR,))
BY_BOTH = roles.route("loan-both", (roles.MANAGER,), (roles.DIRECTOR,), own="counts")


class Open(Form):
    m_date: date = day(T("Papers complete on", zh="资料齐备日"))
    bank: str | None = text(T("Bank", zh="银行"), required=False, longest=80)
    at_step: str | None = text(T("Begins at", zh="起始步骤"), required=False)


class Paper(Form):
    item: str = text(T("Paper", zh="资料"), longest=60)
    person: str = choice(T("Person", zh="何人"), PERSONS, required=False, default="both")
    copies: int = number(T("Copies", zh="份数"), least=1, most=99, required=False)
    original_seen: bool = yes_no(T("Original seen", zh="已核原件"))
    months: int | None = number(
        T("Months covered", zh="流水月数"), required=lambda v: v.get("item") == "bank-statements", most=600
    )


class SignLoan(Form):
    bank: str = text(T("Bank", zh="银行"), longest=80)
    signed_on: date = fields.past_day(T("Signed on", zh="签订日"), default_today=True)


class Statement(Form):
    text: str = text(T("Statement", zh="说明"))
    signed: bool = yes_no(T("Customer signed", zh="客户签字"))
    dated: date = fields.past_day(T("Dated", zh="日期"), default_today=True)


class Signed(Form):
    signed_on: date = fields.past_day(T("Signed on", zh="签订日"), default_today=True)


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


def contract(case: Case) -> Case:
    """Return the contract of the loan."""
    found = ledger.contract(case)
    assert found is not None
    return found


def loan_line(case: Case) -> ReLine | None:
    """Return the line the bank pays."""
    return next((x for x in ledger.lines(contract(case)) if x.kind == "loan" and x.state == "open"), None)


def missing(case: Case) -> list[str]:
    """Return the papers that are not complete."""
    return [row.item for row in case.rows(ReChecklist) if row.received < row.copies]


# -- guards ----------------------------------------------------------------------------------------------


def _paper_good(case: Case, form: Paper) -> Verdict:
    if not any(row.item == form.item for row in case.rows(ReChecklist)):
        return Refuse(T("{item} is not on the list.", zh="清单中没有 {item}。").of(item=form.item), DOCS_LIST)
    if not form.original_seen:
        return Refuse(
            T("The original must be shown.", zh="须出示原件。"),
            T("Once it was shown: original_seen=yes", zh="出示后填: original_seen=yes"),
        )
    least = case.number("realestate.bank_statement_min_months")
    if form.item == "bank-statements" and (form.months or 0) < least:
        return Refuse(
            T("Bank statements must cover at least {n} months.", zh="银行流水至少 {n} 个月。").of(n=least),
            plain(f"months={least}"),
        )
    return None


def _complete(case: Case, form: object) -> Verdict:
    gone = missing(case)
    if not gone:
        return None
    return Refuse(T("Missing: {items}", zh="缺少: {items}").of(items=", ".join(gone)), DOCS_LIST)


DOCS_LIST = plain("flow re docs {here}")


def _statement(case: Case, form: Statement) -> Verdict:
    m = case.anchor_day("m_date")
    assert m is not None
    if not form.signed:
        return Refuse(
            T("The customer must sign.", zh="须客户签字。"),
            T("Once it is signed: signed=yes", zh="签字后填: signed=yes"),
        )
    if form.dated > m + timedelta(days=case.number("realestate.mortgage_default_days")):
        return Refuse(T("Too late for a statement.", zh="已过说明期限。"), DOCS_LIST)
    if tell.recall(case, "statements", 0) >= case.number("realestate.mortgage_statement_max"):
        return Refuse(T("No further statement can be accepted.", zh="不再接受说明。"), DOCS_LIST)
    return Need(BY_SALES, T("special statement", zh="特殊说明"))


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


# -- effects ---------------------------------------------------------------------------------------------


def opened(case: Case, form: Open) -> None:
    """Write the checklist of the main buyer's marital status."""
    case.set_anchor("m_date", form.m_date)
    tell.remember(case, date=form.m_date.isoformat(), statements=0, bank=form.bank or "")
    main = agreement.main_buyer(case)
    wanted = checklist(main.marital if main else "unmarried", tuple(case.setting("realestate.mortgage_extra_items")))
    for item, copies in wanted:
        case.tx.add(
            ReChecklist(order_id=case.order_id, item=item, person="both" if copies == 2 else "main", copies=copies)
        )
    line = loan_line(case)
    if line is not None:
        case.set_anchor("loan_due", line.due)
    paper(case, "RE-LOANLIST")


def received(case: Case, form: Paper) -> None:
    table = table_of(ReChecklist)
    row = case.rows(ReChecklist, table.c.item == form.item)[0]
    copies = form.copies or (row.copies if form.person == "both" else 1)
    case.tx.change(
        row,
        received=min(row.received + copies, row.copies),
        received_on=case.today,
        original_seen=True,
        months=form.months,
    )


def papers_missing(case: Case, form: object) -> None:
    """Start the time in which missing papers are waited for."""
    m = case.anchor_day("m_date")
    assert m is not None
    case.set_anchor("docs_deadline", m + timedelta(days=case.number("realestate.mortgage_default_days")))
    tell.remember(case, missing=", ".join(missing(case)))


def accepted(case: Case, form: Statement) -> None:
    """Give the promised time: never earlier than before."""
    docs = case.anchor_day("docs_deadline")
    assert docs is not None
    promised = form.dated + timedelta(days=case.number("realestate.mortgage_supplement_days"))
    tell.remember(case, statements=tell.recall(case, "statements", 0) + 1, accepted=True)
    case.set_anchor("docs_deadline", max(docs, promised))
    paper(case, "RE-STATEMENT", reason=form.text, promised=max(docs, promised).isoformat())


def has_statement(case: Case) -> bool:
    """Return whether a statement has been accepted."""
    return bool(tell.recall(case, "accepted", False))


def default(cause: str) -> Any:
    """Return the effect that opens a default of the customer on the contract."""

    def run(case: Case, form: object) -> None:
        defaults.open_once(contract(case), "customer", cause, case.order.number)

    return run


def reprice(case: Case, form: object) -> None:
    """Replace the contract by one at the list price: money is moved over, the whole balance has a date."""
    old, docs = contract(case), case.anchor_day("docs_deadline")
    assert docs is not None
    until = docs + timedelta(days=case.number("realestate.full_price_days"))
    void = [{**row, "void": True} for row in agreement.deal_of(old).discounts]
    new = succession.successor(old, "terms", pay_way="lump", full_price=True, discounts=void)
    total = agreement.deal_of(new).deal_total

    def draw_up(moved: int) -> None:
        if moved > 0:
            ledger.add_line(new, "first", moved, case.today)
        ledger.add_line(new, "balance", total - moved, until)

    succession.move_money(old, new, draw_up)
    new.set_anchor("reprice_until", until)
    if old.anchor_day("filed_on") is not None:
        new.add_task(
            "cancel-filing",
            T("Cancel the filing of {no}", zh="撤销 {no} 备案").of(no=old.order.number),
            who=roles.CONTRACTS,
            due=case.due(days("realestate.unfile_days", after="now")) or case.now,
            stays=True,
        )
    old.act("supersede")


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


def unsettled(case: Case) -> bool:
    """Return whether no statement waits for its signature."""
    return pending(case) is None


def alert(key: str, words: T, role: str) -> Any:
    """Return the effect that tells a role that something is overdue."""
    return Do(lambda case, form: case.alert(key, words.of(no=case.order.number), who=role))


M_END = days(0, after="m_date")
DOCS = days(0, after="docs_deadline")
NEXT = days("realestate.next_day_days")
NEGOTIATE = days("realestate.mortgage_negotiate_days")
COLLECTING = ("collecting", "missing", "docs-overdue")
RE_MORTGAGE = Flow(
    key="re-mortgage",
    version=1,
    title=T("Mortgage", zh="按揭"),
    series="MTG-{n:04}",
    alone=False,
    facts=facts.of_order,
    anchors=("m_date", "docs_deadline", "loan_due"),
    steps=(
        Step(
            "collecting",
            T("Collect papers", zh="收集资料"),
            roles.MORTGAGES,
            limit=M_END,
            on_path=True,
            entry=(Message("re-mortgage-docs", NOW),),
        ),
        Step(
            "missing",
            T("Papers missing", zh="资料不齐"),
            roles.MORTGAGES,
            limit=DOCS,
            entry=(
                Task(
                    "chase-papers",
                    T("Chase missing papers", zh="催交缺件"),
                    roles.MORTGAGES,
                    NEXT,
                    closed_by=("sign-mortgage",),
                ),
                tell.today("re-mortgage-missing"),
                Message(
                    "re-mortgage-missing",
                    Moment("days", 0, "docs_deadline", SEND, sign=-1),
                    each="realestate.mortgage_remind_days_before",
                ),
            ),
        ),
        Step(
            "docs-overdue",
            T("Promised papers late", zh="承诺补件逾期"),
            roles.MANAGER,
            limit=days("realestate.change_decide_days"),
            entry=(
                Task(
                    "decide-papers",
                    T("Decide: reprice, default or accept", zh="决定: 原价重签、违约或接受"),
                    roles.MANAGER,
                    days("realestate.change_decide_days"),
                ),
                Message("re-mortgage-overdue", tell.TODAY),
            ),
        ),
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
        Step("disbursed", T("Disbursed", zh="已放款"), final=True, on_path=True),
        *(
            Step(key, T(en, zh=zh), final=True)
            for key, en, zh in (
                ("replaced", "Other plan", "改付款方式"),
                ("repriced", "Signed anew at list price", "原价重签"),
                ("returned", "Returned", "无责退房"),
                ("defaulted", "Default", "违约"),
                ("ended", "Contract ended", "合同终止"),
            )
        ),
    ),
    actions=(
        Action(
            "open",
            T("Open", zh="开始"),
            START,
            Choose(lambda case, form: form.at_step or "collecting", ("collecting", "bank-review")),
            by=(roles.MORTGAGES,),
            form=Open,
            effects=(Do(opened, before=True),),
        ),
        Action(
            "receive-doc",
            T("Receive paper", zh="收资料"),
            COLLECTING,
            by=(roles.MORTGAGES, roles.AGENT),
            form=Paper,
            guards=(Guard("paper-good", _paper_good),),
            effects=(Do(received),),
        ),
        Action(
            "note-missing",
            T("Papers missing", zh="资料不齐"),
            ("collecting",),
            "missing",
            by=(roles.MORTGAGES,),
            at=M_END,
            by_hand=True,
            effects=(Do(papers_missing, before=True),),
        ),
        Action(
            "sign-mortgage",
            T("Sign loan", zh="签按揭合同"),
            ("collecting", "missing"),
            "bank-review",
            by=(roles.MORTGAGES,),
            form=SignLoan,
            guards=(Guard("papers-complete", _complete, early=True),),
            effects=(Do(lambda case, form: tell.remember(case, loan_signed=True, bank=form.bank)),),
        ),
        Action(
            "special-statement",
            T("Special statement", zh="特殊说明"),
            ("missing",),
            by=(roles.AGENT, roles.MORTGAGES),
            form=Statement,
            guards=(Guard("statement", _statement, once=True, needs=(BY_SALES,)),),
            effects=(Do(accepted),),
        ),
        Action("statement-rejected", T("Statement rejected", zh="说明未批"), ("missing",), auto=True, when=tell.never),
        Action(
            "default-no-statement",
            T("Papers missing: default", zh="缺件违约"),
            ("missing",),
            "defaulted",
            at=DOCS,
            when=lambda case: unsettled(case) and not has_statement(case),
            effects=(Do(default("mortgage-docs")),),
        ),
        Action(
            "statement-missed",
            T("Promise missed", zh="承诺未兑现"),
            ("missing",),
            "docs-overdue",
            at=DOCS,
            when=lambda case: unsettled(case) and has_statement(case),
        ),
        Action(
            "accept-late",
            T("Accept late", zh="接受迟交"),
            ("docs-overdue",),
            "bank-review",
            by=(roles.MANAGER,),
            form=Signed,
            guards=(
                Guard("papers-complete", _complete, early=True),
                Guard(
                    "late-papers",
                    lambda case, form: Need(BY_DIRECTOR, T("late papers", zh="迟交资料")),
                    needs=(BY_DIRECTOR,),
                ),
            ),
            effects=(Do(lambda case, form: tell.remember(case, loan_signed=True)),),
        ),
        Action(
            "reprice",
            T("Reprice", zh="原价重签"),
            ("docs-overdue",),
            "repriced",
            by=(roles.MANAGER,),
            guards=(
                Guard(
                    "reprice",
                    lambda case, form: Need(BY_BOTH, T("contract at the list price", zh="原价重签")),
                    needs=(BY_BOTH,),
                ),
            ),
            effects=(Do(reprice),),
        ),
        Action(
            "to-default",
            T("Default", zh="转违约"),
            ("docs-overdue",),
            "defaulted",
            by=(roles.MANAGER,),
            form=tell.Because,
            effects=(Do(default("mortgage-docs")),),
        ),
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
            effects=(alert("ask-bank", T("Ask the bank about {no}", zh="向银行查询 {no}"), roles.MORTGAGES),),
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
            effects=(alert("loan-late", T("The loan of {no} is late", zh="{no} 放款逾期"), roles.MANAGER),),
        ),
        Action(
            "disburse",
            T("Disbursed", zh="放款"),
            ("disbursing",),
            "disbursed",
            by=(roles.FINANCE,),
            form=Disburse,
            guards=(Guard("loan-line", _line_matches), fields.REF_NEW),
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
        Action(
            "contract-ended",
            T("Contract ended", zh="合同终止"),
            (*COLLECTING, "bank-review", "disbursing", "negotiating"),
            "ended",
            auto=True,
            when=tell.never,
        ),
        *tell.common(),
    ),
)
