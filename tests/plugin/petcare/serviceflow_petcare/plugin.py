"""The trade `petcare`: boarding, from the booking to the way home, and the complaint as its child."""

from __future__ import annotations

from typing import Any

from serviceflow.api import (
    ANY,
    BACK,
    NOW,
    OWNER,
    START,
    STAY,
    Action,
    Ask,
    Cancel,
    Choose,
    Clock,
    Do,
    Flow,
    Form,
    Guard,
    Late,
    Link,
    Message,
    Need,
    Once,
    OpenChild,
    Refuse,
    Role,
    Route,
    SetAnchor,
    Setting,
    Stage,
    Step,
    T,
    Task,
    Template,
    Trade,
    TurnClock,
    Warn,
    before,
    day,
    days,
    hookimpl,
    hours,
    money,
    number,
    table_of,
    text,
    yes_no,
)

from serviceflow_petcare.tables import Pet

HEAD = Route("head", (Stage(("head-keeper",)),), own="refused", undecided=hours("petcare.sign_hours"))
CLOSING = Route("closing", (Stage(("head-keeper", "keeper"), quorum=1),), own="counts", rejected="reopen")


class Book(Form):
    pet: str = text(T("Name of the pet", zh="宠物名"))
    arrives_on: Any = day(T("Arrives on", zh="入住日期"))


class TakeDeposit(Form):
    amount: int = money(T("Amount", zh="金额"))


class Feed(Form):
    grams: int = number(T("Grams", zh="克数"), least=1)
    eaten: bool = yes_no(T("Eaten", zh="已吃完"), default=True)


class Complain(Form):
    what: str = text(T("What happened", zh="事由"))


def enough(case: Any, form: TakeDeposit) -> Refuse | Need | Warn | None:
    least = case.setting("petcare.deposit_min")
    if form.amount < least // 2:
        return Refuse(T("A deposit is at least {n}.", zh="定金至少 {n}。").of(n=least), ref="petcare.deposit")
    if form.amount < least:
        return Need(HEAD, T("deposit below the minimum", zh="定金低于下限"))
    return None if form.amount % 100 == 0 else Warn(T("Coins were paid.", zh="含零钱。"))


def note_pet(case: Any, form: Book) -> None:
    case.tx.add(Pet(order_id=case.order.id, customer_id=case.order.customer_id, name=form.pet))


def after_check(case: Any, form: Form) -> str:
    return "boarding" if case.anchor("arrives_on") is not None else "waiting"


def is_healed(case: Any) -> bool:
    return bool(case.anchor("healed_at"))


ARRIVAL_CALL = Task(
    "arrival-call",
    T("Call about the arrival", zh="确认入住"),
    "keeper",
    before("arrives_on", days="petcare.call_days", at="10:00"),
    closed_by=("check-in",),
)
REMINDER = Message(
    "petcare-arrival",
    before("arrives_on", days=1, at="18:00"),
    only_if="not-arrived",
    expires=days(0, after="arrives_on"),
    cancelled_by=("check-in", "cancel"),
)

STEPS = (
    Step(
        "booked",
        T("Booked", zh="已预约"),
        role="keeper",
        on_path=True,
        entry=(ARRIVAL_CALL, REMINDER),
        limit=days("petcare.no_show_days", after="arrives_on"),
    ),
    Step("waiting", T("Waiting for papers", zh="等证件"), role="keeper"),
    Step(
        "boarding",
        T("Boarding", zh="寄养中"),
        role="keeper",
        on_path=True,
        entry=(Once((Message("petcare-arrived", NOW),)),),
    ),
    Step("ill", T("Ill", zh="生病"), role="keeper"),
    Step("leaving", T("Ready to go", zh="待接走"), role="desk", on_path=True),
    Step("home", T("At home", zh="已接走"), final=True, on_path=True),
    Step("lost", T("Never came", zh="未到店"), final=True),
)

