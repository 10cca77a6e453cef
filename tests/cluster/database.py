"""PostgreSQL twice, the second a synchronous standby of the first, and PgBouncer before both."""

import shutil
import signal
from pathlib import Path
from urllib.parse import quote

import psycopg

from tests.cluster.machine import ClusterError, Process, as_user, call, give_to, wait_until

NAME = "danvan"
CONF = """
listen_addresses = ''
unix_socket_directories = '{folder}'
port = 5432
max_connections = 100
max_wal_senders = 5
wal_keep_size = 256MB
hot_standby = on
hot_standby_feedback = on
synchronous_commit = on
cluster_name = '{name}'
"""
BOUNCER = """
[databases]
danvan = host={primary} port=5432 dbname=danvan user=danvan
danvan_replica = host={replica} port=5432 dbname=danvan user=danvan

[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = {folder}
auth_type = any
admin_users = postgres
pool_mode = transaction
default_pool_size = 20
max_client_conn = 500
ignore_startup_parameters = options, extra_float_digits
server_login_retry = 1
server_connect_timeout = 3
query_wait_timeout = 10
log_connections = 0
log_disconnections = 0
"""
# PgBouncer drops the limits that the program asks for; Django would set the time zone at every connection.
ROLE = """
CREATE ROLE danvan LOGIN;
ALTER ROLE danvan SET timezone = 'UTC';
ALTER ROLE danvan SET lock_timeout = '5s';
ALTER ROLE danvan SET statement_timeout = '30s';
ALTER ROLE danvan SET idle_in_transaction_session_timeout = '60s';
"""


class Server:
    """One PostgreSQL: its folder, which is also where its socket lies."""

    def __init__(self, name: str, folder: Path, programs: Path):
        self.name, self.programs, self.folder = name, programs, folder / name
        self.folder.mkdir()
        give_to("postgres", self.folder)
        self.data = self.folder / "data"
        self.process = self._process()

    def _process(self) -> Process:
        command = [*as_user("postgres"), self.programs / "postgres", "-D", self.data]
        return Process(self.name, command, self.folder.parent)

    def create(self) -> None:
        """Make it the primary of a new cluster."""
        self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                  "--locale=C", "--no-sync")  # fmt: skip
        self._configure()
        self.start()
        for line in (*ROLE.strip().split("\n"), f"CREATE DATABASE {NAME} OWNER {NAME}"):
            self.ask(line)

    def follow(self, other: "Server") -> None:
        """Make it a standby of `other`, from nothing, and wait until `other` commits nothing without it."""
        shutil.rmtree(self.data, ignore_errors=True)
        where = f"host={other.folder} port=5432 user=postgres application_name={self.name}"
        self._run("pg_basebackup", "-D", self.data, "-d", where, "-X", "stream", "-R", "-c", "fast")
        self._configure()
        self.start()
        other.ask(f"ALTER SYSTEM SET synchronous_standby_names = '{self.name}'")
        other.ask("SELECT pg_reload_conf()")
        synchronous = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        wait_until(f"{self.name} follows", lambda: other.ask(synchronous)[0][0] == 1)

    def promote(self) -> None:
        """Make the standby the primary; it waits for nobody."""
        self._run("pg_ctl", "-D", self.data, "-w", "promote")

    def start(self) -> None:
        self.process.start()
        wait_until(f"{self.name} answers", self.is_up)

    def kill(self) -> None:
        """Kill all of its processes at once."""
        self.process.kill()

    def is_up(self) -> bool:
        try:
            self.ask("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def ask(self, statement: str, database: str = "postgres") -> list[tuple]:
        """Return the rows of `statement`, asked by the superuser past PgBouncer."""
        where = {"host": str(self.folder), "port": 5432, "user": "postgres", "dbname": database}
        with psycopg.connect(**where, autocommit=True, connect_timeout=3) as server:
            cursor = server.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def site(self, statement: str) -> list[tuple]:
        """Return the rows of `statement` about the site."""
        return self.ask(statement, NAME)

    def _configure(self) -> None:
        conf = self.data / "postgresql.conf"
        own = CONF.format(folder=self.folder, name=self.name)
        conf.write_text(conf.read_text().partition("# ours\n")[0] + "# ours\n" + own)

    def _run(self, program: str, *arguments) -> None:
        command = [*as_user("postgres"), self.programs / program, *arguments]
        call(*command, folder=self.folder.parent)


class Bouncer:
    """PgBouncer in transaction mode: `danvan` is the primary, `danvan_replica` the standby."""

    def __init__(self, folder: Path):
        self.folder = folder / "bouncer"
        self.folder.mkdir()
        give_to("postgres", self.folder)
        self.ini = self.folder / "pgbouncer.ini"
        program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
        if not program:
            raise ClusterError("pgbouncer is not installed.")
        self.process = Process("pgbouncer", [*as_user("postgres"), program, self.ini], folder)

    def write(self, primary: Server, replica: Server) -> None:
        """Say which is which."""
        text = BOUNCER.format(primary=primary.folder, replica=replica.folder, folder=self.folder)
        self.ini.write_text(text)

    def start(self) -> None:
        self.process.start()
        wait_until("PgBouncer answers", lambda: (self.folder / ".s.PGSQL.6432").exists())

    def repoint(self, primary: Server, replica: Server) -> None:
        """Send everybody to the new primary, as an operator's script does after a promotion."""
        self.write(primary, replica)
        for command in ("RELOAD", "RECONNECT"):
            self._console(command)

    def _console(self, command: str) -> None:
        where = {"host": str(self.folder), "port": 6432, "user": "postgres", "dbname": "pgbouncer"}
        with psycopg.connect(**where, autocommit=True) as console:
            console.pgconn.exec_(command.encode())  # it knows the simple protocol alone

    def url(self, name: str = NAME) -> str:
        """Return the address that the site is given."""
        return f"postgresql://{NAME}@{quote(str(self.folder), safe='')}:6432/{name}"


def url_of(server: Server) -> str:
    """Return the address past PgBouncer, for migrations."""
    return f"postgresql://{NAME}@{quote(str(server.folder), safe='')}:5432/{NAME}"


class Pair:
    """Who is primary and who standby, PgBouncer before them, and what an operator's script does."""

    def __init__(self, folder: Path, programs: Path):
        self.primary, self.standby = (Server(name, folder, programs) for name in ("pg1", "pg2"))
        self.bouncer = Bouncer(folder)

    def start(self) -> None:
        self.primary.create()
        self.standby.follow(self.primary)
        self.bouncer.write(self.primary, self.standby)
        self.bouncer.start()

    def fail_over(self) -> None:
        """Notice that the primary is gone, promote the standby, send everybody there."""
        wait_until("the primary is gone", lambda: not self.primary.is_up(), every=0.5)
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary
        self.bouncer.repoint(self.primary, self.primary)  # no replica until there is one again

    def pair_again(self) -> None:
        """Make what is left of the old primary a standby of the new one."""
        self.standby.follow(self.primary)
        self.bouncer.repoint(self.primary, self.standby)

    def stop(self) -> None:
        self.bouncer.process.kill()
        for server in (self.standby, self.primary):
            server.process.signal(signal.SIGQUIT)
            server.kill()
