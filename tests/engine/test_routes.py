"""Routes of a review: computed roles, quorum after a time, gates, own request, withdrawal, the trade's own words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.engine.act import act, decide, open_order
from serviceflow.engine.signoff import all_slots
from serviceflow.errors import FlowError
from serviceflow.flow.effects import Ask, Do
from serviceflow.flow.guards import Refuse
from serviceflow.flow.model import START, STAY, Action, Flow, Step
from serviceflow.flow.moments import Moment
from serviceflow.flow.routes import Absent, Roles, Route, Stage
from serviceflow.flow.trade import Role, Trade
from serviceflow.settings import Setting
from serviceflow.store.tables import Absence, Order, OrderAction, Request, Staff
from serviceflow.store.write import table_of
from serviceflow.testing.fixtures import Furnish
from serviceflow.testing.trades import hire, join_trade, know_trades
from serviceflow.texts import T

PLAN = {"invite": []}
"""Roles invited to the first stage, as a setting or the case would say."""
OPENED: list[int] = []
SIGNED: list[str] = []


def _invited(case: object) -> list[str]:
    return ["chair", *PLAN["invite"]]


def _nobody(case: object) -> list[str]:
    return []


def _held(case: object) -> Refuse | None:
    return None if case.order.data.get("held") else Refuse(T("Not held.", zh="未开会。"), ref="rv.held")


def _hold(case: object, form: object) -> None:
    case.change(data={**case.order.data, "held": True})  # type: ignore[attr-defined]


def _doubtful(case: object) -> Refuse | None:
    doubted = case.order.data.get("doubt")
    return Refuse(T("Doubtful.", zh="有疑问。"), ref="rv.doubt") if doubted else None


def _doubt(case: object, form: object) -> None:
    case.change(data={**case.order.data, "doubt": True})  # type: ignore[attr-defined]


ROUTE = Route(
    "rv-review",
    (
        Stage(
            (Roles("first", T("first", zh="第一"), _invited),),
            gate=_held,
            absent=Absent(Moment("days", 2, "entry"), "rv.absent", ("chair",)),
        ),
        Stage((Roles("empty", T("empty", zh="空"), _nobody),)),
        Stage(("head",), approval=_doubtful),
    ),
    own="refused",
    barred=lambda case: [case.order.owner_id] if case.order.owner_id else [],
    min_opinion="rv.opinion",
    one_slot=True,
    rejected="fail",
    withdrawn_by=("withdraw",),
    on_stage=lambda case: OPENED.append(1),
    on_sign=lambda case, slot: SIGNED.append(slot.role),
    said={"sign-own": Refuse(T("Yours.", zh="您的。"), ref="rv.own")},
)
FLOW = Flow(
    key="rv-case",
    version=1,
    title=T("Review", zh="评审"),
    series="RV{n:03}",
    customer="none",
    steps=(
        Step("draft", T("Draft", zh="草稿")),
        Step("review", T("Review", zh="评审"), entry=(Ask("pass", ROUTE, T("review", zh="评审")),)),
        Step("passed", T("Passed", zh="通过"), final=True),
    ),
    actions=(
        Action("start", T("Start", zh="开始"), START, "draft"),
        Action("submit", T("Submit", zh="提交"), ("draft",), "review"),
        Action("withdraw", T("Withdraw", zh="撤回"), ("review",), "draft"),
        Action("hold", T("Hold", zh="开会"), ("review",), STAY, effects=(Do(_hold),)),
        Action("doubt", T("Doubt", zh="质疑"), ("review",), STAY, effects=(Do(_doubt),)),
        Action("away", T("Away", zh="离开"), ("review",), "draft"),
        Action("pass", T("Pass", zh="通过"), ("review",), "passed", internal=True),
        Action("fail", T("Fail", zh="不通过"), ("review",), "draft", internal=True),
        Action("close-stage", T("Close", zh="关闭"), ("review",), STAY, at=Moment("days", 2, "entry"),
               effects=(Do(lambda case, form: case.close_stage()),)),
    ),
)  # fmt: skip
TRADE = Trade(
    key="rv",
    title=T("Review", zh="评审"),
    version="1",
    api="1",
    prefixes=("rv",),
    flows=(FLOW,),
    roles=tuple(Role(key, T(key, zh=key)) for key in ("chair", "guest", "head")),
    settings=(
        Setting("rv.absent", "int", 1, T("absent", zh="缺席")),
        Setting("rv.opinion", "int", 3, T("opinion", zh="意见")),
    ),
)


def panel(shop: Shop) -> None:
    """Give a shop the trade and who reviews."""
    join_trade(shop, TRADE)
    for login, role in (("chair", "chair"), ("guest", "guest"), ("head", "head"), ("other", "other")):
        hire(shop, login, role)


@pytest.fixture
def furnish() -> Furnish:
    return panel


@pytest.fixture
def review(shop: Shop) -> Callable[..., str]:
    """An order in review, asked for by 小美; acts by login and returns the refusal's ref, or nothing."""
    PLAN["invite"] = ["guest"]
    OPENED.clear()
    SIGNED.clear()
    know_trades(shop, TRADE)
    with shop.reading() as tx:
        ids = {person.login: person.id for person in tx.all(Staff)}
    order = open_order(shop, "rv-case", None, {}).order.id or 0
    act(shop, order, "submit", {})

    def by(login: str, what: str, opinion: str = "", role: str | None = None) -> str:
        shop.staff_id = ids[login]
        try:
            if what in ("yes", "no"):
                decide(shop, order, approve=what == "yes", opinion=opinion, role=role)
            else:
                act(shop, order, what, {})
        except FlowError as refusal:
            return str(refusal.ref)
        return ""

    by.order = order  # type: ignore[attr-defined]
    by.ids = ids  # type: ignore[attr-defined]
    return by


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def step(shop: Shop) -> str:
    with shop.reading() as tx:
        return tx.all(Order)[0].step


