"""What a run did and what it leaves: for people, for cron's mail and for monitoring."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from serviceflow.errors import Exit
from serviceflow.texts import T

DONE = ("sent", "retry", "uncertain", "failed", "held", "expired", "suppressed", "cancelled", "merged", "recovered",
        "released", "timers", "jobs", "digests")  # fmt: skip
"""What a run counts."""
STANDING = ("failed", "uncertain", "overdue")
"""What a person must look at."""


@dataclass(slots=True)
class Report:
    """What a run did. ``standing`` is what it leaves."""

    count: Counter[str] = field(default_factory=Counter)
    warnings: list[T] = field(default_factory=list)
    failed: list[T] = field(default_factory=list)
    held: T | None = None
    next_at: datetime | None = None
    standing: Counter[str] = field(default_factory=Counter)

    @property
    def exit_code(self) -> Exit:
        """0 when nobody has to look; else 10."""
        trouble = sum(self.standing[key] for key in STANDING)
        return Exit.ATTENTION if trouble or self.held is not None or self.failed else Exit.DONE

    def summary(self) -> dict[str, Any]:
        """Return the summary for monitoring."""
        return {"schema": 1, **{key: self.count[key] for key in DONE}, "by_hand": self.standing["by_hand"],
                "standing": {key: self.standing[key] for key in STANDING},
                "warnings": [str(w) for w in self.warnings], "errors": [str(f) for f in self.failed],
                "clock_held": self.held is not None,
                "next": self.next_at.isoformat() if self.next_at is not None else None}  # fmt: skip
