"""Guards of production and the pickup desk. Source: studio.md sections 4.2, 5.2, 11."""

from __future__ import annotations

from datetime import datetime, timedelta

from serviceflow.api import Case, Guard, Need, Refuse, T, Verdict, format_money, plain

from serviceflow_studio import ledger, roles
from serviceflow_studio.bookings import horizon, live
from serviceflow_studio.pickup import forms
from serviceflow_studio.places import Capacity, Wish, key
from serviceflow_studio.sale.rules import active_price
from serviceflow_studio.tables import StudioPiece, StudioSurvey
from serviceflow_studio.viewing import pieces


def no_such_piece(case: Case, code: str) -> Refuse:
    """Return the refusal of a code that is no piece of the case."""
    known = ", ".join(p.code for p in case.rows(StudioPiece)) or "-"
    return Refuse(T("{code} is no piece of this case.", zh="此订单无相件{code}。").of(code=code), plain(known))


BOUNDS = T(
    "0 <= handed <= passed <= arrived <= qty: {code} has {handed} <= {passed} <= {arrived} <= {qty}.",
    zh="数量不符: {code} 已取{handed} 合格{passed} 到店{arrived} 共{qty}。",
)


def counts_allow(what: str, piece: StudioPiece, qty: int) -> Refuse | None:
    """Refuse what would break 0 <= handed <= passed <= arrived <= qty."""
    free = {
        "arrive": piece.qty - piece.arrived,
        "qc-pass": piece.arrived - piece.passed,
        "qc-fail": piece.arrived - piece.handed,
    }[what]
    if 0 < qty <= free:
        return None
    return Refuse(
        BOUNDS.of(code=piece.code, handed=piece.handed, passed=piece.passed, arrived=piece.arrived, qty=piece.qty),
        T("Possible now: qty={n} at most", zh="现在最多 qty={n}").of(n=max(free, 0)),
    )


def count_adds_up(piece: StudioPiece, ok: int, missing: int, defect: int) -> Refuse | None:
    """Refuse a count that does not account for every outstanding piece, or finds more than passed the check."""
    outstanding = piece.qty - piece.handed
    if ok + missing + defect == outstanding and ok + defect <= piece.passed - piece.handed:
        return None
    return Refuse(
        T(
            "ok + missing + defect must equal {outstanding}; 0 <= handed <= passed <= arrived <= qty.",
            zh="数量不符(应为{outstanding})。",
        ).of(outstanding=outstanding),
        T("Count again: ok= missing= defect=", zh="请重新清点: ok= missing= defect="),
    )


def _counts(what: str) -> Guard:
    def rule(case: Case, form: forms.Pieces) -> Verdict:
        piece = pieces.piece_of(case, form.piece)
        return counts_allow(what, piece, form.qty) if piece is not None else no_such_piece(case, form.piece)

    return Guard(f"counts-{what}", rule)


def _count(case: Case, form: forms.Count) -> Verdict:
    piece = pieces.piece_of(case, form.piece)
    if piece is None:
        return no_such_piece(case, form.piece)
    return count_adds_up(piece, form.ok, form.missing, form.defect)


def _count_once(case: Case, form: forms.Count) -> Verdict:
    piece = pieces.piece_of(case, form.piece)
    if piece is None or piece.counted_ok is None:
        return None
    return Refuse(T("Already counted.", zh="已清点。"), plain(f"flow show {case.order.number}"))


def _counted(case: Case, form: object) -> Verdict:
    left = [p.code for p in case.rows(StudioPiece) if p.handed < p.qty and p.counted_ok is None]
    if not left:
        return None
    return Refuse(
        T("Count first: {left}.", zh="请先清点: {left}。").of(left=", ".join(left)),
        plain(f"flow do {case.order.number} count piece={left[0]} ok= missing= defect="),
    )


def _something_ready(case: Case, form: object) -> Verdict:
    if any(p.passed > p.handed for p in case.rows(StudioPiece)):
        return None
    return Refuse(T("Nothing has passed the check yet.", zh="尚无合格相件。"), plain("flow studio pieces"))


