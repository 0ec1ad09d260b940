"""Which customers a message must not reach: do-not-contact, opt-outs, missing consent. Asked when a message is
planned and again in the transaction that hands it over."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from serviceflow.flow.effects import Purpose
from serviceflow.store.prepared import Prepared
from serviceflow.store.tables import Consent, Customer
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T

NO_MARKETING = "no-marketing"
"""Tag of customers who want no marketing, whatever the channel."""


_CONSENTS = table_of(Consent)
_NEWEST = Prepared(
    select(_CONSENTS.c.given)
    .where(
        _CONSENTS.c.customer_id == bindparam("customer"),
        (_CONSENTS.c.purpose == bindparam("purpose")) | (_CONSENTS.c.purpose == "*"),
        (_CONSENTS.c.channel == bindparam("channel")) | (_CONSENTS.c.channel == "*"),
    )
    .order_by(_CONSENTS.c.at.desc(), _CONSENTS.c.id.desc())
    .limit(1),
    [_CONSENTS.c.given],
)


def newest_consent(tx: Tx, customer_id: int | None, purpose: str, channel: str) -> bool | None:
    """Return what the newest consent event says for a purpose and channel; ``*`` speaks for all of either."""
    found = _NEWEST.rows(tx.line, {"customer": customer_id, "purpose": purpose, "channel": channel})
    return found[0]["given"] if found else None


def withheld(
    tx: Tx, customer: Customer, purpose: Purpose | str, channel: str, *, opt_out: bool = False
) -> tuple[str, T] | None:
    """Return why a message of this purpose may not go to a customer, as (ref, sentence), or ``None``.

    Marketing needs consent beforehand unless its template obeys opt-outs only (``opt_out``).

    Source: core.md section 4; capabilities.md row 38 and section 4 rows 20 to 22.
    """
    if purpose == "safety":
        return None
    if customer.do_not_contact and purpose != "notice":
        return "core.do-not-contact", T("do not contact", zh="请勿联系")
    if purpose == "notice":
        return None
    said = newest_consent(tx, customer.id, purpose, channel)
    if said is False:
        return f"{purpose}.opt-out", T("opted out of {purpose}", zh="已退订{purpose}").of(purpose=purpose)
    if purpose == "marketing":
        if NO_MARKETING in customer.tags:
            return "marketing.tag", T("wants no marketing", zh="不接受营销")
        if said is None and not opt_out:
            return "marketing.no-consent", T("no consent to marketing", zh="未同意接收营销")
    return None
