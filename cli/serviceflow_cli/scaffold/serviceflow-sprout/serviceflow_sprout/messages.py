"""Words to customers. `{name}` is known to every message; the other fields come from the flow's facts."""

from __future__ import annotations

from serviceflow.api import T, Template

TEMPLATES = (
    Template(
        "sprout-remind",
        T("{name}, we expect you at {time}.", zh="{name}您好, {time}恭候您的光临。"),
        "service",
        ("sms", "hand"),
        fields=("time",),
    ),
)
