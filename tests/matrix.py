"""Who gets what from which URL: one row per URL and method, one column per part that is played.

A row: name of the URL pattern → list of Row(method, arguments, statuses). The statuses stand in
the order of COLUMNS. The rows asked about belong to Tiên Sơn (13369): outside my area 404, inside
without the right 403, wrong method 405, not logged in 302 to the login page. `arguments` is a
function of the World (tests/cast.py) that gives the URL's arguments; `data` one that gives what is
posted; `query` is put behind the URL. Every request is rolled back before the next.

Each part of the project adds its rows to the dict of its app, nothing else. The test
test_permission_matrix fails for a URL without a row and for a row without a URL.
"""

from tests.matrix_api import API
from tests.matrix_documents import DOCUMENTS
from tests.matrix_help import HELP
from tests.matrix_overview import OVERVIEW
from tests.matrix_row import COLUMNS, Row
from tests.matrix_site import SITE
from tests.matrix_units import UNITS

__all__ = ["COLUMNS", "MATRIX", "OPEN_URLS", "Row"]

#       anonymous clerk sibling far district other province viewer superuser
ACCOUNTS = {
    "accounts:login": [
        Row("GET", "200 302 302 302 302 302 302 302 302"),
        Row("POST", "200 302 302 302 302 302 302 302 302"),
    ],
    "accounts:logout": [
        Row("GET", "302 405 405 405 405 405 405 405 405"),
        Row("POST", "403 302 302 302 302 302 302 302 302"),
    ],
    "accounts:password_change": [
        Row("GET", "302 200 200 200 200 200 200 200 200"),
        Row("POST", "403 200 200 200 200 200 200 200 200"),
    ],
}


def _person(world) -> dict:
    return {"pk": world.cast["xa-13369"].pk}


def _unit(world) -> dict:
    return {"pk": world.cast["xa-13369"].unit_id}


_AUDITORS = "302 403 403 403 200 200 200 403 200"
_GET_ONLY = "403 405 405 405 405 405 405 405 405"
_AUDITORS_POST = "403 403 403 403 405 405 405 403 405"
_OWN_PAGE = "302 200 200 200 200 200 200 200 200"
_OWN_POST = "403 200 200 200 200 200 200 200 200"
ACCOUNTS |= {
    # Nobody is half way through a login: back to the first step.
    "accounts:code": [
        Row("GET", "302 302 302 302 302 302 302 302 302"),
        Row("POST", "302 302 302 302 302 302 302 302 302"),
    ],
    "accounts:security": [Row("GET", _OWN_PAGE), Row("POST", _GET_ONLY)],
    "accounts:end_sessions": [
        Row("GET", "302 405 405 405 405 405 405 405 405"),
        Row("POST", "403 302 302 302 302 302 302 302 302"),
    ],
    "accounts:bodies": [
        Row("GET", "302 403 403 403 403 403 200 403 200"),
        Row("POST", "403 403 403 403 403 403 422 403 422"),
    ],
    # Tiên Sơn is no body.
    "accounts:body_end": [
        Row("GET", "302 403 403 403 403 403 404 403 404", _unit),
        Row("POST", "403 403 403 403 403 403 404 403 404", _unit),
    ],
    "accounts:unit_life": [
        Row("GET", "302 200 404 404 200 404 200 200 200", _unit),
        Row("POST", _GET_ONLY, _unit),
    ],
    "accounts:list_keep": [
        Row("GET", "302 405 405 405 405 405 405 405 405"),
        Row("POST", "403 302 302 302 302 302 302 302 302"),
    ],
    "accounts:list_drop": [
        Row("GET", "302 405 405 405 405 405 405 405 405"),
        Row("POST", "403 302 302 302 302 302 302 302 302"),
    ],
    "accounts:density": [
        Row("GET", "302 405 405 405 405 405 405 405 405"),
        Row("POST", "403 302 302 302 302 302 302 302 302"),
    ],
    # The session is the clerk's own: for everybody else it does not exist.
    "accounts:end_session": [
        Row("GET", "302 405 405 405 405 405 405 405 405", lambda w: {"pk": 1}),
        Row(
            "POST",
            "403 302 404 404 404 404 404 404 404",
            lambda w: {"pk": w.cast["xa-13369"].login_sessions.latest("pk").pk},
        ),
    ],
    "accounts:second_factor": [Row("GET", _OWN_PAGE), Row("POST", _OWN_POST)],
    "accounts:second_factor_off": [Row("GET", _OWN_PAGE), Row("POST", _OWN_POST)],
    "accounts:audit": [Row("GET", _AUDITORS), Row("POST", _AUDITORS_POST)],
    "accounts:security_log": [Row("GET", _AUDITORS), Row("POST", _AUDITORS_POST)],
    "accounts:audit_export": [Row("GET", _AUDITORS), Row("POST", _AUDITORS_POST)],
    "accounts:security_export": [Row("GET", _AUDITORS), Row("POST", _AUDITORS_POST)],
    "ledger:list": [Row("GET", _AUDITORS), Row("POST", _AUDITORS_POST)],
    "ledger:export": [Row("GET", _AUDITORS), Row("POST", _AUDITORS_POST)],
    "accounts:user_history": [
        Row("GET", "302 403 404 404 200 404 200 403 200", _person),
        Row("POST", _GET_ONLY, _person),
    ],
}

