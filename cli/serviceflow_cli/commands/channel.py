"""``flow channel``: which channels this machine has, what they can do, and whether they work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from serviceflow.errors import BadInput, Exit
from serviceflow.texts import T, plain

from serviceflow_cli import out
from serviceflow_cli.out import Column, label
from serviceflow_cli.session import reader

if TYPE_CHECKING:
    from serviceflow.remind.outcomes import Answer, Channel
    from serviceflow.remind.settings import Channels

app = typer.Typer(no_args_is_help=True)

COLUMNS = [
    Column("channel", T("Channel", zh="渠道"), null=False),
    Column("kind", T("Kind", zh="类型"), null=False),
    Column("repeats", T("Broken hand-over", zh="中断时"), null=False),
    Column("limit", T("Rate", zh="频率"), null=False),
    Column("bytes", T("Bytes", zh="字节上限")),
    Column("refusals", T("Refusals visible", zh="拒绝可见"), "yes_no"),
    Column("problem", T("Problem", zh="问题"), give=3),
]
ABILITIES = {
    "idempotent": T("same key again", zh="同一标识重发"),
    "queryable": T("asks the provider", zh="向服务商查询"),
    "opaque": T("a person decides", zh="由人决定"),
}

TRIED = [
    Column("channel", T("Channel", zh="渠道"), null=False),
    Column("outcome", T("Outcome", zh="结果"), null=False, help="accepted, answered, by-hand, or the kind of refusal"),
    Column("ms", T("Milliseconds", zh="毫秒"), "number", help="How long the provider took"),
    Column("ref", T("Reference", zh="服务商编号"), help="The provider's number of the message"),
    Column("visible", T("Refusals visible", zh="拒绝可见"), "yes_no", help="Whether a refusal would have been seen"),
    Column("code", T("Code", zh="代码"), help="The provider's code of the refusal"),
    Column("why", T("Why", zh="原因")),
    Column("way_out", T("Way out", zh="办法")),
]


@app.command("list")
def list_channels() -> None:
    """The channels of this machine."""
    from serviceflow.remind.settings import load_channels

    with reader() as read:
        channels = load_channels(read)
        found = [_row(channels, name) for name in _names(channels)]
    out.rows("channels", COLUMNS, found, facts={"file": str(channels.file)})


def _names(channels: Channels) -> list[str]:
    """Return what is set up here, then what is served by hand or by files until it is."""
    from serviceflow.remind.settings import BY_HAND

    return list(dict.fromkeys((*channels.named, *BY_HAND[:2], "email", "print", "file")))


def _row(channels: Channels, name: str) -> dict[str, Any]:
    channel = channels.get(name)
    if channel is None:
        return {"channel": name, "kind": channels.kind(name), "repeats": "", "limit": "", "bytes": None,
                "refusals": None, "problem": str(channels.broken[name].sentence)}  # fmt: skip
    return {"channel": name, "kind": channel.kind, "repeats": str(ABILITIES[channel.ability.name]),
            "limit": _rate(channel),
            "bytes": channel.most_bytes, "refusals": channel.shows_refusals, "problem": ""}  # fmt: skip


@app.command("test")
def try_out(
    name: Annotated[
        str, typer.Argument(metavar="CHANNEL", help=label("Name in channels.toml", zh="channels.toml 中的名称"))
    ],
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help=label("Recipient", zh="收件人"))] = "",
) -> None:
    """Send one test message and say what the provider answered."""
    import time
    from uuid import uuid4

    from serviceflow.remind.outcomes import (
        Absent,
        Accepted,
        Askable,
        ByTemplate,
        Letter,
        NotAccepted,
        Rejected,
        Throttled,
    )
    from serviceflow.remind.settings import load_channels

    with reader() as read:
        channels = load_channels(read)
        if name not in _names(channels):
            raise BadInput(
                T("There is no channel {name} on this machine.", zh="本机没有渠道 {name}。").of(name=name),
                plain("flow channel list"),
                ref="channel",
            )
        channel = channels.get(name)
        if channel is None:
            raise channels.broken[name]
        if channel.by_hand:
            words = T("{name} is served by hand: flow remind hand", zh="{name} 由人工发送: flow remind hand")
            out.page(TRIED, {"channel": name, "outcome": "by-hand"}, lambda: out.talk(words.of(name=name)))
            return
        body = T("Test message of serviceflow at {at}", zh="serviceflow 测试消息 {at}").of(at=read.now.isoformat())
        began = time.monotonic()
        outcome: Answer
        letter = Letter(uuid4().hex, "m0", to, to, str(body), str(body))
        # Approved words are not for trying out: such a provider is only asked.
        if isinstance(channel, ByTemplate) and isinstance(channel, Askable):
            outcome = channel.ask(letter, read.now)
        else:
            outcome = channel.send(letter)
        channel.finish()
        took = int((time.monotonic() - began) * 1000)
    facts: dict[str, Any] = {"channel": name, "outcome": "answered", "ms": took}
    if isinstance(outcome, Accepted):
        facts |= {"outcome": outcome.kind, "ref": outcome.ref, "visible": outcome.confirmed}
    elif not isinstance(outcome, Absent):
        facts |= {
            "outcome": outcome.kind,
            "code": outcome.code,
            "why": outcome.why,
            "way_out": outcome.way_out if isinstance(outcome, Rejected | NotAccepted) else None,
        }
    out.page(TRIED, facts, lambda: _say(facts, channel))
    if isinstance(outcome, NotAccepted | Throttled):
        raise typer.Exit(int(Exit.TRY_AGAIN))
    if not isinstance(outcome, Accepted | Absent):
        raise typer.Exit(int(Exit.ATTENTION))


def _bounds(channel: Channel) -> T:
    """Return what the channel takes, and whether its provider drops what it has had."""
    words = T(
        "  rate {rate}; at most {bytes} bytes; repeats dropped by the provider: {drops}",
        zh="  频率 {rate}; 上限 {bytes} 字节; 服务商丢弃重复: {drops}",
    )
    drops = T("yes", zh="是") if channel.ability.name == "idempotent" else T("no", zh="否")
    return words.of(rate=_rate(channel), bytes=channel.most_bytes or "-", drops=drops)


def _rate(channel: Channel) -> str:
    return f"{channel.rate.count}/{channel.rate.seconds}s" if channel.rate is not None else "-"


def _say(facts: dict[str, Any], channel: Channel) -> None:
    if facts["outcome"] == "answered":
        out.line(T("√ answered in {ms} ms; nothing was sent", zh="√ {ms} ms 内答复; 未发送内容").of(**facts), "green")
    elif facts["outcome"] == "accepted":
        out.line(T("√ accepted in {ms} ms {ref}", zh="√ 已接受, {ms} ms {ref}").of(**facts), "green")
        if not facts["visible"]:
            out.talk(T("  a refusal would not be visible over this channel", zh="  该渠道看不到拒绝"))
        out.talk(_bounds(channel))
    else:
        from serviceflow.remind.why import OUTCOMES

        code = f" ({facts['code']})" if facts["code"] else ""
        words = T("{outcome}{code}: {why}", zh="{outcome}{code}: {why}")
        out.warn(words.of(outcome=OUTCOMES[facts["outcome"]], code=code, why=facts["why"]))
        if facts["way_out"] is not None:
            out.talk(plain("  {way}").of(way=facts["way_out"]))
