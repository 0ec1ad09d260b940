"""One action in a warm process against a bare SQLModel insert and commit of two rows, both durable."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

from serviceflow.app import Shop
from serviceflow.engine.act import act, open_order
from serviceflow.engine.customers import add_customer
from serviceflow.engine.interactions import log_interaction
from serviceflow.store.engine import open_engine
from serviceflow.store.place import Place
from sqlmodel import Field, Session, SQLModel
from timing import Line, alternate


class BareOrder(SQLModel, table=True):
    """First of the two rows."""

    __tablename__ = "bare_order"
    id: int | None = Field(default=None, primary_key=True)
    step: str
    version: int = 1


class BareTask(SQLModel, table=True):
    """Second of the two rows."""

    __tablename__ = "bare_task"
    id: int | None = Field(default=None, primary_key=True)
    title: str
    state: str = "open"


TO_PAYMENT = (
    ("begin", {"category": "wedding", "budget": "4000"}),
    ("compare", {"package_a": "W3999", "package_b": "W2999"}),
    ("sign-plan", {"package": "W3999", "price": "3999.00", "terms_read": "yes", "customer_signed": "yes"}),
)


def measure(small: Path, large: Path, rounds: int) -> Iterator[Line]:
    """Yield lines for actions of the studio in both shops."""
    runs: dict[str, Callable[[], object]] = {"bare": _bare(small.with_name("bare.db"))}
    shops = {
        "small": Shop.open(Place(path=small), staff="xiaomei"),
        "large": Shop.open(Place(path=large), staff="xiaomei"),
    }
    for size, shop in shops.items():
        runs |= {f"{name} {size}": run for name, run in _acts(shop, rounds + 1).items()}
    times = alternate(rounds, runs)
    for shop in shops.values():
        shop.close()
    for name in ("take-deposit", "begin", "log"):
        for size in shops:
            yield Line(f"{name}, {size} shop", times[f"{name} {size}"], "SQLModel, two rows", times["bare"], 2)
    yield Line("take-deposit, large shop", times["take-deposit large"], "small shop", times["take-deposit small"], 1.2)


def _bare(file: Path) -> Callable[[], object]:
    engine = open_engine(Place(path=file))  # the same pragmas: WAL, synchronous=FULL
    SQLModel.metadata.create_all(engine, tables=[BareOrder.__table__, BareTask.__table__])  # type: ignore[attr-defined]

    def run() -> None:
        with Session(engine) as session:
            session.add(BareOrder(step="booked"))
            session.add(BareTask(title="Urge to fix a shoot date"))
            session.commit()

    return run


def _acts(shop: Shop, count: int) -> dict[str, Callable[[], object]]:
    """Return the runs of one shop; the orders they act on are brought to their step beforehand."""
    with shop.write("customer add") as tx:
        customer = add_customer(tx, name="王小明").id or 0
    paying = iter([_order(shop, customer, upto=3) for _ in range(count)])
    fresh = iter([_order(shop, customer, upto=0) for _ in range(count)])
    invoice = itertools.count(1)

    def deposit() -> object:
        order = next(paying)
        given = {"amount": "800.00", "method": "cash", "invoice_no": f"B{order}-{next(invoice)}"}
        return act(shop, order, "take-deposit", given)

    return {
        "take-deposit": deposit,
        "begin": lambda: act(shop, next(fresh), *TO_PAYMENT[0]),
        "log": lambda: log_interaction(shop, customer, "电话回访", channel="phone"),
    }


def _order(shop: Shop, customer: int, *, upto: int) -> int:
    order = open_order(shop, "studio-case", customer, {}).order.id
    assert order is not None
    for action, given in TO_PAYMENT[:upto]:
        act(shop, order, action, given)
    return order
