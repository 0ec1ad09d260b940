"""Buyback (回购): a blocking child of a contract. Source: realestate.md sections 4.16 and 5.10."""

from __future__ import annotations

from datetime import date

from serviceflow.api import (
    START,
    Action,
    Case,
    Do,
    Flow,
    Form,
    Guard,
    Need,
    Refuse,
    Step,
    T,
    Task,
    Verdict,
    choice,
    days,
    money,
    number,
    plain,
    text,
    yes_no,
)

from serviceflow_realestate import agreement, facts, fields, inventory, ledger, lineage, roles, settlements, tell
from serviceflow_realestate.deals.returns import buyback_interest, buyback_price
from serviceflow_realestate.lineage import contract
from serviceflow_realestate.papers import paper

REASONS = {
    "agreed": T("Agreed", zh="协商"),
    "bank-guarantee": T("Bank's guarantee", zh="担保回购"),
    "policy": T("Policy", zh="政策"),
}
BY_ALL = roles.route(
    "buyback", (roles.MANAGER, roles.FINANCE, roles.LEGAL), (roles.DIRECTOR,), own="counts", rejected="reject"
)


class Ask(Form):
    reason: str = choice(T("Reason", zh="原因"), REASONS)
    missed_months: int | None = number(
        T("Missed months", zh="断供月数"), required=lambda v: v.get("reason") == "bank-guarantee", most=600
    )


class Value(Form):
    wear_deduction: int = money(T("Wear", zh="折旧扣减"))
    payoff: int = money(T("Payoff", zh="还贷金额"))


class Agreement(Form):
    signed_on: date = fields.past_day(T("Signed on", zh="签订日"), default_today=True)


class Cleared(Form):
    proof: str = text(T("Proof", zh="证明"))


class Pay(settlements.Settle):
    withdraw_unit: bool = yes_no(T("Keep the unit from sale", zh="控盘不售"), required=False, default=False)


def _askable(case: Case, form: Ask) -> Verdict:
    if form.reason != "bank-guarantee":
        return None
    n = case.number("realestate.buyback_bank_missed_months")
    if (form.missed_months or 0) < n:
        return Refuse(
            T("The bank may call after {n} missed months.", zh="断供满 {n} 个月银行方可要求回购。").of(n=n),
            plain("flow do {here} request-buyback reason=agreed"),
        )
    if any(o.step == "handed" for o in case.children("title")) and agreement.deal_of(case).loan:
        return Refuse(
            T("The guarantee has ended.", zh="担保已结束。"), plain("flow do {here} request-buyback reason=agreed")
        )
    return None


ASKABLE = Guard("buyback-askable", _askable)


def open_buyback(case: Case, form: Ask) -> None:
    """Open the buyback; the contract waits."""
    case.open_child("buyback", {"reason": form.reason, "missed_months": form.missed_months})


def asked(case: Case, form: Ask) -> None:
    tell.remember(case, reason=form.reason)


def valued(case: Case, form: Value) -> None:
    tell.remember(case, wear=form.wear_deduction, payoff=form.payoff)


def agreed(case: Case, form: Agreement) -> None:
    case.set_anchor("agreed_on", form.signed_on)
    price, bank, customer = amounts(case)
    paper(case, "RE-BUYBACK", reason=tell.recall(case, "reason"), price=price, bank=bank, customer=customer)


def amounts(case: Case) -> tuple[int, int, int]:
    """Return (price, to the bank, to the customer) in fen; the last is negative when he owes."""
    one = contract(case)
    deal, on = agreement.deal_of(one), case.anchor_day("agreed_on") or case.today
    signed = one.anchor_day("signed_on") or on
    interest = buyback_interest(
        ledger.own_paid(one), case.number("realestate.buyback_interest_percent_year"), signed, on
    )
    price = buyback_price(
        str(tell.recall(case, "reason")),
        deal.deal_total,
        interest,
        int(tell.recall(case, "wear", 0)),
        ledger.open_damages(one, on),
        bank_penalty_percent=case.number("realestate.buyback_bank_penalty_percent"),
    )
    payoff = int(tell.recall(case, "payoff", 0))
    return price, payoff, price - payoff


def _fits(case: Case, form: Pay) -> Verdict:
    return settlements.fits(amounts(case)[2], form.amount)


def paid(case: Case, form: Pay) -> None:
    """Pay bank and customer; the unit is free again and the contract ends."""
    one = contract(case)
    _, bank, customer = amounts(case)
    if bank:
        to_bank = ledger.Paid(bank, case.today, "buyback", "transfer", payer="bank", direction="out")
        ledger.book(one, to_bank)
    if customer < 0:
        settlements.owed_by_customer(case, -customer, days(0, after="now"))
    settlements.pay_out(one, {"buyback": customer}, form, case.customer.name, told=case)
    held = inventory.claim_of(case.tx, lineage.purchase(case).order_id)
    if held is not None:
        inventory.end(case.tx, held, "buyback", case.now, "withdrawn" if form.withdraw_unit else "available")
    one.act("terminate")


