"""``flow remind``: send what is due, explain it, decide what nobody can know, set up the timer."""

from __future__ import annotations

import signal
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from serviceflow.errors import BadInput, ConfigError, Exit, FlowError
from serviceflow.texts import T, plain

from serviceflow_cli import out, refs
from serviceflow_cli.options import Yes
from serviceflow_cli.out import Column, label
from serviceflow_cli.prompt import confirm
from serviceflow_cli.session import current, interactive, reader, writing_shop

if TYPE_CHECKING:
    from types import FrameType

    from serviceflow.app import Shop
    from serviceflow.remind.install import Plan
    from serviceflow.remind.report import Report
    from serviceflow.remind.status import Status
    from serviceflow.remind.why import Story
    from serviceflow.store.read import Reader
    from serviceflow.store.tables import Message

app = typer.Typer(no_args_is_help=True)

MessageNumber = Annotated[str, typer.Argument(metavar="MESSAGE", help=label("Such as m88", zh="如 m88"))]
Scheduler = Annotated[
    str,
    typer.Option(
        "--scheduler", metavar="systemd|cron|launchd|schtasks", help=label("Instead of the usual one", zh="指定调度器")
    ),
]
Show = Annotated[bool, typer.Option("--show", help=label("Only show what would be done", zh="只显示, 不执行"))]


# -- run -----------------------------------------------------------------------------------------------------


RUN = [
    *(
        Column(key, title, "number", null=False)
        for key, title in (
            ("sent", T("Sent", zh="已发")),
            ("retry", T("To be tried again", zh="待重试")),
            ("uncertain", T("End unknown", zh="结果不明")),
            ("failed", T("Failed", zh="失败")),
            ("held", T("Put off", zh="推迟")),
            ("expired", T("Too late", zh="过时")),
            ("suppressed", T("Not allowed", zh="不允许")),
            ("cancelled", T("Cancelled", zh="取消")),
            ("merged", T("Merged", zh="合并")),
            ("recovered", T("Taken up again", zh="接续")),
            ("released", T("Released", zh="放行")),
            ("timers", T("Timers", zh="定时")),
            ("jobs", T("Jobs of trades", zh="行业任务")),
            ("digests", T("Staff digests", zh="员工摘要")),
            ("by_hand", T("Wait for a hand", zh="待人工")),
        )
    ),
    Column(
        "standing",
        T("Standing", zh="遗留"),
        "any",
        null=False,
        help="What a person must look at: failed, uncertain, overdue",
    ),
    Column("warnings", T("Warnings", zh="注意"), "list", null=False),
    Column("errors", T("Errors", zh="错误"), "list", null=False),
    Column(
        "clock_held", T("Clock held", zh="时钟存疑"), "yes_no", null=False, help="The clock leapt: nothing was done"
    ),
    Column("next", T("Next", zh="下一条"), "instant", help="When something is due next"),
]


@app.command("run")
def run_(
    confirm_clock: Annotated[
        bool, typer.Option("--confirm-clock", help=label("The clock is right although it leapt", zh="确认时钟无误"))
    ] = False,
    patience: Annotated[
        int,
        typer.Option("--wait", metavar="SECONDS", min=0, help=label("Wait for rates so long", zh="为频率限制最多等待")),
    ] = 120,
) -> None:
    """Do what is due: timers, messages, staff digest. Safe at any time, several at once."""
    current().silence_seen_to = True
    stopping = _stop_after_the_hand_over()
    report = _nothing_due() if not confirm_clock else None
    if report is None:
        from serviceflow.remind.run import run  # loads SQLModel and the trades: only when something is due

        with writing_shop() as shop:
            report = run(shop, confirm_clock=confirm_clock, patience=patience, stopping=stopping)
    if current().format == "json":
        out.page(RUN, {**report.summary(), "next": report.next_at}, lambda: None)
    else:
        _tell(report)
    if stopping():
        raise typer.Exit(int(Exit.INTERRUPTED))
    raise typer.Exit(int(report.exit_code))


def _nothing_due() -> Report | None:
    from serviceflow.remind.idle import idle
    from serviceflow.remind.settings import load_channels

    with reader() as read:
        return idle(read, load_channels(read))


