"""The factory's profile of a customer, asked for when his first order or enquiry is opened. Source: section 3."""

from __future__ import annotations

from typing import Any

from serviceflow.api import Case, Do, Guard, T, Tx, Verdict

from serviceflow_manufacturing.desk import foreign_region
from serviceflow_manufacturing.forms import GRADES, REGIONS, one_of
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.tables import MfgProfile


def region_field() -> Any:
    """Where the customer is; asked once."""
    return one_of(T("Region", zh="地区"), REGIONS, required=False)


def grade_field() -> Any:
    """The customer's grade."""
    return one_of(T("Grade", zh="等级"), GRADES, required=False)


def enter_profile(tx: Tx, customer_id: int, region: str, grade: str | None, home: list[str]) -> MfgProfile:
    """Write a customer's profile; a foreign one is written to in English unless he chose a language."""
    from serviceflow.api import Customer

    foreign = foreign_region(region, home)
    customer = tx.need(Customer, customer_id)
    if customer.language is None:
        tx.change(customer, language="en" if foreign else "zh")
    known = tx.get(MfgProfile, customer_id)
    if known is not None:
        return tx.change(known, region=region, grade=grade or known.grade)
    desk = "export" if foreign else "domestic"
    return tx.add(MfgProfile(customer_id=customer_id, region=region, grade=grade or "new", desk=desk))


def _known(case: Case, form: Any) -> Verdict:
    if getattr(form, "region", None) or case.tx.get(MfgProfile, case.order.customer_id) is not None:
        return None
    how = T("region=…, one of: {regions}", zh="region=…, 可选: {regions}").of(regions=", ".join(REGIONS))
    return refuse("fields_missing", fields=region_field().title, how=how)


def _enter(case: Case, form: Any) -> None:
    region, customer_id = getattr(form, "region", None), case.order.customer_id
    if region and customer_id is not None:
        enter_profile(case.tx, customer_id, region, getattr(form, "grade", None), case.setting("mfg.home_regions"))


PROFILE_KNOWN = Guard("profile_missing", _known)
ENTER_PROFILE = Do(_enter, before=True)
