"""The timer: what is written for each scheduler, and that what is written runs, as the scheduler would run it."""

from __future__ import annotations

import io
import os
import plistlib
import shutil
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.doctor import Finding, examine
from serviceflow.errors import ConfigError
from serviceflow.remind import install
from serviceflow.remind.schedulers import BEGIN, END, UNIT, cron_line, environment_text, with_region, without_region
from serviceflow.store.place import Place
from serviceflow.store.tables import Runner

from tests.remind.conftest import plan_messages

STRANGE = "a b%c$d`e\"f\\g'h #i"
"""Signs that systemd, cron and a shell take for more than themselves."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's folder and a `crontab` that keeps its table in it."""
    folder = tmp_path / "a home"
    (folder / "bin").mkdir(parents=True)
    program = folder / "bin" / "crontab"
    program.write_text(
        f"#!/bin/sh\ntable='{folder}/table'\n"
        'if [ "$1" = -l ]; then [ -f "$table" ] && cat "$table"; else cat > "$table"; fi\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PATH", f"{folder}/bin{os.pathsep}{os.environ['PATH']}")
    for name in ("XDG_CONFIG_HOME", "FLOW_FILES", "FLOW_CHANNELS", "FLOW_DB"):
        monkeypatch.delenv(name, raising=False)
    return folder


def as_cron_does(line: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of a crontab: five fields, then a command in which ``\\%`` is a percent sign, for `/bin/sh`."""
    command = line.split(maxsplit=5)[5].replace(r"\%", "%")
    return subprocess.run(
        ["/bin/sh", "-c", command], env={"HOME": str(home), "PATH": "/usr/bin:/bin"}, cwd="/", capture_output=True,
        text=True, check=False, stdin=subprocess.DEVNULL)  # fmt: skip


def our_line(table: str) -> str:
    return table[table.index(BEGIN) + len(BEGIN) : table.index(END)].strip()


def test_the_line_of_the_crontab_runs(place: Place, home: Path) -> None:
    """Fault 56: no environment but cron's; a server's address comes out of the private file."""
    (home / "table").write_text("MAILTO=me\n0 5 * * * backup \\%x\n")
    shop = Shop.open(place, staff="xiaomei")
    plan = install.plan_install(shop, "cron", login="xiaomei")
    since = install.moment(shop)
    install.carry_out(plan)
    assert not install.wait_for_run(shop, since, 0)
    table = (home / "table").read_text()
    assert table.startswith("MAILTO=me\n0 5 * * * backup \\%x\n")
    ran = as_cron_does(our_line(table), home)
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
    assert install.wait_for_run(shop, since, 0)
    secret = home / ".config/serviceflow/remind.env"
    assert secret.exists() == (place.url is not None)
    if place.url is not None:
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert place.url not in plan.shown()
        assert "FLOW_DB=…" in plan.shown()
    install.carry_out(install.plan_uninstall("cron"))
    assert (home / "table").read_text() == "MAILTO=me\n0 5 * * * backup \\%x\n"
    assert not secret.exists()
    shop.close()


@pytest.mark.parametrize("database", ["sqlite"])
def test_what_a_run_needs_of_the_environment_is_kept(
    database: str, shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database == "sqlite"
    monkeypatch.setenv("FLOW_SMTP_PASSWORD", STRANGE)
    monkeypatch.setenv("OTHER", "not ours")
    assert shop.place.path is not None
    shop.place.path.with_name("channels.toml").write_text(
        '[channel.email]\nkind = "smtp"\nhost = "localhost"\nsender = "a@b.cn"\npassword = "env:FLOW_SMTP_PASSWORD"\n'
    )
    assert install.environment_of(shop.place) == {"FLOW_SMTP_PASSWORD": STRANGE}
    install.carry_out(install.Plan("cron", install.plan_install(shop, "cron").files, ()))
    file = home / ".config/serviceflow/remind.env"
    show = [sys.executable, "-c", "import os; print(os.environ['FLOW_SMTP_PASSWORD'])"]
    said = subprocess.run(["/bin/sh", "-c", cron_line(show, file).split(maxsplit=5)[5].removesuffix(">/dev/null")],
                          env={}, capture_output=True, text=True, check=True)  # fmt: skip
    assert said.stdout == f"{STRANGE}\n"
    with pytest.raises(ValueError, match="X"):
        environment_text({"X": "a\nb"})


def test_the_crontab_keeps_every_other_line() -> None:
    mine = "MAILTO=me\n0 5 * * * backup %x\n"
    once = with_region(mine, "LINE")
    assert once == f"{mine}{BEGIN}\nLINE\n{END}\n"
    assert with_region(once, "OTHER").count(BEGIN) == 1
    assert without_region(once) == mine


@pytest.mark.parametrize("named", [True, False], ids=["environment", "none"])
def test_systemd_takes_the_units(
    named: bool, shop: Shop, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if named:
        monkeypatch.setenv("FLOW_FILES", STRANGE)
    plan = install.plan_install(shop, "systemd", login="xiaomei")
    install.carry_out(install.Plan("systemd", plan.files, ()))
    units = home / ".config/systemd/user"
    service, timer = (units / f"{UNIT}.{kind}" for kind in ("service", "timer"))
    if shutil.which("systemd-analyze"):
        checked = subprocess.run(["systemd-analyze", "verify", "--user", service, timer],
                                 env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}, capture_output=True, text=True,
                                 check=False)  # fmt: skip
        assert (checked.returncode, [x for x in checked.stderr.splitlines() if UNIT in x]) == (0, [])
    said = units_of(timer) | units_of(service)
    assert said["OnCalendar"] == "*:0/5"
    assert said["Persistent"] == "true"
    assert said["ExecStart"].endswith("remind run")
    assert Path(said["ExecStart"].split()[0]).is_absolute()
    assert ("EnvironmentFile" in said) == (named or shop.place.url is not None)
    install.carry_out(install.Plan("systemd", install.plan_uninstall("systemd").files, ()))
    assert [f for f in home.rglob("*") if f.is_file() and "remind" in f.name] == []


def units_of(file: Path) -> dict[str, str]:
    lines = [line.split("=", 1) for line in file.read_text().splitlines() if "=" in line and line[0] != "#"]
    return {line[0]: line[1] for line in lines}


def test_the_launchd_agent_starts_at_once_and_again(shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOW_FILES", STRANGE)
    plan = install.plan_install(shop, "launchd")
    (text,) = (text for path, text in plan.files.items() if path.suffix == ".plist")
    said: dict[str, Any] = plistlib.loads(text.encode())
    assert (said["StartInterval"], said["RunAtLoad"]) == (300, True)
    assert said["ProgramArguments"][:2] == ["/bin/sh", "-c"]
    assert said["ProgramArguments"][2].endswith("remind run")
    assert STRANGE not in plan.shown()


def test_the_windows_task_makes_up_for_a_missed_run(
    shop: Shop, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOW_FILES", STRANGE)
    plan = install.plan_install(shop, "schtasks", folder=tmp_path)
    (text,) = plan.files.values()
    root = ElementTree.parse(io.BytesIO(text.encode("utf-16"))).getroot()
    space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    assert root.findtext(f".//{space}StartWhenAvailable") == "true"
    assert root.findtext(f".//{space}Interval") == "PT5M"
    assert ("setx", "FLOW_FILES", STRANGE) in plan.commands
    assert "setx FLOW_FILES …" in plan.shown()
    assert STRANGE not in plan.shown()


def test_a_command_that_fails_says_what_it_said(home: Path) -> None:
    plan = install.Plan("cron", {}, (("sh", "-c", "echo no room >&2; exit 3"),))
    with pytest.raises(ConfigError, match="no room"):
        install.carry_out(plan)


def test_the_doctor_names_the_scheduler(shop: Shop, clock: SetClock, home: Path) -> None:
    """Requirement 11."""
    assert timer_of(shop).level == "look"
    install.carry_out(install.plan_install(shop, "cron"))
    with shop.write("remind run") as tx:
        tx.add(Runner(instance="a", started_at=tx.now, beat_at=tx.now, version="1", summary={}))
    assert timer_of(shop).level == "good"
    clock.set(clock.now() + timedelta(minutes=16))
    assert timer_of(shop).level == "bad"
    assert "crontab" in str(timer_of(shop).fix)


def test_the_doctor_lists_messages_that_are_not_accounted_for(shop: Shop) -> None:
    (number,) = plan_messages(shop, 1, state="sent", reason="")
    found = {finding.key: finding for finding in examine(shop)}
    assert found["messages sent-proof"].level == "bad"
    assert f"m{number}" in str(found["messages sent-proof"].sentence)


def timer_of(shop: Shop) -> Finding:
    return next(finding for finding in examine(shop) if finding.key == "timer")
