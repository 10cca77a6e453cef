from django.urls import path, register_converter

from records import views, views_files
from records.converters import KindConverter
from records.sheets import views as views_excel

register_converter(KindConverter, "kind")

app_name = "records"
urlpatterns = [
    path("", views.StartView.as_view(), name="start"),
    path("<kind:kind>/", views.RecordListView.as_view(), name="list"),
    path("<kind:kind>/xuat-excel/", views_excel.ExportView.as_view(), name="export"),
    path("<kind:kind>/ghi-moi/", views.RecordFormView.as_view(), name="create"),
    path("<kind:kind>/xoa-nhieu/", views.BulkDeleteView.as_view(), name="bulk_delete"),
    path("<kind:kind>/<int:pk>/", views.RecordDetailView.as_view(), name="detail"),
    path("<kind:kind>/<int:pk>/sua/", views.RecordFormView.as_view(), name="edit"),
    path("<kind:kind>/<int:pk>/nhan-ban/", views.RecordFormView.as_view(copying=True), name="copy"),
    path("<kind:kind>/<int:pk>/xoa/", views.RecordDeleteView.as_view(), name="delete"),
    path("<kind:kind>/<int:pk>/lich-su/", views.HistoryView.as_view(), name="history"),
    path("<kind:kind>/<int:pk>/tep/", views_files.AttachView.as_view(), name="attach"),
    path("<kind:kind>/<int:pk>/tep/<uuid:file>/", views_files.FileView.as_view(), name="file"),
    path(
        "<kind:kind>/<int:pk>/tep/<uuid:file>/xoa/", views_files.DetachView.as_view(), name="detach"
    ),
]
