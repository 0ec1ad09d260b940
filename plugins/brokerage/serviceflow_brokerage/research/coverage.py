"""Who writes about what, and the task of the day that says so. Source: brokerage.md section 5.14."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Final

from serviceflow.api import BadInput, Shop, Staff, T, TaskRow, Tx, instant_of, is_open, plain, table_of

from serviceflow_brokerage.tables.contact import BrokerCoverage, BrokerNote, BrokerTopic

RULE: Final = "brokerage:write-note"
CADENCES: Final = ("daily", "weekly", "none")


def cover(
    shop: Shop, tx: Tx, login: str, topic: str, subject: str = "", *, cadence: str = "none", due: str = "08:30"
) -> BrokerCoverage:
    """Say that an analyst writes about a topic (and a subject of it); the same again changes how often and when.

    Raises:
        BadInput: No such member of staff, topic or cadence, or no time of day.
    """
    staff = table_of(Staff)
    member = tx.one(Staff, staff.c.login == login)
    if member is None or member.id is None:
        raise _wrong(
            T("There is no member of staff {login}.", zh="没有员工 {login}。").of(login=login), "flow staff list"
        )
    if tx.get(BrokerTopic, topic) is None:
        raise _wrong(T("There is no topic {topic}.", zh="没有主题 {topic}。").of(topic=topic), "flow broker topic list")
    if cadence not in CADENCES:
        raise _wrong(T("“{word}” is no cadence.", zh="“{word}”不是频率。").of(word=cadence), ", ".join(CADENCES))
    try:
        due = time.fromisoformat(due).strftime("%H:%M")
    except ValueError:
        raise _wrong(T("“{due}” is no time of day.", zh="“{due}”不是时间。").of(due=due), "--due 08:30") from None
    table = table_of(BrokerCoverage)
    known = tx.one(BrokerCoverage, table.c.staff_id == member.id, table.c.topic == topic, table.c.subject == subject)
    if known is not None:
        return tx.change(known, cadence=cadence, due_time=due)
    return tx.add(BrokerCoverage(staff_id=member.id, topic=topic, subject=subject, cadence=cadence, due_time=due))


def _wrong(sentence: T, way_out: str) -> BadInput:
    return BadInput(sentence, plain(way_out), ref="broker.coverage")


def ask_for_notes(shop: Shop, tx: Tx, day: date) -> int:
    """Make the tasks of a day: daily ones on every business day, weekly ones on the last of a week."""
    calendar = shop.calendar("shop")
    if not is_open(calendar, day):
        return 0
    rest = [day + timedelta(days=n) for n in range(1, 7 - day.weekday())]
    weekly = not any(is_open(calendar, later) for later in rest)
    tasks, coverage = table_of(TaskRow), table_of(BrokerCoverage)
    titles = {t.code: T(t.title_en, zh=t.title_zh) for t in tx.all(BrokerTopic)}
    made = 0
    for row in tx.all(BrokerCoverage, coverage.c.cadence != "none"):
        if row.cadence == "weekly" and not weekly:
            continue
        subject = f"{row.id}/{day}"
        if tx.one(TaskRow, tasks.c.rule == RULE, tasks.c.subject == subject) is not None:
            continue
        about = T("{topic} {subject}", zh="{topic} {subject}") if row.subject else T("{topic}", zh="{topic}")
        about = about.of(topic=titles[row.topic], subject=row.subject)
        title = T("Write note: {about}", zh="撰写报告: {about}").of(about=about)
        due = instant_of(day, time.fromisoformat(row.due_time), shop.zone)
        tx.add(
            TaskRow(
                rule=RULE, subject=subject, title_en=title.to("en"), title_zh=title.to("zh"), due_at=due,
                assignee_id=row.staff_id, made_at=tx.now, stays=True,
            )
        )  # fmt: skip
        made += 1
    return made


def written(shop: Shop, tx: Tx, note: BrokerNote) -> None:
    """End the author's tasks of the day to write a note of the topic."""
    day = shop.local_day(tx.now)
    coverage, tasks = table_of(BrokerCoverage), table_of(TaskRow)
    mine = tx.all(BrokerCoverage, coverage.c.staff_id == note.author_id, coverage.c.topic == note.topic)
    subjects = [f"{row.id}/{day}" for row in mine]
    for task in tx.all(TaskRow, tasks.c.rule == RULE, tasks.c.state == "open", tasks.c.subject.in_(subjects)):
        tx.change(task, state="done", done_at=tx.now, done_by=note.author_id, result=note.title)
