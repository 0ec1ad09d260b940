"""``flow task``: follow-ups of people: add, list, put off, hand on, skip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from serviceflow.store.read import title as title_of
from serviceflow.texts import T

from serviceflow_cli import out, refs
from serviceflow_cli.answers import Answer, answer
from serviceflow_cli.options import DryRun, RequestId
from serviceflow_cli.out import Column, label
from serviceflow_cli.pages.task import STATES
from serviceflow_cli.session import reader

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.engine.tasks import TaskChange

app = typer.Typer(invoke_without_command=True)

Number = Annotated[str, typer.Argument(metavar="TASK", help=label("Number, such as 31", zh="编号, 如 31"))]
When = Annotated[
    str, typer.Argument(metavar="WHEN", help=label("Such as +3b, fri, 11-28 18:00", zh="如 +3b、周五、11-28 18:00"))
]

MOST = 200
COLUMNS = [
    Column("task_id", T("No.", zh="编号"), "number", null=False),
    Column("due_at", T("Due", zh="到期"), "instant", null=False),
    Column("title", T("What", zh="事项"), give=1, null=False),
    Column("customer", T("Customer", zh="客户"), give=3),
    Column("phone", T("Phone", zh="电话"), give=5, whole=True),
    Column("order_number", T("Order", zh="订单"), give=4),
    Column("whom", T("For", zh="负责"), give=2, help="Name of the person, or title of the role"),
    Column("role", T("Role", zh="岗位"), shown=False, help="Key of the role, while nobody has taken it"),
    Column("state_title", T("State", zh="状态"), give=6, null=False),
    Column("state", T("State code", zh="状态码"), shown=False, null=False),
    Column("overdue", T("Overdue", zh="逾期"), "yes_no", shown=False, null=False),
    Column("result", T("Result", zh="结果"), shown=False),
    Column("reason", T("Reason", zh="原因"), shown=False),
]


@app.callback()
def task(ctx: typer.Context) -> None:
    """What people have to do."""
    if ctx.invoked_subcommand is None:
        list_tasks()


@app.command("list")
def list_tasks(
    everybody: Annotated[bool, typer.Option("--all", help=label("Everybody's", zh="所有人的"))] = False,
    staff: Annotated[str, typer.Option("--staff", metavar="LOGIN", help=label("Somebody's", zh="某位员工的"))] = "",
    customer: Annotated[
        str, typer.Option("--customer", metavar="REF", help=label("Of a customer", zh="某客户的"))
    ] = "",
    order: Annotated[str, typer.Option("--order", metavar="REF", help=label("Of an order", zh="某订单的"))] = "",
    closed: Annotated[
        bool, typer.Option("--closed", help=label("Those that are over, newest first", zh="已结束的, 新的在前"))
    ] = False,
) -> None:
    """List open tasks, the earliest due first: yours and those of your roles unless said otherwise."""
    with reader() as read:
        where, values = ["state <> 'open'" if closed else "state = 'open'"], dict[str, Any]()
        if customer:
            where.append("customer_id = :customer")
            values["customer"] = refs.pick_customer(read, customer)["customer_id"]
        if order:
            where.append("order_id = :order_id")
            values["order_id"] = refs.pick_order(read, order)["order_id"]
        if not everybody and not customer and not order:
            whose = read.member(staff)["staff_id"] if staff else read.staff_id
            roles = sorted(read.roles_of(whose))
            values |= {"whose": whose} | {f"role_{n}": role for n, role in enumerate(roles)}
            pool = ", ".join(f":role_{n}" for n in range(len(roles))) or "''"
            where.append(f"(assignee_id = :whose OR (assignee_id IS NULL AND role IN ({pool})))")
        found = read.rows(
            f"SELECT * FROM v_task WHERE {' AND '.join(where)}"  # noqa: S608 - our own words, values are bound
            f" ORDER BY {'done_at DESC, task_id DESC' if closed else 'due_at, task_id'} LIMIT {MOST + 1}",
            **values,
        )
        now, roles_here = read.now, read.role_titles
        listed = [
            {
                **row,
                "title": title_of(row),
                "whom": row["assignee"] or roles_here.get(row["role"], row["role"]),
                "state_title": str(STATES[row["state"]]),
                "overdue": row["state"] == "open" and row["due_at"] < now,
            }
            for row in found[:MOST]
        ]
    out.rows("tasks", COLUMNS, listed, empty=T("No tasks.", zh="没有待办。"))
    if len(found) > MOST:
        out.talk(T("  … and more; narrow it with --staff, --customer or --order",
                   zh="  … 还有更多, 可用 --staff、--customer 或 --order 缩小范围"), "dim")  # fmt: skip


def told(shop: Shop, change: TaskChange, *, dry_run: bool) -> Answer:
    """Return the answer to a command that changed one task."""
    number = change.task.id
    whose = " ".join(part for part in (change.order, change.customer) if part)
    due = " " + change.due.echo(shop) if change.due is not None else ""
    # When several things are worth a look, the order's page is the most useful next command.
    next_ = f"flow show {change.order}" if change.order else "flow today"
    return Answer(
        T("#{n} {title} {whose}: {what}{due}", zh="#{n} {title} {whose}: {what}{due}").of(
            n=number, title=change.title, whose=whose, what=change.what, due=due)
        if whose
        else T("#{n} {title}: {what}{due}", zh="#{n} {title}: {what}{due}").of(
            n=number, title=change.title, what=change.what, due=due),
        lines=change.notes,
        next_=next_,
        operation=change.operation,
        data={
            "task": number, "title": change.title, "state": change.task.state, "due_at": change.task.due_at,
            "customer": change.customer or None, "order": change.order or None, "result": change.task.result or None,
            "reason": change.task.reason or None, "assignee_id": change.task.assignee_id, "role": change.task.role,
        },
        dry_run=dry_run,
    )  # fmt: skip


@app.command("add")
def add(
    title: Annotated[str, typer.Argument(metavar="WHAT", help=label("What is to be done", zh="要做的事"))],
    when: When,
    customer: Annotated[str, typer.Option("--customer", metavar="REF", help=label("For whom", zh="客户"))] = "",
    order: Annotated[str, typer.Option("--order", metavar="REF", help=label("For which order", zh="订单"))] = "",
    to: Annotated[
        str | None, typer.Option("--to", metavar="LOGIN", help=label("Who does it (you)", zh="谁来做 (默认自己)"))
    ] = None,
    role: Annotated[
        str | None, typer.Option("--role", metavar="ROLE", help=label("All of a role", zh="某岗位的人"))
    ] = None,
    dry_run: DryRun = False,
    request_id: RequestId = None,
) -> None:
    """Add a task."""

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.tasks import add_task, coming_due

        due = coming_due(shop, when, shop.clock.now())
        change = add_task(
            shop,
            title,
            due,
            assignee=to,
            role=role,
            customer_id=refs.customer_id(customer) if customer else None,
            order_id=refs.order_id(order) if order else None,
            dry_run=dry_run,
        )
        return told(shop, change, dry_run=dry_run)

    answer(work, request_id=request_id, content=["task add", title, when, customer, order, to, role])


@app.command("snooze")
def snooze(number: Number, when: When, dry_run: DryRun = False, request_id: RequestId = None) -> None:
    """Put a task off; the history keeps the old moment."""

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.tasks import coming_due, snooze_task

        key = refs.task_id(number)
        due = coming_due(shop, when, shop.clock.now())
        return told(shop, snooze_task(shop, key, due, dry_run=dry_run), dry_run=dry_run)

    answer(work, request_id=request_id, content=["task snooze", number, when])


@app.command("assign")
def assign(
    number: Number,
    whom: Annotated[str, typer.Argument(metavar="LOGIN|role:ROLE", help=label("To whom", zh="转给谁"))],
    dry_run: DryRun = False,
    request_id: RequestId = None,
) -> None:
    """Hand a task to a person, or with role:ROLE to all who hold a role."""

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.tasks import assign_task

        key = refs.task_id(number)
        return told(shop, assign_task(shop, key, whom, dry_run=dry_run), dry_run=dry_run)

    answer(work, request_id=request_id, content=["task assign", number, whom])


@app.command("skip")
def skip(
    number: Number,
    reason: Annotated[str, typer.Argument(metavar="REASON", help=label("Why it is not done", zh="为何不做"))] = "",
    dry_run: DryRun = False,
    request_id: RequestId = None,
) -> None:
    """Close a task that will not be done, with the reason."""

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.tasks import skip_task

        key = refs.task_id(number)
        return told(shop, skip_task(shop, key, reason, dry_run=dry_run), dry_run=dry_run)

    answer(work, request_id=request_id, content=["task skip", number, reason])
