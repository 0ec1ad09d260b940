"""The published schemas, to hold answers against."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "json"


@pytest.fixture
def fits() -> Callable[[str, str], None]:
    """Assert that an answer is one line that fits a published schema, which is named as its file."""

    def hold(name: str, answer: str) -> None:
        schema = json.loads((PUBLISHED / f"{name}.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        assert answer.count("\n") == 1
        jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(json.loads(answer))

    return hold
