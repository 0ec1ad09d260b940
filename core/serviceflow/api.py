"""Everything a plugin may use. What stands here is kept stable within ``api = "1"``; nothing else is promised."""

import warnings
from typing import TYPE_CHECKING

from serviceflow.app import Shop
from serviceflow.calendars import Calendar, DayKind, add_business_days, add_months, is_open, roll
from serviceflow.clock import SetClock as MovedClock
from serviceflow.clock import instant as instant_of
from serviceflow.documents.issuing import documents_of, make_void
from serviceflow.documents.issuing import issue as issue_document
from serviceflow.documents.issuing import next_number as next_document_number
from serviceflow.documents.printing import on_demand, printed
from serviceflow.engine.act import Done, act, case_of, decide, open_order
from serviceflow.engine.case import Case
from serviceflow.engine.customers import add_contact, add_customer, edit_customer, same_contact, set_consent, set_date
from serviceflow.engine.notes import Notes
from serviceflow.engine.operations import undo as undo_operation
from serviceflow.engine.perform import start_order
from serviceflow.engine.plans import main_contact
from serviceflow.engine.signoff import all_slots, pending, roles_of, stands_in_for, unsignable
from serviceflow.engine.signoff import explain as explain_signatures
from serviceflow.engine.signoff import give as sign_pending
from serviceflow.engine.timers import due_orders, run_due
from serviceflow.errors import BadInput, Exit, FlowError, Refused
from serviceflow.flow.document import Document, Issue, VoidDocument, number_setting, number_settings
from serviceflow.flow.effects import (
    Ask,
    Cancel,
    Do,
    Effect,
    Message,
    Once,
    OpenChild,
    Recipient,
    SetAnchor,
    Task,
    Template,
    TurnClock,
)
from serviceflow.flow.forms import (
    Fault,
    Field,
    Form,
    FormContext,
    choice,
    codes,
    day,
    decimal,
    items,
    moment,
    money,
    must_be_yes,
    now_default,
    number,
    phone,
    quantities,
    text,
    yes_no,
)
from serviceflow.flow.forms import rows as row_list
from serviceflow.flow.guards import Guard, Need, Refuse, Verdict, Warn
from serviceflow.flow.links import Grace, Link
from serviceflow.flow.model import ANY, BACK, START, STAY, Action, Choose, Clock, Flow, Late, Step
from serviceflow.flow.moments import (
    NOW,
    Computed,
    Deadline,
    Moment,
    bdays,
    before,
    days,
    earliest,
    hours,
    latest,
    minutes,
    months,
    of,
)
from serviceflow.flow.routes import OWNER, SUPERIOR, Absent, Persons, Roles, Route, Stage, Who
from serviceflow.flow.trade import Job, MarketingCap, Role, Trade
from serviceflow.kit import conditions, feed, feed_columns, feed_source
from serviceflow.kit.holds import Places, Taken, claim, overlapping, take_span
from serviceflow.kit.holds import held_by as hold_rows
from serviceflow.kit.holds import keep as keep_holds
from serviceflow.kit.holds import release as free_holds
from serviceflow.kit.payments import Due, Overpaid, allocate, late_damages, open_at_start
from serviceflow.money import (
    capitals,
    format_money,
    format_scaled,
    half_up,
    parse_money,
    percent_of_ceil_unit,
    within_percent,
)
from serviceflow.phones import normalise_phone
from serviceflow.plugin.ask import answers as ask_plugins
from serviceflow.plugin.hookspecs import Health, hookimpl, hookspec
from serviceflow.settings import Setting
from serviceflow.store.columns import instant, json_field, partial_index, personal, refers
from serviceflow.store.columns import money as money_column
from serviceflow.store.schema import Stored
from serviceflow.store.tables import (
    Absence,
    Anchor,
    CapacityException,
    Consent,
    Contact,
    Customer,
    DocumentRow,
    Interaction,
    Order,
    OrderAction,
    OrderClock,
    Row,
    Staff,
    StaffRole,
    Timer,
)
from serviceflow.store.tables import Message as MessageRow
from serviceflow.store.tables import Request as RequestRow
from serviceflow.store.tables import Slot as SlotRow
from serviceflow.store.tables import Task as TaskRow
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T, listed, plain

DEPRECATED = {"SignoffRequest": ("RequestRow", "0.3")}
"""Names that are to go: what takes their place, and the version that drops them (docs/plugins/upgrade.md)."""

