"""One case as a chronology: every request, delivery, chase, answer and call, each with its source, as page and PDF."""

import io

import pypdf
import pytest

from coord_service.domain.advice import Happening
from coord_service.domain.meetings import Attendance
from coord_service.domain.people import Actor, Role
from coord_service.operations.audit import record
from tests.builders import a_child, a_person, a_service, a_user, actor_for
from tests.report_world import (
    a_chase,
    a_contact,
    a_letter,
    a_mail,
    a_plain_meeting,
    a_request,
    an_action,
    an_attendee,
    an_event,
    came,
    instant,
    keep,
)
from tests.statements import count_statements


@pytest.fixture
async def case(tools):
    """A request that was chased and came, a call, a meeting that was held, an action that was chased; and a sibling."""
    worker = await a_user(tools, name="Lena Lead")
    child = await a_child(tools, worker, given_name="Juniper", family_name="Testwood")
    await tell(tools, worker, child)
    await tell(tools, worker, await a_child(tools, worker, given_name="Clover", family_name="Testwood"), "other")
    return child


async def tell(tools, worker, child, mark="own"):
    service = await a_service(tools, f"Speech therapy {mark}")
    shah, parent = await a_person(tools, f"Dr Shah {mark}"), await a_person(tools, f"Pat {mark}")
    request = await a_request(tools, child, service, -10)
    await keep(
        tools,
        an_event(tools, request, Happening.ASKED, -50),
        a_letter(
            tools,
            letter="ask_advice",
            advice_request_id=request.id,
            recipient=f"salt.{mark}@nhs.example",
            sent_at=instant(tools, -49.9),
        ),
        a_contact(tools, worker, child, -8, advice_request_id=request.id, note=f"Rang about the report, {mark}"),
        a_contact(tools, worker, child, -7, note=f"Rang the family, {mark}"),
    )
    await a_chase(tools, request, -9, step="+1", address=f"salt.{mark}@nhs.example")
    await came(tools, request, -2)
    meeting = await a_plain_meeting(
        tools, worker, child, -30, held_at=instant(tools, -29.9), family_absence="Bus strike"
    )
    await an_attendee(tools, meeting, shah, attendance=Attendance.CAME)
    await an_attendee(tools, meeting, parent, attendance=Attendance.ABSENT)
    action = await an_action(tools, meeting, child, shah, -3, what=f"Ring the school, {mark}")
    await a_chase(tools, action, -4, step="-1", address=f"shah.{mark}@nhs.example")
    await keep(
        tools,
        a_mail(tools, meeting_id=meeting.id, received_at=instant(tools, -31), why=f"shah.{mark}@nhs.example accepts."),
    )
    async with tools.database.begin() as db:
        actor = actor_for(worker)
        record(
            db, actor, "correct_child", ("child", child.id), instant(tools, -60), child_id=child.id, fields=["setting"]
        )
        record(db, actor, "ask_for_advice", ("advice_request", request.id), instant(tools, -50), child_id=child.id)


def lines_of(page) -> list[list[str]]:
    return [[cell.text for cell in row.all("th", "td")] for row in page.root.one("tbody").all("tr")]


async def test_every_line_is_there_once_in_order_with_its_source(sign_in, case):
    page = await (await sign_in(Role.LEAD_WORKER)).get("child_chronology", child_id=case.id)
    told = [(what.split(" \u2714")[0], source.split()[0]) for _, _, what, _, source in lines_of(page)]
    begins = [
        ("Corrected the record: school or setting", "audit"),
        ("Asked", "event"),
        ("Mail: The request", "letter"),
        ("Mail received", "mail"),
        ("Held", "meeting"),
        ("Reminder", "chase"),
        ("Call", "contact"),
        ("Call", "contact"),
        ("Reminder", "chase"),
        ("Advice received", "event"),
    ]
    assert len(told) == len(begins)
    for (what, source), (begin, kind) in zip(told, begins, strict=True):
        assert what.startswith(begin), (what, begin)
        assert source == kind