def _stop_after_the_hand_over() -> Any:
    """Let the first Ctrl-C finish the hand-over in flight; the second one ends at once."""
    asked: list[bool] = []

    def ask(_number: int, _frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(True)
        out.talk(
            T("stopping after this message; Ctrl-C again stops at once", zh="发完当前消息后停止; 再按 Ctrl-C 立即停止")
        )

    signal.signal(signal.SIGINT, ask)
    return lambda: bool(asked)


def _tell(report: Report) -> None:
    count, standing = report.count, report.standing
    for warning in report.warnings:
        out.warn(warning)
    if report.held is not None:
        out.warn(report.held)
        out.talk(
            T(
                "  If the clock is right: flow remind run --confirm-clock",
                zh="  若时钟无误: flow remind run --confirm-clock",
            )
        )
        return
    words = [
        T("sent {n}", zh="已发 {n}").of(n=count["sent"]) if count["sent"] else None,
        T("timers {n}", zh="定时 {n}").of(n=count["timers"]) if count["timers"] else None,
        T("put off {n}", zh="推迟 {n}").of(n=count["held"]) if count["held"] else None,
        T("to be tried again {n}", zh="待重试 {n}").of(n=count["retry"]) if count["retry"] else None,
        T("not allowed {n}", zh="不允许 {n}").of(n=count["suppressed"]) if count["suppressed"] else None,
        T("too late {n}", zh="过时 {n}").of(n=count["expired"]) if count["expired"] else None,
        T("by hand {n}", zh="待人工 {n}").of(n=standing["by_hand"]) if standing["by_hand"] else None,
    ]
    said = [w for w in words if w is not None]
    if said:
        out.line(plain(" · ".join(str(w) for w in said)))
    if standing["by_hand"]:
        out.talk(T("  next: flow remind hand", zh="  下一步: flow remind hand"))
    for fault in report.failed:
        out.warn(fault)
    if any(standing[key] for key in ("failed", "uncertain", "overdue")):
        out.warn(
            T(
                "a person must look: failed {f}, end unknown {u}, overdue {o}: flow remind status",
                zh="请人工处理: 失败 {f}, 结果不明 {u}, 逾期 {o}: flow remind status",
            ).of(f=standing["failed"], u=standing["uncertain"], o=standing["overdue"])
        )


# -- looking ---------------------------------------------------------------------------------------------------

PREVIEW = [
    Column("message", T("Message", zh="消息"), null=False),
    Column("at", T("Leaves", zh="发出"), "instant", null=False),
    Column("title", T("", zh=""), null=False),
    Column("channel", T("Channel", zh="渠道")),
    Column("to", T("To", zh="收件人")),
    Column("why", T("Why", zh="原因"), give=3),
    Column("text", T("Text", zh="内容"), give=4),
    Column("what", T("What", zh="结果"), shown=False),
    Column("rule", T("Rule", zh="规则"), shown=False),
]


@app.command()
def preview(
    until: Annotated[str, typer.Option("--until", metavar="DATE", help=label("Until when", zh="截止时间"))] = "",
) -> None:
    """What would go out, and what would be held back. Changes nothing."""
    if not until and _nothing_foreseen():
        out.rows("messages", PREVIEW, [], empty=NOTHING)
        return
    from serviceflow.remind.preview import preview as foresee  # conditions and texts are the trades': loads them

    with writing_shop() as shop:
        end = shop.parse_instant(until, shop.clock.now()) if until else shop.clock.now()
        found = [
            {
                "message": f.mark,
                "at": f.at,
                "title": str(f.title),
                "channel": f.message.channel,
                "what": f.what,
                "to": f.message.recipient_name,
                "why": str(f.why),
                "text": f.body,
                "rule": f.message.rule,
            }
            for f in foresee(shop, end)
        ]
    out.rows("messages", PREVIEW, found, empty=NOTHING)
    if current().format == "text" and found:
        numbers = Counter(f["title"] for f in found)
        out.talk(plain(" · ".join(f"{title} {n}" for title, n in numbers.items())))


NOTHING = T("Nothing is due until then.", zh="到那时没有要发的消息。")


def _nothing_foreseen() -> bool:
    """Return whether the read path knows already that nothing is due now."""
    from serviceflow.remind.backlog import first_due, present

    with reader() as read:
        first = first_due(read)
        return first is None or first > present(read)


STORY = [
    Column("message", T("Message", zh="消息"), null=False),
    Column("rule", T("Rule", zh="规则"), null=False),
    Column("purpose", T("Purpose", zh="用途"), null=False),
    Column("channel", T("Channel", zh="渠道"), null=False),
    Column("state", T("State", zh="状态"), null=False),
    Column("reason", T("Reason", zh="原因"), null=False, help="What was decided last, and why"),
    Column("ref", T("Rule of the reason", zh="原因编号")),
    Column("due_at", T("Due", zh="到期"), "instant", null=False),
    Column("sent_at", T("Sent", zh="已发"), "instant"),
    Column("attempts", T("Tries", zh="次数"), "number", null=False),
    Column("order_id", T("Order key", zh="订单键"), "number"),
    Column("customer_id", T("Customer key", zh="客户键"), "number"),
    Column("events", T("Events", zh="经过"), "any", null=False, help="What happened to it: at, text"),
]


@app.command()
def why(
    ref: Annotated[
        str,
        typer.Argument(metavar="MESSAGE|ORDER|CUSTOMER", help=label("m88, an order, a customer", zh="m88、订单或客户")),
    ],
) -> None:
    """Why a message went or did not, with the facts of that moment."""
    import re

    with reader() as read:
        one = re.fullmatch(r"[mM]\d+(-\d+)?", ref.strip())
        stories = [_story(read, ref)] if one else _stories(read, ref)
    if current().format != "text":
        out.rows("messages", STORY, [s.data() for s in stories])
        return
    if not stories:
        out.talk(T("No message was ever planned here.", zh="从未计划过消息。"))
    for story in stories:
        _draw(story)


def _story(read: Reader, typed: str) -> Story:
    from serviceflow.remind.reasons import message_number, no_message
    from serviceflow.remind.why import message
    from serviceflow.remind.why import why as explain

    number = message_number(typed)
    found = message(read, number)
    if found is None:
        raise no_message(number)
    return explain(read, found)


def _stories(read: Reader, typed: str) -> list[Story]:
    from serviceflow.remind.why import messages_of
    from serviceflow.remind.why import why as explain

    try:
        found = messages_of(read, order_id=refs.pick_order(read, typed)["order_id"])
    except FlowError:
        found = messages_of(read, customer_id=refs.pick_customer(read, typed)["customer_id"])
    return [explain(read, row) for row in found]


def _draw(story: Story) -> None:
    message = story.message
    out.line(
        plain("{mark} {template} {who}  {state}").of(
            mark=story.mark, template=message["template"], who=message["recipient_name"], state=story.state
        ),
        "bold",
    )
    for event in story.events:
        out.paragraph(plain("{at}  {text}").of(at=out.moment(event.at), text=event.text), "  ")
    if story.way_out is not None:
        out.line(f"  {story.way_out}", "dim")


STATUS = [
    Column("alive", T("Alive", zh="定时正常"), "yes_no", help="Whether the timer runs; null before the first run"),
    Column("last_run", T("Last run", zh="上次运行"), "instant"),
    Column("oldest_due", T("Oldest due", zh="最早到期"), "instant"),
    Column("next", T("Next", zh="下一条"), "instant"),
    Column("ready", T("Ready", zh="待发"), "number", null=False),
    Column("by_hand", T("By hand", zh="待人工"), "number", null=False),
    Column("failed", T("Failed", zh="失败"), "number", null=False),
    Column("uncertain", T("End unknown", zh="结果不明"), "number", null=False),
    Column("overdue", T("Overdue", zh="逾期"), "number", null=False, help="Ready for more than a day"),
    Column("resting", T("Resting", zh="暂停的渠道"), "list", null=False, help="Channels that rest"),
    Column("broken", T("Broken", zh="有误的渠道"), "list", null=False, help="What is wrong with which channel"),
]


@app.command()
def status(
    max_age: Annotated[
        str,
        typer.Option(
            "--max-age",
            metavar="15m|2h",
            help=label("Alarm without a run for so long", zh="超过此时长未运行即报警"),
        ),
    ] = "15m",
) -> None:
    """Is the timer alive, what waits, what went wrong. Exit code 10 when a person must look."""
    from serviceflow.remind.status import status as look
    from serviceflow.spans import span_of

    current().silence_seen_to = True
    with reader() as read:
        found = look(read, most_age=span_of(max_age))
    out.page(STATUS, found.data(), lambda: _draw_status(found))
    raise typer.Exit(int(found.exit_code))


def _draw_status(found: Status) -> None:
    from serviceflow.remind.reasons import mark_of
    from serviceflow.remind.why import STATES

    if found.last_run is None:
        out.warn(T("No run yet: flow remind install", zh="尚未运行过: flow remind install"))
    elif found.alive:
        out.line(T("last run {at}", zh="上次运行 {at}").of(at=out.moment(found.last_run)))
    else:
        out.warn(
            T("Stopped: the last run was {at}. flow remind install", zh="已停: 上次运行 {at}。flow remind install").of(
                at=out.moment(found.last_run)
            )
        )
    out.line(
        T(
            "ready {ready} · by hand {by_hand} · overdue {overdue} · failed {failed} · end unknown {uncertain}",
            zh="待发 {ready} · 待人工 {by_hand} · 逾期 {overdue} · 失败 {failed} · 结果不明 {uncertain}",
        ).of(**found.counts)
    )
    if found.oldest_due is not None:
        out.line(T("oldest due {at}", zh="最早到期 {at}").of(at=out.moment(found.oldest_due)))
    if found.next_at is not None:
        out.line(T("next {at}", zh="下一条 {at}").of(at=out.moment(found.next_at)))
    for channel in found.resting:
        words = T("{name} rests until {at}: {why}", zh="{name} 暂停到 {at}: {why}")
        out.warn(words.of(name=channel["channel"], at=out.moment(channel["held_until"]), why=channel["reason"]))
    for fault in found.broken:
        out.warn(fault)
    for message in found.trouble:
        words = T(
            "{mark} {who} {state}: {why}   flow remind why {mark}",
            zh="{mark} {who} {state}: {why}   flow remind why {mark}",
        )
        out.line(
            words.of(
                mark=mark_of(message["id"], message["generation"]),
                who=message["recipient_name"],
                state=STATES[message["state"]],
                why=message["reason"],
            )
        )


# -- deciding --------------------------------------------------------------------------------------------------


@app.command()
def resolve(
    message: MessageNumber,
    sent: Annotated[bool, typer.Option("--sent", help=label("It arrived", zh="已送达"))] = False,
    resend: Annotated[bool, typer.Option("--resend", help=label("Send it once more", zh="再发一次"))] = False,
    drop: Annotated[bool, typer.Option("--drop", help=label("Leave it", zh="放弃"))] = False,
    because: Annotated[
        str, typer.Option("--because", metavar="TEXT", help=label("Kept as the reason", zh="原因"))
    ] = "",
) -> None:
    """Decide about a message whose end is unknown, or that failed."""
    from serviceflow.remind.decide import Decision
    from serviceflow.remind.decide import resolve as decide
    from serviceflow.remind.reasons import mark_of, message_number

    chosen: list[Decision] = []
    if sent:
        chosen.append("sent")
    if resend:
        chosen.append("resend")
    if drop:
        chosen.append("drop")
    if len(chosen) != 1:
        raise BadInput(
            T("Choose one: --sent, --resend or --drop.", zh="请选一项: --sent、--resend 或 --drop。"),
            plain(f"flow remind why {message}"),
            ref="remind.choice",
        )
    with writing_shop() as shop:
        decided = decide(shop, message_number(message), chosen[0], because or "-")
    mark = mark_of(decided.id, decided.generation)
    out.done(plain("{mark}: {why}").of(mark=mark, why=decided.reason), data={"message": mark})


@app.command()
def hand() -> None:
    """What a person sends: the next text ready to paste; Enter = sent, s = skipped with a reason, q = leave."""
    from serviceflow.remind.decide import put_back, sent_by_hand, show_next, skipped_by_hand

    with writing_shop() as shop:
        _warn_of_quiet_hours(shop)
        seen: set[int] = set()
        if current().format != "text" or not interactive():
            _list_by_hand(shop)
            return
        while (found := show_next(shop, seen)) is not None:
            message, letter = found
            out.line(plain("{mark}  {who}  {to}").of(mark=letter.mark, who=letter.name, to=letter.address), "bold")
            _lines(letter.body)
            if _copy(letter.body):
                out.talk(T("(copied)", zh="(已复制)"))
            try:
                answer, why = _asked_about()
            except (EOFError, KeyboardInterrupt):
                put_back(shop, message)
                raise
            if answer == "":
                sent_by_hand(shop, message)
            elif answer == "s":
                skipped_by_hand(shop, message, why)
            else:
                put_back(shop, message)
                if answer == "q":
                    return
    out.talk(T("Nothing waits for a hand.", zh="没有待人工发送的消息。"))


def _asked_about() -> tuple[str, str]:
    """Return the key that was typed, and the reason where the message is skipped."""
    keys = T("Enter sent · s skip · n next · q leave: ", zh="回车=已发 · s 跳过 · n 下一条 · q 离开: ")
    answer = input(str(keys)).strip().lower()
    return answer, (input(str(T("Why: ", zh="原因: "))).strip() or "-") if answer == "s" else ""


def _warn_of_quiet_hours(shop: Shop) -> None:
    """Say that customers rest now; a person may know better."""
    from serviceflow.remind.permits import end_of_quiet

    until = end_of_quiet(shop, shop.clock.now())
    if until is not None:
        out.warn(
            T(
                "Quiet hours until {at}: write now only what cannot wait.", zh="免打扰时段至 {at}: 非急事请勿现在发送。"
            ).of(at=out.moment(until))
        )


BY_HAND = [
    Column("message", T("Message", zh="消息"), null=False),
    Column("to", T("To", zh="收件人")),
    Column("address", T("Address", zh="联系方式")),
    Column("text", T("Text", zh="内容"), give=3),
]


def _list_by_hand(shop: Shop) -> None:
    from serviceflow.remind.decide import put_back, show_next

    taken: list[tuple[Message, Any]] = []
    seen: set[int] = set()
    while (found := show_next(shop, seen)) is not None:
        taken.append(found)
    for message, _ in taken:
        put_back(shop, message)
    rows = [
        {"message": letter.mark, "to": letter.name, "address": letter.address, "text": letter.body}
        for _, letter in taken
    ]
    out.rows("messages", BY_HAND, rows, empty=T("Nothing waits for a hand.", zh="没有待人工发送的消息。"))


def _copy(text: str) -> bool:
    """Copy a text for pasting: through the Windows clipboard, else by the terminal itself (OSC 52)."""
    import base64
    import os
    import subprocess
    import sys

    if sys.platform == "win32":
        ran = subprocess.run(["clip.exe"], input=text.encode("utf-16le"), check=False)
        return ran.returncode == 0
    if not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return False
    sys.stdout.write(f"\033]52;c;{base64.b64encode(text.encode()).decode()}\a")
    sys.stdout.flush()
    return True


# -- texts -------------------------------------------------------------------------------------------------------

FINDINGS = [
    Column("template", T("Template", zh="模板"), null=False),
    Column("language", T("Language", zh="语言"), null=False),
    Column("rule", T("Rule", zh="规则"), null=False),
    Column("text", T("What", zh="问题"), null=False, give=3),
]


@app.command()
def check(
    trade: Annotated[str, typer.Argument(metavar="TRADE", help=label("Only this one", zh="仅此行业"))] = "",
) -> None:
    """Find what a provider would refuse, before it is planned."""
    from serviceflow.remind.check import check as lint

    with writing_shop() as shop:
        found = [
            {"template": f.template, "language": f.language, "rule": f.rule, "text": str(f.text)}
            for f in lint(shop, trade or None)
        ]
    out.rows("findings", FINDINGS, found, empty=T("√ Nothing to find fault with.", zh="√ 没有发现问题。"))
    raise typer.Exit(int(Exit.ATTENTION if found else Exit.DONE))


WORDED = [
    Column("language", T("Language", zh="语言"), null=False),
    Column("variant", T("Variant", zh="变体"), null=False, help="Empty: the usual words"),
    Column("subject", T("Subject", zh="主题"), null=False),
    Column("body", T("Text", zh="内容"), null=False),
]


@app.command()
def render(
    template: Annotated[
        str, typer.Argument(metavar="TEMPLATE", help=label("Such as studio:booked-sms", zh="如 studio:booked-sms"))
    ],
    order: Annotated[str, typer.Argument(metavar="ORDER", help=label("An order", zh="订单"))],
) -> None:
    """The words of a template with a real order, in both languages."""
    from serviceflow.remind.rehearse import rehearse

    with writing_shop() as shop:
        found = rehearse(shop, template, refs.order_id(order))
    if current().format != "text":
        rows = (
            {"language": language, "variant": variant, "subject": words.subject, "body": words.body}
            for language, variant, words in found
        )
        out.rows("words", WORDED, rows)
        return
    for language, variant, words in found:
        out.line(plain(f"[{language}{' ' + variant if variant else ''}] {words.subject}"), "bold")
        _lines(words.body)


def _lines(text: str) -> None:
    for line in text.split("\n"):
        out.line(line)


# -- timer -------------------------------------------------------------------------------------------------------


@app.command()
def install(
    scheduler: Scheduler = "",
    show: Show = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help=label("Wait for the first run", zh="等待首次运行"))
    ] = True,
    yes: Yes = False,
) -> None:
    """Set up the timer that runs every five minutes; shows what it writes first, and waits for the first run."""
    from serviceflow.remind import install as timer
    from serviceflow.remind.timer import MINUTES

    current().silence_seen_to = True
    with writing_shop() as shop:
        plan = timer.plan_install(shop, _scheduler(scheduler), login=current().login)
        if _shown(plan, show):
            return
        confirm(T("Go on?", zh="继续?"), yes=yes)
        since = timer.moment(shop)
        timer.carry_out(plan)
        if wait:
            out.talk(T("  waiting for the first run …", zh="  等待首次运行 …"))
            if not timer.wait_for_run(shop, since, (MINUTES + 2) * 60):
                raise ConfigError(
                    T("{name} is set up, but no run came.", zh="{name}已设置, 但没有运行。").of(
                        name=timer.TITLES[plan.scheduler]
                    ),
                    timer.LOGS[plan.scheduler],
                    ref="remind.silent",
                )
    words = T("{name} is set up; it runs every {n} minutes", zh="{name}已设置, 每 {n} 分钟运行一次")
    out.done(words.of(name=timer.TITLES[plan.scheduler], n=MINUTES), data=_plan_facts(plan))
    if plan.scheduler == "systemd":
        out.talk(
            T(
                "  to run when nobody is signed in: loginctl enable-linger",
                zh="  无人登录时也运行: loginctl enable-linger",
            )
        )


