"""`mfg-delay` (交期变更): a date that cannot be kept, agreed anew. Source: manufacturing.md 4.6."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from serviceflow.api import START, STAY, Action, Case, Do, Flow, Guard, Step, T, Task, Verdict, day, text

from serviceflow_manufacturing import desk, moments, papers, roles
from serviceflow_manufacturing.flows import changes, contract, execution, materials, plan
from serviceflow_manufacturing.flows.amendment import next_seq
from serviceflow_manufacturing.forms import BY, NOT_FUTURE, NOT_PAST, Because, Dated, one_of
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules import content, workdays
from serviceflow_manufacturing.tables import MfgChange, MfgContract


class Tell(Dated):
    not_future = ("told_on",)
    told: str = text(T("Told", zh="告知对象"), longest=200)
    channel: str = text(T("Channel", zh="方式"), longest=60)
    told_on: date = day(T("Told on", zh="告知日"))


class Counter(Dated):
    not_past = ("date",)
    by: str = one_of(T("By", zh="提出方"), BY)
    date: Any = day(T("Date", zh="日期"))


class Agree(Dated):
    not_future = ("agreed_on",)
    not_past = ("new_date",)
    new_date: date = day(T("New date", zh="新日期"))
    agreed_by: str = text(T("Agreed by", zh="约定人"), longest=200)
    agreed_on: date = day(T("Agreed on", zh="约定日"))


def _same(case: Case, form: Agree) -> Verdict:
    return refuse("date_same") if form.new_date == contract.delivery_date(case) else None


def _start(case: Case, form: changes.StartDelay) -> None:
    parent = contract.main(case)
    row = parent.own(MfgContract)
    case.tx.add(
        MfgChange(
            order_id=case.order_id,
            parent_id=parent.order_id,
            seq=next_seq(case, parent.order_id),
            kind="delay",
            origin=form.cause,
            reason=form.reason,
            base=row.version,
            content=dict(row.draft),
            proposed=form.proposed_date,
            letter=row.letter,
            route=row.route,
        )
    )


def _tell(case: Case, form: Tell) -> None:
    change, parent = case.own(MfgChange), contract.main(case)
    dd = contract.delivery_date(parent)
    assert dd is not None
    last = workdays.plus(moments.factory(case), dd, -case.number("mfg.delay.notice_w"))
    late = form.told_on > last
    case.tx.change(change, told_on=form.told_on, late_notice=late)
    if late:
        case.tx.change(parent.own(MfgContract), late_notice=True)
    case.log(f"delay to {change.proposed}: {change.reason}", channel=form.channel, outward=True)
    papers.make(case, "delay-letter", {
        "contract_no": parent.own(MfgContract).contract_no or "", "old_date": dd,
        "proposed": change.proposed or "", "cause": changes.CAUSES[change.origin], "reason": change.reason,
        "told": form.told,
    })  # fmt: skip


def _counter(case: Case, form: Counter) -> None:
    case.tx.change(case.own(MfgChange), proposed=form.date)
    case.cancel_tasks("get-answer", reason=T("counter-offer", zh="对方提议"))
    ANSWER.apply(case, form)


def _agree(case: Case, form: Agree) -> None:
    change, parent = case.own(MfgChange), contract.main(case)
    said = {**parent.own(MfgContract).draft, "delivery_date": form.new_date.isoformat()}
    case.tx.change(change, live=False, new_date=form.new_date, content=said, result="agreed")
    sb = parent.anchor_day("sb")
    contract.put_in_force(parent, said, "delay", change_id=case.order_id, signed_on=None)
    if sb != parent.anchor_day("sb"):
        plan.replan(parent)
    materials.recompute(parent)
    so = execution.newest(parent)
    words = T("{no}: delivery date is now {date}", zh="{no}：交期改为{date}")
    told = words.of(no=parent.order.number, date=form.new_date)
    if so is not None:
        desk.alert(case, "delay-agreed", told, *(ack.role for ack in execution.acks(parent, so)))


def _refuse(case: Case, form: Because) -> None:
    parent = contract.main(case)
    case.tx.change(case.own(MfgChange), live=False, result="refused")
    words = T("{no}: the customer refuses another date", zh="{no}：客户不同意延期").of(no=parent.order.number)
    desk.alert(case, "delay-refused", words, roles.MARKETING_GM, roles.PRODUCTION)


def _withdraw(case: Case, form: Because) -> None:
    change = case.own(MfgChange)
    case.tx.change(change, live=False, result="withdrawn")
    if change.told_on is not None:
        words = T("Tell the customer that {no} keeps its date", zh="告知客户{no}交期不变")
        said = words.of(no=contract.main(case).order.number)
        desk.task(case, "tell-customer", said, roles.MANAGER, due=moments.due_in(case, "tell-withdrawn"), stays=True)


def _facts(case: Case) -> Mapping[str, Any]:
    change = case.tx.get(MfgChange, case.order_id)
    if change is None:
        return {"contract_no": "", "dd": "", "cause": "", "proposed": ""}
    dd = contract.delivery_date(case)
    return {
        "contract_no": contract.main(case).own(MfgContract).contract_no or "",
        "dd": dd.isoformat() if dd else "",
        "cause": changes.CAUSES.get(change.origin, T(change.origin, zh=change.origin)),
        "proposed": change.proposed.isoformat() if change.proposed else "",
    }


def differences(case: Case) -> list[content.Difference]:
    """Return the difference list of an agreed delay."""
    change = case.own(MfgChange)
    found = contract.version(case, change.base)
    return content.differences(found.content, change.content) if found is not None else []


ANSWER = Task("get-answer", T("Get the customer's answer", zh="取得客户答复"), roles.MANAGER,
              moments.task("get-answer", after="now"))  # fmt: skip

DELAY = Flow(
    key="mfg-delay",
    version=1,
    title=T("Delay", zh="交期变更"),
    series="YQ{year}-{n:04}",
    alone=False,
    facts=desk.facts_of(_facts),
    steps=(
        Step("delay-proposed", T("To tell the customer", zh="待告知客户"), roles.MANAGER,
             moments.limit("delay-proposed"),
             (Task("tell-delay", T("Tell the customer of the delay", zh="告知客户延期"), roles.MANAGER,
                   moments.task("tell-delay"), closed_by=("tell-delay",)),), on_path=True),
        Step("negotiating", T("Date in negotiation", zh="协商交期"), roles.MANAGER, moments.limit("negotiating"),
             (ANSWER, desk.at_once("delay-notice")), on_path=True),
        Step("delay-agreed", T("Agreed", zh="已定新交期"), final=True, on_path=True,
             entry=(desk.at_once("delay-agreed", stays=True),)),
        Step("delay-refused", T("Refused", zh="客户不同意"), final=True),
        Step("delay-withdrawn", T("Withdrawn", zh="撤回"), final=True),
    ),
    actions=(
        Action("start-delay", T("Start", zh="开始延期"), START, "delay-proposed", by=roles.BY_MANAGER,
               form=changes.StartDelay, effects=(Do(_start, before=True),)),
        Action("tell-delay", T("Tell customer", zh="告知客户"), ("delay-proposed",), "negotiating",
               by=roles.BY_MANAGER, form=Tell, guards=(NOT_FUTURE,), effects=(Do(_tell, before=True),)),
        Action("agree-date", T("Agree date", zh="约定新交期"), ("negotiating",), "delay-agreed", by=roles.BY_MANAGER,
               form=Agree, guards=(NOT_FUTURE, NOT_PAST, Guard("date_same", _same)),
               effects=(Do(_agree, before=True),), outcome="agreed"),
        Action("counter-offer", T("Counter-offer", zh="对方提议"), ("negotiating",), STAY, by=roles.BY_MANAGER,
               form=Counter, guards=(NOT_PAST,), effects=(Do(_counter),)),
        Action("refuse-date", T("Refused", zh="不同意"), ("negotiating",), "delay-refused", by=roles.BY_MANAGER,
               form=Because, effects=(Do(_refuse),), outcome="refused"),
        Action("withdraw-delay", T("Withdraw", zh="撤回"), ("delay-proposed", "negotiating"), "delay-withdrawn",
               by=roles.BY_MANAGER, form=Because, effects=(Do(_withdraw),), outcome="withdrawn"),
        desk.overdue("delay-proposed", "negotiating",
                     overseers={"delay-proposed": roles.MARKETING, "negotiating": roles.MARKETING}),
    ),
)  # fmt: skip
