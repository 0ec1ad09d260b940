"""Papers of the branch and the facts they show, read when they are issued. Source: brokerage.md section 6."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from serviceflow.api import (
    Case,
    Customer,
    Document,
    Interaction,
    RequestRow,
    Shop,
    Staff,
    T,
    Tx,
    all_slots,
    issue_document,
    listed,
    plain,
    table_of,
)

from serviceflow_brokerage import topics
from serviceflow_brokerage.amounts import share, yuan
from serviceflow_brokerage.people import accounts_of, assessment_at, figures, file_of, tail
from serviceflow_brokerage.roles import ROLES
from serviceflow_brokerage.statements import month_end
from serviceflow_brokerage.tables.clients import BrokerAccount, BrokerClient, BrokerNeed
from serviceflow_brokerage.tables.partners import (
    BrokerPartnerContract,
    BrokerStatement,
    BrokerStatementLine,
)
from serviceflow_brokerage.tables.products import (
    BrokerClosing,
    BrokerOpening,
    BrokerPersonalPlan,
    BrokerProduct,
    BrokerRateOffer,
    BrokerRiskAssessment,
    BrokerSuitability,
)
from serviceflow_brokerage.tables.segments import BrokerAlert, BrokerSegmentState

ITEMS: Final = {
    "risk": T("risk level", zh="风险等级"),
    "term": T("term", zh="投资期限"),
    "kind": T("kind of investment", zh="投资品种"),
}
LATEST: Final = 30
"""Interactions and alerts a client file shows."""
YES_NO: Final = {True: T("yes", zh="是"), False: T("no", zh="否")}
SIGNATURES: Final = ("role", "signer", "verdict", "opinion", "at")
VERDICTS: Final = {
    "open": T("open", zh="待签"), "approved": T("approved", zh="同意"), "rejected": T("rejected", zh="驳回"),
}  # fmt: skip
LINE_KINDS: Final = {
    "account_fee": T("account fee", zh="开户奖励"),
    "commission_share": T("commission share", zh="佣金分成"),
    "adjustment": T("adjustment", zh="调整"),
}


def _signatures(case: Case) -> list[dict[str, Any]]:
    """Return the signatures of the order's newest request."""
    table = table_of(RequestRow)
    request = case.tx.one(RequestRow, table.c.order_id == case.order_id, order_by=[table.c.id.desc()])
    titles = {role.key: role.title for role in ROLES}
    found = []
    for slot in all_slots(case.tx, request) if request is not None else ():
        signer = case.tx.get(Staff, slot.signed_by) if slot.signed_by is not None else None
        found.append(
            {
                "role": titles.get(slot.role or "", plain(slot.role or "")),
                "signer": signer.name if signer is not None else "",
                "verdict": VERDICTS.get(slot.verdict, plain(slot.verdict)),
                "opinion": slot.opinion,
                "at": slot.at,
            }
        )
    return found


def _typed(case: Case, action: str) -> Mapping[str, Any]:
    """Return what was typed when an action was last done, nothing when it was not."""
    done = case.done(action)
    return done[-1].form if done else {}


def _ppm(rate: int | None) -> str:
    return "-" if rate is None else f"{rate} ppm"


def _words(names: list[str]) -> str:
    return "、".join(names) or "-"


# -- opening, closing --------------------------------------------------------------------------------------------


def _opening_set(case: Case, form: Any) -> Mapping[str, Any]:
    row, client = case.own(BrokerOpening), file_of(case.tx, case.order.customer_id)
    verifier = case.tx.get(Staff, row.verifier_id) if row.verifier_id is not None else None
    return {
        "applicant": case.customer.name,
        "identity": _identity(client),
        "accounts": row.account_no or "-",
        "custody_bank": row.custody_bank or "-",
        "entry_product": row.entry_product or "-",
        "agreements": [{"name": name} for name in row.agreements],
        "rate": _ppm(row.rate),
        "risk_disclosure": YES_NO[bool(getattr(form, "risk_disclosure", True))],
        "verifier": verifier.name if verifier is not None else "-",
    }


def _identity(client: BrokerClient | None) -> str:
    return f"{client.id_type or '-'} {tail(client.id_last4)}" if client is not None else "-"


def _closing_form(case: Case, form: Any) -> Mapping[str, Any]:
    from serviceflow_brokerage.flows.closing import CONDITIONS, KINDS

    row = case.own(BrokerClosing)
    account = case.tx.need(BrokerAccount, row.account_id)
    checked = bool(case.done("check"))
    return {
        "client": case.customer.name,
        "account": tail(account.account_no),
        "kind": KINDS[row.kind],
        "reason": row.reason,
        "requested_on": case.day(case.order.opened_at),
        "closed_on": account.closed_on or "",
        "checks": [
            {"name": title, "met": YES_NO[name not in row.open_items] if checked else ""}
            for name, title in CONDITIONS.items()
        ],
    }


