"""Addresses of the records: Vietnamese outside, the declaration of the kind inside."""

from typing import Any

from django.urls import path, register_converter

from records import views, views_form
from records.files import views as views_files
from records.guidance import views as views_guidance
from records.kinds import BY_MODEL, BY_SLUG, KINDS, RecordKind
from records.sheets import views as views_excel


class KindConverter:
    """/ho-so/hoi-nghi-doi-thoai/ ↔ the dialogue kind; reversing also takes slug or model."""

    regex = "|".join(kind.path for kind in KINDS)
    _by_path = {kind.path: kind for kind in KINDS}

    def to_python(self, value: str) -> RecordKind:
        return self._by_path[value]

    def to_url(self, value: Any) -> str:
        if isinstance(value, RecordKind):
            return value.path
        return (BY_SLUG[value] if isinstance(value, str) else BY_MODEL[value]).path


register_converter(KindConverter, "kind")

app_name = "records"
urlpatterns = [
    path("", views.StartView.as_view(), name="start"),
    path("huong-dan/", views_guidance.guidance, name="guidance"),
    path("huong-dan/<kind:kind>/<str:field>/", views_guidance.edit, name="guidance_edit"),
    path("<kind:kind>/", views.RecordListView.as_view(), name="list"),
    path("<kind:kind>/xuat-excel/", views_excel.ExportView.as_view(), name="export"),
    path("<kind:kind>/ghi-moi/", views_form.RecordFormView.as_view(), name="create"),
    path("<kind:kind>/xoa-nhieu/", views.BulkDeleteView.as_view(), name="bulk_delete"),
    path("<kind:kind>/<int:pk>/", views.RecordDetailView.as_view(), name="detail"),
    path("<kind:kind>/<int:pk>/sua/", views_form.RecordFormView.as_view(), name="edit"),
    path(
        "<kind:kind>/<int:pk>/nhan-ban/",
        views_form.RecordFormView.as_view(copying=True),
        name="copy",
    ),
    path("<kind:kind>/<int:pk>/xoa/", views.RecordDeleteView.as_view(), name="delete"),
    path("<kind:kind>/<int:pk>/lich-su/", views.HistoryView.as_view(), name="history"),
    path("<kind:kind>/<int:pk>/tep/", views_files.AttachView.as_view(), name="attach"),
    path("<kind:kind>/<int:pk>/tep/<uuid:file>/", views_files.FileView.as_view(), name="file"),
    path(
        "<kind:kind>/<int:pk>/tep/<uuid:file>/xoa/", views_files.DetachView.as_view(), name="detach"
    ),
]
