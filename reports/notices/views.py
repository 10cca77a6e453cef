"""Pages of the notices: what happened to the own report, and which of it comes by mail."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import Action
from danvan.common.paging import nearest_page
from reports.models import SentReminder
from reports.notices.forms import MailForm
from reports.notices.news import mark_seen, news_of, seen_at

NOTICES_A_PAGE = 30
NOT_FOR_YOU = "Thông báo dành cho người nhập báo cáo của đơn vị."


@require_safe
def notice_list(request: PersonRequest) -> HttpResponse:
    """List what happened to the own unit's reports; opening the list is having seen it."""
    user, now = request.user, timezone.now()
    request.user.require(Action.ENTER_REPORT, NOT_FOR_YOU)
    seen = seen_at(user)
    page = nearest_page(news_of(user), NOTICES_A_PAGE, request.GET.get("page"))
    if any(notice.at > seen for notice in page.object_list):
        mark_seen(user, now)
    context = {"page_obj": page, "seen": seen}
    return render(request, "reports/notices/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def mail_choice(request: PersonRequest) -> HttpResponse:
    """Let a person say where mails go and which; show what was sent of late."""
    request.user.require(Action.ENTER_REPORT, NOT_FOR_YOU)
    form = MailForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Đã lưu lựa chọn nhận thư nhắc.")
        return redirect("notices:mail")
    sent = SentReminder.objects.visible_to(request.user).filter(user=request.user)
    context = {
        "form": form,
        "sent": sent.select_related("report__period")[:20],
        "by_mail": bool(settings.EMAIL_HOST),
    }
    status = 422 if form.errors else 200
    return render(request, "reports/notices/mail.html", context, status=status)
