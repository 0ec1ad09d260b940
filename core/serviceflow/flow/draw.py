"""A flow as a picture: a text tree that is readable at 80 columns in Chinese, and a Mermaid flowchart.

Words are in the language of the process; every character of ours is one GBK has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rich.cells import cell_len  # 6 ms; counts a Chinese character as the two columns it takes

from serviceflow.flow import graph
from serviceflow.flow.effects import Ask
from serviceflow.flow.links import Link
from serviceflow.flow.model import ANY, BACK, START, STAY, Action, Flow, Step
from serviceflow.flow.moments import Computed, Extreme, Moment, When
from serviceflow.flow.routes import Persons, Who
from serviceflow.flow.trade import Trade
from serviceflow.texts import T, plain

UNITS: Mapping[str, T] = {
    "minutes": T("min", zh="分钟"),
    "hours": T("h", zh="小时"),
    "days": T("days", zh="天"),
    "bdays": T("workdays", zh="个工作日"),
    "months": T("months", zh="个月"),
}


class Words:
    """What stands beside steps and actions: who, by when, which signatures."""

    def __init__(self, trade: Trade, flow: Flow) -> None:
        self.flow = flow
        self.roles = {role.key: role.title for role in trade.roles}
        self.defaults = {setting.key: setting.default for setting in trade.settings}

    def who(self, who: Who) -> str:
        return str(who.title) if isinstance(who, Persons) else str(self.roles.get(who, plain(who)))

    def step(self, key: str) -> str:
        """Return a step's title in the brackets of its kind: ``[…]`` open, ``(…)`` final."""
        step = self.flow.by_step[key]
        return f"({step.title})" if step.final else f"[{step.title}]"

    def when(self, when: When) -> str:
        """Return a moment in words; settings show the value they have when a shop does not change them."""
        if isinstance(when, Computed):
            return str(T("by rule", zh="按规则计算"))
        if isinstance(when, Extreme):
            head = T("latest of", zh="取最晚:") if when.latest else T("earliest of", zh="取最早:")
            return f"{head} {' / '.join(self.when(one) for one in when.of)}"
        return self._moment(when)

    def _moment(self, when: Moment) -> str:
        count = self.defaults.get(when.count, when.count) if isinstance(when.count, str) else when.count
        length = f"{count} {UNITS[when.unit]}" if count != 0 else ""
        at = str(self.defaults.get(when.at, when.at)) if when.at else ""
        base = when.after
        if base in ("entry", "now"):
            parts = [length, at]
        elif not length:
            parts = [base, at]
        elif when.sign < 0:
            parts = [str(T("{length} before {base}", zh="{base} 前 {length}").of(length=length, base=base)), at]
        else:
            parts = [str(T("{length} after {base}", zh="{base} 后 {length}").of(length=length, base=base)), at]
        return " ".join(part for part in parts if part)

    def trigger(self, action: Action) -> str:
        """Return what sets an action off when no person does."""
        if action.at is not None:
            return str(T("at {when}", zh="到时 {when}").of(when=self.when(action.at)))
        if action.over == "step":
            return str(T("limit over", zh="超过时限"))
        if action.over is not None:
            clock = self.flow.clock(action.over)
            return str(T("over: {clock}", zh="超时: {clock}").of(clock=clock.title))
        return str(T("automatic", zh="自动")) if action.auto else ""

    def targets(self, action: Action) -> list[str]:
        """Return where an action leads, in brackets; nothing when the order stays."""
        if action.to == BACK:
            return [str(T("back to the step left", zh="回到上一步骤"))]
        return [self.step(key) for key in action.targets()]

    def blocks(self, link: Link) -> str:
        """Return while what a child keeps its parent where it is."""
        if link.blocks_in == ANY:
            return str(T("blocks while open", zh="未结时阻断"))
        return str(T("blocks in {steps}", zh="阻断于 {steps}").of(steps=", ".join(link.blocks_in)))

    def notes(self, action: Action) -> list[str]:
        """Return who does an action and what else it takes."""
        found = [self.trigger(action)] if action.timer or action.auto else []
        if action.by:
            found.append(" / ".join(self.who(who) for who in action.by))
        if any(guard.needs for guard in action.guards):
            found.append(str(T("may need signatures", zh="可能需审批")))
        return found


