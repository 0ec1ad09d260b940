"""Delivery (交楼): a child of a paid-up contract. Source: realestate.md sections 4.14 and 5.9."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from serviceflow.api import (
    NOW,
    START,
    Action,
    Case,
    Do,
    Flow,
    Form,
    Guard,
    Message,
    Moment,
    Refuse,
    Step,
    T,
    Task,
    Verdict,
    choice,
    day,
    days,
    decimal,
    number,
    plain,
    row_list,
    text,
    yes_no,
)

from serviceflow_realestate import agreement, facts, fields, inventory, ledger, nurturing, roles, settlements, tell
from serviceflow_realestate.deals import handover as deals
from serviceflow_realestate.delivery import area_due, fees
from serviceflow_realestate.lineage import contract
from serviceflow_realestate.papers import paper
from serviceflow_realestate.schedule import schedule_changed
from serviceflow_realestate.tables import ReDefect, ReUnit

SEND = "realestate.message_send_time"
SEVERITIES = {"structural": T("Structural", zh="结构性"), "ordinary": T("Ordinary", zh="一般")}


class Notice(Form):
    start_date: date = day(T("Start", zh="交楼开始日"))
    actual_area: int = decimal(T("Measured area, m2", zh="实测面积, 平米"), digits=2, least=1)


class Arrives(Form):
    arrived_on: date = fields.past_day(T("Date", zh="日期"), default_today=True)
    id_seen: bool = yes_no(T("ID seen", zh="已核身份证"))
    proxy: str | None = text(T("Proxy", zh="代办人"), required=False, longest=80)
    power_of_attorney: bool = yes_no(T("Power of attorney", zh="授权书"), required=False, default=False)


class Defects(Form):
    defects: list[dict[str, Any]] = row_list(
        T("Defects", zh="问题"),
        {
            "place": text(T("Place", zh="部位"), longest=80),
            "text": text(T("Text", zh="说明")),
            "severity": choice(T("Severity", zh="程度"), SEVERITIES, required=False, default="ordinary"),
        },
    )


class Signature(Form):
    signed_on: date = fields.past_day(T("Signed on", zh="签字日"), default_today=True)


class Fixed(Form):
    fixed: str = text(T("Fixed: all, or numbers", zh="已修: all 或编号"), longest=200)


class Satisfaction(Form):
    score: int = number(T("Score", zh="满意度"), least=1, most=5)
    said: str | None = text(T("What was said", zh="反馈"), required=False)


class Keys(Form):
    meters: str = text(T("Meter readings", zh="表底数"))
    keys: int = number(T("Keys", zh="钥匙数"), least=1, most=99)
    handed_on: date = fields.past_day(T("Date", zh="日期"), default_today=True)


def late_days(one: Case) -> int:
    """Return how many days the company hands over late; 0 before the notice is out."""
    return int(
        max((case_data.get("late_days", 0) for case_data in (o.data for o in one.children("handover"))), default=0)
    )


def late_compensation(one: Case) -> int:
    """Return the company's compensation for a late handover, in fen."""
    due = one.anchor_day("handover_on")
    base = ledger.own_paid(one, due) + ledger.loan_paid(one, due)
    return deals.daily_compensation(base, one.number("realestate.company_late_rate_per_myriad"), late_days(one))


def due_at_handover(case: Case) -> int:
    """Return everything the buyer pays at handover, in fen."""
    return max(area_due(case), 0) + fees(case).total


# -- guards ----------------------------------------------------------------------------------------------


def _notice(case: Case, form: Notice) -> Verdict:
    n = case.number("realestate.handover_notice_days")
    if form.start_date < case.today + timedelta(days=n):
        first = case.today + timedelta(days=n)
        return Refuse(
            T("Notice must be {n} days ahead.", zh="须提前 {n} 天通知。").of(n=n),
            T("Enter {d} or a later day", zh="请填 {d} 或更晚").of(d=first.isoformat()),
        )
    one = contract(case)
    if one.anchor_day("filed_on") is None:
        return Refuse(T("The contract is not filed.", zh="合同尚未备案。"), plain(f"flow do {one.order.number} file"))
    return None


