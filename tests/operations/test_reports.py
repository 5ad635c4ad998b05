"""The chase report counts what is there, as of a day, on both databases; the cases behind a figure are as many."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from coord_service.commands.report import show_report
from coord_service.domain.advice import AdviceKind, AdviceStatus, Happening
from coord_service.domain.delivery import LetterState
from coord_service.domain.figures import Figure, LateBand, Share
from coord_service.domain.meetings import Attendance
from coord_service.domain.people import PersonKind, Role
from coord_service.errors import NotAllowed
from coord_service.operations.report_csv import harmless, write_cases
from coord_service.operations.reports import (
    ReportFilter,
    collect_cases,
    compute_chase_report,
    view_cases,
    view_chase_report,
    view_overdue_actions,
)
from coord_service.storage.tables import AdviceRequest
from tests.builders import a_child, a_person, a_service, a_user, actor_for
from tests.report_world import (
    a_chase,
    a_contact,
    a_letter,
    a_plain_meeting,
    a_request,
    an_action,
    an_attendee,
    an_event,
    came,
    day,
    instant,
    keep,
)
from tests.statements import count_statements

EVERYTHING = ReportFilter()


async def report(tools, as_of=0, **chosen):
    return await compute_chase_report(tools, ReportFilter(**chosen), day(tools, as_of))


async def cases(tools, figure=Figure.OVERDUE, as_of=0, **chosen):
    found = await collect_cases(tools, figure, ReportFilter(**chosen), day(tools, as_of))
    return [case.request_id for case in found]


async def test_an_empty_county_has_figures_all_the_same(tools):
    found = await report(tools)
    assert (found.total.open, found.total.overdue, found.total.unchased, found.total.silent) == (0, 0, 0, 0)
    assert (found.total.lateness.median, found.total.on_time.percent, found.total.last_chased_at) == (None, None, None)
    assert (found.services, found.people, found.actions) == ([], [], [])
    assert [share for _, share in found.months] == [Share()] * 6


async def test_overdue_begins_the_day_after_the_due_date(tools):
    worker = await a_user(tools)
    child, service = await a_child(tools, worker), await a_service(tools)
    late = await a_request(tools, child, service, due=-1)
    today = await a_request(tools, child, service, due=0)
    assert await cases(tools) == [late.id]
    assert await cases(tools, Figure.OPEN) == [late.id, today.id]
    found = await report(tools)
    assert (found.total.open, found.total.overdue, found.total.lateness.oldest) == (2, 1, 1)


async def test_each_service_agency_person_and_letter_has_its_line_and_they_add_up(tools):
    worker = await a_user(tools)
    child = await a_child(tools, worker)
    speech, physio = await a_service(tools, "Speech"), await a_service(tools, "Physio")
    shah = await a_person(tools, "Dr Shah", service_id=speech.id)
    for due in (-3, -10, -40):
        await a_request(tools, child, speech, due, person_id=shah.id)
    await a_request(tools, child, physio, -100, kind=AdviceKind.OTHER)
    await a_request(tools, child, physio, 5)
    found = await report(tools)
    assert [(line.name, line.open, line.overdue) for line in found.services] == [("Speech", 3, 3), ("Physio", 2, 1)]
    assert [(line.within, line.lateness.median, line.lateness.oldest) for line in found.services] == [
        (speech.agency.name, 10, 40),
        (physio.agency.name, 100, 100),
    ]
    assert [(line.name, line.overdue) for line in found.agencies] == [(speech.agency.name, 3), (physio.agency.name, 1)]
    assert [(line.key, line.name, line.overdue) for line in found.people] == [
        (shah.id, "Dr Shah", 3),
        (0, "Nobody named yet", 1),
    ]
    assert [(line.key, line.overdue) for line in found.kinds] == [("c", 3), ("f", 1)]
    for lines in (found.services, found.agencies, found.people, found.kinds):
        assert sum(line.overdue for line in lines) == found.total.overdue == 4
    assert list(found.total.lateness.bands.values()) == [1, 1, 0, 1, 1]


async def test_filters_combine_and_a_figure_is_as_long_as_its_list(tools):
    ann, bob = await a_user(tools), await a_user(tools)
    hers, his = await a_child(tools, ann), await a_child(tools, bob)
    speech, physio = await a_service(tools, "Speech"), await a_service(tools, "Physio")
    shah = await a_person(tools, "Dr Shah", service_id=speech.id)
    wanted = await a_request(tools, hers, speech, -10, person_id=shah.id, kind=AdviceKind.OTHER)
    await a_request(tools, his, speech, -10, person_id=shah.id, kind=AdviceKind.OTHER)
    await a_request(tools, hers, physio, -10, kind=AdviceKind.OTHER)
    await a_request(tools, hers, speech, -10, kind=AdviceKind.OTHER)
    await a_request(tools, hers, speech, -10, person_id=shah.id)
    await a_request(tools, hers, speech, -30, person_id=shah.id, kind=AdviceKind.OTHER)
    chosen = {
        "agency_id": speech.agency_id,
        "service_id": speech.id,
        "person_id": shah.id,
        "lead_worker_id": ann.id,
        "kind": AdviceKind.OTHER,
        "band": LateBand.FORTNIGHT,
    }
    assert await cases(tools, **chosen) == [wanted.id]
    assert (await report(tools, **chosen)).total.overdue == 1
    for name in ("person_id", "lead_worker_id", "kind", "band"):
        wider = {key: value for key, value in chosen.items() if key != name}
        assert len(await cases(tools, **wider)) == (await report(tools, **wider)).total.overdue > 1
    assert (await report(tools, person_id=0)).total.overdue == 2
    assert (await report(tools, service_id=physio.id)).total.overdue == 1
    assert (await report(tools, service_id=physio.id, agency_id=speech.agency_id)).total.overdue == 0


async def test_as_of_an_earlier_day_what_came_since_is_still_out(tools):
    worker = await a_user(tools)
    child, service = await a_child(tools, worker), await a_service(tools)
    request = await a_request(tools, child, service, due=-20)
    await a_chase(tools, request, -15)
    await came(tools, request, -5)
    assert (await report(tools)).total.open == 0
    earlier = await report(tools, as_of=-10)
    assert (earlier.total.open, earlier.total.overdue, earlier.total.lateness.oldest) == (1, 1, 10)
    assert earlier.total.last_chased_at == instant(tools, -15)
    assert (await report(tools, as_of=-19)).total.unchased == 1
    assert (await report(tools, as_of=-70)).total.open == 0


async def test_withdrawn_and_replaced_requests_count_nowhere(tools):
    worker = await a_user(tools)
    child, service = await a_child(tools, worker), await a_service(tools)
    for status in (AdviceStatus.WITHDRAWN, AdviceStatus.REPLACED):
        await a_request(tools, child, service, -10, status=status, ended_at=instant(tools, -1))
    found = await report(tools)
    assert (found.total.open, found.total.on_time) == (0, Share())


class TestNobodyHasChased:
    """The figure that must be zero."""

    @pytest.fixture
    async def late(self, tools) -> AdviceRequest:
        self.worker = await a_user(tools)
        self.child, self.service = await a_child(tools, self.worker), await a_service(tools)
        return await a_request(tools, self.child, self.service, due=-4)

    async def unchased(self, tools) -> int:
        return (await report(tools)).total.unchased

    async def test_late_and_nothing_on_the_ledger(self, tools, late):
        assert await self.unchased(tools) == 1
        assert await cases(tools, Figure.UNCHASED) == [late.id]

    async def test_a_chase_that_waits_or_went(self, tools, late):
        await a_chase(tools, late, -1)
        assert await self.unchased(tools) == 0

    async def test_a_chase_that_bounced_is_none(self, tools, late):
        await a_chase(tools, late, -1, letter=a_letter(tools, bounced_at=instant(tools, -0.5)))
        assert await self.unchased(tools) == 1

    async def test_a_chase_that_could_not_be_sent_is_none(self, tools, late):
        await a_chase(tools, late, -1, letter=a_letter(tools, state=LetterState.FAILED))
        assert await self.unchased(tools) == 1

    async def test_a_call_that_was_only_asked_for_is_none(self, tools, late):
        await a_chase(tools, late, -1, audience="call", address="call")
        assert await self.unchased(tools) == 1

    async def test_a_call_that_was_made_is_one(self, tools, late):
        await keep(tools, a_contact(tools, self.worker, self.child, -1, advice_request_id=late.id))
        assert await self.unchased(tools) == 0

    async def test_a_promise_still_to_come_is_an_answer_and_a_broken_one_is_not(self, tools, late):
        async with tools.database.begin() as db:
            (await db.get_one(AdviceRequest, late.id)).promised_on = day(tools, 0)
        assert await self.unchased(tools) == 0
        assert (await report(tools, as_of=1)).total.unchased == 1

    async def test_a_pause_that_runs_is_a_decision_and_one_that_is_over_is_none(self, tools, late):
        async with tools.database.begin() as db:
            (await db.get_one(AdviceRequest, late.id)).paused_until_on = day(tools, 0)
        assert await self.unchased(tools) == 0
        assert (await report(tools, as_of=1)).total.unchased == 1


class TestNoHumanContact:
    """Letters run by themselves: this figure shows neglect. Ten working days before Tuesday 3 March: 17 February."""

    @pytest.fixture(autouse=True)
    async def late(self, tools) -> AdviceRequest:
        self.worker = await a_user(tools)
        self.child, self.service = await a_child(tools, self.worker), await a_service(tools)
        self.shah = await a_person(tools, "Dr Shah", service_id=self.service.id)
        return await a_request(tools, self.child, self.service, due=-4)

    async def silent(self, tools) -> int:
        found = await cases(tools, Figure.SILENT)
        assert (await report(tools)).total.silent == len(found)
        return len(found)

    async def test_letters_alone_are_silence(self, tools, late):
        await a_chase(tools, late, -1)
        assert await self.silent(tools) == 1

    @pytest.mark.parametrize(("when", "count"), [(-13, 0), (-14, 1)])
    async def test_a_call_counts_for_ten_working_days(self, tools, late, when, count):
        await keep(tools, a_contact(tools, self.worker, self.child, when, advice_request_id=late.id))
        assert await self.silent(tools) == count

    async def test_a_call_with_the_service_about_the_child(self, tools):
        await keep(tools, a_contact(tools, self.worker, self.child, -1, service_id=self.service.id))
        assert await self.silent(tools) == 0

    async def test_a_call_with_somebody_else_about_the_child_is_none(self, tools):
        await keep(tools, a_contact(tools, self.worker, self.child, -1))
        assert await self.silent(tools) == 1

    @pytest.mark.parametrize(
        ("what", "count"), [(Happening.PROMISED, 0), (Happening.CANNOT, 0), (Happening.SENT_AGAIN, 1)]
    )
    async def test_their_answer_counts_and_our_letter_does_not(self, tools, late, what, count):
        await keep(tools, an_event(tools, late, what, -2))
        assert await self.silent(tools) == count

    @pytest.mark.parametrize(("attendance", "count"), [(Attendance.CAME, 0), (Attendance.ABSENT, 1), (None, 1)])
    async def test_somebody_of_the_service_at_a_meeting(self, tools, attendance, count):
        meeting = await a_plain_meeting(tools, self.worker, self.child, -2)
        await an_attendee(tools, meeting, self.shah, attendance=attendance)
        assert await self.silent(tools) == count


async def test_on_time_counts_what_fell_due_by_the_day_it_came(tools):
    worker = await a_user(tools)
    child, service = await a_child(tools, worker), await a_service(tools)
    requests = [await a_request(tools, child, service, due=-10) for _ in range(4)]
    await came(tools, requests[0], -10)
    await came(tools, requests[1], -9)
    await came(tools, requests[2], -1, noted_on=-11)  # came by post, noted late
    not_yet = await a_request(tools, child, service, due=0)
    await came(tools, not_yet, -1)
    found = await report(tools)
    assert found.total.on_time == found.services[0].on_time == found.kinds[0].on_time == Share(2, 4)
    assert found.months[-2] == (day(tools).replace(month=2, day=1), Share(2, 4))
    assert len(await cases(tools, Figure.ON_TIME)) == 4
    assert (await report(tools, as_of=-9)).total.on_time == Share(1, 4)


async def test_the_day_it_came_is_londons(tools, clock):
    clock.move(days=110)  # summer: midnight in London is 23:00 UTC
    worker = await a_user(tools)
    child, service = await a_child(tools, worker), await a_service(tools)
    for minutes in (-1, 1):
        request = await a_request(tools, child, service, due=-1)
        midnight = instant(tools).replace(hour=23, minute=0) - timedelta(days=1)
        when = (midnight + timedelta(minutes=minutes) - tools.clock.now()) / timedelta(days=1)
        await came(tools, request, when)
    assert (await report(tools)).total.on_time.met == 1


async def test_overdue_actions_are_counted_by_agency(tools):
    worker = await a_user(tools)
    child = await a_child(tools, worker)
    meeting = await a_plain_meeting(tools, worker, child, -30)
    service = await a_service(tools)
    shah = await a_person(tools, service_id=service.id)
    await an_action(tools, meeting, child, shah, -3)
    await an_action(tools, meeting, child, shah, -9)
    await an_action(tools, meeting, child, shah, 0)
    await an_action(tools, meeting, child, shah, -9, agency=service.agency.name)
    found = await report(tools)
    assert [(each.agency, each.count, each.oldest) for each in found.actions] == [
        ("Rivermead Trust", 2, 9),
        (service.agency.name, 1, 9),
    ]
    assert (await report(tools, agency_id=service.agency_id)).actions_overdue == 1
    assert (await report(tools, service_id=service.id)).actions_overdue == 3
    assert (await report(tools, kind=AdviceKind.HEALTH)).actions_overdue == 0
    actor = actor_for(worker)
    rows, total = await view_overdue_actions(tools, actor, EVERYTHING, "Rivermead Trust", (1, 0))
    assert (len(rows), total, rows[0].due_on) == (1, 2, day(tools, -9))


async def test_escalated_is_what_a_manager_was_written_to_about(tools):
    worker = await a_user(tools)
    child, service = await a_child(tools, worker), await a_service(tools)
    above, below = [await a_request(tools, child, service, -8) for _ in range(2)]
    await a_chase(tools, above, -1, audience="service_manager")
    await a_chase(tools, below, -1)
    assert await cases(tools, Figure.ESCALATED) == [above.id]


async def test_who_may_see_reports(tools):
    administrator = actor_for(await a_user(tools, Role.ADMINISTRATOR))
    with pytest.raises(NotAllowed):
        await view_chase_report(tools, administrator, EVERYTHING)
    with pytest.raises(NotAllowed):
        await view_cases(tools, administrator, Figure.OPEN, EVERYTHING, (50, 0))
    for role in (Role.LEAD_WORKER, Role.MANAGER):
        assert await view_chase_report(tools, actor_for(await a_user(tools, role)), EVERYTHING)


async def test_a_page_of_cases_knows_how_many_there_are(tools):
    worker = await a_user(tools)
    child, service = await a_child(tools, worker), await a_service(tools)
    for due in (-1, -2, -3):
        await a_request(tools, child, service, due)
    rows, total, choices = await view_cases(tools, actor_for(worker), Figure.OVERDUE, EVERYTHING, (2, 0))
    assert ([case.due_on for case in rows], total) == ([day(tools, -3), day(tools, -2)], 3)
    assert choices.services == [(service.id, service.name)]


async def test_the_statements_stay_the_same_however_much_there_is(tools):
    numbers = []
    worker = await a_user(tools)
    for _ in range(2):
        for _ in range(3):
            child, service = await a_child(tools, worker), await a_service(tools)
            await a_chase(tools, await a_request(tools, child, service, -9), -1)
        with count_statements(tools.database) as counted:
            await report(tools)
        numbers.append(counted.number)
    assert numbers == [5, 5]


async def test_json_and_csv_say_the_same_and_name_nobody(tools):
    worker = await a_user(tools)
    child = await a_child(tools, worker, given_name="Juniper", family_name="Testwood")
    service = await a_service(tools, "=HYPERLINK(1)")
    person = await a_person(tools, "Dr Shah", service_id=service.id)
    request = await a_request(tools, child, service, -9, person_id=person.id, their_reference="@SUM(A1)")
    await a_request(tools, child, service, -2)
    await a_chase(tools, request, -1)
    shown = show_report(await report(tools))
    content = write_cases(await collect_cases(tools, Figure.OVERDUE, EVERYTHING, day(tools)), day(tools))
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert len(rows) == shown["total"]["overdue"] == 2
    assert [int(row["days late"]) for row in rows] == [9, 2]
    assert rows[0]["service"] == "'=HYPERLINK(1)"
    assert rows[0]["their reference"] == "'@SUM(A1)"
    assert (rows[0]["held by"], rows[1]["held by"]) == ("a person", "the service")
    assert (rows[0]["chases"], rows[0]["last chased on"]) == ("1", day(tools, -1).isoformat())
    for name in ("Juniper", "Testwood", "Shah", worker.person.name):
        assert name not in content.decode() + str(shown)
    assert shown["people"][0] == {**shown["people"][0], "person_id": person.id, "overdue": 1}


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM", "\tx", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_calculate_is_shown_instead(cell):
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["KD-4827M", "", None, 3, -3, "a=b"])
def test_other_cells_are_left_alone(cell):
    assert harmless(cell) == cell


async def test_family_is_shown_as_a_person_and_never_by_name(tools):
    worker = await a_user(tools)
    child, service = await a_child(tools, worker), await a_service(tools)
    mother = await a_person(tools, "Ms Testwood", kind=PersonKind.FAMILY)
    await a_request(tools, child, service, -9, person_id=mother.id)
    (case,) = await collect_cases(tools, Figure.OVERDUE, EVERYTHING, day(tools))
    assert case.is_family
    assert b"Testwood" not in write_cases([replace(case, their_reference=None)], day(tools))
