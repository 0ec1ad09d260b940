"""Default handling (违约办理): a blocking child of a contract. Source: realestate.md section 4.17."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from serviceflow.api import (
    START,
    Action,
    Case,
    Do,
    Flow,
    Form,
    Guard,
    Message,
    Need,
    Refuse,
    Step,
    T,
    Task,
    Verdict,
    choice,
    days,
    plain,
    row_list,
    text,
)
from serviceflow.api import day as day_field
from serviceflow.api import number as number_field

from serviceflow_realestate import agreement, defaults, facts, fields, ledger, roles, settlements, tell
from serviceflow_realestate.deals.handover import daily_compensation
from serviceflow_realestate.flows.handover import late_compensation, late_days
from serviceflow_realestate.lineage import contract
from serviceflow_realestate.papers import paper
from serviceflow_realestate.schedule import schedule_changed
from serviceflow_realestate.tables import ReChecklist, ReLine

SIDES = {"customer": T("Customer", zh="客户"), "company": T("Company", zh="公司")}
CAUSES = {
    "late-payment": T("Late payment", zh="逾期付款"),
    "mortgage-docs": T("Loan papers", zh="按揭资料"),
    "mortgage-refused": T("Loan refused", zh="按揭未批"),
    "late-handover": T("Late handover", zh="逾期交楼"),
    "late-title": T("Late title", zh="逾期办证"),
    "other": T("Other", zh="其他"),
}
BY_DIRECTOR = roles.route("default-director", (roles.DIRECTOR,))
BY_BOTH = roles.route("default-both", (roles.MANAGER,), (roles.DIRECTOR,))


class Open(Form):
    side: str = choice(T("Side", zh="违约方"), SIDES)
    cause: str = choice(T("Cause", zh="原因"), CAUSES)
    facts: str | None = text(T("Facts", zh="事实"), required=False)


class Found(Form):
    facts: str = text(T("Facts", zh="事实"))


class Remedy(Form):
    text: str = text(T("Plan", zh="方案"))
    lines: list[dict[str, Any]] | None = row_list(
        T("New due dates", zh="新付款日"),
        {"seq": number_field(T("Line", zh="期数"), least=1), "due": day_field(T("Due", zh="到期日"))},
        required=False,
    )


class Served(Form):
    served_on: date = fields.past_day(T("Served on", zh="送达日"), default_today=True)


class Signature(Form):
    signed_on: date = fields.past_day(T("Customer signed on", zh="客户签字日"), default_today=True)


def cause_of(case: Case) -> str:
    return str(tell.recall(case, "cause_key"))


def one_each(case: Case, form: Open) -> Verdict:
    """Refuse a second open default of the same side."""
    found = defaults.open_of_side(case, form.side)
    if found is None:
        return None
    return Refuse(
        T("{number} is open already.", zh="{number} 已在办理。").of(number=found.number),
        plain(f"flow do {found.number}"),
    )


ONE_EACH = Guard("default-once", one_each)


def open_default(case: Case, form: Open) -> None:
    """Open a default on a contract."""
    defaults.open_once(case, form.side, form.cause, form.facts)


def opened(case: Case, form: Open) -> None:
    tell.remember(case, side=form.side, cause_key=form.cause, cause=CAUSES[form.cause].both()["zh"], facts=form.facts)


def demanded(case: Case, form: Found) -> None:
    until = case.today + timedelta(days=case.number("realestate.default_cure_days"))
    case.set_anchor("cure_on", until)
    paper(case, "RE-DEFAULT", facts=form.facts, cause=cause_of(case), cure_on=until.isoformat())


def is_cured(case: Case) -> bool:
    """Return whether the customer has done what he owed."""
    one, cause = contract(case), cause_of(case)
    if cause == "late-payment":
        return not ledger.overdue(one, case.today) and ledger.open_damages(one, case.today) == 0
    if cause in ("mortgage-docs", "mortgage-refused"):
        loan = [line.state for line in ledger.lines(one) if line.kind == "loan"]
        if "replaced" in loan:
            return True
        if "open" not in loan:  # signed anew at the list price
            return bool(ledger.lines(one)) and ledger.outstanding(one) == 0
        loans = one.children("mortgage")
        rows = [r for r in one.tx.all(ReChecklist) if loans and r.order_id == loans[-1].id]
        return bool(rows) and cause == "mortgage-docs" and all(r.received >= r.copies for r in rows)
    return False


def _cured(case: Case, form: object) -> Verdict:
    if is_cured(case):
        return None
    return Refuse(
        T("The default is not cured.", zh="违约尚未纠正。"), plain(f"flow re ledger {contract(case).order.number}")
    )


def cured(case: Case, form: object) -> None:
    """After papers came in, the loan goes on at the bank."""
    one = contract(case)
    if cause_of(case) == "mortgage-docs" and any(x.kind == "loan" and x.state == "open" for x in ledger.lines(one)):
        one.open_child("mortgage", {"m_date": case.today, "at_step": "bank-review"})


def _open_line(one: Case, seq: int) -> ReLine | None:
    """Return the open line of the customer's with a number."""
    return next((line for line in ledger.open_lines(one) if line.seq == seq), None)


