"""What a contract says, its versions and the differences between them. Source: manufacturing.md 5.5.

A content is JSON: the header fields and ``lines``, each with its ``line_no``. Unit prices are whole numbers of
1/10,000, rates of 1/1,000,000, money is in the smallest unit, dates are ISO texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from serviceflow.api import format_money, format_scaled, half_up

from serviceflow_manufacturing.rules.quoting import RATE, line_amount
from serviceflow_manufacturing.rules.terms import shown as shown_terms

Content = Mapping[str, Any]

HEADER: dict[str, Any] = {
    "contact": "",
    "form": "written",
    "contracting_line": "",
    "currency": "",
    "rate": RATE,
    "delivery_date": "",
    "delivery_basis": "",
    "transit_d": 0,
    "delivery_mode": "",
    "terms": [],
    "packing": "",
    "quality_standard": "",
    "special_requirements": "",
    "annexes": "",
    "qms_demands": "",
    "dispute": "",
    "other_charges": 0,
}
"""Header fields in the order they are compared, with what they are when nobody said anything."""
LINE: dict[str, Any] = {
    "product": "",
    "spec": "",
    "sizes": "",
    "qty": 0,
    "unit": "pcs",
    "unit_price": 0,
    "change": "none",
    "tolerance_percent": 0,
    "from_stock": False,
}
ALWAYS = ("currency", "delivery_date", "packing", "quality_standard")
NOT_BY_PHONE = ("delivery_basis", "delivery_mode", "terms", "dispute")
IN_LINE = ("product", "spec", "qty", "unit", "unit_price")


@dataclass(frozen=True, slots=True)
class Difference:
    """One row of a difference list."""

    field: str
    old: str
    new: str
    kind: str = "changed"

    def __str__(self) -> str:
        if self.kind == "added":
            return f"{self.field}: added {self.new}"
        if self.kind == "removed":
            return f"{self.field}: removed {self.old}"
        return f"{self.field}: {self.old} -> {self.new}"


def empty() -> dict[str, Any]:
    """Return a content that says nothing yet."""
    return {**HEADER, "terms": [], "lines": []}


def line_value(line: Mapping[str, Any]) -> int:
    """Return the amount of a line in the smallest unit."""
    return line_amount(int(line["qty"]), int(line["unit_price"]))


def amount(content: Content) -> int:
    """Return the whole contract with other charges, in the smallest unit of its currency."""
    return sum(line_value(line) for line in content["lines"]) + int(content["other_charges"])


def amount_cny(content: Content) -> int:
    """Return the whole contract in fen at its frozen rate, half up."""
    if content["currency"] in ("", "CNY"):
        return amount(content)
    return half_up(amount(content) * int(content["rate"]), RATE)


def pieces(content: Content) -> int:
    """Return how many pieces are ordered."""
    return sum(int(line["qty"]) for line in content["lines"])


def shown(field: str, value: Any, currency: str = "CNY") -> str:
    """Return a field's value as people read it."""
    if field == "unit_price":
        return format_scaled(int(value), 4)
    if field == "rate":
        return format_scaled(int(value), 6)
    if field in ("amount", "amount_cny", "other_charges"):
        return format_money(int(value), "CNY" if field == "amount_cny" else currency or "CNY")
    if field == "terms":
        return shown_terms(value) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value not in ("", None) else "-"


def differences(old: Content, new: Content) -> list[Difference]:
    """Return one row for each field that differs, lines by their number; computed values last."""
    found = []
    currency = str(new["currency"])
    for name in HEADER:
        if old[name] != new[name]:
            found.append(Difference(name, shown(name, old[name], currency), shown(name, new[name], currency)))
    before = {line["line_no"]: line for line in old["lines"]}
    after = {line["line_no"]: line for line in new["lines"]}
    for number in sorted({*before, *after}):
        where = f"lines[{number}]"
        if number not in before:
            found.append(Difference(where, "", _summary(after[number]), "added"))
        elif number not in after:
            found.append(Difference(where, _summary(before[number]), "", "removed"))
        else:
            one, other = before[number], after[number]
            found += [
                Difference(f"{where}.{name}", shown(name, one[name]), shown(name, other[name]))
                for name in LINE
                if one[name] != other[name]
            ]
    computed = [("amount", amount(old), amount(new))]
    if {old["currency"], new["currency"]} - {"CNY", ""}:
        computed.append(("amount_cny", amount_cny(old), amount_cny(new)))
    for name, was, now in computed:
        if was != now:
            found.append(Difference(name, shown(name, was, currency), shown(name, now, currency)))
    for name in ("class", "route"):
        if old.get(name) != new.get(name) and new.get(name) is not None and old.get(name) is not None:
            found.append(Difference(name, str(old[name]), str(new[name])))
    return found


def _summary(line: Mapping[str, Any]) -> str:
    return f"{line['product']} {line['qty']} {line['unit']} x {shown('unit_price', line['unit_price'])}"


def large(old: Content, new: Content, percent: int) -> list[str]:
    """Return why a change needs a new contract (重签); nothing for a supplement.

    The amount counts in CNY and exactly: a difference of exactly ``percent`` is large.
    """
    why = []
    was, now = amount_cny(old), amount_cny(new)
    if abs(now - was) * 100 >= was * percent:
        why.append(f"amount {percent} %")
    before = {line["line_no"]: line["change"] for line in old["lines"]}
    for line in new["lines"]:
        if line["change"] != "none" and before.get(line["line_no"], "none") != line["change"]:
            why.append(f"lines[{line['line_no']}] {line['change']}")
    why += [name for name in ("currency", "contracting_line") if old[name] != new[name]]
    return why


def missing(content: Content, letter: str) -> list[str]:
    """Return the fields that a submission still lacks."""
    wanted = ALWAYS + (NOT_BY_PHONE if letter != "A" else ())
    found = [name for name in wanted if not content[name]]
    found += [f"lines[{line['line_no']}].{name}" for line in content["lines"] for name in IN_LINE if not line[name]]
    return found if content["lines"] else [*found, "lines"]


def merged(content: Content, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content with the given header fields and rows; a row without ``line_no`` is a new line.

    Rows are given whole or in part; ``remove`` takes a line away. Numbers are never used again.
    """
    result: dict[str, Any] = {**content, "lines": [dict(line) for line in content["lines"]]}
    result.update({name: value for name, value in given.items() if name in HEADER and value is not None})
    highest = max([content.get("last_line", 0), *(line["line_no"] for line in content["lines"])], default=0)
    for row in given.get("lines") or ():
        number = row.get("line_no")
        known = next((line for line in result["lines"] if line["line_no"] == number), None)
        if row.get("remove"):
            result["lines"] = [line for line in result["lines"] if line["line_no"] != number]
            continue
        if known is None:
            highest += 1
            known = {"line_no": highest, **LINE}
            result["lines"].append(known)
        known.update({name: row[name] for name in LINE if row.get(name) is not None})
    result["last_line"] = highest
    return result
