"""Who works in a studio. Source: studio.md section 2."""

from __future__ import annotations

from serviceflow.api import Role, Route, Stage, T, hours

CONSULTANT = "consultant"
VIEWING = "viewing-consultant"
CASHIER = "cashier"
DISPATCHER = "dispatcher"
DEPUTY = "deputy-dispatcher"
DRESSER = "dresser"
MAKEUP = "makeup"
PHOTOGRAPHER = "photographer"
ASSISTANT = "photo-assistant"
DRIVER = "driver"
IMAGES = "image-controller"
DUTY = "duty"
FINANCE = "finance"
PRODUCTION = "production"
PICKUP = "pickup-clerk"
SERVICE = "service"
SUPERVISOR = "supervisor"
MANAGER = "manager"

FLOOR = (DISPATCHER, DEPUTY, DRESSER, MAKEUP, PHOTOGRAPHER, ASSISTANT, DRIVER)
"""The roles of the shooting floor."""
OVERSEERS = (SUPERVISOR, MANAGER)
"""May do every action."""

ROLES = (
    Role(CONSULTANT, T("Consultant", zh="门市")),
    Role(VIEWING, T("Viewing consultant", zh="看样门市")),
    Role(CASHIER, T("Cashier", zh="收银")),
    Role(DISPATCHER, T("Dispatcher", zh="调度")),
    Role(DEPUTY, T("Deputy dispatcher", zh="副调度")),
    Role(DRESSER, T("Dresser", zh="礼服师")),
    Role(MAKEUP, T("Make-up artist", zh="化妆师")),
    Role(PHOTOGRAPHER, T("Photographer", zh="摄影师")),
    Role(ASSISTANT, T("Photo assistant", zh="摄影助理")),
    Role(DRIVER, T("Driver", zh="司机")),
    Role(IMAGES, T("Image controller", zh="管制人员")),
    Role(DUTY, T("Staff on duty", zh="值班人员")),
    Role(FINANCE, T("Finance", zh="财务部")),
    Role(PRODUCTION, T("Production", zh="制作部")),
    Role(PICKUP, T("Pickup clerk", zh="取件人员")),
    Role(SERVICE, T("Customer service", zh="客服专员")),
    Role(SUPERVISOR, T("Supervisor", zh="主管")),
    Role(MANAGER, T("Manager", zh="经理")),
)


def _route(key: str, *stages: tuple[str, ...]) -> Route:
    """Return a route of the studio: own signature counts, a manager signs for a supervisor, 24 h to decide."""
    return Route(
        key,
        tuple(Stage(roles) for roles in stages),
        own="counts",
        undecided=hours("studio.signoff.hold_hours", after="now"),
        inherits={SUPERVISOR: (MANAGER,)},
    )


BY_SUPERVISOR = _route("studio-supervisor", (SUPERVISOR,))
BY_MANAGER = _route("studio-manager", (MANAGER,))
BY_FINANCE = _route("studio-finance", (FINANCE,))
MANAGER_THEN_FINANCE = _route("studio-manager-finance", (MANAGER,), (FINANCE,))
MANAGER_AND_DISPATCHER = _route("studio-manager-dispatcher", (MANAGER, DISPATCHER))
