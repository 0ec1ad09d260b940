"""By hand (人工): the text is ready, a person sends it from WeChat or by phone and says so (`flow remind hand`)."""

from __future__ import annotations

from serviceflow.remind.outcomes import Ability, Letter, Opaque, Outcome, Rate, Unknown
from serviceflow.texts import T


class Hand:
    """A channel whose last step is a person."""

    kind = "hand"
    ability: Ability = Opaque()
    rate: Rate | None = None
    most_bytes: int | None = None
    shows_refusals = True
    by_hand = True

    def send(self, letter: Letter) -> Outcome:
        """Say that only a person can know: a run never hands over by itself here."""
        return Unknown(T("sent by hand: ask the person", zh="人工发送: 请询问经手人"))

    def finish(self) -> None:
        """Nothing is kept open."""
