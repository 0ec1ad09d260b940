"""``flow studio …``: thin names for what `flow do` does, and the studio's own boards."""

from __future__ import annotations

import typer

app = typer.Typer()
