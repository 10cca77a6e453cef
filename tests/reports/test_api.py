"""The interface for programs: scope and rights of the account, the same figures as the pages, no page ever."""

import base64
import csv
import datetime
import html
import io
import json
import re
from decimal import Decimal
from unittest import mock
from urllib.parse import urlencode

from django.db import OperationalError
from django.test import Client, TestCase, override_settings
from django.utils import timezone

from danvan.accounts.models import ApiToken, SecurityEvent, User
from danvan.accounts.tokens import keys
from danvan.units.models import AdministrativeUnit
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import consolidate
from reports.figures.writing import Figure, write_figures
from reports.models import Qualifier, Report, Source, State
from tests.cast import PASSWORD, build_cast, build_world
from tests.records.data import make

V1 = "/api/v1/"
YEAR = "first_year=2024"


class ApiCase(TestCase):
    """Tiên Sơn and Tiên Ngoại lie below Duy Tiên, Quế below Kim Bảng; each reported something."""

    FIGURES = {
        "13369": {"DT01": Figure(number=Decimal(3)), "DT02": Figure(number=Decimal("1140"))},
        "13363": {"DT01": Figure(number=Decimal(5), qualifier=Qualifier.AT_LEAST)},
        "13384": {"DT01": Figure(number=Decimal(7))},
    }

    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)
        for code, figures in cls.FIGURES.items():
            report = Report.objects.get(period=cls.world.period, unit__code=code)
            clerk = cls.cast[f"xa-{code}"]
            write_figures(report, figures, actor=clerk, source=Source.FORM)
        Report.objects.filter(unit__code__in=cls.FIGURES).update(state=State.APPROVED)
        cls.keys = {}

    def key(self, name) -> str:
        if name not in self.keys:
            self.keys[name] = keys.give(self.cast[name], "thử", 30)[1]
        return self.keys[name]

    def setUp(self):
        self.keys = {}

    def ask(self, name, address, **headers):
        headers = {"Authorization": f"Bearer {self.key(name)}", **headers}
        return Client().get(V1 + address, headers=headers)

    def items(self, name, address) -> list[dict]:
        answer = self.ask(name, address)
        self.assertEqual(answer.status_code, 200, answer.content)
        return answer.json()["items"]

    def table(self, name, address) -> list[dict]:
        """Return the rows of the CSV."""
        answer = self.ask(name, f"{address}&format=csv")
        self.assertEqual(answer["Content-Type"], "text/csv; charset=utf-8")
        text = b"".join(answer.streaming_content).decode()
        self.assertTrue(text.startswith("\ufeff"), "Excel knows UTF-8 by it")
        return list(csv.DictReader(io.StringIO(text[1:])))

    def problem(self, answer, status) -> dict:
        self.assertEqual(answer.status_code, status, answer.content[:300])
        self.assertEqual(answer["Content-Type"], "application/problem+json")
        told = json.loads(answer.content)
        self.assertEqual(told["status"], status)
        self.assertTrue(told["title"] and told["detail"])
        return told


