"""What is refused, and when. A rule returns nothing, or a refusal with its way out."""

from __future__ import annotations

from serviceflow.api import Case, Refuse, T, format_money

from serviceflow_sprout.forms import Book, TakeDeposit


def not_past(case: Case, form: Book) -> Refuse | None:
    """A visit lies ahead."""
    if form.starts_at > case.now:
        return None
    return Refuse(
        T("{at} is past.", zh="{at} 已经过去。").of(at=case.local(form.starts_at)),
        T("Give a later time: starts_at=", zh="请给出之后的时间: starts_at="),
        ref="sprout.past",
    )


def enough(case: Case, form: TakeDeposit) -> Refuse | None:
    """A deposit is at least what the shop has set."""
    least = case.number("sprout.deposit_min")
    if form.amount >= least:
        return None
    return Refuse(
        T("A deposit is at least {least}.", zh="定金至少 {least}。").of(least=format_money(least)),
        T("Try: amount={least}", zh="可以: amount={least}").of(least=format_money(least)),
        ref="sprout.deposit",
    )
