"""Rows of the permission matrix: the pages of the site itself (tests/matrix.py says how to read them)."""

from tests.matrix_row import Row

#       anonymous clerk sibling far district other province viewer superuser
_ANYBODY = [
    Row("GET", "200 200 200 200 200 200 200 200 200"),
    Row("POST", "405 405 405 405 405 405 405 405 405"),
]
SITE = {
    "home": [
        Row("GET", "302 200 200 200 200 200 200 200 200"),
        Row("POST", "403 405 405 405 405 405 405 405 405"),
    ],
    "favicon": [
        Row("GET", "302 302 302 302 302 302 302 302 302"),
        Row("POST", "405 405 405 405 405 405 405 405 405"),
    ],
    "healthz": _ANYBODY,
    "worker": _ANYBODY,
    "offline": [
        Row("GET", "302 200 200 200 200 200 200 200 200"),
        Row("POST", "403 405 405 405 405 405 405 405 405"),
    ],
}
