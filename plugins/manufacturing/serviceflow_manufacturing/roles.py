"""Who works in the factory, who may act for whom, and the sign-offs outside the review. Source: section 2, 5.4."""

from __future__ import annotations

from typing import Final

from serviceflow.api import Case, Refuse, Role, Route, Stage, T

SALES: Final = "sales"
MANAGER: Final = "sales-manager"
DESK: Final = "order-desk"
MARKETING: Final = "marketing-mgmt"
ADMIN: Final = "contract-admin"
OVERSEAS: Final = "overseas-support"
OVERSEAS_MGMT: Final = "overseas-mgmt"
TECH: Final = "tech-support"
MARKETING_GM: Final = "marketing-gm"
COMPANY_GM: Final = "company-gm"
PRODUCTION: Final = "production"
PLANNING: Final = "planning"
PURCHASING: Final = "purchasing"
ENGINEERING: Final = "engineering"
FINANCE: Final = "finance"
QUALITY: Final = "quality"
SAMPLING: Final = "sampling"
SUPPLY: Final = "supply"
DOCUMENTS: Final = "documents"
WAREHOUSE: Final = "warehouse"
ENTRY: Final = "entry-clerk"
CHECKER: Final = "entry-checker"
SERVICE: Final = "service"
HR: Final = "hr"

ROLES = (
    Role(SALES, T("Sales", zh="业务员")),
    Role(MANAGER, T("Sales manager", zh="销售部经理")),
    Role(DESK, T("Order desk", zh="理单员")),
    Role(MARKETING, T("Marketing management", zh="营销管理部")),
    Role(ADMIN, T("Contract administrator", zh="合同管理员")),
    Role(OVERSEAS, T("Overseas sales support", zh="海外销售支持")),
    Role(OVERSEAS_MGMT, T("Overseas marketing management", zh="海外营销管理")),
    Role(TECH, T("Technical support", zh="技术支持")),
    Role(MARKETING_GM, T("General manager marketing", zh="营销中心总经理")),
    Role(COMPANY_GM, T("General manager", zh="公司总经理")),
    Role(PRODUCTION, T("Production", zh="生产经理")),
    Role(PLANNING, T("Planning", zh="计划")),
    Role(PURCHASING, T("Purchasing", zh="采购")),
    Role(ENGINEERING, T("Engineering", zh="工程中心")),
    Role(FINANCE, T("Finance", zh="财务")),
    Role(QUALITY, T("Quality", zh="质检")),
    Role(SAMPLING, T("Technical centre", zh="技术中心")),
    Role(SUPPLY, T("Supply", zh="供应科")),
    Role(DOCUMENTS, T("Shipping documents", zh="单证员")),
    Role(WAREHOUSE, T("Warehouse", zh="成品仓管员")),
    Role(ENTRY, T("Entry clerk", zh="录单员")),
    Role(CHECKER, T("Entry checker", zh="复核员")),
    Role(SERVICE, T("Customer service", zh="客服")),
    Role(HR, T("Personnel", zh="人事")),
)

BY_MANAGER = (MANAGER, MARKETING_GM)
"""Ordinary actions of the sales manager; sign-offs know no such inheritance."""
BY_SALES = (SALES, *BY_MANAGER)
BY_DESK = (DESK, *BY_MANAGER)
DEPARTMENTS = (PLANNING, PURCHASING, FINANCE, QUALITY, PRODUCTION, ENGINEERING, TECH, SUPPLY, WAREHOUSE, DOCUMENTS)
"""Who may have to acknowledge a sales order."""

OWN = T("You made or own this request; somebody else must sign it.", zh="不能审批自己的申请。")
SAID = {
    "sign-own": Refuse(OWN, ref="mfg.own_request"),
    "sign-role": Refuse(
        T(
            "You hold no slot of this review: it needs {roles} or a delegate valid now.",
            zh="需{roles}或当前有效的受托人签字。",
        ),
        ref="mfg.not_your_slot",
    ),
    "sign-decided": Refuse(
        T("{role} is decided ({state}, {name}, {time}).", zh="{role}已处理（{name}）。"), ref="mfg.already_signed"
    ),
    "sign-twice": Refuse(
        T("You already signed as {role} in this stage.", zh="您在本阶段已以{role}签字。"), ref="mfg.one_slot"
    ),
    "sign-stage": Refuse(T("Stage {n} is not closed yet.", zh="第{n}阶段未完成。"), ref="mfg.stage_open"),
    "sign-opinion": Refuse(
        T("A rejection needs a reason of at least {n} characters.", zh="否决意见至少{n}个字。"),
        ref="mfg.opinion_short",
    ),
}


def owner_of(case: Case) -> list[int]:
    """Return the owner, who signs nothing of his own order."""
    return [case.order.owner_id] if case.order.owner_id is not None else []


def _route(key: str, *stages: str) -> Route:
    return Route(
        key,
        tuple(Stage((role,)) for role in stages),
        own="refused",
        barred=owner_of,
        min_opinion="mfg.review.opinion_min",
        stand_ins="mfg.review.own_delegate",
        said=SAID,
    )


BY_MARKETING_GM = _route("mfg-marketing-gm", MARKETING_GM)
BY_SALES_MANAGER = _route("mfg-sales-manager", MANAGER)
BOTH_GMS = _route("mfg-both-gms", MARKETING_GM, COMPANY_GM)
FINANCE_THEN_GM = _route("mfg-finance-gm", FINANCE, MARKETING_GM)
