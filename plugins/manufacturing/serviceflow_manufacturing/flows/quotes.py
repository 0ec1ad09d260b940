"""Quotations: coefficients and prices of the current version of an enquiry. Source: manufacturing.md 5.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from serviceflow.api import Case, T, Tx, format_money, format_scaled, table_of

from serviceflow_manufacturing import desk
from serviceflow_manufacturing.moments import factory
from serviceflow_manufacturing.rules import quoting, workdays
from serviceflow_manufacturing.rules.terms import shown as shown_terms
from serviceflow_manufacturing.tables import MfgEnquiry, MfgExperience, MfgProduct, MfgQuote, MfgQuoteCost, MfgQuoteLine

MODES = {"quick": T("Quick", zh="快速"), "precise": T("Precise", zh="精确")}
KINDS = {
    "material": T("Material", zh="材料"),
    "labour": T("Labour", zh="工缴"),
    "freight": T("Freight", zh="运费"),
    "quota-fee": T("Quota fee", zh="配额费"),
}


def current(case: Case) -> MfgQuote | None:
    """Return the newest quotation of the enquiry."""
    table = table_of(MfgQuote)
    return case.tx.one(MfgQuote, table.c.order_id == case.order_id, order_by=[table.c.version.desc()])


def need(case: Case) -> MfgQuote:
    """Return the newest quotation, which must exist."""
    found = current(case)
    if found is None:
        raise LookupError(f"quotation of {case.order.number}")
    return found


def lines(case: Case, quote: MfgQuote) -> list[MfgQuoteLine]:
    """Return the styles of a quotation in order."""
    table = table_of(MfgQuoteLine)
    return case.tx.all(MfgQuoteLine, table.c.quote_id == quote.id, order_by=[table.c.seq])


def costs(case: Case, line: MfgQuoteLine) -> list[MfgQuoteCost]:
    """Return the costs of a style as entered."""
    return case.tx.all(MfgQuoteCost, table_of(MfgQuoteCost).c.line_id == line.id)


def draft(case: Case, mode: str) -> MfgQuote:
    """Start the next version with the enquiry's lines and the coefficients of today."""
    enquiry, before = case.own(MfgEnquiry), current(case)
    if before is not None and before.state == "sent":
        case.tx.change(before, state="superseded")
    quote = case.tx.add(MfgQuote(order_id=case.order_id, version=before.version + 1 if before else 1, mode=mode))
    if before is not None:
        case.tx.change(quote, currency=before.currency, rate=before.rate)
    assert quote.id is not None
    for seq, line in enumerate(enquiry.lines, start=1):
        product = known_product(case.tx, line.get("product") or line["text"])
        category = line["category"] or (product.category if product is not None else "")
        case.tx.add(MfgQuoteLine(quote_id=quote.id, seq=seq, text=line["text"], product=line.get("product") or "",
                                 category=category, qty=line["qty"]))  # fmt: skip
    case.tx.change(quote, coefficients=coefficients(case, enquiry))
    case.tx.change(enquiry, mode=mode)
    return quote


def known_product(tx: Tx, words: str) -> MfgProduct | None:
    """Return the product of the list that a code or an exact name means."""
    table = table_of(MfgProduct)
    return tx.get(MfgProduct, words) or tx.one(MfgProduct, (table.c.name_en == words) | (table.c.name_zh == words))


def product_code(case: Case, line: MfgQuoteLine) -> str:
    """Return the product of a style: the code typed, or the product of that name, which may be newer than the quote."""
    known = known_product(case.tx, line.product or line.text)
    return line.product or (known.code if known is not None else "")


def coefficients(case: Case, enquiry: MfgEnquiry) -> dict[str, Any]:
    """Return the coefficients of today; ``k_quantity`` by line, the others for the whole quotation."""
    styles = quoting.bands(case.setting("mfg.quote.k_styles"))
    quantity = quoting.bands(case.setting("mfg.quote.k_quantity"))
    grades = quoting.words(case.setting("mfg.quote.k_customer"))
    urgency = quoting.bands(case.setting("mfg.quote.k_urgency"))
    wanted = enquiry.needed_on
    left = workdays.count(factory(case), case.today, wanted) if wanted is not None else None
    return {
        "k_quantity": [quoting.from_n(quantity, line["qty"]) for line in enquiry.lines],
        "k_styles": quoting.from_n(styles, len(enquiry.lines)),
        "k_customer": grades.get(desk.profile(case).grade, quoting.UNIT),
        "k_urgency": quoting.from_n(urgency, left) if left is not None else quoting.UNIT,
    }


def factors(quote: MfgQuote, seq: int) -> list[int]:
    """Return the four coefficients of a line, changed ones in their place."""
    found = {**quote.coefficients, **quote.changed.get("values", {})}
    quantity = found["k_quantity"]
    one = quantity[seq - 1] if isinstance(quantity, list) else quantity
    return [one, *(found[key] for key in quoting.COEFFICIENTS[1:])]


