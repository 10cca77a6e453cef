"""The addresses of the interface. Thin: parameters in, rows of rows.py out; every refusal is a document."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from ninja import NinjaAPI, Query

from danvan.accounts.models import User
from danvan.common.db.replica import may_lag
from records.kinds import KINDS
from reports.api import params, rows, schemas
from reports.api.access import BasicKey, BearerKey, of_session
from reports.api.output import answer
from reports.api.problems import (
    MEDIA_TYPE,
    ApiProblem,
    document,
    handle_all,
    told_as_problems,
)

PREFIX = "/api/v1/"
# Shown on the guide, to be pasted into Power BI.
POWER_QUERY = """let
  Nguon = Web.Contents("BASE", [
    RelativePath = "figures",
    Query = [first_year = "2021", last_year = "2024", format = "csv"],
    Headers = [Authorization = "Bearer dv1_MA_TRUY_CAP"]
  ]),
  Bang = Csv.Document(Nguon, [Delimiter = ",", Encoding = 65001, QuoteStyle = QuoteStyle.Csv]),
  CoTieuDe = Table.PromoteHeaders(Bang),
  Kieu = {{"year", Int64.Type}, {"number", type number}},
  KetQua = Table.TransformColumnTypes(CoTieuDe, Kieu, "en-US")
in
  KetQua"""


class KeyRequest(HttpRequest):
    """A request that came in with a key (for type checkers)."""

    auth: User


api = NinjaAPI(
    title="Báo cáo công tác dân vận",
    version="1.0.0",
    description="Đọc số liệu bằng mã truy cập của một tài khoản, trong phạm vi của tài khoản đó.",
    openapi_url=None,
    docs_url=None,
    urls_namespace="api-v1",
    auth=[BearerKey(), BasicKey()],
)
handle_all(api)


def operation(address: str, name: str, response: Any, summary: str) -> Any:
    """Return the decorator of an address that is read by GET, and by HEAD as GET."""
    documented = {200: response}
    documented |= dict.fromkeys((401, 403, 404, 406, 422, 429, 503), schemas.ProblemDocument)
    asked = api.api_operation(
        ["GET", "HEAD"], address, response=documented, summary=summary, url_name=name
    )
    # The key is checked, and its calls are counted, before.
    return lambda view: asked(may_lag(view))


@operation("/units", "units", schemas.ApiPage[schemas.ApiUnit], "Đơn vị hành chính tại một ngày")
def units(request: KeyRequest, asked: Query[params.UnitsAsked]) -> HttpResponseBase:
    """Return the units in force on a day."""
    return answer(request, asked, rows.units(request.auth, asked))


@operation(
    "/catalogue", "catalogue", schemas.ApiPage[schemas.IndicatorRow], "Danh mục chỉ tiêu của năm"
)
def catalogue(request: KeyRequest, asked: Query[params.CatalogueAsked]) -> HttpResponseBase:
    """Return the indicators of a year."""
    return answer(request, asked, rows.catalogue(request.auth, asked))


@operation(
    "/reports", "reports", schemas.ApiPage[schemas.ReportRow], "Tình hình gửi, duyệt báo cáo"
)
def reports(request: KeyRequest, asked: Query[params.ReportsAsked]) -> HttpResponseBase:
    """Return where reports stand."""
    return answer(request, asked, rows.reports(request.auth, asked))


@operation(
    "/figures", "figures", schemas.ApiPage[schemas.FigureRow], "Số liệu từng đơn vị đã báo cáo"
)
def figures(request: KeyRequest, asked: Query[params.FiguresAsked]) -> HttpResponseBase:
    """Return figures as they were entered."""
    return answer(request, asked, rows.figures(request.auth, asked))


@operation("/consolidation", "consolidation", schemas.Totals, "Số liệu tổng hợp của một đơn vị")
def consolidation(request: KeyRequest, asked: Query[params.ConsolidationAsked]) -> HttpResponseBase:
    """Return consolidated figures."""
    return answer(request, asked, rows.consolidation(request.auth, asked))


@operation("/records/{kind}", "records", schemas.Records, "Hồ sơ công tác của một loại")
def records(request: KeyRequest, kind: str, asked: Query[params.RecordsAsked]) -> HttpResponseBase:
    """Return records of one kind."""
    return answer(request, asked, rows.records(request.auth, kind, asked))


@api.api_operation(
    ["GET", "HEAD"],
    "/openapi.json",
    auth=[of_session, BearerKey(), BasicKey()],
    include_in_schema=False,
    url_name="openapi",
)
def openapi(request: HttpRequest) -> HttpResponse:
    """Return the OpenAPI document, for those who are logged in and for programs with a key."""
    return JsonResponse(described(), json_dumps_params={"ensure_ascii": False})


def described() -> dict[str, Any]:
    """Return the OpenAPI document: HEAD answers as GET and is told once, refusals and CSV with their types."""
    told = api.get_openapi_schema(path_prefix=PREFIX)
    for methods in told["paths"].values():
        methods.pop("head")
        for status, given in methods["get"]["responses"].items():
            if status == 200:
                given["content"]["text/csv"] = {"schema": {"type": "string"}}
            else:
                given["content"] = {MEDIA_TYPE: given["content"]["application/json"]}
    return dict(told)


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """Show how the interface is used: addresses, Power BI, Excel."""
    base = request.build_absolute_uri(PREFIX)
    context = {
        "base": base,
        "kinds": KINDS,
        "calls": settings.API_CALLS_A_MINUTE,
        "power_query": POWER_QUERY.replace("BASE", base),
    }
    return render(request, "reports/api/guide.html", context)


@csrf_exempt
@login_not_required
def unknown(request: HttpRequest, rest: str) -> HttpResponse:
    """Answer any other address below: a program is never answered with a page."""
    return document(ApiProblem(404, "Không có địa chỉ này. Xem hướng dẫn ở trang Mã truy cập."))


def urls() -> list[URLPattern]:
    """Return the addresses of version 1; they ask for a key instead of a login."""
    made = [pattern for pattern in api.urls[0] if isinstance(pattern, URLPattern)]
    found = [pattern for pattern in made if pattern.name != "api-root"]
    for pattern in found:
        pattern.callback = login_not_required(csrf_exempt(told_as_problems(pattern.callback)))
    return found
