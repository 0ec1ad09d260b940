"""`flow shell`: one warm process for the day. Every line is what would be typed after ``flow``."""

from __future__ import annotations

import shlex
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from serviceflow.texts import T

from serviceflow_cli import out
from serviceflow_cli.complete import suggestions
from serviceflow_cli.session import Session, Warm, current, interactive

if TYPE_CHECKING:
    from serviceflow.clock import Clock

PROMPT = "flow> "
LEAVE = frozenset({"exit", "quit", "bye", "退出"})
_HOW_TO = T(
    "Type a command without flow; Tab completes, exit leaves.", zh="直接输入命令(不用打 flow); Tab 补全, exit 退出。"
)


def shell() -> None:
    """Stay open: the same lines, completion with Tab, answers in milliseconds."""
    session = current()
    warm = Warm(session.db, session.login)
    if interactive():
        out.talk(_HOW_TO)
    try:
        for line in _lines(session, warm):
            if not _obey(line, warm, session.clock):
                return
    finally:
        warm.close()


def _obey(line: str, warm: Warm, clock: Clock | None) -> bool:
    """Run one line; return whether to go on."""
    from serviceflow_cli.main import run

    try:
        words = shlex.split(line)
    except ValueError:
        out.talk(T("× A quotation mark is not closed.", zh="× 引号没有成对。"), "red")
        return True
    words = words[1:] if words[:1] == ["flow"] else words
    if words and words[0] in LEAVE:
        return False
    if words[:1] == ["shell"]:
        out.talk(T("You are in it already.", zh="已经在窗口内。"))
    elif words:
        try:
            run(words, clock=clock, warm=warm)
        except Exception:  # a fault of ours ends the line, not the day
            traceback.print_exc()
        sys.stdout.flush()
    return True


def _lines(session: Session, warm: Warm) -> Iterator[str]:
    """Yield the lines typed until the end of input; Ctrl-C drops a line."""
    read = _prompt_toolkit(session, warm) if interactive() else None
    while True:
        try:
            yield read() if read is not None else _plain_line()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def _plain_line() -> str:
    if interactive():
        sys.stderr.write(PROMPT)
        sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def _prompt_toolkit(session: Session, warm: Warm) -> Callable[[], str] | None:
    """Return a reader of lines with completion, or ``None`` where prompt-toolkit is not installed (extra ``shell``)."""
    try:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import Completer, Completion
        from prompt_toolkit.history import InMemoryHistory
    except ImportError:
        return None

    class Words(Completer):
        """Completes a line as the shells do."""

        def get_completions(self, document: Any, complete_event: Any) -> Iterator[Completion]:
            typed = document.text_before_cursor
            words = typed.split()
            incomplete = words.pop() if words and not typed.endswith(" ") else ""
            words = words[1:] if words[:1] == ["flow"] else words
            here = Session(db=session.db, login=session.login, clock=session.clock, warm=warm)
            for word, meaning in suggestions(words, incomplete, here):
                yield Completion(word, start_position=-len(incomplete), display_meta=meaning)

    # In memory only: lines hold names and phones of customers.
    prompts: PromptSession[str] = PromptSession(PROMPT, completer=Words(), history=InMemoryHistory())
    return prompts.prompt
