"""Delegations, surveys, the day of entries, the calendar, call-back notes, targets, hand-overs."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from typing import Annotated, Any

import typer
from serviceflow.api import (
    Absence,
    BadInput,
    Contact,
    Customer,
    Order,
    Refused,
    Shop,
    Staff,
    T,
    TaskRow,
    Tx,
    format_money,
    listed,
    parse_money,
    plain,
    roles_of,
    table_of,
)
from serviceflow_cli.api import Answer, Column, DryRun, answer, label, out, read_text, writing_shop

from serviceflow_manufacturing import papers, roles
from serviceflow_manufacturing.commands import duties
from serviceflow_manufacturing.commands.deeds import Ref, do, warn_of_calendar
from serviceflow_manufacturing.flows import handover as handovers
from serviceflow_manufacturing.flows.entry import ALL_KINDS, ENTRY
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules import workdays
from serviceflow_manufacturing.tables import (
    MfgCalendar,
    MfgEntry,
    MfgEntryDay,
    MfgError,
    MfgExport,
    MfgHandover,
    MfgHandoverItem,
    MfgTarget,
)

ENTRY_HELP = label("The day of stock orders", zh="每日录单")
CALENDAR_HELP = label("The factory calendar", zh="工厂日历")


def refused(ident: str, **facts: Any) -> Refused:
    """Return the refusal ``G:ident`` as an error."""
    found = refuse(ident, **facts)
    return Refused(found.sentence, found.way_out, ref=found.ref or "")


# -- delegation ------------------------------------------------------------------------------------------------


def delegate(
    role: Annotated[str, typer.Argument(metavar="ROLE", help=label("Which role", zh="岗位"))],
    to: Annotated[str, typer.Option("--to", metavar="STAFF", help=label("To whom", zh="受托人"))] = "",
    first: Annotated[str, typer.Option("--from", metavar="DATE", help=label("First day", zh="起"))] = "",
    until: Annotated[str, typer.Option("--until", metavar="DATE", help=label("Last day", zh="止"))] = "",
    revoke: Annotated[bool, typer.Option("--revoke", help=label("End it now", zh="立即撤销"))] = False,
) -> None:
    """Let somebody sign beside you as one of your roles, both days included; --revoke ends it."""

    def work(shop: Shop) -> Answer:
        with shop.write("mfg delegate") as tx:
            me = tx.get(Staff, shop.staff_id) if shop.staff_id is not None else None
            if me is None or me.id is None or role not in roles_of(tx, me.id):
                raise refused("not_holder", name=me.name if me else "-", role=shop.role_title(role), key=role)
            tx.summary = _revoke(shop, tx, me, role) if revoke else _delegate(shop, tx, me, role, to, first, until)
        return Answer(tx.summary, operation=tx.operation)

    answer(work)


def _delegate(shop: Shop, tx: Tx, me: Staff, role: str, to: str, first: str, until: str) -> T:
    today, most = shop.local_day(tx.now), shop.setting("mfg.delegation.max_d")
    start = shop.parse_day(first, tx.now) if first else today
    if not until:
        raise refused("delegation_range", n=most, key=role)
    end = shop.parse_day(until, tx.now)
    table = table_of(Staff)
    person = tx.one(Staff, (table.c.login == to) | (table.c.name == to), table.c.active.is_(True))
    if person is None or person.id == me.id:
        raise refused("delegation_self")
    if start < today or end < start or (end - start).days + 1 > most:
        raise refused("delegation_range", n=most, key=role)
    absences = table_of(Absence)
    if tx.one(Absence, absences.c.staff_id == me.id, absences.c.role == role, absences.c.beside.is_(True),
              absences.c.first <= end, absences.c.last >= start) is not None:  # fmt: skip
        raise refused("delegation_overlap", role=shop.role_title(role), key=role)
    assert me.id is not None
    tx.add(Absence(staff_id=me.id, deputy_id=person.id, role=role, first=start, last=end, beside=True))
    words = T("{to} signs as {role} for {me}, {first} to {last}", zh="{to} 代 {me} 签 {role}，{first} 至 {last}")
    return words.of(to=person.name, role=shop.role_title(role), me=me.name, first=start, last=end)


def _revoke(shop: Shop, tx: Tx, me: Staff, role: str) -> T:
    table = table_of(Absence)
    found = tx.all(Absence, table.c.staff_id == me.id, table.c.role == role, table.c.beside.is_(True),
                   table.c.last >= shop.local_day(tx.now))  # fmt: skip
    for row in found:
        tx.remove(row)
    words = T("delegation of {role} ended ({n})", zh="已撤销 {role} 的委托({n})")
    return words.of(role=shop.role_title(role), n=len(found))


# -- surveys, targets, hand-overs -------------------------------------------------------------------------------


Score = Annotated[int, typer.Option(min=1, max=5, help=label("1 to 5", zh="1 至 5 分"))]


def survey(
    order: Ref,
    product: Score,
    delivery: Score,
    service: Score,
    price: Score,
    comment: Annotated[str, typer.Option(help=label("The customer's words", zh="客户意见"))] = "",
    department: Annotated[str, typer.Option(help=label("Who answers a low score", zh="低分由谁答复"))] = "",
    dry_run: DryRun = False,
) -> None:
    """Record a customer's scores."""
    do(order, "survey", dry_run=dry_run, product=product, delivery=delivery, service=service, price=price,
       comment=comment, department=department)  # fmt: skip


