"""Setting up the timer: a systemd user timer, a marked region of the crontab, or the Windows task scheduler."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from xml.sax.saxutils import escape

from serviceflow.errors import ConfigError
from serviceflow.store.place import Place
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop

Scheduler = Literal["systemd", "cron", "schtasks"]
MINUTES = 5
UNIT = "flow-remind"
BEGIN, END = "# >>> serviceflow remind >>>", "# <<< serviceflow remind <<<"


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written, and the commands that make it count."""

    scheduler: Scheduler
    files: dict[Path, str]
    commands: tuple[tuple[str, ...], ...]
    stdin: str | None = None

    def shown(self) -> str:
        """Return what would be done, as text."""
        parts = [f"# {path}\n{text}" for path, text in self.files.items()]
        if self.stdin is not None:
            parts.append(self.stdin)
        parts += ["$ " + " ".join(command) for command in self.commands]
        return "\n".join(parts)


def usual_scheduler() -> Scheduler:
    """Return what this system has.

    Raises:
        ConfigError: Neither systemd for users nor cron is there.
    """
    if sys.platform == "win32":
        return "schtasks"
    if shutil.which("systemctl") and os.environ.get("XDG_RUNTIME_DIR"):
        return "systemd"
    if shutil.which("crontab"):
        return "cron"
    raise ConfigError(
        T("This machine has neither a systemd user session nor cron.", zh="本机没有 systemd 用户会话, 也没有 cron。"),
        plain("flow remind install --scheduler systemd --show"), ref="remind.scheduler")  # fmt: skip


def command_line(place: Place, *, login: str | None = None) -> list[str]:
    """Return the words of one run with full paths: a timer knows neither PATH nor the folder."""
    flow = Path(sys.executable).with_name("flow.exe" if sys.platform == "win32" else "flow")
    start = [str(flow)] if flow.exists() else [sys.executable, "-c", "from serviceflow_cli.main import main; main()"]
    named = ["--db", str(place.path)] if place.path is not None else []
    return [*start, *named, *(["--as", login] if login else []), "remind", "run"]


def plan_install(shop: Shop, scheduler: Scheduler, *, login: str | None = None, folder: Path | None = None) -> Plan:
    """Return what an installation would write; nothing is done."""
    words = command_line(shop.place, login=login)
    if scheduler == "systemd":
        units = folder or Path.home() / ".config" / "systemd" / "user"
        files = {units / f"{UNIT}.service": _service(words, shop.place), units / f"{UNIT}.timer": _timer()}
        return Plan("systemd", files, (("systemctl", "--user", "daemon-reload"),
                                       ("systemctl", "--user", "enable", "--now", f"{UNIT}.timer")))  # fmt: skip
    if scheduler == "cron":
        return Plan("cron", {}, (("crontab", "-"),), with_region(current_crontab(), _cron_line(words, shop.place)))
    file = (folder or Path(os.environ.get("TEMP", "."))) / f"{UNIT}.xml"
    return Plan("schtasks", {file: _task(words)}, (("schtasks", "/Create", "/F", "/TN", UNIT, "/XML", str(file)),))


def plan_uninstall(scheduler: Scheduler, *, folder: Path | None = None) -> Plan:
    """Return what takes the timer away again."""
    if scheduler == "systemd":
        units = folder or Path.home() / ".config" / "systemd" / "user"
        return Plan("systemd", {units / f"{UNIT}.timer": "", units / f"{UNIT}.service": ""},
                    (("systemctl", "--user", "disable", "--now", f"{UNIT}.timer"),
                     ("systemctl", "--user", "daemon-reload")))  # fmt: skip
    if scheduler == "cron":
        return Plan("cron", {}, (("crontab", "-"),), without_region(current_crontab()))
    return Plan("schtasks", {}, (("schtasks", "/Delete", "/F", "/TN", UNIT),))


def carry_out(plan: Plan) -> None:
    """Write the files (an empty text removes one) and run the commands.

    Raises:
        ConfigError: A command failed; says what it said.
    """
    for path, text in plan.files.items():
        if not text:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-16" if path.suffix == ".xml" else "utf-8")
    for command in plan.commands:
        _do(command, plan.stdin)


def _do(command: Sequence[str], stdin: str | None) -> None:
    try:
        ran = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as cause:
        raise _failed(command, str(cause)) from cause
    if ran.returncode:
        raise _failed(command, (ran.stderr or ran.stdout).strip())


def _failed(command: Sequence[str], said: str) -> ConfigError:
    return ConfigError(
        T("{command} failed: {said}", zh="{command} 失败: {said}").of(command=" ".join(command), said=said[:200]),
        plain("flow remind install --show"), ref="remind.install")  # fmt: skip


# -- systemd ---------------------------------------------------------------------------------------------------


def _service(words: Sequence[str], place: Place) -> str:
    secret = "" if place.path is not None else "EnvironmentFile=%h/.config/serviceflow/remind.env\n"
    return (
        "[Unit]\nDescription=serviceflow: due reminders\n\n"
        f"[Service]\nType=oneshot\n{secret}ExecStart={' '.join(_quoted(w) for w in words)}\n"
        "# 10: a person must look; the next run comes all the same.\nSuccessExitStatus=10\n"
    )


def _timer() -> str:
    return (
        "[Unit]\nDescription=serviceflow: due reminders, every few minutes\n\n"
        f"[Timer]\nOnCalendar=*:0/{MINUTES}\nPersistent=true\nRandomizedDelaySec=60\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if not escaped or any(c in escaped for c in " \t'\"\\;") else escaped


# -- cron ------------------------------------------------------------------------------------------------------


def current_crontab() -> str:
    """Return the person's crontab, empty where there is none."""
    try:
        said = subprocess.run(["crontab", "-l"], capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout if said.returncode == 0 else ""


def _cron_line(words: Sequence[str], place: Place) -> str:
    import shlex

    line = " ".join(shlex.quote(w) for w in words).replace("%", r"\%")
    secret = "" if place.path is not None else '. "$HOME/.config/serviceflow/remind.env"; '
    return f"*/{MINUTES} * * * * {secret}{line} >/dev/null"


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


# -- Windows ---------------------------------------------------------------------------------------------------


def _task(words: Sequence[str]) -> str:
    program, *arguments = words
    return f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>serviceflow: due reminders</Description></RegistrationInfo>
  <Triggers><TimeTrigger><Repetition><Interval>PT{MINUTES}M</Interval></Repetition>
    <StartBoundary>2020-01-01T00:00:00</StartBoundary><RandomDelay>PT1M</RandomDelay></TimeTrigger></Triggers>
  <Settings><MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <StartWhenAvailable>true</StartWhenAvailable><ExecutionTimeLimit>PT30M</ExecutionTimeLimit></Settings>
  <Actions><Exec><Command>{escape(program)}</Command>
    <Arguments>{escape(subprocess.list2cmdline(arguments))}</Arguments></Exec></Actions>
</Task>
"""
