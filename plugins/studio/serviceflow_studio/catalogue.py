"""Packages and the price list: what a shop starts with and how a package must be made up.

Source: studio.md sections 3 and 5.5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from serviceflow.api import BadInput, T, Tx, parse_money, plain

from serviceflow_studio.tables import StudioLocker, StudioPackage, StudioPrice

CATEGORIES = {"wedding": T("Wedding", zh="婚纱"), "art": T("Portrait", zh="艺术照")}
OUTFITS = {
    "white-gown": T("White gown", zh="白纱"),
    "evening": T("Evening dress", zh="晚装"),
    "special": T("Special outfit", zh="特色服"),
}
PRICE_KINDS = {
    "extra-photo": T("Extra photo", zh="超张"),
    "enlargement": T("Enlargement", zh="放大"),
    "frame": T("Frame", zh="相框"),
    "product": T("Product", zh="相册产品"),
    "digital": T("Digital", zh="底片"),
    "reprint": T("Reprint", zh="加洗"),
    "leftover": T("Leftover photo", zh="余片"),
    "floor-item": T("Floor item", zh="现场用品"),
}


DEMO_LOCKERS = 20
"""Lockers a new shop starts with."""


def studio(*types: str) -> list[dict[str, Any]]:
    """Return outfits that are worn in the studio."""
    return [{"type": kind, "place": "studio"} for kind in types]


def piece(kind: str, size: str = "", qty: int = 1, *, bulky: bool = False) -> dict[str, Any]:
    """Return a piece of a package."""
    return {"kind": kind, "size": size, "qty": qty, "bulky": bulky}


def piece_code(made_of: dict[str, Any]) -> str:
    """Return the code of a package's piece: ``album``, ``frame-20in``."""
    return f"{made_of['kind']}-{made_of['size']}" if made_of["size"] else str(made_of["kind"])


def demo_packages() -> list[StudioPackage]:
    """Return the packages of the catalogue `studio-demo`."""
    three = ("white-gown", "evening", "special")
    return [
        StudioPackage(
            code="W3999",
            name_en="Classic",
            name_zh="金典",
            category="wedding",
            list_price=399900,
            outfits=studio(*three),
            included_photos=30,
            pieces=[piece("album"), piece("frame", "20in", bulky=True)],
            bridal_makeup=True,
            signature=True,
        ),
        StudioPackage(
            code="W5999",
            name_en="Coast",
            name_zh="海岸",
            category="wedding",
            list_price=599900,
            outfits=[*studio(*three), {"type": "white-gown", "place": "outdoor"}],
            included_photos=45,
            pieces=[piece("album", qty=2), piece("frame", "24in", bulky=True)],
            dress_loan=True,
        ),
        StudioPackage(
            code="W2999",
            name_en="First Light",
            name_zh="初见",
            category="wedding",
            list_price=299900,
            outfits=studio("white-gown", "evening"),
            included_photos=20,
            pieces=[piece("album")],
        ),
        StudioPackage(
            code="A1299",
            name_en="Portrait",
            name_zh="写意",
            category="art",
            list_price=129900,
            outfits=studio("special", "special"),
            included_photos=16,
            pieces=[piece("album")],
            signature=True,
        ),
    ]


def demo_prices() -> list[StudioPrice]:
    """Return the price list of the catalogue `studio-demo`."""
    return [
        StudioPrice(
            code="X-PHOTO",
            name_en="Extra photo",
            name_zh="超张",
            kind="extra-photo",
            unit_price=3000,
            production_days=20,
        ),
        StudioPrice(
            code="ENL24",
            name_en="Enlargement 24 in",
            name_zh="24寸放大",
            kind="enlargement",
            unit_price=48000,
            production_days=20,
            bulky=True,
        ),
        StudioPrice(code="FRAME", name_en="Frame", name_zh="相框", kind="frame", unit_price=26000, production_days=10),
        StudioPrice(
            code="DISC",
            name_en="Digital, per photo",
            name_zh="底片(每张)",
            kind="digital",
            unit_price=2000,
            production_days=3,
        ),
        StudioPrice(code="LEFT", name_en="Leftover photo", name_zh="余片", kind="leftover", unit_price=1000),
        StudioPrice(code="REPR", name_en="Reprint", name_zh="加洗", kind="reprint", unit_price=800, production_days=5),
        StudioPrice(code="NAILS", name_en="Nails", name_zh="美甲", kind="floor-item", unit_price=6800),
    ]


