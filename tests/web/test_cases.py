"""The story's second step in the browser: the record, the team, contacts, history, people, services, search."""

import re
from datetime import date

import pytest

from coord_service.domain.people import Actor, Role, Sector
from coord_service.operations import cases
from coord_service.operations.cases import ChildFacts
from coord_service.storage.tables import Action, AdviceRequest, AuditEntry, Contact
from tests.case_files import NOW, County
from tests.statements import count_statements

WREN = {
    "given_name": "Wren",
    "family_name": "Applegarth",
    "born_on-day": "1",
    "born_on-month": "5",
    "born_on-year": "2016",
    "setting": "Hollow Oak Primary",
    "plan_status": "assessment",
    "lead_worker_id": "1",
}
PLACE = {"role": "Mother", "is_required": "yes", "sharing": "agreed"}


@pytest.fixture
def county(tools):
    return County(tools)


@pytest.fixture
async def browse(sign_in):
    return await sign_in(Role.LEAD_WORKER)


@pytest.fixture
def me(browse):
    """The signed-in lead worker as an actor."""
    return Actor(label="user:1", user_id=1, person_id=1, role=Role.LEAD_WORKER)


async def test_a_child_is_opened_and_its_team_added(browse, county):
    service = await county.service("Educational psychology", Sector.EDUCATION)
    page = await browse.post("add_child", WREN)
    assert page.banner == "Record opened. Add the team around the child"
    assert "Wren Applegarth" in page.heading
    assert "Wren" not in page.title
    assert "9, Year 5" in page.text
    child_id = int(page.address.rpartition("/")[2])

    page = await browse.get("add_to_team_form", child_id=child_id, q="applegarth")
    assert "Nobody on our records fits" in page.text
    mother = PLACE | {"name": "Jo Applegarth", "email": "jo@home.example.org"}
    page = await browse.post("add_new_member", mother, child_id=child_id, kind="family")
    assert page.banner == "Added to the team"
    psychologist = {"name": "Dr Ada Quill", "email": "ada@council.example.org", "service_id": service.id}
    psychologist |= {"role": "Educational psychologist", "is_required": "no", "sharing": "not_asked"}
    page = await browse.post("add_new_member", psychologist, child_id=child_id, kind="professional")
    assert "Educational psychologist (optional)" in page.text
    assert (
        page.root.one("svg", class_="coord-team__picture")
        .one("desc")
        .text.startswith("2 people: 2 nothing outstanding")
    )


async def test_a_call_is_logged_in_one_small_form_and_stands_in_the_history(browse, county, me):
    child, mother = await county.child(me), await county.relative("Jo Applegarth")
    await county.member(child, mother, "Mother", sector=Sector.FAMILY)
    child_id = child.id
    call = {"person_id": mother.id, "kind": "call", "note": "Asked for the afternoon"}
    page = await browse.post("log_contact", call, child_id=child_id)
    assert page.banner == "Call logged"
    assert "Asked for the afternoon" in page.text
    assert "Family heard from us Today" in page.text

    page = await browse.post("log_contact", {"kind": "", "note": " "}, status=422, child_id=child_id)
    assert page.errors == {
        "#person_id": "Choose whom you spoke with",
        "#kind": "Choose how you spoke",
        "#note": "Write what was said, in a few words",
    }

    page = await browse.get("child_history", child_id=child_id)
    assert "Logged a contact Robin Lead_Worker" in page.text
    assert "Logged a contact" in (await browse.get("child_history", child_id=child_id, kind="contacts")).text
    assert "Nothing of this kind" in (await browse.get("child_history", child_id=child_id, kind="advice")).text


async def test_a_faulty_record_names_every_fault_and_keeps_what_was_typed(browse):
    wrong = WREN | {"given_name": "", "born_on-month": "13", "plan_status": "", "lead_worker_id": "x"}
    page = await browse.post("add_child", wrong, status=422)
    assert page.errors == {
        "#given_name": "Enter the first name",
        "#born_on-day": "Date of birth must be a real date",
        "#plan_status": "Choose where the child stands",
        "#lead_worker_id": "Choose from the list",
    }
    assert page.value("family_name") == "Applegarth"
    page = await browse.post("add_child", WREN | {"born_on-year": "1990"}, status=422)
    assert "makes them 35" in page.errors["#born_on-day"]
    page = await browse.post("add_child", WREN | {"born_on-year": "2027"}, status=422)
    assert page.errors == {"#born_on-day": "The date of birth must be in the past"}


