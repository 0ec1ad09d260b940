"""Papers of viewing, selecting and handing over to production."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from serviceflow.api import Case, Document, T

from serviceflow_studio import ledger
from serviceflow_studio.facts import appointment
from serviceflow_studio.papers.common import HEAD, LINES, bill, head, money_note, sheet
from serviceflow_studio.tables import StudioCase, StudioPiece
from serviceflow_studio.viewing import selection


def notice(case: Case, form: Any) -> dict[str, Any]:
    """When to view, how long it takes, what to bring."""
    at, end = case.anchor("viewing_at"), case.anchor("viewing_end")
    length = end - at if isinstance(at, datetime) and isinstance(end, datetime) else timedelta()
    images = selection.image_sets(case)
    return {
        **head(case),
        "image_no": ", ".join(s.image_no for s in images),
        "starts": at or "",
        "hours": f"{length.total_seconds() / 3600:g}",
    }


def production_list(case: Case, form: Any) -> dict[str, Any]:
    """Everything that is made, with the hours in which it may still be changed."""
    mine, hours = case.own(StudioCase), case.number("studio.viewing.change_hours")
    kept = [p for p in selection.picks(case) if p.state != "rejected"]
    anchored = case.anchor("list_signed_at")
    signed = anchored if isinstance(anchored, datetime) else case.now
    return {
        **head(case),
        **bill(case, "option", "viewing", "discount"),
        "photos": _ranges([(p.image_no, p.photo) for p in kept]),
        "kept": len(kept),
        "requests": [{"photo": f"{p.image_no}/{p.photo}", "text": p.request} for p in kept if p.request],
        "pieces": [{"text": T(p.text_en, zh=p.text_zh), "code": p.code, "qty": p.qty} for p in case.rows(StudioPiece)],
        "signed_at": signed,
        "until": signed + timedelta(hours=hours),
        "hours": hours,
        "balance": ledger.balance(case),
        "passes": mine.passes,
    }


def _ranges(photos: list[tuple[str, int]]) -> str:
    """Return photos as they are read out: ``0312-01: 1-3, 7``."""
    said: list[str] = []
    for image_no in dict.fromkeys(name for name, _ in photos):
        runs: list[list[int]] = []
        for n in sorted(photo for name, photo in photos if name == image_no):
            if runs and runs[-1][-1] == n - 1:
                runs[-1].append(n)
            else:
                runs.append([n])
        parts = [f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
        said.append(f"{image_no}: {', '.join(parts)}")
    return "; ".join(said)


def handed_over(case: Case) -> dict[str, Any]:
    """Return the line of a case on the hand-over list."""
    mine = case.own(StudioCase)
    return {
        "order_no": case.order.number,
        "names": case.customer.name,
        "list_no": mine.list_no or "",
        "version": mine.list_version,
        "pickup": appointment(case)["date"],
        "balance": money_note(case),
    }


DOCUMENTS: tuple[Document, ...] = (
    Document(
        "viewing-notice",
        T("Viewing notice", zh="看样通知书"),
        sheet("viewing_notice"),
        (*HEAD, "image_no", "starts", "hours"),
        notice,
        paper="A5",
        audience="customer",
    ),
    Document(
        "production-list",
        T("Production list", zh="看样制作清单"),
        sheet("production_list"),
        (
            *HEAD,
            *LINES,
            "photos",
            "kept",
            "requests",
            "requests.photo",
            "requests.text",
            "pieces",
            "pieces.text",
            "pieces.code",
            "pieces.qty",
            "signed_at",
            "until",
            "hours",
            "balance",
            "passes",
        ),
        production_list,
        series="ML{n:04}",
        versions=True,
        copies="studio.viewing.list_copies",
        audience="customer",
    ),
    Document(
        "hand-over-list",
        T("Hand-over list", zh="送交清单"),
        sheet("hand_over"),
        ("cases", "cases.order_no", "cases.names", "cases.list_no", "cases.version", "cases.pickup", "cases.balance"),
        series="HL{n:04}",
    ),
)
