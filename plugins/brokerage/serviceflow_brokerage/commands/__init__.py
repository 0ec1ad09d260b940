"""``flow brokerage …``, ``flow broker …``. Source: brokerage.md section 8."""

from __future__ import annotations

import typer

from serviceflow_brokerage.commands import (
    campaigns,
    clients,
    files,
    orders,
    partners,
    rates,
    referrals,
    regions,
    reports,
    research,
    risk,
    runs,
    segments,
    service,
    summaries,
)

app = typer.Typer(no_args_is_help=True)

app.command("daily")(runs.daily)
app.add_typer(files.app, name="import")
app.add_typer(segments.rules, name="rules")
app.add_typer(segments.segment, name="segment")
app.command("why")(segments.why)
segments.segment.command("why")(segments.why)
app.command("history")(segments.history)
app.command("pin")(segments.pin)
app.command("unpin")(segments.unpin)
app.add_typer(runs.watch, name="watch")
app.add_typer(runs.service, name="service")
app.add_typer(service.plan, name="plan")
app.command("contact")(service.contact)
app.command("callback")(service.callback)
app.add_typer(campaigns.app, name="campaign")
app.command("client")(clients.client)
app.command("open")(orders.open_)
app.command("need")(clients.need)
app.add_typer(risk.app, name="risk")
app.command("match")(risk.match)
app.command("rate")(rates.rate)
app.command("refer")(partners.refer)
app.add_typer(referrals.app, name="referral")
app.add_typer(partners.app, name="partner")
app.command("statement")(partners.statement)
app.add_typer(regions.app, name="region")
app.add_typer(research.topic, name="topic")
app.add_typer(research.coverage, name="coverage")
app.add_typer(research.note, name="note")
app.add_typer(research.push, name="push")
app.command("ask")(research.ask)
app.command("subscribe")(clients.subscribe)
app.command("unsubscribe")(clients.unsubscribe)
app.command("report")(reports.report)

summaries.summarise(app)
