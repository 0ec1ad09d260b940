"""What a skin may get. Source: examples.md section 11, BEA-1 to BEA-7."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

from serviceflow.api import Case, Order, Refuse, Staff, T, add_months, plain, table_of

from serviceflow_beauty.card import card_for, card_named, usable
from serviceflow_beauty.forms import Book, Consult, Finish, Plan, Start, Welcome
from serviceflow_beauty.tables import BeautyPackage, BeautyPatch, BeautyProfile, BeautySession, BeautyTreatment
from serviceflow_beauty.words import GENTLE, SKINS

IN_HOUSE = ("welcomed", "consulted", "planned", "treating", "aftercare")


def profile(case: Case) -> BeautyProfile | None:
    """Return what is known of the guest's skin."""
    return case.tx.get(BeautyProfile, case.order.customer_id)


def consents(case: Case, form: Book) -> Refuse | None:
    """BEA-1: health data are kept with consent only; a child's guardian gives it."""
    known = profile(case)
    born = case.customer.birthday
    minor = born is not None and add_months(born, 12 * case.number("bea.minor_age")) > case.today
    if known is not None and known.health_consent_on is not None and not (minor and not known.guardian):
        return None
    return Refuse(
        T("Ask for consent to keep health data first.", zh="请先取得健康信息的单独同意。"),
        plain(f"flow beauty consent c{case.order.customer_id}{' --guardian NAME' if minor else ''}"),
        ref="BEA-1",
    )


def treatment_known(case: Case, form: Book | Plan) -> Refuse | None:
    """The treatment is on the menu."""
    found = case.tx.get(BeautyTreatment, form.treatment) if form.treatment is not None else None
    if form.treatment is None or (found is not None and found.active):
        return None
    return Refuse(
        T("There is no treatment {t}.", zh="没有项目 {t}。").of(t=form.treatment),
        plain("flow beauty menu"),
        ref="bea.treatment",
    )


def locker_free(case: Case, form: Welcome) -> Refuse | None:
    """BEA-2: one guest, one locker."""
    if form.locker is None:
        return None
    sessions, orders = table_of(BeautySession), table_of(Order)
    in_house = case.tx.all(Order, orders.c.flow == case.flow.key, orders.c.step.in_(IN_HOUSE))
    here = [order.id for order in in_house if order.id != case.order_id]
    used = {s.locker for s in case.tx.all(BeautySession, sessions.c.order_id.in_(here), sessions.c.locker.is_not(None))}
    if form.locker not in used:
        return None
    free = next(n for n in count(1) if n not in used)
    return Refuse(
        T("Locker {n} is in use.", zh="{n} 号柜正在使用。").of(n=form.locker),
        T("Free: locker={n}", zh="可用: locker={n}").of(n=free),
        ref="BEA-2",
    )


def form_fresh(case: Case, form: Consult) -> Refuse | None:
    """BEA-3: an old form is filled in again."""
    known = profile(case)
    last = known.form_on if known is not None else None
    if not form.unchanged or (last is not None and (case.today - last).days <= case.number("bea.form_days")):
        return None
    return Refuse(
        T("Fill in the form again (last {date}).", zh="请重新填写咨询表(上次 {date})。").of(
            date=last or T("never", zh="从未")
        ),
        plain(f"flow do {case.order.number} consult skin={'|'.join(SKINS)}"),
        ref="BEA-3",
    )


def patch_tested(case: Case, form: Plan) -> Refuse | None:
    """BEA-4: the newest patch test of the treatment is good, neither too fresh nor too old."""
    treatment = case.tx.need(BeautyTreatment, form.treatment)
    if not treatment.patch_test:
        return None
    table = table_of(BeautyPatch)
    last = case.tx.one(
        BeautyPatch,
        table.c.customer_id == case.order.customer_id,
        table.c.treatment == treatment.code,
        order_by=[table.c.at.desc(), table.c.id.desc()],
    )
    if last is not None and last.result == "ok":
        age = case.now - last.at
        hours, days = case.number("bea.patch_hours"), case.number("bea.patch_valid_days")
        if timedelta(hours=hours) <= age <= timedelta(days=days):
            return None
    return Refuse(
        T("Patch test needed.", zh="须先做皮试。"),
        plain(f"flow beauty patch c{case.order.customer_id} {treatment.code}"),
        ref="BEA-4",
    )


