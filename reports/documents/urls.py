from django.urls import path

from reports.documents import views, views_urging
from reports.documents.narrative import views_templates

app_name = "documents"
urlpatterns = [
    path("don-doc/", views_urging.urge, name="urge"),
    path("the-thuc/", views.letterhead_list, name="letterheads"),
    path("the-thuc/<int:unit>/", views.letterhead, name="letterhead"),
    path("the-thuc/<int:unit>/word/", views.letterhead_word, name="letterhead_word"),
    path("the-thuc/<int:unit>/moi/", views.edit_letterhead, name="letterhead_new"),
    path("the-thuc/<int:unit>/<int:pk>/", views.edit_letterhead, name="letterhead_edit"),
    path("the-thuc/<int:unit>/<int:pk>/xoa/", views.delete_letterhead, name="letterhead_delete"),
    path("the-thuc/<int:unit>/mau-word/", views_templates.templates, name="templates"),
    path("the-thuc/<int:unit>/mau-word/cac-ten/", views_templates.names, name="template_names"),
    path("the-thuc/<int:unit>/mau-word/goc/", views_templates.download, name="template_shipped"),
    path("the-thuc/<int:unit>/mau-word/ap-dung/", views_templates.use, name="template_use"),
    path(
        "the-thuc/<int:unit>/mau-word/ap-dung/<int:pk>/bo/",
        views_templates.take_back,
        name="template_take_back",
    ),
    path("the-thuc/<int:unit>/mau-word/<int:pk>/", views_templates.download, name="template"),
    path(
        "the-thuc/<int:unit>/mau-word/<int:pk>/xem-thu/",
        views_templates.preview,
        name="template_preview",
    ),
]
