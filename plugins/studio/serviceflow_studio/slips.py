"""The customer's slip, and the memo that stands in for a lost one. Source: studio.md sections 4.1, 6."""

from __future__ import annotations

from serviceflow.api import Case, Guard, Refuse, T, Verdict

from serviceflow_studio.shoot.forms import WithSlip
from serviceflow_studio.tables import StudioMemo


def slip_or_id(slip: str, id_type: str | None, last4: str | None, memo_signed: str | None) -> Refuse | None:
    """Refuse a lost slip without ID document, its last 4 characters and a signed memo."""
    if slip == "yes" or (id_type and last4 and memo_signed):
        return None
    return Refuse(
        T("Slip, or ID type, last 4 characters and a signed memo.", zh="须出示单据,或证件及签字备忘。"),
        T(
            "slip=lost id_type=id-card id_last4=… memo_signed=yes",
            zh="slip=lost id_type=id-card id_last4=… memo_signed=yes",
        ),
    )


def _slip_or_id(case: Case, form: WithSlip) -> Verdict:
    return slip_or_id(form.slip, form.id_type, form.id_last4, form.memo_signed)


def write_lost_memo(case: Case, form: WithSlip, *, slip: str | None = None) -> None:
    """Write the memo of a lost slip; ``slip`` says "lost" of another paper than the form's."""
    if (slip or form.slip) != "lost":
        return
    no = str(case.issue("lost-slip-memo", form).number)
    case.tx.add(
        StudioMemo(
            no=no,
            kind="lost-slip",
            order_id=case.order_id,
            id_type=form.id_type,
            id_last4=form.id_last4,
            signed=True,
            at=case.now,
        )
    )
    case.notes.lines.append(T("lost-slip memo {no}", zh="取件单丢失备忘录 {no}").of(no=no))


SLIP_OR_ID = Guard("slip-or-id", _slip_or_id)