def target(
    staff: Annotated[str, typer.Argument(metavar="STAFF", help=label("Who", zh="员工"))],
    month: Annotated[str, typer.Argument(metavar="MONTH", help=label("Like 2025-06", zh="如 2025-06"))],
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help=label("Yuan", zh="元"))],
) -> None:
    """Set a monthly sales target."""

    def work(shop: Shop) -> Answer:
        with shop.write("mfg target") as tx:
            duties.need(shop, tx, T("Sales target", zh="销售目标"), *duties.TARGETS)
            person = handovers.staff_named(tx, staff)
            assert person.id is not None
            _month(month)
            fen, known = parse_money(amount), tx.get(MfgTarget, person.id, month)
            if known is None:
                tx.add(MfgTarget(staff_id=person.id, month=month, amount=fen))
            else:
                tx.change(known, amount=fen)
            words = T("target of {name} for {month}: {amount}", zh="{name} {month} 目标：{amount}")
            tx.summary = words.of(name=person.name, month=month, amount=format_money(fen))
        return Answer(tx.summary, operation=tx.operation)

    answer(work)


def _month(typed: str) -> date:
    try:
        return date.fromisoformat(f"{typed}-01")
    except ValueError:
        words = T("“{month}” is no month.", zh="“{month}”不是月份。").of(month=typed)
        raise BadInput(words, plain("2025-06"), ref="mfg.month") from None


ITEMS = [
    Column("id", T("Item", zh="项目"), "number", null=False),
    Column("kind", T("Kind", zh="类别"), null=False),
    Column("department", T("Department", zh="部门"), null=False, give=2),
    Column("text", T("Text", zh="内容"), null=False, give=1),
    Column("recipient", T("Recipient", zh="接收人")),
    Column("missing", T("Signatures missing", zh="缺签字"), "list", null=False),
]


def handover(staff: Annotated[str, typer.Argument(metavar="STAFF", help=label("Who leaves", zh="离职人员"))]) -> None:
    """Show the items of somebody's hand-over and the signatures still missing."""
    with writing_shop() as shop, shop.reading() as tx:
        person = handovers.staff_named(tx, staff)
        table = table_of(MfgHandover)
        rows = tx.all(MfgHandover, table.c.staff_id == person.id, order_by=[table.c.order_id.desc()])
        items = tx.all(MfgHandoverItem, table_of(MfgHandoverItem).c.order_id == rows[0].order_id) if rows else []
        found = [
            {
                "id": i.id,
                "kind": str(handovers.KINDS[i.kind]),
                "department": i.department,
                "text": i.text,
                "recipient": tx.need(Staff, i.recipient_id).name if i.recipient_id is not None else None,
                "missing": [p.removesuffix("_at") for p in handovers.PARTIES if getattr(i, p) is None],
            }
            for i in items
        ]
    out.rows("items", ITEMS, found, empty=T("No hand-over of {name}.", zh="{name} 没有交接。").of(name=person.name))


# -- the day of entries ----------------------------------------------------------------------------------------


def close_day(
    day: Annotated[str, typer.Argument(metavar="DATE", help=label("Which day", zh="日期"))],
    received: Annotated[int, typer.Option("--received", min=0, help=label("Orders received", zh="接单数"))],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help=label("Why they differ", zh="差异原因"))] = "",
) -> None:
    """Close a day of entries: counts must agree and everything due must be sent, or a reason is given."""

    def work(shop: Shop) -> Answer:
        with shop.write("mfg entry close") as tx:
            on = shop.parse_day(day, tx.now)
            said = _close(shop, tx, on, received, reason)
            tx.summary = said
        return Answer(said, operation=tx.operation)

    answer(work)


