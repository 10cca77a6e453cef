"""The audit trail: no path is silent, secrets are not in it, and everybody reads their own area only."""

import datetime
import io

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import TestCase
from openpyxl import load_workbook

from danvan.accounts import services
from danvan.accounts.audit import writing as audit
from danvan.accounts.audit.context import acting
from danvan.accounts.models import AuditEntry, Role, SecurityEvent, User
from danvan.accounts.models.trail import unit_id_of
from danvan.units.models import AdministrativeUnit, UnitSuccession
from records.models import Attachment, DialogueConference
from records.models.emerging_issue import IssueStatus
from tests.accounts.cast import START, make_cast, make_unit, make_user
from tests.records.data import make


def make_record(unit, **more):
    values = {"unit": unit, "start_date": datetime.date(2024, 3, 5), **more}
    return DialogueConference(**values)


class TestEveryModel(TestCase):
    def test_every_model_of_ours_is_in_the_trail_or_exempt_with_a_reason(self):
        ours = {
            model._meta.label
            for config in apps.get_app_configs()
            if config.label in audit.OUR_APPS
            for model in config.get_models()
        }
        registered = {model._meta.label for model in audit.auditlog.get_models()}
        self.assertEqual(ours - registered, set(audit.EXEMPT))
        self.assertTrue(all(len(reason) > 10 for reason in audit.EXEMPT.values()))

    def test_no_index_of_the_trail_is_kept_that_no_page_needs(self):
        """Each is written once more for every row of an import, which holds the lock of SQLite."""
        with connection.cursor() as cursor:
            table = AuditEntry._meta.db_table
            found = connection.introspection.get_constraints(cursor, table).values()
        kept = sorted(tuple(one["columns"]) for one in found if one["index"])
        single = ("action", "actor_id", "content_type_id", "unit_id")
        self.assertEqual(kept, sorted([("content_type_id", "object_id"), *zip(single)]))

    def test_secrets_are_tracked_nowhere(self):
        for model in audit.auditlog.get_models():
            fields = audit.auditlog.get_model_fields(model)["include_fields"]
            kept_back = {"password", "issued_password", "key", "token", "entity_key", "height"}
            self.assertFalse(kept_back & set(fields), model)

    def test_a_column_hidden_later_is_not_shown_from_old_entries(self):
        kind = ContentType.objects.get_for_model(DialogueConference)
        changes = {"token": ["a", "b"], "title": ["Cũ", "Mới"]}
        entry = AuditEntry(content_type=kind, changes=changes)
        self.assertEqual(audit.changes_of(entry), [("Chủ đề", "Cũ", "Mới")])


