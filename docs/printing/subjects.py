"""The subjects of `serviceflow.api`: which name is told on which page. A test holds them to ``__all__``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from serviceflow import api


@dataclass(frozen=True, slots=True)
class Subject:
    """One page.

    Args:
        intro: What the names have in common.
        shared: Class whose fields explain arguments that several functions take.
    """

    key: str
    title: str
    intro: str
    names: tuple[str, ...]
    shared: Any = None


SUBJECTS = (
    Subject(
        "trade", "Trade, flow, step, action",
        "A trade is plain data: the engine interprets it, `flow plugin check` finds every fault in it. Numbers in it"
        " are names of settings.",
        ("Trade", "Role", "Setting", "Job", "Flow", "Step", "Action", "START", "ANY", "STAY", "BACK", "Choose", "Late",
         "Clock", "Link", "Grace"),
    ),
    Subject(
        "forms", "Forms and kinds of fields",
        "A form is a class with annotated fields, filled with `field=value`; it complains of everything at once. Guards"
        " and effects read `form.amount` with its type:\n\n"
        "```python\nclass TakeDeposit(Form):\n    amount: int = money(T(\"Amount\", zh=\"金额\"))\n"
        "    method: str = choice(T(\"Method\", zh=\"方式\"), METHODS)\n```",
        ("Form", "text", "items", "codes", "choice", "yes_no", "must_be_yes", "number", "decimal", "money",
         "quantities", "row_list", "day", "moment", "now_default", "phone", "Field", "Fault", "FormContext"),
        shared=api.Field,
    ),
    Subject(
        "guards", "Guards",
        "A guard is a function of the case and the filled form. It returns nothing, or one of `Refuse`, `Warn` and"
        " `Need`. Guards of an action are asked in order; the first refusal wins.",
        ("Guard", "Verdict", "Refuse", "Warn", "Need", "conditions"),
    ),
    Subject(
        "effects", "Effects",
        "What happens when an action is done (`Action.effects`) or a step is entered (`Step.entry`), in the order"
        " written, inside the action's transaction: one that raises leaves nothing behind.",
        ("Effect", "Do", "Once", "SetAnchor", "Task", "Message", "Cancel", "TurnClock", "OpenChild", "Ask", "Issue",
         "VoidDocument"),
    ),
    Subject(
        "moments", "Moments",
        "When something is due, said once for tasks, messages, limits and timers. Minutes and hours run to the second;"
        " days end with their local day unless they say a time of it.",
        ("minutes", "hours", "days", "before", "bdays", "months", "of", "earliest", "latest", "NOW", "Moment",
         "Computed", "Deadline"),
        shared=api.Moment,
    ),
    Subject(
        "calendars", "Calendars",
        "Which days are open, why, and how to walk them. `shop` is the shop's own week with its exceptions, `cn-public`"
        " knows public holidays and make-up workdays, `cn-exchange` trading days; a trade may add its own by"
        " `Trade.calendars`. Days are calendar days in the shop's zone.",
        ("Calendar", "DayKind", "is_open", "roll", "add_business_days", "add_months", "instant_of", "MovedClock"),
    ),
    Subject(
        "capacity", "Capacity: places, spans, claims",
        "One live row per thing, held by the database: a place cannot be given twice, whoever is faster. Places are"
        " cells of numbered resources, spans are times of one resource, claims hold a thing until a moment. What is"
        " held is freed by its `holder`.",
        ("Places", "take_span", "overlapping", "claim", "Taken", "hold_rows", "keep_holds", "free_holds",
         "CapacityException"),
    ),
    Subject(
        "routes", "Who does it, who signs",
        "A guard asks for signatures by `Need`, a step by `Ask`. A route is stages one after the other, the slots of a"
        " stage at the same time. The last approval does the action with its own time.",
        ("Who", "Persons", "OWNER", "SUPERIOR", "Route", "Stage", "Roles", "Absent", "decide", "sign_pending",
         "pending", "all_slots", "explain_signatures", "unsignable", "roles_of", "stands_in_for", "RequestRow",
         "SlotRow", "Absence"),
    ),
    Subject(
        "case", "The case, the shop, doing things",
        "What guards, effects and hooks are given, and what commands, jobs and tests call.",
        ("Case", "Shop", "Tx", "Notes", "open_order", "act", "Done", "case_of", "start_order", "undo_operation",
         "due_orders", "run_due", "run_reminders", "hookimpl", "hookspec", "ask_plugins", "Health"),
    ),
    Subject(
        "customers", "Customers and contact points",
        "People are entered and changed by these functions, so that find keys, duplicates and consent stay right.",
        ("add_customer", "edit_customer", "add_contact", "same_contact", "set_consent", "set_date", "main_contact",
         "normalise_phone", "Customer", "Contact", "Consent", "Interaction"),
    ),
    Subject(
        "messages", "Messages",
        "`Message` is an [effect](effects.md); its words are a `Template` of the trade.",
        ("Template", "MarketingCap", "Recipient", "tell_staff", "MessageRow"),
    ),
    Subject(
        "documents", "Documents",
        "Papers a trade prints. `Issue` and `VoidDocument` are [effects](effects.md).",
        ("Document", "number_setting", "number_settings", "issue_document", "next_document_number",
         "documents_of", "make_void", "on_demand", "printed", "DocumentRow"),
    ),
    Subject(
        "tables", "Tables and columns",
        "A trade's tables are SQLModel classes over `Row`; columns that name persons say what becomes of them when"
        " customers are merged or erased and staff leave.",
        ("Row", "Stored", "refers", "personal", "instant", "money_column", "json_field", "partial_index", "table_of",
         "Order", "OrderAction", "OrderClock", "Anchor", "Timer", "TaskRow", "Staff", "StaffRole"),
    ),
    Subject(
        "words", "Words, money, errors",
        "Texts carry their languages where they stand; amounts are whole numbers of minor units.",
        ("T", "plain", "listed", "parse_money", "format_money", "format_scaled", "capitals", "half_up",
         "percent_of_ceil_unit", "within_percent", "FlowError", "Refused", "BadInput", "Exit"),
    ),
    Subject(
        "kit", "Payments and files",
        "What several trades need: lines to be paid and what was paid on them; files of rows with every fault named.",
        ("Due", "allocate", "open_at_start", "late_damages", "Overpaid", "feed", "feed_columns", "feed_source"),
    ),
)  # fmt: skip
