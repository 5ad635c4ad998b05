"""What became of our events is told, whatever else happens in the calendar; of that nothing is kept."""

from datetime import UTC, timedelta

import pytest

from coord_service.domain.itip import Organizer, PartStat
from coord_service.ports import EventAnswer, FollowedEvent
from integrations.calendars.microsoft import following
from integrations.calendars.microsoft.calendar import GraphCalendar
from tests.contracts.calendars.events import HER, HIM, WORDS, appointment, at, meeting, utc
from tests.contracts.calendars.hand import OWNER
from tests.contracts.calendars.microsoft_case import MicrosoftHand, PassingClock
from tests.integrations.calendars.microsoft.conftest import Opener
from tests.servers.graph import GraphServer
from tests.servers.graph.mailboxes import Mailbox
from tests.servers.graph.refusing import Refusal

UID = meeting().uid


async def put_and_follow(calendar: GraphCalendar) -> str:
    await calendar.put(meeting())
    return (await calendar.news(None)).token


def paths(server: GraphServer) -> list[str]:
    return [each.path for each in server.seen]


async def test_nothing_new_costs_one_request(calendar: GraphCalendar, server: GraphServer):
    token = await put_and_follow(calendar)
    server.seen.clear()
    news = await calendar.news(token)
    assert (news.events, news.is_whole) == ((), False)
    assert paths(server) == ["/calendarView/delta"]


async def test_an_answer_has_its_time(calendar: GraphCalendar, hand: MicrosoftHand, clock: PassingClock):
    token = await put_and_follow(calendar)
    await hand.answer(UID, HER, PartStat.TENTATIVE)
    answered_at = clock.at.astimezone(UTC)
    [event] = (await calendar.news(token)).events
    assert event.answers == (EventAnswer(HER, PartStat.TENTATIVE, answered_at), EventAnswer(HIM, PartStat.NEEDS_ACTION))


async def test_an_answer_without_a_time_counts(calendar: GraphCalendar, hand: MicrosoftHand):
    await calendar.put(meeting())
    [stored] = hand.stored(UID)
    stored.statuses[HER] = ("accepted", "0001-01-01T00:00:00Z")
    [event] = (await calendar.news(None)).events
    assert event.answers[0] == EventAnswer(HER, PartStat.ACCEPTED, None)


async def test_an_answer_stays_good_when_only_words_change(calendar: GraphCalendar, hand: MicrosoftHand):
    token = await put_and_follow(calendar)
    await hand.answer(UID, HER, PartStat.ACCEPTED)
    await calendar.put(meeting(description="Bring the plan.", dtstamp=utc(2, 9)))
    [event] = (await calendar.news(token)).events
    assert event.answers[0].partstat is PartStat.ACCEPTED


async def test_an_answer_stays_good_when_a_higher_sequence_has_the_same_time(
    calendar: GraphCalendar, hand: MicrosoftHand
):
    token = await put_and_follow(calendar)
    await hand.answer(UID, HER, PartStat.ACCEPTED)
    await calendar.put(meeting(sequence=1, time_sequence=0, dtstamp=utc(2, 9)))
    [event] = (await calendar.news(token)).events
    assert event.answers[0].partstat is PartStat.ACCEPTED


async def test_the_organizer_is_no_attendee_of_their_own(calendar: GraphCalendar, owner: Mailbox):
    await calendar.put(meeting())
    [stored] = owner.events.values()
    stored.values["attendees"].append({"type": "required", "emailAddress": {"address": OWNER.upper()}})
    stored.statuses[OWNER] = ("organizer", "0001-01-01T00:00:00Z")
    [event] = (await calendar.news(None)).events
    assert {each.address for each in event.answers} == {HER, HIM}


async def test_an_event_that_leaves_the_span_was_moved_and_not_deleted(calendar: GraphCalendar, hand: MicrosoftHand):
    token = await put_and_follow(calendar)
    start = utc(1, 9).replace(year=2031)
    await hand.move(UID, start, start + timedelta(hours=1))
    [event] = (await calendar.news(token)).events
    assert (event.start_at, event.end_at) == (start, start + timedelta(hours=1))


async def test_a_deletion_of_the_owners_own_brings_everything_and_no_deletion(calendar: GraphCalendar, owner: Mailbox):
    own = owner.add(appointment(at(9, 10), at(9, 11)))
    token = await put_and_follow(calendar)
    owner.delete_own(own)
    news = await calendar.news(token)
    assert news.is_whole
    assert [each.uid for each in news.events] == [UID]