_IMPORTERS = "302 200 200 200 200 200 200 403 200"
_POST_ONLY = "302 405 405 405 405 405 405 405 405"
_OWN_JOB = "302 200 404 404 404 404 404 404 404"
_OWN_JOB_POST = "403 302 404 404 404 404 404 404 404"


def _target(_world) -> dict:
    return {"slug": "dialogue-conference"}


def _kind(_world) -> dict:
    from records.kinds import BY_SLUG

    return {"kind": BY_SLUG["dialogue-conference"]}


def _job(world) -> dict:
    """A checked import of Tiên Sơn's clerk: nobody else may know of it."""
    from danvan.imports.models import ImportJob

    owner = world.cast["xa-13369"]
    values = {"file_name": "a.xlsx", "state": "checked", "layout": {"units": []}}
    job, _ = ImportJob.objects.get_or_create(
        owner=owner, unit=owner.unit, target="dialogue-conference", defaults=values
    )
    return {"pk": job.pk}


IMPORTS: dict[str, list[Row]] = {
    "imports:list": [Row("GET", _IMPORTERS), Row("POST", _GET_ONLY)],
    "imports:upload": [
        Row("GET", _IMPORTERS, _target),
        Row("POST", "403 422 422 422 422 422 422 403 422", _target),
    ],
    "imports:template": [Row("GET", _IMPORTERS, _target), Row("POST", _GET_ONLY, _target)],
    "imports:job": [Row("GET", _OWN_JOB, _job), Row("POST", _GET_ONLY, _job)],
    "imports:errors": [
        Row("GET", _OWN_JOB.replace("200", "302"), _job),
        Row("POST", _GET_ONLY, _job),
    ],
    "imports:confirm": [Row("GET", _POST_ONLY, _job), Row("POST", _OWN_JOB_POST, _job)],
    "imports:cancel": [Row("GET", _POST_ONLY, _job), Row("POST", _OWN_JOB_POST, _job)],
    "imports:recheck": [Row("GET", _POST_ONLY, _job), Row("POST", _OWN_JOB_POST, _job)],
    "imports:undo": [Row("GET", _POST_ONLY, _job), Row("POST", _OWN_JOB_POST, _job)],
    "records:export": [Row("GET", _OWN_PAGE, _kind), Row("POST", _GET_ONLY, _kind)],
    "reports:export_values": [
        Row("GET", _OWN_PAGE, lambda world: {"pk": world.period.pk}),
        Row("POST", _GET_ONLY, lambda world: {"pk": world.period.pk}),
    ],
}