class ScopeTest(ApiCase):
    READS = {
        "xa-13369": {"13369"},
        "huyen-349": {"13369", "13363"},
        "xem-349": {"13369", "13363"},
        "huyen-350": {"13384"},
        "tinh": {"13369", "13363", "13384"},
        "lanhdao": {"13369", "13363", "13384"},
        "quantri": {"13369", "13363", "13384"},
    }

    def test_everybody_reads_the_own_area(self):
        for name, codes in self.READS.items():
            with self.subTest(name):
                rows = self.items(name, f"figures?{YEAR}")
                self.assertEqual({row["unit_code"] for row in rows}, codes)
                rows = self.items(name, f"reports?{YEAR}&limit=5000")
                told = {row["unit_code"] for row in rows}
                self.assertEqual(told & set(self.FIGURES), codes)
                units = {row["code"] for row in self.items(name, "units?date=2024-12-14")}
                self.assertEqual(units & set(self.FIGURES), codes)
                self.assertEqual(units, told)

    def test_a_foreign_unit_is_not_there(self):
        for address in (
            f"figures?{YEAR}&unit=13384",
            f"reports?{YEAR}&unit=13384",
            f"consolidation?{YEAR}&unit=13384",
            f"consolidation?{YEAR}&unit=13384&by=unit",
            f"consolidation?{YEAR}&unit=35",
            f"records/oversight?{YEAR}&unit=13384",
        ):
            with self.subTest(address):
                told = self.problem(self.ask("huyen-349", address), 404)
                missing = address.replace("13384", "99999").replace("unit=35", "unit=99999")
                same = self.problem(self.ask("huyen-349", missing), 404)["detail"]
                self.assertEqual(
                    told["detail"].replace("13384", "99999").replace("35", "99999"), same
                )

    def test_a_unit_stands_for_all_below_it(self):
        rows = self.items("tinh", f"figures?{YEAR}&unit=349")
        self.assertEqual({row["unit_code"] for row in rows}, {"13369", "13363"})

    def test_records_and_issues(self):
        own, other = self.cast["xa-13369"].unit, self.cast["xa-13384"].unit
        for slug in ("dialogue-conference", "emerging-issue"):
            make(slug, own)
            make(slug, other)
        for slug in ("dialogue-conference", "emerging-issue"):
            for name, codes in (("xa-13369", {"13369"}), ("tinh", {"13369", "13384"})):
                rows = self.items(name, f"records/{slug}?{YEAR}")
                self.assertEqual({row["unit"] for row in rows}, codes)
        heirs = AdministrativeUnit.objects.filter(precessions__predecessor=own)
        heir = heirs.order_by("-valid_from").first()
        self.cast["moi"] = User.objects.create(username="moi", unit=heir)
        self.assertEqual(len(self.items("moi", f"records/dialogue-conference?{YEAR}")), 1)
        self.assertEqual(self.items("moi", f"records/emerging-issue?{YEAR}"), [])

    def test_rights_follow_the_account_at_once(self):
        self.assertEqual(len(self.items("huyen-349", f"figures?{YEAR}")), 3)
        unit = self.cast["xa-13363"].unit
        User.objects.filter(pk=self.cast["huyen-349"].pk).update(unit=unit, role="clerk")
        self.assertEqual(len(self.items("huyen-349", f"figures?{YEAR}")), 1)
        User.objects.filter(pk=self.cast["huyen-349"].pk).update(must_change_password=True)
        self.problem(self.ask("huyen-349", f"figures?{YEAR}"), 403)

    @override_settings(REQUIRE_SECOND_FACTOR=True)
    def test_first_steps_come_first(self):
        told = self.problem(self.ask("quantri", "units"), 403)
        self.assertIn("bước đầu tiên", told["detail"])

    def test_a_session_opens_nothing_here_and_a_key_nothing_there(self):
        client = Client()
        client.post("/dang-nhap/", {"username": "xa-13369", "password": PASSWORD})
        self.problem(client.get(f"{V1}units"), 401)
        headers = {"Authorization": f"Bearer {self.key('xa-13369')}"}
        self.assertEqual(Client().get("/bao-cao/", headers=headers).status_code, 302)


