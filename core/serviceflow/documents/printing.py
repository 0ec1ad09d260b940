"""Documents on their way to paper: the page of one that was issued, and of one made on demand that is not kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from serviceflow.documents.snapshot import hidden, snapshot
from serviceflow.store.tables import DocumentRow, Staff
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import language

if TYPE_CHECKING:
    from serviceflow.app import Shop


def number_of(tx: Tx, row: DocumentRow) -> str:
    """Return the number a document bears; empty where its kind has none."""
    first = row if row.of_id is None else tx.need(DocumentRow, row.of_id)
    return first.number or ""


def printed(shop: Shop, tx: Tx, row: DocumentRow, *, spoken: str | None = None) -> str:
    """Return an issued document as HTML and count its copies.

    Counting is no operation that could be taken back: paper that left the house is not called back by a command.

    Args:
        spoken: Another language than the one it was issued in.

    Raises:
        PluginUnusable: The trade that printed it is not here.
        Refused: The shop's own template is faulty.
    """
    from serviceflow.documents.pages import Heading, page  # loads jinja2, which an action does not need

    document = shop.plugins.trade(row.trade).document(row.key)
    maker = tx.get(Staff, row.made_by) if row.made_by is not None else None
    code = spoken or row.language
    html = page(
        shop,
        row.trade,
        document,
        row.facts,
        Heading(
            language=code,
            number=number_of(tx, row),
            version=row.version,
            state=row.state,
            void_reason=row.void_zh if code == "zh" else row.void_en,
            made_at=row.made_at.astimezone(shop.zone).strftime("%Y-%m-%d %H:%M"),
            made_by=maker.name if maker is not None else "",
        ),
    )
    copies = document.copies if isinstance(document.copies, int) else int(shop.setting(document.copies))
    table = table_of(DocumentRow)
    tx.connection.execute(
        update(table).where(table.c.id == row.id).values(printed=table.c.printed + copies, rv=table.c.rv + 1)
    )
    return html


def on_demand(shop: Shop, trade: str, key: str, facts: Mapping[str, Any]) -> str:
    """Return a document that is printed as things stand now and not kept: a control table, a register.

    Args:
        trade: Key of the trade.
        key: Key of its document.
        facts: Values of its fields.
    """
    from serviceflow.documents.pages import Heading, page

    document = shop.plugins.trade(trade).document(key)
    kept = snapshot(facts, shop.zone)
    if document.audience == "outsider":
        kept = hidden(kept, document.masks)
    now = shop.clock.now().astimezone(shop.zone).strftime("%Y-%m-%d %H:%M")
    return page(shop, trade, document, kept, Heading(language=language(), made_at=now))
