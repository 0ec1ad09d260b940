"""A studio's Wednesday for the tests of screens: rows as the engine would have left them at 2026-11-25 10:20."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from serviceflow.clock import SetClock
from serviceflow.names import find_keys
from serviceflow.store.tables import (
    CatalogueAction,
    CatalogueFlow,
    CatalogueStep,
    Contact,
    Customer,
    FindKey,
    Interaction,
    Message,
    Order,
    OrderAction,
    OrderClock,
    Request,
    Slot,
    Staff,
    StaffRole,
    Task,
)
from serviceflow.testing.fixtures import Furnish
from serviceflow.texts import speak

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.store.write import Tx

FLOW, VERSION = "atelier-case", 1
STEPS = (
    ("reception", "Reception", "接待", True, False),
    ("booked", "Deposit paid", "已付定", True, False),
    ("scheduled", "Shoot booked", "已预约", True, False),
    ("viewing", "Viewing", "看样", True, False),
    ("done", "Picked up", "已取件", True, True),
    ("lost", "Lost", "流失", False, True),
)
ACTIONS = (
    ("reception", "take-deposit", "Take deposit", "收定金", "cashier", "amount= method=", True),
    ("reception", "lose", "Lost", "流失", "consultant", "reason=", True),
    ("reception", "discount", "Discount", "打折", "consultant", "percent=", False),
    ("booked", "book-shoot", "Book the shoot", "预约拍摄", "consultant", "date=", True),
    ("booked", "discount", "Discount", "打折", "consultant", "percent=", False),
    ("scheduled", "start-viewing", "Start viewing", "开始看样", "viewer", "", True),
)


def at(day: int, clock: str, month: int = 11) -> datetime:
    """Return a moment of 2026, written in Shanghai time."""
    hour, minute = map(int, clock.split(":"))
    return datetime.fromisoformat(f"2026-{month:02}-{day:02}T{hour:02}:{minute:02}:00+08:00").astimezone(UTC)


def customer(tx: Tx, name: str, phone: str, made: datetime) -> int:
    """Enter a customer with a phone and the keys to find him by."""
    row = tx.add(Customer(name=name, created_at=made, source="walk-in", owner_id=1))
    tx.add(Contact(customer_id=row.id, kind="phone", value=f"+86{phone}", shown=phone))
    for key in sorted(find_keys(name, phones=[f"+86{phone}"])):
        tx.add(FindKey(key=key, customer_id=row.id))
    assert row.id is not None
    return row.id


def order(tx: Tx, seq: int, customer_id: int | None, step: str, opened: datetime) -> int:
    """Open an order that stands in ``step``."""
    row = tx.add(
        Order(
            number=f"S-2026-{seq:04}", seq=seq, customer_id=customer_id, flow=FLOW, flow_version=VERSION, step=step,
            entered_at=opened, owner_id=1, amount=319900, opened_at=opened,
        )
    )  # fmt: skip
    assert row.id is not None
    return row.id


def task(tx: Tx, title: tuple[str, str], due: datetime, **more: object) -> int:
    """Make an open task."""
    row = tx.add(Task(title_en=title[0], title_zh=title[1], due_at=due, made_at=at(20, "10:00"), **more))
    assert row.id is not None
    return row.id


def fill(shop: Shop) -> None:
    """Live the studio's month into a shop."""
    with shop.write("fixture") as tx:
        tx.add(
            CatalogueFlow(plugin="atelier", flow=FLOW, version=VERSION, digest="-", title_en="Case", title_zh="客单")
        )
        for position, (key, en, zh, on_path, final) in enumerate(STEPS):
            tx.add(
                CatalogueStep(
                    flow=FLOW, version=VERSION, step=key, position=position, final=final, on_path=on_path,
                    role="consultant", title_en=en, title_zh=zh,
                    hint_en="Ask for the wedding day." if key == "booked" else "",
                    hint_zh="问一下婚期。" if key == "booked" else "",
                )
            )  # fmt: skip
        for position, (step, key, en, zh, roles, fields, moves) in enumerate(ACTIONS):
            tx.add(
                CatalogueAction(
                    flow=FLOW, version=VERSION, step=step, action=key, position=position, roles=roles, fields=fields,
                    moves=moves, signs=key == "discount", title_en=en, title_zh=zh,
                )
            )  # fmt: skip
        for position, (_, key, en, zh, roles, fields, moves) in enumerate({row[1]: row for row in ACTIONS}.values()):
            tx.add(
                CatalogueAction(
                    flow=FLOW, version=VERSION, step="*", action=key, position=position, roles=roles, fields=fields,
                    moves=moves, signs=key == "discount", title_en=en, title_zh=zh,
                )
            )  # fmt: skip
        anna = tx.add(Staff(login="anna", name="Anna", superior_id=1, phone="+8613900009999"))
        if tx.get(StaffRole, 1, "consultant") is None:
            tx.add(StaffRole(staff_id=1, role="consultant"))
        tx.add(StaffRole(staff_id=anna.id, role="viewer"))
        wang = customer(tx, "王小明", "13800000001", at(1, "10:00"))
        li = customer(tx, "李丽", "13900000002", at(2, "10:00"))
        zhao = customer(tx, "赵敏", "13700000003", at(3, "10:00"))
        customer(tx, "李小明", "13600000005", at(4, "10:00"))
        twelve = order(tx, 12, wang, "booked", at(19, "15:00"))
        nine = order(tx, 9, li, "scheduled", at(10, "11:00"))
        four = order(tx, 4, zhao, "reception", at(5, "16:30"))
        for key, order_id, before, after, when in (
            ("take-deposit", twelve, "reception", "booked", at(20, "09:30")),
            ("take-deposit", nine, "reception", "booked", at(11, "14:00")),
            ("book-shoot", nine, "booked", "scheduled", at(12, "10:15")),
        ):
            tx.add(
                OrderAction(
                    order_id=order_id, action=key, from_step=before, to_step=after, entry=1, at=when, recorded_at=when,
                    staff_id=1,
                )
            )  # fmt: skip
        tx.add(
            Interaction(customer_id=wang, order_id=twelve, at=at(19, "15:00"), staff_id=1, summary="来店咨询, 想拍外景")
        )
        task(tx, ("Urge to fix a shoot date", "催拍"), at(23, "18:00"), rule="studio:urge", assignee_id=1,
             customer_id=wang, order_id=twelve)  # fmt: skip
        task(tx, ("Viewing", "看样"), at(25, "14:00"), rule="studio:viewing", role="consultant", customer_id=li,
             order_id=nine, closed_by="start-viewing")  # fmt: skip
        task(tx, ("Call back", "回访"), at(25, "18:00"), assignee_id=1, customer_id=zhao, order_id=four)
        task(tx, ("Buy paper", "买相纸"), at(25, "16:00"), assignee_id=anna.id)
        task(tx, ("Next month", "下月计划"), at(20, "10:00", 12), assignee_id=1)
        tx.add(
            OrderClock(
                order_id=twelve, key="step", title_en="Fix a shoot date", title_zh="约定拍摄",
                started_at=at(20, "09:30"), due_at=at(25, "20:00"), closed=True,
            )
        )  # fmt: skip
        request = tx.add(
            Request(
                order_id=four, action="discount", routes="studio:discount", requested_by=anna.id,
                requested_at=at(25, "09:05"), why_en="12 % is above 10 %", why_zh="12% 超过 10%",
            )
        )  # fmt: skip
        tx.add(Slot(request_id=request.id, stage=0, role="manager"))
        for state, template, due, reason in (
            ("planned", "booked-sms", at(28, "10:00"), ""),
            ("failed", "thanks", at(24, "10:00"), "isv.SIGN_STATE"),
        ):
            tx.add(
                Message(
                    rule=f"studio:{template}", template=template, purpose="service", channel="sms", customer_id=wang,
                    order_id=twelve, recipient="+8613800000001", recipient_name="王小明", due_at=due,
                    occurrence=f"{template}/{twelve}", state=state, reason=reason, made_at=at(20, "09:30"),
                )
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What a line gave."""

    code: int
    out: str
    err: str


Flow = Callable[..., Answer]


class _Screen(io.TextIOWrapper):
    """A stream of a given encoding that says whether it is a terminal."""

    def __init__(self, encoding: str, terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    def text(self) -> str:
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode(self.encoding)


@pytest.fixture
def furnish() -> Furnish:
    return fill


@pytest.fixture
def studio(shop: Shop) -> Shop:
    """The shop of the fixture ``shop``, lived in."""
    return shop


@pytest.fixture
def flow(studio: Shop, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """Run a line in this process on a screen of a given size, encoding and kind."""
    from serviceflow_cli.glyphs import survive
    from serviceflow_cli.main import run

    def line(
        *words: str,
        width: int | None = 80,
        encoding: str = "utf-8",
        terminal: bool = True,
        language: str = "zh",
        color: bool = False,
    ) -> Answer:
        address = str(studio.place.path or studio.place.url)
        out, err = _Screen(encoding, terminal), _Screen(encoding, terminal)
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            for name in ("FLOW_LANG", "FLOW_DB", "FLOW_STAFF", "FLOW_DEBUG", "NO_COLOR", "COLUMNS"):
                patch.delenv(name, raising=False)
            if width is not None:
                patch.setenv("COLUMNS", str(width))
            if not color:
                patch.setenv("NO_COLOR", "1")
            patch.setenv("TERM", "xterm")
            survive(out, err)
            lang = ["--lang", language] if language else []
            code = run(["--db", address, "--as", "xiaomei", *lang, *words], clock=clock)
        speak("en")
        return Answer(code, out.text(), err.text())

    return line


SCREENS = Path(__file__).parents[2] / "screens"


@pytest.fixture
def approved() -> Callable[[str, str], None]:
    """Compare a screen with the approved one; ``SERVICEFLOW_APPROVE=1`` approves what is printed now."""

    def compare(name: str, screen: str) -> None:
        file = SCREENS / f"{name}.txt"
        if os.environ.get("SERVICEFLOW_APPROVE"):
            file.write_text(screen, encoding="utf-8")
        assert screen == file.read_text(encoding="utf-8")

    return compare
