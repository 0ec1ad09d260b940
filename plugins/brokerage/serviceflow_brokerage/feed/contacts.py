"""Files about contacts with people outside: who a partner refers, what members of a campaign did.

Source: brokerage.md section 5.13.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from serviceflow.api import instant_of, table_of

from serviceflow_brokerage import partners
from serviceflow_brokerage.campaign.events import KINDS as EVENTS
from serviceflow_brokerage.campaign.events import record
from serviceflow_brokerage.feed.cells import Cell, CellFault, cells_of, one_of, read_day, read_moment, read_text
from serviceflow_brokerage.feed.rows import Rows
from serviceflow_brokerage.people import client_by_number
from serviceflow_brokerage.tables.contact import BrokerCampaign
from serviceflow_brokerage.tables.partners import BrokerPartner, BrokerReferral


class Referrals(Rows):
    """Loads whom partners refer; somebody unknown becomes a prospect."""

    cells = cells_of(
        Cell("partner", "渠道代码", read_text, needed=True),
        Cell("name", "姓名", read_text, needed=True),
        Cell("phone", "手机", read_text, needed=True),
        Cell("referred_on", "推荐日期", read_day, needed=True),
    )

    def store(self, row: dict[str, Any]) -> None:
        """Store a referral; the same one again changes nothing."""
        day = row["referred_on"]
        if day > self.today:
            raise CellFault("row-future-date")
        partner = self.tx.one(BrokerPartner, table_of(BrokerPartner).c.code == row["partner"])
        if partner is None:
            raise CellFault("row-bad-value", value=row["partner"])
        customer = partners.person_referred(self.tx, row["name"], row["phone"], partner.kind)
        assert customer.id is not None
        table = table_of(BrokerReferral)
        mine = (table.c.partner_id == partner.customer_id, table.c.customer_id == customer.id)
        if self.tx.one(BrokerReferral, *mine, table.c.referred_on == day) is not None:
            self.counts.unchanged += 1
            return
        partners.refer(self.tx, partner.customer_id, customer.id, day)
        self.counts.inserted += 1


class Events(Rows):
    """Loads what members of campaigns did; an external id that is known already is the same event."""

    cells = cells_of(
        Cell("campaign_code", "活动代码", read_text, needed=True),
        Cell("client_no", "客户号", read_text, needed=True),
        Cell("kind", "事件", one_of(*EVENTS), needed=True),
        Cell("at", "时间", read_moment, needed=True),
        Cell("content", "内容", read_text),
        Cell("question", "题目", read_text),
        Cell("external_id", "外部编号", read_text),
    )

    def store(self, row: dict[str, Any]) -> None:
        """Store an event."""
        campaign = self.tx.get(BrokerCampaign, row["campaign_code"])
        if campaign is None:
            raise CellFault("row-bad-value", value=row["campaign_code"])
        client = client_by_number(self.tx, row["client_no"])
        if client is None:
            raise CellFault("row-unknown-client", no=row["client_no"])
        at: datetime = row["at"]
        made = record(
            self.shop, self.tx, campaign, client.customer_id, row["kind"],
            instant_of(at.date(), at.time(), self.shop.zone), row.get("content") or "",
            external_id=row.get("external_id"), question=row.get("question") or "",
        )  # fmt: skip
        if made is None:
            self.counts.unchanged += 1
        else:
            self.counts.inserted += 1
