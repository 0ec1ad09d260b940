"""The public SQL views: what reading commands, Datasette, Excel and BI tools see. Contact points are masked.

Written once in SQL that SQLite and PostgreSQL share. Every upgrade makes them anew; they are part of the program,
not of a shop's data: columns may be added in any version, one is renamed or removed only with an upgrade note.
Instants are UTC: text ``YYYY-MM-DD HH:MM:SS`` on SQLite, ``timestamptz`` on PostgreSQL. Titles stand in both
languages; those of steps and actions come from the catalogue, so that no plugin is needed to read an order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast

Kind = Literal["text", "id", "number", "money", "instant", "day", "yes_no", "json"]


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """One column: what it holds, in which unit. One name means one kind in all views.

    Args:
        sql: Where it comes from.
    """

    name: str
    kind: Kind
    help: str
    sql: str


@dataclass(frozen=True, slots=True)
class View:
    """One view: what one row is, its columns and where they come from."""

    name: str
    help: str
    columns: tuple[ViewColumn, ...]
    source: str

    def query(self) -> str:
        """Return the SELECT behind it."""
        picked = ", ".join(f"{column.sql} AS {column.name}" for column in self.columns)
        return f"SELECT {picked} FROM {self.source}"  # noqa: S608 - our own words only


_ANONYMOUS: Final = "CASE WHEN {c} IS NULL OR {c} = '' THEN {c}"
_MOBILE: Final = (
    " WHEN length({c}) = 14 AND substr({c}, 1, 4) = '+861' THEN substr({c}, 4, 3) || '****' || substr({c}, 11)"
)
_EMAIL: Final = " WHEN strpos({c}, '@') > 1 THEN substr({c}, 1, 1) || '***' || substr({c}, strpos({c}, '@'))"
_OTHER: Final = (
    " WHEN length({c}) >= 8 THEN substr({c}, 1, 3) || '****' || substr({c}, length({c}) - 3) ELSE '****' END"
)


def masked(column: str) -> str:
    """Return SQL for a phone number, e-mail or address as it may be shown: ``138****0001``, ``w***@qq.com``."""
    return (_ANONYMOUS + _MOBILE + _EMAIL + _OTHER).format(c=column)


def _phone_of(customer: str) -> str:
    chosen = f"FROM contact pc WHERE pc.customer_id = {customer} AND pc.kind = 'phone'"
    return f"(SELECT {masked('pc.value')} {chosen} ORDER BY pc.preferred DESC, pc.id LIMIT 1)"


def _columns(text: str) -> tuple[ViewColumn, ...]:
    """Return columns written one to a line: ``name | kind | source | what it holds``."""
    found = []
    for line in text.strip().splitlines():
        name, kind, sql, words = (part.strip() for part in line.split("|", 3))
        if sql.startswith("phone:"):
            sql = _phone_of(sql.removeprefix("phone:"))
        elif sql.startswith("mask:"):
            sql = masked(sql.removeprefix("mask:"))
        found.append(ViewColumn(name, cast(Kind, kind), words, sql))
    return tuple(found)


_CUSTOMER = """
customer_id  | id     | {t}.customer_id         | the customer's key; empty where there is none
customer     | text   | c.name                  | the customer's name
phone        | text   | phone:{t}.customer_id   | the customer's preferred phone, masked
"""
_ORDER = """
order_id     | id     | {t}.order_id            | the order's key; empty where there is none
order_number | text   | o.number                | the order's number
owner_id     | id     | o.owner_id              | key of the member of staff who owns the order
"""
_WITH_CUSTOMER = " LEFT JOIN customer c ON c.id = {t}.customer_id"
_WITH_ORDER = " LEFT JOIN orders o ON o.id = {t}.order_id"
_WITH_ACTION = (
    " LEFT JOIN catalogue_action ca ON ca.flow = o.flow AND ca.version = o.flow_version"
    " AND ca.step = '*' AND ca.action = {t}.action"
)
_TITLES = """
title_en     | text   | {t}.title_en            | title, English
title_zh     | text   | {t}.title_zh            | title, Chinese
"""


def _table(t: str, *parts: str) -> tuple[ViewColumn, ...]:
    return _columns("".join(part.replace("{t}", t).strip() + "\n" for part in parts))


PUBLIC: Final[tuple[View, ...]] = (
    View("v_staff", "A member of staff.", _columns("""
