"""Hooks are asked A to Z; a failing veto refuses, a failing teller is a line, a wrong hook is a fault."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable
from typing import Any

import pytest
from serviceflow.plugin import ask, hookspecs
from serviceflow.plugin.find import Found
from serviceflow.plugin.load import Plugins
from serviceflow.plugin.unusable import PluginFaulty

HOOKS = {name: thing for name, thing in vars(hookspecs).items() if hasattr(thing, "serviceflow_spec")}


@pytest.fixture
def with_hooks(site: Any, small: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Plugins]:
    """Make plugins of a small trade each, with hooks appended."""
    from uuid import uuid4

    def make(**hooks: str) -> Plugins:
        found = []
        for key, source in hooks.items():
            text = f"from serviceflow.api import Health, hookimpl\n{small(key)}\n{source}"
            found.append(Found(key, site.install(key, text, module=f"sf_{key}_{uuid4().hex}"), key, "1"))
        monkeypatch.syspath_prepend(str(site.folder))
        return Plugins(None, found, lambda line: None)

    return make


def says(*words: str) -> str:
    answers = ", ".join(f"T({word!r}, zh={word!r})" for word in words)
    return f"@hookimpl\ndef may_merge(gone):\n    return [{answers}]\n"


RAISES = "@hookimpl\ndef may_merge(tx):\n    raise KeyError('x')\n"


def merge(plugins: Plugins) -> list[str]:
    return [str(reason) for reason in ask.may_merge(plugins, None, None, None)]  # type: ignore[arg-type]


def test_reasons_are_joined_in_the_order_of_the_keys(with_hooks: Callable[..., Plugins]) -> None:
    plugins = with_hooks(zoo=says("z"), spa=says("s1", "s2"), bar="", ant=says("a"))
    plugins.trade("spa")  # loaded first, asked in its place all the same
    assert merge(plugins) == ["a", "s1", "s2", "z"]


def test_no_answer_agrees(with_hooks: Callable[..., Plugins]) -> None:
    assert merge(with_hooks(spa="@hookimpl\ndef may_merge():\n    return None\n")) == []


def test_everybody_is_told_of_a_merge_and_a_failure_undoes_it(with_hooks: Callable[..., Plugins]) -> None:
    told: list[str] = []
    tells = "@hookimpl\ndef after_merge(tx):\n    tx.append('{key}')\n"
    ask.after_merge(with_hooks(zoo=tells.format(key="zoo"), ant=tells.format(key="ant")), told, None, None)  # type: ignore[arg-type]
    assert told == ["ant", "zoo"]
    with pytest.raises(ask.PluginFailed):
        ask.after_merge(with_hooks(spa=RAISES.replace("may_merge", "after_merge")), None, None, None)  # type: ignore[arg-type]


def test_a_veto_that_fails_refuses(with_hooks: Callable[..., Plugins]) -> None:
    with pytest.raises(ask.PluginFailed) as refusal:
        merge(with_hooks(spa=RAISES, zoo=says("z")))
    said = refusal.value.sentence.to("en")
    assert re.fullmatch(
        r"Plugin spa failed \(may_merge: KeyError: 'x', sf_spa_\w+\.py:\d+\), so nothing was changed\.", said
    )
    assert isinstance(refusal.value.__cause__, KeyError)


def test_a_plugin_that_cannot_be_loaded_cannot_agree(with_hooks: Callable[..., Plugins]) -> None:
    with pytest.raises(ask.PluginFailed, match="Plugin spa failed"):
        merge(with_hooks(spa="import no_such_library\n", zoo=""))


def test_a_teller_that_fails_is_a_line_and_the_others_are_asked(with_hooks: Callable[..., Plugins]) -> None:
    class Shop:
        plugins = with_hooks(
            ant="@hookimpl\ndef doctor_checks(shop):\n    return 1 / 0\n",
            bad="import no_such_library\n",
            spa="@hookimpl\ndef doctor_checks():\n    return [Health('ok', T('fine', zh='好'))]\n",
        )

    bad, ant, spa = ask.doctor_checks(Shop())  # type: ignore[arg-type]
    assert (bad.state, ant.state, spa.state) == ("bad", "bad", "ok")
    assert bad.sentence.to("en").startswith("Plugin bad cannot be loaded (ModuleNotFoundError: No module named")
    assert ant.sentence.to("en").startswith(
        "Plugin ant failed (doctor_checks: ZeroDivisionError: division by zero, sf_ant"
    )
    assert spa.sentence.to("en") == "fine"


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        pytest.param("@hookimpl\ndef may_merge(customer):\n    return []\n", "customer", id="unknown argument"),
        pytest.param("@hookimpl\ndef may_mrege(tx):\n    return []\n", "may_mrege", id="unknown hook"),
        pytest.param(
            "@hookimpl(tryfirst=True)\ndef may_merge(tx):\n    return []\n", "must not change the order", id="own order"
        ),
        pytest.param(
            "@hookimpl(wrapper=True)\ndef may_merge(tx):\n    return (yield)\n",
            "must not change the order",
            id="wrapper",
        ),
    ],
)
def test_a_wrong_hook_is_a_fault(with_hooks: Callable[..., Plugins], hook: str, said: str) -> None:
    [problem] = with_hooks(spa=hook).problems()
    assert isinstance(problem, PluginFaulty)
    assert said in problem.sentence.to("en")


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_says_when_what_order_and_since(hook: str) -> None:
    doc = inspect.getdoc(HOOKS[hook]) or ""
    assert not [p for p in ("When:", "Args:", "Returns:", "Order:", "Errors:", "Since:") if p not in doc]


def test_every_hook_has_one_typed_caller() -> None:
    assert set(HOOKS) <= set(vars(ask))
    assert len(HOOKS) == 5


def test_a_plugin_asks_a_hook_of_its_own(with_hooks: Callable[..., Plugins]) -> None:
    specs = types.ModuleType("specs")
    exec("from serviceflow.api import hookspec\n@hookspec\ndef number_of(order, place):\n    ...\n", vars(specs))
    answer = "@hookimpl(optionalhook=True)\ndef number_of(order):\n    return {}\n"
    plugins = with_hooks(asker="", erp=answer.format("f'K3-{order}'"), silent=answer.format("None"))
    assert list(ask.answers(plugins, specs, "number_of", {"order": 7, "place": "x"})) == [("erp", "K3-7")]
