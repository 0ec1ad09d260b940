"""Files of customers as they come out of Excel, WPS and phones, each with what must become of it."""

from __future__ import annotations

import quopri
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import xlsxwriter

MOBILE_1, MOBILE_2, MOBILE_3 = "+8613800000001", "+8613800000002", "+8613800000003"


@dataclass(frozen=True)
class Planted:
    """A file.

    Attributes:
        customers: Name → phones and e-mail addresses that must be stored.
        faults: Line → (column, word of the reason) of the rows that must be refused.
        mend: What to replace in the error file so that it imports clean.
    """

    name: str
    write: Callable[[Path], None]
    customers: dict[str, set[str]]
    faults: dict[int, tuple[str, str]] = field(default_factory=dict)
    mend: dict[str, str] = field(default_factory=dict)
    mended: dict[str, set[str]] = field(default_factory=dict)


def text(content: str, encoding: str, newline: str = "\r\n") -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content.replace("\n", newline).encode(encoding)) and None


def workbook(rows: list[list[object]], merged: str = "") -> Callable[[Path], None]:
    def write(path: Path) -> None:
        book = xlsxwriter.Workbook(str(path))
        sheet = book.add_worksheet("客户")
        first = 0
        if merged:
            sheet.merge_range(0, 0, 0, len(rows[0]) - 1, merged)
            first = 1
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for line, row in enumerate(rows, start=first):
            for place, cell in enumerate(row):
                if hasattr(cell, "year"):
                    sheet.write_datetime(line, place, cell, day)
                elif isinstance(cell, str):
                    sheet.write_string(line, place, cell)
                else:
                    sheet.write(line, place, cell)
        book.close()

    return write


def qp(value: str, charset: str, fold: int = 0) -> str:
    encoded = "".join(f"={byte:02X}" for byte in value.encode(charset))
    assert quopri.decodestring(encoded.encode()).decode(charset) == value
    if fold:
        encoded = "=\n".join(encoded[i : i + fold] for i in range(0, len(encoded), fold))
    return f"CHARSET={charset};ENCODING=QUOTED-PRINTABLE:{encoded}"


TWO = {"王小明": {MOBILE_1}, "李丽": {MOBILE_2, "lili@qq.com"}}
TWO_ROWS = "姓名,手机,邮箱\n王小明,138 0000-0001,\n李丽,+86 13800000002,Lili@QQ.com\n"

CARD_21 = (
    "BEGIN:VCARD\nVERSION:2.1\n"
    f"N;{qp('王', 'UTF-8')};{qp('小明', 'UTF-8').partition(':')[2]};;;\n"
    f"FN;{qp('王小明', 'UTF-8')}\nTEL;CELL;PREF:138-0000-0001\n"
    f"NOTE;{qp('上次来店看过婚纱样片, 想要海边的外景', 'UTF-8', 30)}\nEND:VCARD\n"
    "BEGIN:VCARD\nVERSION:2.1\n"
    f"N;{qp('李', 'GBK')};{qp('丽', 'GBK').partition(':')[2]};;;\n"
    f"FN;{qp('李丽', 'GBK')}\nTEL;CELL:13800000002\nEMAIL;INTERNET:lili@qq.com\nEND:VCARD\n"
)
CARD_30 = (
    "BEGIN:VCARD\nVERSION:3.0\nN:王;小明;;;\nFN:王小明\nTEL;TYPE=CELL,VOICE:+86 138 0000 0001\n"
    "NOTE:很长的备注很长的备注很长的备注很长的\n 备注\nEND:VCARD\n"
    "BEGIN:VCARD\nVERSION:3.0\nN:李;丽;;;\nFN:李丽\nitem1.TEL;type=pref:00 86 138 0000 0002\n"
    "item1.X-ABLabel:_$!<Mobile>!$_\nEMAIL;type=INTERNET:lili@q\n q.com\nEND:VCARD\n"
)
CARD_40 = (
    'BEGIN:VCARD\nVERSION:4.0\nN:王;小明;;;\nFN:王小明\nTEL;VALUE=uri;TYPE="voice,cell":tel:+86-138-0000-0001\n'
    "BDAY:19900501\nEND:VCARD\n"
    "BEGIN:VCARD\nVERSION:4.0\nFN:李丽\nTEL:13800000002\nEMAIL:lili@qq.com\nBDAY:--0501\nEND:VCARD\n"
)

