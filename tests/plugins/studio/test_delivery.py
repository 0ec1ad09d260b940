"""Messages as customers get them, sent by a real run over real files. Source: studio.md sections 7 and 10."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from serviceflow.api import DocumentRow
from serviceflow.remind.run import run
from serviceflow.store.tables import Message
from serviceflow_studio.rehearsal import SHANGHAI, Rehearsal
from serviceflow_studio.tables import StudioPiece

from tests.plugins.studio.test_days import a1
from tests.plugins.studio.test_pieces import in_production, make


@pytest.fixture
def outbox(studio: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let text messages go into files, as letters do where no printer service is set up."""
    setup = tmp_path / "channels.toml"
    setup.write_text('[channel.sms]\nkind = "file"\n', encoding="utf-8")
    monkeypatch.setenv("FLOW_FILES", str(tmp_path))
    monkeypatch.setenv("FLOW_CHANNELS", str(setup))
    return tmp_path / "outbox"


def deliver(studio: Rehearsal, local: str) -> None:
    studio.at(local)
    run(studio.shop, confirm_clock=True)


def words(studio: Rehearsal, order: int, template: str) -> list[str]:
    """Return the words of the sent messages of a template."""
    return [m.body for m in studio.rows(Message, order_id=order, template=template) if m.state == "sent"]


def test_A1_the_reminder_names_the_earlier_arrival_and_the_balance_of_the_moment(
    studio: Rehearsal, outbox: Path
) -> None:
    case = a1(studio)
    studio.at("2025-03-05 11:00")
    studio.do(case, "book-shoot", date="2025-03-12", wave="09:00")
    deliver(studio, "2025-03-11 09:59:59")
    assert words(studio, case, "shoot-reminder") == []
    deliver(studio, "2025-03-11 10:00")
    assert words(studio, case, "shoot-reminder") == [
        "陈媛,明天2025-03-12拍摄,请08:40到店,带好发票和礼服券。请备好余款3199.00元。"
    ]


def test_A1_paid_before_the_reminder_it_names_the_wave_and_no_balance(studio: Rehearsal, outbox: Path) -> None:
    case = a1(studio)
    studio.at("2025-03-05 11:00")
    studio.do(case, "book-shoot", date="2025-03-12", wave="09:00")
    studio.at("2025-03-10 12:00")
    studio.do(case, "pay", amount="3199", method="card")
    deliver(studio, "2025-03-11 10:00")
    assert words(studio, case, "shoot-reminder") == ["陈媛,明天2025-03-12拍摄,请09:00到店,带好发票和礼服券。"]


def collected(studio: Rehearsal) -> int:
    """Return the case of A4, everything handed over on 2025-04-05."""
    case = in_production(studio)
    studio.at("2025-04-04 11:00")
    for day in ("2025-04-01", "2025-04-02", "2025-04-03"):  # what is old goes first, a few a day
        deliver(studio, f"{day} 12:00")
    studio.at("2025-04-04 11:00")
    make(studio, case, album=1, frame_20in=1, X_PHOTO=4, ENL24=1)
    deliver(studio, "2025-04-04 16:00")
    studio.at("2025-04-05 10:35")
    studio.do(case, "start-pickup", slip="yes")
    for piece in studio.rows(StudioPiece, order_id=case):
        studio.do(case, "count", piece=piece.code, ok=str(piece.qty), missing="0", defect="0")
    studio.do(case, "survey", **dict.fromkeys(
        ("reception", "dress", "makeup", "photography", "viewing", "product", "overall"), "5"))  # fmt: skip
    studio.do(case, "sign-pickup", customer_signed="yes")
    return case


def test_A4_one_letter_however_often_the_reminders_run(studio: Rehearsal, outbox: Path) -> None:
    case = collected(studio)
    assert words(studio, case, "pickup-reminder") == [
        "陈媛,您的相件已备好,明天2025-04-05 10:30请带取件单来取。相件较多或较大,请带人帮忙。"
    ]
    deliver(studio, "2025-04-12 10:00")
    assert words(studio, case, "thank-you-letter") == ["陈媛:愿照片陪您很久。若朋友也想拍照,您的爱情卡随时有效。"]
    for _ in range(2):
        deliver(studio, "2025-05-05 10:00")
    assert words(studio, case, "vip-letter") == ["陈媛:一个月了,近来可好?老朋友带新朋友来,两边都有礼。"]
    assert len(list(outbox.glob("*/*.txt"))) == sum(row.state == "sent" for row in studio.rows(Message))
    assert studio.step(case) == "aftercare"
    deliver(studio, "2025-05-06 00:00")
    assert studio.step(case) == "closed"


def test_a_letter_that_leaves_by_the_printer_is_drawn_up_and_posted_the_same_day(
    studio: Rehearsal, outbox: Path
) -> None:
    case = a1(studio)
    deliver(studio, "2025-03-02 10:00")
    assert studio.tasks(case)["post-letter"] == ["03-02 18:00"]
    [letter] = studio.rows(DocumentRow, order_id=case, key="letter")
    assert letter.facts == {
        "name": "陈媛",
        "address": "花园路 1 号",
        "words": "陈媛:谢谢您把这么重要的照片交给我的店。我们会用心准备每一步。",
    }
    assert letter.made_at == datetime(2025, 3, 2, 10, tzinfo=SHANGHAI)
