"""Refusals as problem documents (RFC 9457): what a program asks is never answered with a page."""

import json
import logging
import re
from collections.abc import Callable, Mapping
from functools import partial, wraps
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

log = logging.getLogger("danvan.api")
MEDIA_TYPE = "application/problem+json"
FORMATS = ("application/json", "text/csv")
TITLES = {
    401: "Cần mã truy cập",
    403: "Không có quyền",
    404: "Không tìm thấy",
    405: "Chỉ đọc, không ghi",
    406: "Chỉ có JSON và CSV",
    422: "Tham số chưa đúng",
    429: "Quá nhiều yêu cầu",
    500: "Lỗi của máy chủ",
    503: "Máy chủ đang bận",
}
_ASK = {"WWW-Authenticate": 'Bearer realm="danvan", Basic realm="danvan", charset="UTF-8"'}
# What is wrong with a parameter, by pydantic's name of the error.
_WRONG = {
    "missing": "thiếu tham số này",
    "extra_forbidden": "không có tham số này",
    "int_parsing": "phải là số nguyên",
    "bool_parsing": "chỉ nhận true hoặc false",
    "literal_error": "chỉ nhận {expected}",
    "greater_than_equal": "phải từ {ge} trở lên",
    "less_than_equal": "không được quá {le}",
    "string_too_long": "dài quá {max_length} ký tự",
    "date_from_datetime_parsing": "phải là một ngày có thật, dạng YYYY-MM-DD",
    "date_from_datetime_inexact": "phải là một ngày có thật, dạng YYYY-MM-DD",
    "danvan": "{reason}",
}


class ApiProblem(Exception):  # noqa: N818
    """A refusal with its status; `headers` go with the answer, `more` into the document."""

    def __init__(
        self, status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        self.status, self.detail, self.headers, self.more = status, detail, headers or {}, more
        super().__init__(detail)


def document(problem: ApiProblem) -> HttpResponse:
    """Return `problem` as an answer."""
    title = TITLES.get(problem.status, HTTPStatus(problem.status).phrase)
    told = {"type": "about:blank", "title": title, "status": problem.status}
    told |= {"detail": problem.detail, **problem.more}
    answer = HttpResponse(
        json.dumps(told, ensure_ascii=False), status=problem.status, content_type=MEDIA_TYPE
    )
    answer["Cache-Control"] = "private, no-store"
    for name, text in problem.headers.items():
        answer[name] = text
    return answer


def no_entry(detail: str) -> ApiProblem:
    """Return the refusal of a request without a key that opens anything."""
    return ApiProblem(401, detail, _ASK)


def told_as_problems(view: Any) -> Any:
    """Let `view`, made by the framework, refuse a wrong method, and a format there is not, with a document."""

    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not any(map(request.accepts, FORMATS)):
            return document(ApiProblem(406, f"Giao diện này chỉ trả lời {' hoặc '.join(FORMATS)}."))
        answer = view(request, *args, **kwargs)
        if answer.status_code != 405:
            return answer
        headers = {"Allow": answer["Allow"]}
        return document(ApiProblem(405, "Giao diện này chỉ đọc số liệu (GET).", headers))

    return answering


def handle_all(api: NinjaAPI) -> None:
    """Let `api` answer every exception with a document."""
    problems: dict[type[Exception], Callable[[Any], ApiProblem]] = {
        ApiProblem: lambda problem: problem,
        ValidationError: _parameters,
        HttpError: _of_status,
        Http404: lambda error: ApiProblem(404, "Không có dữ liệu này trong phạm vi."),
        PermissionDenied: lambda error: ApiProblem(403, str(error) or "Không có quyền."),
        DatabaseError: _database,
        Exception: _ours,
    }
    for kind, problem_of in problems.items():
        api.add_exception_handler(kind, partial(_answered, problem_of))


def _answered(problem_of: Any, request: HttpRequest, error: Any) -> HttpResponse:
    return document(problem_of(error))


def _of_status(error: HttpError) -> ApiProblem:
    if error.status_code == 401:
        return no_entry("Thiếu mã truy cập, hoặc mã sai.")
    return ApiProblem(error.status_code, TITLES.get(error.status_code, ""))


def _parameters(error: ValidationError) -> ApiProblem:
    """Say of each parameter what is wrong with it."""
    wrong = [
        {
            "parameter": str(one.get("ctx", {}).get("parameter") or one["loc"][-1]),
            "detail": _WRONG.get(one["type"], "giá trị chưa đúng").format_map(_words(one)),
        }
        for one in error.errors
    ]
    told = "; ".join(f"{one['parameter']}: {one['detail']}" for one in wrong)
    return ApiProblem(422, told, errors=wrong)


def _words(error: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a message names; a list of choices reads "'a', 'b' or 'c'"."""
    named = error.get("ctx", {})
    choices = re.findall(r"'([^']*)'", str(named.get("expected", "")))
    return {**named, "expected": ", ".join(choices)}


def _database(error: DatabaseError) -> ApiProblem:
    log.error("api: %s", error)
    busy = "Máy chủ dữ liệu đang bận. Vui lòng thử lại sau ít phút."
    return ApiProblem(503, busy, {"Retry-After": "60"})


def _ours(error: Exception) -> ApiProblem:
    log.error("api", exc_info=error)
    return ApiProblem(500, "Lỗi của máy chủ, đã được ghi lại. Vui lòng thử lại sau.")
