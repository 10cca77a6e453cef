"""The project's settings with what tests need: a key, a fast hasher, files in a temporary folder."""

import os
import tempfile

os.environ.setdefault("DEBUG", "0")
os.environ.setdefault(
    "SECRET_KEY", "tests-only-key-that-is-long-enough-for-the-deploy-check-0123456789"
)
os.environ.setdefault("ALLOWED_HOSTS", "testserver,127.0.0.1,localhost")
os.environ.setdefault("HTTPS", "0")
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

from danvan.settings import *  # noqa: E402, F403
from danvan.settings import STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = tempfile.mkdtemp(prefix="danvan-tests-")
WHITENOISE_AUTOREFRESH = True
