import pytest
from django.core.management import CommandError, call_command

from danvan.units.loader import DEFAULT_FILE, load_units
from reports.models import Report, ReportingPeriod


@pytest.mark.django_db
def test_open_a_year_from_the_command_line(capsys):
    load_units(DEFAULT_FILE)
    call_command("open_period", "2024", due_commune="2024-12-18")
    assert "116 units must report" in capsys.readouterr().out
    period = ReportingPeriod.objects.get()
    assert f"{period.due_commune} {period.end}" == "2024-12-18 2024-12-14"
    assert Report.objects.count() == 116


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["2024"], "Không có đơn vị nào"),
        (["24"], "not a year"),
        (["2024", "--start", "1/1/2024"], "--start: invalid"),
        (["2024", "--start", "2024-12-31", "--end", "2024-01-01"], "sau ngày bắt đầu"),
    ],
)
def test_what_cannot_be_opened_is_told(arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("open_period", *arguments)
    assert not ReportingPeriod.objects.exists()


@pytest.mark.django_db
def test_a_year_is_opened_once():
    load_units(DEFAULT_FILE)
    call_command("open_period", "2024")
    with pytest.raises(CommandError, match="2024"):
        call_command("open_period", "2024")
    assert Report.objects.count() == 116