ACTIONS = (
    Action(
        "book",
        T("Book", zh="预约"),
        START,
        "booked",
        by=("desk",),
        form=Book,
        effects=(SetAnchor("arrives_on", "arrives_on"), Do(note_pet, before=True)),
    ),
    Action(
        "walk-in",
        T("Walk in", zh="直接到店"),
        START,
        "boarding",
        by=("desk",),
        form=Book,
        effects=(SetAnchor("arrives_on", "arrives_on"), Do(note_pet, before=True)),
    ),
    Action(
        "take-deposit",
        T("Take deposit", zh="收定金"),
        ("booked",),
        STAY,
        by=("desk",),
        form=TakeDeposit,
        guards=(Guard("enough", enough, override=("head-keeper",), needs=(HEAD,)),),
    ),
    Action(
        "check-in",
        T("Check in", zh="入住"),
        ("booked", "waiting"),
        Choose(after_check, ("boarding", "waiting")),
        by=("keeper",),
        late=Late(days(0, after="arrives_on"), "days"),
        effects=(Cancel(("petcare-arrival",), T("arrived", zh="已到店")),),
    ),
    Action("feed", T("Feed", zh="喂食"), ("boarding", "ill"), by=("keeper", OWNER), form=Feed),
    Action(
        "fall-ill",
        T("Fall ill", zh="发病"),
        ("boarding", "leaving"),
        "ill",
        by=("keeper",),
        effects=(TurnClock("vet", "start"),),
    ),
    Action("heal", T("Note recovery", zh="登记康复"), ("ill",), by=("keeper",), effects=(SetAnchor("healed_at"),)),
    Action("recover", T("Recovered", zh="康复"), ("ill",), BACK, auto=True, when=is_healed),
    Action(
        "vet-overdue",
        T("Vet is overdue", zh="兽医逾期"),
        ANY,
        over="vet",
        effects=(Task("call-vet", T("Call the vet", zh="联系兽医"), "head-keeper", NOW, stays=True),),
    ),
    Action("no-show", T("No show", zh="未到店"), ("booked",), "lost", over="step"),
    Action(
        "call-owner",
        T("Call the owner", zh="联系主人"),
        ("boarding",),
        "leaving",
        by=("desk",),
        refusal=T("Only a boarding pet can be called for.", zh="寄养中的宠物才能通知接走。"),
    ),
    Action("hand-over", T("Hand over", zh="接走"), ("leaving",), "home", by=("desk",)),
    Action(
        "complain",
        T("Complain", zh="投诉"),
        ANY,
        by=("desk",),
        form=Complain,
        effects=(OpenChild("claim", lambda case, form: {"what": form.what}),),
    ),
    Action("cancel", T("Cancel", zh="取消"), ("booked", "waiting"), "lost", by=("desk",)),
)

BOARDING = Flow(
    "petcare-boarding",
    1,
    T("Boarding", zh="寄养"),
    STEPS,
    ACTIONS,
    series="PB-{year}-{n:04}",
    clocks=(
        Clock("vet", hours("petcare.vet_hours"), T("Vet", zh="兽医"), stops_in=("boarding",), rests_in=("leaving",)),
    ),
    links=(Link("claim", "petcare-claim", blocks_in=("open",), allows=("feed",), ends={"settled": "heal"}),),
    supervisors=("manager",),
    conditions={"not-arrived": lambda case: case.order.step == "booked"},
    facts=lambda case: {"pet": "Rex"},
)

CLAIM = Flow(
    "petcare-claim",
    1,
    T("Claim", zh="投诉"),
    (
        Step("open", T("Open", zh="处理中"), role="head-keeper", on_path=True),
        Step(
            "closing",
            T("Closing", zh="结案审批"),
            on_path=True,
            entry=(Ask("settle", CLOSING, T("close the claim", zh="结案")),),
        ),
        Step("settled", T("Settled", zh="已结"), final=True, on_path=True),
    ),
    (
        Action("open", T("Open", zh="登记"), START, "open", by=("desk",), form=Complain),
        Action("answer", T("Answer", zh="答复"), ("open",), "closing", by=("head-keeper",)),
        Action("settle", T("Settle", zh="结案"), ("closing",), "settled", by=("head-keeper",)),
        Action("reopen", T("Reopen", zh="退回"), ("closing",), "open", by=("head-keeper",)),
    ),
    series="PC-{n:04}",
)

trade = Trade(
    key="petcare",
    title=T("Pet boarding", zh="宠物寄养"),
    version="0.1.0",
    api="1",
    prefixes=("petcare",),
    flows=(BOARDING, CLAIM),
    aliases=("pets",),
    roles=(
        Role("keeper", T("Keeper", zh="饲养员")),
        Role("head-keeper", T("Head keeper", zh="主管饲养员")),
        Role("desk", T("Front desk", zh="前台")),
    ),
    settings=(
        Setting("petcare.deposit_min", "money", 20000, T("Least deposit", zh="最低定金")),
        Setting("petcare.sign_hours", "int", 24, T("Hours to decide", zh="审批时限(小时)"), least=1),
        Setting("petcare.no_show_days", "int", 10, T("Days until a no-show", zh="未到店天数"), least=1),
        Setting("petcare.call_days", "int", 2, T("Days before arrival to call", zh="提前致电天数")),
        Setting("petcare.vet_hours", "int", 24, T("Hours until the vet", zh="兽医时限(小时)"), least=1),
    ),
    templates=(
        Template(
            "petcare-arrival",
            T("{name}, we expect {pet} tomorrow.", zh="{name}, 明天恭候{pet}。"),
            "service",
            ("sms", "hand"),
            fields=("pet",),
        ),
        Template(
            "petcare-arrived",
            T("{pet} is here.", zh="{pet}已入住。"),
            "service",
            ("sms",),
            fields=("pet",),
            variants={"cat": T("{pet} purrs.", zh="{pet}很乖。")},
        ),
    ),
    tables=(Pet,),
    migrations="serviceflow_petcare:migrations",
)


@hookimpl
def may_merge(tx: Any, gone: Any) -> list[T]:
    """A customer with a pet in the house stays himself."""
    mine = tx.all(Pet, table_of(Pet).c.customer_id == gone.id)
    return [T("{name} has a pet in the house.", zh="{name} 有宠物在店。").of(name=gone.name)] if mine else []
