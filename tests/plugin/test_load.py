"""One plugin that cannot be used costs one line; every other trade goes on. Real distributions, fresh interpreters."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from serviceflow.plugin.find import Found
from serviceflow.plugin.load import Plugins
from serviceflow.plugin.unusable import PluginBroken, PluginFaulty, PluginMissing, PluginUnusable
from serviceflow.texts import T

BROKEN = {
    "deep": ("def f(): f()\nf()\n", "RecursionError"),
    "empty": ("trade = 'x'\n", "sf_empty_plugin has no `trade`"),
    "exits": ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
    "lacking": ("import no_such_library\n", "ModuleNotFoundError: No module named 'no_such_library'"),
    "raising": ("raise RuntimeError('two\\nlines \\x1b[31m')\n", "RuntimeError: two lines ?[31m"),
    "syntax": ("def (:\n", "SyntaxError"),
}

ONLY_HERE = (
    "from serviceflow.plugin.find import find_plugins; from serviceflow.plugin.load import Plugins;"
    "found = find_plugins(['{}'])"
)


def test_each_broken_or_faulty_plugin_costs_one_line(site: Any, small: Callable[..., str]) -> None:
    for key, (source, _) in BROKEN.items():
        site.install(key, source)
    site.install("faulty", small("faulty", target="clsed"))
    site.install("good", small("good"))
    ran = site.run(
        "-c",
        (
            f"{ONLY_HERE.format(site.folder)}; p = Plugins(None, found);"
            "print([t.key for t in p.all()], [e.key for e in p.problems()]); p.all();"
            "print(p.flow('good-case', 1)[1].key)"
        ),
    )
    assert ran.stdout == f"['good'] {sorted([*BROKEN, 'faulty'])}\ngood-case\n"
    lines = dict(zip(sorted([*BROKEN, "faulty"]), ran.stderr.splitlines(), strict=True))
    place = "sf_faulty_plugin.py:12 faulty-case/close: `to` names step “clsed”"
    assert lines.pop("faulty").startswith(f"Plugin faulty has a fault: {place}")
    for key, line in lines.items():
        assert line.startswith(f"Plugin {key} cannot be loaded (")
        assert BROKEN[key][1] in line


def test_other_trades_work_while_one_is_broken(site: Any, small: Callable[..., str]) -> None:
    site.install("spa", small("spa"))
    assert site.flow("init --name Anna --lang en").returncode == 0
    opened = site.flow("new spa-case --json")
    assert opened.returncode == 0, opened.stderr
    number = json.loads(opened.stdout)["order"]
    site.install("spa", "def (:\n")
    reading = [site.flow(line) for line in (f"show {number}", "today")]
    assert [(ran.returncode, "Plugin" in ran.stderr) for ran in reading] == [(0, False)] * len(reading)
    refused = site.flow(f"do {number} close")
    assert refused.returncode == 78
    assert refused.stderr.count("Plugin spa cannot be loaded (SyntaxError") == 2  # the line, then the refusal
    assert "flow plugin doctor spa" in refused.stderr
    other = site.flow("customer add Bob --phone 13800000001")
    assert other.returncode == 0, other.stderr
    site.install("spa", small("spa"))
    assert site.flow(f"do {number} close").returncode == 0


# -- in one process ----------------------------------------------------------------------------------------


def plugins(site: Any, monkeypatch: pytest.MonkeyPatch, said: list[T], **sources: str) -> Plugins:
    import sys
    from uuid import uuid4

    found = []
    for key, source in sources.items():
        module = site.install(key, source, module=f"sf_{key}_{uuid4().hex}")
        found.append(Found(key, module, f"sf-{key}", "1.0"))
    monkeypatch.syspath_prepend(str(site.folder))
    sys.path_importer_cache.clear()
    return Plugins(None, found, said.append)


def test_a_flow_loads_its_own_plugin_alone(site: Any, small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[T] = []
    loaded = plugins(site, monkeypatch, said, spa=small("spa"), bad="import no_such_library")
    assert loaded.flow("spa-case", 1)[0].key == "spa"
    assert [trade.key for trade in loaded.loaded()] == ["spa"]
    assert loaded.settings("spa.none") == ()
    assert loaded.newest("spa-case") is not None
    assert said == []


def test_an_unusable_plugin_is_said_once_and_refused_each_time(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[T] = []
    loaded = plugins(site, monkeypatch, said, bad="import no_such_library")
    for _ in range(2):
        with pytest.raises(PluginBroken) as refusal:
            loaded.flow("bad-case", 1)
        assert isinstance(refusal.value.__cause__, ModuleNotFoundError)
    assert len(said) == 1


@pytest.mark.parametrize(
    ("flow", "version", "en", "zh"),
    [
        pytest.param(
            "spa-case",
            7,
            "Plugin spa 1.0 has no version 7 of flow spa-case (it has: 1).",
            "插件 spa 1.0 没有流程 spa-case 的第 7 版(现有: 1)。",
            id="a version nobody ships",
        ),
        pytest.param(
            "gone-case",
            1,
            "No plugin here knows flow gone-case; its orders can be read but not moved.",
            "本机没有插件认识流程 gone-case; 其订单可读, 但不能操作。",
            id="no plugin",
        ),
    ],
)
def test_a_flow_that_is_not_there(
    site: Any, small: Any, monkeypatch: pytest.MonkeyPatch, flow: str, version: int, en: str, zh: str
) -> None:
    loaded = plugins(site, monkeypatch, [], spa=small("spa"))
    with pytest.raises(PluginUnusable) as refusal:
        loaded.flow(flow, version)
    assert refusal.value.sentence.both() == {"en": en, "zh": zh}
    assert refusal.value.way_out is not None


def test_two_plugins_cannot_share_a_prefix(site: Any, small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    greedy = small("zoo").replace('prefixes=("zoo",)', 'prefixes=("zoo", "spa")')
    loaded = plugins(site, monkeypatch, [], spa=small("spa"), zoo=greedy)
    assert [trade.key for trade in loaded.all()] == ["spa"]
    [problem] = loaded.problems()
    assert isinstance(problem, PluginFaulty)
    assert "prefix spa belongs to plugin spa already" in problem.sentence.to("en")


def test_the_entry_point_and_the_trade_have_one_key(site: Any, small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = plugins(site, monkeypatch, [], spa=small("sauna"))
    with pytest.raises(PluginBroken, match="its trade's key is sauna, its entry point's spa"):
        loaded.trade("spa")


def test_an_unknown_plugin_is_refused_with_the_nearest(site: Any, small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = plugins(site, monkeypatch, [], spa=small("spa"))
    with pytest.raises(PluginMissing) as refusal:
        loaded.trade("sap")
    assert str(refusal.value.way_out) == "Did you mean spa?"
