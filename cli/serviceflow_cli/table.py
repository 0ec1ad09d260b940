"""Every command by name: where it lives, what it does in one line, under which heading. Imports none of them.

A target is ``module:attribute``; the attribute is a function (one command) or a `typer.Typer` (a group; one with a
single command needs an ``@app.callback()``). The summary here is also the help of the command itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from serviceflow.texts import T

DAILY = T("Every day", zh="每天")
CUSTOMERS = T("Customers and orders", zh="客户与订单")
RUNNING = T("Running the shop", zh="店务")
DATA = T("Data and safety", zh="数据与安全")
TRADES = T("Trades", zh="行业")


@dataclass(frozen=True, slots=True)
class Entry:
    """One command or group of commands.

    Args:
        examples: Lines to type, shown at the end of its help.
    """

    target: str
    summary: T
    section: T
    examples: tuple[str, ...] = ()


def _entry(target: str, section: T, en: str, zh: str, *examples: str) -> Entry:
    return Entry(f"serviceflow_cli.commands.{target}", T(en, zh=zh), section, examples)


COMMANDS: dict[str, Entry] = {
    "today": _entry(
        "today:today",
        DAILY,
        "What is late, due today, waiting for you",
        "逾期、今天到期、等我处理的事",
        "flow today",
        "flow today --all",
        "flow today --staff anna",
    ),
    "find": _entry(
        "find:find",
        DAILY,
        "Find customers and orders as you remember them",
        "按记得的方式查找客户与订单",
        "flow find wxm",
        "flow find 0001",
        "flow find 小明",
    ),
    "show": _entry(
        "show:show",
        DAILY,
        "One page about a customer, order or task",
        "查看客户、订单或待办的一页",
        "flow show 0012",
        "flow show 小明",
        "flow show '#31'",
    ),
    "log": _entry(
        "log:log",
        DAILY,
        "Note a contact and the next follow-up",
        "登记一次往来与下次跟进",
        'flow log 小明 "来店看样片" --next +3b',
    ),
    "do": _entry(
        "do:do",
        DAILY,
        "Move an order on, or list what may be done",
        "推进订单, 或列出可做的操作",
        "flow do 0012",
        "flow do 0012 take-deposit amount=800 method=cash",
    ),
    "done": _entry("done:done", DAILY, "Tick off a task", "完成一个待办", 'flow done 31 "约到周日"'),
    "new": _entry("new:new", DAILY, "Open an order for a customer", "为客户新开订单", "flow new case 小明"),
    "task": _entry(
        "task:app", DAILY, "Follow-ups: add, list, snooze, assign, skip", "待办: 新增、列表、推迟、转交、跳过"
    ),
    "sign": _entry(
        "sign:app",
        DAILY,
        "What waits for your signature; approve or reject",
        "等我审批的事项; 批准或驳回",
        "flow sign",
        'flow sign approve 0007 "同意"',
    ),
    "doc": _entry(
        "doc:app",
        DAILY,
        "Documents: list, print, PDF",
        "单据: 列表、打印、PDF",
        "flow doc list ST0101",
        "flow doc print PL0001 --open",
    ),
    "undo": _entry(
        "undo:undo",
        DAILY,
        "Take back the last command, or an older one",
        "撤销上一条命令或指定的一条",
        "flow undo",
        "flow undo 231",
    ),
    "redo": _entry("undo:redo", DAILY, "Take back an undo", "重做刚撤销的命令"),
    "customer": _entry(
        "customer:app", CUSTOMERS, "Add, edit, merge, import and export customers", "客户: 新增、修改、合并、导入、导出"
    ),
    "history": _entry("history:history", CUSTOMERS, "Who changed what, and when", "谁在何时改了什么"),
    "report": _entry(
        "report:report",
        CUSTOMERS,
        "Figures with bars: how far orders come, what is in work",
        "报表: 订单走到哪一步, 在办分布",
        "flow report funnel --since 11-01",
        "flow report open --html",
    ),
    "shell": _entry(
        "shell:shell", DAILY, "Stay open all day: the same lines, answers at once", "常驻窗口: 同样的命令, 立即应答"
    ),
    "init": _entry("init:init", RUNNING, "Make a shop", "新建店铺", "flow init --industry studio"),
    "demo": _entry("demo:demo", RUNNING, "A throw-away shop to play with", "可随时删除的示例店", "flow demo studio"),
    "staff": _entry("staff:app", RUNNING, "Staff, roles, leave and stand-ins", "员工、岗位、请假与代理"),
    "settings": _entry("settings:app", RUNNING, "Every number of the shop, in one place", "店铺的各项设置"),
    "cal": _entry(
        "cal:app", RUNNING, "Business days: explain, import the official notice", "工作日: 解释、导入放假通知"
    ),
    "remind": _entry(
        "remind:app", RUNNING, "Send what is due; say why it went or did not", "发送到期提醒; 解释为何发送或未发"
    ),
    "channel": _entry("channel:app", RUNNING, "Ways messages go out: list, test", "消息渠道: 列表、测试"),
    "plugin": _entry("plugin:app", RUNNING, "Trades: list, check, draw, enable", "行业插件: 列表、检查、画图、启用"),
    "db": _entry(
        "db:app", DATA, "Upgrade, back up, restore, copy, check the database", "数据库: 升级、备份、恢复、复制、检查"
    ),
    "audit": _entry("audit:app", DATA, "Prove that the journal was not altered", "证明操作日志未被改动"),
    "selftest": _entry(
        "selftest:app", DATA, "Race for one place on your own database", "在自己的数据库上做并发争抢验证"
    ),
    "doctor": _entry("doctor:doctor", DATA, "Look over everything and say how to mend it", "全面体检并给出修复办法"),
}
