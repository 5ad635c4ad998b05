"""The organizer's event in Outlook: what is sent, to whom it is told, and how often."""

import asyncio
from datetime import date, timedelta

import pytest

from coord_service.domain.itip import Attendee, Cutype, Status
from coord_service.errors import CalendarNonsense, CalendarTrouble
from integrations.calendars.microsoft.calendar import GraphCalendar
from tests.contracts.calendars.events import HER, HIM, STAMP, at, meeting, utc
from tests.contracts.calendars.hand import OWNER, KeptThere
from tests.contracts.calendars.microsoft_case import MicrosoftHand
from tests.integrations.calendars.microsoft.conftest import Opener
from tests.servers.graph import GraphServer
from tests.servers.graph.mailboxes import Mailbox, StoredEvent
from tests.servers.graph.refusing import Refusal

UID = meeting().uid
LATER = STAMP + timedelta(minutes=30)


def only(owner: Mailbox) -> StoredEvent:
    [stored] = [each for each in owner.events.values() if not each.is_deleted]
    return stored


async def test_the_event_is_private_and_nobody_sees_who_else_comes(calendar: GraphCalendar, owner: Mailbox):
    await calendar.put(meeting())
    values = only(owner).values
    assert (values["sensitivity"], values["hideAttendees"], values["showAs"]) == ("private", True, "busy")
    assert values["start"] == {"dateTime": "2027-03-09T14:00:00", "timeZone": "Europe/London"}


async def test_everybody_but_the_organizer_is_invited_once(calendar: GraphCalendar, owner: Mailbox):
    people = (Attendee(OWNER, "Jo Marsh"), *meeting().attendees, Attendee("room@example.org", cutype=Cutype.ROOM))
    await calendar.put(meeting(attendees=people))
    kinds = {each["emailAddress"]["address"]: each["type"] for each in only(owner).values["attendees"]}
    assert kinds == {HER: "required", HIM: "optional", "room@example.org": "resource"}
    assert sorted(owner.mailed) == sorted(("invitation", address) for address in kinds)


async def test_only_the_meetings_own_words_are_sent(calendar: GraphCalendar, server: GraphServer):
    await calendar.put(meeting(description="Bring the plan.", location="Room 2"))
    sent = next(each.body for each in server.seen if each.method == "POST")
    words = {sent["subject"], sent["body"]["content"], sent["location"]["displayName"]}
    assert words == {"Team meeting (ref AB-1234)", "<div>Bring the plan.</div>", "Room 2"}


async def test_words_are_shown_as_they_stand_and_a_link_can_be_followed(calendar: GraphCalendar, owner: Mailbox):
    await calendar.put(meeting(description="<b>5 < 6 & so on\n\nOnline: https://meet.example/a?b=1&c=2"))
    assert only(owner).values["body"]["content"] == (
        "<div>&lt;b&gt;5 &lt; 6 &amp; so on</div><div><br></div>"
        '<div>Online: <a href="https://meet.example/a?b=1&amp;c=2">https://meet.example/a?b=1&amp;c=2</a></div>'
    )


@pytest.mark.parametrize(
    ("changes", "shows"), [({"status": Status.TENTATIVE}, "tentative"), ({"transparency": "TRANSPARENT"}, "free")]
)
async def test_a_held_time_is_tentative_and_a_transparent_one_free(
    calendar: GraphCalendar, owner: Mailbox, changes: dict[str, object], shows: str
):
    await calendar.put(meeting(**changes))
    assert only(owner).values["showAs"] == shows


async def test_a_whole_day_is_a_whole_day(calendar: GraphCalendar, owner: Mailbox):
    await calendar.put(meeting(start=date(2027, 7, 6), end=date(2027, 7, 7)))
    values = only(owner).values
    assert values["isAllDay"] is True
    assert (values["start"]["dateTime"], values["end"]["dateTime"]) == ("2027-07-06T00:00:00", "2027-07-07T00:00:00")
    [told] = (await calendar.news(None)).events
    assert (told.start_at, told.end_at) == (utc(5, 23, month=7), utc(6, 23, month=7))


async def test_the_hour_that_comes_twice_is_told_apart(calendar: GraphCalendar, hand: MicrosoftHand):
    first = at(31, 1, 30, month=10)
    await calendar.put(meeting(start=first, end=first.replace(fold=1)))
    [kept] = await hand.kept(UID)
    assert (kept.start_at, kept.end_at) == (utc(31, 0, 30, month=10), utc(31, 1, 30, month=10))


