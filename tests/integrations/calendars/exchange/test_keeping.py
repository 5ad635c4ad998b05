"""The organizer's event on Exchange: who is told of what, what stays as it was, and who wins."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coord_service.domain.itip import Attendee, Organizer, Status
from coord_service.domain.itip.values import Cutype
from coord_service.errors import CalendarTrouble, ConnectionLost
from integrations.calendars.exchange.items import marks
from integrations.calendars.exchange.keeping import Kept, Step, step_for
from tests.contracts.calendars.events import HER, HIM, STAMP, at, meeting
from tests.integrations.calendars.exchange.conftest import COLLEAGUE, OWNER
from tests.servers.ews.soap import only, text_of

UID = meeting().uid


def kept(event, *, is_sent=True):
    """The marks that an event leaves."""
    found = marks(event)
    return Kept(event.sequence, found["coord_stamp"], found["coord_digest"], is_sent)


def later(event, **changes):
    """The event changed a minute later, within the same SEQUENCE."""
    return replace(event, dtstamp=event.dtstamp + timedelta(minutes=1), **changes)


def item_of(exchange):
    [item] = exchange.store.by_uid(OWNER, UID)
    return item


def told(exchange):
    """What was sent since the last look, and forget it."""
    sent = [(each.kind, each.to) for each in exchange.store.sent]
    exchange.store.sent.clear()
    return sent


async def test_a_new_meeting_invites_everybody_once(exchange, calendar):
    await calendar.put(meeting())
    assert told(exchange) == [("request", HER), ("request", HIM)]
    await calendar.put(meeting())
    assert told(exchange) == []


async def test_what_is_kept_is_private_and_says_no_more_than_the_event(exchange, calendar):
    await calendar.put(
        meeting(description="Agenda behind the link", url="https://coord.example/m/1", location="Room 4")
    )
    item = item_of(exchange)
    assert item.text("Sensitivity") == "Private"
    assert item.text("Subject") == "Team meeting (ref AB-1234)"
    assert item.text("Body") == "Agenda behind the link\n\nhttps://coord.example/m/1"
    assert item.parts["Body"].get("BodyType") == "Text"
    assert item.text("Location") == "Room 4"
    assert item.parts["StartTimeZone"].get("Id") == "GMT Standard Time"


async def test_required_optional_and_rooms_stand_in_their_lists_and_the_organizer_in_none(exchange, calendar):
    room = Attendee("room4@example.org", cutype=Cutype.ROOM)
    await calendar.put(meeting(attendees=(*meeting().attendees, room, Attendee(OWNER))))
    lists = {
        name: [text_of(each, "t:Mailbox/t:EmailAddress") for each in item_of(exchange).parts[name]]
        for name in ("RequiredAttendees", "OptionalAttendees", "Resources")
    }
    assert lists == {"RequiredAttendees": [HER], "OptionalAttendees": [HIM], "Resources": ["room4@example.org"]}


async def test_a_move_tells_everybody(exchange, calendar):
    await calendar.put(meeting())
    told(exchange)
    await calendar.put(meeting(16, sequence=1))
    assert told(exchange) == [("request", HER), ("request", HIM)]


async def test_a_new_place_tells_everybody(exchange, calendar):
    await calendar.put(meeting())
    told(exchange)
    await calendar.put(later(meeting(), location="Room 5"))
    assert told(exchange) == [("request", HER), ("request", HIM)]


async def test_somebody_new_is_invited_and_the_others_hear_nothing(exchange, calendar):
    await calendar.put(meeting())
    told(exchange)
    await calendar.put(later(meeting(), attendees=(*meeting().attendees, Attendee(COLLEAGUE))))
    assert told(exchange) == [("request", COLLEAGUE)]


async def test_somebody_taken_off_hears_of_it_alone(exchange, calendar):
    await calendar.put(meeting())
    told(exchange)
    await calendar.put(later(meeting(), attendees=meeting().attendees[:1]))
    assert told(exchange) == [("cancel", HIM)]


async def test_who_stays_keeps_their_answer_when_another_is_taken_off(exchange, calendar):
    await calendar.put(meeting())
    attendee = item_of(exchange).attendees[HER]
    only(attendee, "t:ResponseType").text = "Accept"
    only(attendee, "t:LastResponseTime").text = "2027-03-02T08:00:00Z"
    exchange.store.touch(item_of(exchange))
    await calendar.put(later(meeting(), attendees=meeting().attendees[:1]))
    update = exchange.requests[-1].decode()
    assert "<t:ResponseType>Accept</t:ResponseType>" in update
    assert "0001-01-01" not in update


async def test_a_newer_stamp_alone_is_noted_and_nobody_hears_of_it(exchange, calendar):
    await calendar.put(meeting())
    told(exchange)
    await calendar.put(later(meeting()))
    await calendar.put(meeting(location="from before that stamp"))
    assert told(exchange) == []
    assert item_of(exchange).text("Location") == ""


async def test_people_are_not_written_again_when_only_the_time_changes(exchange, calendar):
    await calendar.put(meeting())
    await calendar.put(meeting(16, sequence=1))
    assert b"RequiredAttendees" not in exchange.requests[-1]


async def test_an_invitation_that_was_never_sent_is_sent_by_the_next_put(exchange, calendar):
    await calendar.put(meeting())
    item_of(exchange).set("MeetingRequestWasSent", "false")
    told(exchange)
    await calendar.put(meeting())
    assert told(exchange) == [("request", HER), ("request", HIM)]


async def test_somebody_who_changes_the_item_meanwhile_makes_us_look_again(exchange, calendar):
    await calendar.put(meeting())
    exchange.interruptions = 1
    await calendar.put(meeting(16, sequence=1))
    assert item_of(exchange).text("Start") == "2027-03-09T16:00:00Z"
    assert exchange.counts["UpdateItem"] == 2


async def test_somebody_who_never_stops_changing_it_makes_us_come_back_later(exchange, calendar):
    await calendar.put(meeting())
    exchange.interruptions = 100
    with pytest.raises(ConnectionLost, match="keeps changing"):
        await calendar.put(meeting(16, sequence=1))


async def test_two_items_with_our_uid_become_one_and_nobody_hears_of_it(exchange, calendar):
    await calendar.put(meeting())
    first = item_of(exchange)
    exchange.store.add(exchange.store.mailboxes[OWNER], dict(first.parts), dict(first.extended))
    told(exchange)
    await calendar.put(meeting())
    assert item_of(exchange) is first
    assert told(exchange) == []


async def test_removing_cancels_with_everybody(exchange, calendar):
    await calendar.put(meeting())
    told(exchange)
    await calendar.remove(UID)
    assert told(exchange) == [("cancel", HER), ("cancel", HIM)]
    await calendar.remove(UID)
    assert told(exchange) == []


async def test_a_cancelled_event_is_removed(exchange, calendar):
    await calendar.put(meeting())
    await calendar.put(meeting(sequence=1, status=Status.CANCELLED))
    assert exchange.store.by_uid(OWNER, UID) == []


async def test_a_hold_is_tentative_and_invites_nobody(exchange, calendar):
    await calendar.put(meeting(status=Status.TENTATIVE, attendees=()))
    assert item_of(exchange).text("LegacyFreeBusyStatus") == "Tentative"
    assert told(exchange) == []


async def test_a_whole_day_is_the_day_of_london(exchange, calendar):
    await calendar.put(meeting(start=date(2027, 7, 6), end=date(2027, 7, 8)))
    item = item_of(exchange)
    assert item.text("IsAllDayEvent") == "true"
    assert (item.text("Start"), item.text("End")) == ("2027-07-05T23:00:00Z", "2027-07-07T23:00:00Z")
    [event] = (await calendar.news(None)).events
    assert event.start_at.isoformat() == "2027-07-05T23:00:00+00:00"
    assert event.end_at.isoformat() == "2027-07-07T23:00:00+00:00"


async def test_a_series_is_refused_in_words(exchange, calendar):
    with pytest.raises(CalendarTrouble, match="one by one"):
        await calendar.put(meeting(rrule="FREQ=WEEKLY;COUNT=3"))
    assert exchange.counts["CreateItem"] == 0


async def test_a_sequence_larger_than_exchange_can_count_is_kept(exchange, calendar):
    await calendar.put(replace(meeting(), sequence=1_407_317_367_304))
    await calendar.put(replace(meeting(16), sequence=2_000_000_000))
    assert item_of(exchange).text("Start") == "2027-03-09T14:00:00Z"


async def test_a_colleague_on_the_same_server_finds_the_meeting_in_their_calendar(exchange, calendar):
    await calendar.put(meeting(attendees=(Attendee(COLLEAGUE),)))
    [copy] = exchange.store.by_uid(COLLEAGUE, UID)
    assert copy.text("LegacyFreeBusyStatus") == "Tentative"


def test_another_order_of_the_same_people_tells_nobody():
    event = meeting()
    assert step_for(kept(event), later(event, attendees=event.attendees[::-1])) is Step.NOTE


def test_an_event_without_stamps_goes_by_its_sequence():
    event = meeting(dtstamp=None)
    assert step_for(kept(event), event) is Step.LEAVE
    assert step_for(kept(event), replace(event, sequence=1)) is Step.TELL_ALL
    assert step_for(kept(replace(event, sequence=1)), event) is Step.LEAVE


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=8))
def test_whatever_the_order_the_newest_stays(versions):
    events = [
        meeting(14, sequence=sequence, dtstamp=STAMP + timedelta(minutes=minute), location=f"{sequence}.{minute}",
                organizer=Organizer(OWNER), start=at(9, 14))
        for sequence, minute in versions
    ]  # fmt: skip
    there = events[0]
    for event in events[1:]:
        if step_for(kept(there), event) is not Step.LEAVE:
            there = event
    assert (there.sequence, there.dtstamp) == max((each.sequence, each.dtstamp) for each in events)
