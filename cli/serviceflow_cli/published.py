"""What every command answers with ``--json``: the table from which the published schemas are printed."""

from __future__ import annotations

from typing import Final

from serviceflow.texts import T

from serviceflow_cli.out import Column
from serviceflow_cli.schemas import Change, Shape

_STAFF: Final = (
    Column("staff", T("Login", zh="登录名"), null=False),
    Column("name", T("Name", zh="姓名"), null=False),
)
_SETTING: Final = (
    Column("key", T("Setting", zh="设置"), null=False),
    Column("before", T("Before", zh="原值")),
    Column("after", T("After", zh="新值")),
    Column("own", T("Own", zh="自设"), "yes_no", null=False, help="Whether the value is the shop's own"),
    Column("scope", T("Scope", zh="范围"), null=False, help="Project or branch it holds for; empty: the shop"),
    Column("moved", T("Moved", zh="调整"), "number", null=False, help="Planned messages that were moved with it"),
)
_FOLLOW_UP: Final = (
    Column("task", T("Task", zh="待办"), "number", null=False),
    Column("title", T("What", zh="事项"), null=False),
    Column("state", T("State", zh="状态"), null=False, help="open, done, skipped or cancelled"),
    Column("due_at", T("Due", zh="到期"), "instant", null=False),
    Column("customer", T("Customer", zh="客户")),
    Column("order", T("Order", zh="订单"), help="Number of the order"),
    Column("result", T("Result", zh="结果")),
    Column("reason", T("Reason", zh="原因"), help="Why it was skipped or cancelled"),
    Column("assignee_id", T("Person", zh="负责人"), "number", help="Key of the person whose task it is"),
    Column("role", T("Role", zh="岗位"), help="The role whose task it is, while nobody has taken it"),
)
_MOVE: Final = (
    Column("order", T("Order", zh="订单"), null=False, help="Number of the order"),
    Column("order_id", T("Order key", zh="订单键"), "number", null=False),
    Column("customer", T("Customer", zh="客户")),
    Column("action", T("Action", zh="操作"), null=False, help="Title of the action"),
    Column("step", T("Step key", zh="步骤键"), null=False, help="Key of the step the order stands in now"),
    Column("step_before", T("Step before", zh="原步骤"), null=False),
    Column("step_after", T("Step", zh="步骤"), null=False),
    Column("pending", T("Waits for", zh="等待审批"), help="Who must sign before the action is done"),
    Column("understood", T("Understood", zh="理解为"), "list", null=False, help="Dates and phones as understood"),
    Column("timers", T("Timers", zh="定时"), "list", null=False, help="What due timers did first"),
    Column("next_actions", T("Possible next", zh="接下来可做"), "list", null=False, help="Keys of actions"),
)
_LOGGED: Final = (
    Column("interaction", T("Interaction", zh="往来"), "number", null=False),
    Column("customer", T("Customer", zh="客户"), null=False),
    Column("channel", T("Channel", zh="渠道"), null=False),
    Column("order", T("Order", zh="订单")),
    Column("finished", T("Finished", zh="已完成"), "any", help="Numbers of the tasks that are done with it"),
    Column("follow_up", T("Follow-up", zh="下次跟进"), "number", help="Number of the task"),
    Column("due_at", T("Due", zh="到期"), "instant", help="When the follow-up is due"),
)
_CUSTOMER: Final = (
    Column("customer", T("Customer", zh="客户"), help="As typed: c12; null after --dry-run"),
    Column("customer_id", T("Customer key", zh="客户键"), "number", null=False),
    Column("name", T("Name", zh="姓名"), null=False),
)
_IMPORTED: Final = (
    *(
        Column(key, title, "number", null=False, help=meaning)
        for key, title, meaning in (
            ("rows", T("Rows", zh="行数"), "Rows read"),
            ("new", T("New", zh="新增"), "Customers entered"),
            ("completed", T("Completed", zh="补全"), "Customers who got what was missing"),
            ("known", T("Known", zh="已有"), "Rows that say nothing new"),
            ("repeated", T("Repeated", zh="重复"), "Rows whose customer stands further up"),
            ("refused", T("Faulty", zh="有误"), "Rows that were not taken"),
        )
    ),
    Column("errors", T("Faulty rows", zh="错误文件"), help="File that holds the faulty rows"),
    Column("columns", T("Columns", zh="列"), "any", help="What each heading was taken for"),
    Column("reasons", T("Reasons", zh="原因"), "any", help="Faults: line, column, why"),
)
_UNDONE: Final = (
    Column("undone", T("Undone", zh="已撤销"), "number", null=False, help="Number of the operation taken back"),
    Column("rows", T("Rows", zh="行数"), "number", null=False, help="Rows that are as they were"),
    Column("stays", T("Stays", zh="无法撤回"), "list", null=False, help="What cannot be taken back"),
    Column("void", T("Void", zh="作废"), "list", null=False, help="Numbers that are not used again"),
)
_TODAY: Final = (
    Column("at", T("At", zh="时刻"), "instant", help="The moment it was looked at", null=False),
    Column("staff", T("Staff", zh="员工"), help="Whose day it is", null=False),
    Column("counts", T("Counts", zh="数量"), "any", help="How many there are of each group; 100 means 100 or more"),
    Column("banner", T("Banner", zh="横幅"), help="What is wrong with the shop's timer"),
)
_CHANNELS: Final = (Column("file", T("File", zh="文件"), help="Where channels are configured", null=False),)
_CALENDAR: Final = Column("calendar", T("Calendar", zh="日历"), null=False)
_PERIOD: Final = (
    Column("report", T("Report", zh="报表"), null=False),
    Column("since", T("Since", zh="自"), "instant", null=False, help="Orders opened from then"),
    Column("until", T("Until", zh="至"), "instant", null=False, help="Orders opened before then"),
)

