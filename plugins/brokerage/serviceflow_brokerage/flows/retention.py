"""Winning back a client who is leaving (流失挽留). Source: brokerage.md section 4.4."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from serviceflow.api import (
    ANY,
    NOW,
    START,
    STAY,
    Action,
    Case,
    Choose,
    Do,
    Flow,
    Form,
    Guard,
    Link,
    Message,
    Order,
    Step,
    T,
    Task,
    Verdict,
    bdays,
    choice,
    codes,
    days,
    money,
    number,
    plain,
    table_of,
    text,
)

from serviceflow_brokerage.complaints import open_complaint
from serviceflow_brokerage.flows import common
from serviceflow_brokerage.flows.common import ONCE_A_DAY, Attempt, Reason, Summary, Talk
from serviceflow_brokerage.flows.offer import pending_offer, rate_fault
from serviceflow_brokerage.limits import limit, on_date, task
from serviceflow_brokerage.people import accounts_of, client_of, figures
from serviceflow_brokerage.refusals import refuse
from serviceflow_brokerage.roles import BM, SM
from serviceflow_brokerage.tables.clients import BrokerAccount
from serviceflow_brokerage.tables.products import BrokerRetention
from serviceflow_brokerage.talking import POINTS

KEY: Final = "broker.retention"
WHY: Final = {
    "fee": T("fees", zh="费用"),
    "service": T("service", zh="服务"),
    "loss": T("losses", zh="亏损"),
    "competitor": T("competitor", zh="同业"),
    "funds_needed": T("funds needed", zh="资金他用"),
    "moved": T("moved", zh="搬迁"),
    "complaint": T("complaint", zh="投诉"),
    "other": T("other", zh="其他"),
}
REMEDIES: Final = ("commission_offer", "personal_plan", "plan_change", "question", "other")
PLAN_DAYS: Final = 365
TRADE_TRIGGERS: Final = ("no-trade", "never-traded")


class Trigger(Form):
    trigger: str = text(T("Trigger", zh="触发"), default="manual")


class Diagnosis(Form):
    reason: str = choice(T("Reason", zh="原因"), WHY)
    detail: str | None = text(T("Words", zh="说明"), required=False)


class Explained(Form):
    explanation: str = text(T("Explanation", zh="说明"))


class Remedies(Form):
    remedies: list[str] = codes(T("Remedies", zh="方案"))
    account: str | None = text(T("Account for the offer", zh="优惠账户"), required=False)
    new_rate: int | None = number(T("New rate in ppm", zh="新佣金(百万分之)"), required=False)
    goal: str | None = text(T("Goal of the plan", zh="计划目标"), required=False)
    amount: int | None = money(T("Amount of the plan", zh="计划金额"), required=False)
    horizon_days: int | None = number(T("Days of the plan", zh="计划期限(天)"), required=False, least=1)


def assets_at(case: Case, day: date) -> int | None:
    """Return the client's assets on a day."""
    found: int | None = figures(case.tx, client_of(case).customer_id, day, case.setting).get("assets_now")
    return found


def _begin(case: Case, form: Trigger) -> None:
    case.tx.add(
        BrokerRetention(
            order_id=case.order_id,
            customer_id=client_of(case).customer_id,
            trigger=form.trigger,
            started_on=case.today,
            assets_start=assets_at(case, case.today),
        )
    )


def _third(case: Case, form: Any) -> str:
    tries = [d for d in case.done("no-answer") if d.entry == case.order.entry]
    return "unreachable" if len(tries) + 1 >= case.number("broker.contact_attempts") else STAY


def _diagnose(case: Case, form: Diagnosis) -> None:
    case.tx.change(case.own(BrokerRetention), reason=form.reason)
    if form.reason == "complaint":
        open_complaint(case, "service", form.detail or "complaint")


def _known_remedies(case: Case, form: Remedies) -> Verdict:
    for remedy in form.remedies:
        if remedy not in REMEDIES:
            there = plain(f"remedies={','.join(REMEDIES)}")
            return refuse("unknown", there, what=T("remedy", zh="方案"), id=remedy)
    return None


def _lower_rate(case: Case, form: Remedies) -> Verdict:
    """Refuse to promise an offer that no account can have."""
    if "commission_offer" not in form.remedies:
        return None
    found = _account(case, form)
    if found is None:
        return refuse("account-not-open", plain("account=…"))
    other = pending_offer(case, found)
    if other is not None:
        return refuse("offer-open", no=other.number)
    return rate_fault(case, found, _new_rate(case, form, found))


