"""Opening an account (开户). Source: brokerage.md section 4.1."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from serviceflow.api import (
    NOW,
    OWNER,
    START,
    STAY,
    Action,
    Case,
    Choose,
    Contact,
    Customer,
    Do,
    Flow,
    Form,
    Guard,
    Issue,
    Message,
    SetAnchor,
    Step,
    T,
    Task,
    Verdict,
    add_contact,
    bdays,
    choice,
    codes,
    day,
    days,
    edit_customer,
    number,
    phone,
    plain,
    table_of,
    text,
    yes_no,
)

from serviceflow_brokerage.flows import common
from serviceflow_brokerage.flows.common import CALLBACK_TRUE, ONCE_A_DAY, TOUCHED, Attempt, Callback, Reason, Stopped
from serviceflow_brokerage.limits import limit, task
from serviceflow_brokerage.partners import active_contract, attribute
from serviceflow_brokerage.people import account_by_no, age_at, assessment_at, client_of, id_hash, tail
from serviceflow_brokerage.refusals import refuse
from serviceflow_brokerage.roles import AG, BM, CO, OP, PM, SM
from serviceflow_brokerage.tables.clients import BrokerAccount, BrokerClient, BrokerNeed
from serviceflow_brokerage.tables.partners import BrokerReferral
from serviceflow_brokerage.tables.products import BrokerOpening
from serviceflow_brokerage.topics import subscribe_plan

KEY: Final = "broker.account-opening"
ORIGINS: Final = {
    "walk_in": T("walk-in", zh="临柜"),
    "online": T("online", zh="线上"),
    "bank": T("bank", zh="银行"),
    "telecom": T("telecom", zh="电信"),
    "campaign": T("campaign", zh="活动"),
    "referral": T("referral", zh="转介绍"),
}
ENTRIES: Final = {
    "online": T("online", zh="网上交易"),
    "bank_link": T("bank link", zh="银证通"),
    "phone": T("phone", zh="电话委托"),
}
ID_TYPES: Final = {
    "id_card": T("identity card", zh="身份证"),
    "passport": T("passport", zh="护照"),
    "other": T("other", zh="其他"),
}
EARLY: Final = ("lead", "contacted", "material", "assessment", "agreement")


class Lead(Form):
    origin: str = choice(T("Origin", zh="来源"), ORIGINS)
    referral: int | None = number(T("Referral", zh="推荐编号"), required=False)
    campaign: str | None = text(T("Campaign", zh="活动"), required=False)
    entry_product: str | None = choice(T("Entry product", zh="入口产品"), ENTRIES, required=False)


class Reached(common.Talk):
    need: str | None = text(T("Need", zh="需要"), required=False)


class Material(Form):
    name: str = text(T("Name", zh="姓名"))
    phone: str = phone(T("Phone", zh="手机"))
    birthday: date = day(T("Birthday", zh="生日"))
    id_type: str = choice(T("Document", zh="证件类型"), ID_TYPES)
    id_no: str = text(T("Number", zh="证件号"))
    id_valid_until: date = day(T("Valid until", zh="有效期至"))
    entry_product: str = choice(T("Entry product", zh="入口产品"), ENTRIES)
    custody_bank: str = text(T("Custody bank", zh="存管银行"))

    def stored(self) -> dict[str, Any]:
        """Return the values as the history keeps them: the document's number never is."""
        return {**super().stored(), "id_no": tail(self.id_no)}


class BankMaterial(Material):
    partner_doc_ref: str = text(T("Partner's reference", zh="银行资料编号"))
    collected_on: date = day(T("Collected on", zh="收集日期"))


class Missing(Form):
    missing: str = text(T("Missing", zh="缺少"))  # type: ignore[assignment]


METHODS: Final = {"onsite": T("on site", zh="现场"), "video": T("video", zh="视频"), "bank": T("bank", zh="银行")}


