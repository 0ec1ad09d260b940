"""What a writing command answers: collected once, printed as text or JSON, and given again to a retry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from serviceflow.texts import T

from serviceflow_cli import out
from serviceflow_cli.out import Text, for_scripts
from serviceflow_cli.session import writing_shop

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.engine.requests import DoneBefore


@dataclass(slots=True)
class Answer:
    """What changed, what follows, what to type next, how to undo; the arguments of `out.done`."""

    change: Text
    planned: Sequence[Text] = ()
    cancelled: Sequence[Text] = ()
    warnings: Sequence[Text] = ()
    lines: Sequence[Text] = ()
    next_: str = ""
    operation: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    dry_run: bool = False

    def say(self) -> None:
        """Print it."""
        warnings = list(self.warnings)
        if self.dry_run:
            warnings.insert(0, T("dry run: nothing was changed", zh="试运行: 未做任何更改"))
        out.done(
            self.change,
            planned=self.planned,
            cancelled=self.cancelled,
            warnings=warnings,
            lines=self.lines,
            next_=self.next_,
            undo=None if self.dry_run else self.operation,
            data={**self.data, **({"dry_run": True} if self.dry_run else {})},
        )

    def stored(self) -> dict[str, Any]:
        """Return it as JSON, in the words of this moment's language."""
        texts = {name: [str(text) for text in getattr(self, name)] for name in _LISTS}
        facts = {"change": str(self.change), "next_": self.next_, "operation": self.operation}
        return {**facts, **texts, "data": for_scripts(dict(self.data))}


_LISTS = ("planned", "cancelled", "warnings", "lines")


def answer(work: Callable[[Shop], Answer], *, request_id: str | None = None, content: Sequence[object] = ()) -> None:
    """Do the work of a writing command on the shop and say what came of it.

    Args:
        request_id: After ``--request-id``: the same id again gives the same answer and changes nothing.
        content: What a retry must repeat: the command and everything that was given to it.

    Raises:
        FlowError: As the work does, the id was used for another command, or the one named has left the shop.
    """
    from serviceflow.engine.actor import refuse_who_left

    with writing_shop() as shop:
        refuse_who_left(shop)
        found = work(shop) if request_id is None else _once(shop, work, request_id, content)
    found.say()


def kept_as_typed(phones: Iterable[str]) -> list[T]:
    """Return a warning for each number by which nobody can be recognised, because it is not whole."""
    from serviceflow.phones import normalise_phone

    words = T(
        "{typed} is kept as typed: it is no whole number, so nobody is recognised by it",
        zh="{typed} 按原样保存: 号码不完整, 不能用于识别",
    )
    return [words.of(typed=typed) for typed in phones if typed and normalise_phone(typed).key is None]


def _once(shop: Shop, work: Callable[[Shop], Answer], request_id: str, content: Sequence[object]) -> Answer:
    from serviceflow.engine.requests import DoneBefore, check_new, keep_answer, request_key

    request = request_key(request_id, [*(str(part) for part in content), f"staff {shop.staff_id}"])
    try:
        with shop.reading() as tx:
            check_new(tx, request)
        shop.request = request
        found = work(shop)
        with shop.engine.begin() as connection:
            keep_answer(connection, request, found.stored())
    except DoneBefore as before:
        return _again(before)
    finally:
        shop.request = None
    return found


def _again(before: DoneBefore) -> Answer:
    if before.answer is None:
        return Answer(before.summary, operation=before.operation)
    return Answer(**before.answer)