def _remediable(case: Case, form: Remedy) -> Verdict:
    """Refuse a line that is not open and a date that has passed; the director signs the rest."""
    one = contract(case)
    for row in form.lines or ():
        if _open_line(one, row["seq"]) is None:
            return Refuse(
                T("Line {n} is not open.", zh="第 {n} 期没有未付款。").of(n=row["seq"]),
                plain(f"flow re ledger {one.order.number}"),
            )
        why = fields.not_before(date.fromisoformat(row["due"]), case.today, T("present day", zh="今天"))
        if why is not None:
            return why
    return Need(BY_DIRECTOR, T("supplementary agreement", zh="补充协议"))


def remedied(case: Case, form: Remedy) -> None:
    """Date lines anew; damages up to the agreement stay due, as a line of their own kind would."""
    one = contract(case)
    for row in form.lines or ():
        line = _open_line(one, row["seq"])
        assert line is not None
        until = ledger.damages_of(one, line, case.today)
        one.tx.change(line, due=date.fromisoformat(row["due"]), promised=form.text)
        ledger.keep_damages(one, until - ledger.damages_of(one, line, case.today))
    schedule_changed(one)


def terminated(case: Case, form: Served) -> None:
    paper(case, "RE-TERMINATE", served_on=form.served_on.isoformat(), cause=cause_of(case))
    tell.tell(case, "re-terminate-notice")
    contract(case).open_child(
        "postsign", {"kind": "return", "cause": "default", "reason": cause_of(case), "approved": True}
    )


def compensation(case: Case) -> int:
    """Return what the company offers, in fen. Source: realestate.md section 5.9."""
    one = contract(case)
    if cause_of(case) == "late-title":
        deadline = next(
            (d for o in one.children("title") if (d := case.again(order=o).anchor_day("title_deadline"))), None
        )
        late = (case.today - deadline).days if deadline is not None else 0
        return daily_compensation(
            agreement.deal_of(one).deal_total, case.number("realestate.title_late_rate_per_myriad"), late
        )
    return late_compensation(one)


def offered(case: Case, form: Found) -> None:
    amount = compensation(case)
    tell.remember(case, compensation=amount)
    tell.tell(case, "re-company-offer", amount=fields.yuan(amount), cause=CAUSES[cause_of(case)])


def kept(case: Case, form: object) -> None:
    """Pay the compensation within the time for refunds."""
    amount = int(tell.recall(case, "compensation", 0))
    settlements.owe(contract(case), "pay-compensation", "penalty", amount, "realestate.refund_pay_days")


KEEP = plain("flow do {here} keep")


def _may_return(case: Case, form: object) -> Verdict:
    if cause_of(case) == "late-title":
        return Refuse(T("A late title is no reason for a return.", zh="逾期办证不可退房。"), KEEP)
    n = case.number("realestate.company_terminate_after_days")
    if cause_of(case) == "late-handover" and late_days(contract(case)) <= n:
        return Refuse(T("Return only after more than {n} days late.", zh="逾期超过 {n} 天方可退房。").of(n=n), KEEP)
    return Need(BY_DIRECTOR, T("return for the company's default", zh="公司违约退房"))


def returned(case: Case, form: object) -> None:
    contract(case).open_child(
        "postsign", {"kind": "return", "cause": "company", "reason": cause_of(case), "approved": True}
    )