class FiguresTest(ApiCase):
    def test_as_entered_blank_has_no_row_and_drafts_only_when_asked(self):
        rows = self.items("tinh", f"figures?{YEAR}")
        found = {(row["unit_code"], row["indicator"]): row for row in rows}
        self.assertEqual(len(found), 4)
        self.assertEqual(found["13369", "DT02"]["number"], 1140)
        self.assertEqual(found["13363", "DT01"]["qualifier"], "at_least")
        Report.objects.filter(unit__code="13363").update(state=State.SUBMITTED)
        Report.objects.filter(unit__code="13384").update(state=State.DRAFT)
        for state, number in (("approved", 2), ("submitted", 3), ("all", 4)):
            self.assertEqual(len(self.items("tinh", f"figures?{YEAR}&state={state}")), number)

    def test_one_section_one_indicator(self):
        self.assertEqual(len(self.items("tinh", f"figures?{YEAR}&indicator=dt01")), 3)
        self.assertEqual(len(self.items("tinh", f"figures?{YEAR}&section=DT")), 4)
        self.assertEqual(self.items("tinh", f"figures?{YEAR}&section=QT"), [])
        self.problem(self.ask("tinh", f"figures?{YEAR}&indicator=ZZ99"), 404)

    def test_csv_has_what_json_has(self):
        for address in (
            f"figures?{YEAR}",
            f"reports?{YEAR}",
            "units?date=2024-12-14",
            "catalogue?year=2024",
            f"consolidation?{YEAR}&unit=35",
        ):
            with self.subTest(address):
                pages = self.items("tinh", address)
                told = self.table("tinh", address)
                self.assertEqual(list(told[0]), list(pages[0]))
                as_text = [["" if v is None else str(v) for v in row.values()] for row in pages]
                moments = [[cell.replace("T", " ") for cell in row] for row in as_text]
                flat = [[cell.replace("T", " ") for cell in row.values()] for row in told]
                self.assertEqual(flat, moments)

    def test_pages_lead_to_all_rows_once(self):
        for address in (f"figures?{YEAR}&limit=1", f"reports?{YEAR}&limit=50"):
            url, seen = f"http://testserver{V1}{address}", []
            while url:
                answer = Client().get(url, headers={"Authorization": f"Bearer {self.key('tinh')}"})
                seen += [str(row) for row in answer.json()["items"]]
                url = answer.json()["next"]
            whole = self.items("tinh", f"{address.partition('&')[0]}&limit=5000")
            self.assertEqual(seen, [str(row) for row in whole])

    def test_a_text_is_no_formula_in_csv_and_itself_in_json(self):
        text = "=HYPERLINK(1)"
        make("oversight", self.cast["xa-13369"].unit, title=text, note="-1+1")
        (row,) = self.items("tinh", f"records/oversight?{YEAR}")
        self.assertEqual((row["title"], row["note"]), (text, "-1+1"))
        (row,) = self.table("tinh", f"records/oversight?{YEAR}")
        self.assertEqual((row["title"], row["note"]), (f"'{text}", "'-1+1"))

    def test_consolidation_is_that_of_the_page(self):
        unit = self.cast["tinh"].unit
        lines = consolidate(ScopeData(Scope(unit, 2024, 2024))).lines
        answer = self.ask("tinh", f"consolidation?{YEAR}&unit=35").json()
        self.assertEqual((answer["included"], answer["is_demo"]), (3, False))
        for row in answer["items"]:
            line = lines[row["indicator"]]
            figure = line.total if row["part"] == "total" else line.by_level[row["part"]]
            shown = None if figure.number is None else float(line.definition.shown(figure.number))
            self.assertEqual(row["number"], shown, row)
        total = {r["part"]: r for r in answer["items"] if r["indicator"] == "DT01"}
        self.assertEqual((total["total"]["number"], total["total"]["shown"]), (15, "trên 15"))
        self.assertIsNone(total["province"]["number"])
        rows = self.items("tinh", f"consolidation?{YEAR}&unit=35&section=dt&by=unit")
        rows = [row for row in rows if row["indicator"] == "DT01"]
        parts = {row["unit_code"]: row for row in rows if row["part"] == "total"}
        own = {row["unit_code"]: row["number"] for row in rows if row["part"] == "own"}
        self.assertEqual(own["35"], None)
        self.assertEqual(parts["35"]["number"], 15)
        self.assertEqual((parts["349"]["number"], parts["349"]["parent_code"]), (8, "35"))
        self.assertEqual(parts["13369"]["number"], 3)
        years = self.items("tinh", f"consolidation?{YEAR}&unit=35&by=year&section=DT")
        self.assertEqual({row["part"] for row in years}, {"2024", "total"})

    def test_units_as_of_a_day(self):
        before = {row["code"] for row in self.items("quantri", "units?date=2024-12-14")}
        after = {row["code"] for row in self.items("quantri", "units?date=2025-07-02")}
        self.assertIn("349", before)
        self.assertNotIn("349", after)
        districts = self.items("tinh", "units?date=2024-12-14&level=district")
        self.assertEqual({row["level"] for row in districts}, {"district"})

    def test_records_count_in_their_reporting_year(self):
        unit = self.cast["xa-13369"].unit
        make("dialogue-conference", unit, start_date=datetime.date(2023, 12, 20))
        make("dialogue-conference", unit, start_date=datetime.date(2024, 12, 20))
        (row,) = self.items("tinh", f"records/dialogue-conference?{YEAR}")
        self.assertEqual(row["start_date"], "2023-12-20")


