"""Asking people about times, on both databases, with real mail: once each, until it closes, and released by itself."""

import asyncio
import email
import email.policy
import re
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
import sqlalchemy as sa

from coord_service.domain.bookings import Need, What
from coord_service.domain.meetings import MeetingMode, Purpose
from coord_service.domain.polls import PollAnswer, PollState
from coord_service.errors import InvalidForm, LinkExpired, NotFound, Refused
from coord_service.operations.booking import (
    AnswerWhat,
    ChooseTime,
    choose_time,
    discard_booking,
    list_drafts,
    save_who,
    start_booking,
)
from coord_service.operations.booking_check import send_booking
from coord_service.operations.finding import View, find_slots
from coord_service.operations.inbound import read_mailbox
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.poll_answers import answer_poll
from coord_service.operations.poll_rounds import tend_polls
from coord_service.operations.polls import (
    AskPeople,
    ask_people,
    close_poll,
    log_poll_answer,
    view_poll,
    withdraw_poll,
)
from coord_service.operations.tools import Tools
from coord_service.storage.home import list_mail_to_decide
from coord_service.storage.tables import InboundMail, OutboxLetter, PollTime, User
from coord_service.storage.undelivered import list_lost_letters
from integrations.mail.demo_servers import DemoMail
from tests.booking_world import World, make_world
from tests.builders import a_user, actor_for
from tests.installation import StandingClock
from tests.operations.attendee_mail import Reply, send, write_bounce, write_reply, write_words

YES, IF_NEED_BE, NO = PollAnswer.YES, PollAnswer.IF_NEED_BE, PollAnswer.NO
TUESDAY = datetime(2026, 3, 17, 10, tzinfo=UTC)
STARTS = (TUESDAY, TUESDAY + timedelta(hours=4), TUESDAY + timedelta(days=1))
CLOSES_ON = date(2026, 3, 10)


class Asking:
    """A booking whose times people are asked about."""

    def __init__(self, tools: Tools, clock: StandingClock, mail: DemoMail, lead: User, world: World) -> None:
        self.tools, self.clock, self.mail, self.lead, self.world = tools, clock, mail, lead, world
        self.actor = actor_for(lead)
        self.draft = 0

    async def begin(self) -> None:
        what = What((self.world.child,), Purpose.TAC, self.lead.id, 60, MeetingMode.PLACE, "Room 2", None, None)
        self.draft = await start_booking(self.tools, self.actor, AnswerWhat(what))
        needs = {self.world.mother: Need.REQUIRED, self.world.shah: Need.REQUIRED, self.world.okoro: Need.OPTIONAL}
        await save_who(self.tools, self.actor, self.draft, needs)

    async def ask(self, **changes: object) -> int:
        people = (self.world.mother, self.world.okoro)
        asked = AskPeople(**{"starts": STARTS, "person_ids": people, "closes_on": CLOSES_ON} | changes)  # type: ignore[arg-type]
        return await ask_people(self.tools, self.actor, self.draft, asked)

    async def deliver(self) -> None:
        self.clock.move(seconds=61)
        await deliver_outbox(self.tools)

    def mails(self, to: str) -> list[str]:
        """Text parts, in order."""
        parsed = (email.message_from_bytes(raw, policy=email.policy.default) for raw in self.mail.letters_to(to))
        bodies = (mail.get_body(("plain",)) for mail in parsed)
        return [str(body.get_content()) for body in bodies if body]

    def letter(self, to: str) -> EmailMessage:
        """The latest, whole."""
        return email.message_from_bytes(self.mail.letters_to(to)[-1], policy=email.policy.default)

    def token(self, to: str) -> str:
        return re.findall(r"/a/([\w-]+)", self.mails(to)[-1])[0]

    async def times(self) -> list[int]:
        poll = (await view_poll(self.tools, self.actor, self.draft)).poll
        return [each.id for each in poll.times]

    async def said(self, *answers: PollAnswer) -> dict[int, PollAnswer]:
        return dict(zip(await self.times(), answers, strict=True))


@pytest.fixture
async def asking(tools: Tools, clock: StandingClock, mail_servers: DemoMail) -> Asking:
    lead = await a_user(tools, name="Amy Leadworth", email="amy@council.example")
    asking = Asking(tools, clock, mail_servers, lead, await make_world(tools, lead))
    await asking.begin()
    return asking


