"""Guards of the sale: each refuses in the words of studio.md section 11."""

from __future__ import annotations

from collections.abc import Sequence

from serviceflow.api import (
    Case,
    Contact,
    Form,
    Guard,
    Need,
    Order,
    Refuse,
    T,
    Verdict,
    Warn,
    format_money,
    plain,
    table_of,
)

from serviceflow_studio import cards, ledger, prices, roles
from serviceflow_studio.fields import amount_refusal
from serviceflow_studio.offers import offer_of
from serviceflow_studio.sale import forms
from serviceflow_studio.sale.forms import TERMS
from serviceflow_studio.tables import StudioCard, StudioCase, StudioPackage, StudioPrice

# -- pure: what the numbers say -----------------------------------------------------------------------------


def price_range(price: int, list_price: int) -> Refuse | None:
    """Refuse a price that is not above 0 or above the list price."""
    if 0 < price <= list_price:
        return None
    return Refuse(
        T("Price must be above 0 and not above the list price {list}.", zh="价格须大于0且不高于标价{list}。").of(
            list=format_money(list_price)
        ),
        plain("price={list}").of(list=format_money(list_price)),
    )


def not_over_balance(amount: int, owed: int) -> Refuse | None:
    """Refuse an amount that is not above 0 or above what is owed."""
    return (
        None
        if 0 < amount <= owed
        else Refuse(amount_refusal(owed), plain("amount={owed}").of(owed=format_money(owed)) if owed > 0 else None)
    )


def least_deposit(amount: int, due: int, percent: int) -> Refuse | None:
    """Refuse a deposit below the minimum."""
    least = prices.min_deposit(due, percent)
    if amount >= least:
        return None
    return Refuse(
        T("The deposit is at least {min}.", zh="定金至少{min}元。").of(min=format_money(least)),
        T(
            "amount={min}: {percent} % of {due}, rounded up to a full yuan",
            zh="amount={min}: {due}的{percent}%,进到整元",
        ).of(min=format_money(least), percent=percent, due=format_money(due)),
    )


def two_choices(chosen: Sequence[StudioPackage | None], category: str | None, wanted: int, sold: int) -> Refuse | None:
    """Refuse all but ``wanted`` different active packages of the category.

    Args:
        sold: Active packages of the category; where there are fewer than wanted, all of them will do.
    """
    mine = [p.code for p in chosen if p is not None and p.active and p.category == category]
    if len(mine) == len(chosen) and len(set(mine)) == min(wanted, sold):
        return None
    return Refuse(
        T("Compare exactly two different active packages of the category.", zh="请只比较两个不同套系。"),
        plain("flow studio packages"),
    )


def discount_need(price: int, list_price: int, supervisor_percent: int) -> Need | None:
    """Ask for the signature that a price below the list price needs."""
    signer = prices.discount_signer(list_price - price, list_price, supervisor_percent)
    if signer is None:
        return None
    why = T("discount {off} of {list}", zh="优惠 {off}, 标价 {list}").of(
        off=format_money(list_price - price), list=format_money(list_price)
    )
    return Need(roles.BY_SUPERVISOR if signer == "supervisor" else roles.BY_MANAGER, why)


def code_unknown(code: str) -> Refuse:
    """Return the refusal of a code that is not sold."""
    return Refuse(
        T("Code {code} does not exist or is no longer sold.", zh="价目{code}不存在或已停售。").of(code=code),
        plain("flow studio packages"),
    )


# -- over the case ------------------------------------------------------------------------------------------


def active_package(case: Case, code: str) -> StudioPackage | None:
    """Return a package that is sold now."""
    package = case.tx.get(StudioPackage, code)
    return package if package is not None and package.active else None


def active_price(case: Case, code: str) -> StudioPrice | None:
    """Return a line of the price list that is sold now."""
    price = case.tx.get(StudioPrice, code)
    return price if price is not None and price.active else None


