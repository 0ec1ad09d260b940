"""A document as one HTML page that needs nothing else: sandboxed template, print styles, no script, no address outside.

The shop's own template stands in its folder: ``templates/<trade>/<document>.html``. It may begin with
``{% extends "page.html" %}`` and fill the block ``body``. A template may also extend, include or import a file that
stands beside the one its trade ships.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import FunctionLoader, StrictUndefined, TemplateError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from serviceflow.documents.snapshot import spoken
from serviceflow.errors import Refused
from serviceflow.flow.document import Document
from serviceflow.money import capitals, format_money
from serviceflow.store.place import Place, shop_folder
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop

KNOWN: Final = frozenset({
    "t", "title", "number", "version", "state", "void_reason", "copies", "paper", "language", "shop", "made_at",
    "made_by",
})  # fmt: skip
"""What every template may name besides the document's own fields."""


PLAIN_NAME: Final = re.compile(r"[\w-]+\.html")


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands on a document besides its facts; ``made_at`` as the shop's clock showed it."""

    language: str
    number: str = ""
    version: int = 1
    state: str = "final"
    void_reason: str = ""
    made_at: str = ""
    made_by: str = ""


def own_template(place: Place, trade: str, document: str) -> Path:
    """Return where the shop's own template for a document would be."""
    return shop_folder(place) / "templates" / trade / f"{document}.html"


def trade_template(document: Document) -> str:
    """Return the source of the template that the trade ships.

    Raises:
        FileNotFoundError: The package has no such file.
    """
    package, _, path = document.template.partition(":")
    return files(package).joinpath(path).read_text(encoding="utf-8")


def environment(document: Document) -> ImmutableSandboxedEnvironment:
    """Return the environment of a document's templates: escaped, sandboxed, an absent fact is an error."""
    made = ImmutableSandboxedEnvironment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FunctionLoader(partial(_named, document)),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["money"] = _money
    made.filters["capitals"] = capitals
    return made


def _money(fen: Any) -> str:
    return "" if fen is None or isinstance(fen, Undefined) else format_money(fen)


def _named(document: Document, name: str) -> str | None:
    """Return the template that another names: the common page, else a file beside the document's own."""
    if name == "page.html":
        return files("serviceflow.documents").joinpath("templates", name).read_text(encoding="utf-8")
    package, _, path = document.template.partition(":")
    beside = files(package).joinpath(path.rpartition("/")[0], name)
    if not PLAIN_NAME.fullmatch(name) or not beside.is_file():
        return None
    return beside.read_text(encoding="utf-8")


def page(shop: Shop, trade: str, document: Document, facts: Mapping[str, Any], heading: Heading) -> str:
    """Return a document as HTML.

    Args:
        facts: A snapshot, as it is kept.

    Raises:
        Refused: The shop's own template is faulty, or reaches outside the page.
    """
    own = own_template(shop.place, trade, document.key)
    source = own.read_text(encoding="utf-8-sig") if own.is_file() else trade_template(document)
    count = document.copies if isinstance(document.copies, int) else int(shop.setting(document.copies))
    given = {
        "t": partial(_either, heading.language),
        "title": document.title.to(heading.language),
        "paper": document.paper,
        "shop": shop.setting("core.shop_name"),
        "copies": list(range(1, count + 1)),
        "language": heading.language,
        "number": heading.number,
        "version": heading.version,
        "state": heading.state,
        "void_reason": heading.void_reason,
        "made_at": heading.made_at,
        "made_by": heading.made_by,
        **spoken(dict(facts), heading.language),
    }
    try:
        html = environment(document).from_string(source).render(given)
    except TemplateError as fault:
        if not own.is_file():
            raise
        raise _refused(own, str(fault)) from fault
    outside = reaches_outside(html)
    if outside:
        raise _refused(own, outside)
    return html


def _either(language: str, en: str, zh: str) -> str:
    return zh if language == "zh" else en


def _refused(file: Path, why: str) -> Refused:
    return Refused(
        T("The template {file} cannot be used: {why}", zh="模板 {file} 无法使用: {why}").of(file=file, why=why),
        T("Mend it, or move it away to print the built-in one.", zh="请修改, 或移走以使用内置模板。"),
        ref="core.template",
    )


def reaches_outside(html: str) -> str | None:
    """Return what in a page is a script or an address to be loaded from elsewhere, ``None`` when nothing is."""
    look = _Outside()
    look.feed(html)
    return look.found


class _Outside(HTMLParser):
    ADDRESSES = ("src", "href", "srcset", "data", "action", "poster", "background")

    def __init__(self) -> None:
        super().__init__()
        self.found: str | None = None
        self.in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.in_style = tag == "style"
        if tag in ("script", "iframe", "object", "embed", "link", "base"):
            self.found = self.found or f"<{tag}>"
        for name, value in attrs:
            address = (value or "").strip()
            if name.startswith("on") or (name in self.ADDRESSES and not address.startswith(("data:image/", "#"))):
                self.found = self.found or f"{name}={address}"
            if name == "style":
                self._style(address)

    def handle_endtag(self, tag: str) -> None:
        self.in_style = self.in_style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self.in_style:
            self._style(data)

    def _style(self, css: str) -> None:
        if "@import" in css or "url(" in css.replace("url(data:", ""):
            self.found = self.found or "url(…)"
