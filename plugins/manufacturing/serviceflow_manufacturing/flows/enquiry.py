"""`mfg-enquiry` (询价报价): from the customer's question to a price he accepts. Source: manufacturing.md 4.2."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from serviceflow.api import (
    ANY,
    START,
    STAY,
    Action,
    Case,
    Choose,
    Computed,
    Deadline,
    Do,
    Flow,
    Form,
    Guard,
    Link,
    Message,
    SetAnchor,
    Step,
    T,
    Task,
    Verdict,
    day,
    days,
    money,
    number,
    of,
    row_list,
    text,
)

from serviceflow_manufacturing import customers, desk, moments, papers, roles, signing
from serviceflow_manufacturing.flows import quotes, review, sample
from serviceflow_manufacturing.forms import (
    FORMS,
    NOT_FUTURE,
    NOT_PAST,
    PRODUCT,
    REASON,
    Because,
    Dated,
    item_list,
    one_of,
    optional,
    scaled,
)
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules import content, quoting, workdays
from serviceflow_manufacturing.tables import MfgEnquiry

LOST = {
    "price": T("Price", zh="价格"),
    "delivery": T("Delivery", zh="交期"),
    "quality": T("Quality", zh="质量"),
    "competitor": T("Competitor", zh="同行"),
    "no-answer": T("No answer", zh="无回复"),
    "other": T("Other", zh="其他"),
}
BEFORE_QUOTED = ("enquiry", "awaiting-data", "costing", "quote-approval", "quote-ready")
OPEN = (*BEFORE_QUOTED, "quoted", "quote-expired")


class Register(Dated):
    region: str | None = customers.region_field()
    grade: str | None = customers.grade_field()
    lines: list[dict[str, Any]] = row_list(
        T("Lines", zh="明细"),
        {
            "text": text(T("Goods", zh="品名"), longest=200),
            "product": optional(PRODUCT, 60),
            "category": optional(T("Category", zh="品类"), 60),
            "qty": number(T("Quantity", zh="数量"), least=1, most=100_000_000),
        },
    )
    needed_on: date | None = day(T("Wanted on", zh="要求交期"), required=False)
    target_price: int | None = money(T("Target price", zh="目标价"), required=False)
    papers: list[str] | None = item_list(T("Papers received", zh="已收资料"), required=False)


class NeedData(Form):
    missing: list[str] = item_list(T("Missing papers", zh="缺少资料"))  # type: ignore[assignment]


class DataComplete(Dated):
    not_future = ("received_on",)
    received_on: date = day(T("Received on", zh="收到日期"))


class StartCosting(Form):
    mode: str = one_of(T("Mode", zh="方式"), quotes.MODES)


class CalcQuote(Form):
    costs: list[dict[str, Any]] = row_list(
        T("Costs", zh="成本"),
        {
            "line": number(T("Line", zh="行号"), least=1),
            "kind": one_of(T("Kind", zh="类别"), quotes.KINDS, default="material"),
            "text": optional(T("Text", zh="说明"), 200),
            "consumption": scaled(T("Consumption", zh="单耗"), required=False, least=1),
            "waste": scaled(T("Waste %", zh="损耗%"), digits=2, required=False, most=10_000),
            "price": scaled(T("Price", zh="单价")),
        },
    )
    currency: str = text(T("Currency", zh="币种"), longest=3, shortest=3)
    rate: int | None = scaled(T("Rate", zh="汇率"), digits=6, required=False, least=1)
    k_quantity: int | None = scaled(T("Quantity coefficient", zh="数量系数"), required=False, least=1)
    k_styles: int | None = scaled(T("Style coefficient", zh="款式系数"), required=False, least=1)
    k_customer: int | None = scaled(T("Customer coefficient", zh="客户系数"), required=False, least=1)
    k_urgency: int | None = scaled(T("Urgency coefficient", zh="加急系数"), required=False, least=1)
    reason: str | None = text(REASON, required=False)


class QuickPrice(Form):
    prices: list[dict[str, Any]] | None = row_list(
        T("Prices", zh="单价"),
        {"line": number(T("Line", zh="行号"), least=1), "price": scaled(T("Unit price", zh="单价"), least=1)},
        required=False,
    )
    currency: str | None = text(T("Currency", zh="币种"), required=False, longest=3, shortest=3)
    rate: int | None = scaled(T("Rate", zh="汇率"), digits=6, required=False, least=1)
    reason: str | None = text(REASON, required=False)


class Decide(Form):
    decision: str = one_of(T("Decision", zh="决定"), review.DECISIONS)
    opinion: str | None = text(T("Opinion", zh="意见"), required=False)


class SendQuote(Dated):
    not_future = ("sent_on",)
    channel: str = text(T("Channel", zh="方式"), longest=60)
    sent_on: date = day(T("Sent on", zh="发出日期"))


class Requote(Form):
    mode: str = one_of(T("Mode", zh="方式"), quotes.MODES)
    reason: str = text(REASON)


class Accept(Dated):
    not_future = ("accepted_on",)
    accepted_on: date = day(T("Accepted on", zh="接受日期"))
    form: str = one_of(T("Form of the order", zh="订单形式"), FORMS)


class Lose(Form):
    reason: str = one_of(REASON, LOST)
    text: str | None = text(T("Text", zh="说明"), required=False)


# -- guards ----------------------------------------------------------------------------------------------------


def _precise(case: Case, form: Any) -> Verdict:
    return refuse("not_precise") if case.own(MfgEnquiry).mode != "precise" else None


def _quick(case: Case, form: Any) -> Verdict:
    return refuse("not_quick") if case.own(MfgEnquiry).mode != "quick" else None


def _rate(case: Case, form: CalcQuote | QuickPrice) -> Verdict:
    if form.currency in (None, "CNY") or form.rate:
        return None
    action = "quick-price" if isinstance(form, QuickPrice) else 'calc-quote costs="line=1 price=…"'
    return refuse("rate_missing", cur=form.currency, action=action)


def _coefficient_reason(case: Case, form: Any) -> Verdict:
    changed = any(getattr(form, key, None) is not None for key in quoting.COEFFICIENTS)
    return refuse("override_reason", action="calc-quote") if changed and not form.reason else None


def _price_reason(case: Case, form: QuickPrice) -> Verdict:
    quote = quotes.need(case)
    given = {row["line"]: row["price"] for row in form.prices or ()}
    missing = []
    rate = form.rate or quote.rate
    for line in quotes.lines(case, quote):
        computed = quotes.quick(case, quote, line, rate)
        if computed is None and line.seq not in given:
            missing.append(line.text)
        elif given.get(line.seq, computed) != computed and not form.reason:
            return refuse("override_reason", action="quick-price")
    how = 'quick-price prices="line=1 price=…" reason=…'
    return refuse("quote_incomplete", list=", ".join(missing), action=how) if missing else None


def _complete(case: Case, form: Any) -> Verdict:
    lacking = [line.text for line in quotes.lines(case, quotes.need(case)) if not line.unit_price]
    how = 'calc-quote costs="line=1 price=…" currency=CNY'
    return refuse("quote_incomplete", list=", ".join(lacking), action=how) if lacking else None


def _not_own(case: Case, form: Any) -> Verdict:
    barred = {quotes.need(case).submitted_by, case.order.owner_id}
    return signing.refusal(case, roles.MARKETING_GM, barred)


def _opinion(case: Case, form: Decide) -> Verdict:
    least = case.number("mfg.review.opinion_min")
    short = form.decision == "reject" and len((form.opinion or "").strip()) < least
    return refuse("opinion_short", n=least) if short else None


def _still_valid(case: Case, form: Accept) -> Verdict:
    quote = quotes.need(case)
    over = case.order.step == "quote-expired" or (
        quote.valid_until is not None and form.accepted_on > quote.valid_until
    )
    return refuse("quote_expired", no=quote.no or case.order.number, date=quote.valid_until) if over else None


PRECISE = Guard("not_precise", _precise, early=True)
QUICK = Guard("not_quick", _quick, early=True)


# -- effects ---------------------------------------------------------------------------------------------------


def _register(case: Case, form: Register) -> None:
    received = [{"name": name, "on": case.today.isoformat()} for name in form.papers or ()]
    case.tx.add(
        MfgEnquiry(
            order_id=case.order_id,
            lines=form.lines,
            needed_on=form.needed_on,
            target_price=form.target_price,
            papers=received,
        )
    )


def _need_data(case: Case, form: NeedData) -> None:
    case.tx.change(case.own(MfgEnquiry), missing=form.missing)


def _data_complete(case: Case, form: DataComplete) -> None:
    enquiry = case.own(MfgEnquiry)
    received = [{"name": name, "on": form.received_on.isoformat()} for name in enquiry.missing]
    case.tx.change(enquiry, papers=[*enquiry.papers, *received], missing=[])


def _start_costing(case: Case, form: Any) -> None:
    quotes.draft(case, form.mode)


def _calc(case: Case, form: CalcQuote) -> None:
    quote = quotes.need(case)
    values = {k: v for k in quoting.COEFFICIENTS if (v := getattr(form, k)) is not None}
    changed = {"values": values, "reason": form.reason} if values else {}
    case.tx.change(quote, currency=form.currency, rate=form.rate or quoting.RATE, changed=changed)
    quotes.enter_costs(case, quote, form.costs)
    quotes.compute(case, quote)


def _quick_price(case: Case, form: QuickPrice) -> None:
    quote = quotes.need(case)
    case.tx.change(quote, currency=form.currency or quote.currency, rate=form.rate or quote.rate)
    given = {row["line"]: row["price"] for row in form.prices or ()}
    for line in quotes.lines(case, quote):
        computed = quotes.quick(case, quote, line, quote.rate)
        price = given.get(line.seq, computed)
        because = form.reason or "" if price != computed else ""
        case.tx.change(line, computed_price=computed, unit_price=price, override_reason=because)
    case.tx.change(quote, state="approved", priced_by=case.actor.id if case.actor else None)


def _submit(case: Case, form: Any) -> None:
    case.tx.change(quotes.need(case), submitted_by=case.actor.id if case.actor else None)


def _decide(case: Case, form: Decide) -> None:
    quote = quotes.need(case)
    if form.decision == "approve":
        case.tx.change(quote, state="approved", opinion=form.opinion or "",
                       priced_by=case.actor.id if case.actor else None)  # fmt: skip
        return
    case.tx.change(quote, opinion=form.opinion or "")
    words = T("Quotation rejected: {opinion}", zh="报价被否决：{opinion}")
    desk.alert(case, "quote-rejected", words.of(opinion=form.opinion or "-"), roles.DESK)


def _valid_until(case: Case, form: SendQuote) -> date:
    key = "mfg.quote.quick_valid_d" if quotes.need(case).mode == "quick" else "mfg.quote.valid_d"
    return form.sent_on + timedelta(days=case.number(key))


def _send(case: Case, form: SendQuote) -> None:
    quote = quotes.need(case)
    until = _valid_until(case, form)
    case.tx.change(quote, state="sent", sent_on=form.sent_on, valid_until=until)
    no = papers.make(case, "quotation", quotes.sheet(case, quote))
    case.tx.change(quote, no=no)
    papers.make(case, "quotation-inside", quotes.inside(case, quote))
    case.log(f"quotation {no}", channel=form.channel, outward=True)


def _accept(case: Case, form: Accept) -> None:
    quote = quotes.need(case)
    case.tx.change(quote, state="accepted")
    rows = [
        {**content.LINE, "line_no": None, "product": code or line.text,
         "spec": line.text if code else line.category or line.text, "qty": line.qty, "unit_price": line.unit_price}
        for line in quotes.lines(case, quote)
        for code in [quotes.product_code(case, line)]
    ]  # fmt: skip
    case.open_child("contract", {"form": form.form, "currency": quote.currency, "rate": quote.rate, "lines": rows})


def _expire(case: Case, form: Any) -> None:
    case.tx.change(quotes.need(case), state="expired")


def _reject_sent(case: Case, form: Any) -> None:
    quote = quotes.current(case)
    if quote is not None and quote.state == "sent":
        case.tx.change(quote, state="rejected")


def _ask_sample(case: Case, form: sample.AskSample) -> None:
    sample.ask(case, form, ", ".join(line["text"] for line in case.own(MfgEnquiry).lines))


# -- limits, facts ---------------------------------------------------------------------------------------------


def _costing_limit(case: Case) -> Deadline:
    key = f"mfg.quote.limit_{case.own(MfgEnquiry).mode or 'precise'}_w"
    entry = case.day(case.order.entered_at)
    return moments.end_of(case, workdays.plus(moments.factory(case), entry, case.number(key)))


def _is(mode: str) -> Any:
    return lambda case: case.own(MfgEnquiry).mode == mode


def _facts(case: Case) -> Mapping[str, Any]:
    enquiry, quote = case.tx.get(MfgEnquiry, case.order_id), quotes.current(case)
    found = {"missing": ", ".join(enquiry.missing) if enquiry is not None else "", "quote_no": "", "total": "",
             "currency": "", "valid_until": ""}  # fmt: skip
    if quote is not None:
        sheet = quotes.sheet(case, quote)
        found |= {"quote_no": sheet["quote_no"], "total": sheet["total"], "currency": quote.currency,
                  "valid_until": sheet["valid_until"]}  # fmt: skip
    return found


ENQUIRY = Flow(
    key="mfg-enquiry",
    version=1,
    title=T("Enquiry and quotation", zh="询价报价"),
    series="XJ{year}-{n:04}",
    facts=desk.facts_of(_facts),
    anchors=("valid_until", "sent_on"),
    links=(
        Link("contract", "mfg-order"),
        Link("sample", "mfg-sample"),
        Link("swatch", "mfg-swatch"),
    ),
    steps=(
        Step(
            "enquiry",
            T("Enquiry registered", zh="询价登记"),
            roles.SALES,
            moments.limit("enquiry"),
            (Task("start-costing", T("Start costing", zh="开始核价"), roles.SALES, moments.task("start-costing"),
                  closed_by=("start-costing",)),),
            T(
                "use and end market; drawings and standards; special characteristics; sample wanted; target price; "
                "packing; date wanted",
                zh="用途与销售市场、图纸标准、特殊特性、是否打样、目标价、包装、交期",
            ),
            on_path=True,
        ),
        Step(
            "awaiting-data",
            T("Waiting for papers", zh="待客户补资料"),
            roles.SALES,
            moments.limit("awaiting-data"),
            (Task("urge-data", T("Urge the papers", zh="催资料"), roles.SALES, moments.task("urge-data")),
             desk.at_once("data-missing")),
        ),
        Step(
            "costing",
            T("Costing", zh="核价"),
            roles.DESK,
            Computed(_costing_limit, ("entry",)),
            (
                Task("quick-price", T("Give a quick price", zh="快速报价"), roles.MANAGER,
                     moments.task("quick-price"), closed_by=("quick-price",), when=_is("quick")),
                Task("get-consumption", T("Get consumption", zh="取单耗"), roles.SAMPLING,
                     moments.task("get-consumption"), when=_is("precise")),
                Task("get-prices", T("Get material prices", zh="取材料价"), roles.SUPPLY, moments.task("get-prices"),
                     when=_is("precise")),
                Task("submit-quote", T("Submit the quotation", zh="提交报价审批"), roles.DESK,
                     moments.task("submit-quote"), closed_by=("submit-quote",), when=_is("precise")),
            ),
            on_path=True,
        ),
        Step(
            "quote-approval",
            T("Quotation approval", zh="报价审批"),
            roles.MARKETING_GM,
            moments.limit("quote-approval"),
            (Task("approve-quote", T("Approve the quotation", zh="审批报价"), roles.MARKETING_GM,
                  moments.task("approve-quote"), closed_by=("approve-quote",)),),
            on_path=True,
        ),
        Step(
            "quote-ready",
            T("Quotation to send", zh="待发报价"),
            roles.SALES,
            moments.limit("quote-ready"),
            (Task("send-quote", T("Send the quotation", zh="发出报价"), roles.SALES, moments.task("send-quote"),
                  closed_by=("send-quote",)),),
            on_path=True,
        ),
        Step(
            "quoted",
            T("Quoted", zh="已报价"),
            roles.SALES,
            of("valid_until"),
            (
                Task("follow-quote", T("Follow up the quotation", zh="跟进报价"), roles.SALES,
                     moments.task("follow-quote", after="sent_on")),
                desk.at_once("quote-sheet"),
                Message("quote-expiring", moments.message_days("mfg.quote.warn_d", "valid_until", sign=-1),
                        to=desk.to_customer),
            ),
            on_path=True,
        ),
        Step(
            "quote-expired",
            T("Quotation expired", zh="报价过期"),
            roles.SALES,
            days("mfg.quote.revive_d"),
            (Task("revive-quote", T("Revive the quotation", zh="激活报价"), roles.SALES,
                  moments.task("revive-quote")),),
        ),
        Step("won", T("Won", zh="成交"), final=True, on_path=True),
        Step("lost", T("Lost", zh="未成交"), final=True),
    ),
    actions=(
        Action("register", T("Register enquiry", zh="登记询价"), START, "enquiry", by=roles.BY_SALES, form=Register,
               guards=(customers.PROFILE_KNOWN,), effects=(customers.ENTER_PROFILE, Do(_register, before=True))),
        Action("start-costing", T("Start costing", zh="开始核价"), ("enquiry",), "costing", by=roles.BY_SALES,
               form=StartCosting, effects=(Do(_start_costing, before=True),)),
        Action("data-complete", T("Papers complete", zh="资料已齐"), ("awaiting-data",), "enquiry",
               by=roles.BY_SALES, form=DataComplete, guards=(NOT_FUTURE,), effects=(Do(_data_complete),)),
        Action("calc-quote", T("Calculate", zh="计算报价"), ("costing",), by=roles.BY_DESK, form=CalcQuote,
               guards=(PRECISE, Guard("rate_missing", _rate), Guard("override_coefficient", _coefficient_reason)),
               effects=(Do(_calc),)),
        Action("quick-price", T("Quick price", zh="快速报价"), ("costing",), "quote-ready", by=roles.BY_MANAGER,
               form=QuickPrice,
               guards=(QUICK, Guard("rate_missing", _rate), Guard("override_reason", _price_reason)),
               effects=(Do(_quick_price),)),
        Action("submit-quote", T("Submit", zh="提交审批"), ("costing",), "quote-approval", by=roles.BY_DESK,
               guards=(PRECISE, Guard("quote_incomplete", _complete, early=True)), effects=(Do(_submit),)),
        Action("approve-quote", T("Approve quotation", zh="审批报价"), ("quote-approval",),
               Choose(lambda case, form: "quote-ready" if form.decision == "approve" else "costing",
                      ("quote-ready", "costing")),
               form=Decide, guards=(Guard("own_request", _not_own), Guard("opinion_short", _opinion)),
               effects=(Do(_decide),)),
        Action("send-quote", T("Send", zh="发出报价"), ("quote-ready",), "quoted", by=roles.BY_SALES, form=SendQuote,
               guards=(NOT_FUTURE,),
               effects=(Do(_send, before=True), SetAnchor("sent_on", "sent_on"),
                        SetAnchor("valid_until", _valid_until))),
        Action("accept-quote", T("Accepted", zh="客户接受"), ("quoted", "quote-expired"), "won", by=roles.BY_SALES,
               form=Accept, guards=(NOT_FUTURE, Guard("quote_expired", _still_valid)), effects=(Do(_accept),),
               outcome="won"),
        Action("requote", T("Requote", zh="重新报价"), ("quoted", "quote-expired"), "costing", by=roles.BY_SALES,
               form=Requote, effects=(Do(_start_costing, before=True),)),
        Action("quote-timeout", T("Expired", zh="过期"), ("quoted",), "quote-expired", at=of("valid_until"),
               effects=(Do(_expire),)),
        Action("revive-timeout", T("Given up", zh="放弃"), ("quote-expired",), "lost", at=days("mfg.quote.revive_d"),
               outcome="no-answer"),
        Action("need-data", T("Ask for papers", zh="要求补资料"), ("enquiry", "costing"), "awaiting-data",
               by=roles.BY_DESK, form=NeedData, effects=(Do(_need_data, before=True),)),
        Action("lose", T("Lost", zh="未成交"), ANY, "lost", by=roles.BY_SALES, form=Lose,
               effects=(Do(_reject_sent), Do(lambda case, form: case.change(outcome=form.reason)))),
        Action("decline-enquiry", T("Decline", zh="谢绝"), BEFORE_QUOTED, "lost", by=roles.BY_MANAGER, form=Because,
               outcome="declined"),
        Action("ask-sample", T("Ask for sample", zh="要求打样"), ANY, STAY, by=roles.BY_SALES, form=sample.AskSample,
               guards=(NOT_PAST,), effects=(Do(_ask_sample),)),
        desk.overdue(*BEFORE_QUOTED),
    ),
)  # fmt: skip
