"""What a customer file may hold: its columns by the headings people and phones give them, and how a row is read."""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from serviceflow.engine.customers import NOTE_LENGTH, OLDEST, Point, clean_line, clean_tags, point_of
from serviceflow.errors import BadInput
from serviceflow.kit.feed import Cells, RowFaults
from serviceflow.kit.feed_columns import Column
from serviceflow.names import clean_name, clean_text
from serviceflow.texts import T

COLUMNS: Final = (
    Column(
        "name",
        T("name", zh="姓名"),
        (
            "客户",
            "客户姓名",
            "客户名称",
            "名字",
            "名称",
            "联系人",
            "称呼",
            "顾客",
            "顾客姓名",
            "会员姓名",
            "full name",
            "customer",
            "customer name",
            "client",
            "contact",
            "display name",
            "fn",
        ),
    ),
    Column("family", T("family name", zh="姓氏"), ("姓", "last name", "surname")),
    Column("given", T("given name", zh="名"), ("first name", "given")),
    Column(
        "phone",
        T("phone", zh="电话"),
        (
            "手机",
            "手机号",
            "手机号码",
            "电话号码",
            "联系电话",
            "联系方式",
            "移动电话",
            "座机",
            "固话",
            "家庭电话",
            "办公电话",
            "备用电话",
            "mobile",
            "mobile phone",
            "cell",
            "tel",
            "telephone",
            "phone number",
            "home phone",
            "business phone",
            "work phone",
            "primary phone",
            "other phone",
            "phone value",
            "phone 1 value",
            "phone 2 value",
            "phone 3 value",
        ),
        many=True,
    ),
    Column(
        "email",
        T("e-mail", zh="邮箱"),
        (
            "电子邮箱",
            "电子邮件",
            "邮件",
            "email",
            "mail",
            "e-mail address",
            "email address",
            "e-mail 1 value",
            "e-mail 2 value",
        ),
        many=True,
    ),
    Column("wechat", T("WeChat", zh="微信"), ("微信号", "wechat id", "weixin", "wx"), many=True),
    Column(
        "address",
        T("address", zh="地址"),
        ("住址", "联系地址", "家庭地址", "通讯地址", "home address", "address 1 formatted"),
        many=True,
    ),
    Column(
        "birthday", T("birthday", zh="生日"), ("出生日期", "出生年月日", "birth date", "date of birth", "dob", "bday")
    ),
    Column(
        "wedding",
        T("wedding day", zh="婚期"),
        ("结婚日期", "结婚日", "婚礼日期", "结婚纪念日", "纪念日", "wedding", "wedding date", "anniversary"),
    ),
    Column("source", T("source", zh="来源"), ("客户来源", "渠道", "来源渠道", "获客渠道", "channel", "lead source")),
    Column("tags", T("tags", zh="标签"), ("客户标签", "分组", "群组", "tag", "labels", "group", "categories")),
    Column(
        "company",
        T("company", zh="公司"),
        ("单位", "公司名称", "工作单位", "organisation", "organization", "org", "organization name"),
    ),
    Column(
        "note",
        T("note", zh="备注"),
        ("说明", "备注信息", "注释", "notes", "remark", "remarks", "comment", "memo"),
        many=True,
    ),
    Column("kind", T("kind", zh="类型"), ("客户类型", "type")),
    Column("language", T("language", zh="语言"), ("lang",)),
    Column("do_not_contact", T("do not contact", zh="勿扰"), ("请勿联系", "拒绝联系", "免打扰", "opt out")),
)
NEEDED: Final = frozenset({"name", "family", "given"})

NO_DAY = T("“{text}” is no date that can be right; write 1990-05-01", zh="“{text}”不是正确的日期, 请写成 1990-05-01")
NOT_KNOWN = T("“{text}” is not known; use one of: {known}", zh="无法识别“{text}”, 可用: {known}")

_NOTHING = frozenset({"", "-", "--", "—", "/", "\\", "无", "暂无", "没有", "空", "n/a", "na", "null", "none", "nil"})
_BETWEEN_PHONES = re.compile(r"[\n;；、，|]|/(?=\s*[+0-9]{7})|,(?=\s*[+0-9(]{7})")
_BETWEEN = re.compile(r"[\n,;，；、|]+")
_PLAIN_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_JOINED_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NO_YEAR = re.compile(r"(?:--|)(\d{1,2})[-月/.]?(\d{1,2})日?")
_TIME_AFTER = re.compile(r"[T ]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?Z?$")


