"""manage.py run_import ID: the worker of one large import. Started by the site, not by people."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from danvan.imports.confirming import work
from danvan.imports.models import ImportJob


class Command(BaseCommand):
    help = "Check, write or take back one import job (started by the site for large files)."

    def add_arguments(self, parser: CommandParser) -> Any:
        parser.add_argument("job", type=int)

    def handle(self, *args: Any, job: int, **options: Any) -> None:
        try:
            work(ImportJob.objects.select_related("owner__unit").get(pk=job))
        except ImportJob.DoesNotExist as error:
            raise CommandError(f"no import job {job}") from error
