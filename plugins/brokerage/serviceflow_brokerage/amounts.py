"""Amounts of money as people of the branch read them."""

from __future__ import annotations

from serviceflow.api import T, format_scaled


def yuan(fen: int | None) -> str:
    """Return fen as yuan with two decimals and thousands, ``-`` when missing."""
    if fen is None:
        return "-"
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}.{rest:02}"


def share(bp: int) -> str:
    """Return a share in 1/10000 as per cent with two decimals."""
    whole, rest = divmod(abs(bp), 100)
    return f"{'-' if bp < 0 else ''}{whole}.{rest:02} %"


def rate_text(ppm: int) -> str:
    """Return a rate as brokers say it: 250 ppm is ``万2.5``."""
    whole, rest = divmod(ppm, 100)
    return f"万{whole}" + (f".{rest:02}".rstrip("0") if rest else "")


def rate_words(ppm: int) -> T:
    """Return a rate in the words of each language: 250 ppm is ``0.025 %``, ``万2.5``."""
    return T(f"{format_scaled(ppm, 4)} %", zh=rate_text(ppm))
