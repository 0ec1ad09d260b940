"""The set-up that docs/reminders.md shows can be pasted: every kind of the core is in it, and every option exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from serviceflow.app import Shop
from serviceflow.remind.settings import KINDS, load_channels

from .conftest import ROOT

SETUP = re.findall(
    r"^```toml\n(.*?)^```$", (ROOT / "docs" / "reminders.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
)


@pytest.mark.parametrize("database", ["sqlite"])
def test_the_set_up_that_is_shown_works(
    database: str, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database == "sqlite"  # channels know no database
    (text,) = SETUP
    for name in re.findall(r'"env:(\w+)"', text):
        monkeypatch.setenv(name, "https://example.com/robot?key=x")
    file = tmp_path / "channels.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    monkeypatch.setenv("FLOW_CHANNELS", str(file))
    channels = load_channels(shop)
    assert [name for name in channels.named if channels.get(name) is None] == [], channels.broken
    assert {kind["kind"] for kind in tomllib.loads(text)["channel"].values()} == set(KINDS) - {"hand"}
    assert channels.digest in channels.named
