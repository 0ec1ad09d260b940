"""Words that stand in lists: tastes, problems, remedies."""

from __future__ import annotations

from serviceflow.api import T

TASTES = {
    "sour": T("sour", zh="酸"),
    "sweet": T("sweet", zh="甜"),
    "salty": T("salty", zh="咸"),
    "spicy": T("spicy", zh="辣"),
    "numbing": T("numbing", zh="麻"),
    "light": T("light", zh="清淡"),
}
KINDS = {
    "taste": T("taste", zh="口味"),
    "missing": T("missing dish", zh="漏菜"),
    "late": T("late", zh="上菜慢"),
    "wrong": T("wrong dish", zh="上错"),
    "foreign-object": T("foreign object", zh="异物"),
    "illness": T("illness", zh="身体不适"),
    "service": T("service", zh="服务"),
}
DANGEROUS = ("foreign-object", "illness")
REMEDIES = {
    "change": T("change", zh="更换"),
    "rush": T("rush", zh="催菜"),
    "redo": T("redo", zh="重做"),
    "free": T("free", zh="免单"),
    "discount": T("discount", zh="折扣"),
    "apology": T("apology", zh="致歉"),
}