def enter_costs(case: Case, quote: MfgQuote, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace the costs of the lines named in the rows."""
    by_seq = {line.seq: line for line in lines(case, quote)}
    for seq in dict.fromkeys(row["line"] for row in rows):
        for old in costs(case, by_seq[seq]) if seq in by_seq else []:
            case.tx.remove(old)
    for row in rows:
        line = by_seq.get(row["line"])
        if line is not None and line.id is not None:
            case.tx.add(
                MfgQuoteCost(
                    line_id=line.id,
                    kind=row["kind"],
                    text=row["text"] or "",
                    consumption=row["consumption"] or quoting.UNIT,
                    waste=row["waste"] or 0,
                    price=row["price"],
                )
            )


def compute(case: Case, quote: MfgQuote) -> None:
    """Compute the price of every line whose costs are complete."""
    foreign = desk.is_foreign(case)
    margin, vat = case.number("mfg.quote.margin_percent"), case.number("mfg.quote.vat_percent")
    for line in lines(case, quote):
        found = costs(case, line)
        materials = [quoting.Material(c.consumption, c.waste, c.price) for c in found if c.kind == "material"]
        if not materials:
            case.tx.change(line, computed_price=None, unit_price=None)
            continue
        known = case.tx.get(MfgExperience, line.category)
        labour, freight, fee = (_per_piece(found, known, kind) for kind in ("labour", "freight", "quota-fee"))
        cost = quoting.base(materials, labour=labour, freight=freight, quota_fee=fee if foreign else 0)
        k = quoting.factor(factors(quote, line.seq))
        price = quoting.unit_price(cost, k, margin=margin, vat=vat, foreign=foreign, rate=quote.rate)
        case.tx.change(line, computed_price=price, unit_price=price, override_reason="")


def _per_piece(found: Sequence[MfgQuoteCost], known: MfgExperience | None, kind: str) -> int:
    entered = [c.price for c in found if c.kind == kind]
    if entered:
        return sum(entered)
    return int(getattr(known, kind.replace("-", "_"))) if known is not None else 0


def quick(case: Case, quote: MfgQuote, line: MfgQuoteLine, rate: int) -> int | None:
    """Return the quick price of a line, ``None`` when there is no experience with its category."""
    known = case.tx.get(MfgExperience, line.category)
    if known is None or not known.quick_price:
        return None
    by_quantity, _, by_customer, _ = factors(quote, line.seq)
    k = quoting.factor((by_quantity, by_customer))
    return quoting.quick_price(known.quick_price, k, foreign=desk.is_foreign(case), rate=rate)


def total(case: Case, quote: MfgQuote) -> int:
    """Return the sum of all lines in the smallest unit of the quote's currency."""
    return sum(quoting.line_amount(line.qty, line.unit_price or 0) for line in lines(case, quote))


def _price(line: MfgQuoteLine) -> str:
    return format_scaled(line.unit_price, 4) if line.unit_price is not None else "-"


def sheet(case: Case, quote: MfgQuote) -> dict[str, Any]:
    """Return the facts of the quotation sheet."""
    return {
        "quote_no": quote.no or "",
        "quote_version": quote.version,
        "currency": quote.currency,
        "total": format_money(total(case, quote), quote.currency),
        "valid_until": quote.valid_until.isoformat() if quote.valid_until else "",
        "customer": case.customer.name,
        "terms": shown_terms(desk.profile(case).terms) or "-",
        "lines": [
            {
                "seq": line.seq,
                "text": line.text,
                "product": product_code(case, line),
                "qty": line.qty,
                "unit_price": _price(line),
                "amount": format_money(quoting.line_amount(line.qty, line.unit_price or 0), quote.currency),
            }
            for line in lines(case, quote)
        ],
    }


def inside(case: Case, quote: MfgQuote) -> dict[str, Any]:
    """Return the facts of the inside copy: costs and coefficients, those changed by hand starred."""
    changed = quote.changed.get("values", {})
    rows, priced = [], []
    for line in lines(case, quote):
        shown = {
            key: format_scaled(value, 4) + ("*" if key in changed else "")
            for key, value in zip(quoting.COEFFICIENTS, factors(quote, line.seq), strict=True)
        }
        rows.append({"seq": line.seq, "text": line.text, "qty": line.qty, "override": line.override_reason, **shown,
                     "unit_price": _price(line)})  # fmt: skip
        priced += [
            {"seq": line.seq, "kind": KINDS[c.kind], "text": c.text, "consumption": format_scaled(c.consumption, 4),
             "waste": format_scaled(c.waste, 2), "price": format_scaled(c.price, 4)}
            for c in costs(case, line)
        ]  # fmt: skip
    return {
        **sheet(case, quote),
        "mode": MODES[quote.mode],
        "rate": format_scaled(quote.rate, 6),
        "priced_by": desk.name_of(case.tx, quote.priced_by),
        "reason": quote.changed.get("reason", ""),
        "lines": rows,
        "costs": priced,
    }
