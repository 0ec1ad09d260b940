"""What a flow tells of itself: what people may try in a step, and which rules hang on a moment."""

from __future__ import annotations

import pytest
from serviceflow.flow.effects import Message, Task
from serviceflow.flow.model import ANY, Action, Flow, Step
from serviceflow.flow.moments import Moment
from serviceflow.texts import T, plain

CALL = Task("call", plain("call"), "seller", Moment("days", 1, "booked_at", not_before="free_at"))
REMIND = Message("remind", Moment("days", 1, "visit", sign=-1), expires=Moment("itself", 0, "booked_at"))
THANK = Message("thank", Moment("hours", 2, "entry"))
FLOW = Flow(
    "spa-visit",
    1,
    T("Visit", zh="到店"),
    steps=(
        Step("in", plain("in"), entry=(CALL, REMIND, THANK)),
        Step("out", plain("out"), final=True),
    ),
    actions=(
        Action("rub", plain("rub"), ("in",)),
        Action("call", plain("call"), ANY),
        Action("sweep", plain("sweep"), ("in",), auto=True),
        Action("thank", plain("thank"), ("in", "out")),
    ),
    series="SV{n}",
)


@pytest.mark.parametrize(("step", "offered"), [("in", ["rub", "call", "thank"]), ("out", ["thank"])])
def test_a_step_offers_what_people_may_try(step: str, offered: list[str]) -> None:
    assert [action.key for action in FLOW.offered(step)] == offered
    FLOW.offered(step).clear()
    assert [action.key for action in FLOW.offered(step)] == offered


def test_there_is_no_such_step() -> None:
    with pytest.raises(KeyError):
        FLOW.offered("nowhere")


@pytest.mark.parametrize(
    ("base", "rules"),
    [
        pytest.param("booked_at", [CALL, REMIND], id="what begins there, and what is only said until then"),
        pytest.param("free_at", [CALL], id="what is not before it"),
        pytest.param("visit", [REMIND], id="what comes before it"),
        pytest.param("entry", [THANK], id="the entry of the step"),
    ],
)
def test_a_base_that_moves_moves_every_rule_that_hangs_on_it(base: str, rules: list[Task | Message]) -> None:
    assert FLOW.hanging[base] == rules
    assert "other" not in FLOW.hanging
