"""What clients and partners read. Source: brokerage.md section 7."""

from __future__ import annotations

from typing import Final

from serviceflow.api import T, Template

CHANNELS: Final = ("sms", "wechat", "email")
NOTICE: Final = ("sms", "wechat", "email", "print")
KNOWN: Final = {"name", "order_no", "shop"}


def _template(key: str, kind: str, zh: str, en: str, *, any_hour: bool = False) -> Template:
    text = T(en, zh=zh)
    purpose = {"L": "notice", "S": "service", "V": "survey", "M": "marketing"}[kind]
    fields = tuple(sorted(text.field_names() - KNOWN))
    channels = NOTICE if kind == "L" else CHANNELS
    return Template(key, text, purpose, channels, fields=fields, any_hour=any_hour)  # type: ignore[arg-type]


TEMPLATES: Final = (
    _template(
        "lead-ack", "S",
        "{name}您好,我们已收到您的开户意向,客户经理{staff}会在一个工作日内联系您。",
        "Hello {name}, we have your request. {staff} will call within one business day.",
    ),
    _template(
        "material-list", "S",
        "开户请备齐:有效身份证、本人银行卡。办理中如有疑问请回复本短信。",
        "To open your account please have your valid ID and own bank card ready. Reply with any question.",
    ),
    _template(
        "material-fix", "S",
        "还差一项:{missing}。补齐后我们马上继续。",
        "One thing is missing: {missing}. We continue as soon as we have it.",
    ),
    _template(
        "risk-invite", "S",
        "请完成风险测评,约需{minutes}分钟,结果有效至测评后{months}个月。",
        "Please complete the risk questionnaire ({minutes} min, valid {months} months).",
    ),
    _template(
        "welcome", "S",
        "账户{account_tail}已开通。我是{staff},有事随时找我;近日客服将做一次回访。",
        "Account {account_tail} is open. I am {staff}; our desk will call you once for confirmation.",
    ),
    _template(
        "open-rejected", "L",
        "很遗憾,本次开户申请未能通过,详情请致电{hotline}。",
        "Your application could not be accepted. Please call {hotline}.",
    ),
    _template(
        "risk-renew", "L",
        "您的风险测评已于{expires}到期,请先重新测评再办理。",
        "Your risk assessment ended on {expires}; please renew it first.",
    ),
    _template(
        "risk-soon", "S",
        "您的风险测评将于{expires}到期,可在线更新。",
        "Your risk assessment ends on {expires}. You can renew it online.",
    ),
    _template(
        "match-result", "S",
        "{product}({r})与您的{c}等级匹配,请确认。",
        "{product} ({r}) fits your level {c}. Please confirm.",
    ),
    _template(
        "mismatch-result", "L",
        "{product}({r})超出您的承受范围或不符合投资期限/品种:{items}。我们不建议您办理。",
        "{product} ({r}) does not fit you: {items}. We do not recommend it.",
    ),
    _template(
        "warning-issued", "L",
        "风险警示书{number}已出具,请于{sign_from}之后、{sign_to}之前仔细阅读再决定是否签署,您也可以放弃。",
        "Warning letter {number} is issued. Read it; you may sign between {sign_from} and {sign_to}, or give up.",
    ),
    _template(
        "suit-refused", "L",
        "您申请的{product}无法办理,原因:{reason}。",
        "{product} cannot be provided: {reason}.",
    ),
    _template(
        "level-changed", "L",
        "{product}风险等级现为{r},高于您的{c},请与客户经理确认后续安排。",
        "{product} is now {r}, above your {c}. Please talk to your manager.",
    ),
    _template(
        "rate-approved", "S",
        "自{date}起,账户{account_tail}佣金调整为{rate},有效至{until}。",
        "From {date} the rate of {account_tail} is {rate}, until {until}.",
    ),
    _template(
        "rate-expiring", "S",
        "您的优惠佣金将于{until}到期,如需续约请联系{staff}。",
        "Your special rate ends on {until}. Contact {staff} to renew.",
    ),
    _template(
        "rate-expired", "L",
        "账户{account_tail}佣金自{until}起为{base_rate}。",
        "From {until} the rate of {account_tail} is {base_rate}.",
    ),
    _template(
        "rate-revoked", "L",
        "账户{account_tail}佣金自{revoke_on}起为{base_rate}。",
        "From {revoke_on} the rate of {account_tail} is {base_rate}.",
    ),
    _template(
        "care-note", "S",
        "{name}您好,近期服务还满意吗?直接回复即可,我会跟进。{staff}",
        "Hello {name}, is our service better now? Just reply. {staff}",
    ),
    _template(
        "unreachable-letter", "S",
        "多次致电未能联系到您,方便时请回电{hotline}。",
        "We could not reach you. Please call {hotline} when convenient.",
    ),
    _template("closing-received", "L", "已收到销户申请。", "Closing request received."),
    _template("closing-blocked", "L", "还需处理:{items}。", "Still open: {items}."),
    _template(
        "closing-done", "L",
        "账户{account_tail}已于{date}销户,感谢多年信任。",
        "Account {account_tail} was closed on {date}. Thank you.",
    ),
    _template(
        "statement", "S",
        "{month}结算单已生成,应付{amount}元,请十日内核对。",
        "Statement {month}: {amount} yuan payable. Please check within ten days.",
    ),
    _template(
        "plan-ready", "S",
        "您的投资计划已完成,约个时间讲解?{staff}",
        "Your plan is ready. When may I explain it? {staff}",
    ),
    _template("question-ack", "S", "问题已收到,最迟{due}答复。", "Received; answer by {due}.", any_hour=True),
    _template("answer-ready", "S", "分析师已答复:{text}", "Answer: {text}"),
    _template(
        "question-declined", "S",
        "此类问题我们不能提供意见(如承诺收益、代客理财)。",
        "We cannot advise on this (e.g. promised returns, managing your account).",
    ),
    _template(
        "research-push", "M",
        "【{topic}】{title} {link} 仅供参考,投资有风险。退订回T",
        "[{topic}] {title} {link} For reference only. Reply T to stop.",
    ),
    _template(
        "research-own", "S",
        "【{topic}】{title} {link} 仅供参考,投资有风险。退订回T",
        "[{topic}] {title} {link} For reference only. Reply T to stop.",
    ),
    _template(
        "note-withdrawn", "S",
        "《{title}》已撤回,请勿据此操作。",
        '"{title}" was withdrawn. Please do not rely on it.',
    ),
    _template("campaign", "M", "{body} 回复参与,退订回T", "{body} Reply to take part, T to stop."),
    _template(
        "survey", "V",
        "想更懂您:{n}个小问题,{link} 退订回T",
        "Help us serve you: {n} short questions, {link}. T to stop.",
    ),
)  # fmt: skip