async def test_the_same_again_is_told_to_nobody(calendar: GraphCalendar, owner: Mailbox):
    await calendar.put(meeting())
    owner.mailed.clear()
    await calendar.put(meeting())
    assert owner.mailed == []


async def test_other_words_under_the_same_sequence_are_sent_again(calendar: GraphCalendar, owner: Mailbox):
    await calendar.put(meeting())
    await calendar.put(meeting(description="Bring the plan.", dtstamp=LATER))
    assert "Bring the plan." in only(owner).values["body"]["content"]


async def test_older_words_under_the_same_sequence_never_win(calendar: GraphCalendar, owner: Mailbox):
    await calendar.put(meeting(description="The new words.", dtstamp=LATER))
    await calendar.put(meeting(description="The old words."))
    assert "The new words." in only(owner).values["body"]["content"]


async def test_a_repeat_before_the_search_sees_the_event_makes_no_second_one(
    calendar: GraphCalendar, server: GraphServer, owner: Mailbox
):
    await calendar.put(meeting())
    server.lagging = 1
    await calendar.put(meeting())
    assert len(owner.events) == 1
    assert owner.mailed.count(("invitation", HER)) == 1


async def test_a_meeting_put_back_after_its_removal_is_there_again(calendar: GraphCalendar, hand: MicrosoftHand):
    await calendar.put(meeting())
    await calendar.remove(UID)
    await calendar.put(meeting(16, sequence=2))
    assert await hand.kept(UID) == [KeptThere(utc(9, 16), utc(9, 17), frozenset({HER, HIM}))]


async def test_who_is_taken_off_is_told_and_who_is_new_is_invited(calendar: GraphCalendar, owner: Mailbox):
    await calendar.put(meeting(attendees=(Attendee(HER),)))
    owner.mailed.clear()
    await calendar.put(meeting(sequence=1, attendees=(Attendee(HIM),)))
    assert sorted(owner.mailed) == [("cancellation", HER), ("invitation", HIM)]


async def test_a_change_at_the_same_moment_is_looked_at_again(
    calendar: GraphCalendar, server: GraphServer, hand: MicrosoftHand
):
    await calendar.put(meeting())
    server.before_change = lambda: hand.move(UID, utc(10, 9), utc(10, 10))
    await calendar.put(meeting(16, sequence=1))
    assert [each.start_at for each in await hand.kept(UID)] == [utc(9, 16)]
    assert [each.method for each in server.seen].count("PATCH") == 2


async def test_an_event_that_never_holds_still_is_given_up(calendar: GraphCalendar, server: GraphServer):
    await calendar.put(meeting())
    conflicts = [Refusal(412, "ErrorIrresolvableConflict")] * 3
    server.refuse_changes(*conflicts)
    with pytest.raises(CalendarNonsense, match="again and again"):
        await calendar.put(meeting(16, sequence=1))


async def test_two_connections_that_put_one_meeting_at_once_make_one_event(open_calendar: Opener, owner: Mailbox):
    one, other = open_calendar(), open_calendar()
    await asyncio.gather(one.put(meeting()), other.put(meeting(16, sequence=1)))
    assert only(owner).start == utc(9, 16)


async def test_a_cancelled_meeting_is_taken_away_and_told(calendar: GraphCalendar, owner: Mailbox):
    await calendar.put(meeting())
    await calendar.put(meeting(sequence=1, status=Status.CANCELLED))
    assert all(each.is_deleted for each in owner.events.values())
    assert ("cancellation", HER) in owner.mailed


async def test_an_event_without_people_is_deleted_without_a_word(
    calendar: GraphCalendar, owner: Mailbox, server: GraphServer
):
    await calendar.put(meeting(attendees=()))
    await calendar.remove(UID)
    assert all(each.is_deleted for each in owner.events.values())
    assert server.seen[-1].method == "DELETE"


async def test_a_removal_that_somebody_else_made_meanwhile_is_quiet(calendar: GraphCalendar, server: GraphServer):
    await calendar.put(meeting())
    server.refuse_changes(Refusal(404, "ErrorItemNotFound"))
    await calendar.remove(UID)


