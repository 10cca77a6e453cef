"""Addresses of the yearly report. The ledger and the letterheads have their own (danvan/urls.py)."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from reports.catalogue import views as views_catalogue
from reports.catalogue import views_guidance
from reports.consolidation import views as views_consolidation
from reports.documents.narrative import views as views_narrative
from reports.figures import views_entry, views_taking
from reports.overview import views as views_overview
from reports.sheets import views as views_values
from reports.texts import views as views_texts
from reports.workflow import views_answering, views_periods, views_queue, views_review


class CatalogueConverter(StringConverter):
    """A catalogue's slug: its year, or the part of it since there are no districts."""

    regex = "[0-9]{4}(-2)?"


register_converter(CatalogueConverter, "catalogue")

app_name = "reports"
urlpatterns = [
    path("", views_queue.ReportListView.as_view(), name="list"),
    path("<int:pk>/", views_review.detail, name="detail"),
    path("<int:pk>/nhap/", views_entry.EntryView.as_view(), name="entry"),
    path("<int:pk>/nhap/tu-ho-so/", views_taking.TakeView.as_view(), name="take"),
    path("<int:pk>/xuat-excel/", views_values.export_report, name="report_export"),
    path("<int:pk>/xuat-word/", views_narrative.export_report, name="report_word"),
    path("<int:pk>/xu-ly/", views_review.move, name="move"),
    path("<int:pk>/gia-han/", views_review.extend, name="extend"),
    path(
        "<int:pk>/nhan-xet/<int:remark>/xong/", views_review.resolve_remark, name="resolve_remark"
    ),
    path("<int:pk>/lich-su/<str:code>/", views_review.figure_history, name="figure_history"),
    path("xet-duyet/", views_queue.ReviewView.as_view(), name="review"),
    path("tong-hop/", views_consolidation.consolidation, name="consolidation"),
    path("tong-hop/xuat-excel/", views_consolidation.export, name="consolidation_export"),
    path("tong-hop/loi-van/", views_texts.gathered_texts, name="texts"),
    path("tong-hop/loi-van/<int:pk>/", views_texts.piece, name="text_piece"),
    path("tong-hop/xuat-word/", views_narrative.export_consolidation, name="consolidation_word"),
    path("tong-hop/chi-tieu/<str:code>/", views_consolidation.drill, name="drill"),
    path("toan-canh/", views_overview.overview, name="overview"),
    path("toan-canh/chi-tieu/", views_overview.choose_headlines, name="headlines"),
    path("ky/", views_periods.period_list, name="periods"),
    path("ky/mo/", views_periods.open_new, name="period_open"),
    path("ky/<int:pk>/", views_periods.period_detail, name="period"),
    path("ky/<int:pk>/chia-tach/", views_answering.split_units, name="period_split"),
    path("ky/<int:pk>/so-lieu/", views_values.export_values, name="export_values"),
    path("ky/<int:pk>/khoa/", views_periods.close, name="period_close"),
    path("ky/<int:pk>/mo-lai/", views_periods.reopen, name="period_reopen"),
    path("danh-muc/", views_catalogue.catalogue_list, name="catalogues"),
    path("danh-muc/<catalogue:year>/", views_catalogue.catalogue_detail, name="catalogue"),
    path("danh-muc/huong-dan/", views_guidance.guidance_now, name="guidance_now"),
    path("danh-muc/<catalogue:year>/huong-dan/", views_guidance.guidance, name="guidance"),
    path(
        "danh-muc/<catalogue:year>/huong-dan/<str:section>/",
        views_guidance.guidance,
        name="guidance_section",
    ),
    path("danh-muc/<catalogue:year>/sao-chep/", views_catalogue.copy, name="catalogue_copy"),
    path(
        "danh-muc/<catalogue:year>/<str:kind>/them/", views_catalogue.edit_row, name="catalogue_add"
    ),
    path(
        "danh-muc/<catalogue:year>/<str:kind>/<int:pk>/",
        views_catalogue.edit_row,
        name="catalogue_edit",
    ),
    path(
        "danh-muc/<catalogue:year>/<str:kind>/<int:pk>/xoa/",
        views_catalogue.delete,
        name="catalogue_delete",
    ),
]
