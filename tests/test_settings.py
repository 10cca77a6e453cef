"""Settings come from the environment; a value that cannot be read stops the start."""

import os
import secrets
import subprocess
import sys

import pytest
from django.conf import settings
from django.utils import formats, translation

from danvan.common.ops.keys import weakness_of

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


WEAK = (
    "x" * 60,
    "0123456789" * 6,
    "abcdefghijklmnopqrstuvwxyz" * 2,
    "django-insecure-" + KEY,
    "change-me-" + KEY,
    "your-secret-key-" + KEY,
    KEY[:49],
)
STARTS = (
    ["-c", "import danvan.wsgi"],
    ["manage.py", "check"],
    ["manage.py", "migrate", "--plan"],
    ["-m", "gunicorn", "--check-config", "-c", "danvan/gunicorn_conf.py", "danvan.wsgi"],
    ["-c", "import django; django.setup()"],
)


@pytest.mark.parametrize("command", STARTS, ids=" ".join)
def test_a_weak_key_stops_every_start(command):
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "danvan.settings",
        "DATABASE_URL": "sqlite:///:memory:",
    }
    for key, starts in ((WEAK[0], False), (KEY, True)):
        answer = subprocess.run(
            [sys.executable, *command],
            cwd=settings.BASE_DIR,
            env={**environment, "SECRET_KEY": key},
            capture_output=True,
            text=True,
        )
        assert (answer.returncode == 0) == starts, answer.stderr
        assert starts or "SECRET_KEY repeats" in answer.stderr


@pytest.mark.parametrize("key", [*WEAK, settings.SAMPLE_SECRET_KEY])
def test_every_kind_of_weak_key_is_known(key):
    assert weakness_of(key)
    answer = start(SECRET_KEY=KEY, SECRET_KEY_FALLBACKS=f"{KEY}2,{key}")
    assert answer.returncode != 0, "an old key still verifies sessions"
    assert "SECRET_KEY_FALLBACKS" in answer.stderr


def test_random_keys_are_good():
    for make in (secrets.token_urlsafe, secrets.token_hex):
        assert [weakness_of(make(64)) for _ in range(200)] == [""] * 200


def test_cookies_belong_to_this_host_alone_under_https():
    names = ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "COOKIE_PREFIX"]
    assert start(names, SECRET_KEY=KEY).stdout.count('"__Host-') == 3
    assert "__Host-" not in start(names, SECRET_KEY=KEY, HTTPS="0").stdout
    assert "__Host-" not in start(names, DEBUG="1").stdout


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
