"""What a board does with the texts below it: take over, edit, order, mark as used, drop.

Each asks right and state itself, inside the transaction. A piece is one source under one heading; what is
taken from it a second time is added to the piece.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from danvan.accounts.models import User
from danvan.accounts.rights import Action
from danvan.accounts.scope import works_for
from danvan.common.db.locks import hold, locked
from danvan.common.handbook.why import Why
from danvan.common.text import clean_text
from danvan.units.models import AdministrativeUnit
from danvan.units.queries import tree_order
from reports.models import GatheredText, State, Value
from reports.texts.sources import TextScope, split_sentences, stamp

NO_GATHERING = "Chỉ cán bộ của chính cơ quan tổng hợp mới soạn lời văn của văn bản."
MAX_LENGTH = 40_000  # of a piece: twice what one report may say


class TextRefused(Exception):  # noqa: N818
    """It cannot be done now; the message says why, in Vietnamese."""


def may_gather(user: User, unit: AdministrativeUnit) -> bool:
    """Tell whether `user` writes the words of documents of `unit`'s office: who may issue them."""
    return user.can(Action.ISSUE) and works_for(user, unit)


@dataclass(frozen=True)
class TextChoice:
    """What a person chose of one text, and the mark of the text as it was shown.

    `parts` are marks of sentences; with neither these nor the whole the text is only marked as used.
    """

    seen: str
    parts: frozenset[str] = frozenset()
    whole: bool = False


def take(
    scope: TextScope, heading: str, choices: Mapping[int, TextChoice], *, user: User
) -> tuple[set[int], list[str]]:
    """Take over what was chosen of reports (by id); return of which, and which units wrote anew meanwhile.

    Those are left out: what was chosen stands there no more. Raises PermissionDenied.
    """
    with transaction.atomic():
        _hold(scope, user)
        values = scope.sources(user, State.values).filter(
            indicator__code=heading, report__in=list(choices)
        )
        held = {row.report_id: row for row in locked(scope.pieces(user).filter(heading=heading))}
        place = max((row.place for row in held.values()), default=0)
        done: set[int] = set()
        changed: list[str] = []
        for value in values.select_related("report__unit").order_by(tree_order("report__unit")):
            choice = choices[value.report_id]
            if stamp(value.text) != choice.seen:
                changed.append(value.report.unit.full_name)
                continue
            if not choice.parts.issubset(map(stamp, split_sentences(value.text))):
                continue
            row = held.get(value.report_id)
            if row is None:
                place += 1
                row = _new_piece(scope, heading, value, place, user)
            _add(row, value.text, choice)
            row.save()
            done.add(value.report_id)
    return done, changed


def _new_piece(
    scope: TextScope, heading: str, value: Value, place: int, user: User
) -> GatheredText:
    return GatheredText(
        unit=scope.unit,
        first_year=scope.first_year,
        last_year=scope.last_year,
        heading=heading,
        report=value.report,
        place=place,
        in_draft=False,
        made_by=user,
    )


def _add(row: GatheredText, text: str, choice: TextChoice) -> None:
    """Put what was chosen of `text` at the end of a piece; what stands in it already is not doubled."""
    row.version += int(row.pk is not None)
    row.snapshot = text
    if not (choice.whole or choice.parts):
        row.text = row.text or text
        return
    sentences = dict.fromkeys(split_sentences(text))
    chosen = [s for s in sentences if choice.whole or stamp(s) in choice.parts]
    if row.in_draft:
        chosen = [sentence for sentence in chosen if sentence not in row.text]
        row.text = "\n".join(filter(None, (row.text, " ".join(chosen))))
    else:
        row.text, row.in_draft = (text if choice.whole else " ".join(chosen)), True


def edit(row: GatheredText, text: str, *, version: int, user: User) -> int:
    """Store an edited piece and return its version; the same words change nothing.

    Raises PermissionDenied, TextRefused for a stale one, ValidationError.
    """
    text = clean_text(text)
    if not text:
        told = "Lời văn đang trống. Muốn bỏ hẳn, vui lòng bấm “Bỏ khỏi dự thảo”."
        raise ValidationError(told, code=Why.FIELDS)
    if len(text) > MAX_LENGTH:
        raise ValidationError(f"Lời văn dài quá {MAX_LENGTH} ký tự.", code=Why.LIMIT)
    return _change(row, version, user, text=text)


def accept_source(row: GatheredText, *, version: int, renew: bool, user: User) -> None:
    """Note that the new text of the source was read; with `renew` it takes the place of the piece's."""
    with transaction.atomic():
        now = GatheredText.objects.with_source().get(pk=row.pk).now
        text = now if renew and now else row.text
        _change(row, version, user, snapshot=now, text=text)


def place_in_draft(row: GatheredText, *, version: int, user: User, in_draft: bool) -> None:
    """Put a piece into the draft or take it out; its source stays marked as used."""
    _change(row, version, user, in_draft=in_draft)


def drop_piece(row: GatheredText, *, version: int, user: User) -> None:
    """Delete a piece: its source counts as not used again."""
    with transaction.atomic():
        _stored(row, version, user).delete()


def shift(row: GatheredText, *, version: int, up: bool, user: User) -> None:
    """Let a piece change places with the one before it in the draft, or after it."""
    with transaction.atomic():
        stored = _stored(row, version, user)
        scope = TextScope(stored.unit, stored.first_year, stored.last_year)
        rows = locked(scope.pieces(user).filter(heading=stored.heading, in_draft=True))
        order = sorted(rows, key=lambda piece: (piece.place, piece.pk), reverse=up)
        after = order[[piece.pk for piece in order].index(stored.pk) + 1 :] if order else []
        if after:
            stored.place, after[0].place = after[0].place, stored.place
            for changed in (stored, after[0]):
                changed.save(update_fields=["place"])


def _change(row: GatheredText, version: int, user: User, **values: object) -> int:
    with transaction.atomic():
        stored = _stored(row, version, user)
        if any(getattr(stored, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(stored, name, value)
            stored.version += 1
            stored.save()
    return stored.version


def _stored(row: GatheredText, version: int, user: User) -> GatheredText:
    """Return the locked piece as it is stored. Raises PermissionDenied, TextRefused where it was changed."""
    if not may_gather(user, row.unit):
        raise PermissionDenied(NO_GATHERING)
    stored = locked(GatheredText.objects.filter(pk=row.pk)).first()
    if stored is None:
        raise TextRefused("Đoạn này vừa được người khác bỏ. Nội dung anh/chị nhập còn ở dưới.")
    if stored.version != version:
        raise TextRefused(
            "Đoạn này vừa được người khác sửa nên chưa lưu. Vui lòng xem lời văn hiện có, sửa lại rồi lưu."
        )
    return stored


def _hold(scope: TextScope, user: User) -> None:
    """Let one person at a time take over texts for a unit. Raises PermissionDenied."""
    if not may_gather(user, scope.unit):
        raise PermissionDenied(NO_GATHERING)
    hold(GatheredText, [scope.unit.pk], alone=True)
