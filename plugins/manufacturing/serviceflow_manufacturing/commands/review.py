"""``classify``, ``review``, ``sign``, ``diff``: what is reviewed, by whom, and what changed."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from serviceflow.api import (
    BadInput,
    Case,
    Shop,
    SlotRow,
    T,
    all_slots,
    decide,
    explain_signatures,
    listed,
    pending,
    plain,
)
from serviceflow_cli.api import Answer, Column, DryRun, answer, current, label, look_at, out, told

from serviceflow_manufacturing import desk
from serviceflow_manufacturing.commands.deeds import Ref, case_for
from serviceflow_manufacturing.flows import amendment, contract, rounds
from serviceflow_manufacturing.rules import content
from serviceflow_manufacturing.tables import MfgContract

TARGETS = ("mfg-order", "mfg-amendment")

CLASS = [
    Column("order", T("Order", zh="订单"), null=False, whole=True),
    Column("class", T("Class", zh="类别"), null=False),
    Column("route", T("Route", zh="路线"), null=False),
    Column("rule", T("Rule", zh="规则"), "number", null=False),
    Column("why", T("Because", zh="依据"), null=False),
    Column("foreign", T("Foreign", zh="涉外"), "yes_no", null=False),
    Column("together", T("Split orders", zh="拆单提示")),
]


def classify(order: Ref) -> None:
    """Show class and route of a contract and the rule that decided."""
    out.rows("classes", CLASS, [case_for(order, _class, *TARGETS)])


def _class(case: Case) -> dict[str, Any]:
    found = contract.classify(case, contract.target(case).content)
    note = contract.together(case)
    return {
        "order": case.order.number,
        "class": found.letter,
        "route": found.route,
        "rule": found.rule,
        "why": str(found.why),
        "foreign": desk.is_foreign(case),
        "together": str(note) if note is not None else None,
    }


REVIEW = [
    Column("order", T("Order", zh="订单"), null=False),
    Column("customer", T("Customer", zh="客户"), null=False),
    Column("version", T("Version", zh="版本"), "number", null=False),
    Column("class", T("Class", zh="类别"), null=False),
    Column("route", T("Route", zh="路线"), null=False),
    Column("why", T("Because", zh="依据"), null=False),
    Column("round", T("Round", zh="轮次"), "number", null=False),
    Column("state", T("State", zh="状态"), null=False),
    Column("due", T("Due", zh="期限"), "instant"),
    Column("points", T("Points", zh="要点"), "any", null=False),
    Column("slots", T("Slots", zh="会签"), "any", null=False),
    Column("together", T("Split orders", zh="拆单提示")),
]


def review(order: Ref) -> None:
    """Show the six points, the slots, who may still sign, and when it is due."""
    value = case_for(order, _review, *TARGETS)
    out.page(REVIEW, value, lambda: _draw(value))


def _review(case: Case) -> dict[str, Any]:
    found = rounds.current(case)
    decided = contract.classify(case, contract.target(case).content)
    note = contract.together(case)
    facts: dict[str, Any] = {
        "order": case.order.number,
        "customer": case.customer.name,
        "version": contract.main(case).own(MfgContract).version,
        "class": decided.letter,
        "route": decided.route,
        "why": str(decided.because),
        "round": 0,
        "state": "none",
        "due": None,
        "points": [{"point": p.point, "state": p.state, "note": p.note} for p in rounds.points(case)],
        "slots": [],
        "together": str(note) if note is not None else None,
    }
    if found is not None:
        facts |= {"version": found.version, "class": found.letter, "route": found.route, "round": found.round,
                  "state": found.state, "due": rounds.due(case, found) if found.state == "open" else None,
                  "slots": _slots(case, found)}  # fmt: skip
    return facts


def _slots(case: Case, found: Any) -> list[dict[str, Any]]:
    request = pending(case)
    live = request is not None and request.id == found.request_id
    may = [why.may for why in explain_signatures(case, request)] if live and request is not None else []
    slots: list[SlotRow] = rounds.slots(case, found)
    return [
        {
            "stage": slot.stage + 1,
            "role": slot.role,
            "title": str(case.shop.role_title(slot.role or "")),
            "state": slot.verdict,
            "open_now": live and request is not None and slot.stage == request.stage and slot.verdict == "open",
            "signer": desk.name_of(case.tx, slot.signed_by) if slot.signed_by else "",
            "for": desk.name_of(case.tx, slot.signed_for) if slot.signed_for else "",
            "opinion": slot.opinion,
            "may": list(may[n]) if n < len(may) else [],
        }
        for n, slot in enumerate(slots)
    ]


ROUNDS = {
    "none": T("not submitted", zh="未提交"),
    "open": T("open", zh="评审中"),
    "passed": T("passed", zh="已通过"),
    "rejected": T("rejected", zh="已否决"),
    "withdrawn": T("withdrawn", zh="已撤回"),
    "expired": T("expired", zh="已失效"),
}


def _draw(value: dict[str, Any]) -> None:
    state = ROUNDS[value["state"]]
    head = T("{order}  {customer}   version {version}   {letter}/{route} ({why})   round {round}, {state}",
             zh="{order}  {customer}   第{version}版   {letter}/{route}（{why}）   第{round}轮 {state}")  # fmt: skip
    facts = {k: v for k, v in value.items() if k not in ("class", "state")}
    out.line(head.of(letter=value["class"], state=state, **facts), "bold")
    if value["due"] is not None:
        out.line(T(" due {at}", zh=" 期限 {at}").of(at=out.moment(value["due"])))
    words = [f"{p['point']} {rounds.STATES.get(p['state'], rounds.OPEN)}" + (f" ({p['note']})" if p["note"] else "")
             for p in value["points"]]  # fmt: skip
    out.paragraph("  ".join(words), " ")
    for stage in sorted({slot["stage"] for slot in value["slots"]}):
        mine = [slot for slot in value["slots"] if slot["stage"] == stage]
        out.paragraph(f"{T('stage {n}', zh='第{n}阶段').of(n=stage)}  " + " | ".join(_slot(s) for s in mine), " ")
    signers = [f"{name} ({s['title']})" for s in value["slots"] if s["open_now"] for name in s["may"]]
    if signers:
        out.paragraph(T("may sign now: {names}", zh="现在可签：{names}").of(names=", ".join(signers)), " ")
    if value["together"]:
        out.paragraph(value["together"], " ", "yellow")


def _slot(slot: dict[str, Any]) -> str:
    state = rounds.VERDICTS[slot["state"]] if slot["state"] != "open" or slot["open_now"] else T("waits", zh="未到")
    signer = f" {slot['signer']}" if slot["signer"] else ""
    principal = T(" for {name}", zh=" 代 {name}").of(name=slot["for"]) if slot["for"] else ""
    return f"{slot['title']} {state}{signer}{principal}"


def _one_slot(case: Case, verdict: str) -> None:
    """Raise `BadInput` where several open slots are the actor's: he has to say as what he signs."""
    request, me = pending(case), case.actor
    if request is None or me is None:
        return
    stage = [s for s in all_slots(case.tx, request) if s.stage == request.stage and s.verdict == "open"]
    mine = sorted({s.role for s in stage if s.role is not None and s.role in case.roles})
    if len(mine) > 1:
        titles = listed(case.shop.role_title(role) for role in mine)
        raise BadInput(
            T("Several slots are yours: {roles}.", zh="您有多个可签岗位：{roles}。").of(roles=titles),
            plain(f"flow mfg sign {case.order.number} --{verdict} --as {mine[0]}"),
            ref="mfg.sign_as",
        )


