"""WSGI entry point: `gunicorn danvan.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "danvan.settings")
application = get_wsgi_application()

from danvan.common.ops.version import running_version  # noqa: E402 - needs the settings

running_version()  # before an upgrade changes the files
