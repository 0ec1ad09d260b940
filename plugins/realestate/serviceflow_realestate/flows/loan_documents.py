"""A loan until its papers are complete: checklist, statements, lateness. Source: realestate.md 4.11 and 5.4."""

from __future__ import annotations

from datetime import date, timedelta

from serviceflow.api import (
    NOW,
    START,
    Action,
    Case,
    Choose,
    Do,
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
    number,
    pending,
    plain,
    table_of,
    text,
    yes_no,
)

from serviceflow_realestate import agreement, fields, ledger, roles, succession, tell
from serviceflow_realestate.flows.loan import default, loan_line
from serviceflow_realestate.lineage import contract
from serviceflow_realestate.loan_papers import checklist, missing
from serviceflow_realestate.papers import paper
from serviceflow_realestate.tables import ReChecklist

PERSONS = {"main": T("Main buyer", zh="主买受人"), "spouse": T("Spouse", zh="配偶"), "both": T("Both", zh="双方")}


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


def unsettled(case: Case) -> bool:
    """Return whether no statement waits for its signature."""
    return pending(case) is None


M_END = days(0, after="m_date")


DOCS = days(0, after="docs_deadline")


NEXT = days("realestate.next_day_days")


COLLECTING = ("collecting", "missing", "docs-overdue")

STEPS = (
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
                Moment("days", 0, "docs_deadline", tell.SEND, sign=-1),
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
)
ACTIONS = (
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
)