async def test_each_gets_a_mail_of_their_own_and_only_once(asking: Asking):
    first = await asking.ask()
    assert await asking.ask() == first
    await asking.deliver()
    (mail,) = asking.mails("ana@family.example")
    assert "Tuesday 17 March 2026, 2pm to 3pm" in mail
    assert "Tuesday 10 March 2026, 6pm" in mail
    assert "Okoro" not in mail
    assert "Zoë" not in mail
    assert len(asking.mails("i.okoro@school.example")) == 1
    assert asking.mails("a.shah@nhs.example") == []


async def test_two_presses_at_once_ask_once(asking: Asking):
    asked = await asyncio.gather(asking.ask(), asking.ask(), return_exceptions=True)
    await asking.deliver()
    assert len(asking.mails("ana@family.example")) == 1, asked


async def test_answers_rank_the_times_and_can_be_changed_until_it_closes(asking: Asking):
    await asking.ask()
    await asking.deliver()
    token = asking.token("ana@family.example")
    await answer_poll(asking.tools, token, await asking.said(NO, IF_NEED_BE, YES), "After school has begun")
    found = await view_poll(asking.tools, asking.actor, asking.draft)
    assert [each.time.start_at for each in found.standings] == [STARTS[2], STARTS[1], STARTS[0]]
    assert [each.is_possible for each in found.standings] == [True, True, False]
    assert found.answered == 1
    asking.clock.move(minutes=5)
    await answer_poll(asking.tools, token, await asking.said(YES, NO, NO), None)
    found = await view_poll(asking.tools, asking.actor, asking.draft)
    assert found.standings[0].time.start_at == STARTS[0]
    await deliver_outbox(asking.tools)
    assert "Tuesday 17 March 2026, 10am: yes" in asking.mails("ana@family.example")[-1]


async def test_an_answer_must_speak_of_every_time(asking: Asking):
    await asking.ask()
    await asking.deliver()
    with pytest.raises(InvalidForm) as caught:
        await answer_poll(asking.tools, asking.token("ana@family.example"), {(await asking.times())[0]: YES}, None)
    assert set(caught.value.fields) == {f"time-{each}" for each in (await asking.times())[1:]}
    assert (await view_poll(asking.tools, asking.actor, asking.draft)).answered == 0


async def test_it_closes_by_itself_and_answers_that_come_later_are_not_taken(asking: Asking):
    await asking.ask()
    await asking.deliver()
    token, said = asking.token("ana@family.example"), await asking.said(YES, YES, YES)
    asking.clock.instant = datetime(2026, 3, 10, 18, 0, tzinfo=UTC)
    with pytest.raises(Refused, match="time to answer is over"):
        await answer_poll(asking.tools, token, said, None)
    await tend_polls(asking.tools)
    found = await view_poll(asking.tools, asking.actor, asking.draft)
    assert (found.state, found.answered) == (PollState.CLOSED, 0)
    assert [each.person.name for each in found.silent] == ["Mrs Ana Larkspur", "Ms Ify Okoro"]


async def test_whoever_has_not_answered_is_reminded_once_in_working_hours(asking: Asking):
    await asking.ask()
    await asking.deliver()
    await answer_poll(asking.tools, asking.token("ana@family.example"), await asking.said(YES, YES, YES), None)
    for hour in (8, 9, 10, 11):
        asking.clock.instant = datetime(2026, 3, 9, hour, 30, tzinfo=UTC)
        await tend_polls(asking.tools)
        await deliver_outbox(asking.tools)
    assert [mail for mail in asking.mails("ana@family.example") if "not heard" in mail] == []
    assert len([mail for mail in asking.mails("i.okoro@school.example") if "not heard" in mail]) == 1


async def test_the_reminder_waits_for_the_morning(asking: Asking):
    await asking.ask()
    await asking.deliver()
    asking.clock.instant = datetime(2026, 3, 9, 19, 0, tzinfo=UTC)
    await tend_polls(asking.tools)
    await deliver_outbox(asking.tools)
    assert len(asking.mails("ana@family.example")) == 1
    asking.clock.instant = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
    await tend_polls(asking.tools)
    await deliver_outbox(asking.tools)
    assert len(asking.mails("ana@family.example")) == 2


