"""The project's settings with what tests need: a key, a fast hasher, a temporary folder."""

import atexit
import os
import pathlib
import shutil
import tempfile

os.environ.setdefault("DEBUG", "0")
os.environ.setdefault(
    "SECRET_KEY", "tests-only-key-that-is-long-enough-for-the-deploy-check-0123456789"
)
os.environ.setdefault("ALLOWED_HOSTS", "testserver,127.0.0.1,localhost")
os.environ.setdefault("HTTPS", "0")
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

from danvan.settings import *  # noqa: E402, F403
from danvan.settings import DATABASES, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
_FOLDER = tempfile.mkdtemp(prefix="danvan-tests-")
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
MEDIA_ROOT = pathlib.Path(_FOLDER)
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in production: threads (a live server, two people at once) get connections of their
    # own. It is thrown away, so it need not survive a power cut.
    DATABASES["default"]["TEST"] = {"NAME": os.path.join(_FOLDER, "tests.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    )
else:
    # A connection kept open would keep the test database from being dropped.
    DATABASES["default"]["CONN_MAX_AGE"] = 0
WHITENOISE_AUTOREFRESH = True
