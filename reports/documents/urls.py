from django.urls import path

from reports.documents import views, views_urging

app_name = "documents"
urlpatterns = [
    path("don-doc/", views_urging.urge, name="urge"),
    path("the-thuc/", views.letterhead_list, name="letterheads"),
    path("the-thuc/<int:unit>/", views.letterhead, name="letterhead"),
    path("the-thuc/<int:unit>/word/", views.letterhead_word, name="letterhead_word"),
    path("the-thuc/<int:unit>/moi/", views.edit_letterhead, name="letterhead_new"),
    path("the-thuc/<int:unit>/<int:pk>/", views.edit_letterhead, name="letterhead_edit"),
    path("the-thuc/<int:unit>/<int:pk>/xoa/", views.delete_letterhead, name="letterhead_delete"),
]
