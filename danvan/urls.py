"""The URLconf. Every URL here is a row of the permission matrix (tests/test_permission_matrix.py)."""

from django.contrib import admin
from django.urls import include, path

from danvan import views
from danvan.common.ops.health import healthz

urlpatterns = [
    path("", views.home, name="home"),
    path("", include("danvan.accounts.urls")),
    path("nhat-ky/so-lieu/", include("reports.figures.urls_ledger")),
    path("bao-cao/", include("reports.urls")),
    path("huong-dan/", include("danvan.common.handbook.urls")),
    path("thong-bao/", include("reports.notices.urls")),
    path("van-ban/", include("reports.documents.urls")),
    path("ban-hanh/", include("reports.documents.issues.urls")),
    path("sap-xep/", include("reports.restructuring.urls")),
    path("nhap-excel/", include("danvan.imports.urls")),
    path("ho-so/", include("records.urls")),
    path("api/", include("reports.api.urls")),
    path("favicon.ico", views.favicon, name="favicon"),
    path("healthz", healthz, name="healthz"),
    path("worker.js", views.worker, name="worker"),
    path("ngoai-tuyen/", views.offline, name="offline"),
    path("quan-tri/", admin.site.urls),
]
handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.server_error
