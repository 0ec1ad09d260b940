"""A special rate of one account: asked for, signed, in force, reviewed, taken back.

Source: brokerage.md section 4.3.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from serviceflow.api import (
    ANY,
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
    Order,
    Roles,
    Route,
    Stage,
    Step,
    T,
    Task,
    Verdict,
    add_business_days,
    add_months,
    bdays,
    before,
    case_of,
    choice,
    day,
    days,
    money,
    number,
    table_of,
    text,
)

from serviceflow_brokerage.amounts import rate_words, yuan
from serviceflow_brokerage.flows import common
from serviceflow_brokerage.flows.common import Reason, Stopped
from serviceflow_brokerage.limits import limit, on_date, task
from serviceflow_brokerage.people import account_by_no, figures, is_open, tail
from serviceflow_brokerage.refusals import refuse
from serviceflow_brokerage.roles import BM, HQ, OP, SM
from serviceflow_brokerage.tables.clients import BrokerAccount
from serviceflow_brokerage.tables.products import BrokerRateOffer

KEY: Final = "broker.commission-offer"
REASONS: Final = {
    "competition": T("competition", zh="同业竞争"),
    "assets": T("assets", zh="资产"),
    "turnover": T("turnover", zh="成交量"),
    "retention": T("retention", zh="挽留"),
    "bundle": T("bundle", zh="组合"),
}
IN_FORCE: Final = ("effective", "reviewing", "notice")
PENDING: Final = ("drafted", "approval", "waiting")


class Offer(Form):
    account: str = text(T("Account", zh="资金账号"))
    new_rate: int = number(T("New rate in ppm", zh="新佣金(百万分之)"))
    reason: str = choice(T("Reason", zh="原因"), REASONS)
    committed_assets: int | None = money(T("Committed assets", zh="承诺资产"), required=False)
    committed_turnover_90d: int | None = money(T("Committed turnover in 90 days", zh="承诺90日成交额"), required=False)
    months: int | None = number(T("Months", zh="月数"), required=False, least=1, most=120)


class Change(Form):
    new_rate: int | None = number(T("New rate in ppm", zh="新佣金(百万分之)"), required=False)
    committed_assets: int | None = money(T("Committed assets", zh="承诺资产"), required=False)
    committed_turnover_90d: int | None = money(T("Committed turnover in 90 days", zh="承诺90日成交额"), required=False)
    months: int | None = number(T("Months", zh="月数"), required=False, least=1, most=120)


class Shorten(Form):
    reason: str = text(T("Reason", zh="原因"))
    expires_on: date = day(T("New end", zh="新到期日"))


def row_of(case: Case) -> BrokerRateOffer:
    """Return the order's offer."""
    return case.own(BrokerRateOffer)


def account_of(case: Case) -> BrokerAccount:
    """Return the order's account."""
    return case.tx.need(BrokerAccount, row_of(case).account_id)


# -- guards ------------------------------------------------------------------------------------------------


def _own_account(case: Case, form: Offer) -> Verdict:
    account = account_by_no(case.tx, form.account)
    if account is None or account.customer_id != case.order.customer_id or not is_open(account, case.today):
        return refuse("account-not-open")
    return None


def _rate(case: Case, form: Offer) -> Verdict:
    account = account_by_no(case.tx, form.account)
    assert account is not None
    return rate_fault(case, account, form.new_rate)


def _changed_rate(case: Case, form: Change) -> Verdict:
    return rate_fault(case, account_of(case), form.new_rate) if form.new_rate is not None else None


def rate_fault(case: Case, account: BrokerAccount, new_rate: int) -> Verdict:
    """Return why an account cannot have a rate, ``None`` when it can."""
    most, least = case.number("broker.commission_max_ppm"), case.number("broker.commission_cost_floor_ppm")
    if new_rate > most:
        return refuse("rate-over-max", ppm=most)
    if new_rate < least:
        return refuse("rate-below-cost", ppm=least)
    return refuse("rate-not-lower") if new_rate >= account.rate else None


def _committed(case: Case, form: Offer) -> Verdict:
    given = form.committed_assets is not None or form.committed_turnover_90d is not None
    return None if given or form.reason in ("bundle", "retention") else refuse("commitment-missing")


def _none_pending(case: Case, form: Offer) -> Verdict:
    account = account_by_no(case.tx, form.account)
    assert account is not None
    other = pending_offer(case, account)
    return refuse("offer-open", no=other.number) if other is not None else None