def _account(case: Case, form: Remedies) -> BrokerAccount | None:
    """Return the account an offer is for: the one named, else the first by number that has none under way."""
    open_ = sorted(accounts_of(case.tx, client_of(case).customer_id, open_on=case.today), key=lambda a: a.account_no)
    if form.account:
        return next((a for a in open_ if a.account_no == form.account), None)
    return next((a for a in open_ if pending_offer(case, a) is None), open_[0] if open_ else None)


def _new_rate(case: Case, form: Remedies, account: BrokerAccount) -> int:
    """Return the rate an offer begins with: the one named, else the lowest the branch manager signs alone."""
    if form.new_rate is not None:
        return form.new_rate
    return min(case.number("broker.commission_bm_floor_ppm"), account.rate - 1)


def _remedies(case: Case, form: Remedies) -> None:
    case.tx.change(case.own(BrokerRetention), remedies=form.remedies)
    if "commission_offer" in form.remedies:
        account = _account(case, form)
        assert account is not None
        rate = _new_rate(case, form, account)
        case.open_child("offer", {"account": account.account_no, "new_rate": rate, "reason": "retention"})
    if "personal_plan" in form.remedies:
        amount = form.amount if form.amount is not None else assets_at(case, case.today)
        values = {
            "goal": form.goal or str(T("keep the client", zh="挽留客户")),
            "amount": amount or 0,
            "horizon_days": form.horizon_days or PLAN_DAYS,
        }
        case.open_child("plan", values)


def open_retention(case: Case) -> Order | None:
    """Return the open retention of the order's client, other than the order itself."""
    orders = table_of(Order)
    mine = [orders.c.customer_id == case.order.customer_id, orders.c.flow == KEY, orders.c.closed_at.is_(None)]
    return case.tx.one(Order, *mine, orders.c.id != case.order.id)


def _none_open(case: Case, form: Any) -> Verdict:
    other = open_retention(case)
    return refuse("retention-open", no=other.number) if other is not None else None


def is_kept(case: Case) -> bool:
    """Return whether the client has stayed, judged on the day of the event."""
    row, client = case.own(BrokerRetention), client_of(case)
    found = figures(case.tx, client.customer_id, case.today, case.setting)
    now = found.get("assets_now")
    if client.status == "closed" or now is None:
        return False
    if row.assets_start is not None and now * 10_000 < case.number("broker.retention_keep_bp") * row.assets_start:
        return False
    last = found.get("last_trade")
    return row.trigger not in TRADE_TRIGGERS or (last is not None and last >= row.started_on)


def _verdict(case: Case, form: Any) -> str:
    return "kept" if is_kept(case) else "lost"


def _evaluated(case: Case, form: Any) -> None:
    case.tx.change(case.own(BrokerRetention), assets_end=assets_at(case, case.today))
    case.change(outcome=case.order.step)


