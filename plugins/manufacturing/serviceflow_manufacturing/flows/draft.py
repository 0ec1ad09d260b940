"""Before signing: requirements, the draft, technical confirmation, signing, declining. Source: manufacturing.md 4.4."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from serviceflow.api import (
    Case,
    Form,
    Guard,
    Need,
    Order,
    T,
    Task,
    Verdict,
    day,
    moment,
    number,
    row_list,
    table_of,
    text,
    yes_no,
)
from serviceflow.api import money as amount_of

from serviceflow_manufacturing import customers, desk, moments, papers, roles
from serviceflow_manufacturing.flows import accounts, contract, review, rounds, submission
from serviceflow_manufacturing.forms import (
    FORMS,
    QTY,
    REASON,
    Dated,
    contract_lines,
    one_of,
    optional,
    scaled,
    terms_field,
)
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules import content
from serviceflow_manufacturing.tables import MfgContract, MfgLine, MfgPhoneRecord

BASES = {"dispatch": T("Dispatch", zh="发运"), "arrival": T("Arrival", zh="到货")}
PASS = {"pass": T("Pass", zh="通过"), "fail": T("Fail", zh="不通过")}


class Header(Form):
    """The versioned fields of a contract, all of them optional while it is drafted."""

    contact: str | None = optional(T("Contact", zh="联系人"), 200)
    contracting_line: str | None = optional(T("Contracting line", zh="承包线"), 100)
    currency: str | None = text(T("Currency", zh="币种"), required=False, shortest=3, longest=3)
    rate: int | None = scaled(T("Rate", zh="汇率"), digits=6, required=False, least=1)
    delivery_date: date | None = day(T("Delivery date", zh="交货日期"), required=False)
    delivery_basis: str | None = one_of(T("Delivery basis", zh="交货基准"), BASES, required=False)
    transit_d: int | None = number(T("Transit, days", zh="运输天数"), required=False, most=365)
    delivery_mode: str | None = optional(T("Delivery mode", zh="交货方式"), 300)
    terms: list[dict[str, Any]] | None = terms_field(T("Payment terms", zh="付款条件"))
    packing: str | None = optional(T("Packing", zh="包装"), 1000)
    quality_standard: str | None = optional(T("Quality standard", zh="质量标准"), 1000)
    special_requirements: str | None = optional(T("Special requirements", zh="特殊要求"))
    annexes: str | None = optional(T("Annexes", zh="附件"))
    qms_demands: str | None = optional(T("Quality-management demands", zh="质量管理要求"))
    dispute: str | None = optional(T("Dispute handling", zh="争议处理"), 1000)
    other_charges: int | None = amount_of(T("Other charges", zh="其他费用"), required=False)


class NewOrder(Header):
    form: str = one_of(T("Form", zh="形式"), FORMS)
    region: str | None = customers.region_field()
    grade: str | None = customers.grade_field()
    lines: list[dict[str, Any]] | None = contract_lines(required=False)


class EditContract(Header):
    form: str | None = one_of(T("Form", zh="形式"), FORMS, required=False)
    lines: list[dict[str, Any]] | None = contract_lines(required=False)


class PhoneRecord(Form):
    caller: str = text(T("Caller", zh="来电人"), longest=200)
    called_at: datetime = moment(T("Called at", zh="来电时间"))
    product: str = text(T("Product", zh="产品"), longest=200)
    spec: str = text(T("Specification", zh="规格"), longest=300)
    qty: int = number(QTY, least=1, most=100_000_000)
    price: int = scaled(T("Price", zh="单价"))
    packing: str = text(T("Packing", zh="包装"), longest=1000)
    quality: str = text(T("Quality", zh="质量"), longest=1000)
    delivery_date: date = day(T("Delivery date", zh="交货日期"))


class ConfirmProduct(Form):
    lines: list[dict[str, Any]] = row_list(
        T("Lines", zh="明细"),
        {
            "line_no": number(T("Line", zh="行号"), least=1),
            "regular": yes_no(T("Regular", zh="常规")),
            "tech_review_needed": yes_no(T("Technical review needed", zh="须技术评审")),
        },
    )


class TechReviewDone(Form):
    result: str = one_of(T("Result", zh="结果"), PASS)
    text: str = text(T("Text", zh="说明"), longest=2000)
    docs: str | None = optional(T("Papers", zh="文件"))


class TechAgreement(Dated):
    not_future = ("agreed_on",)
    no: str = text(T("Number", zh="编号"), longest=60)
    agreed_on: date = day(T("Agreed on", zh="签订日"))
    parties: str = text(T("Parties", zh="签订方"), longest=300)
    file: str | None = optional(T("File", zh="文件"), 500)


class SignContract(Dated):
    not_future = ("signed_on",)
    contract_no: str = text(T("Contract number", zh="合同编号"), longest=60)
    signed_on: date = day(T("Signed on", zh="签订日"))
    customer_signer: str = text(T("Signed for the customer by", zh="客户签字人"), longest=200)
    file: str | None = optional(T("File", zh="文件"), 500)


class ConfirmPhone(Dated):
    not_future = ("confirmed_at",)
    confirmed_by: str = text(T("Confirmed by", zh="确认人"), longest=200)
    confirmed_at: datetime = moment(T("Confirmed at", zh="确认时间"))


class ReportUnreviewed(Dated):
    not_future = ("signed_on",)
    contract_no: str = text(T("Contract number", zh="合同编号"), longest=60)
    signed_on: date = day(T("Signed on", zh="签订日"))
    file: str | None = optional(T("File", zh="文件"), 500)


class Decline(Form):
    reason: str = text(REASON)


def given(form: Form) -> dict[str, Any]:
    """Return what a form of contract fields holds, dates as they are kept."""
    found = {name: getattr(form, name) for name in form.fields}
    if found.get("delivery_date") is not None:
        found["delivery_date"] = found["delivery_date"].isoformat()
    return found


# -- guards ----------------------------------------------------------------------------------------------------


def _frozen(case: Case, form: Any) -> Verdict:
    row = case.own(MfgContract)
    return refuse("unreviewed_frozen") if row.unreviewed and contract.versions(case) else None


def tech_review_must(case: Case, form: ConfirmProduct) -> Verdict:
    """Refuse to leave a special product of a foreign order without the technical review."""
    wrong = any(not row["regular"] and not row["tech_review_needed"] for row in form.lines)
    return refuse("tech_review_must") if wrong and desk.is_foreign(case) else None


def is_written(case: Case) -> bool:
    """Return whether the order is signed; class A is confirmed by phone instead."""
    return case.own(MfgContract).letter != "A"


def _not_by_phone(case: Case, form: Any) -> Verdict:
    return None if is_written(case) else refuse("phone_needs_confirm")


def _by_phone(case: Case, form: Any) -> Verdict:
    return refuse("written_needs_sign", **{"class": case.own(MfgContract).letter}) if is_written(case) else None


def signed_after_review(case: Case, form: Any) -> Verdict:
    """Refuse a signature dated before the day the review passed."""
    at = getattr(form, "signed_on", None) or getattr(form, "confirmed_at", None)
    signed = case.day(at) if isinstance(at, datetime) else at
    passed = contract.target(case).row.passed_on
    reopen = "reopen-change" if case.flow.key == contract.AMENDMENT else "reopen"
    late = passed is None or signed is None or signed >= passed
    return None if late else refuse("signed_before_review", date=passed, reopen=reopen)


def _reviewed(case: Case, form: Any) -> Verdict:
    return refuse("version_unreviewed", n=case.own(MfgContract).version) if rounds.passed(case) is None else None


def number_used(case: Case, form: Any) -> Verdict:
    """Refuse a contract number that another order has or had."""
    wanted = getattr(form, "contract_no", None) or getattr(form, "document_no", None)
    own = contract.main(case).order_id
    for row in case.tx.all(MfgContract, table_of(MfgContract).c.order_id != own):
        if wanted in (row.contract_no, *row.old_numbers):
            return refuse("contract_no_used", no=wanted, order=case.tx.need(Order, row.order_id).number)
    return None


def _not_signed(case: Case, form: Any) -> Verdict:
    return refuse("unreviewed_signed") if case.own(MfgContract).unreviewed else None


def _declined_signed(case: Case, form: Any) -> Verdict:
    return Need(roles.BY_MARKETING_GM, T("decline an order", zh="谢绝订单"))


NOT_FROZEN = Guard("unreviewed_frozen", _frozen, early=True)
TECH_MUST = Guard("tech_review_must", tech_review_must)
NOT_BY_PHONE = Guard("phone_needs_confirm", _not_by_phone, early=True)
BY_PHONE = Guard("written_needs_sign", _by_phone, early=True)
AFTER_REVIEW = Guard("signed_before_review", signed_after_review)
REVIEWED = Guard("version_unreviewed", _reviewed, early=True)
NUMBER_FREE = Guard("contract_no_used", number_used)
NOT_SIGNED = Guard("unreviewed_signed", _not_signed, early=True)
DECLINE_SIGNED = Guard("decline_signed", _declined_signed, needs=(roles.BY_MARKETING_GM,))


# -- effects ---------------------------------------------------------------------------------------------------


def new_order(case: Case, form: NewOrder) -> None:
    """Open the contract with its six points."""
    said = contract.default_content(case, given(form))
    case.tx.add(MfgContract(order_id=case.order_id, form=form.form, draft={**said, "lines": []}))
    contract.save(case, said)
    rounds.open_points(case)


def edit(case: Case, form: EditContract) -> None:
    """Change the draft; class and needed confirmations follow."""
    contract.save(case, content.merged(case.own(MfgContract).draft, given(form)))
    ask_technical(case)


def ask_technical(case: Case) -> None:
    """Make the tasks of tech-support and engineering that are needed now and not asked for yet."""
    if needs_confirmation(case) and not case.has_open_task("confirm-product"):
        CONFIRM.apply(case, None)
    if submission.without_agreement(case) and not case.has_open_task("tech-agreement"):
        AGREE.apply(case, None)


def needs_confirmation(case: Case) -> bool:
    """Return whether technical support still has to confirm lines of a foreign order."""
    return desk.is_foreign(case) and not all(line.confirmed for line in case.rows(MfgLine))


def phone_record(case: Case, form: PhoneRecord) -> None:
    """Write the record of a customer's phone order."""
    values = {name: getattr(form, name) for name in form.fields}
    row = case.tx.get(MfgPhoneRecord, case.order_id)
    by = case.actor.id if case.actor else None
    if row is None:
        case.tx.add(MfgPhoneRecord(order_id=case.order_id, taken_by=by, **values))
    else:
        case.tx.change(row, taken_by=by, **values)
    print_phone_record(case)


