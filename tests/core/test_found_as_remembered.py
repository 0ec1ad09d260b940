"""Ecosystem 4, requirement 6: two hundred ways people remember customers; the right one among the first three.

The shop has the customers below and 2,000 others with common surnames and given names, entered by an import.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serviceflow.app import Shop, make_shop
from serviceflow.clock import SetClock
from serviceflow.engine.customer_feed import import_customers
from serviceflow.refs import find_customers
from serviceflow.store.place import Place
from serviceflow.store.read import Reader
from serviceflow.testing.fixtures import DATABASES, NOW

# Name, number, then how they are remembered.
REMEMBERED = """
曾单     13511110101  曾单  zengdan  cengdan  zengshan  zd  0101  13511110101
单雄信   13511110102  雄信  shanxiongxin  danxiongxin  sxx  雄信  0102  xiongxin
仇英     13511110103  仇英  qiuying  chouying  qy  ０１０３
解缙     13511110104  解缙  xiejin  jiejin  xj  0104  135 1111 0104
区适子   13511110105  适子  oushizi  qushizi  osz  0105
查慎行   13511110106  慎行  zhashenxing  chashenxing  zsx  zsh  0106  慎
盖叫天   13511110107  叫天  gejiaotian  gaijiaotian  gjt  0107
朴树     13511110108  朴树  piaoshu  pushu  ps  0108
任我行   13511110109  我行  renwoxing  rwx  rwh  0109
乐毅     13511110110  乐毅  yueyi  leyi  0110
翟让     13511110111  翟让  zhairang  dirang  zr  0111
缪荃孙   13511110112  荃孙  miaoquansun  mqs  0112
覃怀     13511110113  覃怀  qinhuai  tanhuai  0113
繁钦     13511110114  繁钦  poqin  fanqin  pq  0114
冼星海   13511110115  星海  xianxinghai  xxh  0115
尉迟恭   13511110116  迟恭  yuchigong  weichigong  ycg  0116
万俟咏   13511110117  俟咏  moqiyong  mqy  0117
令狐冲   13511110118  令狐  linghuchong  lhc  0118
吕洞宾   13511110119  洞宾  lvdongbin  ludongbin  ldb  lüdongbin  0119
黑耀辉   13511110120  耀辉  heiyaohui  hyh  0120
长孙皇   13511110121  长孙  zhangsunhuang  changsunhuang  0121
柏杨柳   13511110122  杨柳  boyangliu  baiyangliu  0122
芮成钢   13511110123  成钢  ruichenggang  rcg  0123
妫水河   13511110124  水河  guishuihe  0124
𠮷田薰   13511110125  𠮷田  田薰  0125
阿依古丽·买买提 13511110126 阿依古丽 买买提 ayiguli 古丽 0126
欧阳锋   13511110127  阳锋  ouyangfeng  oyf  欧阳  0127
诸葛亮   13511110128  葛亮  zhugeliang  zgl  诸葛  0128
Anna·Smith 13511110129 anna smith ANNA ａｎｎａ as annasmith 0129
约翰·Doe 13511110130 doe 约翰 yuehan 0130
上海小明婚纱影楼 13511110131 婚纱影楼 shxmhsyl 小明婚纱 hunsha 0131
蔚蓝海岸有限公司 13511110132 海岸 weilan 有限公司 yulanhaian 0132
贾宝玉   13511110133  宝玉  jiabaoyu  jby  11110133  ０１３３
薛宝钗   13511110134  宝钗  xuebaochai  xbc  13511110134  +8613511110134
史湘云   13511110135  湘云  shixiangyun  sxy  008613511110135  0135
秦可卿   13511110136  可卿  qinkeqing  qkq  135-1111-0136  110136
妙玉     13511110137  妙玉  miaoyu  妙  10137
晴雯     13511110138  晴雯  qingwen  qw  0138
袭人     13511110139  袭人  xiren  袭  0139
李丽莎   13511110140  丽莎  lilisha  lls  ＬＬＳ  0140
单于     13511110141  单于  chanyu  shanyu  danyu  0141
秘锦     13511110142  秘锦  bijin  mijin  0142
员半千   13511110143  半千  yunbanqian  yuanbanqian  ybq  0143
"""

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静磊军洋勇艳杰娟涛超霞平刚桂明华"


def table() -> list[tuple[str, str, list[str]]]:
    rows = [line.split() for line in REMEMBERED.strip().splitlines()]
    return [(row[0], row[1], _queries(row[2:])) for row in rows]


def _queries(words: list[str]) -> list[str]:
    """Put numbers that are typed with blanks together again."""
    if words[-3:] == ["135", "1111", "0104"]:
        return [*words[:-3], "135 1111 0104"]
    return words


QUERIES = [(name, query) for name, _, queries in table() for query in queries]


def others() -> Iterator[tuple[str, str]]:
    names = itertools.product(SURNAMES, GIVEN, GIVEN)
    for n, (surname, first, second) in enumerate(itertools.islice(names, 0, None, 4)):
        yield surname + first + (second if n % 3 else ""), f"139{n:04}{(n * 7919 + 5000) % 5000 + 2000:04}"


@pytest.fixture(scope="module", params=DATABASES)
def remembered(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], list[str]]]:
    """Return a function that gives the names found for what is typed."""
    folder: Path = tmp_path_factory.mktemp("remembered")
    if request.param == "sqlite":
        place = Place(path=folder / "shop.db")
    else:
        running = request.getfixturevalue("postgres")
        place = Place(url=running.url_of(running.create()))
    shop: Shop = make_shop(place, login="xiaomei", name="小美", language="zh", clock=SetClock(NOW), industries=())
    with (folder / "customers.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("姓名", "手机"), *others(), *((name, phone) for name, phone, _ in table())])
    done = import_customers(shop, folder / "customers.csv")
    shop.close()
    assert done.refused == 0
    assert done.new > 2_000
    read = Reader.open(place, login="xiaomei", clock=SetClock(NOW))
    yield lambda typed: [row["customer"] for row in find_customers(read, typed)]
    read.close()


def test_there_are_two_hundred_queries() -> None:
    assert len(QUERIES) >= 200


@pytest.mark.parametrize(("name", "query"), QUERIES, ids=[f"{name}: {query}" for name, query in QUERIES])
def test_found_among_the_first_three(remembered: Callable[[str], list[str]], name: str, query: str) -> None:
    assert name in remembered(query)[:3]


@pytest.mark.parametrize("typed", ["zzzzqq", "没有这个人", "99999", "·", "   "])
def test_nobody_is_found_for_what_nobody_is_called(remembered: Callable[[str], list[str]], typed: str) -> None:
    assert remembered(typed) == []
