"""The worked example of a channel plugin, installed as a stranger's would be; its own tests; the lint it brings."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from serviceflow.app import Shop
from serviceflow.remind.check import check
from serviceflow.remind.deliver import VALUES
from serviceflow.remind.render import own_file

from tests.remind.conftest import plan_messages
from tests.remind.trade import TRADE, joined

EXAMPLE = Path(__file__).parents[2] / "examples" / "channel-sms"
SETUP = """[channel.sms]
kind = "alibaba-sms"
signature = "小美"
key = "k"
secret = "s"
[channel.sms.templates]
"rem:welcome" = "SMS_1"
"""


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the example was installed."""
    folder = tmp_path_factory.mktemp("channel-sms")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    ran = subprocess.run([*pip, "--target", str(folder), str(EXAMPLE)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return folder


def test_its_own_tests_pass(installed: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", str(EXAMPLE / "tests")],
        env={**os.environ, "PYTHONPATH": str(installed), "FLOW_FAULT": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


@pytest.fixture
def rem(shop: Shop, installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop whose machine has the provider."""
    monkeypatch.syspath_prepend(str(installed))
    monkeypatch.setenv("FLOW_FILES", str(tmp_path))
    file = tmp_path / "channels.toml"
    keys = [f'"rem:{t.key}"' for t in TRADE.templates if t.key != "welcome"]
    file.write_text(SETUP.replace("[channel.sms.t", f"by_hand = [{', '.join(keys)}]\n[channel.sms.t"), encoding="utf-8")
    file.chmod(0o600)
    return joined(shop)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{name}{balance}您好", "adjacent"),
        ("{name}请看 https://x.cn/a", "link"),
        ("{name}应付 ¥100", "sign"),
        ("{name}低息贷款", "trade"),
        ("{name}" + "很" * 500, "length"),
    ],
)
def test_the_lint_finds_what_the_provider_refuses(text: str, rule: str, rem: Shop) -> None:
    """Requirement 7."""
    assert check(rem) == []
    for language in ("en", "zh"):
        file = own_file(rem, TRADE.key, "welcome", "", language)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert {(f.template, f.rule) for f in check(rem)} == {("rem:welcome", rule)}


@pytest.mark.parametrize(("most", "length"), [(35, 36), (6, 7)])
def test_the_lint_knows_how_long_a_variable_was(most: int, length: int, rem: Shop, tmp_path: Path) -> None:
    file = tmp_path / "channels.toml"
    file.write_text(
        file.read_text(encoding="utf-8").replace('key = "k"', f'key = "k"\nvariable_most = {most}'), encoding="utf-8"
    )
    facts = {"name": "欧" * (length - 1), "balance": "1"}
    plan_messages(rem, 1, rule="rem:welcome", template="welcome", facts={VALUES: facts})
    assert check(rem) == []
    plan_messages(
        rem, 1, key="y", rule="rem:welcome", template="welcome", facts={VALUES: facts | {"name": "欧" * length}}
    )
    (zh, en) = check(rem)
    assert (zh.rule, en.rule) == ("variable", "variable")
    assert "{name}" in str(zh.text)


def test_words_nobody_serves_are_declared_or_told(rem: Shop, tmp_path: Path) -> None:
    (tmp_path / "channels.toml").write_text(SETUP, encoding="utf-8")
    told = {f.template for f in check(rem) if f.rule == "provider"}
    assert told == {f"rem:{t.key}" for t in TRADE.templates} - {"rem:welcome"}
