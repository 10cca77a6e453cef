"""Event records made from the demonstration figures: what the records count is what the report says.

Pure apart from the model classes: the rows are built, not saved. Each function takes one unit's holder
and numbers of one year and returns records whose counts and sums are exactly those numbers.
"""

import datetime
from collections.abc import Iterator
from typing import Any

from danvan.units.models import Level
from records.models import (
    CitizenReception,
    DemocracyConference,
    DialogueConference,
    EmergingIssue,
    EventRecord,
    FriendlyGovAssessment,
    Oversight,
    Recognition,
    SkilledMobilisationModel,
    StudyConference,
    TrainingCourse,
)
from reports.demo.chance import apportion, between, noise, pick
from reports.demo.holder import DAY, Holder
from reports.demo.texts import words


def records_of(holder: Holder) -> Iterator[EventRecord | Recognition]:
    """Yield all records of one unit and year; recognitions come after their model."""
    for make in (
        _studies, _dialogues, _receptions, _models, _assessments, _democracy, _oversights, _courses,
        _issues,
    ):  # fmt: skip
        yield from make(holder)


def _studies(holder: Holder) -> Iterator[EventRecord]:
    forms = holder.each(direct="QT03", online="QT04", embedded="QT05")
    people = holder.shares(holder["QT06"], len(forms), "QT06")
    for n, day in enumerate(holder.days(len(forms), "QT")):
        yield holder.make(
            StudyConference,
            day,
            title=holder.title("study", n),
            form=forms[n],
            attendees=people[n],
            party_members=int(people[n] * 0.6),
        )


def _dialogues(holder: Holder) -> Iterator[EventRecord]:
    count = holder["DT03"]
    spread = {
        code: holder.shares(holder[code], count, code) for code in ("DT06", "DT08", "DT09", "DT10")
    }
    for n, day in enumerate(holder.days(count, "DT", last=20)):
        concluded = n < holder["DT12"]
        parts = [spread[code][n] for code in ("DT08", "DT09", "DT10")]
        extra = "thematic" if (n + holder.unit_id) % 2 else "ad_hoc"
        yield holder.make(
            DialogueConference,
            day,
            title=holder.title("dialogue", n),
            # From both ends, so that each has a leader and the overlap was held together.
            led_by_secretary=n < holder["DT01"],
            led_by_chairman=n >= count - holder["DT02"],
            kind="regular" if n < holder["DT04"] else extra,
            audience="people",
            form="direct",
            attendees=spread["DT06"][n],
            opinions=sum(parts),
            answered=parts[0],
            resolved_later=parts[1],
            pending=parts[2],
            conclusion_number=f"{10 + n}-TB" if concluded else "",
            conclusion_date=day + 6 * DAY if concluded else None,
            notice_date=day - 8 * DAY,
            result_date=day + 8 * DAY if concluded else None,
        )


def _receptions(holder: Holder) -> Iterator[EventRecord]:
    plan = [
        (day, receiver, kind)
        for code, receiver, kind in (
            ("TD01", "secretary", "regular"),
            ("TD02", "secretary", "ad_hoc"),
            ("TD03", "chairman", "regular"),
            ("TD04", "chairman", "ad_hoc"),
        )
        for day in holder.days(holder[code], code)
    ]
    papers = _papers(holder, len(plan))
    weights = {f"{n:04d}": sum(papers[n][:3]) + 0.4 for n in range(len(plan))}
    people = apportion(holder["TD05"], weights)
    for n, (day, receiver, kind) in enumerate(plan):
        complaints, denunciations, petitions, competent, resolved = papers[n]
        yield holder.make(
            CitizenReception,
            day,
            title=holder.title("reception", n) if complaints + denunciations + petitions else "",
            receiver=receiver,
            kind=kind,
            people=people[f"{n:04d}"],
            complaints=complaints,
            denunciations=denunciations,
            petitions=petitions,
            within_competence=competent,
            resolved=resolved,
        )