DECIDE = days("realestate.buyback_decide_days")
PAY = days("realestate.buyback_pay_days", after="agreed_on")
RE_BUYBACK = Flow(
    key="re-buyback",
    version=1,
    title=T("Buyback", zh="回购"),
    series="BUY-{n:04}",
    alone=False,
    facts=facts.of_order,
    anchors=("agreed_on",),
    steps=(
        Step(
            "triggered",
            T("Triggered", zh="回购申请"),
            roles.MANAGER,
            limit=DECIDE,
            on_path=True,
            entry=(
                Task(
                    "check-clause",
                    T("Check reason and contract clause", zh="核对原因与合同条款"),
                    roles.MANAGER,
                    DECIDE,
                    closed_by=("accept-case", "refuse"),
                ),
            ),
        ),
        Step(
            "valuation",
            T("Valuation", zh="核价"),
            roles.FINANCE,
            limit=DECIDE,
            on_path=True,
            entry=(
                Task(
                    "value-unit",
                    T("Inspect unit, wear, debts", zh="查验房屋、折旧、债务"),
                    roles.FINANCE,
                    DECIDE,
                    closed_by=("value",),
                ),
            ),
        ),
        Step("approval", T("Approval", zh="会签审批"), roles.DIRECTOR, limit=DECIDE, on_path=True),
        Step("agreement", T("Agreement", zh="签回购协议"), roles.CONTRACTS, limit=DECIDE, on_path=True),
        Step(
            "clearing",
            T("Clear loan, filing, title", zh="清贷与注销"),
            roles.CONTRACTS,
            limit=days("realestate.unfile_days"),
            on_path=True,
        ),
        Step(
            "payment",
            T("Payment", zh="付款"),
            roles.FINANCE,
            limit=PAY,
            on_path=True,
            entry=(Task("pay-buyback", T("Pay the buyback", zh="支付回购款"), roles.FINANCE, PAY, closed_by=("pay",)),),
        ),
        Step("done", T("Bought back", zh="已回购"), final=True, on_path=True),
        Step("rejected", T("Rejected", zh="驳回"), final=True),
        Step("withdrawn", T("Withdrawn", zh="撤回"), final=True),
    ),
    actions=(
        Action(
            "start",
            T("Ask", zh="申请"),
            START,
            "triggered",
            by=(roles.AGENT, roles.MORTGAGES, roles.MANAGER),
            form=Ask,
            effects=(Do(asked, before=True),),
        ),
        Action("accept-case", T("Accept", zh="受理"), ("triggered",), "valuation", by=(roles.MANAGER,), form=tell.Says),
        Action("refuse", T("Refuse", zh="不受理"), ("triggered",), "rejected", by=(roles.MANAGER,), form=tell.Says),
        Action(
            "value",
            T("Value", zh="核价"),
            ("valuation",),
            "approval",
            by=(roles.FINANCE,),
            form=Value,
            effects=(Do(valued),),
        ),
        Action(
            "approve",
            T("Approve", zh="批准"),
            ("approval",),
            "agreement",
            by=(roles.MANAGER, roles.FINANCE, roles.LEGAL, roles.CONTRACTS),
            form=tell.Opinion,
            guards=(
                Guard("buyback-approval", lambda case, form: Need(BY_ALL, T("buyback", zh="回购")), needs=(BY_ALL,)),
            ),
        ),
        Action("reject", T("Reject", zh="驳回"), ("approval",), "rejected", by=(roles.DIRECTOR,), form=tell.Rejection),
        Action(
            "sign-agreement",
            T("Sign agreement", zh="签协议"),
            ("agreement",),
            "clearing",
            by=(roles.CONTRACTS,),
            form=Agreement,
            effects=(Do(agreed, before=True),),
        ),
        Action(
            "cleared",
            T("Cleared", zh="已清"),
            ("clearing",),
            "payment",
            by=(roles.CONTRACTS, roles.MORTGAGES),
            form=Cleared,
        ),
        Action(
            "pay",
            T("Pay", zh="付款"),
            ("payment",),
            "done",
            by=(roles.FINANCE,),
            form=Pay,
            guards=(Guard("settlement", _fits), fields.REF_NEW),
            effects=(Do(paid),),
        ),
        Action(
            "withdraw",
            T("Withdraw", zh="撤回"),
            ("triggered", "valuation", "approval", "agreement"),
            "withdrawn",
            by=(roles.AGENT,),
            form=tell.Because,
        ),
        *tell.common(),
    ),
)
