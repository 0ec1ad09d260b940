"""What the days bring by themselves, done by ``flow remind run``: once for each day, late rather than never."""

from __future__ import annotations

from datetime import date

from serviceflow.api import Job, Shop, Tx

from serviceflow_brokerage.campaign.life import advance
from serviceflow_brokerage.partners import expire_referrals
from serviceflow_brokerage.renewals import remind_of_end
from serviceflow_brokerage.research.coverage import ask_for_notes
from serviceflow_brokerage.settling import settle


def turn(shop: Shop, tx: Tx, day: date) -> None:
    """Let referrals expire, campaigns close, and analysts know what to write today."""
    expire_referrals(tx, day, shop.setting("broker.referral_valid_days"))
    advance(shop, tx, day)
    ask_for_notes(shop, tx, day)


def remind(shop: Shop, tx: Tx, day: date) -> None:
    """Remind clients of assessments that end so many days after ``day``."""
    remind_of_end(shop, tx, day)


JOBS = (
    Job("broker-turn", turn, "broker.daily_at"),
    Job("broker-remind", remind, "broker.daily_at", missed="each"),
    Job("broker-settle", settle, "broker.daily_at", missed="each"),
)
