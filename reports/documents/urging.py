"""The letter that urges units whose reports are late ("đôn đốc"): an official letter of the board, in Word."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace

from danvan.units.models import AdministrativeUnit
from reports.documents.letterhead import Letterhead, document_date, letterhead_on, spelled
from reports.documents.word.letters import LetterBlock, WordTable, letter
from reports.models import DocumentKind, Report, ReportingPeriod, State

# Of official letters of the Party; those of the state bear none (NĐ 30/2020, Phụ lục III).
LETTER_SIGN = "CV"
HEADS = ("TT", "Đơn vị", "Hạn nộp", "Quá hạn (ngày)", "Việc còn lại")
SHARES = (1.3, 6, 2.6, 2, 6)


def urging_letter(
    reports: Sequence[Report],
    period: ReportingPeriod,
    office: AdministrativeUnit,
    required: Mapping[str, int],
    today: datetime.date,
) -> bytes:
    """Return the letter of `office` to the units of `reports`, which are late today, as a .docx.

    The reports carry their due dates and `open_remarks`; `required` is how many figures a level enters.
    """
    head = _head(letterhead_on(office, document_date(office, today.year, today)))
    name = f"báo cáo công tác dân vận {str(period).lower()}"
    returned = sum(report.state != State.DRAFT for report in reports)
    again = (
        f", trong đó {returned} đơn vị chưa gửi lại sau khi được trả lại để sửa" if returned else ""
    )
    levels = {report.level for report in reports}
    dues = [
        f"cấp {level.short} {period.due_date_of(level):%d/%m/%Y}"
        for level in reversed(period.tiers)
        if level in levels
    ]
    rows = [
        (
            number,
            report.unit.place_name,
            f"{report.due_date:%d/%m/%Y}",
            (today - report.due_date).days,
            _left_to_do(report, required[report.level]),
        )
        for number, report in enumerate(reports, 1)
    ]
    blocks: list[LetterBlock] = [
        "Kính gửi: Các đơn vị có tên dưới đây",
        f"Hạn nộp {name}: {', '.join(dues)}. Tính đến ngày {today:%d/%m/%Y}, còn {len(reports)} đơn vị quá "
        f"hạn{again}:",
        WordTable(HEADS, rows, SHARES),
        "Đề nghị cấp ủy và cán bộ phụ trách công tác dân vận của các đơn vị nêu trên khẩn trương hoàn thành, "
        "gửi báo cáo trên trang Báo cáo công tác dân vận. Đơn vị có khó khăn, vướng mắc kịp thời phản ánh để "
        "được hướng dẫn hoặc xem xét gia hạn.",
    ]
    words = [spelled(b, head.spelling) if isinstance(b, str) else b for b in blocks]
    return letter(head, "", f"V/v đôn đốc gửi {name}", words)


def _head(head: Letterhead) -> Letterhead:
    """Return the letterhead of a report as that of a letter: its sign, and the units themselves receive it."""
    sign, state = DocumentKind.REPORT.value, f"/{DocumentKind.REPORT.value}-"
    letters = (
        head.symbol.replace(state, "/", 1)
        if state in head.symbol
        else head.symbol.replace(sign, LETTER_SIGN, 1)
    )
    return replace(head, symbol=letters, recipients=("Như trên", *head.recipients[-1:]))


def _left_to_do(report: Report, required: int) -> str:
    """Return what the unit still has to do, in words."""
    if report.state == State.REOPENED:
        return "Chưa gửi lại sau khi được mở lại"
    if report.state == State.RETURNED:
        remarks = vars(report).get("open_remarks")
        still = f" (còn {remarks} ý kiến)" if remarks else ""
        return f"Chưa gửi lại sau khi được trả lại để sửa{still}"
    if not report.filled:
        return "Chưa nhập số liệu"
    return f"Đã nhập {report.filled}/{required} chỉ tiêu, chưa gửi"
