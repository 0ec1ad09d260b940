"""What a watch task came to: four words, kept at the head of its result. Source: brokerage.md section 5.10."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from serviceflow.api import BadInput, Shop, T, TaskRow, Tx, plain

from serviceflow_brokerage.followup import RULE
from serviceflow_brokerage.refusals import refused

OUTCOMES: Final[Mapping[str, T]] = {
    "served": T("served", zh="已服务"),
    "opportunity": T("opportunity", zh="有商机"),
    "false_alarm": T("false alarm", zh="误报"),
    "unreachable": T("unreachable", zh="未联系上"),
}


def outcome_of(result: str) -> str:
    """Return the outcome at the head of a task's result, empty when there is none."""
    word = result.partition(":")[0].strip()
    return word if word in OUTCOMES else ""


def finish(shop: Shop, tx: Tx, number: int, outcome: str, words: str) -> TaskRow:
    """Complete a watch task with its outcome.

    Raises:
        BadInput: The outcome is none of the four.
        Refused: There is no such open watch task.
    """
    if outcome not in OUTCOMES:
        raise BadInput(
            T("There is no outcome {outcome}.", zh="没有结果 {outcome}。").of(outcome=outcome),
            T("There are: {there}", zh="可用: {there}").of(there=", ".join(OUTCOMES)), ref="broker.watch-outcome",
        )  # fmt: skip
    task = tx.get(TaskRow, number)
    if task is None or task.rule != RULE or task.state != "open":
        raise refused(
            "unknown", plain("flow broker watch list --mine"), what=T("open watch task", zh="待办关注任务"), id=number
        )
    said = f"{outcome}: {words.strip()}" if words.strip() else outcome
    return tx.change(task, state="done", done_at=tx.now, done_by=shop.staff_id, result=said)