class TestPaths(TestCase):
    """Each way of writing leaves one entry per row, with old and new, who, from where."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.xa = cls.cast["xa"]

    def setUp(self):
        self.last = AuditEntry.objects.first()

    def new(self):
        """Return the entries since the set-up, newest first."""
        return AuditEntry.objects.filter(pk__gt=self.last.pk)

    def user(self, name):
        return User(username=name, unit=self.xa, role=Role.CLERK)

    def check(self, rows: int, action: int):
        """Expect as many entries as rows; return the changes of the newest."""
        entries = self.new()
        self.assertEqual([entry.action for entry in entries], [action] * rows)
        self.assertEqual({entry.unit_id for entry in entries}, {self.xa.pk})
        return entries[0].changes

    def test_save(self):
        self.user("a1").save()
        self.assertEqual(self.check(1, 0)["username"][1], "a1")

    def test_changed_save(self):
        an = self.cast["an"]
        an.full_name = "An Mới"
        an.save()
        self.assertEqual(self.check(1, 1), {"full_name": ["Nguyễn Thị An", "An Mới"]})

    def test_save_without_a_change(self):
        self.cast["an"].save()
        self.check_nothing()

    def check_nothing(self):
        self.assertFalse(self.new().exists())

    def test_bulk_create(self):
        rows = audit.audited_bulk_create([self.user("a1"), self.user("a2")])
        self.assertTrue(all(row.pk for row in rows))
        self.assertEqual(self.check(2, 0)["username"], [None, "a2"])

    def test_bulk_update_notes_only_what_changed(self):
        an, dung = self.cast["an"], self.user("a1")
        dung.save()
        self.setUp()
        an.full_name = "Khác"
        self.assertEqual(audit.audited_bulk_update([an, dung], ["full_name"]), 1)
        self.assertEqual(self.check(1, 1), {"full_name": ["Nguyễn Thị An", "Khác"]})

    def test_update(self):
        people = User.objects.filter(pk=self.cast["an"].pk)
        self.assertEqual(audit.audited_update(people, role=Role.VIEWER), 1)
        self.assertEqual(self.check(1, 1), {"role": ["clerk", "viewer"]})
        self.assertEqual(people.get().role, "viewer")

    def test_update_that_changes_nothing(self):
        audit.audited_update(User.objects.filter(pk=self.cast["an"].pk), role=Role.CLERK)
        self.check_nothing()

    def test_bulk_delete(self):
        unit = make_unit("20001", "xa", "Một", "commune", self.cast["huyen"])
        self.setUp()
        count = audit.audited_bulk_delete(AdministrativeUnit.objects.filter(pk=unit.pk))
        entry = self.new().get()
        self.assertEqual((count, entry.action, entry.changes["name"]), (1, 2, ["Một", None]))

    def test_a_rolled_back_change_leaves_no_entry(self):
        with self.assertRaises(ZeroDivisionError), audit.transaction.atomic():
            self.user("a1").save()
            raise ZeroDivisionError
        self.check_nothing()

    def test_number_of_queries_does_not_grow_with_the_rows(self):
        def count(rows):
            with self.assertNumQueries(self.expected) if self.expected else CountQueries() as found:
                audit.audited_bulk_create([self.user(f"b{rows}-{n}") for n in range(rows)])
            return found

        self.expected = None
        few = len(count(3))
        self.expected = few
        count(40)


class CountQueries:
    def __enter__(self):
        from django.test.utils import CaptureQueriesContext

        self.queries = CaptureQueriesContext(connection)
        return self.queries.__enter__()

    def __exit__(self, *problem):
        return self.queries.__exit__(*problem)


class TestWho(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()

    def test_actor_unit_role_and_door_of_that_day_stay(self):
        binh, an = self.cast["binh"], self.cast["an"]
        with acting(user=binh, source="import"):
            an.full_name = "Một"
            an.save()
        binh.unit = self.cast["khac"]
        binh.role = Role.VIEWER
        binh.save()
        entry = AuditEntry.objects.filter(object_id=an.pk, action=1).get()
        self.assertEqual(
            (entry.actor, entry.actor_unit, entry.actor_role, entry.source),
            (binh, "Thị xã Duy Tiên", "officer", "import"),
        )

    def test_through_a_page_with_address_and_request(self):
        self.client.force_login(self.cast["quan"])
        url = f"/quan-tri/accounts/user/{self.cast['an'].pk}/buoc/ngung/"
        answer = self.client.post(url, {"on": "01/02/2024"}, REMOTE_ADDR="10.5.5.5")
        entry = AuditEntry.objects.filter(object_id=self.cast["an"].pk, action=1).get()
        self.assertEqual(
            (entry.actor, entry.remote_addr, entry.cid, entry.source),
            (self.cast["quan"], "10.5.5.5", answer.headers["X-Request-ID"], "form"),
        )

    def test_nobody_leaks_from_one_request_into_the_next(self):
        self.client.force_login(self.cast["quan"])
        self.client.get("/nhat-ky/")
        self.cast["an"].full_name = "Hai"
        self.cast["an"].save()
        self.assertIsNone(AuditEntry.objects.latest("pk").actor)

    def test_the_unit_of_a_row_is_found_by_the_way_its_scope_names(self):
        self.assertEqual(unit_id_of(self.cast["an"]), self.cast["xa"].pk)
        self.assertEqual(unit_id_of(self.cast["xa"]), self.cast["huyen"].pk)
        self.assertEqual(unit_id_of(make_record(self.cast["xa"])), self.cast["xa"].pk)


class TestSuccessor(TestCase):
    """A board that came after another reads its trail, but not of issues: the pages hide those too."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        new = make_unit("352", "thi_xa", "Mới Lập", "district", cls.cast["tinh"])
        UnitSuccession.objects.create(
            predecessor=cls.cast["huyen"], successor=new, date=datetime.date(2024, 9, 1)
        )
        cls.cast["nam"] = make_user("huyen-352", new, Role.OFFICER)
        with acting(user=cls.cast["an"]):
            make("dialogue-conference", cls.cast["xa"], title="Đối thoại cũ")
            issue = make("emerging-issue", cls.cast["xa"], title="Tranh chấp đất")
            Attachment.objects.create(record=issue, name="don-kien-nghi.pdf", size=1)
            issue.history.first().save()
            audit.audited_bulk_create(
                [IssueStatus(issue=issue, status="running", date=datetime.date(2024, 6, 1))]
            )
        cls.hidden = ("Tranh chấp đất", "Đang giải quyết từ", "don-kien-nghi")

    def words(self, name):
        """Return everything the page and the workbook show to `name`."""
        self.client.force_login(self.cast[name])
        page = self.client.get("/nhat-ky/").content.decode()
        workbook = b"".join(self.client.get("/nhat-ky/xuat/").streaming_content)
        rows = load_workbook(io.BytesIO(workbook)).active.values
        return page, "\n".join(str(cell) for row in rows for cell in row)

    def test_issues_stay_with_the_boards_of_their_day(self):
        for text in self.words("nam"):
            self.assertIn("Đối thoại cũ", text)
            for words in self.hidden:
                self.assertNotIn(words, text)

    def test_the_board_of_the_day_and_the_superuser_read_them(self):
        for name in ("binh", "chi", "quan"):
            for text in self.words(name):
                for words in self.hidden:
                    self.assertIn(words, text, name)

    def test_the_history_of_a_person_hides_them_too(self):
        self.client.force_login(self.cast["nam"])
        page = self.client.get(f"/nhat-ky/tai-khoan/{self.cast['an'].pk}/")
        self.assertContains(page, "Đối thoại cũ")
        self.assertNotContains(page, "Tranh chấp đất")