# -- suitability -------------------------------------------------------------------------------------------------


def risk_facts(name: str, made: BrokerRiskAssessment) -> Mapping[str, Any]:
    """Return what the client is told of an assessment."""
    return {
        "client": name,
        "score": made.score,
        "level": f"C{made.level}",
        "lowest": YES_NO[made.lowest],
        "kinds": _words(made.kinds),
        "term": made.max_term_days,
        "valid_from": made.assessed_on,
        "valid_to": made.expires_on - timedelta(days=1),
    }


def issue_risk_result(shop: Shop, tx: Tx, made: BrokerRiskAssessment) -> None:
    """Issue the notice of an assessment's result to its client."""
    trade, customer = shop.plugins.trade("brokerage"), tx.need(Customer, made.customer_id)
    facts = risk_facts(customer.name, made)
    issue_document(shop, tx, trade, trade.document("risk-result"), facts, customer=customer)


def _match_opinion(case: Case, form: Any) -> Mapping[str, Any]:
    from serviceflow_brokerage.flows.suitability import product_of, run_check

    row, product = case.own(BrokerSuitability), product_of(case)
    return {
        **_product(product),
        "client": case.customer.name,
        "level": _level(run_check(case).level),
        "amount": yuan(row.amount),
        "result": T("fits", zh="匹配"),
        "checked_at": row.checked_at,
    }


def _product(product: BrokerProduct) -> dict[str, Any]:
    term = T("{n} days", zh="{n} 天").of(n=product.term_days) if product.term_days is not None else "-"
    return {"product": product.name, "r_level": f"R{product.r_level}", "term": term, "kind": product.invest_class}


def _level(level: int | None) -> str:
    return f"C{level}" if level is not None else "-"


def _warning_letter(case: Case, form: Any) -> Mapping[str, Any]:
    from serviceflow_brokerage.flows.suitability import product_of

    row, product = case.own(BrokerSuitability), product_of(case)
    assert row.issued_at is not None
    asked, signed = _typed(case, "client-insists"), _typed(case, "sign-letter")
    return {
        **_product(product),
        "letter_no": row.letter_no or "",
        "client": case.customer.name,
        "level": _level(row.letter_level),
        "r_level": f"R{row.letter_r_level}",
        "items": listed(ITEMS[item] for item in row.letter_items),
        "amount": yuan(row.amount),
        "request": asked.get("statement_ref") or getattr(form, "statement_ref", ""),
        "issued_at": row.issued_at,
        "sign_from": row.issued_at + timedelta(hours=case.number("broker.consider_hours")),
        "sign_to": case.day(row.issued_at) + timedelta(days=case.number("broker.letter_valid_days")),
        "signed_at": signed.get("signed_at") or "",
        "recording": signed.get("recording_ref") or signed.get("e_confirm_ref") or "",
        "witness": signed.get("witness") or "",
        "approvals": _signatures(case),
    }


# -- rates, plans ------------------------------------------------------------------------------------------------


def _rate_sheet(case: Case, form: Any) -> Mapping[str, Any]:
    row = case.own(BrokerRateOffer)
    account = case.tx.need(BrokerAccount, row.account_id)
    turnover = figures(case.tx, row.customer_id, case.today, case.setting).get("turnover_365")
    cost = None if turnover is None else turnover * row.rate // 1_000_000
    saving = None if turnover is None else turnover * (row.old_rate - row.rate) // 1_000_000
    return {
        "client": case.customer.name,
        "account": tail(account.account_no),
        "old_rate": _ppm(row.old_rate),
        "new_rate": _ppm(row.rate),
        "yearly_cost": yuan(cost),
        "saving": yuan(saving),
        "committed_assets": yuan(row.committed_assets),
        "committed_turnover": yuan(row.committed_turnover_90d),
        "reason": row.reason,
        "months": row.months,
        "effective_on": row.effective_on or "",
        "expires_on": row.expires_on or "",
        "approvals": _signatures(case),
    }