async def test_a_line_says_what_it_is_about_and_what_became_of_it(sign_in, case):
    page = await (await sign_in(Role.LEAD_WORKER)).get("child_chronology", child_id=case.id)
    lines = lines_of(page)
    held = next(line for line in lines if line[2].startswith("Held"))
    assert "Came: Dr Shah own. Did not come: Pat own. Nobody of the family: Bus strike" in held[2]
    chase = next(line for line in lines if line[2].startswith("Reminder") and "Advice" in line[1])
    assert "1 working day after the due date" in chase[2]
    assert "Delivered to their server" in chase[2]
    assert chase[3] == "salt.own@nhs.example"


async def test_nothing_of_another_case_is_in_it(sign_in, case):
    page = await (await sign_in(Role.LEAD_WORKER)).get("child_chronology", child_id=case.id)
    assert "own" in page.text
    assert "other" not in page.text


@pytest.mark.parametrize(
    ("chapter", "count"),
    [("advice", 5), ("meetings", 2), ("actions", 1), ("contacts", 1), ("record", 1), ("nonsense", 10)],
)
async def test_it_is_narrowed_to_a_chapter(sign_in, case, chapter, count):
    page = await (await sign_in(Role.LEAD_WORKER)).get("child_chronology", child_id=case.id, chapter=chapter)
    assert len(lines_of(page)) == count


async def test_it_is_narrowed_to_a_time(sign_in, case):
    page = await (await sign_in(Role.LEAD_WORKER)).get("child_chronology", child_id=case.id, days="30")
    assert [line[2].split()[0] for line in lines_of(page)] == ["Held", "Reminder", "Call", "Call", "Reminder", "Advice"]


async def test_where_nothing_fits_it_says_so(sign_in, tools):
    browser = await sign_in(Role.LEAD_WORKER)
    child = await a_child(tools, await a_user(tools))
    page = await browser.get("child_chronology", child_id=child.id, chapter="actions")
    assert "Nothing of this kind is on record." in page.text


async def test_the_pdf_says_the_same_without_the_childs_name(sign_in, case):
    browser = await sign_in(Role.LEAD_WORKER)
    response = await browser.client.get(f"/children/{case.id}/chronology.pdf?chapter=advice")
    assert f"chronology-{case.reference}.pdf" in response.headers["Content-Disposition"]
    pages = pypdf.PdfReader(io.BytesIO(await response.read())).pages
    text = " ".join(" ".join(each.extract_text() for each in pages).split())
    for words in (f"Chronology of case {case.reference}", ", advice", "Mail: The request. Delivered to their server."):
        assert words in text
    assert "Held" not in text
    for name in ("Juniper", "Testwood"):
        assert name not in text
    everything = await browser.client.get(f"/children/{case.id}/chronology.pdf")
    pages = pypdf.PdfReader(io.BytesIO(await everything.read())).pages
    text = " ".join(" ".join(each.extract_text() for each in pages).split())
    assert "(an address, left out) accepts." in text
    assert "@" not in text


async def test_a_case_that_is_not_there_is_not_found(sign_in):
    browser = await sign_in(Role.LEAD_WORKER)
    assert (await browser.client.get("/children/99/chronology.pdf")).status == 404


async def test_it_takes_the_same_number_of_statements_however_long_it_is(sign_in, tools, case):
    browser = await sign_in(Role.LEAD_WORKER)
    await browser.get("home")
    counts = []
    for mark in ("more", "again"):
        with count_statements(tools.database) as counted:
            await browser.get("child_chronology", child_id=case.id)
        counts.append(counted.number)
        await tell(tools, await a_user(tools), case, mark)
    assert counts[0] == counts[1]


async def test_what_the_sweep_chased_is_in_the_history_and_spoils_no_page(sign_in, tools, case):
    details = {"step": "+1", "audience": "holder"}
    async with tools.database.begin() as db:
        job = Actor.job("send_due_chases")
        record(db, job, "send_due_chases", ("advice_request", 1), instant(tools, -9), child_id=case.id, **details)
        record(db, job, "hold_chases", ("advice_request", 1), instant(tools, -9), child_id=case.id, **details)
    browser = await sign_in(Role.LEAD_WORKER)
    assert "Chased" in (await browser.get("child_history", child_id=case.id)).text
    assert (await browser.get("child_chronology", child_id=case.id)).status == 200
