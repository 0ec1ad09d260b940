"""Every number of the trade, with its default; a shop changes it with `flow settings set`."""

from __future__ import annotations

from serviceflow.api import Setting, T

SETTINGS = (
    Setting("sprout.deposit_min", "money", 5000, T("Least deposit", zh="最低定金")),
    Setting("sprout.remind_days", "int", 1, T("Days before a visit to remind", zh="提前提醒天数"), most=30),
    Setting("sprout.no_show_minutes", "int", 30, T("Minutes until a no-show", zh="未到等待分钟"), least=1),
    Setting("sprout.care_days", "int", 3, T("Days until we ask how it went", zh="回访天数"), least=1),
)