def text_tree(trade: Trade, flow: Flow, width: int = 80) -> list[str]:
    """Return the flow as lines of at most ``width`` columns: the main way, then each step with what leads out."""
    words = Words(trade, flow)
    lines = [*fold(f"{flow.title}  {flow.key}", [str(T("version {n}", zh="第 {n} 版").of(n=flow.version))], width), ""]
    path = [words.step(step.key) for step in flow.steps if step.on_path]
    if path:
        lines += [*fold("", [path[0], *(f"→ {step}" for step in path[1:])], width, gap=" "), ""]
    lines += _branch(str(T("Opened by", zh="开单")), flow.starts(), words, width)
    for step in flow.steps:
        if not step.final or _out_of(flow, step):
            lines += _branch_of_step(step, words, width)
    anywhere = [a for a in flow.actions if a.from_ == ANY]
    lines += _branch(str(T("In every open step", zh="任何未结步骤")), anywhere, words, width)
    finals = [words.step(step.key) for step in flow.steps if step.final]
    lines += fold(str(T("Ends in", zh="终结于")), finals, width, gap=" ")
    for link in flow.links:
        blocks = [words.blocks(link)] if link.blocks_in else []
        lines += fold(str(T("Child order {flow}", zh="子单 {flow}").of(flow=link.flow)), blocks, width)
    return lines


def _out_of(flow: Flow, step: Step) -> list[Action]:
    return [a for a in flow.actions if a.from_ not in (ANY, START) and step.key in a.from_]


def _branch_of_step(step: Step, words: Words, width: int) -> list[str]:
    notes = [step.key]
    if step.role is not None:
        notes.append(words.who(step.role))
    if step.limit is not None:
        notes.append(str(T("limit {when}", zh="时限 {when}").of(when=words.when(step.limit))))
    notes += [
        str(
            T("asks for signatures: {action}", zh="发起审批: {action}").of(
                action=words.flow.action(effect.action).title
            )
        )
        for effect in step.entry
        if isinstance(effect, Ask)
    ]
    heading = fold(words.step(step.key), notes, width)
    return [*heading, *_twigs(_out_of(words.flow, step), words, width), ""]


def _branch(heading: str, actions: list[Action], words: Words, width: int) -> list[str]:
    return [heading, *_twigs(actions, words, width), ""] if actions else []


def _twigs(actions: list[Action], words: Words, width: int) -> Iterator[str]:
    for n, action in enumerate(actions):
        last = n == len(actions) - 1
        targets = words.targets(action)
        ways = [f"→ {targets[0]}", *(f"| {target}" for target in targets[1:])] if targets else []
        parts = [*ways, *(f"· {note}" for note in words.notes(action))]
        folded = fold(f"{action.title} {action.key}", parts, width - 3, gap=" ")
        yield ("└─ " if last else "├─ ") + folded[0]
        yield from (("   " if last else "│  ") + more for more in folded[1:])


def fold(first: str, parts: Iterable[str], width: int, *, gap: str = " · ") -> list[str]:
    """Return ``first`` and the parts in as many lines as they need; a part is never broken."""
    lines = [first]
    for part in parts:
        joined = f"{lines[-1]}{gap}{part}" if lines[-1] else part
        if cell_len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(f"    {part}")
    return lines


# -- Mermaid -----------------------------------------------------------------------------------------------


def mermaid(trade: Trade, flow: Flow) -> str:
    """Return the flow as a Mermaid flowchart: solid arrows are people's, dotted ones the system's.

    Actions that lead nowhere else are left out; those of every open step leave from one node.
    """
    words = Words(trade, flow)
    lines = ["flowchart TD"]
    lines.append(f'    start(("{_quoted(str(T("new", zh="开单")))}"))')
    for step in flow.steps:
        label = [str(step.title)]
        if step.limit is not None:
            label.append(str(T("limit {when}", zh="时限 {when}").of(when=words.when(step.limit))))
        opening, closing = ("([", "])") if step.final else ("[", "]")
        lines.append(f'    {_node(step.key)}{opening}"{_label(label)}"{closing}')
    anywhere = [a for a in flow.actions if a.from_ == ANY and a.to != STAY]
    if anywhere:
        lines.append(f'    anywhere[["{_quoted(str(T("every open step", zh="任何未结步骤")))}"]]')
    for (source, target, system), actions in _edges(flow).items():
        arrow = "-.->" if system else "-->"
        label = [_edge_label(words, action) for action in actions]
        lines.append(f'    {source} {arrow}|"{_label(label)}"| {target}')
    return "\n".join(lines) + "\n"


def _edges(flow: Flow) -> dict[tuple[str, str, bool], list[Action]]:
    found: dict[tuple[str, str, bool], list[Action]] = {}
    for way in graph.ways(flow):
        source = "start" if way.source == START else "anywhere" if way.action.from_ == ANY else _node(way.source)
        actions = found.setdefault((source, _node(way.target), way.action.system), [])
        if way.action not in actions:
            actions.append(way.action)
    return found


def _edge_label(words: Words, action: Action) -> str:
    trigger = words.trigger(action)
    return f"{action.title} ({trigger})" if trigger else str(action.title)


def _node(key: str) -> str:
    """Return a step key as Mermaid takes it: a hyphen would be read as an arrow, ``end`` as a word of its own."""
    return "s_" + key.replace("-", "_")


def _label(parts: Iterable[str]) -> str:
    return "<br/>".join(_quoted(part) for part in parts)


def _quoted(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
