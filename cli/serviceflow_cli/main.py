"""The entry point of ``flow``: reads a line, runs its command, turns every fault into two lines and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from serviceflow.errors import Exit, FlowError
from serviceflow.texts import T

from serviceflow_cli import out
from serviceflow_cli.glyphs import survive
from serviceflow_cli.session import Session, read_options, running, settle_language

if TYPE_CHECKING:
    from serviceflow.clock import Clock

    from serviceflow_cli.session import Warm


def main() -> None:
    """Run the process's command line."""
    # Rich costs as much as Typer itself, and its boxes are not in GBK; our own pages need none of it.
    os.environ.setdefault("TYPER_USE_RICH", "0")
    survive(sys.stdout, sys.stderr)
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _swallow_stdout()
    sys.exit(code)


def run(argv: Sequence[str], *, clock: Clock | None = None, warm: Warm | None = None) -> int:
    """Run one line and return its exit code; faults of the program itself are raised.

    Args:
        clock: Tells the time instead of the machine.
        warm: What `flow shell` keeps open.
    """
    session = Session(clock=clock, warm=warm, debug=bool(os.environ.get("FLOW_DEBUG")))
    if warm is not None:
        session.db, session.login = warm.db, warm.login
    with running(session):
        try:
            try:
                words = read_options(list(argv), session)
            finally:
                settle_language(session, sys.stdout)
            instruction = os.environ.get("_FLOW_COMPLETE", "") if warm is None else ""
            if instruction.startswith("complete_"):
                from serviceflow_cli.complete import answer_shell

                sys.stdout.write(answer_shell(instruction, session) + "\n")
                return int(Exit.DONE)
            return _traced(words) if session.trace else _dispatch(words)
        except FlowError as error:
            if session.debug:
                raise
            if error.ref == "plugin-failed" and error.__cause__ is not None:
                _keep(error, session)
            out.fail(error)
            return int(error.exit_code)
        except KeyboardInterrupt:
            out.talk(T("× Interrupted; nothing is half-done.", zh="× 已中断, 没有半途的更改。"), "red")
            return int(Exit.INTERRUPTED)
        except BrokenPipeError:
            _swallow_stdout()
            return int(Exit.DONE)


def _keep(error: FlowError, session: Session) -> None:
    """Keep where a plugin raised, for `flow plugin doctor`."""
    from serviceflow.plugin.failures import keep_failure
    from serviceflow.store.place import shop_folder

    assert error.__cause__ is not None
    with suppress(FlowError):
        keep_failure(shop_folder(session.place), error.key, error.__cause__)  # type: ignore[attr-defined]


def _swallow_stdout() -> None:
    """Let what is still buffered go nowhere: the reader (``| head``) has what it wanted."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _traced(words: list[str]) -> int:
    from serviceflow.plugin.calls import traced

    from serviceflow_cli.trace import show

    with traced() as calls:
        try:
            return _dispatch(words)
        finally:
            show(calls)


def _dispatch(words: list[str]) -> int:
    if not words:
        words = ["today"]
    elif words[0] in ("--install-completion", "--show-completion"):
        from serviceflow_cli.complete import install

        sys.stdout.write(install(words[1] if len(words) > 1 else None, show=words[0] == "--show-completion") + "\n")
        return 0
    elif words[0] == "help":
        words = [*words[1:], "--help"]
    elif words[0] in ("--version", "-V"):
        from serviceflow import __version__

        out.line(f"serviceflow {__version__}")
        return 0
    import typer.exceptions

    from serviceflow_cli.lazy import root

    # Not Typer's own `main`: it ends the process with 1 when a reader goes away, and prints what we reword.
    group = root()
    try:
        with group.make_context("flow", words) as ctx:
            group.invoke(ctx)
    except typer.exceptions.Exit as leave:
        return leave.exit_code
    except (typer.exceptions.Abort, EOFError) as abort:
        raise KeyboardInterrupt from abort
    except typer.exceptions.TyperException as fault:
        raise reworded(fault) from fault
    return int(Exit.DONE)


def reworded(fault: Any) -> FlowError:
    """Return a fault Typer finds in a line as one of ours: a sentence in the shop's language and a way out."""
    from serviceflow_cli.faults import of_typer

    return of_typer(fault)