async def test_two_workers_that_tend_at_once_remind_once(asking: Asking):
    await asking.ask()
    await asking.deliver()
    asking.clock.instant = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
    await asyncio.gather(tend_polls(asking.tools), tend_polls(asking.tools))
    await deliver_outbox(asking.tools)
    assert len(asking.mails("ana@family.example")) == 2


async def test_taken_back_within_a_minute_nobody_has_heard_of_it(asking: Asking):
    await asking.ask(is_held=True)
    assert await withdraw_poll(asking.tools, asking.actor, asking.draft)
    await asking.deliver()
    await tend_polls(asking.tools)
    await asking.deliver()
    assert asking.mails("ana@family.example") == []
    assert asking.mails("amy@council.example") == []
    with pytest.raises(NotFound):
        await view_poll(asking.tools, asking.actor, asking.draft)


async def test_taken_back_later_the_links_say_so_and_another_question_can_be_asked(asking: Asking):
    first = await asking.ask()
    await asking.deliver()
    token, said = asking.token("ana@family.example"), await asking.said(YES, YES, YES)
    assert not await withdraw_poll(asking.tools, asking.actor, asking.draft)
    with pytest.raises(LinkExpired):
        await answer_poll(asking.tools, token, said, None)
    assert await asking.ask() != first


async def test_a_booking_thrown_away_asks_nobody_any_more(asking: Asking):
    await asking.ask()
    await asking.deliver()
    token, said = asking.token("ana@family.example"), await asking.said(YES, YES, YES)
    await discard_booking(asking.tools, asking.actor, asking.draft)
    with pytest.raises(LinkExpired):
        await answer_poll(asking.tools, token, said, None)
    assert await list_drafts(asking.tools, asking.actor) == []


async def test_held_times_stand_in_the_convenors_calendar_until_the_meeting_is_booked(asking: Asking):
    await asking.ask(is_held=True)
    await asking.deliver()
    held = [raw for raw in asking.mail.letters_to("amy@council.example") if b"method=REQUEST" in raw]
    assert len(held) == 3
    calendar = email.message_from_bytes(held[0], policy=email.policy.default)
    (part,) = [part for part in calendar.walk() if part.get_content_type() == "text/calendar"]
    assert "STATUS:TENTATIVE" in part.get_content()
    await choose_time(asking.tools, asking.actor, asking.draft, ChooseTime(STARTS[0], 60))
    await send_booking(asking.tools, asking.actor, asking.draft)
    await tend_polls(asking.tools)
    await asking.deliver()
    released = [raw for raw in asking.mail.letters_to("amy@council.example") if b"method=CANCEL" in raw]
    assert len(released) == 3
    with pytest.raises(Refused, match="booked"):
        await asking.ask()


async def test_held_times_go_by_themselves_a_week_after_the_asking_ends_and_once(asking: Asking):
    await asking.ask(is_held=True)
    await asking.deliver()
    asking.clock.instant = datetime(2026, 3, 17, 18, 0, tzinfo=UTC)
    await asyncio.gather(tend_polls(asking.tools), tend_polls(asking.tools))
    await deliver_outbox(asking.tools)
    released = [raw for raw in asking.mail.letters_to("amy@council.example") if b"method=CANCEL" in raw]
    assert len(released) == 1  # the one still to come: a past entry is nobody's trouble any more
    async with asking.tools.database.read() as db:
        assert await db.scalar(sa.select(sa.func.count()).where(PollTime.released_at.is_(None))) == 0


async def test_a_held_time_counts_as_tentative_in_other_searches_and_not_in_its_own(asking: Asking):
    await asking.ask(is_held=True)
    view = View(from_on=TUESDAY.date(), minutes=60)
    own = await find_slots(asking.tools, asking.actor, asking.draft, view)
    assert "Amy Leadworth tentative" not in str(own)
    first, asking.draft = asking.draft, 0
    what = What((asking.world.sibling,), Purpose.TAC, asking.lead.id, 60, MeetingMode.PLACE, "Room 9", None, None)
    other = await start_booking(asking.tools, asking.actor, AnswerWhat(what))
    await save_who(asking.tools, asking.actor, other, {asking.world.mother: Need.REQUIRED})
    found = await find_slots(asking.tools, asking.actor, other, View(from_on=TUESDAY.date(), minutes=60))
    everything = [*found.best, *(offer for _, offers in found.more for offer in offers)]
    at_held = [offer for offer in everything if offer.start_at == STARTS[0]]
    assert [any("Amy Leadworth tentative" in reason for reason in offer.reasons) for offer in at_held] == [True]
    assert other != first