def verdicts(shop: Shop) -> dict[str, str]:
    with shop.reading() as tx:
        request = tx.all(Request)[-1]
        return {slot.role or "": slot.verdict for slot in all_slots(tx, request)}


def test_a_stage_without_roles_is_passed_over(shop: Shop, review: Callable[..., str]) -> None:
    review("xiaomei", "hold")
    assert review("chair", "yes") == ""
    assert review("guest", "yes") == ""
    assert review("head", "yes") == ""
    assert step(shop) == "passed"
    assert SIGNED == ["chair", "guest", "head"]
    assert len(OPENED) == 2, "the empty stage does not open"


def test_refusals_come_with_the_trades_words_and_in_order(shop: Shop, review: Callable[..., str]) -> None:
    assert review("xiaomei", "yes") == "rv.own"
    assert review("other", "yes") == "core.sign-role"
    assert review("head", "yes") == "core.sign-stage"
    assert review("chair", "yes") == "rv.held"
    review("xiaomei", "hold")
    assert review("chair", "no", "no") == "core.sign-opinion"
    assert review("chair", "yes") == ""
    assert review("chair", "yes") == "core.sign-twice"


def test_what_stands_against_approving_leaves_a_rejection_open(shop: Shop, review: Callable[..., str]) -> None:
    review("xiaomei", "hold")
    review("chair", "yes")
    review("guest", "yes")
    review("xiaomei", "doubt")
    assert review("head", "yes") == "rv.doubt"
    assert review("head", "no", "doubtful") == ""
    assert step(shop) == "draft"
    assert verdicts(shop) == {"chair": "approved", "guest": "approved", "head": "rejected"}


@pytest.mark.parametrize(("signs", "found"), [("chair", "absent"), ("guest", "open")])
def test_after_a_time_a_stage_goes_on_without_those_who_may_be_absent(
    shop: Shop, review: Callable[..., str], clock: SetClock, signs: str, found: str
) -> None:
    review("xiaomei", "hold")
    assert review(signs, "yes") == ""
    clock.set(local("2026-11-27 23:59"))
    assert review("head", "yes") == "core.sign-stage"
    clock.set(local("2026-11-28 00:00"))
    missing = {"chair": "guest", "guest": "chair"}[signs]
    result = review("head", "yes")
    assert verdicts(shop)[missing] == found
    assert result == ("" if found == "absent" else "core.sign-stage")


def test_a_signature_after_that_time_closes_a_stage_that_waited_for_it(
    shop: Shop, review: Callable[..., str], clock: SetClock
) -> None:
    review("xiaomei", "hold")
    clock.set(local("2026-11-28 09:00"))
    assert review("chair", "yes") == ""
    assert verdicts(shop) == {"chair": "approved", "guest": "absent", "head": "open"}


