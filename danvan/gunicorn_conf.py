"""gunicorn's settings: `gunicorn -c danvan/gunicorn_conf.py danvan.wsgi` (docs/deploy.md).

Reload without a dropped request: `kill -HUP` the master (systemctl reload). Requests in flight have
`graceful_timeout` to end; new ones go to the new workers.
"""

import os
from typing import Any

bind = os.environ.get("GUNICORN_BIND", "unix:/run/danvan/gunicorn.sock")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("GUNICORN_THREADS", "4"))
worker_class = "gthread"
# A worker takes no more requests than it has threads: the others wait for whoever is free first, and not
# behind a large export while another worker has nothing to do. So no connection is kept for a next request.
worker_connections = threads
keepalive = 0
# Of a process that does not say that it lives; a thread that waits has the limits in docs/cluster.md.
timeout = 60
graceful_timeout = 30
# A worker that grew is replaced now and then, never all at once.
max_requests = 5000
max_requests_jitter = 500
# Request line and headers; bodies are capped by nginx and DATA_UPLOAD_MAX_MEMORY_SIZE.
limit_request_line = 8190
limit_request_fields = 60
# Only the proxy on the same machine may say who the client is.
forwarded_allow_ips = "127.0.0.1"
control_socket_disable = True  # systemd speaks to it by signals
accesslog = None  # nginx keeps it; who did what is in the security log
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108


def on_starting(server: Any) -> None:
    """Refuse to start with a configuration that the system checks call an error.

    A database that is away is no reason: pages say so, and it comes back.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "danvan.settings")
    import django
    from django.core.management import call_command
    from django.db import Error, connections

    django.setup()
    if django.conf.settings.DEBUG:
        return
    call_command("check", deploy=True, fail_level="ERROR")
    try:
        call_command("check", tags=["database"], databases=list(connections), fail_level="ERROR")
    except Error as error:
        server.log.warning("the database was not checked: %s", error)
    finally:
        connections.close_all()  # what is open now would be shared by all processes
