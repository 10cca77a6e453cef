"""Names for demonstration accounts: common Vietnamese names put together, nobody's own."""

from reports.demo.chance import noise, pick
from reports.demo.texts import words
from reports.demo.totals import DEMO_DATA


def full_name(username: str) -> str:
    """Return the name of a demonstration account; the same in every run."""
    if known := DEMO_DATA["people"].get(username):
        return known
    family = pick(words("family"), "family", username)
    if noise("woman", username) < 0.55:
        return f"{family} Thị {pick(words('woman'), 'name', username)}"
    middle, name = pick(words("middle"), "middle", username), pick(words("man"), "name", username)
    return f"{family} {middle} {name}"
