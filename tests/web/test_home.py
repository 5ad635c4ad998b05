"""Home: every kind of row with its one button that opens; as many statements for a thousand rows as for ten."""

from collections import Counter

import pytest
import sqlalchemy as sa

from coord_service.domain.delivery import LetterState
from coord_service.domain.meetings import MeetingStatus
from coord_service.domain.needs import GROUP_NAMES, KINDS_OF, NeedGroup, NeedKind
from coord_service.domain.people import Role
from coord_service.operations.home import view_needs
from coord_service.storage.tables import Meeting, OutboxLetter, User
from coord_service.web.pages.home import SHOWN
from tests.builders import a_child, a_service, a_user, actor_for
from tests.home_world import BY_KIND, everything
from tests.report_world import (
    a_letter,
    a_mail,
    a_plain_meeting,
    a_request,
    instant,
    keep,
)
from tests.statements import count_statements


async def user_of(tools, role: Role = Role.LEAD_WORKER) -> User:
    async with tools.database.read() as db:
        return (
            await db.scalars(sa.select(User).where(User.role == role).options(sa.orm.joinedload(User.person)))
        ).one()


@pytest.fixture
async def lead(tools, sign_in):
    """A browser of a lead worker, and the account."""
    browse = await sign_in(Role.LEAD_WORKER)
    return browse, await user_of(tools)


async def kinds(tools, user) -> Counter:
    needs = await view_needs(tools, actor_for(user))
    return Counter(need.kind for group in needs.groups for need in group.needs)


def rows_shown() -> int:
    """A group shows its first ten."""
    return sum(min(SHOWN, sum(BY_KIND[kind] for kind in kinds)) for kinds in KINDS_OF.values())


async def test_everything_that_can_happen_has_a_row(tools, lead):
    browse, user = lead
    await everything(tools, user)
    assert await kinds(tools, user) == BY_KIND
    page = await browse.get("home")
    assert [h2.text for h2 in page.root.one("main").all("h2")] == [GROUP_NAMES[group] for group in KINDS_OF]
    assert len(page.root.one("main").all("li", class_="coord-row")) == rows_shown()


async def test_each_row_is_one_click_from_its_cure(tools, lead):
    browse, user = lead
    await everything(tools, user)
    page = await browse.get("home")
    rows = page.root.one("main").all("li", class_="coord-row")
    buttons = [row.one("a", class_="govuk-button") for row in rows]
    assert len({button.text for button in buttons}) > 15
    for button in buttons:
        async with browse.client.get(button["href"]) as response:
            assert response.status == 200, f"{button.text}: {button['href']}"


@pytest.mark.parametrize(
    "words",
    [
        "No answer yet: Dr Shah 0",
        "nobody has noted who came",
        "Ring Ms Testwood 0: “Send the report 0” 4 days late",
        "The family has not heard from us since Friday 2 January",
        "Dr Shah 0 is needed and can’t come",
        "Ms Testwood 0 proposes another time",
        "stranger@elsewhere.example, who is not invited, wrote about a meeting",
        "they say that they can’t",
        "check that it covers needs, provision and outcomes",
        "Dr Shah 0 says that “Send the report 0” is for somebody else: The school",
        "did not arrive. No such mailbox.",
        "did not arrive. The mailbox is full.",
        "9 days late escalated to manager@nhs.example",
        "promised for Tuesday 3 March",
        "Yours: “Send the report 0” 2 days late",
        "Decide whether to assess (6 weeks) by Saturday 7 March",
        "Decide whether to assess (6 weeks) 18 days late SEND Regulations 2014 reg 5(1)",
        "Advice (6 weeks), Sunday 15 March: will be missed unless something changes",
        "advice is promised for 23 March 2026, 8 days after the limit.",
        "Annual review: nothing booked",
        "No next team meeting is booked",
        "a booking you began yesterday",
        "0 of 1 have said which times suit them; they can answer until Friday 6 March, 10am",
        "0 of 1 have said which times suit them. Choose the time",
        "Handed over to you yesterday",
    ],
)
async def test_what_a_row_says(tools, lead, words):
    browse, user = lead
    await everything(tools, user)
    pages = [await browse.get("home"), await browse.get("needs_of_group", group="decide")]
    assert words in " ".join(page.text for page in pages)