async def test_somebody_elses_change_is_shown_beside_mine_field_by_field(browse, county, tools):
    other = await county.staff("Sam Quick")
    child = await county.child(other, setting="Old School")
    theirs = ChildFacts("Ren", "Applegarth", child.born_on, setting="New School")
    form = {**WREN, "plan_status": "support", "setting": "Mine House", "version": "1"}
    await cases.correct_child(tools, other, child.id, 1, theirs)
    page = await browse.post("correct_child", form, status=409, child_id=child.id)
    assert page.errors == {"#given_name": "Now on the record: Ren", "#setting": "Now on the record: New School"}
    assert page.value("setting") == "Mine House"
    assert "Sam Quick changed this record" in page.text
    page = await browse.post("correct_child", form | {"version": page.value("version")}, child_id=child.id)
    assert page.banner == "Record corrected"
    assert "Mine House" in page.text


async def test_a_record_is_handed_over_and_the_page_says_what_happens(browse, county, me):
    other = await county.staff("Sam New")
    child = await county.child(me)
    await county.meeting(child, me)
    page = await browse.get("hand_over_child_form", child_id=child.id)
    assert "Tuesday 10 March, 10am" in page.text
    form = {"lead_worker_id": other.user_id, "version": page.value("version")}
    page = await browse.post("hand_over_child", form, child_id=child.id)
    assert "Lead worker Sam New" in page.text
    page = await browse.get("child_history", child_id=child.id)
    assert "Handed the child over from Robin Lead_Worker to Sam New" in page.text
    page = await browse.post("hand_over_child", {"lead_worker_id": "", "version": "2"}, status=422, child_id=child.id)
    assert page.errors == {"#lead_worker_id": "Choose a lead worker from the list"}


async def test_a_record_is_closed_with_a_reason_and_opened_again(browse, county, me):
    child = await county.child(me)
    page = await browse.post("close_child", {"reason": ""}, status=422, child_id=child.id)
    assert page.errors == {"#reason": "Say why the record is closed"}
    page = await browse.post("close_child", {"reason": "Moved to Rutland"}, child_id=child.id)
    assert "Closed on 3 March 2026: Moved to Rutland" in page.text
    assert "Applegarth" not in (await browse.get("children")).text
    assert "Applegarth" in (await browse.get("children", state="closed")).text
    page = await browse.post("reopen_child", {}, seen=f"/children/{child.id}", child_id=child.id)
    assert page.banner == "Record opened again"


async def test_shielding_is_begun_by_anybody_and_ended_by_a_manager(browse, county, me, sign_in):
    child = await county.child(me)
    address = f"/children/{child.id}/shielding"
    page = await browse.post("shield_child", {}, seen=address, child_id=child.id)
    assert "Shielded: no mail says" in page.text
    assert "Only a manager can end it" in (await browse.get(address)).text
    await browse.post("unshield_child", {}, status=422, seen=address, child_id=child.id)
    manager = await sign_in(Role.MANAGER)
    page = await manager.post("unshield_child", {}, seen=address, child_id=child.id)
    assert page.banner == "Shielding ended"


async def test_a_known_person_is_found_by_any_part_and_added_once(browse, county, me):
    child, twin = await county.child(me), await county.child(me, "Lark")
    person = await county.professional("Dr Jaya Shah", await county.service("Paediatrics"))
    await county.member(twin, person, "Paediatrician")
    for typed in ("shah", "PAEDIA", person.email, "trust"):
        page = await browse.get("add_to_team_form", child_id=child.id, q=typed[:5000])
        assert f"{twin.reference} (Paediatrician)" in page.text
    page = await browse.get(page.links()["Add Dr Jaya Shah"])
    assert "They won’t get" in page.text
    page = await browse.post("add_to_team", PLACE | {"role": "Doctor"}, child_id=child.id, person_id=person.id)
    assert page.banner == "Added to the team"
    page = await browse.get("add_to_team_form", child_id=child.id, q="shah")
    assert "In this team" in page.text


