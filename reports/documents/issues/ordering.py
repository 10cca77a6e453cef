"""From the form to the issue: within the request, or for many reports by a worker ("đang lập")."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, QueryDict
from django.urls import reverse

from danvan.accounts.jobs.working import JobRefused, Result, ask
from danvan.accounts.models import Job, User
from danvan.accounts.rights import Action
from danvan.accounts.scope import units_visible_to
from danvan.common.handbook.why import Why
from danvan.common.numbers import read_id
from reports.consolidation.filters import ConsolidationFilter
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import Consolidation, consolidate
from reports.documents.issues.forms import IssuingForm
from reports.documents.issues.issuing import (
    NO_RIGHT,
    IssueOrder,
    IssueRefused,
    issue,
    made_before,
    may_issue,
    replaceable,
)
from reports.models import PublishedIssue

ISSUED_AT_ONCE = 3_000  # reports frozen within the request: about three seconds


def scope_wanted(user: User, asked: QueryDict) -> Scope:
    """Return what `user` asks to send out. Raises Http404 for a wrong choice, PermissionDenied."""
    wanted = ConsolidationFilter(asked, user).wanted
    if wanted is None or wanted.as_of:  # restated figures are a view, no document
        raise Http404
    if not may_issue(user, wanted.unit):
        raise PermissionDenied(NO_RIGHT)
    return wanted.scope(units_visible_to(user), section=wanted.section)


def form_of(
    scope: Scope, posted: QueryDict | None, initial: dict[str, Any] | None = None
) -> tuple[IssuingForm, Consolidation]:
    """Return the form that sends out `scope`, and the figures it is about."""
    found = consolidate(ScopeData(scope))
    form = IssuingForm(
        posted, initial=initial, replaceable=replaceable(scope), complete=found.is_complete
    )
    return form, found


def made_now(form: IssuingForm, scope: Scope, user: User) -> PublishedIssue | None:
    """Send out what a valid form says; None where it was refused (the form carries the reason)."""
    typed = form.cleaned_data
    order = IssueOrder(
        scope=scope,
        kind=typed["kind"],
        number=typed["number"],
        date=typed["date"],
        title=typed["title"],
        signing=form.signing,
        missing_reason=typed.get("missing_reason", ""),
        replaces=form.replaced,
        token=typed["token"],
    )
    try:
        return issue(order, user=user)
    except IssueRefused as refusal:
        field = refusal.field if refusal.field in form.fields else None
        form.add_error(field, ValidationError(str(refusal), code=Why.ISSUE))
    except ValidationError as error:
        for name, found in error.error_dict.items():
            form.add_error(name if name in form.fields else None, found)
    return None


def made_later(
    form: IssuingForm, found: Consolidation, user: User, asked: QueryDict, posted: QueryDict
) -> Job | None:
    """Leave a valid form about many reports to a worker; None for few, which are done at once.

    Raises JobRefused with too much waiting.
    """
    if found.included <= ISSUED_AT_ONCE:
        return None
    typed = form.cleaned_data
    title = f"Ban hành {form.kind_label} số {typed['number']:02d}: {typed['title']}"
    kept = {name: posted[name] for name in form.fields if name in posted}
    query = asked.urlencode()
    params = {"query": query, "typed": kept, "again": f"{reverse('issues:new')}?{query}"}
    return ask(user, "issue", title, action=Action.ISSUE, params=params)


def do_order(job: Job) -> Result:
    """Send out what `job` was left with. Done twice, it finds what it made the first time."""
    scope = scope_wanted(job.owner, QueryDict(job.params["query"]))
    posted = QueryDict(mutable=True)
    posted.update(job.params["typed"])
    form, _found = form_of(scope, posted)
    if form.is_valid():
        row = made_now(form, scope, job.owner)
    else:  # what the first run replaced cannot be chosen any more
        row = made_before(form.cleaned_data.get("token"), job.owner)
    if row is None:
        raise JobRefused(" ".join(str(text) for texts in form.errors.values() for text in texts))
    return Result(url=row.get_absolute_url(), message=f"Đã ban hành {row}.")


def typed_before(user: User, asked: QueryDict) -> dict[str, Any]:
    """Return what the person typed in a job that was refused: nothing is typed twice."""
    key = read_id(asked.get("viec", ""))
    job = Job.objects.visible_to(user).filter(work="issue", pk=key).first() if key else None
    return job.params["typed"] if job else {}
