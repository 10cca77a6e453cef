"""Which unit a name stands for, as people write names beside figures: "UBND xã Tiên Sơn", "TT. Quế".

A name may stand for several units (communes of one name in two districts) or for none that is known
("Thôn 3"). Names of all times count: after a merger people go on writing the old one for a while.
"""

import re
from collections import defaultdict

from danvan.common.text import clean_line, search_key
from danvan.units.kinds import AREA_KINDS, Level, UnitKind
from danvan.units.models import AdministrativeUnit

_BODIES = re.compile(
    r"^(?:(?:ubnd|uy ban nhan dan|hdnd|hoi dong nhan dan|dang uy|dang bo|huyen uy|thi uy|thanh uy|"
    r"tinh uy|ban thuong vu|btv|bch|ban chap hanh|ban dan van|khoi dan van|ubmttq|mttq|uy ban mttq|"
    r"uy ban mat tran to quoc|mat tran to quoc|viet nam|don vi|co quan|cua|va) ?)+(?= |$)|^"
)
_SHORT = {
    "tt": "thi tran",
    "tx": "thi xa",
    "tp": "thanh pho",
    "p": "phuong",
    "x": "xa",
    "h": "huyen",
}
_KINDS = sorted({search_key(kind.label) for kind in AREA_KINDS}, key=len, reverse=True)
_KIND = re.compile(rf"^({'|'.join([*_KINDS, *_SHORT, 'q'])})(?: |$)")
_MENTION = re.compile(rf"\b({'|'.join(_KINDS)}) ((?:\w+ ?){{1,5}})")
_REST = re.compile(r"[,(;]| [-–—] ")


class Gazetteer:
    """The names of all units, read once. Units are told apart by their code."""

    def __init__(self) -> None:
        self.full: dict[str, set[str]] = defaultdict(set)
        self.bare: dict[str, set[str]] = defaultdict(set)
        self.above: dict[str, set[str]] = defaultdict(set)
        self.bodies: dict[str, set[str]] = defaultdict(set)
        self.known: dict[str, frozenset[str] | None] = {}
        columns = ("code", "level", "kind", "name_search", "path")
        for code, level, kind, name, path in AdministrativeUnit.objects.values_list(*columns):
            full = f"{search_key(UnitKind(kind).label)} {name}"
            # A body is known by its whole name: "Ủy ban MTTQ phường A" is not phường A.
            if level == Level.BODY:
                self.bodies[full].add(code)
                continue
            self.full[full].add(code)
            self.bare[name].add(code)
            self.above[code].update(path.strip("/").split("/")[:-1])

    def codes(self, name: str) -> frozenset[str] | None:
        """Return the codes of the units `name` may stand for, None when it names no place at all."""
        try:
            return self.known[name]
        except KeyError:
            found = self.known[name] = self._codes(clean_line(name))
            return found

    def _codes(self, name: str) -> frozenset[str] | None:
        if bodies := self.bodies.get(search_key(name)):
            return frozenset(bodies)
        first, *rest = _REST.split(name)
        folded = _BODIES.sub("", search_key(first)).strip()
        kind = _KIND.match(folded)
        if not folded or (kind and folded == kind[1]):
            return None
        found = self.bare.get(folded, set())
        if kind:
            bare = folded[kind.end() :]
            whole = f"{_SHORT.get(kind[1], kind[1])} {bare}"
            found = self.full.get(whole) or found or self.bare.get(bare, set())
        above = [codes for part in rest if (codes := self._codes(part.strip()))]
        for higher in above:
            found = {code for code in found if self.above[code] & higher} or found
            if not any(self.above[code] & higher for code in found):
                return frozenset({"?"}) if found else frozenset()
        return frozenset(found)

    def mentions(self, text: str) -> list[tuple[str, frozenset[str]]]:
        """Return the places `text` speaks of with their kind ("xã Yên Nam"), and their codes."""
        found = []
        for match in _MENTION.finditer(search_key(text)):
            words = match[2].split()
            for length in range(len(words), 0, -1):
                whole = f"{match[1]} {' '.join(words[:length])}"
                if whole in self.full:
                    found.append((whole, frozenset(self.full[whole])))
                    break
        return found
