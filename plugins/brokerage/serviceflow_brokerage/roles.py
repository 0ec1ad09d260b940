"""Who works in a branch, and who signs. Source: brokerage.md section 2."""

from __future__ import annotations

from serviceflow.api import Refuse, Role, Route, Stage, T

SM = "service-manager"
AG = "agent"
OP = "operations"
AN = "analyst"
RL = "research-lead"
CM = "campaign-manager"
PM = "partner-manager"
CO = "compliance"
BM = "branch-manager"
HQ = "hq-pricing"
DO = "data-operator"

ROLES = (
    Role(SM, T("Service manager", zh="客户经理")),
    Role(AG, T("Call-centre agent", zh="客服坐席")),
    Role(OP, T("Operations", zh="柜台运营岗")),
    Role(AN, T("Analyst", zh="证券分析师")),
    Role(RL, T("Research lead", zh="研究主管")),
    Role(CM, T("Campaign manager", zh="营销岗")),
    Role(PM, T("Partner manager", zh="渠道岗")),
    Role(CO, T("Compliance", zh="合规岗")),
    Role(BM, T("Branch manager", zh="营业部负责人")),
    Role(HQ, T("Head-office pricing", zh="总部定价审批")),
    Role(DO, T("Data operator", zh="数据岗")),
)

OWN_WORK = T("You cannot approve your own work.", zh="不能审批自己经办的事项。")


def signed(key: str, *stages: tuple[str, ...], rejected: str | None = None) -> Route:
    """Return a route of the branch: stages in sequence, roles of one in parallel; nobody signs his own request."""
    return Route(
        key,
        tuple(Stage(roles) for roles in stages),
        own="refused",
        rejected=rejected,
        said={"sign-own": Refuse(OWN_WORK, None, ref="four-eyes")},  # who else may sign is added where it is said
    )
