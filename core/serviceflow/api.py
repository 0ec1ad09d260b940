"""Everything a plugin may use. What stands here is kept stable within ``api = "1"``; nothing else is promised."""

from serviceflow.errors import BadInput, Exit, FlowError, Refused
from serviceflow.flow.forms import (
    Fault,
    Form,
    choice,
    codes,
    day,
    moment,
    money,
    must_be_yes,
    number,
    phone,
    quantities,
    text,
    yes_no,
)
from serviceflow.flow.model import (
    ANY,
    BACK,
    OWNER,
    START,
    STAY,
    SUPERIOR,
    Action,
    Ask,
    Cancel,
    Choose,
    Clock,
    Do,
    Effect,
    Flow,
    Guard,
    Late,
    Link,
    Message,
    Need,
    Once,
    OpenChild,
    Persons,
    Recipient,
    Refuse,
    Role,
    Route,
    SetAnchor,
    SetClock,
    Stage,
    Step,
    Task,
    Template,
    Trade,
    Warn,
)
from serviceflow.flow.moments import bdays, days, days_before, hours, minutes, months
from serviceflow.settings import Setting
from serviceflow.texts import T, plain

__all__ = [
    "ANY", "BACK", "OWNER", "START", "STAY", "SUPERIOR", "Action", "Ask", "BadInput", "Cancel", "Choose", "Clock",
    "Do", "Effect", "Exit", "Fault", "Flow", "FlowError", "Form", "Guard", "Late", "Link", "Message", "Need", "Once",
    "OpenChild", "Persons", "Recipient", "Refuse", "Refused", "Role", "Route", "SetAnchor", "SetClock", "Setting",
    "Stage", "Step", "T", "Task", "Template", "Trade", "Warn", "bdays", "choice", "codes", "day", "days",
    "days_before", "hours", "minutes", "moment", "money", "months", "must_be_yes", "number", "phone", "plain",
    "quantities", "text", "yes_no",
]
