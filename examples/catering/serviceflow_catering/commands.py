"""``flow catering …``: thin names for `flow new` and `flow do`, and the boards of the house."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer
from serviceflow.api import T, format_money, table_of
from serviceflow_cli.api import Column, customer_id, do_action, label, look_at, open_new, out, reader, writing_shop

from serviceflow_catering.advice import Weights, advised
from serviceflow_catering.figures import figures
from serviceflow_catering.tables import CatDish, CatProfile, CatTable

app = typer.Typer(no_args_is_help=True)
Visit = Annotated[str, typer.Argument(metavar="CT", help=label("Visit", zh="用餐单"))]

FLOOR = [
    Column("table", T("Table", zh="桌号"), null=False, whole=True),
    Column("seats", T("Seats", zh="座位"), "number", null=False),
    Column("order_no", T("Visit", zh="单号")),
    Column("customer", T("Guest", zh="客人")),
    Column("party", T("Guests", zh="人数"), "number"),
    Column("minutes", T("Minutes", zh="分钟"), "number"),
    Column("late", T("Late dishes", zh="未上菜"), "list"),
]
ADVICE = [
    Column("dish", T("Dish", zh="菜品"), null=False, whole=True),
    Column("name", T("Name", zh="菜名"), null=False),
    Column("tastes", T("Tastes", zh="口味"), "list", null=False),
    Column("signature", T("Signature", zh="招牌"), "yes_no", null=False),
    Column("score", T("Score", zh="分"), "number", null=False),
]
FIGURES = [
    Column("figure", T("Figure", zh="指标"), null=False, whole=True),
    Column("value", T("Value", zh="数值"), null=False),
]


@app.command()
def book(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help=label("Guest", zh="客人"))],
    party: Annotated[str, typer.Option(help=label("Guests", zh="人数"))],
    at: Annotated[str, typer.Option("--at", help=label("Time", zh="时间"))],
    table: Annotated[str, typer.Option(help=label("Table", zh="桌号"))] = "",
) -> None:
    """Book a table."""
    open_new("catering-visit", customer, {"party": party, "starts_at": at, "table": table}, start="book")


@app.command("walk-in")
def walk_in(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help=label("Guest", zh="客人"))],
    party: Annotated[str, typer.Option(help=label("Guests", zh="人数"))],
) -> None:
    """Take guests in who have not booked."""
    open_new("catering-visit", customer, {"party": party}, start="walk-in")


@app.command()
def problem(
    visit: Visit,
    kind: Annotated[str, typer.Option(help=label("What went wrong", zh="问题"))],
    remedy: Annotated[str, typer.Option(help=label("What is done about it", zh="补救"))],
    dish: Annotated[str, typer.Option(help=label("Dish", zh="菜品"))] = "",
    cost: Annotated[str, typer.Option(help=label("What it costs", zh="金额"))] = "",
) -> None:
    """Note a problem at a table."""
    do_action(visit, "problem", {"kind": kind, "dish": dish, "remedy": remedy, "cost": cost})


@app.command()
def advise(
    visit: Visit,
    taste: Annotated[list[str] | None, typer.Option(help=label("Also likes", zh="另喜欢"))] = None,
    without: Annotated[list[str] | None, typer.Option(help=label("Also without", zh="另不含"))] = None,
) -> None:
    """Say which dishes fit the guest."""
    seen = look_at(visit)
    with writing_shop() as shop, shop.reading() as tx:
        row = tx.one(CatProfile, table_of(CatProfile).c.customer_id == _guest(seen.number))
        known = row or CatProfile(customer_id=0)
        guest = CatProfile(
            customer_id=known.customer_id, likes=known.likes, dislikes=known.dislikes, heat=known.heat,
            allergens=known.allergens, tastes=[*known.tastes, *(taste or ())],
        )  # fmt: skip
        weights = Weights(*(int(shop.setting(f"cat.w_{name}")) for name in ("taste", "like", "signature")))
        found = advised(tx.all(CatDish), guest, weights, shop.setting("cat.advise_max"), without=without or ())
    rows = [
        {"dish": dish.code, "name": f"{dish.name_en} {dish.name_zh}", "tastes": dish.tastes,
         "signature": dish.signature, "score": score}
        for dish, score in found
    ]  # fmt: skip
    out.rows("dishes", ADVICE, rows, empty=T("No dish fits.", zh="没有合适的菜。"))


def _guest(number: str) -> int:
    return customer_id(number)


@app.command()
def floor() -> None:
    """Show the tables: guests, minutes, dishes that are late."""
    with writing_shop() as shop, shop.reading() as tx:
        now, late_after = shop.clock.now(), timedelta(minutes=shop.setting("cat.dish_minutes"))
        tables = tx.all(CatTable, table_of(CatTable).c.active.is_(True))
    with reader() as read:
        sitting = {
            row["table_code"]: dict(row)
            for row in read.rows(
                "SELECT v.table_code, o.number, c.name, v.party, v.seated_at, v.dishes, o.entered_at, o.step"
                " FROM cat_visit v JOIN orders o ON o.id = v.order_id JOIN customer c ON c.id = v.customer_id"
                " WHERE o.step IN ('seated', 'dining', 'paid')"
            )
        }
    out.rows("tables", FLOOR, [_shown(t, sitting.get(t.code), now, late_after) for t in tables])


def _shown(table: CatTable, visit: dict[str, object] | None, now: datetime, late_after: timedelta) -> dict[str, object]:
    if visit is None:
        return {"table": table.code, "seats": table.seats}
    entered = _instant(visit["entered_at"])
    late = _awaited(visit["dishes"]) if visit["step"] == "dining" and now > entered + late_after else []
    return {
        "table": table.code,
        "seats": table.seats,
        "order_no": visit["number"],
        "customer": visit["name"],
        "party": visit["party"],
        "minutes": int((now - _instant(visit["seated_at"])).total_seconds() // 60),
        "late": late,
    }


def _instant(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(f"{value}+00:00")


def _awaited(stored: object) -> list[str]:
    import json

    return [line["code"] for line in json.loads(str(stored)) if line["served_at"] is None]


@app.command()
def report(
    since: Annotated[str, typer.Option(help=label("First day", zh="起"))],
    until: Annotated[str, typer.Option(help=label("Last day", zh="止"))] = "",
) -> None:
    """Count a period: no-shows, turns, problems, regulars, guests who came again."""
    with writing_shop() as shop, shop.reading() as tx:
        now = shop.clock.now()
        first = shop.parse_day(since, now)
        found = figures(shop, tx, first, shop.parse_day(until, now) if until else shop.local_day(now))
    rows = [
        (T("No-show rate", zh="未到率"), _percent(found.no_shows, found.due)),
        (T("Turns per table", zh="各桌翻台"), " ".join(f"{t}:{n}" for t, n in found.turns.items()) or "-"),
        (T("Problems per visit", zh="问题率"), _percent(found.problems, found.visits)),
        (T("Solved, guest happy", zh="解决满意率"), _percent(found.happy, found.solved)),
        (T("Regulars", zh="常客"), str(found.regulars)),
        (T("Came again when called", zh="召回率"), _percent(found.back, found.written)),
    ]
    out.rows("figures", FIGURES, [{"figure": str(title), "value": value} for title, value in rows])


def _percent(part: int, whole: int) -> str:
    return f"{format_money(part * 10000 // whole)} % ({part}/{whole})" if whole else "-"