class ProblemTest(ApiCase):
    """Whatever is wrong: a document that says so, never a page."""

    def test_parameters(self):
        for address, parameter in (
            (f"figures?{YEAR}&frist_year=2023", "frist_year"),
            ("figures?first_year=hai", "first_year"),
            ("figures", "first_year"),
            ("figures?first_year=1999", "first_year"),
            ("figures?first_year=2024&last_year=2023", "last_year"),
            ("figures?first_year=2024&last_year=2060", "last_year"),
            (f"figures?{YEAR}&state=x", "state"),
            (f"figures?{YEAR}&limit=0", "limit"),
            (f"figures?{YEAR}&limit=99999", "limit"),
            (f"figures?{YEAR}&after={'9' * 40}", "after"),
            (f"figures?{YEAR}&unit={'9' * 40}", "unit"),
            ("units?date=31/12/2024", "date"),
            ("units?date=2024-02-30", "date"),
            ("units?date=2024-12-14T08:00", "date"),
            (f"consolidation?{YEAR}&unit=35&as_of=h%C3%B4m+nay", "as_of"),
            ("units?format=xml", "format"),
            (f"consolidation?{YEAR}", "unit"),
        ):
            with self.subTest(address):
                told = self.problem(self.ask("tinh", address), 422)
                self.assertEqual([one["parameter"] for one in told["errors"]], [parameter])
                self.assertNotIn("giá trị chưa đúng", told["detail"])
                self.assertNotRegex(told["detail"], r"\b(should|must|valid|field|input|or)\b")

    def test_addresses_methods_and_keys(self):
        for address in ("", "nothing", "../v2/units", "records/nothing?first_year=2024"):
            self.problem(self.ask("tinh", address), 404)
        self.problem(self.ask("tinh", "catalogue?year=2031"), 404)
        headers = {"Authorization": f"Bearer {self.key('tinh')}"}
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            client = Client(enforce_csrf_checks=True)
            answer = client.generic(
                method, f"{V1}units", b"{}", "application/json", headers=headers
            )
            self.problem(answer, 405)
            self.assertIn("GET", answer["Allow"])
        for value in ("", "Bearer", "Bearer x", "Basic !!!", "Basic eA==", "Digest a=b"):
            answer = Client().get(f"{V1}units", headers={"Authorization": value})
            self.problem(answer, 401)
            self.assertIn("Bearer", answer["WWW-Authenticate"])
        self.problem(Client().get(f"{V1}units?foo=1"), 401)

    def test_what_a_program_accepts(self):
        for accepted, kind in (
            ("text/csv", "text/csv; charset=utf-8"),
            ("text/csv;q=0.9, application/json", "application/json; charset=utf-8"),
            ("text/html,application/xml;q=0.9,*/*;q=0.8", "application/json; charset=utf-8"),
        ):
            with self.subTest(accepted):
                answer = self.ask("tinh", "catalogue?year=2024", Accept=accepted)
                self.assertEqual((answer.status_code, answer["Content-Type"]), (200, kind))
        named = self.ask("tinh", "catalogue?year=2024&format=csv", Accept="application/json")
        self.assertEqual(named["Content-Type"], "text/csv; charset=utf-8")
        for address in ("units", "openapi.json"):
            told = self.problem(self.ask("tinh", address, Accept="application/xml"), 406)
            self.assertIn("text/csv", told["detail"])

    def test_a_key_that_is_over_says_so_and_since_when(self):
        past = timezone.now() - datetime.timedelta(days=3)
        day = f"{timezone.localtime(past):%d/%m/%Y}"
        for field, says in (
            ("expires_at", "đã hết hạn ngày"),
            ("revoked_at", "đã bị thu hồi ngày"),
        ):
            text = self.key("tinh")
            ApiToken.objects.update(expires_at=timezone.now() + datetime.timedelta(days=1))
            ApiToken.objects.update(**{field: past})
            answer = Client().get(f"{V1}units", headers={"Authorization": f"Bearer {text}"})
            told = self.problem(answer, 401)
            self.assertIn(f"Mã truy cập “thử” {says} {day}", told["detail"])
            self.assertIn("Bearer", answer["WWW-Authenticate"])
        kinds = SecurityEvent.objects.filter(kind="api_token", detail__state="refused")
        self.assertEqual(kinds.count(), 2)
        self.assertNotIn("thử", self.problem(Client().get(f"{V1}units"), 401)["detail"])

    def test_basic_takes_the_key_for_a_password(self):
        pair = base64.b64encode(f"tinh:{self.key('tinh')}".encode()).decode()
        answer = Client().get(f"{V1}units", headers={"Authorization": f"Basic {pair}"})
        self.assertEqual(answer.status_code, 200)
        pair = base64.b64encode(f"tinh:{PASSWORD}".encode()).decode()
        self.problem(Client().get(f"{V1}units", headers={"Authorization": f"Basic {pair}"}), 401)

    @override_settings(API_CALLS_A_MINUTE=3)
    def test_the_share_of_a_minute(self):
        for _ in range(3):
            self.items("tinh", "catalogue?year=2024")
        answer = self.ask("tinh", "units")
        self.problem(answer, 429)
        self.assertTrue(0 < int(answer["Retry-After"]) <= 61)
        self.items("huyen-349", "catalogue?year=2024")
        token = keys.token_of(self.key("tinh"))
        past = token.minute - datetime.timedelta(seconds=61)
        ApiToken.objects.filter(pk=token.pk).update(minute=past)
        self.items("tinh", "catalogue?year=2024")

    def test_faults_of_the_machine(self):
        asked = "reports.api.rows.catalogue"
        for fault, status in ((OperationalError("locked"), 503), (ZeroDivisionError(), 500)):
            with mock.patch(asked, side_effect=fault), self.assertLogs("danvan.api", "ERROR"):
                answer = self.ask("tinh", "catalogue?year=2024")
            told = self.problem(answer, status)
            self.assertNotIn("ZeroDivision", str(told))
        self.assertEqual(answer["Cache-Control"], "private, no-store")


