"""What a member of staff has to look at today, read by index whatever the size of the shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from serviceflow.clock import midnight_after
from serviceflow.refs import short_numbers
from serviceflow.remind.silence import silence
from serviceflow.spans import span
from serviceflow.store.read import MANY, Found, Reader, title
from serviceflow.texts import T

from serviceflow_cli.closing import closing_commands

Group = Literal["overdue", "today", "sign", "limit", "message"]


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the page."""

    group: Group
    id: int | None
    due: datetime | None
    when: str
    title: str
    customer: str
    phone: str
    order: str
    who: str
    command: str
    urgent: bool


@dataclass(slots=True)
class Morning:
    """The page: its lines, how many there are of each group (`MANY` or more is "99+"), titles of roles."""

    at: datetime
    name: str
    everybody: bool
    items: list[Item] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    banner: T | None = None
    roles: Mapping[str, str] = field(default_factory=dict)

    def shown(self, group: str) -> str:
        """Return a count for eyes."""
        count = self.counts.get(group, 0)
        return f"{MANY - 1}+" if count >= MANY else str(count)


@dataclass(frozen=True, slots=True)
class _Whose:
    """Whose day it is; nobody's is everybody's."""

    staff_id: int | None
    roles: frozenset[str]

    @property
    def everybody(self) -> bool:
        return self.staff_id is None


def look(read: Reader, *, staff: str | None = None, everybody: bool = False) -> Morning:
    """Return the page of whoever reads, of another member of ``staff``, or of ``everybody``.

    Raises:
        ConfigError: Nobody on the staff is called ``staff``.
    """
    person = read.member(staff) if staff else None if everybody else read.staff
    whose = _Whose(person["staff_id"], read.roles_of(person["staff_id"])) if person else _Whose(None, frozenset())
    name = person["name"] if person else str(T("whole shop", zh="全店"))
    morning = Morning(read.now, name, whose.everybody, banner=silence(read))
    end = midnight_after(read.today, read.zone)
    rows: list[tuple[Group, Found]] = []
    for group, condition in (("overdue", "due_at < :now"), ("today", "due_at >= :now AND due_at < :end")):
        tasks, morning.counts[group] = _tasks(read, whose, condition, end)
        rows += [(group, row) for row in tasks]  # type: ignore[misc]
    groups: tuple[tuple[Group, list[Found]], ...] = (
        ("sign", _to_sign(read, whose)),
        ("limit", _limits(read, whose, end)),
        ("message", _in_trouble(read, whose)),
    )
    for group, found in groups:
        morning.counts[group] = len(found)
        rows += [(group, row) for row in found]
    write = _Lines(read, [row for _, row in rows], everybody=whose.everybody)
    morning.items = [write.item(group, row) for group, row in rows]
    morning.roles = read.role_titles if whose.everybody else {}
    return morning


def _tasks(read: Reader, whose: _Whose, condition: str, end: datetime) -> tuple[list[Found], int]:
    """Return up to `MANY` open tasks, the earliest due first, and how many there are."""
    # One query per person and role: each walks one partial index in due order and stops; an OR would sort them all.
    # The plus keeps SQLite from taking "nobody's" for a good first choice.
    wheres = ["1 = 1"] if whose.everybody else ["assignee_id = :me"]
    wheres += [f"role = :role_{n} AND +assignee_id IS NULL" for n in range(len(whose.roles))]
    roles = {f"role_{n}": role for n, role in enumerate(sorted(whose.roles))}
    found: dict[int, Found] = {}
    for where in wheres:
        sql = f"SELECT * FROM v_task WHERE state = 'open' AND {where} AND {condition} ORDER BY due_at LIMIT {MANY}"  # noqa: S608
        for row in read.rows(sql, **_used(sql, {"me": whose.staff_id, "now": read.now, "end": end, **roles})):
            found[row["task_id"]] = row
    tasks = sorted(found.values(), key=lambda row: (row["due_at"], row["task_id"]))
    return tasks[:MANY], min(len(tasks), MANY)


def _used(sql: str, values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if f":{name}" in sql}


def _to_sign(read: Reader, whose: _Whose) -> list[Found]:
    """Return the requests that wait for this person, or for anybody."""
    asked = read.rows(f"SELECT * FROM v_signoff ORDER BY requested_at, slot_id LIMIT {MANY * 5}")  # noqa: S608
    signs = _Signs(read, whose) if asked and not whose.everybody else None
    once = {row["request_id"]: row for row in reversed(asked) if signs is None or signs.may(row)}
    return sorted(once.values(), key=lambda row: (row["requested_at"], row["request_id"]))[:MANY]


