"""Faults of a trade's documents that its data shows: keys, numbers, settings; of templates: `documents.check`."""

from __future__ import annotations

from collections.abc import Iterator

from serviceflow.flow import graph
from serviceflow.flow.document import Document, Issue, VoidDocument
from serviceflow.flow.faults import Fault, Spot, doubled, nearest
from serviceflow.flow.trade import Trade
from serviceflow.settings import CORE_SETTINGS
from serviceflow.texts import T


def faults_of_documents(trade: Trade) -> Iterator[Fault]:
    """Yield what is wrong with the documents as declared."""
    known = {d.key for d in trade.documents}
    for key in doubled(d.key for d in trade.documents):
        yield _spot(key).fault("document.double", T("document “{key}” stands twice", zh="单据“{key}”重复").of(key=key))
    for series in doubled(d.series for d in trade.documents if d.series is not None):
        yield Spot(trade.key, "Trade", trade.key).fault(
            "document.series",
            T("two kinds of documents are numbered “{series}”", zh="两种单据的编号同为“{series}”").of(series=series),
        )
    for document in trade.documents:
        yield from _document(trade, document)
    for flow in trade.flows:
        for placed in graph.effects(flow):
            effect = placed.effect
            named: tuple[str, ...] = (effect.key,) if isinstance(effect, Issue) else ()
            named = effect.keys if isinstance(effect, VoidDocument) else named
            for key in named:
                if key not in known:
                    yield Spot(f"{flow.key}/{key}", type(effect).__name__, key).fault(
                        "document.unknown",
                        T("document “{key}” is not declared{near}", zh="单据“{key}”未声明{near}").of(
                            key=key, near=nearest(key, known)
                        ),
                    )


def _spot(key: str) -> Spot:
    return Spot(key, "Document", key)


def _document(trade: Trade, document: Document) -> Iterator[Fault]:
    if document.series is not None and "{n" not in document.series:
        yield _spot(document.key).fault(
            "document.series", T("its series has no {{n}}: “{s}”", zh="编号格式缺少 {{n}}: “{s}”").of(s=document.series)
        )
    settings = {s.key for s in (*CORE_SETTINGS, *trade.settings)}
    if isinstance(document.copies, str) and document.copies not in settings:
        yield _spot(document.key).fault(
            "setting.unknown",
            T("setting “{key}” is not declared{near}", zh="设置“{key}”未声明{near}").of(
                key=document.copies, near=nearest(document.copies, settings)
            ),
        )
    for field in document.masks:
        if field not in document.fields:
            yield _spot(document.key).fault(
                "document.field",
                T("it masks “{name}”, which is not among its fields", zh="要遮盖的“{name}”不在其字段之中").of(
                    name=field
                ),
            )
