"""What production, checks and the pickup desk do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from serviceflow.api import Case, Recipient, T, instant_of, main_contact

from serviceflow_studio import bookings, ledger
from serviceflow_studio.pickup import forms
from serviceflow_studio.pickup.rules import on_its_day, slot_of
from serviceflow_studio.places import Capacity
from serviceflow_studio.sale.rules import active_price
from serviceflow_studio.slips import write_lost_memo
from serviceflow_studio.tables import StudioBooking, StudioCase, StudioMemo, StudioPiece, StudioSurvey
from serviceflow_studio.viewing import pieces


def outstanding(case: Case) -> list[StudioPiece]:
    """Return the pieces that are not handed over whole."""
    return [p for p in case.rows(StudioPiece) if p.handed < p.qty]


def arrive(case: Case, form: forms.Pieces) -> None:
    """Note that pieces came from production."""
    piece = _piece(case, form.piece)
    case.tx.change(piece, arrived=piece.arrived + form.qty)


def qc_pass(case: Case, form: forms.Pieces) -> None:
    """Note that pieces passed their check."""
    piece = _piece(case, form.piece)
    case.tx.change(piece, passed=piece.passed + form.qty)


def qc_fail(case: Case, form: forms.QcFail) -> None:
    """Send pieces back; tell the pickup desk when they come too late for the pickup."""
    rework(case, _piece(case, form.piece), form.qty, form.fault, form.due)
    piece = _piece(case, form.piece)
    case.tx.change(piece, promised=form.due)
    pickup = case.anchor_day("pickup_at")
    last = pickup - timedelta(days=case.number("studio.pickup.check_days")) if pickup is not None else None
    if last is not None and form.due > last:
        case.alert(
            "rework-late",
            T(
                "{piece} comes back {due}: apologise, move the date or agree a part pickup",
                zh="{piece} 返工至{due}: 请致歉, 改期或同意先取部分",
            ).of(piece=piece.code, due=form.due),
            who="pickup-clerk",
        )


def rework(case: Case, piece: StudioPiece, qty: int, fault: str, due: date | None) -> None:
    """Write the rework sheet; pieces that had not passed go first."""
    unpassed = piece.arrived - piece.passed
    from_passed = max(qty - unpassed, 0)
    case.tx.change(piece, arrived=piece.arrived - qty, passed=piece.passed - from_passed, reworked=piece.reworked + qty)
    line = {"piece": piece.code, "qty": qty, "fault": fault, "due": due.isoformat() if due else None}
    no = str(case.issue("rework-sheet", line).number)
    case.tx.add(StudioMemo(no=no, kind="rework", order_id=case.order_id, at=case.now, lines=[line]))
    case.notes.lines.append(T("rework sheet {no}", zh="返工单 {no}").of(no=no))


def _piece(case: Case, code: str) -> StudioPiece:
    piece = pieces.piece_of(case, code)
    assert piece is not None
    return piece


def still_in_production(case: Case, form: object) -> str:
    """Return where a failed check leads: back to production from the shelf, else nowhere."""
    return "production" if case.order.step == "ready" else "*stay"


def agree_part(case: Case, form: forms.AgreePart) -> None:
    """Note that the customer takes what is ready, and when the rest will be."""
    case.tx.change(case.own(StudioCase), part_agreed=True)
    for piece in outstanding(case):
        if piece.passed < piece.qty:
            case.tx.change(piece, promised=form.promised)


def may_remind(case: Case) -> bool:
    """Return whether the pickup may be announced: everything passed, or a part pickup is agreed."""
    return pieces.all_passed(case) or case.own(StudioCase).part_agreed


def not_ready(case: Case) -> bool:
    """Return whether the pickup is near and may not be announced."""
    return not may_remind(case)


def start_pickup(case: Case, form: forms.StartPickup) -> None:
    """Keep the desk, or take one in the half-hour that runs; without any the visit is noted all the same."""
    booked = bookings.live(case, "pickup", "booked")
    write_lost_memo(case, form)
    for piece in case.rows(StudioPiece):
        case.tx.change(piece, counted_ok=None)
    if booked is not None and on_its_day(case):
        bookings.end(case, booked, "kept")
        return
    if booked is not None:
        bookings.end(case, booked, "moved")
    wish = slot_of(case)
    if Capacity.of(case).free(wish):
        bookings.book(case, wish, state="kept")
    else:
        case.tx.add(
            StudioBooking(
                calendar="pickup",
                order_id=case.order_id,
                day=wish.day,
                starts_at=wish.at(case.zone),
                state="kept",
                at=case.now,
                by_id=case.actor.id if case.actor else None,
            )
        )


DEFECT = T("found at the pickup", zh="取件时发现瑕疵")


def count(case: Case, form: forms.Count) -> None:
    """Count one line; what is defective goes back at once."""
    piece = _piece(case, form.piece)
    case.tx.change(piece, counted_ok=form.ok, promised=form.promised or piece.promised)
    if form.defect:
        rework(case, piece, form.defect, str(DEFECT), form.promised)


def sell_extra(case: Case, form: forms.SellExtra) -> None:
    """Sell at the desk; what is handed at once needs no count."""
    price = active_price(case, form.code)
    assert price is not None
    line = ledger.add_line(case, price, form.qty, "pickup", form.unit_price)
    piece = pieces.add_of_line(case, line)
    if piece is None:
        return
    if form.hand_now:
        case.tx.change(
            piece,
            arrived=piece.arrived + form.qty,
            passed=piece.passed + form.qty,
            counted_ok=(piece.counted_ok or 0) + form.qty,
        )
    else:
        case.tx.change(piece, promised=form.promised, counted_ok=piece.counted_ok or 0)
    case.change(amount=ledger.due_total(case))


def passport(case: Case, form: forms.Passport) -> None:
    """Check the customer's data, and hand out the booklet where there is one."""
    case.tx.change(case.own(StudioCase), data_checked=True)
    if form.booklet_no:
        case.tx.change(case.own(StudioCase), booklet_no=form.booklet_no)
        case.issue("booklet")
    case.issue("data-sheet")


