"""Processes that find the program imported already: lines typed into `flow`, and scripts of tests.

A server imports the program once and each process is a fork of it, at a tenth of the price of a new interpreter. Tests
of how the program starts, of what is installed and of terminals run the command itself: `serviceflow.testing.lines`.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import pkgutil
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(
    ["serviceflow_cli.main", "serviceflow_cli.lazy", "serviceflow.app", "serviceflow.engine.act", "typer.main"]
)
_ANEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


class Child:
    """A process with exactly this environment, nobody at the terminal.

    ``PYTHONPATH``, ``PYTHONIOENCODING`` and ``FLOW_FAULT`` mean what they mean to a new interpreter.
    """

    def __init__(
        self, work: Callable[[list[str]], None], words: list[str], environment: Mapping[str, str], folder: Path
    ) -> None:
        self._words = words
        self._encoding = environment.get("PYTHONIOENCODING", "utf-8")
        self._said = [tempfile.NamedTemporaryFile() for _ in ("stdout", "stderr")]  # noqa: SIM115 (gone with the child)
        names = [file.name for file in self._said]
        self._process = _SERVER.Process(
            target=_begin, args=(work, words, dict(environment), str(folder), self._encoding, *names)
        )
        self._process.start()

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.exitcode is None

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def wait(self, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Return what it said and how it ended: its exit code, or minus the signal that ended it.

        Raises:
            subprocess.TimeoutExpired: It did not end in time.
        """
        self._process.join(seconds)
        if self.running:
            self.kill()
            raise subprocess.TimeoutExpired(self._words, seconds)
        out, err = (file.read().decode(self._encoding) for file in self._said)
        return subprocess.CompletedProcess(self._words, self._process.exitcode or 0, out, err)


def start_script(script: Path, *words: str, **more: str) -> Child:
    """Run a script of a test, its environment that of the test and ``more``."""
    return Child(_script, [str(script), *words], os.environ | more, Path.cwd())


def type_line(
    words: list[str], environment: Mapping[str, str], *, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Type a line into `flow`; return what it said and how it ended."""
    return Child(_flow, ["flow", *words], environment, folder or Path.cwd()).wait()


def _begin(
    work: Callable[[list[str]], None], words: list[str], environment: dict[str, str], folder: str, encoding: str,
    out: str, err: str,
) -> None:  # fmt: skip
    from serviceflow import faults

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    faults.arm(environment.get("FLOW_FAULT", ""))
    sys.path[:0] = [entry for entry in environment.get("PYTHONPATH", "").split(os.pathsep) if entry]
    for number, path, flags in ((0, os.devnull, os.O_RDONLY), (1, out, _ANEW), (2, err, _ANEW)):
        file = os.open(path, flags)
        os.dup2(file, number)
        os.close(file)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), encoding)
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "wb", closefd=False), encoding)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "wb", closefd=False), encoding, "backslashreplace", write_through=True)
    sys.argv = words
    work(words)


def _flow(words: list[str]) -> None:
    pkgutil.resolve_name("serviceflow_cli.main:main")()  # by its name, as an operating system starts it


def _script(words: list[str]) -> None:
    runpy.run_path(words[0], run_name="__main__")