def pending_offer(case: Case, account: BrokerAccount) -> Order | None:
    """Return the account's offer that is not in force yet."""
    offers, orders = table_of(BrokerRateOffer), table_of(Order)
    mine = [row.order_id for row in case.tx.all(BrokerRateOffer, offers.c.account_id == account.id)]
    return case.tx.one(Order, orders.c.id.in_(mine), orders.c.step.in_(PENDING))


def _earlier(case: Case, form: Shorten) -> Verdict:
    old = row_of(case).expires_on
    assert old is not None
    first, last = case.today + timedelta(days=1), old - timedelta(days=1)
    way_out = T("From {first} to {last}.", zh="{first} 至 {last}。").of(first=first, last=last)
    return None if first <= form.expires_on <= last else refuse("row-bad-date", way_out)


# -- effects -----------------------------------------------------------------------------------------------


def _begin(case: Case, form: Offer) -> None:
    account = account_by_no(case.tx, form.account)
    assert account is not None
    assert account.id is not None
    case.tx.add(
        BrokerRateOffer(
            order_id=case.order_id,
            customer_id=account.customer_id,
            account_id=account.id,
            rate=form.new_rate,
            old_rate=account.rate,
            reason=form.reason,
            months=form.months or case.number("broker.offer_months"),
            committed_assets=form.committed_assets,
            committed_turnover_90d=form.committed_turnover_90d,
        )
    )


def _change(case: Case, form: Change) -> None:
    given = {
        "rate": form.new_rate,
        "committed_assets": form.committed_assets,
        "committed_turnover_90d": form.committed_turnover_90d,
        "months": form.months,
    }
    case.tx.change(row_of(case), **{name: value for name, value in given.items() if value is not None})


def _state(state: str) -> Do:
    return Do(lambda case, form: _set_state(case, state), before=True)


def _set_state(case: Case, state: str) -> None:
    case.tx.change(row_of(case), state=state)


def _approved(case: Case, form: Any) -> None:
    row = row_of(case)
    effective = add_business_days(case.calendar("shop"), case.today, 1)
    expires = add_months(effective, row.months)
    case.tx.change(row, effective_on=effective, expires_on=expires, state="waiting")
    case.set_anchor("effective_on", effective)
    case.set_anchor("expires_on", expires)


def _take_effect(case: Case, form: Any) -> None:
    row, account = row_of(case), account_of(case)
    offers = table_of(BrokerRateOffer)
    older = case.tx.all(
        BrokerRateOffer,
        offers.c.account_id == account.id,
        offers.c.state.in_(IN_FORCE),
        offers.c.order_id != row.order_id,
    )
    for offer in older:
        case_of(case.shop, case.tx, case.tx.need(Order, offer.order_id), case.notes).again(now=case.now).act("replace")
    case.tx.change(account, rate=row.rate)
    case.tx.change(row, state="effective")
    _next_review(case)


def _next_review(case: Case) -> None:
    row = row_of(case)
    assert row.effective_on is not None
    assert row.expires_on is not None
    every = case.number("broker.offer_review_days")
    coming = row.effective_on + timedelta(days=every * (row.reviews + 1))
    promised = row.committed_assets is not None or row.committed_turnover_90d is not None
    case.set_anchor("review_on", coming if promised and coming < row.expires_on else None)


def commitments_met(case: Case) -> bool:
    """Return whether what was promised is there on the day of the event; what is missing is not met."""
    row = row_of(case)
    found = figures(case.tx, row.customer_id, case.today, case.setting)
    wanted = ((row.committed_assets, "assets_avg"), (row.committed_turnover_90d, "turnover_90"))
    return all(promise is None or (found.get(name) is not None and found[name] >= promise) for promise, name in wanted)


def _where_reviewed(case: Case, form: Any) -> str:
    return STAY if commitments_met(case) else "reviewing"


def _reviewed(case: Case, form: Any) -> None:
    row = row_of(case)
    case.tx.change(row, reviews=row.reviews + 1, state=case.order.step)
    _next_review(case)


def _shorten(case: Case, form: Shorten) -> None:
    case.tx.change(row_of(case), expires_on=form.expires_on, state="effective")
    case.set_anchor("expires_on", form.expires_on)
    _next_review(case)


def _revoke(case: Case, form: Any) -> None:
    on = add_business_days(case.calendar("shop"), case.today, case.number("broker.revoke_notice_bd"))
    row = row_of(case)
    assert row.expires_on is not None
    case.tx.change(row, revoke_on=min(on, row.expires_on), state="notice")
    case.set_anchor("revoke_on", on if on < row.expires_on else None)  # else the offer simply runs to its end


