"""Every kind of fault is found when a trade is loaded, and said in both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from serviceflow.api import (
    ANY,
    BACK,
    NOW,
    OWNER,
    START,
    STAY,
    Action,
    Ask,
    Cancel,
    Choose,
    Clock,
    Do,
    Flow,
    Form,
    Guard,
    Job,
    Link,
    Message,
    Need,
    OpenChild,
    Role,
    Route,
    SetAnchor,
    Setting,
    Stage,
    Step,
    T,
    Task,
    Template,
    Trade,
    TurnClock,
    bdays,
    days,
    earliest,
    hours,
    number,
)
from serviceflow.plugin.check import faults_of_trade
from serviceflow.store.tables import Row
from sqlmodel import Field, SQLModel

Change = Callable[[Trade], Trade]
NAME = T("Name", zh="名称")
JOB = Job("nightly", lambda shop, tx, day: None, at="core.day_start")
ROUTE = Route("r", (Stage(("keeper",)),), own="counts")


def boarding(**changes: Any) -> Change:
    """Change fields of the first flow."""
    return lambda trade: replace(trade, flows=(replace(trade.flows[0], **changes), *trade.flows[1:]))


def plus_action(key: str, *arguments: Any, **options: Any) -> Change:
    """Add an action to the first flow."""
    action = Action(key, NAME, *arguments, **options)
    return lambda trade: boarding(actions=(*trade.flows[0].actions, action))(trade)


def plus_step(key: str, enter: str = "booked", **options: Any) -> Change:
    """Add a step that an action of ``enter`` leads to."""
    step = Step(key, NAME, **options)

    def change(trade: Trade) -> Trade:
        trade = boarding(steps=(*trade.flows[0].steps, step))(trade)
        return plus_action(f"to-{key}", (enter,), key)(trade)

    return change


def plus_effect(*effects: Any, form: Any = None) -> Change:
    """Add an action with effects to the first flow."""
    options = {"form": form} if form is not None else {}
    return plus_action("planted", ("booked",), STAY, effects=effects, **options)


def plus_trade(**more: Any) -> Change:
    """Add to tuples of the trade."""
    return lambda trade: replace(
        trade,
        **{key: (*getattr(trade, key), *value) if isinstance(value, tuple) else value for key, value in more.items()},
    )


def guarded(*guards: Guard) -> Change:
    return plus_action("planted", ("booked",), STAY, guards=guards)


def both(one: Change, two: Change) -> Change:
    return lambda trade: two(one(trade))


def table(name: str, **columns: Any) -> type[SQLModel]:
    """Make a table class outside the program's own metadata."""
    from sqlalchemy import MetaData

    annotations: dict[str, Any] = {"id": int, **dict.fromkeys(columns, int)}
    body = {
        "__tablename__": name,
        "__annotations__": annotations,
        "metadata": MetaData(),
        "id": Field(primary_key=True),
    }
    return type(Row)(name.title(), (Row,), {**body, **columns}, table=True)  # type: ignore[return-value]


class Weigh(Form):
    """A form nobody but a person can fill."""

    grams: int = number(NAME)


class NoTable(Row):
    """Looks like a table and is none."""

    x: ClassVar[int] = 1