def survey(case: Case, form: forms.Survey) -> None:
    """Keep what the customer thought; a low score opens a complaint."""
    scores = {name: getattr(form, name) for name in forms.SCORES} if not form.declined else {}
    case.tx.add(
        StudioSurvey(order_id=case.order_id, comment=form.comment or "", declined=form.declined, at=case.now, **scores)
    )
    case.issue("satisfaction-form")
    overall = scores.get("overall")
    if overall is not None and overall <= case.number("studio.survey.complaint_at"):
        case.open_child(
            "complaint",
            {"severity": "normal", "text": form.comment or str(T("overall score {n}", zh="总体评分{n}").of(n=overall))},
        )


def sign_pickup(case: Case, form: object) -> None:
    """Hand over what was counted in order; a memo lists the rest."""
    for piece in outstanding(case):
        handed = piece.handed + (piece.counted_ok or 0)
        case.tx.change(piece, handed=handed, counted_ok=None)
        if handed == piece.qty:
            case.close_tasks("chase-piece", result="handed", subject=piece.code)
    left = outstanding(case)
    if left:
        lines = [
            {"piece": p.code, "qty": p.qty - p.handed, "promised": p.promised.isoformat() if p.promised else None}
            for p in left
        ]
        no = str(case.issue("pickup-memo", lines).number)
        case.tx.add(StudioMemo(no=no, kind="missing", order_id=case.order_id, signed=True, at=case.now, lines=lines))
        case.notes.lines.append(T("pickup memo {no}", zh="取件备忘录 {no}").of(no=no))
    else:
        case.set_anchor("collected_on", case.today)


def after_signing(case: Case, form: object) -> str:
    """Return where a signed pickup leads: on when everything counted in order completes every line."""
    left = any(p.handed + (p.counted_ok or 0) < p.qty for p in case.rows(StudioPiece))
    return "part-collected" if left else "aftercare"


def abandon(case: Case, form: object) -> None:
    """Forget the count."""
    for piece in case.rows(StudioPiece):
        case.tx.change(piece, counted_ok=None)


def after_abandoning(case: Case, form: object) -> str:
    """Return where the case stands when nothing was taken this time."""
    return "part-collected" if any(p.handed for p in case.rows(StudioPiece)) else "ready"


def chase(case: Case, form: object) -> None:
    """Make one task per outstanding piece, due on its promised day."""
    at = case.clock_time("studio.day.check_time")
    case.cancel_tasks("chase-piece", reason=T("planned anew", zh="重新安排"))
    for piece in outstanding(case):
        due = instant_of(piece.promised or case.today, at, case.zone)
        case.add_task(
            "chase-piece",
            T("Chase {piece}", zh="催件 {piece}").of(piece=piece.text_zh or piece.code),
            who="pickup-clerk",
            due=max(due, case.now),
            stays=True,
            subject=piece.code,
        )


def arrived_now(case: Case) -> Sequence[Recipient]:
    """Return the main contact once for the outstanding piece that has just passed."""
    code = str(case.done("qc-pass")[-1].form["piece"])
    return [replace(main_contact(case), subject=code, facts={"piece": code})]


def missing_ready(case: Case) -> bool:
    """Return whether the last check completed a piece the customer waits for."""
    if case.order.step != "part-collected":
        return False
    piece = _piece(case, str(case.done("qc-pass")[-1].form["piece"]))
    return piece.passed == piece.qty and piece.handed < piece.qty


def pickup_missed(case: Case, form: object) -> None:
    """Note that nobody came for the pieces, and have a new date agreed."""
    booked = bookings.live(case, "pickup", "booked")
    if booked is None:
        return
    bookings.end(case, booked, "no-show")
    day = booked.day + timedelta(days=1)
    case.set_anchor("pickup_at", None)
    due = instant_of(day, case.clock_time("studio.day.task_due"), case.zone)
    case.add_task(
        "call-new-pickup",
        T("Call: agree a new pickup", zh="电话另约取件"),
        who="pickup-clerk",
        due=max(due, case.now),
        stays=True,
        closed_by=("book-pickup",),
    )