def install(tx: Tx) -> None:
    """Give a shop the catalogue `studio-demo` to change into its own."""
    for row in (*demo_packages(), *demo_prices()):
        tx.add(row)
    for n in range(1, DEMO_LOCKERS + 1):
        tx.add(StudioLocker(number=str(n)))


def catalogue_faults(packages: Iterable[StudioPackage]) -> list[T]:
    """Return what is wrong with the packages of a shop as a whole."""
    faults: list[T] = []
    active = [p for p in packages if p.active]
    for category, title in CATEGORIES.items():
        mine = [p for p in active if p.category == category]
        signature = [p for p in mine if p.signature]
        if mine and len(signature) != 1:
            faults.append(
                T("{category} needs exactly one signature package.", zh="{category}须有且只有一个招牌套系。").of(
                    category=title
                )
            )
        elif len(mine) > 1 and signature[0].list_price == max(p.list_price for p in mine):
            faults.append(
                T(
                    "The signature package of {category} must not be the dearest.",
                    zh="{category}的招牌套系不能是最贵的。",
                ).of(category=title)
            )
    return faults + [fault for p in active if (fault := package_fault(p)) is not None]


def package_fault(package: StudioPackage) -> T | None:
    """Return what is wrong with one package."""
    named = T("Package {code}: ", zh="套系 {code}: ").of(code=package.code)
    if package.category not in CATEGORIES or package.list_price <= 0 or package.included_photos < 1:
        return T(
            "{named}category, price above 0 and at least 1 photo are needed.",
            zh="{named}须有类别、大于0的价格与至少1张照片。",
        ).of(named=named)
    if any(o["type"] not in OUTFITS or o["place"] not in ("studio", "outdoor") for o in package.outfits):
        return T("{named}unknown outfit.", zh="{named}服装类型有误。").of(named=named)
    if not outdoor_is_one_run([o["place"] for o in package.outfits]):
        return T("{named}outdoor outfits must follow one another.", zh="{named}外景服装须连续。").of(named=named)
    return None


def outdoor_is_one_run(places: Sequence[str]) -> bool:
    """Return whether the outdoor outfits, if any, stand one after the other."""
    at = [n for n, place in enumerate(places) if place == "outdoor"]
    return not at or at[-1] - at[0] + 1 == len(at)


def _check(packages: Iterable[StudioPackage]) -> None:
    faults = catalogue_faults(packages)
    if faults:
        raise BadInput(faults[0], plain("flow studio packages"), ref="studio.package")


# -- as it is typed ------------------------------------------------------------------------------------------


def _yes_no(typed: str) -> bool:
    if typed not in ("yes", "no"):
        raise BadInput(
            T("{typed} is neither yes nor no", zh="{typed} 须为 yes 或 no").of(typed=typed),
            plain("yes | no"),
            ref="studio.code",
        )
    return typed == "yes"


def _number(typed: str) -> int:
    if not typed.isdigit():
        raise BadInput(
            T("{typed} is no number", zh="{typed} 不是数字").of(typed=typed),
            T("Write digits only, such as 12.", zh="请只写数字, 如 12。"),
            ref="studio.code",
        )
    return int(typed)


def _outfits(typed: str) -> list[dict[str, Any]]:
    """Read outfits in order: ``white-gown,evening,white-gown@outdoor``."""
    parts = [part.strip().partition("@") for part in typed.split(",") if part.strip()]
    return [{"type": kind, "place": place or "studio"} for kind, _, place in parts]


