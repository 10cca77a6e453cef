from django.urls import path

from danvan.imports import views

app_name = "imports"
urlpatterns = [
    path("", views.job_list, name="list"),
    path("<slug:slug>/tai-len/", views.upload, name="upload"),
    path("<slug:slug>/mau/", views.template, name="template"),
    path("<int:pk>/", views.job_page, name="job"),
    path("<int:pk>/xac-nhan/", views.confirm, name="confirm"),
    path("<int:pk>/bo/", views.cancel, name="cancel"),
    path("<int:pk>/kiem-tra-lai/", views.recheck, name="recheck"),
    path("<int:pk>/hoan-tac/", views.undo, name="undo"),
    path("<int:pk>/tep-loi/", views.errors, name="errors"),
]
