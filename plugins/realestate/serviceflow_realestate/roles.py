"""Who works in a sales centre, and who signs. Source: realestate.md section 2."""

from __future__ import annotations

from serviceflow.api import Refuse, Role, Route, Stage, T, plain

AGENT = "agent"
ASSISTANT = "assistant"
MANAGER = "sales-manager"
FINANCE = "finance"
CONTRACTS = "contract-clerk"
MORTGAGES = "mortgage-clerk"
DIRECTOR = "director"
LEGAL = "legal"
PROPERTY = "property"
ENGINEERING = "engineering"
MARKETING = "marketing"

ROLES = (
    Role(AGENT, T("Sales agent", zh="置业顾问")),
    Role(ASSISTANT, T("Sales assistant", zh="销售助理")),
    Role(MANAGER, T("Sales manager", zh="销售经理")),
    Role(FINANCE, T("Finance", zh="财务")),
    Role(CONTRACTS, T("Contract clerk", zh="合同人员")),
    Role(MORTGAGES, T("Mortgage clerk", zh="按揭专员")),
    Role(DIRECTOR, T("Director", zh="公司领导")),
    Role(LEGAL, T("Legal", zh="法务")),
    Role(PROPERTY, T("Property service centre", zh="物业服务中心")),
    Role(ENGINEERING, T("Engineering", zh="工程")),
    Role(MARKETING, T("Marketing", zh="营销策划")),
)

MANAGER_ONLY = Refuse(
    T("Only {roles} may do this.", zh="只有{roles}可以操作。").of(roles=T("the sales manager", zh="销售经理")),
    plain("flow staff list"),
)
SAID = {
    "sign-own": Refuse(T("You asked for this; another person must sign.", zh="本人申请的须由他人签批。")),
    "sign-decided": Refuse(T("Already signed by {name}.", zh="已由 {name} 签批。")),
    "sign-twice": Refuse(T("Already signed by you.", zh="您已签批。")),
    "sign-role": Refuse(T("Only {roles} may do this.", zh="只有{roles}可以操作。")),
    "sign-opinion": Refuse(T("A rejection needs an opinion.", zh="驳回须写意见。")),
}


def route(key: str, *stages: tuple[str, ...], own: str = "refused", rejected: str | None = None) -> Route:
    """Return a route of the sales centre; a rejection needs an opinion and ends the request.

    Args:
        own: ``counts`` where doing the action is the first signature, else ``refused``.
        rejected: What the system does when somebody rejects.
    """
    return Route(
        key,
        tuple(Stage(roles) for roles in stages),
        own="counts" if own == "counts" else "refused",
        min_opinion=1,
        rejected=rejected,
        said=SAID,
    )


BY_MANAGER = route("manager", (MANAGER,))
BY_DIRECTOR = route("director", (DIRECTOR,))
