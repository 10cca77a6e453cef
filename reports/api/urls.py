from django.urls import include, path, re_path

from reports.api import operations

urlpatterns = [
    path("", operations.guide, name="api-guide"),
    path("v1/", include((operations.urls(), "api-v1"))),
    re_path("^(?P<rest>.+)$", operations.unknown, name="api-unknown"),
]