def _plan_paper(case: Case, form: Any) -> Mapping[str, Any]:
    row, client = case.own(BrokerPersonalPlan), file_of(case.tx, case.order.customer_id)
    means = figures(case.tx, row.customer_id, case.today, case.setting).get("assets_now")
    author = case.tx.get(Staff, row.author_id) if row.author_id is not None else None
    declared = client.declared_wealth if client is not None else None
    return {
        "client": case.customer.name,
        "background": (client.family_note if client is not None else None) or "-",
        "preferences": _words(client.pref_kinds if client is not None else []),
        "means": yuan(declared if means is None else means),
        "goal": row.goal,
        "amount": yuan(row.amount),
        "horizon": row.horizon_days,
        "level": _level(row.level),
        "author": author.name if author is not None else "-",
        "review_on": case.today + timedelta(days=case.number("broker.plan_review_days")),
        "lines": [
            {
                "product": line["product"],
                "r_level": f"R{line['r_level']}",
                "kind": line["invest_class"],
                "term": line.get("term_days") or "",
                "weight": share(line["weight"]),
            }
            for line in row.lines
        ],
    }


# -- partners ----------------------------------------------------------------------------------------------------


def _partner_sheet(case: Case, form: Any) -> Mapping[str, Any]:
    from serviceflow_brokerage.flows.agreement import MODELS, Diligence

    row = case.own(BrokerPartnerContract)
    said = _typed(case, "complete")
    checks = [
        {"name": field.title, "met": YES_NO[bool(said.get(name, getattr(form, name, False)))]}
        for name, field in Diligence.fields.items()
    ]
    return {
        "partner": case.customer.name,
        "model": MODELS[row.model],
        "start": row.start or "",
        "end_on": row.end_on or "",
        "regions": _words(row.regions),
        "per_account": yuan(row.per_account_fen),
        "min_assets": yuan(row.min_assets),
        "within_days": row.within_days or "-",
        "share": share(row.share) if row.share is not None else "-",
        "share_months": row.share_months or "-",
        "bundle_note": row.bundle_note or "-",
        "bundle_rate": _ppm(row.bundle_rate),
        "checks": checks,
        "approvals": _signatures(case),
    }


def statement_facts(tx: Tx, statement: BrokerStatement, partner: str) -> dict[str, Any]:
    """Return a settlement line by line; clients are shortened where the paper leaves the house."""
    table = table_of(BrokerStatementLine)
    stated = tx.all(BrokerStatementLine, table.c.order_id == statement.order_id, order_by=[table.c.id])
    lines = []
    for line in stated:
        client = tx.need(BrokerClient, line.customer_id)
        lines.append(
            {
                "client": tx.need(Customer, line.customer_id).name,
                "client_no": tail(client.client_no),
                "kind": LINE_KINDS[line.kind],
                "about": line.about.isoformat()[:7],
                "base": yuan(line.base) if line.kind == "commission_share" else "",
                "amount": yuan(line.amount),
            }
        )
    return {
        "partner": partner,
        "month": statement.month.isoformat()[:7],
        "month_last": month_end(statement.month),
        "lines": lines,
        "adjustments": yuan(sum(line.amount for line in stated if line.kind == "adjustment")),
        "carried_in": yuan(statement.carried_in),
        "total": yuan(statement.total),
        "payable": yuan(statement.payable),
        "carried_out": yuan(statement.carried_out),
    }


def _statement(case: Case, form: Any) -> Mapping[str, Any]:
    return statement_facts(case.tx, case.own(BrokerStatement), case.customer.name)


# -- the client file ---------------------------------------------------------------------------------------------


def client_file(shop: Shop, tx: Tx, client: BrokerClient) -> dict[str, Any]:
    """Return what the branch knows of a client on one paper; numbers show their last four characters."""
    key = client.customer_id
    state, needs = tx.get(BrokerSegmentState, key), table_of(BrokerNeed)
    assessment = assessment_at(tx, key, shop.local_day(tx.now))
    spoken, alerts, offers = table_of(Interaction), table_of(BrokerAlert), table_of(BrokerRateOffer)
    accounts = accounts_of(tx, key)
    numbers = {a.id: tail(a.account_no) for a in accounts}
    return {
        "client": tx.need(Customer, key).name,
        "client_no": tail(client.client_no),
        "status": client.status,
        "opened_on": client.opened_on or "",
        "segment": state.segment if state is not None else "-",
        "rfm": f"{state.r}-{state.f}-{state.m}" if state is not None else "-",
        "value": state.value_score if state is not None else "-",
        "risk": f"C{assessment.level} → {assessment.expires_on}" if assessment is not None else "-",
        "accounts": [
            {"number": numbers[a.id], "kind": a.kind, "state": a.status, "rate": _ppm(a.rate)}
            for a in accounts
        ],
        "needs": [{"text": n.text, "state": n.state} for n in tx.all(BrokerNeed, needs.c.customer_id == key)],
        "subscriptions": [
            {"topic": s.topic, "origin": s.origin, "state": s.state} for s in topics.subscriptions(tx, key)
        ],
        "interactions": [
            {"at": i.at, "channel": i.channel, "summary": i.summary}
            for i in tx.all(Interaction, spoken.c.customer_id == key, order_by=[spoken.c.at.desc()])[:LATEST]
        ],
        "alerts": [
            {"rule": a.rule, "on": a.raised_on, "cleared": a.cleared_on or ""}
            for a in tx.all(BrokerAlert, alerts.c.customer_id == key, order_by=[alerts.c.id.desc()])[:LATEST]
        ],
        "offers": [
            {"account": numbers.get(o.account_id, "-"), "rate": _ppm(o.rate), "until": o.expires_on or "",
             "state": o.state}
            for o in tx.all(BrokerRateOffer, offers.c.customer_id == key)
        ],
    }  # fmt: skip


