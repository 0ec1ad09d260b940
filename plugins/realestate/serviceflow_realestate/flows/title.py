"""Title deed (产权办理): a child of a delivered contract. Source: realestate.md section 4.15."""

from __future__ import annotations

from datetime import date, timedelta

from serviceflow.api import (
    START,
    STAY,
    Action,
    Case,
    Do,
    Flow,
    Form,
    Guard,
    Message,
    Order,
    Refuse,
    Step,
    T,
    Task,
    Verdict,
    choice,
    day,
    days,
    plain,
    table_of,
    text,
    yes_no,
)

from serviceflow_realestate import agreement, defaults, facts, fields, inventory, ledger, roles, tell
from serviceflow_realestate.lineage import contract
from serviceflow_realestate.papers import paper
from serviceflow_realestate.tables import ReUnit

SEND = "realestate.message_send_time"
FAULTS = {"customer": T("Customer", zh="客户"), "company": T("Company", zh="公司")}
RECEIVERS = {"owner": T("Owner", zh="业主"), "bank": T("Bank", zh="银行")}


class Open(Form):
    delivered_on: date = day(T("Delivered on", zh="交楼日"))


class Docs(Form):
    owner_file: bool = yes_no(T("Owner file confirmed", zh="业主档案已确认"))
    invoice: bool = yes_no(T("Invoice", zh="发票"))
    id_copies: bool = yes_no(T("ID copies", zh="身份证复印件"))


class Submit(Form):
    acceptance_no: str = text(T("Acceptance number", zh="受理号"), longest=60)
    submitted_on: date = fields.past_day(T("Submitted on", zh="递交日"), default_today=True)


class Returned(Form):
    items: str = text(T("Items", zh="补正事项"))
    fault: str = choice(T("Whose fault", zh="责任"), FAULTS)


class Again(Form):
    submitted_on: date = fields.past_day(T("Submitted on", zh="递交日"), default_today=True)


class Issue(Form):
    deed_no: str = text(T("Deed number", zh="产权证号"), longest=60)
    issued_on: date = fields.past_day(T("Issued on", zh="发证日"), default_today=True)


class HandOver(Form):
    receiver: str = choice(T("Receiver", zh="领取人"), RECEIVERS)
    id_no: str = text(T("ID number", zh="证件号"), longest=40)
    mortgage_no: str | None = text(T("Mortgage registration number", zh="抵押登记号"), required=False, longest=60)


def _complete(case: Case, form: Docs) -> Verdict:
    missing = [
        name
        for name, here in (("owner-file", form.owner_file), ("invoice", form.invoice), ("id-copies", form.id_copies))
        if not here
    ]
    if not missing:
        return None
    return Refuse(
        T("Missing: {items}", zh="缺少: {items}").of(items=", ".join(missing)),
        T(
            "When all are here: owner_file=yes invoice=yes id_copies=yes",
            zh="齐全时填: owner_file=yes invoice=yes id_copies=yes",
        ),
    )


def _taxes_paid(case: Case, form: Submit) -> Verdict:
    if ledger.taken_of(case, "tax") <= 0:
        unpaid = T("Deed tax is not paid.", zh="契税尚未缴纳。")
    elif ledger.taken_of(case, "fee") <= 0:
        unpaid = T("The maintenance fund is not paid.", zh="维修基金尚未缴纳。")
    else:
        return None
    return Refuse(unpaid, plain(f"flow do {contract(case).order.number} receive-payment"))


def _submitted_in_order(case: Case, form: Submit) -> Verdict:
    return fields.not_before(form.submitted_on, _papers_on(case), T("day the papers were complete", zh="资料齐备日"))


def _again_in_order(case: Case, form: Again) -> Verdict:
    returned = date.fromisoformat(tell.recall(case, "returned_on"))
    return fields.not_before(form.submitted_on, returned, T("day it was returned", zh="退回日"))


def _issued_in_order(case: Case, form: Issue) -> Verdict:
    handed_in = tell.recall(case, "submitted_on")
    before = date.fromisoformat(handed_in) if handed_in else None
    return fields.not_before(form.issued_on, before, T("submission", zh="递交日"))


def _papers_on(case: Case) -> date:
    """Return the day on which the papers were complete."""
    return case.day(case.done("docs-complete")[-1].at)


