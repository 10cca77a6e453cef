"""The kind of record in an address: Vietnamese outside, the declaration inside."""

from records.kinds import BY_MODEL, BY_SLUG, KINDS, RecordKind


class KindConverter:
    """/ho-so/hoi-nghi-doi-thoai/ ↔ the dialogue kind; reversing also takes slug or model."""

    regex = "|".join(kind.path for kind in KINDS)
    _by_path = {kind.path: kind for kind in KINDS}

    def to_python(self, value: str) -> RecordKind:
        return self._by_path[value]

    def to_url(self, value) -> str:
        if isinstance(value, RecordKind):
            return value.path
        return (BY_SLUG[value] if isinstance(value, str) else BY_MODEL[value]).path
