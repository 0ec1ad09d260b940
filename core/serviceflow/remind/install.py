"""Setting up the timer: a systemd user timer, a marked region of the crontab, a launchd agent, a Windows task.

A timer knows neither the folder nor the environment it was set up in, so the run is written with full paths, and what
it needs of the environment goes into a file of its own that nobody else can read.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from sqlalchemy import select

from serviceflow.errors import ConfigError
from serviceflow.remind.outbox import present
from serviceflow.remind.schedulers import (
    BEGIN,
    LABEL,
    UNIT,
    agent_text,
    cron_line,
    environment_text,
    masked,
    service_text,
    task_text,
    timer_text,
    with_region,
    without_region,
)
from serviceflow.remind.settings import channels_file
from serviceflow.store.place import Place
from serviceflow.store.tables import Runner
from serviceflow.store.write import table_of
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop

Scheduler = Literal["systemd", "cron", "launchd", "schtasks"]
SCHEDULERS: tuple[Scheduler, ...] = get_args(Scheduler)
TITLES: dict[Scheduler, T] = {
    "systemd": T("the systemd timer {unit}", zh="systemd 定时器 {unit}").of(unit=UNIT),
    "cron": T("a line in the crontab", zh="crontab 中的一行"),
    "launchd": T("the launchd agent {unit}", zh="launchd 代理 {unit}").of(unit=LABEL),
    "schtasks": T("the scheduled task {unit}", zh="计划任务 {unit}").of(unit=UNIT),
}
LOGS: dict[Scheduler, T] = {
    "systemd": plain(f"journalctl --user -u {UNIT}"),
    "cron": T("cron's mail, or: flow remind run", zh="cron 的邮件, 或: flow remind run"),
    "launchd": plain(f"launchctl print gui/{os.getuid() if hasattr(os, 'getuid') else ''}/{LABEL}"),
    "schtasks": plain(f"schtasks /Query /V /TN {UNIT}"),
}
"""Where to see why no run came."""
KEPT_NAMES = ("FLOW_FILES", "FLOW_CHANNELS")
SECRET_NAME = re.compile(r"""["']env:(\w+)["']""")
RUNNERS = table_of(Runner)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written, and the commands that make it count.

    Args:
        files: Texts by file; an empty text removes the file. They are private.
        secret: Files of which only the names are shown.
        commands: Run in this order.
        stdin: What the commands read.
    """

    scheduler: Scheduler
    files: dict[Path, str]
    commands: tuple[tuple[str, ...], ...]
    stdin: str | None = None
    secret: frozenset[Path] = field(default_factory=frozenset)

    def shown(self) -> str:
        """Return what would be done, as text."""
        parts = [f"# {path}\n{masked(text) if path in self.secret else text}" for path, text in self.files.items()]
        if self.stdin is not None:
            parts.append(self.stdin)
        for command in self.commands:
            words = (*command[:2], "…") if command[0] == "setx" else command
            parts.append("$ " + " ".join(words))
        return "\n".join(parts)


def usual_scheduler() -> Scheduler:
    """Return what this system has.

    Raises:
        ConfigError: Neither systemd for users nor cron is there.
    """
    if sys.platform == "win32":
        return "schtasks"
    if sys.platform == "darwin":
        return "launchd"
    if shutil.which("systemctl") and os.environ.get("XDG_RUNTIME_DIR"):
        return "systemd"
    if shutil.which("crontab"):
        return "cron"
    raise ConfigError(
        T("This machine has neither a systemd user session nor cron.", zh="本机没有 systemd 用户会话, 也没有 cron。"),
        plain("flow remind install --scheduler systemd --show"), ref="remind.scheduler")  # fmt: skip


def scheduler_found() -> T | None:
    """Return where a timer of ours is set up on this machine, ``None`` where there is none to be seen."""
    if (_units() / f"{UNIT}.timer").is_file():
        return TITLES["systemd"]
    if _agent().is_file():
        return TITLES["launchd"]
    return TITLES["cron"] if shutil.which("crontab") and BEGIN in current_crontab() else None


def command_line(place: Place, *, login: str | None = None) -> list[str]:
    """Return the words of one run with full paths: a timer knows neither PATH nor the folder."""
    flow = Path(sys.executable).with_name("flow.exe" if sys.platform == "win32" else "flow")
    start = [str(flow)] if flow.exists() else [sys.executable, "-c", "from serviceflow_cli.main import main; main()"]
    named = ["--db", str(place.path)] if place.path is not None else []
    return [*start, *named, *(["--as", login] if login else []), "remind", "run"]


def environment_of(place: Place, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables a run needs: the address of a server, moved files, secrets that the channels refer to."""
    values = {"FLOW_DB": place.url} if place.url is not None else {}
    values |= {name: environment[name] for name in KEPT_NAMES if environment.get(name)}
    file = channels_file(place)
    named = SECRET_NAME.findall(file.read_text(encoding="utf-8")) if file.is_file() else []
    return values | {name: environment[name] for name in named if environment.get(name)}


def plan_install(shop: Shop, scheduler: Scheduler, *, login: str | None = None, folder: Path | None = None) -> Plan:
    """Return what an installation would write; nothing is done.

    Args:
        login: Who is named for what the runs do.
        folder: Where units, agents and tasks go, instead of where the system looks for them.
    """
    words = command_line(shop.place, login=login)
    values = environment_of(shop.place)
    if scheduler == "schtasks":
        file = (folder or Path(os.environ.get("TEMP", "."))) / f"{UNIT}.xml"
        kept = tuple(("setx", name, value) for name, value in values.items())
        made = ("schtasks", "/Create", "/F", "/TN", UNIT, "/XML", str(file))
        return Plan("schtasks", {file: task_text(words)}, (*kept, made, ("schtasks", "/Run", "/TN", UNIT)))
    environment = _environment_file() if values else None
    files = {environment: environment_text(values)} if environment is not None else {}
    secret = frozenset(files)
    if scheduler == "systemd":
        units = folder or _units()
        files |= {units / f"{UNIT}.service": service_text(words, environment), units / f"{UNIT}.timer": timer_text()}
        begin = (("systemctl", "--user", "daemon-reload"), ("systemctl", "--user", "enable", "--now", f"{UNIT}.timer"),
                 ("systemctl", "--user", "start", "--no-block", f"{UNIT}.service"))  # fmt: skip
        return Plan("systemd", files, begin, secret=secret)
    if scheduler == "launchd":
        agent = folder / _agent().name if folder is not None else _agent()
        files[agent] = agent_text(words, environment)
        return Plan("launchd", files, (("launchctl", "load", "-w", str(agent)),), secret=secret)
    table = with_region(current_crontab(), cron_line(words, environment))
    return Plan("cron", files, (("crontab", "-"),), table, secret=secret)


def plan_uninstall(scheduler: Scheduler, *, folder: Path | None = None) -> Plan:
    """Return what takes the timer away again."""
    environment = {_environment_file(): ""} if scheduler != "schtasks" and _environment_file().exists() else {}
    if scheduler == "systemd":
        units = folder or _units()
        gone = {units / f"{UNIT}.timer": "", units / f"{UNIT}.service": ""}
        return Plan("systemd", gone | environment,
                    (("systemctl", "--user", "disable", "--now", f"{UNIT}.timer"),
                     ("systemctl", "--user", "daemon-reload")))  # fmt: skip
    if scheduler == "launchd":
        agent = folder / _agent().name if folder is not None else _agent()
        return Plan("launchd", {agent: ""} | environment, (("launchctl", "remove", LABEL),))
    if scheduler == "cron":
        return Plan("cron", environment, (("crontab", "-"),), without_region(current_crontab()))
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
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(text, encoding="utf-16" if path.suffix == ".xml" else "utf-8")
    for command in plan.commands:
        _do(command, plan.stdin)


def wait_for_run(
    shop: Shop, since: datetime, seconds: float, *, pause: Callable[[float], None] = time.sleep, every: float = 1.0
) -> bool:
    """Wait until a run has begun after ``since``; False when none came in ``seconds``."""
    until = time.monotonic() + seconds
    while True:
        with shop.reading() as tx:
            began = select(RUNNERS.c.instance).where(RUNNERS.c.started_at >= since).limit(1)
            if tx.scalar(began) is not None:
                return True
        if time.monotonic() >= until:
            return False
        pause(every)


def moment(shop: Shop) -> datetime:
    """Return now by the clock that runs write down."""
    with shop.reading() as tx:
        return present(shop.clock, tx)


def current_crontab() -> str:
    """Return the person's crontab, empty where there is none."""
    try:
        said = subprocess.run(["crontab", "-l"], capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout if said.returncode == 0 else ""


def _units() -> Path:
    return _settings_folder() / "systemd" / "user"


def _agent() -> Path:
    return Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"


def _environment_file() -> Path:
    return _settings_folder() / "serviceflow" / "remind.env"


def _settings_folder() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _do(command: Sequence[str], stdin: str | None) -> None:
    try:
        ran = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as cause:
        raise _failed(command, str(cause)) from cause
    if ran.returncode:
        raise _failed(command, (ran.stderr or ran.stdout).strip())


def _failed(command: Sequence[str], said: str) -> ConfigError:
    return ConfigError(
        T("{command} failed: {said}", zh="{command} 失败: {said}").of(command=command[0], said=said[:200]),
        plain("flow remind install --show"), ref="remind.install")  # fmt: skip
