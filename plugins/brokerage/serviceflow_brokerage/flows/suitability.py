"""One client, one product, one amount: matched, mismatched and insisted on, or refused. Source: brokerage.md 4.2."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from serviceflow.api import (
    NOW,
    START,
    STAY,
    Action,
    Ask,
    Case,
    Choose,
    Do,
    Flow,
    Form,
    Guard,
    Issue,
    Message,
    Roles,
    Route,
    Stage,
    Step,
    T,
    Task,
    Verdict,
    VoidDocument,
    Warn,
    choice,
    days,
    listed,
    moment,
    money,
    plain,
    text,
)

from serviceflow_brokerage import complaints
from serviceflow_brokerage.amounts import yuan
from serviceflow_brokerage.flows import common
from serviceflow_brokerage.flows.common import CALLBACK_TRUE, ONCE_A_DAY, Attempt, Callback
from serviceflow_brokerage.limits import limit, task
from serviceflow_brokerage.people import age_at, client_of
from serviceflow_brokerage.refusals import TEXTS, refuse
from serviceflow_brokerage.roles import AG, BM, CO, OP, SM
from serviceflow_brokerage.suitability import Match, check, is_professional
from serviceflow_brokerage.tables.products import BrokerProduct, BrokerSuitability

KEY: Final = "broker.suitability"
BY: Final = {"client": T("client", zh="客户"), "staff": T("staff", zh="员工")}
CHANNELS: Final = {
    "onsite": T("on site", zh="现场"),
    "online": T("online", zh="线上"),
    "phone": T("phone", zh="电话"),
}
ITEMS: Final = {
    "risk": T("risk level", zh="风险等级"),
    "term": T("term", zh="投资期限"),
    "kind": T("kind of investment", zh="投资品种"),
}


class Wanted(Form):
    product: str = text(T("Product", zh="产品"))
    amount: int = money(T("Amount", zh="金额"))
    initiated_by: str = choice(T("Asked for by", zh="发起方"), BY)
    channel: str = choice(T("Channel", zh="渠道"), CHANNELS)


class Confirmed(Form):
    confirm_ref: str = text(T("Confirmation", zh="确认编号"))
    special_notice_ref: str | None = text(T("Special notice", zh="特别提示编号"), required=False)


class Insisted(Form):
    statement_ref: str = text(T("Client's own request", zh="客户声明编号"))


class Letter(Form):
    signed_at: datetime = moment(T("Signed at", zh="签署时间"), default=lambda context: context.now)
    recording_ref: str | None = text(T("Recording", zh="双录编号"), required=False)
    e_confirm_ref: str | None = text(T("Confirmation online", zh="电子确认编号"), required=False)
    witness: str | None = text(T("Witness", zh="见证人"), required=False)


class GaveUp(Form):
    reason: str | None = text(T("Reason", zh="原因"), required=False)


class Executed(Form):
    executed_at: datetime = moment(T("Executed at", zh="办理时间"), default=lambda context: context.now)
    amount: int = money(T("Amount", zh="金额"))


def product_of(case: Case) -> BrokerProduct:
    """Return the order's product."""
    return case.tx.need(BrokerProduct, case.own(BrokerSuitability).product)


def run_check(case: Case) -> Match:
    """Check the order's product as of the day of the event."""
    row = case.own(BrokerSuitability)
    return check(
        case.tx, case.setting, row.customer_id, product_of(case), case.today, by_staff=row.initiated_by == "staff"
    )


# -- guards ------------------------------------------------------------------------------------------------


def _on_sale(case: Case, form: Wanted) -> Verdict:
    product = case.tx.get(BrokerProduct, form.product)
    return None if product is not None and product.status == "on_sale" else refuse("product-not-on-sale")


def _special(case: Case, form: Confirmed) -> Verdict:
    row = case.own(BrokerSuitability)
    if product_of(case).r_level < case.number("broker.special_level"):
        return None
    if not form.special_notice_ref:
        return refuse("recording-missing", plain("special_notice_ref=…"))
    assert row.checked_at is not None
    until = row.checked_at + timedelta(hours=case.number("broker.consider_hours"))
    if case.now < until and not is_professional(client_of(case), case.today):
        return refuse("cooling-not-over", time=case.local(until))
    return None


def _by_client(case: Case, form: Any) -> Verdict:
    return None if case.own(BrokerSuitability).initiated_by == "client" else refuse("active-recommendation")


