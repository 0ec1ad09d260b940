"""What the sales centre knows of a customer: grade, pipeline stage, fan stage, protection. Source: realestate.md 3."""

from __future__ import annotations

from datetime import date, timedelta

from serviceflow.api import Case, Contact, Interaction, Order, T, Tx, normalise_phone, table_of

from serviceflow_realestate.tables import ReLeadProfile

STAGE_TITLES = {
    "awareness": T("Awareness", zh="认知"),
    "consideration": T("Consideration", zh="考虑"),
    "purchase": T("Purchase", zh="购买"),
    "use": T("Use", zh="使用"),
    "opinion": T("Opinion", zh="意见"),
    "word-of-mouth": T("Word of mouth", zh="口碑"),
}
STAGES = tuple(STAGE_TITLES)
FAN_STAGES = ("acquire", "nurture", "trade")
NOT_EFFECTIVE = ("no-answer", "switched-off", "invalid-number")


def profile_of(tx: Tx, customer_id: int, first: date | None = None) -> ReLeadProfile:
    """Return the profile of a customer, made on the first contact."""
    found = tx.get(ReLeadProfile, customer_id)
    return found or tx.add(ReLeadProfile(customer_id=customer_id, first_contact_on=first))


def my_profile(case: Case) -> ReLeadProfile:
    """Return the profile of an order's customer."""
    assert case.order.customer_id is not None
    return profile_of(case.tx, case.order.customer_id, case.today)


def advance(case: Case, stage: str) -> None:
    """Move the pipeline stage forward, never back."""
    mine = my_profile(case)
    if STAGES.index(stage) > STAGES.index(mine.stage):
        case.tx.change(mine, stage=stage)


def set_stage(case: Case, stage: str) -> None:
    """Set the pipeline stage, back too: the manager has a reason."""
    case.tx.change(my_profile(case), stage=stage)


def referred(case: Case, phone: str) -> None:
    """Note that a visitor was sent by another customer, whose word of mouth it is."""
    contacts = table_of(Contact)
    key = normalise_phone(phone).key or phone
    known = case.tx.one(Contact, contacts.c.kind == "phone", contacts.c.value == key)
    if known is None or known.customer_id == case.order.customer_id:
        return
    mine = profile_of(case.tx, known.customer_id, case.today)
    case.tx.change(mine, stage="word-of-mouth")


def trading(case: Case) -> None:
    """A subscription is open: the customer trades."""
    case.tx.change(my_profile(case), fan_stage="trade")


def contacted(case: Case, *, effective: bool, grade: str | None = None) -> None:
    """Note a contact: grade, protection after an effective one, fan stage after several inbound ones."""
    mine = my_profile(case)
    if grade is not None:
        case.tx.change(mine, grade=grade)
    if effective:
        until = case.today + timedelta(days=case.number("realestate.owner_protect_days"))
        case.tx.change(mine, protected_until=until)
        lead = case if case.order.flow == "re-lead" else _open_order(case, "re-lead")
        if lead is not None:
            lead.set_anchor("protected_on", until)
    if mine.fan_stage == "acquire":
        since = case.now - timedelta(days=case.number("realestate.fan_window_days"))
        table = table_of(Interaction)
        inbound = case.tx.all(
            Interaction,
            table.c.customer_id == case.order.customer_id,
            table.c.at >= since,
            table.c.outward.is_(False),
            table.c.channel != "note",
        )
        if len(inbound) >= case.number("realestate.fan_nurture_inbound"):
            case.tx.change(mine, fan_stage="nurture")


def _open_order(case: Case, flow: str) -> Case | None:
    """Return the customer's open order of a flow."""
    table = table_of(Order)
    found = case.tx.one(
        Order,
        table.c.flow == flow,
        table.c.customer_id == case.order.customer_id,
        table.c.closed_at.is_(None),
    )
    return case.again(order=found) if found is not None else None


def start_cadence(case: Case) -> None:
    """Start the cadence of a new customer; there is one at most, ever open at a time."""
    table = table_of(Order)
    if case.order.customer_id is None or case.tx.one(
        Order, table.c.flow == "re-nurture", table.c.customer_id == case.order.customer_id
    ):
        return
    case.open_other("re-nurture", case.order.customer_id, {})


def entrust(case: Case, agent: int | None) -> None:
    """Give a customer with his lead and his cadence to an agent, or back to the sales centre."""
    case.change(owner_id=agent)
    case.tx.change(case.customer, owner_id=agent)
    found = _open_order(case, "re-nurture")
    if found is not None:
        found.change(owner_id=agent)


def end_cadence(case: Case, action: str) -> None:
    """Let the open cadence end: ``convert`` when the customer buys, ``opt-out`` when he wants no contact."""
    found = _open_order(case, "re-nurture")
    if found is not None:
        found.act(action)


def recently_contacted(case: Case, day: date) -> bool:
    """Return whether an effective contact lies within the days before a touch."""
    first = day - timedelta(days=case.number("realestate.touch_skip_recent_days"))
    table = table_of(Interaction)
    found = case.tx.all(Interaction, table.c.customer_id == case.order.customer_id)
    return any(first <= case.day(i.at) < day and i.channel != "note" and i.outcome not in NOT_EFFECTIVE for i in found)
