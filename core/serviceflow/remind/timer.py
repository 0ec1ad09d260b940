"""How often reminders run, when their timer counts as stopped, and the spans every run reckons with.

Needs nothing, for commands that load nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

MINUTES: Final = 5
"""Minutes from one run to the next."""
SILENT: Final = 3 * timedelta(minutes=MINUTES)
"""Without a run for so long the timer counts as stopped: three runs are missing."""
LATE: Final = timedelta(hours=1)
"""A message this late has been piled up: its rule's catch-up applies."""
OVERDUE: Final = timedelta(days=1)
"""What has been ready for so long and did not go is put before a person."""
PAUSE: Final = timedelta(hours=1)
"""After so long without a run only a fifth of each channel's rate is used for a while."""
BACKWARDS: Final = timedelta(minutes=5)
"""A clock that went back further is told."""
LEASE_LONGEST: Final = timedelta(minutes=60)
"""No lease is longer; one twice as far ahead was written by a wrong clock."""
LOOKED: Final = "job:core:quick-check"
"""Fact of the database: the last day on which the file was looked at."""
LOOKED_THOROUGHLY: Final = "job:core:integrity-check"
"""The last day on which its indexes and the journal were looked at too."""
