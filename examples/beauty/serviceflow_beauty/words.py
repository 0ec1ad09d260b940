"""Words that stand in lists."""

from __future__ import annotations

from serviceflow.api import T

SKINS = {
    "dry": T("dry", zh="干性"), "oily": T("oily", zh="油性"), "mixed": T("mixed", zh="混合"),
    "sensitive": T("sensitive", zh="敏感"),
}  # fmt: skip
REACTIONS = {
    "none": T("none", zh="无"), "peeling": T("peeling", zh="脱皮"), "redness": T("redness", zh="红肿"),
    "other": T("other", zh="其他"),
}  # fmt: skip
RESULTS = {"ok": T("no reaction", zh="正常"), "reaction": T("reaction", zh="有反应")}
GENTLE = ("repair", "basic")
CLASSES = (*GENTLE, "whitening", "strong")
