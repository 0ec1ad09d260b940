"""Lead-nurture cadence (触点养护). Source: realestate.md section 4.4."""

from __future__ import annotations

from datetime import time, timedelta
from itertools import pairwise
from typing import Any

from serviceflow.api import (
    ANY,
    START,
    STAY,
    Action,
    Case,
    Computed,
    Deadline,
    Do,
    Flow,
    Form,
    Moment,
    Step,
    T,
    Task,
    add_months,
    choice,
    days,
    instant_of,
    text,
)
from serviceflow.api import minutes as minutes_after

from serviceflow_realestate import facts, fields, nurturing, roles, tell

SEND = "realestate.message_send_time"
TOUCHES = ("touch-first", "touch-month2", "touch-month3", "touch-month6", "touch-month12")
MONTHS = {"touch-month2": 2, "touch-month3": 3, "touch-month6": 6, "touch-month12": 12}
TEMPLATES = {
    "touch-first": "re-touch-first",
    "touch-month2": "re-touch-m2",
    "touch-month3": "re-touch-m3",
    "touch-month6": "re-touch-m6",
    "touch-month12": "re-touch-m12",
}
CHANNELS = {
    "wechat": T("WeChat", zh="微信"),
    "sms": T("SMS", zh="短信"),
    "phone": T("Phone", zh="电话"),
    "visit": T("Visit", zh="来访"),
}


class Reply(Form):
    channel: str = choice(T("Channel", zh="方式"), CHANNELS)
    summary: str = text(T("Summary", zh="摘要"))


def begin(case: Case, form: object) -> None:
    profile = nurturing.my_profile(case)
    first = profile.first_contact_on or case.today
    case.tx.change(profile, first_contact_on=first)
    case.set_anchor("first_contact_on", first)


def touch(case: Case, form: object) -> None:
    """Send the touch's message, unless the customer was met lately or the touch lies too far back."""
    step = case.order.step
    if step == "touch-first":
        tell.tell(case, TEMPLATES[step], minutes_after("realestate.touch_first_minutes"), stays=False)
        return
    if step == "touch-month3":
        profile = nurturing.my_profile(case)
        if not tell.recall(case, "points_given"):
            case.tx.change(profile, points=profile.points + case.number("realestate.touch_points"))
            tell.remember(case, points_given=True)
    nominal = case.today
    real = case.shop.local_day(case.tx.now)
    if (real - nominal).days > case.number("realestate.touch_catchup_days"):
        _log(case, "missed")
    elif nurturing.recently_contacted(case, nominal):
        _log(case, "recent contact")
    else:
        at = instant_of(nominal, case.clock_time(SEND), case.zone)
        tell.tell(
            case,
            TEMPLATES[step],
            Computed(lambda _: at),
            stays=False,
            points=case.number("realestate.touch_points"),
            voucher=fields.yuan(case.number("realestate.touch_voucher_value")),
            promo=T("see our news", zh="详见活动"),
            event=T("our anniversary event", zh="周年活动"),
            until=(nominal + timedelta(days=30)).isoformat(),
        )


def _log(case: Case, why: str) -> None:
    """Keep that a touch's message did not go out, and why."""
    skipped = dict(tell.recall(case, "skipped", {}))
    tell.remember(case, skipped={**skipped, case.order.step: why})
    case.notes.warnings.append(T("touch {step}: {why}", zh="触点 {step}: {why}").of(step=case.order.step, why=why))


def date_of(step: str) -> Computed:
    """Return 00:00 of a touch's date: months from the first contact, clamped to the month's end."""

    def moment(times: Any) -> Deadline | None:
        first = times.base("first_contact_on")
        if first is None:
            return None
        n = times.number(f"realestate.touch_month{MONTHS[step]}_months")
        return Deadline(instant_of(add_months(first, n), time(0), times.zone), closed=False)

    return Computed(moment, ("first_contact_on",))


def replied(case: Case, form: Reply) -> None:
    case.log(form.summary, channel=form.channel, outcome="answered")
    nurturing.contacted(case, effective=True)


def _next(before: str, after: str) -> Action:
    return Action(f"next-{after}", T("Next touch", zh="下一触点"), (before,), after, at=date_of(after))


FINISH = Moment("days", "realestate.touch_finish_days", "entry", extra=-1)
CALL = days("realestate.touch_call_days")
RE_NURTURE = Flow(
    key="re-nurture",
    version=1,
    title=T("Lead nurture", zh="触点养护"),
    series="NUR-{n:05}",
    facts=facts.of_order,
    anchors=("first_contact_on",),
    open_key=lambda case: f"re-nurture/{case.order.customer_id}",
    steps=(
        Step("touch-first", T("First contact", zh="首次接触"), None, on_path=True, entry=(Do(touch),)),
        Step("touch-month2", T("Month 2", zh="第二个月"), None, on_path=True, entry=(Do(touch),)),
        Step(
            "touch-month3",
            T("Month 3", zh="第三个月"),
            roles.AGENT,
            on_path=True,
            entry=(
                Do(touch),
                Task("sales-call", T("Sales call", zh="销售电话"), tell.AGENT_OF_ORDER, CALL, stays=True),
            ),
        ),
        Step(
            "touch-month6",
            T("Month 6", zh="第六个月"),
            None,
            on_path=True,
            entry=(
                Do(touch),
                Task("prepare-gift", T("Prepare gift", zh="准备礼品"), roles.MARKETING, CALL, stays=True),
            ),
        ),
        Step("touch-month12", T("Month 12", zh="第十二个月"), None, on_path=True, entry=(Do(touch),)),
        Step("finished", T("Finished", zh="完成"), final=True, on_path=True),
        Step("converted", T("Bought", zh="已成交"), final=True),
        Step("opted-out", T("Opted out", zh="已退订"), final=True),
    ),
    actions=(
        Action(
            "begin", T("Begin", zh="开始"), START, "touch-first", by=(roles.AGENT,), effects=(Do(begin, before=True),)
        ),
        *(_next(a, b) for a, b in pairwise(TOUCHES)),
        Action("finish", T("Finish", zh="完成"), ("touch-month12",), "finished", at=FINISH),
        Action("reply", T("Reply", zh="客户回复"), ANY, STAY, by=(roles.AGENT,), form=Reply, effects=(Do(replied),)),
        Action("convert", T("Bought", zh="成交"), TOUCHES, "converted", auto=True, when=tell.never),
        Action(
            "opt-out",
            T("Opt out", zh="退订"),
            TOUCHES,
            "opted-out",
            by=(roles.AGENT,),
            effects=(Do(lambda case, form: case.cancel_tasks(reason=T("opted out", zh="已退订"))),),
        ),
        *tell.common(),
    ),
)
