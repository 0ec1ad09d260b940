"""The dispatcher's board kept on the screen of a real terminal. Source: studio.md section 8, issue 3 point 2."""

from __future__ import annotations

import os
import pty
import signal

import pytest
from serviceflow.testing.lines import on_terminal, read_until
from serviceflow_studio.rehearsal import Rehearsal

from tests.plugins.studio.test_days import a1

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_the_floor_is_shown_anew_until_somebody_stops_it(studio: Rehearsal) -> None:
    case = a1(studio)
    studio.do(case, "pay", amount="3199", method="cash")
    studio.do(case, "book-shoot", date="2025-03-12", wave="09:00")
    studio.staff("xiaomei")
    ours, theirs = pty.openpty()
    watching = on_terminal(studio.shop, theirs, "studio", "floor", "2025-03-12", "--watch", "--every", "1")
    try:
        assert "ST0001" in read_until(ours, "ST0001")
        studio.at("2025-03-12 08:50")
        studio.do(case, "check-in", slip="yes")  # from another desk
        shown = read_until(ours, "恭迎登记")
        assert "\x1b[2J\x1b[H" in shown
        os.killpg(watching.pid, signal.SIGINT)
        assert watching.wait(20) == 130
    finally:
        watching.kill()
        os.close(theirs)
        os.close(ours)
