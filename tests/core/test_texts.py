"""Texts: both languages, facts filled by name only."""

from __future__ import annotations

import pytest
from serviceflow.texts import T, language_of


@pytest.mark.parametrize(("name", "code"), [("zh_CN.GBK", "zh"), ("zh-Hans", "zh"), ("C", "en"), ("fr_FR", "en")])
def test_a_locale_name_chooses_the_language_that_serves_it(name: str, code: str) -> None:
    assert language_of(name) == code


def test_a_fact_may_itself_be_a_text() -> None:
    text = T("at {step}", zh="在{step}").of(step=T("Payment", zh="收款"))
    assert text.both() == {"en": "at Payment", "zh": "在收款"}


@pytest.mark.parametrize("hostile", ["{x.__class__}", "{x[0]}", "{missing}"])
def test_nothing_reaches_into_an_object(hostile: str) -> None:
    assert "class" not in T(hostile, zh=hostile).of(x=1).to("en").replace(hostile, "")
