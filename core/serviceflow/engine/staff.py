"""The people of the shop: entering, roles, superior, leave with a stand-in, and leaving for good."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from serviceflow.engine.actor import whoami
from serviceflow.engine.merges import referring_columns
from serviceflow.engine.signoff import roles_of
from serviceflow.errors import BadInput, Refused
from serviceflow.store.tables import Absence, Customer, Order, Request, Slot, Staff, StaffRole, Task
from serviceflow.store.write import Tx, key_of, table_of
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop

IN_CHARGE = ("admin", "manager")
NAMED_AT_MOST = 5


@dataclass(slots=True)
class StaffChange:
    """What a command changed about a member of staff."""

    staff: Staff
    what: T
    operation: int | None = None
    notes: list[T] = field(default_factory=list)


def in_charge(tx: Tx) -> Staff:
    """Return the member of staff who gives the command, who must be an administrator or a manager.

    Raises:
        Refused: Somebody else, or nobody, gives it.
    """
    actor = whoami(tx)
    if not roles_of(tx, actor.id) & set(IN_CHARGE):
        raise Refused(
            T("That is for an administrator or a manager.", zh="仅限管理员或经理操作。"),
            T("Ask one of them: {names}", zh="请找: {names}").of(names=", ".join(_in_charge_names(tx)) or "-"),
            ref="core.staff-in-charge",
        )
    return actor


def staff_named(tx: Tx, typed: str, *, active: bool = True) -> Staff:
    """Return the member of staff with this login or name.

    Raises:
        BadInput: Nobody, or several; names the nearest. With ``active`` those who left are refused.
    """
    table = table_of(Staff)
    wanted = typed.strip()
    everybody = tx.all(Staff, order_by=[table.c.login])
    found = [s for s in everybody if s.login.casefold() == wanted.casefold()] or [
        s for s in everybody if s.name == wanted
    ]
    if active and len(found) > 1:
        found = [s for s in found if s.active] or found
    if len(found) == 1:
        if active and not found[0].active:
            raise Refused(
                T("{name} no longer works here.", zh="{name} 已停用。").of(name=found[0].name),
                T("Choose somebody else: flow staff list", zh="请另选: flow staff list"),
                ref="core.staff-left",
            )
        return found[0]
    if found:
        raise BadInput(
            T("Several are called {name}: {logins}.", zh="有多位 {name}: {logins}。").of(
                name=wanted, logins=", ".join(s.login for s in found)
            ),
            T("Name them by login.", zh="请用登录名。"),
            ref="core.staff-several",
        )
    known = {word: s.login for s in everybody if s.active for word in (s.login, s.name)}
    near = get_close_matches(wanted, known, n=1, cutoff=0.65)
    raise BadInput(
        T("Nobody on the staff is called {name}.", zh="没有员工 {name}。").of(name=wanted),
        T("Did you mean {near}?", zh="是否指 {near}?").of(near=known[near[0]])
        if near
        else T("See who works here: flow staff list", zh="查看员工: flow staff list"),
        ref="core.staff-unknown",
    )


def known_role(shop: Shop, typed: str) -> str:
    """Return the id of a declared role, typed by id or by title.

    Raises:
        BadInput: No such role; names the nearest.
    """
    roles = shop.roles()
    wanted = typed.strip().removeprefix("+").casefold()
    for key, title in roles.items():
        if wanted in (key.casefold(), title.en.casefold(), title.zh):
            return key
    words = {word: key for key, title in roles.items() for word in (key, title.en.casefold(), title.zh)}
    near = get_close_matches(wanted, words, n=1, cutoff=0.5)
    raise BadInput(
        T("There is no role {role}.", zh="没有角色 {role}。").of(role=typed),
        T("Did you mean {near}?", zh="是否指 {near}?").of(near=words[near[0]])
        if near
        else T("There are: {names}", zh="现有: {names}").of(names=", ".join(roles)),
        ref="core.role-unknown",
    )


def _login(tx: Tx, typed: str) -> str:
    login = typed.strip()
    if not login or len(login) > 40 or any(c.isspace() or not c.isprintable() or c in ",;:=@/\\" for c in login):
        raise BadInput(
            T(
                "“{login}” cannot be a login: 1 to 40 letters or digits, no blanks.",
                zh="“{login}”不能作登录名: 1 至 40 个字母或数字, 不含空格。",
            ).of(login=login),
            plain("flow staff add li --name 李红"),
            ref="core.staff-login",
        )
    taken = tx.one(Staff, func.lower(table_of(Staff).c.login) == login.lower())
    if taken is not None:
        raise Refused(
            T("The login {login} belongs to {name}.", zh="登录名 {login} 已属于 {name}。").of(
                login=login, name=taken.name
            ),
            T("Choose another login.", zh="请换一个登录名。"),
            ref="core.staff-taken",
        )
    return login


def _name(typed: str) -> str:
    from serviceflow.names import clean_name

    name = clean_name(typed)
    if not name:
        raise BadInput(T("A name is missing.", zh="缺少姓名。"), plain("--name 李红"), ref="core.staff-name")
    return name


def _phone(typed: str | None) -> str | None:
    if not typed:
        return None
    from serviceflow.phones import normalise_phone

    found = normalise_phone(typed)
    if found.key is None and found.problem is not None:
        raise BadInput(found.problem, plain("--phone 13800000001"), ref="core.phone")
    return found.key or found.shown


def _email(typed: str | None) -> str | None:
    if not typed:
        return None
    from serviceflow.phones import normalise_email

    value = normalise_email(typed)
    if value is None:
        raise BadInput(
            T("“{typed}” is no e-mail address.", zh="“{typed}”不是邮箱地址。").of(typed=typed),
            plain("--email li@example.com"),
            ref="core.email",
        )
    return value


def add_staff(
    shop: Shop,
    login: str,
    *,
    name: str,
    roles: Sequence[str] = (),
    superior: str | None = None,
    department: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    language: str | None = None,
    dry_run: bool = False,
) -> StaffChange:
    """Enter a member of staff.

    Raises:
        Refused: The login is taken, or the command is not for who gives it.
        BadInput: An unknown role or superior, a login or phone that is none.
    """
    with shop.write("staff add", dry_run=dry_run) as tx:
        in_charge(tx)
        row = tx.add(
            Staff(
                login=_login(tx, login),
                name=_name(name),
                department=department or None,
                phone=_phone(phone),
                email=_email(email),
                language=language,
                superior_id=staff_named(tx, superior).id if superior else None,
            )
        )
        given = list(dict.fromkeys(known_role(shop, role) for role in roles))
        for role in given:
            tx.add(StaffRole(staff_id=key_of(row), role=role))
        what = T("works here now: {roles}", zh="已加入: {roles}").of(roles=_titles(shop, given))
        tx.summary = T("{name} ({login})", zh="{name} ({login})").of(name=row.name, login=row.login)
    return StaffChange(row, what, tx.operation)


def edit_staff(
    shop: Shop,
    login: str,
    *,
    name: str | None = None,
    superior: str | None = None,
    department: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    language: str | None = None,
    active: bool | None = None,
    dry_run: bool = False,
) -> StaffChange:
    """Change what is said; an empty text clears, ``None`` leaves as it is.

    Raises:
        Refused: The superior would be the person's own subordinate, or the command is not for who gives it.
    """
    with shop.write("staff edit", dry_run=dry_run) as tx:
        in_charge(tx)
        row = staff_named(tx, login, active=False)
        changes: dict[str, Any] = {}
        if name is not None:
            changes["name"] = _name(name)
        if superior is not None:
            changes["superior_id"] = _superior(tx, row, superior) if superior else None
        if department is not None:
            changes["department"] = department or None
        if phone is not None:
            changes["phone"] = _phone(phone)
        if email is not None:
            changes["email"] = _email(email)
        if language is not None:
            changes["language"] = language or None
        if active:
            changes["active"] = True
        changed = [key.removesuffix("_id") for key, value in changes.items() if getattr(row, key) != value]
        tx.change(row, **changes)
        tx.summary = T("{name}: {what} changed", zh="{name}: 已改 {what}").of(name=row.name, what=", ".join(changed))
    what = (
        T("changed: {what}", zh="已改: {what}").of(what=", ".join(changed))
        if changed
        else T("nothing to change", zh="没有变化")
    )
    return StaffChange(row, what, tx.operation)


def _superior(tx: Tx, row: Staff, typed: str) -> int | None:
    boss = staff_named(tx, typed)
    above: Staff | None = boss
    for _ in range(100):
        if above is None:
            return boss.id
        if above.id == row.id:
            break
        above = tx.get(Staff, above.superior_id) if above.superior_id is not None else None
    raise Refused(
        T("{boss} works under {name}; nobody is above themselves.", zh="{boss} 是 {name} 的下属, 上级不能成环。").of(
            boss=boss.name, name=row.name
        ),
        T("Choose somebody else: flow staff list", zh="请另选: flow staff list"),
        ref="core.staff-superior",
    )


def change_roles(
    shop: Shop, login: str, *, give: Iterable[str] = (), take: Iterable[str] = (), dry_run: bool = False
) -> StaffChange:
    """Give and take roles.

    Raises:
        BadInput: An unknown role, or one to take that is not held.
        Refused: The shop would be left without an administrator.
    """
    with shop.write("staff role", dry_run=dry_run) as tx:
        in_charge(tx)
        row = staff_named(tx, login)
        held = roles_of(tx, row.id)
        added = [r for r in dict.fromkeys(known_role(shop, role) for role in give) if r not in held]
        taken = list(dict.fromkeys(known_role(shop, role) for role in take))
        for role in taken:
            if role not in held:
                raise BadInput(
                    T("{name} is not {role}.", zh="{name} 没有角色 {role}。").of(name=row.name, role=role),
                    T("Held now: {roles}", zh="现有: {roles}").of(roles=", ".join(sorted(held)) or "-"),
                    ref="core.role-not-held",
                )
            if role == "admin":
                _another_admin(tx, row)
            tx.remove(tx.need(StaffRole, row.id, role))
        for role in added:
            tx.add(StaffRole(staff_id=key_of(row), role=role))
        now = sorted((held | set(added)) - set(taken))
        what = T("is now: {roles}", zh="现为: {roles}").of(roles=_titles(shop, now))
        tx.summary = T("{name} {what}", zh="{name} {what}").of(name=row.name, what=what)
    return StaffChange(row, what, tx.operation)


def take_leave(
    shop: Shop,
    login: str,
    first: date,
    last: date,
    *,
    deputy: str | None = None,
    role: str | None = None,
    beside: bool = False,
    note: str = "",
    dry_run: bool = False,
) -> StaffChange:
    """Write down a leave, or with ``beside`` a delegation; both dates belong to it.

    A leave without a deputy only says that the person is away. A delegation needs a deputy; ``role`` limits
    either to one role.

    Raises:
        BadInput: The dates run backwards, the deputy is the person, the role is not held, or it is wholly past.
        Refused: Another leave of the person overlaps, or the deputy is away on some of the days.
    """
    with shop.write("staff leave", dry_run=dry_run) as tx:
        actor = whoami(tx)
        row = staff_named(tx, login)
        if actor.id not in (row.id, row.superior_id):
            in_charge(tx)
        _check_dates(shop, tx, first, last)
        stand_in = staff_named(tx, deputy) if deputy else None
        key = known_role(shop, role) if role else None
        if beside and stand_in is None:
            raise BadInput(
                T("A delegation needs somebody to delegate to.", zh="授权须指明代理人。"),
                plain(f"flow staff leave {row.login} {first} {last} --beside --deputy LOGIN"),
                ref="core.leave-deputy",
            )
        if stand_in is not None and stand_in.id == row.id:
            raise BadInput(
                T("Nobody stands in for themselves.", zh="不能由本人代理本人。"),
                plain(f"flow staff leave {row.login} {first} {last} --deputy LOGIN"),
                ref="core.leave-self",
            )
        if key is not None and key not in roles_of(tx, row.id):
            raise BadInput(
                T("{name} is not {role}.", zh="{name} 没有角色 {role}。").of(name=row.name, role=key),
                T("Held now: {roles}", zh="现有: {roles}").of(roles=", ".join(sorted(roles_of(tx, row.id))) or "-"),
                ref="core.role-not-held",
            )
        if not beside:
            _no_overlap(tx, row, first, last, key)
        if stand_in is not None:
            _is_there(tx, stand_in, first, last)
        tx.add(
            Absence(
                staff_id=key_of(row),
                first=first,
                last=last,
                deputy_id=stand_in.id if stand_in else None,
                role=key,
                beside=beside,
                note=note,
            )
        )
        what = _leave_text(first, last, stand_in, key, beside)
        tx.summary = T("{name}: {what}", zh="{name}: {what}").of(name=row.name, what=what)
    return StaffChange(row, what, tx.operation)


def _leave_text(first: date, last: date, deputy: Staff | None, role: str | None, beside: bool) -> T:
    facts = {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "deputy": deputy.name if deputy else "-",
        "role": f" [{role}]" if role else "",
    }
    if beside:
        return T(
            "{deputy} signs beside them{role}, {first} to {last} (both included)",
            zh="{first} 至 {last}(含首尾)由 {deputy} 同时代签{role}",
        ).of(**facts)
    if deputy is None:
        return T(
            "away {first} to {last} (both included), nobody stands in", zh="{first} 至 {last}(含首尾)请假, 无代理人"
        ).of(**facts)
    return T(
        "away {first} to {last} (both included), {deputy} stands in{role}",
        zh="{first} 至 {last}(含首尾)请假, 由 {deputy} 代理{role}",
    ).of(**facts)


def end_leave(shop: Shop, login: str, *, dry_run: bool = False) -> StaffChange:
    """Take back what is still to come of a person's leaves and delegations: those of today end yesterday.

    Raises:
        Refused: There is none.
    """
    from datetime import timedelta

    with shop.write("staff leave --cancel", dry_run=dry_run) as tx:
        actor = whoami(tx)
        row = staff_named(tx, login)
        if actor.id not in (row.id, row.superior_id):
            in_charge(tx)
        today = shop.local_day(tx.now)
        table = table_of(Absence)
        ahead = tx.all(Absence, table.c.staff_id == row.id, table.c.last >= today)
        if not ahead:
            raise Refused(
                T("{name} has no leave ahead.", zh="{name} 没有进行中或将来的请假。").of(name=row.name),
                T("See: flow staff list", zh="查看: flow staff list"),
                ref="core.leave-none",
            )
        for absence in ahead:
            if absence.first >= today:
                tx.remove(absence)
            else:
                tx.change(absence, last=today - timedelta(days=1))
        what = T("is back; {n} leave(s) ended", zh="已销假, 结束 {n} 条").of(n=len(ahead))
        tx.summary = T("{name} {what}", zh="{name} {what}").of(name=row.name, what=what)
    return StaffChange(row, what, tx.operation)


def _check_dates(shop: Shop, tx: Tx, first: date, last: date) -> None:
    if last < first:
        raise BadInput(
            T("{last} is before {first}.", zh="{last} 早于 {first}。").of(first=first, last=last),
            T("First day first, both days included.", zh="先写第一天, 首尾两天都算。"),
            ref="core.leave-dates",
        )
    if last < shop.local_day(tx.now):
        raise BadInput(
            T("{last} is past already.", zh="{last} 已过。").of(last=last),
            T("Type a coming day, such as +3.", zh="请写将来的日期, 如 +3。"),
            ref="core.leave-past",
        )


def _no_overlap(tx: Tx, row: Staff, first: date, last: date, role: str | None) -> None:
    table = table_of(Absence)
    for other in tx.all(
        Absence, table.c.staff_id == row.id, table.c.first <= last, table.c.last >= first, table.c.beside.is_(False)
    ):
        if other.role is None or role is None or other.role == role:
            raise Refused(
                T("{name} is away {first} to {last} already.", zh="{name} 在 {first} 至 {last} 已请假。").of(
                    name=row.name, first=other.first, last=other.last
                ),
                T(
                    "End that first: flow staff leave {login} --cancel",
                    zh="请先销假: flow staff leave {login} --cancel",
                ).of(login=row.login),
                ref="core.leave-overlap",
            )


def _is_there(tx: Tx, deputy: Staff, first: date, last: date) -> None:
    table = table_of(Absence)
    away = tx.one(
        Absence, table.c.staff_id == deputy.id, table.c.first <= last, table.c.last >= first, table.c.beside.is_(False)
    )
    if away is not None:
        raise Refused(
            T("{name} is away too, {first} to {last}.", zh="{name} 在 {first} 至 {last} 也请假。").of(
                name=deputy.name, first=away.first, last=away.last
            ),
            T("Choose somebody else: flow staff list", zh="请另选代理人: flow staff list"),
            ref="core.leave-deputy-away",
        )


def deactivate(shop: Shop, login: str, *, to: str | None = None, dry_run: bool = False) -> StaffChange:
    """Let a member of staff go; what is in their hands goes to ``to``.

    Raises:
        Refused: Open tasks, orders or signatures are theirs and ``to`` names nobody; or the last administrator.
    """
    from serviceflow.plugin.ask import staff_may_leave  # loads pluggy

    list(shop.plugins.all())  # their tables refer to staff too
    with shop.write("staff deactivate", dry_run=dry_run) as tx:
        in_charge(tx)
        row = staff_named(tx, login)
        if "admin" in roles_of(tx, row.id):
            _another_admin(tx, row)
        heir = staff_named(tx, to) if to else None
        if heir is not None and heir.id == row.id:
            raise BadInput(
                T("{name} cannot take over from themselves.", zh="不能交接给本人。").of(name=row.name),
                T("Choose somebody else: flow staff list", zh="请另选: flow staff list"),
                ref="core.staff-heir",
            )
        against = staff_may_leave(shop.plugins, tx, row)
        if against:
            raise Refused(plain(" ".join(str(reason) for reason in against)), None, ref="core.staff-in-hand")
        tasks, orders, slots = _in_hand(tx, row)
        notes: list[T] = []
        if heir is None and (tasks or orders or slots):
            raise _still_in_hand(row, tasks, orders, slots)
        if heir is not None:
            notes = _hand_over(tx, row, heir, tasks, orders, slots)
        tx.change(row, active=False)
        what = T("no longer works here", zh="已停用")
        tx.summary = T("{name} {what}", zh="{name} {what}").of(name=row.name, what=what)
    return StaffChange(row, what, tx.operation, notes)


def _in_hand(tx: Tx, row: Staff) -> tuple[list[Task], list[Order], list[Slot]]:
    task, order, slot, request = table_of(Task), table_of(Order), table_of(Slot), table_of(Request)
    pending = select(request.c.id).where(request.c.state == "pending")
    return (
        tx.all(Task, task.c.assignee_id == row.id, task.c.state == "open", order_by=[task.c.due_at, task.c.id]),
        tx.all(Order, order.c.owner_id == row.id, order.c.closed_at.is_(None)),
        tx.all(Slot, slot.c.staff_id == row.id, slot.c.verdict == "open", slot.c.request_id.in_(pending)),
    )


def _still_in_hand(row: Staff, tasks: list[Task], orders: list[Order], slots: list[Slot]) -> Refused:
    parts_en, parts_zh = [], []
    if tasks:
        named = [(f"#{t.id} {t.title_en}", f"#{t.id} {t.title_zh}") for t in tasks[:NAMED_AT_MOST]]
        more = " …" if len(tasks) > NAMED_AT_MOST else ""
        parts_en.append(f"{len(tasks)} open task(s): " + ", ".join(en for en, _ in named) + more)
        parts_zh.append(f"{len(tasks)} 个未完待办: " + ", ".join(zh for _, zh in named) + more)
    if orders:
        named_orders = ", ".join(o.number for o in orders[:NAMED_AT_MOST]) + (
            " …" if len(orders) > NAMED_AT_MOST else ""
        )
        parts_en.append(f"{len(orders)} open order(s): {named_orders}")
        parts_zh.append(f"{len(orders)} 个未结订单: {named_orders}")
    if slots:
        parts_en.append(f"{len(slots)} signature(s) asked for")
        parts_zh.append(f"{len(slots)} 个待签")
    return Refused(
        T("{name} still has {what}.", zh="{name} 手上还有 {what}。").of(
            name=row.name, what=T("{x}", zh="{y}").of(x="; ".join(parts_en), y="; ".join(parts_zh))
        ),
        T(
            "Hand them over: flow staff deactivate {login} --to LOGIN",
            zh="先交接: flow staff deactivate {login} --to LOGIN",
        ).of(login=row.login),
        ref="core.staff-in-hand",
    )


def _hand_over(tx: Tx, row: Staff, heir: Staff, tasks: list[Task], orders: list[Order], slots: list[Slot]) -> list[T]:
    customer, staff = table_of(Customer), table_of(Staff)
    for task in tasks:
        tx.change(task, assignee_id=heir.id)
    for order in orders:
        tx.change(order, owner_id=heir.id)
    for slot in slots:
        tx.change(slot, staff_id=heir.id)
    customers = tx.all(Customer, customer.c.owner_id == row.id, customer.c.merged_into.is_(None))
    for owned in customers:
        tx.change(owned, owner_id=heir.id)
    for below in tx.all(Staff, staff.c.superior_id == row.id):
        tx.change(below, superior_id=heir.id if below.id != heir.id else row.superior_id)
    _hand_over_of_trades(tx, row, heir)
    return [
        T(
            "to {name}: {tasks} task(s), {orders} order(s), {customers} customer(s), {slots} signature(s)",
            zh="交给 {name}: 待办 {tasks}, 订单 {orders}, 客户 {customers}, 待签 {slots}",
        ).of(name=heir.name, tasks=len(tasks), orders=len(orders), customers=len(customers), slots=len(slots))
    ]


def _hand_over_of_trades(tx: Tx, row: Staff, heir: Staff) -> None:
    """Hand over the trades' rows whose column says so; what belongs to a closed order stays with who did it."""
    order = table_of(Order)
    open_orders = select(order.c.id).where(order.c.closed_at.is_(None))
    for model, column, info in referring_columns(tx, "staff.id"):
        if not info["hand_over"] or model in (Staff, Customer, Order, Task):
            continue
        table = table_of(model)
        of_order = [c for c in table.c if c.info.get("refers") == "orders.id"]
        still_open = [or_(c.is_(None), c.in_(open_orders)) for c in of_order]
        for held in tx.all(model, table.c[column] == row.id, *still_open):
            tx.change(held, **{column: heir.id})


