"""Retried commands: the same request id gives the same answer and changes nothing a second time.

The id is claimed in the transaction of the command itself, so that of two at once one waits and then learns
what the other did. The answer is stored before it is printed; a process that dies in between leaves an operation
whose answer is rebuilt from its summary.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, update

from serviceflow.errors import BadInput
from serviceflow.store import rows
from serviceflow.store.tables import Operation, RequestAnswer
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T

LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A request id and the digest of the command it stands for."""

    key: str
    digest: str


class DoneBefore(Exception):
    """The command with this request id was done already; the retry succeeds with what was answered then."""

    def __init__(self, operation: int | None, answer: dict[str, Any] | None, summary: T) -> None:
        super().__init__(operation)
        self.operation = operation
        self.answer = answer
        self.summary = summary


def request_key(key: str, words: Sequence[str]) -> RequestKey:
    """Return the request of a command's words.

    Raises:
        BadInput: The id is empty or longer than 200 characters.
    """
    if not key.strip() or len(key) > LONGEST_KEY:
        raise BadInput(
            T("A request id has 1 to {n} characters.", zh="请求编号须为 1 至 {n} 个字符。").of(n=LONGEST_KEY),
            T("Use a fresh UUID for each new command.", zh="每条新命令使用一个新的 UUID。"),
            ref="core.request",
        )
    return RequestKey(key, hashlib.sha256(json.dumps(list(words), ensure_ascii=False).encode()).hexdigest())


def claim(tx: Tx, request: RequestKey) -> None:
    """Take the request id inside the command's own transaction.

    Raises:
        DoneBefore: The same command was done with it.
        BadInput: Another command was done with it.
    """
    table = table_of(RequestAnswer)
    given = {"key": request.key, "digest": request.digest, "at": tx.now}
    taken = rows.insertion(table, tx.dialect).values(**given).on_conflict_do_nothing()
    made = tx.connection.execute(taken.returning(table.c.key))
    if made.first() is not None:
        tx.request_key = request.key
        return
    check_new(tx, request)


def check_new(tx: Tx, request: RequestKey) -> None:
    """Find out that a request id was used, before anything else is looked at: what it named may be gone by now.

    Raises:
        DoneBefore: The same command was done with it.
        BadInput: Another command was done with it.
    """
    before = tx.get(RequestAnswer, request.key)
    if before is None:
        return
    done = tx.one(Operation, table_of(Operation).c.request_key == request.key)
    if before.digest != request.digest:
        raise BadInput(
            T(
                "Request id {key} was used for another command (operation {n}).",
                zh="请求编号 {key} 已用于另一条命令(操作 {n})。",
            ).of(key=request.key, n=done.id if done else "-"),
            T("Use a fresh id for a new command.", zh="新命令请用新的编号。"),
            ref="core.request-other",
        )
    summary = T("done before; nothing was changed", zh="此前已执行, 没有变化")
    if done is not None:
        summary = T("{en}", zh="{zh}").of(en=done.summary_en, zh=done.summary_zh)
    raise DoneBefore(done.id if done is not None else None, before.answer, summary)


def keep_answer(connection: Connection, request: RequestKey, answer: dict[str, Any]) -> None:
    """Store what is about to be answered; not part of any operation."""
    table = table_of(RequestAnswer)
    connection.execute(update(table).where(table.c.key == request.key).values(answer=answer))


__all__ = ["DoneBefore", "RequestKey", "claim", "keep_answer", "request_key"]