async def test_somebody_who_may_be_known_is_shown_before_they_are_entered_twice(browse, county, me):
    child, service = await county.child(me), await county.service("Paediatrics")
    known = await county.professional("Dr Jaya Shah", service)
    new = PLACE | {"name": "Jaya Shar", "email": "j.shar@nhs.example.org", "service_id": service.id, "role": "Doctor"}
    page = await browse.post("add_new_member", new, status=422, child_id=child.id, kind="professional")
    assert "Dr Jaya Shah may be the same person" in page.errors["#is_somebody_else"]
    assert f"/children/{child.id}/team/add/{known.id}" in page.links().values()
    taken = new | {"email": known.email.upper(), "is_somebody_else": "yes"}
    page = await browse.post("add_new_member", taken, status=422, child_id=child.id, kind="professional")
    assert "belongs to Dr Jaya Shah" in page.errors["#email"]
    page = await browse.post(
        "add_new_member", new | {"is_somebody_else": "yes"}, child_id=child.id, kind="professional"
    )
    assert "Jaya Shar" in page.text


async def test_a_place_is_changed_and_ended_and_its_history_stays(browse, county, me):
    child, person = await county.child(me), await county.relative("Jo Applegarth")
    membership = await county.member(child, person, "Aunt")
    form = {"role": "Kinship carer", "is_required": "no", "sharing": "refused", "sharing_on": "2026-03-01"}
    page = await browse.post("change_membership", form, membership_id=membership.id)
    assert "Kinship carer (optional)" in page.text
    assert "Not agreed, 1 March 2026" in page.text
    seen = f"/team/{membership.id}"
    page = await browse.post("end_membership", {"reason": ""}, status=422, seen=seen, membership_id=membership.id)
    assert page.errors == {"#reason": "Say why they leave the team"}
    assert page.value("role") == "Kinship carer"
    page = await browse.post("end_membership", {"reason": "Moved"}, seen=seen, membership_id=membership.id)
    assert page.banner == "They are no longer in the team"
    assert "Was in the team" in page.text
    assert "Add them again" in (await browse.get(seen)).text


async def test_people_and_services_are_kept(browse, county):
    page = await browse.post("add_agency", {"name": "Riverside NHS Trust", "sector": "health"})
    agency_id = page.address.rpartition("=")[2]
    assert f'value="{agency_id}" selected' in page.body
    service = {"agency_id": agency_id, "name": "Therapies", "mailbox": "therapies@nhs.example.org"}
    page = await browse.post("add_service", service)
    assert page.heading.endswith("Therapies")
    person = {"name": "Kit Lane", "service_id": "1", "email": "kit@gmail.com"}
    page = await browse.post("add_person", person)
    assert "A private mailbox, not one at work" in page.text
    page = await browse.post("correct_person", person | {"email": "kit@nhs.example.org", "version": "1"}, person_id=2)
    assert "private mailbox" not in page.text
    stale = person | {"name": "Kitty Lane", "email": "kit@nhs.example.org", "version": "1"}
    page = await browse.post("correct_person", stale, status=409, person_id=2)
    assert page.errors == {"#name": "Now on the record: Kit Lane"}

    hours = {"hours_MO": "9am to 12:30pm and 1:30pm - 5pm", "hours_TU": "9", "hours_WE": "3pm to 9am", "version": "2"}
    page = await browse.post("set_working_hours", hours, status=422, person_id=2)
    assert set(page.errors) == {"#hours_TU", "#hours_WE"}
    assert page.value("hours_TU") == "9"
    hours |= {"hours_TU": "", "hours_WE": ""}
    page = await browse.post("set_working_hours", hours, person_id=2)
    assert "Monday: 9am to 12:30pm, 1:30pm to 5pm" in page.text
    in_turn = hours | {"in_turn": "yes", "second_FR": "9am to 3pm", "holidays": "no", "version": "3"}
    page = await browse.post("set_working_hours", in_turn, person_id=2)
    assert "This week: Monday: 9am to 12:30pm, 1:30pm to 5pm Next week: Friday: 9am to 3pm" in page.text
    assert "In school holidays Away" in page.text
    page = await browse.get("set_working_hours_form", person_id=2)
    assert (page.value("hours_MO"), page.value("second_FR")) == ("9am to 12:30pm, 1:30pm to 5pm", "9am to 3pm")

    page = await browse.post(
        "add_leave", {"starts_on": "2026-04-02", "ends_on": "2026-04-01"}, status=422, seen="/people/2", person_id=2
    )
    assert page.errors == {"#ends_on-day": "The last day must be the first day or later"}
    page = await browse.post("add_leave", {"starts_on": "2026-04-02"}, seen="/people/2", person_id=2)
    assert "Thursday 2 April" in page.text
    page = await browse.post("remove_leave", {}, seen="/people/2", person_id=2, leave_id=1)
    assert "No leave entered" in page.text


