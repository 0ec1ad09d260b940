"""``flow studio …``: thin names for what `flow do` does, and the studio's own boards. Source: studio.md section 8."""

from __future__ import annotations

import typer

from serviceflow_studio.commands import calendars, catalogue, desk, floor, papers, pieces, report

app = typer.Typer(no_args_is_help=True)

app.command("in")(desk.receive)
app.command("packages")(catalogue.packages)
app.command("prices")(catalogue.prices)
app.command("print")(papers.print_)
app.command("leave")(desk.leave)
app.command("pay")(desk.pay)
app.command("urge")(desk.urge)
app.command("card")(desk.card)
app.command("book")(calendars.book)
app.command("cal")(calendars.cal)
app.command("floor")(floor.floor)
app.command("next")(floor.next_)
app.command("select")(pieces.select)
app.command("handover")(pieces.handover)
app.command("pieces")(pieces.pieces)
app.command("pickup")(pieces.pickup)
app.command("report")(report.report)