SHAPES: Final[dict[str, Shape | Change]] = {
    "today": Shape(("flow today",), "commands.today:FIELDS", "items", _TODAY),
    "find": Shape(("flow find",), "commands.find:FIELDS", "found"),
    "show-order": Shape(("flow show",), "pages.order:FIELDS"),
    "show-customer": Shape(("flow show",), "pages.customer:FIELDS"),
    "show-task": Shape(("flow show",), "pages.task:FIELDS"),
    "log": Change(("flow log",), _LOGGED),
    "do": Shape(("flow do",), "commands.do:PAGE"),
    "move": Change(("flow do", "flow new", "flow sign approve", "flow sign reject"), _MOVE),
    "task": Change(
        ("flow done", "flow task add", "flow task snooze", "flow task assign", "flow task skip"), _FOLLOW_UP
    ),
    "task-list": Shape(("flow task", "flow task list"), "commands.task:COLUMNS", "tasks"),
    "sign": Shape(("flow sign", "flow sign list"), "commands.sign:COLUMNS", "waiting"),
    "sign-why": Shape(("flow sign why",), "commands.sign:WHY"),
    "doc": Shape(("flow doc", "flow doc list"), "commands.doc:COLUMNS", "documents"),
    "doc-print": Change(
        ("flow doc print",),
        (
            Column("file", T("File", zh="文件"), null=False),
            Column("document_id", T("Id", zh="序号"), "number", null=False),
        ),
    ),
    "undo": Change(("flow undo", "flow redo"), _UNDONE),
    "customer": Change(("flow customer add", "flow customer edit"), _CUSTOMER),
    "customer-merge": Change(
        ("flow customer merge",),
        (
            Column("gone", T("Gone", zh="并入者"), "number", null=False, help="Key of the customer who is merged"),
            Column("kept", T("Kept", zh="保留者"), "number", null=False, help="Key of the customer who stays"),
        ),
    ),
    "customer-unmerge": Change(
        ("flow customer unmerge",),
        (
            Column("undid", T("Undid", zh="撤回"), "number", null=False, help="Number of the operation that merged"),
            Column("rows", T("Rows", zh="行数"), "number", null=False),
        ),
    ),
    "customer-import": Change(("flow customer import",), _IMPORTED),
    "customer-export": Change(
        ("flow customer export",),
        (
            Column("path", T("File", zh="文件"), null=False),
            Column("count", T("Customers", zh="客户数"), "number", null=False),
            Column("recorded", T("Recorded", zh="留痕"), "number", help="Operation that keeps the reason"),
        ),
    ),
    "history": Shape(("flow history",), "commands.history:COLUMNS", "operations"),
    "report-list": Shape(("flow report",), "commands.report:LISTED", "reports"),
    "report-funnel": Shape(("flow report",), "commands.report:FUNNEL", "rows", _PERIOD),
    "report-open": Shape(("flow report",), "commands.report:OPEN", "rows", _PERIOD[:1]),
    "report-page": Change(
        ("flow report",),
        (
            Column("report", T("Report", zh="报表"), null=False),
            Column("file", T("File", zh="文件"), null=False),
        ),
    ),
    "init": Change(
        ("flow init",),
        (
            Column("place", T("Place", zh="位置"), null=False),
            Column("staff", T("Login", zh="登录名"), null=False),
            Column("industries", T("Trades", zh="行业"), "list", null=False),
            Column("next", T("Next", zh="接下来"), "list", null=False, help="Commands to type next"),
        ),
    ),
    "demo": Change(
        ("flow demo",),
        (
            Column("place", T("Place", zh="位置"), null=False),
            Column("industry", T("Trade", zh="行业"), null=False),
            Column("try", T("Try", zh="试试"), "list", null=False, help="Commands to try"),
        ),
    ),
    "staff-list": Shape(("flow staff", "flow staff list"), "commands.staff:COLUMNS", "staff"),
    "staff": Change(("flow staff add", "flow staff edit", "flow staff role"), _STAFF),
    "staff-roles": Shape(("flow staff role",), "commands.staff:ROLES", "roles"),
    "staff-leave": Change(
        ("flow staff leave",),
        (
            *_STAFF,
            Column("first", T("First day", zh="第一天"), "day", null=False),
            Column("last", T("Last day", zh="最后一天"), "day", null=False),
            Column("deputy", T("Stand-in", zh="代理人"), help="Login"),
            Column("beside", T("Beside", zh="同时可签"), "yes_no", null=False, help="Signs beside them, not instead"),
            Column("role", T("Role", zh="岗位"), help="Only for this role"),
        ),
    ),
    "staff-deactivate": Change(("flow staff deactivate",), (*_STAFF, Column("to", T("To", zh="交接给"), help="Login"))),
    "settings-list": Shape(("flow settings", "flow settings list"), "commands.settings:COLUMNS", "settings"),
    "settings-show": Shape(("flow settings show",), "commands.settings:COLUMNS"),
    "settings": Change(("flow settings set", "flow settings reset"), _SETTING),
    "cal-explain": Shape(
        ("flow cal explain",),
        "commands.cal:DAYS",
        "days",
        (Column("result", T("Result", zh="结果"), "day", null=False), _CALENDAR),
    ),
    "cal-show": Shape(("flow cal show",), "commands.cal:DAYS", "days", (_CALENDAR,)),
    "cal-import": Change(
        ("flow cal import",),
        (
            Column("year", T("Year", zh="年份"), "number", null=False),
            Column("saved", T("Saved", zh="已存"), "number", null=False, help="Days that are new or corrected"),
            Column("days", T("Days", zh="日期"), "any", help="Each day and whether it is worked on"),
        ),
    ),
    "remind-run": Shape(("flow remind run",), "commands.remind:RUN"),
    "remind-preview": Shape(("flow remind preview",), "commands.remind:PREVIEW", "messages"),
    "remind-why": Shape(("flow remind why",), "commands.remind:STORY", "messages"),
    "remind-status": Shape(("flow remind status",), "commands.remind:STATUS"),
    "remind-resolve": Change(("flow remind resolve",), (Column("message", T("Message", zh="消息"), null=False),)),
    "remind-hand": Shape(("flow remind hand",), "commands.remind:BY_HAND", "messages"),
    "remind-check": Shape(("flow remind check",), "commands.remind:FINDINGS", "findings"),
    "remind-render": Shape(("flow remind render",), "commands.remind:WORDED", "words"),
    "remind-timer": Change(
        ("flow remind install", "flow remind uninstall"),
        (
            Column("scheduler", T("Scheduler", zh="调度器"), null=False),
            Column("plan", T("Plan", zh="计划"), "list", null=False, help="Files and commands, line by line"),
        ),
    ),
    "channel-list": Shape(("flow channel list",), "commands.channel:COLUMNS", "channels", _CHANNELS),
    "channel-test": Shape(("flow channel test",), "commands.channel:TRIED"),
    "plugin-list": Shape(("flow plugin", "flow plugin list"), "commands.plugin:LISTED", "plugins"),
    "plugin-check": Shape(("flow plugin check",), "commands.plugin:CHECKED", "plugins"),
    "plugin-show": Shape(("flow plugin show",), "commands.plugin:SHOWN"),
    "plugin-enable": Change(
        ("flow plugin enable",),
        (
            Column("plugin", T("Plugin", zh="插件"), null=False),
            Column("shared_roles", T("Shared roles", zh="同名岗位"), "any", help="Role and the other plugin of each"),
        ),
    ),
    "plugin-disable": Change(
        ("flow plugin disable",),
        (
            Column("plugin", T("Plugin", zh="插件"), null=False),
            Column("open_orders", T("Open orders", zh="未结订单"), "number", null=False),
        ),
    ),
    "plugin-new": Change(
        ("flow plugin new",),
        (
            Column("plugin", T("Plugin", zh="插件"), null=False),
            Column("folder", T("Folder", zh="目录"), null=False),
            Column("files", T("Files", zh="文件"), "list", null=False),
        ),
    ),
    "plugin-doctor": Shape(("flow plugin doctor",), "commands.plugin:DIAGNOSIS"),
    "db-upgrade": Shape(("flow db upgrade",), "commands.db:UPGRADED", "owners"),
    "db-backup": Shape(("flow db backup",), "commands.db:BACKED_UP"),
    "db-restore": Change(
        ("flow db restore",),
        (
            Column("file", T("File", zh="文件"), null=False),
            Column("kept", T("Kept", zh="原店铺"), help="File that holds what was there"),
        ),
    ),
    "db-copy": Shape(("flow db copy",), "commands.db:COPIED", "tables"),
    "db-check": Shape(("flow db check",), "commands.db:CHECKED"),
    "audit-head": Shape(("flow audit head",), "commands.audit:HEAD"),
    "audit-verify": Shape(("flow audit verify",), "commands.audit:FINDINGS"),
    "selftest-race": Shape(("flow selftest race",), "commands.selftest:FIELDS", "races"),
    "doctor": Shape(("flow doctor",), "commands.doctor:COLUMNS", "findings"),
}
"""Every published answer, by the name of its file ``docs/reference/json/<name>.json``."""

UNANSWERED: Final = frozenset({"flow shell"})
"""Commands that have no answer of their own."""
