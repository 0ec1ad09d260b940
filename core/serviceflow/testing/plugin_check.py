"""What an author's first test says: ``check_plugin(trade)``.

def test_the_trade_is_sound() -> None:
    check_plugin(trade)
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from serviceflow.documents.check import faults_of_templates
from serviceflow.flow.trade import Trade
from serviceflow.plugin.check import faults_of_trade
from serviceflow.plugin.load import faults_on_asking
from serviceflow.plugin.source import module_of


def check_plugin(trade: Trade) -> None:
    """Fail with everything that is wrong with a trade, one line each.

    Besides the faults found on load: faults of document templates, names of modules that cannot be imported, drawings
    that fail, and tables that the migrations do not make as the classes say.

    Raises:
        AssertionError: There is something wrong.
    """
    wrong = faults_besides_tables(trade)
    wrong += _differences(trade) if trade.tables and not wrong else []
    if wrong:  # no assert statement: pytest would indent the lines of its message
        raise AssertionError("\n".join([f"{trade.key}:", *(f"  {line}" for line in wrong)]))


def faults_besides_tables(trade: Trade) -> list[str]:
    """Return what is wrong with a trade, as far as no database is needed to see it."""
    wrong = [said.to("en") for said in faults_on_asking(module_of(trade), trade)]
    if not wrong:
        wrong += [fault.said.to("en") for fault in faults_of_trade(trade)]
    wrong += [fault.said.to("en") for fault in faults_of_templates(trade)]
    return [*wrong, *_references(trade), *_drawings(trade)]


def _references(trade: Trade) -> Iterator[str]:
    for field in ("commands", "demo"):
        value = getattr(trade, field)
        if value is None:
            continue
        module, _, name = value.partition(":")
        try:
            getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as cause:
            yield f"{field} names {value}: {cause}"


def _drawings(trade: Trade) -> Iterator[str]:
    from serviceflow.flow.draw import mermaid, text_tree

    for flow in trade.flows:
        for draw in (text_tree, mermaid):
            try:
                draw(trade, flow)
            except Exception as cause:
                yield f"{flow.key} cannot be drawn by {draw.__name__}: {cause!r}"


def _differences(trade: Trade) -> list[str]:
    """Make the tables by the migrations in a throw-away database and compare them with the classes."""
    from serviceflow.store.engine import open_engine
    from serviceflow.store.migrate import CORE, differences, owner_of_trade, upgrade
    from serviceflow.store.place import Place

    owner = owner_of_trade(trade)
    with tempfile.TemporaryDirectory() as folder:
        place = Place(path=Path(folder) / "shop.db")
        engine = open_engine(place)
        try:
            upgrade(engine, place, [CORE, owner])
            with engine.connect() as connection:
                return [f"tables and migrations differ: {found}" for found in differences(connection, owner)]
        finally:
            engine.dispose()
