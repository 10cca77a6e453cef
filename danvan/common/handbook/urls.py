"""Addresses of the handbook."""

from django.urls import path

from danvan.common.handbook import views

app_name = "handbook"
urlpatterns = [
    path("", views.index, name="index"),
    path("ba-buoc/", views.welcome, name="welcome"),
    path("<slug:slug>/", views.chapter, name="chapter"),
]