@dataclass(slots=True)
class CustomerRow:
    """One good row of a customer file."""

    name: str
    points: list[Point]
    birthday: str | None = None
    source: str = ""
    note: str = ""
    language: str | None = None
    kind: str = "person"
    tags: list[str] = field(default_factory=list)
    do_not_contact: bool = False
    dates: dict[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Everything it says, for rows that say nothing by which a customer can be told from others."""
        return json.dumps(
            [
                self.name,
                self.birthday,
                self.source,
                self.note,
                self.kind,
                self.tags,
                self.dates,
                sorted((p.kind, p.value) for p in self.points),
            ],
            ensure_ascii=False,
        )


def read_customer(cells: Cells, today: dt.date) -> CustomerRow:
    """Return the customer a row describes.

    Raises:
        RowFaults: With everything that is wrong with the row.
    """
    reader = _Reader(cells, today)
    row = CustomerRow(reader.name(), reader.points())
    row.birthday = reader.birthday()
    row.source = reader.line("source")
    row.kind = reader.choice("kind", _KINDS, "person")
    row.language = reader.choice("language", _LANGUAGES, "") or None
    row.do_not_contact = reader.choice("do_not_contact", _YES_NO, "") == "yes"
    row.tags = reader.tags()
    if wedding := reader.day("wedding", latest=None):
        row.dates["wedding"] = wedding
    row.note = reader.note()  # last: what has no field of its own goes there
    if reader.faults:
        raise RowFaults(reader.faults)
    return row


_KINDS = {
    "person": "person",
    "个人": "person",
    "人": "person",
    "organisation": "organisation",
    "公司": "organisation",
    "organization": "organisation",
    "企业": "organisation",
    "单位": "organisation",
    "company": "organisation",
}
_LANGUAGES = {"zh": "zh", "en": "en", "中文": "zh", "chinese": "zh", "英文": "en", "英语": "en", "english": "en"}
_YES_NO = {
    "是": "yes",
    "yes": "yes",
    "y": "yes",
    "1": "yes",
    "true": "yes",
    "√": "yes",
    "勿扰": "yes",
    "否": "no",
    "no": "no",
    "n": "no",
    "0": "no",
    "false": "no",
}


class _Reader:
    """Reads the cells of one row and collects what is wrong with them."""

    def __init__(self, cells: Cells, today: dt.date) -> None:
        self.cells = cells
        self.today = today
        self.faults: list[tuple[int | None, T]] = []
        self.extra: list[str] = []

    def texts(self, key: str) -> list[tuple[int, str]]:
        """Return the cells of a field that say something."""
        found = self.cells.get(key)
        return [(place, text) for place, text in found if text.casefold() not in _NOTHING] if found else []

    def tried(self, place: int, work: Callable[[str], str], text: str) -> str:
        """Return ``work(text)``; what it refuses is noted as a fault of the column."""
        try:
            return work(text)
        except BadInput as cause:
            self.faults.append((place, cause.sentence))
            return ""

    def name(self) -> str:
        for key in ("name", "company"):
            for place, text in self.texts(key):
                found = self.tried(place, clean_name, text)
                if found or self.faults:
                    return found
            if key == "name" and (parts := self._parts()):
                return parts
        self.faults.append((None, T("the name is missing", zh="缺少姓名")))
        return ""

    def _parts(self) -> str:
        family, given = (" ".join(text for _, text in self.texts(key)) for key in ("family", "given"))
        joined = f"{given} {family}" if (family + given).isascii() else family + given
        place = next((place for key in ("family", "given") for place, _ in self.texts(key)), 0)
        return self.tried(place, clean_name, joined)

    def points(self) -> list[Point]:
        found: dict[tuple[str, str], Point] = {}
        for kind, between in (("phone", _BETWEEN_PHONES), ("email", _BETWEEN), ("wechat", _BETWEEN), ("address", None)):
            for place, cell in self.texts(kind):
                for text in between.split(cell) if between and not cell.isalnum() else (cell,):
                    if text and text.strip().casefold() not in _NOTHING:
                        self._point(found, place, kind, text)
        return list(found.values())

    def _point(self, found: dict[tuple[str, str], Point], place: int, kind: str, text: str) -> None:
        try:
            point = point_of(kind, text)
        except BadInput as cause:
            self.faults.append((place, cause.sentence))
            return
        found.setdefault((kind, point.value), point)

    def line(self, key: str) -> str:
        for place, text in self.texts(key):
            return self.tried(place, lambda typed: clean_line(typed, T("text", zh="内容")), text)
        return ""

    def choice(self, key: str, known: dict[str, str], default: str) -> str:
        for place, text in self.texts(key):
            value = known.get(text.casefold())
            if value is None:
                self.faults.append((place, NOT_KNOWN.of(text=clean_text(text)[:40], known=", ".join(known))))
            return value or default
        return default

    def tags(self) -> list[str]:
        for place, text in self.texts("tags"):
            try:
                return clean_tags(_BETWEEN.split(text))
            except BadInput as cause:
                self.faults.append((place, cause.sentence))
        return []

    def note(self) -> str:
        texts = [text for _, text in self.texts("note")]
        company = [text for _, text in self.texts("company")] if self.texts("name") or self._parts() else []
        whole = " / ".join([*texts, *company, *self.extra])
        place = next((place for place, _ in self.texts("note")), 0)
        return self.tried(place, lambda typed: clean_line(typed, T("note", zh="备注"), NOTE_LENGTH), whole)

    def birthday(self) -> str | None:
        return self.day("birthday", latest=self.today)

    def day(self, key: str, latest: dt.date | None) -> str | None:
        """Return a day as ISO text; one without a year (phones have them) is kept in the note."""
        for place, text in self.texts(key):
            typed = _TIME_AFTER.sub("", unicodedata.normalize("NFKC", text))
            day = _day(typed)
            if day is not None and day >= OLDEST and (latest is None or day <= latest):
                return day.isoformat()
            without = _NO_YEAR.fullmatch(typed)
            if without and day is None and 1 <= int(without[1]) <= 12 and 1 <= int(without[2]) <= 31:
                title = next(c.title for c in COLUMNS if c.key == key)
                self.extra.append(f"{title} {int(without[1]):02d}-{int(without[2]):02d}")
                return None
            self.faults.append((place, NO_DAY.of(text=clean_text(text)[:40])))
        return None


def _day(typed: str) -> dt.date | None:
    found = _PLAIN_DAY.fullmatch(typed) or _JOINED_DAY.fullmatch(typed)
    if found is None:
        return None
    try:
        return dt.date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