SEEN = T("Once it was shown: {field}=yes", zh="出示后填: {field}=yes")


def _arrival(case: Case, form: Arrives) -> Verdict:
    begins = T("start of the handover", zh="交楼开始日")
    why = fields.not_before(form.arrived_on, case.anchor_day("start_on"), begins)
    if why is not None:
        return why
    if not form.id_seen:
        return Refuse(T("ID of the main buyer is required.", zh="须有主买受人身份证。"), SEEN.of(field="id_seen"))
    if form.proxy and not form.power_of_attorney:
        return Refuse(
            T("A proxy needs a power of attorney.", zh="代办须有授权书。"), SEEN.of(field="power_of_attorney")
        )
    return None


def _may_return(case: Case, form: object) -> Verdict:
    tolerance = case.number("realestate.area_tolerance_percent")
    deal, unit = agreement.deal_of(case), agreement.unit_of(case)
    if unit.actual_area is None or not deals.area_error_over(deal.area, unit.actual_area, tolerance):
        return Refuse(
            T("Return only above {n}%.", zh="误差超过 {n}% 方可退房。").of(n=f"{tolerance / 100:g}"),
            plain("flow do {here} fees-paid"),
        )
    n, arrived = case.number("realestate.area_choice_days"), case.anchor_day("arrived_on")
    if arrived is not None and case.today > arrived + timedelta(days=n):
        return Refuse(
            T("Return only within {n} days after arrival.", zh="须在到场后 {n} 天内选择。").of(n=n),
            plain("flow do {here} fees-paid"),
        )
    return None


def _sum(case: Case, form: fields.Money) -> Verdict:
    due = due_at_handover(case)
    if form.amount == due:
        return None
    return Refuse(
        T("Due is {x}, entered {y}.", zh="应收 {x}, 录入 {y}。").of(x=fields.yuan(due), y=fields.yuan(form.amount)),
        T("Enter amount={x}", zh="请填 amount={x}").of(x=fields.typed(due)),
    )


def _open_defects(case: Case, severity: str | None = None) -> list[ReDefect]:
    return [d for d in case.rows(ReDefect) if d.state == "open" and severity in (None, d.severity)]


FIX = plain("flow do {here} fixed fixed=all")


def _no_structural(case: Case, form: object) -> Verdict:
    if not _open_defects(case, "structural"):
        return None
    return Refuse(T("A structural defect is open.", zh="尚有结构性问题。"), FIX)


def _all_fixed(case: Case, form: object) -> Verdict:
    return Refuse(T("A defect is open.", zh="尚有问题未修。"), FIX) if _open_defects(case) else None


def _nothing_due(case: Case, form: object) -> Verdict:
    if not owes(case):
        return None
    number = contract(case).order.number
    return Refuse(T("The customer still owes.", zh="客户仍有欠款。"), plain(f"flow re ledger {number}"))


# -- effects ---------------------------------------------------------------------------------------------


def noticed(case: Case, form: Notice) -> None:
    """Fix the window and how late the company is."""
    one = contract(case)
    unit = agreement.unit_of(case)
    case.tx.change(unit, actual_area=form.actual_area)
    end = form.start_date + timedelta(days=case.number("realestate.handover_window_days"))
    due = one.anchor_day("handover_on")
    late = max((form.start_date - due).days, 0) if due is not None else 0
    tell.remember(case, late_days=late, start=form.start_date.isoformat(), end=end.isoformat())
    case.set_anchor("start_on", form.start_date)
    case.set_anchor("window_end", end)
    if late:
        amount = late_compensation(one)
        tell.remember(case, compensation=amount)
        case.alert(
            "company-late",
            T("{no}: handover {n} days late, compensation {x}", zh="{no}: 逾期交楼 {n} 天, 赔付 {x}").of(
                no=one.order.number, n=late, x=fields.yuan(amount)
            ),
            who=roles.LEGAL,
        )
    paper(case, "RE-HANDOVER", start=form.start_date.isoformat(), end=end.isoformat())