async def test_what_was_said_counts_when_times_are_looked_for_again(asking: Asking):
    await asking.ask()
    times = await asking.times()
    voter = (await view_poll(asking.tools, asking.actor, asking.draft)).poll.voters[0]
    await log_poll_answer(
        asking.tools, asking.actor, asking.draft, voter.id, dict(zip(times, (NO, YES, YES), strict=True))
    )
    found = await find_slots(asking.tools, asking.actor, asking.draft, View(from_on=TUESDAY.date(), minutes=60))
    everything = [*found.best, *(offer for _, offers in found.more for offer in offers)]
    assert STARTS[0] not in {offer.start_at for offer in everything}
    assert STARTS[1] in {offer.start_at for offer in everything}


async def test_the_home_list_says_when_there_is_something_to_choose(asking: Asking):
    await asking.ask(person_ids=(asking.world.mother,))
    (draft,) = await list_drafts(asking.tools, asking.actor)
    assert draft.poll
    assert (draft.poll.asked, draft.poll.answered, draft.poll.closed_at) == (1, 0, None)
    await close_poll(asking.tools, asking.actor, asking.draft)
    (draft,) = await list_drafts(asking.tools, asking.actor)
    assert draft.poll
    assert draft.poll.closed_at == asking.clock.now()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"person_ids": ()}, "people"),
        ({"person_ids": (999_999,)}, "people"),
        ({"starts": STARTS[:1]}, "times"),
        ({"starts": (datetime(2026, 3, 1, 10, tzinfo=UTC), *STARTS)}, "times"),
        ({"closes_on": date(2026, 3, 17)}, "times"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_and_nobody_is_asked(asking: Asking, changes, field):
    with pytest.raises(InvalidForm) as caught:
        await asking.ask(**changes)
    assert set(caught.value.fields) == {field}
    async with asking.tools.database.read() as db:
        assert await db.scalar(sa.select(sa.func.count()).select_from(OutboxLetter)) == 0


async def test_somebody_elses_poll_looks_as_if_it_did_not_exist(asking: Asking):
    await asking.ask()
    other = actor_for(await a_user(asking.tools))
    with pytest.raises(NotFound):
        await view_poll(asking.tools, other, asking.draft)


async def test_an_answer_in_words_comes_to_whoever_asked_and_to_nobody_else(asking: Asking):
    other = await a_user(asking.tools)
    await asking.ask()
    await asking.deliver()
    words = write_words("ana@family.example", "Tuesday is fine.", asking.letter("ana@family.example"))
    await asyncio.to_thread(send, asking.mail, words)  # the server runs on this very loop
    await read_mailbox(asking.tools)
    async with asking.tools.database.read() as db:
        assert [line.why for line in await list_mail_to_decide(db, asking.lead.id)] == [
            "They answered in words. Read it and decide what it means."
        ]
        assert await list_mail_to_decide(db, other.id) == []


async def test_a_question_that_bounces_is_on_the_list_of_whoever_asked(asking: Asking):
    await asking.ask()
    await asking.deliver()
    letter = asking.letter("ana@family.example")
    await asyncio.to_thread(send, asking.mail, write_bounce(letter, parseaddr(letter["Return-Path"])[1]))
    await read_mailbox(asking.tools)
    async with asking.tools.database.read() as db:
        (lost,) = await list_lost_letters(db, asking.lead.id, asking.clock.now())
    assert (lost.recipient, lost.draft_id) == ("ana@family.example", asking.draft)
    found = await view_poll(asking.tools, asking.actor, asking.draft)
    assert found.letters[asking.world.mother].bounced_at


async def test_the_convenors_answer_to_a_held_time_needs_nobody(asking: Asking):
    await asking.ask(is_held=True)
    await asking.deliver()
    reply = Reply(asking.letter("amy@council.example"), "ACCEPTED", "amy@council.example", asking.clock.now())
    await asyncio.to_thread(send, asking.mail, write_reply(reply))
    await read_mailbox(asking.tools)
    async with asking.tools.database.read() as db:
        (mail,) = await db.scalars(sa.select(InboundMail))
    assert (mail.verdict, mail.needs_decision) == ("noted", False)
