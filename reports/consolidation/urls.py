"""Addresses of the consolidation, included below "tong-hop/" by reports/urls.py."""

from django.urls import path

from reports.consolidation import views

urlpatterns = [
    path("", views.consolidation, name="consolidation"),
    path("xuat-excel/", views.export, name="consolidation_export"),
    path("chi-tieu/<str:code>/", views.drill, name="drill"),
]
