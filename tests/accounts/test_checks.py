"""Each system check finds what it is for, and says so once with its id."""

from unittest import mock

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware, LoginRequiredMiddleware
from django.db import connection
from django.test import SimpleTestCase, TestCase, override_settings
from django.utils.module_loading import import_string

from danvan import settings as shipped
from danvan.accounts import checks
from danvan.accounts.login.middleware import FirstStepsMiddleware, SessionLimitsMiddleware
from danvan.common.ops import append_only


class TestShippedSettings(SimpleTestCase):
    """What no environment changes, and no check looks at in production, holds in the file itself."""

    def test_scripts_and_styles_come_from_this_site_alone(self):
        policy = shipped.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        self.assertIn("csp.middleware.CSPMiddleware", shipped.MIDDLEWARE)
        self.assertTrue(policy["default-src"])
        sources = {source for values in policy.values() for source in values}
        self.assertEqual([source for source in sources if "unsafe" in source], [])

    def test_a_chosen_password_is_stored_with_a_slow_hash(self):
        slow = ("Argon2PasswordHasher", "ScryptPasswordHasher", "PBKDF2PasswordHasher")
        self.assertTrue(shipped.PASSWORD_HASHERS[0].endswith(slow))

    def test_pages_are_closed_by_default_and_the_gates_stand_behind_the_login(self):
        gates = [
            AuthenticationMiddleware,
            SessionLimitsMiddleware,
            LoginRequiredMiddleware,
            FirstStepsMiddleware,
        ]
        chain = [import_string(path) for path in shipped.MIDDLEWARE]
        classes = [one for one in chain if isinstance(one, type)]
        found = [gate for one in classes for gate in gates if issubclass(one, gate)]
        self.assertEqual(found, gates)


class TestChecks(SimpleTestCase):
    def ids(self, check, **kwargs):
        found = check(**kwargs)
        self.assertTrue(all(message.hint for message in found))
        return [message.id for message in found]

    def test_the_project_itself_is_clean(self):
        for check in (
            *(checks.check_key, checks.check_hosts),
            *(checks.check_mail, checks.check_mail_password),
        ):
            with self.subTest(check.__name__):
                self.assertEqual(self.ids(check), [])

    def test_sample_key(self):
        for key in (settings.SAMPLE_SECRET_KEY, "django-insecure-abc", "x" * 60):
            with self.settings(SECRET_KEY=key, DEBUG=False):
                self.assertEqual(self.ids(checks.check_key), ["danvan.E001"])
            with self.settings(SECRET_KEY=key, DEBUG=True):
                self.assertEqual(self.ids(checks.check_key), [])

    def test_mails_have_a_sender_and_links_and_hide_their_password(self):
        good = {
            "EMAIL_HOST": "mail.tinh.vn",
            "DEFAULT_FROM_EMAIL": "danvan@tinh.vn",
            "SITE_URL": "https://danvan.vn",
        }
        for change, found in (
            ({}, []),
            ({"DEFAULT_FROM_EMAIL": ""}, ["danvan.E012"]),
            ({"SITE_URL": "danvan.vn"}, ["danvan.E012"]),
            ({"EMAIL_HOST": "", "SITE_URL": ""}, []),
        ):
            with self.subTest(change), self.settings(**{**good, **change}):
                self.assertEqual(self.ids(checks.check_mail), found)
        good |= {"EMAIL_HOST_USER": "danvan", "EMAIL_USE_TLS": False}
        for change, found in (
            ({}, ["danvan.W003"]),
            ({"EMAIL_USE_TLS": True}, []),
            ({"EMAIL_HOST": "localhost"}, []),
            ({"EMAIL_HOST_USER": ""}, []),
        ):
            with self.subTest(change), self.settings(**{**good, **change}):
                self.assertEqual(self.ids(checks.check_mail_password), found)

    def test_any_host(self):
        with self.settings(ALLOWED_HOSTS=["danvan.vn", "*"], DEBUG=False):
            self.assertEqual(self.ids(checks.check_hosts), ["danvan.E002"])

    def test_debug_with_a_host_of_the_outside(self):
        with self.settings(ALLOWED_HOSTS=["localhost", "danvan.vn"], DEBUG=True):
            self.assertEqual(self.ids(checks.check_hosts), ["danvan.W001"])
        with self.settings(ALLOWED_HOSTS=["localhost", "127.0.0.1"], DEBUG=True):
            self.assertEqual(self.ids(checks.check_hosts), [])

    @override_settings(PROXY_COUNT=0, SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"))
    def test_proxy_believed_in_one_place_only(self):
        self.assertEqual(self.ids(checks.check_proxy), ["danvan.W002"])
        with self.settings(PROXY_COUNT=1):
            self.assertEqual(self.ids(checks.check_proxy), [])


class TestDatabaseChecks(TestCase):
    def ids(self):
        return [message.id for message in checks.check_database(databases=["default"])]

    def test_clean(self):
        self.assertEqual(self.ids(), [])

    def test_open_logs(self):
        for model in append_only.append_only_models():
            with append_only.unprotected(connection, model._meta.db_table):
                self.assertEqual(self.ids(), ["danvan.E010"])
        self.assertEqual(self.ids(), [])

    def test_deferred_sqlite(self):
        if connection.vendor == "sqlite":
            with mock.patch.dict(connection.settings_dict, {"OPTIONS": {}}):
                self.assertEqual(self.ids(), ["danvan.E009"])
        else:
            self.assertNotIn("transaction_mode", connection.settings_dict["OPTIONS"])
