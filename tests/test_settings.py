"""Settings come from the environment; a value that cannot be read stops the start."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.utils import formats, translation

KEY = "a-key-that-is-long-enough-for-production-" + "0123456789abcdef" * 2
SHOW = "import json, danvan.settings as s; print(json.dumps({n: str(getattr(s, n)) for n in %r}))"


def start(names=(), **environment) -> subprocess.CompletedProcess:
    """Import the settings in a fresh process with exactly this environment."""
    return subprocess.run(
        [sys.executable, "-c", SHOW % (list(names),)],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "SECRET_KEY"),
        ({"DEBUG": "0", "SECRET_KEY": ""}, "SECRET_KEY"),
        ({"DEBUG": "perhaps"}, "DEBUG"),
        ({"DEBUG": "1", "DATABASE_URL": "mysqll://x/y"}, "mysqll"),
        ({"SECRET_KEY": KEY, "HTTPS": "ja"}, "HTTPS"),
        ({"SECRET_KEY": KEY, "BEHIND_PROXY": "2"}, "BEHIND_PROXY"),
        ({"SECRET_KEY": KEY, "LOG_LEVEL": "LOUD"}, "LOG_LEVEL"),
    ],
)
def test_a_bad_value_stops_the_start_and_is_named(environment, named):
    answer = start(**environment)
    assert answer.returncode != 0
    assert named in answer.stderr


def test_the_defaults_are_the_safe_ones():
    names = ["DEBUG", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT"]
    answer = start([*names, "ALLOWED_HOSTS"], SECRET_KEY=KEY)
    assert answer.returncode == 0, answer.stderr
    assert '"DEBUG": "False"' in answer.stdout
    assert answer.stdout.count('"True"') == 3
    assert '"ALLOWED_HOSTS": "[]"' in answer.stdout


def test_sqlite_queues_writers_and_survives_a_power_cut():
    answer = start(["DATABASES"], DEBUG="1", DATABASE_URL="sqlite:///var/x.sqlite3")
    for word in ("IMMEDIATE", "journal_mode=WAL", "synchronous=FULL"):
        assert word in answer.stdout


def test_postgresql_by_database_url():
    answer = start(["DATABASES"], DEBUG="1", DATABASE_URL="postgresql://u@%2Fsrv%2Fs/d")
    assert "django.db.backends.postgresql" in answer.stdout
    assert "/srv/s" in answer.stdout


def test_the_content_security_policy_has_no_unsafe_source():
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert policy["default-src"] == ["'none'"]
    sources = {source for sources in policy.values() for source in sources}
    assert sources == {"'none'", "'self'", "data:"}
    assert policy["img-src"] == ["'self'", "data:"], "data: is for pictures only"


def test_numbers_and_dates_are_vietnamese():
    with translation.override("vi"):
        assert formats.number_format(1140, use_l10n=True, force_grouping=True) == "1.140"
        assert formats.get_format("DATE_INPUT_FORMATS")[0] == "%d/%m/%Y"
        assert formats.sanitize_separators("90,5") == "90.5"


def test_only_vietnamese_is_spoken():
    assert [code for code, _ in settings.LANGUAGES] == ["vi"]
    assert settings.LANGUAGE_CODE == "vi"
    assert settings.TIME_ZONE == "Asia/Ho_Chi_Minh"