FILES = [
    Planted("utf8_bom.csv", text(TWO_ROWS, "utf-8-sig"), TWO),
    Planted("utf8_no_bom.csv", text(TWO_ROWS, "utf-8", "\n"), TWO),
    Planted("gbk.csv", text(TWO_ROWS, "gbk"), TWO),
    Planted("gb18030_rare.csv", text("姓名,手机\n𠮷田,13800000001\n", "gb18030"), {"𠮷田": {MOBILE_1}}),
    Planted("utf16.csv", text(TWO_ROWS.replace(",", "\t"), "utf-16"), TWO),
    Planted("semicolon.csv", text(TWO_ROWS.replace(",", ";"), "utf-8"), TWO),
    Planted("tab.txt", text(TWO_ROWS.replace(",", "\t"), "gb18030"), TWO),
    Planted(
        "wps.xlsx", workbook([["姓名", "手机", "邮箱"], ["王小明", "138 0000-0001", ""],
                              ["李丽", "+86 13800000002", "lili@qq.com"]]), TWO),
    Planted(
        "numeric_phones.xlsx",
        workbook([["客户姓名", "手机号码", "生日"], ["王小明", 13800000001, 33000], ["李丽", 13800000002.0, ""]]),
        {"李丽": {MOBILE_2}},
        {2: ("生日", "33000")},
        {"33000": "1990-05-07"},
        {"王小明": {MOBILE_1}}),
    Planted(
        "excel_shortened.csv",
        text("姓名,手机\n王小明,1.38E+10\n李丽,13800000002\n", "gbk"),
        {"李丽": {MOBILE_2}},
        {2: ("手机", "1.38E+10")},
        {",1.38E+10": ",13800000001"},
        {"王小明": {MOBILE_1}}),
    Planted(
        "merged_header.xlsx",
        workbook([["姓名", "电话", "备用电话"], ["王小明", 13800000001, "021-58881234转801"]], merged="2026 客户名单"),
        {"王小明": {MOBILE_1, "+862158881234"}}),
    Planted(
        "two_level_header.csv",
        text("基本信息,,联系方式,\n姓名,性别,手机,微信\n王小明,男,13800000001,wxid_ming\n", "gbk"),
        {"王小明": {MOBILE_1}}),
    Planted("folded_21.vcf", text(CARD_21, "ascii"), TWO),
    Planted("phone_30.vcf", text(CARD_30, "utf-8"), TWO),
    Planted("phone_40.vcf", text(CARD_40, "utf-8"), TWO),
    Planted(
        "raw_gbk_21.vcf",
        text("BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=GBK:王;小明;;;\nFN;CHARSET=GBK:王小明\nTEL;CELL:13800000001\nEND:VCARD\n",
             "gbk"),
        {"王小明": {MOBILE_1}}),
    Planted(
        "google.csv",
        text("First Name,Last Name,E-mail 1 - Value,Phone 1 - Value,Phone 2 - Value\n"
             "小明,王,,138 0000 0001,021-58881234\nAnna,Smith,anna@example.com,+1 650 253 0000,\n", "utf-8"),
        {"王小明": {MOBILE_1, "+862158881234"}, "Anna Smith": {"+16502530000", "anna@example.com"}}),
    Planted(
        "several_in_one_cell.csv",
        text('姓名,手机\n王小明,"13800000001/13800000002、021-58881234"\n李丽,"13800000003\n13900000003"\n', "utf-8"),
        {"王小明": {MOBILE_1, MOBILE_2, "+862158881234"}, "李丽": {MOBILE_3, "+8613900000003"}}),
    Planted(
        "everything_wrong.csv",
        text("姓名,手机,邮箱,生日,语言\n"
             ",13800000001,,,\n"
             "李丽,12,lili@@qq,1990-13-01,法语\n"
             "王小明,13800000003,,,,多出一格\n"
             "赵敏,13800000002,,2090-01-01,\n"
             "孙悟空,无,-,,\n", "utf-8"),
        {"孙悟空": set()},
        {2: ("", "name"), 3: ("手机", "12"), 4: ("", "cells"), 5: ("生日", "2090")},
        {",,13800000001": ",钱多多,13800000001", "2090-01-01": "1990-01-01", ",多出一格": "",
         ",12,lili@@qq,1990-13-01,法语": ",13900000002,lili@qq.com,1990-12-01,中文"},
        {"钱多多": {MOBILE_1}, "李丽": {"+8613900000002", "lili@qq.com"}, "王小明": {MOBILE_3}, "赵敏": {MOBILE_2}}),
    Planted(
        "broken_card.vcf",
        text(CARD_30 + "BEGIN:VCARD\nVERSION:3.0\nthis is no card\nEND:VCARD\n", "utf-8"),
        TWO,
        {18: ("", "name")},
        {"this is no card": "", ",,,,": ",赵敏,,,"},
        {"赵敏": set()}),
]  # fmt: skip
