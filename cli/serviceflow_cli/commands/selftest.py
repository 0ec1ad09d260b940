"""``flow selftest``: what anybody may prove on his own database."""

from __future__ import annotations

from typing import Annotated, Final

import typer
from serviceflow.errors import Exit
from serviceflow.texts import T

from serviceflow_cli import out
from serviceflow_cli.out import Column, label
from serviceflow_cli.session import current, interactive

app = typer.Typer(no_args_is_help=True, help=label("Prove it on your own database", zh="在自己的数据库上验证"))

FIELDS: Final = (
    Column("kind", T("Of", zh="对象"), null=False, help="place, claim or span"),
    Column("rounds", T("Rounds", zh="轮数"), "number", null=False),
    Column("processes", T("Processes", zh="进程"), "number", null=False),
    Column("one_winner", T("One winner", zh="唯一胜者"), "number", null=False, help="Rounds with exactly one winner"),
    Column("refused", T("Refused in words", zh="明确拒绝"), "number", null=False, help="Losers who read a refusal"),
    Column("faults", T("Faults", zh="故障"), "number", null=False, help="Errors and half-stored rows"),
)


@app.callback()
def selftest() -> None:
    """Prove it on your own database."""


@app.command()
def race(
    kind: Annotated[
        str, typer.Argument(metavar="[place|claim|span]", help=label("What is raced for (all)", zh="争抢对象 (全部)"))
    ] = "",
    processes: Annotated[int, typer.Option(min=2, max=64, help=label("Who race", zh="进程数"))] = 8,
    rounds: Annotated[int, typer.Option(min=1, max=1000, help=label("Rounds of each kind", zh="每种轮数"))] = 20,
) -> None:
    """Let many processes want one thing at once: exactly one must win each round. What was taken is freed again."""
    from serviceflow.errors import BadInput
    from serviceflow.kit.race import KINDS, Round
    from serviceflow.kit.race import race as run
    from serviceflow.texts import plain

    from serviceflow_cli.session import writing_shop

    if kind and kind not in KINDS:
        raise BadInput(
            T("There is nothing called {kind} to race for.", zh="没有可争抢的 {kind}。").of(kind=kind),
            plain("flow selftest race " + "|".join(KINDS)),
            ref="core.race",
        )
    with writing_shop() as shop:  # opens the shop first: its refusals come before eight processes
        place = shop.place
    found: dict[str, list[Round]] = {}
    for each in (kind,) if kind else KINDS:
        if interactive():
            words = T(
                "{processes} processes race for one {kind}, {n} rounds …",
                zh="{processes} 个进程争抢同一个 {kind}, {n} 轮 …",
            )
            out.talk(words.of(processes=processes, kind=each, n=rounds), "dim")
        found[each] = run(place, each, processes=processes, rounds=rounds)
    rows = [
        {
            "kind": each,
            "rounds": len(done),
            "processes": processes,
            "one_winner": sum(len(r.winners) == 1 for r in done),
            "refused": sum(r.losers for r in done),
            "faults": sum(len(r.failures) + r.left_over for r in done),
        }
        for each, done in found.items()
    ]
    out.rows("races", FIELDS, rows)
    if not all(r.fair for done in found.values() for r in done):
        raise typer.Exit(Exit.ATTENTION)
    if current().format == "text":
        out.talk(T("√ Exactly one winner every round.", zh="√ 每轮恰有一个胜者。"), "green")