async def test_what_times_a_family_likes_is_noted_on_their_page(sign_in, county):
    browse, mother = await sign_in(Role.LEAD_WORKER), await county.relative("Mrs Ana Testwood", "ana@families.example")
    assert "Times they like Not asked yet" in (await browse.get("show_person", person_id=mother.id)).text
    said = {"spans_good": "9:15am to 2:45pm", "days_not": ["2"], "spans_if_need_be": "in the evening", "version": "1"}
    page = await browse.post("set_wishes", said, status=422, person_id=mother.id)
    assert set(page.errors) == {"#spans_if_need_be"}
    assert page.value("spans_good") == "9:15am to 2:45pm"
    said |= {"spans_if_need_be": "", "days_if_need_be": ["0", "4"]}
    page = await browse.post("set_wishes", said, person_id=mother.id)
    assert "Good: every day, 9:15am to 2:45pm Only if need be: Monday and Friday Rather not: Wednesday" in page.text
    page = await browse.get("set_wishes_form", person_id=mother.id)
    assert (page.value("spans_good"), page.value("version")) == ("9:15am to 2:45pm", "2")
    page = await browse.post("set_wishes", said, status=422, person_id=mother.id)
    assert "changed" in " ".join(page.errors.values())
    page = await browse.post("set_wishes", {"version": "2"}, person_id=mother.id)
    assert "Times they like Not asked yet" in page.text


async def test_an_administrator_finds_people_and_no_child(sign_in, county):
    browse = await sign_in(Role.ADMINISTRATOR)
    worker = await county.staff()
    child, mother = await county.child(worker), await county.relative("Jo Applegarth")
    doctor = await county.professional("Dr Shah", await county.service())
    await county.member(child, doctor)
    assert "Applegarth" not in (await browse.get("people")).text
    assert child.reference not in (await browse.get("show_person", person_id=doctor.id)).text
    assert "Nothing fits" in (await browse.get("search", q=child.reference)).text
    await browse.get("show_person", status=404, person_id=mother.id)
    for route in ("show_child", "child_history", "correct_child_form"):
        await browse.get(route, status=404, child_id=child.id)


async def test_the_search_box_groups_and_counts_and_jumps(browse, county, me):
    child = await county.child(me, reference="KD-4827M")
    for _ in range(22):
        await county.relative("Pat Applegarth")
    await county.meeting(child, me)
    page = await browse.get("search", q="APPLE")
    assert "Found 1 child, 22 people, 1 meeting" in page.text
    assert page.links()["Show all 22 people"] == "/people?q=APPLE"
    page = await browse.get("search", q="kd4827m")
    assert page.address == f"/children/{child.id}"
    assert "10 March" in (await browse.get("search", q="10 March")).text
    assert "does not fit the rest" in (await browse.get("search", q="KD-4827Z")).text
    assert "Type a part" in (await browse.get("search")).text


HOSTILE = ["<script>alert(1)</script>", "{{ 7919*7907 }}", "a\u202egnp", "Line\r\nBcc: x@y.org", "N\0UL", "x" * 10_000]