def on_the_first_day(case: Case, form: object) -> None:
    """Remind on the day the handover starts."""
    tell.tell(case, "re-handover-reminder", days(0, after="start_on", at=SEND), stays=False, subject="start")


def arrived(case: Case, form: Arrives) -> None:
    case.set_anchor("arrived_on", form.arrived_on)
    paper(case, "RE-AREA")


def paid(case: Case, form: fields.Money) -> None:
    """Book what was paid; an area that is smaller is refunded by finance."""
    one, parts, area = contract(case), fees(case), area_due(case)
    due = (
        (max(area, 0), "area"),
        (parts.maintenance, "fee"),
        (parts.property_fee, "fee"),
        (parts.deed_tax, "tax"),
    )
    amounts = [(amount, kind) for amount, kind in due if amount]
    whole = ledger.entered(form, "fee", case.customer.name)
    paid_in = [replace(whole, amount=amount, kind=kind, ref=None) for amount, kind in amounts]
    if paid_in:
        ledger.book(one, replace(paid_in[0], ref=form.ref), *paid_in[1:])
    tell.remember(case, tax_paid=True)
    refund_area(one, -area)


def refund_area(one: Case, amount: int) -> None:
    """Let finance pay back the price of an area that is smaller than agreed."""
    settlements.owe(one, "refund-area", "refund", amount, "realestate.refund_pay_days")


def choose_return(case: Case, form: object) -> None:
    contract(case).open_child("postsign", {"kind": "return", "cause": "area", "reason": "area error"})


def found(case: Case, form: Defects) -> None:
    """Write the defects and give each to engineering; too many rounds are told to the manager and the director."""
    rounds = case.times_done("defects")
    for row in form.defects:
        defect = case.tx.add(
            ReDefect(
                order_id=case.order_id, place=row["place"], text=row["text"], severity=row["severity"], round=rounds
            )
        )
        case.add_task(
            "fix-defect",
            T("{place}: {text}", zh="{place}: {text}").of(place=row["place"], text=row["text"]),
            who=roles.ENGINEERING,
            due=case.due(days("realestate.rectify_days")) or case.now,
            stays=True,
            subject=str(defect.id),
        )
    paper(case, "RE-INSPECT", round=rounds)
    if rounds > case.number("realestate.rectify_max_rounds"):
        for role in (roles.MANAGER, roles.DIRECTOR):
            case.alert(
                "rectify-rounds",
                T("{no}: repairs in round {n}", zh="{no}: 第 {n} 轮整改").of(no=case.order.number, n=rounds),
                who=role,
            )


def fixed(case: Case, form: Fixed) -> None:
    wanted = {word.strip() for word in form.fixed.replace("，", ",").split(",")}
    for defect in _open_defects(case):
        if "all" in wanted or str(defect.id) in wanted:
            case.tx.change(defect, state="fixed")
            case.close_tasks("fix-defect", subject=str(defect.id))
    if not _open_defects(case):
        tell.tell(case, "re-rectified")


def accepted(case: Case, form: object) -> None:
    """The customer has accepted what was repaired."""
    for defect in case.rows(ReDefect):
        if defect.state == "fixed":
            case.tx.change(defect, state="accepted")


def deliver(case: Case, on: date) -> None:
    """The unit is delivered: contract, title and pipeline follow."""
    case.set_anchor("delivered_on", on)
    unit = case.tx.need(ReUnit, agreement.deal_of(case).unit_id)
    inventory.set_state(case.tx, unit, "delivered")
    nurturing.advance(case, "use")


def handed(case: Case, form: Keys) -> None:
    deliver(case, form.handed_on)
    paper(case, "RE-KEYS", meters=form.meters, keys=form.keys)
    case.add_task(
        "satisfaction-call",
        T("Satisfaction call", zh="满意度回访"),
        who=tell.AGENT_OF_ORDER,
        due=case.due(days("realestate.handover_call_days", after="now")) or case.now,
        stays=True,
        closed_by=("satisfaction",),
    )