def sign(
    order: Ref,
    approve: Annotated[bool, typer.Option("--approve/--reject", help=label("Yes or no", zh="同意或否决"))],
    as_role: Annotated[str, typer.Option("--as", metavar="ROLE", help=label("Sign as", zh="以何岗位"))] = "",
    opinion: Annotated[str, typer.Option("-m", metavar="OPINION", help=label("Opinion", zh="意见"))] = "",
    dry_run: DryRun = False,
) -> None:
    """Sign the review (or another request) of an order; --as where several slots are yours."""

    if not as_role:
        case_for(order, lambda case: _one_slot(case, "approve" if approve else "reject"))

    def work(shop: Shop) -> Answer:
        seen = look_at(order)
        role = as_role or None
        done = decide(shop, seen.order_id, approve=approve, opinion=opinion, role=role, dry_run=dry_run)
        return told(shop, done, seen.customer, signed=True, dry_run=dry_run)

    answer(work)


DIFF = [
    Column("field", T("Field", zh="项目"), null=False, whole=True),
    Column("kind", T("Kind", zh="变动"), null=False),
    Column("old", T("Old", zh="原"), null=False, give=1),
    Column("new", T("New", zh="新"), null=False, give=2),
]


def diff(
    order: Ref,
    first: Annotated[int, typer.Argument(metavar="[V1]", help=label("Version", zh="版本"))] = 0,
    second: Annotated[int, typer.Argument(metavar="[V2]", help=label("Version", zh="版本"))] = 0,
) -> None:
    """Show what differs between two versions, by default the last two, or of the open change."""
    found = case_for(order, lambda case: _diff(case, first, second), *TARGETS)
    if current().format != "text":
        rows = [{"field": d.field, "kind": d.kind, "old": d.old, "new": d.new} for d in found]
        out.for_machines("differences", DIFF, rows)
        return
    for difference in found:
        out.line(f" {difference}")
    if not found:
        out.talk(T("Nothing differs.", zh="无差异。"))


def _diff(case: Case, first: int, second: int) -> list[content.Difference]:
    changes = contract.open_changes(case, "amendment")
    if case.flow.key == "mfg-amendment":
        found = amendment.differences(case)
    elif changes and not first:
        found = amendment.differences(case.again(order=changes[0]))
    else:
        known = {v.n: v for v in contract.versions(case)}
        last = max(known, default=0)
        old, new = (first or last - 1), (second or last)
        if old not in known or new not in known:
            raise BadInput(
                T("There is no version {n}.", zh="没有第{n}版。").of(n=old if old not in known else new),
                T("There are: {names}", zh="现有: {names}").of(names=", ".join(map(str, known)) or "-"),
                ref="mfg.version",
            )
        found = content.differences(known[old].content, known[new].content)
    return found
