"""A client counted for another partner: asked with a reason, signed by branch manager and compliance.

Source: brokerage.md section 5.6.
"""

from __future__ import annotations

from typing import Final

from serviceflow.api import Customer, Order, Shop, T, TaskRow, Tx, listed, plain, roles_of, table_of

from serviceflow_brokerage.duties import need_role, second_person
from serviceflow_brokerage.limits import due_in
from serviceflow_brokerage.partners import contract_in_force
from serviceflow_brokerage.refusals import refused
from serviceflow_brokerage.roles import BM, CO, PM
from serviceflow_brokerage.statements import fill
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.tables.partners import BrokerReassignment, BrokerReferral, BrokerStatement

SIGNERS: Final = (BM, CO)
RULE: Final = "brokerage:reassign"
STATES: Final = {
    "asked": T("to sign", zh="待审批"),
    "done": T("done", zh="已改派"),
    "refused": T("refused", zh="未同意"),
}


def referral_of(tx: Tx, customer_id: int, named: str) -> BrokerReferral:
    """Return the referral a client's account was attributed to.

    Args:
        named: The client as typed, for the refusal.

    Raises:
        Refused: ``reassign-none``.
    """
    table = table_of(BrokerReferral)
    found = tx.one(BrokerReferral, table.c.customer_id == customer_id, table.c.state == "attributed")
    if found is None:
        raise refused("reassign-none", client=named)
    return found


def reassignment_of(tx: Tx, number: int) -> BrokerReassignment:
    """Return a reassignment.

    Raises:
        Refused: There is none of that number.
    """
    found = tx.get(BrokerReassignment, number)
    if found is None:
        raise refused(
            "unknown", plain("flow broker referral list"), what=T("reassignment", zh="改派"), id=number
        )  # fmt: skip
    return found


def ask(shop: Shop, tx: Tx, referral: BrokerReferral, partner_id: int, reason: str) -> BrokerReassignment:
    """Ask that a referral count for another partner; who signs gets a task.

    Raises:
        Refused: ``reassign-frozen``, ``reassign-same``, ``reassign-open``, ``reassign-reason`` or ``no-contract``.
    """
    by = need_role(shop, tx, T("Reassign a referral", zh="改派推荐"), PM, *SIGNERS)
    if not reason.strip():
        raise refused("reassign-reason")
    _may_move(tx, referral, partner_id)
    table = table_of(BrokerReassignment)
    other = tx.one(BrokerReassignment, table.c.referral_id == referral.id, table.c.state == "asked")
    if other is not None:
        raise refused("reassign-open", n=other.id)
    made = tx.add(
        BrokerReassignment(
            referral_id=referral.id or 0, partner_id=partner_id, reason=reason.strip(), by=by, at=tx.now
        )
    )  # fmt: skip
    words = T(
        "Reassign the referral of {name}: flow broker referral approve {n}",
        zh="改派 {name} 的推荐: flow broker referral approve {n}",
    )
    title = words.of(name=tx.need(Customer, referral.customer_id).name, n=made.id)
    for role in SIGNERS:
        tx.add(
            TaskRow(
                rule=RULE, subject=f"{made.id}/{role}", title_en=title.to("en"), title_zh=title.to("zh"),
                due_at=due_in(shop, tx.now, "reassign"), role=role, made_at=tx.now, stays=True,
            )
        )  # fmt: skip
    return made


def approve(shop: Shop, tx: Tx, asked: BrokerReassignment) -> list[str]:
    """Sign for the roles the actor holds; the last signature moves the referral. Returns who has still to sign.

    Raises:
        Refused: ``four-eyes``, ``signed-already``, ``reassign-state``, or what `ask` refuses has come up since.
    """
    _sign(shop, tx, asked)
    signed = {role for role, _, _ in asked.approvals}
    held = roles_of(tx, tx.staff_id)
    mine = [role for role in SIGNERS if role not in signed and role in held]
    left = [role for role in SIGNERS if role not in signed and role not in mine]
    if not mine:
        raise refused("signed-already", T("Others sign: {roles}", zh="尚待: {roles}").of(roles=role_names(shop, left)))
    referral = tx.need(BrokerReferral, asked.referral_id)
    _may_move(tx, referral, asked.partner_id)
    marks = [*asked.approvals, *([role, tx.staff_id, tx.now.isoformat()] for role in mine)]
    tx.change(asked, approvals=marks, state="asked" if left else "done")
    _end_tasks(tx, asked, mine, None)
    if not left:
        _move(shop, tx, referral, asked.partner_id)
    return left


