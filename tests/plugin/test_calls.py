"""What a plugin's own function raises undoes the action and names the plugin; a trace shows what ran."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from serviceflow.api import (
    START,
    STAY,
    Action,
    Anchor,
    Choose,
    Do,
    Effect,
    Flow,
    Guard,
    Persons,
    Refuse,
    Refused,
    Role,
    SetAnchor,
    Step,
    T,
    Task,
    TaskRow,
    Trade,
    act,
    hours,
    open_order,
    table_of,
)
from serviceflow.app import Shop
from serviceflow.plugin.calls import PluginFailed, traced
from serviceflow.testing.trades import join_trade


def broken(case: Any, form: Any) -> Any:
    raise KeyError("price")


def passes(case: Any, form: Any) -> None:
    return None


def refuses(case: Any, form: Any) -> Refuse:
    return Refuse(T("Closed today.", zh="今天不营业。"))


def without_a_title(case: Any, form: Any) -> None:
    case.tx.add(TaskRow(rule="spa:x", title_en=None, title_zh="x", due_at=case.now, made_at=case.now))


FOLLOW = Task(
    "call", T("Call", zh="致电"), Persons("friend", T("a friend", zh="熟人"), lambda c: broken(c, None)), hours(1)
)


def spa(guard: Callable[..., Any] = passes, effect: Effect | None = None, target: Any = STAY) -> Trade:
    return Trade(
        key="spa", title=T("Spa", zh="水疗"), version="1", api="1", prefixes=("spa",),
        roles=(Role("host", T("Host", zh="迎宾")),),
        flows=(Flow("spa-visit", 1, T("Visit", zh="到店"), (
            Step("in", T("In", zh="在店"), on_path=True), Step("out", T("Out", zh="离店"), final=True, on_path=True),
        ), (
            Action("enter", T("Enter", zh="进店"), START, "in"),
            Action("treat", T("Treat", zh="护理"), ("in",), target, guards=(Guard("open", guard),),
                   effects=(SetAnchor("treated_at"), *((effect,) if effect else ()))),
            Action("leave", T("Leave", zh="离店"), ("in",), "out"),
        ), series="SP{n:04}", customer="optional"),),
    )  # fmt: skip


def visit(shop: Shop, trade: Trade) -> int:
    join_trade(shop, trade)
    order = open_order(shop, "spa-visit", None, {}).order
    assert order.id is not None
    return order.id


@pytest.mark.parametrize(
    ("trade", "what"),
    [
        pytest.param(spa(guard=broken), "guard open: KeyError: 'price'", id="guard"),
        pytest.param(spa(effect=Do(broken)), "effect treat: broken: KeyError: 'price'", id="effect"),
        pytest.param(spa(effect=FOLLOW), "effect treat: Task call: KeyError: 'price'", id="people of a task"),
        pytest.param(spa(effect=Do(without_a_title)), "effect treat: without_a_title: IntegrityError", id="row"),
        pytest.param(spa(target=Choose(broken, ("in",))), "target treat: KeyError: 'price'", id="target"),
    ],
)
def test_an_exception_rolls_back_and_names_the_plugin(shop: Shop, trade: Trade, what: str) -> None:
    order = visit(shop, trade)
    with pytest.raises(PluginFailed) as failed:
        act(shop, order, "treat", {})
    assert failed.value.sentence.to("en").startswith(f"Plugin spa failed ({what}")
    assert failed.value.sentence.to("zh").startswith(f"插件 spa 出错({what}")
    assert str(failed.value.way_out) == "flow plugin doctor spa"
    assert failed.value.__cause__ is not None
    with shop.reading() as tx:
        assert tx.all(TaskRow, table_of(TaskRow).c.order_id == order) == []
        assert tx.all(Anchor, table_of(Anchor).c.order_id == order) == []


def test_a_refusal_is_no_failure(shop: Shop) -> None:
    order = visit(shop, spa(guard=refuses))
    with pytest.raises(Refused, match=r"Closed today|今天不营业"):
        act(shop, order, "treat", {})


def test_a_trace_names_what_ran_in_its_order(shop: Shop) -> None:
    order = visit(shop, spa(effect=Do(passes), target=Choose(lambda case, form: "out", ("in", "out"))))
    with traced() as calls:
        act(shop, order, "treat", {})
    assert [(c.plugin, c.what, c.depth, c.failed) for c in calls] == [
        ("spa", "guard open", 0, False),
        ("spa", "target treat", 0, False),
        ("spa", "effect treat: SetAnchor treated_at", 0, False),
        ("spa", "effect treat: passes", 0, False),
    ]
    assert all(c.seconds is not None and c.seconds < 5 for c in calls)


def test_a_trace_says_what_failed(shop: Shop) -> None:
    order = visit(shop, spa(guard=broken))
    with traced() as calls, pytest.raises(PluginFailed):
        act(shop, order, "treat", {})
    assert [(c.what, c.failed) for c in calls] == [("guard open", True)]
