"""What a person likes to see, kept on the account: how close tables stand, lists under names of their own."""

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from danvan.accounts.models import SavedList, User
from danvan.accounts.requests import PersonRequest
from danvan.common.handbook.why import Why
from danvan.common.numbers import read_id
from danvan.common.text import clean_line

CHOICE = "compact"
MOST_LISTS = 30  # of one person at one place
_PLACE = re.compile("[a-z-]{1,60}")


def _back(request: HttpRequest) -> HttpResponse:
    """Go back to the page of ours that was posted from."""
    back = request.POST.get("next", "")
    is_ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if is_ours else "home")


@require_POST
def density(request: PersonRequest) -> HttpResponse:
    """Keep the choice of the logged-in person and go back to the page it was made on."""
    keep_density(request.user, request.POST.get(CHOICE, ""))
    return _back(request)


def keep_density(user: User, choice: str) -> None:
    """Store "1" (close) or "0" (with room) on the account of `user`; anything else changes nothing."""
    if choice in ("0", "1"):
        user.compact = choice == "1"
        user.save(update_fields=["compact"])


@require_POST
def keep_list(request: PersonRequest) -> HttpResponse:
    """Keep a list of the logged-in person under a name ("named"), or its columns; go back to it."""
    posted = request.POST
    place, name = posted.get("place", ""), clean_line(posted.get("name", ""))[:60]
    if not _PLACE.fullmatch(place):
        return _back(request)
    if "named" in posted and not name:
        messages.warning(request, "Vui lòng đặt tên cho bộ lọc, ví dụ: Đối thoại chuyên đề 2024.")
        return _back(request)
    own = SavedList.objects.filter(user=request.user, place=place)
    if own.exclude(name=name).count() >= MOST_LISTS:
        told = f"Mỗi danh sách lưu tối đa {MOST_LISTS} bộ lọc, vui lòng xóa bớt."
        messages.error(request, told, extra_tags=Why.LIMIT)
        return _back(request)
    query = QueryDict(posted.get("query", "")[:900], mutable=True)
    query.setlist("cot", posted.getlist("cot")[:40])
    SavedList.objects.update_or_create(
        user=request.user, place=place, name=name, defaults={"query": query.urlencode()[:1000]}
    )
    if name:
        messages.success(request, f"Đã lưu bộ lọc “{name}”.")
    return _back(request)


@require_POST
def drop_list(request: PersonRequest) -> HttpResponse:
    """Forget one list of the logged-in person; go back to where it stood."""
    pk = read_id(request.POST.get("pk", "")) or 0
    for row in SavedList.objects.filter(user=request.user, pk=pk):
        messages.success(request, f"Đã xóa bộ lọc “{row}”.")
        row.delete()
    return _back(request)
