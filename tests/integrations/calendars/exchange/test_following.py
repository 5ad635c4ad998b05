"""News of our events: answers, moves, deletions, and nothing of anybody's private appointments."""

from datetime import UTC, datetime

import pytest

from coord_service.domain.itip import Attendee, PartStat
from coord_service.ports import EventAnswer, FollowedEvent
from integrations.calendars.exchange import following
from tests.contracts.calendars.events import HER, HIM, meeting, utc
from tests.contracts.calendars.exchange_case import ExchangeHand
from tests.integrations.calendars.exchange.conftest import COLLEAGUE, OWNER
from tests.servers.ews.soap import t

UID = meeting().uid
AT_TWO = (utc(9, 14), utc(9, 15))


@pytest.fixture
def hand(exchange):
    return ExchangeHand(exchange)


def add_private(exchange, number):
    """Appointments that the owner made in Outlook."""
    mailbox = exchange.store.mailboxes[OWNER]
    for each in range(number):
        parts = {"Subject": "Dentist", "Start": "2027-03-10T09:00:00Z", "End": f"2027-03-10T10:{each % 60:02}:00Z"}
        item = exchange.store.add(mailbox, {name: t(name, text) for name, text in parts.items()}, {})
        exchange.store.touch(item)


async def test_an_answer_is_told_with_its_time(calendar, hand):
    await calendar.put(meeting())
    token = (await calendar.news(None)).token
    await hand.answer(UID, HER, PartStat.ACCEPTED)
    news = await calendar.news(token)
    answer = EventAnswer(HER, PartStat.ACCEPTED, datetime(2027, 3, 2, 8, tzinfo=UTC))
    assert news.events == (FollowedEvent(UID, *AT_TWO, (answer,)),)
    assert not news.is_whole


async def test_who_has_not_answered_is_not_told(calendar):
    await calendar.put(meeting())
    assert (await calendar.news(None)).events == (FollowedEvent(UID, *AT_TWO),)


async def test_a_move_makes_exchange_forget_the_answers_to_the_old_time(calendar, hand):
    await calendar.put(meeting())
    await hand.answer(UID, HER, PartStat.ACCEPTED)
    await calendar.put(meeting(16, sequence=1))
    [event] = (await calendar.news(None)).events
    assert event.answers == ()


async def test_a_meeting_dragged_in_outlook_is_told(calendar, hand):
    await calendar.put(meeting())
    token = (await calendar.news(None)).token
    await hand.move(UID, utc(10, 11), utc(10, 12))
    assert (await calendar.news(token)).events == (FollowedEvent(UID, utc(10, 11), utc(10, 12)),)


async def test_a_meeting_deleted_in_outlook_is_told_once(calendar, hand):
    await calendar.put(meeting())
    token = (await calendar.news(None)).token
    await hand.delete(UID)
    news = await calendar.news(token)
    assert news.events == (FollowedEvent(UID, None, None),)
    assert (await calendar.news(news.token)).events == ()
    assert following.Place.of(news.token).uids == {}  # or a token would grow for ever


async def test_a_meeting_deleted_there_and_kept_again_by_us_stands(calendar, hand):
    await calendar.put(meeting())
    token = (await calendar.news(None)).token
    await hand.delete(UID)
    await calendar.put(meeting(sequence=1))
    assert (await calendar.news(token)).events == (FollowedEvent(UID, *AT_TWO),)


async def test_a_meeting_cancelled_in_outlook_counts_as_deleted(exchange, calendar):
    await calendar.put(meeting())
    [item] = exchange.store.by_uid(OWNER, UID)
    item.set("IsCancelled", "true")
    exchange.store.touch(item)
    assert (await calendar.news(None)).events == (FollowedEvent(UID, None, None),)


async def test_private_appointments_are_never_told_nor_looked_into(exchange, calendar):
    add_private(exchange, 3)
    news = await calendar.news(None)
    assert news.events == ()
    add_private(exchange, 2)
    assert (await calendar.news(news.token)).events == ()
    assert exchange.counts["GetItem"] == 0


async def test_a_sync_state_that_exchange_has_forgotten_means_everything_again(calendar, hand):
    await calendar.put(meeting())
    token = (await calendar.news(None)).token
    await hand.forget_tokens()
    news = await calendar.news(token)
    assert news.is_whole
    assert news.events == (FollowedEvent(UID, *AT_TWO),)


@pytest.mark.parametrize("token", ["", "nonsense", "eJwDAAAAAAE=", "é"])
async def test_a_token_that_is_none_of_ours_means_everything(calendar, token):
    await calendar.put(meeting())
    news = await calendar.news(token)
    assert news.is_whole
    assert len(news.events) == 1


async def test_a_large_calendar_is_gone_through_a_few_pages_at_a_time(exchange, calendar):
    add_private(exchange, following.PAGE * following.MOST_PAGES + 1)
    await calendar.put(meeting())
    first = await calendar.news(None)
    assert (first.events, first.is_whole) == ((), False)
    assert exchange.counts["SyncFolderItems"] == following.MOST_PAGES
    second = await calendar.news(first.token)
    assert second.is_whole
    assert second.events == (FollowedEvent(UID, *AT_TWO),)


async def test_several_meetings_are_each_told(calendar, hand):
    await calendar.put(meeting())
    await calendar.put(meeting(uid="another@coord.example.org", attendees=(Attendee(COLLEAGUE),)))
    token = (await calendar.news(None)).token
    await hand.answer(UID, HIM, PartStat.DECLINED)
    await hand.delete("another@coord.example.org")
    news = await calendar.news(token)
    assert {each.uid: each.start_at for each in news.events} == {UID: AT_TWO[0], "another@coord.example.org": None}


async def test_a_meeting_that_was_made_and_deleted_between_two_looks_is_not_told(calendar, hand):
    token = (await calendar.news(None)).token
    await calendar.put(meeting())
    await hand.delete(UID)
    assert (await calendar.news(token)).events == ()


async def test_another_time_that_somebody_proposes_is_told_with_their_answer(calendar, exchange, hand):
    await calendar.put(meeting())
    token = (await calendar.news(None)).token
    [item] = exchange.store.by_uid(OWNER, UID)
    item.attendees[HER].append(t.ProposedStart("2027-03-10T09:00:00Z"))
    item.attendees[HER].append(t.ProposedEnd("2027-03-10T10:00:00Z"))
    await hand.answer(UID, HER, PartStat.TENTATIVE)
    [event] = (await calendar.news(token)).events
    assert [each.proposed for each in event.answers] == [(utc(10, 9), utc(10, 10))]