staff_id     | id      | s.id          | key
login        | text    | s.login       | name to log in with
name         | text    | s.name        | name
phone        | text    | mask:s.phone  | phone, masked
superior_id  | id      | s.superior_id | key of the superior
superior     | text    | b.name        | name of the superior
department   | text    | s.department  | department
active       | yes_no  | s.active      | still works here
"""), "staff s LEFT JOIN staff b ON b.id = s.superior_id"),
    View("v_staff_role", "A role that a member of staff holds.", _columns("""
staff_id     | id      | r.staff_id    | key of the member of staff
staff        | text    | s.name        | name of the member of staff
role         | text    | r.role        | key of the role
"""), "staff_role r JOIN staff s ON s.id = r.staff_id"),
    View("v_absence", "Leave, or a delegation, with its stand-in; both days belong to it.", _columns("""
staff_id     | id      | a.staff_id    | who is away
staff        | text    | s.name        | name of who is away
first_day    | day     | a.first       | first day
last_day     | day     | a.last        | last day
deputy_id    | id      | a.deputy_id   | key of the stand-in
deputy       | text    | d.name        | name of the stand-in
role         | text    | a.role        | the only role it is for; empty means all
beside       | yes_no  | a.beside      | the stand-in signs beside the person, not instead
"""), "absence a JOIN staff s ON s.id = a.staff_id LEFT JOIN staff d ON d.id = a.deputy_id"),
    View("v_customer", "A customer who is not merged into another.", _columns("""
customer_id  | id      | c.id          | key
customer     | text    | c.name        | name
customer_kind | text   | c.kind        | person or organisation
phone        | text    | phone:c.id    | preferred phone, masked
birthday     | day     | c.birthday    | birthday
language     | text    | c.language    | language of messages; empty means the shop's
source       | text    | c.source      | where the customer came from
owner_id     | id      | c.owner_id    | key of the member of staff who looks after the customer
owner        | text    | s.name        | name of that member of staff
tags         | json    | c.tags        | tags, a JSON list
note         | text    | c.note        | note
do_not_contact | yes_no | c.do_not_contact | no messages but those of safety
made_at      | instant | c.created_at  | when the customer was entered
"""), "customer c LEFT JOIN staff s ON s.id = c.owner_id WHERE c.merged_into IS NULL"),
    View("v_contact", "A way to reach a customer.", _columns("""
contact_id   | id      | k.id          | key
customer_id  | id      | k.customer_id | key of the customer
contact_kind | text    | k.kind        | phone, email, wechat or address
value        | text    | mask:k.value  | number or address, masked
preferred    | yes_no  | k.preferred   | used first
"""), "contact k"),
    View("v_consent", "A consent given or taken back; the newest of a channel and purpose counts.", _columns("""
consent_id   | id      | n.id          | key
customer_id  | id      | n.customer_id | key of the customer
channel      | text    | n.channel     | channel; * means all
purpose      | text    | n.purpose     | purpose of messages
given        | yes_no  | n.given       | given, or taken back
at           | instant | n.at          | when
evidence     | text    | n.evidence    | how it is known
"""), "consent n"),
    View("v_interaction", "A contact with a customer.", _table("i", """
interaction_id | id    | i.id          | key
""", _CUSTOMER, _ORDER, """
at           | instant | i.at          | when
channel      | text    | i.channel     | visit, phone, wechat …
outward      | yes_no  | i.outward     | we went to the customer
staff_id     | id      | i.staff_id    | key of who noted it
staff        | text    | s.name        | name of who noted it
summary      | text    | i.summary     | what was said
outcome      | text    | i.outcome     | what came of it
"""), "interaction i" + (_WITH_CUSTOMER + _WITH_ORDER).replace("{t}", "i") + " LEFT JOIN staff s ON s.id = i.staff_id"),
    View("v_order", "An order of any trade.", _table("o", """
