from django.urls import path

from danvan.accounts import preferences, views_units
from danvan.accounts.audit import views as views_audit
from danvan.accounts.bodies import views as views_bodies
from danvan.accounts.jobs import views as views_jobs
from danvan.accounts.login import views, views_security
from danvan.accounts.tokens import views as views_tokens

app_name = "accounts"
urlpatterns = [
    path("dang-nhap/", views.LoginView.as_view(), name="login"),
    path("dang-nhap/ma-xac-thuc/", views.CodeView.as_view(), name="code"),
    path("dang-xuat/", views.LogoutView.as_view(), name="logout"),
    path("doi-mat-khau/", views_security.PasswordChangeView.as_view(), name="password_change"),
    path("bao-mat/", views_security.SecurityView.as_view(), name="security"),
    path("bao-mat/ket-thuc/", views_security.end_sessions, name="end_sessions"),
    path("bao-mat/ket-thuc/<int:pk>/", views_security.end_sessions, name="end_session"),
    path("bao-mat/hai-lop/", views_security.SecondFactorView.as_view(), name="second_factor"),
    path(
        "bao-mat/hai-lop/tat/",
        views_security.SecondFactorOffView.as_view(),
        name="second_factor_off",
    ),
    path("bao-mat/ma-truy-cap/", views_tokens.TokensView.as_view(), name="tokens"),
    path("bao-mat/ma-truy-cap/<int:pk>/thu-hoi/", views_tokens.take_back, name="token_off"),
    path("don-vi/nap/", views_units.load, name="units_load"),
    path("don-vi/khoi-truc-thuoc/", views_bodies.bodies, name="bodies"),
    path("don-vi/khoi-truc-thuoc/<int:pk>/", views_bodies.body_end, name="body_end"),
    path("don-vi/<int:pk>/", views_units.unit_life, name="unit_life"),
    path("viec-giao-may-chu/", views_jobs.job_list, name="jobs"),
    path("viec-giao-may-chu/yeu-cau/", views_jobs.job_start, name="job_start"),
    path("viec-giao-may-chu/<int:pk>/", views_jobs.job_page, name="job"),
    path("viec-giao-may-chu/<int:pk>/tep/", views_jobs.job_file, name="job_file"),
    path("bang-so-lieu/", preferences.density, name="density"),
    path("bo-loc/luu/", preferences.keep_list, name="list_keep"),
    path("bo-loc/xoa/", preferences.drop_list, name="list_drop"),
    path("nhat-ky/", views_audit.AuditView.as_view(), name="audit"),
    path("nhat-ky/xuat/", views_audit.AuditView.as_view(as_file=True), name="audit_export"),
    path("nhat-ky/bao-mat/", views_audit.SecurityLogView.as_view(), name="security_log"),
    path(
        "nhat-ky/bao-mat/xuat/",
        views_audit.SecurityLogView.as_view(as_file=True),
        name="security_export",
    ),
    path("nhat-ky/tai-khoan/<int:pk>/", views_audit.user_history, name="user_history"),
]