class Verified(Form):
    method: str = choice(T("Method", zh="方式"), METHODS)
    recording_ref: str | None = text(T("Recording", zh="双录编号"), required=False)
    market_accounts: int = number(T("Accounts in the market", zh="市场账户数"))


class Assessed(Form):
    assessment: int | None = number(T("Assessment", zh="测评编号"), required=False)


class Signed(Form):
    risk_disclosure: bool = yes_no(T("Risk disclosure signed", zh="已签风险揭示书"))
    agreements: list[str] = codes(T("Agreements", zh="协议"))
    custody_bank: str = text(T("Custody bank", zh="存管银行"))
    rate: int = number(T("Rate in ppm", zh="佣金(百万分之)"), most=1_000_000)


REJECTED: Final = {
    "aml": T("money laundering", zh="反洗钱"),
    "blacklist": T("blacklist", zh="黑名单"),
    "other": T("other", zh="其他"),
}


class Rejected(Form):
    reason: str = choice(T("Reason", zh="原因"), REJECTED)


class Opened(Form):
    client_no: str = text(T("Client number", zh="客户号"), longest=20)
    account_no: str = text(T("Account", zh="资金账号"), longest=20)
    opened_on: date = day(T("Opened on", zh="开户日期"))


# -- guards ------------------------------------------------------------------------------------------------


def _no_contract(case: Case, form: Any) -> Verdict:
    row = case.own(BrokerOpening)
    referral = case.tx.get(BrokerReferral, row.referral_id) if row.referral_id is not None else None
    if row.origin != "bank" or referral is None:
        return refuse("no-contract")
    return None if active_contract(case.tx, referral.partner_id, case.today) is not None else refuse("no-contract")


def _age(case: Case, form: Material) -> Verdict:
    least, age = case.number("broker.min_age"), age_at(form.birthday, case.today)
    return refuse("age-under-18", n=least) if age is None or age < least else None


def _id_valid(case: Case, form: Material) -> Verdict:
    return refuse("id-expired") if form.id_valid_until < case.today else None


def _not_yet_client(case: Case, form: Material) -> Verdict:
    table = table_of(BrokerClient)
    hashed = id_hash(case.setting, form.id_type, form.id_no)
    other = case.tx.one(BrokerClient, table.c.id_hash == hashed, table.c.status != "closed")
    if other is None or (other.customer_id == case.order.customer_id and other.status == "prospect"):
        return None
    name = case.tx.need(Customer, other.customer_id).name
    number = tail(other.client_no) if other.client_no else name
    return refuse("already-client", plain(f"flow show {name}"), no=number)


MATERIAL_GUARDS: Final = (
    Guard("broker.age-under-18", _age),
    Guard("broker.id-expired", _id_valid),
    Guard("broker.already-client", _not_yet_client),
)


def _recorded(case: Case, form: Verified) -> Verdict:
    return None if form.recording_ref else refuse("recording-missing")


def _market(case: Case, form: Verified) -> Verdict:
    most = case.number("broker.max_market_accounts")
    return refuse("market-accounts", n=most) if form.market_accounts >= most else None


def _assessed(case: Case, form: Any) -> Verdict:
    assert case.order.customer_id is not None
    found = assessment_at(case.tx, case.order.customer_id, case.today)
    return None if found is not None and found.expires_on > case.today else refuse("risk-missing")


def _agreements(case: Case, form: Signed) -> Verdict:
    missing = [a for a in case.setting("broker.required_agreements") if a not in form.agreements]
    missing += [] if form.risk_disclosure else ["risk_disclosure"]
    return refuse("agreements-missing", names=", ".join(missing)) if missing else None


def _standard_rate(case: Case, form: Signed) -> Verdict:
    if form.rate >= case.number("broker.commission_standard_ppm"):
        return None
    row = case.own(BrokerOpening)
    referral = case.tx.get(BrokerReferral, row.referral_id) if row.referral_id is not None else None
    contract = active_contract(case.tx, referral.partner_id, case.today) if referral is not None else None
    bundled = contract is not None and contract.bundle_rate == form.rate
    return None if bundled else refuse("rate-needs-approval")


