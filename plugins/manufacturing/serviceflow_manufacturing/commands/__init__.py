"""``flow manufacturing …`` (alias ``flow mfg``): review, plan, money and registers. Source: manufacturing.md 8."""

from __future__ import annotations

import typer

from serviceflow_manufacturing.commands import figures, goods, money, orders, registers, review, routes

app = typer.Typer(no_args_is_help=True)
entry = typer.Typer(no_args_is_help=True, help=registers.ENTRY_HELP)
calendar = typer.Typer(no_args_is_help=True, help=registers.CALENDAR_HELP)
route = typer.Typer(no_args_is_help=True, help=routes.HELP)

app.command("quote")(orders.quote)
app.command("classify")(review.classify)
app.command("review")(review.review)
app.command("sign")(review.sign)
app.command("delegate")(registers.delegate)
app.command("diff")(review.diff)
app.command("ack")(orders.ack)
app.command("plan")(orders.plan)
app.command("late")(orders.late)
app.command("materials")(orders.materials)
app.command("ar")(money.ar)
app.command("pay")(money.pay)
app.command("promise")(money.promise)
app.command("writeoff")(money.writeoff)
app.command("survey")(registers.survey)
entry.command("close")(registers.close_day)
calendar.command("load")(registers.load_calendar)
calendar.command("show")(registers.show_calendar)
route.command("test")(routes.test)
route.command("show")(routes.show)
app.command("product")(goods.product)
app.command("experience")(goods.experience)
app.command("profile")(goods.profile)
app.command("notes")(registers.notes)
app.command("target")(registers.target)
app.command("kpi")(figures.kpi)
app.command("handover")(registers.handover)
app.add_typer(entry, name="entry")
app.add_typer(calendar, name="calendar")
app.add_typer(route, name="route")