def slot_of(case: Case) -> Wish:
    """Return the pickup slot that contains now."""
    slot = case.number("studio.pickup.slot_minutes")
    local = case.now.astimezone(case.zone)
    opens, _ = Capacity.of(case).hours("pickup")
    since = (local.hour * 60 + local.minute - opens.hour * 60 - opens.minute) // slot * slot
    start = (datetime.combine(local.date(), opens) + timedelta(minutes=since)).time()
    return Wish("pickup", local.date(), start)


def _pickup_hours(case: Case, form: object) -> Verdict:
    opens, closes = Capacity.of(case).hours("pickup")
    local = case.now.astimezone(case.zone).time()
    if opens <= local < closes:
        return None
    return Refuse(
        T("Closed now; open {opens}-{closes}.", zh="非取件时间({opens}-{closes})。").of(
            opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}"
        ),
        T("Agree another day: flow studio cal pickup --free", zh="另约时间: flow studio cal pickup --free"),
    )


def on_its_day(case: Case) -> bool:
    """Return whether the customer comes on the day of the live booking."""
    booked = live(case, "pickup")
    return booked is not None and booked.day == case.today


def _pickup_day(case: Case, form: object) -> Verdict:
    """On another day a desk is taken now; when none is free the supervisor may let them in without one."""
    if on_its_day(case):
        return None
    wish, calendars = slot_of(case), Capacity.of(case)
    if calendars.free(wish):
        return None
    booked = live(case, "pickup")
    used, most = calendars.used(wish)
    following = calendars.next_starts(wish, not_before=case.now, latest=horizon(case))
    return Need(
        roles.BY_SUPERVISOR,
        T(
            "Booked for {date}; this half-hour is full ({used}/{cap}), next {t}.",
            zh="非预约日且本时段已满({used}/{cap}), 最近{t}",
        ).of(
            date=booked.day if booked else "-",
            used=used,
            cap=most,
            t=key(following[0].day, following[0].start) if following else "-",
        ),
    )


def _no_debt(case: Case, form: object) -> Verdict:
    owed = ledger.balance(case)
    if owed <= 0:
        return None
    return Refuse(
        T("Balance is {balance}: collect it first.", zh="余额{balance}元,请先收清或退清。").of(
            balance=format_money(owed)
        ),
        plain(f"flow do {case.order.number} pay amount={format_money(owed)} method="),
    )


def leftover_price(kind: str, unit_price: int | None, listed: int) -> Refuse | None:
    """Refuse another price for leftover photos."""
    if kind != "leftover" or unit_price in (None, listed):
        return None
    return Refuse(
        T("Leftover photos are sold at exactly {price}.", zh="余片按底价{price}元,不得改价。").of(
            price=format_money(listed)
        ),
        plain("unit_price={price}").of(price=format_money(listed)),
    )


def _leftover_price(case: Case, form: forms.SellExtra) -> Verdict:
    price = active_price(case, form.code)
    return leftover_price(price.kind, form.unit_price, price.unit_price) if price is not None else None


def _survey_asked(case: Case, form: object) -> Verdict:
    if case.tx.get(StudioSurvey, case.order_id) is not None:
        return None
    return Refuse(
        T("Fill in the survey or mark it declined (once per case); scores 1-5.", zh="请填写满意度(1-5)或注明拒填。"),
        plain(f"flow do {case.order.number} survey declined=yes"),
    )


def _survey_once(case: Case, form: object) -> Verdict:
    if case.tx.get(StudioSurvey, case.order_id) is None:
        return None
    return Refuse(T("The survey of this case is filled in already.", zh="本单满意度已填写。"), None)


ARRIVE, QC_PASS, QC_FAIL = _counts("arrive"), _counts("qc-pass"), _counts("qc-fail")
COUNT_ADDS_UP = Guard("counts-add-up", _count)
COUNT_ONCE = Guard("count-once", _count_once)
COUNTED = Guard("counted", _counted, early=True)
SOMETHING_READY = Guard("something-ready", _something_ready, early=True)
PICKUP_HOURS = Guard("pickup-hours", _pickup_hours, early=True)
PICKUP_DAY = Guard("pickup-day", _pickup_day, once=True, needs=(roles.BY_SUPERVISOR,))
NO_DEBT = Guard("no-debt", _no_debt, early=True)
LEFTOVER_PRICE = Guard("leftover-price", _leftover_price)
SURVEY_ASKED = Guard("survey-asked", _survey_asked, early=True)
SURVEY_ONCE = Guard("survey-once", _survey_once, early=True)