def _not_verifier(case: Case, form: Any) -> Verdict:
    row = case.own(BrokerOpening)
    own = case.actor is not None and row.verifier_id == case.actor.id
    return refuse("four-eyes") if own else None


def _numbers(case: Case, form: Opened) -> Verdict:
    table = table_of(BrokerClient)
    other = case.tx.one(BrokerClient, table.c.client_no == form.client_no)
    if other is not None and other.customer_id != case.order.customer_id:
        return refuse("already-client", no=form.client_no)
    if account_by_no(case.tx, form.account_no) is not None:
        return refuse("already-client", no=form.account_no)
    return refuse("row-future-date") if form.opened_on > case.today else None


def _revivable(case: Case, form: Any) -> Verdict:
    last = case.order.closed_at
    most = timedelta(days=case.number("broker.lapse_revive_days"))
    late = last is None or case.day(last) + most < case.today
    return refuse("too-late") if late else None


# -- effects -----------------------------------------------------------------------------------------------


def _begin(case: Case, form: Lead) -> None:
    client = client_of(case)
    if client.status == "prospect":
        case.tx.change(client, source_kind=form.origin)
    case.tx.add(
        BrokerOpening(
            order_id=case.order_id,
            customer_id=client.customer_id,
            origin=form.origin,
            referral_id=form.referral,
            campaign=form.campaign,
            entry_product=form.entry_product,
        )
    )


def _need(case: Case, form: Reached) -> None:
    if form.need:
        assert case.order.customer_id is not None
        case.tx.add(BrokerNeed(customer_id=case.order.customer_id, text=form.need, at=case.now))


def _draft(case: Case, form: Material) -> None:
    client = client_of(case)
    case.tx.change(
        client,
        id_type=form.id_type,
        id_last4=form.id_no[-4:],
        id_valid_until=form.id_valid_until,
        id_hash=id_hash(case.setting, form.id_type, form.id_no),
    )
    edit_customer(case.tx, case.customer, name=form.name, birthday=form.birthday)
    contacts = table_of(Contact)
    known = case.tx.one(
        Contact,
        contacts.c.customer_id == client.customer_id,
        contacts.c.kind == "phone",
        contacts.c.value == form.phone,
    )
    if known is None:
        add_contact(case.tx, case.customer, "phone", form.phone)
    case.tx.change(case.own(BrokerOpening), entry_product=form.entry_product, custody_bank=form.custody_bank)


def _verified(case: Case, form: Verified) -> None:
    case.tx.change(case.own(BrokerOpening), verifier_id=case.actor.id if case.actor is not None else None)


def _fix(case: Case, form: Missing) -> None:
    case.change(data={**case.order.data, "missing": form.missing})


def _sign(case: Case, form: Signed) -> None:
    case.tx.change(case.own(BrokerOpening), rate=form.rate, agreements=form.agreements, custody_bank=form.custody_bank)


def _open(case: Case, form: Opened) -> None:
    row, client = case.own(BrokerOpening), client_of(case)
    rate = row.rate or 0
    case.tx.change(client, status="active", client_no=form.client_no, opened_on=client.opened_on or form.opened_on)
    case.tx.add(
        BrokerAccount(
            account_no=form.account_no,
            customer_id=client.customer_id,
            opened_on=form.opened_on,
            rate=rate,
            base_rate=rate,
            custody_bank=row.custody_bank,
        )
    )
    case.tx.change(row, account_no=form.account_no)
    valid = case.number("broker.referral_valid_days")
    attribute(case.tx, client.customer_id, form.opened_on, valid, case.order_id)
    subscribe_plan(case.tx, client.customer_id, "new", case.today)


