"""`manage.py load_demo [--scene 2026]`: units, accounts and demonstration figures.

Without a scene those of Hà Nam, 2021–2024; the scene 2026 is today's Ninh Bình with all that became it.
"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from danvan.accounts.unit_loading import load_units_by_command
from danvan.units.loader import DEFAULT_FILE
from danvan.units.register import REGISTER
from reports.demo.scenario import HA_NAM, NINH_BINH
from reports.demo.writer import DemoRefused, Loaded, load

ACCOUNTS = """Demonstration accounts (password of all: {password})
  xa-13369      clerk of xã Tiên Sơn (one per commune: xa-CODE)
  huyen-349     board officer of thị xã Duy Tiên (one per district: huyen-CODE)
  tinh          board officer of the province
  lanhdao       viewer, province
  quantri       superuser"""
ACCOUNTS_2026 = """Demonstration accounts (password of all: {password})
  xa-13363      clerk of phường Tiên Sơn (one per commune: xa-CODE)
  khoi-k3701    clerk of Đảng ủy Công an tỉnh (four Party committees: khoi-k3701 to khoi-k3704)
  tinh          board officer of the province
  lanhdao       viewer, province
  quantri       superuser"""


class Command(BaseCommand):
    help = "Load demonstration data (needs DEBUG=1; safe to repeat)."

    def add_arguments(self, parser: CommandParser) -> Any:
        parser.add_argument(
            "--without-records", action="store_true", help="figures only, no event records"
        )
        parser.add_argument(
            "--scene", choices=["2026"], help="today's Ninh Bình, 2026 open, instead of Hà Nam"
        )

    def handle(self, *, without_records: bool, scene: str | None, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(
                "Demonstration data has a published password and is refused when DEBUG is 0."
            )
        told = ACCOUNTS_2026 if scene else ACCOUNTS
        try:
            if scene:
                load_units_by_command(REGISTER, NINH_BINH.province)
            else:
                load_units_by_command(DEFAULT_FILE)
            loaded = load(
                NINH_BINH if scene else HA_NAM,
                timezone.localdate(),
                with_records=not without_records,
            )
        except DemoRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self._summary(loaded))
        self.stdout.write(told.format(password=settings.DEMO_PASSWORD))

    def _summary(self, loaded: Loaded) -> str:
        if not loaded.years and not loaded.accounts:
            return "The demonstration data is there already; nothing was changed."
        years = ", ".join(map(str, loaded.years)) or "none"
        return (
            f"Loaded {loaded.accounts} accounts, {loaded.figures} figures, {loaded.records} records; "
            f"years: {years}."
        )
