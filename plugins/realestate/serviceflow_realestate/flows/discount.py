"""Extra discount (额外优惠): a child of a subscription or contract, not blocking. Source: realestate.md section 4.8."""

from __future__ import annotations

from datetime import timedelta

from serviceflow.api import (
    START,
    Action,
    Case,
    Do,
    Flow,
    Form,
    Guard,
    Order,
    Refuse,
    Step,
    T,
    Task,
    Verdict,
    choice,
    days,
    money,
    plain,
    text,
)

from serviceflow_realestate import agreement, facts, fields, ledger, lineage, roles, tell
from serviceflow_realestate.deals.prices import PERCENT, rounded
from serviceflow_realestate.papers import paper
from serviceflow_realestate.tables import ReDeal, ReUnit

APPLY = {"contract": T("In the contract", zh="写入合同价"), "collection": T("At collection", zh="收款时")}


class Ask(Form):
    percent: int | None = fields.percent(T("Percent", zh="百分比"), required=False)
    amount: int | None = money(T("Amount", zh="金额"), required=lambda v: not v.get("percent"))
    apply_at: str = choice(T("Granted", zh="执行方式"), APPLY)
    reason: str = text(T("Reason", zh="原因"))
    leader: str = text(T("Leader", zh="领导"), longest=60)


class Certificate(Form):
    certificate: str = text(T("Signed certificate", zh="签字证明"))


class Filed(Form):
    proof: str = text(T("Proof filed", zh="存档证明"))


def lapsed(case: Case) -> T | None:
    """Return what is said once the discounts have lapsed."""
    day = case.anchor_day("signing_deadline")
    if case.order.step != "overdue" or day is None:
        return None
    return T("Discounts lapsed on {date}.", zh="优惠已于 {date} 失效。").of(date=(day + timedelta(days=1)).isoformat())


def _requests(case: Case) -> list[Case]:
    """Return every discount request of a purchase."""
    owners: list[Case] = [case]
    parent = case.parent()
    if parent is not None and parent.order.flow in ("re-subscription", "re-contract"):
        owners.append(parent)
    for order in case.children("contract"):
        owners.append(case.again(order=order))
    return [
        one.again(order=order)
        for one in owners
        if "discount" in {k.key for k in one.flow.links}
        for order in one.children("discount")
    ]


def _value(deal: ReDeal, percent: int, amount: int) -> int:
    """Return a discount as an amount times `PERCENT`, so that both kinds compare exactly."""
    return deal.list_total * percent + amount * PERCENT


BEING_PAID = Refuse(
    T("The price is already being paid; choose collection.", zh="房款已在收取, 请选择收款时执行。"),
    plain("flow do {here} request-discount apply_at=collection"),
)