order_id     | id      | o.id          | key
order_number | text    | o.number      | number
seq          | number  | o.seq         | its number within its series
""", _CUSTOMER, """
flow         | text    | o.flow        | key of the flow
flow_version | number  | o.flow_version | version of the flow it runs on
flow_en      | text    | COALESCE(cf.title_en, o.flow) | title of the flow, English
flow_zh      | text    | COALESCE(cf.title_zh, o.flow) | title of the flow, Chinese
step         | text    | o.step        | key of the step it stands in
step_en      | text    | COALESCE(cs.title_en, o.step) | title of the step, English
step_zh      | text    | COALESCE(cs.title_zh, o.step) | title of the step, Chinese
hint_en      | text    | cs.hint_en    | talking point of the step, English
hint_zh      | text    | cs.hint_zh    | talking point of the step, Chinese
entered_at   | instant | o.entered_at  | when it came into the step
owner_id     | id      | o.owner_id    | key of the member of staff who owns it
owner        | text    | s.name        | name of the member of staff who owns it
scope        | text    | o.scope       | part of the shop it belongs to
amount       | money   | o.amount      | amount, in minor units
currency     | text    | o.currency    | ISO 4217 code
parent_id    | id      | o.parent_id   | key of the order it was opened for
parent_number | text   | p.number      | number of the order it was opened for
outcome      | text    | o.outcome     | how it ended
opened_at    | instant | o.opened_at   | when it was opened
closed_at    | instant | o.closed_at   | when it was closed; empty while open
"""), "orders o" + _WITH_CUSTOMER.replace("{t}", "o") + " LEFT JOIN staff s ON s.id = o.owner_id"
         " LEFT JOIN orders p ON p.id = o.parent_id"
         " LEFT JOIN catalogue_step cs ON cs.flow = o.flow AND cs.version = o.flow_version AND cs.step = o.step"
         " LEFT JOIN catalogue_flow cf ON cf.flow = o.flow AND cf.version = o.flow_version"),
    View("v_anchor", "A named moment of an order; a moment or a day.", _columns("""
order_id     | id      | a.order_id    | key of the order
anchor       | text    | a.key         | name of the moment
at           | instant | a.at          | the moment
day          | day     | a.day         | the day
"""), "anchor a"),
    View("v_task", "Something a person has to do, or had to.", _table("t", """
task_id      | id      | t.id          | key; typed as #31
rule         | text    | t.rule        | plugin:key of the rule that made it; empty when a person did
""", _TITLES, """
due_at       | instant | t.due_at      | when it is due
role         | text    | t.role        | key of the role it is for
assignee_id  | id      | t.assignee_id | key of the person it is for
assignee     | text    | s.name        | name of the person it is for
""", _CUSTOMER, _ORDER, """
order_step   | text    | o.step        | step the order stands in now
order_seq    | number  | o.seq         | the order's number within its series
closed_by    | text    | t.closed_by   | actions that tick it off, separated by commas
state        | text    | t.state       | open, done, skipped or cancelled
made_at      | instant | t.made_at     | when it was made
done_at      | instant | t.done_at     | when it ended
result       | text    | t.result      | what came of it
reason       | text    | t.reason      | why it ended without being done
"""), "task t" + (_WITH_CUSTOMER + _WITH_ORDER).replace("{t}", "t") + " LEFT JOIN staff s ON s.id = t.assignee_id"),
    View("v_message", "A message to a customer or a member of staff; its text is left out.", _table("m", """
message_id   | id      | m.id          | key; typed as m88
rule         | text    | m.rule        | plugin:key of the rule that planned it
template     | text    | m.template    | key of the text
purpose      | text    | m.purpose     | service, notice, survey, marketing or safety
channel      | text    | m.channel     | channel it goes over
recipient    | text    | mask:m.recipient | address it goes to, masked
""", _CUSTOMER, _ORDER, """
staff_id     | id      | m.staff_id    | key of the member of staff it is for
state        | text    | m.state       | planned, pending, held, retry, claimed, sending, sent, uncertain, failed …
reason       | text    | m.reason      | why it is in this state
reason_ref   | text    | m.reason_ref  | id of the rule or refusal behind the state
due_at       | instant | m.due_at      | when it is due
held_until   | instant | m.held_until  | until when it is held
next_at      | instant | m.next_at     | when it is tried again
expires_at   | instant | m.expires_at  | after when it is not sent any more
sent_at      | instant | m.sent_at     | when it was sent
attempts     | number  | m.attempts    | how often it was handed over
made_at      | instant | m.made_at     | when it was planned
"""), "message m" + (_WITH_CUSTOMER + _WITH_ORDER).replace("{t}", "m")),
    View("v_limit", "A running deadline of an order.", _table("k", """
limit_key    | text    | k.key         | key of the clock; step is that of the step itself
""", _TITLES, _ORDER, """
order_seq    | number  | o.seq         | the order's number within its series
customer_id  | id      | o.customer_id | key of the customer
customer     | text    | c.name        | name of the customer
phone        | text    | phone:o.customer_id | the customer's preferred phone, masked
started_at   | instant | k.started_at  | when it began
due_at       | instant | k.due_at      | when it ends
closed       | yes_no  | k.closed      | the end itself is still in time
state        | text    | k.state       | running, resting, stopped (in time) or broken
"""), "order_clock k JOIN orders o ON o.id = k.order_id LEFT JOIN customer c ON c.id = o.customer_id"),
    View("v_hold", "A thing an order holds: a place, a span of time, a claim.", _table("h", """
