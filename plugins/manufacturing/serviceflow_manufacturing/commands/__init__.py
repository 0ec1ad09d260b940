"""``flow manufacturing …`` (alias ``flow mfg``): review, plan, money and registers. Source: manufacturing.md 8."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True)
