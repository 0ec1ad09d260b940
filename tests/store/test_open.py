"""A database that holds no shop, or something else, is no shop: whoever opens it is told how to make one."""

from __future__ import annotations

import pytest
from serviceflow.app import Shop
from serviceflow.errors import ConfigError
from serviceflow.store.engine import open_engine
from serviceflow.store.place import Place
from sqlalchemy import text


@pytest.mark.parametrize(
    "there",
    [
        pytest.param("CREATE TABLE note (id INTEGER)", id="somebody's tables"),
        pytest.param("CREATE TABLE shop_meta (name TEXT)", id="a table of the same name"),
    ],
)
def test_a_database_without_a_shop_is_told(empty_place: Place, there: str) -> None:
    engine = open_engine(empty_place)
    with engine.begin() as connection:
        connection.execute(text(there))
    engine.dispose()
    with pytest.raises(ConfigError) as refused:
        Shop.open(empty_place, staff="xiaomei")
    assert refused.value.ref == "no-shop"
    assert "flow init" in refused.value.way_out.to("en")
