"""All settings, read from the environment (twelve-factor).

A value that cannot be read raises at once (environs.EnvError), so a typo never starts a site with
another meaning. The list of variables is in README.md; the defaults are the safe ones.
"""

import logging
from pathlib import Path

from csp.constants import NONE, SELF
from django.contrib.messages import constants as message_levels
from django.core.exceptions import ImproperlyConfigured
from environs import Env
from marshmallow.validate import OneOf

from danvan.common.ops import databases
from danvan.common.ops.keys import weakness_of

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = Env()

DEBUG = env.bool("DEBUG", False)
SAMPLE_SECRET_KEY = "django-insecure-for-a-first-look-on-this-machine-only"  # noqa: S105
SECRET_KEY = env.str("SECRET_KEY", SAMPLE_SECRET_KEY if DEBUG else "")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"] if DEBUG else [])
if not DEBUG:
    # Here and not only in a system check: nothing starts without the settings.
    if "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts of the site when DEBUG is 0.")
    if not SECRET_KEY:
        raise ImproperlyConfigured(
            "SECRET_KEY must be set when DEBUG is 0 (see README.md, Deploy)."
        )
    for _key in (SECRET_KEY, *SECRET_KEY_FALLBACKS):
        if _weak := weakness_of(_key):
            _name = "SECRET_KEY" if _key == SECRET_KEY else "SECRET_KEY_FALLBACKS: a key"
            raise ImproperlyConfigured(f"{_name} {_weak}: choose another (docs/deploy.md).")
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])

DEMO_PASSWORD = env.str("DEMO_PASSWORD", "Danvan@2024")
# Whose site this is; shown below its name on every page.
SITE_OWNER = env.str("SITE_OWNER", "Tỉnh Hà Nam")

INSTALLED_APPS = [
    "danvan.apps.SuperuserAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "csp",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "auditlog",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "danvan.imports",  # its db_worker goes before the package's
    "django_tasks",
    "django_tasks_db",
    "danvan.common",
    "danvan.units",
    "danvan.accounts",
    "records",
    "reports",
]

MIDDLEWARE = [
    "danvan.common.web.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "danvan.common.db.replica.WritersMiddleware",
    "danvan.accounts.login.middleware.DueMovesMiddleware",
    "danvan.accounts.login.middleware.ActingMiddleware",
    "danvan.accounts.login.middleware.SessionLimitsMiddleware",
    "danvan.accounts.login.middleware.ResumingLoginRequiredMiddleware",
    "danvan.common.web.middleware.PrivatePagesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "danvan.accounts.login.middleware.FirstStepsMiddleware",
    "danvan.faults.FaultsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "danvan.common.web.middleware.StoredMiddleware",
]

if DEBUG:
    MIDDLEWARE.insert(1, "danvan.common.web.middleware.PlainNotFoundMiddleware")

ROOT_URLCONF = "danvan.urls"
WSGI_APPLICATION = "danvan.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "danvan.common.web.template_loader.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "danvan.navigation.navigation",
                "danvan.accounts.login.sessions.limits_of",
            ],
        },
    }
]
# Bootstrap's names of the kinds of alert.
MESSAGE_TAGS = {message_levels.ERROR: "danger", message_levels.DEBUG: "secondary"}
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False


_limits = {
    "lock_timeout": env.float("DB_LOCK_SECONDS", 5),
    "statement_timeout": env.float("DB_STATEMENT_SECONDS", 30),
    "idle_in_transaction_session_timeout": env.float("DB_IDLE_SECONDS", 60),
}
_primary = env.dj_db_url("DATABASE_URL", "sqlite:///var/danvan.sqlite3", conn_max_age=60)
_replica = None
if env.str("DATABASE_REPLICA_URL", ""):
    _replica = env.dj_db_url("DATABASE_REPLICA_URL", conn_max_age=60)
DATABASES = databases.arranged(_primary, _replica, BASE_DIR, _limits)
# Pages that may lag read the standby while it is no further behind (danvan/common/db/replica.py).
DATABASE_ROUTERS = ["danvan.common.db.replica.Router"] if _replica else []
REPLICA_LAG_SECONDS = env.float("REPLICA_LAG_SECONDS", 10)
# Long work waits in the database for `manage.py db_worker`, on whatever machine one runs.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
LONG_WORKS = {  # danvan/accounts/jobs
    "page": "danvan.accounts.jobs.pages.ask_page",
    "issue": "reports.documents.issues.ordering.do_order",
    "slips": "danvan.accounts.services.issue_slips",
}
# Tasks that a worker simply begins anew where another died: done twice, they do no more than once.
REPEATABLE_TASKS = ["reports.notices.mailing.mail_what_is_due"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["danvan.accounts.login.backends.PersonBackend"]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "danvan.accounts.login.hashers.IssuedPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "danvan.accounts.login.passwords.VietnamesePasswordValidator"},
]
ISSUED_PASSWORD_DAYS = 7
# Lock-out after wrong passwords (danvan/accounts/login/lockout.py).
LOGIN_PAIR_LIMIT, LOGIN_PAIR_MINUTES = 5, 15
LOGIN_NAME_LIMIT = 20
API_CALLS_A_MINUTE = 60  # of one key (reports/api)
REQUIRE_SECOND_FACTOR = env.bool("REQUIRE_SECOND_FACTOR", False)  # of superusers
OTP_TOTP_ISSUER = "Dân vận"
# How many proxies in front of the site append to X-Forwarded-For.
PROXY_COUNT = env.int("PROXY_COUNT", 0 if DEBUG else 1)

