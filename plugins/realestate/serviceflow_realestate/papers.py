"""Numbered papers: gap-free for each type and project, made in the transaction of what they are about.

Source: realestate.md section 6.
"""

from __future__ import annotations

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


def paper(case: Case, kind: str, /, **facts: Any) -> RePaper:
    """Make a paper of the order; what it says is kept with it."""
    number = draw_number(case.tx, kind, case.order.scope or "-", case.today.strftime("%Y%m"))
    case.notes.lines.append(T("{title}: {number}", zh="{title}: {number}").of(title=TITLES[kind], number=number))
    return case.tx.add(RePaper(number=number, type=kind, order_id=case.order_id, made_at=case.now, facts=facts))