DECIDE = days("realestate.change_decide_days")
CURE = days(0, after="cure_on")
NEGOTIATE = days("realestate.default_cure_days")
RE_DEFAULT = Flow(
    key="re-default",
    version=1,
    title=T("Default", zh="违约办理"),
    series="DEF-{n:04}",
    alone=False,
    facts=facts.of_order,
    anchors=("cure_on",),
    steps=(
        Step(
            "opened",
            T("Opened", zh="立案核实"),
            roles.LEGAL,
            limit=DECIDE,
            on_path=True,
            entry=(
                Task(
                    "verify-default",
                    T("Verify the facts", zh="核实事实"),
                    roles.LEGAL,
                    DECIDE,
                    closed_by=("confirm-customer", "confirm-company", "dismiss"),
                ),
            ),
        ),
        Step(
            "demand",
            T("Demand", zh="违约催告"),
            roles.LEGAL,
            limit=CURE,
            on_path=True,
            entry=(
                Task(
                    "serve-notice",
                    T("Serve the notice, keep the proof", zh="送达催告函, 留存证明"),
                    roles.LEGAL,
                    days("realestate.next_day_days"),
                ),
                Message("re-default-notice", tell.TODAY),
            ),
        ),
        Step(
            "negotiation",
            T("Negotiation", zh="协商补救"),
            roles.MANAGER,
            limit=NEGOTIATE,
            entry=(
                Task(
                    "draft-agreement", T("Draft a supplementary agreement", zh="起草补充协议"), roles.MANAGER, NEGOTIATE
                ),
            ),
        ),
        Step(
            "terminating",
            T("Terminating", zh="解除"),
            roles.LEGAL,
            limit=DECIDE,
            on_path=True,
            entry=(
                Task(
                    "terminate-notice",
                    T("Serve the termination", zh="送达解除通知"),
                    roles.LEGAL,
                    DECIDE,
                    closed_by=("terminate",),
                ),
            ),
        ),
        Step(
            "company-offer",
            T("Company's offer", zh="公司违约处理"),
            roles.DIRECTOR,
            limit=DECIDE,
            entry=(Task("compute-offer", T("Compute the compensation", zh="核算赔付"), roles.DIRECTOR, DECIDE),),
        ),
        *(
            Step(key, T(en, zh=zh), final=True, on_path=key == "returned")
            for key, en, zh in (
                ("cured", "Cured", "已纠正"),
                ("remedied", "Remedied", "已补救"),
                ("compensated", "Compensated", "已赔付"),
                ("returned", "Return", "转退房"),
                ("dismissed", "Not founded", "不成立"),
            )
        ),
    ),
    actions=(
        Action(
            "open",
            T("Open", zh="立案"),
            START,
            "opened",
            by=(roles.LEGAL, roles.MANAGER),
            form=Open,
            effects=(Do(opened, before=True),),
        ),
        Action(
            "confirm-customer",
            T("Customer's default", zh="客户违约"),
            ("opened",),
            "demand",
            by=(roles.LEGAL,),
            form=Found,
            effects=(Do(demanded, before=True),),
        ),
        Action(
            "confirm-company",
            T("Company's default", zh="公司违约"),
            ("opened",),
            "company-offer",
            by=(roles.LEGAL,),
            form=Found,
            effects=(Do(offered),),
        ),
        Action("dismiss", T("Dismiss", zh="不成立"), ("opened",), "dismissed", by=(roles.LEGAL,), form=Found),
        Action(
            "reckon",
            T("Reckoned anew", zh="重新核算"),
            ("opened", "demand", "negotiation", "terminating", "company-offer"),
            auto=True,
            when=tell.never,
        ),
        Action(
            "cure",
            T("Cured", zh="已纠正"),
            ("demand",),
            "cured",
            by=(roles.FINANCE, roles.MORTGAGES),
            auto=True,
            by_hand=True,
            when=is_cured,
            guards=(Guard("is-cured", _cured, early=True),),
            effects=(Do(cured),),
        ),
        Action("negotiate", T("Negotiate", zh="协商"), ("demand",), "negotiation", by=(roles.MANAGER,), form=tell.Says),
        Action("cure-expired", T("Not cured", zh="逾期未纠正"), ("demand",), "terminating", at=CURE),
        Action(
            "remedy",
            T("Remedied", zh="补救"),
            ("negotiation",),
            "remedied",
            by=(roles.MANAGER,),
            form=Remedy,
            guards=(Guard("remedy", _remediable, needs=(BY_DIRECTOR,)),),
            effects=(Do(remedied),),
        ),
        Action(
            "fail",
            T("Failed", zh="协商未成"),
            ("negotiation",),
            "terminating",
            by=(roles.MANAGER,),
            at=NEGOTIATE,
            by_hand=True,
        ),
        Action(
            "terminate",
            T("Terminate", zh="解除"),
            ("terminating",),
            "returned",
            by=(roles.LEGAL,),
            form=Served,
            guards=(
                Guard("terminate", lambda case, form: Need(BY_BOTH, T("termination", zh="解除合同")), needs=(BY_BOTH,)),
            ),
            effects=(Do(terminated),),
        ),
        Action(
            "keep",
            T("Keeps the unit", zh="保留房屋"),
            ("company-offer",),
            "compensated",
            by=(roles.AGENT,),
            form=Signature,
            guards=(
                Guard("keep", lambda case, form: Need(BY_DIRECTOR, T("compensation", zh="赔付")), needs=(BY_DIRECTOR,)),
            ),
            effects=(Do(kept),),
        ),
        Action(
            "choose-return",
            T("Returns the unit", zh="选择退房"),
            ("company-offer",),
            "returned",
            by=(roles.AGENT,),
            form=Signature,
            guards=(Guard("may-return", _may_return, needs=(BY_DIRECTOR,)),),
            effects=(Do(returned),),
        ),
        *tell.common(),
    ),
)
