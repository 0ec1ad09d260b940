"""Submitting a contract or a change for review: what has to be there first. Source: manufacturing.md 4.4, 5.5."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from serviceflow.api import (
    Case,
    Fault,
    Form,
    Guard,
    T,
    Verdict,
    listed,
    plain,
    unsignable,
)

from serviceflow_manufacturing import desk, roles
from serviceflow_manufacturing.flows import contract
from serviceflow_manufacturing.flows.rounds import asked, current, points
from serviceflow_manufacturing.flows.signers import CHANGE_ROUTE, ORDER_ROUTE
from serviceflow_manufacturing.forms import item_list
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules import classes, content
from serviceflow_manufacturing.tables import MfgContract, MfgLine, MfgPhoneRecord, MfgReview


class Submit(Form):
    invite: list[str] | None = item_list(T("Invite (roles)", zh="邀请(岗位)"), required=False)

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> list[Fault]:
        known = {role.key for role in roles.ROLES}
        wrong = [role for role in values.get("invite") or () if role not in known]
        words = T("there is no role {roles}", zh="没有岗位 {roles}").of(roles=", ".join(wrong))
        return [Fault("invite", words)] if wrong else []


def _fields(case: Case, form: Any) -> Verdict:
    found = contract.target(case)
    lacking = content.missing(found.content, found.row.letter)
    if not lacking:
        return None
    from serviceflow_manufacturing.flows.draft import EditContract

    titles = [EditContract.fields[name].title if name in EditContract.fields else plain(name) for name in lacking]
    typed = " ".join(f"{name}=…" for name in dict.fromkeys(name.partition("[")[0] for name in lacking))
    how = plain(f"flow do {case.order.number} {_edit(case)} {typed}")
    return refuse("fields_missing", fields=listed(titles), how=how)


def _edit(case: Case) -> str:
    return "edit-change" if case.flow.key == contract.AMENDMENT else "edit-contract"


def _delivery_past(case: Case, form: Any) -> Verdict:
    found = contract.target(case)
    if isinstance(found.row, MfgContract) and found.row.unreviewed:
        return None
    dd = date.fromisoformat(found.content["delivery_date"])
    return refuse("date_past", field=T("Delivery date", zh="交货日期"), date=dd) if dd < case.today else None


def _terms(case: Case, form: Any) -> Verdict:
    terms = contract.target(case).content["terms"]
    total = sum(stage["percent"] for stage in terms)
    return refuse("terms_sum", sum=total, edit=_edit(case)) if terms and total != 100 else None


def _phone_record(case: Case, form: Any) -> Verdict:
    main = contract.main(case)
    by_phone = contract.target(case).content["form"] in classes.BY_PHONE
    lacking = by_phone and case.tx.get(MfgPhoneRecord, main.order_id) is None
    return refuse("phone_record_missing") if lacking else None


def _confirmed(case: Case, form: Any) -> Verdict:
    if not desk.is_foreign(case):
        return None
    return refuse("product_unconfirmed") if not all(line.confirmed for line in case.rows(MfgLine)) else None


def _tech_review(case: Case, form: Any) -> Verdict:
    needed = any(line.tech_review_needed for line in case.rows(MfgLine))
    return refuse("tech_review_open") if needed and contract.target(case).row.tech_review != "pass" else None


def without_agreement(case: Case) -> list[int]:
    """Return the changed or new lines that no technical agreement covers."""
    found = contract.target(case)
    covered = set(found.row.agreement_for) | set(contract.main(case).own(MfgContract).agreement_for)
    return [line["line_no"] for line in found.content["lines"]
            if line["change"] != "none" and line["line_no"] not in covered]  # fmt: skip


def _agreement(case: Case, form: Any) -> Verdict:
    return refuse("tech_agreement_missing") if without_agreement(case) else None


def _points_open(case: Case, form: Any) -> Verdict:
    left = [str(p.point) for p in points(case) if p.state == "open" and p.point in asked(case)]
    return refuse("points_open", list=", ".join(left)) if left else None


def _signers(case: Case, form: Any) -> Verdict:
    route_of = CHANGE_ROUTE if case.flow.key == contract.AMENDMENT else ORDER_ROUTE
    nobody = unsignable(case, route_of, case.actor.id if case.actor is not None else None)
    names = listed(case.shop.role_title(role) for role in nobody)
    return refuse("no_signer", roles=names, role=" ".join(nobody)) if nobody else None


SUBMIT_GUARDS = (
    Guard("fields_missing", _fields, early=True),
    Guard("delivery_past", _delivery_past, early=True),
    Guard("terms_sum", _terms, early=True),
    Guard("phone_record_missing", _phone_record, early=True),
    Guard("product_unconfirmed", _confirmed, early=True),
    Guard("tech_review_open", _tech_review, early=True),
    Guard("tech_agreement_missing", _agreement, early=True),
    Guard("points_open", _points_open, early=True),
    Guard("no_signer", _signers),
)


def submit(case: Case, form: Submit) -> None:
    """Open a new round on the frozen content."""
    found = contract.target(case)
    case.tx.change(found.row, invite=form.invite or [])
    version = contract.freeze(case) if not found.amendment else found.row.base + 1  # type: ignore[union-attr]
    before = current(case)
    case.tx.add(
        MfgReview(
            order_id=case.order_id,
            round=before.round + 1 if before is not None else 1,
            version=version,
            letter=found.row.letter,
            route=found.row.route,
            requester_id=case.actor.id if case.actor is not None else None,
            owner_id=case.order.owner_id,
            submitted_at=case.now,
        )
    )