def print_phone_record(case: Case) -> None:
    """Write the phone-order record; once the review has passed it bears the sales manager's signature."""
    row = case.tx.get(MfgPhoneRecord, case.order_id)
    if row is None:
        return
    facts = {name: getattr(row, name) for name in PhoneRecord.fields}
    found = rounds.current(case)
    slots = rounds.slots(case, found) if found is not None and found.state == "passed" else []
    signed = next((s for s in slots if s.role == roles.MANAGER and s.verdict == "approved"), None)
    papers.make(case, "phone-record", {
        **facts, "order": case.order.number, "price": content.shown("unit_price", row.price),
        "called_at": case.local(row.called_at), "delivery_date": row.delivery_date.isoformat(),
        "signed_by": desk.name_of(case.tx, signed.signed_by) if signed is not None else "",
        "signed_at": case.local(signed.at) if signed is not None and signed.at is not None else "",
    })  # fmt: skip


def confirm_product(case: Case, form: ConfirmProduct) -> None:
    """Note what technical support says of each line."""
    for row in form.lines:
        line = next((one for one in case.rows(MfgLine) if one.line_no == row["line_no"]), None)
        if line is None:
            continue
        if row["tech_review_needed"] and not (line.confirmed and line.tech_review_needed):
            case.tx.change(contract.target(case).row, tech_review="")
        case.tx.change(line, confirmed=True, tech_review_needed=row["tech_review_needed"])
    if not needs_confirmation(case):
        case.close_tasks("confirm-product", result="confirm-product")
    if any(row["tech_review_needed"] for row in form.lines) and not case.has_open_task("tech-review-done"):
        words = T("Technical review of {no}", zh="{no}特殊订单技术评审").of(no=case.order.number)
        desk.task(case, "tech-review-done", words, roles.TECH, closed_by=("tech-review-done",))


