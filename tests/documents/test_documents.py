"""Documents: number, version, language, snapshot; what printing, undo and a shop's own template do."""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser
from pathlib import Path

import pytest
from serviceflow.app import Shop
from serviceflow.documents.check import faults_of_templates
from serviceflow.documents.pages import own_template, reaches_outside
from serviceflow.documents.printing import number_of, printed
from serviceflow.engine.act import act, open_order
from serviceflow.engine.operations import undo
from serviceflow.errors import Refused
from serviceflow.flow.document import Document
from serviceflow.plugin.check import faults_of_trade
from serviceflow.store.tables import DocumentRow, VoidNumber

from tests.documents.conftest import PRINT, SLIP


class Page(HTMLParser):
    """What a page shows: its texts by tag, and whether every tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.style = ""
        self.feed(html)
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "hr", "img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        elif self.open and data.strip():
            self.texts.setdefault(self.open[-1], []).append(data.strip())


def issued(shop: Shop) -> list[tuple[str, int, str]]:
    with shop.reading() as tx:
        return [(number_of(tx, row), row.version, row.state) for row in tx.all(DocumentRow)]


def write(shop: Shop, order: int, words: str = "") -> DocumentRow:
    act(shop, order, "write", {"words": words} if words else {})
    with shop.reading() as tx:
        return tx.all(DocumentRow)[-1]


def shown(shop: Shop, row: DocumentRow, spoken: str | None = None) -> str:
    with shop.write("doc print") as tx:
        return printed(shop, tx, tx.need(DocumentRow, row.id), spoken=spoken)


@pytest.fixture
def order(press: Shop, customer: int) -> int:
    found = open_order(press, "print-order", customer, {}).order.id
    assert found is not None
    return found


def test_a_slip_is_numbered_and_its_later_ones_are_versions(press: Shop, order: int) -> None:
    for words in ("one", "two"):
        write(press, order, words)

    assert issued(press) == [("SL0001", 1, "final"), ("SL0001", 2, "final")]


def test_the_page_stands_alone_and_prints_on_its_paper(press: Shop, order: int) -> None:
    html = shown(press, write(press, order, "<b>138</b>"))
    page = Page(html)

    assert page.texts["h1"] == ["Slip", "Slip"]  # two copies
    assert page.texts["dd"][:2] == ["王小明", "12800.50 壹万贰仟捌佰元伍角"]
    assert page.texts["td"][:2] == ["Album", "<b>138</b>"]
    for rule in ("@page { size: A5", "thead { display: table-header-group }", "break-inside: avoid"):
        assert rule in page.style
    assert reaches_outside(html) is None


def test_a_customer_is_written_to_in_his_language_and_a_reprint_may_be_in_another(press: Shop, order: int) -> None:
    row = write(press, order)

    assert (Page(shown(press, row)).texts["h1"][0], Page(shown(press, row, "zh")).texts["h1"][0]) == ("Slip", "单据")


def test_a_page_shows_what_held_when_it_was_issued(press: Shop, customer: int, order: int) -> None:
    row = write(press, order)
    with press.write("customer edit") as tx:
        from serviceflow.store.tables import Customer

        tx.change(tx.need(Customer, customer), name="王大明")

    assert "王小明" in shown(press, row)


def test_outsiders_get_neither_names_nor_numbers(press: Shop, order: int) -> None:
    act(press, order, "send", {"words": "+8613800000001"})
    with press.reading() as tx:
        row = tx.all(DocumentRow)[-1]

    assert row.facts["customer"] == "王*"
    assert row.facts["lines"][1] == {"text": "138****0001"}
    assert (row.number, row.state, row.language) == (None, "draft", "zh")
    assert "草稿" in shown(press, row)


def test_an_undone_document_leaves_a_void_number_and_no_gap(press: Shop, order: int) -> None:
    write(press, order)
    undo(press)
    write(press, order)

    assert issued(press) == [("SL0002", 1, "final")]
    with press.reading() as tx:
        assert tx.get(VoidNumber, "SL0001") is not None


def test_a_printed_document_stays_as_void_when_its_cause_is_undone(press: Shop, order: int) -> None:
    done = act(press, order, "write", {})
    with press.reading() as tx:
        row = tx.all(DocumentRow)[-1]
    shown(press, row)
    undo(press, done.operation)

    assert issued(press) == [("SL0001", 1, "void")]
    with press.reading() as tx:
        kept = tx.need(DocumentRow, row.id)
    assert (kept.printed, kept.void_zh) == (2, "已撤销")


def test_a_void_slip_says_so_and_the_next_has_a_new_number(press: Shop, order: int) -> None:
    first = write(press, order)
    act(press, order, "drop", {})
    write(press, order)

    assert issued(press) == [("SL0001", 1, "void"), ("SL0002", 1, "final")]
    assert Page(shown(press, first)).texts["p"][0] == "changed its mind"


def own(shop: Shop, folder: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.setenv("FLOW_FILES", str(folder))
    file = own_template(shop.place, "print", "slip")
    file.parent.mkdir(parents=True)
    file.write_text(source, encoding="utf-8")


def test_a_shop_prints_by_its_own_template(
    press: Shop, order: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own(
        press,
        tmp_path,
        monkeypatch,
        '{% extends "page.html" %}{% block body %}<p>本店 {{ customer }}</p>{% endblock %}',
    )

    assert "<p>本店 王小明</p>" in shown(press, write(press, order))


def test_a_template_includes_a_file_beside_that_of_its_trade(
    press: Shop, order: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own(press, tmp_path, monkeypatch, '{% include "greeting.html" %}')

    assert "<p>王小明: 12800.50</p>" in shown(press, write(press, order))


@pytest.mark.parametrize(
    "source",
    [
        pytest.param('{% include "../papers/greeting.html" %}', id="a file elsewhere"),
        pytest.param('{% include "none.html" %}', id="a file that is not there"),
        pytest.param("{{ nobody }}", id="a field that is not there"),
        pytest.param("{% for %}", id="syntax"),
        pytest.param("{{ customer.__class__.__mro__ }}", id="reaches into Python"),
        pytest.param("<script>1</script>", id="script"),
        pytest.param('<img src="https://example.org/x.png">', id="address outside"),
        pytest.param("<style>@import 'x.css';</style>", id="style from elsewhere"),
        pytest.param('<p onclick="x()">', id="event"),
    ],
)
def test_a_faulty_template_of_the_shop_is_refused_by_its_file(
    press: Shop, order: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    own(press, tmp_path, monkeypatch, source)
    row = write(press, order)

    with pytest.raises(Refused, match=r"templates.print.slip\.html"):
        shown(press, row)


def changed(**what: object) -> Document:
    return dataclasses.replace(SLIP, **what)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (changed(fields=("customer", "total", "lines")), "document.field"),
        (changed(fields=("customer", "lines", "lines.text")), "document.field"),
        (changed(template="tests.documents:papers/none.html"), "document.template"),
        (changed(template="tests.documents:papers/letter.html", fields=("customer",)), "document.field"),
        (changed(template="tests.documents:papers/lost.html"), "document.syntax"),
    ],
)
def test_the_check_finds_template_fields_that_do_not_exist(document: Document, fault: str) -> None:
    trade = dataclasses.replace(PRINT, documents=(document,))

    assert {found.id for found in faults_of_templates(trade)} == {fault}


@pytest.mark.parametrize(
    ("documents", "fault"),
    [
        ((SLIP, SLIP), "document.double"),
        ((changed(copies="print.none"),), "setting.unknown"),
        ((changed(series="SL"),), "document.series"),
        ((changed(masks={"none": "name"}),), "document.field"),
        ((changed(key="other"),), "document.unknown"),
    ],
)
def test_the_check_on_load_finds_faults_of_documents(documents: tuple[Document, ...], fault: str) -> None:
    assert fault in {found.id for found in faults_of_trade(dataclasses.replace(PRINT, documents=documents))}


def test_a_sound_trade_has_no_fault() -> None:
    assert [*faults_of_trade(PRINT), *faults_of_templates(PRINT)] == []
