"""A list as one person likes to see it: filters, order and columns under a name of their own."""

from django.db import models

from danvan.accounts.models.fields import person_field


class SavedList(models.Model):
    """The query string of the list at `place`; without a name what that list opens with (its columns)."""

    user = person_field(on_delete=models.CASCADE, related_name="saved_lists")
    place = models.CharField(max_length=60)
    name = models.CharField("tên", max_length=60, blank=True)
    query = models.CharField(max_length=1000, blank=True)

    class Meta:
        verbose_name = "danh sách đã lưu"
        verbose_name_plural = "danh sách đã lưu"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["user", "place", "name"], name="saved_list_once")
        ]

    def __str__(self) -> str:
        return self.name or self.place