def gentle_only(case: Case, form: Plan) -> Refuse | None:
    """BEA-5: after destructive treatments, reactions and in pregnancy only repair and basic care."""
    known = profile(case)
    if known is None or case.tx.need(BeautyTreatment, form.treatment).kind in GENTLE:
        return None
    until = rest_until(known, case.number("bea.destructive_months"))
    resting = until is not None and case.today < until
    if not resting and known.reaction == "none" and not known.pregnant:
        return None
    words = (
        T("Only repair and basic care until {date}.", zh="{date} 前只能做修复与基础护理。").of(date=until)
        if resting
        else T(
            "Only repair and basic care while pregnant or with a reaction.",
            zh="孕期或有不良反应时只能做修复与基础护理。",
        )
    )
    table = table_of(BeautyTreatment)
    gentle = case.tx.all(BeautyTreatment, table.c.kind.in_(GENTLE), table.c.active.is_(True))
    names = ", ".join(treatment.code for treatment in gentle)
    return Refuse(words, T("Possible: {names}", zh="可做: {names}").of(names=names) if names else None, ref="BEA-5")


def rest_until(known: BeautyProfile, months: int) -> date | None:
    """Return the first day strong care is possible again, ``None`` when nothing stands against it."""
    days = [date.fromisoformat(past["on"]) for past in known.past_treatments if past["destructive"]]
    return add_months(max(days), months) if days else None


def card_of(case: Case, form: Plan) -> tuple[Order, BeautyPackage] | None:
    """Return the package a session is taken from: the one named, or without a price the one that ends first."""
    if form.package is not None:
        return card_named(case.tx, form.package)
    return card_for(case, form.treatment) if form.price is None else None


def card_usable(case: Case, form: Plan) -> Refuse | None:
    """BEA-6: the package named can be used; without a name and a price there is one."""
    if form.package is None:
        if form.price is not None or card_of(case, form) is not None:
            return None
        return Refuse(
            T("The guest has no package for {t}.", zh="该顾客没有 {t} 的疗程卡。").of(t=form.treatment),
            plain(f"flow do {case.order.number} plan treatment={form.treatment} price=…"),
            ref="BEA-6",
        )
    found = card_named(case.tx, form.package)
    if found is None:
        return Refuse(
            T("There is no package {n}.", zh="没有疗程卡 {n}。").of(n=form.package),
            plain("flow beauty packages"),
            ref="BEA-6",
        )
    return usable(case, *found, form.treatment)


def card_still_usable(case: Case, form: Finish) -> Refuse | None:
    """BEA-6 when the session ends."""
    session = case.own(BeautySession)
    if session.package_id is None or form.singly:
        return None
    order = case.tx.need(Order, session.package_id)
    return usable(case, order, case.tx.need(BeautyPackage, session.package_id), session.treatment)


def gap_over(case: Case, form: Start) -> Refuse | None:
    """BEA-7: the skin has rested since the last session of this treatment."""
    mine = case.own(BeautySession)
    treatment = case.tx.need(BeautyTreatment, mine.treatment)
    sessions, orders = table_of(BeautySession), table_of(Order)
    past = case.tx.all(
        BeautySession,
        sessions.c.customer_id == mine.customer_id,
        sessions.c.treatment == treatment.code,
        sessions.c.order_id != mine.order_id,
    )
    done = case.tx.all(Order, orders.c.id.in_([s.order_id for s in past]), orders.c.step.in_(("aftercare", "closed")))
    days = [case.day(s.starts_at) for s in past if s.order_id in {o.id for o in done}]
    first = max(days) + timedelta(days=treatment.gap_days) if days else case.today
    if first <= case.today:
        return None
    return Refuse(
        T("Next session from {date}.", zh="下次最早 {date}。").of(date=first),
        plain(f"flow new beauty-session c{mine.customer_id} starts_at={first} treatment={treatment.code}"),
        ref="BEA-7",
    )


def therapist_free(case: Case, form: Start) -> Refuse | None:
    """BEA-7: somebody of that name works here and treats nobody else."""
    person = therapist(case, form.therapist)
    busy = _busy(case)
    if person is not None and person.id not in busy:
        return None
    people = [case.tx.need(Staff, key) for key in case.staff_with("therapist") if key not in busy]
    free = ", ".join(found.login for found in people)
    return Refuse(
        T("There is no therapist {n}.", zh="没有美容师 {n}。").of(n=form.therapist)
        if person is None
        else T("{n} is treating somebody.", zh="{n} 正在服务中。").of(n=person.name),
        T("Free: {names}", zh="空闲: {names}").of(names=free) if free else None,
        ref="BEA-7",
    )


def _busy(case: Case) -> set[int | None]:
    """Return who treats somebody now, this session aside."""
    sessions, orders = table_of(BeautySession), table_of(Order)
    treating = [o.id for o in case.tx.all(Order, orders.c.flow == case.flow.key, orders.c.step == "treating")]
    here = case.tx.all(BeautySession, sessions.c.order_id.in_(treating), sessions.c.order_id != case.order_id)
    return {session.therapist_id for session in here}


def therapist(case: Case, named: str) -> Staff | None:
    """Return the member of staff of a login or name."""
    table = table_of(Staff)
    return case.tx.one(Staff, (table.c.login == named) | (table.c.name == named), table.c.active.is_(True))
