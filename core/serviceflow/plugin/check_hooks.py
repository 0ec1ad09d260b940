"""Faults of a plugin's hooks: a name nobody asks for, an argument that is not given, an order of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

from serviceflow.flow.faults import nearest
from serviceflow.plugin import hookspecs
from serviceflow.texts import T, plain

SPEC = f"{hookspecs.PROJECT}_spec"
IMPLEMENTATION = f"{hookspecs.PROJECT}_impl"


def hook_faults(module: ModuleType) -> list[T]:
    """Return what is wrong with the hooks of a plugin's module, each with file and line.

    Hooks that another plugin asks (``optionalhook=True``) are that plugin's to judge.
    """
    known = {name: thing for name, thing in vars(hookspecs).items() if hasattr(thing, SPEC)}
    return [
        plain("{file}:{line} {fault}").of(
            file=Path(function.__code__.co_filename).name, line=function.__code__.co_firstlineno, fault=fault
        )
        for name, function in list(vars(module).items())
        if isinstance(function, FunctionType) and hasattr(function, IMPLEMENTATION)
        for fault in _faults(name, function, known)
    ]


def _faults(name: str, function: FunctionType, known: dict[str, FunctionType]) -> Iterator[T]:
    marked = getattr(function, IMPLEMENTATION)
    hook = marked["specname"] or name
    if marked["tryfirst"] or marked["trylast"] or marked["wrapper"] or marked["hookwrapper"]:
        yield T("hook {name} must not change the order or wrap others", zh="钩子 {name} 不可改变顺序或包裹其他钩子").of(
            name=hook
        )
    if hook not in known:
        if not marked["optionalhook"]:
            yield T("there is no hook {name}{near}", zh="没有钩子 {name}{near}").of(
                name=hook, near=nearest(hook, known)
            )
        return
    given = _arguments(known[hook])
    for argument in _arguments(function):
        if argument not in given:
            yield T(
                "hook {name} is not given “{argument}”; it may take: {given}",
                zh="钩子 {name} 没有参数“{argument}”, 可用: {given}",
            ).of(name=hook, argument=argument, given=", ".join(given))


def _arguments(function: FunctionType) -> tuple[str, ...]:
    return function.__code__.co_varnames[: function.__code__.co_argcount]