if not TYPE_CHECKING:  # a type checker reports an old name at once

    def __getattr__(name: str) -> object:
        """Return what an old name is called now, with a warning."""
        if name not in DEPRECATED:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        new, until = DEPRECATED[name]
        warnings.warn(
            f"serviceflow.api.{name} is called {new} now and goes with serviceflow {until}: docs/plugins/upgrade.md",
            DeprecationWarning,
            stacklevel=2,
        )
        return globals()[new]


def run_reminders(shop: Shop) -> None:
    """Do everything that is due in a shop now, as ``flow remind run`` does; for demonstrations and rehearsals."""
    from serviceflow.remind.run import run

    run(shop, confirm_clock=True)


def tell_staff(shop: Shop, tx: Tx, member: Staff, rule: str, head: T, lines: list[T]) -> bool:
    """Plan a message of several lines to a member of staff, once for each rule, person and day.

    Args:
        rule: ``plugin:key``, such as ``spa:morning``.
        head: Its first line.
        lines: What follows.

    Returns:
        False when it was planned before.
    """
    from serviceflow.remind.digest import tell_staff as tell

    return tell(shop, tx, member, rule, head, lines, tx.now)


__all__ = [
    "ANY",
    "BACK",
    "NOW",
    "OWNER",
    "START",
    "STAY",
    "SUPERIOR",
    "Absence",
    "Absent",
    "Action",
    "Anchor",
    "Ask",
    "BadInput",
    "Calendar",
    "Cancel",
    "CapacityException",
    "Case",
    "Choose",
    "Clock",
    "Computed",
    "Consent",
    "Contact",
    "Customer",
    "DayKind",
    "Deadline",
    "Do",
    "Document",
    "DocumentRow",
    "Done",
    "Due",
    "Effect",
    "Exit",
    "Fault",
    "Field",
    "Flow",
    "FlowError",
    "Form",
    "FormContext",
    "Grace",
    "Guard",
    "Health",
    "Interaction",
    "Issue",
    "Job",
    "Late",
    "Link",
    "MarketingCap",
    "Message",
    "MessageRow",
    "Moment",
    "MovedClock",
    "Need",
    "Notes",
    "Once",
    "OpenChild",
    "Order",
    "OrderAction",
    "OrderClock",
    "Overpaid",
    "Persons",
    "Places",
    "Recipient",
    "Refuse",
    "Refused",
    "RequestRow",
    "Role",
    "Roles",
    "Route",
    "Row",
    "SetAnchor",
    "Setting",
    "Shop",
    "SlotRow",
    "Staff",
    "StaffRole",
    "Stage",
    "Step",
    "Stored",
    "T",
    "Taken",
    "Task",
    "TaskRow",
    "Template",
    "Timer",
    "Trade",
    "TurnClock",
    "Tx",
    "Verdict",
    "VoidDocument",
    "Warn",
    "Who",
    "act",
    "add_business_days",
    "add_contact",
    "add_customer",
    "add_months",
    "all_slots",
    "allocate",
    "ask_plugins",
    "bdays",
    "before",
    "capitals",
    "case_of",
    "choice",
    "claim",
    "codes",
    "conditions",
    "day",
    "days",
    "decide",
    "decimal",
    "documents_of",
    "due_orders",
    "earliest",
    "edit_customer",
    "explain_signatures",
    "feed",
    "feed_columns",
    "feed_source",
    "format_money",
    "format_scaled",
    "free_holds",
    "half_up",
    "hold_rows",
    "hookimpl",
    "hookspec",
    "hours",
    "instant",
    "instant_of",
    "is_open",
    "issue_document",
    "items",
    "json_field",
    "keep_holds",
    "late_damages",
    "latest",
    "listed",
    "main_contact",
    "make_void",
    "minutes",
    "moment",
    "money",
    "money_column",
    "months",
    "must_be_yes",
    "next_document_number",
    "normalise_phone",
    "now_default",
    "number",
    "number_setting",
    "number_settings",
    "of",
    "on_demand",
    "open_at_start",
    "open_order",
    "overlapping",
    "parse_money",
    "partial_index",
    "pending",
    "percent_of_ceil_unit",
    "personal",
    "phone",
    "plain",
    "printed",
    "quantities",
    "refers",
    "roles_of",
    "roll",
    "row_list",
    "run_due",
    "run_reminders",
    "same_contact",
    "set_consent",
    "set_date",
    "sign_pending",
    "stands_in_for",
    "start_order",
    "table_of",
    "take_span",
    "tell_staff",
    "text",
    "undo_operation",
    "unsignable",
    "within_percent",
    "yes_no",
]
