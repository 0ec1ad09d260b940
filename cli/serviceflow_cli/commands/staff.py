"""``flow staff``: the people of the shop, what they may do, when they are away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from serviceflow.texts import T, plain

from serviceflow_cli import out
from serviceflow_cli.answers import Answer, answer, kept_as_typed
from serviceflow_cli.options import DryRun, RequestId
from serviceflow_cli.out import Column, label
from serviceflow_cli.session import reader

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.engine.staff import StaffChange
    from serviceflow.store.read import Found

app = typer.Typer(invoke_without_command=True)

Login = Annotated[str, typer.Argument(metavar="LOGIN", help=label("Login or name", zh="登录名或姓名"))]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", "-r", metavar="ROLE", help=label("Role; may be repeated", zh="岗位, 可重复")),
]
Superior = Annotated[str | None, typer.Option("--superior", metavar="LOGIN", help=label("Superior", zh="上级"))]
Department = Annotated[str | None, typer.Option("--department", help=label("Department", zh="部门"))]
Phone = Annotated[str | None, typer.Option("--phone", help=label("Phone", zh="电话"))]
Email = Annotated[str | None, typer.Option("--email", help=label("E-mail", zh="邮箱"))]
Language = Annotated[str | None, typer.Option("--language", metavar="zh|en", help=label("Language", zh="语言"))]

COLUMNS = [
    Column("login", T("Login", zh="登录名")),
    Column("name", T("Name", zh="姓名"), give=1),
    Column("roles", T("Roles", zh="岗位"), "list", shown=False, help="Keys of the roles"),
    Column("role_titles", T("Roles", zh="岗位"), "list", give=5, help="Titles of the roles"),
    Column("department", T("Department", zh="部门"), give=6),
    Column("superior", T("Superior", zh="上级"), give=4),
    Column("away", T("Away", zh="请假"), give=3),
    Column("tasks", T("Open tasks", zh="未完待办"), "number", give=2, null=False),
    Column("phone", T("Phone", zh="电话"), give=7, whole=True),
    Column("active", T("Works here", zh="在职"), "yes_no", give=8, null=False),
]


ROLES = [
    Column("role", T("Role", zh="岗位"), null=False),
    Column("title", T("Title", zh="名称"), give=1, null=False),
]


@app.callback()
def staff(ctx: typer.Context) -> None:
    """Who works here."""
    if ctx.invoked_subcommand is None:
        list_staff()


@app.command("list")
def list_staff(
    everybody: Annotated[bool, typer.Option("--all", help=label("Also those who left", zh="包括已停用的"))] = False,
    only: Annotated[
        str, typer.Option("--role", metavar="ROLE", help=label("Who holds this role", zh="只列此岗位的人"))
    ] = "",
) -> None:
    """List the staff: roles, superior, who is away and who stands in."""
    with reader() as read:
        found = read.rows(
            "SELECT s.*, (SELECT count(*) FROM v_task t WHERE t.assignee_id = s.staff_id AND t.state = 'open') AS tasks"
            " FROM v_staff s ORDER BY s.active DESC, s.login"
        )
        roles = read.rows("SELECT staff_id, role FROM v_staff_role ORDER BY staff_id, role")
        titles = read.role_titles
        away = read.rows("SELECT * FROM v_absence WHERE last_day >= :today ORDER BY first_day", today=read.today)
    listed = [
        {
            **row,
            "roles": (held := [r["role"] for r in roles if r["staff_id"] == row["staff_id"]]),
            "role_titles": [titles.get(role, role) for role in held],
            "away": "; ".join(_away(a) for a in away if a["staff_id"] == row["staff_id"]),
        }
        for row in found
        if everybody or row["active"]
    ]
    if only:
        listed = [row for row in listed if only in (*row["roles"], *row["role_titles"])]
    out.rows("staff", COLUMNS, listed, empty=T("Nobody.", zh="没有符合的员工。"))


def _away(row: Found) -> str:
    first, last = row["first_day"], row["last_day"]
    days = f"{first:%m-%d}" if first == last else f"{first:%m-%d}…{last:%m-%d}"
    if row["deputy"] is None:
        return days
    sign = "+" if row["beside"] else "→"
    return f"{days} {sign}{row['deputy']}" + (f" [{row['role']}]" if row["role"] else "")


def _told(change: StaffChange, *, dry_run: bool, next_: str, **data: Any) -> Answer:
    return Answer(
        T("{name} ({login}): {what}", zh="{name} ({login}): {what}").of(
            name=change.staff.name, login=change.staff.login, what=change.what
        ),
        lines=change.notes,
        next_=next_,
        operation=change.operation,
        data={"staff": change.staff.login, "name": change.staff.name, **data},
        dry_run=dry_run,
    )


@app.command("add")
def add(
    login: Annotated[str, typer.Argument(metavar="LOGIN", help=label("Short name to log in with", zh="登录名"))],
    name: Annotated[
        str, typer.Option("--name", help=label("Name (the login when left out)", zh="姓名 (不写即登录名)"))
    ] = "",
    role: Roles = None,
    superior: Superior = None,
    department: Department = None,
    phone: Phone = None,
    email: Email = None,
    language: Language = None,
    dry_run: DryRun = False,
    request_id: RequestId = None,
) -> None:
    """Enter a member of staff."""

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.staff import add_staff

        change = add_staff(
            shop, login, name=name or login, roles=role or (), superior=superior, department=department, phone=phone,
            email=email, language=language, dry_run=dry_run)  # fmt: skip
        found = _told(change, dry_run=dry_run, next_=f"flow --as {change.staff.login} today")
        if change.staff.phone:
            found.lines = [T("phone {phone}", zh="电话 {phone}").of(phone=out.masked_phone(change.staff.phone))]
        found.warnings = kept_as_typed([phone or ""])
        return found

    given = (name, role, superior, department, phone, email, language)
    answer(work, request_id=request_id, content=["staff add", login, *given])


@app.command("edit")
def edit(
    login: Login,
    name: Annotated[str | None, typer.Option("--name", help=label("Name", zh="姓名"))] = None,
    superior: Superior = None,
    department: Department = None,
    phone: Phone = None,
    email: Email = None,
    language: Language = None,
    active: Annotated[bool, typer.Option("--active", help=label("Works here again", zh="恢复在职"))] = False,
    dry_run: DryRun = False,
) -> None:
    """Change what is known of somebody; an empty text clears it."""

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.staff import edit_staff

        change = edit_staff(
            shop, login, name=name, superior=superior, department=department, phone=phone, email=email,
            language=language, active=active or None, dry_run=dry_run)  # fmt: skip
        found = _told(change, dry_run=dry_run, next_="flow staff list")
        if phone:
            found.lines = [T("phone {phone}", zh="电话 {phone}").of(phone=out.masked_phone(change.staff.phone))]
        found.warnings = kept_as_typed([phone or ""])
        return found

    answer(work)


@app.command("role")
def role(
    login: Login,
    roles: Annotated[
        list[str] | None, typer.Argument(metavar="ROLE…", help=label("Roles to give", zh="要加的岗位"))
    ] = None,
    take: Annotated[
        list[str] | None, typer.Option("--take", metavar="ROLE", help=label("Role to take away", zh="要去掉的岗位"))
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Give and take roles; without any, say which roles there are."""
    if not roles and not take:
        _list_roles()
        return

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.staff import change_roles

        change = change_roles(shop, login, give=roles or (), take=take or (), dry_run=dry_run)
        return _told(change, dry_run=dry_run, next_="flow staff list")

    answer(work)