async def test_somebody_elses_cases_need_somebody_else(tools, lead):
    _, user = lead
    await everything(tools, await a_user(tools))
    assert not await kinds(tools, user)


async def test_nothing_needed_says_so_and_shows_the_week_ahead(tools, lead):
    browse, user = lead
    page = await browse.get("home")
    assert "Nothing needs you now" in page.text
    assert "No meeting in the next seven days" in page.text
    child = await a_child(tools, user)
    await a_plain_meeting(tools, user, child, 4)
    page = await browse.get("home")
    assert "Team Around the Child meeting, Saturday 7 March, 10am" in page.text


async def test_ten_rows_a_group_and_then_all_of_them(tools, lead):
    browse, user = lead
    await everything(tools, user, count=60)
    page = await browse.get("home")
    for group in page.root.all("section", class_="coord-group"):
        assert len(group.all("li", class_="coord-row")) == 10
    assert page.links()["All 120 of: Advice overdue or promised for today"] == "/needs/advice"
    jump = page.root.one("ul", class_="coord-jump").text
    for group, kinds_ in KINDS_OF.items():
        total = sum(BY_KIND[kind] for kind in kinds_) * 60
        assert f"{total:,} {GROUP_NAMES[group]}" in jump
        whole = await browse.get("needs_of_group", group=group.value)
        assert f"{total:,} in all" in whole.text
        assert len(whole.root.one("main").all("li", class_="coord-row")) == 50
    last = await browse.get("needs_of_group", group="limits", page=4)
    assert len(last.root.one("main").all("li", class_="coord-row")) == 30
    await browse.get("needs_of_group", group="limits", page=5, status=404)
    await browse.get("/needs/nonsense", status=404)


async def test_an_empty_group_says_so(lead):
    browse, _ = lead
    for group in NeedGroup:
        assert "Nothing here needs you now" in (await browse.get("needs_of_group", group=group.value)).text


async def test_as_many_statements_for_a_thousand_of_everything_as_for_ten(tools, lead):
    browse, user = lead
    numbers = {}
    await browse.get("home")  # the first request of a session notes that it is in use
    for first, count in ((0, 10), (10, 990)):
        await everything(tools, user, count=count, first=first)
        for where, facts in (("home", {}), ("needs_of_group", {"group": "decide"})):
            with count_statements(tools.database) as counted:
                await browse.get(where, **facts)
            numbers.setdefault(where, set()).add(counted.number)
    assert all(len(found) == 1 and max(found) < 30 for found in numbers.values()), numbers


