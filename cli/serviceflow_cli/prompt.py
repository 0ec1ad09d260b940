"""Questions, asked on a terminal only: choose by number, confirm, fill in a form's missing fields.

A script gets an error instead of a question; `session.interactive` decides. Numbers work in every console, over
SSH and in tests; arrow keys do not.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from serviceflow.errors import BadInput, Exit, FlowError
from serviceflow.texts import T, plain

from serviceflow_cli.cells import clean
from serviceflow_cli.out import Text, talk
from serviceflow_cli.session import interactive

if TYPE_CHECKING:
    from serviceflow.flow.forms import Field, Form

NINE = 9


class Cancelled(FlowError):
    """The person pressed Enter to a question: nothing was done."""

    exit_code = Exit.BAD_INPUT

    def __init__(self) -> None:
        super().__init__(T("Cancelled; nothing was changed.", zh="已取消, 未做任何更改。"), None, ref="cancelled")


def ask(question: Text) -> str:
    """Return what is typed at a question on stderr; the end of input counts as nothing typed."""
    sys.stderr.write(clean(question) + " ")
    sys.stderr.flush()
    typed = sys.stdin.readline()
    if not typed.endswith("\n"):
        sys.stderr.write("\n")
    return typed.strip()


def choose(what: Text, options: Sequence[Text], *, more: bool = False) -> int:
    """Let the person choose one of up to nine options by its digit; return its index.

    Args:
        what: Heading, such as ``小明 有 2 位:``.
        more: There are others beyond these.

    Raises:
        Cancelled: Enter was pressed.
        BadInput: Nobody is there to ask; the options are listed so that the line can be made exact.
    """
    shown = [clean(option) for option in options[:NINE]]
    if not interactive():
        raise BadInput(
            plain("{what} {options}").of(what=what, options=" · ".join(shown) + (" …" if more else "")),
            T("Say which: a number, phone or order number.", zh="请写明: 编号、电话或订单号。"),
            ref="which",
        )
    talk(what)
    for number, option in enumerate(shown, start=1):
        talk(f"  {number} {option}")
    if more:
        talk(T("  … and others; type more of the name", zh="  … 还有更多, 请写得更全"), "dim")
    while True:
        typed = ask(T("1-{n}, Enter cancels:", zh="选 1-{n}, 回车取消:").of(n=len(shown)))
        if not typed:
            raise Cancelled
        if typed.isdecimal() and 1 <= int(typed) <= len(shown):
            return int(typed) - 1


def confirm(question: Text, *, yes: bool = False) -> None:
    """Go on only when the person says yes; ``yes`` is what ``--yes`` gave.

    Raises:
        Cancelled: Anything but yes was typed.
        BadInput: Nobody is there to ask.
    """
    if yes:
        return
    if not interactive():
        raise BadInput(
            T("{question} Nobody is there to answer.", zh="{question} 没有人可以回答。").of(question=question),
            T("Say --yes in a script.", zh="脚本中请加 --yes。"),
            ref="confirm",
        )
    if ask(plain("{question} [y/N]").of(question=question)).casefold() not in ("y", "yes", "是", "好"):
        raise Cancelled


def fill_missing(form: type[Form], given: Mapping[str, str]) -> dict[str, str]:
    """Return ``given`` with the form's required fields that were left out, asked for one by one.

    Off a terminal it comes back as it is: the form then refuses with all missing fields at once.

    Raises:
        Cancelled: Enter was pressed at a field without a default.
    """
    values = dict(given)
    if not interactive():
        return values
    while True:
        missing = form.missing(values)
        if not missing:
            return values
        field = missing[0]
        values[field.name] = _ask_field(field)


def _ask_field(field: Field) -> str:
    question = plain("{title} ({name})").of(title=field.title, name=field.name)
    codes = list(field.choices)
    if 1 < len(codes) <= NINE:
        return codes[choose(question, list(field.choices.values()))]
    choices = f" [{'/'.join(codes)}]" if codes else ""
    typed = ask(plain("{question}{choices}:").of(question=question, choices=choices))
    if not typed:
        raise Cancelled
    return typed