def open_sale(case: Case) -> Order | None:
    """Return another open case of a customer with one of this customer's phones."""
    phones = [contact.value for contact in case.contacts("phone")]
    if not phones:
        return None
    contacts, orders = table_of(Contact), table_of(Order)
    same = case.tx.all(Contact, contacts.c.kind == "phone", contacts.c.value.in_(phones))
    theirs = case.tx.all(Order, orders.c.customer_id.in_({c.customer_id for c in same}), orders.c.closed_at.is_(None))
    # Told apart here: SQLite would take the index of flows and read every order of this one.
    return next((o for o in theirs if o.flow == case.flow.key and o.id != case.order_id), None)


def _same_phone(case: Case, form: forms.Arrive) -> Verdict:
    other = None if form.new else open_sale(case)
    if other is None:
        return None
    return Refuse(
        T("This phone already has an open case {no} in {step}; continue it.", zh="该电话已有进行中的订单{no}。").of(
            no=other.number, step=case.flow.step(other.step).title
        ),
        T("flow show {no}   (--new or new=yes opens another)", zh="flow show {no}   (--new 或 new=yes 另开一单)").of(
            no=other.number
        ),
    )


def _card_valid(case: Case, form: forms.Arrive | forms.Begin | forms.NoteCard) -> Verdict:
    if form.card_no is None:
        return None
    card = case.tx.get(StudioCard, form.card_no)
    if card is None:
        return Refuse(T("Card {no} does not exist.", zh="爱情卡{no}不存在。").of(no=form.card_no), cards.KNOWN)
    if card.state != "active":
        state = {"lost": T("lost", zh="已挂失"), "void": T("void", zh="已停用")}[card.state]
        return Refuse(
            T("Card {no} is {state}.", zh="爱情卡{no}{state}。").of(no=card.card_no, state=state), cards.KNOWN
        )
    if is_own_card(case, card):
        return Refuse(
            T("Card {no} belongs to this customer.", zh="爱情卡{no}属本人。").of(no=card.card_no), cards.KNOWN
        )
    return None


def is_own_card(case: Case, card: StudioCard) -> bool:
    """Return whether a card belongs to the case's customer, or to somebody with the same phone."""
    if card.customer_id == case.order.customer_id:
        return True
    table = table_of(Contact)
    phones = {c.value for c in case.contacts("phone")}
    theirs = case.tx.all(Contact, table.c.customer_id == card.customer_id, table.c.kind == "phone")
    return bool(phones & {c.value for c in theirs})


def _two_choices(case: Case, form: forms.Compare) -> Verdict:
    chosen = [active_package(case, form.package_a), active_package(case, form.package_b)]
    category, table = case.own(StudioCase).category, table_of(StudioPackage)
    sold = len(case.tx.all(StudioPackage, table.c.category == category, table.c.active.is_(True)))
    return two_choices(chosen, category, case.number("studio.closing.choices"), sold)


def _codes_known(case: Case, form: Form) -> Verdict:
    """Refuse package and price codes that are not sold, whatever field of the form holds them."""
    given = {name: getattr(form, name) for name in form.fields if getattr(form, name)}
    packages = [*given.get("packages", ()), *([given["package"]] if "package" in given else ())]
    codes = [code for name in ("options", "add") for code, _ in given.get(name, ())]
    codes += [given["code"]] if "code" in given else []
    unknown = [code for code in packages if active_package(case, code) is None]
    unknown += [code for code in codes if active_price(case, code) is None]
    return code_unknown(unknown[0]) if unknown else None


def _price_range(case: Case, form: forms.SignPlan) -> Verdict:
    package = active_package(case, form.package)
    return price_range(form.price, package.list_price) if package else code_unknown(form.package)


def _discount(case: Case, form: forms.SignPlan) -> Verdict:
    """Ask for the signatures of the price; one below the price signed before is the manager's."""
    package = active_package(case, form.package)
    if package is None:
        return code_unknown(form.package)
    before = case.own(StudioCase).contract_price or 0
    if form.price < before:
        return Need(
            roles.BY_MANAGER,
            T("price lowered from {old} to {new}", zh="价格由{old}降为{new}").of(
                old=format_money(before), new=format_money(form.price)
            ),
        )
    return discount_need(form.price, package.list_price, case.number("studio.discount.supervisor_percent"))


