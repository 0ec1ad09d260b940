"""``flow catering …``: thin names for `flow new` and `flow do`, and the boards of the house."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from serviceflow.api import BadInput, T, format_money, parse_money, plain, table_of
from serviceflow_cli.api import Column, customer_id, do_action, label, look_at, open_new, out, reader, writing_shop

from serviceflow_catering.advice import Weights, advised
from serviceflow_catering.figures import figures
from serviceflow_catering.rules import awaited
from serviceflow_catering.tables import CatDish, CatProfile, CatTable
from serviceflow_catering.words import TASTES

app = typer.Typer(no_args_is_help=True)
Visit = Annotated[str, typer.Argument(metavar="CT", help=label("Visit", zh="用餐单"))]

MENU = [
    Column("dish", T("Dish", zh="菜品"), null=False, whole=True),
    Column("name", T("Name", zh="菜名"), null=False),
    Column("price", T("Price", zh="价格"), "money", null=False),
    Column("tastes", T("Tastes", zh="口味"), "list", null=False),
    Column("heat", T("Heat", zh="辣度"), "number", null=False),
    Column("allergens", T("Allergens", zh="过敏原"), "list", null=False),
    Column("signature", T("Signature", zh="招牌"), "yes_no", null=False),
    Column("sold_out", T("Sold out", zh="售完"), "yes_no", null=False),
]
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


@app.command()
def guest(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help=label("Guest", zh="客人"))],
    taste: Annotated[list[str] | None, typer.Option(help=label("Likes the taste", zh="喜欢的口味"))] = None,
    heat: Annotated[int | None, typer.Option(min=0, max=3, help=label("Hottest, 0 to 3", zh="最高辣度 0-3"))] = None,
    allergen: Annotated[list[str] | None, typer.Option(help=label("Must not eat", zh="忌口"))] = None,
    seat: Annotated[str | None, typer.Option(help=label("Likes to sit", zh="座位偏好"))] = None,
) -> None:
    """Note what a guest likes and must not eat; lists take the place of the old ones."""
    key = customer_id(customer)
    given = {"tastes": taste, "heat": heat, "allergens": allergen, "seat_wish": seat}
    unknown = sorted({*(taste or ())} - TASTES.keys())
    if unknown:
        raise BadInput(
            T("There is no taste {t}.", zh="没有口味 {t}。").of(t=unknown[0]),
            T("There are: {names}", zh="现有: {names}").of(names=", ".join(TASTES)),
            ref="cat.taste",
        )
    with writing_shop() as shop, shop.write("catering guest") as tx:
        page = tx.get(CatProfile, key) or tx.add(CatProfile(customer_id=key))
        tx.change(page, **{name: value for name, value in given.items() if value is not None})
        tx.customer_id, tx.summary = key, T("likes and allergens", zh="口味与忌口")
    out.talk(T("√ noted", zh="√ 已记录"), "green")


@app.command("table")
def table_of_the_house(
    code: Annotated[str, typer.Argument(metavar="CODE", help=label("Table", zh="桌号"))],
    seats: Annotated[int | None, typer.Option(min=1, help=label("Seats", zh="座位"))] = None,
    area: Annotated[str | None, typer.Option(help=label("Area", zh="区域"))] = None,
    active: Annotated[bool | None, typer.Option(help=label("Is in use", zh="启用"))] = None,
) -> None:
    """Add a table, or change it."""
    _keep(CatTable, code, ("seats",), {"seats": seats, "area": area, "active": active}, f"table {code} --seats 4")


@app.command()
def dish(
    code: Annotated[str, typer.Argument(metavar="CODE", help=label("Dish", zh="菜品"))],
    en: Annotated[str | None, typer.Option(help=label("English name", zh="英文名"))] = None,
    zh: Annotated[str | None, typer.Option(help=label("Chinese name", zh="中文名"))] = None,
    price: Annotated[str | None, typer.Option(help=label("Price", zh="价格"))] = None,
    taste: Annotated[list[str] | None, typer.Option(help=label("Tastes", zh="口味"))] = None,
    heat: Annotated[int | None, typer.Option(min=0, max=3, help=label("Heat, 0 to 3", zh="辣度 0-3"))] = None,
    allergen: Annotated[list[str] | None, typer.Option(help=label("Contains", zh="过敏原"))] = None,
    signature: Annotated[bool | None, typer.Option(help=label("Signature dish", zh="招牌菜"))] = None,
    sold_out: Annotated[bool | None, typer.Option(help=label("Is sold out", zh="已售完"))] = None,
) -> None:
    """Put a dish on the menu, or change it."""
    given = {
        "name_en": en, "name_zh": zh, "price": parse_money(price) if price is not None else None, "tastes": taste,
        "heat": heat, "allergens": allergen, "signature": signature, "sold_out": sold_out,
    }  # fmt: skip
    _keep(CatDish, code, ("name_en", "name_zh", "price"), given, f"dish {code} --en … --zh … --price 38")


def _keep(model: Any, code: str, needed: Sequence[str], given: Mapping[str, Any], example: str) -> None:
    said = {name: value for name, value in given.items() if value is not None}
    with writing_shop() as shop, shop.write("catering menu") as tx:
        known = tx.get(model, code)
        if known is not None:
            tx.change(known, **said)
        elif set(needed) <= said.keys():
            tx.add(model(code=code, **said))
        else:
            raise BadInput(
                T("{code} is new: something is missing.", zh="{code} 是新的, 资料不全。").of(code=code),
                plain(f"flow catering {example}"),
                ref="cat.new",
            )
        tx.summary = T("{code} noted", zh="已记录 {code}").of(code=code)
    out.talk(T("√ {code} noted", zh="√ 已记录 {code}").of(code=code), "green")


@app.command()
def menu() -> None:
    """List the dishes."""
    with writing_shop() as shop, shop.reading() as tx:
        rows = [
            {"dish": row.code, "name": f"{row.name_en} {row.name_zh}", "price": row.price, "tastes": row.tastes,
             "heat": row.heat, "allergens": row.allergens, "signature": row.signature, "sold_out": row.sold_out}
            for row in tx.all(CatDish)
        ]  # fmt: skip
    out.rows(
        "dishes", MENU, rows, empty=T("No dish: flow catering dish --help", zh="没有菜品: flow catering dish --help")
    )


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
        key = customer_id(seen.number)
        known = tx.get(CatProfile, key) or CatProfile(customer_id=key)
        eats = CatProfile(
            customer_id=known.customer_id, likes=known.likes, dislikes=known.dislikes, heat=known.heat,
            allergens=known.allergens, tastes=[*known.tastes, *(taste or ())],
        )  # fmt: skip
        weights = Weights(*(int(shop.setting(f"cat.w_{name}")) for name in ("taste", "like", "signature")))
        found = advised(tx.all(CatDish), eats, weights, shop.setting("cat.advise_max"), without=without or ())
    rows = [
        {"dish": dish.code, "name": f"{dish.name_en} {dish.name_zh}", "tastes": dish.tastes,
         "signature": dish.signature, "score": score}
        for dish, score in found
    ]  # fmt: skip
    out.rows("dishes", ADVICE, rows, empty=T("No dish fits.", zh="没有合适的菜。"))


@app.command()
def floor() -> None:
    """Show the tables: guests, minutes, dishes that are late."""
    with writing_shop() as shop, shop.reading() as tx:
        now = shop.clock.now()
        first, every = (timedelta(minutes=shop.setting(f"cat.{name}_minutes")) for name in ("first_dish", "dish"))
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
    out.rows("tables", FLOOR, [_shown(t, sitting.get(t.code), now, first, every) for t in tables])


def _shown(
    table: CatTable, visit: dict[str, object] | None, now: datetime, first: timedelta, every: timedelta
) -> dict[str, object]:
    if visit is None:
        return {"table": table.code, "seats": table.seats}
    late = (
        _late(visit["dishes"], now - _instant(visit["entered_at"]), first, every) if visit["step"] == "dining" else []
    )
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


def _late(stored: object, waited: timedelta, first: timedelta, every: timedelta) -> list[str]:
    lines = json.loads(str(stored))
    codes = awaited(lines)
    if waited > every:
        return codes
    return codes[:1] if waited > first and len(codes) == len(lines) else []


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
