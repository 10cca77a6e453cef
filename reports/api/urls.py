from django.urls import include, path

from reports.api import operations

urlpatterns = [
    path("", operations.guide, name="api-guide"),
    path("v1/", include((operations.urls(), "api-v1"))),
]