def test_only_the_actions_named_move_on_while_signatures_wait(shop: Shop, review: Callable[..., str]) -> None:
    assert review("xiaomei", "away") == "core.pending-sign-off"
    assert review("xiaomei", "withdraw") == ""
    assert step(shop) == "draft"
    assert set(verdicts(shop).values()) == {"void"}
    assert review("xiaomei", "submit") == ""
    assert set(verdicts(shop).values()) == {"open"}


def test_nobody_signs_for_somebody_who_may_not_sign(shop: Shop, review: Callable[..., str]) -> None:
    ids = review.ids  # type: ignore[attr-defined]
    with shop.write("delegate") as tx:
        tx.change(tx.all(Order)[0], owner_id=ids["chair"])
        tx.add(Absence(staff_id=ids["chair"], deputy_id=ids["other"], role="chair", beside=True,
                       first=date(2026, 11, 25), last=date(2026, 11, 25)))  # fmt: skip
        tx.add(Absence(staff_id=ids["guest"], deputy_id=ids["other"], role="guest", beside=True,
                       first=date(2026, 11, 25), last=date(2026, 11, 25)))  # fmt: skip
    review("xiaomei", "hold")
    assert review("chair", "yes") == "rv.own"
    assert review("other", "yes", role="chair") == "core.sign-role"
    assert review("other", "yes", role="guest") == ""


def test_a_request_that_nobody_could_sign_is_refused_when_it_is_made(shop: Shop, review: Callable[..., str]) -> None:
    review("xiaomei", "withdraw")
    with shop.write("owner") as tx:
        tx.change(tx.all(Order)[0], owner_id=review.ids["head"])  # type: ignore[attr-defined]
    assert review("xiaomei", "submit") == "core.nobody-signs"


OWN = Route("ow-boss", (Stage(("boss",)),), own="counts", rejected="drop")
OFFER = Flow(
    key="ow-offer",
    version=1,
    title=T("Offer", zh="报价"),
    series="OW{n:03}",
    customer="none",
    steps=(
        Step("draft", T("Draft", zh="草稿")),
        Step("asked", T("Asked", zh="待批"), entry=(Ask("agree", OWN, T("a low price", zh="低价")),)),
        Step("agreed", T("Agreed", zh="已批"), final=True),
    ),
    actions=(
        Action("start", T("Start", zh="开始"), START, "draft"),
        Action("start-low", T("Start low", zh="低价开始"), START, "asked"),
        Action("ask", T("Ask", zh="申请"), ("draft",), "asked"),
        Action("agree", T("Agree", zh="批准"), ("asked",), "agreed", internal=True),
        Action("drop", T("Drop", zh="驳回"), ("asked",), "draft", internal=True),
    ),
)
OFFERS = Trade(
    key="ow", title=T("Offers", zh="报价"), version="1", api="1", prefixes=("ow",), flows=(OFFER,),
    roles=(Role("boss", T("Boss", zh="老板")), Role("desk", T("Desk", zh="前台"))),
)  # fmt: skip


@pytest.mark.parametrize("furnish", [None], ids=["unfurnished"])
@pytest.mark.parametrize(("role", "step"), [("boss", "agreed"), ("desk", "asked")])
def test_a_round_that_a_step_opens_is_complete_with_the_signature_of_who_led_there(
    shop: Shop, role: str, step: str
) -> None:
    join_trade(shop, OFFERS)
    hire(shop, "boss", "boss")
    shop.staff_id = hire(shop, "fu", role).id
    opened = open_order(shop, "ow-offer", None, {}, start="start-low").order
    led = open_order(shop, "ow-offer", None, {}, start="start").order
    assert opened.id is not None
    assert led.id is not None
    act(shop, led.id, "ask", {})
    with shop.reading() as tx:
        orders = [tx.need(Order, key) for key in (opened.id, led.id)]
        deeds = tx.all(OrderAction, table_of(OrderAction).c.action == "agree")
    assert [(order.step, order.closed_at is not None) for order in orders] == [(step, step == "agreed")] * 2
    assert [deed.staff_id == shop.staff_id for deed in deeds] == ([True, True] if step == "agreed" else [])
