"""manage.py backup FILE"""

from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser

from danvan.common.ops.backup import BackupError, write_backup


class Command(BaseCommand):
    help = "Write database and attachments into one checksummed file, while the site works."

    def add_arguments(self, parser: CommandParser) -> Any:
        parser.add_argument("file", type=Path, help="the backup to write; replaced when it exists")

    def handle(self, *, file: Any, **options: Any) -> None:
        try:
            manifest = write_backup(file)
        except (BackupError, OSError) as error:
            raise CommandError(f"No backup written: {error}") from error
        rows, attachments = sum(manifest["rows"].values()), len(manifest["files"]) - 1
        size = file.stat().st_size / 1e6
        print(f"{file}: {rows} rows, {attachments} attachments, {size:.1f} MB")
