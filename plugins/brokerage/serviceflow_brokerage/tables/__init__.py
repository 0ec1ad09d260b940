"""Tables of the branch. Source: brokerage.md section 3."""

from __future__ import annotations

from sqlmodel import SQLModel

from serviceflow_brokerage.tables import clients, contact, partners, products, segments

TABLES: tuple[type[SQLModel], ...] = tuple(
    found
    for module in (clients, segments, products, partners, contact)
    for found in vars(module).values()
    if isinstance(found, type) and issubclass(found, SQLModel) and found.__module__ == module.__name__
)
