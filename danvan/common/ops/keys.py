"""What makes a SECRET_KEY one that nobody guesses. Read by settings.py, so it imports nothing of Django."""

import re

LENGTH, DISTINCT = 50, 12
# Every template, blog and answer on the internet writes one of these.
_SAMPLE = re.compile(
    r"insecure|change.?(me|this|it)|secret.?key|example|sample|password|replace|mat.?khau", re.I
)


def weakness_of(key: str) -> str:
    """Return what is weak about `key` as the end of a sentence, "" for a good one.

    Length as in Django's security.W009; random text of that length has more than DISTINCT characters,
    hexadecimal digits included.
    """
    if _SAMPLE.search(key):
        return "is a sample that others know"
    if len(key) < LENGTH:
        return f"has {len(key)} characters, fewer than {LENGTH}"
    if len(set(key)) < DISTINCT or key in (key * 2)[1:-1]:
        return "repeats a few characters"
    return ""
