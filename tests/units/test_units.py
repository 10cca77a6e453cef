import datetime

import pytest
from django.core.management import CommandError, call_command
from django.test import TestCase

from danvan.units.kinds import Level, split_kind, strip_kind
from danvan.units.loader import DEFAULT_FILE, UnitFileError, load_units
from danvan.units.models import AdministrativeUnit, UnitSuccession
from danvan.units.organisations import board_name

HEADER = "code,name,level,parent_code,valid_from,valid_to,successor_codes,source\n"
DATE = datetime.date.fromisoformat


class HaNamTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.result = load_units(DEFAULT_FILE)

    def test_active_units_on_three_days(self):
        for day, districts, communes in (
            ("2022-12-31", 6, 109),
            ("2025-01-01", 6, 98),
            ("2025-07-01", 0, 33),
        ):
            with self.subTest(day=day):
                units = AdministrativeUnit.objects.on(DATE(day))
                assert units.filter(level=Level.DISTRICT).count() == districts
                assert units.filter(level=Level.COMMUNE).count() == communes
                assert units.filter(level=Level.PROVINCE).count() == 1

    def test_loading_again_changes_nothing(self):
        again = load_units(DEFAULT_FILE)
        assert (again.created, again.changed, again.unchanged) == (0, 0, 166)
        assert again.successions == 0

    def test_a_renamed_district_keeps_its_communes(self):
        """Xã Nguyễn Úy did not change on 1/1/2025, when huyện Kim Bảng became thị xã."""
        commune = AdministrativeUnit.objects.find("13387", DATE("2024-06-01"))
        assert str(commune.parent_on(DATE("2024-12-31"))) == "Huyện Kim Bảng"
        assert str(commune.parent_on(DATE("2025-01-01"))) == "Thị xã Kim Bảng"
        for version in AdministrativeUnit.objects.filter(code="350"):
            covered = AdministrativeUnit.objects.covered_by([version])
            assert commune in covered

    def test_a_reused_code_names_two_units(self):
        old = AdministrativeUnit.objects.find("13285", DATE("2024-01-01"))
        new = AdministrativeUnit.objects.find("13285")
        assert (str(old), str(new)) == ("Phường Quang Trung", "Phường Phủ Lý")
        assert old in new.with_predecessors()

    def test_split_has_two_successors(self):
        old = AdministrativeUnit.objects.find("13324", DATE("2024-01-01"))
        successors = UnitSuccession.objects.filter(predecessor=old)
        assert sorted(s.successor.code for s in successors) == ["13324", "13330"]

    def test_the_new_province_covers_the_old_one(self):
        ninh_binh = AdministrativeUnit.objects.find("37")
        covered = AdministrativeUnit.objects.covered_by(ninh_binh.with_predecessors())
        assert covered.count() == AdministrativeUnit.objects.count()
        assert AdministrativeUnit.objects.covered_by([ninh_binh]).count() == 34

    def test_search_with_and_without_marks_and_kind(self):
        for text in ("tien son", "Tiên Sơn", "xã Tiên Sơn", "13369"):
            with self.subTest(text=text):
                found = AdministrativeUnit.objects.on(DATE("2024-01-01")).search(text)
                assert [unit.code for unit in found] == ["13369"]

    def test_same_names_are_told_apart(self):
        names = {
            u.place_name
            for u in AdministrativeUnit.objects.on(DATE("2023-01-01")).filter(name="Trần Hưng Đạo")
        }
        assert names == {
            "Phường Trần Hưng Đạo, thành phố Phủ Lý",
            "Xã Trần Hưng Đạo, huyện Lý Nhân",
        }

    def test_vietnamese_order(self):
        names = AdministrativeUnit.objects.on(DATE("2025-07-01")).order_by("name_sort")
        bare = [unit.name for unit in names if unit.level == Level.COMMUNE]
        assert (
            bare.index("Bình An")
            < bare.index("Châu Sơn")
            < bare.index("Duy Tiên")
            < bare.index("Đồng Văn")
        )

    def test_boards_change_their_name_in_march_2025(self):
        unit = AdministrativeUnit.objects.find("349", DATE("2024-01-01"))
        assert board_name(unit, DATE("2024-12-14")) == "Ban Dân vận Thị ủy Duy Tiên"
        assert board_name(unit, DATE("2025-03-01")) == "Ban Tuyên giáo và Dân vận Thị ủy Duy Tiên"

    def test_moving_a_district_carries_its_paths_along(self):
        district = AdministrativeUnit.objects.find("350", DATE("2024-01-01"))
        district.parent = AdministrativeUnit.objects.find("37")
        district.save()
        commune = AdministrativeUnit.objects.find("13387", DATE("2024-01-01"))
        assert commune.path == "37/350/13387/"


def write(tmp_path, *lines, header=HEADER):
    file = tmp_path / "units.csv"
    file.write_text(header + "\n".join(lines), encoding="utf-8")
    return file


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("12a,Tỉnh A,province,,2020-01-01,,,", "Dòng 2, cột code"),
        ("12,Tỉnh A,nation,,2020-01-01,,,", "Dòng 2, cột level"),
        ("12,Xa Dung,commune,,2020-01-01,,,", "Dòng 2, cột name"),
        ("12,Tỉnh A,province,,1/1/2020,,,", "Dòng 2, cột valid_from"),
        ("12,Tỉnh A,province,,,,,", "Dòng 2, cột valid_from: để trống"),
        ("12,Tỉnh A,province,,2020-01-01,2019-01-01,,", "Dòng 2, cột valid_to"),
        ("12,Huyện A,district,99,2020-01-01,,,", "Dòng 2, cột parent_code"),
        ("12,Tỉnh A,province,,2020-01-01,2021-01-01,77,", "Dòng 2, cột successor_codes"),
        ("12,Tỉnh A,province,,2020-01-01,,77,", "còn hiệu lực không có"),
        (
            "12,Tỉnh A,province,,2020-01-01,,,\n12,Tỉnh B,province,,2020-01-01,,,",
            "đã có ở dòng 2",
        ),
        ("", "không có đơn vị nào"),
    ],
)
def test_bad_lines_are_named_and_nothing_is_loaded(tmp_path, line, message):
    good = "" if line == "" else "\n11,Tỉnh Tốt,province,,2020-01-01,,,"
    with pytest.raises(UnitFileError) as error:
        load_units(write(tmp_path, line + good))
    assert message in str(error.value)
    assert not AdministrativeUnit.objects.exists()


@pytest.mark.django_db
def test_a_missing_column_and_a_missing_file_are_told(tmp_path):
    with pytest.raises(CommandError, match="thiếu cột parent_code"):
        call_command("load_units", str(write(tmp_path, header="code,name,level\n")))
    with pytest.raises(CommandError, match="Cannot open"):
        call_command("load_units", str(tmp_path / "none.csv"))


@pytest.mark.parametrize(
    ("name", "level", "kind", "bare"),
    [
        ("Thị trấn Quế", "commune", "thi_tran", "Quế"),
        ("Thị xã Duy Tiên", "district", "thi_xa", "Duy Tiên"),
        ("xã Xa Dung", "commune", "xa", "Xa Dung"),
    ],
)
def test_split_kind(name, level, kind, bare):
    assert split_kind(name, level) == (kind, bare)


def test_strip_kind_minds_the_marks():
    assert strip_kind("TX. Duy Tiên") == "Duy Tiên"
    assert strip_kind("Xa Dung") == "Xa Dung"
    assert strip_kind("Xã") == "Xã"
