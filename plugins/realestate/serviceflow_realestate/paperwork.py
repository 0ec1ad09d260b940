"""The numbers of papers and where they are kept: gap-free for each type and project.

Source: realestate.md section 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from serviceflow.api import Case, T, Tx

from serviceflow_realestate.tables import RePaper

TITLES = {
    "RE-ROTA": T("Duty rota", zh="带客轮班表"),
    "RE-CALL": T("Call register", zh="来电登记表"),
    "RE-VISIT": T("Visit register", zh="来访登记表"),
    "RE-INTERNAL": T("Internal customer register", zh="内部客户登记书"),
    "RE-PLAN": T("Purchase plan", zh="置业计划表"),
    "RE-FILE": T("Customer file", zh="成交客户档案表"),
    "RE-LETTER": T("Subscription letter", zh="认购书"),
    "RE-APPROVAL": T("Approval sheet", zh="认购审批单"),
    "RE-SALES": T("Sales table", zh="销控表"),
    "RE-PACK": T("Paper pack", zh="购房资料"),
    "RE-UNDERTAKING": T("Purchase undertaking", zh="购房承诺函"),
    "RE-NOTICE": T("Signing notice", zh="客户签约须知"),
    "RE-DELAY": T("Delay request", zh="延迟签约申请单"),
    "RE-DISCOUNT": T("Extra discount certificate", zh="额外优惠证明"),
    "RE-CHANGE": T("Change before signing", zh="签约前变更申请"),
    "RE-CHANGE2": T("Change after signing", zh="签约后变更申请"),
    "RE-COUNTERSIGN": T("Countersign sheet", zh="会签单"),
    "RE-CONTRACT": T("Contract hand-over list", zh="合同交接表"),
    "RE-RECEIPT": T("Receipt", zh="收据"),
    "RE-LOANLIST": T("List of loan papers", zh="按揭资料清单"),
    "RE-STATEMENT": T("Special statement", zh="特殊说明"),
    "RE-DEMAND": T("Demand letter", zh="催款函"),
    "RE-LAWYER": T("Lawyer's letter", zh="律师函"),
    "RE-DEFAULT": T("Default notice", zh="违约催告"),
    "RE-TERMINATE": T("Notice of termination", zh="解除通知"),
    "RE-HANDOVER": T("Handover notice", zh="交楼通知书"),
    "RE-AREA": T("Area settlement", zh="面积结算单"),
    "RE-INSPECT": T("Inspection list", zh="验楼单"),
    "RE-KEYS": T("Receipt of keys", zh="钥匙签收单"),
    "RE-TITLEFILE": T("Receipt of title papers", zh="办证资料签收单"),
    "RE-BUYBACK": T("Buyback agreement", zh="回购协议"),
    "RE-COMPLAINT": T("Complaint sheet", zh="客户投诉接收单"),
    "RE-MILESTONE": T("Milestone checklist", zh="节点检查表"),
}


def draw_number(tx: Tx, kind: str, project: str, month: str) -> str:
    """Return the next number of a type in a project, such as ``RE-LETTER-CHW-202603-0001``."""
    return f"{kind}-{project}-{month}-{tx.draw(f'{kind}/{project}'):04}"


def kept(value: Any) -> Any:
    """Return a fact as it is kept: a text in both languages, a day by its digits."""
    if isinstance(value, T):
        return value.both()
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, Mapping):
        return {str(name): kept(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [kept(inner) for inner in value]
    return value


def keep(
    tx: Tx, number: str, project: str, made_at: datetime, facts: Mapping[str, Any], order_id: int | None = None
) -> RePaper:
    """Keep a paper under a number drawn before."""
    kind = number.partition(f"-{project}-")[0]
    return tx.add(RePaper(number=number, type=kind, order_id=order_id, made_at=made_at, facts=kept(facts)))


def keep_of(case: Case, kind: str, facts: Mapping[str, Any], number: str = "") -> RePaper:
    """Keep a paper of an order, in its transaction, and say so."""
    project = case.order.scope or "-"
    drawn = number or draw_number(case.tx, kind, project, case.today.strftime("%Y%m"))
    case.notes.lines.append(T("{title}: {number}", zh="{title}: {number}").of(title=TITLES[kind], number=drawn))
    return keep(case.tx, drawn, project, case.now, facts, case.order_id)
