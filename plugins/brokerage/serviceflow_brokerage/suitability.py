"""Whether a product fits a client on a day, levels from scores, retakes. Source: brokerage.md section 5.4."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from serviceflow.api import OrderAction, T, Tx, add_months, table_of

from serviceflow_brokerage.amounts import yuan
from serviceflow_brokerage.people import assessment_at, figures, file_of
from serviceflow_brokerage.refusals import refused
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.tables.products import (
    BrokerProduct,
    BrokerQuestionnaire,
    BrokerRiskAssessment,
    BrokerSuitability,
)

Result = Literal["matched", "mismatched", "refused", "stays"]


@dataclass(frozen=True, slots=True)
class Match:
    """The first decisive result of a check. ``ref``: the refusal or why it stays; ``failing``: risk, term, kind."""

    result: Result
    ref: str = ""
    failing: tuple[str, ...] = ()
    level: int | None = None
    detail: str = ""


def check(
    tx: Tx, get: Callable[[str], Any], customer_id: int, product: BrokerProduct, day: date, *, by_staff: bool = False
) -> Match:
    """Check one product for one client on a day, items 1 to 7 in order."""
    client = file_of(tx, customer_id)
    if product.status != "on_sale":
        return Match("refused", "product-not-on-sale")
    if client is None or client.status != "active":
        return Match("refused", "client-not-active")
    if product.min_assets is not None:
        assets = figures(tx, customer_id, day, get).get("assets_now")
        if not assets_enough(product, assets):
            return Match("refused", "access-not-met", detail=f"{yuan(assets)} < {yuan(product.min_assets)}")
    return fits(tx, client, product.r_level, product.invest_class, product.term_days, day, by_staff=by_staff)


def assets_enough(product: BrokerProduct, assets: int | None) -> bool:
    """Return whether the access condition is met, item 3; it is waived for nobody."""
    return product.min_assets is None or (assets is not None and assets >= product.min_assets)


def fits(
    tx: Tx, client: BrokerClient, r_level: int, invest_class: str, term_days: int | None, day: date, *, by_staff: bool
) -> Match:
    """Check items 4 to 7: level, professional, assessment, and what fails."""
    found = assessment_at(tx, client.customer_id, day)
    return judged(client, found, r_level, invest_class, term_days, day, by_staff=by_staff)


def judged(
    client: BrokerClient, found: BrokerRiskAssessment | None, r_level: int, invest_class: str, term_days: int | None,
    day: date, *, by_staff: bool = False,
) -> Match:  # fmt: skip
    """Say what items 4 to 7 come to for an assessment that counts on the day."""
    if r_level == 0:
        return Match("matched", "plain")
    if is_professional(client, day):
        return Match("matched", "professional")
    if found is None:
        return Match("stays", "risk-missing")
    if day >= found.expires_on:
        return Match("stays", "risk-expired", level=found.level, detail=found.expires_on.isoformat())
    if found.lowest and r_level > 1:
        return Match("refused", "lowest-no-insist", level=found.level)
    failing = [
        name
        for name, wrong in (
            ("risk", r_level > found.level),
            ("term", term_days is not None and term_days > found.max_term_days),
            ("kind", invest_class not in found.kinds),
        )
        if wrong
    ]
    if not failing:
        return Match("matched", level=found.level)
    if by_staff:
        return Match("refused", "active-recommendation", tuple(failing), found.level)
    return Match("mismatched", "", tuple(failing), found.level)


def is_professional(client: BrokerClient, day: date) -> bool:
    """Return whether a client counts as a professional investor on a day."""
    return (
        client.investor_class == "professional"
        and client.professional_until is not None
        and client.professional_until >= day
    )


def level_of(score: int, bands: Sequence[int]) -> int:
    """Return the level of a score; upper ends belong to their band."""
    return next(n for n, end in enumerate(bands, start=1) if score <= end)


def scored(questionnaire: BrokerQuestionnaire, answers: Mapping[str, str]) -> tuple[int, bool]:
    """Return the score of answers (option by question) and whether one of them knocks out.

    Raises:
        Refused: A question is not answered, or with no option of it.
    """
    total, knocked_out = 0, False
    for question in questionnaire.questions:
        option = next((o for o in question["options"] if o["key"] == answers.get(question["key"])), None)
        if option is None:
            what = T("answer to question {key}", zh="题目{key}的选项").of(key=question["key"])
            way_out = T("See them: flow broker risk questions", zh="查看: flow broker risk questions")
            raise refused("unknown", way_out, what=what, id=answers.get(question["key"], "-"))
        total += option["points"]
        knocked_out = knocked_out or option.get("knock_out", False)
    return total, knocked_out


def assess(
    tx: Tx,
    get: Callable[[str], Any],
    customer_id: int,
    score: int,
    *,
    day: date,
    kinds: Sequence[str],
    max_term_days: int,
    knocked_out: bool = False,
    method: str = "onsite",
    questionnaire: int | None = None,
    recording_ref: str | None = None,
) -> BrokerRiskAssessment:
    """Enter an assessment; a raise soon after a mismatch waits for compliance.

    Raises:
        Refused: ``retake-limit``.
    """
    table = table_of(BrokerRiskAssessment)
    earlier = tx.all(BrokerRiskAssessment, table.c.customer_id == customer_id)
    today = sum(a.assessed_on == day for a in earlier)
    year = sum(day - timedelta(days=365) < a.assessed_on <= day for a in earlier)
    if today >= get("broker.risk_retakes_day") or year >= get("broker.risk_retakes_year"):
        raise refused("retake-limit")
    level = 1 if knocked_out else level_of(score, get("broker.risk_bands"))
    before = assessment_at(tx, customer_id, day)
    raised = before is not None and level > before.level
    waits = raised and _failed_lately(tx, get, customer_id, day)
    if not waits and before is not None and before.state == "current":
        tx.change(before, state="superseded")
    return tx.add(
        BrokerRiskAssessment(
            customer_id=customer_id, questionnaire=questionnaire, score=score, level=level, lowest=knocked_out,
            kinds=list(kinds), max_term_days=max_term_days, assessed_on=day,
            expires_on=add_months(day, get("broker.risk_valid_months")), method=method, recording_ref=recording_ref,
            state="pending_review" if waits else "current", by=tx.staff_id,
        )
    )  # fmt: skip


def _failed_lately(tx: Tx, get: Callable[[str], Any], customer_id: int, day: date) -> bool:
    """Return whether an order of the client came to ``mismatched`` or ``refused`` in the days before."""
    zone, since = ZoneInfo(get("core.timezone")), day - timedelta(days=get("broker.level_review_days"))
    orders, actions = table_of(BrokerSuitability), table_of(OrderAction)
    mine = [row.order_id for row in tx.all(BrokerSuitability, orders.c.customer_id == customer_id)]
    reached = tx.all(OrderAction, actions.c.order_id.in_(mine), actions.c.to_step.in_(["mismatched", "refused"]))
    return any(since < a.at.astimezone(zone).date() <= day for a in reached)