async def test_a_copy_that_the_owner_made_goes_with_the_meeting(
    calendar: GraphCalendar, hand: MicrosoftHand, owner: Mailbox
):
    await calendar.put(meeting())
    owner.copy(only(owner), hand.server.clock.now())
    await calendar.put(meeting(16, sequence=1))
    assert [each.start_at for each in await hand.kept(UID)] == [utc(9, 16), utc(9, 14)]
    await calendar.remove(UID)
    assert await hand.kept(UID) == []


async def test_a_series_is_refused_in_words(calendar: GraphCalendar):
    with pytest.raises(CalendarTrouble, match="A series can’t be kept in Microsoft 365"):
        await calendar.put(meeting(rrule="FREQ=WEEKLY;COUNT=3"))


@pytest.mark.parametrize("uid", ['it\'s "odd" 100%/é#?&@x.org', "UPPER@x.org", " spaced  out "])
async def test_any_uid_is_found_again(calendar: GraphCalendar, owner: Mailbox, uid: str):
    await calendar.put(meeting(uid=uid))
    await calendar.put(meeting(uid=uid.swapcase()))
    await calendar.put(meeting(16, uid=uid, sequence=1))
    assert sorted(each.start for each in owner.events.values()) == [utc(9, 14), utc(9, 16)]
    assert {each.uid for each in (await calendar.news(None)).events} == {uid, uid.swapcase()}


async def test_many_events_are_found_page_by_page(calendar: GraphCalendar, server: GraphServer):
    server.page_size = 2
    for number in range(5):
        await calendar.put(meeting(uid=f"{number}@coord.example.org"))
    assert len((await calendar.news(None)).events) == 5


async def test_a_link_to_meet_by_is_made_where_it_is_asked_for(calendar: GraphCalendar, owner: Mailbox):
    await calendar.put(meeting(is_online=True))
    assert only(owner).values["onlineMeetingProvider"] == "teamsForBusiness"
    [told] = (await calendar.news(None)).events
    assert told.join_url == only(owner).join_url != ""


async def test_no_link_is_made_where_none_is_asked_for(calendar: GraphCalendar, owner: Mailbox):
    await calendar.put(meeting())
    assert only(owner).join_url == ""
    assert (await calendar.news(None)).events[0].join_url == ""


async def test_a_move_of_an_online_meeting_leaves_its_link(calendar: GraphCalendar, owner: Mailbox):
    await calendar.put(meeting(is_online=True, description="Old words."))
    link = only(owner).join_url
    await calendar.put(meeting(16, sequence=1, is_online=True, description="Old words."))
    assert (only(owner).join_url, only(owner).start) == (link, utc(9, 16))


async def test_new_words_of_an_online_meeting_leave_its_link(calendar: GraphCalendar, owner: Mailbox):
    await calendar.put(meeting(is_online=True, description="Old words."))
    link = only(owner).join_url
    await calendar.put(meeting(sequence=1, is_online=True, description="New words."))
    await calendar.put(meeting(sequence=2, is_online=True, description="Newest words."))
    content = only(owner).values["body"]["content"]
    assert only(owner).join_url == link
    assert content.count(link) == 1
    assert "Newest words." in content
    assert "New words." not in content
    assert "Old words." not in content


async def test_where_teams_part_is_not_found_the_words_stay_rather_than_the_link_go(
    calendar: GraphCalendar, owner: Mailbox
):
    await calendar.put(meeting(is_online=True, description="Old words."))
    stored = only(owner)
    stored.values["body"]["content"] = f"Old words. Join: {stored.join_url}"
    await calendar.put(meeting(16, sequence=1, is_online=True, description="New words."))
    assert stored.join_url in stored.values["body"]["content"]
    assert stored.start == utc(9, 16)


async def test_what_is_sent_is_what_graph_documents(calendar: GraphCalendar, server: GraphServer):
    await calendar.put(meeting(is_online=True, description="Words."))
    await calendar.put(meeting(16, sequence=1, is_online=True, description="Others."))
    await calendar.remove(UID)
    sent = [each for each in server.seen if each.body is not None]
    assert [each.method for each in sent] == ["POST", "PATCH", "POST"]
    assert sent[2].body == {"comment": "This meeting has been cancelled."}
    assert "transactionId" in sent[0].body
    assert "transactionId" not in sent[1].body
    assert sent[1].body["start"] == {"dateTime": "2027-03-09T16:00:00", "timeZone": "Europe/London"}