# -- declared ----------------------------------------------------------------------------------------------------


def _document(
    key: str,
    title: T,
    series: str | None,
    facts: Callable[[Case, Any], Mapping[str, Any]] | None,
    fields: str,
    lists: Mapping[str, tuple[str, ...]] | None = None,
    **more: Any,
) -> Document:
    columns = [name for key_, inner in (lists or {}).items() for name in (key_, *(f"{key_}.{n}" for n in inner))]
    return Document(
        key, title, f"serviceflow_brokerage:printed/{key}.html", (*fields.split(), *columns), facts, series=series,
        versions=facts is not None, **more,
    )  # fmt: skip


DOCUMENTS: Final = (
    _document(
        "opening-set", T("Account opening application and agreements", zh="开户申请与协议包"), "KH-{year}-{n:05}",
        _opening_set,
        "applicant identity accounts custody_bank entry_product rate risk_disclosure verifier",
        {"agreements": ("name",)}, audience="customer", copies=2,
    ),
    _document(
        "risk-result", T("Result of the risk assessment", zh="风险测评结果告知"), "CP-{year}-{n:05}", None,
        "client score level lowest kinds term valid_from valid_to", audience="customer", paper="A5",
    ),
    _document(
        "match-opinion", T("Suitability match and confirmation", zh="适当性匹配意见确认书"), "PP-{year}-{n:05}",
        _match_opinion, "client level product r_level term kind amount result checked_at", audience="customer",
    ),
    _document(
        "risk-warning-letter", T("Risk warning and investor's confirmation", zh="风险警示及投资者确认书"), None,
        _warning_letter,
        "letter_no client level product r_level term kind items amount request issued_at sign_from sign_to signed_at "
        "recording witness",
        {"approvals": SIGNATURES}, audience="customer",
    ),
    _document(
        "rate-sheet", T("Commission rate approval", zh="佣金调整审批单"), "YJ-{year}-{n:05}", _rate_sheet,
        "client account old_rate new_rate yearly_cost saving committed_assets committed_turnover reason months "
        "effective_on expires_on",
        {"approvals": SIGNATURES},
    ),
    _document(
        "partner-sheet", T("Cooperation approval", zh="合作审批单"), "HZ-{year}-{n:04}", _partner_sheet,
        "partner model start end_on regions per_account min_assets within_days share share_months bundle_note "
        "bundle_rate",
        {"checks": ("name", "met"), "approvals": SIGNATURES},
    ),
    _document(
        "partner-statement", T("Partner settlement", zh="渠道结算单"), "JS-{year}-{n:05}", _statement,
        "partner month month_last adjustments carried_in total payable carried_out",
        {"lines": ("client", "client_no", "kind", "about", "base", "amount")}, audience="outsider",
        masks={"lines.client": "name"},
    ),
    _document(
        "personal-plan", T("Personal investment plan", zh="个人投资计划书"), "JH-{year}-{n:05}", _plan_paper,
        "client background preferences means goal amount horizon level author review_on",
        {"lines": ("product", "r_level", "kind", "term", "weight")}, audience="customer",
    ),
    _document(
        "closing-form", T("Closing or transfer application", zh="销户/转出申请"), "XH-{year}-{n:05}", _closing_form,
        "client account kind reason requested_on closed_on", {"checks": ("name", "met")}, audience="customer",
        paper="A5",
    ),
    _document(
        "selfcheck", T("Suitability self-check", zh="适当性自查报告"), None, None, "first last",
        {"figures": ("name", "value")},
    ),
    _document(
        "client-file", T("Client file", zh="客户档案"), None, None,
        "client client_no status opened_on segment rfm value risk",
        {
            "accounts": ("number", "kind", "state", "rate"), "needs": ("text", "state"),
            "subscriptions": ("topic", "origin", "state"), "interactions": ("at", "channel", "summary"),
            "alerts": ("rule", "on", "cleared"), "offers": ("account", "rate", "until", "state"),
        },
    ),
)  # fmt: skip
