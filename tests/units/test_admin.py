from django.contrib import admin
from django.contrib.admin.utils import label_for_field

from danvan.units.models import AdministrativeUnit, UnitSuccession


def test_every_column_has_a_vietnamese_heading():
    for model in (AdministrativeUnit, UnitSuccession):
        page = admin.site._registry[model]
        for name in page.list_display:
            heading = label_for_field(name, model, page)
            assert not heading.isascii(), f"{model.__name__}.{name}: {heading}"