def answered(case: Case, form: Satisfaction) -> None:
    """The customer has said what he thinks of it."""
    case.log(form.said or str(form.score), channel="phone", outcome="answered")
    nurturing.advance(case, "opinion")


def deemed(case: Case, form: object) -> None:
    """Nobody came: delivered on the last day of the window; area and fees become due."""
    one, end = contract(case), case.anchor_day("window_end")
    assert end is not None
    tell.remember(case, date=end.isoformat())
    deliver(case, end)
    area = area_due(case)
    if area > 0:
        ledger.add_line(one, "area", area, end)
        schedule_changed(one)
    refund_area(one, -area)
    case.add_task(
        "collect-fees",
        T("Collect fees of {x}", zh="收取费用 {x}").of(x=fields.yuan(fees(case).total)),
        who=roles.FINANCE,
        due=case.now,
        stays=True,
    )


def owes(case: Case) -> bool:
    """Return whether a line or damages are open."""
    return not ledger.nothing_due(contract(case))


TODAY = days(0)
NEXT = days("realestate.next_day_days")
WINDOW = days(0, after="window_end")
INSPECTED = ("inspection", "rectifying")
RE_HANDOVER = Flow(
    key="re-handover",
    version=1,
    title=T("Handover", zh="交楼"),
    series="HND-{n:04}",
    alone=False,
    facts=facts.of_order,
    anchors=("start_on", "window_end", "arrived_on", "delivered_on"),
    steps=(
        Step(
            "qualification",
            T("Qualification", zh="交楼资格审核"),
            roles.FINANCE,
            limit=NEXT,
            on_path=True,
            entry=(
                Task(
                    "check-price",
                    T("Check price, damages, filing", zh="核对房款、违约金、备案"),
                    roles.FINANCE,
                    NEXT,
                    closed_by=("send-notice",),
                ),
                Task(
                    "enter-area",
                    T("Enter the measured area", zh="录入实测面积"),
                    roles.CONTRACTS,
                    NEXT,
                    closed_by=("send-notice",),
                ),
            ),
        ),
        Step(
            "suspended",
            T("Suspended", zh="欠款暂停"),
            roles.FINANCE,
            entry=(Task("collect-arrears", T("Collect arrears", zh="催收欠款"), roles.FINANCE, NEXT),),
        ),
        Step(
            "noticed",
            T("Notice sent", zh="已发通知"),
            roles.PROPERTY,
            limit=WINDOW,
            on_path=True,
            entry=(
                Task(
                    "book-handover",
                    T("Book the time", zh="预约时间"),
                    roles.PROPERTY,
                    NEXT,
                    closed_by=("customer-arrives",),
                ),
                Message("re-handover-notice", NOW),
                Do(on_the_first_day),
                Message(
                    "re-handover-reminder",
                    Moment("days", 0, "window_end", SEND, sign=-1),
                    each="realestate.handover_remind_days_before",
                ),
            ),
        ),
        Step(
            "fees",
            T("Fees", zh="结清费用"),
            roles.FINANCE,
            limit=TODAY,
            on_path=True,
            entry=(
                Task(
                    "collect-fees",
                    T("Collect area settlement, fund, tax, property fee", zh="收取面积差、维修基金、契税、物业费"),
                    roles.FINANCE,
                    TODAY,
                    closed_by=("fees-paid",),
                ),
            ),
        ),
        Step("inspection", T("Inspection", zh="验楼"), roles.PROPERTY, limit=TODAY, on_path=True),
        Step("rectifying", T("Repairs", zh="整改"), roles.ENGINEERING, limit=days("realestate.rectify_days")),
        Step(
            "keys",
            T("Keys", zh="签收钥匙"),
            roles.PROPERTY,
            limit=TODAY,
            on_path=True,
            entry=(
                Task(
                    "hand-keys",
                    T("Hand over keys, manuals, guarantee", zh="交付钥匙、说明书、质保书"),
                    roles.PROPERTY,
                    TODAY,
                    closed_by=("sign-keys",),
                ),
            ),
        ),
        Step("done", T("Handed over", zh="已交楼"), final=True, on_path=True),
        Step(
            "deemed",
            T("Deemed delivered", zh="视为交付"),
            final=True,
            entry=(Message("re-handover-deemed", tell.TODAY, stays=True),),
        ),
        Step("returned", T("Return chosen", zh="选择退房"), final=True),
        Step("ended", T("Contract ended", zh="合同终止"), final=True),
    ),
    actions=(
        Action("open", T("Open", zh="开始"), START, "qualification", by=(roles.PROPERTY, roles.MANAGER)),
        Action(
            "send-notice",
            T("Send notice", zh="发交楼通知"),
            ("qualification",),
            "noticed",
            by=(roles.PROPERTY,),
            form=Notice,
            guards=(Guard("handover-notice", _notice),),
            effects=(Do(noticed, before=True),),
        ),
        Action("owes", T("Owes", zh="欠款"), ("qualification",), "suspended", auto=True, when=owes),
        Action(
            "settled",
            T("Settled", zh="已结清"),
            ("suspended",),
            "qualification",
            by=(roles.FINANCE,),
            guards=(Guard("nothing-due", _nothing_due, early=True),),
        ),
        Action(
            "customer-arrives",
            T("Customer arrives", zh="客户到场"),
            ("noticed",),
            "fees",
            by=(roles.PROPERTY,),
            form=Arrives,
            guards=(Guard("arrival", _arrival),),
            effects=(Do(arrived),),
        ),
        Action(
            "deem", T("Deemed", zh="视为交付"), ("noticed",), "deemed", at=WINDOW, effects=(Do(deemed, before=True),)
        ),
        Action(
            "choose-return",
            T("Chooses return", zh="选择退房"),
            ("fees",),
            "returned",
            by=(roles.AGENT,),
            guards=(Guard("area-return", _may_return, early=True),),
            effects=(Do(choose_return),),
        ),
        Action(
            "fees-paid",
            T("Fees paid", zh="费用已付"),
            ("fees",),
            "inspection",
            by=(roles.FINANCE,),
            form=fields.Money,
            guards=(Guard("fees-due", _sum), fields.REF_NEW, fields.BACKDATED),
            effects=(Do(paid),),
        ),
        Action(
            "defects",
            T("Defects", zh="有问题"),
            ("inspection",),
            "rectifying",
            by=(roles.PROPERTY,),
            form=Defects,
            effects=(Do(found),),
        ),
        Action(
            "accept",
            T("Accept", zh="接收"),
            ("inspection",),
            "keys",
            by=(roles.PROPERTY,),
            form=Signature,
            guards=(Guard("no-structural", _no_structural, early=True),),
            effects=(Do(accepted),),
        ),
        Action(
            "fixed", T("Fixed", zh="已修"), ("rectifying",), by=(roles.ENGINEERING,), form=Fixed, effects=(Do(fixed),)
        ),
        Action(
            "reinspect",
            T("Inspect again", zh="复验"),
            ("rectifying",),
            "inspection",
            by=(roles.ENGINEERING,),
            guards=(Guard("all-fixed", _all_fixed, early=True),),
        ),
        Action(
            "accept-with-list",
            T("Accept with list", zh="带清单接收"),
            ("rectifying",),
            "keys",
            by=(roles.PROPERTY,),
            form=Signature,
            guards=(Guard("no-structural", _no_structural, early=True),),
        ),
        Action(
            "sign-keys",
            T("Keys signed for", zh="签收钥匙"),
            ("keys",),
            "done",
            by=(roles.PROPERTY,),
            form=Keys,
            effects=(Do(handed, before=True),),
        ),
        Action(
            "satisfaction",
            T("Satisfaction", zh="满意度回访"),
            ("done", "deemed"),
            by=(roles.AGENT,),
            form=Satisfaction,
            effects=(Do(answered),),
        ),
        Action(
            "contract-ended",
            T("Contract ended", zh="合同终止"),
            ("qualification", "suspended", "noticed", "fees", *INSPECTED, "keys"),
            "ended",
            auto=True,
            when=tell.never,
        ),
        *tell.common(),
    ),
)