def _restore(case: Case, form: Any) -> None:
    account = account_of(case)
    if account.status != "closed":
        case.tx.change(account, rate=account.base_rate)


def _hq(case: Case) -> list[str]:
    return [HQ] if row_of(case).rate < case.number("broker.commission_bm_floor_ppm") else []


APPROVAL = Route(
    "broker-offer",
    (Stage((BM,)), Stage((Roles("broker-offer-hq", T("head-office pricing", zh="总部定价审批"), _hq),))),
    own="refused",
    min_opinion=1,
    rejected="rejected",
    said={"sign-own": refuse("four-eyes")},
    withdrawn_by=("withdraw", "client-declines", "account-closed"),
    on_stage=lambda case: case.set_anchor("stage_began", case.now),  # each signature has its own two days
)


def _facts(case: Case) -> dict[str, Any]:
    row = case.tx.get(BrokerRateOffer, case.order_id)
    if row is None:
        return common.base_facts(case)
    account = case.tx.need(BrokerAccount, row.account_id)
    turnover = figures(case.tx, row.customer_id, case.today, case.setting).get("turnover_365")
    cost = None if turnover is None else turnover * row.rate // 1_000_000
    saving = None if turnover is None else turnover * (row.old_rate - row.rate) // 1_000_000
    return {
        **common.base_facts(case),
        "account_tail": tail(account.account_no),
        "date": row.effective_on or "-",
        "until": row.expires_on or "-",
        "revoke_on": row.revoke_on or "-",
        "rate": rate_words(row.rate),
        "base_rate": rate_words(account.base_rate),
        "cost": yuan(cost),
        "saving": yuan(saving),
    }


EXPIRING = Message(
    "rate-expiring",
    before("expires_on", days="broker.rate_notice_days", at="10:00"),
    stays=True,
    cancelled_by=("revoke", "expire", "replace", "account-closed"),
)

