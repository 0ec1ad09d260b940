"""Every mistake an author makes is said in one clear sentence, in both languages, with file, line and a way out.

A small sound plugin stands in `HOUSE`; each case changes one place of it, as a slip of the hand would. Those of
`LOADED` are found when the plugin is loaded, of `ASKED` when it is enabled or checked, of `DONE` when it is used.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest
from serviceflow.api import Order, Row, StaffRole, TaskRow, act, add_customer, open_order, table_of
from serviceflow.app import Shop
from serviceflow.errors import FlowError
from serviceflow.plugin.find import Found
from serviceflow.plugin.join import enable
from serviceflow.plugin.load import Plugins, faults_on_asking
from serviceflow.plugin.unusable import PluginUnusable
from serviceflow.testing.plugin_check import check_plugin
from serviceflow.testing.trades import join_trade

from .conftest import Site

HOUSE = """
from serviceflow.api import (
    START, STAY, Action, Do, Flow, Form, Guard, Message, Need, Refuse, Role, Route, Row, Setting, Stage, Step, T, Task,
    Template, Trade, days, hookimpl, number, refers,
)
from sqlmodel import Field

BOSS = Route("spa-boss", (Stage(("manager",)),), own="counts")

class Stay(Form):
    nights: int = number(T("Nights", zh="晚数"), least=1)


def short(case, form):
    if form.nights > case.number("spa.nights_most"):
        return Refuse(T("Too long.", zh="太久。"))


def note(case, form):
    case.change(amount=form.nights)


@hookimpl
def may_merge(tx, gone):
    return []


trade = Trade(
    key="spa", title=T("Spa", zh="水疗"), version="1.0", api="1", prefixes=("spa",),
    roles=(Role("host", T("Host", zh="迎宾")),),
    settings=(
        Setting("spa.nights_most", "int", 7, T("Most nights", zh="最多晚数")),
        Setting("spa.call_days", "int", 3, T("Days until the call", zh="致电天数")),
    ),
    templates=(Template("spa-hello", T("Hello {name}", zh="{name}您好"), "service", ("sms",)),),
    flows=(Flow("spa-visit", 1, T("Visit", zh="到店"), (
        Step("in", T("In", zh="在店"), role="host", on_path=True),
        Step("out", T("Out", zh="离店"), final=True, on_path=True),
    ), (
        Action("enter", T("Enter", zh="进店"), START, "in", effects=(
            Task("spa-call", T("Call", zh="致电"), "host", days("spa.call_days", at="18:00")),
            Message("spa-hello", days(1, at="10:00")),
        )),
        Action("extend", T("Extend", zh="续住"), ("in",), STAY, by=("host",), form=Stay,
               guards=(Guard("short", short),), effects=(Do(note),)),
        Action("leave", T("Leave", zh="离店"), ("in",), "out"),
    ), series="SP{n:04}"),),
)
"""
TABLE = """
class Bed(Row, table=True):
    __tablename__ = "%s"
    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = %s


