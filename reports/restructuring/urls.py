"""Addresses of the changes of units."""

from django.urls import path

from reports.restructuring import views

app_name = "restructuring"
urlpatterns = [
    path("", views.change_list, name="list"),
    path("moi/", views.new_change, name="new"),
    path("<int:pk>/", views.change_page, name="change"),
    path("<int:pk>/nghi-quyet/", views.resolution, name="resolution"),
    path("<int:pk>/don-vi-moi/", views.new_units, name="units"),
    path("<int:pk>/don-vi-cu/", views.moves, name="moves"),
    path("<int:pk>/hoan-tac/", views.undo, name="undo"),
    path("<int:pk>/xoa/", views.delete, name="delete"),
]