PLANTED = [
    # keys
    ("step.double", boarding(steps=(Step("a", NAME), Step("a", NAME))), "two steps are called “a”", "两个步骤同名“a”"),
    ("action.double", plus_action("feed", ("ill",)), "two actions are called “feed”", "两个操作同名“feed”"),
    (
        "clock.double",
        boarding(clocks=(Clock("vet", NOW, NAME),) * 2),
        "two clocks are called “vet”",
        "两个计时同名“vet”",
    ),
    ("link.double", boarding(links=(Link("claim", "petcare-claim"),) * 2), "two links are", "两个子单关联同名“claim”"),
    ("action.key", plus_action("Feed_It", ("ill",)), "“Feed_It” is no key", "“Feed_It”不是合法的键"),
    (
        "plan.double",
        plus_effect(Task("arrival-call", NAME, "keeper", NOW)),
        "“arrival-call” is planned in two different ways",
        "“arrival-call”有两种不同的计划",
    ),
    # shape
    ("flow.no-start", boarding(actions=()), "no action opens an order", "没有开单操作"),
    ("flow.no-end", boarding(steps=(Step("booked", NAME),)), "no step is final", "没有终结步骤"),
    (
        "step.unreachable",
        lambda trade: boarding(steps=(*trade.flows[0].steps, Step("island", NAME, final=True)))(trade),
        "step “island” is never reached",
        "步骤“island”无法到达",
    ),
    ("step.no-way-out", plus_step("pit"), "step “pit” can be entered but never left", "步骤“pit”只能进入, 不能离开"),
    (
        "step.dead-end",
        both(plus_step("east"), both(plus_step("west", "east"), plus_action("turn", ("west",), "east"))),
        "step “east” is a dead end",
        "步骤“east”是死路",
    ),
    (
        "action.auto-circle",
        both(
            plus_action("x-out", ("booked",), "waiting", auto=True, when=bool),
            plus_action("x-in", ("waiting",), "booked", auto=True, when=bool),
        ),
        "automatic actions lead in a circle: x-out, x-in",
        "自动操作构成循环: x-out, x-in",
    ),
    # where actions start and lead
    (
        "step.unknown",
        plus_action("planted", ("bookd",)),
        "`from_` names step “bookd”, which the flow does not have (did you mean “booked”?)",
        "`from_` 指向步骤“bookd”, 流程中没有(是否指“booked”?)",
    ),
    ("step.unknown", plus_action("planted", ("booked",), "hom"), "`to` names step “hom”", "`to` 指向步骤“hom”"),
    (
        "step.unknown",
        plus_action("planted", ("booked",), Choose(str, ("home", "hom"))),
        "`among` names step “hom”",
        "`among` 指向步骤“hom”",
    ),
    (
        "step.unknown",
        boarding(starts_at=("nowhere",)),
        "`starts_at` names step “nowhere”",
        "`starts_at` 指向步骤“nowhere”",
    ),
    (
        "step.unknown",
        boarding(clocks=(Clock("vet", NOW, NAME, rests_in=("leavin",)),)),
        "`rests_in` names step “leavin”",
        "`rests_in` 指向步骤“leavin”",
    ),
    ("action.nowhere", plus_action("planted", ()), "it is offered in no step", "没有任何步骤提供此操作"),
    (
        "action.chooses-nothing",
        plus_action("planted", ("booked",), Choose(str, ())),
        "`among` names no step",
        "`among` 未列出步骤",
    ),
    (
        "action.start-stays",
        plus_action("planted", START),
        "it opens an order and must lead to a step",
        "开单操作必须指向一个步骤",
    ),
    (
        "action.no-way-back",
        plus_action("planted", ("booked",), BACK),
        "step “booked” is entered from no other step",
        "步骤“booked”不由其他步骤进入",
    ),
    # triggers
    (
        "action.auto-when",
        plus_action("planted", ("booked",), "lost", auto=True),
        "automatic but has no `when`",
        "自动操作缺少 `when`",
    ),
    (
        "action.triggers",
        plus_action("planted", ("booked",), "lost", at=NOW, over="step"),
        "only one of `at`, `over`",
        "`at`、`over`、`auto` 只能用一个",
    ),
    (
        "action.no-trigger",
        plus_action("planted", ("booked",), "lost", by_hand=True),
        "`by_hand` and `when` mean nothing",
        "`by_hand` 和 `when` 无意义",
    ),
    (
        "action.start-trigger",
        plus_action("planted", START, "booked", at=NOW),
        "opened by a person or as a child",
        "订单由人或上级订单开出",
    ),
    (
        "action.system-by",
        plus_action("planted", ("booked",), "lost", at=NOW, by=("keeper",)),
        "`by` is never read",
        "`by` 不起作用",
    ),
    (
        "action.system-form",
        plus_action("planted", ("booked",), STAY, at=NOW, form=Weigh),
        "the system does it and cannot fill its required fields",
        "由系统执行, 无法填写必填项",
    ),
    (
        "task.each",
        plus_effect(Task("t", NAME, "keeper", earliest(NOW, days(1)), each="petcare.call_days")),
        "task “t”: `each` needs a plain moment",
        "待办“t”: `each` 需要普通时点",
    ),
    (
        "message.each",
        plus_effect(Message("petcare-arrived", earliest(NOW, days(1)), each="petcare.call_days")),
        "message “petcare-arrived”: `each` needs a plain moment",
        "消息“petcare-arrived”: `each` 需要普通时点",
    ),
    (
        "action.no-limit",
        plus_action("planted", ("ill",), "lost", over="step"),
        "the limit of step “ill”, which has none",
        "步骤“ill”的时限, 但该步骤没有时限",
    ),
    # names
    (
        "clock.unknown",
        plus_action("planted", ANY, over="vat"),
        "clock “vat” is not declared (did you mean “vet”?)",
        "计时“vat”未声明(是否指“vet”?)",
    ),
    ("clock.unknown", plus_effect(TurnClock("vat", "stop")), "clock “vat” is not declared", "计时“vat”未声明"),
    (
        "clock.unknown",
        plus_effect(Task("t", NAME, "keeper", hours(1, after="clock:vat"))),
        "clock “vat” is not declared",
        "计时“vat”未声明",
    ),
    (
        "anchor.unknown",
        plus_effect(Task("t", NAME, "keeper", days(1, after="arrives"))),
        "nothing sets anchor “arrives”",
        "没有操作设置日期“arrives”",
    ),
    (
        "field.unknown",
        plus_effect(SetAnchor("arrives_on", "arrives_at")),
        "takes form field “arrives_at”, which is not",
        "取自表单项“arrives_at”, 但表单中没有",
    ),
    (
        "action.unknown",
        plus_effect(Task("t", NAME, "keeper", NOW, closed_by=("chek-in",))),
        "`closed_by` names action “chek-in”",
        "`closed_by` 指向操作“chek-in”",
    ),
    (
        "action.unknown",
        plus_effect(Message("petcare-arrived", NOW, cancelled_by=("gone",))),
        "`cancelled_by` names action “gone”",
        "`cancelled_by` 指向操作“gone”",
    ),
    (
        "plan.unknown",
        plus_effect(Cancel(("arival-call",), NAME)),
        "it cancels “arival-call”, which no rule plans (did you mean “arrival-call”?)",
        "取消“arival-call”, 但没有规则产生它",
    ),
    (
        "condition.unknown",
        plus_effect(Message("petcare-arrived", NOW, only_if="awake")),
        "condition “awake” is not declared",
        "条件“awake”未声明",
    ),
    ("message.nobody", boarding(customer="none"), "these orders have none; set `to`", "此类订单没有客户; 请设置 `to`"),
    (
        "link.unknown",
        plus_effect(OpenChild("clam")),
        "link “clam” is not declared (did you mean “claim”?)",
        "子单关联“clam”未声明",
    ),
    (
        "child.start",
        plus_effect(OpenChild("claim", action="opn")),
        "flow petcare-claim has no start action “opn”",
        "流程 petcare-claim 没有开单操作“opn”",
    ),
    (
        "flow.unknown",
        boarding(links=(Link("claim", "petcare-clam"),)),
        "flow “petcare-clam” does not exist",
        "没有流程“petcare-clam”",
    ),
    (
        "step.unknown",
        boarding(links=(Link("claim", "petcare-claim", blocks_in=("opn",)),)),
        "flow petcare-claim has no step “opn”",
        "流程 petcare-claim 没有步骤“opn”",
    ),
    (
        "link.not-final",
        boarding(links=(Link("claim", "petcare-claim", ends={"open": "feed"}),)),
        "`ends` names step “open” of petcare-claim, which is not final",
        "它不是终结步骤",
    ),
    (
        "action.unknown",
        boarding(links=(Link("claim", "petcare-claim", allows=("fed",)),)),
        "`allows` names action “fed”",
        "`allows` 指向操作“fed”",
    ),
    (
        "action.unknown",
        boarding(links=(Link("claim", "petcare-claim", with_parent="stop"),)),
        "flow petcare-claim has no action “stop”",
        "流程 petcare-claim 没有操作“stop”",
    ),
    (
        "action.start-needs",
        plus_action("planted", START, "booked", guards=(Guard("g", lambda case, form: None, needs=(ROUTE,)),)),
        "opening an order waits for no signature",
        "开单不能等待签批",
    ),
    ("trade.reserved", plus_trade(prefixes=("core",)), "“core” is the program's own prefix", "“core”是本程序的前缀"),
    ("effect.unknown", plus_effect(print), "“print” is a function, no effect: Do(print)", "“print”是函数, 不是效果"),
    # guards and routes
    (
        "guard.id",
        both(guarded(Guard("enough", lambda case, form: None)), lambda trade: trade),
        "two different guards have the id “enough”",
        "两个不同的规则使用编号“enough”",
    ),
    ("route.empty", guarded(Guard("g", print, needs=(Route("r", (), own="counts"),))), "nobody to sign", "没有签字人"),
    (
        "route.own",
        guarded(Guard("g", print, needs=(replace(ROUTE, own="maybe"),))),
        "`own` must say counts, refused or up",
        "`own` 必须为",
    ),
    (
        "route.quorum",
        guarded(Guard("g", print, needs=(Route("r", (Stage(("keeper",), quorum=2),), own="up"),))),
        "2 of 1 signatures can never be reached",
        "1 个签字人凑不齐 2 个",
    ),
    (
        "route.no-reject",
        plus_step("asked", entry=(Ask("feed", ROUTE, NAME),)),
        "does not say what a rejection does",
        "未规定驳回后的操作",
    ),
    (
        "ask.not-offered",
        plus_step("asked", entry=(Ask("feed", replace(ROUTE, rejected="to-asked"), NAME),)),
        "the decision does “feed”, which this step does not offer",
        "审批结果将执行“feed”, 但该步骤不提供此操作",
    ),
    (
        "action.unknown",
        plus_step("asked", entry=(Ask("agree", replace(ROUTE, rejected="no"), NAME),)),
        "`rejected` names action “no”",
        "`rejected` 指向操作“no”",
    ),
    # numbers
    ("series.format", boarding(series="PB-0001"), "must hold {n} and may hold {year}", "必须含 {n}, 可含 {year}"),
    ("series.format", boarding(series="PB-{month}-{n}"), "number format “PB-{month}-{n}”", "编号格式“PB-{month}-{n}”"),
    (
        "series.double",
        boarding(series="PC-{n:04}"),
        "it numbers its orders like flow petcare-boarding",
        "编号格式与流程 petcare-boarding 相同",
    ),
    # the trade
    ("trade.api", plus_trade(api="9"), "it was written for api 9; this program has 1", "插件按 api 9 编写, 本程序为 1"),
    (
        "trade.prefixes",
        lambda trade: replace(trade, key="pets"),
        "its key “pets” is not among its prefixes",
        "键“pets”不在其前缀之中",
    ),
    ("trade.key", plus_trade(aliases=("Pet Shop",)), "“Pet Shop” is no key", "“Pet Shop”不是合法的键"),
    ("trade.reference", plus_trade(commands="serviceflow_petcare"), "must read “module:name”", "应写作“模块:名称”"),
    (
        "command.hides",
        plus_trade(aliases=("today",)),
        "“flow today” would hide a built-in command",
        "“flow today”会遮盖内置命令",
    ),
    (
        "prefix",
        boarding(key="boarding-case"),
        "“boarding-case” must start with the plugin's prefix: petcare",
        "“boarding-case”须以插件前缀开头: petcare",
    ),
    (
        "prefix",
        plus_trade(settings=(Setting("core.pets", "int", 1, NAME),)),
        "“core.pets” must start with",
        "“core.pets”须以插件前缀开头",
    ),
    (
        "flow.double",
        lambda trade: replace(trade, flows=(*trade.flows, trade.flows[1])),
        "version 1 of the flow stands twice",
        "流程的第 1 版出现两次",
    ),
    (
        "role.unknown",
        plus_action("planted", ("booked",), by=("keper",)),
        "role “keper” is not declared (did you mean “ke",
        "岗位“keper”未声明",
    ),
    (
        "role.unknown",
        plus_effect(Task("t", NAME, replace(OWNER, fallback="nobody"), NOW)),
        "role “nobody” is not declared",
        "岗位“nobody”未声明",
    ),
    (
        "role.unknown",
        guarded(Guard("g", print, needs=(replace(ROUTE, inherits={"keeper": ("boss",)}),))),
        "role “boss” is not declared",
        "岗位“boss”未声明",
    ),
    (
        "role.double",
        plus_trade(roles=(Role("keeper", NAME),)),
        "role “keeper” is declared twice",
        "岗位“keeper”重复声明",
    ),
    (
        "setting.unknown",
        plus_effect(Task("t", NAME, "keeper", days("petcare.call_day"))),
        "setting “petcare.call_day” is not declared (did you mean “petcare.call_days”?)",
        "设置“petcare.call_day”未声明",
    ),
    (
        "setting.unknown",
        plus_effect(Task("t", NAME, "keeper", days(1), each="petcare.each")),
        "setting “petcare.each” is not declared",
        "设置“petcare.each”未声明",
    ),
    (
        "setting.double",
        plus_trade(settings=(Setting("petcare.call_days", "int", 1, NAME),)),
        "is declared twice",
        "重复声明",
    ),
    (
        "setting.default",
        plus_trade(settings=(Setting("petcare.x", "int", 0, NAME, least=1),)),
        "its default 0 is not allowed",
        "默认值 0 不符合自身规则",
    ),
    (
        "template.unknown",
        plus_effect(Message("petcare-arival", NOW)),
        "template “petcare-arival” is not declared",
        "模板“petcare-arival”未声明",
    ),
    (
        "template.double",
        plus_trade(templates=(Template("petcare-arrived", NAME, "service", ("sms",)),)),
        "stands twice",
        "模板“petcare-arrived”重复",
    ),
    (
        "template.channels",
        plus_trade(templates=(Template("petcare-x", NAME, "service", ()),)),
        "names no channel",
        "未指定渠道",
    ),
    (
        "template.field",
        plus_trade(templates=(Template("petcare-x", T("{pat}", zh="好"), "service", ("sms",), fields=("pet",)),)),
        "its text names “pat”, which is not among its fields (did you mean “pet”?)",
        "文本使用了“pat”",
    ),
    (
        "template.sensitive",
        plus_trade(
            templates=(Template("petcare-x", T("{id_card}", zh="好"), "service", ("sms",), fields=("id_card",)),)
        ),
        "its field “id_card” must not go out in a message; show a part of it, such as “id_card_tail”",
        "字段“id_card”不得写入消息",
    ),
    (
        "template.length",
        plus_trade(templates=(Template("petcare-x", T("well", zh="好" * 501), "service", ("sms",)),)),
        "501 characters; an SMS takes 500",
        "501 字; 短信上限 500 字",
    ),
    (
        "template.length",
        plus_trade(templates=(Template("petcare-x", T("well", zh="好" * 683), "service", ("wechat",)),)),
        "2049 bytes; a chat takes 2048",
        "2049 字节; 聊天消息上限 2048 字节",
    ),
    (
        "text.missing",
        plus_action("planted", ("booked",), refusal=T("Not now.", zh="")),
        "refusal has no text in zh",
        "refusal 缺少 zh 文本",
    ),
    ("text.missing", plus_trade(roles=(Role("x", T(" ", zh="某")),)), "title has no text in en", "title 缺少 en 文本"),
    (
        "text.braces",
        plus_trade(templates=(Template("petcare-x", T("{name", zh="好"), "service", ("sms",)),)),
        "has a brace that does not close",
        "花括号不配对",
    ),
    (
        "table.prefix",
        plus_trade(tables=(table("dog"),)),
        "table “dog” must start with the plugin's prefix",
        "数据表“dog”须以插件前缀开头",
    ),
    (
        "table.refers",
        plus_trade(tables=(table("petcare_a", owner=Field(foreign_key="customer.id")),)),
        "points to a customer, staff or order without refers()",
        "却未用 refers() 声明",
    ),
    (
        "table.refers",
        plus_trade(tables=(table("petcare_b", staff_id=Field()),)),
        "without refers()",
        "却未用 refers() 声明",
    ),
    ("table.none", plus_trade(tables=(NoTable,)), "it is no table", "不是数据表"),
    ("table.migrations", plus_trade(migrations=None), "it has tables but no migrations", "有数据表但没有迁移脚本"),
    (
        "setting.together",
        plus_trade(check_settings=lambda read: [("petcare.call_days", T("too late", zh="太晚"))]),
        "petcare.call_days: the defaults do not fit together: too late",
        "各默认值相互矛盾: 太晚",
    ),
    ("job.double", plus_trade(jobs=(JOB, JOB)), "job “nightly” stands twice", "夜间任务“nightly”重复"),
    (
        "setting.unknown",
        plus_trade(jobs=(replace(JOB, at="petcare.night"),)),
        "setting “petcare.night” is not declared",
        "设置“petcare.night”未声明",
    ),
    (
        "calendar.unknown",
        plus_effect(Task("t", NAME, "keeper", earliest(NOW, bdays(1, calendar="cn-pubic")))),
        "there is no calendar “cn-pubic” (did you mean “cn-public”?)",
        "没有日历“cn-pubic”",
    ),
    (
        "moment.at",
        plus_effect(Task("t", NAME, "keeper", days(1, at="6pm"))),
        "“6pm” is no time of day",
        "“6pm”不是时刻",
    ),
]


