"""Documents a trade prints: what one is called, which facts it shows, on which paper; as plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from serviceflow.settings import Setting
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.engine.case import Case

Paper = Literal["A4", "A4 landscape", "A5", "A5 landscape"]
Audience = Literal["customer", "shop", "outsider"]
Hidden = Literal["name", "phone", "id"]


@dataclass(frozen=True, slots=True)
class Document:
    """One kind of paper: a template filled with a snapshot of facts.

    Args:
        key: Id unique in its plugin, such as ``plan-sheet``; also the name of the shop's own template file.
        title: What people call it.
        template: ``"package:folder/file.html"``, a jinja2 template; it may begin with ``{% extends "page.html" %}``
            and extend, include or import files that stand beside it.
        fields: Every fact the template may name: ``customer``, and ``lines.text`` for a column of a list.
        facts: Reads them when the document is issued; one made on demand is given its facts instead.
        paper: Size and direction of the page.
        series: Gap-free number with ``{n}`` and optionally ``{year}``: ``PL{n:04}``; none: it has no number.
        versions: A later one for the same order is the next version under the same number.
        copies: How many are printed, or the setting that says it.
        audience: Whom it goes to: a customer gets his language, everybody else the shop's; for an outsider the
            facts named in ``masks`` are shortened before they are kept.
        masks: How to shorten facts, by name.
    """

    key: str
    title: T
    template: str
    fields: tuple[str, ...]
    facts: Callable[[Case, Any], Mapping[str, Any]] | None = None
    paper: Paper = "A4"
    series: str | None = None
    versions: bool = False
    copies: int | str = 1
    audience: Audience = "shop"
    masks: Mapping[str, Hidden] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Issue:
    """An effect that issues a document of the trade.

    Args:
        key: Key of `Trade.documents`.
        when: Issued only if true of the case and the filled form.
        draft: It stays a draft until `Case.finish_document`.
    """

    key: str
    when: Callable[[Case, Any], bool] | None = None
    draft: bool = False

    def apply(self, case: Case, form: Any) -> None:
        if self.when is None or self.when(case, form):
            case.issue(self.key, form, draft=self.draft)


@dataclass(frozen=True, slots=True)
class VoidDocument:
    """An effect that makes documents of the order void; their numbers are never used again.

    Args:
        keys: Which kinds.
        because: Kept as the reason.
    """

    keys: tuple[str, ...]
    because: T

    def apply(self, case: Case, form: Any) -> None:
        case.void_documents(*self.keys, reason=self.because)


def number_settings(prefix: str, documents: Iterable[Document]) -> tuple[Setting, ...]:
    """Return a setting ``<prefix>.no.<document>`` for the format of each document's numbers.

    Args:
        prefix: First prefix of the trade.
        documents: Those of the trade; without a number of its own a document is passed over.
    """
    return tuple(
        number_setting(f"{prefix}.no.{d.key}", d.series, T(f"Numbers of: {d.title.en}", zh=f"{d.title.zh}编号格式"))
        for d in documents
        if d.series is not None
    )


def number_setting(key: str, series: str, title: T) -> Setting:
    """Return a setting that holds the format of a number.

    Args:
        key: Name of the setting.
        series: Its default, with ``{n}`` in it and ``{year}`` where it may be.
        title: What it is, for ``flow settings``.
    """
    return Setting(key, "text", series, title, check=_series_fault)


def _series_fault(series: Any) -> T | None:
    try:
        different = series.format(n=1, year=2025) != series.format(n=2, year=2025)
    except (KeyError, IndexError, ValueError, AttributeError):
        different = False
    return None if different else T("write it as {example}", zh="请写成 {example}").of(example="AB-{year}-{n:04}")
