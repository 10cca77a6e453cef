import unicodedata

import pytest

from danvan.common.text import clean_line, clean_text, search_key, sort_key


def test_clean_line_makes_one_composed_line():
    nfd = unicodedata.normalize("NFD", "Tiên  Sơn")
    assert clean_line(f"\u200b {nfd}\u00a0\n(xã)\ufeff ") == "Tiên Sơn (xã)"


def test_clean_text_keeps_line_ends_and_drops_controls():
    assert clean_text("Một\r\nHai\rBa\x00\x08\ud800") == "Một\nHai\nBa"


def test_icelandic_eth_becomes_vietnamese():
    assert clean_line("11-Q\u00d0i/TW \u00f0") == "11-QĐi/TW đ"


@pytest.mark.parametrize(
    "typed", ["Đồng Văn", "dong van", "ĐỒNG VĂN", unicodedata.normalize("NFD", "đồng văn")]
)
def test_search_key_folds_marks_case_and_composition(typed):
    assert search_key(typed) == "dong van"


def test_sort_key_follows_the_dictionary():
    words = [
        "ba",
        "bà",
        "bả",
        "bã",
        "bá",
        "bạ",
        "băn",
        "bân",
        "dâu",
        "đâu",
        "em",
        "êm",
        "Phường 2",
        "Phường 10",
    ]
    shuffled = [*words[5:], *words[:5]]
    assert sorted(shuffled, key=sort_key) == words


def test_sort_key_ignores_where_the_tone_stands():
    assert sort_key("Hòa Mạc") == sort_key("Hoà Mạc")
    assert set(sort_key("Thị trấn Quế 12")) <= set("0123456789abcdef")