def _papers(holder: Holder, count: int) -> list[list[int]]:
    """Hand the year's petitions to the reception days one by one, each with what became of it."""
    days = [[0, 0, 0, 0, 0] for _ in range(count)]
    kinds = [0] * holder["TD07"] + [1] * holder["TD08"] + [2] * holder["TD09"]
    for n, kind in enumerate(kinds):
        day = days[int(noise("paper", holder.unit.code, holder.year, n) * count)]
        day[kind] += 1
        day[3] += n < holder["TD10"]
        day[4] += n < holder["TD11"]
    return days


def _models(holder: Holder) -> Iterator[EventRecord | Recognition]:
    count, together = holder["DV01"], holder["DV02"]
    fields = holder.each(economy="DV04", culture="DV05", defence="DV06", party="DV07")
    fields = _mixed(holder, fields)
    recognised = {*range(holder["DV12"]), *range(together, together + holder["DV13"])}
    copied = set(sorted(recognised)[: holder["DV14"]])
    for n in range(count):
        year = holder.year
        day = datetime.date(year, 1, 8) + int(noise("DV", holder.unit.code, year, n) * 75) * DAY
        status = "recognised" if n in recognised else "running"
        model = holder.make(
            SkilledMobilisationModel,
            day,
            title=f"{holder.title(fields[n], n)} ({holder.unit.name}, mô hình {n + 1})",
            type="collective" if n < together else "individual",
            field=fields[n],
            registered_year=year,
            status="replicated" if n in copied else status,
            replicated_date=min(datetime.date(year, 11, 20), holder.end) if n in copied else None,
        )
        yield model
        if n in recognised:
            yield _recognition(holder, model)


def _mixed(holder: Holder, items: list[str]) -> list[str]:
    """Return `items` in an order that does not show how they were made."""
    order = sorted(range(len(items)), key=lambda n: noise("mix", holder.unit.code, holder.year, n))
    return [items[n] for n in order]


def _recognition(holder: Holder, model: Any) -> Recognition:
    level = Level.from_letter(holder.unit.letter)
    return Recognition(
        model=model,
        level=level,
        height={"X": 1, "H": 2, "T": 3}[holder.unit.letter],
        recogniser_id=holder.unit_id,
        decision=f"{100 + int(noise('QĐ', holder.unit.code, holder.year) * 800)}/QĐ",
        date=min(datetime.date(holder.year, 11, 5), holder.end),
    )


def _assessments(holder: Holder) -> Iterator[EventRecord]:
    if not (holder["CQ01"] or holder["CQ06"]):
        return
    rating = holder["CQ02"] or 4
    low = {3: 66, 4: 80, 5: 91}[rating]
    yield holder.make(
        FriendlyGovAssessment,
        datetime.date(holder.year, 6, 30),
        year=holder.year,
        rating=rating,
        score=low + int(noise("score", holder.unit.code, holder.year) * 8),
        assessor="official",
        surveys=holder["CQ08"],
        satisfied=holder["CQ09"],
    )


def _democracy(holder: Holder) -> Iterator[EventRecord]:
    village = "Thôn" if holder.unit.name.startswith("xã") else "Tổ dân phố số"
    for code, kind, name, people in (
        ("DC02", "staff", _agency, (12, 60)),
        ("DC05", "workers", lambda holder, n: f"Doanh nghiệp minh họa số {n + 1:02d}", (40, 200)),
        ("DC07", "workplace", lambda holder, n: f"Doanh nghiệp minh họa số {n + 1:02d}", (20, 60)),
        ("DC10", "community", lambda holder, n: f"{village} {n + 1}", (40, 120)),
    ):
        for n, day in enumerate(holder.days(holder[code], code)):
            yield holder.make(
                DemocracyConference,
                day,
                title=name(holder, n),
                kind=kind,
                attendees=int(between(*people, code, holder.unit.code, holder.year, n)),
                resolutions=1 + n % 3,
            )


