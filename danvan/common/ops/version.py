"""Which program this is: two processes of one site must run the same."""

import functools
import hashlib

from django.conf import settings


@functools.cache
def running_version() -> str:
    """Return a digest of the program's own files, data as well as code, as they are at the first call.

    Asked when a process starts: later the files may be those of the next version already.
    """
    digest = hashlib.sha256((settings.BASE_DIR / "requirements.txt").read_bytes())
    for folder in ("danvan", "records", "reports", "templates"):
        for path in sorted((settings.BASE_DIR / folder).rglob("*")):
            if "__pycache__" in path.parts or not path.is_file():
                continue  # Python writes there meanwhile, and puts things aside under other names
            digest.update(f"{path.relative_to(settings.BASE_DIR)}\n".encode() + path.read_bytes())
    return digest.hexdigest()