class _Signs:
    """Tells which signatures are one person's to give: his own, his roles', and those of whom he stands in for."""

    def __init__(self, read: Reader, whose: _Whose) -> None:
        self.whose = whose
        self.for_others = [
            (row["staff_id"], row["role"], read.roles_of(row["staff_id"]))
            for row in read.rows(
                "SELECT staff_id, role FROM v_absence"
                " WHERE deputy_id = :me AND first_day <= :today AND last_day >= :today",
                me=whose.staff_id,
                today=read.today,
            )
        ]

    def may(self, slot: Found) -> bool:
        """Return whether the person may give this signature."""
        if slot["requester_id"] == self.whose.staff_id:
            return False
        if _holds(slot, self.whose.staff_id, self.whose.roles):
            return True
        return any(
            only in (None, slot["role"]) and _holds(slot, person, roles) for person, only, roles in self.for_others
        )


def _holds(slot: Found, staff_id: int | None, roles: frozenset[str]) -> bool:
    return bool(slot["staff_id"] == staff_id if slot["staff_id"] is not None else slot["role"] in roles)


def _limits(read: Reader, whose: _Whose, end: datetime) -> list[Found]:
    """Return the deadlines and holds that end today or are over, of this person's orders or of all."""
    # The plus: few deadlines end today, but a long-serving owner has thousands of orders.
    mine = "" if whose.everybody else " AND +owner_id = :me"
    found: list[Found] = []
    for ending in ("v_limit WHERE state = 'running' AND due_at < :end", "v_hold WHERE due_at < :end"):
        sql = f"SELECT * FROM {ending}{mine} ORDER BY due_at LIMIT {MANY}"  # noqa: S608
        found += read.rows(sql, **_used(sql, {"me": whose.staff_id, "end": end}))
    return sorted(found, key=lambda row: row["due_at"])[:MANY]


def _in_trouble(read: Reader, whose: _Whose) -> list[Found]:
    """Return the messages a person must look at, about this person's orders or all."""
    mine = "" if whose.everybody else " AND (owner_id = :me OR owner_id IS NULL)"
    sql = f"SELECT * FROM v_message WHERE state IN ('uncertain','failed'){mine} ORDER BY due_at LIMIT {MANY}"  # noqa: S608
    return read.rows(sql, **_used(sql, {"me": whose.staff_id}))


_KEYS: Final = ("task_id", "request_id", "message_id")


class _Lines:
    """Writes rows as lines, with the shortest command that does something about each."""

    def __init__(self, read: Reader, rows: Sequence[Found], *, everybody: bool) -> None:
        self.read = read
        self.everybody = everybody
        self.short = short_numbers(read, [(row["order_number"], row.get("order_seq")) for row in rows])
        self.closing = closing_commands(read, [row for row in rows if row.get("task_id") is not None], self.short)

    def item(self, group: Group, row: Found) -> Item:
        """Return the line of a row."""
        due = row.get("due_at") or row.get("requested_at")
        key = next((row[name] for name in _KEYS if row.get(name) is not None), None)
        return Item(
            group, key, due, self._when(group, row), self._title(group, row), row["customer"] or "",
            row["phone"] or "", row["order_number"] or "", self._who(row), self._command(group, row),
            group == "message" or (group != "sign" and row["due_at"] < self.read.now),
        )  # fmt: skip

    def _when(self, group: Group, row: Found) -> str:
        if group == "sign":
            return str(T("asked {at}", zh="申请 {at}").of(at=self._at(row["requested_at"])))
        late = self.read.now - row["due_at"]
        if group == "message":
            return str(T("failed", zh="失败") if row["state"] == "failed" else T("unsure", zh="不确定"))
        if late > timedelta():
            return str(T("{span} late", zh="逾期 {span}").of(span=span(late)))
        return self._at(row["due_at"])

    def _at(self, at: datetime) -> str:
        there = at.astimezone(self.read.zone)
        return f"{there:%H:%M}" if there.date() == self.read.today else f"{there:%m-%d}"

    def _title(self, group: Group, row: Found) -> str:
        if group == "message":
            return f"{row['template']} {row['reason']}".strip()
        return title(row)

    def _who(self, row: Found) -> str:
        return str(row.get("assignee") or row.get("requester") or row.get("role") or "")

    def _command(self, group: Group, row: Found) -> str:
        number = self.short.get(row["order_number"] or "", row["order_number"])
        if group == "message":
            return f"flow remind why m{row['message_id']}"
        if group == "sign":
            return f"flow sign approve {number}"
        if group == "limit":
            return f"flow do {number}"
        return self.closing[row["task_id"]]
