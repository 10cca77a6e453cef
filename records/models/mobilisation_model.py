"""E4: "Dân vận khéo" models and the decisions that recognised them."""

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from danvan.accounts.models.fields import unit_field
from danvan.accounts.scope import ScopedQuerySet
from danvan.common.handbook.why import Why
from danvan.common.text import clean_line
from danvan.units.kinds import AREA_CHOICES, AREA_LEVELS
from danvan.units.models import AdministrativeUnit, Level
from records.models.base import TO_COME, EventRecord, sorted_by, text_field
from records.models.rules import at_least, choice_field, chosen, whole_field, within

WRONG_YEAR = "Năm đăng ký phải từ 2000 đến 2100."


class ModelType(models.TextChoices):
    COLLECTIVE = "collective", "Tập thể"
    INDIVIDUAL = "individual", "Cá nhân"


class ModelField(models.TextChoices):
    ECONOMY = "economy", "Phát triển kinh tế"
    CULTURE = "culture", "Văn hóa - xã hội"
    DEFENCE = "defence", "Quốc phòng - an ninh"
    PARTY = "party", "Xây dựng Đảng và hệ thống chính trị"


class ModelStatus(models.TextChoices):
    REGISTERED = "registered", "Đăng ký"
    RUNNING = "running", "Đang thực hiện"
    RECOGNISED = "recognised", "Được công nhận"
    REPLICATED = "replicated", "Nhân rộng"
    STOPPED = "stopped", "Dừng"


class SkilledMobilisationModel(EventRecord):
    """One model; `title` is its name, `start_date` the day of registration."""

    Status = ModelStatus

    LATER_FIELDS = frozenset(
        {"status", "results", "content", "end_date", "replicated_date", "note"}
    )

    DAYS = ("start_date", "replicated_date")

    title = models.CharField("tên mô hình", max_length=300)
    start_date = models.DateField("ngày đăng ký")
    type = choice_field("loại mô hình", ModelType)
    field = choice_field("lĩnh vực", ModelField)
    registered_year = whole_field(
        *("năm đăng ký", 2000, 2100, WRONG_YEAR),
        blank=True,
        help_text="Để trống: năm của ngày đăng ký.",
    )
    owner = text_field("tập thể, cá nhân thực hiện")
    content = text_field("nội dung", lines=4)
    results = text_field("kết quả", lines=4)
    status = choice_field("tình trạng", ModelStatus, default=ModelStatus.REGISTERED)
    replicated_date = models.DateField(
        "ngày nhân rộng", null=True, blank=True, help_text="Tính vào kỳ báo cáo có ngày này."
    )

    class Meta(EventRecord.Meta):
        verbose_name = "mô hình “Dân vận khéo”"
        verbose_name_plural = "mô hình “Dân vận khéo”"
        indexes = [
            *sorted_by("registered_year"),
            models.Index(fields=["replicated_date", "unit"], name="%(class)s_r"),
        ]
        constraints = [
            *EventRecord.Meta.constraints,
            *chosen(type=ModelType, field=ModelField, status=ModelStatus),
            *within("registered_year", low=2000, top=2100, message=WRONG_YEAR),
            at_least(
                "replicated_date", "start_date", "Ngày nhân rộng không được trước ngày đăng ký."
            ),
        ]

    def fill_blanks(self) -> None:
        """The year registered is the year of the day registered, unless told otherwise."""
        if self.registered_year is None and hasattr(self.start_date, "year"):
            self.registered_year = self.start_date.year

    def clean(self) -> None:
        super().clean()
        year, day = self.registered_year, self.start_date
        if isinstance(year, int) and hasattr(day, "year") and abs(year - day.year) > 1:
            raise ValidationError({"registered_year": "Năm đăng ký cách ngày đăng ký quá một năm."})
        if self.status == self.Status.REPLICATED and not self.replicated_date:
            raise ValidationError({"replicated_date": "Vui lòng nhập ngày nhân rộng."})
        if self.replicated_date and self.replicated_date > timezone.localdate():
            raise ValidationError({"replicated_date": TO_COME})
        if self.replicated_date and self.unit_id and not self.unit.version_on(self.replicated_date):
            missing = self.unit.absence_on(self.replicated_date)
            told = ValidationError(missing, code=Why.UNIT_ENDED)
            raise ValidationError({"replicated_date": told})

    def warnings(self) -> list[str]:
        """Return where status and decisions tell different things: only decisions are counted."""
        known = self.recognitions.exists()
        said = self.status in (self.Status.RECOGNISED, self.Status.REPLICATED)
        if said and not known:
            return ["Chưa có quyết định công nhận nên chưa tính vào số mô hình được công nhận."]
        if known and self.status in (self.Status.REGISTERED, self.Status.RUNNING):
            return [f"Đã có quyết định công nhận mà tình trạng còn “{self.get_status_display()}”."]
        return []

    def facts(self) -> Any:
        """Registration counts on its day, replication and every recognition on theirs."""
        facts = {(*point, "registered"): fact for point, fact in super().facts().items()}
        if self.replicated_date:
            facts[(self.unit_id, self.replicated_date, "replicated")] = True
        if self.pk:
            for row in self.recognitions.all():
                for unit_id in {self.unit_id, row.recogniser_id}:
                    facts[(unit_id, row.date, row.pk)] = (row.level, row.recogniser_id, self.type)
        return facts


