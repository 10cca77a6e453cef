"""The project's settings for a scratch site: its own folder, a fast hasher, plain static files."""

import os
from pathlib import Path

from danvan.settings import *  # noqa: F403
from danvan.settings import STORAGES

VAR_DIR = Path(os.environ["SCRATCH"])
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