hold_id      | id      | h.id          | key
kind         | text    | h.kind        | calendar or kind of thing, such as studio.shoot
resource     | text    | h.resource    | the thing or the numbered place
cell         | text    | h.cell        | the cell of a place; empty for a claim
title_en     | text    | replace('Hold of _ ends', '_', h.resource) | title, English
title_zh     | text    | replace('_ 保留到期', '_', h.resource) | title, Chinese
""", _ORDER, """
order_seq    | number  | o.seq         | the order's number within its series
customer_id  | id      | o.customer_id | key of the customer
customer     | text    | c.name        | name of the customer
phone        | text    | phone:o.customer_id | the customer's preferred phone, masked
due_at       | instant | h.until_at    | until when it is held; empty without end
taken_at     | instant | h.taken_at    | since when
state        | text    | h.state       | pending, booked or kept
"""), "hold h LEFT JOIN orders o ON o.id = h.order_id LEFT JOIN customer c ON c.id = o.customer_id"),
    View("v_timer", "An action that the system will do, or did, at a moment.", _columns("""
timer_id     | id      | x.id          | key
order_id     | id      | x.order_id    | key of the order
action       | text    | x.action      | key of the action
due_at       | instant | x.due_at      | its moment
state        | text    | x.state       | planned, done or cancelled
reason       | text    | x.reason      | why it was cancelled
"""), "timer x"),
    View("v_signoff", "A signature that is asked for now.", _table("r", """
request_id   | id      | r.id          | key of the request
""", _ORDER, """
order_seq    | number  | o.seq         | the order's number within its series
customer_id  | id      | o.customer_id | key of the customer
customer     | text    | c.name        | name of the customer
phone        | text    | phone:o.customer_id | the customer's preferred phone, masked
action       | text    | r.action      | key of the action that waits
title_en     | text    | COALESCE(ca.title_en, r.action) | title of the action, English
title_zh     | text    | COALESCE(ca.title_zh, r.action) | title of the action, Chinese
requester_id | id      | r.requested_by | key of who asked
requester    | text    | q.name        | name of who asked
requested_at | instant | r.requested_at | when it was asked
expires_at   | instant | r.expires_at  | when the request lapses
why_en       | text    | r.why_en      | why it needs a signature, English
why_zh       | text    | r.why_zh      | why it needs a signature, Chinese
slot_id      | id      | w.id          | key of the signature
role         | text    | w.role        | key of the role that may sign
staff_id     | id      | w.staff_id    | key of the person who may sign
"""), "signoff_request r CROSS JOIN signoff_slot w"  # CROSS: SQLite then starts from the few pending requests
         " JOIN orders o ON o.id = r.order_id LEFT JOIN customer c ON c.id = o.customer_id"
         " LEFT JOIN staff q ON q.id = r.requested_by"
         + _WITH_ACTION.replace("{t}", "r")
         + " WHERE r.state = 'pending' AND w.request_id = r.id AND w.stage = r.stage AND w.verdict = 'open'"),
    View("v_order_action", "An action done with an order.", _columns("""
action_id    | id      | x.id          | key
order_id     | id      | x.order_id    | key of the order
order_number | text    | o.number      | number of the order
customer_id  | id      | o.customer_id | key of the customer
action       | text    | x.action      | key of the action
title_en     | text    | COALESCE(ca.title_en, x.action) | title of the action, English
title_zh     | text    | COALESCE(ca.title_zh, x.action) | title of the action, Chinese
from_step    | text    | x.from_step   | key of the step before
to_step      | text    | x.to_step     | key of the step after
to_step_en   | text    | COALESCE(ct.title_en, x.to_step) | title of the step after, English
to_step_zh   | text    | COALESCE(ct.title_zh, x.to_step) | title of the step after, Chinese
at           | instant | x.at          | when it happened
recorded_at  | instant | x.recorded_at | when it was entered
staff_id     | id      | x.staff_id    | key of who did it; empty for the system
staff        | text    | s.name        | name of who did it
late         | number  | x.late        | how far past its measure, in late_unit
late_unit    | text    | x.late_unit   | minutes or days
"""), "order_action x JOIN orders o ON o.id = x.order_id LEFT JOIN staff s ON s.id = x.staff_id"
         + _WITH_ACTION.replace("{t}", "x")
         + " LEFT JOIN catalogue_step ct ON ct.flow = o.flow AND ct.version = o.flow_version AND ct.step = x.to_step"),
    View("v_document", "A document that was issued; the facts it shows are left out.", _columns("""
