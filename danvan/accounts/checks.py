"""System checks of this project, with ids and hints: what Django's own checks do not look at.

What no environment changes (policy of content, hashers, gates) tests/accounts/test_checks.py looks at.

danvan.E001  weak or sample key without DEBUG
danvan.E002  ALLOWED_HOSTS lets any host in
danvan.E009  SQLite without IMMEDIATE transactions
danvan.E010  ledger or log that can be rewritten
danvan.E012  mails without a sender or without the address of the site
danvan.E013  replica that is no standby of the database
danvan.E014  store of uploads that cannot be made of its settings
danvan.W001  DEBUG with a host of the outside world
danvan.W002  proxy trusted in one place only (deploy)
danvan.W003  password of the mail server sent in the clear (deploy)
danvan.W004  limits of waiting that a pooler dropped
danvan.W005  replica that is away or behind
"""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

from danvan.common.db.standby import NOT_ONE, OF_ANOTHER, standby
from danvan.common.ops import append_only
from danvan.common.ops.databases import REPLICA
from danvan.common.ops.keys import weakness_of

LOCAL_HOSTS = {"127.0.0.1", "localhost", "[::1]", "testserver", ".localhost"}


@register(Tags.security)
def check_key(**kwargs: Any) -> list[CheckMessage]:
    """E001: a key that everybody can read on the internet signs no sessions."""
    hint = "Set SECRET_KEY to a random text of at least 50 characters (docs/deploy.md)."
    weak = weakness_of(settings.SECRET_KEY)
    if settings.DEBUG or not weak:
        return []
    return [Error(f"SECRET_KEY {weak}.", hint=hint, id="danvan.E001")]


@register(Tags.security)
def check_hosts(**kwargs: Any) -> list[CheckMessage]:
    """E002 and W001: the hosts that are served fit the mode."""
    hosts = set(settings.ALLOWED_HOSTS)
    if not settings.DEBUG and hosts & {"*", "."}:
        hint = "Name the hosts of this site in ALLOWED_HOSTS, separated by commas."
        return [Error("ALLOWED_HOSTS lets any host in.", hint=hint, id="danvan.E002")]
    if settings.DEBUG and hosts - LOCAL_HOSTS:
        hint = "Set DEBUG=0 on a machine that others reach; DEBUG shows code and settings to them."
        message = f"DEBUG is on with the host {min(hosts - LOCAL_HOSTS)}."
        return [Warning(message, hint=hint, id="danvan.W001")]
    return []


@register(Tags.files)
def check_store(**kwargs: Any) -> list[CheckMessage]:
    """E014: the store of uploads can be made of its settings; whether it takes files, /healthz says."""
    try:
        getattr(storages["default"], "connection", None)  # a bucket's: nothing is sent yet
    except (ImproperlyConfigured, ValueError) as error:
        hint = "Correct STORE_… (STORE_ENDPOINT begins with https://), and install requirements-s3.txt."
        told = f"The store of uploads cannot be used: {error}"
        return [Error(told, hint=hint, id="danvan.E014")]
    return []


@register(Tags.database)
def check_database(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E009 and E010: writers queue instead of failing, and no log can be rewritten."""
    errors: list[CheckMessage] = []
    for alias in {*(databases or [])} - {REPLICA}:
        connection = connections[alias]
        mode = connection.settings_dict["OPTIONS"].get("transaction_mode")
        if connection.vendor == "sqlite" and mode != "IMMEDIATE":
            hint = "Set OPTIONS['transaction_mode'] to IMMEDIATE: otherwise writers fail “locked”."
            errors.append(Error("SQLite begins DEFERRED.", hint=hint, id="danvan.E009"))
        for table in sorted(_open_logs(connection)):
            hint = "Run manage.py migrate: it protects the logs at its end."
            errors.append(Error(f"{table} can be rewritten.", hint=hint, id="danvan.E010"))
    return errors


@register(Tags.database)
def check_replica(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E013 and W005: the replica is a standby of the database, and answers."""
    if REPLICA not in (databases or []):
        return []
    trouble = standby.ask()
    if trouble in (NOT_ONE, OF_ANOTHER):
        hint = "Correct DATABASE_REPLICA_URL, or leave it out (docs/cluster.md)."
        return [Error(trouble, hint=hint, id="danvan.E013")]
    return [Warning(trouble, id="danvan.W005")] if trouble else []


@register(Tags.database)
def check_limits(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """W004: the limits of waiting reach PostgreSQL, whatever stands between."""
    lost = []
    for alias in {*(databases or [])} - {REPLICA}:
        connection = connections[alias]
        asked = str(connection.settings_dict["OPTIONS"].get("options", ""))
        if connection.vendor == "postgresql" and "lock_timeout=0" not in asked:
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('lock_timeout')")
                lost += [alias] if cursor.fetchone() == ("0",) else []
    hint = "Give them to the role of the site (docs/cluster.md)."
    told = "The limits of waiting do not reach PostgreSQL: a pooler drops them."
    return [Warning(f"{told} ({alias})", hint=hint, id="danvan.W004") for alias in lost]


@register(Tags.security, deploy=True)
def check_proxy(**kwargs: Any) -> list[CheckMessage]:
    """W002: BEHIND_PROXY and PROXY_COUNT are set together or not at all."""
    believed = bool(getattr(settings, "SECURE_PROXY_SSL_HEADER", None))
    if believed == bool(settings.PROXY_COUNT):
        return []
    hint = "Set BEHIND_PROXY=1 with PROXY_COUNT=1 behind nginx, both 0 without a proxy."
    return [
        Warning("BEHIND_PROXY and PROXY_COUNT contradict each other.", hint=hint, id="danvan.W002")
    ]


@register(Tags.security)
def check_mail(**kwargs: Any) -> list[CheckMessage]:
    """E012: a mail has a sender, and its links lead to this site."""
    begins = settings.SITE_URL.startswith(("https://", "http://"))
    if not settings.EMAIL_HOST or (begins and "@" in settings.DEFAULT_FROM_EMAIL):
        return []
    hint = "Set EMAIL_FROM=name@host and SITE_URL=https://host beside EMAIL_HOST (docs/deploy.md)."
    return [Error("Mails would have no sender or no links.", hint=hint, id="danvan.E012")]


@register(Tags.security, deploy=True)
def check_mail_password(**kwargs: Any) -> list[CheckMessage]:
    """W003: the mail server learns its password over TLS, unless it is this machine."""
    safe = settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL or not settings.EMAIL_HOST_USER
    if safe or settings.EMAIL_HOST in ("", *LOCAL_HOSTS):
        return []
    hint = "Use EMAIL_PORT=587 (STARTTLS) or 465 (TLS)."
    message = "The password of the mail server is sent in the clear."
    return [Warning(message, hint=hint, id="danvan.W003")]


def _open_logs(connection: BaseDatabaseWrapper) -> set[str]:
    """Return the append-only tables that can be rewritten, without those that `migrate` is still to finish.

    `migrate` runs this check before it begins.
    """
    loader = MigrationLoader(connection)
    unfinished = {app for app, _ in set(loader.disk_migrations) - set(loader.applied_migrations)}
    tables = [
        model._meta.db_table
        for model in append_only.append_only_models()
        if model._meta.app_label not in unfinished
    ]
    return append_only.unprotected_tables(connection, tables)
