"""Every fault of a trade, found when its plugin is loaded: its ids, roles, settings, words, tables, commands."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from typing import Any

from serviceflow.flow import graph
from serviceflow.flow.check import KEY, bad_key, faults_of_flow
from serviceflow.flow.effects import Message, Task, Template
from serviceflow.flow.faults import Fault, Spot, doubled, nearest, texts
from serviceflow.flow.links import Grace
from serviceflow.flow.model import Flow
from serviceflow.flow.routes import Persons, Roles, Route, Who
from serviceflow.flow.scope import Scope
from serviceflow.flow.trade import Trade
from serviceflow.plugin.check_documents import faults_of_documents
from serviceflow.plugin.check_messages import faults_of_words
from serviceflow.plugin.check_tables import faults_of_tables
from serviceflow.plugin.words import (
    API_VERSIONS,
    BUILT_IN_COMMANDS,
    CORE_ROLE_KEYS,
    MESSAGE_FIELDS,
    RESERVED_PREFIXES,
    first_word,
)
from serviceflow.settings import CORE_SETTINGS
from serviceflow.texts import LANGUAGES, T


def faults_of_trade(trade: Trade) -> list[Fault]:
    """Return everything wrong with a trade, subject by subject."""
    checks = (
        _identity,
        _prefixes,
        _roles,
        _settings,
        _templates,
        faults_of_documents,
        _texts,
        faults_of_tables,
        _commands,
        _series,
        _jobs,
    )
    found = [fault for check in checks for fault in check(trade)]
    for flow in trade.flows:
        found += faults_of_flow(flow, trade.flows, trade.calendars)
    return list({(f.id, f.spot, f.said.to("en")): f for f in found}.values())


def _spot(trade: Trade) -> Spot:
    return Spot(trade.key, "Trade", trade.key)


def _identity(trade: Trade) -> Iterator[Fault]:
    spot = _spot(trade)
    if trade.api not in API_VERSIONS:
        yield spot.fault(
            "trade.api",
            T(
                "it was written for api {api}; this program has {known}", zh="插件按 api {api} 编写, 本程序为 {known}"
            ).of(api=trade.api, known=", ".join(API_VERSIONS)),
        )
    for word in (trade.key, *trade.prefixes, *trade.aliases):
        if not KEY.fullmatch(word) or "-" in word:
            yield spot.fault("trade.key", bad_key(word))
    for word in sorted({trade.key, *trade.prefixes} & RESERVED_PREFIXES):
        yield spot.fault(
            "trade.reserved", T("“{word}” is the program's own prefix", zh="“{word}”是本程序的前缀").of(word=word)
        )
    if trade.key not in trade.prefixes:
        yield spot.fault(
            "trade.prefixes",
            T("its key “{key}” is not among its prefixes", zh="键“{key}”不在其前缀之中").of(key=trade.key),
        )
    for flow, version in sorted({(f.key, f.version) for f in trade.flows}):
        if sum(f.key == flow and f.version == version for f in trade.flows) > 1:
            yield Spot(flow, "Flow", flow).fault(
                "flow.double", T("version {n} of the flow stands twice", zh="流程的第 {n} 版出现两次").of(n=version)
            )


def _prefixes(trade: Trade) -> Iterator[Fault]:
    idents = [("Flow", f.key) for f in trade.flows] + [("Setting", s.key) for s in trade.settings]
    for kind, key in idents:
        if first_word(key) not in trade.prefixes or first_word(key) == key:
            yield Spot(key, kind, key).fault(
                "prefix",
                T(
                    "“{key}” must start with the plugin's prefix: {prefixes}", zh="“{key}”须以插件前缀开头: {prefixes}"
                ).of(key=key, prefixes=", ".join(trade.prefixes)),
            )


# -- roles -------------------------------------------------------------------------------------------------


def _roles(trade: Trade) -> Iterator[Fault]:
    known = {r.key for r in trade.roles} | CORE_ROLE_KEYS
    for key in doubled(r.key for r in trade.roles):
        yield Spot(trade.key, "Role", key).fault(
            "role.double", T("role “{key}” is declared twice", zh="岗位“{key}”重复声明").of(key=key)
        )
    for flow in trade.flows:
        for spot, role in _named_roles(flow):
            if role not in known:
                yield spot.fault(
                    "role.unknown",
                    T("role “{key}” is not declared{near}", zh="岗位“{key}”未声明{near}").of(
                        key=role, near=nearest(role, known)
                    ),
                )


def _named_roles(flow: Flow) -> Iterator[tuple[Spot, str]]:
    here = Spot(flow.key, "Flow", flow.key)
    for role in flow.supervisors:
        yield here, role
    for step in flow.steps:
        if step.role is not None:
            yield Spot(f"{flow.key}/{step.key}", "Step", step.key), step.role
    for action in flow.actions:
        spot = Spot(f"{flow.key}/{action.key}", "Action", action.key)
        for role in (*_of(*action.by), *(r for guard in action.guards for r in guard.override)):
            yield spot, role
    for route in flow.routes.values():
        for role in _signers(route):
            yield Spot(f"{flow.key}/{route.key}", "Route", route.key), role
    for placed in graph.effects(flow):
        if isinstance(placed.effect, Task):
            for role in _of(placed.effect.who):
                yield Spot(f"{flow.key}/{placed.effect.key}", "Task", placed.effect.key), role


def _of(*whos: Who) -> Iterator[str]:
    for who in whos:
        role = who.fallback if isinstance(who, Persons) else who
        if role is not None:
            yield role


def _signers(route: Route) -> Iterator[str]:
    for stage in route.stages:
        yield from _of(*(who for who in stage.who if not isinstance(who, Roles)))
    for role, heirs in route.inherits.items():
        yield role
        yield from heirs


# -- settings ----------------------------------------------------------------------------------------------


def _settings(trade: Trade) -> Iterator[Fault]:
    known = [s.key for s in (*CORE_SETTINGS, *trade.settings)]
    for key in doubled(known):
        yield Spot(key, "Setting", key).fault(
            "setting.double", T("setting “{key}” is declared twice", zh="设置“{key}”重复声明").of(key=key)
        )
    for setting in trade.settings:
        numbers = setting.default if isinstance(setting.default, list) else [setting.default]
        outside = [n for n in numbers if type(n) is int and not setting.least <= n <= setting.most]
        if (
            outside
            or (setting.choices and setting.default not in setting.choices)
            or (setting.check is not None and setting.check(setting.default) is not None)
        ):
            yield Spot(setting.key, "Setting", setting.key).fault(
                "setting.default",
                T("its default {value} is not allowed by its own rule", zh="默认值 {value} 不符合自身规则").of(
                    value=setting.default
                ),
            )
    defaults = {s.key: s.default for s in (*CORE_SETTINGS, *trade.settings)}
    for key, wrong in trade.check_settings(defaults.__getitem__) if trade.check_settings is not None else ():
        yield Spot(key, "Setting", key).fault(
            "setting.together",
            T("the defaults do not fit together: {why}", zh="各默认值相互矛盾: {why}").of(why=wrong),
        )
    for flow in trade.flows:
        for spot, key in _named_settings(flow):
            if key not in known and first_word(key) in {"core", *trade.prefixes}:
                yield spot.fault(
                    "setting.unknown",
                    T("setting “{key}” is not declared{near}", zh="设置“{key}”未声明{near}").of(
                        key=key, near=nearest(key, known)
                    ),
                )


def _named_settings(flow: Flow) -> Iterator[tuple[Spot, str]]:
    for spot, when in Scope(flow, ()).moments():
        for key in when.settings():
            yield spot, key
    for placed in graph.effects(flow):
        if isinstance(placed.effect, Task | Message) and placed.effect.each is not None:
            kind = type(placed.effect).__name__
            yield Spot(f"{flow.key}/{placed.effect.key}", kind, placed.effect.key), placed.effect.each
    for link in flow.links:
        for wake in link.wake.values() if isinstance(link.wake, Mapping) else (link.wake,):
            if isinstance(wake, Grace) and isinstance(wake.days, str):
                yield Spot(f"{flow.key}/{link.key}", "Link", link.key), wake.days


# -- words -------------------------------------------------------------------------------------------------


def _templates(trade: Trade) -> Iterator[Fault]:
    known = {t.key for t in trade.templates}
    for key in doubled(t.key for t in trade.templates):
        yield Spot(key, "Template", key).fault(
            "template.double", T("template “{key}” stands twice", zh="模板“{key}”重复").of(key=key)
        )
    for template in trade.templates:
        yield from _template(template)
    for flow in trade.flows:
        for placed in graph.effects(flow):
            if isinstance(placed.effect, Message) and placed.effect.template not in known:
                yield Spot(f"{flow.key}/{placed.effect.key}", "Message", placed.effect.key).fault(
                    "template.unknown",
                    T("template “{key}” is not declared{near}", zh="模板“{key}”未声明{near}").of(
                        key=placed.effect.template, near=nearest(placed.effect.template, known)
                    ),
                )


def _template(template: Template) -> Iterator[Fault]:
    spot = Spot(template.key, "Template", template.key)
    if not template.channels:
        yield spot.fault("template.channels", T("it names no channel", zh="未指定渠道"))
    known = {*template.fields, *MESSAGE_FIELDS}
    wordings = (template.text, *template.variants.values())
    yield from faults_of_words(template, set(template.fields).union(*(_names(text) for text in wordings)))
    for text in wordings:
        for name in sorted(_names(text) - known):
            yield spot.fault(
                "template.field",
                T(
                    "its text names “{name}”, which is not among its fields{near}",
                    zh="文本使用了“{name}”, 不在其字段之中{near}",
                ).of(name=name, near=nearest(name, known)),
            )


def _names(text: T) -> set[str]:
    try:
        return text.field_names()
    except ValueError:
        return set()


def _texts(trade: Trade) -> Iterator[Fault]:
    seen: set[int] = set()
    groups: list[tuple[Spot, Any]] = [(_spot(trade), (trade.title, *trade.finishers.values()))]
    groups += [(Spot(r.key, "Role", r.key), r) for r in trade.roles]
    groups += [(Spot(s.key, "Setting", s.key), s) for s in trade.settings]
    groups += [(Spot(t.key, "Template", t.key), t) for t in trade.templates]
    groups += [(Spot(d.key, "Document", d.key), d.title) for d in trade.documents]
    for flow in trade.flows:
        groups += [(Spot(f"{flow.key}/{s.key}", "Step", s.key), s) for s in flow.steps]
        groups += [(Spot(f"{flow.key}/{a.key}", "Action", a.key), (a, _form_texts(a.form))) for a in flow.actions]
        groups += [(Spot(f"{flow.key}/{c.key}", "Clock", c.key), c) for c in flow.clocks]
        groups.append((Spot(flow.key, "Flow", flow.key), (flow.title,)))
    for spot, thing in groups:
        for path, text in texts(thing):
            if id(text) not in seen:  # a step's rule is met again in the actions that share it
                seen.add(id(text))
                yield from _text(spot, path, text)


def _form_texts(form: type) -> list[T]:
    return [field.title for field in form.fields.values()]  # type: ignore[attr-defined]


def _text(spot: Spot, path: str, text: T) -> Iterator[Fault]:
    for code in LANGUAGES:
        raw = getattr(text, code)
        if not isinstance(raw, str) or not raw.strip():
            yield spot.fault(
                "text.missing",
                T("{field} has no text in {language}", zh="{field} 缺少 {language} 文本").of(
                    field=path.rpartition(".")[2] or "title", language=code
                ),
            )
            continue
        try:
            list(string.Formatter().parse(raw) if "{" in raw or "}" in raw else ())
        except ValueError:
            yield spot.fault(
                "text.braces", T("“{text}” has a brace that does not close", zh="“{text}”的花括号不配对").of(text=raw)
            )


# -- commands, numbers, jobs --------------------------------------------------------------------------


def _commands(trade: Trade) -> Iterator[Fault]:
    for name in (trade.key, *trade.aliases):
        if name in BUILT_IN_COMMANDS:
            yield _spot(trade).fault(
                "command.hides",
                T("“flow {name}” would hide a built-in command", zh="“flow {name}”会遮盖内置命令").of(name=name),
            )
    for field in ("commands", "demo", "migrations"):
        value = getattr(trade, field)
        if value is not None and not all(value.partition(":")[::2]):
            yield _spot(trade).fault(
                "trade.reference",
                T(
                    "`{field}` must read “module:name”, not “{value}”",
                    zh="`{field}` 应写作“模块:名称”, 而不是“{value}”",
                ).of(field=field, value=value),
            )


def _series(trade: Trade) -> Iterator[Fault]:
    formats: dict[str, str] = {}
    for flow in trade.flows:
        other = formats.setdefault(flow.series, flow.key)
        if other != flow.key:
            yield Spot(flow.key, "Flow", flow.key).fault(
                "series.double",
                T(
                    "it numbers its orders like flow {other}: “{series}”", zh="编号格式与流程 {other} 相同: “{series}”"
                ).of(other=other, series=flow.series),
            )


def _jobs(trade: Trade) -> Iterator[Fault]:
    known = {s.key for s in (*CORE_SETTINGS, *trade.settings)}
    for key in doubled(job.key for job in trade.jobs):
        yield Spot(trade.key, "Job", key).fault(
            "job.double", T("job “{key}” stands twice", zh="夜间任务“{key}”重复").of(key=key)
        )
    for job in trade.jobs:
        if job.at not in known:
            yield Spot(f"{trade.key}/{job.key}", "Job", job.key).fault(
                "setting.unknown",
                T("setting “{key}” is not declared{near}", zh="设置“{key}”未声明{near}").of(
                    key=job.at, near=nearest(job.at, known)
                ),
            )
