"""manage.py run_import ID: the worker of one large import. Started by the site, not by people."""

from django.core.management.base import BaseCommand, CommandError

from danvan.imports.confirming import work
from danvan.imports.models import ImportJob


class Command(BaseCommand):
    help = "Check, write or take back one import job (started by the site for large files)."

    def add_arguments(self, parser):
        parser.add_argument("job", type=int)

    def handle(self, *args, job, **options):
        try:
            work(ImportJob.objects.select_related("owner__unit").get(pk=job))
        except ImportJob.DoesNotExist as error:
            raise CommandError(f"no import job {job}") from error