class TestPages(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        with acting(user=cls.cast["quan"]):
            for name in ("an", "dung"):
                cls.cast[name].full_name = "Đổi Tên " + name
                cls.cast[name].save()

    def texts(self, name, url="/nhat-ky/"):
        self.client.force_login(self.cast[name])
        return self.client.get(url)

    def test_a_board_reads_its_area_only(self):
        page = self.texts("binh")
        self.assertContains(page, "Đổi Tên an")
        self.assertNotContains(page, "Đổi Tên dung")
        self.assertContains(self.texts("chi"), "Đổi Tên dung")
        self.assertContains(self.texts("quan"), "Đổi Tên dung")

    def test_a_forged_filter_does_not_widen_it(self):
        for query in ("?q=dung", f"?unit={self.cast['xa_khac'].pk}", "?kind=999", "?after=xx"):
            with self.subTest(query):
                self.assertNotContains(self.texts("binh", f"/nhat-ky/{query}"), "Đổi Tên dung")

    def test_an_invalid_filter_shows_nothing(self):
        self.assertNotContains(self.texts("quan", "/nhat-ky/?after=32/13/2024"), "Đổi Tên an")

    def test_search_with_and_without_marks(self):
        for words in ("Đổi Tên dung", "doi ten DUNG"):
            page = self.texts("quan", f"/nhat-ky/?q={words}&action=1")
            self.assertEqual(len(page.context["lines"]), 1)

    def test_same_number_of_queries_for_few_and_many(self):
        self.client.force_login(self.cast["quan"])
        self.client.get("/nhat-ky/")
        with CountQueries() as few:
            self.client.get("/nhat-ky/")
        with acting(user=self.cast["quan"]):
            audit.audited_bulk_create(
                [User(username=f"c{n}", unit=self.cast["xa"], role=Role.CLERK) for n in range(40)]
            )
        with CountQueries() as many:
            self.client.get("/nhat-ky/")
        self.assertEqual(len(few), len(many))
        self.assertLessEqual(len(many), 12)

    def test_history_of_a_person(self):
        page = self.texts("binh", f"/nhat-ky/tai-khoan/{self.cast['an'].pk}/")
        self.assertContains(page, "Nguyễn Thị An")
        self.assertContains(page, "Đổi Tên an")

    def test_export_is_scoped_filtered_logged_and_text_stays_text(self):
        with acting(user=self.cast["quan"]):
            self.cast["an"].full_name = "=1+1"
            self.cast["an"].save()
        answer = self.texts("binh", "/nhat-ky/xuat/?action=1")
        sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
        self.assertEqual(len(rows), 2)
        self.assertEqual(rows[0][6], "=1+1")
        self.assertEqual(sheet.cell(2, 7).data_type, "s")
        event = SecurityEvent.objects.first()
        self.assertEqual((event.kind, event.path), ("export", "/nhat-ky/xuat/"))
        self.assertEqual(event.detail, {"query": "action=1"})

    def test_the_security_log_is_scoped_too(self):
        for name in ("an", "dung"):
            self.client.force_login(self.cast[name])
        page = self.texts("binh", "/nhat-ky/bao-mat/")
        self.assertContains(page, "xa-13369")
        self.assertNotContains(page, "xa-13400")

    def test_values_are_told_in_vietnamese(self):
        with acting(user=self.cast["quan"]):
            self.cast["an"].role = Role.VIEWER
            self.cast["an"].is_active = False
            self.cast["an"].deactivated_on = START
            self.cast["an"].save()
        page = self.texts("quan", "/nhat-ky/?action=1")
        for words in ("Cán bộ nhập liệu", "Lãnh đạo (chỉ xem)", "Không", "01/01/2004"):
            self.assertContains(page, words)

    def test_a_long_entry_is_folded_and_loses_nothing(self):
        with acting(user=self.cast["quan"]):
            unit = make_unit(
                "20001", "xa", "Dài Dòng", "commune", self.cast["huyen"], source="NQ 1"
            )
        line = next(
            line
            for line in self.texts("quan", "/nhat-ky/?q=dai+dong").context["lines"]
            if line["what"] == str(unit)
        )
        self.assertEqual(len(line["first"]), 3)
        self.assertEqual(line["first"] + line["rest"], line["changes"])
        page = self.texts("quan", "/nhat-ky/?q=dai+dong")
        self.assertContains(page, f"<summary>Xem thêm {len(line['rest'])} mục</summary>")
        self.assertContains(page, "NQ 1")

    def test_the_security_log_speaks_in_words(self):
        an, quan = self.cast["an"], self.cast["quan"]
        services.change_rights(
            User(pk=an.pk, username=an.username, unit=an.unit, role="clerk", is_superuser=True),
            by=quan, before=services.rights_of(an), fields=["is_superuser"],
        )  # fmt: skip
        services.transfer(self.cast["dung"], self.cast["xa"], by=quan, on=START)
        services.deactivate(self.cast["dung"], by=quan, on=START)
        self.texts("an", "/khong-co/1/")
        page = self.texts("quan", "/nhat-ky/bao-mat/")
        for words in (
            "Cán bộ nhập liệu → Quản trị viên",
            "Xã Thanh Sơn, huyện Kim Bảng → Xã Tiên Sơn, thị xã Duy Tiên, từ 01/01/2004",
        ):
            self.assertContains(page, words)
        self.assertNotContains(page, "clerk")
        answer = self.texts("quan", "/nhat-ky/bao-mat/xuat/?kind=rights_changed")
        sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
        self.assertEqual(sheet.max_row, 2)
        self.assertEqual(sheet.cell(2, 5).value, "Cán bộ nhập liệu → Quản trị viên")
