"""The life of a campaign: drafted, submitted, signed by others, running, closed, evaluated.

Source: brokerage.md section 5.7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from serviceflow.api import BadInput, MessageRow, Shop, T, TaskRow, Tx, listed, plain, roles_of, table_of
from sqlalchemy import func, select

from serviceflow_brokerage.campaign import members
from serviceflow_brokerage.duties import need_role, second_person
from serviceflow_brokerage.limits import due_in
from serviceflow_brokerage.reach import CONTACTS, send
from serviceflow_brokerage.refusals import not_possible, refused, there_are
from serviceflow_brokerage.roles import BM, CM, CO
from serviceflow_brokerage.segment.fields import FIELDS
from serviceflow_brokerage.tables.contact import BrokerCampaign, BrokerCampaignMember, BrokerSurveyQuestion
from serviceflow_brokerage.tables.products import BrokerProduct
from serviceflow_brokerage.unsent import UNSENT, take_back

KINDS: Final = {
    "acquisition": T("acquisition", zh="获客"),
    "activation": T("activation", zh="激活"),
    "education": T("education", zh="投教"),
    "survey": T("survey", zh="调查"),
    "cross_sell": T("cross-selling", zh="交叉销售"),
}
FEEDBACK: Final = ("reply", "link", "hotline", "interactive_page", "survey")
GOALS: Final = ("open_account", "trade", "deposit", "subscribe", "survey")
STATES: Final = {
    "draft": T("draft", zh="草稿"),
    "submitted": T("submitted", zh="已提交"),
    "approved": T("approved", zh="已批准"),
    "running": T("running", zh="进行中"),
    "closed": T("closed", zh="已结束"),
    "evaluated": T("evaluated", zh="已评估"),
    "cancelled": T("cancelled", zh="已取消"),
}
ANSWERED: Final = ("education", "income", "occupation", "pref_channel", "service_mode_declared", "time_input_declared")
"""Fields of the client file that answers may fill."""
_CHECKED: Final = ("kind", "goal", "channels", "feedback", "start", "end", "control_pct", "goal_amount", "product")
APPROVE: Final = "brokerage:campaign-approve"
CANCELLED: Final = T("the campaign is cancelled", zh="活动已取消")
RETURNED: Final = T("returned to its author", zh="已退回作者")


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a survey; ``profile_field`` is the field of the client file that an answer updates."""

    key: str
    text: str
    options: Sequence[str] = ()
    profile_field: str | None = None


def campaign_of(tx: Tx, code: str) -> BrokerCampaign:
    """Return a campaign.

    Raises:
        Refused: There is none of that code.
    """
    found = tx.get(BrokerCampaign, code)
    if found is None:
        raise refused(
            "unknown", plain("flow broker campaign list"), what=T("campaign", zh="活动"), id=code,
        )  # fmt: skip
    return found


def draft(
    shop: Shop, tx: Tx, code: str, name: str, questions: Sequence[Question] = (), **columns: Any
) -> BrokerCampaign:
    """Draft a campaign; ``columns`` are those of `BrokerCampaign`.

    Raises:
        BadInput: A value is none of those there are, or days and shares do not go together.
        Refused: The actor is no campaign manager.
    """
    author = need_role(shop, tx, T("Draft a campaign", zh="新建活动"), CM)
    if tx.get(BrokerCampaign, code) is not None:
        raise wrong(T("There is a campaign {code} already.", zh="已有活动 {code}。").of(code=code))
    _check(shop, tx, columns, questions)
    last = tx.scalar(select(func.coalesce(func.max(table_of(BrokerCampaign).c.campaign_seq), 0)))
    made = tx.add(BrokerCampaign(code=code, campaign_seq=int(last) + 1, name=name, author_id=author, **columns))
    for question in questions:
        tx.add(
            BrokerSurveyQuestion(
                campaign=code, key=question.key, text=question.text, options=list(question.options),
                profile_field=question.profile_field,
            )
        )  # fmt: skip
    return made


def wrong(sentence: T, way_out: T | None = None) -> BadInput:
    """Return what is said of a value that cannot be."""
    return BadInput(sentence, way_out or plain("flow broker campaign new --help"), ref="broker.campaign")


