"""What a person likes to see, kept on the account: whether tables of figures stand close or with room."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from danvan.accounts.models import User
from danvan.accounts.requests import PersonRequest

CHOICE = "compact"


@require_POST
def density(request: PersonRequest) -> HttpResponse:
    """Keep the choice of the logged-in person and go back to the page it was made on."""
    keep_density(request.user, request.POST.get(CHOICE, ""))
    back = request.POST.get("next", "")
    is_ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if is_ours else "home")


def keep_density(user: User, choice: str) -> None:
    """Store "1" (close) or "0" (with room) on the account of `user`; anything else changes nothing."""
    if choice in ("0", "1"):
        user.compact = choice == "1"
        user.save(update_fields=["compact"])
