"""The rows of the permission matrix for the picture of an area."""

from tests.matrix_row import Row

#       anonymous clerk sibling far district other province viewer superuser
OVERVIEW: dict[str, list[Row]] = {
    "reports:overview": [
        Row("GET", "302 200 200 200 200 200 200 200 200"),
        Row("POST", "403 405 405 405 405 405 405 405 405"),
    ],
    # Nothing was ticked.
    "reports:headlines": [
        Row("GET", "302 403 403 403 200 200 200 403 200"),
        Row("POST", "403 403 403 403 422 422 422 403 422"),
    ],
}
