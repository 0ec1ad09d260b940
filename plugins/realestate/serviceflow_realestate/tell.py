"""Messages with facts of their own, and small things every flow needs: memory, owner, common actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from serviceflow.api import (
    ANY,
    NOW,
    OWNER,
    Action,
    BadInput,
    Case,
    Do,
    Form,
    Message,
    Moment,
    Persons,
    Recipient,
    Staff,
    T,
    days,
    main_contact,
    plain,
    table_of,
    text,
)
from serviceflow.api import Computed as ComputedMoment

from serviceflow_realestate import roles

SEND = "realestate.message_send_time"
TODAY = days(0, after="now", at=SEND)
"""The time of the day at which messages go out, or at once when that is over."""
AGENT_OF_ORDER = Persons("agent", T("the agent", zh="置业顾问"), OWNER.of, roles.AGENT)
"""The order's agent; any agent while nobody owns it."""


def tell(
    case: Case, template: str, due: Moment | ComputedMoment = TODAY, /, *, stays: bool = True, **facts: Any
) -> None:
    """Plan a message to the customer with facts of this one alone."""

    def to(one: Case) -> list[Recipient]:
        main = main_contact(one)
        return [Recipient(main.name, main.contacts, main.variant, str(facts.get("subject", "")), facts=facts)]

    case.plan_message(Message(template, due, to=to, stays=stays))


def now(template: str) -> Do:
    """Return the entry effect that sends a message at once, where the step also plans it for another moment."""
    return Do(lambda case, form: tell(case, template, NOW, stays=False))


def today(template: str) -> Do:
    """Return the entry effect that sends a message today, where the step also plans it for another moment."""
    return Do(lambda case, form: tell(case, template, stays=False))


def alert(key: str, words: T, *who: str) -> Do:
    """Return the effect that alerts one or several to an order; ``{no}`` is its number."""

    def run(case: Case, form: object) -> None:
        for one in who:
            case.alert(key, words.of(no=case.order.number), who=one)

    return Do(run)


def never(case: Case) -> bool:
    """The condition of what only another order makes happen."""
    return False


def remember(case: Case, **values: Any) -> None:
    """Keep small facts with the order."""
    case.change(data={**case.order.data, **values})


def recall(case: Case, name: str, default: Any = None) -> Any:
    """Return a small fact kept with the order."""
    return case.order.data.get(name, default)


def agent(case: Case) -> Staff | None:
    """Return the order's agent."""
    return case.tx.get(Staff, case.order.owner_id) if case.order.owner_id is not None else None


def agent_name(case: Case) -> Any:
    """Return the name of the order's agent, or that of the sales centre."""
    staff = agent(case)
    return staff.name if staff is not None else T("the sales centre", zh="营销中心")


def agent_phone(case: Case) -> str:
    """Return the agent's phone."""
    staff = agent(case)
    return (staff.phone or "") if staff is not None else ""


class Note(Form):
    text: str = text(T("Text", zh="内容"))


class Attach(Form):
    document: str = text(T("Document", zh="资料"))


class Reassign(Form):
    owner: str = text(T("New owner's login", zh="新负责人登录名"), longest=60)
    reason: str = text(T("Reason", zh="原因"))


class Because(Form):
    reason: str = text(T("Reason", zh="原因"))


class Opinion(Form):
    opinion: str | None = text(T("Opinion", zh="意见"), required=False)


class Rejection(Form):
    opinion: str | None = text(T("Opinion", zh="意见"))


class Says(Form):
    text: str = text(T("Text", zh="说明"))


def staff_named(case: Case, login: str) -> Staff:
    """Return the active member of staff with a login or a name.

    Raises:
        BadInput: There is none.
    """
    table = table_of(Staff)
    found = case.tx.one(Staff, (table.c.login == login) | (table.c.name == login), table.c.active.is_(True))
    if found is None:
        raise BadInput(
            T("Nobody is called {login}.", zh="没有员工 {login}。").of(login=login), plain("flow staff list")
        )
    return found


def _note(case: Case, form: Note) -> None:
    case.log(form.text, channel="note")


def _attach(case: Case, form: Attach) -> None:
    case.log(form.document, channel="note", outcome="attached")


def _give(case: Case, agent: int | None) -> None:
    case.change(owner_id=agent)


def common(give: Callable[[Case, int | None], None] = _give) -> tuple[Action, ...]:
    """Return the actions every flow offers in every step that is not final.

    Args:
        give: Gives the order to another member of staff.
    """

    def reassign(case: Case, form: Reassign) -> None:
        give(case, staff_named(case, form.owner).id)

    return (
        Action("note", T("Note", zh="备注"), ANY, form=Note, effects=(Do(_note),)),
        Action("attach", T("Attach", zh="附件"), ANY, form=Attach, effects=(Do(_attach),)),
        Action("reassign", T("Reassign", zh="转派"), ANY, by=(roles.MANAGER,), form=Reassign, effects=(Do(reassign),)),
    )


ALLOWED_WHILE_BLOCKED = ("note", "attach")
BLOCKED = T("Blocked by {flow} {number} until it is finished.", zh="{flow} {number} 办结前不能操作。")
