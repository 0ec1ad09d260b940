"""The flow of a referral (回门): it belongs to the referring customer. Source: studio.md section 4.5."""

from __future__ import annotations

from datetime import timedelta
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
    Need,
    Order,
    Refuse,
    SetAnchor,
    Step,
    T,
    Task,
    Verdict,
    choice,
    days,
    format_money,
    instant_of,
    moment,
    money,
    number,
    plain,
    table_of,
)
from serviceflow.api import text as words

from serviceflow_studio import cards, facts, ledger, roles
from serviceflow_studio.fields import METHODS
from serviceflow_studio.sale.forms import AMOUNT, METHOD, NOTE
from serviceflow_studio.shoot.forms import WithSlip
from serviceflow_studio.slips import slip_or_id, write_lost_memo
from serviceflow_studio.tables import StudioCard, StudioCase, StudioReferral

FLOW = "studio-referral"


class Refer(Form):
    """What the booking of a referred case tells; only the system fills it."""

    booked_at: Any = moment(T("Booked at", zh="付定时间"))
    case_id: int = number(T("Referred case", zh="被介绍订单"), most=2**31)
    card_no: str = words(T("Card", zh="爱情卡"), longest=40)
    gift: int = money(T("Gift", zh="礼金"))


class Thank(Form):
    result: str = words(T("Result", zh="结果"))
    note: str | None = words(NOTE, required=False)


class Collect(WithSlip):
    slip: str = choice(
        T("Card shown", zh="出示爱情卡"),
        {"yes": T("Shown", zh="已出示"), "lost": T("Lost", zh="遗失")},
        required=False,
        default="yes",
    )
    card_shown: str = choice(
        T("Card shown", zh="出示爱情卡"), {"yes": T("Shown", zh="已出示"), "lost": T("Lost", zh="遗失")}
    )
    amount: int = money(AMOUNT)
    method: str = choice(METHOD, METHODS)
    secondary_card_no: str | None = words(T("Secondary card", zh="副卡号"), required=False, longest=40)


def referrals_of(case: Case, customer_id: int | None) -> list[Order]:
    """Return a customer's referrals that are not void, over all cards."""
    table = table_of(Order)
    return case.tx.all(Order, table.c.flow == FLOW, table.c.customer_id == customer_id, table.c.step != "void")


def start_referral(case: Case, form: object) -> None:
    """Open the referral of a case that was booked with a card; the owner's level follows the count."""
    mine = case.own(StudioCase)
    card = case.tx.get(StudioCard, mine.card_no) if mine.card_no else None
    if card is None or card.state != "active":
        return
    table = table_of(StudioReferral)
    if case.tx.one(StudioReferral, table.c.case_id == case.order_id) is not None:
        return
    gift = cards.level_of(case, card.customer_id).gift
    case.open_other(
        FLOW, card.customer_id, {"booked_at": case.now, "case_id": case.order_id, "card_no": card.card_no, "gift": gift}
    )


def refer(referral: Case, form: Refer) -> None:
    """Keep whose booking it was and what it brings."""
    referral.tx.add(
        StudioReferral(order_id=referral.order_id, case_id=form.case_id, card_no=form.card_no, gift=form.gift)
    )


def raise_level(referral: Case, form: object) -> None:
    """Raise the owner's level when the count reaches the next one."""
    customer_id = referral.order.customer_id
    ladder = cards.levels(referral)
    before = cards.level_of(referral, customer_id)
    now = cards.level_for(ladder, len(referrals_of(referral, customer_id)))
    if cards.rank(ladder, now.code) <= cards.rank(ladder, before.code):
        return
    for card in referral.tx.all(StudioCard, table_of(StudioCard).c.customer_id == customer_id):
        referral.tx.change(card, level=now.code)
    referral.change(data={**referral.order.data, "level": now.code})
    at = referral.clock_time("studio.day.task_due")
    due = instant_of(referral.today + timedelta(days=referral.number("studio.referral.thank_days")), at, referral.zone)
    referral.add_task(
        "level-up",
        T("Issue the new card: {level}", zh="换发{level}").of(level=now.title),
        stays=True,
        who=roles.SERVICE,
        due=max(due, referral.now),
    )


def level_risen(referral: Case) -> bool:
    """Return whether this referral raised the level."""
    return "level" in referral.order.data


def thank(referral: Case, form: Thank) -> None:
    """Write the call down."""
    referral.log(form.note or form.result, channel="phone", outward=True, outcome=form.result)


def collect(referral: Case, form: Collect) -> None:
    """Pay the gift money and issue the secondary card."""
    mine = referral.own(StudioReferral)
    ledger.pay(referral, "gift-out", form.amount, form.method)
    if form.secondary_card_no:
        cards.issue(referral, form.secondary_card_no, parent=mine.card_no)
    write_lost_memo(referral, form, slip=form.card_shown)
    no = referral.issue("reimbursement-slip", form).number
    referral.issue("referral-statistics", form)
    referral.issue("service-card", form)
    referral.notes.lines.append(T("reimbursement slip {no}", zh="回门报销表 {no}").of(no=no))


