"""What happens at the stations of the floor."""

from __future__ import annotations

from datetime import datetime, timedelta

from serviceflow.api import Case, Deadline, T, hold_rows

from serviceflow_studio import bookings, ledger
from serviceflow_studio.floor import forms
from serviceflow_studio.floor.minutes import SHOT
from serviceflow_studio.floor.rules import next_segment_outdoor, open_use, parent_of, postponed_wish
from serviceflow_studio.persons import persons_of, profile_of
from serviceflow_studio.places import CAR
from serviceflow_studio.sale.rules import active_price
from serviceflow_studio.shoot import sessions
from serviceflow_studio.shoot.effects import plan_session
from serviceflow_studio.tables import (
    StudioImages,
    StudioLocker,
    StudioLockerUse,
    StudioOutfit,
    StudioSession,
)
from serviceflow_studio.viewing.bookings import book_viewing

OUTDOOR_TASKS = ("call-car", "gear-check", "car-ready")


def plan(session: Case, form: forms.Plan) -> None:
    """Make the row of a session."""
    session.tx.add(StudioSession(order_id=session.order_id))


def register(session: Case, form: forms.Register) -> None:
    """Write the line of the dispatch sheet."""
    session.tx.change(session.own(StudioSession), seat_card=form.seat_card)


def briefed(session: Case, form: forms.Briefed) -> None:
    """Copy the allergy note to the customer's profile."""
    if form.allergy_note:
        assert session.customer.id is not None
        session.tx.change(profile_of(session.tx, session.customer.id), skin_allergy=form.allergy_note)


def hand_key(session: Case, form: forms.HandKey) -> None:
    """Give key and towels out against the deposit."""
    session.tx.change(session.tx.need(StudioLocker, form.locker), state="in-use")
    session.tx.add(
        StudioLockerUse(locker=form.locker, order_id=session.order_id, deposit=form.deposit, out_at=session.now)
    )
    ledger.pay(parent_of(session), "locker-in", form.deposit, form.method)
    people = max(len(persons_of(session.tx, session.order.customer_id)), 1)
    towels = people * session.number("studio.locker.towels_per_person")
    session.tx.change(session.own(StudioSession), towels=towels)
    session.notes.lines.append(T("{n} towels", zh="毛巾{n}条").of(n=towels))


def _next_outfit(session: Case) -> StudioOutfit | None:
    left = sessions.outfits_of_session(session, "open")
    return left[0] if left else None


def dress(session: Case, form: forms.Dressed | forms.Changed) -> None:
    """Note the dress of the next outfit."""
    outfit = _next_outfit(session)
    if outfit is not None:
        session.tx.change(outfit, dress_code=form.dress_code)


def called_in(session: Case, form: forms.CalledIn) -> None:
    """Note who takes the pictures."""
    session.tx.change(session.own(StudioSession), photographer=form.photographer, assistant=form.assistant)


def start(session: Case, form: object) -> None:
    """Begin the next segment; outdoors the return is limited from now on."""
    outfit = _next_outfit(session)
    if outfit is None:
        return
    session.tx.change(outfit, started_at=session.now)
    if outfit.place == "outdoor":
        limit = timedelta(minutes=session.number("studio.floor.outdoor"))
        session.set_anchor("outdoor_until", session.now + limit)


