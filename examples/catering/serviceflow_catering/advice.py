"""Which dishes fit a guest: what must not be eaten is left out, the rest is ranked. Source: examples.md section 4.3."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from serviceflow_catering.tables import CatDish, CatProfile


@dataclass(frozen=True, slots=True)
class Weights:
    """How much a matching taste, a liked dish and a signature dish count."""

    taste: int
    like: int
    signature: int


def advised(
    dishes: Iterable[CatDish], guest: CatProfile, weights: Weights, most: int, *, without: Collection[str] = ()
) -> list[tuple[CatDish, int]]:
    """Return at most ``most`` dishes with their score, the best first, ties by code.

    Args:
        without: Allergens to avoid besides the guest's.
    """
    avoided = {*guest.allergens, *without}
    found = [
        (dish, score(dish, guest, weights))
        for dish in dishes
        if not dish.sold_out
        and not avoided & set(dish.allergens)
        and (guest.heat is None or dish.heat <= guest.heat)
        and not (guest.heat == 0 and "spicy" in dish.tastes)
    ]
    return sorted(found, key=lambda pair: (-pair[1], pair[0].code))[:most]


def score(dish: CatDish, guest: CatProfile, weights: Weights) -> int:
    """Return how well a dish fits."""
    return (
        weights.taste * len({*dish.tastes} & {*guest.tastes})
        + weights.like * ((dish.code in guest.likes) - (dish.code in guest.dislikes))
        + weights.signature * dish.signature
    )
