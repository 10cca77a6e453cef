"""The pages of the handbook, for everybody who is logged in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from danvan.common.handbook.chapters import SLUGS, chapter_of, found
from danvan.common.handbook.first_steps import FIRST_STEPS, own_chapter


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the chapters, the reader's own first, or the passages that hold the words of q."""
    words = request.GET.get("q", "")[:100].strip()
    own = own_chapter(request.user)
    context = {
        "words": words,
        "found": found(words) if words else [],
        "chapters": [chapter_of(slug) for slug in sorted(SLUGS, key=lambda slug: slug != own)],
    }
    return render(request, "handbook/index.html", context)


@require_safe
def chapter(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one chapter."""
    try:
        return render(request, "handbook/chapter.html", {"chapter": chapter_of(slug)})
    except KeyError as error:
        raise Http404 from error


@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """Show the three first steps of the reader's role."""
    return render(
        request, "handbook/welcome.html", {"steps": FIRST_STEPS[own_chapter(request.user)]}
    )
