"""``flow doc``: documents that were issued, and printing them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from serviceflow.errors import BadInput
from serviceflow.store.read import title as title_of
from serviceflow.texts import T, plain

from serviceflow_cli import out, refs
from serviceflow_cli.answers import Answer, answer
from serviceflow_cli.out import Column, label
from serviceflow_cli.session import reader

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.store.read import Reader
    from serviceflow.store.tables import DocumentRow

app = typer.Typer(invoke_without_command=True)

MOST = 200
COLUMNS = [
    Column("number", T("No.", zh="编号")),
    Column("document_id", T("Id", zh="序号"), "number", null=False),
    Column("title", T("Document", zh="单据"), null=False),
    Column("version", T("Version", zh="版本"), "number", null=False, give=3),
    Column("order_number", T("Order", zh="订单"), give=2),
    Column("customer", T("Customer", zh="客户"), give=4),
    Column("made_at", T("Issued", zh="开出"), "instant", null=False, give=1),
    Column("state_title", T("State", zh="状态"), null=False),
    Column("state", T("State code", zh="状态码"), shown=False, null=False),
    Column("printed", T("Printed", zh="已打印"), "number", null=False, give=5),
    Column("reason", T("Why void", zh="作废原因"), shown=False),
]

STATES = {"draft": T("draft", zh="草稿"), "final": T("issued", zh="已开出"), "void": T("void", zh="作废")}


@app.callback()
def doc(ctx: typer.Context) -> None:
    """Documents: list, print."""
    if ctx.invoked_subcommand is None:
        list_documents()


@app.command("list")
def list_documents(
    order: Annotated[str, typer.Argument(metavar="[ORDER]", help=label("Of an order", zh="某订单的"))] = "",
    customer: Annotated[
        str, typer.Option("--customer", metavar="REF", help=label("Of a customer", zh="某客户的"))
    ] = "",
    kind: Annotated[str, typer.Option("--kind", metavar="KEY", help=label("Of one kind", zh="某一种"))] = "",
) -> None:
    """List the documents that were issued, newest first; void ones too."""
    with reader() as read:
        where, values = ["1 = 1"], dict[str, Any]()
        if order:
            where.append("order_id = :order_id")
            values["order_id"] = refs.pick_order(read, order)["order_id"]
        if customer:
            where.append("customer_id = :customer_id")
            values["customer_id"] = refs.pick_customer(read, customer)["customer_id"]
        if kind:
            where.append("document = :kind")
            values["kind"] = kind
        found = read.rows(
            f"SELECT * FROM v_document WHERE {' AND '.join(where)}"  # noqa: S608 - our own words, values are bound
            f" ORDER BY document_id DESC LIMIT {MOST + 1}",
            **values,
        )
        rows = [
            {**row, "title": title_of(row), "reason": title_of(row, "void"), "state_title": str(STATES[row["state"]])}
            for row in found[:MOST]
        ]
    out.rows("documents", COLUMNS, rows, empty=T("No document was issued.", zh="没有单据。"))
    if len(found) > MOST:
        out.talk(T("… older ones are left out; narrow the search.", zh="… 更早的未列出, 请缩小范围。"))


@app.command("print")
def print_document(
    number: Annotated[
        str, typer.Argument(metavar="NO", help=label("Number such as PL0001, or #id", zh="编号如 PL0001, 或 #序号"))
    ],
    file: Annotated[str, typer.Option("--out", metavar="FILE", help=label("Where to write it", zh="写入的文件"))] = "",
    version: Annotated[
        int, typer.Option("--version", min=0, help=label("Version; the newest without", zh="版本, 默认最新"))
    ] = 0,
    language: Annotated[
        str, typer.Option("--in", metavar="zh|en", help=label("In another language", zh="用另一种语言"))
    ] = "",
    pdf: Annotated[bool, typer.Option("--pdf", help=label("As PDF", zh="生成 PDF"))] = False,
    show: Annotated[bool, typer.Option("--open", help=label("Open it to be printed", zh="打开以便打印"))] = False,
) -> None:
    """Print a document as HTML, or as PDF through an installed browser; every printing is counted."""
    if language not in ("", "zh", "en"):
        raise BadInput(T("Documents speak zh and en.", zh="单据语言为 zh 或 en。"), plain("--in zh | --in en"))
    with reader() as read:
        document_id = _pick(read, number, version)
    files: list[Path] = []

    def work(shop: Shop) -> Answer:
        from serviceflow.documents.printing import printed
        from serviceflow.store.tables import DocumentRow

        with shop.write("doc print") as tx:
            row = tx.need(DocumentRow, document_id)
            html = printed(shop, tx, row, spoken=language or None)
            files.append(write_page(shop, html, Path(file) if file else None, name_of(tx, row), pdf=pdf))
            said = T("{what} printed: {file}", zh="{what}已生成: {file}").of(what=_name(row), file=files[0])
        return Answer(said, data={"file": str(files[0]), "document_id": document_id})

    answer(work)
    if show:
        typer.launch(str(files[0]))


def _name(row: DocumentRow) -> T:
    return T(row.title_en, zh=row.title_zh)


def name_of(tx: Any, row: DocumentRow) -> str:
    """Return the name of a document's file, without its ending."""
    from serviceflow.documents.printing import number_of

    number = number_of(tx, row) or f"{row.key}-{row.id}"
    return f"{number}-{row.version}" if row.version > 1 else number


def write_page(shop: Shop, html: str, file: Path | None, name: str, *, pdf: bool = False) -> Path:
    """Write a page where it is wanted, or among the shop's documents; return the file.

    Raises:
        ConfigError: A PDF is wanted and there is no browser to make it.
    """
    from serviceflow.documents.pdf import browser, write_pdf
    from serviceflow.store.place import shop_folder

    if pdf:
        browser()
    target = file or shop_folder(shop.place) / "documents" / f"{name}.{'pdf' if pdf else 'html'}"
    target.parent.mkdir(parents=True, exist_ok=True)
    page = target.with_suffix(".html") if pdf else target
    page.write_text(html, encoding="utf-8")
    if pdf:
        write_pdf(page, target)
        page.unlink()
    return target


def _pick(read: Reader, typed: str, version: int) -> int:
    wanted = typed.strip()
    if wanted.lstrip("#").isdigit():
        found = read.rows(
            "SELECT document_id, version FROM v_document WHERE document_id = :n", n=int(wanted.lstrip("#"))
        )
    else:
        found = read.rows(
            "SELECT document_id, version FROM v_document WHERE number = :n ORDER BY version DESC", n=wanted.upper()
        )
    chosen = [row for row in found if not version or row["version"] == version]
    if not chosen:
        raise BadInput(
            T("There is no document {no}.", zh="没有单据 {no}。").of(no=typed), plain("flow doc list"), ref="document"
        )
    return int(chosen[0]["document_id"])
