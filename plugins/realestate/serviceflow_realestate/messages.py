"""What customers read. Source: realestate.md section 7."""

from __future__ import annotations

from typing import Final

from serviceflow.api import T, Template

SMS: Final = ("sms", "wechat")
CHAT: Final = ("wechat", "sms", "email")
LETTER: Final = ("sms", "wechat", "print")
PRINT: Final = ("print", "sms", "wechat")
MAIL: Final = ("sms", "email", "wechat")
STAFF: Final = ("sms", "email")


def _template(key: str, channels: tuple[str, ...], text: T, *, marketing: bool = False) -> Template:
    return Template(
        key, text, "marketing" if marketing else "service", channels, fields=tuple(sorted(text.field_names()))
    )


TEMPLATES = (
    _template(
        "re-call-thanks",
        SMS,
        T(
            "Hello {name}, thank you for calling {project}. I am {agent}, {phone}. You are welcome any time.",
            zh="{name}您好,感谢来电{project},我是置业顾问{agent},{phone},随时恭候您到访。",
        ),
    ),
    _template(
        "re-visit-reminder",
        SMS,
        T(
            "{name}, your visit to {project} is at {time}. {agent} will meet you at the sales centre.",
            zh="{name}您好,您预约{time}参观{project},{agent}在营销中心等您。",
        ),
    ),
    _template(
        "re-no-show",
        SMS,
        T(
            "{name}, sorry we missed you today. Reply and I will find another time. {agent}",
            zh="{name}您好,今天没能见到您,方便时回复我,帮您另约时间。{agent}",
        ),
    ),
    _template(
        "re-visit-thanks",
        SMS,
        T(
            "Thank you for visiting {project}, {name}. Details of {units} will follow. {agent}",
            zh="{name}您好,感谢光临{project}。您看的{units}资料稍后发您。{agent}",
        ),
    ),
    _template(
        "re-touch-first",
        CHAT,
        T(
            "Hello {name}, nice to meet you. Ask me anything about {project}. {agent}",
            zh="{name}您好,很高兴认识您!关于{project}有任何问题都可以问我。{agent}",
        ),
        marketing=True,
    ),
    _template(
        "re-touch-m2",
        CHAT,
        T(
            "{name}, this month at {project}: {promo}, until {until}.",
            zh="{name}您好,{project}本月活动:{promo},有效期至{until}。",
        ),
        marketing=True,
    ),
    _template(
        "re-touch-m3",
        CHAT,
        T(
            "{name}, {points} points are in your account, redeem on a visit. {agent} will call.",
            zh="{name}您好,{points}积分已入账,到访即可兑换,{agent}会与您联系。",
        ),
        marketing=True,
    ),
    _template(
        "re-touch-m6",
        CHAT,
        T(
            "{name}, a gift and a CNY {voucher} voucher are waiting for you.",
            zh="{name}您好,为您准备了一份礼品和{voucher}元礼券,欢迎来领取。",
        ),
        marketing=True,
    ),
    _template(
        "re-touch-m12",
        CHAT,
        T(
            "{name}, one year since we met: join us for {event}.",
            zh="{name}您好,相识一周年,诚邀参加{event}。",
        ),
        marketing=True,
    ),
    _template(
        "re-hold-expiring",
        STAFF,
        T(
            "Hold on {unit} for {name} ends {until}.",
            zh="{unit}保留将于{until}到期,客户{name}。",
        ),
    ),
    _template(
        "re-subscribed",
        SMS,
        T(
            "{name}, deposit CNY {amount} for {unit} received, receipt {receipt}.",
            zh="{name}您好,{unit}定金{amount}元已收,收据{receipt}。",
        ),
    ),
    _template(
        "re-signing-notice",
        LETTER,
        T(
            "{name}, please sign the contract and loan for {unit} by {deadline}. Bring: {papers}. {agent} {phone}",
            zh="{name}您好,请于{deadline}前签订{unit}买卖合同及按揭,携带:{papers}。{agent}{phone}",
        ),
    ),
    _template(
        "re-signing-reminder",
        SMS,
        T(
            "{name}, the signing date for {unit} is {deadline}; later the discounts lapse.",
            zh="{name}您好,{unit}签约期限为{deadline},逾期将失去优惠。",
        ),
    ),
    _template(
        "re-signing-appointment",
        SMS,
        T(
            "{name}, signing is at {time}. Please bring {papers}.",
            zh="{name}您好,签约时间{time},请携带{papers}。",
        ),
    ),
    _template(
        "re-delay-approved",
        SMS,
        T(
            "{name}, your delay is granted; sign by {deadline}.",
            zh="{name}您好,延期已批准,新签约日期{deadline}。",
        ),
    ),
    _template(
        "re-delay-rejected",
        SMS,
        T(
            "{name}, the delay is not granted; please sign by {deadline}.",
            zh="{name}您好,延期未获批准,请于{deadline}前签约。",
        ),
    ),
    _template(
        "re-signing-overdue",
        LETTER,
        T(
            "{name}, {unit} is overdue: list price CNY {list_total} applies; pay in full and sign by {deadline}.",
            zh="{name}您好,{unit}已逾期,按原价{list_total}元执行,请于{deadline}前付清并签约。",
        ),
    ),
    _template(
        "re-forfeit-warning",
        LETTER,
        T(
            "{name}, after {deadline} the deposit is forfeited and the unit resold.",
            zh="{name}您好,{deadline}后定金将不予退还,房源另售。",
        ),
    ),
    _template(
        "re-forfeited",
        PRINT,
        T(
            "{name}: the subscription of {unit} has ended; deposit CNY {amount} is kept.",
            zh="{name}:{unit}认购终止,定金{amount}元不予退还。",
        ),
    ),
    _template(
        "re-refund-paid",
        SMS,
        T(
            "{name}, your refund of CNY {amount} was paid on {date}.",
            zh="{name}您好,退款{amount}元已于{date}支付。",
        ),
    ),
    _template(
        "re-contract-signed",
        SMS,
        T(
            "Congratulations {name}! Contract {contract_no} for {unit} is signed; we will tell you when it is filed.",
            zh="恭喜{name}!{unit}合同{contract_no}已签订,备案后通知您领取。",
        ),
    ),
    _template(
        "re-pickup",
        SMS,
        T(
            "{name}, your filed contract is ready; bring your ID.",
            zh="{name}您好,备案合同可领取,请携带身份证。",
        ),
    ),
    _template(
        "re-mortgage-docs",
        SMS,
        T(
            "{name}, please bring the loan papers on {date}: {papers}.",
            zh="{name}您好,请于{date}带齐按揭资料:{papers}。",
        ),
    ),
    _template(
        "re-mortgage-missing",
        SMS,
        T(
            "{name}, still missing: {missing}, latest {deadline}. Tell us in writing if there is a special reason.",
            zh="{name}您好,还缺:{missing},最迟{deadline}。如有特殊情况请书面说明。",
        ),
    ),
    _template(
        "re-mortgage-overdue",
        LETTER,
        T(
            "{name}, the promised papers are overdue. Contact {agent} at once.",
            zh="{name}您好,承诺补交的资料逾期,请立即联系{agent}。",
        ),
    ),
    _template(
        "re-mortgage-approved",
        SMS,
        T(
            "{name}, the loan of CNY {amount} is approved, about CNY {monthly} a month.",
            zh="{name}您好,贷款{amount}元已批,月供约{monthly}元。",
        ),
    ),
    _template(
        "re-mortgage-refused",
        SMS,
        T(
            "{name}, the bank did not grant the loan; please discuss options with {agent}.",
            zh="{name}您好,银行未通过贷款,请与{agent}商议方案。",
        ),
    ),
    _template(
        "re-payment-due",
        SMS,
        T(
            "{name}, payment {seq} for {unit}, CNY {amount}, is due {due}. Account {account}.",
            zh="{name}您好,{unit}第{seq}期{amount}元将于{due}到期,账号{account}。",
        ),
    ),
    _template(
        "re-payment-received",
        SMS,
        T(
            "{name}, CNY {amount} received, receipt {receipt}.",
            zh="{name}您好,已收{amount}元,收据{receipt}。",
        ),
    ),
    _template(
        "re-dunning-1",
        SMS,
        T(
            "{name}, CNY {amount} for {unit} is {days} day(s) late; please pay.",
            zh="{name}您好,{unit}应付{amount}元已过期{days}天,请尽快付款。",
        ),
    ),
    _template(
        "re-dunning-2",
        MAIL,
        T(
            "{name}, CNY {amount} is open; damages so far CNY {damages}.",
            zh="{name}您好,欠款{amount}元,截至今日违约金{damages}元。",
        ),
    ),
    _template(
        "re-dunning-demand",
        PRINT,
        T(
            "Demand: pay CNY {amount} and damages CNY {damages} by {pay_by}.",
            zh="催款函:请于{pay_by}前付清{amount}元及违约金{damages}元。",
        ),
    ),
    _template(
        "re-dunning-lawyer",
        PRINT,
        T(
            "Lawyer's letter: {days} days late; without payment the contract may be terminated.",
            zh="律师函:逾期{days}天,若仍不付款将依约解除合同。",
        ),
    ),
    _template(
        "re-default-notice",
        PRINT,
        T(
            "Default notice: {cause}; please cure it by {deadline}.",
            zh="违约催告:{cause},请于{deadline}前纠正。",
        ),
    ),
    _template(
        "re-terminate-notice",
        PRINT,
        T(
            "Termination of the contract for {unit}; settlement attached.",
            zh="解除通知:{unit}合同解除,结算见附表。",
        ),
    ),
    _template(
        "re-company-offer",
        PRINT,
        T(
            "{name}, for {cause} we offer CNY {amount}; please confirm.",
            zh="{name}您好,就{cause},我司赔付{amount}元,请确认。",
        ),
    ),
    _template(
        "re-handover-notice",
        LETTER,
        T(
            "{name}, {unit} is ready from {start}; please come by {end} with {papers}.",
            zh="{name}您好,{unit}将于{start}交付,请于{end}前办理,携带{papers}。",
        ),
    ),
    _template(
        "re-handover-reminder",
        SMS,
        T(
            "{name}, handover closes {end}; afterwards the unit counts as delivered.",
            zh="{name}您好,交楼办理截止{end},逾期视为交付。",
        ),
    ),
    _template(
        "re-handover-deemed",
        PRINT,
        T(
            "{name}: {unit} counts as delivered on {date}.",
            zh="{name}:{unit}于{date}视为交付。",
        ),
    ),
    _template(
        "re-rectified",
        SMS,
        T(
            "{name}, the repairs are done; please book re-inspection.",
            zh="{name}您好,整改已完成,请约复验。",
        ),
    ),
    _template(
        "re-title-docs",
        SMS,
        T(
            "{name}, please hand in title papers by {deadline}: {papers}.",
            zh="{name}您好,请于{deadline}前提交办证资料:{papers}。",
        ),
    ),
    _template(
        "re-title-ready",
        SMS,
        T(
            "{name}, your title deed is ready.",
            zh="{name}您好,房产证已办好,请领取。",
        ),
    ),
    _template(
        "re-complaint-received",
        SMS,
        T(
            "{name}, complaint {number} received; answer within {hours} hours.",
            zh="{name}您好,投诉已受理,编号{number},{hours}小时内回复。",
        ),
    ),
    _template(
        "re-complaint-result",
        SMS,
        T(
            "{name}, result of complaint {number}: {result}.",
            zh="{name}您好,投诉{number}处理结果:{result}。",
        ),
    ),
    _template(
        "re-registers-open",
        STAFF,
        T(
            "Registers not submitted: {agents}",
            zh="未提交登记:{agents}",
        ),
    ),
)
FIELDS: Final = tuple(sorted({name for t in TEMPLATES for name in t.fields}))
"""Every fact a text may name."""
