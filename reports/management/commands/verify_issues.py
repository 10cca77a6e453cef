"""`manage.py verify_issues`: every issue and its files are still what was sent out."""

import json
import zlib
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from danvan.common.db.streaming import streamed
from reports.documents.issues.files import is_intact
from reports.models import IssueFile, PublishedIssue


class Command(BaseCommand):
    """Recompute the checksum of every issue and of every file kept with one."""

    help = "Recompute the checksums of all issues and their files; fails where one differs."

    def handle(self, **options: Any) -> None:
        broken = [
            f"issue {issue.pk} ({issue}) is not what was sent out"
            for issue in streamed(PublishedIssue.objects.select_related("unit"), 20)
            if not _is_sealed(issue)
        ]
        files = IssueFile.objects.select_related("issue")
        broken += [
            f"file {file.pk} ({file}) of issue {file.issue_id} is not what was kept"
            for file in streamed(files.defer("issue__content", "issue__units"), 50)
            if not is_intact(file)
        ]
        for line in broken:
            self.stderr.write(line)
        if broken:
            raise CommandError(f"{len(broken)} checksum(s) differ")
        count = PublishedIssue.objects.count()
        self.stdout.write(f"{count} issues, {files.count()} files: all as they were sent out.")


def _is_sealed(issue: PublishedIssue) -> bool:
    try:
        return issue.seal() == issue.sha256
    except (zlib.error, json.JSONDecodeError):
        return False