def _another_admin(tx: Tx, row: Staff) -> None:
    staff, role = table_of(Staff), table_of(StaffRole)
    others = tx.scalar(
        select(func.count())
        .select_from(staff.join(role, role.c.staff_id == staff.c.id))
        .where(role.c.role == "admin", staff.c.active.is_(True), staff.c.id != row.id)
    )
    if not others:
        raise Refused(
            T("{name} is the only administrator.", zh="{name} 是唯一的管理员。").of(name=row.name),
            T("Make another first: flow staff role LOGIN admin", zh="先另设一位: flow staff role LOGIN admin"),
            ref="core.staff-last-admin",
        )


def _in_charge_names(tx: Tx) -> list[str]:
    staff, role = table_of(Staff), table_of(StaffRole)
    query = (
        select(staff.c.name)
        .distinct()
        .join_from(staff, role, role.c.staff_id == staff.c.id)
        .where(role.c.role.in_(IN_CHARGE), staff.c.active.is_(True))
        .order_by(staff.c.name)
        .limit(NAMED_AT_MOST)
    )
    return [row.name for row in tx.rows(query)]


def _titles(shop: Shop, roles: Iterable[str]) -> T:
    titles = [shop.role_title(role) for role in roles]
    return T("{en}", zh="{zh}").of(
        en=", ".join(t.to("en") for t in titles) or "no role", zh="、".join(t.to("zh") for t in titles) or "无角色"
    )