#       anonymous clerk sibling far district other province viewer superuser
_EVERYBODY = "302 200 200 200 200 200 200 200 200"
_NO_POST = "403 405 405 405 405 405 405 405 405"
_NO_GET = "302 405 405 405 405 405 405 405 405"
_OWN = "302 200 404 404 200 404 200 200 200"
_OWN_WRITE = "302 200 404 404 200 404 200 403 200"
_WRITTEN = "403 302 404 404 302 404 302 403 302"
_REFUSED = "403 422 404 404 422 404 422 403 422"


def _kind(world) -> dict:
    return {"kind": "dialogue-conference"}


def _record(world) -> dict:
    """A dialogue of Tiên Sơn with a file, made once per request."""
    from tests.records.data import DAY, make

    day = DAY.replace(year=world.period.year)
    return {**_kind(world), "pk": make("dialogue-conference", world.report.unit, start_date=day).pk}


def _file(world) -> dict:
    from django.core.files.base import ContentFile

    from records.files.attachments import PDF, attach
    from records.models import DialogueConference

    arguments = _record(world)
    record = DialogueConference.objects.get(pk=arguments["pk"])
    file = ContentFile(b"%PDF-1.4 x", name="a.pdf")
    return {**arguments, "file": attach(record, file, PDF, actor=world.cast["xa-13369"]).pk}


def _dialogue(world) -> dict:
    from tests.records.data import typed

    return typed("dialogue-conference", world.report.unit, version=1)


def _a_file(world) -> dict:
    from django.core.files.uploadedfile import SimpleUploadedFile

    class Again(SimpleUploadedFile):
        """One file for every part: each reads it from its beginning."""

        def read(self, *args):
            self.seek(0)
            return super().read(*args)

    return {"file": Again("a.pdf", b"%PDF-1.4 x")}


RECORDS: dict[str, list[Row]] = {
    "records:start": [Row("GET", _EVERYBODY), Row("POST", _NO_POST)],
    "records:list": [Row("GET", _EVERYBODY, _kind), Row("POST", _NO_POST, _kind)],
    # Everybody who may write gets a form; what it posts for Tiên Sơn is refused at the unit.
    "records:create": [
        Row("GET", "302 200 200 200 200 200 200 403 200", _kind),
        Row("POST", "403 302 422 422 302 422 302 403 302", _kind, _dialogue),
    ],
    "records:bulk_delete": [
        Row("GET", _NO_GET, _kind),
        Row("POST", "403 302 302 302 302 302 302 403 302", _kind),
        Row("POST", "403 200 200 200 200 200 200 403 200", _kind, lambda w: {"pk": "1"}),
    ],
    "records:detail": [Row("GET", _OWN, _record), Row("POST", _NO_POST, _record)],
    "records:history": [Row("GET", _OWN, _record), Row("POST", _NO_POST, _record)],
    "records:edit": [
        Row("GET", _OWN_WRITE, _record),
        Row("POST", _WRITTEN, _record, _dialogue),
        Row("POST", _REFUSED, _record),
    ],
    "records:copy": [
        Row("GET", _OWN_WRITE, _record),
        Row("POST", _WRITTEN, _record, _dialogue),
    ],
    "records:delete": [
        Row("GET", _OWN_WRITE, _record),
        Row("POST", _WRITTEN, _record, lambda w: {"version": 1}),
        # Not said which version was looked at: the oldest.
        Row("POST", _WRITTEN.replace("302", "409"), _record, lambda w: {"version": ""}),
    ],
    "records:attach": [
        Row("GET", _NO_GET, _record),
        # A file cannot travel through the login page: the way there is a plain redirect.
        Row("POST", "302 302 404 404 302 404 302 403 302", _record, _a_file),
        Row("POST", _REFUSED, _record),
    ],
    "records:file": [Row("GET", _OWN, _file), Row("POST", _NO_POST, _file)],
    "records:detach": [Row("GET", _NO_GET, _file), Row("POST", _WRITTEN, _file)],
}


