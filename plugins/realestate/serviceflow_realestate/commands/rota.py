"""The duty rota and the visitors of today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from serviceflow.api import (
    BadInput,
    Contact,
    Customer,
    FlowError,
    Order,
    Refused,
    Shop,
    Staff,
    T,
    Tx,
    act,
    add_customer,
    normalise_phone,
    open_order,
    plain,
    roles_of,
    table_of,
    undo_operation,
)
from serviceflow_cli.api import Answer, Column, answer, customer_id, do_action, label, out, told, writing_shop

from serviceflow_realestate import rota as rules
from serviceflow_realestate.commands.units import manager
from serviceflow_realestate.flows.lead import lead_of, live_lead
from serviceflow_realestate.reception import Reception, project_here
from serviceflow_realestate.roles import ASSISTANT, MANAGER
from serviceflow_realestate.tables import ReVisit

rota = typer.Typer()
visit = typer.Typer()
Agent = Annotated[str, typer.Argument(metavar="[AGENT]", help=label("Login; yourself", zh="登录名; 默认本人"))]
Project = Annotated[str, typer.Option("--project", help=label("Project", zh="项目"))]
ROTA = [
    Column("place", T("Next", zh="次序"), "number"),
    Column("agent", T("Agent", zh="置业顾问"), null=False),
    Column("status", T("Status", zh="状态"), null=False, shown=False),
    Column("status_title", T("Status", zh="状态"), null=False),
    Column("turns", T("Turns", zh="轮次"), "number", null=False),
    Column("missed", T("Missed", zh="漏接"), "number", null=False),
    Column("seq", T("Signed in as", zh="签到序"), "number", null=False),
    Column("why", T("Why", zh="原因"), shown=False),
]
EXPLAINED = [ROTA[0], ROTA[1], ROTA[4], Column("why", T("Why", zh="原因"), null=False)]
STATUS = {
    "ready": T("ready", zh="待命"),
    "receiving": T("receiving", zh="接待中"),
    "duty": T("on duty", zh="公务"),
    "break": T("break", zh="休息"),
    "out": T("out", zh="离岗"),
}


def _agent(shop: Shop, tx: Tx, login: str) -> int:
    table = table_of(Staff)
    found = tx.one(Staff, (table.c.login == login) | (table.c.name == login)) if login else tx.get(Staff, shop.staff_id)
    if found is None or found.id is None:
        raise BadInput(
            T("Nobody is called {login}.", zh="没有员工 {login}。").of(login=login), plain("flow staff list")
        )
    return found.id


def _do(agent: str, project: str, what: Callable[[Reception, int], Any], said: T, *, desk: bool = False) -> None:
    """Do something with the rota of today; what concerns the ``desk`` is the assistant's or the manager's."""

    def work(shop: Shop) -> Answer:
        with shop.write("re rota") as tx:
            if desk and not {ASSISTANT, MANAGER} & roles_of(tx, shop.staff_id):
                raise Refused(
                    T("Only {roles} may do this.", zh="只有{roles}可以操作。").of(
                        roles=T("the assistant or the sales manager", zh="销售助理或销售经理")
                    ),
                    plain(f"flow staff list --role {ASSISTANT}"),
                    ref="re.role",
                )
            room = Reception(shop, tx, project_here(tx, project), tx.now)
            who = _agent(shop, tx, agent)
            what(room, who)
            done = said.of(agent=room.name(who))
            tx.summary = done
        return Answer(done, operation=tx.operation, lines=room.notes)

    answer(work)


@rota.command("in")
def sign_in(agent: Agent = "", project: Project = "") -> None:
    """Sign an agent in."""
    _do(agent, project, Reception.sign_in, T("{agent} signed in", zh="{agent} 已签到"))


@rota.command("out")
def sign_out(agent: Agent = "", project: Project = "") -> None:
    """Let an agent go home."""
    _do(agent, project, lambda room, who: room.status(who, "out"), T("{agent} is out", zh="{agent} 已离岗"))


@rota.command("duty")
def duty(agent: Agent = "", project: Project = "") -> None:
    """Send an agent on an errand; his turns are made up."""
    _do(agent, project, lambda room, who: room.status(who, "duty"), T("{agent} is on duty", zh="{agent} 公务"))


@rota.command("break")
def pause(agent: Agent = "", project: Project = "") -> None:
    """Let an agent take a break."""
    _do(agent, project, lambda room, who: room.status(who, "break"), T("{agent} takes a break", zh="{agent} 休息"))


@rota.command("ready")
def ready(agent: Agent = "", project: Project = "") -> None:
    """Let an agent be ready again."""
    _do(agent, project, Reception.ready, T("{agent} is ready", zh="{agent} 待命"))


@rota.command("confirm")
def confirm(project: Project = "") -> None:
    """Confirm the sheet of today."""
    _do("", project, Reception.confirm, T("the rota is confirmed", zh="轮班表已确认"), desk=True)


@rota.command("close")
def close(project: Project = "") -> None:
    """Close the day."""
    _do("", project, lambda room, who: room.close(), T("the rota is closed", zh="轮班已关闭"), desk=True)


def _day(shop: Shop, tx: Tx, project: str) -> tuple[Reception, list[dict[str, Any]]]:
    room = Reception(shop, tx, project_here(tx, project), tx.now)
    rows = []
    for why in rules.explain(room.day(), room.setting("rota_makeup_max")):
        rows.append(
            {
                "place": why.place,
                "agent": room.name(why.entry.agent),
                "status": why.entry.status,
                "status_title": str(STATUS[why.entry.status]),
                "turns": why.entry.turns,
                "missed": why.entry.missed,
                "seq": why.entry.seq,
                "why": str(reason(why)),
            }
        )
    return room, rows


def reason(why: rules.Why) -> T:
    """Return why somebody stands where he stands."""
    if why.place is None:
        return T("not next: {status}; {n} turn(s) when ready again", zh="不在序: {status}; 现在待命则为 {n} 轮").of(
            status=STATUS[why.entry.status], n=why.back or 0
        )
    if why.place == 1:
        return T("next: fewest turns ({n}), signed in as number {seq}", zh="下一位: 轮次最少({n}), 签到第 {seq}").of(
            n=why.entry.turns, seq=why.entry.seq
        )
    if why.earlier:
        return T("as many turns ({n}) as the one before, signed in later", zh="轮次相同({n}), 签到较晚").of(
            n=why.entry.turns
        )
    return T("{n} turn(s) more than the one before", zh="比前一位多 {n} 轮").of(n=why.turns_ahead)


@rota.command("show")
def show(project: Project = "") -> None:
    """Show the order of today, who waits, who greets."""
    with writing_shop() as shop, shop.write("re rota show", dry_run=True) as tx:
        room, rows = _day(shop, tx, project)
        waiting = [v.name for v in room.waiting()]
        first = room.greeter()
        greeter = room.name(first) if first is not None else "-"
    out.rows("rota", ROTA, rows, empty=T("Nobody has signed in.", zh="无人签到。"), facts={"waiting": waiting})
    out.talk(T("Next: {a}    Waiting: {w}", zh="下一位: {a}    等候: {w}").of(a=greeter, w=", ".join(waiting) or "-"))


@rota.command("explain")
def explain(project: Project = "") -> None:
    """Say why each agent stands where he stands."""
    with writing_shop() as shop, shop.write("re rota explain", dry_run=True) as tx:
        _, rows = _day(shop, tx, project)
    out.rows("rota", EXPLAINED, rows, empty=T("Nobody has signed in.", zh="无人签到。"))


@visit.command("in")
def arrive(
    phone: Annotated[str, typer.Argument(metavar="[PHONE]", help=label("Phone", zh="电话"))] = "",
    name: Annotated[str, typer.Option(help=label("Name", zh="姓名"))] = "",
    party: Annotated[int, typer.Option(min=1, help=label("Party size", zh="人数"))] = 1,
    ask: Annotated[str, typer.Option(help=label("Asks for agent", zh="指定置业顾问"))] = "",
    heard: Annotated[str, typer.Option("--from", help=label("Heard of us from", zh="得知途径"))] = "",
    project: Project = "",
) -> None:
    """Register visitors; the rota assigns them."""

    def work(shop: Shop) -> Answer:
        with known_or_new(shop, phone, name) as (customer, called):
            with shop.reading() as tx:
                lead = live_lead(tx, customer)
                code = project_here(tx, project).code
            given = {"party": str(party), "ask": ask, "heard_from": heard, "project": code}
            fields = {k: v for k, v in given.items() if v}
            if lead is not None and lead.id is not None:
                done = act(shop, lead.id, "visit-again", fields)
            else:
                done = open_order(shop, "re-lead", customer, fields, start="visit-in")
        return told(shop, done, called, opened=lead is None)

    answer(work)


@contextmanager
def known_or_new(shop: Shop, phone: str, name: str) -> Iterator[tuple[int, str]]:
    """Give the customer with a phone, or a new one of that name; a new one is taken back when what follows fails."""
    if phone:
        found = normalise_phone(phone)
        if found.key is None:
            raise BadInput(
                found.problem or T("Not a phone number.", zh="不是电话号码。"), plain("13800001111"), ref="re.phone"
            )
        contacts = table_of(Contact)
        with shop.reading() as tx:
            same = tx.one(Contact, contacts.c.kind == "phone", contacts.c.value == found.key)
            known = tx.need(Customer, same.customer_id) if same is not None else None
        if known is not None and known.id is not None:
            yield known.id, known.name
            return
    with shop.write("customer add") as tx:
        made = add_customer(tx, name=name or phone or str(T("Visitor", zh="访客")), phones=[phone] if phone else [])
        tx.summary = T("{name} entered", zh="新增客户 {name}").of(name=made.name)
    assert made.id is not None
    try:
        yield made.id, made.name
    except FlowError:
        undo_operation(shop, tx.operation)
        raise


@visit.command("take")
def take(agent: Agent = "", project: Project = "") -> None:
    """Answer for the visitors assigned to you."""
    _do(agent, project, Reception.take, T("{agent} receives", zh="{agent} 已接待"))


@visit.command("done")
def done_(
    lead: Annotated[str, typer.Argument(metavar="LEAD", help=label("Lead or customer", zh="单号或客户"))],
    wants: Annotated[str, typer.Option(help=label("Wants", zh="需求"))],
    budget: Annotated[str, typer.Option(help=label("Budget", zh="预算"))],
    grade: Annotated[str, typer.Option(help=label("A, B, C or D", zh="A、B、C、D"))],
    phone: Annotated[str, typer.Option(help=label("Phone", zh="电话"))] = "",
) -> None:
    """Finish a visit."""
    fields = {"wants": wants, "budget": budget, "grade": grade, "phone": phone}
    given = {k: v for k, v in fields.items() if v}
    who = None if lead.upper().startswith("LD-") else customer_id(lead)
    if who is None:
        do_action(lead, "finish-visit", given)
        return
    answer(lambda shop: told(shop, act(shop, lead_of(shop, who), "finish-visit", given), lead))


@visit.command("void")
def void(
    lead: Annotated[str, typer.Argument(metavar="LEAD", help=label("Lead number", zh="单号"))],
    reason: Annotated[str, typer.Option(help=label("Reason", zh="原因"))],
    project: Project = "",
) -> None:
    """Give the turn of a non-buyer back, the same day."""

    def work(shop: Shop) -> Answer:
        with shop.write("re visit void") as tx:
            manager(shop, tx)
            order = tx.one(Order, table_of(Order).c.number == lead.upper())
            visits = tx.all(ReVisit, table_of(ReVisit).c.order_id == (order.id if order is not None else -1))
            if not visits:
                raise BadInput(
                    T("There is no visit of {no}.", zh="没有 {no} 的来访。").of(no=lead), plain("flow re daily report")
                )
            Reception(shop, tx, project_here(tx, project), tx.now).void(visits[-1], reason)
            said = T("the turn was given back", zh="已退还轮次")
            tx.summary = said
        return Answer(said, operation=tx.operation)

    answer(work)
