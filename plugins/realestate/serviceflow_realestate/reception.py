"""The rota of a real day: rows in the store, one row per day that serialises its operations, visitors assigned.

Source: realestate.md sections 4.3 and 5.2.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from serviceflow.api import (
    BadInput,
    Case,
    Customer,
    Notes,
    Order,
    Refused,
    Shop,
    Staff,
    StaffRole,
    T,
    TaskRow,
    Tx,
    case_of,
    instant_of,
    plain,
    table_of,
)

from serviceflow_realestate import nurturing, roles, rota
from serviceflow_realestate.paperwork import draw_number, keep
from serviceflow_realestate.tables import (
    ReLeadProfile,
    ReProject,
    ReRotaDay,
    ReRotaEntry,
    ReVisit,
    ReWaiting,
)

ANSWER_BY = "answer_by"
"""Anchor of a lead: until when the agent it was given to may answer."""


KINDS = {
    "own": T("own", zh="自有客户"),
    "cover": T("cover", zh="代接"),
    "asked-for": T("asked-for", zh="指定"),
    "turn": T("turn", zh="轮接"),
}


class Reception:
    """One project's reception on one day, inside one transaction; others wait until it is over.

    Parties whose agent was silent are passed on first, each at the moment its time was up: whoever looks next, and
    however late, finds what a run to the minute would have done.

    Args:
        now: Moment of the event.
        closed: Whether an answer at that very moment is still in time.
    """

    def __init__(self, shop: Shop, tx: Tx, project: ReProject, now: datetime, *, closed: bool = True) -> None:
        self.shop = shop
        self.tx = tx
        self.project = project
        self.now = now
        self.today = shop.local_day(now)
        self.row = self._locked_day(self.today)
        self.notes: list[T] = []
        if self.row.state != "closed":
            self._pass_on(closed)

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
        """Put an agent on duty elsewhere, on a break, or out for the day; a party he has not answered goes on."""
        self._open()
        entry = self._need(agent)
        waiting = self._unanswered(agent)
        if waiting is not None:
            self._pass(waiting)
            entry = self._need(agent)
        self._store(rota.put(self.day(), rota.Entry(agent, entry.seq, entry.turns, entry.missed, status)))
        if status == "out":
            row = next(r for r in self.rows() if r.agent_id == agent)
            self.tx.change(row, out_at=self.now)

    def ready(self, agent: int) -> None:
        """Let an agent be ready again; his reception is over, and the first waiting party is his at once.

        Raises:
            Refused: A party waits for his answer.
        """
        self._open()
        entry = self._need(agent)
        if self._unanswered(agent) is not None:
            raise Refused(
                T("A visitor waits for the answer of {agent}.", zh="有客户等候 {agent} 应答。").of(
                    agent=self.name(agent)
                ),
                plain("flow re visit take"),
                ref="re.visit-unanswered",
            )
        for visit in self._visits():
            if visit.agent_id == agent and visit.ended_at is None:
                self.tx.change(visit, ended_at=self.now)
        if entry.status != "ready":
            self._store(rota.ready_again(self.day(), agent, self.setting("rota_makeup_max")))
        self._waiting_party()

    def confirm(self, by: int | None) -> None:
        """Confirm the sheet; agents who sign in later start behind."""
        self._open()
        if self.row.state == "open":
            self.tx.change(self.row, state="confirmed", confirmed_by=by)
            number = draw_number(self.tx, "RE-ROTA", self.project.code, self.today.strftime("%Y%m"))
            keep(self.tx, number, self.project.code, self.now, self._sheet(by))

    def _sheet(self, by: int | None) -> dict[str, Any]:
        """Return what the paper of the rota says."""
        return {
            "project": T(self.project.name_en, zh=self.project.name_zh),
            "date": self.today,
            "confirmed_by": self.name(by) if by is not None else T("the first visitor", zh="首位来访者"),
            "agents": [
                {
                    "seq": row.seq,
                    "agent": self.name(row.agent_id),
                    "signed_in": row.signed_in_at.astimezone(self.shop.zone).strftime("%H:%M"),
                    "turns": row.turns,
                    "missed": row.missed,
                }
                for row in self.rows()
            ],
        }

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
        if self.row.state == "open":
            self.confirm(None)
            self.notes.append(T("the first visitor confirmed the rota", zh="首位来访者自动确认了轮班表"))
        owner = self.owner_of(visit.customer_id) or self._seller(visit)
        if owner is not None:
            self.tx.change(visit, kind="own", counted=False)
        return self._assign(visit, rota.assign(self.day(), owner=owner, asked=asked))

    def _seller(self, visit: ReVisit) -> int | None:
        """Return the agent of a lead that subscribes or has bought: its visits are his, also when all is settled."""
        lead = self.tx.get(Order, visit.order_id) if visit.order_id is not None else None
        return lead.owner_id if lead is not None and lead.step in ("subscribing", "won") else None

    def _assign(self, visit: ReVisit, given: rota.Assigned | None) -> rota.Assigned | None:
        assert visit.id is not None
        assert self.row.id is not None
        if given is None:
            self.tx.add(ReWaiting(day_id=self.row.id, visit_id=visit.id, since=self.now))
            self.tx.change(visit, agent_id=None, assigned_at=None)
            self._await_answer(visit, None)
            self._alert(
                "visitor-waits",
                T("A visitor waits: {name}", zh="有客户等候: {name}").of(name=visit.name),
                visit,
                role=roles.MANAGER,
            )
            return None
        self._store(rota.receive(self.day(), given))
        self.tx.change(visit, agent_id=given.agent, kind=given.kind, counted=given.counted, assigned_at=self.now)
        self._await_answer(visit, self.now + self.window)
        if given.counted:
            self._own(visit, given.agent)
        elif given.kind == "cover":
            self._alert(
                "covered",
                T("{agent} receives your customer {name}", zh="{agent} 正在接待您的客户 {name}").of(
                    agent=self.name(given.agent), name=visit.name
                ),
                visit,
                person=self.owner_of(visit.customer_id) or self._seller(visit),
            )
        return given

    @property
    def window(self) -> timedelta:
        """How long an agent may take to answer."""
        return timedelta(minutes=self.setting("rota_answer_minutes"))

    def _case(self, visit: ReVisit) -> Case | None:
        """Return the case of a party's lead now."""
        order = self.tx.get(Order, visit.order_id) if visit.order_id is not None else None
        return case_of(self.shop, self.tx, order, Notes()).again(now=self.now) if order is not None else None

    def _await_answer(self, visit: ReVisit, until: datetime | None) -> None:
        """Set the timer that passes a party on, or stop it."""
        case = self._case(visit)
        if case is not None:
            case.set_anchor(ANSWER_BY, until)

    def _own(self, visit: ReVisit, agent: int) -> None:
        """A new customer, or one whose protection is over, gets the receiving agent; a lead that is won stays his."""
        case = self._case(visit)
        if case is not None and visit.customer_id is not None and case.order.step != "won":
            nurturing.entrust(case, agent)

    def _alert(self, key: str, words: T, visit: ReVisit, *, person: int | None = None, role: str | None = None) -> None:
        self.tx.add(
            TaskRow(
                rule=f"realestate:{key}",
                title_en=words.to("en"),
                title_zh=words.to("zh"),
                due_at=self.now,
                assignee_id=person,
                role=role,
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
        self._assign(visit, rota.assign(self.day(), owner=self._owner_now(visit)))

    def _owner_now(self, visit: ReVisit) -> int | None:
        """Return whose party it was when it came; a covered one is still his."""
        if visit.kind not in ("own", "cover"):
            return None
        return self.owner_of(visit.customer_id) or self._seller(visit)

    def _visits(self) -> list[ReVisit]:
        """Return the parties of the day at this project that have an agent or had one, oldest first."""
        visits, orders = table_of(ReVisit), table_of(Order)
        first, last = (instant_of(day, time(0), self.shop.zone) for day in (self.today, self.today + timedelta(days=1)))
        found = self.tx.all(ReVisit, visits.c.at >= first, visits.c.at < last, order_by=[visits.c.id])
        here = {o.id for o in self.tx.all(Order, orders.c.id.in_([v.order_id for v in found if v.order_id]))
                if o.scope in ("", self.project.code)}  # fmt: skip
        return [v for v in found if v.order_id is None or v.order_id in here]

    def _unanswered(self, agent: int) -> ReVisit | None:
        """Return the party that waits for an agent's answer."""
        return next((v for v in self._visits() if v.agent_id == agent and _open_answer(v)), None)

    def _pass_on(self, closed: bool) -> None:
        """Pass on every party whose agent has not answered in time, at the moment his time was up."""
        present = self.now
        while True:
            waiting = [
                (v.assigned_at + self.window, v.id, v) for v in self._visits() if _open_answer(v) and v.assigned_at
            ]
            over = min((w for w in waiting if w[0] < present or (w[0] == present and not closed)), default=None)
            if over is None:
                break
            self.now = over[0]
            self._pass(over[2])
        self.now = present

    def _pass(self, visit: ReVisit) -> None:
        """Take a party from an agent who does not answer; he keeps the turn, and the next one is asked."""
        assert visit.agent_id is not None
        silent = visit.agent_id
        self._store(rota.silent(self.day(), silent))
        self.tx.change(visit, passed_by=[*visit.passed_by, silent])
        given = self._assign(visit, rota.assign(self.day(), owner=self._owner_now(visit)))
        self.notes.append(
            T(
                "{time} {name}: {agent} did not answer, passed to {next}",
                zh="{time} {name}: {agent} 未应答, 转给 {next}",
            ).of(
                time=self.now.astimezone(self.shop.zone).strftime("%H:%M:%S"),
                name=visit.name,
                agent=self.name(silent),
                next=self.name(given.agent) if given is not None else T("the waiting list", zh="等候名单"),
            )
        )

    def take(self, agent: int) -> ReVisit:
        """Let an agent answer for the party assigned to him.

        Raises:
            Refused: It has gone to somebody else, or there is none.
        """
        mine = self._unanswered(agent)
        if mine is not None:
            self._await_answer(mine, None)
            return self.tx.change(mine, taken_at=self.now)
        passed = next((v for v in reversed(self._visits()) if agent in v.passed_by and v.agent_id != agent), None)
        if passed is not None:
            name = self.name(passed.agent_id) if passed.agent_id is not None else T("the waiting list", zh="等候名单")
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
        if visit.ended_at is not None:  # he was ready again before he filled the register
            self.tx.change(visit, **said)
            return
        self._await_answer(visit, None)
        self.tx.change(visit, ended_at=self.now, taken_at=visit.taken_at or self.now, **said)
        entry = rota.entry_of(self.day(), visit.agent_id) if visit.agent_id is not None else None
        if entry is not None and entry.status == "receiving":
            self.ready(entry.agent)

    def void(self, visit: ReVisit, reason: str) -> None:
        """Give a turn back: the party was no buyer.

        Raises:
            Refused: It was not of today, did not count, or is void already.
        """
        if visit.agent_id is None and visit.void_reason is None:
            self._send_away(visit, reason)
            return
        if self.shop.local_day(visit.at) != self.today or not visit.counted or visit.void_reason is not None:
            raise Refused(
                T("Only a counted visit of today can be made void.", zh="只能作废今天计轮的来访。"),
                plain("flow re daily report"),
                ref="re.visit-void",
            )
        assert visit.agent_id is not None
        self.tx.change(visit, void_reason=reason)
        self._store(rota.give_back(self.day(), visit.agent_id))

    def _send_away(self, visit: ReVisit, reason: str) -> None:
        """Take a party that is no buyer off the waiting list; nobody had a turn."""
        table = table_of(ReWaiting)
        for row in self.tx.all(ReWaiting, table.c.visit_id == visit.id):
            self.tx.remove(row)
        self.tx.change(visit, void_reason=reason, ended_at=self.now)

    def greeter(self) -> int | None:
        """Return the agent at the door: the first in order after an assignment."""
        ready = rota.order(self.day())
        return ready[0].agent if ready else None

    def told(self, given: rota.Assigned) -> list[T]:
        """Return what the front desk reads after an assignment: who, as what, until when, who is next."""
        entry = rota.entry_of(self.day(), given.agent)
        ready = [self.name(one.agent) for one in rota.order(self.day())]
        waiting = [visit.name for visit in self.waiting()]
        assigned = T(
            "assigned {agent} (turn {n} of today, kind: {kind}), answer by {until}",
            zh="分配 {agent}(今日第 {n} 轮, {kind}), 应答截止 {until}",
        )
        others = T(
            "greeter now: {greeter}, ready: {ready}, waiting: {waiting}",
            zh="迎宾 {greeter}, 待命 {ready}, 等候 {waiting}",
        )
        return [
            assigned.of(
                agent=self.name(given.agent),
                n=entry.turns if entry is not None else 0,
                kind=KINDS[given.kind],
                until=(self.now + self.window).astimezone(self.shop.zone).strftime("%H:%M:%S"),
            ),
            others.of(
                greeter=ready[0] if ready else "-", ready=", ".join(ready) or "-", waiting=", ".join(waiting) or "-"
            ),
        ]

    def waiting(self) -> list[ReVisit]:
        """Return the parties that wait, the first one first."""
        table = table_of(ReWaiting)
        rows = self.tx.all(ReWaiting, table.c.day_id == self.row.id, order_by=[table.c.since, table.c.id])
        return [self.tx.need(ReVisit, row.visit_id) for row in rows]


def _open_answer(visit: ReVisit) -> bool:
    """Return whether a party was given to somebody who has not answered."""
    return visit.agent_id is not None and visit.taken_at is None and visit.ended_at is None


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
