"""The papers a bank wants for a loan, as originals, by marital status. Source: realestate.md section 5.4."""

from __future__ import annotations

from serviceflow.api import Case, T, plain

from serviceflow_realestate.tables import ReChecklist

TITLES = {
    "id-card": T("ID card", zh="身份证"),
    "household-register": T("Household register", zh="户口本"),
    "marriage-certificate": T("Marriage certificate", zh="结婚证"),
    "income-proof": T("Income proof", zh="收入证明"),
    "credit-report": T("Credit report", zh="征信报告"),
    "bank-statements": T("Bank statements", zh="银行流水"),
    "divorce-papers": T("Divorce papers", zh="离婚证明"),
    "spouse-death-certificate": T("Spouse's death certificate", zh="配偶死亡证明"),
}
COMMON = ("id-card", "household-register", "income-proof", "credit-report", "bank-statements")
BY_STATUS = {
    "married": (
        "id-card",
        "household-register",
        "marriage-certificate",
        "income-proof",
        "credit-report",
        "bank-statements",
    ),
    "unmarried": COMMON,
    "divorced": (*COMMON, "divorce-papers"),
    "widowed": (*COMMON, "spouse-death-certificate"),
}


def checklist(marital: str, extra: tuple[str, ...] = ()) -> list[tuple[str, int]]:
    """Return (paper, copies) that a bank wants, by the marital status of the main buyer."""
    copies = 2 if marital == "married" else 1
    return [*((item, copies) for item in BY_STATUS[marital]), *((item, 1) for item in extra)]


def missing(case: Case) -> list[str]:
    """Return the papers of a loan that are not complete."""
    return [row.item for row in case.rows(ReChecklist) if row.received < row.copies]


def title_of(item: str) -> T:
    """Return what a paper is called; one that a project added goes by its own name."""
    return TITLES.get(item, plain(item))
