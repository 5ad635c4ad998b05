"""Personal links of every purpose: what they open, when they end, and where a fresh one goes."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from coord_service.errors import LinkExpired, NotFound
from coord_service.operations.links import LinkState, open_link, send_fresh_link, take_link
from coord_service.operations.post import About, Door, make_link
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Action, Attendee, BookingDraft, OutboxLetter, PersonalLink, Poll, PollVoter
from coord_service.web.links.opening import PAGES
from integrations.mail.demo_servers import DemoMail
from tests.advice_requests import Asking, start_asking
from tests.builders import a_meeting
from tests.installation import StandingClock


@pytest.fixture
async def asking(tools: Tools, clock: StandingClock, mail_servers: DemoMail) -> Asking:
    return await start_asking(tools, clock, mail_servers)


async def what_it_opens(asking: Asking, purpose: str) -> About:
    """Something of Dr Shah's for a link of this purpose."""
    if purpose == "advice":
        return About(person_id=asking.shah.id, advice_request_id=await asking.ask())
    meeting = await a_meeting(asking.tools, asking.worker, asking.child, asking.shah)
    async with asking.tools.database.begin() as db:
        query = sa.select(Attendee.id).where(Attendee.meeting_id == meeting, Attendee.person_id == asking.shah.id)
        attendee_id = await db.scalar(query)
        action = Action(
            meeting_id=meeting,
            child_id=asking.child.id,
            owner_id=asking.shah.id,
            agency="Trust",
            what="Send the report",
            due_on=asking.clock.now().date(),
            created_at=asking.clock.now(),
        )
        draft = BookingDraft(user_id=asking.worker.id, answers={}, updated_at=asking.clock.now())
        db.add_all([action, draft])
        await db.flush()
        ends_at = asking.clock.now() + timedelta(days=9)
        voter = PollVoter(person_id=asking.shah.id, email=asking.shah.email or "")
        poll = Poll(
            draft_id=draft.id, created_at=asking.clock.now(), remind_at=ends_at, closes_at=ends_at, voters=[voter]
        )
        db.add(poll)
    return {
        "meeting": About(person_id=asking.shah.id, attendee_id=attendee_id),
        "action": About(person_id=asking.shah.id, action_id=action.id),
        "notes": About(person_id=asking.shah.id, meeting_id=meeting),
        "poll": About(person_id=asking.shah.id, poll_id=poll.id),
    }[purpose]


async def a_link(asking: Asking, purpose: str, about: About) -> str:
    async with asking.tools.database.begin() as db:
        url = make_link(db, asking.tools, Door(purpose, "old@nhs.example", about), asking.clock.now())
    return url.rpartition("/")[2]


@pytest.mark.parametrize("purpose", sorted(PAGES))
async def test_a_fresh_link_goes_to_the_address_on_file_once_a_day(asking: Asking, purpose: str) -> None:
    token = await a_link(asking, purpose, await what_it_opens(asking, purpose))
    asking.clock.move(days=181)
    assert (await open_link(asking.tools, token)).state is LinkState.EXPIRED
    await send_fresh_link(asking.tools, token)
    await send_fresh_link(asking.tools, token)
    async with asking.tools.database.read() as db:
        query = sa.select(OutboxLetter.recipient).where(OutboxLetter.letter == "fresh_link")
        assert list(await db.scalars(query)) == [asking.shah.email]


async def test_a_link_opens_one_thing_and_can_be_revoked(asking: Asking) -> None:
    about = await what_it_opens(asking, "action")
    token = await a_link(asking, "action", about)
    opened = await open_link(asking.tools, token)
    assert (opened.purpose, opened.state, opened.about) == ("action", LinkState.GOOD, about)
    async with asking.tools.database.begin() as db:
        with pytest.raises(NotFound):
            await take_link(db, token, "advice", asking.clock.now())
        assert (await take_link(db, token, "action", asking.clock.now())).id == opened.id
        last_moment = asking.clock.now() + timedelta(days=180)
        with pytest.raises(LinkExpired, match="expired"):
            await take_link(db, token, "action", last_moment)
        await db.execute(sa.update(PersonalLink).values(revoked_at=asking.clock.now()))
    async with asking.tools.database.begin() as db:
        with pytest.raises(LinkExpired, match="withdrawn"):
            await take_link(db, token, "action", asking.clock.now())
