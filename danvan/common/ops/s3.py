"""Files in a bucket (S3 or a store that speaks like it) that all web hosts and workers see."""

import uuid
from pathlib import PurePosixPath
from typing import Any

from botocore.config import Config
from storages.backends.s3 import S3Storage


class SharedStorage(S3Storage):
    """Django's storage in a bucket. A file appears there whole or not at all; nobody else reads the bucket."""

    def get_default_settings(self) -> dict[str, Any]:
        """Return the library's settings with less patience: people are told before a proxy gives up."""
        patience = {"connect_timeout": 3, "read_timeout": 10, "retries": {"total_max_attempts": 2}}
        return {**super().get_default_settings(), "client_config": Config(**patience)}

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return a name that is surely free: two hosts that ask at once would both find a plain one free.

        `max_length` is kept by the callers, whose names are short.
        """
        path = PurePosixPath(name)
        return str(path.with_name(f"{path.stem}-{uuid.uuid4().hex[:16]}{path.suffix}"))

    def url(self, *args: Any, **kwargs: Any) -> str:
        """Files leave through the site, which asks the right first."""
        raise NotImplementedError