def _report(world) -> dict:
    return {"pk": world.report.pk}


def _period(world) -> dict:
    return {"pk": world.period.pk}


def _figure(world) -> dict:
    return {"pk": world.report.pk, "code": "DT01"}


def _catalogue(world) -> dict:
    return {"year": world.period.catalogue.slug}


def _new_row(world) -> dict:
    return {"year": world.period.catalogue.slug, "kind": "muc"}


def _row(world) -> dict:
    return {**_new_row(world), "pk": world.period.catalogue.sections.first().pk}


_ONLY_PROVINCE = "302 403 403 403 403 403 200 403 200"
_ONLY_PROVINCE_POST = "403 403 403 403 403 403 302 403 302"
_READERS = "302 200 404 404 200 404 200 200 200"

#       anonymous clerk sibling far district other province viewer superuser
REPORTS: dict[str, list[Row]] = {
    "reports:list": [
        *(Row("GET", _EVERYBODY, query=query) for query in ("", "?bang=1")),
        Row("POST", _NO_POST),
    ],
    "reports:detail": [
        Row("GET", _READERS, _report),
        Row("POST", "403 405 405 405 405 405 405 405 405", _report),
    ],
    "reports:report_export": [
        Row("GET", _READERS, _report),
        Row("POST", "403 405 405 405 405 405 405 405 405", _report),
    ],
    "reports:take": [
        Row("GET", "302 200 404 404 200 404 200 403 200", _report),
        Row("POST", "403 302 404 404 302 404 302 403 302", _report),
    ],
    "reports:report_word": [
        Row("GET", _READERS, _report),
        Row("POST", "403 405 405 405 405 405 405 405 405", _report),
    ],
    "reports:entry": [
        Row("GET", "302 200 404 404 200 404 200 403 200", _report),
        Row(
            "POST",
            "403 302 404 404 302 404 302 403 302",
            _report,
            lambda w: {"DT01": "1", "version": "0"},
        ),
    ],
    "reports:move": [
        Row("GET", "302 405 405 405 405 405 405 405 405", _report),
        # Tiên Sơn's report is a draft: nobody can approve it yet, those who may are told why.
        Row(
            "POST", "403 403 404 404 409 404 409 403 409", _report, lambda w: {"action": "approve"}
        ),
        Row("POST", "403 404 404 404 404 404 404 404 404", _report, lambda w: {"action": "submit"}),
    ],
    "reports:extend": [
        Row("GET", "302 403 404 404 200 404 200 403 200", _report),
        Row(
            "POST",
            "403 403 404 404 422 404 422 403 422",
            _report,
            lambda w: {"until": "31/02/2024"},
        ),
    ],
    "reports:resolve_remark": [
        Row("GET", _NO_GET, lambda w: {**_report(w), "remark": 999999}),
        Row(
            "POST",
            "403 404 404 404 404 404 404 404 404",
            lambda w: {**_report(w), "remark": 999999},
        ),
    ],
    "reports:figure_history": [
        Row("GET", _READERS, _figure),
        Row("POST", "403 405 405 405 405 405 405 405 405", _figure),
    ],
    "reports:review": [
        Row("GET", "302 403 403 403 200 200 200 403 200"),
        Row("GET", "302 403 403 403 200 200 200 403 200", query="?bang=1"),
        Row("POST", "403 403 403 403 302 302 302 403 302"),
    ],
    "reports:consolidation": [
        Row("GET", "302 200 200 200 200 200 200 200 200"),
        # A foreign unit is a wrong choice: the page says so and shows no figure.
        Row("GET", "302 200 200 200 200 200 200 200 200", query="?unit=13369"),
        Row("GET", "302 200 200 200 200 200 200 200 200", query="?view=units&section=GS"),
        Row("POST", "403 405 405 405 405 405 405 405 405"),
    ],
    "reports:consolidation_export": [
        Row("GET", _READERS, query="?unit=13369"),
        Row("POST", "403 405 405 405 405 405 405 405 405"),
    ],
    "reports:consolidation_word": [
        Row("GET", _READERS, query="?unit=13369"),
        Row("POST", "403 405 405 405 405 405 405 405 405"),
    ],
    "reports:drill": [
        Row("GET", _READERS, lambda w: {"code": "DT01"}, query="?unit=13369"),
        Row("GET", "302 404 404 404 404 404 404 404 404", lambda w: {"code": "ZZ99"}),
        Row("POST", "403 405 405 405 405 405 405 405 405", lambda w: {"code": "DT01"}),
    ],
    "reports:periods": [
        Row("GET", _ONLY_PROVINCE),
        Row("POST", "403 405 405 405 405 405 405 405 405"),
    ],
    "reports:period_open": [
        Row("GET", _ONLY_PROVINCE),
        Row("POST", "403 403 403 403 403 403 422 403 422"),
    ],
    "reports:period": [
        Row("GET", _ONLY_PROVINCE, _period),
        Row("POST", "403 405 405 405 405 405 405 405 405", _period),
    ],
    "reports:period_split": [
        Row("GET", _ONLY_PROVINCE, _period),
        Row("POST", "403 403 403 403 403 403 422 403 422", _period),
    ],
    "reports:period_close": [
        Row("GET", "302 405 405 405 405 405 405 405 405", _period),
        Row("POST", "403 403 403 403 403 403 200 403 200", _period),
        Row("POST", _ONLY_PROVINCE_POST, _period, lambda w: {"confirmed": "1"}),
    ],
    "reports:period_reopen": [
        Row("GET", "302 405 405 405 405 405 405 405 405", _period),
        Row("POST", "403 403 403 403 403 403 422 403 422", _period),
        Row("POST", _ONLY_PROVINCE_POST, _period, lambda w: {"reason": "Bổ sung"}),
    ],
    "reports:catalogues": [
        Row("GET", _ONLY_PROVINCE),
        Row("POST", "403 405 405 405 405 405 405 405 405"),
    ],
    "reports:catalogue": [
        Row("GET", _ONLY_PROVINCE, _catalogue),
        Row("POST", "403 405 405 405 405 405 405 405 405", _catalogue),
    ],
    "reports:catalogue_copy": [
        Row("GET", "302 405 405 405 405 405 405 405 405", _catalogue),
        Row("POST", _ONLY_PROVINCE_POST, _catalogue),
    ],
    "reports:catalogue_add": [
        Row("GET", _ONLY_PROVINCE, _new_row),
        Row("POST", "403 403 403 403 403 403 422 403 422", _new_row),
    ],
    "reports:catalogue_edit": [
        Row("GET", _ONLY_PROVINCE, _row),
        Row("POST", "403 403 403 403 403 403 422 403 422", _row),
    ],
    "reports:catalogue_delete": [
        Row("GET", "302 405 405 405 405 405 405 405 405", _row),
        Row("POST", _ONLY_PROVINCE_POST, _row),
    ],
}

MATRIX: dict[str, list[Row]] = {
    **SITE, **ACCOUNTS, **IMPORTS, **RECORDS, **REPORTS, **OVERVIEW, **DOCUMENTS, **API, **UNITS, **HELP,
}  # fmt: skip

# URLs that answer a person who is not logged in, and why that must be.
OPEN_URLS = {
    "accounts:login": "the way in",
    "favicon": "asked by browsers for any page; leads to a public picture",
    "healthz": "asked by the monitoring; tells ok or failed, nothing else",
    "worker": "a script, the same for everybody; browsers ask for its next version at any time",
    "accounts:code": "its second step; answers only to who has given the password",
    **{
        name: "asks for a key instead of a login, and answers programs"
        for name in API
        if name.startswith(("api-v1:", "api-unknown"))
    },
}