def _deed_new(case: Case, form: Issue) -> Verdict:
    orders = table_of(Order)
    issued_before = case.tx.all(Order, orders.c.flow == "re-title", orders.c.id != case.order_id)
    other = next((o for o in issued_before if o.data.get("deed_no") == form.deed_no), None)
    if other is not None:
        return Refuse(
            T("Deed number {no} is used.", zh="产权证号 {no} 已使用。").of(no=form.deed_no),
            plain(f"flow show {other.number}"),
        )
    return None


def _receiver(case: Case, form: HandOver) -> Verdict:
    deal = agreement.deal_of(case)
    if deal.loan and form.receiver == "owner" and not form.mortgage_no:
        return Refuse(
            T("The mortgage registration number is needed.", zh="须填抵押登记号。"),
            plain("flow do {here} hand-over mortgage_no="),
        )
    return None


def opened(case: Case, form: Open) -> None:
    case.set_anchor("delivered_on", form.delivered_on)
    case.set_anchor("title_docs_on", form.delivered_on + timedelta(days=case.number("realestate.title_docs_days")))
    case.set_anchor("title_deadline", form.delivered_on + timedelta(days=case.number("realestate.title_days")))


def add_days(case: Case, days_late: int) -> None:
    """Move the deadline by the days the customer was late."""
    deadline = case.anchor_day("title_deadline")
    if days_late > 0 and deadline is not None:
        case.set_anchor("title_deadline", deadline + timedelta(days=days_late))


def docs_complete(case: Case, form: Docs) -> None:
    due = case.anchor_day("title_docs_on")
    if due is not None:
        add_days(case, (case.today - due).days)
    paper(case, "RE-TITLEFILE", complete_on=case.today.isoformat())


def submitted(case: Case, form: Submit) -> None:
    """Taxes paid late are the customer's delay, from the end of the time for them to the day of their payment."""
    limit = tax_limit(case)
    paid_on = max(r.paid_on for r in ledger.receipts(case) if r.kind in ("tax", "fee") and r.direction == "in")
    add_days(case, (paid_on - limit).days)
    tell.remember(case, submitted_on=form.submitted_on.isoformat())
    paper(case, "RE-TITLEFILE", acceptance_no=form.acceptance_no)


def bureau_returned(case: Case, form: Returned) -> None:
    tell.remember(case, fault=form.fault, returned_on=case.today.isoformat())


def resubmitted(case: Case, form: Again) -> None:
    if tell.recall(case, "fault") == "customer":
        since = date.fromisoformat(tell.recall(case, "returned_on"))
        add_days(case, (form.submitted_on - since).days)
    tell.remember(case, submitted_on=form.submitted_on.isoformat())


def issued(case: Case, form: Issue) -> None:
    inventory.set_state(case.tx, case.tx.need(ReUnit, agreement.deal_of(case).unit_id), "titled")
    tell.remember(case, deed_no=form.deed_no, issued_on=form.issued_on.isoformat())
    case.set_anchor("issued_on", form.issued_on)


def handed(case: Case, form: HandOver) -> None:
    paper(case, "RE-TITLEFILE", deed_no=tell.recall(case, "deed_no"), receiver=form.receiver)


def tax_limit(case: Case) -> date:
    """Return the last day for the taxes, from the day the papers were complete."""
    return _papers_on(case) + timedelta(days=case.number("realestate.title_correct_days"))


def waits_for_customer(case: Case) -> bool:
    """Return whether the customer is late himself: the deadline moves on with every such day."""
    if case.order.step == "collecting":
        due = case.anchor_day("title_docs_on")
        return due is not None and case.today > due
    if case.order.step == "taxes":
        return case.today > tax_limit(case) and ledger.taken_of(case, "tax") <= 0
    return case.order.step == "correcting" and tell.recall(case, "fault") == "customer"


def late(case: Case, form: object) -> None:
    for role in (roles.LEGAL, roles.MANAGER):
        case.alert("title-late", T("The title of {no} is late", zh="{no} 逾期办证").of(no=case.order.number), who=role)
    defaults.open_once(contract(case), "company", "late-title", case.order.number)


