"""`manage.py build_word_templates`: the shipped Word templates, built anew from their outlines."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from reports.documents.narrative.shipped import TEMPLATE_KINDS, build_template, template_file


class Command(BaseCommand):
    """Write the files that stand beside the outlines; for developers who changed an outline or a style."""

    help = "Build the shipped Word templates anew from their outlines (for developers)."

    def handle(self, **options: Any) -> None:
        for kind in TEMPLATE_KINDS:
            file = template_file(kind)
            file.write_bytes(build_template(kind))
            self.stdout.write(f"{file.name}: {file.stat().st_size} bytes")