FLOW = Flow(
    key=KEY,
    version=1,
    title=T("Commission offer", zh="佣金优惠"),
    series="YJ{n:05}",
    facts=_facts,
    anchors=("effective_on", "expires_on", "review_on", "revoke_on", "stage_began"),
    steps=(
        Step(
            "drafted",
            T("Drafted", zh="草拟"),
            SM,
            limit("commission-offer.drafted"),
            on_path=True,
            hint=T("Yearly cost {cost}, saving {saving}", zh="年佣金 {cost}, 节省 {saving}"),
        ),
        Step(
            "approval",
            T("Approval", zh="审批"),
            BM,
            limit("commission-offer.approval", after="stage_began"),
            (Ask("approved", APPROVAL, T("A special rate", zh="佣金优惠")),),
            on_path=True,
        ),
        Step(
            "waiting",
            T("Waiting", zh="待生效"),
            OP,
            days(0, after="effective_on", at="core.day_end"),
            (
                Task(
                    "set-rate",
                    T("Set the rate in the counter system", zh="柜台设置佣金"),
                    OP,
                    days(0, after="effective_on", at="core.day_end"),
                    stays=True,
                ),
                Message("rate-approved", NOW, cancelled_by=("withdraw", "client-declines")),
            ),
            on_path=True,
        ),
        Step(
            "effective",
            T("Effective", zh="执行中"),
            SM,
            on_date(after="expires_on"),
            (EXPIRING,),
            on_path=True,
        ),
        Step(
            "reviewing",
            T("Reviewing", zh="承诺复核"),
            BM,
            limit("commission-offer.reviewing"),
            (
                Task(
                    "decide-offer",
                    T("Commitments are not met: decide", zh="承诺未达, 请决定"),
                    BM,
                    task("commission-offer.reviewing"),
                ),
            ),
        ),
        Step(
            "notice",
            T("Notice", zh="撤销通知期"),
            OP,
            bdays("broker.revoke_notice_bd", at="core.day_end"),
            (
                Task(
                    "restore-rate",
                    T("Restore the rate", zh="恢复原佣金"),
                    OP,
                    days(0, after="revoke_on", at="core.day_end"),
                    stays=True,
                ),
                Message("rate-revoked", NOW, stays=True),
            ),
        ),
        Step(
            "expired",
            T("Expired", zh="到期"),
            final=True,
            on_path=True,
            entry=(Message("rate-expired", NOW, stays=True),),
        ),
        Step("revoked", T("Revoked", zh="撤销"), final=True),
        Step("replaced", T("Replaced", zh="替换"), final=True),
        Step("rejected", T("Rejected", zh="驳回"), final=True),
        Step("withdrawn", T("Withdrawn", zh="撤回"), final=True),
    ),
    actions=(
        Action(
            "open",
            T("Draft", zh="草拟"),
            START,
            "drafted",
            by=(SM,),
            form=Offer,
            guards=(
                Guard("broker.account-not-open", _own_account),
                Guard("broker.rate", _rate),
                Guard("broker.commitment-missing", _committed),
                Guard("broker.offer-open", _none_pending),
            ),
            effects=(Do(_begin, before=True),),
        ),
        Action(
            "change",
            T("Change", zh="修改"),
            ("drafted",),
            by=(SM,),
            form=Change,
            guards=(Guard("broker.changed-rate", _changed_rate),),
            effects=(Do(_change, before=True),),
        ),
        Action(
            "submit",
            T("Submit", zh="提交"),
            ("drafted",),
            "approval",
            by=(SM,),
            effects=(Issue("rate-sheet"),),
        ),
        Action(
            "approved",
            T("Approved", zh="同意"),
            ("approval",),
            "waiting",
            by=(BM, HQ),
            form=common.Opinion,
            effects=(Do(_approved, before=True), Issue("rate-sheet")),
        ),
        Action(
            "rejected",
            T("Rejected", zh="驳回"),
            ("approval",),
            "rejected",
            by=(BM, HQ),
            form=common.Opinion,
            effects=(_state("rejected"),),
        ),
        Action(
            "withdraw",
            T("Withdraw", zh="撤回"),
            PENDING,
            "withdrawn",
            by=(SM,),
            form=Stopped,
            effects=(_state("withdrawn"),),
            outcome="withdrawn",
        ),
        Action(
            "client-declines",
            T("Client declines", zh="客户放弃"),
            PENDING,
            "withdrawn",
            by=(SM,),
            form=Stopped,
            effects=(_state("withdrawn"),),
            outcome="withdrawn",
        ),
        Action(
            "draft-timeout",
            T("Timeout", zh="超期"),
            ("drafted",),
            "withdrawn",
            over="step",
            effects=(_state("withdrawn"),),
            outcome="withdrawn",
        ),
        Action(
            "take-effect",
            T("Take effect", zh="生效"),
            ("waiting",),
            "effective",
            at=on_date(after="effective_on"),
            effects=(Do(_take_effect, before=True),),
        ),
        Action(
            "expire",
            T("Expire", zh="到期"),
            IN_FORCE,
            "expired",
            at=on_date(after="expires_on"),
            effects=(Do(_restore), _state("expired")),
            outcome="expired",
        ),
        Action(
            "review",
            T("Review", zh="复核"),
            ("effective",),
            Choose(_where_reviewed, ("reviewing",)),
            at=on_date(after="review_on"),
            effects=(Do(_reviewed),),
        ),
        Action(
            "keep",
            T("Keep", zh="维持"),
            ("reviewing",),
            "effective",
            by=(BM,),
            form=Reason,
            effects=(_state("effective"),),
        ),
        Action(
            "shorten",
            T("Shorten", zh="缩短"),
            ("reviewing",),
            "effective",
            by=(BM,),
            form=Shorten,
            guards=(Guard("broker.shorten", _earlier),),
            effects=(Do(_shorten, before=True),),
        ),
        Action(
            "revoke",
            T("Revoke", zh="撤销"),
            ("reviewing",),
            "notice",
            by=(BM,),
            form=Reason,
            effects=(Do(_revoke, before=True),),
        ),
        Action(
            "review-late",
            T("Decision is late", zh="复核超期"),
            ("reviewing",),
            over="step",
            effects=(
                Task(
                    "offer-escalation",
                    T("Offer still undecided", zh="优惠复核未决定"),
                    BM,
                    bdays(0, after="now", at="core.day_end"),
                ),
            ),
        ),
        Action(
            "take-back",
            T("Restore the rate", zh="恢复原佣金"),
            ("notice",),
            "revoked",
            at=on_date(after="revoke_on"),
            effects=(Do(_restore), _state("revoked")),
            outcome="revoked",
        ),
        Action(
            "replace",
            T("Replaced by a newer offer", zh="新优惠替换"),
            IN_FORCE,
            "replaced",
            auto=True,
            when=lambda case: False,
            effects=(_state("replaced"),),
            outcome="replaced",
        ),
        Action(
            "account-closed",
            T("Account closed", zh="账户销户"),
            ANY,
            "revoked",
            auto=True,
            when=lambda case: account_of(case).status == "closed",
            effects=(_state("revoked"),),
            outcome="revoked",
        ),
    ),
)