def _close(shop: Shop, tx: Tx, on: date, received: int, reason: str) -> T:
    me = duties.need(shop, tx, T("Closing the entry day", zh="录单结账"), roles.CHECKER)
    if tx.get(MfgEntryDay, on) is not None:
        raise refused("entry_closed", date=on)
    table = table_of(MfgEntry)
    entries = tx.all(MfgEntry, table.c.received_day == on, order_by=[table.c.order_id])
    if any(e.enterer_id == me.id for e in entries):
        raise refused("checker_entered")
    unsent = _unsent(tx, on)
    differs = len(entries) != received or bool(unsent)
    if differs and not reason:
        raise refused("day_mismatch", date=on, n=received, m=len(entries), list=", ".join(unsent) or "-")
    tx.add(MfgEntryDay(day=on, received_count=received, closed_by=me.id, closed_at=tx.now, reason=reason))
    if differs:
        _alert_manager(shop, tx, on, reason)
    _list(shop, tx, on, received, reason, entries)
    tasks = table_of(TaskRow)
    for task in tx.all(TaskRow, tasks.c.rule == "manufacturing:entry-close", tasks.c.subject == on.isoformat(),
                       tasks.c.state == "open"):  # fmt: skip
        tx.change(task, state="done", done_at=tx.now, done_by=me.id)
    return T("{day} closed: {n} entries", zh="{day} 已结账：{n} 单").of(day=on, n=len(entries))


def _unsent(tx: Tx, on: date) -> list[str]:
    """Return the numbers of entries to be sent by a day that are not."""
    from serviceflow.api import Anchor

    anchors = table_of(Anchor)
    found = []
    for row in tx.all(Anchor, anchors.c.key == "dispatch_day", anchors.c.day <= on):
        order = tx.need(Order, row.order_id)
        if order.step in ("entered", "entry-checked"):
            found.append(order.number)
    return sorted(found)


def _alert_manager(shop: Shop, tx: Tx, on: date, reason: str) -> None:
    words = T("Entries of {day} were closed with a difference: {reason}", zh="{day}录单有差异结账：{reason}")
    said = words.of(day=on, reason=reason)
    tx.add(TaskRow(rule="manufacturing:day-mismatch", subject=on.isoformat(), title_en=said.to("en"),
                   title_zh=said.to("zh"), due_at=tx.now, role=roles.MANAGER, stays=True, made_at=tx.now))  # fmt: skip


def _list(shop: Shop, tx: Tx, on: date, received: int, reason: str, entries: list[MfgEntry]) -> None:
    errors = table_of(MfgError)
    rows = []
    for e in entries:
        order = tx.need(Order, e.order_id)
        rows.append({
            "no": order.number, "source": e.source_ref, "amount": format_money(e.cod_amount),
            "state": ENTRY.step(order.step).title,
            "enterer": _name(tx, e.enterer_id), "checker": _name(tx, e.checker_id),
            "errors": listed(ALL_KINDS[x.kind] for x in tx.all(MfgError, errors.c.order_id == e.order_id)),
        })  # fmt: skip
    papers.write(shop, tx, "entry-list", {"day": on, "received": received, "entered_count": len(entries),
                                          "reason": reason, "entries": rows})  # fmt: skip


def _name(tx: Tx, staff_id: int | None) -> str:
    return tx.need(Staff, staff_id).name if staff_id is not None else "-"


# -- calendar --------------------------------------------------------------------------------------------------


def load_calendar(
    file: Annotated[str, typer.Argument(metavar="FILE.csv", help=label("date,kind,reason", zh="date,kind,reason"))],
    dry_run: DryRun = False,
) -> None:
    """Load days off and make-up workdays; a day loaded before is replaced."""

    def work(shop: Shop) -> Answer:
        rows = _calendar_rows(file)
        with shop.write("mfg calendar load", dry_run=dry_run) as tx:
            duties.need(shop, tx, T("Factory calendar", zh="工厂日历"), *duties.CALENDAR, in_charge=True)
            for on, kind, reason in rows:
                known = tx.get(MfgCalendar, on)
                if known is None:
                    tx.add(MfgCalendar(day=on, kind=kind, reason=reason))
                else:
                    tx.change(known, kind=kind, reason=reason)
            tx.summary = T("factory calendar: {n} days loaded", zh="工厂日历：载入 {n} 天").of(n=len(rows))
        return Answer(tx.summary, operation=tx.operation, dry_run=dry_run,
                      next_="flow mfg plan --recheck")  # fmt: skip

    answer(work)


