"""Exactly these URLs answer without a login."""

from django.test import Client, TestCase
from django.urls import reverse

from tests.cast import build_cast, build_world
from tests.matrix import MATRIX, OPEN_URLS
from tests.urlconf import routes


def is_open(view) -> bool:
    """Tell whether the view is let through by LoginRequiredMiddleware."""
    return not getattr(view, "login_required", True)


class OpenUrlsTest(TestCase):
    def test_the_list_of_open_urls_is_complete_and_not_stale(self):
        found = {route.name for route in routes() if is_open(route.view)}
        self.assertEqual(found - {"admin:login"}, set(OPEN_URLS))

    def test_every_other_url_sends_to_the_login_page(self):
        world = build_world(build_cast())
        for name, rows in MATRIX.items():
            kwargs = rows[0].arguments(world) if rows[0].arguments else {}
            with self.subTest(url=name):
                answer = Client().get(reverse(name, kwargs=kwargs))
                if name in OPEN_URLS:
                    self.assertNotIn("next=", answer.headers.get("Location", ""))
                else:
                    self.assertEqual(answer.status_code, 302)
                    self.assertTrue(answer["Location"].startswith(reverse("accounts:login")))

    def test_an_unknown_address_is_not_a_way_to_learn_anything(self):
        answer = Client().get("/bao-cao/khong-co/")
        self.assertContains(answer, "Không tìm thấy trang", status_code=404)
        self.assertNotContains(answer, "Traceback", status_code=404)