def _check(shop: Shop, tx: Tx, columns: Mapping[str, Any], questions: Sequence[Question]) -> None:
    for name, allowed in (("kind", tuple(KINDS)), ("goal", GOALS)):
        _one_of(columns[name], allowed)
    for name, allowed in (("channels", tuple(CONTACTS)), ("feedback", FEEDBACK)):
        for value in columns[name]:
            _one_of(value, allowed)
    if not columns["channels"]:
        raise wrong(T("A campaign needs a channel.", zh="活动须有渠道。"))
    if columns["end"] < columns["start"]:
        raise wrong(T("The end lies before the start.", zh="结束日期早于开始日期。"))
    most = shop.setting("broker.campaign_control_max_pct")
    if not 0 <= columns["control_pct"] <= most:
        raise wrong(T("The control group may be 0 to {most} %.", zh="对照组须为 0 至 {most}%。").of(most=most))
    if (columns["goal"] == "deposit") != (columns.get("goal_amount") is not None):
        raise wrong(T("An amount belongs to goal deposit.", zh="目标 deposit 须写金额, 其他目标不写。"))
    for question in questions:
        _check_question(question)
    product = columns.get("product")
    if product is not None and tx.get(BrokerProduct, product) is None:
        raise refused("unknown", plain("flow broker import products FILE"), what=T("product", zh="产品"), id=product)


def _check_question(question: Question) -> None:
    if question.profile_field is None:
        return
    _one_of(question.profile_field, ANSWERED)
    words = FIELDS[question.profile_field].words
    for option in question.options:
        if words:
            _one_of(option, words)