def _letter_valid(case: Case, form: forms.SignPlan) -> Verdict:
    offer = offer_of(case, "surprise")
    if form.letter_shown and (offer is None or offer.state != "open" or case.today > offer.valid_until):
        return Warn(T("No valid surprise offer; the letter takes nothing off.", zh="惊喜优惠已失效, 不减额。"))
    return None


def _terms_signed(case: Case, form: forms.SignPlan) -> Verdict:
    return (
        None if form.terms_read and form.customer_signed else Refuse(TERMS, plain("terms_read=yes customer_signed=yes"))
    )


def _not_over_balance(case: Case, form: forms.TakeDeposit) -> Verdict:
    return not_over_balance(form.amount, ledger.balance(case))


def _min_deposit(case: Case, form: forms.TakeDeposit) -> Verdict:
    return least_deposit(form.amount, ledger.due_total(case), case.number("studio.deposit.min_percent"))


def _same_payment(case: Case, form: forms.TakeDeposit) -> Verdict:
    if ledger.receipt_exists(case, form.invoice_no):
        return Refuse(
            T("Receipt {no} already exists.", zh="收据号重复({no})。").of(no=form.invoice_no),
            T("Is it the same payment? flow show {no}", zh="是否同一笔? flow show {no}").of(no=case.order.number),
        )
    return None


def _contact_needed(case: Case, form: forms.LeaveUndecided) -> Verdict:
    if form.phone or form.wechat or case.contacts("phone", "wechat"):
        return None
    return Refuse(
        T(
            "A phone or WeChat is needed to follow up; otherwise use “left, no contact”.",
            zh="请留电话或微信;没有请用“未留联系方式”。",
        ),
        plain(f"flow do {case.order.number} leave-no-contact"),
    )


def _called_first(case: Case, form: forms.SendSurprise) -> Verdict:
    if case.times_done("log-call"):
        return None
    return Refuse(
        T("Call the customer at least once before the surprise offer.", zh="寄惊喜通知前请先电话联系。"),
        plain(f"flow do {case.order.number} log-call"),
    )


def _offer_once(case: Case, form: forms.SendSurprise) -> Verdict:
    """Refuse an offer of a kind that was made before, whatever became of it."""
    if offer_of(case, getattr(form, "kind", None) or "surprise") is None:
        return None
    return Refuse(T("This offer was already made.", zh="该优惠已用过。"), None)


def _surprise_amount(case: Case, form: forms.SendSurprise) -> Verdict:
    most = case.number("studio.surprise.max_off")
    if form.amount_off <= most:
        return None
    return Need(
        roles.BY_SUPERVISOR,
        T("{off} off, more than {most}", zh="减{off}, 超过{most}").of(
            off=format_money(form.amount_off), most=format_money(most)
        ),
    )


SIGNED = (roles.BY_SUPERVISOR, roles.BY_MANAGER)
SAME_PHONE = Guard("same-phone", _same_phone)
CARD_VALID = Guard("card-valid", _card_valid)
TWO_CHOICES = Guard("two-choices", _two_choices)
PRICE_ACTIVE = Guard("price-active", _codes_known)
PRICE_RANGE = Guard("price-range", _price_range)
DISCOUNT = Guard("discount", _discount, needs=SIGNED)
LETTER_VALID = Guard("letter-valid", _letter_valid)
TERMS_SIGNED = Guard("terms-signed", _terms_signed)
NOT_OVER_BALANCE = Guard("not-over-balance", _not_over_balance)
MIN_DEPOSIT = Guard("min-deposit", _min_deposit)
SAME_PAYMENT = Guard("same-payment", _same_payment)
CONTACT_NEEDED = Guard("contact-needed", _contact_needed)
CALLED_FIRST = Guard("called-first", _called_first, early=True)
OFFER_ONCE = Guard("offer-once", _offer_once)
SURPRISE_AMOUNT = Guard("surprise-amount", _surprise_amount, needs=(roles.BY_SUPERVISOR,))
