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
    Message,
    Step,
    T,
    Task,
    bdays,
    choice,
    codes,
    days,
    text,
)

from serviceflow_brokerage.complaints import open_complaint
from serviceflow_brokerage.flows import common
from serviceflow_brokerage.flows.common import ONCE_A_DAY, Attempt, Reason, Summary, Talk
from serviceflow_brokerage.limits import limit, task
from serviceflow_brokerage.people import client_of, figures
from serviceflow_brokerage.roles import BM, SM
from serviceflow_brokerage.tables.products import BrokerRetention

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


def _remedies(case: Case, form: Remedies) -> None:
    case.tx.change(case.own(BrokerRetention), remedies=form.remedies)
    for remedy, title in (
        ("commission_offer", T("Draft a commission offer", zh="草拟佣金优惠")),
        ("personal_plan", T("Ask for a personal plan", zh="申请个人投资计划")),
    ):
        if remedy in form.remedies:
            due = case.due(task("retention.offering", after="now"))
            assert due is not None
            case.add_task(f"remedy-{remedy}", title, who=SM, due=due, stays=True)


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
            hint=T("Ask about the need first, then the account.", zh="先问需要,再谈账户:资金另有用处吗?我们能做什么?"),
        ),
        Step("diagnosing", T("Diagnosing", zh="了解原因"), SM, limit("retention.diagnosing"), on_path=True),
        Step(
            "offering",
            T("Offering", zh="方案"),
            SM,
            limit("retention.offering"),
            (Task("agree-remedy", T("Agree on a remedy", zh="商定方案"), SM, task("retention.offering")),),
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
            at=days("broker.retention_observe_days", at="00:00"),
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
