"""Files kept with a record: a decision, a photo."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from danvan.accounts.models.fields import person_field

SHOWN_INLINE = {"application/pdf", "image/jpeg", "image/png"}


def random_name(attachment: Attachment, filename: str) -> str:
    """Return where the file is kept: a random name without extension, never the typed one."""
    return f"attachments/{uuid.uuid4().hex}"


def files_of(model: type[models.Model], keys: Iterable[int]) -> models.QuerySet[Attachment]:
    """Return the files of rows of `model`; the rows were fetched through the person's scope."""
    kind = ContentType.objects.get_for_model(model)
    return Attachment.objects.filter(content_type=kind, object_id__in=list(keys))


class Attachment(models.Model):
    """One file of one record of any kind. Whoever may see the record may fetch it, nobody else.

    `media_type` was read from the content, never from the name. There is no way to a file but through
    its record (records/files/attachments.py).
    """

    inherited = False  # its name may tell of an issue, whose rows are not inherited either
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    content_type = models.ForeignKey(ContentType, on_delete=models.PROTECT)
    object_id = models.PositiveBigIntegerField()
    record = GenericForeignKey()
    file = models.FileField("tệp", upload_to=random_name, max_length=100)
    name = models.CharField("tên tệp", max_length=200)
    media_type = models.CharField("loại tệp", max_length=100)
    size = models.PositiveIntegerField("dung lượng")
    created_by = person_field(null=True)
    created_at = models.DateTimeField("đính kèm lúc", default=timezone.now)

    class Meta:
        verbose_name = "tệp đính kèm"
        verbose_name_plural = "tệp đính kèm"
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["content_type", "object_id"], name="attachment_of_record")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_shown(self) -> bool:
        """Return whether a browser may show the file itself: only what cannot run anything there."""
        return self.media_type in SHOWN_INLINE

    def get_additional_data(self) -> dict:
        """Say in the trail whose file it was: the record's history shows it after it is deleted."""
        return {"record": self.object_id, "kind": self.content_type_id}