def _calendar_rows(file: str) -> list[tuple[date, str, str]]:
    found, wrong = [], []
    lines = [line for line in csv.reader(read_text(file).splitlines()) if line and line[0].strip()]
    for number, line in enumerate(lines, start=1):
        cells = [cell.strip() for cell in (*line, "", "")]
        if number == 1 and cells[0].casefold() in ("date", "日期"):
            continue
        try:
            on = date.fromisoformat(cells[0])
        except ValueError:
            wrong.append(number)
            continue
        if cells[1] not in ("off", "work"):
            wrong.append(number)
            continue
        found.append((on, cells[1], cells[2]))
    if wrong or not found:
        raise BadInput(
            T("Lines that cannot be read: {lines}.", zh="无法识别的行: {lines}。").of(
                lines=", ".join(map(str, wrong)) or "-"
            ),
            plain("2025-10-01,off,国庆"),
            ref="mfg.calendar",
        )
    return found


DAYS = [
    Column("day", T("Day", zh="日期"), "day", null=False),
    Column("workday", T("Workday", zh="工作日"), "yes_no", null=False),
    Column("why", T("Because", zh="依据"), null=False),
]


def show_calendar(
    month: Annotated[str, typer.Argument(metavar="MONTH", help=label("Like 2025-05", zh="如 2025-05"))],
) -> None:
    """Show the workdays of a month and why."""
    first = _month(month)
    with writing_shop() as shop, shop.reading() as tx:
        factory = shop.calendar(workdays.KEY, tx)
        rows, on = [], first
        while on.month == first.month:
            kind = factory.kind(on)
            rows.append({"day": on, "workday": kind.open, "why": str(kind.why)})
            on += timedelta(days=1)
    warn_of_calendar(factory)
    out.rows("days", DAYS, rows)


# -- call-back notes --------------------------------------------------------------------------------------------

CALLS = ("first-call-back", "monthly-call", "call-back", "call-payment")
NOTES = [
    Column("day", T("Day", zh="日期"), "day", null=False),
    Column("customer", T("Customer", zh="客户"), null=False, give=1),
    Column("contact", T("Contact", zh="联系方式"), null=False),
    Column("call", T("Call", zh="回访"), null=False, give=2),
    Column("by", T("By", zh="回访人"), null=False),
    Column("note", T("Note", zh="记录"), null=False),
]


def notes(
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help=label("What for", zh="用途"))],
) -> None:
    """Export call-back notes and contact data (with --csv for a file); logged with name and time."""
    with writing_shop() as shop, shop.write("mfg notes") as tx:
        me = duties.need(shop, tx, T("Export of call-back notes", zh="导出回访记录"), *duties.EXPORTS)
        found = _calls(shop, tx)
        tx.add(MfgExport(what="call-back notes", rows=len(found), reason=reason, by_id=me.id, at=tx.now))
        words = T("{n} call-back notes exported by {name}: {why}", zh="{name} 导出 {n} 条回访记录：{why}")
        tx.summary = words.of(n=len(found), name=me.name, why=reason)
    out.rows("notes", NOTES, found, empty=T("No calls yet.", zh="还没有回访。"))


def _calls(shop: Shop, tx: Tx) -> list[dict[str, Any]]:
    tasks, contacts = table_of(TaskRow), table_of(Contact)
    done = tx.all(TaskRow, tasks.c.rule.in_([f"manufacturing:{key}" for key in CALLS]), tasks.c.state == "done",
                  tasks.c.customer_id.is_not(None), order_by=[tasks.c.done_at, tasks.c.id])  # fmt: skip
    found = []
    for task in done:
        points = tx.all(Contact, contacts.c.customer_id == task.customer_id, order_by=[contacts.c.id])
        assert task.done_at is not None
        found.append({
            "day": shop.local_day(task.done_at), "customer": tx.need(Customer, task.customer_id).name,
            "contact": ", ".join(point.shown for point in points if point.kind != "address"),
            "call": str(T(task.title_en, zh=task.title_zh)), "by": _name(tx, task.done_by), "note": task.result,
        })  # fmt: skip
    return found
