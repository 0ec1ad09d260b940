"""What customers read. Source: manufacturing.md section 7."""

from __future__ import annotations

from typing import Final, Literal

from serviceflow.api import T, Template

CHANNELS: Final = ("wecom", "email", "print")
"""Foreign customers have no WeCom contact point, so that e-mail comes first for them."""


def _template(key: str, text: T, purpose: Literal["service", "survey"] = "service") -> Template:
    return Template(key, text, purpose, CHANNELS, fields=tuple(sorted(text.field_names())))


TEMPLATES = (
    _template(
        "data-missing",
        T(
            "Dear {contact}, to quote exactly we still need: {missing}. Thank you.",
            zh="{contact}您好，为给您准确报价，请补充：{missing}。谢谢！",
        ),
    ),
    _template(
        "papers-missing",
        T(
            "For sample {no} we still need: {missing}. We start as soon as it arrives.",
            zh="打样{no}还缺以下资料：{missing}，收到后我们立即安排。",
        ),
    ),
    _template(
        "quote-sheet",
        T(
            "Please find quotation {quote_no}, total {total} {currency}, valid until {valid_until}.",
            zh="附上报价单{quote_no}，合计{total} {currency}，有效期至{valid_until}。",
        ),
    ),
    _template(
        "quote-expiring",
        T(
            "Quotation {quote_no} ends on {valid_until}. Shall we proceed or adjust it?",
            zh="报价单{quote_no}将于{valid_until}到期，如需下单或调整请告知。",
        ),
    ),
    _template(
        "sample-sent",
        T(
            "Sample {no} (round {round}) left on {sent_on} with {carrier}. Please send us your comment.",
            zh="样品{no}（第{round}次）已于{sent_on}由{carrier}寄出，请收到后告知批文。",
        ),
    ),
    _template(
        "comment-reminder",
        T(
            "Your comment on sample {no} keeps the bulk order on time. May we have it soon?",
            zh="样品{no}的意见对大货进度很重要，方便时请回复。",
        ),
    ),
    _template(
        "order-confirmed",
        T(
            "Contract {contract_no} is confirmed: delivery date {dd}, quantity {qty}. Thank you.",
            zh="合同{contract_no}已确认，交货日期{dd}，数量{qty}。感谢信任！",
        ),
    ),
    _template(
        "change-effective",
        T(
            "Change {document_no} to contract {contract_no} is in force: {diff}.",
            zh="合同{contract_no}的变更{document_no}已生效：{diff}。",
        ),
    ),
    _template(
        "supply-reminder",
        T(
            "For contract {contract_no} please let {material} ({qty} {unit}) reach us by {needed_by}.",
            zh="合同{contract_no}的来料{material}（{qty}{unit}）请于{needed_by}前到厂。",
        ),
    ),
    _template(
        "supply-late",
        T(
            "{material} has not arrived yet; the delivery date may move. When can we expect it?",
            zh="来料{material}尚未到厂，交期可能顺延，请告知预计到达日。",
        ),
    ),
    _template(
        "delay-notice",
        T(
            "We are sorry: contract {contract_no} cannot make {dd} because of {cause}. "
            "We propose {proposed}; please confirm.",
            zh="很抱歉，合同{contract_no}因{cause}难以按{dd}交货，拟改为{proposed}，请您确认。",
        ),
    ),
    _template(
        "delay-agreed",
        T(
            "The new delivery date of contract {contract_no} is {dd}. Thank you for your understanding.",
            zh="合同{contract_no}的新交货日期已定为{dd}，谢谢理解。",
        ),
    ),
    _template(
        "shipped",
        T(
            "Your goods left on {date} with {carrier}, no. {waybill}, {packages} packages.",
            zh="您的货物已于{date}由{carrier}发出，单号{waybill}，共{packages}件。",
        ),
    ),
    _template(
        "pay-soon",
        T(
            "{open} {currency} for contract {contract_no} falls due on {due_on}. Please arrange payment.",
            zh="合同{contract_no}款项{open} {currency}将于{due_on}到期，请安排。",
        ),
    ),
    _template(
        "dun-1",
        T(
            "{open} {currency} for {contract_no} was due on {due_on}. Please check; ignore this if paid.",
            zh="合同{contract_no}款项{open} {currency}已于{due_on}到期，请核对付款，如已付请忽略。",
        ),
    ),
    _template(
        "dun-2",
        T(
            "Second reminder: {open} {currency} is {days} days overdue. Please tell us the payment date.",
            zh="第二次提醒：{open} {currency}已逾期{days}天，请回复付款日期。",
        ),
    ),
    _template(
        "dun-3",
        T(
            "Third reminder: {open} {currency} is {days} days overdue. Deliveries pause until it is paid.",
            zh="第三次提醒：{open} {currency}逾期{days}天，款项到账前将暂停发货。",
        ),
    ),
    _template(
        "survey",
        T(
            "Please rate contract {contract_no} from 1 to 5: product, delivery, service, price. Comments welcome.",
            zh="请为合同{contract_no}打分（1-5）：产品、交期、服务、价格，欢迎提意见。",
        ),
        "survey",
    ),
    _template(
        "complaint-received",
        T(
            "We received your complaint {no} and will look into it promptly.",
            zh="已收到您的意见{no}，我们会尽快查明并回复。",
        ),
    ),
    _template(
        "complaint-answer",
        T(
            "On {no}: cause {cause}; remedy {remedy}; measure {measure}. Please confirm.",
            zh="关于{no}：原因{cause}；处理{remedy}；改进{measure}。请确认。",
        ),
    ),
)
