"""``flow customer``: enter, edit, import, export, merge, and take a merge back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from serviceflow.errors import BadInput, Exit
from serviceflow.texts import T, plain

from serviceflow_cli import out, prompt, refs
from serviceflow_cli.answers import Answer, answer, kept_as_typed
from serviceflow_cli.options import DryRun, RequestId, Yes
from serviceflow_cli.out import label
from serviceflow_cli.session import current, reader, writing_shop

if TYPE_CHECKING:
    from datetime import date

    from serviceflow.app import Shop
    from serviceflow.engine.customer_feed import Imported
    from serviceflow.kit.feed_columns import ColumnMap
    from serviceflow.store.tables import Customer
    from serviceflow.store.write import Tx

app = typer.Typer()

SAID = 5
"""Faults of a file that are said; the others are in the file beside it."""

Who = Annotated[str, typer.Argument(metavar="CUSTOMER", help=label("As for flow find", zh="同 flow find 的写法"))]
Many = list[str] | None
Phones = Annotated[Many, typer.Option("--phone", "-p", help=label("Phone; may be repeated", zh="电话, 可重复"))]
Emails = Annotated[Many, typer.Option("--email", help=label("E-mail; may be repeated", zh="邮箱, 可重复"))]
WeChat = Annotated[str | None, typer.Option("--wechat", help=label("WeChat", zh="微信号"))]
Address = Annotated[str | None, typer.Option("--address", help=label("Address", zh="地址"))]
Birthday = Annotated[str | None, typer.Option("--birthday", metavar="1990-05-01", help=label("Birthday", zh="生日"))]
Days = Annotated[
    Many,
    typer.Option("--day", metavar="NAME=DATE", help=label("Yearly day, such as wedding=…", zh="纪念日, 如 wedding=…")),
]
Source = Annotated[str | None, typer.Option("--source", help=label("Where they come from", zh="来源"))]
Tags = Annotated[Many, typer.Option("--tag", help=label("Tag; may be repeated", zh="标签, 可重复"))]
Note = Annotated[str | None, typer.Option("--note", help=label("Note", zh="备注"))]
Kind = Annotated[
    str | None, typer.Option("--kind", metavar="person|organisation", help=label("Person or company", zh="个人或单位"))
]
Language = Annotated[str | None, typer.Option("--language", metavar="zh|en", help=label("Language", zh="语言"))]
Owner = Annotated[str | None, typer.Option("--owner", metavar="LOGIN", help=label("Who looks after them", zh="负责人"))]
Consents = Annotated[
    Many,
    typer.Option(
        "--consent",
        metavar="PURPOSE=yes|no",
        help=label("Agreed to messages: marketing=yes", zh="消息许可: marketing=yes"),
    ),
]


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help=label("As they say it", zh="客户自称"))],
    phone: Phones = None,
    email: Emails = None,
    wechat: WeChat = None,
    address: Address = None,
    birthday: Birthday = None,
    day: Days = None,
    source: Source = None,
    tag: Tags = None,
    note: Note = None,
    kind: Kind = None,
    language: Language = None,
    owner: Owner = None,
    consent: Consents = None,
    new: Annotated[
        bool, typer.Option("--new", help=label("Another person with the same phone", zh="同一电话的另一人"))
    ] = False,
    dry_run: DryRun = False,
    request_id: RequestId = None,
) -> None:
    """Enter a customer; a phone or e-mail that is known finds the customer instead."""

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.customers import add_customer

        with shop.write("customer add", dry_run=dry_run) as tx:
            customer = add_customer(
                tx, name=name, phones=phone or (), emails=email or (), wechat=wechat or "", address=address or "",
                birthday=_day(birthday), source=source or "", tags=tag or (), note=note or "",
                kind=kind or "person", language=language, owner_id=_staff(tx, owner), allow_same=new)  # fmt: skip
            _set_days(tx, customer, day or ())
            _set_consents(tx, customer, consent or ())
            tx.customer_id = customer.id
            tx.summary = T("customer {name}", zh="新客户 {name}").of(name=customer.name)
        return _told(T("{name} is entered", zh="已登记 {name}").of(name=customer.name), customer, tx, dry_run, phone)

    given = (phone, email, wechat, address, birthday, day, source, tag, note, kind, language, owner, consent, new)
    answer(work, request_id=request_id, content=["customer add", name, *given])


@app.command("edit")
def edit(
    who: Who,
    name: Annotated[str | None, typer.Option("--name", help=label("Name", zh="姓名"))] = None,
    phone: Phones = None,
    email: Emails = None,
    wechat: WeChat = None,
    address: Address = None,
    drop: Annotated[
        Many,
        typer.Option(
            "--drop", metavar="KIND=VALUE", help=label("Contact to take away: phone=…", zh="删除联系方式: phone=…")
        ),
    ] = None,
    prefer: Annotated[
        Many, typer.Option("--prefer", metavar="KIND=VALUE", help=label("Contact to use first", zh="首选的联系方式"))
    ] = None,
    birthday: Birthday = None,
    day: Days = None,
    source: Source = None,
    tag: Tags = None,
    untag: Annotated[Many, typer.Option("--untag", help=label("Tag to take away", zh="要去掉的标签"))] = None,
    note: Note = None,
    kind: Kind = None,
    language: Language = None,
    owner: Owner = None,
    consent: Consents = None,
    do_not_contact: Annotated[
        bool | None,
        typer.Option("--do-not-contact/--may-contact", help=label("No messages at all", zh="勿扰 / 可联系")),
    ] = None,
    new: Annotated[bool, typer.Option("--new", help=label("The phone is shared", zh="与他人共用电话"))] = False,
    dry_run: DryRun = False,
) -> None:
    """Change what is known of a customer; an empty text clears it, new contacts are added."""
    customer_id = refs.customer_id(who)

    def work(shop: Shop) -> Answer:
        from serviceflow.engine import customers
        from serviceflow.store.tables import Customer

        with shop.write("customer edit", dry_run=dry_run) as tx:
            customer = tx.need(Customer, customer_id, lock=True)
            texts = {"name": name, "source": source, "note": note, "kind": kind, "do_not_contact": do_not_contact}
            changes: dict[str, Any] = {key: value for key, value in texts.items() if value is not None}
            if birthday is not None:
                changes["birthday"] = _day(birthday)
            if language is not None:
                changes["language"] = language or None
            if owner is not None:
                changes["owner_id"] = _staff(tx, owner)
            if tag or untag:
                changes["tags"] = sorted(({*customer.tags} | {*(tag or ())}) - {*(untag or ())})
            customers.edit_customer(tx, customer, **changes)
            many = (("phone", phone), ("email", email), ("wechat", [wechat] if wechat else ()),
                    ("address", [address] if address else ()))  # fmt: skip
            customers.change_contacts(
                tx,
                customer,
                add=[(contact, typed) for contact, found in many for typed in found or ()],
                drop=_pairs(drop or (), "--drop phone=13800000001", customers.CHANNELS),
                prefer=_pairs(prefer or (), "--prefer phone=13800000001", customers.CHANNELS),
                allow_same=new,
            )
            _set_days(tx, customer, day or ())
            _set_consents(tx, customer, consent or ())
            tx.customer_id = customer_id
            tx.summary = T("customer {name} changed", zh="修改客户 {name}").of(name=customer.name)
            changed = bool(tx.changes)
        said = T("{name} is changed", zh="已修改 {name}") if changed else T("{name} is as it was", zh="{name} 没有变化")
        return _told(said.of(name=customer.name), customer, tx, dry_run, phone)

    answer(work)


@app.command("merge")
def merge(
    gone: Annotated[str, typer.Argument(metavar="GONE", help=label("Who is entered twice", zh="重复的客户"))],
    kept: Annotated[str, typer.Argument(metavar="KEPT", help=label("Who stays", zh="保留的客户"))],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Make one customer of two; everything of the first moves to the second."""
    with reader() as read:
        first, second = refs.pick_customer(read, gone), refs.pick_customer(read, kept)
        lines = [refs.customer_line(read, row) for row in (first, second)]
    if not dry_run and not yes and first["customer_id"] != second["customer_id"]:
        prompt.confirm(T("Merge {a}  into  {b} ?", zh="把 {a}  并入  {b} ?").of(a=lines[0], b=lines[1]))

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.merges import merge as make_one

        operation = make_one(shop, first["customer_id"], second["customer_id"], dry_run=dry_run)
        return Answer(
            T("{a} is merged into {b}", zh="{a} 已并入 {b}").of(a=first["customer"], b=second["customer"]),
            next_=f"flow show c{second['customer_id']}",
            operation=operation,
            data={"gone": first["customer_id"], "kept": second["customer_id"]},
            dry_run=dry_run,
        )

    answer(work)


