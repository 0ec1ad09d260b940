"""Lines typed into `flow` in processes of their own that find the program imported already.

A server imports it once; each line is a fork of it, at a fifth of the price of a new interpreter. Tests of how the
program starts, of what is installed and of signals run the installed command instead: `serviceflow.testing.lines`.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

_IMPORTED = ["serviceflow_cli.main", "serviceflow_cli.lazy", "serviceflow.app", "serviceflow.engine.act", "typer.main"]
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(_IMPORTED)
_ANEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def type_line(
    words: list[str], environment: Mapping[str, str], *, folder: Path | None = None, seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run a line in a folder and exactly this environment, nobody at the terminal; return what it said and its end.

    ``PYTHONPATH`` and ``PYTHONIOENCODING`` mean what they mean to a new interpreter.

    Raises:
        subprocess.TimeoutExpired: It did not end in time.
    """
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    with tempfile.TemporaryDirectory() as heard:
        said = [Path(heard) / name for name in ("stdout", "stderr")]
        child = _SERVER.Process(target=_run, args=(words, dict(environment), encoding, folder or Path.cwd(), *said))
        child.start()
        child.join(seconds)
        if child.exitcode is None:
            child.kill()
            child.join()
            raise subprocess.TimeoutExpired(words, seconds)
        out, err = (file.read_text(encoding) if file.exists() else "" for file in said)
        return subprocess.CompletedProcess(words, child.exitcode, out, err)


def _run(words: list[str], environment: dict[str, str], encoding: str, folder: Path, out: Path, err: Path) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = [folder for folder in environment.get("PYTHONPATH", "").split(os.pathsep) if folder]
    sys.argv = ["flow", *words]
    for number, path, flags in ((0, os.devnull, os.O_RDONLY), (1, out, _ANEW), (2, err, _ANEW)):
        file = os.open(path, flags, 0o600)
        os.dup2(file, number)
        os.close(file)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), encoding)
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "wb", closefd=False), encoding)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "wb", closefd=False), encoding, "backslashreplace", write_through=True)

    from serviceflow_cli.main import main

    main()