@pytest.mark.parametrize("typed", HOSTILE)
async def test_hostile_names_are_refused_or_shown_as_they_are(browse, county, me, typed):
    child, service = await county.child(me), await county.service()
    page = await browse.post("add_child", WREN | {"given_name": typed, "setting": typed[:150]}, status=None)
    assert page.status in {200, 422}
    assert "<script>alert" not in page.body
    new = PLACE | {"name": typed, "email": "k@example.org", "service_id": service.id, "role": typed[:90]}
    page = await browse.post("add_new_member", new, status=None, child_id=child.id, kind="professional")
    assert page.status in {200, 422}
    page = await browse.post(
        "log_contact", {"person_id": "0", "kind": "call", "note": typed}, status=None, child_id=child.id
    )
    assert page.status in {200, 422}
    assert "<script>alert" not in page.body
    for route in ("search", "children", "people", "services"):
        page = await browse.get(route, q=typed[:5000])  # aiohttp itself refuses an address of more than 8 KB
        assert "<script>alert" not in page.body
        assert "62615533" not in page.text
    await browse.get("add_to_team_form", child_id=child.id, q=typed[:5000])


async def test_addresses_that_make_no_sense_show_a_page(browse, county, me):
    child = await county.child(me)
    for query in ("page=0", "page=-1", "page=99999", "page=x", "plan=nonsense", "whose=7", "state=?", "kind=x"):
        await browse.get(f"/children?{query}")
        await browse.get(f"/children/{child.id}/history?{query}")
        await browse.get(f"/people?{query}")
    await browse.get("/children/999999999", status=404)
    await browse.get("/children/9999999999", status=404)
    await browse.get("/team/999", status=404)


async def test_no_page_puts_a_name_in_an_address_or_a_title(browse, county, me):
    child, person = await county.child(me), await county.professional("Dr Jaya Shah", await county.service())
    membership = await county.member(child, person)
    pages = [await browse.get(route, child_id=child.id) for route in CHILD_PAGES]
    pages += [await browse.get("show_person", person_id=person.id), await browse.get("people")]
    pages += [await browse.get("change_membership_form", membership_id=membership.id), await browse.get("children")]
    for page in pages:
        said = page.title + " ".join(page.links().values())
        assert not re.search(r"Wren|Applegarth|Shah", said, re.IGNORECASE)


CHILD_PAGES = (
    "show_child",
    "child_meetings",
    "child_advice",
    "child_actions",
    "child_contacts",
    "child_history",
    "child_chronology",
)
CHILD_FORMS = ("correct_child_form", "close_child_form", "hand_over_child_form", "shielding", "add_to_team_form")
LISTS = ("children", "people", "services", "search")


def one_of_each(child, service, people, meeting):
    due = {"child_id": child.id, "due_on": date(2026, 4, 1)}
    yield Contact(child_id=child.id, person_id=people[0].id, kind="call", note="Rang", at=NOW, by_user_id=1)
    yield AuditEntry(
        at=NOW, actor="user:1", user_id=1, verb="x", record_type="child", record_id=1, child_id=child.id, details={}
    )
    yield AdviceRequest(**due, service_id=service.id, person_id=people[1].id, kind="c", question="?", asked_at=NOW)
    yield Action(**due, meeting_id=meeting.id, owner_id=people[2].id, agency="A", what="Write", created_at=NOW)


async def fill(county, child, me, number):
    """So many of everything that a page about this child, and every list, shows."""
    service = await county.service(f"Service {number}")
    people = [await county.professional(f"Person {number} {each}", service) for each in range(3)]
    meeting = await county.meeting(child, me, *people, days=30 + number)
    async with county.tools.database.begin() as db:
        for _ in range(number):
            db.add_all(one_of_each(child, service, people, meeting))
    for person in people:
        await county.member(child, person)


async def statements_of(browse, tools, child):
    counts = {}
    for route in (*CHILD_PAGES, *CHILD_FORMS):
        with count_statements(tools.database) as counted:
            await browse.get(route, child_id=child.id)
        counts[route] = counted.number
    for route in LISTS:
        with count_statements(tools.database) as counted:
            await browse.get(route, q="e")
        counts[route] = counted.number
    return counts


async def test_every_page_takes_the_same_statements_with_ten_rows_and_with_a_thousand(browse, county, me, tools):
    child = await county.child(me)
    await fill(county, child, me, 10)
    few = await statements_of(browse, tools, child)
    await fill(county, child, me, 1000)
    for _ in range(60):
        await county.child(me, "More", "Children")
    assert await statements_of(browse, tools, child) == few
    assert few.pop("child_chronology") <= 16  # each kind of record once
    assert max(few.values()) <= 12
