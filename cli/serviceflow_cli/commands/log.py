"""``flow log``: what was said with a customer, and the next follow-up, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from serviceflow.texts import T

from serviceflow_cli import refs
from serviceflow_cli.answers import Answer, answer
from serviceflow_cli.options import DryRun, RequestId
from serviceflow_cli.out import label

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.engine.interactions import Logged


def log(
    customer: Annotated[
        str,
        typer.Argument(
            metavar="CUSTOMER", help=label("Name, pinyin, phone, last 4 digits", zh="姓名、拼音、电话、后四位")
        ),
    ],
    text: Annotated[str, typer.Argument(metavar="TEXT", help=label("What was said", zh="说了什么"))],
    channel: Annotated[
        str, typer.Option("--channel", "-c", help=label("visit, phone, wechat …", zh="来店、电话、微信…"))
    ] = "visit",
    outward: Annotated[bool, typer.Option("--out", help=label("We went to them", zh="我方主动联系"))] = False,
    outcome: Annotated[
        str, typer.Option("--outcome", metavar="WORD", help=label("What came of it: reached …", zh="结果, 如 reached"))
    ] = "",
    order: Annotated[str, typer.Option("--order", metavar="REF", help=label("About this order", zh="关于此订单"))] = "",
    next_: Annotated[
        str,
        typer.Option("--next", "-n", metavar="WHEN", help=label("Follow up then: +3b, fri", zh="下次跟进: +3b、周五")),
    ] = "",
    dry_run: DryRun = False,
    request_id: RequestId = None,
) -> None:
    """Note a contact with a customer; follow-ups due by tonight are done with it."""

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.interactions import log_interaction
        from serviceflow.engine.tasks import coming_due

        customer_id = refs.customer_id(customer)
        order_id = refs.order_id(order) if order else None
        due = coming_due(shop, next_, shop.clock.now()) if next_ else None
        done = log_interaction(
            shop, customer_id, text, channel=channel, outward=outward, order_id=order_id, follow_up=due,
            outcome=outcome, dry_run=dry_run)  # fmt: skip
        return _told(shop, done, dry_run)

    given = (text, channel, outward, outcome, order, next_)
    answer(work, request_id=request_id, content=["log", customer, *given])


def _told(shop: Shop, done: Logged, dry_run: bool) -> Answer:
    noted = T("noted: {name} {channel}.", zh="已记: {name} {channel}。").of(name=done.customer, channel=done.channel)
    if done.follow_up is not None and done.due is not None:
        follow = T("{noted} Next follow-up #{n} {due}", zh="{noted}下次跟进 #{n} {due}")
        noted = follow.of(noted=noted, n=done.follow_up.id, due=done.due.echo(shop))
    return Answer(
        noted,
        lines=[T("done with it: #{n} {title}", zh="同时完成: #{n} {title}").of(
            n=task.id, title=T(task.title_en, zh=task.title_zh)) for task in done.finished],
        next_=f"flow show {done.order or done.customer}",
        operation=done.operation,
        data={
            "interaction": done.interaction.id, "customer": done.customer, "channel": done.interaction.channel,
            "order": done.order or None, "finished": [task.id for task in done.finished],
            "follow_up": done.follow_up.id if done.follow_up is not None else None,
            "due_at": done.follow_up.due_at if done.follow_up is not None else None,
        },
        dry_run=dry_run,
    )  # fmt: skip