def tech_review_done(case: Case, form: TechReviewDone) -> None:
    """Note the result of the special-order technical review."""
    case.tx.change(contract.target(case).row, tech_review=form.result)
    if form.result == "fail":
        words = T("Technical review of {no} failed: {text}", zh="{no}技术评审不通过：{text}")
        desk.alert(case, "tech-review-failed", words.of(no=case.order.number, text=form.text), roles.MANAGER)


def tech_agreement(case: Case, form: TechAgreement) -> None:
    """Note the technical agreement for the changed and new lines there are now."""
    found = contract.target(case)
    covered = [line["line_no"] for line in found.content["lines"] if line["change"] != "none"]
    case.tx.change(found.row, agreement_no=form.no, agreement_on=form.agreed_on, agreement_for=covered)


def sign(case: Case, no: str, signed_on: date, signer: str) -> None:
    """Put the reviewed version in force: number, dates, what is owed on signing."""
    row = case.own(MfgContract)
    case.tx.change(row, contract_no=no, signed_on=signed_on, customer_signer=signer)
    found = contract.version(case, row.version)
    if found is not None:
        case.tx.change(found, effective_at=case.now, signed_on=signed_on)
    case.set_anchor("signed_on", signed_on)
    contract.set_dates(case)
    accounts.at_signing(case)


