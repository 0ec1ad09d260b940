"""``flows-<trade>.md``: the flows of a trade as picture and tables."""

from __future__ import annotations

from collections.abc import Iterable

from serviceflow.flow.draw import Words, mermaid
from serviceflow.flow.forms import Form
from serviceflow.flow.model import Action, Flow, Step
from serviceflow.flow.trade import Trade

from printing.markdown import code, page, table


def print_page(trade: Trade) -> str:
    """Return the page of one trade."""
    roles = table(("Role", "Title", "岗位"), [(code(r.key), r.title.to("en"), r.title.to("zh")) for r in trade.roles])
    parts = [part for flow in trade.flows for part in _flow(trade, flow)]
    return page(
        f"Flows: {trade.title.en} · {trade.title.zh}",
        "`flow plugin show KEY --draw` draws the same in the terminal. "
        "Limits are shown with the values a shop starts with; its settings change them.",
        f"## Roles\n\n{roles}",
        *parts,
    )


def _flow(trade: Trade, flow: Flow) -> Iterable[str]:
    words = Words(trade, flow)
    yield f"## {flow.key}: {flow.title.en} · {flow.title.zh}\n\nVersion {flow.version}."
    yield f"```mermaid\n{mermaid(trade, flow).rstrip()}\n```"
    yield "### Steps of " + flow.key
    steps = [(code(s.key), s.title.to("en"), s.title.to("zh"), code(s.role or ""), _kind(words, s)) for s in flow.steps]
    yield table(("Step", "Title", "步骤", "Role", "Limit"), steps)
    yield "### Actions of " + flow.key
    yield table(
        ("Action", "Title", "操作", "From", "To", "By", "Fields", "Guards"), [_action(words, a) for a in flow.actions]
    )


def _kind(words: Words, step: Step) -> str:
    limit = words.when(step.limit) if step.limit is not None else ""
    return "final" if step.final else limit


def _action(words: Words, action: Action) -> tuple[str, ...]:
    origin = {"*any": "any open step", "*start": "(opens the order)"}.get(str(action.from_), "")
    who = ", ".join(words.who(w) for w in action.by) or ("the system" if action.system else "anybody")
    trigger = words.trigger(action)
    return (
        code(action.key), action.title.to("en"), action.title.to("zh"),
        origin or " ".join(map(code, action.from_)), " ".join(map(code, action.targets())) or "stays",
        f"{who} ({trigger})" if trigger else who, _fields(action.form), " ".join(code(g.id) for g in action.guards),
    )  # fmt: skip


def _fields(form: type[Form]) -> str:
    return " ".join(code(f"{f.name}=" if f.required is True and f.default is None else f"[{f.name}=]")
                    for f in form.fields.values())  # fmt: skip