def short_talk(session: Case, form: object) -> None:
    """Flag a talk before shooting that was too short."""
    least = session.number("studio.floor.talk_min")
    entered = next((d.at for d in reversed(session.done("called-in"))), session.now)
    minutes = int((session.now - entered).total_seconds() // 60)
    if minutes < least:
        session.notes.warnings.append(
            T("short talk: {n} of {least} min", zh="拍前沟通过短: {n}/{least}分钟").of(n=minutes, least=least)
        )


def segment_to(session: Case, form: object) -> str:
    """Return where the next segment is shot."""
    return "outdoor" if next_segment_outdoor(session) else "shooting"


def shot(session: Case, form: forms.Shot) -> None:
    """Note that an outfit was shot."""
    outfit = _next_outfit(session)
    assert outfit is not None
    session.tx.change(outfit, state="shot", done_at=session.now, photos=form.photos)


def returned(session: Case, form: forms.Returned) -> None:
    """Note that all outdoor outfits were shot; the pictures count for the last of them."""
    outdoor = [o for o in sessions.outfits_of_session(session, "open") if o.place == "outdoor"]
    for outfit in outdoor:
        session.tx.change(outfit, state="shot", done_at=session.now, photos=form.photos if outfit is outdoor[-1] else 0)


def after_segment(session: Case, form: object) -> str:
    """Return where a segment leads that is about to be noted as shot."""
    left = sessions.outfits_of_session(session, "open")
    outdoors = bool(left) and left[0].place == "outdoor"
    left = [o for o in left if o.place != "outdoor"] if outdoors else left[1:]
    return "changing" if left else "unmaking"


def shot_until(session: Case) -> Deadline | None:
    """Return the limit of the outfit that is being shot."""
    outfit = _next_outfit(session)
    if outfit is None or outfit.place == "outdoor":
        return None
    limit = timedelta(minutes=session.number(SHOT[outfit.type]))
    return Deadline(session.order.entered_at + limit, closed=True)


def extend(session: Case, form: forms.Extend) -> None:
    """Put the return off."""
    until = session.anchor("outdoor_until")
    assert isinstance(until, datetime)
    session.set_anchor("outdoor_until", until + timedelta(minutes=form.minutes))


def plan_outdoor(session: Case, form: forms.PlanOutdoor) -> None:
    """Plan car and crew around the departure."""
    session.tx.change(session.own(StudioSession), depart_place=form.place, driver=form.driver)
    session.cancel_tasks(*OUTDOOR_TASKS, reason=T("departure planned anew", zh="重新安排出发"))
    for key, title, who, early in (
        ("call-car", T("Call the car", zh="叫车"), "dispatcher", "car_call"),
        (
            "gear-check",
            T("Check camera, meter, reflector, props, batteries", zh="检查相机、测光表、反光板、道具、电池"),
            "photo-assistant",
            "car_call",
        ),
        (
            "car-ready",
            T("At the pick-up point, clean, heating or cooling on", zh="到上车点, 车内整洁, 开好空调"),
            "driver",
            "driver_early",
        ),
    ):
        due = form.depart_at - timedelta(minutes=session.number(f"studio.floor.{early}"))
        session.add_task(key, title, who=who, due=max(due, session.now), stays=True)


def postpone_outdoor(session: Case, form: forms.PostponeOutdoor) -> None:
    """Give the outdoor outfits to a new planned session and free today's car."""
    moved = [o for o in sessions.outfits_of_session(session, "open") if o.place == "outdoor"]
    for outfit in moved:
        session.tx.change(outfit, state="moved")
    session.cancel_tasks(*OUTDOOR_TASKS, reason=T("outdoor part postponed", zh="外景改期"))
    session.set_anchor("depart_at", None)
    today = bookings.last(session, "shoot")
    if today is not None:
        for hold in hold_rows(session.tx, bookings.holder(today)):
            if hold.kind == CAR.kind:
                session.tx.remove(hold)
    parent = parent_of(session)
    shoot_at = parent.anchor("shoot_at")
    booking = bookings.book(parent, postponed_wish(session, form))
    plan_session(parent, booking, [(o.seq, {"type": o.type, "place": o.place}) for o in moved])
    parent.set_anchor("shoot_at", shoot_at)  # the case follows the new date once this session has ended


def postpone_to(session: Case, form: object) -> str:
    """Return where the session goes on when its outdoor part is postponed."""
    between = session.order.step in ("changing", "retouch")
    left = [o for o in sessions.outfits_of_session(session, "open") if o.place != "outdoor"]
    return "unmaking" if between and not left else "*stay"


def wait_over(session: Case, form: object) -> None:
    """Tell the dispatcher that somebody waits too long."""
    session.alert(
        "wait-over",
        T("{no} waits longer than {n} min", zh="{no} 等候超过{n}分钟").of(
            no=parent_of(session).order.number, n=session.number("studio.floor.wait_max")
        ),
        who="dispatcher",
    )


def sell(session: Case, form: forms.Sell) -> None:
    """Add a floor sale to the case."""
    price = active_price(session, form.code)
    assert price is not None
    parent = parent_of(session)
    ledger.add_line(parent, price, form.qty, "floor")
    parent.change(amount=ledger.due_total(parent))


def key_lost(session: Case, form: forms.KeyLost) -> None:
    """Keep the deposit; the locker is out of order."""
    use = open_use(session)
    if use is None:
        return
    session.tx.change(use, forfeited=True)
    session.tx.change(session.tx.need(StudioLocker, use.locker), state="out-of-order")


def _give_deposit_back(session: Case) -> None:
    use = open_use(session)
    if use is None:
        return
    session.tx.change(use, back_at=session.now, refunded_at=session.now)
    session.tx.change(session.tx.need(StudioLocker, use.locker), state="free")
    ledger.pay(parent_of(session), "locker-out", use.deposit, "cash")


def checkout(session: Case, form: forms.Checkout) -> None:
    """Give the deposit back, register the pictures, book the viewing."""
    _give_deposit_back(session)
    mine = session.own(StudioSession)
    session.tx.change(mine, towels_back=form.towels_back)
    if form.towels_back < mine.towels:
        session.notes.warnings.append(
            T("{n} towels are missing", zh="缺毛巾{n}条").of(n=mine.towels - form.towels_back)
        )
    session.tx.add(StudioImages(image_no=form.image_no, order_id=session.order_id))
    if form.viewing is not None:
        book_viewing(parent_of(session), form.viewing)


def abort(session: Case, form: forms.Abort) -> None:
    """Give the deposit back and keep what pictures there are."""
    _give_deposit_back(session)
    if form.image_no is not None and session.tx.get(StudioImages, form.image_no) is None:
        session.tx.add(StudioImages(image_no=form.image_no, order_id=session.order_id))
