from django.urls import path

from reports.figures import views_ledger

app_name = "ledger"
urlpatterns = [
    path("", views_ledger.LedgerView.as_view(), name="list"),
    path("xuat/", views_ledger.LedgerView.as_view(as_file=True), name="export"),
]