@pytest.mark.parametrize(
    ("ident", "change", "en", "zh"), [pytest.param(*row, id=f"{n}-{row[0]}") for n, row in enumerate(PLANTED)]
)
def test_a_planted_fault_is_found(petcare: Trade, ident: str, change: Change, en: str, zh: str) -> None:
    found = [fault for fault in faults_of_trade(change(petcare)) if fault.id == ident]
    assert [fault for fault in found if en in fault.said.to("en") and zh in fault.said.to("zh")], [
        fault.said.both() for fault in found
    ]


def test_the_good_trade_has_no_fault(petcare: Trade) -> None:
    assert [fault.said.to("en") for fault in faults_of_trade(petcare)] == []


def test_the_same_guard_made_twice_by_one_factory_is_one_guard(petcare: Trade) -> None:
    def at_least(n: int) -> Guard:
        return Guard("least", lambda case, form: Need(ROUTE, NAME) if n else None)

    assert faults_of_trade(guarded(at_least(1), at_least(2))(petcare)) == []


def test_every_fault_says_where(petcare: Trade) -> None:
    [fault] = faults_of_trade(plus_step("pit")(petcare))
    assert (fault.spot.where, fault.spot.kind, fault.spot.key) == ("petcare-boarding/pit", "Step", "pit")