OPEN_STEPS = ("collecting", "taxes", "submitted", "correcting")
DOCS = days(0, after="title_docs_on")
DEADLINE = days(0, after="title_deadline")
CORRECT = days("realestate.title_correct_days")
RE_TITLE = Flow(
    key="re-title",
    version=1,
    title=T("Title deed", zh="产权办理"),
    series="TTL-{n:04}",
    alone=False,
    facts=facts.of_order,
    anchors=("delivered_on", "title_docs_on", "title_deadline", "issued_on"),
    steps=(
        Step(
            "collecting",
            T("Papers", zh="收集办证资料"),
            roles.CONTRACTS,
            limit=DOCS,
            on_path=True,
            entry=(
                Task(
                    "collect-title",
                    T("Collect title papers; check the initial registration", zh="收集办证资料; 核对大产权"),
                    roles.CONTRACTS,
                    DOCS,
                    closed_by=("docs-complete",),
                ),
                Message("re-title-docs", tell.TODAY),
            ),
        ),
        Step(
            "taxes",
            T("Taxes", zh="缴纳税费"),
            roles.FINANCE,
            limit=CORRECT,
            on_path=True,
            entry=(
                Task(
                    "confirm-tax",
                    T("Confirm deed tax and maintenance fund", zh="确认契税与维修基金"),
                    roles.FINANCE,
                    CORRECT,
                    closed_by=("submit",),
                ),
            ),
        ),
        Step("submitted", T("Submitted", zh="递交登记"), roles.CONTRACTS, limit=DEADLINE, on_path=True),
        Step("correcting", T("Correction", zh="补正"), roles.CONTRACTS, limit=CORRECT),
        Step(
            "issued",
            T("Issued", zh="已出证"),
            roles.CONTRACTS,
            limit=days("realestate.title_pickup_remind_days"),
            on_path=True,
            entry=(
                tell.today("re-title-ready"),
                Message("re-title-ready", days("realestate.title_pickup_remind_days", at=SEND)),
            ),
        ),
        Step("handed", T("Handed over", zh="已领证"), final=True, on_path=True),
        Step("ended", T("Contract ended", zh="合同终止"), final=True),
    ),
    actions=(
        Action(
            "open",
            T("Open", zh="开始"),
            START,
            "collecting",
            by=(roles.CONTRACTS,),
            form=Open,
            effects=(Do(opened, before=True),),
        ),
        Action(
            "docs-complete",
            T("Papers complete", zh="资料齐"),
            ("collecting",),
            "taxes",
            by=(roles.CONTRACTS,),
            form=Docs,
            guards=(Guard("title-papers", _complete),),
            effects=(Do(docs_complete),),
        ),
        Action(
            "submit",
            T("Submit", zh="递交"),
            ("taxes",),
            "submitted",
            by=(roles.CONTRACTS,),
            form=Submit,
            guards=(Guard("taxes-paid", _taxes_paid, early=True), Guard("submitted-order", _submitted_in_order)),
            effects=(Do(submitted),),
        ),
        Action(
            "bureau-returns",
            T("Returned", zh="退回补正"),
            ("submitted",),
            "correcting",
            by=(roles.CONTRACTS,),
            form=Returned,
            effects=(Do(bureau_returned),),
        ),
        Action(
            "resubmit",
            T("Submit again", zh="再次递交"),
            ("correcting",),
            "submitted",
            by=(roles.CONTRACTS,),
            form=Again,
            guards=(Guard("again-order", _again_in_order),),
            effects=(Do(resubmitted, before=True),),
        ),
        Action(
            "issue",
            T("Issued", zh="出证"),
            ("submitted",),
            "issued",
            by=(roles.CONTRACTS,),
            form=Issue,
            guards=(Guard("deed-new", _deed_new), Guard("issued-order", _issued_in_order)),
            effects=(Do(issued),),
        ),
        Action(
            "hand-over",
            T("Hand over", zh="领证"),
            ("issued",),
            "handed",
            by=(roles.CONTRACTS,),
            form=HandOver,
            guards=(Guard("title-receiver", _receiver),),
            effects=(Do(handed),),
        ),
        Action(
            "title-late",
            T("Title late", zh="逾期办证"),
            OPEN_STEPS,
            STAY,
            at=DEADLINE,
            when=lambda case: not waits_for_customer(case),
            effects=(Do(late),),
        ),
        Action(
            "contract-ended",
            T("Contract ended", zh="合同终止"),
            (*OPEN_STEPS, "issued"),
            "ended",
            auto=True,
            when=tell.never,
        ),
        *tell.common(),
    ),
)
