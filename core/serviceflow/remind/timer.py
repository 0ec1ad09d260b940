"""How often reminders run, and when their timer counts as stopped. Needs nothing, for commands that load nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

MINUTES: Final = 5
"""Minutes from one run to the next."""
SILENT: Final = 3 * timedelta(minutes=MINUTES)
"""Without a run for so long the timer counts as stopped: three runs are missing."""