def _pieces(typed: str) -> list[dict[str, Any]]:
    """Read pieces: ``album:2,frame-24in:1!``, of which ``!`` says bulky."""
    found = []
    for part in typed.split(","):
        named, _, count = part.strip().partition(":")
        kind, _, size = named.partition("-")
        if kind:
            found.append(piece(kind, size, _number(count.rstrip("!") or "1"), bulky=count.endswith("!")))
    return found


def _kind(typed: str) -> str:
    if typed not in PRICE_KINDS:
        raise BadInput(
            T("{typed} is no kind of price.", zh="没有价目种类 {typed}。").of(typed=typed),
            plain(" · ".join(PRICE_KINDS)),
            ref="studio.code",
        )
    return typed


Readers = Mapping[str, Callable[[str], Any]]
PACKAGE_FIELDS: Readers = {
    "name_en": str,
    "name_zh": str,
    "category": str,
    "list_price": parse_money,
    "outfits": _outfits,
    "included_photos": _number,
    "pieces": _pieces,
    "bridal_makeup": _yes_no,
    "dress_loan": _yes_no,
    "signature": _yes_no,
    "active": _yes_no,
}
PRICE_FIELDS: Readers = {
    "name_en": str,
    "name_zh": str,
    "kind": _kind,
    "unit_price": parse_money,
    "production_days": _number,
    "bulky": _yes_no,
    "active": _yes_no,
}


def _read(typed: Mapping[str, str], readers: Readers, *, needed: Sequence[str] = ()) -> dict[str, Any]:
    unknown = [name for name in typed if name not in readers] + [name for name in needed if name not in typed]
    if unknown:
        raise BadInput(
            T("Field {name} is unknown or missing.", zh="字段 {name} 未知或缺少。").of(name=unknown[0]),
            plain(" ".join(f"{name}=" for name in readers)),
            ref="studio.code",
        )
    return {name: readers[name](value) for name, value in typed.items()}


def change_package(tx: Tx, code: str, typed: Mapping[str, str], *, new: bool) -> StudioPackage:
    """Enter a package, or change one; one that becomes the signature takes that from the one before.

    Raises:
        BadInput: A field is not understood, or the packages would not be made up as they must be.
    """
    there = _there(tx.get(StudioPackage, code), code, new=new)
    needed = ("name_en", "name_zh", "category", "list_price", "outfits", "included_photos", "pieces") if new else ()
    values = _read(typed, PACKAGE_FIELDS, needed=needed)
    changed = StudioPackage(**{**(there.model_dump() if there is not None else {"code": code}), **values})
    before = [
        p for p in tx.all(StudioPackage) if p.category == changed.category and p.signature and p.code != changed.code
    ]
    if values.get("signature"):
        for other in before:
            tx.change(other, signature=False)
    _check([*(p for p in tx.all(StudioPackage) if p.code != code), changed])
    return tx.add(changed) if there is None else tx.change(there, **values)


def change_price(tx: Tx, code: str, typed: Mapping[str, str], *, new: bool) -> StudioPrice:
    """Enter a line of the price list, or change one; cases that bought it keep their price.

    Raises:
        BadInput: A field is not understood, missing, or the code is there already.
    """
    there = _there(tx.get(StudioPrice, code), code, new=new)
    values = _read(typed, PRICE_FIELDS, needed=("name_en", "name_zh", "kind", "unit_price") if new else ())
    return tx.add(StudioPrice(code=code, **values)) if there is None else tx.change(there, **values)


Priced = TypeVar("Priced", StudioPackage, StudioPrice)


def _there(found: Priced | None, code: str, *, new: bool) -> Priced | None:
    if new and found is not None:
        raise BadInput(
            T("Code {code} is there already.", zh="编码 {code} 已存在。").of(code=code),
            T(
                "Choose another code; those there are: flow studio packages",
                zh="请换一个编码; 现有: flow studio packages",
            ),
            ref="studio.code",
        )
    if not new and found is None:
        raise BadInput(
            T("Code {code} does not exist or is no longer sold.", zh="价目{code}不存在或已停售。").of(code=code),
            plain("flow studio packages"),
            ref="studio.code",
        )
    return found
