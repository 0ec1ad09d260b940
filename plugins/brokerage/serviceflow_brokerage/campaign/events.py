"""What happens with the members of a campaign: what they did, what staff answered, who wants no more.

Source: brokerage.md section 5.7.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from serviceflow.api import Customer, Shop, T, TaskRow, Tx, plain, set_consent, table_of

from serviceflow_brokerage.campaign.life import questions_of, withhold, wrong
from serviceflow_brokerage.campaign.members import purpose_of
from serviceflow_brokerage.people import change_file, file_of
from serviceflow_brokerage.refusals import refused
from serviceflow_brokerage.roles import SM
from serviceflow_brokerage.tables.contact import BrokerCampaign, BrokerCampaignEvent, BrokerCampaignMember

KINDS: Final = (
    "sent", "delivered", "opened", "play", "click", "reply", "ask", "answer", "register", "staff_response", "opt_out",
    "convert",
)  # fmt: skip
INBOUND: Final = ("play", "click", "reply", "ask", "answer", "register")
STOP: Final = ("T", "TD", "退订")
ANSWER: Final = "brokerage:campaign-reply"
OPTED_OUT: Final = T("the client has opted out", zh="客户已退订")


def member_of(tx: Tx, campaign: BrokerCampaign, customer_id: int) -> BrokerCampaignMember:
    """Return a client's place in a campaign.

    Raises:
        Refused: The client has none.
    """
    table = table_of(BrokerCampaignMember)
    found = tx.one(BrokerCampaignMember, table.c.campaign == campaign.code, table.c.customer_id == customer_id)
    if found is None or found.status == "excluded":
        name = tx.need(Customer, customer_id).name
        raise refused("campaign-no-member", name=name, code=campaign.code)
    return found


def record(
    shop: Shop, tx: Tx, campaign: BrokerCampaign, customer_id: int, kind: str, at: datetime, content: str = "",
    *, external_id: str | None = None, question: str = "",
) -> BrokerCampaignEvent | None:  # fmt: skip
    """Write down an event of a member; ``None`` when its external id is known already.

    A reply that says stop is an opt-out; a reply or a question makes a task for the owner; an answer to a question of
    a survey updates the client file where the question says so.

    Raises:
        BadInput: There is no such kind, question or option, or the moment has not come.
        Refused: The client is no member.
    """
    if kind not in KINDS:
        raise wrong(
            T("There is no event {kind}.", zh="没有事件 {kind}。").of(kind=kind),
            T("There are: {there}", zh="可用: {there}").of(there=", ".join(KINDS)),
        )
    if at > tx.now:
        raise wrong(T("That moment has not come.", zh="该时间尚未到。"), plain('--at "2026-03-10 10:42"'))
    events = table_of(BrokerCampaignEvent)
    if external_id is not None and tx.one(BrokerCampaignEvent, events.c.external_id == external_id) is not None:
        return None
    member = member_of(tx, campaign, customer_id)
    assert member.id is not None
    if kind == "reply" and content.strip().upper() in STOP:
        kind = "opt_out"
    made = tx.add(
        BrokerCampaignEvent(member_id=member.id, kind=kind, at=at, content=content, external_id=external_id or None)
    )
    match kind:
        case "reply" | "ask":
            _task(shop, tx, campaign, customer_id, at)
        case "staff_response":
            _answered(tx, campaign, customer_id)
        case "opt_out":
            _opt_out(tx, campaign, member)
        case "answer":
            _answer(shop, tx, campaign, customer_id, question, content, at)
        case _:
            pass
    return made


def _task(shop: Shop, tx: Tx, campaign: BrokerCampaign, customer_id: int, at: datetime) -> None:
    customer = tx.need(Customer, customer_id)
    title = T("Answer {name}: campaign {code}", zh="答复 {name}: 活动 {code}").of(
        name=customer.name, code=campaign.code
    )
    tx.add(
        TaskRow(
            rule=ANSWER, subject=campaign.code, title_en=title.to("en"), title_zh=title.to("zh"),
            due_at=at + timedelta(hours=shop.setting("broker.campaign_reply_hours")), assignee_id=customer.owner_id,
            role=None if customer.owner_id else SM, customer_id=customer_id, made_at=tx.now, stays=True,
        )
    )  # fmt: skip


def _answered(tx: Tx, campaign: BrokerCampaign, customer_id: int) -> None:
    tasks = table_of(TaskRow)
    for task in tx.all(
        TaskRow, tasks.c.rule == ANSWER, tasks.c.customer_id == customer_id, tasks.c.state == "open",
        tasks.c.subject == campaign.code,
    ):  # fmt: skip
        tx.change(task, state="done", done_at=tx.now, done_by=tx.staff_id, result="staff_response")


def _opt_out(tx: Tx, campaign: BrokerCampaign, member: BrokerCampaignMember) -> None:
    customer = tx.need(Customer, member.customer_id)
    evidence = f"campaign {campaign.code}"
    set_consent(tx, customer, purpose_of(campaign), False, channel=member.channel or "*", evidence=evidence)
    withhold(tx, campaign.code, OPTED_OUT, member.customer_id)


def _answer(
    shop: Shop, tx: Tx, campaign: BrokerCampaign, customer_id: int, key: str, option: str, at: datetime
) -> None:
    asked = {q.key: q for q in questions_of(tx, campaign.code)}
    if not asked and not key:
        return
    question = asked.get(key)
    if question is None:
        raise wrong(
            T("There is no question {key}.", zh="没有问题 {key}。").of(key=key or "-"),
            T("There are: {there}", zh="可用: {there}").of(there=", ".join(asked) or "-"),
        )
    if question.options and option not in question.options:
        raise wrong(
            T("“{option}” is no option of {key}.", zh="“{option}”不是 {key} 的选项。").of(option=option, key=key),
            T("There are: {there}", zh="可用: {there}").of(there=", ".join(question.options)),
        )
    client = file_of(tx, customer_id)
    if question.profile_field is None or client is None:
        return
    watched = shop.setting("broker.watch_profile_fields")
    columns: dict[str, Any] = {question.profile_field: option}
    change_file(tx, client, [*watched, question.profile_field], at, **columns)
