"""A file that is sent to be kept, never to be shown by the browser or remembered on the way."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def attachment(name: str, data: bytes, media_type: str) -> HttpResponse:
    """Return `data` as a download called `name`."""
    response = HttpResponse(data, content_type=media_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