def _cooled(case: Case, form: Letter) -> Verdict:
    row = case.own(BrokerSuitability)
    assert row.issued_at is not None
    earliest = row.issued_at + timedelta(hours=case.number("broker.consider_hours"))
    if form.signed_at > case.now:
        return refuse("row-future-date", plain("signed_at=now"))
    if form.signed_at < earliest:
        return refuse("cooling-not-over", time=case.local(earliest))
    last = case.due(days("broker.letter_valid_days", at="core.day_end"))
    expired = last is not None and form.signed_at > last
    return refuse("letter-expired", plain(f"flow do {case.order.number} give-up")) if expired else None


def _recorded(case: Case, form: Letter) -> Verdict:
    onsite = case.own(BrokerSuitability).channel == "onsite"
    given = form.recording_ref if onsite else form.e_confirm_ref
    name = "recording_ref" if onsite else "e_confirm_ref"
    return None if given else refuse("recording-missing", plain(f"{name}=…"))


def _witnessed(case: Case, form: Letter) -> Verdict:
    return refuse("witness-missing") if _senior(case) and not form.witness else None


def _senior(case: Case) -> bool:
    age = case.own(BrokerSuitability).age_at_issue
    return age is not None and age >= case.number("broker.senior_age")


def _no_complaint(case: Case, form: Any) -> Verdict:
    row = case.own(BrokerSuitability)
    return refuse("complaint-freeze") if complaints.is_open(case.tx, row.customer_id, "suitability") else None


def _amount(case: Case, form: Executed) -> Verdict:
    asked = case.own(BrokerSuitability).amount
    return refuse("amount-over-letter", amount=yuan(asked)) if form.amount > asked else None


def _executed_by_now(case: Case, form: Executed) -> Verdict:
    return refuse("row-future-date", plain("executed_at=now")) if form.executed_at > case.now else None


def still_fits(case: Case) -> bool:
    """Return whether the check of today says what the clearance stands on, as the letter says it."""
    row, found = case.own(BrokerSuitability), run_check(case)
    if not row.by_letter:
        return found.result == "matched"
    if found.result in ("refused", "stays"):
        return False
    product = product_of(case)
    new_items = set(found.failing) - set(row.letter_items)
    worse = row.letter_r_level is not None and product.r_level > row.letter_r_level
    lower = found.level is not None and row.letter_level is not None and found.level < row.letter_level
    return not (new_items or worse or lower)


def _where_executed(case: Case, form: Executed) -> str:
    if not still_fits(case):
        return "requested"
    row = case.own(BrokerSuitability)
    plain = not row.by_letter and product_of(case).r_level < case.number("broker.special_level")
    return "completed" if plain else "executed"


def _changed(case: Case, form: Executed) -> Verdict:
    return None if still_fits(case) else Warn(TEXTS["match-changed"])


# -- effects -----------------------------------------------------------------------------------------------


def _begin(case: Case, form: Wanted) -> None:
    assert case.order.customer_id is not None
    case.tx.add(
        BrokerSuitability(
            order_id=case.order_id,
            customer_id=case.order.customer_id,
            product=form.product,
            amount=form.amount,
            initiated_by=form.initiated_by,
            channel=form.channel,
        )
    )


def _checked(case: Case, form: Any) -> None:
    row, found = case.own(BrokerSuitability), run_check(case)
    case.tx.change(
        row,
        checked_at=case.now,
        letter_state="void" if row.letter_no is not None else "",
        result=found.result,
        reason=found.ref,
        failing=list(found.failing),
        by_letter=False,
    )


def _where(case: Case, form: Any) -> str:
    result = run_check(case).result
    return STAY if result == "stays" else result


def _never_checked(case: Case) -> bool:
    """Whether nothing has been checked since the order came (back) to `requested`."""
    row = case.own(BrokerSuitability)
    return row.checked_at is None or (case.order.entry > 1 and row.result not in ("stays",))


def _unchecked(case: Case, form: Any) -> None:
    case.tx.change(case.own(BrokerSuitability), checked_at=None, result="", letter_state="void")


def _issue(case: Case, form: Insisted) -> None:
    row = case.own(BrokerSuitability)
    found = run_check(case)
    number = f"JS{case.today.year}-{case.tx.draw(f'broker-letter/{case.today.year}'):05}"
    case.tx.change(
        row,
        letter_no=number,
        letter_state="issued",
        issued_at=case.now,
        letter_level=found.level,
        letter_r_level=product_of(case).r_level,
        letter_items=list(found.failing or row.failing),
        age_at_issue=age_at(case.customer.birthday, case.today),
    )


