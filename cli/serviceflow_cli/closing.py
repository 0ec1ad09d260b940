"""What to type to be done with a task: the action of its order that ticks it off where that is offered now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from serviceflow.store.read import Found, Reader


def closing_commands(read: Reader, tasks: Sequence[Found], short: Mapping[str, str]) -> dict[int, str]:
    """Return the command for each task, by its key.

    Args:
        tasks: Rows of `v_task`.
        short: The shortest end of each order's number.
    """
    orders = {row["order_id"] for row in tasks if row["closed_by"]}
    offered = {
        (row["order_id"], row["action"])
        for row in read.among(
            "SELECT o.id AS order_id, ca.action FROM orders o JOIN catalogue_action ca ON ca.flow = o.flow"
            " AND ca.version = o.flow_version AND ca.step = o.step WHERE o.id IN (:ids)",
            "ids",
            list(orders),
        )
    }
    found = {}
    for row in tasks:
        number = short.get(row["order_number"] or "", row["order_number"])
        actions = (row["closed_by"] or "").split(",")
        action = next((action for action in actions if (row["order_id"], action) in offered), None)
        found[row["task_id"]] = f"flow do {number} {action}" if action else f"flow done {row['task_id']}"
    return found