def refuse(shop: Shop, tx: Tx, asked: BrokerReassignment) -> None:
    """Leave the referral where it is.

    Raises:
        Refused: ``four-eyes`` or ``reassign-state``.
    """
    _sign(shop, tx, asked)
    tx.change(asked, state="refused")
    _end_tasks(tx, asked, list(SIGNERS), STATES["refused"])


def role_names(shop: Shop, roles: list[str]) -> T:
    """Return the titles of these roles in one line."""
    return listed(shop.role_title(role) for role in roles)


def frozen_statement(tx: Tx, referral: BrokerReferral) -> BrokerStatement | None:
    """Return the first frozen statement of the partner that covers days on which the client was attributed."""
    client = tx.get(BrokerClient, referral.customer_id)
    if client is None or client.opened_on is None:
        return None
    table = table_of(BrokerStatement)
    found = tx.all(
        BrokerStatement, table.c.customer_id == referral.partner_id, table.c.frozen.is_(True),
        table.c.state != "void", table.c.month >= client.opened_on.replace(day=1), order_by=[table.c.month],
    )  # fmt: skip
    return found[0] if found else None


def _sign(shop: Shop, tx: Tx, asked: BrokerReassignment) -> None:
    need_role(shop, tx, T("Approve a reassignment", zh="审批改派"), *SIGNERS)
    second_person(tx, asked.by)
    if asked.state != "asked":
        raise refused("reassign-state", n=asked.id, state=STATES[asked.state])


def _may_move(tx: Tx, referral: BrokerReferral, partner_id: int) -> None:
    if referral.state != "attributed":
        raise refused("reassign-none", client=tx.need(Customer, referral.customer_id).name)
    frozen = frozen_statement(tx, referral)
    if frozen is not None:
        raise refused("reassign-frozen", no=tx.need(Order, frozen.order_id).number)
    if referral.partner_id == partner_id:
        raise refused("reassign-same")
    client = tx.need(BrokerClient, referral.customer_id)
    if client.opened_on is not None and contract_in_force(tx, partner_id, client.opened_on) is None:
        raise refused("no-contract")


def _move(shop: Shop, tx: Tx, referral: BrokerReferral, partner_id: int) -> None:
    """Let the other partner's own referral count, or one with the same facts where there is none."""
    order_id, earlier = referral.order_id, referral.partner_id
    table = table_of(BrokerReferral)
    own = tx.all(
        BrokerReferral, table.c.customer_id == referral.customer_id, table.c.partner_id == partner_id,
        order_by=[table.c.referred_on, table.c.registered_at, table.c.id],
    )  # fmt: skip
    tx.change(referral, state="superseded", order_id=None)
    if own:
        tx.change(own[0], state="attributed", order_id=order_id)
    else:
        tx.add(
            BrokerReferral(
                partner_id=partner_id, customer_id=referral.customer_id, referred_on=referral.referred_on,
                registered_at=referral.registered_at, state="attributed", order_id=order_id,
            )
        )  # fmt: skip
    for partner in (earlier, partner_id):
        _draft_anew(shop, tx, partner)


def _draft_anew(shop: Shop, tx: Tx, partner_id: int) -> None:
    """Compute the partner's drafts again; what was sent goes the way of a dispute, or is corrected later."""
    table = table_of(BrokerStatement)
    for statement in tx.all(
        BrokerStatement, table.c.customer_id == partner_id, table.c.state == "drafted", order_by=[table.c.month]
    ):
        fill(tx, statement, shop.setting)


def _end_tasks(tx: Tx, asked: BrokerReassignment, roles: list[str], because: T | None) -> None:
    """End the tasks to sign of some roles: done, or cancelled for a reason."""
    tasks = table_of(TaskRow)
    named = [f"{asked.id}/{role}" for role in roles]
    for task in tx.all(TaskRow, tasks.c.rule == RULE, tasks.c.state == "open", tasks.c.subject.in_(named)):
        state = "done" if because is None else "cancelled"
        tx.change(task, state=state, done_at=tx.now, done_by=tx.staff_id, reason=str(because or ""))