# Mails of send_reminders; without a host none is sent. SITE_URL begins the links in them.
EMAIL_HOST = env.str("EMAIL_HOST", "")
EMAIL_PORT = env.int("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", EMAIL_PORT == 465)
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", EMAIL_PORT == 587)
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", "")
SITE_URL = env.str("SITE_URL", "").rstrip("/")

AUDITLOG_LOGENTRY_MODEL = "accounts.AuditEntry"
MIGRATION_MODULES = {"auditlog": None}  # its own table would stand empty beside ours
AUDITLOG_STORE_JSON_CHANGES = True
AUDITLOG_USE_FK_STRING_REPRESENTATION = True
AUDITLOG_USE_BASE_MANAGER = True

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt")]
LOCALE_PATHS = [BASE_DIR / "danvan" / "locale"]
FORMAT_MODULE_PATH = ["danvan.formats"]
USE_TZ = True
# Figures are grouped by the filter `figure`; grouping every integer would break ids, years and versions.
USE_THOUSAND_SEPARATOR = False
TIME_ZONE = "Asia/Ho_Chi_Minh"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.path("STATIC_ROOT", BASE_DIR / "staticfiles")
WHITENOISE_USE_FINDERS = DEBUG
# Uploaded files: in a folder of this machine, or in a bucket that all hosts share (danvan/common/ops/s3.py).
_bucket = {
    "bucket_name": env.str("STORE_BUCKET", ""),
    "endpoint_url": env.str("STORE_ENDPOINT", "") or None,
    "region_name": env.str("STORE_REGION", "") or None,
    "access_key": env.str("STORE_ACCESS_KEY", "") or None,
    "secret_key": env.str("STORE_SECRET_KEY", "") or None,
    "location": env.str("STORE_FOLDER", ""),
}
STORAGES = {
    "default": (
        {"BACKEND": "danvan.common.ops.s3.SharedStorage", "OPTIONS": _bucket}
        if _bucket["bucket_name"]
        else {"BACKEND": "danvan.common.storage.WholeFileStorage"}
    ),
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
MEDIA_ROOT = env.path("MEDIA_ROOT", VAR_DIR / "media")

# The yearly form posts about 500 fields; the wide value sheet of a district can reach 3,000.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

SESSION_IDLE_SECONDS = 45 * 60
SESSION_COOKIE_AGE = 12 * 60 * 60  # the absolute limit; the idle one is checked per request
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "danvan.accounts.login.views.csrf_failure"
MESSAGE_STORAGE = "danvan.common.web.cookies.MessageStorage"
COOKIE_PREFIX = ""
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if not DEBUG:
    # The site is meant to stand behind a proxy that ends TLS (docs/deploy.md).
    HTTPS = env.bool("HTTPS", True)
    SECURE_SSL_REDIRECT = HTTPS
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    SESSION_COOKIE_SECURE = HTTPS
    CSRF_COOKIE_SECURE = HTTPS
    # Browsers take a __Host- cookie from this host only, over HTTPS and for the whole site: no other
    # host of the domain, and no page of it without TLS, can plant a session or a token here.
    COOKIE_PREFIX = "__Host-" if HTTPS else ""
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
    SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
    SECURE_HSTS_PRELOAD = HTTPS
    if env.bool("BEHIND_PROXY", True):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# What can be imported from Excel (danvan/imports/targets.py): tuples of targets, in menu order.
IMPORT_TARGETS = [
    "reports.sheets.columns.TARGETS",
    "records.sheets.records.TARGETS",
    "records.sheets.recognitions.TARGETS",
    "danvan.imports.account_target.TARGETS",
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "danvan.common.ops.logs.RequestIdFilter"}},
    "formatters": {
        "plain": {
            "()": "danvan.common.ops.logs.PlainFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s",
        },
        "json": {"()": "danvan.common.ops.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.str("LOG_FORMAT", "plain", validate=OneOf(["plain", "json"])),
            "filters": ["request_id"],
        }
    },
    # Django's own handler would print a second, unfiltered line.
    "loggers": {"django": {"handlers": [], "level": "INFO", "propagate": True}},
    "root": {"handlers": ["console"], "level": env.log_level("LOG_LEVEL", logging.INFO)},
}

# Records ask reports what is locked and when a year begins, without importing them.
RECORD_LOCK = "reports.workflow.locks.locks_on"
RECORD_YEARS = "reports.workflow.locks.year_spans"
RECORD_GAPS = "reports.workflow.gaps.period_gaps"
RECORD_NEWS = "reports.notices.news.unread_rows"  # counted with the menu's records, in one query
RECORD_ANSWERS = "reports.workflow.answering.answered_by"
RECORD_FEEDS = "reports.counting.feeding.feeds_of"
