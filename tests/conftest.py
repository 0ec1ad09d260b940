"""Fixtures of all tests; the shared ones come from `serviceflow.testing.fixtures`."""

import os
import shutil
from pathlib import Path

pytest_plugins = ["serviceflow.testing.fixtures"]

# A test's shop need not survive a power cut: kept in memory its durable commits cost nothing, on disk they are half
# of a run. What must survive a killed process does so there too.
MEMORY = Path("/dev/shm")
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 4 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