class Recognition(models.Model):
    """One decision that recognised a model; every decision stays a row.

    `recogniser` is the unit of that level that the decision belongs to: the model's unit or the one
    above it. The figure counts there: a commune's model recognised by the province is one of the
    province's own 21 (domain 1.2: the breakdown by level is by who held it).
    """

    model = models.ForeignKey(
        SkilledMobilisationModel, on_delete=models.CASCADE, related_name="recognitions"
    )
    level = models.CharField("cấp công nhận", max_length=8, choices=AREA_CHOICES)
    height = models.SmallIntegerField(editable=False)
    recogniser = unit_field(None, related_name="recognitions", editable=False)
    decision = models.CharField("số quyết định", max_length=60)
    date = models.DateField("ngày quyết định")
    body = text_field("cơ quan công nhận")

    ENTERED = ("level", "decision", "date", "body")
    unit_lookup = "model__unit"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "quyết định công nhận"
        verbose_name_plural = "quyết định công nhận"
        ordering = ["date", "pk"]
        indexes = [models.Index(fields=["date", "recogniser"], name="recognition_by_date")]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "level", "date"],
                name="recognition_once",
                violation_error_message="Mô hình đã có quyết định của cấp này trong ngày này.",
            ),
            *within("height", top=3),
            *chosen(level=AREA_LEVELS),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()}: {self.decision} ngày {self.date:%d/%m/%Y}"

    def save(self, **kwargs: Any) -> None:
        self.derive()
        super().save(**kwargs)

    def get_additional_data(self) -> dict:
        """Say in the trail whose decision it was: the record's history shows it after it is deleted."""
        return {"record": self.model_id}

    def clean(self) -> None:
        """Find whose recognition it is; refuse a level below the model's unit and impossible days."""
        super().clean()
        self.decision, self.body = clean_line(self.decision), clean_line(self.body)
        if not (self.level and self.date and self.model_id is not None or self.model):
            return
        if self.level not in AREA_LEVELS or not self.date:
            return
        if self.date > timezone.localdate():
            raise ValidationError({"date": TO_COME})
        if self.model.start_date and self.date < self.model.start_date:
            raise ValidationError({"date": "Ngày quyết định không được trước ngày đăng ký."})
        self.derive()

    def derive(self) -> None:
        """Fill height and recogniser from level, date and the model's unit. Raises ValidationError."""
        self.height = Level(self.level).rank
        self.recogniser = recogniser_of(self.model.unit, self.level, self.date)


def recogniser_of(unit: AdministrativeUnit, level: str, day: datetime.date) -> AdministrativeUnit:
    """Return the unit of `level` that stood over `unit` (or is it) on `day`.

    Raises ValidationError where there was none, or the level lies below the unit: a unit that has ended
    recognises nothing, the one over what it became does.
    """
    if Level(level).rank < Level(unit.level).rank:
        raise ValidationError({"level": f"Cấp công nhận thấp hơn cấp của {unit}."})
    found = unit.ancestor_on(level, day)
    if found is None:
        missing = f"Ngày {day:%d/%m/%Y} không có đơn vị {Level(level).label.lower()} ở trên {unit}."
        if level == unit.level:
            missing = unit.absence_on(day)
        raise ValidationError({"level": ValidationError(missing, code=Why.UNIT_ENDED)})
    return found


def counted_recognitions(
    start: datetime.date | None = None, end: datetime.date | None = None
) -> models.QuerySet[Recognition]:
    """Return the recognitions that count from `start` to `end`: one row per model at most.

    A model counts once, at its highest level by `end`, in the period of the first decision of that
    level; a later decision of the same or a lower level adds nothing. None leaves a side open.
    """
    known = Recognition.objects.filter(date__lte=end) if end else Recognition.objects.all()
    higher, same = (
        Q(height__gt=models.OuterRef("height")),
        Q(height=models.OuterRef("height"), date__lt=models.OuterRef("date")),
    )
    better = known.filter(higher | same, model=models.OuterRef("model"))
    counted = known.filter(date__gte=start) if start else known
    return counted.exclude(models.Exists(better))
