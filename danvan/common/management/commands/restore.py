"""manage.py restore FILE"""

from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser

from danvan.common.ops.backup import BackupError, restore


class Command(BaseCommand):
    help = "Replace database and attachments by those of a backup; what they replace is kept."

    def add_arguments(self, parser: CommandParser) -> Any:
        parser.add_argument("file", type=Path, help="a file written by manage.py backup")

    def handle(self, *, file: Any, **options: Any) -> None:
        try:
            manifest, kept = restore(file)
        except (BackupError, OSError) as error:
            raise CommandError(f"Not restored: {error}") from error
        rows = sum(manifest["rows"].values())
        print(f"Restored {rows} rows of {manifest['created_at']}. Everybody has to log in again.")
        print(f"What stood before is kept in {kept}." if kept else "There was nothing to keep.")
        print("Run manage.py migrate if the code is newer than the backup.")