def _askable(case: Case, form: Ask) -> Verdict:
    if case.order.flow == "re-contract" and form.apply_at == "contract":
        return BEING_PAID
    requests = _requests(case)
    undecided = [r.order for r in requests if r.order.step in ("leader-decision", "manager-review")]
    if undecided:
        return Refuse(T("A request is still open.", zh="尚有未决申请。"), plain(f"flow do {undecided[0].number}"))
    deal = agreement.deal_of(case)
    granted = [r for r in requests if r.order.step in ("granted", "applied")]
    used = sum(_value(deal, tell.recall(r, "percent", 0), tell.recall(r, "amount", 0)) for r in granted)
    most = case.number("realestate.extra_discount_max_percent")
    if used + _value(deal, form.percent or 0, form.amount or 0) > deal.list_total * most:
        return Refuse(
            T("Extra discounts may not exceed {n}% of the list price.", zh="额外优惠不得超过总价的 {n}%。").of(
                n=f"{most / 100:g}"
            ),
            T("At most {x} is left", zh="至多还可优惠 {x}").of(
                x=fields.yuan((deal.list_total * most - used) // PERCENT)
            ),
        )
    contract = next((case.again(order=o) for o in case.children("contract", open_only=True)), None)
    if form.apply_at == "contract" and contract is not None and contract.order.step in ("first-payment", "signing"):
        return BEING_PAID
    unit = case.tx.need(ReUnit, deal.unit_id)
    rows = [*deal.discounts, agreement.discount("extra", form.percent or 0, form.amount or 0)]
    if unit.floor_total is not None and agreement.total_with(case, deal.list_total, rows) < unit.floor_total:
        return Refuse(T("Below the floor price of the unit.", zh="低于房源底价。"), None)
    return None


ASKABLE = Guard("discount-askable", _askable)


def open_discount(case: Case, form: Ask) -> None:
    """Open the request."""
    case.open_child(
        "discount",
        {
            "percent": form.percent,
            "amount": form.amount,
            "apply_at": form.apply_at,
            "reason": form.reason,
            "leader": form.leader,
        },
    )


def _asked(case: Case, form: Ask) -> None:
    tell.remember(case, percent=form.percent or 0, amount=form.amount or 0, apply_at=form.apply_at, leader=form.leader)


def _granted(case: Case, form: Certificate) -> None:
    case.set_anchor("granted_on", case.today)
    tell.remember(case, certificate=form.certificate)


def _filed(case: Case, form: Filed) -> None:
    made = paper(case, "RE-DISCOUNT")
    tell.remember(case, certificate_no=made.number)


def void_open(case: Case) -> None:
    """End every open request of a subscription whose discounts lapse, or of an order that has ended."""
    for order in case.children("discount", open_only=True):
        case.again(order=order).act("void-lapse")


def apply_to_contract(case: Case) -> None:
    """Put every granted contract discount into the price; the contract enters its first payment."""
    for request in _requests(case):
        if request.order.step == "granted" and tell.recall(request, "apply_at") == "contract":
            deal = agreement.deal_of(case)
            row = agreement.discount(
                "extra",
                tell.recall(request, "percent", 0),
                tell.recall(request, "amount", 0),
                tell.recall(request, "certificate_no", ""),
            )
            agreement.recompute(case, discounts=[*deal.discounts, row])
            request.act("apply-contract")


def _collection_amount(case: Case) -> int:
    deal = agreement.deal_of(case)
    part = rounded(deal.list_total * tell.recall(case, "percent", 0), PERCENT, case.number("realestate.price_round_to"))
    return part + int(tell.recall(case, "amount", 0))


def _contract(case: Case) -> Case | None:
    """Return the contract in force of the purchase."""
    own = lineage.find_contract(case)
    if own is not None:
        return own
    parent = case.parent()
    orders: list[Order] = parent.children("contract") if parent is not None else []
    return next((case.again(order=o) for o in orders if o.step not in ("unsigned", "superseded")), None)


def _collectable(case: Case, form: object) -> Verdict:
    contract = _contract(case)
    if contract is None or contract.anchor_day("signed_on") is None:
        return Refuse(
            T("The contract is not signed.", zh="合同尚未签订。"),
            plain(f"flow do {contract.order.number}") if contract is not None else None,
        )
    if tell.recall(case, "apply_at") != "collection":
        return Refuse(T("This discount belongs into the contract's price.", zh="此优惠须写入合同价。"), None)
    if ledger.outstanding(contract) < _collection_amount(case):
        return Refuse(
            T("Nothing left to credit.", zh="没有可抵扣的款项。"), plain(f"flow re ledger {contract.order.number}")
        )
    return None


def _collect(case: Case, form: object) -> None:
    """Write the discount as credit on open lines, from the last due backwards; never on the loan."""
    contract = _contract(case)
    assert contract is not None
    left = _collection_amount(case)
    for line in sorted(ledger.open_lines(contract), key=lambda one: (one.due, one.seq), reverse=True):
        part = min(left, ledger.open_of(contract, line))
        case.tx.change(line, credited=line.credited + part)
        ledger.settle(contract, line)
        left -= part


VALID = days("realestate.extra_discount_valid_days", after="granted_on")
RE_DISCOUNT = Flow(
    key="re-discount",
    version=1,
    title=T("Extra discount", zh="额外优惠"),
    series="DSC-{n:04}",
    alone=False,
    facts=facts.of_order,
    anchors=("granted_on",),
    steps=(
        Step(
            "leader-decision",
            T("Leader decides", zh="领导审批"),
            roles.DIRECTOR,
            limit=days("realestate.change_decide_days"),
            on_path=True,
            entry=(
                Task(
                    "decide-discount",
                    T("Decide extra discount", zh="审批额外优惠"),
                    roles.DIRECTOR,
                    days("realestate.change_decide_days"),
                    closed_by=("leader-grants", "leader-refuses"),
                ),
            ),
        ),
        Step(
            "manager-review",
            T("Manager reviews, files", zh="经理审核存档"),
            roles.MANAGER,
            limit=days("realestate.next_day_days"),
            on_path=True,
            entry=(
                Task(
                    "file-discount",
                    T("Check papers, file the leader's signed proof", zh="核对资料, 存档领导签字证明"),
                    roles.MANAGER,
                    days("realestate.next_day_days"),
                    closed_by=("file-proof", "query"),
                ),
            ),
        ),
        Step(
            "granted",
            T("Granted", zh="已批待执行"),
            roles.FINANCE,
            limit=VALID,
            on_path=True,
            entry=(
                Task(
                    "apply-discount",
                    T("Apply discount", zh="执行优惠"),
                    roles.FINANCE,
                    VALID,
                    closed_by=("apply-collection",),
                ),
            ),
        ),
        Step("applied", T("Applied", zh="已执行"), final=True, on_path=True),
        Step("rejected", T("Refused", zh="未批"), final=True),
        Step("expired", T("Expired", zh="过期"), final=True),
        Step("void", T("Void", zh="失效"), final=True),
    ),
    actions=(
        Action(
            "request",
            T("Request", zh="申请"),
            START,
            "leader-decision",
            by=(roles.AGENT, roles.ASSISTANT),
            form=Ask,
            effects=(Do(_asked, before=True),),
        ),
        Action(
            "leader-grants",
            T("Grant", zh="批准"),
            ("leader-decision",),
            "manager-review",
            by=(roles.DIRECTOR,),
            form=Certificate,
            effects=(Do(_granted, before=True),),
        ),
        Action(
            "leader-refuses",
            T("Refuse", zh="不批"),
            ("leader-decision",),
            "rejected",
            by=(roles.DIRECTOR,),
            form=tell.Rejection,
        ),
        Action(
            "file-proof",
            T("File proof", zh="存档"),
            ("manager-review",),
            "granted",
            by=(roles.MANAGER,),
            form=Filed,
            effects=(Do(_filed),),
        ),
        Action(
            "query", T("Query", zh="退问"), ("manager-review",), "leader-decision", by=(roles.MANAGER,), form=tell.Says
        ),
        Action(
            "apply-contract", T("Into the contract", zh="写入合同"), ("granted",), "applied", auto=True, when=tell.never
        ),
        Action(
            "apply-collection",
            T("At collection", zh="收款时执行"),
            ("granted",),
            "applied",
            by=(roles.FINANCE,),
            guards=(Guard("collectable", _collectable, early=True),),
            effects=(Do(_collect),),
        ),
        Action("certificate-expired", T("Expired", zh="过期"), ("granted",), "expired", at=VALID),
        Action(
            "void-lapse",
            T("Void", zh="失效"),
            ("leader-decision", "manager-review", "granted"),
            "void",
            auto=True,
            when=tell.never,
        ),
        *tell.common(),
    ),
)
