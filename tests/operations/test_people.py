"""People, services, and the search box, on both databases."""

from datetime import date, time

import pytest

from coord_service.domain.people import PersonKind, Role, Sector
from coord_service.domain.searching import PersonFilter
from coord_service.errors import ChangedMeanwhile, InvalidForm, NotAllowed, NotFound
from coord_service.operations import people, services
from coord_service.operations.people import DayHours, NewPerson, PersonFacts, WorkingPattern
from coord_service.operations.search import NOTHING, search
from coord_service.operations.services import ServiceFacts
from tests.case_files import county, tools, worker

__all__ = ["county", "tools", "worker"]


def professional(name, email, service, **said):
    return NewPerson(PersonKind.PROFESSIONAL, PersonFacts(name, email, service_id=service.id), **said)


async def test_a_near_same_name_at_the_same_service_is_asked_about_first(county, tools, worker):
    service, elsewhere = await county.service(), await county.service("Elsewhere")
    known = await county.professional("Dr Jaya Shah", service)
    new = professional("Jaya Shar", "j.shar@nhs.example.org", service)
    with pytest.raises(InvalidForm, match="Dr Jaya Shah may be the same person"):
        await people.add_person(tools, worker, new)
    assert [each.id for each in await people.list_likely_same(tools, worker, new)] == [known.id]
    await people.add_person(tools, worker, professional("Jaya Shar", "a@nhs.example.org", elsewhere))
    await people.add_person(
        tools, worker, professional("Jaya Shar", "b@nhs.example.org", service, is_somebody_else=True)
    )


async def test_parents_may_share_an_address_when_it_was_said_so(county, tools, worker):
    await county.relative("Jo Applegarth", "home@example.org")
    father = PersonFacts("Max Brook", "home@example.org")
    with pytest.raises(InvalidForm, match="may be the same"):
        await people.add_person(tools, worker, NewPerson(PersonKind.FAMILY, father))
    assert await people.add_person(tools, worker, NewPerson(PersonKind.FAMILY, father, is_somebody_else=True))


@pytest.mark.parametrize(
    "email", ["nonsense", "two@@example.org", "a b@example.org", "a@b\r\nBcc: c@d.org", "a@localhost"]
)
async def test_an_address_that_cannot_be_is_refused(county, tools, worker, email):
    with pytest.raises(InvalidForm) as refused:
        await people.add_person(tools, worker, professional("Kit Lane", email, await county.service()))
    assert list(refused.value.fields) == ["email"]


@pytest.mark.parametrize("name", ["", "  ", "Kit\0Lane", "Kit \x1b[0m"])
async def test_a_name_that_is_none_is_refused(county, tools, worker, name):
    with pytest.raises(InvalidForm) as refused:
        await people.add_person(tools, worker, professional(name, "k@example.org", await county.service()))
    assert list(refused.value.fields) == ["name"]


async def test_line_breaks_in_a_name_become_spaces(county, tools, worker):
    service = await county.service()
    person_id = await people.add_person(tools, worker, professional("Kit\r\nLane", "k@example.org", service))
    assert (await people.load_person_card(tools, worker, person_id)).person.name == "Kit Lane"


async def test_a_correction_of_an_old_page_is_refused_and_an_address_stays_ones_own(county, tools, worker):
    service = await county.service()
    person, other = await county.professional("Kit Lane", service), await county.professional("Al Moor", service)
    facts = PersonFacts("Kit Lane-Moor", person.email, service_id=service.id)
    await people.correct_person(tools, worker, person.id, 1, facts)
    with pytest.raises(ChangedMeanwhile):
        await people.correct_person(tools, worker, person.id, 1, facts)
    taken = PersonFacts("Kit", other.email, service_id=service.id)
    with pytest.raises(InvalidForm, match="belongs to Al Moor"):
        await people.correct_person(tools, worker, person.id, 2, taken)


async def test_working_hours_are_grouped_by_day_and_nothing_means_office_hours(county, tools, worker):
    person = await county.professional("Kit Lane", await county.service())
    nine, noon, five = time(9), time(12), time(17)
    hours = [DayHours("FR", nine, noon), DayHours("TU", nine, five), DayHours("MO", nine, five)]
    await people.set_working_hours(tools, worker, person.id, 1, WorkingPattern(tuple(hours)))
    card = await people.load_person_card(tools, worker, person.id)
    assert card.person.working_hours == [
        {"days": ["MO", "TU"], "start": "09:00", "end": "17:00"},
        {"days": ["FR"], "start": "09:00", "end": "12:00"},
    ]
    with pytest.raises(InvalidForm):
        await people.set_working_hours(tools, worker, person.id, 2, WorkingPattern((DayHours("MO", five, nine),)))
    await people.set_working_hours(tools, worker, person.id, 2, WorkingPattern(()))
    assert (await people.load_person_card(tools, worker, person.id)).person.working_hours is None


async def test_leave_is_entered_once_and_can_be_removed(county, tools, worker):
    person = await county.professional("Kit Lane", await county.service())
    days = (date(2026, 4, 1), date(2026, 4, 14))
    first = await people.add_leave(tools, worker, person.id, *days)
    assert await people.add_leave(tools, worker, person.id, *days) == first
    for wrong in ((days[1], days[0]), (date(2026, 1, 1), date(2026, 1, 2))):
        with pytest.raises(InvalidForm):
            await people.add_leave(tools, worker, person.id, *wrong)
    assert await people.remove_leave(tools, worker, first) == person.id
    assert await people.remove_leave(tools, worker, first) is None


