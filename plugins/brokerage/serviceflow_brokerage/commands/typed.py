"""What people type for the branch's commands: lists, customers, files, words of a list."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from serviceflow.api import BadInput, Customer, Shop, T, plain, table_of
from serviceflow_cli.api import customer_id, read_text

from serviceflow_brokerage.refusals import refused
from serviceflow_brokerage.tables.clients import BrokerClient


def words_of(typed: str) -> list[str]:
    """Return the words of a list typed with commas, semicolons or blanks, of any width."""
    return [word for word in re.split(r"[,，;；、\s]+", typed) if word]


def one_of(word: str, there: Sequence[str], ref: str) -> str:
    """Return the word; raises `BadInput` when it is none of those there are."""
    if word not in there:
        raise BadInput(
            T("“{word}” is not possible here.", zh="此处不能用“{word}”。").of(word=word),
            T("There are: {there}", zh="可用: {there}").of(there=", ".join(there)),
            ref=ref,
        )
    return word


def toml_of(file: Path) -> dict[str, Any]:
    """Return what a TOML file says; raises `BadInput` when it cannot be read."""
    try:
        return tomllib.loads(read_text(str(file)))
    except tomllib.TOMLDecodeError as cause:
        raise BadInput(
            T("{file} is no TOML: {why}", zh="{file} 不是 TOML: {why}").of(file=file, why=cause),
            T('Write lines such as: key = "value"', zh='请写成: key = "value"'),
            ref="broker.file",
        ) from cause


def client_meant(shop: Shop, typed: str) -> tuple[BrokerClient, Customer]:
    """Return the file of a client, also of a prospect, by the client number or as customers are named.

    Raises:
        Refused: The customer has no client file.
    """
    key = customer_meant(shop, typed)
    with shop.reading() as tx:
        found, customer = tx.get(BrokerClient, key), tx.need(Customer, key)
    if found is None:
        raise refused("row-unknown-client", plain(f"flow new broker.account-opening {customer.name}"), no=typed)
    return found, customer


def customer_meant(shop: Shop, typed: str) -> int:
    """Return the key of the customer somebody means by a client number or otherwise."""
    with shop.reading() as tx:
        found = tx.one(BrokerClient, table_of(BrokerClient).c.client_no == typed)
    return found.customer_id if found is not None else customer_id(typed)