FLOW = Flow(
    key=KEY,
    version=1,
    title=T("Retention", zh="流失挽留"),
    series="WL{n:05}",
    facts=common.base_facts,
    open_key=lambda case: f"broker-retention-{case.order.customer_id}",
    links=(Link("offer", "broker.commission-offer"), Link("plan", "broker.personal-plan")),
    starts_at=("observing",),
    steps=(
        Step(
            "opened",
            T("Opened", zh="待接手"),
            SM,
            limit("retention.opened"),
            (Task("take-over", T("Take over", zh="接手"), SM, task("retention.opened"), closed_by=("take",)),),
            on_path=True,
        ),
        Step(
            "contacting",
            T("Contacting", zh="联系中"),
            SM,
            limit("retention.contacting"),
            (
                Task(
                    "retention-call",
                    T("Call", zh="联系客户"),
                    SM,
                    task("retention.contacting"),
                    closed_by=("reached", "no-answer"),
                ),
            ),
            on_path=True,
            hint=POINTS["asset-drop"],
        ),
        Step("diagnosing", T("Diagnosing", zh="了解原因"), SM, limit("retention.diagnosing"), on_path=True),
        Step(
            "offering",
            T("Offering", zh="方案"),
            SM,
            limit("retention.offering"),
            (
                Task(
                    "agree-remedy",
                    T("Agree on a remedy", zh="商定方案"),
                    SM,
                    task("retention.offering"),
                    closed_by=("offer-accepted", "offer-refused"),
                ),
            ),
            on_path=True,
        ),
        Step(
            "observing",
            T("Observing", zh="观察期"),
            SM,
            days("broker.retention_observe_days"),
            (
                Task("care-call", T("Care call", zh="关怀回访"), SM, task("retention.observing")),
                Message("care-note", days("broker.task.retention.care_note", at="10:00")),
            ),
            on_path=True,
        ),
        Step("kept", T("Kept", zh="已挽留"), final=True, on_path=True),
        Step("lost", T("Lost", zh="流失"), final=True),
        Step(
            "unreachable",
            T("Unreachable", zh="失联"),
            final=True,
            entry=(
                Message("unreachable-letter", NOW, stays=True),
                Task("retry-client", T("Try again", zh="再次联系"), SM, task("retention.unreachable"), stays=True),
            ),
        ),
        Step("cancelled", T("Cancelled", zh="取消"), final=True),
    ),
    actions=(
        Action(
            "open",
            T("Open", zh="发起挽留"),
            START,
            "opened",
            by=(SM, BM),
            form=Trigger,
            guards=(Guard("broker.retention-open", _none_open),),
            effects=(Do(_begin, before=True),),
        ),
        Action("take", T("Take over", zh="接手"), ("opened",), "contacting", by=(SM,)),
        Action(
            "take-late",
            T("Nobody has taken over", zh="无人接手"),
            ("opened",),
            over="step",
            effects=(
                Task(
                    "retention-late",
                    T("Nobody has taken over", zh="挽留无人接手"),
                    BM,
                    bdays(1, after="now", at="core.day_end"),
                ),
            ),
        ),
        Action(
            "no-answer",
            T("No answer", zh="未接通"),
            ("contacting",),
            Choose(_third, ("unreachable",)),
            by=(SM,),
            form=Attempt,
            guards=(ONCE_A_DAY,),
            effects=(
                common.log("no-answer"),
                Task(
                    "retention-again",
                    T("Call again", zh="再次联系"),
                    SM,
                    task("retention.contacting", after="now"),
                    when=lambda case: case.order.step == "contacting",
                    closed_by=("reached", "no-answer"),
                ),
            ),
        ),
        Action(
            "reached",
            T("Reached", zh="已联系上"),
            ("contacting",),
            "diagnosing",
            by=(SM,),
            form=Talk,
            effects=(common.log("reached"),),
        ),
        Action(
            "set-reason",
            T("Set the reason", zh="登记原因"),
            ("diagnosing",),
            "offering",
            by=(SM,),
            form=Diagnosis,
            effects=(Do(_diagnose),),
        ),
        Action(
            "no-churn",
            T("Not leaving", zh="并非流失"),
            ("diagnosing",),
            "cancelled",
            by=(SM,),
            form=Explained,
            outcome="cancelled",
        ),
        Action(
            "offer-accepted",
            T("Offer accepted", zh="接受方案"),
            ("offering",),
            "observing",
            by=(SM,),
            form=Remedies,
            guards=(Guard("broker.remedies", _known_remedies), Guard("broker.lower-rate", _lower_rate)),
            effects=(Do(_remedies),),
        ),
        Action("offer-refused", T("Offer refused", zh="未接受"), ("offering",), "observing", by=(SM,), form=Summary),
        Action(
            "relapse",
            T("Relapse", zh="再现预警"),
            ("observing",),
            "contacting",
            auto=True,
            when=lambda case: False,
        ),
        Action(
            "evaluate",
            T("Evaluate", zh="到期评估"),
            ("observing",),
            Choose(_verdict, ("kept", "lost")),
            at=on_date("broker.retention_observe_days"),
            effects=(Do(_evaluated),),
        ),
        Action("confirm-lost", T("Confirm lost", zh="确认流失"), ANY, "lost", by=(SM,), form=Reason, outcome="lost"),
        Action(
            "client-closed",
            T("Client closed", zh="客户销户"),
            ANY,
            "lost",
            auto=True,
            when=lambda case: client_of(case).status == "closed",
            outcome="lost",
        ),
        Action("cancel", T("Cancel", zh="取消"), ANY, "cancelled", by=(BM,), form=Reason, outcome="cancelled"),
    ),
)
