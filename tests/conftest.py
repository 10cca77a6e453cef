"""Set-up of the whole suite."""

import os

# The sync interface of Playwright keeps an event loop in the thread that also asks the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
