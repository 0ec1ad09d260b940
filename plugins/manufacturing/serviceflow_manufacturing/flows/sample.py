"""`mfg-sample` (打样) and `mfg-swatch` (面辅料样): one set of steps, two makers. Source: manufacturing.md 4.3."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from serviceflow.api import (
    ANY,
    START,
    STAY,
    Action,
    Case,
    Choose,
    Do,
    Flow,
    Form,
    Guard,
    Message,
    SetAnchor,
    Step,
    T,
    Task,
    Verdict,
    day,
    earliest,
    number,
    of,
    row_list,
    table_of,
    text,
    yes_no,
)

from serviceflow_manufacturing import customers, desk, moments, papers, roles
from serviceflow_manufacturing.forms import (
    BY,
    NOT_FUTURE,
    NOT_PAST,
    REASON,
    WORKDAY,
    Dated,
    item_list,
    one_of,
    optional,
)
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules import workdays
from serviceflow_manufacturing.tables import MfgMaterial, MfgSample

KINDS = {
    "garment": T("Garment", zh="成衣"),
    "fabric": T("Fabric", zh="面料"),
    "accessory": T("Accessory", zh="辅料"),
}
DECISIONS = {
    "approved": T("Approved", zh="批准"),
    "revise": T("Revise", zh="修改"),
    "rejected": T("Rejected", zh="否决"),
}
OPEN = ("requested", "awaiting-papers", "making", "made", "with-customer")


class RegisterSample(Dated):
    not_past = ("deadline",)
    region: str | None = customers.region_field()
    kind: str = one_of(T("Kind", zh="类别"), KINDS)
    text: str = text(T("Text", zh="内容"), longest=1000)
    deadline: date = day(T("Deadline at the customer", zh="客户期限"))
    transit_d: int | None = number(T("Transit, days", zh="运输天数"), required=False, most=365)
    papers: list[str] | None = item_list(T("Papers", zh="资料"), required=False)
    material: str | None = optional(T("Material of the order", zh="物料编码"), 60)
    requested_on: date | None = day(T("Asked for on", zh="要求日期"), required=False)


class AskPapers(Form):
    missing: list[str] = item_list(T("Missing", zh="缺少"))  # type: ignore[assignment]


class PapersReceived(Form):
    papers: list[dict[str, Any]] = row_list(
        T("Papers", zh="资料"), {"name": text(T("Name", zh="名称"), longest=200), "on": day(T("Date", zh="日期"))}
    )
    complete: bool = yes_no(T("Complete", zh="已齐"))


class Notice(Dated):
    not_past = ("planned_on",)
    workday = ("planned_on",)
    planned_on: date = day(T("Planned on", zh="计划完成日"))
    processor: str | None = optional(T("Processor", zh="加工厂"), 200)


class MovePlan(Dated):
    not_past = ("planned_on",)
    workday = ("planned_on",)
    planned_on: date = day(T("Planned on", zh="计划完成日"))
    reason: str = text(REASON)


class MoveDeadline(Dated):
    not_past = ("deadline",)
    deadline: date = day(T("Deadline", zh="客户期限"))
    agreed_with: str = text(T("Agreed with", zh="与谁约定"), longest=200)


class Finish(Dated):
    not_future = ("finished_on",)
    finished_on: date = day(T("Finished on", zh="完成日"))


class SendSample(Dated):
    not_future = ("sent_on",)
    sent_on: date = day(T("Sent on", zh="寄出日"))
    carrier: str = text(T("Carrier", zh="快递"), longest=100)


class Comment(Dated):
    not_future = ("comment_on",)
    comment_on: date = day(T("Comment on", zh="批文日期"))
    decision: str = one_of(T("Decision", zh="结果"), DECISIONS)
    text: str = text(T("Comment", zh="批文"), longest=2000)


class CancelSample(Form):
    reason: str = text(REASON)
    by: str = one_of(T("By", zh="取消方"), BY)


class AskSample(Dated):
    """What asks for a sample from an enquiry or a contract."""

    not_past = ("deadline",)
    kind: str = one_of(T("Kind", zh="类别"), KINDS)
    deadline: date = day(T("Deadline at the customer", zh="客户期限"))
    text: str | None = text(T("Text", zh="说明"), required=False, longest=1000)


def ask(case: Case, form: AskSample, goods: str, material: str = "") -> None:
    """Open a sample of what is asked for; without words it is of all the goods."""
    link = "sample" if form.kind == "garment" else "swatch"
    words = form.text or goods or case.order.number
    case.open_child(link, {"kind": form.kind, "deadline": form.deadline, "text": words, "material": material})


# -- rules -----------------------------------------------------------------------------------------------------


def send_by(case: Case, deadline: date, transit: int) -> date:
    """Return the last day the sample may leave: the deadline less the transit, rolled back to a workday."""
    return workdays.back(moments.factory(case), deadline - timedelta(days=transit))


def _in_time(case: Case, form: Any) -> Verdict:
    last = case.anchor_day("send_by")
    late = last is not None and form.planned_on > last
    return refuse("plan_after_deadline", date=form.planned_on, send_by=last) if late else None


def _processor(case: Case, form: Notice) -> Verdict:
    known = form.processor or case.own(MfgSample).processor
    return refuse("processor_missing") if case.flow.key == "mfg-swatch" and not known else None


IN_TIME = Guard("plan_after_deadline", _in_time)


# -- effects ---------------------------------------------------------------------------------------------------


def _register(case: Case, form: RegisterSample) -> None:
    transit = form.transit_d if form.transit_d is not None else case.number("mfg.sample.transit_d")
    late = form.requested_on is not None and form.requested_on < case.today
    case.tx.add(
        MfgSample(
            order_id=case.order_id,
            kind=form.kind,
            text=form.text,
            deadline=form.deadline,
            transit_d=transit,
            material=form.material or "",
            papers=[{"name": name, "on": case.today.isoformat()} for name in form.papers or ()],
            registered_late=late,
        )
    )
    if late:
        case.notes.warnings.append(T("registered late", zh="迟于要求日登记"))
    case.set_anchor("send_by", send_by(case, form.deadline, transit))


def _ask_papers(case: Case, form: AskPapers) -> None:
    case.tx.change(case.own(MfgSample), missing=form.missing)


def _papers(case: Case, form: PapersReceived) -> None:
    sample = case.own(MfgSample)
    got = {row["name"] for row in form.papers}
    left = [] if form.complete else [name for name in sample.missing if name not in got]
    case.tx.change(sample, papers=[*sample.papers, *form.papers], missing=left)


def _notice(case: Case, form: Notice) -> None:
    sample = case.own(MfgSample)
    case.tx.change(sample, planned_on=form.planned_on, processor=form.processor or sample.processor)
    kind = "swatch-notice" if case.flow.key == "mfg-swatch" else "sample-notice"
    papers.make(case, kind, {
        "order": case.order.number, "text": sample.text, "papers": sample.papers, "round": sample.round,
        "planned_on": form.planned_on.isoformat(), "deadline": sample.deadline.isoformat(),
        "processor": sample.processor, "kind": KINDS[sample.kind], "customer": case.customer.name,
    })  # fmt: skip


def _move_plan(case: Case, form: MovePlan) -> None:
    case.tx.change(case.own(MfgSample), planned_on=form.planned_on)


def _move_deadline(case: Case, form: MoveDeadline) -> None:
    sample = case.own(MfgSample)
    case.log(f"deadline {sample.deadline} -> {form.deadline}, agreed with {form.agreed_with}")
    case.tx.change(sample, deadline=form.deadline)
    case.set_anchor("send_by", send_by(case, form.deadline, sample.transit_d))


def _finish(case: Case, form: Finish) -> None:
    case.tx.change(case.own(MfgSample), finished_on=form.finished_on)


def _send(case: Case, form: SendSample) -> None:
    sample, last = case.own(MfgSample), case.anchor_day("send_by")
    late = last is not None and form.sent_on > last
    sent = {"round": sample.round, "on": form.sent_on.isoformat(), "late": late}
    case.tx.change(sample, sent_on=form.sent_on, carrier=form.carrier, sendings=[*sample.sendings, sent])
    if late:
        words = T("Sample {no} was sent on {date}, after {last}", zh="样品{no} {date}寄出，晚于{last}")
        desk.alert(case, "sample-late", words.of(no=case.order.number, date=form.sent_on, last=last), roles.MANAGER)


def _comment(case: Case, form: Comment) -> None:
    sample = case.own(MfgSample)
    rounds = sample.round + (form.decision == "revise")
    case.tx.change(sample, comment_on=form.comment_on, comment=form.text, decision=form.decision, round=rounds)
    words = T("Pass the comment on sample {no} to its maker: {decision}", zh="将样品{no}批文转制作方：{decision}")
    desk.task(case, "pass-comment", words.of(no=case.order.number, decision=DECISIONS[form.decision]), roles.DESK,
              stays=True)  # fmt: skip
    if rounds > case.number("mfg.sample.max_rounds") and form.decision == "revise":
        words = T("Sample {no} goes into round {n}", zh="样品{no}进入第{n}次打样")
        desk.alert(case, "sample-rounds", words.of(no=case.order.number, n=rounds), roles.MANAGER)
    _follow_material(case, sample)


def _follow_material(case: Case, sample: MfgSample) -> None:
    if case.order.parent_id is None or not sample.material or sample.decision == "revise":
        return
    table = table_of(MfgMaterial)
    found = case.tx.one(MfgMaterial, table.c.order_id == case.order.parent_id, table.c.code == sample.material)
    if found is not None:
        case.tx.change(found, sample_state=sample.decision)


def _cancel(case: Case, form: CancelSample) -> None:
    case.tx.change(case.own(MfgSample), cancelled_by=form.by)


def _facts(case: Case) -> Mapping[str, Any]:
    sample = case.tx.get(MfgSample, case.order_id)
    if sample is None:
        return {"missing": "", "round": "", "sent_on": "", "carrier": ""}
    return {"missing": ", ".join(sample.missing), "round": sample.round, "carrier": sample.carrier,
            "sent_on": sample.sent_on.isoformat() if sample.sent_on else ""}  # fmt: skip


def _flow(key: str, title: T, series: str, maker: str, names: Mapping[str, T]) -> Flow:
    """Return the flow of samples made by ``maker``."""
    return Flow(
        key=key,
        version=1,
        title=title,
        series=series,
        facts=desk.facts_of(_facts),
        anchors=("send_by", "planned_on", "sent_on"),
        steps=(
            Step("requested", names["requested"], roles.DESK, moments.limit("requested"),
                 (Task("notice-sample", T("Write the sample notice", zh="下打样通知"), roles.DESK,
                       moments.task("notice-sample"), closed_by=("notice-sample",)),), on_path=True),
            Step("awaiting-papers", T("Waiting for papers", zh="待补技术资料"), roles.DESK,
                 moments.limit("awaiting-papers"),
                 (Task("urge-papers", T("Urge the papers", zh="催技术资料"), roles.DESK, moments.task("urge-papers")),
                  desk.at_once("papers-missing"))),
            Step("making", names["making"], maker, of("planned_on"),
                 (Task("finish-sample", T("Finish the sample", zh="完成样品"), maker, moments.on("planned_on"),
                       closed_by=("finish-sample",)),
                  Task("urge-sample", T("Urge the sample", zh="催样"), roles.DESK,
                       moments.before("urge-sample", "planned_on", reminds=True))), on_path=True),
            Step("made", T("Made, to send", zh="样品完成"), roles.DESK, of("send_by"),
                 (Task("send-sample", T("Send the sample", zh="寄出样品"), roles.DESK,
                       earliest(moments.task("send-sample"), moments.on("send_by")),
                       closed_by=("send-sample",)),), on_path=True),
            Step("with-customer", T("With the customer", zh="待客户批文"), roles.SALES,
                 moments.limit("with-customer"),
                 (Task("urge-comment", T("Urge the customer's comment", zh="催批文"), roles.SALES,
                       moments.task("urge-comment", after="sent_on")),
                  desk.at_once("sample-sent", stays=True),
                  Message("comment-reminder", moments.message_days("mfg.sample.comment_remind_d", "sent_on"),
                          to=desk.to_customer)), on_path=True),
            Step("approved", T("Approved", zh="批准"), final=True, on_path=True),
            Step("rejected", T("Rejected", zh="否决"), final=True),
            Step("sample-cancelled", T("Cancelled", zh="取消"), final=True),
        ),
        actions=(
            Action("register-sample", T("Register", zh="登记"), START, "requested", by=roles.BY_DESK,
                   form=RegisterSample, guards=(customers.PROFILE_KNOWN, NOT_PAST),
                   effects=(customers.ENTER_PROFILE, Do(_register, before=True))),
            Action("papers-received", T("Papers received", zh="收到资料"), ("awaiting-papers",),
                   Choose(lambda case, form: "requested" if form.complete else STAY, ("requested",)),
                   by=roles.BY_DESK, form=PapersReceived, effects=(Do(_papers),)),
            Action("notice-sample", T("Sample notice", zh="下打样通知"), ("requested",), "making", by=roles.BY_DESK,
                   form=Notice, guards=(NOT_PAST, WORKDAY, IN_TIME, Guard("processor_missing", _processor)),
                   effects=(SetAnchor("planned_on", "planned_on"), Do(_notice))),
            Action("finish-sample", T("Finished", zh="样品完成"), ("making",), "made", by=(maker,), form=Finish,
                   guards=(NOT_FUTURE,), effects=(Do(_finish),)),
            Action("send-sample", T("Send", zh="寄出"), ("made",), "with-customer", by=roles.BY_DESK,
                   form=SendSample, guards=(NOT_FUTURE,),
                   effects=(Do(_send, before=True), SetAnchor("sent_on", "sent_on"))),
            Action("comment", T("Customer's comment", zh="登记批文"), ("with-customer",),
                   Choose(lambda case, form: "requested" if form.decision == "revise" else form.decision,
                          ("approved", "requested", "rejected")),
                   by=roles.BY_SALES, form=Comment, guards=(NOT_FUTURE,), effects=(Do(_comment),)),
            Action("ask-papers", T("Ask for papers", zh="索要资料"), ("requested",), "awaiting-papers",
                   by=roles.BY_DESK, form=AskPapers, effects=(Do(_ask_papers, before=True),)),
            Action("move-plan", T("Move plan", zh="改计划日"), ("making",), STAY, by=(maker,), form=MovePlan,
                   guards=(NOT_PAST, WORKDAY, IN_TIME),
                   effects=(Do(_move_plan), SetAnchor("planned_on", "planned_on"))),
            Action("move-deadline", T("Move deadline", zh="改客户期限"), ("requested", "making", "made"), STAY,
                   by=roles.BY_SALES, form=MoveDeadline, guards=(NOT_PAST,), effects=(Do(_move_deadline),)),
            Action("cancel-sample", T("Cancel", zh="取消"), ANY, "sample-cancelled", by=roles.BY_SALES,
                   form=CancelSample, effects=(Do(_cancel),), outcome="cancelled"),
            desk.overdue(*OPEN),
        ),
    )  # fmt: skip


SAMPLE = _flow(
    "mfg-sample",
    T("Garment sample", zh="打样"),
    "YP{year}-{n:04}",
    roles.SAMPLING,
    {"requested": T("Sample registered", zh="打样登记"), "making": T("Being made", zh="打样中")},
)
SWATCH = _flow(
    "mfg-swatch",
    T("Fabric and accessory sample", zh="面辅料样"),
    "MY{year}-{n:04}",
    roles.SUPPLY,
    {"requested": T("Sample registered", zh="面辅料样登记"), "making": T("Being made", zh="加工中")},
)
