"""`mfg-amendment` (合同变更): reviewed again, signed, passed on. Source: manufacturing.md 4.5, 5.5."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from serviceflow.api import (
    START,
    STAY,
    Action,
    Case,
    Computed,
    Do,
    Flow,
    Form,
    Guard,
    Step,
    T,
    Task,
    Verdict,
    day,
    days,
    listed,
    plain,
    table_of,
    text,
)

from serviceflow_manufacturing import desk, moments, papers, roles
from serviceflow_manufacturing.flows import (
    accounts,
    changes,
    contract,
    draft,
    execution,
    materials,
    plan,
    review,
    rounds,
    signers,
    submission,
)
from serviceflow_manufacturing.forms import FORMS, NOT_FUTURE, REASON, Because, Dated, contract_lines, one_of, optional
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules import content
from serviceflow_manufacturing.tables import MfgChange, MfgContract

SIZES = {"supplement": T("Supplement", zh="补充协议"), "resign": T("New contract", zh="重签合同")}
DROPPED = {
    "customer-withdrew": T("Customer withdrew", zh="客户撤回"),
    "review-rejected": T("Review rejected", zh="评审不通过"),
    "not-signed": T("Not signed", zh="未签订"),
}
TOLD = (roles.PLANNING, roles.PURCHASING, roles.PRODUCTION)


class EditChange(draft.Header):
    form: str | None = one_of(T("Form", zh="形式"), FORMS, required=False)
    customer: str | None = optional(T("Customer", zh="客户"), 200)
    lines: list[dict[str, Any]] | None = contract_lines(required=False)


class SubmitChange(submission.Submit):
    size: str | None = one_of(T("Size", zh="方式"), SIZES, required=False)


class SignChange(Dated):
    not_future = ("signed_on",)
    document_no: str | None = optional(T("Document number", zh="文件编号"), 60)
    signed_on: date = day(T("Signed on", zh="签订日"))
    customer_signer: str = text(T("Signed for the customer by", zh="客户签字人"), longest=200)


class PassChange(Form):
    erp_no: str | None = optional(T("ERP number", zh="ERP号"), 60)


class Drop(Form):
    reason: str = one_of(REASON, DROPPED)
    text: str | None = optional(T("Text", zh="说明"))


def base(case: Case) -> Mapping[str, Any]:
    """Return the content of the version the change started from."""
    found = contract.version(case, case.own(MfgChange).base)
    assert found is not None
    return found.content


def differences(case: Case) -> list[content.Difference]:
    """Return the difference list of the change."""
    return content.differences(base(case), case.own(MfgChange).content)


def next_seq(case: Case, parent_id: int) -> int:
    """Return the number of the contract's next change."""
    table = table_of(MfgChange)
    return len(case.tx.all(MfgChange, table.c.parent_id == parent_id)) + 1


def why_large(case: Case) -> list[str]:
    """Return why the change needs a new contract, nothing for a supplement."""
    return content.large(base(case), case.own(MfgChange).content, case.number("mfg.amend.large_percent"))


# -- guards ----------------------------------------------------------------------------------------------------


def _customer(case: Case, form: EditChange) -> Verdict:
    return refuse("customer_fixed") if form.customer else None


def _below_edit(case: Case, form: EditChange) -> Verdict:
    return _below(case, content.merged(case.own(MfgChange).content, draft.given(form)))


def _below_now(case: Case, form: Any) -> Verdict:
    return _below(case, case.own(MfgChange).content)


def _below(case: Case, said: Mapping[str, Any]) -> Verdict:
    main = contract.main(case)
    out = accounts.in_shipment(main)
    wanted = {line["line_no"]: line["qty"] for line in said["lines"]}
    for line_no, qty in sorted(out.items()):
        if wanted.get(line_no, 0) < qty:
            return refuse("below_shipped", n=line_no, shipped=qty, qty=wanted.get(line_no, 0))
    return None


def _difference(case: Case, form: Any) -> Verdict:
    return refuse("no_difference", n=case.own(MfgChange).base) if not differences(case) else None


def _must_resign(case: Case, form: SubmitChange) -> Verdict:
    why = why_large(case)
    return refuse("must_resign", why=", ".join(why)) if why and form.size == "supplement" else None


# -- effects ---------------------------------------------------------------------------------------------------


def _start(case: Case, form: changes.StartAmendment) -> None:
    parent = contract.main(case)
    row = parent.own(MfgContract)
    case.tx.add(
        MfgChange(
            order_id=case.order_id,
            parent_id=parent.order_id,
            seq=next_seq(case, parent.order_id),
            kind="amendment",
            origin=form.origin,
            reason=form.reason,
            base=row.version,
            content=dict(row.draft),
            letter=row.letter,
            route=row.route,
        )
    )
    contract.save(case, row.draft)
    rounds.open_points(case)
    words = T("{no}: a change is pending ({reason})", zh="{no}：有合同变更（{reason}）")
    desk.alert(case, "change-pending", words.of(no=parent.order.number, reason=form.reason), *TOLD)


