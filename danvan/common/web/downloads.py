"""A file that is sent: never remembered on the way, never taken for another kind of file."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def attachment(name: str, data: bytes, media_type: str, *, shown: bool = False) -> HttpResponse:
    """Return `data` as a download called `name`, or to be `shown` by the browser: what runs nothing there."""
    response = HttpResponse(data, content_type=media_type)
    response["Content-Disposition"] = str(content_disposition_header(not shown, name))
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
