"""The wizard as the board walks it: resolution, new and old units, preview, done, undone; and from a file."""

import datetime

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from danvan.accounts.models import User
from danvan.units.models import AdministrativeUnit, UnitSuccession
from reports.models import UnitChange
from tests.budget import assert_same_queries
from tests.reports.test_unit_changes import DAY, ChangeCase, rows

RESOLUTION = {
    "number": "1674/NQ-UBTVQH15", "issued_on": "16/06/2026", "issuer": "Ủy ban Thường vụ Quốc hội",
    "day": "01/07/2026",
}  # fmt: skip
HEADER = "code,name,level,parent_code,valid_from,valid_to,successor_codes,source,shares\n"


def lines(prefix, *typed, saved=0, version=0, **more):
    """Return a formset's post: `typed` are dicts of fields."""
    data = {f"{prefix}-{n}-{name}": v for n, row in enumerate(typed) for name, v in row.items()}
    return {
        f"{prefix}-TOTAL_FORMS": len(typed), f"{prefix}-INITIAL_FORMS": saved,
        "version": version, **data, **more,
    }  # fmt: skip


class WalkTest(ChangeCase):
    def setUp(self):
        self.client.force_login(self.board)

    def url(self, name, change=None):
        change = change or UnitChange.objects.latest("pk")
        return reverse(f"restructuring:{name}", args=[change.pk])

    def start(self, **typed):
        return self.client.post(reverse("restructuring:new"), {**RESOLUTION, **typed})

    def test_the_whole_way_and_back(self):
        before = rows()
        self.assertContains(self.client.get("/"), reverse("restructuring:list"))
        self.assertRedirects(self.start(), self.url("units"))
        new = {"code": "901", "kind": "phuong", "name": "Mới", "parent": "Tỉnh A (90)"}
        answer = self.client.post(self.url("units"), lines("u", new, {"code": ""}))
        self.assertRedirects(answer, self.url("moves"))
        page = self.client.get(self.url("moves"))
        self.assertContains(page, "Phường Mới (901)")  # offered while typing
        olds = [
            {"old": "Xã An, tỉnh A (901)", "new": "901"},
            {"old": "xa binh", "new": "Phường Mới"},
        ]
        answer = self.client.post(self.url("moves"), lines("m", *olds, version=1))
        self.assertRedirects(answer, self.url("change"))
        page = self.client.get(self.url("change"))
        for words in ("2 đơn vị hết hiệu lực và 1 đơn vị bắt đầu", "xa-902", "chưa nhập gì: bỏ"):
            self.assertContains(page, words)
        self.assertEqual(rows(), before)
        clerk = self.clerks["902"]
        answer = self.client.post(self.url("change"), {"version": 2, f"person_{clerk.pk}": ""})
        self.assertRedirects(answer, self.url("change"))
        unit = AdministrativeUnit.objects.get(code="901", valid_from=DAY)
        self.assertEqual(str(unit), "Phường Mới")
        self.assertTrue(User.objects.get(pk=clerk.pk).has_left)
        life = self.client.get(reverse("accounts:unit_life", args=[unit.pk]))
        self.assertContains(life, "Nghị quyết 1674/NQ-UBTVQH15")
        self.assertContains(self.client.get(reverse("restructuring:list")), "Đã ghi")
        self.assertRedirects(self.client.post(self.url("undo")), self.url("change"))
        self.assertEqual(rows(), before)
        self.assertContains(self.client.get(self.url("change")), "hoàn tác, tinh")

    def test_what_was_typed_wrong_stays_and_says_what_to_do(self):
        self.start()
        new = {"code": "9x", "kind": "", "name": "Mới", "parent": "Xã Nào Đó"}
        page = self.client.post(self.url("units"), lines("u", new))
        self.assertEqual(page.status_code, 422)
        for words in ("Mã đơn vị chỉ gồm chữ số", "Không tìm thấy đơn vị “Xã Nào Đó”", 'value="9x"',
                      "hoặc xóa trống cả dòng"):  # fmt: skip
            self.assertContains(page, words, status_code=422)
        olds = [{"old": "901", "new": "902", "percent": "130"}]
        page = self.client.post(self.url("moves"), lines("m", *olds))
        self.assertContains(page, "không quá 100", status_code=422)
        self.assertContains(page, 'value="130"', status_code=422)
        self.assertEqual(UnitChange.objects.get().moves, [])

    def test_one_name_of_two_units_asks_for_the_code(self):
        self.add("912", "xa", "An", "91")
        self.start()
        page = self.client.post(self.url("moves"), lines("m", {"old": "xã An", "new": "903"}))
        self.assertContains(page, "Xã An, huyện Hồng (912)", status_code=422)

    def test_a_refused_change_can_be_mended_in_its_steps(self):
        self.start()
        self.client.post(self.url("moves"), lines("m", {"old": "901", "new": "999"}))
        page = self.client.get(self.url("change"))
        self.assertContains(page, "Đơn vị kế thừa mã 999 không có hiệu lực")
        self.assertNotContains(page, "Ghi thay đổi</button>")
        page = self.client.get(self.url("moves"))
        self.assertContains(page, "999")
        answer = self.client.post(self.url("change"), {"version": 1})
        self.assertEqual(answer.status_code, 422)

    def test_two_people_on_one_draft(self):
        self.start()
        row = {"old": "901", "new": "902"}
        self.client.post(self.url("moves"), lines("m", row))
        page = self.client.post(self.url("moves"), lines("m", {"old": "903", "new": "902"}))
        self.assertContains(page, "vừa được người khác sửa", status_code=422)
        self.assertContains(page, "903", status_code=422)
        page = self.client.post(self.url("resolution"), {**RESOLUTION, "version": 0})
        self.assertContains(page, "vừa được người khác sửa", status_code=422)
        self.assertEqual(UnitChange.objects.get().moves, [{**row, "share": ""}])
        self.client.post(self.url("resolution"), {**RESOLUTION, "day": "02/07/2026", "version": 1})
        self.assertEqual(UnitChange.objects.get().day, datetime.date(2026, 7, 2))
        self.assertRedirects(self.client.post(self.url("delete")), reverse("restructuring:list"))
        self.assertFalse(UnitChange.objects.exists())

    def test_an_applied_change_has_no_steps_any_more(self):
        change = self.apply(self.merger())
        for name in ("resolution", "units", "moves"):
            self.assertEqual(self.client.get(self.url(name, change)).status_code, 404)
        page = self.client.get(self.url("change", change))
        self.assertContains(page, "Hoàn tác</button>")

    def test_undoing_says_what_stands_on_it(self):
        change = self.apply(self.merger())
        self.apply(
            self.change([("99", "xa", "S", "90")], [("901", "99", "")], datetime.date(2026, 9, 1))
        )
        page = self.client.post(self.url("undo", change))
        self.assertContains(page, "đã có thay đổi khác từ ngày 01/09/2026", status_code=422)

    def upload(self, text, name="a.csv"):
        return self.start(file=SimpleUploadedFile(name, (HEADER + text).encode("utf-8-sig")))

    def test_a_file_in_the_registers_form(self):
        answer = self.upload(
            "901,Xã An,commune,90,2020-01-01,2026-07-01,981|982,,0.6|0.4\n"
            "981,Xã An Đông,commune,90,2026-07-01,,,NQ,\n"
            "982,Phường An Tây,commune,90,2026-07-01,,,NQ,\n"
            "999,Xã Khác,commune,90,2020-01-01,,,,\n"
        )
        self.assertRedirects(answer, self.url("change"), fetch_redirect_response=False)
        page = self.client.get(self.url("change"))
        self.assertContains(page, "Đã bỏ qua 1 dòng")
        self.assertContains(page, "60 %")
        self.client.post(self.url("change"), {"version": 0})
        shares = {a.successor.code: str(a.share) for a in UnitSuccession.objects.all()}
        self.assertEqual(shares, {"981": "0.6000", "982": "0.4000"})

    def test_a_file_that_cannot_be_read(self):
        for text, words in (
            ("901,An,commune,90,2020-01-01,2026-07-01,981,,\n", "Dòng 2, cột name"),
            (
                "901,Xã An,commune,90,2020-01-01,,,,\n",
                "không có đơn vị nào hết hiệu lực ngày 01/07/2026",
            ),
            (
                "901,Xã An,commune,90,2020-01-01,2026-07-01,98|99,,1\n",
                "mỗi đơn vị kế thừa một phần",
            ),
        ):
            with self.subTest(words):
                page = self.upload(text)
                self.assertContains(page, words, status_code=422)
                self.assertContains(page, "1674/NQ-UBTVQH15", status_code=422)
        self.assertFalse(UnitChange.objects.exists())

    def test_the_list_costs_the_same(self):
        def many(number):
            return lambda: [self.merger() for _ in range(number)]

        assert_same_queries(self.client, reverse("restructuring:list"), many(2), many(30), limit=12)

    def test_a_superusers_change_belongs_to_the_province_it_is_about(self):
        self.client.force_login(self.root)
        self.start()
        self.assertIsNone(UnitChange.objects.get().unit)
        self.client.post(self.url("moves"), lines("m", {"old": "901", "new": "902"}))
        self.assertEqual(UnitChange.objects.get().unit, self.units["90"])
