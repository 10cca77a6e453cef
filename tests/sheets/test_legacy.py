"""Old fonts and broken encodings: judged by column and file, converted exactly, never where all is well."""

import csv
import random
import re
from pathlib import Path

import pytest
from django.conf import settings

from danvan.common.sheets.legacy import (
    CP1258,
    TCVN3,
    UTF8,
    VNI,
    Judgement,
    Witness,
    is_broken,
    is_plain,
    readings,
)
from tests.sheets.encodings import as_1258, as_tcvn3, as_utf8, as_vni

WAYS = {TCVN3: as_tcvn3, VNI: as_vni, CP1258: as_1258, UTF8: as_utf8}


def phrases() -> list[str]:
    """Return the words of the catalogue, in runs of two to five."""
    file = Path(settings.BASE_DIR, "reports/catalogue/data/indicators.csv")
    with file.open(encoding="utf-8") as lines:
        labels = [row["label_vi"] for row in csv.DictReader(lines)]
    words = re.findall(r"[^\W\d_]+", " ".join(labels))
    rng = random.Random(1)
    return [" ".join(words[n : n + rng.randrange(2, 6)]).strip() for n in range(0, len(words), 3)]


def judged(*columns, font="") -> dict[int, Judgement]:
    witness = Witness()
    for index, texts in enumerate(columns):
        for text in texts:
            if not text.isascii():
                witness.hear(index, text)
    return witness.judge(font)


@pytest.mark.parametrize("name", WAYS)
def test_columns_of_short_titles_are_recognised_and_come_back_as_they_were(name):
    found, rng = phrases(), random.Random(2)
    for _ in range(60):
        column = [text for text in rng.sample(found, 5) if not text.isascii()]
        typed = [WAYS[name](text) for text in column]
        judgement = judged(typed)[0]
        assert judgement.encoding == name, typed
        assert [judgement.read(text) for text in typed] == column


def test_good_text_is_never_suspected():
    others = ["Müller", "Besançon", "20 °C", "5 m²", "§ 5", "1 × 2", "Café", "11-QÐ/TW", "«Hà Nam»"]
    for text in [*phrases(), *others, "Hà Nam", "Lý Nhân", "Hoà", "Khác", "½ ngày", "· Ban"]:
        assert judged([text]) == {}, text


def test_a_column_that_cannot_tell_follows_its_file_or_its_fonts():
    silent, telling = ["Líp 1"], ["Héi nghÞ", "Thêi sù"]
    assert judged(silent) == {}
    assert judged(silent, telling)[0].read("Líp 1") == "Lớp 1"
    assert judged(silent, font=TCVN3)[0].read("Líp 1") == "Lớp 1"
    assert judged([*silent, "Cộng năm"], telling)[0].read("Líp 1") == "Lớp 1", "one remark is none"
    assert 0 not in judged([*silent, "Hội nghị", "Đối thoại"], telling), "this column is Unicode"


def test_in_a_mixed_column_only_what_is_garbage_is_converted():
    column = ["Hội nghị", "Đối thoại", "Hà Nam", "Líp", "Héi nghÞ"]
    judgement = judged(column)[0]
    assert [judgement.read(text) for text in column] == [*column[:4], "Hội nghị"]


def test_capitals_of_fonts_that_have_nothing_else():
    judgement = judged(["HéI NGHÞ TOµN TØNH", "§¶NG ñY x· Tiªn S¬n"])[0]
    assert judgement.read("HéI NGHÞ TOµN TØNH") == "HỘI NGHỊ TOÀN TỈNH"
    assert judgement.read("§¶NG ñY x· Tiªn S¬n") == "ĐẢNG ỦY xã Tiên Sơn"
    assert judgement.read("héi nghÞ", capitals=True) == "HỘI NGHỊ"


def test_a_conversion_that_changes_nothing_is_not_proposed():
    assert judged(["Hà", "Bà"], font=TCVN3) == {}
    assert judged(["Nam", "Lan"], ["Héi nghÞ"]).keys() == {1}


def test_letters_that_are_lost_are_not_made_up():
    column = ["Há»�c táº\xadp", "Lá»›p", "hÃ nh chÃ\xadnh"]
    judgement = judged(column)[0]
    assert is_broken(judgement.read(column[0]))
    assert judgement.read(column[2]) == "hành chính"
    assert not is_broken("Học tập")


def test_readings_are_for_comparing():
    assert "Mã đơn vị" in list(readings("M· ®¬n vÞ"))
    assert list(readings("STT")) == ["STT"]
    assert is_plain("Đối thoại")
    assert not is_plain("§èi tho¹i")
