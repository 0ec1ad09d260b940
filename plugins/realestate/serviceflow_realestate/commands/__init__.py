"""``flow realestate …`` (``flow re``): boards, registers, and thin names for what `flow do` does.

Source: realestate.md section 8.
"""

from __future__ import annotations

import typer

from serviceflow_realestate.commands import boards, leads, money, papers, projects, report, rota, units

app = typer.Typer(no_args_is_help=True)
app.command("board")(boards.board)
app.command("units")(units.units)
app.command("hold")(units.hold)
app.command("call")(leads.call)
app.command("follow")(leads.follow)
app.command("touch")(leads.touch)
app.command("quote")(money.quote)
app.command("subscribe")(leads.subscribe)
app.command("pay")(money.pay)
app.command("ledger")(money.ledger)
app.command("docs")(money.docs)
app.command("late")(money.late)
app.command("milestone")(projects.milestone)
app.command("report")(report.report)
app.command("papers")(papers.papers)
app.command("print")(papers.print_)
for _name, _words, _part in (
    ("unit", "Units: show, add, release, price, withdraw", units.one),
    ("rota", "The duty rota of today", rota.rota),
    ("visit", "Visitors: arrive, taken, done", rota.visit),
    ("handover", "Handover of a project", projects.handover),
    ("receipt", "Receipts: void a wrong one", money.receipt),
    ("daily", "Daily registers", leads.daily),
    ("project", "Projects and their permits", projects.project),
    ("channel", "New-media channels and their figures", projects.channel),
):
    app.add_typer(_part, name=_name, help=_words, no_args_is_help=True)