@app.command("unmerge")
def unmerge(who: Who, dry_run: DryRun = False) -> None:
    """Take the last merge of a customer back: two customers again, each with their own."""
    customer_id = refs.customer_id(who)

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.merges import merge_of
        from serviceflow.engine.operations import undo

        with shop.reading() as tx:
            number = merge_of(tx, customer_id)
        done = undo(shop, number, dry_run=dry_run)
        return Answer(
            T("taken back: {what}", zh="已撤回: {what}").of(what=done.entry.summary),
            lines=done.stays,
            next_=f"flow show c{customer_id}",
            operation=done.operation,
            data={"undid": number, "rows": done.rows},
            dry_run=dry_run,
        )

    answer(work)


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=label("CSV, XLSX, XLS, ODS, VCF", zh="CSV、Excel、通讯录"))
    ],
    columns: Annotated[
        Many,
        typer.Option(
            "--map", "-m", metavar="COLUMN=FIELD", help=label("Which column is which", zh="指定列: 表头=字段")
        ),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Import a file of customers; who is known gets what is missing, bad rows go to a file beside it."""
    from serviceflow.engine.actor import refuse_who_left
    from serviceflow.engine.customer_feed import import_customers

    meant = dict(_pairs(columns or (), "--map 手机=phone"))
    with writing_shop() as shop:
        refuse_who_left(shop)
        progress = _Progress()
        try:
            done = import_customers(shop, file, columns=meant, dry_run=dry_run, progress=progress, shown=_show_columns)
        finally:
            progress.clear()
    _imported(done, file, dry_run)
    if done.refused:
        raise typer.Exit(int(Exit.PARTLY))


def _show_columns(columns: ColumnMap, said: T) -> None:
    if current().format != "text":
        return
    pairs = " · ".join(
        heading if heading == str(meant) else f"{heading} → {meant}" for heading, meant in columns.lines()
    )
    if columns.header.line:
        said = T("{said}, headings in line {n}", zh="{said}, 表头在第 {n} 行").of(said=said, n=columns.header.line)
    out.talk(plain("{said}: {pairs}").of(said=said, pairs=pairs))


def _imported(done: Imported, file: Path, dry_run: bool) -> None:
    parts = [
        (done.new, T("{n} new", zh="新增 {n}")), (done.completed, T("{n} completed", zh="补全 {n}")),
        (done.known, T("{n} known already", zh="已有 {n}")), (done.repeated, T("{n} repeated", zh="重复 {n}")),
        (done.refused, T("{n} with faults", zh="有误 {n}")),
    ]  # fmt: skip
    counts = " · ".join(str(said.of(n=n)) for n, said in parts if n)
    for reason in done.reasons[:SAID] if current().format == "text" else ():
        out.warn(T("line {line}: {why}", zh="第 {line} 行: {why}").of(line=reason.line, why=str(reason)))
    lines = []
    if done.errors is not None:
        lines.append(T("faulty rows are in {path}: mend them there and import that file",
                       zh="有误的行已写入 {path}, 改好后导入该文件即可").of(path=done.errors))  # fmt: skip
    Answer(
        T("{file}: {read} rows: {counts}", zh="{file}: 共 {read} 行: {counts}").of(
            file=file.name, read=done.read, counts=counts or str(T("nothing to do", zh="无需处理"))),
        lines=lines,
        next_="flow today" if done.operation else "",
        operation=done.operation,
        data={
            "rows": done.read, "new": done.new, "completed": done.completed, "known": done.known,
            "repeated": done.repeated, "refused": done.refused, "errors": str(done.errors) if done.errors else None,
            "columns": {heading: str(meant) for heading, meant in done.columns.lines()},
            "reasons": [{"line": r.line, "column": r.column, "why": str(r.why)} for r in done.reasons],
        },
        dry_run=dry_run,
    ).say()  # fmt: skip


class _Progress:
    """A line on a terminal that says how far an import is."""

    def __init__(self) -> None:
        self.shown = False

    def __call__(self, phase: str, done: int) -> None:
        import sys

        if sys.stderr.isatty() and current().format == "text":
            words = T("{n} rows read", zh="已读 {n} 行") if phase == "read" else T("{n} stored", zh="已存 {n} 位")
            sys.stderr.write(f"\r{words.of(n=done)}   ")
            sys.stderr.flush()
            self.shown = True

    def clear(self) -> None:
        """Remove the line."""
        import sys

        if self.shown:
            sys.stderr.write("\r" + " " * 40 + "\r")
            sys.stderr.flush()


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=label(".csv, .xlsx or .vcf", zh=".csv、.xlsx 或 .vcf"))],
    reveal: Annotated[
        str | None,
        typer.Option(
            "--reveal", metavar="REASON", help=label("Unmasked; the reason is recorded", zh="不打码, 原因留痕")
        ),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help=label("Overwrite the file", zh="覆盖已有文件"))] = False,
) -> None:
    """Write all customers into a file; phones and addresses are masked unless a reason is given."""

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.customer_export import export_customers

        done = export_customers(shop, file, reveal=reveal, replace=replace)
        how = (
            T("masked; unmasked: --reveal REASON", zh="已打码; 完整导出请加 --reveal 原因")
            if reveal is None
            else (T("unmasked; recorded as operation {n}", zh="完整内容; 已记录为操作 {n}").of(n=done.operation))
        )
        return Answer(
            T("{n} customers written to {path}", zh="{n} 位客户已写入 {path}").of(n=done.count, path=done.path),
            lines=[how],
            data={"path": str(done.path), "count": done.count, "recorded": done.operation},
        )  # fmt: skip

    answer(work)


def _told(change: T, customer: Customer, tx: Tx, dry_run: bool, phones: Many) -> Answer:
    key = f"c{customer.id}"
    return Answer(
        change,
        next_="" if dry_run else f"flow show {key}",
        warnings=kept_as_typed(phones or ()),
        operation=tx.operation if tx.changes else None,
        data={"customer": None if dry_run else key, "customer_id": customer.id, "name": customer.name},
        dry_run=dry_run,
    )


def _day(typed: str | None) -> date | None:
    """Return a birthday as typed: a full date, because a year that is guessed is wrong."""
    from datetime import date

    if not typed:
        return None
    try:
        return date.fromisoformat(typed.strip().replace("/", "-").replace(".", "-"))
    except ValueError:
        raise BadInput(T("“{typed}” is no date.", zh="“{typed}”不是日期。").of(typed=typed), plain("1990-05-01"),
                       ref="customer.day") from None  # fmt: skip


def _set_days(tx: Tx, customer: Customer, typed: Sequence[str]) -> None:
    from serviceflow.engine.customers import remove_date, set_date

    for name, day in _pairs(typed, "--day wedding=2024-10-02", empty=True):
        found = _day(day)
        if found is None:
            remove_date(tx, customer, name)
        else:
            set_date(tx, customer, name, found)


def _set_consents(tx: Tx, customer: Customer, typed: Sequence[str]) -> None:
    from serviceflow.engine.customers import set_consent

    for purpose, said in _pairs(typed, "--consent marketing=yes"):
        if said not in ("yes", "no", "是", "否"):
            raise BadInput(T("Consent is yes or no, not {said}.", zh="许可须为 yes 或 no, 不是 {said}。").of(said=said),
                           plain("--consent marketing=yes"), ref="customer.consent")  # fmt: skip
        set_consent(tx, customer, purpose, said in ("yes", "是"))


def _staff(tx: Tx, login: str | None) -> int | None:
    if not login:
        return None
    from serviceflow.engine.staff import staff_named

    return staff_named(tx, login).id


def _pairs(
    typed: Sequence[str], example: str, known: Sequence[str] = (), *, empty: bool = False
) -> list[tuple[str, str]]:
    """Return ``name=value`` words as pairs."""
    found = []
    for word in typed:
        name, sep, value = word.replace("＝", "=", 1).partition("=")
        if not sep or not name.strip() or not (value.strip() or empty):
            raise BadInput(T("“{word}” is no name=value.", zh="“{word}”不是 名称=值。").of(word=word), plain(example),
                           ref="customer.pair")  # fmt: skip
        if known and name.strip() not in known:
            raise BadInput(T("There is no {name}.", zh="没有 {name}。").of(name=name.strip()), plain(" · ".join(known)),
                           ref="customer.pair")  # fmt: skip
        found.append((name.strip(), value.strip()))
    return found
