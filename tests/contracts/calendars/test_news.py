"""What becomes of our events in the calendar is told once."""

from coord_service.domain.itip import PartStat
from coord_service.ports import Ability, Calendar, CalendarNews, FollowedEvent
from tests.contracts.calendars.events import HER, HIM, appointment, at, meeting, utc

ABILITY = Ability.FOLLOW
UID = meeting().uid


async def put_and_follow(calendar: Calendar) -> str:
    """A meeting that is there and known about; the token from which its news is told."""
    await calendar.put(meeting())
    return (await calendar.news(None)).token


def answers_in(news: CalendarNews) -> dict[str, PartStat]:
    """What was answered, among what was not."""
    [event] = news.events
    return {each.address: each.partstat for each in event.answers if each.partstat is not PartStat.NEEDS_ACTION}


async def test_the_first_time_everything_is_told(calendar):
    await calendar.put(meeting())
    news = await calendar.news(None)
    assert news.is_whole
    [event] = news.events
    assert (event.uid, event.start_at, event.end_at) == (UID, utc(9, 14), utc(9, 15))


async def test_a_calendar_without_an_event_of_ours_has_no_news(calendar, hand):
    await hand.add(appointment(at(9, 10), at(9, 11)))
    assert (await calendar.news(None)).events == ()


async def test_somebody_elses_appointments_are_never_told(calendar, hand):
    token = await put_and_follow(calendar)
    await hand.add(appointment(at(9, 10), at(9, 11)))
    assert (await calendar.news(token)).events == ()


async def test_an_answer_is_told_once(calendar, hand):
    token = await put_and_follow(calendar)
    await hand.answer(UID, HER, PartStat.ACCEPTED)
    news = await calendar.news(token)
    assert not news.is_whole
    assert answers_in(news) == {HER: PartStat.ACCEPTED}
    assert (await calendar.news(news.token)).events == ()


async def test_every_answer_is_told_and_the_last_of_each_counts(calendar, hand):
    token = await put_and_follow(calendar)
    await hand.answer(UID, HER, PartStat.ACCEPTED)
    await hand.answer(UID, HIM, PartStat.TENTATIVE)
    await hand.answer(UID, HER, PartStat.DECLINED)
    assert answers_in(await calendar.news(token)) == {HER: PartStat.DECLINED, HIM: PartStat.TENTATIVE}


async def test_a_move_in_the_calendar_is_told_once(calendar, hand):
    token = await put_and_follow(calendar)
    await hand.move(UID, utc(10, 11), utc(10, 12))
    news = await calendar.news(token)
    [event] = news.events
    assert (event.uid, event.start_at, event.end_at) == (UID, utc(10, 11), utc(10, 12))
    assert (await calendar.news(news.token)).events == ()


async def test_a_deletion_in_the_calendar_is_told_once(calendar, hand):
    token = await put_and_follow(calendar)
    await hand.delete(UID)
    news = await calendar.news(token)
    assert news.events == (FollowedEvent(UID, None, None),)
    assert (await calendar.news(news.token)).events == ()


async def test_an_old_token_gives_everything(calendar, hand):
    token = await put_and_follow(calendar)
    await hand.answer(UID, HER, PartStat.ACCEPTED)
    await hand.forget_tokens()
    news = await calendar.news(token)
    assert news.is_whole
    assert answers_in(news) == {HER: PartStat.ACCEPTED}


async def test_a_token_that_was_never_one_gives_everything(calendar):
    await calendar.put(meeting())
    assert (await calendar.news("what is this")).is_whole


async def test_an_answer_to_the_time_before_a_move_is_told_no_more(calendar, hand):
    token = await put_and_follow(calendar)
    await hand.answer(UID, HER, PartStat.ACCEPTED)
    await calendar.put(meeting(16, sequence=1))
    assert answers_in(await calendar.news(token)) == {}
