"""Django's admin: superusers only, our login, our words."""

from django.test import TestCase

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
