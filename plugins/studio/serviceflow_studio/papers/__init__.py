"""What the studio prints. Source: studio.md section 6."""

from __future__ import annotations

from serviceflow.api import Document

from serviceflow_studio.papers import boards, floor, members, pickup, sale, viewing

DOCUMENTS: tuple[Document, ...] = (
    *sale.DOCUMENTS,
    *floor.DOCUMENTS,
    *viewing.DOCUMENTS,
    *pickup.DOCUMENTS,
    *members.DOCUMENTS,
    *boards.DOCUMENTS,
)
