from django.urls import path

from reports.documents.issues import views

app_name = "issues"
urlpatterns = [
    path("", views.issue_list, name="list"),
    path("moi/", views.new_issue, name="new"),
    path("<int:pk>/", views.issue_detail, name="detail"),
    path("<int:pk>/ban-ky/", views.attach, name="attach"),
    path("<int:pk>/tep/<str:kind>/", views.file, name="file"),
]
