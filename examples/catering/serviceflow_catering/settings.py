"""Every number of the house. Source: examples.md section 5."""

from __future__ import annotations

from serviceflow.api import Setting, T

SETTINGS = (
    Setting("cat.hold_minutes", "int", 15, T("Minutes a table is held", zh="留位分钟"), least=1),
    Setting("cat.turn_minutes", "int", 120, T("Minutes a table is taken", zh="用餐占位分钟"), least=1),
    Setting("cat.remind_hours", "int", 2, T("Hours before a visit to remind", zh="提前提醒小时")),
    Setting(
        "cat.wait_word_minutes", "int", 10, T("Minutes until the wait is told again", zh="等位告知间隔分钟"), least=1
    ),
    Setting("cat.order_minutes", "int", 10, T("Minutes until the order", zh="点单时限分钟"), least=1),
    Setting("cat.first_dish_minutes", "int", 20, T("Minutes until the first dish", zh="首菜时限分钟"), least=1),
    Setting("cat.dish_minutes", "int", 40, T("Minutes until every dish", zh="上齐时限分钟"), least=1),
    Setting("cat.problem_minutes", "int", 5, T("Minutes to solve a problem", zh="问题处理分钟"), least=1),
    Setting("cat.free_limit", "money", 5000, T("Remedy without the manager", zh="服务员可免金额")),
    Setting("cat.manager_limit", "money", 50000, T("Remedy of the manager", zh="经理可免金额")),
    Setting("cat.thanks_hours", "int", 2, T("Hours until thanks", zh="致谢间隔小时")),
    Setting("cat.return_cd", "int", 30, T("Days until we write again", zh="召回间隔天数"), least=1),
    Setting("cat.w_taste", "int", 2, T("Weight of a taste", zh="口味权重")),
    Setting("cat.w_like", "int", 3, T("Weight of a liked dish", zh="喜好权重")),
    Setting("cat.w_signature", "int", 1, T("Weight of a signature dish", zh="招牌权重")),
    Setting("cat.advise_max", "int", 5, T("Dishes advised at most", zh="最多推荐菜数"), least=1),
    Setting("cat.regular_visits", "int", 3, T("Visits of a regular", zh="常客到店次数"), least=1),
    Setting("cat.regular_days", "int", 90, T("Days they fall in", zh="常客统计天数"), least=1),
)
