"""Faults of a trade's tables: names, migrations, and columns that merging and erasing would miss."""

from __future__ import annotations

from collections.abc import Iterator

from serviceflow.flow.faults import Fault, Spot
from serviceflow.flow.trade import Trade
from serviceflow.plugin.words import first_word
from serviceflow.store.schema import MODELS
from serviceflow.texts import T

REFERRED = ("customer", "staff", "orders")


def faults_of_tables(trade: Trade) -> Iterator[Fault]:
    """Yield tables that are none, are named like another owner's, or hide whom they point to."""
    if trade.tables and trade.migrations is None:
        yield Spot(trade.key, "Trade", trade.key).fault(
            "table.migrations", T("it has tables but no migrations", zh="有数据表但没有迁移脚本")
        )
    for model in trade.tables:
        table = getattr(model, "__table__", None)
        if table is None or table not in MODELS:
            yield Spot(model.__name__).fault(
                "table.none",
                T("it is no table: class X(Row, table=True)", zh="不是数据表: 应为 class X(Row, table=True)"),
            )
            continue
        if first_word(table.name) not in trade.prefixes:
            yield Spot(table.name).fault(
                "table.prefix",
                T(
                    "table “{key}” must start with the plugin's prefix: {prefixes}",
                    zh="数据表“{key}”须以插件前缀开头: {prefixes}",
                ).of(key=table.name, prefixes=", ".join(trade.prefixes)),
            )
        for column in table.c:
            targets = {key.target_fullname.partition(".")[0] for key in column.foreign_keys}
            looks = column.name.removesuffix("_id") in ("customer", "staff", "order") and column.name.endswith("_id")
            if (targets & {*REFERRED} or looks) and "refers" not in column.info:
                yield Spot(f"{table.name}.{column.name}").fault(
                    "table.refers",
                    T(
                        "it points to a customer, staff or order without refers(): merging and erasing would miss it",
                        zh="该列指向客户、员工或订单却未用 refers() 声明, 合并与删除时会遗漏",
                    ),
                )
