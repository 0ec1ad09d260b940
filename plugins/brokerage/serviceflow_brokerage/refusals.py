"""What the branch says no with, by id. Source: brokerage.md section 11."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from serviceflow.api import BadInput, Refuse, Refused, T, listed, plain

TEXTS: Final[Mapping[str, T]] = {
    "import-header": T("Missing columns: {cols}", zh="缺少必需列: {cols}"),
    "import-too-many-bad": T(
        "{bad} of {rows} rows are bad; nothing imported", zh="{bad}/{rows}行有误,超过上限,未导入任何数据"
    ),
    "row-unknown-account": T("Account {no} not found", zh="找不到账号{no}"),
    "row-unknown-client": T("Client {no} not found", zh="找不到客户{no}"),
    "row-bad-date": T("Date invalid", zh="日期无效"),
    "row-bad-value": T("{value} cannot be read", zh="无法识别{value}"),
    "row-missing": T("{name} is needed", zh="缺少{name}"),
    "row-future-date": T("Date in the future", zh="日期晚于今天"),
    "row-too-old": T("Date too old", zh="日期过旧"),
    "row-negative": T("Amount negative", zh="金额不能为负"),
    "row-decimals": T("More than 2 decimals", zh="最多两位小数"),
    "row-onsite-gt-trades": T("On-site exceeds trades", zh="现场笔数大于总笔数"),
    "row-last-trade-after": T("Last trade after date", zh="最后交易日晚于数据日"),
    "row-outside-account": T("Outside account life", zh="超出账户存续期"),
    "row-dup-conflict": T("Conflicting figures for the same key in the file", zh="文件中同一主键数据不一致"),
    "row-exists-different": T("Conflicting figures for the same account and date", zh="同一账号同一日期数据不一致"),
    "undo-not-latest": T("Later batch {n} changed these rows", zh="批次{n}之后已有改动,不能撤销"),
    "run-locked": T("Another run is in progress ({id}, {host})", zh="另一个运行正在进行(编号{id},{host})"),
    "as-of-back": T("Earlier than the last run ({date})", zh="日期早于上次运行{date}"),
    "as-of-future": T("In the future", zh="日期晚于今天"),
    "mass-change": T(
        "{x} of {c} clients would move; stopped", zh="{x}/{c}客户将变更细分,已停止;核对后加 --accept-mass-change"
    ),
    "rules-field": T("Rule {id}: {detail}", zh="规则{id}:{detail}"),
    "pin-unknown": T("Unknown segment {id}", zh="细分{id}不存在"),
    "pin-too-long": T("Longer than {n} days", zh="超过{n}天"),
    "age-under-18": T("Under {n}", zh="未满{n}周岁"),
    "id-expired": T("ID expired", zh="证件已过期"),
    "already-client": T("Already client {no}", zh="已是本公司客户{no}"),
    "market-accounts": T("Already {n} accounts in the market", zh="市场账户已满{n}户"),
    "recording-missing": T("Recording missing", zh="缺少双录编号"),
    "witness-missing": T("Witness missing", zh="缺少见证人"),
    "agreements-missing": T("Agreements missing: {names}", zh="缺少必签协议: {names}"),
    "rate-needs-approval": T("Rates below standard need an approved offer", zh="非标准佣金请走佣金优惠审批"),
    "client-not-active": T("Client not active", zh="客户状态不符"),
    "product-not-on-sale": T("Product not on sale", zh="产品已停售"),
    "access-not-met": T("Access condition not met: assets {detail}", zh="未达准入条件: 资产{detail}"),
    "risk-missing": T("No risk assessment", zh="尚无风险测评"),
    "risk-expired": T("Risk assessment expired on {date}", zh="测评已于{date}到期"),
    "lowest-no-insist": T(
        "Lowest class: nothing above R1, even on request", zh="客户属最低风险承受类别,不得办理高于R1的产品"
    ),
    "active-recommendation": T("Mismatched products must not be recommended", zh="不得主动推介不匹配的产品"),
    "cooling-not-over": T("Consideration until {time}", zh="考虑期至{time}"),
    "letter-expired": T("Letter expired", zh="警示书已过期"),
    "amount-over-letter": T("Above requested {amount}", zh="金额超出申请{amount}"),
    "match-changed": T("Match changed, check again", zh="匹配结果已变化,请重新检查"),
    "complaint-freeze": T("Open suitability complaint", zh="存在未结适当性投诉"),
    "retention-period": T("Retention period: records are kept {n} years", zh="保存期内不得删除({n}年)"),
    "retake-limit": T("Too many assessments", zh="测评次数已达上限"),
    "merge-two-clients": T("Both are clients, cannot merge", zh="两人均为正式客户,不能合并"),
    "rate-over-max": T("Above maximum {ppm} ppm", zh="高于上限{ppm}"),
    "rate-below-cost": T("Below cost floor {ppm} ppm", zh="低于成本线{ppm}"),
    "rate-not-lower": T("Not lower than now", zh="不低于现行佣金"),
    "commitment-missing": T("Commitment missing", zh="缺少承诺"),
    "offer-open": T("Open request {no}", zh="已有在途申请{no}"),
    "attempt-same-day": T("Attempt already counted today", zh="当天已登记过一次未接"),
    "retention-open": T("Retention {no} open", zh="已有挽留单{no}"),
    "close-duplicate": T("Closing {no} open", zh="已有销户申请{no}"),
    "no-contract": T("No active contract", zh="无有效合作协议"),
    "contract-overlap": T("Overlaps contract {no}", zh="协议期重叠({no})"),
    "contract-too-long": T("Longer than {n} months", zh="协议期超过{n}个月"),
    "share-over-max": T("Above {max}", zh="超过上限{max}"),
    "share-model-off": T("Model switched off", zh="该分成方式未启用"),
    "referral-existing-client": T("Already a client", zh="已是客户"),
    "reassign-none": T("No partner's referral counts for {client}", zh="{client}没有归属渠道的推荐"),
    "reassign-same": T("It counts for that partner already", zh="已归属该渠道"),
    "reassign-open": T("Reassignment {n} waits for signatures", zh="改派{n}正在审批"),
    "reassign-reason": T("A reassignment needs a reason", zh="改派须写明原因"),
    "reassign-frozen": T("Statement {no} is frozen; the partner stays", zh="结算单{no}已冻结, 不能改派"),
    "reassign-state": T("Reassignment {n} is {state}", zh="改派{n}当前为{state}"),
    "statement-exists": T("Statement {no} exists", zh="该月结算单已存在({no})"),
    "campaign-no-feedback": T("No feedback path", zh="活动没有回应渠道"),
    "campaign-empty": T("Nobody left to address", zh="没有可触达的客户"),
    "note-not-reviewed": T("Second person must review", zh="须由他人复核"),
    "four-eyes": T("You cannot approve your own work", zh="不能审批自己经办的事项"),
    "question-forbidden": T("No advice on this", zh="此类问题不提供意见"),
    "plan-profile-incomplete": T("File incomplete: {fields}", zh="档案不全: {fields}"),
    "plan-weights": T("Weights must total 100 %", zh="权重合计须为100%"),
    "plan-mismatch": T("Line {n} does not fit", zh="第{n}项与客户不匹配"),
    "callback-not-ok": T(
        "A callback is well only when identity, risks and no proxy trading are confirmed; else log a problem",
        zh="身份、风险告知、无代客操作均须确认, 否则请登记异常",
    ),
    "too-late": T("It is too late for that", zh="已超过期限"),
    "too-early": T("Not before {date}", zh="不得早于{date}"),
    "signed-already": T("You have signed already", zh="您已审批过"),
    "campaign-no-member": T("{name} takes no part in campaign {code}", zh="{name}不在活动{code}中"),
    "note-state": T("Note {id} is {state}", zh="报告{id}当前为{state}"),
    "campaign-state": T("Campaign {code} is {state}", zh="活动{code}当前为{state}"),
    "which-account": T("There are {n} accounts", zh="有{n}个账户, 请指定"),
    "account-not-open": T("Account is not open", zh="账户未开立"),
    "month-not-over": T("The month is not over", zh="该月尚未结束"),
    "unknown": T("There is no {what} {id}", zh="没有{what} {id}"),
}


WAYS: Final[Mapping[str, T]] = {
    "import-header": T(
        "Write the headings as in: flow broker import --help", zh="请按此补全表头: flow broker import --help"
    ),
    "import-too-many-bad": T(
        "Mend the rows in {rejects} and import that file, or allow more: flow settings set broker.import_max_bad_bp N",
        zh="请改好 {rejects} 中的行后导入该文件, 或放宽上限: flow settings set broker.import_max_bad_bp N",
    ),
    "undo-not-latest": T(
        "Take that one back first: flow broker import undo {n}", zh="请先撤销: flow broker import undo {n}"
    ),
    "run-locked": T("Wait until it has ended, then try again.", zh="请等其结束后重试。"),
    "as-of-back": T("Only look, without writing: add --dry-run", zh="如只想查看, 请加 --dry-run"),
    "as-of-future": T("Give a day up to today, or leave --as-of out.", zh="请给出不晚于今天的日期, 或省略 --as-of。"),
    "mass-change": T(
        "Look who moves: flow broker segment run --dry-run; then add --accept-mass-change",
        zh="先查看: flow broker segment run --dry-run; 核对后加 --accept-mass-change",
    ),
    "rules-field": T("Check the file again: flow broker rules lint FILE", zh="改好后检查: flow broker rules lint 文件"),
    "pin-unknown": T("See the segments: flow broker plan show", zh="查看细分: flow broker plan show"),
    "pin-too-long": T(
        "Give an earlier day, or: flow settings set broker.pin_max_days N",
        zh="请给出更早的日期, 或: flow settings set broker.pin_max_days N",
    ),
    "no-contract": T("See the contracts: flow broker partner list", zh="查看协议: flow broker partner list"),
    "referral-existing-client": T("See the client: flow broker client {no}", zh="查看客户: flow broker client {no}"),
    "reassign-none": T("See who refers whom: flow broker partner list", zh="查看渠道: flow broker partner list"),
    "reassign-same": T("Give another: flow broker partner list", zh="请另选: flow broker partner list"),
    "reassign-open": T("Sign it: flow broker referral approve {n}", zh="请审批: flow broker referral approve {n}"),
    "reassign-reason": T("Say why: --reason TEXT", zh="请填写: --reason 原因"),
    "reassign-frozen": T("See it: flow show {no}", zh="查看: flow show {no}"),
    "reassign-state": T("See it: flow broker referral list --all", zh="查看: flow broker referral list --all"),
    "statement-exists": T("See it: flow show {no}", zh="查看: flow show {no}"),
    "month-not-over": T("Try again when the month is over.", zh="请在该月结束后再试。"),
    "contract-overlap": T("See it: flow show {no}", zh="查看: flow show {no}"),
    "contract-too-long": T(
        "Give an earlier end, or: flow settings set broker.partner_max_months N",
        zh="请提前截止日, 或: flow settings set broker.partner_max_months N",
    ),
    "share-over-max": T("Give no more than {max}.", zh="请不超过{max}。"),
    "share-model-off": T(
        "Switched on are: flow settings show broker.partner_share_models",
        zh="已启用的方式: flow settings show broker.partner_share_models",
    ),
    "close-duplicate": T("Go on there: flow show {no}", zh="请在该单继续: flow show {no}"),
    "account-not-open": T(
        "See the accounts of the client: flow broker client NO", zh="查看客户账户: flow broker client 客户号"
    ),
    "four-eyes": T("Ask somebody else to do it.", zh="请他人办理。"),
    "note-not-reviewed": T("Ask somebody else to do it.", zh="请他人办理。"),
    "age-under-18": T("Go on from that birthday.", zh="请自该生日起办理。"),
    "id-expired": T("Ask for a document that is valid.", zh="请客户提供有效证件。"),
    "already-client": T("Give another number, or go on with that client.", zh="请换用其他编号, 或用该客户办理。"),
    "market-accounts": T("One of them has to be closed first.", zh="须先注销其中一户。"),
    "recording-missing": T("Give its number: recording_ref=…", zh="请填写: recording_ref=…"),
    "witness-missing": T("Give who it was: witness=…", zh="请填写: witness=…"),
    "agreements-missing": T("Have them signed: {names}", zh="请先签署: {names}"),
    "rate-needs-approval": T(
        "Open at the standard rate, then: flow broker rate CLIENT --to PPM --start",
        zh="先按标准佣金开户, 再: flow broker rate 客户号 --to PPM --start",
    ),
    "client-not-active": T("See the file: flow broker client NO", zh="查看档案: flow broker client 客户号"),
    "product-not-on-sale": T(
        "Choose another: flow broker match CLIENT PRODUCT", zh="请另选: flow broker match 客户号 产品"
    ),
    "risk-missing": T(
        "Assess: flow broker risk assess CLIENT --answers FILE",
        zh="请测评: flow broker risk assess 客户号 --answers 文件",
    ),
    "risk-expired": T(
        "Assess anew: flow broker risk assess CLIENT --answers FILE",
        zh="请重新测评: flow broker risk assess 客户号 --answers 文件",
    ),
    "active-recommendation": T(
        "See what fits: flow broker match CLIENT PRODUCT", zh="查看匹配: flow broker match 客户号 产品"
    ),
    "cooling-not-over": T("Do it then.", zh="请届时办理。"),
    "letter-expired": T("Give up and request anew: give-up", zh="请放弃后重新申请: give-up"),
    "amount-over-letter": T("Request the larger amount anew.", zh="请按更大金额重新申请。"),
    "match-changed": T("The order is checked again.", zh="该单将重新检查。"),
    "complaint-freeze": T("The complaint has to be settled first: flow task list", zh="须先办结投诉: flow task list"),
    "retake-limit": T("Ask again on another day.", zh="请改日再测。"),
    "rate-over-max": T("Give no more than {ppm}.", zh="请不超过{ppm}。"),
    "rate-below-cost": T("Give no less than {ppm}.", zh="请不低于{ppm}。"),
    "rate-not-lower": T("See the rate now: flow broker rate CLIENT", zh="查看现行佣金: flow broker rate 客户号"),
    "commitment-missing": T(
        "Give one: committed_assets=500000 or committed_turnover_90d=1000000; none is needed for bundle and retention.",
        zh="请填写 committed_assets=500000 或 committed_turnover_90d=1000000; 原因为组合或挽留时可免。",
    ),
    "offer-open": T("Go on there: flow show {no}", zh="请在该单继续: flow show {no}"),
    "attempt-same-day": T("Try again on another day.", zh="请改日再试。"),
    "retention-open": T("Go on there: flow show {no}", zh="请在该单继续: flow show {no}"),
    "campaign-no-feedback": T(
        "Name one: flow broker campaign change {code} --feedback reply",
        zh="请补充: flow broker campaign change {code} --feedback reply",
    ),
    "campaign-empty": T(
        "See why: flow broker campaign target {code}", zh="查看原因: flow broker campaign target {code}"
    ),
    "campaign-state": T("See it: flow broker campaign list", zh="查看: flow broker campaign list"),
    "campaign-no-member": T(
        "See who does: flow broker campaign members {code}", zh="查看名单: flow broker campaign members {code}"
    ),
    "note-state": T("See it: flow broker note list", zh="查看: flow broker note list"),
    "signed-already": T("The others sign now.", zh="等待其他人审批。"),
    "plan-profile-incomplete": T(
        "Complete it: flow broker import clients FILE", zh="请补全: flow broker import clients 文件"
    ),
    "plan-weights": T("In bp they make 10000: 6000 and 4000.", zh="以万分之计合计10000, 如 6000 与 4000。"),
    "plan-mismatch": T("Take another: flow broker match CLIENT PRODUCT", zh="请替换: flow broker match 客户号 产品"),
    "callback-not-ok": T(
        "Log it as a problem: flow do ORDER callback-problem", zh="请登记异常: flow do 订单 callback-problem"
    ),
    "too-late": T("Begin anew: flow new FLOW CUSTOMER", zh="请重新发起: flow new 流程 客户"),
    "too-early": T("Do it from that day on.", zh="请自该日起办理。"),
    "which-account": T("Name one: --account NO", zh="请指定: --account 账号"),
    "row-bad-date": T("Give a day that is possible.", zh="请填写可行的日期。"),
    "row-future-date": T("Give a moment up to now.", zh="请填写不晚于现在的时间。"),
}
"""What to type or do after a no, where there is one way for all its cases; facts are those of the sentence."""


NO_WAY: Final = frozenset(
    {"access-not-met", "lowest-no-insist", "retention-period", "merge-two-clients", "question-forbidden"}
)
"""Refusals that nothing can be done about."""


def refuse(ref: str, way_out: T | None = None, **facts: Any) -> Refuse:
    """Return a guard's no by its id."""
    return Refuse(_said(TEXTS[ref], facts), way_out or _way(ref, facts), ref=ref)


def refused(ref: str, way_out: T | None = None, **facts: Any) -> Refused:
    """Return a refusal by its id, to be raised."""
    return Refused(_said(TEXTS[ref], facts), way_out or _way(ref, facts), ref=ref)


def bad(ref: str, way_out: T | None = None, **facts: Any) -> BadInput:
    """Return a refusal of a run or an import, which leave with exit code 2."""
    return BadInput(_said(TEXTS[ref], facts), way_out or _way(ref, facts), ref=ref)


def not_possible(word: str) -> T:
    """Return the sentence about a word that is none of those there are."""
    return T("“{word}” is not possible here.", zh="此处不能用“{word}”。").of(word=word)


def there_are(words: Iterable[str]) -> T:
    """Return the way out that lists the words there are."""
    return T("There are: {there}", zh="可用: {there}").of(there=listed(plain(key) for key in words))


def _way(ref: str, facts: Mapping[str, Any]) -> T | None:
    return _said(WAYS[ref], facts) if ref in WAYS else None


def _said(words: T, facts: Mapping[str, Any]) -> T:
    return words.of(**facts) if facts else words
