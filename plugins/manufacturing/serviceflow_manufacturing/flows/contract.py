"""The contract behind an order or an amendment: its content, class, versions, dates. Source: 5.2, 5.5, 5.6.

An amendment (`mfg-amendment`) is reviewed like an order: what both share goes through `Target`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from serviceflow.api import Case, Guard, Order, T, Tx, Verdict, format_money, table_of

from serviceflow_manufacturing import desk, moments
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules import classes, content, planning
from serviceflow_manufacturing.tables import MfgChange, MfgContract, MfgLine, MfgProduct, MfgProfile, MfgVersion

AMENDMENT = "mfg-amendment"
CHANGE_LINKS = ("amendment", "delay")


@dataclass(frozen=True, slots=True)
class Target:
    """What is reviewed: a contract's draft, or the amended content of a change."""

    row: MfgContract | MfgChange
    content: Mapping[str, Any]

    @property
    def amendment(self) -> bool:
        return isinstance(self.row, MfgChange)


def target(case: Case) -> Target:
    """Return what the case's order is about."""
    if case.flow.key == AMENDMENT:
        change = case.own(MfgChange)
        return Target(change, change.content)
    contract = case.own(MfgContract)
    return Target(contract, contract.draft)


def main(case: Case) -> Case:
    """Return the case of the contract's order: the order itself, or the parent of a change or shipment."""
    if case.flow.key == "mfg-order":
        return case
    parent = case.parent()
    if parent is None:
        raise LookupError(f"contract of {case.order.number}")
    return parent


def save(case: Case, new: Mapping[str, Any]) -> None:
    """Store a changed content: class and route are computed anew, points set before are open again."""
    from serviceflow_manufacturing.flows import rounds

    found = target(case)
    decided = classify(case, new)
    kept = {**new, "class": decided.letter, "route": decided.route}
    changed = same(found.content, new) is False
    if found.amendment:
        case.tx.change(found.row, content=kept, letter=decided.letter, route=decided.route)
    else:
        assert isinstance(found.row, MfgContract)
        case.tx.change(found.row, draft=kept, letter=decided.letter, route=decided.route, rule=decided.rule,
                       form=str(new["form"]), amount_cny=content.amount_cny(new))  # fmt: skip
        case.change(amount=content.amount(new), currency=str(new["currency"]) or "CNY")
    _sync_lines(case, found.content, new)
    if changed:
        rounds.reopen_points(case)


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two contents say the same."""
    return all(one.get(key) == other.get(key) for key in (*content.HEADER, "lines"))


def _sync_lines(case: Case, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    known = {line.line_no: line for line in case.rows(MfgLine)}
    before = {line["line_no"]: line for line in old.get("lines", ())}
    for line in new["lines"]:
        number = line["line_no"]
        if number not in known:
            known[number] = case.tx.add(MfgLine(order_id=case.order_id, line_no=number))
        elif any(before.get(number, line)[key] != line[key] for key in ("product", "spec", "change")):
            case.tx.change(known[number], confirmed=False)
    for number in known.keys() - {line["line_no"] for line in new["lines"]}:
        case.tx.remove(known[number])


# -- class -----------------------------------------------------------------------------------------------------


def special_lines(tx: Tx, said: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Return the lines that make a contract special, with the reason."""
    found = []
    for line in said["lines"]:
        product = tx.get(MfgProduct, line["product"]) if line["product"] else None
        if line["change"] != "none":
            found.append((line["line_no"], line["change"]))
        elif product is None or not product.regular:
            found.append((line["line_no"], "not regular"))
    return found


def classify(case: Case, said: Mapping[str, Any]) -> classes.Class:
    """Return class and route; an amendment is never reviewed in a lower class than the contract's."""
    facts = classes.Facts(
        form=said["form"],
        amount_cny=content.amount_cny(said),
        major=case.setting("mfg.class.major_amount"),
        contracting_line=said["contracting_line"],
        special=tuple(special_lines(case.tx, said)),
        foreign=desk.is_foreign(case),
    )
    found = classes.classify(facts)
    if case.flow.key != AMENDMENT:
        return found
    letter = classes.higher(found.letter, main(case).own(MfgContract).letter)
    return classes.Class(letter, classes.route(letter, foreign=facts.foreign), found.rule, found.why, facts.foreign)


def together(case: Case) -> T | None:
    """Return the note about other orders of the customer that reach the threshold together with this one."""
    contract, orders = main(case).own(MfgContract), table_of(Order)
    since = case.order.opened_at - timedelta(days=case.number("mfg.class.split_d"))
    others = case.tx.all(Order, orders.c.flow == "mfg-order", orders.c.customer_id == case.order.customer_id,
                         orders.c.closed_at.is_(None), orders.c.opened_at >= since,
                         orders.c.id != main(case).order_id)  # fmt: skip
    total = contract.amount_cny + sum(case.tx.need(MfgContract, o.id).amount_cny for o in others)
    major = case.setting("mfg.class.major_amount")
    if not others or contract.amount_cny >= major or total < major:
        return None
    words = T("Together with {orders} this reaches {sum} CNY", zh="与{orders}合计达{sum}元")
    return words.of(orders=", ".join(o.number for o in others), sum=format_money(total))


