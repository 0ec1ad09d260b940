"""``flow init``: makes a shop, asks nothing, says what to type next."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer
from serviceflow.errors import BadInput
from serviceflow.texts import T, language

from serviceflow_cli import out
from serviceflow_cli.out import label
from serviceflow_cli.session import current

if TYPE_CHECKING:
    from serviceflow.app import Shop


def init(
    industry: Annotated[
        list[str] | None,
        typer.Option(
            "--industry",
            "-i",
            metavar="KEY",
            help=label("Trade, such as studio; may be repeated", zh="行业, 如 studio; 可重复"),
        ),
    ] = None,
    name: Annotated[
        str, typer.Option("--name", help=label("Name of the shop, as customers read it", zh="店名, 客户会看到"))
    ] = "",
    staff: Annotated[str, typer.Option("--staff", metavar="NAME", help=label("Your name", zh="你的姓名"))] = "",
    login: Annotated[
        str, typer.Option("--login", help=label("Your login (the computer's user)", zh="你的登录名 (默认电脑用户名)"))
    ] = "",
) -> None:
    """Make a shop: an SQLite file, or with --db a PostgreSQL database; you become its first member of staff."""
    from serviceflow.app import make_shop

    session = current()
    keys = [key for given in industry or () for key in given.replace("，", ",").split(",") if key]
    for key in keys:
        _check_installed(key)
    login = login or computer_user()
    shop = make_shop(
        session.place, login=login, name=staff or login, language=language(), clock=session.clock,
        industries=list(dict.fromkeys(keys)) or None)  # fmt: skip
    try:
        if name:
            shop.set_setting("core.shop_name", name)
        _say(shop, login, staff or login)
    finally:
        shop.close()


def _check_installed(key: str) -> None:
    from difflib import get_close_matches

    from serviceflow.plugin.find import find_plugins

    known = [plugin.key for plugin in find_plugins()]
    if key in known:
        return
    near = get_close_matches(key, known, n=1)
    raise BadInput(
        T("There is no industry {key}.", zh="没有行业 {key}。").of(key=key),
        T("Did you mean {near}?", zh="是否指 {near}?").of(near=near[0])
        if near
        else T("Installed: {names}", zh="已安装: {names}").of(names=", ".join(known) or "-"),
        ref="core.industry",
    )


def computer_user() -> str:
    """Return the login of the computer's user, ``admin`` where it has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "admin"


def _say(shop: Shop, login: str, name: str) -> None:
    trades = shop.plugins.all()
    flows = [flow.key for trade in trades for flow in trade.flows if flow.starts() and flow.customer == "required"]
    commands = _next(flows)
    titles = ", ".join(str(trade.title) for trade in trades)
    if current().format == "json":
        facts = {"place": shop.place.shown, "staff": login, "industries": [t.key for t in trades], "next": commands}
        out.done(T("Shop made", zh="店铺已建好"), data=facts)
        return
    made = T("Shop made: {place}", zh="店铺已建好: {place}").of(place=shop.place.shown)
    out.talk(T("√ {made}", zh="√ {made}").of(made=made), "green")
    who = T("  {trades}  first member of staff: {name} ({login}), every role",
            zh="  {trades}  首位员工: {name} ({login}), 全部岗位")  # fmt: skip
    out.talk(who.of(trades=titles or T("no trade yet", zh="尚无行业"), name=name, login=login))
    out.talk(T("  Next:", zh="  接下来:"))
    for number, command in enumerate(commands, start=1):
        out.talk(f"  {number} {command}")


def _next(flows: list[str]) -> list[str]:
    customer = str(T("Anna", zh="王小明"))
    second = f"flow new {flows[0]} {customer}" if flows else "flow plugin list"
    return [f"flow customer add {customer} --phone 13800000001", second, "flow today"]