def _card_active(referral: Case, form: Collect) -> Verdict:
    card = referral.tx.need(StudioCard, referral.own(StudioReferral).card_no)
    if card.state != "active":
        return Refuse(
            T("Card {no} is {state}.", zh="爱情卡{no}已停用。").of(no=card.card_no, state=card.state),
            plain(f"flow studio card {card.card_no}"),
        )
    if form.secondary_card_no and referral.tx.get(StudioCard, form.secondary_card_no) is not None:
        return Refuse(
            T("Card {no} is already issued.", zh="爱情卡{no}已发出。").of(no=form.secondary_card_no), cards.ANOTHER
        )
    return None


def _shown(referral: Case, form: Collect) -> Verdict:
    return slip_or_id(form.card_shown, form.id_type, form.id_last4, form.memo_signed)


def gift_exact(amount: int, gift: int) -> Refuse | None:
    """Refuse any amount but the gift."""
    if amount == gift:
        return None
    return Refuse(
        T("The gift money is {gift}.", zh="礼金为{gift}元。").of(gift=format_money(gift)),
        plain("amount={gift}").of(gift=format_money(gift)),
    )


def _gift_exact(referral: Case, form: Collect) -> Verdict:
    return gift_exact(form.amount, referral.own(StudioReferral).gift)


def _signed(referral: Case, form: Collect) -> Verdict:
    return Need(roles.BY_SUPERVISOR, T("gift money {amount}", zh="礼金{amount}元").of(amount=format_money(form.amount)))


def void_of(case: Case, form: object) -> None:
    """Void the referral of a cancelled case, unless the gift was paid."""
    table = table_of(StudioReferral)
    row = case.tx.one(StudioReferral, table.c.case_id == case.order_id)
    if row is None:
        return
    order = case.tx.need(Order, row.order_id)
    if order.closed_at is None:
        case.again(order=order).act("void")


def referral_facts(referral: Case) -> dict[str, Any]:
    """Return the facts of a referral."""
    mine = referral.tx.get(StudioReferral, referral.order_id)
    friend = ""
    if mine is not None:
        friend = referral.again(order=referral.tx.need(Order, mine.case_id)).customer.name
    level = cards.level_of(referral, referral.order.customer_id)
    return {
        "friend": friend,
        "gift": format_money(mine.gift) if mine else "",
        "level": level.title,
        "names": referral.customer.name,
    }


def _after(at: str) -> Moment:
    return days("studio.referral.thank_days", after="booked_at", at=at)


def cancel_all(referral: Case, form: object) -> None:
    """End the tasks of a void referral."""
    because = T("referral void", zh="回门作废")
    referral.cancel_tasks(reason=because)
    referral.cancel_messages(reason=because)


STUDIO_REFERRAL = Flow(
    key=FLOW,
    version=1,
    title=T("Referral", zh="回门"),
    series="SR{n:04}",
    alone=False,
    supervisors=roles.OVERSEERS,
    facts=referral_facts,
    steps=(
        Step(
            "to-thank",
            T("To thank", zh="待致谢"),
            roles.SERVICE,
            on_path=True,
            limit=days("studio.referral.thank_days", after="booked_at"),
            entry=(
                Task(
                    "thank-referrer",
                    T("Thank the referrer", zh="致谢介绍人"),
                    roles.SERVICE,
                    _after("studio.day.task_due"),
                    closed_by=("thank",),
                ),
            ),
        ),
        Step(
            "to-collect",
            T("Gift money waiting", zh="待领礼金"),
            roles.SERVICE,
            on_path=True,
            entry=(Message("referral-thanks", NOW),),
        ),
        Step("paid-out", T("Paid out", zh="已领取"), final=True, on_path=True),
        Step("void", T("Void", zh="作废"), final=True, entry=(Do(cancel_all),)),
    ),
    actions=(
        Action(
            "refer",
            T("Refer", zh="介绍"),
            START,
            "to-thank",
            form=Refer,
            effects=(
                SetAnchor("booked_at", "booked_at"),
                Do(refer, before=True),
                Do(raise_level),
                Message("level-up", _after("studio.day.letter_time"), when=level_risen, stays=True),
            ),
        ),
        Action(
            "thank",
            T("Thank by phone", zh="致谢电话"),
            ("to-thank",),
            "to-collect",
            by=(roles.SERVICE,),
            form=Thank,
            effects=(Do(thank),),
        ),
        Action(
            "collect",
            T("Collect gift", zh="领取礼金"),
            ("to-collect",),
            "paid-out",
            by=(roles.SERVICE, roles.CASHIER),
            form=Collect,
            guards=(
                Guard("card-active", _card_active),
                Guard("slip-or-id", _shown),
                Guard("gift-exact", _gift_exact),
                Guard("gift-signed", _signed, needs=(roles.BY_SUPERVISOR,)),
            ),
            effects=(Do(collect),),
            outcome="paid-out",
        ),
        Action(
            "void",
            T("Void", zh="作废"),
            ("to-thank", "to-collect"),
            "void",
            auto=True,
            when=facts.never,
            outcome="void",
        ),
    ),
)