# -- versions --------------------------------------------------------------------------------------------------


def versions(case: Case) -> list[MfgVersion]:
    """Return the versions of the contract, oldest first."""
    table = table_of(MfgVersion)
    return case.tx.all(MfgVersion, table.c.order_id == main(case).order_id, order_by=[table.c.n])


def version(case: Case, n: int) -> MfgVersion | None:
    """Return one version of the contract."""
    return next((v for v in versions(case) if v.n == n), None)


def freeze(case: Case) -> int:
    """Freeze the order's draft as a version at submission; unchanged content keeps its number."""
    contract = case.own(MfgContract)
    last = versions(case)[-1:]
    if last and same(last[0].content, contract.draft):
        case.tx.change(contract, version=last[0].n)
        return last[0].n
    n = last[0].n + 1 if last else 1
    case.tx.add(MfgVersion(order_id=case.order_id, n=n, origin="review", content=dict(contract.draft),
                           by_id=case.actor.id if case.actor else None))  # fmt: skip
    case.tx.change(contract, version=n)
    return n


def put_in_force(case: Case, said: Mapping[str, Any], origin: str, *, change_id: int, signed_on: date | None) -> int:
    """Make a changed content the next version of the contract, in force now; ``case`` is the contract's order."""
    contract = case.own(MfgContract)
    n = max(v.n for v in versions(case)) + 1
    case.tx.add(
        MfgVersion(
            order_id=case.order_id,
            n=n,
            origin=origin,
            content=dict(said),
            change_id=change_id,
            effective_at=case.now,
            signed_on=signed_on,
            by_id=case.actor.id if case.actor else None,
        )
    )
    before = contract.draft
    case.tx.change(
        contract,
        version=n,
        draft=dict(said),
        letter=said["class"],
        route=said["route"],
        amount_cny=content.amount_cny(said),
    )
    case.change(amount=content.amount(said), currency=said["currency"] or "CNY")
    _sync_lines(case, before, said)
    set_dates(case)
    return n


def set_dates(case: Case) -> bool:
    """Set the anchors DD and SB from the version in force; return whether SB moved."""
    before = case.anchor_day("sb")
    dd = delivery_date(case)
    if dd is None:
        return False
    case.set_anchor("dd", dd)
    case.set_anchor("sb", ship_by(case))
    return before != case.anchor_day("sb")


def delivery_date(case: Case) -> date | None:
    """Return DD of the contract."""
    said = main(case).own(MfgContract).draft
    return date.fromisoformat(said["delivery_date"]) if said["delivery_date"] else None


def ship_by(case: Case, delivery: date | None = None) -> date:
    """Return SB of the contract, for another delivery date where one is given."""
    said = main(case).own(MfgContract).draft
    dd = delivery or delivery_date(case)
    if dd is None:
        raise LookupError(f"delivery date of {case.order.number}")
    return planning.ship_by(moments.factory(case), dd, said["delivery_basis"] or "dispatch", said["transit_d"])


def open_changes(case: Case, *links: str) -> list[Order]:
    """Return the open amendments and delays of the contract."""
    return [o for o in main(case).children(open_only=True) if o.link in (links or CHANGE_LINKS)]


def default_content(case: Case, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a new order's content: what was given, payment terms of the customer's profile."""
    profile = case.tx.get(MfgProfile, case.order.customer_id)
    said = content.merged(content.empty(), given)
    if not said["currency"] and not desk.is_foreign(case):
        said["currency"] = "CNY"
    if not said["terms"] and profile is not None:
        said["terms"] = profile.terms
    if not said["contact"]:
        said["contact"] = case.customer.name
    return said


def lines_known(case: Case, form: Any) -> Verdict:
    """Refuse a form that names a line the contract or the change does not have; new ones may name the next numbers."""
    rows = getattr(form, "lines", None) or ({"line_no": getattr(form, "line_no", None)},)
    said = target(case).content
    known = [line["line_no"] for line in said["lines"]]
    if "product" in rows[0]:
        last = max([said.get("last_line", 0), *known], default=0)
        known += range(last + 1, last + 1 + len(rows))
    wrong = [row["line_no"] for row in rows if row.get("line_no") is not None and row["line_no"] not in known]
    if not wrong:
        return None
    words = T("line {n}", zh="第{n}行").of(n=", ".join(map(str, wrong)))
    how = T("There are lines {known}.", zh="现有第{known}行。").of(known=", ".join(map(str, known)) or "-")
    return refuse("fields_missing", fields=words, how=how)


LINES_KNOWN = Guard("lines_known", lines_known)


def lines_of(said: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the lines of a content."""
    found: Sequence[Mapping[str, Any]] = said["lines"]
    return found
