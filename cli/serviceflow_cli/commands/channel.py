"""``flow channel``: which channels this machine has, what they can do, and whether they work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from serviceflow.errors import Exit
from serviceflow.texts import T, plain

from serviceflow_cli import out
from serviceflow_cli.out import Column, label
from serviceflow_cli.session import writing_shop

if TYPE_CHECKING:
    from serviceflow.remind.outcomes import Answer
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


@app.command("list")
def list_channels() -> None:
    """The channels of this machine."""
    from serviceflow.remind.settings import BY_HAND, load_channels

    with writing_shop() as shop:
        channels = load_channels(shop)
        names = [*channels.named, *(n for n in (*BY_HAND[:2], "email", "print", "file") if n not in channels.named)]
        found = [_row(channels, name) for name in names]
    out.rows("channels", COLUMNS, found, facts={"file": str(channels.file)})


def _row(channels: Channels, name: str) -> dict[str, Any]:
    channel = channels.get(name)
    if channel is None:
        return {"channel": name, "kind": channels.kind(name), "repeats": "", "limit": "", "bytes": None,
                "refusals": None, "problem": str(channels.broken[name].sentence)}  # fmt: skip
    rate = f"{channel.rate.count}/{channel.rate.seconds}s" if channel.rate is not None else "-"
    return {"channel": name, "kind": channel.kind, "repeats": str(ABILITIES[channel.ability.name]), "limit": rate,
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

    from serviceflow.remind.outcomes import Absent, Accepted, Askable, ByTemplate, Letter, NotAccepted, Rejected
    from serviceflow.remind.settings import load_channels

    with writing_shop() as shop:
        channels = load_channels(shop)
        channel = channels.get(name)
        if channel is None:
            raise channels.broken[name]
        if channel.by_hand:
            out.talk(
                T("{name} is served by hand: flow remind hand", zh="{name} 由人工发送: flow remind hand").of(name=name)
            )
            return
        body = T("Test message of serviceflow at {at}", zh="serviceflow 测试消息 {at}").of(
            at=shop.clock.now().isoformat()
        )
        began = time.monotonic()
        outcome: Answer
        letter = Letter(uuid4().hex, "m0", to, to, str(body), str(body))
        # Approved words are not for trying out: such a provider is only asked.
        if isinstance(channel, ByTemplate) and isinstance(channel, Askable):
            outcome = channel.ask(letter, shop.clock.now())
        else:
            outcome = channel.send(letter)
        channel.finish()
        took = int((time.monotonic() - began) * 1000)
    if isinstance(outcome, Absent):
        out.line(T("√ answered in {ms} ms; nothing was sent", zh="√ {ms} ms 内答复; 未发送内容").of(ms=took), "green")
        return
    if isinstance(outcome, Accepted):
        words = T("√ accepted in {ms} ms {ref}", zh="√ 已接受, {ms} ms {ref}").of(ms=took, ref=outcome.ref)
        out.line(words, "green")
        if not outcome.confirmed:
            out.talk(T("  a refusal would not be visible over this channel", zh="  该渠道看不到拒绝"))
        return
    out.warn(plain("{kind} {code} {why}").of(kind=outcome.kind, code=outcome.code, why=outcome.why))
    if isinstance(outcome, Rejected | NotAccepted) and outcome.way_out is not None:
        out.talk(plain("  {way}").of(way=outcome.way_out))
    raise typer.Exit(int(Exit.ATTENTION))
