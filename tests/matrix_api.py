"""The rows of the permission matrix for the interface for programs, and for the pages of its keys."""

from danvan.accounts.tokens import keys
from tests.matrix_row import Row

PAGE = "302 200 200 200 200 200 200 200 200"
GET_ONLY = "403 405 405 405 405 405 405 405 405"
POST_ONLY = "302 405 405 405 405 405 405 405 405"


def _token(world) -> dict:
    """A key of Tiên Sơn's clerk: nobody else may know of it."""
    owner = world.cast["xa-13369"]
    return {"pk": (owner.tokens.first() or keys.give(owner, "Excel", 30)[0]).pk}


# Asked with a key of the account instead of a session (tests/test_permission_matrix.py).
KEYED = "401 200 200 200 200 200 200 200 200"
_READ_ONLY = Row("POST", "405 405 405 405 405 405 405 405 405")
API = {
    "accounts:tokens": [Row("GET", PAGE), Row("POST", "403 422 422 422 422 422 422 422 422")],
    "accounts:token_off": [
        Row("GET", POST_ONLY, _token),
        Row("POST", "403 302 404 404 404 404 404 404 404", _token),
    ],
    "api-guide": [Row("GET", PAGE), Row("POST", GET_ONLY)],
    "api-v1:openapi": [Row("GET", KEYED), _READ_ONLY],
    "api-unknown": [
        Row(method, "404 404 404 404 404 404 404 404 404", lambda w: {"rest": "x"})
        for method in ("GET", "POST")
    ],
    "api-v1:units": [Row("GET", KEYED, query="?date=2024-12-14"), _READ_ONLY],
    "api-v1:catalogue": [Row("GET", KEYED, query="?year=2024"), _READ_ONLY],
    "api-v1:reports": [Row("GET", KEYED, query="?first_year=2024"), _READ_ONLY],
    "api-v1:figures": [Row("GET", KEYED, query="?first_year=2024"), _READ_ONLY],
    "api-v1:consolidation": [
        Row(
            "GET",
            "401 200 404 404 200 404 200 200 200",
            query=f"?unit=13369&first_year=2024&by={by}",
        )
        for by in ("level", "unit")
    ]
    + [_READ_ONLY],
    "api-v1:records": [
        Row("GET", KEYED, lambda w: {"kind": "oversight"}, query="?first_year=2024"),
        Row("POST", _READ_ONLY.statuses, lambda w: {"kind": "oversight"}),
    ],
}
