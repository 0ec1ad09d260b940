"""What people may try in a step: in the order written, without what only the system does."""

from __future__ import annotations

import pytest
from serviceflow.flow.model import ANY, Action, Flow, Step
from serviceflow.texts import T, plain

FLOW = Flow(
    "spa-visit",
    1,
    T("Visit", zh="到店"),
    steps=(Step("in", plain("in")), Step("out", plain("out"), final=True)),
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