def _edit(case: Case, form: EditChange) -> None:
    contract.save(case, content.merged(case.own(MfgChange).content, draft.given(form)))
    draft.ask_technical(case)
    size = "resign" if why_large(case) else "supplement"
    case.tx.change(case.own(MfgChange), size=size)
    for row in differences(case):
        case.notes.lines.append(T("{row}", zh="{row}").of(row=str(row)))


def _submit(case: Case, form: SubmitChange) -> None:
    size = "resign" if why_large(case) else form.size or "supplement"
    case.tx.change(case.own(MfgChange), size=size)
    submission.submit(case, form)


def _passed(case: Case, form: Any) -> None:
    review.close_passed(case)
    change, parent = case.own(MfgChange), contract.main(case)
    no = default_number(case)
    if change.size == "supplement":
        papers.make(case, "supplement", {
            "order": parent.order.number, "contract_no": parent.own(MfgContract).contract_no or "",
            "reason": change.reason, "differences": [{"row": str(row)} for row in differences(case)],
            "customer": case.customer.name, "document_no": no,
        })  # fmt: skip
    case.tx.change(change, draft_no=no)


def default_number(case: Case) -> str:
    """Return the number a supplement gets when none is typed: ``HT-88-S1``."""
    change, parent = case.own(MfgChange), contract.main(case)
    return f"{parent.own(MfgContract).contract_no}-S{change.seq}"


def _sign(case: Case, form: SignChange) -> None:
    change, parent = case.own(MfgChange), contract.main(case)
    row = parent.own(MfgContract)
    document_no = form.document_no or default_number(case)
    before = accounts.stages(parent)
    case.tx.change(change, document_no=document_no, signed_on=form.signed_on)
    if change.size == "resign":
        case.tx.change(row, old_numbers=[*row.old_numbers, row.contract_no], contract_no=document_no)
    sb = parent.anchor_day("sb")
    contract.put_in_force(parent, change.content, "amendment", change_id=case.order_id, signed_on=form.signed_on)
    case.tx.change(row, form=change.content["form"])
    accounts.at_amendment(parent, before, form.signed_on)
    if sb != parent.anchor_day("sb"):
        plan.replan(parent)
    materials.recompute(parent)


def _number_given(case: Case, form: SignChange) -> Verdict:
    if case.own(MfgChange).size == "resign" and not form.document_no:
        title = form.fields["document_no"].title
        how = plain(f"flow do {case.order.number} sign-change document_no=…")
        return refuse("fields_missing", fields=title, how=how)
    return draft.number_used(case, form)


def _pass_on(case: Case, form: PassChange) -> None:
    change, parent = case.own(MfgChange), contract.main(case)
    rows = [{"row": str(row)} for row in differences(case)]
    departments = case.setting("mfg.so.departments")
    dd = contract.delivery_date(parent)
    papers.make(case, "change-notice", {
        "order": parent.order.number, "document_no": change.document_no, "differences": rows,
        "delivery_date": dd or "", "departments": listed(case.shop.role_title(role) for role in departments),
    })  # fmt: skip
    if execution.sales_orders(parent):
        execution.issue(parent, form.erp_no, "pass-change")
    elif parent.order.step != "signed":
        execution.print_notice(parent)
    _end(case)


def _end(case: Case) -> None:
    case.tx.change(case.own(MfgChange), live=False)


def _drop(case: Case, form: Drop) -> None:
    parent = contract.main(case)
    case.tx.change(case.own(MfgChange), live=False, result=form.reason)
    words = T("{no}: the change was dropped", zh="{no}：合同变更已撤销").of(no=parent.order.number)
    desk.alert(case, "change-dropped", words, *TOLD)


def _facts(case: Case) -> Mapping[str, Any]:
    change = case.tx.get(MfgChange, case.order_id)
    if change is None:
        return {"contract_no": "", "document_no": "", "diff": ""}
    parent = contract.main(case)
    return {
        "contract_no": parent.own(MfgContract).contract_no or "",
        "document_no": change.document_no,
        "diff": "; ".join(str(row) for row in differences(case)),
    }


BELOW = Guard("below_shipped", _below_now, early=True)

