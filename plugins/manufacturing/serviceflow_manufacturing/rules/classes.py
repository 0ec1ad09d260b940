"""Classes of contracts and the route of their review; the first rule that holds decides. Source: 5.2."""

from __future__ import annotations

from dataclasses import dataclass

from serviceflow.api import T

CLASSES = {
    "A": T("phone order", zh="口头/电话订单"),
    "B": T("general contract", zh="一般合同"),
    "C": T("special contract", zh="特殊合同"),
    "D": T("major contract", zh="重大合同"),
}
ROUTES = {
    "phone": T("phone", zh="电话"),
    "general": T("general", zh="会签"),
    "meeting": T("meeting", zh="会议"),
}
BY_PHONE = ("verbal", "phone")
SPECIAL = {
    "modified": T("modified", zh="有改动"),
    "new": T("new", zh="为新品"),
    "not regular": T("not regular", zh="非常规产品"),
}
"""Why a line makes a contract special."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides a class.

    Args:
        amount_cny: The whole contract, in fen.
        major: Amount in fen from which a contract is major, inclusive.
        special: Numbers of lines that are changed, new, or not of a regular product, with the reason.
    """

    form: str
    amount_cny: int
    major: int
    contracting_line: str = ""
    special: tuple[tuple[int, str], ...] = ()
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Class:
    """The class, its route, and which rule decided."""

    letter: str
    route: str
    rule: int
    why: T
    foreign: bool = False

    @property
    def shown(self) -> str:
        """``C/meeting``."""
        return f"{self.letter}/{self.route}"

    @property
    def because(self) -> T:
        """What decided: ``foreign`` where that alone sends it to the meeting, else the rule."""
        if self.foreign and self.letter in "AB":
            return T("foreign", zh="涉外")
        return T("rule {n}: {why}", zh="规则{n}：{why}").of(n=self.rule, why=self.why)


def classify(facts: Facts) -> Class:
    """Return class and route."""
    letter, rule, why = _letter(facts)
    return Class(letter, route(letter, foreign=facts.foreign), rule, why, facts.foreign)


def _letter(facts: Facts) -> tuple[str, int, T]:
    if facts.contracting_line:
        return "D", 1, T("contracting line {line}", zh="承包线 {line}").of(line=facts.contracting_line)
    if facts.amount_cny >= facts.major:
        return "D", 1, T("the amount reaches the threshold", zh="金额达到重大合同标准")
    if facts.special:
        number, reason = facts.special[0]
        words = T("line {n} {reason}", zh="第{n}行{reason}")
        return "C", 2, words.of(n=number, reason=SPECIAL.get(reason, reason))
    if facts.form in BY_PHONE:
        return "A", 3, T("by word of mouth or phone", zh="口头或电话")
    return "B", 4, T("everything else", zh="其他")


def route(letter: str, *, foreign: bool) -> str:
    """Return the route of a class; a foreign contract is always reviewed in a meeting."""
    if foreign or letter in "CD":
        return "meeting"
    return "phone" if letter == "A" else "general"


def higher(one: str, other: str) -> str:
    """Return the higher class: D > C > B > A."""
    return max(one, other)
