"""`make cluster` (ONLY="web primary" for some scenes): start the cluster, let things go wrong, tell what held.

The scenes: hosts web worker primary store upgrade, each under a minute of load.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.cluster.machine import ClusterError
from tests.cluster.scenes import SCENES, Row
from tests.cluster.site import Site


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=f"of {' '.join(SCENES)}")
    parser.add_argument("--seconds", type=float, default=60, help="of load for each scene")
    parser.add_argument("--programs", type=Path, required=True, help="the folder of initdb")
    asked = parser.parse_args()
    if unknown := set(asked.scenes) - set(SCENES):
        parser.error(f"no scene {min(unknown)}: choose among {' '.join(SCENES)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # In the temporary folder: the path of a socket may have 107 letters only.
    folder = Path(tempfile.mkdtemp(prefix="danvan-c-", dir="/tmp"))
    start, rows = time.monotonic(), []
    site = Site(folder, asked.programs)
    try:
        say("Starting PostgreSQL twice, PgBouncer, the store, two web hosts, two workers, nginx …")
        site.start()
        say(f"… up after {time.monotonic() - start:.0f} s; {site.hosts.proxy.address}")
        for name in asked.scenes or SCENES:
            rows.append(play(site, name, asked.seconds))
        failed = sum(not good for row in rows for _, good in row.checks)
        if failed:
            say(site.logs())
    except ClusterError as error:
        say(f"{error}\n{site.logs()}")
        rows.append(Row("the cluster", checks=[("it starts", False)]))
    finally:
        site.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return tell(rows, time.monotonic() - start)


def play(site: Site, name: str, seconds: float) -> Row:
    """Play one scene; what stops it is a failed check of it."""
    say(f"=== {name}: {SCENES[name].__doc__.splitlines()[0]}")
    try:
        row = SCENES[name](site, seconds)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are played
        row = Row(name, checks=[(f"{type(error).__name__}: {error}", False)])
    for what, good in row.checks:
        say(f"    {'ok    ' if good else 'FAILED'} {what}")
    return row


def tell(rows: list[Row], seconds: float) -> int:
    """Print the table and how it ended; return the number to exit with."""
    heads = ("scene", "saves lost", "errors seen", "s without service", "")
    lines = [(row.scene, row.lost, row.errors, row.away, row.note) for row in rows]
    widths = [max(len(line[at]) for line in (heads, *lines)) for at in range(4)]
    say("")
    for line in (heads, *lines):
        say("  ".join(cell.ljust(width) for cell, width in zip(line, [*widths, 0], strict=True)))
    checks = [good for row in rows for _, good in row.checks]
    say(f"\n{seconds:.0f} s\n{sum(checks)} passed, {len(checks) - sum(checks)} failed")
    return int(not all(checks))


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
