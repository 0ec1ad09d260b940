"""Packages and prices: shown, compared, entered, changed. Source: studio.md sections 3 and 8."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from serviceflow.api import Refused, T, plain
from serviceflow_cli.api import Column, label, out, writing_shop

from serviceflow_studio import catalogue
from serviceflow_studio.catalogue import PRICE_KINDS, piece_code
from serviceflow_studio.commands.papers import print_page
from serviceflow_studio.papers.sale import price_table, two_packages
from serviceflow_studio.tables import StudioPackage, StudioPrice

PRICES = [
    Column("code", T("Code", zh="编码"), null=False),
    Column("name", T("Package", zh="套系"), null=False),
    Column("price", T("Price", zh="价格"), "money", null=False),
    Column("outfits", T("Outfits", zh="造型"), "number"),
    Column("photos", T("Photos", zh="张数"), "number"),
    Column("pieces", T("Pieces", zh="相件"), give=1),
    Column("signature", T("Signature", zh="招牌"), "yes_no", give=2),
]


Code = Annotated[str, typer.Option(metavar="CODE", help=label("Enter a new one", zh="新增"))]
Edit = Annotated[str, typer.Option(metavar="CODE", help=label("Change one", zh="修改"))]
Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="[FIELD=VALUE]…", help=label("After --add, --edit", zh="随 --add、--edit")),
]
Paper = Annotated[bool, typer.Option("--print", help=label("Print it", zh="打印"))]


def packages(
    words: Words = None,
    compare: Annotated[
        tuple[str, str], typer.Option("--compare", metavar="CODE CODE", help=label("Two codes", zh="两个编码"))
    ] = ("", ""),
    add: Code = "",
    edit: Edit = "",
    paper: Paper = False,
) -> None:
    """Show the packages and prices, compare two packages, or enter and change packages."""
    if add or edit:
        _change(catalogue.change_package, add, edit, words or ())
        return
    with writing_shop() as shop, shop.reading() as tx:
        wanted = [code for code in compare if code]
        found = [p for p in tx.all(StudioPackage) if p.active and (not wanted or p.code in wanted)]
        extras = [] if wanted else [p for p in tx.all(StudioPrice) if p.active]
        _all_there(wanted, [p.code for p in found])
        if paper:
            by_code = {p.code: p for p in found}
            key, facts = (
                ("comparison-sheet", {**NOBODY, **two_packages(by_code[wanted[0]], by_code[wanted[1]])})
                if wanted
                else ("price-table", price_table(found, extras))
            )
            print_page(shop, key, facts, key)
            return
    out.rows("packages", PRICES, [_package(p) for p in found] + [_price(p) for p in extras])


NOBODY = {"order_no": "", "customer": "", "contact": "", "consultant": ""}


def prices(words: Words = None, add: Code = "", edit: Edit = "") -> None:
    """Show the price list, also what is no longer sold; enter and change its lines."""
    if add or edit:
        _change(catalogue.change_price, add, edit, words or ())
        return
    with writing_shop() as shop, shop.reading() as tx:
        rows = [{**_price(p), "kind": str(PRICE_KINDS[p.kind]), "days": p.production_days, "bulky": p.bulky,
                 "active": p.active} for p in tx.all(StudioPrice)]  # fmt: skip
    out.rows("prices", PRICE_LIST, rows)


PRICE_LIST = [
    Column("code", T("Code", zh="编码"), null=False),
    Column("name", T("Item", zh="项目"), null=False),
    Column("kind", T("Kind", zh="种类"), null=False),
    Column("price", T("Price", zh="价格"), "money", null=False),
    Column("days", T("Days", zh="制作天数"), "number", null=False),
    Column("bulky", T("Bulky", zh="大件"), "yes_no", null=False),
    Column("active", T("Sold", zh="在售"), "yes_no", null=False),
]


def _change(change: Callable[..., StudioPackage | StudioPrice], add: str, edit: str, words: Sequence[str]) -> None:
    typed = dict(word.partition("=")[::2] for word in words)
    with writing_shop() as shop, shop.write("studio packages") as tx:
        row = change(tx, add or edit, typed, new=bool(add))
        tx.summary = T("{code} {name} stored", zh="{code} {name} 已保存").of(
            code=row.code, name=T(row.name_en, zh=row.name_zh)
        )
    out.done(tx.summary, undo=tx.operation)


def _all_there(wanted: Sequence[str], found: Sequence[str]) -> None:
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise Refused(
            T("Code {code} does not exist or is no longer sold.", zh="价目{code}不存在或已停售。").of(code=missing[0]),
            plain("flow studio packages"),
            ref="studio.price-active",
        )


def _package(p: StudioPackage) -> dict[str, Any]:
    return {
        "code": p.code,
        "name": str(T(p.name_en, zh=p.name_zh)),
        "price": p.list_price,
        "outfits": len(p.outfits),
        "photos": p.included_photos,
        "signature": p.signature,
        "pieces": " ".join(f"{piece_code(made)}×{made['qty']}" for made in p.pieces),
    }


def _price(p: StudioPrice) -> dict[str, Any]:
    return {"code": p.code, "name": str(T(p.name_en, zh=p.name_zh)), "price": p.unit_price}
