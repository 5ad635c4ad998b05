"""Children, teams and contacts on both databases."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from coord_service.domain.children import PlanStatus, Sharing, is_reference
from coord_service.domain.meetings import Answer
from coord_service.domain.people import Actor, PersonKind, Role, Sector
from coord_service.domain.searching import ChildFilter
from coord_service.domain.team import Standing
from coord_service.errors import ChangedMeanwhile, InvalidForm, NotAllowed, NotFound, Refused
from coord_service.operations import around_child, cases, contacts, teams
from coord_service.operations.cases import ChildFacts
from coord_service.operations.contacts import ContactKind, LogContact
from coord_service.operations.people import NewPerson, PersonFacts
from coord_service.operations.teams import Place
from coord_service.storage.tables import AdviceRequest, Meeting
from tests.case_files import NOW, county, tools, worker
from tests.report_world import keep

__all__ = ["county", "tools", "worker"]

WREN = ChildFacts("Wren", "Applegarth", date(2016, 5, 1), setting="Hollow Oak Primary")


async def history_of(tools, actor, child_id):
    rows, _ = await around_child.list_history(tools, actor, child_id, (), 1)
    return [entry.verb for entry, _ in rows]


async def load_meeting(tools, meeting_id):
    async with tools.database.read() as db:
        return await db.get_one(Meeting, meeting_id)


async def test_a_new_child_gets_a_reference_with_its_check_letter_and_an_audit_entry(tools, worker):
    child_id = await cases.add_child(tools, worker, WREN)
    child = (await around_child.load_overview(tools, worker, child_id)).child
    assert is_reference(child.reference)
    assert (child.given_name, child.lead_worker_id, child.plan_status) == ("Wren", worker.user_id, PlanStatus.SUPPORT)
    assert await history_of(tools, worker, child_id) == ["add_child"]


async def test_a_reference_that_is_taken_is_drawn_again(tools, worker, monkeypatch):
    draws = iter(["KD-4827M", "KD-4827M", "KD-4828P"])
    monkeypatch.setattr(cases, "new_reference", lambda _pick: next(draws))
    first, second = [await cases.add_child(tools, worker, WREN) for _ in range(2)]
    references = [(await around_child.load_overview(tools, worker, each)).child.reference for each in (first, second)]
    assert references == ["KD-4827M", "KD-4828P"]


@pytest.mark.parametrize(
    ("facts", "field", "words"),
    [
        ({"born_on": date(2026, 3, 4)}, "born_on", "in the past"),
        ({"born_on": date(1999, 3, 3)}, "born_on", "makes them 27"),
        ({"given_name": "  "}, "given_name", "first name"),
        ({"assessment_requested_on": date(2026, 3, 4)}, "assessment_requested_on", "today or in the past"),
        ({"last_review_on": date(2015, 1, 1)}, "last_review_on", "before the child was born"),
    ],
)
async def test_a_child_that_cannot_be_is_refused_in_a_sentence(tools, worker, facts, field, words):
    with pytest.raises(InvalidForm) as refused:
        await cases.add_child(tools, worker, replace(WREN, **facts))
    assert words in refused.value.fields[field]


async def test_a_young_person_of_25_is_taken(tools, worker):
    assert await cases.add_child(tools, worker, replace(WREN, born_on=date(2000, 3, 4)))


async def test_a_correction_says_which_facts_changed_and_a_stale_one_is_refused(tools, worker):
    child_id = await cases.add_child(tools, worker, WREN)
    changed = await cases.correct_child(
        tools, worker, child_id, 1, replace(WREN, setting="Elm House", given_name="Ren")
    )
    assert changed == ["given_name", "setting"]
    with pytest.raises(ChangedMeanwhile):
        await cases.correct_child(tools, worker, child_id, 1, WREN)
    child = (await around_child.load_overview(tools, worker, child_id)).child
    assert (child.given_name, child.version) == ("Ren", 2)


async def test_closing_needs_a_reason_and_can_be_taken_back(tools, worker):
    child_id = await cases.add_child(tools, worker, WREN)
    with pytest.raises(InvalidForm):
        await cases.close_child(tools, worker, child_id, " ")
    await cases.close_child(tools, worker, child_id, "Moved away")
    await cases.close_child(tools, worker, child_id, "Again")
    child = (await around_child.load_overview(tools, worker, child_id)).child
    assert (child.closed_at, child.closed_reason) == (NOW, "Moved away")
    await cases.reopen_child(tools, worker, child_id)
    assert (await around_child.load_overview(tools, worker, child_id)).child.closed_at is None
    assert await history_of(tools, worker, child_id) == ["reopen_child", "close_child", "add_child"]


async def test_handing_over_passes_the_child_and_the_meetings_ahead(county, tools, worker):
    other, third = await county.staff("Sam New"), await county.staff("Third")
    child = await county.child(worker)
    ahead = await county.meeting(child, worker)
    past = await county.meeting(child, worker, days=-7)
    anothers = await county.meeting(child, third)
    assert await cases.hand_over_child(tools, worker, child.id, child.version, other.user_id) == 1
    convenors = [(await load_meeting(tools, each.id)).convenor_id for each in (ahead, past, anothers)]
    assert convenors == [other.user_id, worker.user_id, third.user_id]
    rows, _ = await around_child.list_history(tools, worker, child.id, (), 1)
    assert rows[0][0].details["from_user_id"] == worker.user_id
    assert rows[0][0].details["to_user_id"] == other.user_id
    assert [each.id for each, _ in await around_child.list_handed_over(tools, other)] == [child.id]
    assert await around_child.list_handed_over(tools, worker) == []
    tools.clock.instant += timedelta(days=8)
    assert await around_child.list_handed_over(tools, other) == []


async def test_a_child_is_handed_to_a_lead_worker_only(county, tools, worker):
    administrator = await county.staff(role=Role.ADMINISTRATOR)
    child = await county.child(worker)
    for nobody in (administrator.user_id, worker.user_id, 999):
        with pytest.raises(InvalidForm):
            await cases.hand_over_child(tools, worker, child.id, child.version, nobody)


async def test_shielding_hides_the_place_of_meetings_that_are_booked_already(county, tools, worker):
    child = await county.child(worker)
    ahead, past = await county.meeting(child, worker), await county.meeting(child, worker, days=-7)
    await cases.shield_child(tools, worker, child.id)
    assert (await load_meeting(tools, ahead.id)).is_private
    assert not (await load_meeting(tools, past.id)).is_private
    with pytest.raises(Refused, match="Only a manager"):
        await cases.unshield_child(tools, worker, child.id)
    await cases.unshield_child(tools, await county.staff(role=Role.MANAGER), child.id)
    assert not (await around_child.load_overview(tools, worker, child.id)).child.is_shielded
    assert (await load_meeting(tools, ahead.id)).is_private


async def test_an_administrator_sees_and_changes_no_case(county, tools, worker):
    administrator = await county.staff(role=Role.ADMINISTRATOR)
    child = await county.child(worker)
    with pytest.raises(NotAllowed):
        await around_child.load_overview(tools, administrator, child.id)
    with pytest.raises(NotAllowed):
        await cases.add_child(tools, administrator, WREN)
    with pytest.raises(NotAllowed):
        await cases.close_child(tools, Actor.link(1), child.id, "no")


async def test_the_list_shows_ones_own_caseload_first_then_names_whatever_their_case(county, tools, worker):
    other = await county.staff()
    for given, family, whose in [
        ("A", "Zed", worker),
        ("B", "abel", other),
        ("C", "Éclair", other),
        ("D", "Mole", worker),
    ]:
        await county.child(whose, given, family)
    rows, count = await around_child.list_children(tools, worker, ChildFilter(), 1)
    assert [child.family_name for child, _ in rows][:3] == ["Mole", "Zed", "abel"]
    assert count == 4


async def test_filters_narrow_the_list(county, tools, worker):
    other = await county.staff()
    mine = await county.child(worker, "Wren", "Łapiński", plan_status=PlanStatus.PLAN)
    closed = await county.child(other, "Ash", "Brook", closed_at=NOW)
    meeting = await county.meeting(mine, worker)

    async def found(**narrowing):
        rows, count = await around_child.list_children(tools, worker, ChildFilter(**narrowing), 1)
        assert count == len(rows)
        return [(child.id, next_at) for child, next_at in rows]

    assert await found(lead_worker_id=worker.user_id) == [(mine.id, meeting.starts_at)]
    assert await found(plan_status=PlanStatus.SUPPORT) == [(closed.id, None)]
    assert [each for each, _ in await found(is_open=True)] == [mine.id]
    assert [each for each, _ in await found(is_open=False)] == [closed.id]
    assert [each for each, _ in await found(words=("łAPIŃ", "WR"))] == [mine.id]
    assert [each for each, _ in await found(words=(closed.reference.lower(),))] == [closed.id]
    assert await found(words=("%",)) == []
    assert await found(words=("_",)) == []


async def test_the_team_shows_who_answered_who_owes_and_who_has_no_address(county, tools, worker):
    child, service = await county.child(worker), await county.service()
    coming, silent = await county.professional("Coming", service), await county.professional("Silent", service)
    late = await county.professional("Late", await county.service("Psychology", Sector.EDUCATION))
    mother = await county.relative("Mother")
    for person in (coming, silent, late, mother):
        await county.member(child, person)
    left = await county.member(child, await county.professional("Left", service), ended_on=date(2026, 2, 1))
    await county.meeting(child, worker, silent, days=90)
    meeting = await county.meeting(child, worker, coming, silent)
    async with tools.database.begin() as db:
        stored = await db.get_one(Meeting, meeting.id)
        await db.refresh(stored, ["attendees"])
        stored.attendees[0].answer = Answer.ACCEPTED
        shared = {"kind": "d", "question": "?", "status": "open", "asked_at": NOW, "child_id": child.id}
        db.add(AdviceRequest(service_id=late.service_id, person_id=late.id, due_on=date(2026, 3, 2), **shared))
        db.add(AdviceRequest(service_id=service.id, person_id=silent.id, due_on=date(2026, 4, 1), **shared))
    team = await around_child.load_team(tools, worker, child.id)
    assert {each.membership.person.name: each.standings for each in team.members} == {
        "Coming": (Standing.COMING,),
        "Silent": (Standing.SILENT, Standing.OWES),
        "Late": (Standing.OVERDUE,),
        "Mother": (Standing.NO_ADDRESS,),
    }
    assert [each.id for each in team.former] == [left.id]
    assert team.next_meeting.id == meeting.id


async def test_advice_asked_of_a_service_stands_with_its_people_until_one_is_named(county, tools, worker):
    child, service = await county.child(worker), await county.service()
    person = await county.professional("Somebody there", service)
    await county.member(child, person)
    request = AdviceRequest(
        child_id=child.id, service_id=service.id, kind="c", question="?", asked_at=NOW, due_on=date(2026, 4, 1)
    )
    await keep(tools, request)
    (member,) = (await around_child.load_team(tools, worker, child.id)).members
    assert member.standings == (Standing.OWES,)


async def test_adding_somebody_twice_gives_one_place(county, tools, worker):
    child, person = await county.child(worker), await county.professional("Dr Shah", await county.service())
    first = await teams.add_to_team(tools, worker, child.id, person.id, Place("Paediatrician"))
    assert await teams.add_to_team(tools, worker, child.id, person.id, Place("Again")) == first
    (member,) = (await around_child.load_team(tools, worker, child.id)).members
    assert (member.membership.role, member.membership.sector) == ("Paediatrician", Sector.HEALTH)


async def test_a_new_professional_joins_with_their_service(county, tools, worker):
    child, service = await county.child(worker), await county.service("Early Years", Sector.EDUCATION)
    new = NewPerson(
        PersonKind.PROFESSIONAL, PersonFacts("Kit Lane", "Kit.Lane@School.example.org", service_id=service.id)
    )
    await teams.add_new_member(tools, worker, child.id, new, Place("Portage", sharing=Sharing.AGREED))
    (member,) = (await around_child.load_team(tools, worker, child.id)).members
    assert member.membership.person.email == "kit.lane@school.example.org"
    assert member.membership.sector is Sector.EDUCATION
    assert member.membership.sharing_on == date(2026, 3, 3)


async def test_nothing_is_kept_when_the_new_person_is_refused(county, tools, worker):
    child, service = await county.child(worker), await county.service()
    known = await county.professional("Jaya Shah", service)
    new = NewPerson(PersonKind.PROFESSIONAL, PersonFacts("Someone Else", known.email.upper(), service_id=service.id))
    with pytest.raises(InvalidForm, match="belongs to Jaya Shah"):
        await teams.add_new_member(tools, worker, child.id, new, Place("Therapist"))
    assert (await around_child.load_team(tools, worker, child.id)).members == ()


async def test_the_day_of_asking_can_not_be_tomorrow(county, tools, worker):
    child, person = await county.child(worker), await county.relative("Mother")
    place = Place("Mother", sharing=Sharing.REFUSED, sharing_on=date(2026, 3, 4))
    with pytest.raises(InvalidForm) as refused:
        await teams.add_to_team(tools, worker, child.id, person.id, place)
    assert "sharing_on" in refused.value.fields


async def test_an_ended_place_stays_in_the_past_and_can_be_taken_again(county, tools, worker):
    child, person = await county.child(worker), await county.relative("Mother")
    first = await teams.add_to_team(tools, worker, child.id, person.id, Place("Mother"))
    assert await teams.end_membership(tools, worker, first, "Asked to leave") == child.id
    with pytest.raises(Refused, match="no longer in the team"):
        await teams.change_membership(tools, worker, first, Place("Aunt"))
    second = await teams.add_to_team(tools, worker, child.id, person.id, Place("Mother"))
    team = await around_child.load_team(tools, worker, child.id)
    assert [each.membership.id for each in team.members] == [second]
    assert [(each.id, each.ended_reason) for each in team.former] == [(first, "Asked to leave")]
    assert await history_of(tools, worker, child.id) == ["add_to_team", "end_membership", "add_to_team"]


async def test_a_closed_record_takes_nobody_new(county, tools, worker):
    child, person = await county.child(worker, closed_at=NOW), await county.relative("Mother")
    with pytest.raises(Refused, match="closed"):
        await teams.add_to_team(tools, worker, child.id, person.id, Place("Mother"))


async def test_leaving_a_team_names_the_invitations_that_stay(county, tools, worker):
    child, person = await county.child(worker), await county.professional("Dr Shah", await county.service())
    membership = await county.member(child, person)
    ahead = await county.meeting(child, worker, person)
    await county.meeting(child, worker)
    await county.meeting(child, worker, person, days=-7)
    seat = await teams.load_seat(tools, worker, membership.id)
    assert [each.id for each in seat.invitations] == [ahead.id]


async def test_a_call_with_the_family_is_when_they_last_heard_from_us(county, tools, worker):
    child, service = await county.child(worker), await county.service()
    mother, doctor = await county.relative("Mother"), await county.professional("Dr Shah", service)
    await contacts.log_contact(tools, worker, LogContact(child.id, doctor.id, ContactKind.CALL, "Will send it"))
    assert (await around_child.load_overview(tools, worker, child.id)).child.family_heard_at is None
    await contacts.log_contact(tools, worker, LogContact(child.id, mother.id, ContactKind.CALL, "Told the date"))
    assert (await around_child.load_overview(tools, worker, child.id)).child.family_heard_at == NOW
    rows, count = await around_child.list_contacts(tools, worker, child.id, 1)
    assert [(each.person.name, each.by_user.person.name) for each in rows] == [
        ("Mother", "Robin Worker"),
        ("Dr Shah", "Robin Worker"),
    ]
    assert count == 2


async def test_a_double_click_logs_one_call(county, tools, worker):
    child = await county.child(worker)
    call = LogContact(child.id, None, ContactKind.CALL, "Rang the school")
    assert await contacts.log_contact(tools, worker, call) == await contacts.log_contact(tools, worker, call)
    tools.clock.instant += timedelta(minutes=2)
    await contacts.log_contact(tools, worker, call)
    assert (await around_child.list_contacts(tools, worker, child.id, 1))[1] == 2


async def test_what_does_not_exist_is_said_so(county, tools, worker):
    child = await county.child(worker)
    with pytest.raises(NotFound):
        await around_child.load_overview(tools, worker, 999)
    with pytest.raises(NotFound):
        await contacts.log_contact(tools, worker, LogContact(child.id, 999, ContactKind.CALL, "?"))
    with pytest.raises(NotFound):
        await teams.add_to_team(tools, worker, child.id, 999, Place("?"))
    with pytest.raises(NotFound):
        await teams.end_membership(tools, worker, 999, "?")
