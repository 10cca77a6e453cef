from django.urls import path

from reports.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.notice_list, name="list"),
    path("thu-nhac/", views.mail_choice, name="mail"),
]