class DocumentTest(ApiCase):
    def test_the_openapi_document_tells_every_address(self):
        self.client.force_login(self.cast["xa-13369"])
        told = self.client.get(f"{V1}openapi.json").json()
        addresses = {address.removeprefix(V1) for address in told["paths"]}
        wanted = {"units", "catalogue", "reports", "figures", "consolidation", "records/{kind}"}
        self.assertEqual(addresses, wanted)
        for address, methods in told["paths"].items():
            self.assertEqual(set(methods), {"get"}, address)
            answers = methods["get"]["responses"]
            self.assertEqual(set(answers["200"]["content"]), {"application/json", "text/csv"})
            self.assertEqual(set(answers["401"]["content"]), {"application/problem+json"})
        named = [methods["get"]["operationId"] for methods in told["paths"].values()]
        self.assertEqual(len(set(named)), len(wanted), "a name stands for one operation")
        self.assertEqual(self.dangling(told), set())
        schemes = told["components"]["securitySchemes"].values()
        self.assertEqual({scheme["scheme"] for scheme in schemes}, {"bearer", "basic"})
        self.assertNotIn("http://", str(told).replace("http://testserver", ""))

    def test_a_program_gets_it_with_its_key_and_never_a_page(self):
        told = self.ask("xa-13369", "openapi.json")
        self.assertEqual(told.json()["info"]["title"], "Báo cáo công tác dân vận")
        self.problem(Client().get(f"{V1}openapi.json"), 401)
        self.problem(self.client.post(f"{V1}openapi.json"), 405)
        User.objects.filter(username="xa-13369").update(must_change_password=True)
        self.client.force_login(self.cast["xa-13369"])
        self.problem(self.client.get(f"{V1}openapi.json"), 401)

    @staticmethod
    def dangling(told) -> set[str]:
        """Return what the document refers to and does not hold."""
        known = {f"#/components/schemas/{name}" for name in told["components"]["schemas"]}
        return set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(told))) - known

    def test_the_query_for_power_bi_gives_what_its_steps_ask_for(self):
        self.client.force_login(self.cast["tinh"])
        query = html.unescape(self.client.get("/api/").content.decode())
        address = re.search(r'RelativePath = "(.+)"', query)[1]
        asked = urlencode(
            re.findall(r'(\w+) = "([^"]+)"', re.search(r"Query = \[(.+)\]", query)[1])
        )
        header = re.search(r'Authorization = "(.+)"', query)[1]
        key = header.replace("dv1_MA_TRUY_CAP", self.key("tinh"))
        answer = Client().get(f"{V1}{address}?{asked}", headers={"Authorization": key})
        rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
        self.assertTrue(rows)
        for name, kind in re.findall(r'\{"(\w+)", (.+?)\}', query):
            read = {"Int64.Type": int, "type number": float}[kind]
            self.assertTrue([read(row[name]) for row in rows if row[name]], name)

    def test_the_examples_of_the_guide_work(self):
        self.client.force_login(self.cast["tinh"])
        page = self.client.get("/api/").content.decode()
        page = page.replace("<wbr>", "")  # where a line may end
        base = f"http://testserver{V1}"
        examples = set(re.findall(re.escape(base) + r"[^<\"\s]+", html.unescape(page)))
        self.assertGreater(len(examples), 6)
        for url in examples:
            url = url.rstrip(").,")
            headers = {"Authorization": f"Bearer {self.key('tinh')}"}
            answer = Client().get(url, headers=headers)
            self.assertIn(answer.status_code, (200, 404), url)
            self.assertNotIn(b"422", answer.content[:80] if answer.status_code == 404 else b"")

    def test_a_table_that_leaves_is_on_the_security_log_as_the_persons(self):
        self.table("tinh", f"figures?{YEAR}")
        event = SecurityEvent.objects.filter(kind="export").get()
        self.assertEqual((event.user, event.path), (self.cast["tinh"], f"{V1}figures"))
        self.ask("huyen-349", f"figures?{YEAR}&unit=13384")
        refused = SecurityEvent.objects.filter(kind="refused").get()
        self.assertEqual(refused.user, self.cast["huyen-349"])
