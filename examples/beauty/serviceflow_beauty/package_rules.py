"""What is refused about packages, and who signs. Source: examples.md section 11, BEA-8 to BEA-12."""

from __future__ import annotations

from serviceflow.api import (
    Case,
    Customer,
    Need,
    Order,
    Refuse,
    Route,
    Stage,
    T,
    normalise_phone,
    plain,
    same_contact,
    table_of,
)

from serviceflow_beauty.card import count
from serviceflow_beauty.forms import Extend, Freeze, Refund, Sell, Transfer, UndoUse
from serviceflow_beauty.tables import BeautyPackage, BeautyProfile, BeautySession, BeautyTreatment, BeautyUse

MANAGER = Route("bea-manager", (Stage(("manager",)),), own="counts")
DISCOUNT = Route("bea-discount", (Stage(("manager",)),), own="counts", rejected="decline")
BOTH = Route("bea-refund", (Stage(("manager", "finance")),), own="counts")
GOING = ("welcomed", "consulted", "planned", "treating")


def adds_up(case: Case, form: Sell) -> Refuse | None:
    """BEA-8."""
    known = case.tx.get(BeautyTreatment, form.treatment)
    if known is not None and form.paid_sessions >= 1 and form.paid <= form.price:
        return None
    return Refuse(T("Check sessions and amounts.", zh="请核对次数与金额。"), ref="BEA-8")


def discounted(case: Case, form: Sell) -> bool:
    """Whether a package is sold so far below the price of its sessions that the manager signs."""
    full = case.tx.need(BeautyTreatment, form.treatment).price * form.paid_sessions
    return form.price * 100 < full * (100 - case.number("bea.discount_pct"))


def same_day(case: Case, form: UndoUse) -> Refuse | None:
    """BEA-9."""
    found = use_of(case, form.session)
    if found is not None and case.day(found.at) == case.today:
        return None
    return Refuse(T("Only on the same day.", zh="仅限当天撤销。"), ref="BEA-9")


def use_of(case: Case, session: str) -> BeautyUse | None:
    """Return the use of this package by a session."""
    order = case.tx.one(Order, table_of(Order).c.number == session)
    table = table_of(BeautyUse)
    if order is None:
        return None
    return case.tx.one(
        BeautyUse, table.c.package_id == case.order_id, table.c.session_id == order.id, table.c.undone.is_(False)
    )


def freeze_allowed(case: Case, form: Freeze) -> Refuse | None:
    """BEA-10."""
    longest, times = case.number("bea.freeze_max_cd"), case.number("bea.freeze_times")
    length = (form.until - case.today).days
    if 0 < length <= longest and case.own(BeautyPackage).freezes < times:
        return None
    return Refuse(
        T("Freeze at most {n} days, {m} time(s).", zh="最多冻结 {n} 天, {m} 次。").of(n=longest, m=times), ref="BEA-10"
    )


def manager_extends(case: Case, form: Extend) -> Need:
    """An extension is signed by the manager."""
    return Need(MANAGER, T("extend by {n} months", zh="延期 {n} 个月").of(n=form.months))


def sessions_of(case: Case, steps: tuple[str, ...]) -> list[Order]:
    """Return the sessions in some steps that are planned on this package."""
    sessions, orders = table_of(BeautySession), table_of(Order)
    ids = [s.order_id for s in case.tx.all(BeautySession, sessions.c.package_id == case.order_id)]
    return case.tx.all(Order, orders.c.id.in_(ids), orders.c.step.in_(steps))


def receiver(case: Case, typed: str) -> Customer | None:
    """Return the customer of a key or phone."""
    if typed.isdigit() and len(typed) < 7:
        return case.tx.get(Customer, int(typed))
    key = normalise_phone(typed).key
    found = same_contact(case.tx, "phone", key) if key is not None else []
    return found[0] if found else None


def may_transfer(case: Case, form: Transfer) -> Refuse | Need | None:
    """BEA-11, then the manager's signature."""
    to = receiver(case, form.to)
    if planned := sessions_of(case, ("booked", *GOING)):
        words = T("Cancel the booking first.", zh="请先取消预约。")
        return Refuse(words, plain(f"flow do {planned[0].number}"), ref="BEA-11")
    if to is None or case.tx.get(BeautyProfile, to.id) is None:
        words = T("{n} has no profile yet.", zh="{n} 尚无档案。").of(n=form.to)
        return Refuse(words, plain(f"flow beauty consent {form.to}"), ref="BEA-11")
    return Need(MANAGER, T("transfer to {n}", zh="转给{n}").of(n=to.name))


def may_refund(case: Case, form: Refund) -> Refuse | Need:
    """BEA-12, then the signatures of manager and finance."""
    if count(case.tx, case.own(BeautyPackage)).paid_left <= 0 or sessions_of(case, GOING):
        return Refuse(T("Nothing to refund.", zh="没有可退款项。"), ref="BEA-12")
    return Need(BOTH, T("refund", zh="退款"))