@app.command()
def uninstall(scheduler: Scheduler = "", show: Show = False, yes: Yes = False) -> None:
    """Take the timer away."""
    from serviceflow.remind import install as timer

    plan = timer.plan_uninstall(_scheduler(scheduler))
    if _shown(plan, show):
        return
    confirm(T("Go on?", zh="继续?"), yes=yes)
    timer.carry_out(plan)
    out.done(T("{name} is removed", zh="{name}已移除").of(name=timer.TITLES[plan.scheduler]), data=_plan_facts(plan))


def _shown(plan: Plan, only: bool) -> bool:
    """Show what would be done; return whether that was all."""
    if current().format == "text":
        _lines(plan.shown())
    elif only:
        out.done(T("nothing was done", zh="未执行"), data={**_plan_facts(plan), "dry_run": True})
    return only


def _plan_facts(plan: Plan) -> dict[str, Any]:
    return {"scheduler": plan.scheduler, "plan": plan.shown().split("\n")}


def _scheduler(typed: str) -> Any:
    from serviceflow.remind.install import SCHEDULERS, usual_scheduler

    if typed and typed not in SCHEDULERS:
        raise BadInput(
            T("There is no scheduler {typed}.", zh="没有调度器 {typed}。").of(typed=typed),
            plain("flow remind install --scheduler " + "|".join(SCHEDULERS)),
            ref="remind.scheduler",
        )
    return typed or usual_scheduler()