def _signed(case: Case, form: Letter) -> None:
    case.tx.change(case.own(BrokerSuitability), letter_state="signed")


def _by_letter(case: Case, form: Any) -> None:
    case.tx.change(case.own(BrokerSuitability), by_letter=True)


def _void(case: Case, form: Any) -> None:
    row = case.own(BrokerSuitability)
    if row.letter_no is not None:
        case.tx.change(row, letter_state="void")


def _done(case: Case, form: Executed) -> None:
    if case.order.step in ("executed", "completed"):
        case.tx.change(case.own(BrokerSuitability), executed_amount=form.amount)


def _signers(case: Case) -> list[str]:
    both = _senior(case) or case.own(BrokerSuitability).amount >= case.number("broker.suit_bm_amount_fen")
    return [CO, BM] if both else [CO]


APPROVAL = Route(
    "broker-suitability",
    (Stage((Roles("broker-suitability-signers", T("compliance, branch manager", zh="合规岗、负责人"), _signers),)),),
    own="refused",
    min_opinion=1,
    rejected="rejected",
    said={"sign-own": refuse("four-eyes")},
)


def _facts(case: Case) -> dict[str, Any]:
    row = case.tx.get(BrokerSuitability, case.order_id)
    if row is None:
        return common.base_facts(case)
    product = case.tx.need(BrokerProduct, row.product)
    found = run_check(case)
    issued = row.issued_at or case.now
    first = issued + timedelta(hours=case.number("broker.consider_hours"))
    last = issued + timedelta(days=case.number("broker.letter_valid_days"))
    why = TEXTS.get(row.reason)
    return {
        **common.base_facts(case),
        "product": product.name,
        "r": f"R{product.r_level}",
        "c": f"C{found.level}" if found.level is not None else "-",
        "items": listed(ITEMS[item] for item in row.failing),
        "number": row.letter_no or "",
        "sign_from": case.local(first),
        "sign_to": case.local(last)[:10],
        "reason": str(why.of(detail=found.detail, date=found.detail)) if why is not None else "",
        "expires": found.detail or "-",
    }


def _matched(case: Case, form: Any) -> bool:
    return case.order.step == "matched"


def _stuck(case: Case) -> bool:
    return case.own(BrokerSuitability).result == "stays"


LAPSE = T("Timeout", zh="超期")

