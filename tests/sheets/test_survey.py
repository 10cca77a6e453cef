"""Which rows look like headings: settled by words met before, and still by the rule, whatever came first."""

import datetime
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danvan.common import excel
from danvan.common.sheets.columns import Column
from danvan.common.sheets.precheck import FileRefused
from danvan.common.sheets.reader import MAX_ROWS, open_workbook
from danvan.common.sheets.survey import Survey, Vocabulary

pytestmark = pytest.mark.no_engine
HEADINGS = ("Ngày", "Tên", "Số người")
CELLS = st.one_of(
    st.sampled_from([*HEADINGS, "", " ", "Xã", "Có", "Lần 7"]),
    st.sampled_from([1.0, 2, True, datetime.date(2024, 5, 6)]),
)


def look(rows):
    survey = Survey(Vocabulary({"ngay", "ten", "so nguoi"}, ()))
    survey.look(enumerate(rows, start=1))
    return survey


def is_head(cells) -> bool:
    texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    counted = sum(isinstance(cell, int | float) for cell in cells)
    known = sum(text in HEADINGS for text in texts)
    dated = any(isinstance(cell, datetime.date) for cell in cells)
    return not dated and known > 1 and known * 3 >= len(texts) and counted <= known


@given(st.lists(st.lists(CELLS, min_size=1, max_size=9), max_size=12))
def test_a_head_is_a_head_whatever_rows_came_before(rows):
    survey = look(rows)
    assert survey.heads == [n for n, cells in enumerate(rows, start=1) if is_head(cells)]
    numbers = {i for cells in rows for i, c in enumerate(cells) if type(c) in (int, float)}
    days = {i for cells in rows for i, c in enumerate(cells) if isinstance(c, datetime.date)}
    assert (survey.numbers, survey.dates) == (numbers, days)


def test_a_lawful_file_of_100000_rows_lives_and_a_longer_one_is_told(tmp_path):
    """The limits of the reading child hold on both sides."""
    path = str(tmp_path / "a.xlsx")
    for rows in (100_000, MAX_ROWS + 2000):
        lines = ((f"Đối thoại lần {n}", "Hội trường UBND xã", n) for n in range(rows))
        columns = [Column("Tên"), Column("Nơi"), Column("Số")]
        excel.stream_rows(path, excel.Sheet("Trang 1", columns, lines))
        asked = {"codes": (), "choose": lambda sheets: sheets[0], "check_marker": bool}
        with open_workbook(path, "a.xlsx", headings={"ten", "noi", "so"}, **asked) as workbook:
            if rows == 100_000:
                assert sum(1 for _ in workbook.rows) == rows + 1
                continue
            with pytest.raises(FileRefused, match="hơn 100.000 dòng"):
                deque(workbook.rows, maxlen=0)