AMENDMENT = Flow(
    key="mfg-amendment",
    version=1,
    title=T("Amendment", zh="合同变更"),
    series="BD{year}-{n:04}",
    alone=False,
    facts=desk.facts_of(_facts),
    anchors=("passed",),
    steps=(
        Step("change-draft", T("Change drafted", zh="变更登记"), roles.SALES, moments.limit("change-draft"),
             (Task("submit-change", T("Submit the change", zh="提交变更评审"), roles.SALES,
                   moments.task("submit-change"), closed_by=("submit-change",)),), on_path=True),
        Step("change-review", T("Change review", zh="变更评审"), roles.MANAGER, Computed(rounds.limit, ("entry",)),
             review.entry("change-passed", signers.CHANGE_ROUTE), on_path=True),
        Step("change-signing", T("Change to sign", zh="待签补充协议"), roles.SALES,
             days("mfg.review.valid_d", after="passed"),
             (Task("sign-change", T("Sign the change", zh="签订补充协议"), roles.SALES,
                   moments.task("sign-change", after="passed"), closed_by=("sign-change",)),), on_path=True),
        Step("change-notice", T("Pass change on", zh="变更下达"), roles.MARKETING, moments.limit("change-notice"),
             (Task("pass-change", T("Pass the change on", zh="下达变更"), roles.MARKETING,
                   moments.task("pass-change"), closed_by=("pass-change",)),
              desk.at_once("change-effective", stays=True)), on_path=True),
        Step("effective", T("In force", zh="变更生效"), final=True, on_path=True),
        Step("change-dropped", T("Dropped", zh="变更撤销"), final=True),
    ),
    actions=(
        Action("start-amendment", T("Start", zh="开始变更"), START, "change-draft", by=roles.BY_SALES,
               form=changes.StartAmendment, effects=(Do(_start, before=True),)),
        Action("submit-change", T("Submit", zh="提交评审"), ("change-draft",), "change-review", by=roles.BY_SALES,
               form=SubmitChange,
               guards=(Guard("no_difference", _difference, early=True), BELOW, Guard("must_resign", _must_resign),
                       *submission.SUBMIT_GUARDS), effects=(Do(_submit, before=True),)),
        Action("edit-change", T("Enter change", zh="填写变更"), ("change-draft",), STAY, by=roles.BY_SALES,
               form=EditChange,
               guards=(Guard("customer_fixed", _customer), contract.LINES_KNOWN,
                       Guard("below_shipped_edit", _below_edit)),
               effects=(Do(_edit),)),
        Action("confirm-product", T("Confirm product list", zh="确认型谱"), ("change-draft",), STAY,
               by=(roles.TECH,), form=draft.ConfirmProduct, guards=(contract.LINES_KNOWN, draft.TECH_MUST),
               effects=(Do(draft.confirm_product),)),
        Action("tech-review-done", T("Special-order technical review", zh="特殊订单技术评审"), ("change-draft",),
               STAY, by=(roles.TECH,), form=draft.TechReviewDone, effects=(Do(draft.tech_review_done),)),
        Action("tech-agreement", T("Technical agreement", zh="技术协议"), ("change-draft",), STAY,
               by=(roles.ENGINEERING,), form=draft.TechAgreement, guards=(NOT_FUTURE,),
               effects=(Do(draft.tech_agreement),)),
        review.set_point("change-draft", "change-review"),
        *review.in_review("change-review", withdraw=("withdraw-change-review", T("Withdraw", zh="撤回")),
                          failed=("change-rejected", T("Rejected", zh="不通过")), back="change-draft"),
        Action("change-passed", T("Passed", zh="通过"), ("change-review",), "change-signing", internal=True,
               effects=(Do(_passed, before=True),)),
        Action("sign-change", T("Sign change", zh="签订补充协议"), ("change-signing",), "change-notice",
               by=roles.BY_SALES, form=SignChange,
               guards=(NOT_FUTURE, draft.AFTER_REVIEW, BELOW, Guard("change_no_used", _number_given)),
               effects=(Do(_sign, before=True),)),
        Action("reopen-change", T("Reopen", zh="重新修改"), ("change-signing",), "change-draft", by=roles.BY_SALES,
               form=Because),
        Action("change-expired", T("Expired", zh="评审失效"), ("change-signing",), "change-draft",
               at=days("mfg.review.valid_d", after="passed"), effects=(Do(review.expire),)),
        Action("pass-change", T("Pass on", zh="通知各部门"), ("change-notice",), "effective", by=(roles.MARKETING,),
               form=PassChange, guards=(execution.ERP_USED,),
               effects=(Do(_pass_on),), outcome="effective"),
        Action("drop-change", T("Drop", zh="撤销变更"), ("change-draft", "change-signing"), "change-dropped",
               by=roles.BY_SALES, form=Drop, effects=(Do(_drop),), outcome="dropped"),
        desk.overdue("change-draft", "change-review", "change-notice", overseers={"change-review": roles.MARKETING}),
    ),
)  # fmt: skip
