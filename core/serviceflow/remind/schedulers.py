"""The texts of a timer for systemd, cron, launchd and the Windows task scheduler, and its environment file."""

from __future__ import annotations

import plistlib
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from serviceflow.remind.timer import MINUTES

UNIT = "flow-remind"
LABEL = "serviceflow.flow-remind"
BEGIN, END = "# >>> serviceflow remind >>>", "# <<< serviceflow remind <<<"
ABOUT = "serviceflow: due reminders"


# -- environment -----------------------------------------------------------------------------------------------


def environment_text(values: Mapping[str, str]) -> str:
    """Return variables as a file that systemd and a shell both read: in double quotes, what they take as signs escaped.

    Raises:
        ValueError: A value has a line break, which the two read differently.
    """
    lines = []
    for name, value in values.items():
        if "\n" in value or "\0" in value:
            raise ValueError(name)
        escaped = "".join(f"\\{c}" if c in '\\"$`' else c for c in value)
        lines.append(f'{name}="{escaped}"\n')
    return "".join(lines)


def masked(text: str) -> str:
    """Return an environment file as it may be shown: names without values."""
    return "".join(f"{line.partition('=')[0]}=…\n" for line in text.splitlines())


def _with_environment(words: Sequence[str], environment: Path | None) -> str:
    line = shlex.join(words)
    return line if environment is None else f"set -a; . {shlex.quote(str(environment))}; exec {line}"


# -- systemd ---------------------------------------------------------------------------------------------------


def service_text(words: Sequence[str], environment: Path | None) -> str:
    """Return the unit of one run."""
    read = "" if environment is None else f"EnvironmentFile={str(environment).replace('%', '%%')}\n"
    return (
        f"[Unit]\nDescription={ABOUT}\n\n"
        f"[Service]\nType=oneshot\n{read}ExecStart={' '.join(_quoted(w) for w in words)}\n"
        "# 10: a person must look; the next run comes all the same.\nSuccessExitStatus=10\n"
    )


def timer_text() -> str:
    """Return the unit that starts the runs; one that was missed is made up for."""
    return (
        f"[Unit]\nDescription={ABOUT}, every {MINUTES} minutes\n\n"
        f"[Timer]\nOnCalendar=*:0/{MINUTES}\nPersistent=true\nRandomizedDelaySec=60\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if not escaped or any(c in escaped for c in " \t'\"\\;") else escaped


# -- cron ------------------------------------------------------------------------------------------------------


def cron_line(words: Sequence[str], environment: Path | None) -> str:
    """Return the line of a crontab; what goes wrong is left to cron's mail."""
    line = _with_environment(words, environment).replace("%", r"\%")
    return f"*/{MINUTES} * * * * {line} >/dev/null"


def with_region(crontab: str, line: str) -> str:
    """Return a crontab with our region holding ``line``; every other line stays as it is."""
    rest = without_region(crontab)
    gap = "" if not rest or rest.endswith("\n") else "\n"
    return f"{rest}{gap}{BEGIN}\n{line}\n{END}\n"


def without_region(crontab: str) -> str:
    """Return a crontab without our region."""
    kept, inside = [], False
    for line in crontab.splitlines(keepends=True):
        if line.strip() == BEGIN:
            inside = True
        elif line.strip() == END:
            inside = False
        elif not inside:
            kept.append(line)
    return "".join(kept)


# -- macOS -----------------------------------------------------------------------------------------------------


def agent_text(words: Sequence[str], environment: Path | None) -> str:
    """Return the property list of a launchd agent."""
    start = list(words) if environment is None else ["/bin/sh", "-c", _with_environment(words, environment)]
    said = {"Label": LABEL, "ProgramArguments": start, "StartInterval": MINUTES * 60, "RunAtLoad": True}
    return plistlib.dumps(said).decode()


# -- Windows ---------------------------------------------------------------------------------------------------


def task_text(words: Sequence[str]) -> str:
    """Return the task as the scheduler imports it."""
    program, *arguments = words
    return f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>{ABOUT}</Description></RegistrationInfo>
  <Triggers><TimeTrigger><Repetition><Interval>PT{MINUTES}M</Interval></Repetition>
    <StartBoundary>2020-01-01T00:00:00</StartBoundary><RandomDelay>PT1M</RandomDelay></TimeTrigger></Triggers>
  <Settings><MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <StartWhenAvailable>true</StartWhenAvailable><ExecutionTimeLimit>PT30M</ExecutionTimeLimit></Settings>
  <Actions><Exec><Command>{escape(program)}</Command>
    <Arguments>{escape(subprocess.list2cmdline(arguments))}</Arguments></Exec></Actions>
</Task>
"""