def _list_roles() -> None:
    from serviceflow_cli.session import writing_shop

    with writing_shop() as shop:
        found = [{"role": key, "title": str(title)} for key, title in shop.roles().items()]
    out.rows("roles", ROLES, found)


@app.command("leave")
def leave(
    login: Login,
    first: Annotated[str, typer.Argument(metavar="FIRST", help=label("First day away", zh="第一天"))] = "",
    last: Annotated[str, typer.Argument(metavar="LAST", help=label("Last day away", zh="最后一天"))] = "",
    deputy: Annotated[
        str | None, typer.Option("--deputy", metavar="LOGIN", help=label("Who stands in", zh="代理人"))
    ] = None,
    beside: Annotated[
        bool, typer.Option("--beside", help=label("A delegation: signs beside them", zh="授权: 与本人同时可签"))
    ] = False,
    only: Annotated[
        str | None, typer.Option("--role", metavar="ROLE", help=label("Only for this role", zh="仅限此岗位"))
    ] = None,
    note: Annotated[str, typer.Option("--note", help=label("Note", zh="备注"))] = "",
    cancel: Annotated[bool, typer.Option("--cancel", help=label("Is back, or stays", zh="销假"))] = False,
    dry_run: DryRun = False,
) -> None:
    """Write down a leave with a stand-in, or a delegation; both days are included."""

    def work(shop: Shop) -> Answer:
        from serviceflow.dates import echo
        from serviceflow.engine.staff import end_leave, take_leave
        from serviceflow.engine.tasks import read_due
        from serviceflow.errors import BadInput

        if cancel:
            return _told(end_leave(shop, login, dry_run=dry_run), dry_run=dry_run, next_="flow staff list")
        if not first:
            raise BadInput(
                T("From when to when?", zh="从哪天到哪天?"),
                plain(f"flow staff leave {login} +1 +3 --deputy LOGIN"), ref="core.leave-dates")  # fmt: skip
        now = shop.clock.now()
        days = [read_due(shop, typed, now).understood for typed in (first, last or first)]
        change = take_leave(
            shop, login, days[0].day, days[1].day, deputy=deputy, role=only, beside=beside, note=note, dry_run=dry_run
        )
        found = _told(
            change, dry_run=dry_run, next_="flow staff list", first=days[0].day, last=days[1].day, deputy=deputy,
            beside=beside, role=only)  # fmt: skip
        found.lines = [plain(" … ".join(echo(when).removeprefix("→ ") for when in days))]
        return found

    answer(work)


@app.command("deactivate")
def deactivate(
    login: Login,
    to: Annotated[
        str | None, typer.Option("--to", metavar="LOGIN", help=label("Who takes over", zh="交接给谁"))
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Let somebody go; what is in their hands must go to somebody."""

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.staff import deactivate as let_go

        change = let_go(shop, login, to=to, dry_run=dry_run)
        return _told(change, dry_run=dry_run, next_="flow staff list --all", to=to)

    answer(work)
