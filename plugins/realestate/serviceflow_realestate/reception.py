"""The rota of a real day: rows in the store, one row per day that serialises its operations, visitors assigned.

Source: realestate.md sections 4.3 and 5.2.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from serviceflow.api import BadInput, Customer, Order, Refused, Shop, Staff, StaffRole, T, TaskRow, Tx, plain, table_of

from serviceflow_realestate import roles, rota
from serviceflow_realestate.papers import draw_number
from serviceflow_realestate.tables import (
    ReLeadProfile,
    RePaper,
    ReProject,
    ReRotaDay,
    ReRotaEntry,
    ReVisit,
    ReWaiting,
)


class Reception:
    """One project's reception on one day, inside one transaction; others wait until it is over.

    Args:
        now: Moment of the event.
    """

    def __init__(self, shop: Shop, tx: Tx, project: ReProject, now: datetime) -> None:
        self.shop = shop
        self.tx = tx
        self.project = project
        self.now = now
        self.today = shop.local_day(now)
        self.row = self._locked_day(self.today)
        self.notes: list[T] = []

    def _locked_day(self, day: date) -> ReRotaDay:
        assert self.project.id is not None
        table = table_of(ReRotaDay)
        found = self.tx.one(ReRotaDay, table.c.project_id == self.project.id, table.c.day == day)
        if found is None:
            self.tx.draw(f"re-rota/{self.project.code}/{day.isoformat()}")  # makers of a day queue up here
            found = self.tx.one(ReRotaDay, table.c.project_id == self.project.id, table.c.day == day)
        if found is None:
            return self.tx.add(ReRotaDay(project_id=self.project.id, day=day))
        return self.tx.need(ReRotaDay, found.id, lock=True)

    # -- rows ------------------------------------------------------------------------------------------------

    def rows(self) -> list[ReRotaEntry]:
        table = table_of(ReRotaEntry)
        return self.tx.all(ReRotaEntry, table.c.day_id == self.row.id, order_by=[table.c.seq])

    def day(self) -> rota.Day:
        """Return the day as the pure rules see it."""
        return tuple(rota.Entry(r.agent_id, r.seq, r.turns, r.missed, r.status) for r in self.rows())

    def _store(self, day: rota.Day) -> None:
        known = {r.agent_id: r for r in self.rows()}
        assert self.row.id is not None
        for entry in day:
            row = known.get(entry.agent)
            if row is None:
                self.tx.add(
                    ReRotaEntry(
                        day_id=self.row.id,
                        agent_id=entry.agent,
                        seq=entry.seq,
                        signed_in_at=self.now,
                        turns=entry.turns,
                    )
                )
            else:
                self.tx.change(row, turns=entry.turns, missed=entry.missed, status=entry.status)
        self.tx.change(self.row, moves=self.row.moves + 1)

    def name(self, agent: int) -> str:
        return self.tx.need(Staff, agent).name

    def setting(self, name: str) -> int:
        return int(self.shop.setting(f"realestate.{name}", self.project.code))

    # -- agents ----------------------------------------------------------------------------------------------

    def sign_in(self, agent: int) -> None:
        """Sign an agent in, or let one who went out come back.

        Raises:
            Refused: The day is closed, or he is in already.
        """
        self._open()
        entry = next((r for r in self.rows() if r.agent_id == agent), None)
        if entry is not None and entry.status != "out":
            raise Refused(
                T("{agent} is signed in since {time}.", zh="{agent} 已于 {time} 签到。").of(
                    agent=self.name(agent), time=entry.signed_in_at.astimezone(self.shop.zone).strftime("%H:%M")
                ),
                plain("flow re rota show"),
                ref="re.rota-in",
            )
        if entry is not None:
            self.ready(agent)
            return
        self._store(rota.sign_in(self.day(), agent, confirmed=self.row.state == "confirmed"))
        self._waiting_party()

    def status(self, agent: int, status: str) -> None:
        """Put an agent on duty elsewhere, on a break, or out for the day."""
        self._open()
        entry = self._need(agent)
        self._store(rota.put(self.day(), rota.Entry(agent, entry.seq, entry.turns, entry.missed, status)))

    def ready(self, agent: int) -> None:
        """Let an agent be ready again; the first waiting party is his at once."""
        self._open()
        entry = self._need(agent)
        if entry.status != "ready":
            self._store(rota.ready_again(self.day(), agent, self.setting("rota_makeup_max")))
        self._waiting_party()

    def confirm(self, by: int | None) -> None:
        """Confirm the sheet; agents who sign in later start behind."""
        self._open()
        if self.row.state == "open":
            self.tx.change(self.row, state="confirmed", confirmed_by=by)
            number = draw_number(self.tx, "RE-ROTA", self.project.code, self.today.strftime("%Y%m"))
            sheet = [[e.seq, self.name(e.agent), e.turns, e.missed] for e in self.day()]
            self.tx.add(
                RePaper(
                    number=number,
                    type="RE-ROTA",
                    made_at=self.now,
                    facts={"day": self.today.isoformat(), "agents": sheet},
                )
            )

    def close(self) -> None:
        self.tx.change(self.row, state="closed")

    def _open(self) -> None:
        if self.row.state == "closed":
            raise Refused(
                T("The rota of {date} is closed.", zh="{date} 的轮班已关闭。").of(date=self.today.isoformat()),
                plain("flow re rota show"),
                ref="re.rota-closed",
            )

    def _need(self, agent: int) -> rota.Entry:
        found = rota.entry_of(self.day(), agent)
        if found is None:
            raise Refused(
                T("{agent} has not signed in.", zh="{agent} 未签到。").of(agent=self.name(agent)),
                plain("flow re rota in"),
                ref="re.rota-not-in",
            )
        return found

    # -- visitors --------------------------------------------------------------------------------------------

    def owner_of(self, customer_id: int | None) -> int | None:
        """Return the agent whose customer this is: protection is running, or a purchase is alive."""
        if customer_id is None:
            return None
        customer = self.tx.need(Customer, customer_id)
        profile = self.tx.get(ReLeadProfile, customer_id)
        ids = [customer_id]
        if profile is not None and profile.household:
            table = table_of(ReLeadProfile)
            ids += [p.customer_id for p in self.tx.all(ReLeadProfile, table.c.household == profile.household)]
        orders = table_of(Order)
        alive = self.tx.one(
            Order,
            orders.c.customer_id.in_(ids),
            orders.c.flow.in_(["re-subscription", "re-contract"]),
            orders.c.closed_at.is_(None),
        )
        if alive is not None and alive.owner_id is not None:
            return alive.owner_id
        for one in ids:
            known = self.tx.get(ReLeadProfile, one)
            if known is not None and known.protected_until is not None and known.protected_until >= self.today:
                return self.tx.need(Customer, one).owner_id if one != customer_id else customer.owner_id
        return None

    def arrive(self, visit: ReVisit, *, asked: int | None = None) -> rota.Assigned | None:
        """Assign an arriving party by the rota, or let it wait; the second in order registers it."""
        self._open()
        self.pass_on()
        if self.row.state == "open":
            self.confirm(None)
            self.notes.append(T("the first visitor confirmed the rota", zh="首位来访者自动确认了轮班表"))
        owner = self.owner_of(visit.customer_id)
        if owner is not None:
            self.tx.change(visit, kind="own", counted=False)
        return self._assign(visit, rota.assign(self.day(), owner=owner, asked=asked))

    def _assign(self, visit: ReVisit, given: rota.Assigned | None) -> rota.Assigned | None:
        assert visit.id is not None
        assert self.row.id is not None
        if given is None:
            self.tx.add(ReWaiting(day_id=self.row.id, visit_id=visit.id, since=self.now))
            self.tx.change(visit, agent_id=None)
            self._alert_manager(visit)
            return None
        self._store(rota.receive(self.day(), given))
        self.tx.change(visit, agent_id=given.agent, kind=given.kind, counted=given.counted, assigned_at=self.now)
        if given.kind == "turn" or given.kind == "asked-for":
            self._own(visit, given.agent)
        return given

    def _own(self, visit: ReVisit, agent: int) -> None:
        """A new customer, or one whose protection is over, gets the receiving agent."""
        if visit.customer_id is not None:
            customer = self.tx.need(Customer, visit.customer_id)
            self.tx.change(customer, owner_id=agent)
        if visit.order_id is not None:
            self.tx.change(self.tx.need(Order, visit.order_id), owner_id=agent)

    def _alert_manager(self, visit: ReVisit) -> None:
        self.tx.add(
            TaskRow(
                rule="realestate:visitor-waits",
                title_en=f"A visitor waits: {visit.name}",
                title_zh=f"有客户等候: {visit.name}",
                due_at=self.now,
                role=roles.MANAGER,
                customer_id=visit.customer_id,
                stays=True,
                made_at=self.now,
            )
        )

    def _waiting_party(self) -> None:
        """Give the first waiting party to who has just become ready."""
        table = table_of(ReWaiting)
        first = self.tx.one(ReWaiting, table.c.day_id == self.row.id, order_by=[table.c.since, table.c.id])
        if first is None or not rota.order(self.day()):
            return
        self.tx.remove(first)
        visit = self.tx.need(ReVisit, first.visit_id)
        owner = self.owner_of(visit.customer_id) if visit.kind == "own" else None
        self._assign(visit, rota.assign(self.day(), owner=owner))

    def pass_on(self) -> None:
        """Pass on every party whose agent has not answered in time."""
        window = timedelta(minutes=self.setting("rota_answer_minutes"))
        table = table_of(ReVisit)
        silent = self.tx.all(
            ReVisit,
            table.c.assigned_at < self.now - window,
            table.c.taken_at.is_(None),
            table.c.ended_at.is_(None),
            table.c.agent_id.is_not(None),
            order_by=[table.c.assigned_at, table.c.id],
        )
        for visit in silent:
            if visit.agent_id is None or self.shop.local_day(visit.at) != self.today:
                continue
            before = visit.agent_id
            self._store(rota.silent(self.day(), before))
            owner = self.owner_of(visit.customer_id) if visit.kind in ("own", "cover") else None
            self._assign(visit, rota.assign(self.day(), owner=owner))

    def take(self, agent: int) -> ReVisit:
        """Let an agent answer for the party assigned to him.

        Raises:
            Refused: It has gone to somebody else, or there is none.
        """
        table = table_of(ReVisit)
        mine = self.tx.one(
            ReVisit,
            table.c.agent_id == agent,
            table.c.taken_at.is_(None),
            table.c.ended_at.is_(None),
            order_by=[table.c.id.desc()],
        )
        window = timedelta(minutes=self.setting("rota_answer_minutes"))
        if mine is not None and mine.assigned_at is not None and self.now <= mine.assigned_at + window:
            return self.tx.change(mine, taken_at=self.now)
        self.pass_on()
        if mine is not None and mine.agent_id is not None:
            now_with = self.tx.need(ReVisit, mine.id).agent_id
            name = self.name(now_with) if now_with is not None else T("the waiting list", zh="等候名单")
            raise Refused(
                T("The visitor was passed to {agent}.", zh="客户已转给 {agent}。").of(agent=name),
                plain("flow re rota show"),
                ref="re.visit-passed",
            )
        raise Refused(
            T("No visitor waits for {agent}.", zh="没有等候 {agent} 的客户。").of(agent=self.name(agent)),
            plain("flow re rota show"),
            ref="re.visit-none",
        )

    def finish(self, visit: ReVisit, **said: Any) -> None:
        """End a visit; its agent becomes ready."""
        self.tx.change(visit, ended_at=self.now, taken_at=visit.taken_at or self.now, **said)
        entry = rota.entry_of(self.day(), visit.agent_id) if visit.agent_id is not None else None
        if entry is not None and entry.status == "receiving":
            self.ready(entry.agent)

    def void(self, visit: ReVisit, reason: str) -> None:
        """Give a turn back: the party was no buyer.

        Raises:
            Refused: It was not of today, did not count, or is void already.
        """
        if self.shop.local_day(visit.at) != self.today or not visit.counted or visit.void_reason is not None:
            raise Refused(
                T("Only a counted visit of today can be made void.", zh="只能作废今天计轮的来访。"),
                plain("flow re daily report"),
                ref="re.visit-void",
            )
        assert visit.agent_id is not None
        self.tx.change(visit, void_reason=reason)
        self._store(rota.give_back(self.day(), visit.agent_id))

    def greeter(self) -> int | None:
        """Return the agent at the door: the first in order after an assignment."""
        ready = rota.order(self.day())
        return ready[0].agent if ready else None

    def waiting(self) -> list[ReVisit]:
        """Return the parties that wait, the first one first."""
        table = table_of(ReWaiting)
        rows = self.tx.all(ReWaiting, table.c.day_id == self.row.id, order_by=[table.c.since, table.c.id])
        return [self.tx.need(ReVisit, row.visit_id) for row in rows]


def project_here(tx: Tx, code: str = "") -> ReProject:
    """Return the project meant: the one with a code, or the only one there is.

    Raises:
        BadInput: There is none, or there are several and none was named.
    """
    found = tx.all(ReProject, *([table_of(ReProject).c.code == code] if code else []))
    if len(found) == 1:
        return found[0]
    names = plain(", ".join(p.code for p in tx.all(ReProject)) or "-")
    raise BadInput(T("Which project?", zh="哪个项目?"), T("There are: {names}", zh="现有: {names}").of(names=names))


def agents(tx: Tx) -> list[int]:
    """Return the active agents."""
    table = table_of(StaffRole)
    return [r.staff_id for r in tx.all(StaffRole, table.c.role == roles.AGENT)]