trade = Trade(
    tables=%s,"""
MIGRATED = '(Bed,), migrations="sf_spa:migrations"'
SECOND_FLOW = """Flow("spa-visit", 1, T("Other", zh="另"), (Step("x", T("X", zh="某"), final=True),), (
        Action("go", T("Go", zh="走"), START, "x"),), series="SX{n}"), Flow("spa-visit", 1,"""

Write = Callable[..., ModuleType]


@pytest.fixture
def write(site: Site) -> Iterator[Write]:
    """Write the plugin with one place changed and import it; its file is always called ``house.py``."""
    written = []

    def author(was: str = "", becomes: str = "") -> ModuleType:
        assert was in HOUSE
        package = f"sf_{uuid4().hex}"
        folder = site.folder / package
        folder.mkdir()
        (folder / "__init__.py").write_text("", encoding="utf-8")
        (folder / "house.py").write_text(HOUSE.replace(was, becomes, 1) if was else HOUSE, encoding="utf-8")
        written.append(package)
        importlib.invalidate_caches()
        module = ModuleType(f"{package}.house")
        module.__package__ = package
        return module

    sys.path.insert(0, str(site.folder))
    yield author
    sys.path.remove(str(site.folder))
    for name in [n for n in sys.modules if n.split(".")[0] in written]:
        del sys.modules[name]
    for table in [t for t in Row.metadata.sorted_tables if t.name in ("bed", "spa_bed")]:
        Row.metadata.remove(table)


def refused(module: ModuleType) -> PluginUnusable:
    """Load a plugin as a shop does; it must not be usable."""
    said: list[str] = []
    plugins = Plugins(None, [Found("spa", module.__name__, "sf-spa", "1.0")], lambda line: said.append(str(line)))
    with pytest.raises(PluginUnusable) as failure:
        plugins.trade("spa")
    assert said == [str(failure.value.sentence)], "said once"
    return failure.value


CHECK, DOCTOR = "flow plugin check spa", "flow plugin doctor spa"

LOADED = {
    "a hook that is not asked": (
        "def may_merge(", "def may_mrege(", CHECK,
        "house.py:23 there is no hook may_mrege (did you mean “may_merge”?)",
        "house.py:23 没有钩子 may_mrege(是否指“may_merge”?)",
    ),
    "a hook with an argument that is not given": (
        "may_merge(tx, gone)", "may_merge(tx, lost)", CHECK,
        "house.py:23 hook may_merge is not given “lost”; it may take: tx, kept, gone",
        "house.py:23 钩子 may_merge 没有参数“lost”, 可用: tx, kept, gone",
    ),
    "a hook that jumps the queue": (
        "@hookimpl\n", "@hookimpl(tryfirst=True)\n", CHECK,
        "house.py:23 hook may_merge must not change the order or wrap others",
        "house.py:23 钩子 may_merge 不可改变顺序或包裹其他钩子",
    ),
    "a function as effect": (
        "(Do(note),)", "(note,)", CHECK,
        "house.py:44 spa-visit/extend: “note” is a function, no effect: Do(note)",
        "house.py:44 spa-visit/extend: “note”是函数, 不是效果: Do(note)",
    ),
    "something else as effect": (
        "(Do(note),)", "('note',)", CHECK,
        "house.py:44 spa-visit/extend: “str” is no effect: it has no apply()",
        "house.py:44 spa-visit/extend: “str”不是效果: 没有 apply()",
    ),
    "one effect without its comma": (
        "effects=(Do(note),)", "effects=Do(note)", CHECK,
        "house.py:44 spa-visit/extend: `effects` must be a tuple: effects=(…,)",
        "house.py:44 spa-visit/extend: `effects` 应为元组: effects=(…,)",
    ),
    "a role without its comma": (
        'by=("host",)', 'by=("host")', CHECK,
        "house.py:44 spa-visit/extend: `by` must be a tuple: by=(…,)",
        "house.py:44 spa-visit/extend: `by` 应为元组: by=(…,)",
    ),
    "a function as guard": (
        '(Guard("short", short),)', "(short,)", CHECK,
        "house.py:44 spa-visit/extend: “short” in `guards` is no Guard",
        "house.py:44 spa-visit/extend: `guards` 中的“short”不是 Guard",
    ),
    "a signature before there is an order": (
        'START, "in",', 'START, "in", guards=(Guard("deep", short, needs=(BOSS,)),),', CHECK,
        "spa-visit/enter: opening an order waits for no signature; lead to a step whose entry has Ask",
        "spa-visit/enter: 开单不能等待签批; 请先进入一个入口为 Ask 的步骤",
    ),
    "two flows with one key": (
        'Flow("spa-visit", 1,', SECOND_FLOW, CHECK,
        "spa-visit: version 1 of the flow stands twice", "spa-visit: 流程的第 1 版出现两次",
    ),
    "a flow of somebody else's name": (
        '"spa-visit", 1', '"visit", 1', CHECK,
        "visit: “visit” must start with the plugin's prefix: spa", "visit: “visit”须以插件前缀开头: spa",
    ),
    "a table without prefix": (
        "trade = Trade(", TABLE % ("bed", 'refers("customer.id")', MIGRATED), CHECK,
        "bed: table “bed” must start with the plugin's prefix: spa", "bed: 数据表“bed”须以插件前缀开头: spa",
    ),
    "a table without migrations": (
        "trade = Trade(", TABLE % ("spa_bed", 'refers("customer.id")', "(Bed,)"), CHECK,
        "spa: it has tables but no migrations", "spa: 有数据表但没有迁移脚本",
    ),
    "a column that hides a customer": (
        "trade = Trade(", TABLE % ("spa_bed", 'Field(foreign_key="customer.id")', MIGRATED), CHECK,
        "spa_bed.customer_id: it points to a customer, staff or order without refers()",
        "spa_bed.customer_id: 该列指向客户、员工或订单却未用 refers() 声明",
    ),
    "a command that hides one": (
        'prefixes=("spa",)', 'prefixes=("spa",), aliases=("today",)', CHECK,
        "spa: “flow today” would hide a built-in command", "spa: “flow today”会遮盖内置命令",
    ),
    "a setting's name": (
        'days("spa.call_days"', 'days("spa.cal_days"', CHECK,
        "spa-visit/enter: setting “spa.cal_days” is not declared (did you mean “spa.call_days”?)",
        "spa-visit/enter: 设置“spa.cal_days”未声明(是否指“spa.call_days”?)",
    ),
    "a default outside its range": (
        "7, T(", "-7, T(", CHECK,
        "spa.nights_most: its default -7 is not allowed by its own rule", "spa.nights_most: 默认值 -7 不符合自身规则",
    ),
    "a field of a message": (
        '"Hello {name}"', '"Hello {nmae}"', CHECK,
        "spa-hello: its text names “nmae”, which is not among its fields (did you mean “name”?)",
        "spa-hello: 文本使用了“nmae”, 不在其字段之中(是否指“name”?)",
    ),
    "a message without words": (
        'Message("spa-hello"', 'Message("spa-helo"', CHECK,
        "template “spa-helo” is not declared (did you mean “spa-hello”?)", "模板“spa-helo”未声明(是否指“spa-hello”?)",
    ),
    "a title in one language": (
        '"Extend", zh="续住"', '"Extend", zh=""', CHECK,
        "spa-visit/extend: title has no text in zh", "spa-visit/extend: title 缺少 zh 文本",
    ),
    "a title without the other language": (
        '"Extend", zh="续住"', '"Extend"', DOCTOR,
        "cannot be loaded (TypeError: T.__init__() missing 1 required keyword-only argument: 'zh', house.py:44).",
        "无法加载(TypeError: T.__init__() missing 1 required keyword-only argument: 'zh', house.py:44)。",
    ),
    "an argument nobody takes": (
        "form=Stay", "forms=Stay", DOCTOR,
        "TypeError: Action.__init__() got an unexpected keyword argument 'forms', house.py:44",
        "TypeError: Action.__init__() got an unexpected keyword argument 'forms', house.py:44",
    ),
    "a role": (
        'role="host"', 'role="hots"', CHECK,
        "house.py:37 spa-visit/in: role “hots” is not declared (did you mean “host”?)",
        "house.py:37 spa-visit/in: 岗位“hots”未声明(是否指“host”?)",
    ),
    "a step": (
        '("in",), "out"', '("in",), "uot"', CHECK,
        "`to` names step “uot”, which the flow does not have (did you mean “out”?)",
        "`to` 指向步骤“uot”, 流程中没有(是否指“out”?)",
    ),
    "an api of another time": (
        'api="1"', 'api="2"', CHECK,
        "spa: it was written for api 2; this program has 1", "spa: 插件按 api 2 编写, 本程序为 1",
    ),
    "another key than its entry point's": (
        'key="spa"', 'key="sap"', DOCTOR,
        "cannot be loaded (its trade's key is sap, its entry point's spa).",
        "无法加载(其行业键为 sap, 入口点键为 spa)。",
    ),
    "a library that is not there": (
        "from sqlmodel", "import no_such_library\nfrom sqlmodel", DOCTOR,
        "ModuleNotFoundError: No module named 'no_such_library', house.py:6",
        "ModuleNotFoundError: No module named 'no_such_library', house.py:6",
    ),
    "a syntax error": (
        "def note(case, form):", "def note(case, form)", DOCTOR,
        "SyntaxError: expected ':' (house.py, line 19)", "SyntaxError: expected ':' (house.py, line 19)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("was", "becomes", "way_out", "en", "zh"), LOADED.values(), ids=LOADED)
def test_a_mistake_is_said_when_the_plugin_is_loaded(
    write: Write, was: str, becomes: str, way_out: str, en: str, zh: str
) -> None:
    failure = refused(write(was, becomes))
    assert en in failure.sentence.to("en")
    assert zh in failure.sentence.to("zh")
    assert str(failure.way_out) == way_out


ASKED = {
    "a title that is no text": (
        'T("Extend", zh="续住")', '"Extend"',
        'spa-visit/extend: `title` must be T("…", zh="…")', 'spa-visit/extend: `title` 应写作 T("…", zh="…")',
    ),
    "a channel without its comma": (
        '("sms",)', '("sms")',
        "spa-hello: `channels` must be a tuple: channels=(…,)", "spa-hello: `channels` 应为元组: channels=(…,)",
    ),
    "a form that is filled already": (
        "form=Stay", "form=Stay()",
        "spa-visit/extend: `form` must be a class: Stay", "spa-visit/extend: `form` 应为类: Stay",
    ),
    "a guard that takes too little": (
        "def short(case, form):", "def short(form):",
        "spa-visit/extend/short: `rule` is called with (case, form), but short takes 1",
        "spa-visit/extend/short: `rule` 以 (case, form) 调用, 而 short 只接受 1 个参数",
    ),
    "an effect that takes too much": (
        "def note(case, form):", "def note(case, form, price):",
        "spa-visit/extend: `run` is called with (case, form), but note takes 3",
        "spa-visit/extend: `run` 以 (case, form) 调用, 而 note 只接受 3 个参数",
    ),
    "a table that is not declared": (
        "trade = Trade(", TABLE % ("spa_bed", 'refers("customer.id")', "()"),
        "Bed: this table is not among Trade.tables", "Bed: 此数据表不在 Trade.tables 之中",
    ),
    "a setting's name in a rule": (
        '"spa.nights_most")', '"spa.night_most")',
        "house.py:15: setting “spa.night_most” is not declared (did you mean “spa.nights_most”?)",
        "house.py:15: 设置“spa.night_most”未声明(是否指“spa.nights_most”?)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("was", "becomes", "en", "zh"), ASKED.values(), ids=ASKED)
def test_a_mistake_is_said_by_the_check(write: Write, was: str, becomes: str, en: str, zh: str) -> None:
    module = importlib.import_module(write(was, becomes).__name__)
    said = faults_on_asking(module, module.trade)
    assert [en in fault.to("en") and zh in fault.to("zh") for fault in said] == [True], [f.both() for f in said]
    with pytest.raises(AssertionError, match="spa"):
        check_plugin(module.trade)


def test_the_house_itself_is_sound(write: Write) -> None:
    module = importlib.import_module(write().__name__)
    assert faults_on_asking(module, module.trade) == []
    check_plugin(module.trade)


DONE = {
    "a guard that raises": (
        "    if form.nights >", "    1 / 0\n    if form.nights >",
        "guard short: ZeroDivisionError: division by zero, house.py:15",
    ),
    "a guard with another answer": (
        '        return Refuse(T("Too long.", zh="太久。"))', "        pass\n    return True",
        "guard short: TypeError: it answered True; a guard answers Refuse, Warn, Need or None",
    ),
    "an effect that raises": (
        "    case.change(amount=form.nights)", "    case.change(amount=form.nights)\n    {}['price']",
        "effect extend: note: KeyError: 'price', house.py:21",
    ),
    "a column that is not there": (
        "change(amount=", "change(amuont=",
        "effect extend: note: AttributeError: 'Order' object has no attribute 'amuont'",
    ),
    "a row that cannot be": (
        "    case.change(amount=form.nights)",
        "    case.add_task('spa-x', T('X', zh='某'), who='host', due=case.now)\n    case.change(number=None)",
        "effect extend: note: IntegrityError",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("was", "becomes", "what"), DONE.values(), ids=DONE)
@pytest.mark.parametrize("database", ["sqlite"])
def test_a_mistake_undoes_what_was_done_and_names_the_plugin(
    write: Write, shop: Shop, was: str, becomes: str, what: str
) -> None:
    module = importlib.import_module(write(was, becomes).__name__)
    join_trade(shop, module.trade)
    with shop.write("customer add") as tx:
        tx.add(StaffRole(staff_id=1, role="host"))
        guest = add_customer(tx, name="Li", phones=["13800000001"]).id
    order = open_order(shop, "spa-visit", guest, {}).order.id
    assert order is not None
    with pytest.raises(FlowError) as failure:
        act(shop, order, "extend", {"nights": "3"})
    assert failure.value.sentence.to("en").startswith(f"Plugin spa failed ({what}")
    assert failure.value.sentence.to("en").endswith("so nothing was changed.")
    assert failure.value.sentence.to("zh").startswith(f"插件 spa 出错({what}")
    assert str(failure.value.way_out) == DOCTOR
    with shop.reading() as tx:
        assert tx.need(Order, order).amount != 3
        assert len(tx.all(TaskRow, table_of(TaskRow).c.order_id == order)) == 1


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize(
    ("was", "becomes", "en", "zh", "way_out"),
    [
        pytest.param(
            'prefixes=("spa",)', 'prefixes=("spa", "oven")',
            "oven belongs to plugin oven already", "oven 已属于插件 oven", "flow plugin disable oven",
            id="a flow, table or setting of another plugin's name",
        ),
        pytest.param(
            'prefixes=("spa",)', 'prefixes=("spa",), aliases=("oven",)',
            "oven belongs to plugin oven already", "oven 已属于插件 oven", "flow plugin disable oven",
            id="a command of another plugin's name",
        ),
        pytest.param(
            'series="SP{n:04}"', 'series="oven-{n:04}"',
            "spa-visit numbers its orders like oven-case: oven-{n:04}",
            "spa-visit 的编号格式与 oven-case 相同: oven-{n:04}",
            "flow plugin disable oven",
            id="numbers of another plugin's orders",
        ),
        pytest.param(
            "def short(case, form):", "def short(form):",
            "`rule` is called with (case, form), but short takes 1", "`rule` 以 (case, form) 调用", CHECK,
            id="what only a close look finds",
        ),
    ],
)  # fmt: skip
def test_a_plugin_that_cannot_join_a_shop_is_refused(
    write: Write, shop: Shop, small: Callable[..., str], site: Site, was: str, becomes: str, en: str, zh: str,
    way_out: str,
) -> None:  # fmt: skip
    other = f"sf_oven_{uuid4().hex}"
    Path(site.folder, f"{other}.py").write_text(small("oven"), encoding="utf-8")
    join_trade(shop, importlib.import_module(other).trade)
    module = write(was, becomes)
    shop.plugins = Plugins(
        shop._joined_plugins,
        [Found("oven", other, "sf-oven", "1.0"), Found("spa", module.__name__, "sf-spa", "1.0")],
        lambda line: None,
    )
    with pytest.raises(PluginUnusable) as failure:
        enable(shop, "spa")
    assert en in failure.value.sentence.to("en")
    assert zh in failure.value.sentence.to("zh")
    assert str(failure.value.way_out) == way_out
    assert "spa" not in shop.plugins.enabled()