async def test_an_event_put_and_deleted_between_two_looks_is_not_among_everything(
    calendar: GraphCalendar, hand: MicrosoftHand
):
    token = await put_and_follow(calendar)
    await calendar.put(meeting(uid="second@coord.example.org"))
    await hand.delete("second@coord.example.org")
    news = await calendar.news(token)
    assert news.is_whole
    assert [each.uid for each in news.events] == [UID]


async def test_a_deletion_among_everything_is_named(calendar: GraphCalendar, hand: MicrosoftHand, owner: Mailbox):
    own = owner.add(appointment(at(9, 10), at(9, 11)))
    token = await put_and_follow(calendar)
    owner.delete_own(own)
    await hand.delete(UID)
    news = await calendar.news(token)
    assert news.events == (FollowedEvent(UID, None, None),)


async def test_an_event_that_went_without_a_word_is_missed_when_everything_is_listed(
    calendar: GraphCalendar, hand: MicrosoftHand, owner: Mailbox
):
    own = owner.add(appointment(at(9, 10), at(9, 11)))
    token = await put_and_follow(calendar)
    owner.delete_own(own)
    hand.stored(UID)[0].is_deleted = True  # and no change is counted
    assert (await calendar.news(token)).events == (FollowedEvent(UID, None, None),)


async def test_an_event_put_later_is_followed_too(calendar: GraphCalendar, hand: MicrosoftHand):
    token = (await calendar.news(None)).token
    await calendar.put(meeting())
    news = await calendar.news(token)
    assert [each.uid for each in news.events] == [UID]
    await hand.delete(UID)
    assert (await calendar.news(news.token)).events == (FollowedEvent(UID, None, None),)


async def test_a_meeting_deleted_there_and_put_again_is_there(calendar: GraphCalendar, hand: MicrosoftHand):
    token = await put_and_follow(calendar)
    await hand.delete(UID)
    await calendar.put(meeting(16, sequence=1))
    [event] = (await calendar.news(token)).events
    assert event.start_at == utc(9, 16)


async def test_a_copy_that_the_owner_made_is_not_taken_for_a_move(
    calendar: GraphCalendar, hand: MicrosoftHand, owner: Mailbox, clock: PassingClock
):
    token = await put_and_follow(calendar)
    [stored] = hand.stored(UID)
    copied = owner.copy(stored, clock.now())
    owner.change(copied, {"start": {"dateTime": "2027-03-12T08:00:00", "timeZone": "UTC"}})
    assert (await calendar.news(token)).events == ()


async def test_a_round_of_many_pages_is_read_to_its_end(calendar: GraphCalendar, server: GraphServer, owner: Mailbox):
    server.deltas.page_size = 2
    for day in range(1, 10):
        owner.add(appointment(at(day, 10), at(day, 11)))
    token = await put_and_follow(calendar)
    assert paths(server).count("/calendarView/delta") == 5
    assert (await calendar.news(token)).events == ()


