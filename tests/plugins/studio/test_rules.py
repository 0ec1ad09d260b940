"""The studio's rules as tables: who signs, how much, from when, in both languages. Source: studio.md 5, 11."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serviceflow.api import BadInput, Need, Refuse
from serviceflow_studio import catalogue, offers, prices, slips
from serviceflow_studio.aftercare.referrals import gift_exact
from serviceflow_studio.cards import level_for
from serviceflow_studio.floor.minutes import planned_minutes, segments, told_hours
from serviceflow_studio.floor.rules import key_back
from serviceflow_studio.pickup.rules import count_adds_up, counts_allow, leftover_price
from serviceflow_studio.places import grid
from serviceflow_studio.sale import rules as sale
from serviceflow_studio.settings import SETTINGS, settings_faults
from serviceflow_studio.shoot.rules import debt, wave_usable, within_horizon
from serviceflow_studio.tables import StudioOffer, StudioOutfit, StudioPackage, StudioPiece
from serviceflow_studio.urging.rules import offer_fits, refund_limit
from serviceflow_studio.viewing.guards import enough, pass_in_order
from serviceflow_studio.waves import read_holidays, read_levels, read_waves

FEN = st.integers(min_value=0, max_value=10**9)
DEFAULTS = {setting.key: setting.default for setting in SETTINGS}


def said(refusal: Refuse | Need | None) -> tuple[str, str] | None:
    """Return what a verdict says, in English and Chinese."""
    if refusal is None:
        return None
    words = refusal.why if isinstance(refusal, Need) else refusal.sentence
    return words.to("en"), words.to("zh")


@pytest.mark.parametrize(
    ("due", "least"),
    [
        pytest.param(399900, 80000, id="799.80 is rounded up"),
        pytest.param(599900, 120000, id="1199.80 is rounded up"),
        pytest.param(279900, 56000, id="559.80 is rounded up"),
        pytest.param(400000, 80000, id="whole yuan stay"),
        pytest.param(500, 100, id="a yuan of five"),
        pytest.param(1, 100, id="a fen asks for a yuan"),
        pytest.param(0, 0, id="nothing due"),
        pytest.param(-500, 0, id="a credit"),
    ],
)
def test_the_least_deposit(due: int, least: int) -> None:
    assert prices.min_deposit(due, 20) == least


@pytest.mark.parametrize(
    ("part", "base", "signer"),
    [
        (0, 60000, None),
        (1, 60000, "supervisor"),
        (6000, 60000, "supervisor"),
        (6001, 60000, "manager"),
        (39990, 399900, "supervisor"),
        (39991, 399900, "manager"),
        (1, 9, "manager"),
    ],
)
def test_who_signs_a_discount(part: int, base: int, signer: str | None) -> None:
    assert prices.discount_signer(part, base, 10) == signer


@pytest.mark.parametrize(("price", "refused"), [(0, True), (1, False), (399900, False), (399901, True)])
def test_a_price_lies_above_0_and_not_above_the_list(price: int, refused: bool) -> None:
    text = ("Price must be above 0 and not above the list price 3999.00.", "价格须大于0且不高于标价3999.00。")
    assert said(sale.price_range(price, 399900)) == (text if refused else None)


@pytest.mark.parametrize(("amount", "refused"), [(0, True), (1, False), (319900, False), (319901, True)])
def test_an_amount_lies_within_the_balance(amount: int, refused: bool) -> None:
    text = ("Amount must be between 0.01 and the balance 3199.00.", "金额须在0.01与应收3199.00之间。")
    assert said(sale.not_over_balance(amount, 319900)) == (text if refused else None)


def test_the_deposit_names_its_minimum() -> None:
    refusal = sale.least_deposit(79900, 399900, 20)
    assert refusal is not None
    assert said(refusal) == ("The deposit is at least 800.00.", "定金至少800.00元。")
    assert refusal.way_out is not None
    assert refusal.way_out.to("en") == "amount=800.00: 20 % of 3999.00, rounded up to a full yuan"
    assert sale.least_deposit(80000, 399900, 20) is None


def package(
    code: str,
    category: str = "wedding",
    *,
    active: bool = True,
    signature: bool = False,
    price: int = 100,
    places: tuple[str, ...] = ("studio",),
) -> StudioPackage:
    outfits = [{"type": "evening", "place": place} for place in places]
    return StudioPackage(
        code=code,
        name_en=code,
        name_zh=code,
        category=category,
        list_price=price,
        outfits=outfits,
        included_photos=1,
        pieces=[],
        active=active,
        signature=signature,
    )


@pytest.mark.parametrize(
    ("chosen", "fits"),
    [
        pytest.param([package("A"), package("B")], True, id="two of the category"),
        pytest.param([package("A"), package("A")], False, id="the same twice"),
        pytest.param([package("A"), package("B", active=False)], False, id="one no longer sold"),
        pytest.param([package("A"), package("B", "art")], False, id="one of another category"),
        pytest.param([package("A"), None], False, id="one unknown"),
    ],
)
def test_two_packages_are_compared(chosen: list[StudioPackage | None], fits: bool) -> None:
    refusal = sale.two_choices(chosen, "wedding", 2, sold=3)
    text = ("Compare exactly two different active packages of the category.", "请只比较两个不同套系。")
    assert said(refusal) == (None if fits else text)


def test_where_one_package_is_sold_it_is_compared_with_itself() -> None:
    assert sale.two_choices([package("A"), package("A")], "wedding", 2, sold=1) is None


@pytest.mark.parametrize(
    ("amount", "most", "text"),
    [
        (80000, 80000, None),
        (80001, 80000, ("Refund at most 800.00.", "最多可退800.00元。")),
        (1, -500, ("Refund at most 0.00.", "最多可退0.00元。")),
    ],
)
def test_a_refund_has_a_limit(amount: int, most: int, text: tuple[str, str] | None) -> None:
    assert said(refund_limit(amount, most)) == text


@pytest.mark.parametrize(
    ("state", "amount", "fits"),
    [("open", 464900, True), ("open", 464901, False), ("used", 464900, False), ("expired", 464900, False)],
)
def test_an_offer_fits_the_whole_balance_less_itself(state: str, amount: int, fits: bool) -> None:
    refusal = offer_fits(state, amount, 479900, 15000)
    assert (refusal is None) == fits
    if refusal is not None:
        assert "amount must be 4649.00" in refusal.sentence.to("en")
        assert refusal.sentence.to("zh") == "该优惠已用过或金额应为4649.00。"


def offer(kind: str, off: int, until: date, state: str = "open") -> StudioOffer:
    return StudioOffer(order_id=1, kind=kind, amount_off=off, sent_on=until, valid_until=until, state=state)


def test_of_several_offers_that_cover_the_day_the_largest_counts() -> None:
    day = date(2025, 1, 27)
    made = [
        offer("shoot-15", 10000, day),
        offer("best", 30000, day),
        offer("pay-full", 90000, day),
        offer("best", 50000, day, "expired"),
    ]
    assert offers.covering(made, offers.BY_SHOOTING, day) is made[1]
    assert offers.covering(made, offers.BY_SHOOTING, day + timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("wanted", "done", "text"),
    [(1, 0, None), (2, 0, "Pass 1 comes first."), (3, 1, "Pass 2 comes first."), (3, 3, None), (2, 3, None)],
)
def test_passes_come_in_order(wanted: int, done: int, text: str | None) -> None:
    refusal = pass_in_order(wanted, done)
    assert (refusal.sentence.to("en") if refusal else None) == text


def test_enough_pictures_are_kept() -> None:
    assert enough(30, 30) is None
    assert said(enough(28, 30)) == ("2 more photos must be kept (package 30).", "还需选2张。")


@pytest.mark.parametrize(
    ("what", "qty", "fits"),
    [
        ("arrive", 1, True),
        ("arrive", 2, False),
        ("qc-pass", 1, True),
        ("qc-pass", 2, False),
        ("qc-fail", 2, True),
        ("qc-fail", 3, False),
    ],
)
def test_counts_keep_their_order(what: str, qty: int, fits: bool) -> None:
    piece = StudioPiece(
        order_id=1, code="album", text_en="", text_zh="", origin="package", qty=4, arrived=3, passed=2, handed=1
    )
    assert (counts_allow(what, piece, qty) is None) == fits


@pytest.mark.parametrize(
    ("ok", "missing", "defect", "fits"),
    [(2, 1, 0, True), (1, 1, 1, True), (3, 0, 0, False), (1, 1, 0, False), (0, 3, 0, True), (0, 1, 2, True)],
)
def test_a_count_accounts_for_every_piece(ok: int, missing: int, defect: int, fits: bool) -> None:
    piece = StudioPiece(
        order_id=1, code="X", text_en="", text_zh="", origin="viewing", qty=4, arrived=3, passed=3, handed=1
    )
    assert (count_adds_up(piece, ok, missing, defect) is None) == fits


def test_leftover_photos_have_one_price() -> None:
    assert leftover_price("leftover", None, 1000) is None
    assert leftover_price("frame", 5, 1000) is None
    assert said(leftover_price("leftover", 900, 1000)) == (
        "Leftover photos are sold at exactly 10.00.",
        "余片按底价10.00元,不得改价。",
    )


def test_a_lost_slip_needs_document_and_memo() -> None:
    assert slips.slip_or_id("yes", None, None, None) is None
    assert slips.slip_or_id("lost", "id-card", "4417", "yes") is None
    assert slips.slip_or_id("lost", "id-card", "4417", None) is not None


def test_small_sentences_in_both_languages() -> None:
    assert said(key_back("7", "no")) == ("Key 7 is not back: return it or use “key lost”.", "钥匙7未还。")
    assert key_back(None, "none") is None
    assert said(debt(319900)) == ("3199.00 must be paid first.", "请先补款3199.00元。")
    assert said(gift_exact(12000, 10000)) == ("The gift money is 100.00.", "礼金为100.00元。")
    assert said(within_horizon(date(2025, 1, 1), date(2025, 1, 2), date(2026, 1, 2))) == (
        "The start must lie between now and 2026-01-02.",
        "时间须在现在与2026-01-02之间。",
    )


def test_the_limit_of_a_wave_is_inside_to_the_second() -> None:
    start = datetime(2025, 4, 20, 2, 30, tzinfo=UTC)
    assert wave_usable(start + timedelta(minutes=30), start, 30)
    assert not wave_usable(start + timedelta(minutes=30, seconds=1), start, 30)


def outfits(*kinds: str) -> list[StudioOutfit]:
    return [
        StudioOutfit(
            order_id=1, seq=n, type=kind.removesuffix("*"), place="outdoor" if kind.endswith("*") else "studio"
        )
        for n, kind in enumerate(kinds, start=1)
    ]


@pytest.mark.parametrize(
    ("kinds", "minutes", "told"),
    [
        (("white-gown", "evening", "special"), 239, "4"),
        (("special", "special"), 159, "3"),
        (("white-gown", "evening", "special", "white-gown*"), 389, "6.5"),
        (("white-gown*", "evening*"), 219, "4"),
        (("special",), 114, "2"),
    ],
)
def test_planned_minutes_and_what_is_told(kinds: tuple[str, ...], minutes: int, told: str) -> None:
    assert planned_minutes(DEFAULTS.__getitem__, outfits(*kinds)) == minutes
    assert told_hours(minutes) == told


def test_outdoor_outfits_are_one_segment() -> None:
    assert [len(part) for part in segments(outfits("evening", "special*", "white-gown*", "special"))] == [1, 2, 1]


@pytest.mark.parametrize(
    ("packages", "fault"),
    [
        pytest.param(catalogue.demo_packages(), None, id="studio-demo"),
        pytest.param([package("A")], "exactly one", id="no signature package"),
        pytest.param([package("A", signature=True), package("B", signature=True, price=200)], "exactly one", id="two"),
        pytest.param([package("A", signature=True, price=300), package("B", price=200)], "dearest", id="the dearest"),
        pytest.param([package("A", signature=True, price=300)], None, id="alone it may be the dearest"),
        pytest.param(
            [package("A", signature=True, places=("outdoor", "studio", "outdoor"))],
            "follow one another",
            id="outdoor outfits apart",
        ),
    ],
)
def test_what_a_catalogue_must_be(packages: list[StudioPackage], fault: str | None) -> None:
    found = catalogue.catalogue_faults(packages)
    assert (not found) if fault is None else fault in found[0].to("en")


@pytest.mark.parametrize("written", ["", "9:00=3", "09:00", "09:00=3,09:00=2", "25:00=1", "09:00=-1", "09:00=x"])
def test_waves_written_wrongly_are_refused(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read_waves(written)


def test_a_setting_that_is_refused_keeps_its_old_value() -> None:
    waves = next(s for s in SETTINGS if s.key == "studio.shoot.waves")
    assert waves.read("09:00=4, 11:00=1") == "09:00=4, 11:00=1"
    with pytest.raises(BadInput, match="the old value stays"):
        waves.read("nine=4")


@pytest.mark.parametrize(("key", "typed"), [("studio.viewing.passes", "4"), ("studio.closing.choices", "3")])
def test_no_more_passes_or_choices_than_there_are_actions_for(key: str, typed: str) -> None:
    with pytest.raises(BadInput, match="the old value stays"):
        next(s for s in SETTINGS if s.key == key).read(typed)


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({}, None),
        ({"studio.viewing.close": "09:00"}, "studio.viewing.close"),
        ({"studio.pickup.close": "10:00"}, "studio.pickup.close"),
        ({"studio.viewing.grid": 50}, "studio.viewing.grid"),
        ({"studio.viewing.wedding_minutes": 145}, "studio.viewing.wedding_minutes"),
        ({"studio.floor.talk_min": 20}, "studio.floor.talk_max"),
    ],
)
def test_settings_that_do_not_fit_together(changed: dict[str, object], key: str | None) -> None:
    found = settings_faults({**DEFAULTS, **changed}.__getitem__)
    assert (found[0][0] if found else None) == key


def test_levels_and_holidays_as_they_are_written() -> None:
    ladder = read_levels(DEFAULTS["studio.referral.levels"])
    assert [(level.code, level.referrals, level.gift) for level in ladder] == [
        ("love", 0, 10000),
        ("gold", 3, 15000),
        ("diamond", 8, 20000),
    ]
    assert [level_for(ladder, n).code for n in (0, 2, 3, 7, 8, 50)] == [
        "love",
        "love",
        "gold",
        "gold",
        "diamond",
        "diamond",
    ]
    days = read_holidays(DEFAULTS["studio.life.holidays"])
    assert [(d.year, d.month, d.day, d.title.zh) for d in days][2] == (2025, 8, 29, "七夕")


def test_pickup_slots() -> None:
    from datetime import time

    slots = [f"{start:%H:%M}" for start in grid(time(10), time(20), 30)]
    assert (slots[0], slots[-1], len(slots)) == ("10:00", "19:30", 20)


# -- money is never off by a fen -------------------------------------------------------------------------------


@given(
    FEN,
    st.lists(st.integers(-(10**7), 10**7)),
    st.lists(st.tuples(st.sampled_from([*prices.PAID, "locker-in", "locker-out", "gift-out"]), FEN)),
)
def test_the_balance_is_what_is_due_less_what_was_paid(
    contract: int, lines: list[int], paid: list[tuple[str, int]]
) -> None:
    balance = prices.due_total(contract, lines) - prices.paid_total(paid)
    in_hand = sum(a for k, a in paid if k in ("deposit", "balance", "extras"))
    back = sum(a for k, a in paid if k == "refund")
    assert balance == contract + sum(lines) - in_hand + back
    assert (
        prices.due_total(contract, lines)
        - prices.paid_total([*paid, ("balance", max(balance, 0)), ("refund", max(-balance, 0))])
        == 0
    )


@given(st.integers(1, 10**9), st.integers(0, 100))
def test_the_least_deposit_is_the_smallest_whole_yuan_that_reaches_the_percentage(due: int, percent: int) -> None:
    least = prices.min_deposit(due, percent)
    assert least % 100 == 0
    assert least * 100 >= due * percent
    assert (least - 100) * 100 < due * percent or least == 0


@given(st.integers(1, 10**7), st.integers(1, 10**7), st.integers(0, 10**7))
def test_an_approved_discount_keeps_its_percentage_to_half_a_fen(part: int, base: int, new_base: int) -> None:
    part = min(part, base)
    off = prices.kept_percentage(part, base, new_base)
    assert abs(2 * (off * base - part * new_base)) <= base
    assert 0 <= off <= new_base
    assert prices.kept_percentage(part, base, base) == part


@given(FEN, FEN, st.integers(0, 100))
def test_a_discount_has_one_signer_and_more_of_it_no_lower_one(part: int, base: int, percent: int) -> None:
    order = [None, "supervisor", "manager"]
    first, more = (prices.discount_signer(p, base, percent) for p in (part, part + 1))
    assert order.index(more) >= order.index(first)
