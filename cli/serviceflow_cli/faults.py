"""Typer's faults of a command line, said in our words: what is wrong, the nearest right word, the usage."""

from __future__ import annotations

import re
from typing import Any, Final

from serviceflow.errors import BadInput
from serviceflow.texts import T, plain

from serviceflow_cli.cells import clean
from serviceflow_cli.session import EVERYWHERE

_KINDS: Final = {
    "integer": T("a whole number", zh="整数"),
    "int": T("a whole number", zh="整数"),
    "float": T("a number", zh="数字"),
    "boolean": T("yes or no", zh="是或否"),
    "bool": T("yes or no", zh="是或否"),
    "path": T("a path", zh="路径"),
    "file": T("a file", zh="文件"),
    "filename": T("a file", zh="文件"),
    "choice": T("one of the choices", zh="可选值"),
    "text": T("text", zh="文字"),
}


def of_typer(fault: Any) -> BadInput:
    """Return a `typer` fault (``UsageError`` and below) as a `BadInput`."""
    ctx = getattr(fault, "ctx", None)
    kind = type(fault).__name__
    if kind == "NoSuchOption":
        return _no_such_option(fault, ctx)
    if kind == "MissingParameter":
        return BadInput(T("{name} is missing.", zh="缺少 {name}。").of(name=_name(fault)), usage(ctx), ref="missing")
    if kind == "BadParameter":
        return BadInput(_bad_value(fault), usage(ctx), ref="value")
    if kind == "BadOptionUsage":
        return BadInput(
            T("{name} needs a value.", zh="{name} 缺少值。").of(name=clean(fault.option_name)), usage(ctx), ref="option"
        )
    extra = re.match(r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)", fault.format_message(), re.DOTALL)
    if extra:
        return BadInput(
            T("Too much: {words}", zh="多余的内容: {words}").of(words=clean(extra[1])), usage(ctx), ref="extra"
        )
    return BadInput(plain(clean(fault.format_message())), usage(ctx), ref="usage")


def usage(ctx: Any) -> T | None:
    """Return how the command is typed."""
    if ctx is None:
        return None
    from serviceflow_cli.lazy import usage_word

    pieces = [usage_word(piece) for piece in ctx.command.collect_usage_pieces(ctx) if piece != "[OPTIONS]"]
    return plain("{usage}").of(usage=" ".join([ctx.command_path, *pieces]))


def _no_such_option(fault: Any, ctx: Any) -> BadInput:
    from serviceflow_cli.lazy import nearest

    known = [name for p in ctx.command.get_params(ctx) for name in (*p.opts, *p.secondary_opts) if name[:1] == "-"]
    near = nearest(fault.option_name, [*known, *EVERYWHERE])
    return BadInput(
        T("There is no option {name} here.", zh="没有选项 {name}。").of(name=clean(fault.option_name)),
        T("Did you mean {near}?", zh="是否指 {near}?").of(near=near)
        if near
        else T("See: {path} --help", zh="参见: {path} --help").of(path=ctx.command_path),
        ref="option",
    )


def _name(fault: Any) -> str:
    parameter = fault.param
    if parameter is None:
        return clean(fault.param_hint or "?")
    named = parameter.opts[-1] if parameter.param_type_name == "option" else parameter.metavar or parameter.name
    return str(named) if str(named).startswith("-") else str(named).upper()


def _bad_value(fault: Any) -> T:
    name = _name(fault)
    wrong = re.match(r"(?P<value>'.*'|\".*\") is not (?:a |an )?(?:valid )?(?P<kind>\w+)?", fault.message, re.DOTALL)
    if wrong is None:
        return plain("{name}: {why}").of(name=name, why=clean(fault.message))
    choices = getattr(fault.param.type, "choices", None) if fault.param is not None else None
    if choices:
        return T("{name}: {value} is not known; choose {names}", zh="{name}: {value} 无效, 可选: {names}").of(
            name=name, value=clean(wrong["value"]), names=", ".join(str(getattr(c, "value", c)) for c in choices)
        )
    kind = _KINDS.get(wrong["kind"] or "", plain(wrong["kind"] or "?"))
    return T("{name}: {value} is not {kind}.", zh="{name}: {value} 不是{kind}。").of(
        name=name, value=clean(wrong["value"]), kind=kind
    )