class TestWhatTakesARowAway:
    """A need that has been met leaves the page."""

    async def test_attendance_taken(self, tools, lead):
        _, user = lead
        child = await a_child(tools, user, family_heard_at=instant(tools))
        meeting = await a_plain_meeting(tools, user, child, -1)
        assert (await kinds(tools, user))[NeedKind.MEETING_UNRECORDED] == 1
        async with tools.database.begin() as db:
            (await db.get_one(Meeting, meeting.id)).status = MeetingStatus.HELD
        assert not (await kinds(tools, user))[NeedKind.MEETING_UNRECORDED]

    async def test_a_letter_that_was_sent_again(self, tools, lead):
        _, user = lead
        child = await a_child(tools, user, family_heard_at=instant(tools))
        request = await a_request(tools, child, await a_service(tools), 9)
        await keep(tools, a_letter(tools, advice_request_id=request.id, state=LetterState.FAILED))
        assert (await kinds(tools, user))[NeedKind.UNDELIVERED] == 1
        await keep(tools, a_letter(tools, advice_request_id=request.id))
        assert not (await kinds(tools, user))[NeedKind.UNDELIVERED]

    async def test_a_failure_that_was_dealt_with(self, tools, lead):
        _, user = lead
        child = await a_child(tools, user, family_heard_at=instant(tools))
        meeting = await a_plain_meeting(tools, user, child, 3)
        letter = a_letter(tools, meeting_id=meeting.id, bounced_at=instant(tools))
        await keep(tools, letter)
        assert (await kinds(tools, user))[NeedKind.UNDELIVERED] == 1
        async with tools.database.begin() as db:
            (await db.get_one(OutboxLetter, letter.id)).settled_at = instant(tools)
        assert not (await kinds(tools, user))[NeedKind.UNDELIVERED]

    async def test_a_meeting_that_is_booked(self, tools, lead):
        _, user = lead
        child = await a_child(tools, user, created_at=instant(tools, -60), family_heard_at=instant(tools))
        assert (await kinds(tools, user))[NeedKind.TAC] == 1
        await a_plain_meeting(tools, user, child, 20)
        assert not await kinds(tools, user)

    async def test_a_case_that_is_closed(self, tools, lead):
        _, user = lead
        await a_child(tools, user, created_at=instant(tools, -60), closed_at=instant(tools))
        assert not await kinds(tools, user)

    async def test_a_cancelled_meeting_asks_for_nothing(self, tools, lead):
        _, user = lead
        child = await a_child(tools, user, family_heard_at=instant(tools))
        await a_plain_meeting(tools, user, child, 0.1, status=MeetingStatus.CANCELLED)
        assert not await kinds(tools, user)


async def test_a_colleagues_meeting_about_my_child_is_mine_to_know(tools, lead):
    browse, user = lead
    child = await a_child(tools, user, family_heard_at=instant(tools))
    await a_plain_meeting(tools, await a_user(tools), child, 0.1)
    assert child.reference in (await browse.get("home")).text


class TestManager:
    """A manager's home."""

    @pytest.fixture
    async def manager(self, sign_in):
        return await sign_in(Role.MANAGER)

    async def test_before_there_is_anything(self, manager):
        page = await manager.get("home")
        assert "As it must be" in page.text
        assert "Nothing has been escalated" in page.text

    async def test_figures_escalations_and_workloads_open_to_their_cases(self, tools, manager):
        worker = await a_user(tools, name="Lena Lead")
        await everything(tools, worker, count=12)
        child = await a_child(tools, worker)
        never = await a_request(tools, child, await a_service(tools), -3)
        page = await manager.get("home")
        assert "Needs somebody" in page.text
        assert "All 12 escalated" in page.links()
        row = page.root.all("table")[1].one("tbody").one("tr")
        assert [cell.text.split()[0] for cell in row.all("td")] == ["61", "61", "13", "36"]
        for address in set(page.links().values()):
            await manager.get(address)
        unchased = await manager.get("chase_cases", figure="unchased")
        assert f"/advice/{never.id}" in unchased.body

    async def test_the_statements_stay_the_same(self, tools, manager):
        numbers = set()
        for first in (0, 5):
            await everything(tools, await a_user(tools), count=5, first=first)
            with count_statements(tools.database) as counted:
                await manager.get("home")
            numbers.add(counted.number)
        assert len(numbers) == 1

    async def test_a_manager_who_carries_children_has_their_own_needs_a_click_away(self, tools, manager):
        await everything(tools, await user_of(tools, Role.MANAGER))
        page = await manager.get("needs")
        assert len(page.root.one("main").all("li", class_="coord-row")) == rows_shown()


async def test_an_administrators_home_speaks_of_the_service_and_of_no_case(tools, sign_in):
    browse = await sign_in(Role.ADMINISTRATOR)
    await everything(tools, await a_user(tools))
    await keep(
        tools,
        a_letter(tools, state=LetterState.FAILED),
        a_letter(tools, state=LetterState.WAITING, not_before=instant(tools, -1)),
        a_mail(tools, verdict="poison"),
    )
    page = await browse.get("home")
    assert "Testwood" not in page.text
    assert "1 letter waiting for more than 15 minutes" in page.text
    for address in page.links().values():
        await browse.get(address)
    await browse.get("needs", status=404)
