"""Words to guests. Source: examples.md section 7."""

from __future__ import annotations

from serviceflow.api import T, Template

CHANNELS = ("sms", "wechat", "hand")
TEMPLATES = (
    Template(
        "cat-remind",
        T(
            "{name}, a table for {party} at {time}, held {hold} minutes.",
            zh="{name}您好,{time}为您留了{party}位的座位,保留{hold}分钟。",
        ),
        "service",
        CHANNELS,
        fields=("party", "time", "hold"),
    ),
    Template(
        "cat-thanks",
        T(
            "Thank you for coming. Was everything good? Tell us if not.",
            zh="谢谢光临!今天吃得怎么样?有不满意请直接告诉我们。",
        ),
        "service",
        CHANNELS,
    ),
    Template(
        "cat-return",
        T(
            "{name}, we miss you; your {dish} is waiting. T to stop.",
            zh="{name}您好,好久不见,您喜欢的{dish}给您留着。回T退订",
        ),
        "marketing",
        CHANNELS,
        fields=("dish",),
    ),
)
