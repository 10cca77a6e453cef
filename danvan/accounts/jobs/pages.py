"""A file too large for a request: the page that makes it offers to leave it to a worker, which asks it again.

    if is_long(request, rows, ROWS_AT_ONCE):
        return later(request, "Hội nghị đối thoại")

Reading the page begins no work: it shows a button, which sends what the page signed for this person. The
worker asks as the same person, with the same address: the page judges rights and scope as of then.
"""

import datetime
import io
from typing import Any

from django.contrib.messages.storage.cookie import CookieStorage
from django.core import signing
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.http import parse_header_parameters

from danvan.accounts.audit import security_log
from danvan.accounts.jobs.working import JobRefused, Result, ask
from danvan.accounts.models import Job
from danvan.accounts.models.trail import SecurityKind
from danvan.accounts.requests import person
from danvan.accounts.rights import Action
from danvan.common.db.replica import cookie_name
from danvan.common.excel import MAX_SHEET_ROWS
from danvan.common.numbers import format_number
from danvan.common.ops.progress import expect

_SALT, _GOOD_FOR = "danvan.jobs.page", datetime.timedelta(days=1)
TOO_LONG = (
    f"Danh sách có hơn {format_number(MAX_SHEET_ROWS - 1)} dòng, một trang Excel không chứa hết. "
    "Vui lòng lọc theo năm, theo đơn vị rồi tải từng phần."
)


class WorkerRequest(HttpRequest):
    """A request of a worker for the person whose job it does."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.method = "GET"
        self.path = self.path_info = job.params["page"]
        self.GET = QueryDict(job.params["query"])
        self.user = job.owner
        if job.params.get("wrote"):
            self.COOKIES = {cookie_name(): "1"}  # who had just written reads the primary
        self._messages = CookieStorage(self)  # what a page says there nobody reads


def is_long(request: HttpRequest, rows: QuerySet | int, most: int) -> bool:
    """Tell whether more than `most` of `rows` are asked for, too many for a request.

    Never for a worker, which takes them all. Raises JobRefused for more than a sheet holds.
    """
    if not isinstance(rows, int) and not rows.query.is_sliced:
        rows = rows.order_by()
    if isinstance(request, WorkerRequest):
        number = rows if isinstance(rows, int) else rows.count()
        if number >= MAX_SHEET_ROWS:
            raise JobRefused(TOO_LONG)
        expect(number)
        return False
    if isinstance(rows, int):
        return rows > most
    return rows.values("pk")[: most + 1].count() > most


def later(request: HttpRequest, title: str, action: Action = Action.VIEW) -> HttpResponse:
    """Offer to leave the file of this page to a worker."""
    query = request.GET.urlencode()
    params = {"page": request.path, "query": query, "again": f"{request.path}?{query}"}
    offer = signing.dumps([person(request).pk, title, action, params], salt=_SALT)
    return render(request, "accounts/jobs/offer.html", {"title": title, "offer": offer})


def take_up(request: HttpRequest, offer: str) -> Job | None:
    """Leave to a worker what a page offered to this person; None for no such offer. Raises as `ask`."""
    try:
        owner, title, action, params = signing.loads(offer, salt=_SALT, max_age=_GOOD_FOR)
    except signing.BadSignature:
        return None
    if owner != person(request).pk:
        return None
    if cookie_name() in request.COOKIES:
        params["wrote"] = True
    return ask(person(request), "page", title, action=Action(action), params=params)


def ask_page(job: Job) -> Result:
    """Return the file of the page that `job` is about. Raises what the page raises, JobRefused for no file."""
    request = WorkerRequest(job)
    try:
        match = resolve(job.params["page"])
    except Resolver404 as error:
        raise Http404 from error
    request.resolver_match = match
    answer: Any = match.func(request, *match.args, **match.kwargs)
    named = parse_header_parameters(answer.headers.get("Content-Disposition", ""))[1]
    if answer.status_code != 200 or "filename" not in named:
        raise JobRefused("Không còn dữ liệu để lập tệp này. Vui lòng xem lại trang và yêu cầu lại.")
    file = answer.file_to_stream if isinstance(answer, FileResponse) else io.BytesIO(answer.content)
    security_log.record(SecurityKind.EXPORT, query=job.params["query"][:500])
    return Result(file, named["filename"], answer.headers["Content-Type"])