FLOW = Flow(
    key=KEY,
    version=1,
    title=T("Suitability", zh="适当性匹配"),
    series="SD{n:05}",
    facts=_facts,
    steps=(
        Step("requested", T("Requested", zh="申请"), SM, limit("suitability.requested"), on_path=True),
        Step(
            "matched",
            T("Matched", zh="匹配"),
            SM,
            days("broker.limit.suitability.matched", at="core.day_end"),
            (Message("match-result", NOW),),
            on_path=True,
        ),
        Step(
            "mismatched",
            T("Mismatched", zh="不匹配"),
            SM,
            days("broker.limit.suitability.mismatched", at="core.day_end"),
            (
                Task(
                    "explain-mismatch", T("Explain the mismatch", zh="说明不匹配"), SM, task("suitability.mismatched")
                ),
                Message("mismatch-result", NOW),
            ),
        ),
        Step(
            "warning",
            T("Warning issued", zh="已出警示书"),
            SM,
            days("broker.letter_valid_days", at="core.day_end"),
            (Message("warning-issued", NOW),),
        ),
        Step(
            "approval",
            T("Approval", zh="审批"),
            CO,
            limit("suitability.approval"),
            (Ask("approved", APPROVAL, T("A client insists on a product that does not fit", zh="客户坚持不匹配产品")),),
        ),
        Step("cleared", T("Cleared", zh="可办理"), SM, days("broker.clearance_days", at="core.day_end"), on_path=True),
        Step(
            "executed",
            T("Executed", zh="已办理待回访"),
            AG,
            days("broker.suit_callback_days", at="core.day_end"),
            (
                Task(
                    "suit-callback",
                    T("Callback", zh="回访"),
                    AG,
                    days("broker.suit_callback_days", at="core.day_end"),
                    closed_by=("callback-ok",),
                ),
            ),
        ),
        Step("completed", T("Completed", zh="完成"), final=True, on_path=True),
        Step("refused", T("Refused", zh="拒绝"), final=True, entry=(Message("suit-refused", NOW, stays=True),)),
        Step("withdrawn", T("Withdrawn", zh="撤回"), final=True),
        Step("lapsed", T("Lapsed", zh="失效"), final=True),
    ),
    actions=(
        Action(
            "open",
            T("Request", zh="申请"),
            START,
            "requested",
            by=(SM, AG),
            form=Wanted,
            guards=(common.CLIENT_ACTIVE, Guard("broker.product-not-on-sale", _on_sale)),
            effects=(Do(_begin, before=True),),
        ),
        Action(
            "check",
            T("Check", zh="匹配检查"),
            ("requested",),
            Choose(_where, ("matched", "mismatched", "refused")),
            by=(SM,),
            auto=True,
            by_hand=True,
            when=_never_checked,
            effects=(
                Do(_checked, before=True),
                Issue("match-opinion", when=_matched),
                Message("risk-renew", NOW, when=_stuck),
                Task(
                    "renew-assessment",
                    T("Renew the assessment", zh="更新风险测评"),
                    SM,
                    task("suitability.requested", after="now"),
                    when=_stuck,
                    closed_by=("check",),
                ),
            ),
        ),
        Action(
            "confirm-match",
            T("Client confirms", zh="客户确认"),
            ("matched",),
            "cleared",
            by=(SM,),
            form=Confirmed,
            guards=(Guard("broker.special-notice", _special),),
        ),
        Action(
            "client-insists",
            T("Client insists", zh="客户坚持"),
            ("mismatched",),
            "warning",
            by=(SM,),
            form=Insisted,
            guards=(Guard("broker.active-recommendation", _by_client, early=True),),
            effects=(Do(_issue, before=True), Issue("risk-warning-letter")),
        ),
        Action(
            "sign-letter",
            T("Sign the letter", zh="签署警示书"),
            ("warning",),
            "approval",
            by=(SM,),
            form=Letter,
            guards=(
                Guard("broker.cooling-not-over", _cooled),
                Guard("broker.recording-missing-letter", _recorded),
                Guard("broker.witness-missing", _witnessed),
            ),
            effects=(Do(_signed),),
        ),
        Action(
            "approved",
            T("Approved", zh="同意"),
            ("approval",),
            "cleared",
            by=(CO, BM),
            form=common.Opinion,
            effects=(Do(_by_letter, before=True), Issue("risk-warning-letter")),
        ),
        Action(
            "rejected",
            T("Rejected", zh="驳回"),
            ("approval",),
            "refused",
            by=(CO, BM),
            form=common.Opinion,
            effects=(Do(_void),),
            outcome="rejected",
        ),
        Action(
            "give-up",
            T("Give up", zh="放弃"),
            ("mismatched", "warning", "cleared"),
            "withdrawn",
            by=(SM,),
            form=GaveUp,
            effects=(Do(_void), VoidDocument(("risk-warning-letter",), T("the client gave up", zh="客户放弃"))),
            outcome="withdrawn",
        ),
        Action(
            "recheck",
            T("Check again", zh="重新检查"),
            ("cleared",),
            "requested",
            by=(SM,),
            effects=(Do(_unchecked, before=True),),
        ),
        Action(
            "execute",
            T("Execute", zh="办理"),
            ("cleared",),
            Choose(_where_executed, ("executed", "completed", "requested")),
            by=(OP, SM),
            form=Executed,
            guards=(
                Guard("broker.executed-by-now", _executed_by_now),
                Guard("broker.complaint-freeze", _no_complaint),
                Guard("broker.amount-over-letter", _amount),
                Guard("broker.match-changed", _changed),
            ),
            effects=(Do(_done),),
        ),
        Action(
            "callback-ok",
            T("Callback ok", zh="回访正常"),
            ("executed",),
            "completed",
            by=(AG,),
            form=Callback,
            guards=(CALLBACK_TRUE,),
            effects=(Do(common.called_back),),
        ),
        Action(
            "callback-missed",
            T("Missed", zh="未接通"),
            ("executed",),
            by=(AG,),
            form=Attempt,
            guards=(ONCE_A_DAY,),
            effects=(
                common.log("no-answer"),
                Task(
                    "suit-callback-again",
                    T("Call back again", zh="再次回访"),
                    AG,
                    task("suitability.missed", after="now"),
                    closed_by=("callback-ok", "callback-missed"),
                ),
            ),
        ),
        Action(
            "callback-problem",
            T("Problem", zh="回访异常"),
            ("executed",),
            by=(AG,),
            form=common.What,
            effects=(common.complain("suitability"),),
        ),
        Action(
            "timeout",
            LAPSE,
            ("matched", "mismatched", "warning", "cleared"),
            "lapsed",
            over="step",
            effects=(Do(_void),),
            outcome="lapsed",
        ),
    ),
)
