"""Fixtures of all tests; the shared ones come from `serviceflow.testing.fixtures`."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest_plugins = ["serviceflow.testing.fixtures"]

# A run that a shell started in the background ignores Ctrl-C, and so would every program that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A test's shop need not survive a power cut: kept in memory its durable commits cost nothing, on disk they are half
# of a run. What must survive a killed process does so there too.
MEMORY = Path("/dev/shm")
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 4 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# Where an environment forbids bytecode, each of the hundreds of processes of a run compiles the program anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

PUBLISHED = Path(__file__).parents[1] / "docs" / "reference" / "json"


@pytest.fixture
def fits() -> Callable[[str, str], None]:
    """Assert that an answer is one line that fits a published schema, which is named as its file."""

    import jsonschema

    def hold(name: str, answer: str) -> None:
        schema = json.loads((PUBLISHED / f"{name}.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        assert answer.count("\n") == 1
        jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(json.loads(answer))

    return hold
