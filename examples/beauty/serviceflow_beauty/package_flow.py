"""The flow `beauty-package`. Source: examples.md section 4.2."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

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
    Guard,
    Issue,
    Message,
    Step,
    T,
    Task,
    add_months,
    bdays,
    before,
    days,
    of,
)

from serviceflow_beauty import package_rules as rules
from serviceflow_beauty.card import count, refund
from serviceflow_beauty.forms import Extend, Freeze, Refund, Sell, Transfer, UndoUse
from serviceflow_beauty.tables import BeautyPackage, BeautyTreatment


def facts(case: Case) -> dict[str, Any]:
    """Return what messages may name."""
    card = case.own(BeautyPackage)
    treatment = case.tx.need(BeautyTreatment, card.treatment)
    return {
        "treatment": T(treatment.name_en, zh=treatment.name_zh),
        "left": count(case.tx, card).left,
        "expires_on": card.expires_on,
    }


def sell(case: Case, form: Sell) -> None:
    """Make the card."""
    assert case.customer.id is not None
    starts_on = form.starts_on or case.today
    expires_on = add_months(starts_on, case.number("bea.package_months"))
    case.tx.add(
        BeautyPackage(
            order_id=case.order_id, customer_id=case.customer.id, treatment=form.treatment,
            paid_sessions=form.paid_sessions, gift_sessions=form.gift_sessions, price=form.price, paid=form.paid,
            starts_on=starts_on, expires_on=expires_on,
        )
    )  # fmt: skip
    case.set_anchor("expires_on", expires_on)
    case.change(amount=form.paid)


def is_low(case: Case) -> bool:
    """Whether exactly so many sessions are left that we write."""
    return bool(count(case.tx, case.own(BeautyPackage)).left == case.number("bea.low_left"))


def undo_use(case: Case, form: UndoUse) -> None:
    """Give a session back."""
    found = rules.use_of(case, form.session)
    assert found is not None
    case.tx.change(found, undone=True)


def freeze(case: Case, form: Freeze) -> None:
    """Stop the card's time."""
    card = case.own(BeautyPackage)
    case.tx.change(card, frozen_on=case.today, frozen_until=form.until, freezes=card.freezes + 1)
    case.set_anchor("frozen_until", form.until)


def unfreeze(case: Case, form: object) -> None:
    """Let the card's time go on, as much later as it rested."""
    card = case.own(BeautyPackage)
    assert card.frozen_on is not None
    assert card.frozen_until is not None
    rested = (min(card.frozen_until, case.today) - card.frozen_on).days
    case.tx.change(
        card, frozen_days=card.frozen_days + rested, expires_on=card.expires_on + timedelta(days=rested),
        frozen_on=None, frozen_until=None,
    )  # fmt: skip
    case.set_anchor("frozen_until", None)
    case.set_anchor("expires_on", card.expires_on)


def extend(case: Case, form: Extend) -> None:
    """Move the end."""
    card = case.own(BeautyPackage)
    case.tx.change(card, expires_on=add_months(card.expires_on, form.months))
    case.set_anchor("expires_on", card.expires_on)


def transfer(case: Case, form: Transfer) -> None:
    """Give the card to somebody else; its history stays."""
    to = rules.receiver(case, form.to)
    assert to is not None
    assert to.id is not None
    case.tx.change(case.own(BeautyPackage), customer_id=to.id)
    case.change(customer_id=to.id)


def pay_back(case: Case, form: Refund) -> None:
    """Note what is paid back; gifts lapse."""
    card = case.own(BeautyPackage)
    case.tx.change(card, refund=refund(card, count(case.tx, card), case.number("bea.refund_fee_pct")))


def never(case: Case) -> bool:
    """Done by a session that ends, by nobody else."""
    return False


def target(case: Case, form: Sell) -> str:
    """Return where a card begins: with the manager where the discount is deep."""
    return "offered" if rules.discounted(case, form) else "active"


