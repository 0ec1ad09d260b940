"""Phone numbers and e-mail addresses: one form for what people type in many."""

from __future__ import annotations

import subprocess
import sys

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from serviceflow.phones import normalise_email, normalise_phone

MOBILE = "+8613800000001"


@pytest.mark.parametrize(
    ("typed", "key", "ext"),
    [
        ("13800000001", MOBILE, None),
        ("138 0000-0001", MOBILE, None),
        (" 138-0000-0001 ", MOBILE, None),
        ("+86 138 0000 0001", MOBILE, None),
        ("+8613800000001", MOBILE, None),
        ("8613800000001", MOBILE, None),
        ("0086 138 0000 0001", MOBILE, None),
        ("(+86)13800000001", MOBILE, None),
        ("１３８００００　０００１", MOBILE, None),
        ("＋８６１３８０００００００１", MOBILE, None),
        ("138—0000—0001", MOBILE, None),
        ("138‑0000–0001", MOBILE, None),
        ("tel:13800000001", MOBILE, None),
        ("13800000001转801", MOBILE, "801"),
        ("13800000001 分机 8", MOBILE, "8"),
        ("021-58881234", "+862158881234", None),
        ("(021) 5888 1234", "+862158881234", None),
        ("02158881234", "+862158881234", None),
        ("021-58881234-801", "+862158881234", "801"),
        ("021-58881234转801", "+862158881234", "801"),
        ("021-58881234 ext. 12", "+862158881234", "12"),
        ("021-58881234 x12", "+862158881234", "12"),
        ("021-58881234#12", "+862158881234", "12"),
        ("0755-2588 1234", "+8675525881234", None),
        ("400-820-8820", "+864008208820", None),
        ("+1 650 253 0000", "+16502530000", None),
        ("001 650 253 0000", "+16502530000", None),
        ("+852 2345 6789", "+85223456789", None),
        pytest.param("8888 6666", None, None, id="local number: shared by many cities"),
        pytest.param("95588", None, None, id="hotline"),
        pytest.param("110", None, None, id="emergency"),
        pytest.param("12345678901", None, None, id="eleven digits that are no mobile"),
    ],
)
def test_normalise_phone(typed: str, key: str | None, ext: str | None) -> None:
    phone = normalise_phone(typed)
    assert (phone.key, phone.ext, phone.problem) == (key, ext, None)
    assert phone.shown


@pytest.mark.parametrize("typed", ["1.38E+10", "1.38e+10", "1.3800000001E10", "１.３８E+１０", "1.38 E+10"])
def test_a_number_that_excel_shortened_says_how_to_save_it(typed: str) -> None:
    phone = normalise_phone(typed)
    assert phone.key is None
    assert phone.problem is not None
    assert "Text" in phone.problem.to("en")
    assert "文本" in phone.problem.to("zh")


@pytest.mark.parametrize(
    "typed", ["", "abc", "12", "无", "138****0001", "1380000000138000000001", "+", "=1+1", "13800000001a"]
)
def test_what_is_no_number(typed: str) -> None:
    phone = normalise_phone(typed)
    assert phone.key is None
    assert phone.problem is not None


def test_the_fast_path_takes_no_number_that_the_library_refuses() -> None:
    taken = 0
    for prefix in range(1000, 2000):
        number = f"{prefix}1234567"
        if normalise_phone(number).key is not None:
            taken += 1
            parsed = phonenumbers.parse(number, "CN")
            assert phonenumbers.is_valid_number(parsed), number
            assert (
                phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == normalise_phone(number).key
            )
    assert taken > 400


@given(st.text(alphabet="0123456789+-() .转extE０１", max_size=30))
def test_a_key_is_always_valid_and_found_again(typed: str) -> None:
    phone = normalise_phone(typed)
    if phone.key is not None:
        assert phonenumbers.is_valid_number(phonenumbers.parse(phone.key))
        assert normalise_phone(phone.key).key == phone.key


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("Anna@QQ.com", "anna@qq.com"),
        (" mailto:anna@qq.com ", "anna@qq.com"),
        ("ａｎｎａ＠qq.com", "anna@qq.com"),
        ("a.b+c@mail.example.co.uk", "a.b+c@mail.example.co.uk"),
        ("王@例子.中国", "王@例子.中国"),
        ("anna", None),
        ("anna@qq", None),
        ("anna@@qq.com", None),
        ("anna @qq.com", None),
        ("a" * 250 + "@qq.com", None),
        ("", None),
    ],
)
def test_normalise_email(typed: str, address: str | None) -> None:
    assert normalise_email(typed) == address


def test_a_plain_mobile_does_not_load_the_library() -> None:
    code = (
        "import sys; from serviceflow.phones import normalise_phone; normalise_phone('+86 138 0000 0001');"
        "assert 'phonenumbers' not in sys.modules; normalise_phone('021-58881234');"
        "assert 'phonenumbers' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
