"""What a branch begins with: service plans, watch rules, topics and the sample questionnaire.

Source: brokerage.md sections 5.4, 5.5, 5.10, 5.14.
"""

from __future__ import annotations

from typing import Any, Final

from serviceflow.api import Tx

from serviceflow_brokerage.segment.rulefile import shipped
from serviceflow_brokerage.tables.contact import BrokerTopic
from serviceflow_brokerage.tables.products import BrokerQuestionnaire
from serviceflow_brokerage.tables.segments import BrokerRuleset, BrokerServicePlan, BrokerWatchRule

PLANS: Final = (
    ("new", 10, ["phone", "wechat"], ["brief", "education"], 4),
    ("core", 14, ["visit", "phone"], ["brief", "sector", "stock"], 8),
    ("trader", 30, ["wechat", "phone"], ["brief", "stock"], 12),
    ("onsite-mature", 30, ["face-to-face", "phone"], ["brief", "education"], 4),
    ("central-online", 60, ["wechat", "phone"], ["brief", "sector"], 8),
    ("remote", 60, ["phone"], ["weekly", "education"], 4),
    ("dormant", 90, ["phone"], ["weekly"], 2),
    ("general", 180, ["phone"], ["weekly"], 4),
)
TOPICS: Final = (
    ("brief", "Morning brief", "晨报"),
    ("sector", "Sector", "行业"),
    ("stock", "Stock", "个股"),
    ("weekly", "Weekly", "周报"),
    ("education", "Investor education", "投教"),
)


def _all(*leaves: tuple[Any, ...]) -> dict[str, Any]:
    return {"all": [{"field": f, "op": op, **({"value": v[0]} if v else {})} for f, op, *v in leaves]}


WATCH: Final[tuple[tuple[str, str, str, str, dict[str, Any], str, int, bool, str | None], ...]] = (
    (
        "asset-drop",
        "Assets dropped",
        "资产下降",
        "state",
        _all(("drop_base", "ge", "$watch_asset_min_fen"), ("asset_drop_bp", "ge", "$asset_drop_bp")),
        "high",
        30,
        False,
        "broker.retention",
    ),
    (
        "large-withdrawal",
        "Large withdrawal",
        "大额转出",
        "event",
        _all(("ev_withdrawals", "ge", "$large_withdrawal_fen"), ("ev_withdrawal_bp", "ge", "$large_withdrawal_bp")),
        "high",
        0,
        False,
        "broker.retention",
    ),
    (
        "no-trade",
        "No trade for long",
        "久未交易",
        "state",
        _all(("status", "eq", "active"), ("days_since_trade", "ge", "$no_trade_days")),
        "mid",
        90,
        True,
        None,
    ),
    (
        "commission-drop",
        "Commission dropped",
        "佣金下降",
        "state",
        _all(("com_prev", "ge", "$commission_drop_min_fen"), ("com_drop_bp", "ge", "$commission_drop_bp")),
        "mid",
        30,
        False,
        None,
    ),
    (
        "client-loss",
        "Client makes losses",
        "客户亏损",
        "state",
        _all(("drop_base", "ge", "$watch_asset_min_fen"), ("loss_bp", "ge", "$client_loss_bp")),
        "mid",
        30,
        False,
        None,
    ),
    (
        "large-deposit",
        "Large deposit",
        "大额转入",
        "event",
        _all(("ev_deposits", "ge", "$large_deposit_fen")),
        "mid",
        0,
        False,
        None,
    ),
    (
        "risk-expired",
        "Assessment expired",
        "测评过期",
        "state",
        _all(("risk_days_left", "le", 0)),
        "mid",
        0,
        True,
        None,
    ),
    (
        "risk-expiring",
        "Assessment expires soon",
        "测评将到期",
        "state",
        _all(("risk_days_left", "between", [1, "$risk_notice_days"])),
        "low",
        0,
        True,
        None,
    ),
    (
        "never-traded",
        "Opened and never traded",
        "开户未交易",
        "state",
        _all(("traded_ever", "eq", False), ("days_since_open", "ge", "$never_traded_days")),
        "low",
        90,
        True,
        None,
    ),
    (
        "idle-cash",
        "Idle cash",
        "资金闲置",
        "state",
        _all(("cash_bp", "ge", "$idle_cash_bp"), ("cash_now", "ge", "$idle_cash_fen")),
        "low",
        60,
        True,
        None,
    ),
    ("profile-change", "File changed", "资料变动", "event", {}, "low", 0, False, None),
)

_POINTS: Final = (("A", 2), ("B", 5), ("C", 8), ("D", 10))
_QUESTIONS: Final[tuple[tuple[str, str, tuple[str, str, str, str], str | None], ...]] = (
    ("age", "您的年龄段", ("60岁以上", "18至30岁", "46至60岁", "31至45岁"), None),
    ("income", "您的主要收入来源", ("无固定收入", "退休金", "工资薪金", "经营或投资收入"), None),
    ("assets", "可用于投资的资产", ("10万元以下", "10万至50万元", "50万至200万元", "200万元以上"), None),
    ("share", "投资占家庭资产的比例", ("70%以上", "50%至70%", "25%至50%", "25%以下"), None),
    ("knowledge", "对金融产品的了解", ("不了解", "略有了解", "比较了解", "专业从业"), None),
    ("experience", "投资经验年限", ("无", "1年以内", "1至5年", "5年以上"), None),
    ("history", "投资过的品种", ("仅存款", "债券或货币基金", "股票或混合基金", "期权、期货等"), None),
    ("horizon", "计划投资期限", ("1年以内", "1至3年", "3至5年", "5年以上"), None),
    ("loss", "能承受的最大损失", ("10%以内", "10%至20%", "20%至40%", "40%以上"), "不愿承担任何损失"),
    ("capacity", "民事行为能力", ("需他人协助", "初次投资", "可独立决策", "熟悉业务规则"), "不具备完全民事行为能力"),
)


def _questionnaire() -> list[dict[str, Any]]:
    found = []
    for key, words, answers, knock_out in _QUESTIONS:
        options: list[dict[str, Any]] = [
            {"key": letter, "text": answer, "points": points, "knock_out": False}
            for (letter, points), answer in zip(_POINTS, answers, strict=True)
        ]
        if knock_out is not None:
            options.append({"key": "X", "text": knock_out, "points": 0, "knock_out": True})
        found.append({"key": key, "text": words, "options": options})
    return found


def install(tx: Tx) -> None:
    """Give a shop the branch's rules, plans, watch rules, topics and questionnaire."""
    import hashlib

    toml = shipped()
    tx.add(BrokerRuleset(version=1, sha256=hashlib.sha256(toml.encode()).hexdigest(), toml=toml, at=tx.now))
    for segment, contact_days, channels, topics, cap in PLANS:
        tx.add(
            BrokerServicePlan(
                segment=segment,
                contact_days=contact_days,
                contact_channels=channels,
                topics=topics,
                max_marketing_30d=cap,
            )
        )
    for position, (key, en, zh, kind, condition, severity, cooldown, auto, flow) in enumerate(WATCH, start=1):
        tx.add(
            BrokerWatchRule(
                id=key,
                position=position,
                title_en=en,
                title_zh=zh,
                kind=kind,
                condition=condition,
                severity=severity,
                cooldown_days=cooldown,
                auto_cancel=auto,
                start_flow=flow,
            )
        )
    for code, en, zh in TOPICS:
        tx.add(BrokerTopic(code=code, title_en=en, title_zh=zh))
    tx.add(BrokerQuestionnaire(version=1, questions=_questionnaire()))
