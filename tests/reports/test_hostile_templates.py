"""Templates of strangers: no file read, no call out, bounded time and memory, the site answers others."""

import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from io import BytesIO

import pytest
from django.conf import settings
from django.test import TestCase

from danvan.common.sheets.precheck import MB, FileRefused
from reports.documents.word import rendering
from reports.documents.word.rendering import check_template, fill_foreign
from tests.reports.hostile_templates import GREEDY, SECRET, docx, hostile, paragraph, said
from tests.reports.word import paragraphs

pytestmark = pytest.mark.no_engine

FIGURE = {"ten": "Hội nghị", "tong": "241", "xa": "216"}
NAMES = {
    "ky": "năm 2022", "muc": [{"ten": "Mục"}], "DT01": FIGURE, "noi_nhan": ["- Nơi nhận."],
    "phu_luc": [{"ten": f"Chỉ tiêu {n}", "o": ["1", "2"]} for n in range(150)],
}  # fmt: skip


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory):
    """A file that must not be read, and a server that must not be called."""
    secret = tmp_path_factory.mktemp("secret") / "secret.txt"
    secret.write_text(SECRET)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield str(secret), server


def aimed(data, secret, server):
    """Return the template aimed at that file and that server; its parts are packed anew."""
    if not data.startswith(b"PK\x03\x04"):
        return data
    host = f"http://127.0.0.1:{server.getsockname()[1]}"
    file = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(data)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            part = old.read(name)
            new.writestr(
                name, part.replace(b"{secret}", secret.encode()).replace(b"{host}", host.encode())
            )
    return file.getvalue()


def answer(data):
    """Return the filled document as text, or what is said of the template."""
    check_template(data, "mau.docx")
    document = fill_foreign(data, NAMES).document
    with zipfile.ZipFile(BytesIO(document)) as archive:
        return b"".join(map(archive.read, archive.namelist())).decode(errors="replace")


def test_there_are_a_hundred_of_them():
    assert len(hostile()) + len(GREEDY) >= 100


@pytest.mark.parametrize("name", hostile())
def test_a_hostile_template_leaves_nothing(name, surroundings):
    secret, server = surroundings
    data, before = aimed(hostile()[name], *surroundings), time.monotonic()
    folder = set(os.listdir("/tmp"))  # noqa: S108
    try:
        result = answer(data)
    except FileRefused as refusal:
        result = str(refusal)
        assert result[0].isupper() and "Traceback" not in result
    assert time.monotonic() - before < 10
    told = result.partition("Đoạn: ")[0].replace(secret, "")  # the paragraph is repeated as it is
    for leaked in (SECRET, "<class", "built-in", "subclasses", "os.py", "INCLUDETEXT "):
        assert leaked not in told
    with pytest.raises(BlockingIOError):
        server.accept()
    assert {n for n in set(os.listdir("/tmp")) - folder if n.endswith(".docx")} == set()  # noqa: S108


# What is told of some of them; {paragraph} is the paragraph they stand in.
TOLD = {
    "{{ khong_co_ten_nay }}": "“khong_co_ten_nay”",
    "{{ DT01.khong_co }}": "“khong_co”",
    "{{ ''.__class__ }}": "không được phép",
    "{{ ky|tojson }}": "Không có phép “tojson”",
    "{% include '{secret}' %}": "không được chèn",
    "{% endfor %}": "Cách viết lệnh chưa đúng",
    "relation picture": "liên kết ra ngoài",
    "part macro": "macro",
    "element altChunk": "chèn từ tệp khác",
    "document old Word": "mật khẩu",
}


@pytest.mark.parametrize(("name", "told"), TOLD.items())
def test_what_is_wrong_is_told_with_its_paragraph(name, told):
    data = hostile()[name]
    with pytest.raises(FileRefused, match=told) as caught:
        answer(data)
    if name.startswith("{{"):
        assert f"Đoạn: “{name}”" in str(caught.value)


@pytest.mark.parametrize("text", GREEDY, ids=range(len(GREEDY)))
def test_a_greedy_template_is_stopped_in_time_and_memory(text, monkeypatch):
    monkeypatch.setattr(rendering, "CPU_SECONDS", 2)
    before = time.monotonic()
    with pytest.raises(FileRefused):
        answer(said(text))
    assert time.monotonic() - before < 10


# In a small process: what a child is said to have taken begins with what its parent had when it began.
HUNGRY = """
import os, resource, django
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()
from tests.reports.test_hostile_templates import GREEDY, answer, said
for text in GREEDY:
    try:
        answer(said(text))
    except ValueError:
        pass
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


def test_no_greedy_template_takes_more_than_200_mb():
    run = {"cwd": settings.BASE_DIR, "capture_output": True, "text": True, "timeout": 120}
    told = subprocess.run([sys.executable, "-c", HUNGRY], **run)
    assert told.returncode == 0, told.stderr
    assert 20 * MB < int(told.stdout) <= 200 * MB


def test_the_limits_are_those_promised():
    assert rendering.MEMORY <= 200 * MB
    assert rendering.WAIT_SECONDS + 1 <= 10 and rendering.CPU_SECONDS < rendering.WAIT_SECONDS


def test_an_honest_template_is_filled():
    body = "".join(map(paragraph, (
        "Có {{ DT01.tong }} hội nghị {% if DT01.xa %}({{ DT01.xa }} cấp xã){% endif %} & <{{ ky|upper }}>",
        "{%p for dong in noi_nhan %}", "{{ loop.index }}. {{ dong }}", "{%p endfor %}",
    )))  # fmt: skip
    filled = fill_foreign(docx(body), NAMES)
    assert paragraphs(filled.document) == [
        "Có 241 hội nghị (216 cấp xã) & <NĂM 2022>", "1. - Nơi nhận.",
    ]  # fmt: skip
    assert not filled.asks_units


def test_what_people_typed_gives_no_orders():
    typed = "Số & <liệu>\x00\x0c\x07 {{ ky }} {% if %}"
    filled = fill_foreign(said("Có: {{ ky }}"), {**NAMES, "ky": typed})
    assert paragraphs(filled.document) == ["Có: Số & <liệu> {{ ky }} {% if %}"]


class OthersTest(TestCase):
    def test_the_site_answers_others_while_a_template_runs(self):
        ended = []

        def run():
            with pytest.raises(FileRefused):
                fill_foreign(said(GREEDY[7]), NAMES)
            ended.append(time.monotonic())

        self.client.get("/dang-nhap/")  # the first page of a process takes longer
        thread = threading.Thread(target=run)
        thread.start()
        time.sleep(0.5)
        answers = [self.client.get("/dang-nhap/").status_code for _ in range(3)]
        answered = time.monotonic()
        thread.join()
        self.assertEqual(answers, [200] * 3)
        self.assertLess(answered, ended[0])