def _called_back(case: Case, form: Callback) -> None:
    case.tx.change(case.own(BrokerOpening), satisfied=form.satisfied)
    common.called_back(case, form)
    if form.satisfied <= 2:
        due = case.due(task("account-opening.unhappy", after="now"))
        assert due is not None
        case.add_task("unhappy-client", T("Client is not satisfied", zh="客户不满意"), who=SM, due=due, stays=True)


def _attempts(case: Case, form: Any) -> str:
    return "lapsed" if case.times_done("no-answer") + 1 >= case.number("broker.contact_attempts") else STAY


def _facts(case: Case) -> dict[str, Any]:
    row = case.tx.get(BrokerOpening, case.order_id)
    return {
        **common.base_facts(case),
        "missing": case.order.data.get("missing", ""),
        "minutes": 10,
        "months": case.setting("broker.risk_valid_months"),
        "account_tail": tail(row.account_no if row is not None else None),
    }


def _after(key: str, title: T, who: Any, name: str) -> Task:
    return Task(key, title, who, task(f"account-opening.{name}"))


FIRST_CONTACT = Task(
    "first-contact", T("First contact", zh="首次联系"), SM, task("account-opening.lead"), closed_by=("contact",)
)

FLOW = Flow(
    key=KEY,
    version=1,
    title=T("Account opening", zh="开户"),
    series="KH{n:05}",
    facts=_facts,
    anchors=("acted_on", "opened_on"),
    steps=(
        Step(
            "lead",
            T("Lead", zh="线索"),
            SM,
            limit("account-opening.lead"),
            (FIRST_CONTACT, Message("lead-ack", NOW)),
            on_path=True,
        ),
        Step(
            "contacted",
            T("Contacted", zh="已联系"),
            SM,
            limit("account-opening.contacted"),
            (
                Task(
                    "invite-to-open",
                    T("Invite to open", zh="邀请开户"),
                    SM,
                    task("account-opening.contacted"),
                    closed_by=("submit-material",),
                    when=lambda case: not case.order.data.get("missing"),
                ),
                Task(
                    "fix-material",
                    T("Get what is missing: {missing}", zh="补齐资料: {missing}"),
                    SM,
                    task("account-opening.fix"),
                    closed_by=("submit-material",),
                    when=lambda case: bool(case.order.data.get("missing")),
                ),
            ),
            on_path=True,
        ),
        Step(
            "material",
            T("Material", zh="资料与核验"),
            OP,
            limit("account-opening.material"),
            (
                _after("verify-identity", T("Verify identity", zh="核验身份"), OP, "material"),
                Message("material-list", NOW),
            ),
            on_path=True,
        ),
        Step(
            "assessment",
            T("Assessment", zh="风险测评"),
            SM,
            limit("account-opening.assessment"),
            (
                _after("risk-questionnaire", T("Risk questionnaire", zh="风险问卷"), SM, "assessment"),
                Message("risk-invite", NOW),
            ),
            on_path=True,
        ),
        Step(
            "agreement",
            T("Agreements", zh="协议签署"),
            SM,
            limit("account-opening.agreement"),
            (
                Task(
                    "sign-agreements",
                    T("Sign agreements", zh="签署协议"),
                    SM,
                    task("account-opening.agreement"),
                    when=lambda case: not case.times_done("bank-link-failed"),
                ),
                Task(
                    "other-bank",
                    T("Choose another bank", zh="更换存管银行"),
                    SM,
                    task("account-opening.bank"),
                    when=lambda case: case.times_done("bank-link-failed") > 0,
                ),
            ),
            on_path=True,
        ),
        Step(
            "review",
            T("Review", zh="开户复核"),
            OP,
            limit("account-opening.review"),
            (_after("review-opening", T("Review", zh="复核"), OP, "review"),),
            on_path=True,
        ),
        Step(
            "opening",
            T("Opening", zh="开户处理"),
            OP,
            limit("account-opening.opening"),
            (_after("register-account", T("Register account, link bank", zh="登记账户并关联存管"), OP, "opening"),),
            on_path=True,
        ),
        Step(
            "opened",
            T("Opened", zh="已开户待回访"),
            AG,
            days("broker.callback_limit_days", after="opened_on", at="core.day_end"),
            (
                Task(
                    "new-client-callback",
                    T("New-client callback", zh="新客户回访"),
                    AG,
                    days("broker.callback_due_days", after="opened_on", at="core.day_end"),
                    closed_by=("callback-ok",),
                ),
                Message("welcome", NOW, stays=True),
            ),
            on_path=True,
        ),
        Step("completed", T("Completed", zh="完成"), final=True, on_path=True),
        Step("declined", T("Declined", zh="客户放弃"), final=True),
        Step("rejected", T("Rejected", zh="拒绝开户"), final=True, entry=(Message("open-rejected", NOW, stays=True),)),
        Step("lapsed", T("Lapsed", zh="逾期失效"), final=True),
    ),
    actions=(
        Action(
            "open",
            T("Receive", zh="登记线索"),
            START,
            "lead",
            form=Lead,
            effects=(Do(_begin, before=True), TOUCHED),
        ),
        Action(
            "contact",
            T("Reached", zh="联系上"),
            ("lead",),
            "contacted",
            by=(SM, AG),
            form=Reached,
            effects=(Do(_need), common.log("reached"), TOUCHED),
        ),
        Action(
            "no-answer",
            T("No answer", zh="未接通"),
            ("lead",),
            Choose(_attempts, ("lapsed",)),
            by=(SM, AG),
            form=Attempt,
            guards=(ONCE_A_DAY,),
            effects=(
                common.log("no-answer"),
                TOUCHED,
                Task(
                    "call-again",
                    T("Call again", zh="再次联系"),
                    SM,
                    task("account-opening.again", after="now"),
                    closed_by=("contact", "no-answer"),
                    when=lambda case: case.order.step == "lead",
                ),
            ),
        ),
        Action(
            "bank-handoff",
            T("Bank paperwork", zh="银行代办资料"),
            ("lead",),
            "material",
            by=(OP, PM),
            form=BankMaterial,
            guards=(Guard("broker.no-contract", _no_contract), *MATERIAL_GUARDS),
            effects=(Do(_draft, before=True), TOUCHED),
        ),
        Action(
            "submit-material",
            T("Submit material", zh="提交资料"),
            ("contacted",),
            "material",
            by=(SM,),
            form=Material,
            guards=MATERIAL_GUARDS,
            effects=(Do(_draft, before=True), TOUCHED),
        ),
        Action(
            "return-material",
            T("Return", zh="退回补正"),
            ("material",),
            "contacted",
            by=(OP,),
            form=Missing,
            effects=(Do(_fix, before=True), Message("material-fix", NOW), TOUCHED),
        ),
        Action(
            "verify-identity",
            T("Verified", zh="核验通过"),
            ("material",),
            "assessment",
            by=(OP,),
            form=Verified,
            guards=(Guard("broker.recording-missing", _recorded), Guard("broker.market-accounts", _market)),
            effects=(Do(_verified), TOUCHED),
        ),
        Action(
            "record-assessment",
            T("Record", zh="登记测评"),
            ("assessment",),
            "agreement",
            by=(SM,),
            form=Assessed,
            guards=(Guard("broker.risk-missing", _assessed),),
            effects=(TOUCHED,),
        ),
        Action(
            "refuse",
            T("Unsuitable", zh="不宜开户"),
            ("assessment",),
            "rejected",
            by=(CO,),
            form=Reason,
            effects=(TOUCHED,),
            outcome="rejected",
        ),
        Action(
            "sign",
            T("Sign", zh="签署"),
            ("agreement",),
            "review",
            by=(SM,),
            form=Signed,
            guards=(
                Guard("broker.agreements-missing", _agreements),
                Guard("broker.rate-needs-approval", _standard_rate),
            ),
            effects=(Do(_sign), Issue("opening-set"), TOUCHED),
        ),
        Action(
            "approve",
            T("Approve", zh="复核通过"),
            ("review",),
            "opening",
            by=(OP,),
            form=common.Opinion,
            guards=(Guard("broker.four-eyes", _not_verifier),),
            effects=(TOUCHED,),
        ),
        Action("return", T("Return", zh="退回"), ("review",), "material", by=(OP,), form=Reason, effects=(TOUCHED,)),
        Action(
            "reject",
            T("Reject", zh="拒绝"),
            ("review",),
            "rejected",
            by=(CO,),
            form=Rejected,
            effects=(TOUCHED,),
            outcome="rejected",
        ),
        Action(
            "bank-link-failed",
            T("Bank link failed", zh="三方存管失败"),
            ("opening",),
            "agreement",
            by=(OP,),
            form=Reason,
            effects=(TOUCHED,),
        ),
        Action(
            "confirm-open",
            T("Confirm", zh="确认开户"),
            ("opening",),
            "opened",
            by=(OP,),
            form=Opened,
            guards=(Guard("broker.number-taken", _numbers),),
            effects=(Do(_open, before=True), SetAnchor("opened_on", "opened_on"), TOUCHED),
        ),
        Action(
            "callback-ok",
            T("Callback ok", zh="回访正常"),
            ("opened",),
            "completed",
            by=(AG,),
            form=Callback,
            guards=(CALLBACK_TRUE,),
            effects=(Do(_called_back),),
            outcome="completed",
        ),
        Action(
            "callback-missed",
            T("Missed", zh="未接通"),
            ("opened",),
            by=(AG,),
            form=Attempt,
            guards=(ONCE_A_DAY,),
            effects=(
                common.log("no-answer"),
                Task(
                    "callback-again",
                    T("Call back again", zh="再次回访"),
                    AG,
                    task("account-opening.missed", after="now"),
                    closed_by=("callback-ok", "callback-missed"),
                ),
            ),
        ),
        Action(
            "callback-problem",
            T("Problem", zh="回访异常"),
            ("opened",),
            by=(AG,),
            form=common.What,
            effects=(
                common.complain("service"),
                Task(
                    "callback-look",
                    T("Callback problem: look into it", zh="回访异常核查"),
                    CO,
                    task("complaint", after="now"),
                    stays=True,
                ),
            ),
        ),
        Action(
            "callback-overdue",
            T("Callback overdue", zh="回访超期"),
            ("opened",),
            over="step",
            effects=(
                Task(
                    "callback-overdue",
                    T("Callback overdue", zh="回访超期"),
                    BM,
                    bdays("broker.task.account-opening.overdue", after="now", at="core.day_end"),
                    stays=True,
                ),
            ),
        ),
        Action(
            "decline",
            T("Decline", zh="客户放弃"),
            EARLY,
            "declined",
            by=(SM,),
            form=Stopped,
            outcome="declined",
        ),
        Action(
            "timeout",
            T("Timeout", zh="超期"),
            EARLY,
            "lapsed",
            at=days("broker.lapse_days", after="acted_on", at="core.day_end"),
            effects=(
                Task(
                    "opening-lapsed",
                    T("The opening has lapsed", zh="开户已失效"),
                    OWNER,
                    bdays(0, after="now", at="core.day_end"),
                    stays=True,
                ),
            ),
            outcome="lapsed",
        ),
        Action(
            "revive",
            T("Revive", zh="恢复"),
            ("lapsed",),
            "contacted",
            by=(SM,),
            form=Reason,
            guards=(Guard("broker.too-late", _revivable),),
            effects=(TOUCHED,),
        ),
    ),
)