async def test_an_administrator_sees_professionals_and_no_family_and_no_team(county, tools, worker):
    administrator = await county.staff(role=Role.ADMINISTRATOR)
    mother, doctor = await county.relative("Mother"), await county.professional("Dr Shah", await county.service())
    await county.member(await county.child(worker), doctor)
    rows, _ = await people.list_people(tools, administrator, PersonFilter(), 1)
    assert mother.id not in [each.id for each in rows]
    with pytest.raises(NotFound):
        await people.load_person_card(tools, administrator, mother.id)
    assert (await people.load_person_card(tools, administrator, doctor.id)).teams == ()
    assert len((await people.load_person_card(tools, worker, doctor.id)).teams) == 1
    with pytest.raises(NotAllowed):
        await people.list_teams(tools, administrator, [doctor.id])


async def test_an_agency_with_letters_beyond_z_is_recognised(tools, worker):
    await services.add_agency(tools, worker, "École Élémentaire", Sector.EDUCATION)
    for name in ("École Élémentaire", "école élémentaire", "ÉCOLE ÉLÉMENTAIRE"):
        with pytest.raises(InvalidForm):
            await services.add_agency(tools, worker, name, Sector.EDUCATION)


async def test_a_service_is_kept_once_with_addresses_that_can_be(tools, worker):
    agency_id = await services.add_agency(tools, worker, "Riverside NHS Trust", Sector.HEALTH)
    with pytest.raises(InvalidForm, match="on our records already"):
        await services.add_agency(tools, worker, "riverside  nhs trust", Sector.HEALTH)
    facts = ServiceFacts(agency_id, "Therapies", "Therapies@NHS.example.org")
    service_id = await services.add_service(tools, worker, facts)
    with pytest.raises(InvalidForm) as refused:
        await services.add_service(tools, worker, ServiceFacts(agency_id, "THERAPIES", "nonsense"))
    assert set(refused.value.fields) == {"name", "mailbox"}
    await services.correct_service(
        tools, worker, service_id, ServiceFacts(agency_id, "Therapies", phone="01632 960 111")
    )
    card = await services.load_service_card(tools, worker, service_id)
    assert (card.service.mailbox, card.service.phone, card.service.agency.name) == (
        None,
        "01632 960 111",
        "Riverside NHS Trust",
    )


async def test_the_box_finds_children_people_and_meetings_whatever_the_case(county, tools, worker):
    child = await county.child(worker, "Zoë", "Éclair")
    doctor = await county.professional("Émile Éclair", await county.service("Thérapie"))
    meeting = await county.meeting(child, worker, doctor)
    found = await search(tools, worker, "éCLA")
    assert [each.id for each in found.children.rows] == [child.id]
    assert [each.id for each in found.people.rows] == [doctor.id]
    assert [each.id for each in found.meetings.rows] == [meeting.id]
    assert found.count == 3
    assert [each.id for each in (await search(tools, worker, "thÉrapie émile")).people.rows] == [doctor.id]
    assert [each.id for each in (await search(tools, worker, doctor.email.upper())).people.rows] == [doctor.id]


async def test_the_box_finds_meetings_by_day(county, tools, worker):
    child = await county.child(worker)
    meeting = await county.meeting(child, worker, days=7)
    await county.meeting(child, worker, days=8)
    for typed in ("10 March", "10/3/2026", "Tuesday 10th March"):
        assert [each.id for each in (await search(tools, worker, typed)).meetings.rows] == [meeting.id]


async def test_a_whole_reference_is_one_child(county, tools, worker):
    child = await county.child(worker, reference="KD-4827M")
    for typed in ("KD-4827M", "kd4827m", " kd 4827m "):
        assert (await search(tools, worker, typed)).child_id == child.id
    assert (await search(tools, worker, "KD-4827")).child_id is None
    assert (await search(tools, worker, "KD-4827")).children.count == 1


async def test_the_box_shows_administrators_no_case(county, tools, worker):
    administrator = await county.staff(role=Role.ADMINISTRATOR)
    child = await county.child(worker, "Wren", "Applegarth")
    await county.relative("Jo Applegarth")
    assert (await search(tools, administrator, "Applegarth")).count == 0
    assert (await search(tools, administrator, child.reference)).child_id is None


@pytest.mark.parametrize(
    "typed", ["", "   ", "\0", "%", "_", "x" * 10_000, "'; drop table child; --", "\u202eabc", "🦉"]
)
async def test_odd_things_typed_find_nothing_and_break_nothing(county, tools, worker, typed):
    await county.child(worker)
    assert (await search(tools, worker, typed)).count == NOTHING.count


async def test_at_most_twenty_of_a_kind_are_shown_and_all_are_counted(county, tools, worker):
    for _ in range(23):
        await county.child(worker, family="Samename")
    found = await search(tools, worker, "samename")
    assert (len(found.children.rows), found.children.count) == (20, 23)