def _one_of(value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise wrong(not_possible(value), there_are(allowed))


def revise(shop: Shop, tx: Tx, campaign: BrokerCampaign, changes: Mapping[str, Any]) -> None:
    """Change a draft.

    Raises:
        BadInput: As `draft`.
        Refused: It is no draft any more, or the actor is no campaign manager.
    """
    need_role(shop, tx, T("Change a campaign", zh="修改活动"), CM)
    _in(campaign, "draft")
    known = {name: getattr(campaign, name) for name in _CHECKED}
    _check(shop, tx, {**known, **changes}, ())
    tx.change(campaign, **changes)


def submit(shop: Shop, tx: Tx, campaign: BrokerCampaign) -> None:
    """Hand a draft in for approval; who signs gets a task.

    Raises:
        Refused: ``campaign-no-feedback``, or it is no draft.
    """
    need_role(shop, tx, T("Submit a campaign", zh="提交活动"), CM)
    _in(campaign, "draft")
    if not campaign.feedback:
        raise refused("campaign-no-feedback", code=campaign.code)
    tx.change(campaign, state="submitted", approvals=[], note="")
    for role in signers(tx, campaign):
        words = T(
            "Approve {name}: flow broker campaign approve {code}", zh="审批 {name}: flow broker campaign approve {code}"
        )
        title = words.of(name=campaign.name, code=campaign.code)
        tx.add(
            TaskRow(
                rule=APPROVE, subject=f"{campaign.code}/{role}", title_en=title.to("en"), title_zh=title.to("zh"),
                due_at=due_in(shop, tx.now, "campaign.approve"), role=role, made_at=tx.now, stays=True,
            )
        )  # fmt: skip


def signers(tx: Tx, campaign: BrokerCampaign) -> list[str]:
    """Return the roles that sign: compliance too where a product with a risk level is named."""
    product = tx.get(BrokerProduct, campaign.product) if campaign.product is not None else None
    return [BM, CO] if product is not None and product.r_level >= 1 else [BM]


def approve(shop: Shop, tx: Tx, campaign: BrokerCampaign) -> list[str]:
    """Sign a campaign for the roles the actor holds; returns the roles that have still to sign.

    Raises:
        Refused: ``four-eyes``, the actor signs for no role that is wanted, or nothing is to be signed.
    """
    wanted = signers(tx, campaign)
    _in(campaign, "submitted")
    need_role(shop, tx, T("Approve a campaign", zh="审批活动"), *wanted)
    second_person(tx, campaign.author_id)
    signed = {role for role, _, _ in campaign.approvals}
    held = roles_of(tx, tx.staff_id)
    mine = [role for role in wanted if role not in signed and role in held]
    left = [role for role in wanted if role not in signed and role not in mine]
    if not mine:
        raise refused(
            "signed-already",
            T("Others sign: {roles}", zh="尚待: {roles}").of(roles=listed(shop.role_title(role) for role in left)),
        )
    marks = [*campaign.approvals, *([role, tx.staff_id, tx.now.isoformat()] for role in mine)]
    tx.change(campaign, approvals=marks, state="submitted" if left else "approved")
    _end_tasks(tx, campaign, mine, None)
    return left


def hand_back(shop: Shop, tx: Tx, campaign: BrokerCampaign, reason: str) -> None:
    """Send a submitted campaign back to its author with a reason.

    Raises:
        Refused: ``four-eyes``, or it was not submitted.
    """
    _in(campaign, "submitted")
    need_role(shop, tx, T("Return a campaign", zh="退回活动"), *signers(tx, campaign))
    second_person(tx, campaign.author_id)
    tx.change(campaign, state="draft", approvals=[], note=reason)
    _end_tasks(tx, campaign, None, RETURNED)


def start(shop: Shop, tx: Tx, campaign: BrokerCampaign) -> list[members.Place]:
    """Freeze who takes part, and plan a message to everybody who is targeted.

    Raises:
        Refused: ``campaign-empty``, not approved, or too early or late for its days.
    """
    need_role(shop, tx, T("Start a campaign", zh="启动活动"), CM)
    _in(campaign, "approved")
    today = shop.local_day(tx.now)
    if today < campaign.start:
        raise refused("too-early", date=campaign.start)
    if today > campaign.end:
        raise refused("too-late", plain("flow broker campaign new --help"))
    found = members.places(shop, tx, campaign, today)
    if all(place.status == "excluded" for place in found):
        raise refused("campaign-empty", code=campaign.code)
    asked = len(questions_of(tx, campaign.code))
    for place in found:
        _join(shop, tx, campaign, place, asked)
        tx.spill()
    tx.change(campaign, state="running", started_on=today)
    return found


def questions_of(tx: Tx, code: str) -> list[BrokerSurveyQuestion]:
    """Return the questions of a survey."""
    return tx.all(BrokerSurveyQuestion, table_of(BrokerSurveyQuestion).c.campaign == code)


def _join(shop: Shop, tx: Tx, campaign: BrokerCampaign, place: members.Place, asked: int) -> None:
    channel, sent = place.way.channel if place.way is not None else "", None
    if place.status == "targeted" and place.way is not None:
        template = "survey" if campaign.kind == "survey" else "campaign"
        facts = {"n": asked, "link": campaign.link} if template == "survey" else {"body": campaign.body}
        sent = send(
            tx, template, members.purpose_of(campaign), place.client.customer_id, place.person, place.way,
            about=f"campaign {campaign.code}", language=shop.setting("core.language"), facts=facts,
        )  # fmt: skip
    tx.add(
        BrokerCampaignMember(
            campaign=campaign.code, customer_id=place.client.customer_id, status=place.status, reason=place.reason,
            channel=channel, message_id=sent.id if sent is not None else None,
        )
    )  # fmt: skip


def close(shop: Shop, tx: Tx, campaign: BrokerCampaign) -> None:
    """End a running campaign by hand before its last day is over."""
    need_role(shop, tx, T("Close a campaign", zh="结束活动"), CM, BM)
    _in(campaign, "running")
    tx.change(campaign, state="closed")


def cancel(shop: Shop, tx: Tx, campaign: BrokerCampaign, reason: str) -> int:
    """Call a campaign off before it is closed; returns how many unsent messages were taken back."""
    need_role(shop, tx, T("Cancel a campaign", zh="取消活动"), CM, BM)
    _in(campaign, "draft", "submitted", "approved", "running")
    tx.change(campaign, state="cancelled", note=reason)
    _end_tasks(tx, campaign, None, CANCELLED)
    return withhold(tx, campaign.code, CANCELLED)


def withhold(tx: Tx, code: str, reason: T, customer_id: int | None = None) -> int:
    """Cancel the unsent messages of a campaign, of one member or of all; returns how many."""
    own, messages = table_of(BrokerCampaignMember), table_of(MessageRow)
    mine = select(own.c.message_id).where(own.c.campaign == code)
    if customer_id is not None:
        mine = mine.where(own.c.customer_id == customer_id)
    unsent = tx.all(MessageRow, messages.c.id.in_(mine), messages.c.state.in_(UNSENT))
    for message in unsent:
        take_back(tx, message, reason)
    return len(unsent)


def advance(shop: Shop, tx: Tx, day: date) -> int:
    """Close and evaluate the campaigns whose days have come; returns how many moved."""
    table = table_of(BrokerCampaign)
    convert = timedelta(days=shop.setting("broker.campaign_convert_days"))
    moved = 0
    for campaign in tx.all(BrokerCampaign, table.c.state.in_(["running", "closed"])):
        state = campaign.state
        if state == "running" and day > campaign.end:
            state = "closed"
        if state == "closed" and day > campaign.end + convert:
            state = "evaluated"
        if state != campaign.state:
            tx.change(campaign, state=state)
            moved += 1
    return moved


def _in(campaign: BrokerCampaign, *states: str) -> None:
    if campaign.state not in states:
        raise refused("campaign-state", code=campaign.code, state=STATES[campaign.state])


def _end_tasks(tx: Tx, campaign: BrokerCampaign, roles: list[str] | None, because: T | None) -> None:
    """End the tasks to sign, of some roles or all: done, or cancelled for a reason."""
    tasks = table_of(TaskRow)
    open_ = tx.all(
        TaskRow, tasks.c.rule == APPROVE, tasks.c.state == "open", tasks.c.subject.startswith(f"{campaign.code}/")
    )
    for task in open_:
        if roles is None or task.subject.partition("/")[2] in roles:
            state = "done" if because is None else "cancelled"
            tx.change(task, state=state, done_at=tx.now, done_by=tx.staff_id, reason=str(because or ""))
