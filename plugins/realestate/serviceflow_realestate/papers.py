"""Numbered papers of an order, made in the transaction of what they are about. Source: realestate.md section 6."""

from __future__ import annotations

from typing import Any

from serviceflow.api import Case

from serviceflow_realestate.contents import CONTENTS
from serviceflow_realestate.heading import common
from serviceflow_realestate.paperwork import keep_of
from serviceflow_realestate.tables import RePaper


def paper(case: Case, kind: str, /, **given: Any) -> RePaper:
    """Make a paper of the order; what it says is kept with it.

    Args:
        given: What only this moment knows, such as a form that is not stored yet.
    """
    return keep_of(case, kind, {**common(case), **CONTENTS[kind](case, given)})
