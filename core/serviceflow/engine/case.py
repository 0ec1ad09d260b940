"""One order inside one transaction: what guards, effects and rules see and may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select
from sqlmodel import SQLModel

from serviceflow.calendars import Calendar
from serviceflow.clock import day_of
from serviceflow.documents import issuing
from serviceflow.engine.kept import anchors, clocks, kept
from serviceflow.engine.notes import Notes
from serviceflow.flow import effects
from serviceflow.flow.guards import Need
from serviceflow.flow.model import Flow
from serviceflow.flow.moments import When
from serviceflow.flow.routes import Route, Who
from serviceflow.flow.trade import Trade
from serviceflow.plugin.calls import call
from serviceflow.store.prepared import Prepared
from serviceflow.store.tables import (
    Anchor,
    Contact,
    Customer,
    DocumentRow,
    Interaction,
    Order,
    OrderAction,
    Staff,
    StaffRole,
)
from serviceflow.store.write import Tx, key_of, table_of
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop

M = TypeVar("M", bound=SQLModel)


class Case:
    """An order with its flow, its people and the moment of the event.

    ``now`` is the event time: the present for a person's action, the nominal moment for a timer, the time of the
    last signature for an action that waited. ``actor`` is ``None`` when the system acts.
    """

    def __init__(
        self,
        shop: Shop,
        tx: Tx,
        trade: Trade,
        flow: Flow,
        order: Order,
        *,
        now: datetime,
        actor: Staff | None,
        roles: frozenset[str] = frozenset(),
        notes: Notes | None = None,
    ) -> None:
        self.shop = shop
        self.tx = tx
        self.trade = trade
        self.flow = flow
        self.order = order
        self.now = now
        self.actor = actor
        self.roles = roles
        self.notes = notes if notes is not None else Notes()
        self.first_time = True
        self.closed_tasks: list[str] = []
        """Rules of the tasks that the running action has closed."""
        self.arrived = True
        """Whether the entry of the step the order stands in has been planned."""
        self.cascade = 0
        """Automatic actions done in a row so far."""
        self.agreed: list[str] = []
        """Actions whose signatures are complete with the requester's own; done once the running action is."""
        self._customer: Customer | None = None

    @property
    def order_id(self) -> int:
        """The order's key; a case is made of a stored order only."""
        assert self.order.id is not None
        return self.order.id

    def again(self, *, now: datetime | None = None, order: Order | None = None) -> Case:
        """Return the system's case of the same transaction, for this order or another of its family."""
        target = kept(self.tx, order or self.order).order
        trade, flow = (self.trade, self.flow) if order is None else self.shop.flow(target.flow, target.flow_version)
        return Case(self.shop, self.tx, trade, flow, target, now=now or self.now, actor=None, notes=self.notes)

    # -- times and settings ------------------------------------------------------------------------------

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the order's scope, or the shop's: days begin and end in it."""
        return ZoneInfo(self.setting("core.timezone")) if self.order.scope else self.shop.zone

    @property
    def today(self) -> date:
        """The local calendar day of the event."""
        return day_of(self.now, self.zone)

    def day(self, at: datetime) -> date:
        """Return the local calendar day of an instant."""
        return day_of(at, self.zone)

    def local(self, at: datetime) -> str:
        """Return an instant as the shop writes it: ``2025-03-11 18:00``."""
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")

    def setting(self, key: str) -> Any:
        """Return the value of a setting in force, looked up in the order's scope first."""
        return self.shop.setting(key, self.order.scope)

    def number(self, setting: str) -> int:
        """Return a setting that holds a whole number or an amount."""
        return int(self.setting(setting))

    def clock_time(self, setting: str) -> time:
        """Return a setting that holds a time of day."""
        return time.fromisoformat(self.setting(setting))

    def calendar(self, key: str) -> Calendar:
        """Return a calendar by key: ``shop``, ``cn-public``, ``cn-exchange``, or one of a plugin."""
        if key not in self.tx.calendars:
            self.tx.calendars[key] = self.shop.calendar(key, self.tx)
        found: Calendar = self.tx.calendars[key]
        return found

    def close_stage(self) -> None:
        """Close the open stage of the pending request without the signatures that may be absent by now."""
        from serviceflow.engine import signoff

        signoff.close_stage(self)

    def parse_day(self, typed: str) -> date:
        """Return the day somebody typed, seen from the event; raises `BadInput`."""
        return self.shop.parse_day(typed, self.now)

    def parse_instant(self, typed: str) -> datetime:
        """Return the moment somebody typed, seen from the event; raises `BadInput`."""
        return self.shop.parse_instant(typed, self.now)

    def base(self, name: str) -> datetime | date | None:
        """Return what a moment counts from: an anchor, ``entry``, ``now``, ``clock:KEY``, ``parent:ANCHOR``."""
        if name == "entry":
            return self.order.entered_at
        if name == "now":
            return self.now
        kind, _, rest = name.partition(":")
        if kind == "clock":
            running = clocks(self.tx, kept(self.tx, self.order)).get(rest)
            return running.due_at if running is not None and running.state == "running" else None
        if kind == "parent":
            parent = self.parent()
            return parent.anchor(rest) if parent is not None else None
        return self.anchor(name)

    def due(self, when: When) -> datetime | None:
        """Return the instant of a rule's moment, or ``None`` while its base is not set."""
        found = when.deadline(self)
        return found.at if found is not None else None

    # -- anchors -----------------------------------------------------------------------------------------

    def _all_anchors(self) -> dict[str, datetime | date]:
        return anchors(self.tx, kept(self.tx, self.order))

    def anchor(self, name: str) -> datetime | date | None:
        """Return a named moment of the order, or ``None``."""
        return self._all_anchors().get(name)

    def anchor_day(self, name: str) -> date | None:
        """Return the local day of a named moment, or ``None``."""
        value = self.anchor(name)
        return self.day(value) if isinstance(value, datetime) else value

    def set_anchor(self, name: str, value: datetime | date | None) -> None:
        """Set, move or clear a named moment; what hangs on it is planned anew."""
        from serviceflow.engine import clocks as turning
        from serviceflow.engine import plans

        known = self._all_anchors()
        if known.get(name) == value:
            return
        row = self.tx.get(Anchor, self.order_id, name) if name in known else None
        at = value if isinstance(value, datetime) else None
        day = value if at is None else None
        if row is None:
            self.tx.add(Anchor(order_id=self.order_id, key=name, at=at, day=day))
        elif value is None:
            self.tx.remove(row)
        else:
            self.tx.change(row, at=at, day=day)
        known.pop(name, None)
        if value is not None:
            known[name] = value
        turning.replan(self, name)
        plans.replan(self, name)

    # -- people ------------------------------------------------------------------------------------------

    @property
    def customer(self) -> Customer:
        """The order's customer; a flow without customers must not ask."""
        if self._customer is None:
            self._customer = self.tx.need(Customer, self.order.customer_id)
        return self._customer

    def contacts(self, *kinds: str) -> list[Contact]:
        """Return the customer's contact points of these kinds, preferred ones first."""
        points = self.tx.of(Contact, "customer_id", self.order.customer_id)
        return sorted((c for c in points if c.kind in kinds), key=lambda c: (not c.preferred, key_of(c)))

    def staff_with(self, role: str) -> list[int]:
        """Return the active staff who hold a role, by id."""
        people, roles = table_of(Staff), table_of(StaffRole)
        query = (
            select(people.c.id)
            .join(roles, roles.c.staff_id == people.c.id)
            .where(roles.c.role == role, people.c.active.is_(True))
            .order_by(people.c.id)
        )
        return [row[0] for row in self.tx.rows(query)]

    def superiors_of_owner(self) -> list[int]:
        """Return the owner's superior, as a list of one or none."""
        owner = self.tx.get(Staff, self.order.owner_id) if self.order.owner_id is not None else None
        return [owner.superior_id] if owner is not None and owner.superior_id is not None else []

    def log(self, summary: str, *, channel: str = "visit", outward: bool = False, outcome: str = "") -> None:
        """Write an interaction with the customer."""
        self.tx.add(
            Interaction(
                customer_id=key_of(self.customer),
                order_id=self.order_id,
                at=self.now,
                channel=channel,
                outward=outward,
                staff_id=self.actor.id if self.actor else None,
                summary=summary,
                outcome=outcome,
            )
        )

    # -- the trade's own rows, the order's history ---------------------------------------------------------

    def own(self, row_type: type[M]) -> M:
        """Return the trade's row of this order (a table whose primary key is ``order_id``)."""
        return self.tx.need(row_type, self.order_id)

    def rows(self, row_type: type[M], *where: Any) -> list[M]:
        """Return the trade's rows that belong to this order."""
        if not where:
            return self.tx.of(row_type, "order_id", self.order_id)
        return self.tx.all(row_type, table_of(row_type).c.order_id == self.order_id, *where)

    def change(self, **columns: Any) -> None:
        """Change columns of the order itself: ``amount``, ``owner_id``, ``outcome``, ``scope``, ``data``."""
        self.tx.change(self.order, **columns)

    def times_done(self, action: str) -> int:
        """Return how often an action was done with this order and not taken back."""
        return int(_TIMES.run(self.tx.line, {"order": self.order_id, "action": action}).fetchone()[0])

    def done(self, *actions: str) -> list[OrderAction]:
        """Return the order's history of these actions (of all when none is named), oldest first."""
        table = table_of(OrderAction)
        named = [table.c.action.in_(actions)] if actions else []
        return self.tx.all(OrderAction, table.c.order_id == self.order_id, *named, order_by=[table.c.id])

    # -- plans -------------------------------------------------------------------------------------------

    def facts(self) -> dict[str, Any]:
        """Return the live facts that titles, talking points and messages may name."""
        found: dict[str, Any] = {"order_no": self.order.number, "shop": self.setting("core.shop_name")}
        if self.order.customer_id is not None:
            found["name"] = self.customer.name
        if self.flow.facts is not None:
            found.update(self.flow.facts(self))
        return found

    def plan_task(self, rule: effects.Task) -> None:
        """Make the task or tasks of a rule."""
        from serviceflow.engine import plans

        plans.plan_task(self, rule)

    def plan_message(self, rule: effects.Message) -> None:
        """Plan the message of a rule, one row for each recipient."""
        from serviceflow.engine import plans

        plans.plan_message(self, rule)

    def add_task(
        self,
        key: str,
        title: T,
        *,
        who: Who,
        due: datetime,
        stays: bool = False,
        closed_by: Sequence[str] = (),
        subject: str = "",
    ) -> None:
        """Make one task of the trade's own."""
        from serviceflow.engine import plans

        plans.add_task(self, key, title, who=who, due=due, stays=stays, closed_by=closed_by, subject=subject)

    def alert(self, key: str, title: T, *, who: Who) -> None:
        """Make a task that is due now."""
        self.add_task(key, title, who=who, due=self.now, stays=True)

    def has_open_task(self, key: str) -> bool:
        """Return whether a task of this rule is open."""
        from serviceflow.engine import plans

        return bool(plans.open_tasks(self, key))

    def close_tasks(self, *keys: str, result: str = "", first: bool = False, subject: str | None = None) -> None:
        """Close, as done, the open tasks of these rules: all, only the ``first`` due, or those of one subject."""
        from serviceflow.engine import plans

        found = [t for t in plans.open_tasks(self, *keys) if subject is None or t.subject == subject]
        for task in found[: 1 if first else None]:
            plans.close(self, task, result)

    def cancel_tasks(self, *keys: str, reason: T, state: str = "cancelled", subject: str | None = None) -> None:
        """End, undone, the open tasks of these rules (all of the order without keys); ``state`` may be ``skipped``."""
        from serviceflow.engine import plans

        for task in plans.open_tasks(self, *keys):
            if subject is None or task.subject == subject:
                plans.cancel_task(self, task, reason, state=state)

    def cancel_messages(self, *keys: str, reason: T, subject: str | None = None) -> None:
        """Cancel the unsent messages of these rules; without keys all of the order, or those about one subject."""
        from serviceflow.engine import plans

        for message in plans.open_messages(self, *keys):
            if subject is None or message.subject == subject:
                plans.cancel_message(self, message, reason)

    # -- documents ---------------------------------------------------------------------------------------

    def issue(self, key: str, form: Any = None, *, draft: bool = False, number: str | None = None) -> DocumentRow:
        """Issue a document of the trade about this order, with the facts its declaration reads; see `issuing`."""
        document = self.trade.document(key)
        assert document.facts is not None, f"document {key} is made on demand"
        facts = document.facts(self, form)
        customer = self.customer if self.order.customer_id is not None else None
        return issuing.issue(
            self.shop, self.tx, self.trade, document, facts,
            order_id=self.order_id, customer=customer, draft=draft, number=number,
        )  # fmt: skip

    def documents(self, *keys: str) -> list[DocumentRow]:
        """Return the order's documents of these kinds that are not void, oldest first."""
        return issuing.documents_of(self.tx, self.order_id, *keys)

    def finish_document(self, key: str) -> None:
        """Make the order's drafts of a kind final."""
        for row in self.documents(key):
            self.tx.change(row, state="final")

    def void_documents(self, *keys: str, reason: T) -> None:
        """Make the order's documents of these kinds void, with every version."""
        for row in self.documents(*keys):
            issuing.make_void(self.tx, row, reason)

    # -- clocks, family, sign-offs, events -----------------------------------------------------------------

    def set_clock(self, key: str, what: effects.ClockChange) -> None:
        """Start, stop, rest or wake a clock of the flow."""
        from serviceflow.engine import clocks as turning

        turning.set_clock(self, key, what)

    def parent(self) -> Case | None:
        """Return the parent order's case, or ``None``."""
        if self.order.parent_id is None:
            return None
        known = self.tx.kept.get(self.order.parent_id)
        return self.again(order=known.order if known else self.tx.need(Order, self.order.parent_id))

    def children(self, link: str | None = None, *, open_only: bool = False) -> list[Order]:
        """Return the child orders, oldest first."""
        children = [kept(self.tx, order).order for order in self.tx.of(Order, "parent_id", self.order_id)]
        return [c for c in children if link in (None, c.link) and not (open_only and c.closed_at is not None)]

    def open_child(self, link: str, values: Mapping[str, Any] | None = None, action: str | None = None) -> Order:
        """Open a child order over a link; ``values`` fill its start action's form, already typed."""
        from serviceflow.engine import family

        return family.open_child(self, link, values or {}, action)

    def open_other(self, flow: str, customer_id: int | None, values: Mapping[str, Any]) -> Order:
        """Open an order of another flow for a customer, as the system, in this transaction; it is no child."""
        from serviceflow.engine.perform import start_order

        trade, found = self.shop.newest_flow(flow)
        start = found.starts()[0]
        return start_order(
            self.shop,
            self.tx,
            trade,
            found,
            start,
            start.form.of(values),
            now=self.now,
            notes=self.notes,
            customer_id=customer_id,
            owner_id=self.order.owner_id,
            scope=self.order.scope,
        )

    def act(self, action: str, values: Mapping[str, Any] | None = None) -> None:
        """Do an action as the system, with typed values: without role, guards and sign-offs."""
        from serviceflow.engine.perform import perform

        chosen = self.flow.action(action)
        perform(self, chosen, chosen.form.of(values or {}))

    def ask(self, action: str, route: Route, why: T) -> None:
        """Open a round of signatures for ``action``."""
        from serviceflow.engine import signoff

        chosen = self.flow.action(action)
        if signoff.ask(self, chosen, chosen.form.of({}), [Need(route, why)]) is None:
            self.agreed.append(action)

    def emit(self, event: str, **facts: Any) -> None:
        """Tell the other trades of an event, in the same transaction."""
        for trade in self.shop.listeners(event):
            with call(trade.key, "listener", event):
                trade.listens[event](self, facts)


def _times() -> Prepared:
    table = table_of(OrderAction)
    mine = table.c.order_id == bindparam("order"), table.c.action == bindparam("action")
    return Prepared(select(func.count()).select_from(table).where(*mine))


_TIMES: Final = _times()