def sign_contract(case: Case, form: SignContract) -> None:
    """Do `sign-contract`."""
    sign(case, form.contract_no, form.signed_on, form.customer_signer)


def confirm_phone(case: Case, form: ConfirmPhone) -> None:
    """Do `confirm-phone-order`; the system gives the number."""
    sign(case, papers.contract_number(case.shop, case.tx), case.day(form.confirmed_at), form.confirmed_by)


def pass_review(case: Case, form: Any) -> None:
    """Close the round; an unreviewed contract is signed already."""
    review.close_passed(case)
    print_phone_record(case)
    row = case.own(MfgContract)
    if row.unreviewed:
        assert row.signed_on is not None
        sign(case, row.reported_no, row.signed_on, row.customer_signer)


def report_unreviewed(case: Case, form: ReportUnreviewed) -> None:
    """Note that a contract was signed without a review."""
    row = case.own(MfgContract)
    case.tx.change(row, unreviewed=True, contract_no=form.contract_no, reported_no=form.contract_no,
                   signed_on=form.signed_on)  # fmt: skip
    words = T("Contract {no} was signed without a review", zh="合同{no}未经评审已签").of(no=form.contract_no)
    desk.alert(case, "unreviewed", words, roles.MARKETING_GM, roles.MANAGER)
    case.cancel_tasks("submit-review", reason=words)
    words = T("Submit {no} for review today", zh="今日提交{no}评审").of(no=case.order.number)
    case.add_task("submit-review", words, who=roles.SALES, due=moments.due_at(case, case.today),
                  closed_by=("submit-review",))  # fmt: skip


CONFIRM, AGREE = (
        Task("confirm-product", T("Confirm the product list", zh="确认型谱"), roles.TECH,
             moments.task("confirm-product", after="now"), when=needs_confirmation),
        Task("tech-agreement", T("Make the technical agreement", zh="签技术协议"), roles.ENGINEERING,
             moments.task("tech-agreement", after="now"), closed_by=("tech-agreement",),
             when=lambda case: bool(submission.without_agreement(case))),
)  # fmt: skip