STEPS = (
    Step(
        "offered", T("Waits for the manager", zh="待店长批准"), role="consultant",
        entry=(Ask("approve", rules.DISCOUNT, T("a deep discount", zh="折扣超限")),),
    ),
    Step("declined", T("Not sold", zh="未批准"), final=True),
    Step(
        "active", T("Active", zh="使用中"), role="consultant", on_path=True, limit=days(0, after="expires_on"),
        entry=(Message("bea-expire", before("expires_on", days=30, at="10:00"), each="bea.expire_remind_cd"),),
    ),
    Step("frozen", T("Frozen", zh="已冻结"), role="reception"),
    Step(
        "used-up", T("Used up", zh="已用完"), final=True, on_path=True,
        entry=(Task("bea-offer", T("Offer a new course", zh="推荐新疗程"), "consultant",
                    bdays(1, at="core.day_end"), stays=True),),
    ),
    Step("expired", T("Expired", zh="已过期"), role="consultant"),
    Step("refunded", T("Refunded", zh="已退款"), final=True),
)  # fmt: skip

CONSULTANTS = ("consultant", "manager")
ACTIONS = (
    Action("sell", T("Sell", zh="售卡"), START, Choose(target, ("active", "offered")), by=CONSULTANTS, form=Sell,
           guards=(Guard("BEA-8", rules.adds_up),),
           effects=(Do(sell, before=True), Issue("bea-card", when=lambda case, form: case.order.step == "active"))),
    Action("approve", T("Approve", zh="批准"), ("offered",), "active", internal=True, effects=(Issue("bea-card"),)),
    Action("decline", T("Decline", zh="不批准"), ("offered",), "declined", internal=True),
    Action("use", T("Use a session", zh="扣次"), ("active",), STAY, auto=True, when=never,
           effects=(Message("bea-low", NOW, when=is_low),)),
    Action("use-last", T("Use the last session", zh="扣最后一次"), ("active",), "used-up", auto=True, when=never),
    Action("undo-use", T("Undo a use", zh="撤销扣次"), ("active", "used-up"), "active", by=("manager",), form=UndoUse,
           guards=(Guard("BEA-9", rules.same_day),), effects=(Do(undo_use),)),
    Action("freeze", T("Freeze", zh="冻结"), ("active",), "frozen", by=("reception",), form=Freeze,
           guards=(Guard("BEA-10", rules.freeze_allowed),), effects=(Do(freeze, before=True),)),
    Action("unfreeze", T("Unfreeze", zh="解冻"), ("frozen",), "active", by=("reception",), at=of("frozen_until"),
           by_hand=True, effects=(Do(unfreeze, before=True),)),
    Action("extend", T("Extend", zh="延期"), ("active", "expired"), "active", by=CONSULTANTS, form=Extend,
           guards=(Guard("bea-extend", rules.manager_extends, needs=(rules.MANAGER,)),),
           effects=(Do(extend, before=True),)),
    Action("transfer", T("Transfer", zh="转让"), ("active",), STAY, by=CONSULTANTS, form=Transfer,
           guards=(Guard("BEA-11", rules.may_transfer, needs=(rules.MANAGER,)),), effects=(Do(transfer),)),
    Action("refund", T("Refund", zh="退款"), ("active", "frozen"), "refunded", by=("reception",), form=Refund,
           guards=(Guard("BEA-12", rules.may_refund, needs=(rules.BOTH,)),),
           effects=(Do(pay_back), Issue("bea-refund"))),
    Action("expire", T("Expire", zh="过期"), ("active",), "expired", over="step"),
)  # fmt: skip

PACKAGE = Flow(
    key="beauty-package",
    version=1,
    title=T("Package", zh="疗程卡"),
    steps=STEPS,
    actions=ACTIONS,
    series="BP-{n:04}",
    supervisors=("manager",),
    facts=facts,
    anchors=("expires_on", "frozen_until"),
)