document_id  | id      | d.id                         | key
number       | text    | COALESCE(d.number, f.number) | its number, one for all versions
version      | number  | d.version                    | version, from 1
trade        | text    | d.trade                      | plugin
document     | text    | d.key                        | kind
title_en     | text    | d.title_en                   | title, English
title_zh     | text    | d.title_zh                   | title, Chinese
order_id     | id      | d.order_id                   | key of the order it is about
order_number | text    | o.number                     | number of the order
customer_id  | id      | d.customer_id                | key of the customer it is about
customer     | text    | c.name                       | name of the customer
language     | text    | d.language                   | language it is written in
state        | text    | d.state                      | draft, final or void
printed      | number  | d.printed                    | copies printed
made_at      | instant | d.made_at                    | when it was issued
made_by      | text    | s.name                       | name of who issued it; empty for the system
void_at      | instant | d.void_at                    | when it became void
void_en      | text    | d.void_en                    | why it is void, English
void_zh      | text    | d.void_zh                    | why it is void, Chinese
"""), "document d LEFT JOIN document f ON f.id = d.of_id LEFT JOIN orders o ON o.id = d.order_id"
      " LEFT JOIN customer c ON c.id = d.customer_id LEFT JOIN staff s ON s.id = d.made_by"),
    View("v_operation", "A writing command: who, when, what.", _columns("""
operation_id | id      | p.id          | number, as undo and history take it
at           | instant | p.at          | when
staff_id     | id      | p.staff_id    | key of who did it; empty for the system
staff        | text    | s.name        | name of who did it
command      | text    | p.command     | command
summary_en   | text    | p.summary_en  | what it did, English
summary_zh   | text    | p.summary_zh  | what it did, Chinese
order_id     | id      | p.order_id    | key of the order it was about
order_number | text    | o.number      | number of the order it was about
customer_id  | id      | p.customer_id | key of the customer it was about
undoes       | id      | p.undoes      | number of the operation it takes back
"""), "operation p LEFT JOIN staff s ON s.id = p.staff_id LEFT JOIN orders o ON o.id = p.order_id"),
)  # fmt: skip

_TIMELINE: Final = """
SELECT customer_id, order_id, order_number, at, 'contact' AS event, interaction_id AS event_id,
 channel AS title_en, channel AS title_zh, summary AS detail_en, summary AS detail_zh, staff FROM v_interaction
UNION ALL
SELECT customer_id, order_id, order_number, at, 'action', action_id, title_en, title_zh,
 CASE WHEN to_step = from_step THEN '' ELSE to_step_en END, CASE WHEN to_step = from_step THEN '' ELSE to_step_zh END,
 staff FROM v_order_action
UNION ALL
SELECT customer_id, order_id, order_number, sent_at, 'message', message_id, template, template,
 COALESCE(channel, '') || ' ' || COALESCE(recipient, ''), COALESCE(channel, '') || ' ' || COALESCE(recipient, ''),
 NULL FROM v_message WHERE state = 'sent'
UNION ALL
SELECT customer_id, order_id, order_number, done_at, 'task', task_id, title_en, title_zh,
 CASE WHEN strpos(closed_by, result) > 0 THEN '' ELSE result END,
 CASE WHEN strpos(closed_by, result) > 0 THEN '' ELSE result END, assignee
 FROM v_task WHERE state = 'done'
"""
TIMELINE: Final = View("v_timeline", "What happened with a customer or an order: contacts, actions, messages, tasks.",
                       _columns("""
customer_id  | id      | -             | key of the customer
order_id     | id      | -             | key of the order; empty where it was about none
order_number | text    | -             | number of the order
at           | instant | -             | when
event        | text    | -             | contact, action, message or task
event_id     | id      | -             | key of the interaction, action, message or task
title_en     | text    | -             | title, English
title_zh     | text    | -             | title, Chinese
detail_en    | text    | -             | details, English
detail_zh    | text    | -             | details, Chinese
staff        | text    | -             | who
"""), _TIMELINE)  # fmt: skip

DOCUMENTED: Final[tuple[View, ...]] = (*PUBLIC, TIMELINE)
"""Every view, for the generated reference."""

_QUERIES: Final = {**{view.name: view.query() for view in PUBLIC}, TIMELINE.name: _TIMELINE.strip()}

VIEWS: Final[Mapping[str, Mapping[str, str]]] = {
    "sqlite": {name: query.replace("strpos(", "instr(") for name, query in _QUERIES.items()},
    "postgresql": _QUERIES,
}
"""The queries by dialect and name, each after those it stands on."""

KINDS: Final[Mapping[str, Kind]] = {column.name: column.kind for view in DOCUMENTED for column in view.columns}
"""What a column of any view holds, by its name."""
