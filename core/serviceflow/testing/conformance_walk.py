"""A random walk through a flow: orders are opened, acted on, signed and left to time, whatever comes of it.

After each step the invariants of the engine are looked at; what a trade refuses is as good as what it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import select

from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.engine.act import act, decide, open_order
from serviceflow.engine.customers import add_customer
from serviceflow.engine.notes import Notes
from serviceflow.engine.operations import undo
from serviceflow.engine.timers import run_due
from serviceflow.errors import FlowError
from serviceflow.flow.forms import Field, Form
from serviceflow.flow.model import Action, Flow
from serviceflow.plugin.calls import PluginFailed
from serviceflow.remind.invariants import broken
from serviceflow.store.audit import verify
from serviceflow.store.tables import Message, Order, OrderClock, Task, Timer
from serviceflow.store.write import table_of
from serviceflow.testing.conformance_persons import digest_of, merge_and_back
from serviceflow.texts import T

STEPS = 14
GUESTS = count(1)
"""Numbers of the customers of all walks: no two have one phone."""
UNSENT = ("planned", "pending", "held", "retry")


class Walk:
    """One walk, from an order's opening to its end or the last step.

    Args:
        words: Words worth typing, by the name of a form's field.
    """

    def __init__(
        self, shop: Shop, clock: SetClock, key: str, flow_key: str, words: Mapping[str, Sequence[str]], dice: Random
    ) -> None:
        self.shop = shop
        self.clock = clock
        self.key = key
        self.flow = shop.newest_flow(flow_key)[1]
        self.words = words
        self.dice = dice
        self.story: list[str] = []
        self.customer: int | None = None

    def go(self, name: str) -> None:
        """Walk; an `AssertionError` tells the whole story."""
        try:
            order = self._opened()
            for _ in range(STEPS if order is not None else 0):
                assert order is not None
                if self._over(order):
                    break
                self._step(order)
                self._look()
            self._take_back()
            if self.customer is not None:
                self.story.append("merge, undo")
                merge_and_back(self.shop, self.customer, f"1390{next(GUESTS):07}")
            self._books()
        except AssertionError as wrong:
            raise AssertionError(f"{name}: {wrong}\n" + "\n".join(f"  {line}" for line in self.story)) from wrong

    # -- what happens -------------------------------------------------------------------------------------

    def _opened(self) -> int | None:
        customer = None
        if self.flow.customer != "none":
            with self.shop.write("customer add") as tx:
                number = next(GUESTS)
                customer = self.customer = add_customer(tx, name=f"客{number}", phones=[f"1380{number:07}"]).id
        for _ in range(3):
            start = self.dice.choice(self.flow.starts())
            given = self._filled(start.form)
            done = self._tried(
                f"new {start.key}", given,
                lambda: open_order(self.shop, self.flow.key, customer, given, start=start.key).order.id,  # noqa: B023
            )  # fmt: skip
            if done is not None:
                return int(done)
        return None

    def _step(self, order_id: int) -> None:
        if self.dice.random() < 0.2:
            self._wait(order_id)
            return
        order, flow = self._order(order_id)
        if self.dice.random() < 0.3:
            approve = self.dice.random() < 0.7
            self._tried("sign", {}, lambda: decide(self.shop, order_id, approve=approve, opinion="同意, 无异议"))
        offered = flow.offered(order.step)
        if not offered:
            self._wait(order_id)
            return
        action = self.dice.choice(offered)
        given = self._filled(action.form)
        self._tried(f"{order.step}: {action.key}", given, lambda: act(self.shop, order_id, action.key, given))

    def _wait(self, order_id: int) -> None:
        hours = self.dice.choice((1, 5, 30, 24 * 8, 24 * 40))
        self.clock.set(self.clock.now() + timedelta(hours=hours))

        def run() -> int:
            with self.shop.write("remind run") as tx:
                order = tx.need(Order, order_id)
                return run_due(self.shop, tx, order, tx.now, Notes())

        self._tried(f"{hours} h later", {}, run)

    def _tried(self, what: str, given: Mapping[str, str], deed: Any) -> Any:
        line = " ".join([what, *(f"{k}={v}" for k, v in given.items())])
        try:
            done = deed()
        except PluginFailed as failed:
            self.story.append(f"{line} !")
            raise AssertionError(failed.sentence.to("en")) from failed
        except FlowError as refusal:
            self.story.append(f"{line} × {refusal.sentence.to('en')}")
            _worded(refusal)
            return None
        except Exception as cause:
            self.story.append(f"{line} !")
            raise AssertionError(f"{type(cause).__name__}: {cause}") from cause
        self.story.append(line)
        return done

    def _filled(self, form: type[Form]) -> dict[str, str]:
        return {
            name: word
            for name, field in form.fields.items()
            if (field.required is not False or self.dice.random() < 0.4) and (word := self._word(field))
        }

    def _word(self, field: Field) -> str:
        known = self.words.get(field.name)
        if known and self.dice.random() < 0.9:
            return self.dice.choice(list(known))
        if field.choices:
            return self.dice.choice(list(field.choices))
        ahead = self.clock.now().astimezone(self.shop.zone) + timedelta(
            days=self.dice.choice((-1, 0, 1, 3, 15, 60)), hours=self.dice.randrange(8)
        )
        by_kind: dict[str, Sequence[str]] = {
            "money": ("0", "1", "100", "999.99", "3999"),
            "number": ("0", "1", "2", "10", "30"),
            "date": (f"{ahead:%Y-%m-%d}",),
            "instant": (f"{ahead:%Y-%m-%d %H}:00",),
            "phone": ("13900000001",),
            "quantities": ("A:1", "A:2,B:1"),
            "rows": ("product=A qty=1",),
        }
        kind = field.kind.partition(":")[0]
        return self.dice.choice(by_kind.get(kind, ("1.5",) if kind == "decimal" else ("A", "好", "A1", "xiaomei")))

    # -- what must hold -----------------------------------------------------------------------------------

    def _order(self, order_id: int) -> tuple[Order, Flow]:
        with self.shop.reading() as tx:
            order = tx.need(Order, order_id)
        return order, self.shop.flow(order.flow, order.flow_version)[1]

    def _over(self, order_id: int) -> bool:
        return self._order(order_id)[0].closed_at is not None

    def _look(self) -> None:
        with self.shop.reading() as tx:
            orders = tx.all(Order)
            clocks, timers = tx.all(OrderClock), tx.all(Timer)
            tasks, messages = tx.all(Task), tx.all(Message)
            unsound = broken(tx)
        assert unsound == {}, f"messages break {unsound}"
        closed = {order.id for order in orders if order.closed_at is not None}
        stands = {order.id: (order.step, order.entry) for order in orders}
        for order in orders:
            flow = self.shop.flow(order.flow, order.flow_version)[1]
            assert order.step in flow.by_step, f"{order.number} stands in {order.step}, which is no step"
            assert flow.step(order.step).final == (order.closed_at is not None), f"{order.number} is half closed"
        for clock in clocks:
            assert not (clock.order_id in closed and clock.state in ("running", "resting")), (
                f"clock {clock.key} runs on"
            )
        for timer in timers:
            running = timer.state in ("planned", "waiting", "resting")
            assert not (timer.order_id in closed and running), (
                f"timer {timer.action} of a closed order is {timer.state}"
            )
        for task in tasks:
            if task.state == "open" and task.order_id is not None and not task.stays:
                assert (task.step, task.entry) == stands[task.order_id], f"task {task.rule} of step {task.step} is open"
        for message in messages:
            if message.state in UNSENT and message.order_id in closed:
                assert message.stays, f"message {message.rule} of a closed order is {message.state}"

    def _take_back(self) -> None:
        """Do one more thing and undo it: everything is as it was."""
        with self.shop.reading() as tx:
            table = table_of(Order)
            last = tx.scalar(select(table.c.id).where(table.c.closed_at.is_(None)).order_by(table.c.id.desc()).limit(1))
        if last is None:
            return
        order, flow = self._order(last)
        before = digest_of(self.shop)
        for action in self._shuffled(flow.offered(order.step)):
            given = self._filled(action.form)
            done = self._tried(f"last: {action.key}", given, lambda: act(self.shop, last, action.key, given))  # noqa: B023
            if done is None:
                continue
            number = done.operation
            if number is not None and self._tried("undo", {}, lambda: undo(self.shop, number)) is not None:  # noqa: B023
                assert digest_of(self.shop) == before, f"undoing {action.key} leaves traces"
            return

    def _shuffled(self, actions: Sequence[Action]) -> Iterator[Action]:
        yield from self.dice.sample(list(actions), len(actions))

    def _books(self) -> None:
        with self.shop.reading() as tx:
            found = verify(tx.connection)
        assert found.sound, "; ".join(fault.to("en") for fault in found.faults)


def _worded(refusal: FlowError) -> None:
    for text in (refusal.sentence, refusal.way_out):
        if isinstance(text, T):
            for code in ("en", "zh"):
                assert text.to(code).strip(), f"a refusal says nothing in {code}: {text.both()}"
