"""Names: what may be stored, what a customer is found by."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serviceflow.errors import BadInput
from serviceflow.names import KEY_LENGTH, clean_name, find_keys, number_tail, search_key


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        pytest.param("王小明", "王小明", id="nothing to do"),
        pytest.param("  王  小明 ", "王 小明", id="blanks at the ends and doubled"),
        pytest.param("\u3000王小明\u3000", "王小明", id="full-width blanks"),
        pytest.param("王\n小明\r\n", "王 小明", id="line breaks"),
        pytest.param("\x1b[31m王小明\x1b[0m", "王小明", id="colours of a terminal"),
        pytest.param("王\x1b]0;title\x07小明", "王小明", id="title of a terminal window"),
        pytest.param("王\x9b31m小明", "王小明", id="eight-bit escape"),
        pytest.param("王\x00\x07\x08小明", "王小明", id="control characters"),
        pytest.param("王\u202e明小\u202c", "王明小", id="direction overrides"),
        pytest.param("王\u200b小\ufeff明", "王小明", id="invisible characters"),
        pytest.param("[red]王小明[/red]", "[red]王小明[/red]", id="Rich markup is only text"),
        pytest.param("=1+1", "=1+1", id="a formula is only text"),
        pytest.param("\ud83d王", "王", id="half a surrogate pair"),
        pytest.param("𠮷野㛃", "𠮷野㛃", id="rare characters"),
        pytest.param("Zoe\u0308", "Zoë", id="composed"),
        pytest.param("", "", id="empty"),
    ],
)
def test_clean_name(typed: str, stored: str) -> None:
    assert clean_name(typed) == stored


@pytest.mark.parametrize("length", [200, 201, 10_240])
def test_a_name_has_at_most_200_characters(length: int) -> None:
    if length <= 200:
        assert clean_name("王" * length) == "王" * length
        return
    with pytest.raises(BadInput) as refused:
        clean_name("王" * length)
    assert str(length) in refused.value.sentence.to("en")
    assert str(length) in refused.value.sentence.to("zh")
    assert len(refused.value.sentence.to("zh")) < 100


@given(st.text())
def test_a_clean_name_is_one_printable_line_and_stays_as_it_is(typed: str) -> None:
    try:
        name = clean_name(typed)
    except BadInput:
        return
    assert clean_name(name) == name
    assert not set(name) & set("\x1b\n\r\t\x9b\u202e\u2066")
    name.encode()


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("王 小明", "王小明"),
        ("ＷＸＭ", "wxm"),
        ("Wang-Xiaoming", "wangxiaoming"),
        ("lü bu", "lvbu"),
        ("１３８００００", "1380000"),
        ("138 0000-0001", "13800000001"),
        ("+86 138 0000 0001", "13800000001"),
        ("0086-13800000001", "13800000001"),
        ("８６１３８０００００００１", "13800000001"),
        ("8613", "8613"),
        ("A.B@QQ.com", "abqqcom"),
        ("阿依古丽·买买提", "阿依古丽买买提"),
        ("···", ""),
        ("x" * 100, "x" * KEY_LENGTH),
    ],
)
def test_search_key(typed: str, key: str) -> None:
    assert search_key(typed) == key


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("李丽", {"李丽", "丽", "lili", "li", "ll"}),
        ("曾单", {"zengshan", "cengdan", "zs", "cd", "shan", "dan"}),
        ("仇晓", {"qiuxiao", "chouxiao", "qx", "cx"}),
        ("解晓明", {"xiexiaoming", "jiexiaoming", "xxm", "jxm", "晓明", "ming"}),
        ("区小华", {"ouxiaohua", "quxiaohua", "oxh"}),
        ("查良", {"zhaliang", "chaliang", "zl"}),
        ("吕布", {"lvbu", "lubu"}),
        ("Wang Xiaoming", {"wangxiaoming", "xiaoming", "wx"}),
        ("李小姐 Anna", {"anna", "小姐anna", "lixiaojieanna"}),
        ("上海小明影楼", {"小明影楼", "shxmyl", "yinglou"}),
        ("𠮷田", {"𠮷田", "田", "tian"}),
    ],
)
def test_keys_of_a_name(name: str, keys: set[str]) -> None:
    assert keys <= find_keys(name)


@pytest.mark.parametrize(
    ("phone", "keys"),
    [
        ("+8613800000001", {"13800000001", "0001"}),
        ("+862158881234", {"02158881234", "58881234", "1234"}),
        ("+16502530000", {"16502530000", "0000"}),
        ("95588", {"95588", "5588"}),
    ],
)
def test_keys_of_a_phone(phone: str, keys: set[str]) -> None:
    assert find_keys("", [phone]) == keys


@given(st.text(max_size=200))
def test_keys_are_few_and_short_and_fit_what_is_searched(name: str) -> None:
    keys = find_keys(name)
    assert len(keys) <= 420
    assert all(0 < len(key) <= KEY_LENGTH for key in keys)
    whole = search_key(name)
    assert not whole or whole in keys


def test_a_company_of_200_characters_has_few_keys() -> None:
    assert len(find_keys("单解曾区查仇朴乐" * 25)) < 250


@pytest.mark.parametrize(("key", "tail"), [("13800000001", "0001"), ("0001", None), ("wxm01", None), ("00001", "0001")])
def test_number_tail(key: str, tail: str | None) -> None:
    assert number_tail(key) == tail


def test_only_a_chinese_name_loads_pinyin() -> None:
    code = (
        "import sys; from serviceflow.names import find_keys, search_key; find_keys('Anna', ['+8613800000001']);"
        "search_key('王小明'); assert 'pypinyin' not in sys.modules; find_keys('王'); assert 'pypinyin' in sys.modules;"
        "from pypinyin.constants import PHRASES_DICT; assert not PHRASES_DICT"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