def _agency(holder: Holder, n: int) -> str:
    names = words(f"agency_{holder.unit.letter}")
    if n < len(names):
        return f"{names[n]} {holder.unit.name}"
    return f"Đơn vị sự nghiệp số {n + 1:02d} {holder.unit.name}"


def _oversights(holder: Holder) -> Iterator[EventRecord]:
    plan = [
        (kind, name)
        for kind, code in (("oversight", "GS01"), ("critique", "GS02"))
        for name in Oversight.ORGANISATIONS
        for _ in range(holder[f"{code}.{name}"])
    ]
    advice = holder.shares(holder["GS04"], len(plan), "GS04") if plan else []
    accepted = _within(advice, holder["GS05"])
    shares = holder.shares(holder["GS03"], holder["GS02"], "GS03")
    drafts: list[int | None] = [*[None] * holder["GS01"], *shares]
    for n, day in enumerate(holder.days(len(plan), "GS")):
        kind, lead = plan[n]
        yield holder.make(
            Oversight,
            day,
            title=holder.title(kind, n),
            kind=kind,
            lead=lead,
            form="delegation" if kind == "oversight" else "conference",
            drafts=drafts[n],
            recommendations=advice[n],
            accepted=accepted[n],
        )
    yield from _board_oversights(holder)


def _within(limits: list[int], total: int) -> list[int]:
    """Return parts adding up to `total`, none above its limit (their sum is at least `total`)."""
    parts = []
    for limit in limits:
        parts.append(min(limit, total))
        total -= parts[-1]
    return parts


def _board_oversights(holder: Holder) -> Iterator[EventRecord]:
    """Yield what people's council, sectors and the two people's boards oversaw."""
    council = holder["GS07"] - holder["GS07"] // 3
    found = holder["GS12"]
    for code, leads, titles in (
        ("GS07", ["HDND"] * council + ["SECTOR"] * (holder["GS07"] - council), "oversight"),
        ("GS09", ["TTND"] * holder["GS09"], "oversight"),
        ("GS11", ["GSDTCD"] * holder["GS11"], "investment"),
    ):
        for n, day in enumerate(holder.days(len(leads), code)):
            violation = code != "GS07" and found > 0
            yield holder.make(
                Oversight,
                day,
                title=holder.title(titles, n),
                kind="oversight",
                lead=leads[n],
                form="delegation",
                violations=found if violation else 0,
                amount=holder.row["GS13"] if violation else None,
            )
            found = 0 if violation else found


def _courses(holder: Holder) -> Iterator[EventRecord]:
    for courses, people, organisers, topic in (
        ("TP01", "TP02", ["board"], "mobilisation"),
        ("TP03", "TP04", ["front", "organisation"], "mobilisation"),
        ("TP05", "TP06", ["government"], "reform"),
    ):
        sizes = holder.shares(holder[people], holder[courses], people)
        for n, day in enumerate(holder.days(holder[courses], courses)):
            yield holder.make(
                TrainingCourse,
                day,
                title=f"{holder.title('training', n)} năm {holder.year}",
                organiser=organisers[n % len(organisers)],
                topic=topic,
                participants=sizes[n],
                days=1 + n % 2,
            )


def _issues(holder: Holder) -> Iterator[EventRecord]:
    states = holder.each(resolved="TH03", running="TH04", passed_on="TH05")
    for n, day in enumerate(holder.days(len(states), "TH", last=40)):
        religious, hard = n < holder["TG04"], n < holder["TH07"]
        since = day + int(between(5, 30, "since", holder.unit.code, holder.year, n)) * DAY
        yield holder.make(
            EmergingIssue,
            day,
            title=holder.title("religion" if religious else "issue", n),
            field="religion" if religious else pick(["land", "environment", "policy"], day, n),
            severity="complex" if hard else "normal",
            people=int(between(1, 9, "people", holder.unit.code, holder.year, n)),
            status=states[n],
            status_date=since,
            resolved_date=since if states[n] == "resolved" else None,
        )
