"""Opening a change of a signed contract: an amendment, or a delay. Source: manufacturing.md 4.4 to 4.6."""

from __future__ import annotations

from datetime import date
from typing import Any

from serviceflow.api import Case, Form, Guard, T, Verdict, day, text

from serviceflow_manufacturing.flows import contract
from serviceflow_manufacturing.forms import REASON, Dated, one_of
from serviceflow_manufacturing.refusals import refuse

CAUSES = {
    "capacity": T("Capacity", zh="产能"),
    "supplier": T("Supplier", zh="供应商"),
    "quality": T("Quality", zh="质量"),
    "customer-material": T("Customer's material", zh="客供料"),
    "force-majeure": T("Force majeure", zh="不可抗力"),
    "other": T("Other", zh="其他"),
    "customer": T("The customer's wish", zh="客户要求"),
}


ORIGINS = {"customer": T("Customer", zh="客户"), "company": T("Company", zh="本公司")}


class StartAmendment(Form):
    origin: str = one_of(T("Origin", zh="提出方"), ORIGINS)
    reason: str = text(REASON)


class StartDelay(Dated):
    not_past = ("proposed_date",)
    cause: str = one_of(T("Cause", zh="原因类别"), CAUSES)
    reason: str = text(REASON)
    proposed_date: date = day(T("Proposed date", zh="拟定日期"))


def _change_exists(case: Case, form: Any) -> Verdict:
    found = contract.open_changes(case)
    return refuse("change_exists", order=case.order.number, no=found[0].number) if found else None


def _customer_cause(case: Case, form: StartDelay) -> Verdict:
    return refuse("customer_cause") if form.cause == "customer" else None


def _later(case: Case, form: StartDelay) -> Verdict:
    dd = contract.delivery_date(case)
    return refuse("date_not_later", dd=dd) if dd is not None and form.proposed_date <= dd else None


def start_amendment(case: Case, form: StartAmendment) -> None:
    """Open an amendment."""
    case.open_child("amendment", {"origin": form.origin, "reason": form.reason})


def start_delay(case: Case, form: StartDelay) -> None:
    """Open a delay."""
    values = {"cause": form.cause, "reason": form.reason, "proposed_date": form.proposed_date}
    case.open_child("delay", values)


CHANGE_EXISTS = Guard("change_exists", _change_exists, early=True)
CUSTOMER_CAUSE = Guard("customer_cause", _customer_cause)
LATER = Guard("date_not_later", _later)
