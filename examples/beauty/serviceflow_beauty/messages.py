"""Words to guests. Source: examples.md section 7."""

from __future__ import annotations

from serviceflow.api import T, Template

CHANNELS = ("sms", "wechat", "hand")
LEFT = T(
    "{name}, {left} sessions of {treatment} left, valid until {expires_on}.",
    zh="{name}您好,您的{treatment}疗程剩{left}次,{expires_on}到期。",
)
TEMPLATES = (
    Template(
        "bea-remind",
        T(
            "{name}, see you tomorrow {time} for {treatment}.",
            zh="{name}您好,明天{time}为您预约了{treatment},期待见到您。",
        ),
        "service",
        CHANNELS,
        fields=("time", "treatment"),
    ),
    Template(
        "bea-care",
        T(
            "{name}, after your treatment: {home_care}. Any discomfort, call {staff}.",
            zh="{name}您好,护理后请{home_care},有不适随时联系{staff}。",
        ),
        "service",
        CHANNELS,
        fields=("home_care", "staff"),
    ),
    Template("bea-low", LEFT, "service", CHANNELS, fields=("left", "treatment", "expires_on")),
    Template("bea-expire", LEFT, "service", CHANNELS, fields=("left", "treatment", "expires_on")),
)
