"""A large import under gunicorn: a worker does it, whatever becomes of the request and of the server."""

import http.client
import re
import time

import pytest

from danvan.imports.confirming import INLINE_BYTES
from tests.ops.site import scratch_site

pytestmark = pytest.mark.django_db(transaction=False)

ROWS = 6000
UPLOAD = "/nhap-excel/dialogue-conference/tai-len/"
SET_UP = f"""
from django.test import Client
from tests.cast import build_cast
from tests.imports.test_faults import many_rows
an = build_cast()["xa-13369"]
open({{path!r}}, "wb").write(many_rows(an, {ROWS}))
client = Client()
client.force_login(an)
print(client.cookies["sessionid"].value)
"""
ASK = """
from danvan.imports.models import ImportJob
from records.models import DialogueConference
print(ImportJob.objects.get().state, DialogueConference.objects.count())
"""


class Browser:
    """One person's browser: a session, the token of the last page."""

    def __init__(self, session: str):
        self.cookies, self.token = {"sessionid": session}, ""

    def send(self, port, method: str, path: str, body: bytes = b"", kind: str = ""):
        """Return (status, address led to, text)."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, **({"Content-Type": kind} if kind else {})}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        connection.close()
        if found := re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text):
            self.token = found[1]
        return answer.status, answer.headers.get("Location", ""), text

    def upload(self, port, data: bytes):
        """Post the workbook from the upload page."""
        assert self.send(port, "GET", UPLOAD)[0] == 200
        field = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n'
        body = b"".join(
            (
                b"--cut\r\n" + field.format("csrfmiddlewaretoken", "").encode(),
                self.token.encode() + b"\r\n--cut\r\n",
                field.format("file", '; filename="a.xlsx"').encode() + data + b"\r\n--cut--\r\n",
            )
        )
        return self.send(port, "POST", UPLOAD, body, "multipart/form-data; boundary=cut")


def test_check_and_write_are_done_by_a_worker_when_the_server_is_killed(
    tmp_path, django_db_blocker
):
    with django_db_blocker.unblock(), scratch_site(tmp_path, filled=False) as site:
        path = tmp_path / "many.xlsx"
        browser = Browser(site.python(SET_UP.format(path=str(path))))
        assert path.stat().st_size > INLINE_BYTES
        with site.serve() as (port, _):
            status, job, text = browser.upload(port, path.read_bytes())
            assert status == 302, text[-2000:]
            waiting = browser.send(port, "GET", job)[2]
            assert "Đang chờ đến lượt" in waiting, "it was done within the request"
        with site.worker():
            with site.serve() as (port, _):
                page = _until(lambda: browser.send(port, "GET", job)[2], "Xác nhận ghi")
                assert "Xác nhận ghi 6.000 dòng" in page
                token = f"csrfmiddlewaretoken={browser.token}".encode()
                kind = "application/x-www-form-urlencoded"
                assert browser.send(port, "POST", f"{job}xac-nhan/", token, kind)[0] == 302
            assert _until(lambda: site.python(ASK), "done") == f"done {ROWS}"


def _until(look, word: str) -> str:
    """Look again until `word` is seen; give what was seen."""
    deadline = time.monotonic() + 300
    while word not in (seen := look()):
        assert time.monotonic() < deadline, seen[-2000:]
        time.sleep(0.3)
    return seen