async def test_a_round_too_long_for_one_call_is_gone_on_with_in_the_next(
    calendar: GraphCalendar, server: GraphServer, owner: Mailbox, hand: MicrosoftHand, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(following, "MOST_PAGES", 2)
    server.deltas.page_size = 1
    for day in range(1, 8):
        owner.add(appointment(at(day, 10), at(day, 11)))
    await calendar.put(meeting())
    news = await calendar.news(None)
    assert [each.uid for each in news.events] == [UID]
    await hand.answer(UID, HER, PartStat.ACCEPTED)
    told = []
    for _ in range(6):
        news = await calendar.news(news.token)
        told += [each.partstat for event in news.events for each in event.answers if each.address == HER]
    assert PartStat.ACCEPTED in told
    assert (await calendar.news(news.token)).events == ()


async def test_a_great_change_lists_all_of_ours_at_once(
    calendar: GraphCalendar, server: GraphServer, owner: Mailbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(following, "MOST_LOOKED_AT", 3)
    token = await put_and_follow(calendar)
    for day in range(1, 6):
        owner.add(appointment(at(day, 10), at(day, 11)))
    server.seen.clear()
    news = await calendar.news(token)
    assert news.is_whole
    assert paths(server) == ["/calendarView/delta", "/events"]


async def test_the_days_of_a_series_are_not_looked_at(calendar: GraphCalendar, server: GraphServer, owner: Mailbox):
    token = await put_and_follow(calendar)
    owner.add(appointment(at(1, 9), at(1, 10), rrule="FREQ=DAILY;COUNT=30"))
    server.seen.clear()
    assert (await calendar.news(token)).events == ()
    assert paths(server) == ["/calendarView/delta"]


async def test_meetings_that_others_organize_are_not_looked_at(
    calendar: GraphCalendar, server: GraphServer, owner: Mailbox
):
    token = await put_and_follow(calendar)
    owner.add(appointment(at(1, 9), at(1, 10), organizer=Organizer("boss@example.org")))
    server.seen.clear()
    assert (await calendar.news(token)).events == ()
    assert paths(server) == ["/calendarView/delta"]


async def test_the_span_moves_on_with_the_months(calendar: GraphCalendar, server: GraphServer, clock: PassingClock):
    token = await put_and_follow(calendar)
    clock.at += timedelta(days=27)
    assert not (await calendar.news(token)).is_whole
    clock.at += timedelta(days=2)
    server.seen.clear()
    assert (await calendar.news(token)).is_whole
    assert server.seen[0].query["startDateTime"].startswith("2027-03-28")


async def test_nothing_of_the_owners_own_is_in_a_token_or_the_news(calendar: GraphCalendar, hand: MicrosoftHand):
    token = await put_and_follow(calendar)
    await hand.add(appointment(at(9, 10), at(9, 11)))
    assert WORDS not in repr(await calendar.news(token))


async def test_a_token_grows_by_the_meetings_to_come_alone(
    calendar: GraphCalendar, clock: PassingClock, hand: MicrosoftHand
):
    await calendar.put(meeting())
    clock.at += timedelta(days=30)
    news = await calendar.news(None)
    assert [each.uid for each in news.events] == [UID]
    assert UID not in news.token


async def test_a_link_that_the_server_takes_no_more_gives_everything(calendar: GraphCalendar, server: GraphServer):
    token = await put_and_follow(calendar)
    server.refuse(Refusal(400, "BadRequest"))
    assert (await calendar.news(token)).is_whole


async def test_a_token_of_another_cloud_gives_everything_and_gets_no_secret(
    calendar: GraphCalendar, server: GraphServer
):
    token = await put_and_follow(calendar)
    elsewhere = token.replace(server.address, "https://localhost:9")
    assert elsewhere != token
    assert (await calendar.news(elsewhere)).is_whole


@pytest.mark.parametrize("token", ["", "{}", "[]", '{"link": 1, "since": "x", "uids": {}}', '{"uids": 7}', "\0"])
async def test_what_is_no_token_gives_everything(calendar: GraphCalendar, token: str):
    assert (await calendar.news(token)).is_whole


async def test_a_throttled_round_is_told_as_such_and_loses_nothing(
    open_calendar: Opener, server: GraphServer, hand: MicrosoftHand
):
    calendar = open_calendar()
    token = await put_and_follow(calendar)
    await hand.answer(UID, HER, PartStat.ACCEPTED)
    server.refuse(Refusal(429, "ApplicationThrottled", headers={"Retry-After": "2"}))
    [event] = (await calendar.news(token)).events
    assert event.answers[0].partstat is PartStat.ACCEPTED


async def test_another_time_that_somebody_proposes_is_told_with_their_answer(
    calendar: GraphCalendar, hand: MicrosoftHand
):
    token = await put_and_follow(calendar)
    [stored] = hand.stored(UID)
    hand.owner.propose(stored, HER, utc(10, 9), utc(10, 10))
    await hand.answer(UID, HER, PartStat.TENTATIVE)
    [event] = (await calendar.news(token)).events
    assert {each.address: each.proposed for each in event.answers} == {HER: (utc(10, 9), utc(10, 10)), HIM: None}


async def test_a_proposal_that_makes_no_sense_is_none(calendar: GraphCalendar, hand: MicrosoftHand):
    token = await put_and_follow(calendar)
    [stored] = hand.stored(UID)
    hand.owner.propose(stored, HER, utc(10, 9), utc(10, 8))
    await hand.answer(UID, HER, PartStat.TENTATIVE)
    [event] = (await calendar.news(token)).events
    assert [each.proposed for each in event.answers] == [None, None]
