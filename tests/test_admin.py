"""Django's admin: superusers only, our login, our words."""

import re

from django.contrib import admin
from django.test import TestCase
from django.urls import reverse

from tests.cast import build_cast


class AdminTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()

    def test_staff_flag_opens_nothing(self):
        clerk = self.cast["xa-13369"]
        clerk.is_staff = True
        clerk.save()
        self.client.force_login(clerk)
        self.assertEqual(self.client.get("/quan-tri/").status_code, 403)
        self.assertEqual(self.client.get("/quan-tri/login/").status_code, 403)

    def test_its_login_is_the_login_of_the_site(self):
        answer = self.client.get("/quan-tri/login/?next=/quan-tri/accounts/")
        self.assertRedirects(answer, "/dang-nhap/?next=/quan-tri/accounts/")

    def test_its_password_change_is_that_of_the_site(self):
        self.client.force_login(self.cast["quantri"])
        answer = self.client.get("/quan-tri/password_change/")
        self.assertRedirects(answer, "/doi-mat-khau/", fetch_redirect_response=False)

    def test_logout_is_that_of_the_site(self):
        self.client.force_login(self.cast["quantri"])
        self.assertRedirects(self.client.post("/quan-tri/logout/"), "/dang-nhap/")

    def test_titles_are_ours_and_groups_are_gone(self):
        self.client.force_login(self.cast["quantri"])
        page = self.client.get("/quan-tri/")
        self.assertContains(page, "Quản trị hệ thống báo cáo công tác dân vận")
        self.assertNotContains(page, "Django")
        self.assertNotContains(page, "/quan-tri/auth/group/")

    def test_its_scripts_speak_vietnamese(self):
        self.client.force_login(self.cast["quantri"])
        page = self.client.get("/quan-tri/jsi18n/")
        self.assertContains(page, "Th\\u1ee9 hai")

    def lists(self):
        """Yield every list of the admin with its address."""
        for model, page in admin.site._registry.items():
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
            yield model, page, reverse(name)

    def test_no_list_is_filtered_by_a_column_it_does_not_offer(self):
        """`?password__regex=^a` read the hashes letter by letter."""
        self.client.force_login(self.cast["quantri"])
        lookups = ("", "__exact", "__regex", "__startswith", "__gt", "__gte", "__isnull", "__in")
        asked = 0
        for model, page, url in self.lists():
            offered = {name for name in page.list_filter if isinstance(name, str)}
            columns = {field.name for field in model._meta.get_fields()}
            related = {"unit__users__password", "users__password", "login_sessions__session_key"}
            for name in (columns | related) - offered:
                for lookup in lookups:
                    answer = self.client.get(url, {name + lookup: "1"})
                    self.assertEqual(answer.status_code, 400, f"{url}?{name}{lookup}")
                    asked += 1
            for name in offered:
                answer = self.client.get(url, {f"{name}__regex": "1"})
                self.assertEqual(answer.status_code, 400, f"{url}?{name}")
        self.assertGreater(asked, 300)

    def test_every_filter_a_list_offers_can_be_followed(self):
        self.client.force_login(self.cast["quantri"])
        followed = 0
        for _, _, url in self.lists():
            page = self.client.get(url).content.decode()
            for link in set(re.findall(r'href="(\?[^"]+)"', page)):
                answer = self.client.get(url + link.replace("&amp;", "&"))
                self.assertTrue(b"".join(answer))  # to its end: one of them is a workbook
                self.assertEqual(answer.status_code, 200)
                followed += 1
        self.assertGreater(followed, 20)
