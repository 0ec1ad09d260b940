"""Bank loan (按揭): a child of a contract, not blocking. Source: realestate.md sections 4.11 and 5.4."""

from __future__ import annotations

from serviceflow.api import Action, Flow, Step, T

from serviceflow_realestate import facts, tell
from serviceflow_realestate.flows import loan_decisions, loan_documents

RE_MORTGAGE = Flow(
    key="re-mortgage",
    version=1,
    title=T("Mortgage", zh="按揭"),
    series="MTG-{n:04}",
    alone=False,
    facts=facts.of_order,
    anchors=("m_date", "docs_deadline", "loan_due"),
    steps=(
        *loan_documents.STEPS,
        *loan_decisions.STEPS,
        Step("disbursed", T("Disbursed", zh="已放款"), final=True, on_path=True),
        *(
            Step(key, T(en, zh=zh), final=True)
            for key, en, zh in (
                ("replaced", "Other plan", "改付款方式"),
                ("repriced", "Signed anew at list price", "原价重签"),
                ("returned", "Returned", "无责退房"),
                ("defaulted", "Default", "违约"),
                ("ended", "Contract ended", "合同终止"),
            )
        ),
    ),
    actions=(
        *loan_documents.ACTIONS,
        *loan_decisions.ACTIONS,
        Action(
            "contract-ended",
            T("Contract ended", zh="合同终止"),
            (*loan_documents.COLLECTING, "bank-review", "disbursing", "negotiating"),
            "ended",
            auto=True,
            when=tell.never,
        ),
        *tell.common(),
    ),
)
