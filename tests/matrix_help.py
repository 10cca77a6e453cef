"""Rows of the permission matrix for what helps: sentences of guidance, the handbook, the first steps."""

from tests.matrix_row import Row

_OWN_PAGE = "302 200 200 200 200 200 200 200 200"
_GET_ONLY = "403 405 405 405 405 405 405 405 405"


def _section(world) -> dict:
    return {"year": world.period.catalogue.slug, "section": "DT"}


def _year(world) -> dict:
    return {"year": world.period.catalogue.slug}


def _field(world) -> dict:
    return {"kind": "dialogue-conference", "field": "led_by"}


def _chapter(world) -> dict:
    return {"slug": "can-bo"}


HELP = {
    "handbook:index": [
        Row("GET", _OWN_PAGE),
        Row("GET", _OWN_PAGE, query="?q=gia+han"),
        Row("POST", _GET_ONLY),
    ],
    "handbook:chapter": [
        Row("GET", _OWN_PAGE, _chapter),
        Row("GET", "302 404 404 404 404 404 404 404 404", lambda w: {"slug": "khong-co"}),
        Row("POST", _GET_ONLY, _chapter),
    ],
    "handbook:welcome": [Row("GET", _OWN_PAGE), Row("POST", _GET_ONLY)],
    "reports:guidance_now": [
        Row("GET", "302 302 302 302 302 302 302 302 302"),
        Row("POST", _GET_ONLY),
    ],
    "reports:guidance": [Row("GET", _OWN_PAGE, _year), Row("POST", _GET_ONLY, _year)],
    "reports:guidance_section": [
        Row("GET", _OWN_PAGE, _section),
        Row("POST", _GET_ONLY, _section),
    ],
    "records:guidance": [Row("GET", _OWN_PAGE), Row("POST", _GET_ONLY)],
    "records:guidance_edit": [
        Row("GET", "302 403 403 403 403 403 200 403 200", _field),
        Row("POST", "403 403 403 403 403 403 422 403 422", _field),
        Row("POST", "403 403 403 403 403 403 302 403 302", _field, lambda w: {"shipped": "1"}),
    ],
}