def test_every_kind_of_fault_is_planted_here() -> None:
    import re
    from pathlib import Path

    import serviceflow.flow.check as flow_check

    folder = Path(flow_check.__file__).parent
    sources = [folder / "check.py", folder / "check_names.py", folder.parent / "plugin" / "check.py"]
    known = {
        name for path in sources for name in re.findall(r'fault\(\s*f?"([a-z{}]+[.a-z-]*)"', path.read_text("utf-8"))
    }
    kinds = {name.replace("{kind}", kind) for name in known for kind in ("step", "action", "clock", "link")}
    untold = {"step.key", "clock.key", "link.key"}  # made by the same line as action.key
    assert kinds - {row[0] for row in PLANTED} <= untold


def test_built_in_commands_cannot_be_hidden() -> None:
    from serviceflow.plugin.words import BUILT_IN_COMMANDS
    from serviceflow_cli.table import COMMANDS

    assert set(COMMANDS) <= BUILT_IN_COMMANDS


def test_a_child_flow_of_another_plugin_is_not_looked_into(petcare: Trade) -> None:
    change = boarding(links=(Link("claim", "care-complaint", blocks_in=("open",), ends={"done": "feed"}),))
    assert [f.id for f in faults_of_trade(change(petcare))] == []


def test_flows_without_customers_may_message_named_recipients(petcare: Trade) -> None:
    flow = Flow(
        "petcare-audit",
        1,
        NAME,
        (Step("a", NAME), Step("z", NAME, final=True)),
        (
            Action("begin", NAME, START, "a", effects=(Message("petcare-arrived", NOW, to=lambda case: []), Do(print))),
            Action("end", NAME, ("a",), "z"),
        ),
        series="PA{n}",
        customer="none",
    )
    assert faults_of_trade(replace(petcare, flows=(*petcare.flows, flow))) == []
